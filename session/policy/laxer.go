package policy

import (
	"fmt"
	"slices"
	"strings"

	"penlog/protocol"
	"penlog/session/limits"
)

// Laxer says in what a policy asks or rules less than the built-in one, a line each,
// for whoever starts with a clinic's file: it may do so, and not unnoticed.
func (p *Policy) Laxer() []string {
	d := Default()
	var out []string
	say := func(form string, args ...any) { out = append(out, fmt.Sprintf(form, args...)) }
	for _, q := range d.questions {
		mine, ok := p.Question(q.Code)
		switch {
		case !ok:
			say("does not ask %q, a %s", q.Code, q.Action)
		case slices.Index(actionCodes, string(mine.Action)) > slices.Index(actionCodes, string(q.Action)):
			say("%q is a %s, and a %s in the built-in policy", q.Code, mine.Action, q.Action)
		case mine.Action == Block && mine.Overridable && q.Action == Block && !q.Overridable:
			say("the block of %q can be lifted", q.Code)
		case mine.PerZone && !q.PerZone:
			say("%q may be meant for single zones", q.Code)
		}
	}
	out = append(out, p.laxerRulings(d)...)
	for _, i := range limits.AllIndications() {
		_, _, was, had := d.Passes(i)
		if _, _, warn, ok := p.Passes(i); had && (!ok || warn > was) {
			say("warns of passes for %s later than above %d, or not at all", i, was)
		}
	}
	if p.Interval() < d.Interval() {
		say("warns of an interval below %d days, not %d", p.Interval(), d.Interval())
	}
	if p.Dwell() > d.Dwell() {
		say("tells dwell after %v, not %v", p.Dwell(), d.Dwell())
	}
	if p.AnaestheticMost() > d.AnaestheticMost() {
		say("warns of an anaesthetic above %d.%d %%, not %d.%d", p.AnaestheticMost()/10, p.AnaestheticMost()%10, d.AnaestheticMost()/10, d.AnaestheticMost()%10)
	}
	if p.LabelAge() < d.LabelAge() {
		say("takes a label of unknown age to begin at %d years, not %d", p.LabelAge(), d.LabelAge())
	}
	return out
}

// laxerRulings compares what follows for every kind of patient.
func (p *Policy) laxerRulings(d *Policy) (out []string) {
	const low, high, limit protocol.Micrometres = 1000, 1500, 2000
	for _, what := range []struct {
		words string
		laxer func(mine, was *Ruling) bool
	}{
		{"goes deeper", func(mine, was *Ruling) bool { return was.Max > 0 && (mine.Max == 0 || mine.Max > was.Max) }},
		{"has more passes", func(mine, was *Ruling) bool {
			return was.PassesMost > 0 && (mine.PassesMost == 0 || mine.PassesMost > was.PassesMost)
		}},
		{"allows more overrides", func(mine, was *Ruling) bool { return was.NoOverride && !mine.NoOverride }},
	} {
		var types []string
		for phototype := range 7 {
			if p.anyLaxer(d, phototype, low, high, limit, what.laxer) {
				types = append(types, append([]string{"not known"}, phototypeCodes...)[phototype])
			}
		}
		if types != nil {
			out = append(out, fmt.Sprintf("%s than the built-in rules for phototype %s", what.words, strings.Join(types, ", ")))
		}
	}
	return out
}

func (p *Policy) anyLaxer(d *Policy, phototype int, low, high, limit protocol.Micrometres, laxer func(mine, was *Ruling) bool) bool {
	for _, first := range []Tri{Yes, No, Unknown} {
		for _, age := range []int{0, 15, 28, 60} {
			for _, label := range []string{"", "1-3", "1-6"} {
				for _, i := range limits.AllIndications() {
					pt := Patient{Phototype: phototype, Age: age, First: first}
					v := VerdictFacts{Zone: limits.Cheek, Indication: i, TypicalLow: low, TypicalHigh: high, Limit: limit, LabelPhototypes: label}
					mine, was := p.Judge(pt, v), d.Judge(pt, v)
					if laxer(&mine, &was) {
						return true
					}
				}
			}
		}
	}
	return false
}
