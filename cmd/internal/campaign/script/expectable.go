package script

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"penlog/protocol"
	"penlog/session"
	"penlog/sim"
)

// idle is an expectation, or a cue, that nothing can ever bear out: it can't fail,
// or it can't come.
type idle struct {
	step, at int    // of a step, and which of its expectations; step −1: of the whole; at −1: the step's cue
	word     string // of the sentence, that it lies at; empty: the whole of it
	why      string
	remedy   string
}

// answers are what the guard can answer with the pen of a script, by its table: for
// each rule the responses that some mode and source of depth has, as far as the pen or
// what is done to it can bring them about.
type answers struct {
	pen  string // in words
	of   map[session.Rule][]session.Response
	mode map[session.Mode]bool
	caps protocol.Caps
	none bool // nobody can hear it
}

// heardEarly are rules that can break before anybody knows which pen it is: the guard
// then takes it for one that is guarded.
var heardEarly = []session.Rule{session.LinkLost, session.PenUnproven, session.PenSilent, session.PenBusy, session.PenInvalid, session.NotAPen, session.RecordStalled,
	session.DiskFull, session.ClockJumped}

// answers finds out what the guard can answer, false when there is no such pen.
func (s *Script) answers() (answers, bool) {
	a := answers{pen: "the pen " + s.Pen, of: map[session.Rule][]session.Response{}, mode: map[session.Mode]bool{session.ModeNone: true}}
	add := func(r session.Rule, is session.Response) {
		if is != session.NotApplicable && !slices.Contains(a.of[r], is) {
			a.of[r] = append(a.of[r], is)
		}
	}
	for _, r := range heardEarly {
		add(r, r.Respond(session.ModeNone, protocol.DepthManual))
	}
	if s.declares() {
		a.mode[session.ModeManual] = true
		for _, r := range session.Rules() {
			add(r, r.Respond(session.ModeManual, protocol.DepthManual))
		}
	}
	if s.Pen == NoPen {
		a.pen, a.none = "a pen without a link", true
		return a, true
	}
	f := sim.Profiles()[0]
	if s.Pen == "" {
		a.pen = "the pen " + f.Name
	} else {
		var err error
		if f, err = sim.ProfileByName(s.Pen); err != nil {
			return a, false // refused where it stands
		}
	}
	a.caps = f.Identity.Caps
	if s.does(sim.FaultClaimsPermits) {
		a.caps |= protocol.CapPermits
	}
	sources := []protocol.DepthSource{f.Identity.Depth()}
	if s.does(sim.FaultClaimsMeasured) {
		sources = append(sources, protocol.DepthMeasured)
	}
	a.mode[session.ModeMonitor] = !f.Identity.Caps.Has(protocol.CapPermits) && !f.Identity.Caps.Has(protocol.CapStop)
	a.mode[session.ModeStoppable] = !f.Identity.Caps.Has(protocol.CapPermits) && f.Identity.Caps.Has(protocol.CapStop) || s.does(sim.FaultReleased)
	a.mode[session.ModeGuarded] = a.caps.Has(protocol.CapPermits)
	for _, r := range session.Rules() {
		if r == session.BatteryLow && f.BatteryMAH == 0 {
			continue // it hangs on the mains
		}
		for _, m := range [...]session.Mode{session.ModeGuarded, session.ModeStoppable, session.ModeMonitor} {
			for _, source := range sources {
				if a.mode[m] {
					add(r, r.Respond(m, source))
				}
			}
		}
	}
	return a, true
}

// declares reports whether somebody says that the pen has no link.
func (s *Script) declares() bool {
	return s.any(func(d *Deed) bool { return d.Ask.Do == session.CmdDeclarePen })
}

// does reports whether some step injects a fault.
func (s *Script) does(k sim.FaultKind) bool {
	return s.any(func(d *Deed) bool { v := d.Is(); return v != nil && v.Group == GroupRoom && v.Fault == k })
}

func (s *Script) any(is func(d *Deed) bool) bool {
	for i := range s.Steps {
		for j := range s.Steps[i].Do {
			if is(&s.Steps[i].Do[j]) {
				return true
			}
		}
	}
	return false
}

// idle lists what the script expects, or waits for, in vain or for nothing.
func (s *Script) idle() (out []idle) {
	a, ok := s.answers()
	if !ok {
		return nil
	}
	note := func(step, at int, from time.Duration, e *Expect) {
		word, why, remedy := a.judge(e)
		if why == "" {
			word, why, remedy = s.late(e, from)
		}
		if why == "" && e.What == ExpectFound && !s.any(func(d *Deed) bool { return d.Verb == "alter-record" }) {
			why, remedy = "nothing is changed in the record, so this can't fail", "add a step with alter-record, or leave it out"
		}
		if why != "" {
			out = append(out, idle{step, at, word, why, remedy})
		}
	}
	from := time.Duration(0) // when a step begins, at the earliest
	for i := range s.Steps {
		t := &s.Steps[i]
		from = max(from, t.At) + t.After
		if is, ok := cueResponses[t.When.What]; ok {
			var rules []session.Rule
			if t.When.Rule != 0 {
				rules = []session.Rule{t.When.Rule}
			}
			if word, why, remedy := a.comes(is, rules); why != "" {
				out = append(out, idle{i, -1, word, why + ": the step is never reached", remedy})
			}
		}
		for k := range t.Expect {
			note(i, k, from, &t.Expect[k])
		}
	}
	for k := range s.Expect {
		note(-1, k, 0, &s.Expect[k])
	}
	return out
}

