package script

import (
	"time"

	"penlog/sim"
)

// room makes verbs of sim's faults, and one that takes them away.
func room() []Verb {
	out := []Verb{{Name: "clear", Group: GroupRoom, Takes: TakesVerb, About: "a fault is over", Observable: true, Why: "as the fault was"}}
	for _, f := range sim.Faults() {
		v := Verb{Name: f.Name, About: f.About, Group: GroupRoom, Unit: f.Unit, Amount: f.Amount, Min: f.Min, Max: f.Max,
			Observable: f.Observable, Why: f.Why, Fault: f.Kind}
		if f.Unit != "" {
			v.Takes |= TakesAmount
		}
		if f.Directed {
			v.Takes |= TakesDirection
		}
		if f.Kind == sim.FaultOtherPen {
			v.Takes |= TakesText
		}
		if !f.AtOnce {
			v.Takes |= TakesFor
			v.Least, v.Most = time.Millisecond, day
		}
		out = append(out, v)
	}
	return out
}

// clearable are the faults that stay until they are cleared.
func clearable() []string {
	var out []string
	for _, f := range sim.Faults() {
		if !f.AtOnce {
			out = append(out, f.Name)
		}
	}
	return out
}
