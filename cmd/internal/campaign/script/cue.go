package script

import (
	"strconv"
	"strings"

	"penlog/session"
	"penlog/session/limits"
)

// Cue is what a step waits for. The zero Cue is there at once.
type Cue struct {
	What  CueKind
	Count int // CueStrokes
	Rule  session.Rule
	State session.State
	Zone  limits.Zone
	Do    session.CommandKind
}

// CueKind is a kind of cue.
type CueKind uint8

// The kinds.
const (
	CueNow       CueKind = iota
	CueMotorOn           // the motor has power
	CueMotorOff          // it has none
	CueClear             // needles clear
	CuePermit            // the pen holds a permit
	CueNoPermit          // it holds none
	CueContact           // tip on the skin
	CueLifted            // not
	CueStrokes           // so many strokes since the step before
	CueTripped           // a trip, of Rule if given
	CueHeld              // a hold, likewise
	CueAlarmed           // an alarm, likewise
	CueHealed            // a rule healed, likewise
	CueState             // the session's state
	CueZone              // the zone chosen
	CuePenUp             // the agent has a pen
	CuePenGone           // it has none
	CueBooted            // the pen has booted
	CueRefused           // a command was refused
	CueDone              // a command was carried out
	CueAgentRuns         // the agent runs
	CueAdvised           // an advisory, of Rule if given
)

var cueWords = map[CueKind]string{
	CueMotorOn: "motor on", CueMotorOff: "motor off", CueClear: "needles clear", CuePermit: "permit", CueNoPermit: "no permit",
	CueContact: "contact", CueLifted: "lifted", CueStrokes: "strokes", CueTripped: "trip", CueHeld: "hold", CueAlarmed: "alarm",
	CueHealed: "healed", CueState: "state", CueZone: "zone", CuePenUp: "pen up", CuePenGone: "pen gone", CueBooted: "booted",
	CueRefused: "refused", CueDone: "done", CueAgentRuns: "agent runs", CueAdvised: "advisory",
}

// responses are the cues and expectations of the guard's answers.
var responses = map[string]session.Response{"trip": session.Trip, "hold": session.Hold, "alarm": session.Alarm, "advisory": session.Advisory}

// ParseCue reads the sentence of a cue, such as "motor on", "strokes 50", "trip",
// "hold link_lost", "state paused", "zone nose", "done arm". The error is a *[WordError].
func ParseCue(text string) (Cue, error) {
	w := &words{text: text}
	c, bad := w.cue()
	if bad == nil {
		bad = w.end()
	}
	if bad != nil {
		return Cue{}, bad
	}
	return c, nil
}

func (w *words) cue() (c Cue, bad *WordError) {
	first, bad := w.one("cue", cueNames())
	if bad != nil {
		return c, bad
	}
	switch first {
	case "motor":
		on, bad := w.one("word after 'motor'", []string{"on", "off"})
		if bad != nil {
			return c, bad
		}
		c.What = CueMotorOff
		if on == "on" {
			c.What = CueMotorOn
		}
	case "needles":
		c.What, bad = CueClear, w.must("clear")
	case "no":
		c.What, bad = CueNoPermit, w.must("permit")
	case "agent":
		c.What, bad = CueAgentRuns, w.must("runs")
	case "pen":
		up, bad := w.one("word after 'pen'", []string{"up", "gone"})
		if bad != nil {
			return c, bad
		}
		c.What = CuePenGone
		if up == "up" {
			c.What = CuePenUp
		}
	case "permit", "contact", "lifted", "booted":
		c.What = kindOf(first)
	case "strokes":
		c.What = CueStrokes
		s := w.next()
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 || n > 10_000_000 {
			return c, w.bad(s, "how many strokes is missing, or is no number", "write it like: strokes 50")
		}
		c.Count = n
	case "trip", "hold", "alarm", "advisory", "healed":
		c.What = kindOf(first)
		if w.peek() != "" {
			c.Rule, bad = w.rule()
		}
	case "state":
		c.What = CueState
		c.State, bad = w.state()
	case "zone":
		c.What = CueZone
		var t Treat
		t, bad = w.place(false)
		c.Zone = t.Zone
	case "refused", "done":
		c.What = kindOf(first)
		if w.peek() != "" {
			var do string
			do, bad = w.one("command", commandNames())
			c.Do = session.CommandKind(do)
		}
	}
	return c, bad
}