// cueResponses are the answers of the guard that a step can wait for.
var cueResponses = map[CueKind]session.Response{CueTripped: session.Trip, CueHeld: session.Hold, CueAlarmed: session.Alarm, CueAdvised: session.Advisory}

// late says that an expectation reaches beyond the end.
func (s *Script) late(e *Expect, from time.Duration) (word, why, remedy string) {
	until, d := "within", e.Within
	if d == 0 {
		until, d = "for", e.For
	}
	if d == 0 || s.Length == 0 || from+d <= s.Length {
		return "", "", ""
	}
	why = fmt.Sprintf("%v from %v on is beyond the end, at %v", d, from, s.Length)
	remedy = fmt.Sprintf("leave '%s %v' out to mean the end, or make the script's 'for' longer", until, d)
	switch {
	case e.What == ExpectOver:
		return until, why + ": this can't fail", "give a shorter time"
	case until == "for":
		return until, why + ": this can't be borne out", remedy
	}
	return until, why + ": it never runs out", remedy
}

// judge says why an expectation can't fail, or can't come, with what the guard can
// answer and the pen can do.
func (a *answers) judge(e *Expect) (word, why, remedy string) {
	const other = "leave it out, or choose another pen"
	switch e.What {
	case ExpectRule:
		return a.comes(e.Response, e.Rules)
	case ExpectNone:
		if word, why, _ = a.comes(e.Response, e.Rules); why != "" {
			why += ", so this can't fail"
			remedy = "name what can come: " + a.instead("no ", e.Rules)
		}
		return word, why, remedy
	case ExpectHeals:
		for _, r := range e.Rules {
			if len(a.of[r]) == 0 {
				return r.String(), fmt.Sprintf("with %s the guard does not have the rule %s", a.pen, r), other
			}
		}
	case ExpectMode:
		if !a.mode[e.Mode] {
			return e.Mode.String(), fmt.Sprintf("%s is never %s", a.pen, e.Mode), other
		}
	case ExpectPermit:
		if !a.caps.Has(protocol.CapPermits) {
			return "", a.pen + " takes no permits: none can come", other
		}
	case ExpectBarred:
		if !a.caps.Has(protocol.CapPermits) {
			return "", a.pen + " takes no permits: this can't fail", other
		}
	case ExpectStops:
		if (e.Cause == protocol.StopLapse || e.Cause == protocol.StopCeiling) && !a.caps.Has(protocol.CapPermits) {
			return causeName(e.Cause), fmt.Sprintf("%s takes no permits: it does not stop by %s", a.pen, causeName(e.Cause)), other
		}
		if a.none {
			return "", "nobody hears or stops " + a.pen, other
		}
	case ExpectOver, ExpectStays, ExpectStarts, ExpectStrokes, ExpectExposure, ExpectSpared:
		if a.none {
			return "", "nothing of this is played with " + a.pen, other
		}
	}
	return "", "", ""
}

// comes says that an answer of the guard can't come.
func (a *answers) comes(is session.Response, rules []session.Rule) (word, why, remedy string) {
	for _, r := range rules {
		can := a.of[r]
		switch {
		case slices.Contains(can, is):
		case len(can) == 0:
			return r.String(), fmt.Sprintf("with %s the guard does not have the rule %s", a.pen, r), "leave it out, or choose another pen"
		default:
			return r.String(), fmt.Sprintf("with %s %s is no %s, but %s", a.pen, r, is, either(can)), "write " + a.instead("", []session.Rule{r})
		}
	}
	if len(rules) > 0 {
		return "", "", ""
	}
	for _, r := range session.Rules() {
		if slices.Contains(a.of[r], is) {
			return "", "", ""
		}
	}
	return is.String(), fmt.Sprintf("with %s no rule of the guard is a %s", a.pen, is), "write " + a.instead("", nil)
}

// instead are sentences about the same rules that make sense.
func (a *answers) instead(no string, rules []session.Rule) string {
	if len(rules) == 0 {
		rules = session.Rules()
	}
	for _, r := range rules {
		if len(a.of[r]) > 0 {
			return fmt.Sprintf("%s%s %s", no, a.of[r][0], r)
		}
	}
	return "nothing"
}

func either(can []session.Response) string {
	words := make([]string, len(can))
	for i, is := range can {
		words[i] = is.String()
	}
	return strings.Join(words, " or ")
}

// Sensible leaves out of a script what it expects for nothing or in vain, as when it
// was made shorter. What is shared with others is copied before.
func (s *Script) Sensible() {
	drop := map[[2]int]bool{}
	for _, x := range s.idle() {
		drop[[2]int{x.step, x.at}] = true
	}
	if len(drop) == 0 {
		return
	}
	left := func(step int, list []Expect) (out []Expect) {
		for i, e := range list {
			if !drop[[2]int{step, i}] {
				out = append(out, e)
			}
		}
		return out
	}
	s.Expect, s.Steps = left(-1, s.Expect), slices.Clone(s.Steps)
	for i := range s.Steps {
		s.Steps[i].Expect = left(i, s.Steps[i].Expect)
	}
}
