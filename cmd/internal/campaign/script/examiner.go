package script

import (
	"fmt"
	"slices"
	"time"

	"penlog/protocol"
	"penlog/session"
)

// Check is the verdict about one expectation.
type Check struct {
	Step int           `json:"step"` // its place in the script, from 0; −1: of the whole
	Text string        `json:"text"` // the expectation's sentence
	OK   bool          `json:"ok"`
	Took time.Duration `json:"took_ns"`       // from the step to what was expected
	Why  string        `json:"why,omitempty"` // it is not OK
	// Owed: the script was cut before it was due. It is OK, and shows nothing.
	Owed bool `json:"owed,omitempty"`
}

// End is what only the player can tell when a script is over.
type End struct {
	Strokes  string               // why the record's strokes are not the pen's; empty: they are
	Record   string               // why the record is not whole; empty: it is
	Exposure protocol.Micrometres // µm × s above the limit of the skin that the needles were in
	Altered  string               // why a changed byte of the record was not found; empty: it was
}

// Examiner holds what is seen against what a script expects.
type Examiner struct {
	script *Script
	open   []*matter
	whole  []*matter
	checks []*Check
	now    protocol.Instant

	motor, clear bool
	permit       protocol.Micrometres // to treat; 0: none
	state        session.State
	mode         session.Mode
	deep         bool // some matter asks for strokes
}

// matter is an expectation under way.
type matter struct {
	*Expect
	check *Check
	from  protocol.Instant
	until protocol.Instant // of Within or For; 0: the end
	over  protocol.Instant // ExpectOver: above since; 0: not above
	waits bool             // ExpectStays: it is not so yet
	done  bool
}

// NewExaminer begins to examine a script that is played from the moment now on,
// with the pen at rest.
func NewExaminer(s *Script, now protocol.Instant) *Examiner {
	x := &Examiner{script: s, now: now, clear: true}
	for i := range s.Expect {
		x.add(&s.Expect[i], -1, now)
	}
	return x
}

// Begin says that the deeds of a step are done now: its expectations count from here.
func (x *Examiner) Begin(step int, now protocol.Instant) {
	x.Pass(now)
	for i := range x.script.Steps[step].Expect {
		x.add(&x.script.Steps[step].Expect[i], step, now)
	}
}

func (x *Examiner) add(e *Expect, step int, now protocol.Instant) {
	m := &matter{Expect: e, check: &Check{Step: step, Text: e.String()}, from: now}
	if d := max(e.Within, e.For); d > 0 && e.What != ExpectOver && (e.What != ExpectStays || x.motor == e.On) {
		m.until = now.Add(d)
	}
	x.checks = append(x.checks, m.check)
	switch e.What {
	case ExpectStrokes, ExpectRecord, ExpectExposure, ExpectSpared, ExpectFound:
		x.whole = append(x.whole, m)
		return
	case ExpectStops:
		if !e.On && !x.motor && e.Cause == 0 || e.On && x.clear {
			m.met(now)
			return
		}
	case ExpectState:
		if x.state == e.State && step >= 0 {
			m.met(now)
			return
		}
	case ExpectMode:
		if x.mode == e.Mode {
			m.met(now)
			return
		}
	case ExpectStarts:
		if x.motor {
			m.met(now)
			return
		}
	case ExpectPermit:
		if x.permit > 0 && (e.Over == 0 || e.Over == x.permit) {
			m.met(now)
			return
		}
	case ExpectStays:
		m.waits = x.motor != e.On
	case ExpectOver:
		x.deep = true
	}
	x.open = append(x.open, m)
}

func (m *matter) met(at protocol.Instant) {
	m.done, m.check.OK, m.check.Took = true, true, at.Sub(m.from)
}

func (m *matter) fail(why string) { m.done, m.check.Why = true, why }

// owe closes what was not due before the end.
func (c *Check) owe() { c.OK, c.Owed, c.Why = true, true, "" }

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

// Strokes reports whether [SawStroke] matters to anybody.
func (x *Examiner) Strokes() bool { return x.deep }

// Pass says that it is now, and nothing was seen since.
func (x *Examiner) Pass(now protocol.Instant) {
	x.now = max(x.now, now)
	for _, m := range x.open {
		if m.done || m.until == 0 || x.now <= m.until {
			continue
		}
		switch m.What {
		case ExpectNone, ExpectStays, ExpectBarred:
			m.met(m.until)
		default:
			m.fail(fmt.Sprintf("not within %v", m.Within))
		}
	}
	x.open = slices.DeleteFunc(x.open, func(m *matter) bool { return m.done })
}

// See takes in what was seen. Moments never go back.
func (x *Examiner) See(s *Sight) {
	if s.Kind != SawStroke || len(x.open) > 0 {
		x.Pass(s.At)
	}
	switch s.Kind {
	case SawMotor:
		x.motor = s.On
		x.clear = x.clear && !s.On
	case SawClear:
		x.clear = true
	case SawPermit:
		x.permit = 0
		if s.treats() {
			x.permit = s.Depth
		}
	case SawState:
		x.state = s.State
	case SawMode:
		x.mode = s.Mode
	}
	for _, m := range x.open {
		x.judge(m, s)
	}
}