func cueNames() []string {
	return []string{"motor", "needles", "permit", "no", "contact", "lifted", "strokes", "trip", "hold", "alarm", "advisory", "healed", "state", "zone", "pen", "booted",
		"refused", "done", "agent"}
}

func kindOf(word string) CueKind {
	for k, s := range cueWords {
		if s == word {
			return k
		}
	}
	return CueNow
}

func (w *words) rule() (r session.Rule, bad *WordError) {
	var names []string
	for _, r := range session.Rules() {
		names = append(names, r.String())
	}
	code, bad := w.one("rule", names)
	if bad != nil {
		return 0, bad
	}
	if err := r.UnmarshalText([]byte(code)); err != nil {
		return 0, w.bad(code, err.Error(), "")
	}
	return r, nil
}

func (w *words) state() (s session.State, bad *WordError) {
	var names []string
	for s := session.Draft; s <= session.Interrupted; s++ {
		names = append(names, s.String())
	}
	code, bad := w.one("state", names)
	if bad != nil {
		return 0, bad
	}
	if err := s.UnmarshalText([]byte(code)); err != nil {
		return 0, w.bad(code, err.Error(), "")
	}
	return s, nil
}

// String writes the sentence that [ParseCue] reads; empty for the zero Cue.
func (c Cue) String() string {
	s := cueWords[c.What]
	switch c.What {
	case CueStrokes:
		s += " " + strconv.Itoa(c.Count)
	case CueTripped, CueHeld, CueAlarmed, CueAdvised, CueHealed:
		if c.Rule != 0 {
			s += " " + c.Rule.String()
		}
	case CueState:
		s += " " + c.State.String()
	case CueZone:
		s += " " + c.Zone.String()
	case CueRefused, CueDone:
		s = strings.TrimSpace(s + " " + string(c.Do))
	}
	return s
}

// Met reports whether s is what the cue waits for. Of [CueStrokes] the caller counts.
func (c *Cue) Met(s *Sight) bool {
	switch c.What {
	case CueMotorOn, CueMotorOff:
		return s.Kind == SawMotor && s.On == (c.What == CueMotorOn)
	case CueClear:
		return s.Kind == SawClear
	case CuePermit, CueNoPermit:
		return s.Kind == SawPermit && s.On == (c.What == CuePermit)
	case CueContact, CueLifted:
		return s.Kind == SawContact && s.On == (c.What == CueContact)
	case CueTripped, CueHeld, CueAlarmed, CueAdvised:
		want := map[CueKind]session.Response{CueTripped: session.Trip, CueHeld: session.Hold, CueAlarmed: session.Alarm, CueAdvised: session.Advisory}[c.What]
		return s.Kind == SawRule && s.On && s.Response == want && (c.Rule == 0 || c.Rule == s.Rule)
	case CueHealed:
		return s.Kind == SawRule && !s.On && (c.Rule == 0 || c.Rule == s.Rule)
	case CueState:
		return s.Kind == SawState && s.State == c.State
	case CueZone:
		return s.Kind == SawZone && s.Zone == c.Zone
	case CuePenUp, CuePenGone:
		return s.Kind == SawPen && s.On == (c.What == CuePenUp)
	case CueBooted:
		return s.Kind == SawBoot
	case CueRefused:
		return s.Kind == SawRefused && (c.Do == "" || c.Do == s.Do)
	case CueDone:
		return s.Kind == SawDone && (c.Do == "" || c.Do == s.Do)
	case CueAgentRuns:
		return s.Kind == SawAgent && s.On
	}
	return false
}
