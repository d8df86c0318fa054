package live

import (
	"fmt"
	"slices"

	"penlog/cmd/internal/campaign/script"
	"penlog/sim"
)

// Impossible says why a script can't be played against an agent that runs; empty when
// it can be.
func Impossible(s *script.Script) string {
	switch {
	case s.Pen == script.NoPen:
		return "its pen has no link, and the agent was started with the port of one"
	case !s.Wall.IsZero():
		return "it begins at a moment that it names, and the clock of this PC is not set for it"
	case expects(s, script.ExpectFound):
		return "it expects an alteration to be found, and nothing of a record in use is altered"
	}
	for i := range s.Steps {
		t := &s.Steps[i]
		for j := range t.Do {
			d := &t.Do[j]
			switch v := d.Is(); {
			case v == nil:
				return fmt.Sprintf("step %d: nobody knows how to do %q", i+1, d.Verb)
			case v.Group == script.GroupPC:
				return fmt.Sprintf("step %d: %s is done to the agent's PC, which its API can't do", i+1, v.Name)
			case v.Group != script.GroupHand && v.Group != script.GroupScreen && v.Group != script.GroupRoom:
				return fmt.Sprintf("step %d: %s is done beside Penlog, to the PC's files or settings", i+1, v.Name)
			case v.Group == script.GroupRoom && v.Fault == sim.FaultOtherName && d.Verb != "clear":
				return fmt.Sprintf("step %d: after %s the pen has another name, and the agent reads the one that it was given", i+1, v.Name)
			}
		}
	}
	return ""
}

// expects reports whether a script expects something of a kind, anywhere.
func expects(s *script.Script, what script.ExpectKind) bool {
	is := func(e script.Expect) bool { return e.What == what }
	return slices.ContainsFunc(s.Expect, is) || slices.ContainsFunc(s.Steps, func(t script.Step) bool { return slices.ContainsFunc(t.Expect, is) })
}

// Possible keeps the scripts that can be played, and says of each of the others why not.
func Possible(all []*script.Script) (can []*script.Script, not []string) {
	for _, s := range all {
		if why := Impossible(s); why != "" {
			not = append(not, s.Name+": "+why)
			continue
		}
		can = append(can, s)
	}
	return can, not
}
