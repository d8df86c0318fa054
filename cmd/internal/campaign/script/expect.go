package script

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"penlog/protocol"
	"penlog/session"
)

// Expect is what must follow a deed, or must not, or must be true at the end.
type Expect struct {
	What   ExpectKind
	Within time.Duration // of the step; 0: until the end
	For    time.Duration // ExpectOver: no longer than so; ExpectNone, ExpectStays: for so long, 0: until the end

	Response session.Response     // of the guard
	Rules    []session.Rule       // any of them; none: whatever rule
	Over     protocol.Micrometres // ExpectPermit: the max depth; 0: any
	State    session.State
	Mode     session.Mode
	Cause    protocol.StopCause // of a stop; 0: any
	Do       session.CommandKind
	Code     string // ExpectRefused: of the refusal; empty: any
	On       bool   // ExpectStays: the motor on, else off; ExpectStops: needles clear, else power off
}

// ExpectKind is a kind of expectation.
type ExpectKind uint8

// The kinds.
const (
	ExpectRule     ExpectKind = iota + 1 // the guard answers
	ExpectNone                           // it does not
	ExpectHeals                          // a broken rule heals
	ExpectStops                          // the motor loses its power, or the needles are clear
	ExpectOver                           // stopped before the needles are Over above the max depth for For
	ExpectStays                          // from when it is first so, the motor stays on, or off
	ExpectStarts                         // the motor runs
	ExpectState                          // the session's state
	ExpectMode                           // the pen's mode
	ExpectRefused                        // a command is refused
	ExpectDone                           // one is carried out
	ExpectStrokes                        // at the end, the record has the pen's strokes but for those it says it missed
	ExpectRecord                         // the record is whole: chain, fold, seal
	ExpectExposure                       // needles above the limit of the skin they were in, seen or not: at least Over (mm × s, as µm × s)
	ExpectSpared                         // the same: at most Over
	ExpectPermit                         // the pen holds a permit to treat, not one of the test
	ExpectBarred                         // it gets none
	ExpectFound                          // what was changed in the record behind Penlog's back is found
)

var expectNames = []string{"trip", "hold", "alarm", "advisory", "no", "heals", "pen", "needles", "motor", "state", "mode", "refused", "done", "strokes", "record", "exposure", "permit", "alteration"}

var causeNames = map[string]protocol.StopCause{
	"press": protocol.StopPress, "lapse": protocol.StopLapse, "revoke": protocol.StopRevoke, "ceiling": protocol.StopCeiling,
	"hello": protocol.StopHello, "fault": protocol.StopFault, "own": protocol.StopOwn,
}

// codeForm is how codes of refusals are spelt.
var codeForm = regexp.MustCompile(`^[a-z][a-z0-9_]{0,40}$`)

// ParseExpect reads the sentence of an expectation:
//
//	trip depth_above_ceiling within 20ms     or hold, alarm, advisory; any of several rules: a or b
//	no trip                                  or no hold pen_busy, no alarm for 5s
//	heals dial_above_ceiling within 2s
//	pen stopped within 300ms                 power off; 'by lapse' names the cause
//	needles clear within 400ms
//	pen stopped before 0.2 mm over for 50ms
//	motor stays off for 5s                   or on
//	motor on within 10s
//	state paused within 1s
//	mode stoppable within 1s
//	refused arm                              or done finish within 5s; 'because checks_failed' names the code
//	permit 1.50mm within 2s                  to treat, with that max depth; or no permit for 5s
//	strokes exact
//	record whole
//	exposure over 0.5mm                      mm × s at the least; or under, at the most
//	alteration found                         of the record, after alter-record
//
// The error is a *[WordError].
func ParseExpect(text string) (Expect, error) {
	w := &words{text: text}
	e, bad := w.expect()
	if bad == nil {
		bad = w.end()
	}
	if bad != nil {
		return Expect{}, bad
	}
	return e, nil
}

