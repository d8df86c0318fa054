package campaign

import (
	"reflect"
	"slices"
	"strings"

	"penlog/protocol"
	"penlog/session"
	"penlog/session/limits"
)

// clinicRules is what the campaign's clinic allows, in the judge's own words.
type clinicRules struct {
	two     bool                // an override needs a second person
	guarded bool                // nothing but guarded pens
	refuses []limits.Indication // that it does not treat
}

// nobodys are events that anybody may cause, or nobody: what stops or quiets, the mark
// of a pass, and what follows by itself.
var nobodys = []string{session.PausedEvent{}.Kind(), session.Acknowledged{}.Kind(), session.Ended{}.Kind(), session.ReasonGiven{}.Kind(), session.Muted{}.Kind(),
	session.PassMarked{}.Kind(), session.OverrideEnded{}.Kind()}

// who says by whom an event was caused, as far as the clinic has to know them: by is
// empty where anybody may, and clinicianOnly says whether only a clinician may.
func who(e session.Event) (by session.By, clinicianOnly bool) {
	if f := reflect.ValueOf(e).FieldByName("By"); f.IsValid() && !slices.Contains(nobodys, e.Kind()) {
		by = f.Interface().(session.By)
	}
	switch e := e.(type) {
	case session.Cleared, session.Overridden:
		clinicianOnly = true
	case session.Signed:
		clinicianOnly = e.Meaning != "performed"
	}
	return by, clinicianOnly
}

// second is the other person whom an event names, and whether it has to name one.
func second(e session.Event, two bool) (by, other session.By, needed bool) {
	switch e := e.(type) {
	case session.Overridden:
		return e.By, e.Second, two
	case session.PatientReassigned:
		return e.By, e.Second, true
	}
	return "", "", false
}

// known reports whether somebody is in the clinic's file.
func known(by session.By) bool { return by == technician || by == clinician }

// afterEnd are the events that may follow the end of a session.
var afterEnd = []string{session.AnaestheticStep{}.Kind(), session.Reattributed{}.Kind(), session.Noted{}.Kind(), session.ReasonGiven{}.Kind(), session.OutcomeSet{}.Kind(),
	session.AftercareGiven{}.Kind(), session.FollowedUp{}.Kind(), session.AdverseSeen{}.Kind(), session.Corrected{}.Kind(), session.PatientReassigned{}.Kind(),
	session.Signed{}.Kind(), session.Opened{}.Kind()}

// decided judges that an event could be decided as things stood: by whom, and when.
func (j *judge) decided(e session.Event) {
	a := &j.account
	if a.answers == nil {
		return
	}
	by, must := who(e)
	if q := j.w.disk.queue; by != "" && len(q) > 0 {
		waited := j.w.now.Sub(q[0].at)
		if h := &j.w.host; q[0].life == h.lives {
			waited -= h.epoch.Sub(q[0].epoch) // the PC slept
		}
		if waited > lease+margin {
			j.blame("stalled", "%s is recorded, and what was handed to the disk %v ago is not on it", e.Kind(), waited)
		}
	}
	if by != "" && !known(by) {
		j.blame("people", "%s is recorded by %q, whom the clinic does not know", e.Kind(), by)
	} else if must && by != clinician {
		j.blame("people", "%s is recorded by %q, and it is a clinician's", e.Kind(), by)
	}
	if by, other, needed := second(e, j.w.rules.two); needed && !known(other) || other != "" && strings.EqualFold(string(by), string(other)) {
		j.blame("people", "%s is recorded by %q, and the second person is %q", e.Kind(), by, other)
	}
	if a.over && !slices.Contains(afterEnd, e.Kind()) {
		j.blame("over", "%s is recorded in a session that is over", e.Kind())
	}
	switch e := e.(type) {
	case session.ZoneChosen:
		j.inRest(e.Kind())
		if a.begun && e.Verdict.Allowed > a.granted && !e.Higher {
			j.blame("second act", "a ceiling of %v is chosen, %v was granted, and no second act is asked for", e.Verdict.Allowed, a.granted)
		}
		if o := a.override; o != nil && !o.at(&e.Verdict) {
			j.blame("override", "another zone is chosen, and the override of the one before is in force")
		}
	case session.Overridden:
		j.inRest(e.Kind())
	case session.CartridgeIn:
		j.inRest(e.Kind())
		if id := j.w.host.cold.Procedure().ID; e.UseKey != "" {
			if was, ok := j.used[e.UseKey]; ok && was != id {
				j.blame("cartridge", "a cartridge is in that was used in another session")
			}
			if j.used == nil {
				j.used = map[string]session.ID{}
			}
			j.used[e.UseKey] = id
		}
	case session.CartridgeOut:
		j.inRest(e.Kind())
	case session.PenDown:
		if a.running {
			j.blame("open run", "the pen is gone, and the run that it was in is not closed")
		}
	case session.Described, session.Planned, session.PenDeclared, session.ModeAccepted, session.PatientReassigned:
		if a.may {
			j.blame("in use", "%s is recorded while permits are wanted", e.Kind())
		}
	case session.StartedEvent:
		if a.up || a.accepted != session.ModeManual {
			j.blame("start without press", "somebody at the screen started a pen that starts by its own button")
		}
	case session.Acknowledged:
		if !j.lane.acked {
			j.blame("acknowledged", "%v is recorded as acknowledged, and the guard was not asked", e.Rule)
		}
		j.lane.acked = false
	}
}

// inRest judges that needles are out of the skin and still as something about them is decided.
func (j *judge) inRest(what string) {
	const touches = protocol.FlagContactKnown | protocol.FlagContact
	switch a := &j.account; {
	case a.running:
		j.blame("in motion", "%s is recorded while the motor runs", what)
	case a.up && j.have && j.live && j.last.Flags.Has(touches):
		j.blame("in motion", "%s is recorded while the tip is on the skin", what)
	}
}