func (x *Examiner) judge(m *matter, s *Sight) {
	if m.done {
		return
	}
	rule := s.Kind == SawRule && (len(m.Rules) == 0 || slices.Contains(m.Rules, s.Rule))
	switch m.What {
	case ExpectRule:
		if rule && s.On && s.Response == m.Response {
			m.met(s.At)
		}
	case ExpectNone:
		if rule && s.On && s.Response == m.Response {
			m.fail(fmt.Sprintf("%v %v came after %v", s.Response, s.Rule, s.At.Sub(m.from)))
		}
	case ExpectHeals:
		if rule && !s.On {
			m.met(s.At)
		}
	case ExpectStops:
		switch {
		case m.On && s.Kind == SawClear:
			m.met(s.At)
		case m.On || s.Kind != SawMotor || s.On:
		case m.Cause == 0 || m.Cause == s.Cause:
			m.met(s.At)
		default:
			m.fail(fmt.Sprintf("it stopped by %s", causeName(s.Cause)))
		}
	case ExpectOver:
		m.excess(s)
	case ExpectStays:
		if s.Kind == SawMotor && s.On == m.On && m.waits {
			m.waits = false
			if m.For > 0 {
				m.until = s.At.Add(m.For)
			}
		} else if s.Kind == SawMotor && s.On != m.On && !m.waits {
			m.fail(fmt.Sprintf("it went %s after %v", onOff(s.On), s.At.Sub(m.from)))
		}
	case ExpectStarts:
		if s.Kind == SawMotor && s.On {
			m.met(s.At)
		}
	case ExpectState:
		if s.Kind == SawState && s.State == m.State {
			m.met(s.At)
		}
	case ExpectMode:
		if s.Kind == SawMode && s.Mode == m.Mode {
			m.met(s.At)
		}
	case ExpectRefused, ExpectDone:
		if s.Kind == SawRefused && s.Do == m.Do && (m.Code == "" || m.Code == s.Code) && m.What == ExpectRefused || s.Kind == SawDone && s.Do == m.Do && m.What == ExpectDone {
			m.met(s.At)
		}
	case ExpectPermit:
		if s.treats() && (m.Over == 0 || m.Over == s.Depth) {
			m.met(s.At)
		}
	case ExpectBarred:
		if s.treats() {
			m.fail(fmt.Sprintf("a permit for %s began after %v", mm(s.Depth), s.At.Sub(m.from)))
		}
	}
}

// excess follows strokes above the max depth.
func (m *matter) excess(s *Sight) {
	switch {
	case s.Kind == SawMotor && !s.On, s.Kind == SawClear, s.Kind == SawStroke && s.Depth <= m.Over:
		m.over = 0
	case s.Kind == SawStroke && m.over == 0:
		m.over = s.At
	case s.Kind == SawStroke && s.At.Sub(m.over) >= m.For:
		m.fail(fmt.Sprintf("needles were %s over for %v and the pen ran", mm(s.Depth), s.At.Sub(m.over)))
	}
}

func causeName(c protocol.StopCause) string {
	for name, k := range causeNames {
		if k == c {
			return name
		}
	}
	return "loss of power"
}

// Finish closes the examination and gives the verdicts, in the order of the script.
func (x *Examiner) Finish(now protocol.Instant, e End, begun []bool) []Check {
	x.Pass(now)
	cut := x.script.Cut > 0
	for _, m := range x.open {
		if cut && (m.until == 0 || m.until >= x.now) { // until its end, or a moment after this one
			m.check.owe()
			continue
		}
		switch m.What {
		case ExpectNone, ExpectStays, ExpectOver, ExpectBarred:
			if m.waits {
				m.fail("it never went " + onOff(m.On))
			} else if m.until == 0 {
				m.met(x.now)
			} else {
				m.fail(fmt.Sprintf("the script was over before %v had passed", m.For))
			}
		default:
			m.fail("not before the end")
		}
	}
	for _, m := range x.whole {
		why := ""
		switch m.What {
		case ExpectStrokes:
			why = e.Strokes
		case ExpectRecord:
			why = e.Record
		case ExpectExposure:
			if e.Exposure < m.Over {
				why = fmt.Sprintf("it is %s × s", mm(e.Exposure))
			}
		case ExpectSpared:
			if e.Exposure > m.Over {
				why = fmt.Sprintf("it is %s × s", mm(e.Exposure))
			}
		case ExpectFound:
			why = e.Altered
		}
		if m.check.OK = why == ""; !m.check.OK {
			m.check.Why = why
		}
		if cut && !m.check.OK && m.What != ExpectSpared && m.What != ExpectFound { // the pen, the record and the skin were not through
			m.check.owe()
		}
	}
	out := make([]Check, 0, len(x.checks))
	for i := range x.script.Steps {
		for j := range x.checks {
			if x.checks[j].Step == i {
				out = append(out, *x.checks[j])
			}
		}
		if i >= len(begun) || begun[i] {
			continue
		}
		for j := range x.script.Steps[i].Expect {
			out = append(out, x.missed(i, x.script.Steps[i].Expect[j].String()))
		}
		if len(x.script.Steps[i].Expect) == 0 && len(x.checks) > 0 { // else nobody expects anything
			out = append(out, x.missed(i, x.script.Steps[i].String()))
		}
	}
	for _, c := range x.checks {
		if c.Step < 0 {
			out = append(out, *c)
		}
	}
	return out
}

// missed is the verdict about what belongs to a step that was never reached.
func (x *Examiner) missed(step int, text string) Check {
	c := Check{Step: step, Text: text, Why: "the step was never reached"}
	if x.script.Cut > 0 {
		c.owe()
	}
	return c
}