func (w *words) expect() (e Expect, bad *WordError) {
	first, bad := w.one("expectation", expectNames)
	if bad != nil {
		return e, bad
	}
	tail := w.within
	switch first {
	case "trip", "hold", "alarm", "advisory":
		e.What, e.Response = ExpectRule, responses[first]
		e.Rules, bad = w.rules()
	case "no":
		e.What, tail = ExpectNone, w.lasting
		word, bad := w.one("answer of the guard", []string{"trip", "hold", "alarm", "advisory", "permit"})
		if bad != nil {
			return e, bad
		}
		if word == "permit" {
			e.What = ExpectBarred
			break
		}
		e.Response = responses[word]
		if e.Rules, bad = w.rules(); bad != nil {
			return e, bad
		}
	case "heals":
		e.What = ExpectHeals
		e.Rules, bad = w.rules()
	case "pen":
		if bad = w.must("stopped"); bad != nil {
			return e, bad
		}
		e.What = ExpectStops
		if w.take("before") != "" {
			e.What, tail = ExpectOver, w.lasting
			e.Over, bad = w.apart()
			if bad == nil {
				bad = w.must("over")
			}
		} else if w.take("by") != "" {
			var cause string
			cause, bad = w.one("cause of a stop", []string{"press", "lapse", "revoke", "ceiling", "hello", "fault", "own"})
			e.Cause = causeNames[cause]
		}
	case "needles":
		e.What, e.On = ExpectStops, true
		bad = w.must("clear")
	case "motor":
		if w.take("on") != "" {
			e.What = ExpectStarts
			break
		}
		if bad = w.must("stays"); bad != nil {
			return e, bad
		}
		var on string
		on, bad = w.one("word after 'stays'", []string{"on", "off"})
		e.What, e.On, tail = ExpectStays, on == "on", w.lasting
	case "state":
		e.What = ExpectState
		e.State, bad = w.state()
	case "mode":
		e.What = ExpectMode
		var m string
		if m, bad = w.one("mode", []string{"none", "guarded", "stoppable", "monitor_only", "manual"}); bad == nil {
			_ = e.Mode.UnmarshalText([]byte(m)) // one of its words
		}
	case "refused", "done":
		e.What = ExpectRefused
		if first == "done" {
			e.What = ExpectDone
		}
		var do string
		do, bad = w.one("command", commandNames())
		e.Do = session.CommandKind(do)
		if bad == nil && e.What == ExpectRefused && w.take("because") != "" {
			if e.Code = w.next(); !codeForm.MatchString(e.Code) {
				return e, w.bad(e.Code, "the code of the refusal is missing, or is none", "write it as session/STATES.md has it, like: because checks_failed")
			}
		}
	case "permit":
		e.What = ExpectPermit
		if p := w.peek(); p != "" && p != "within" {
			e.Over, bad = w.depth()
		}
	case "strokes":
		e.What, tail = ExpectStrokes, nil
		bad = w.must("exact")
	case "record":
		e.What, tail = ExpectRecord, nil
		bad = w.must("whole")
	case "exposure":
		e.What, tail = ExpectExposure, nil
		var word string
		if word, bad = w.one("word after 'exposure'", []string{"over", "under"}); bad == nil {
			e.Over, bad = w.depth()
		}
		if word == "under" {
			e.What = ExpectSpared
		}
	case "alteration":
		e.What, tail = ExpectFound, nil
		bad = w.must("found")
	}
	if bad == nil && tail != nil {
		bad = tail(&e)
	}
	return e, bad
}

func (w *words) within(e *Expect) (bad *WordError) {
	if w.take("within") != "" {
		e.Within, bad = w.span("within")
	}
	return bad
}

func (w *words) lasting(e *Expect) (bad *WordError) {
	if w.take("for") != "" {
		e.For, bad = w.span("for")
	}
	if bad == nil && e.What == ExpectOver && e.For == 0 {
		return w.bad("", "for how long is missing", "end it like: for 50ms")
	}
	return bad
}

// apart takes a depth whose unit may stand apart.
func (w *words) apart() (protocol.Micrometres, *WordError) {
	s := w.next()
	if unit := w.take("mm", "um", "µm"); unit != "" {
		s += unit
	}
	n, ok := micrometres(s)
	if !ok || n < 0 || n > 10_000 {
		return 0, w.bad(s, fmt.Sprintf("%q is no depth", s), "write it like 0.2mm")
	}
	return protocol.Micrometres(n), nil
}

// rules takes rules, if any, with "or" between.
func (w *words) rules() (out []session.Rule, bad *WordError) {
	if p := w.peek(); p == "" || p == "within" || p == "for" {
		return nil, nil
	}
	for {
		r, bad := w.rule()
		if bad != nil {
			return nil, bad
		}
		if out = append(out, r); w.take("or") == "" {
			return out, nil
		}
	}
}

// String writes the sentence that [ParseExpect] reads.
func (e Expect) String() string {
	var s string
	rules := func() {
		names := make([]string, len(e.Rules))
		for i, r := range e.Rules {
			names[i] = r.String()
		}
		if len(names) > 0 {
			s += " " + strings.Join(names, " or ")
		}
	}
	switch e.What {
	case ExpectRule:
		s = e.Response.String()
		rules()
	case ExpectNone:
		s = "no " + e.Response.String()
		rules()
	case ExpectHeals:
		s = "heals"
		rules()
	case ExpectStops:
		s = "pen stopped"
		if e.On {
			s = "needles clear"
		}
		for name, c := range causeNames {
			if e.Cause == c && c != 0 {
				s += " by " + name
			}
		}
	case ExpectOver:
		s = "pen stopped before " + mm(e.Over) + " over"
	case ExpectStays:
		s = "motor stays off"
		if e.On {
			s = "motor stays on"
		}
	case ExpectStarts:
		s = "motor on"
	case ExpectState:
		s = "state " + e.State.String()
	case ExpectMode:
		s = "mode " + e.Mode.String()
	case ExpectRefused:
		s = "refused " + string(e.Do)
		if e.Code != "" {
			s += " because " + e.Code
		}
	case ExpectDone:
		s = "done " + string(e.Do)
	case ExpectStrokes:
		return "strokes exact"
	case ExpectRecord:
		return "record whole"
	case ExpectExposure:
		return "exposure over " + mm(e.Over)
	case ExpectSpared:
		return "exposure under " + mm(e.Over)
	case ExpectFound:
		return "alteration found"
	case ExpectPermit:
		s = "permit"
		if e.Over > 0 {
			s += " " + mm(e.Over)
		}
	case ExpectBarred:
		s = "no permit"
	}
	if e.Within > 0 {
		s += " within " + e.Within.String()
	}
	if e.For > 0 {
		s += " for " + e.For.String()
	}
	return s
}
