package campaign

import (
	"fmt"

	"penlog/cmd/internal/campaign/script"
)

// Asked reports whether a fault of sim's, or what happens to the PC, has to be answered
// in a campaign.
func Asked(v *script.Verb) bool {
	a := ofPC[v.Name]
	if v.Group == script.GroupRoom {
		a = ofRoom[v.Fault]
	}
	return len(a.must) > 0 || a.tells != ""
}

// Answered reports whether the judge knows what a trouble may be an excuse for.
func Answered(v *script.Verb) bool {
	_, ok := ofPC[v.Name]
	if v.Group == script.GroupRoom {
		_, ok = ofRoom[v.Fault]
	}
	return ok
}

// Planned plays a script and holds, at each step, the moment up to which only the
// rig is looked at against all that has a moment of its own.
func Planned(s *script.Script) (steps uint64, err error) {
	w := newWorld(s, Options{})
	m := Meter{}
	m.Clock = func() int64 {
		if due := w.due; m.in == LayerLoop && m.at != 0 { // between two steps
			if w.plan(); due > w.due && err == nil {
				err = fmt.Errorf("at %d something is due at %d, and nobody looks before %d", w.now, w.due, due)
			}
			w.due = due
		}
		return 1
	}
	w.opts.Meter = &m
	w.run()
	return w.res.Counts.Steps, err
}

// Showing is the scenario that a seed shows.
var Showing = showing
