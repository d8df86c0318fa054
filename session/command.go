package session

import (
	"fmt"
	"slices"
	"strings"

	"penlog/protocol"
	"penlog/session/limits"
)

// CommandKind is what a person asks for.
type CommandKind string

// The commands.
const (
	CmdOpen        CommandKind = "open"        // begin a procedure
	CmdChoose      CommandKind = "choose"      // zone and indication; also 'next zone'
	CmdArm         CommandKind = "arm"         // the time-out is done: permits are wanted
	CmdPause       CommandKind = "pause"       // no permits until resumed
	CmdStop        CommandKind = "stop"        // the same, in haste
	CmdResume      CommandKind = "resume"      // patient, zone and ceiling are right: go on
	CmdAcknowledge CommandKind = "acknowledge" // the trip was seen and its cause is gone
	CmdNote        CommandKind = "note"        // a remark
	CmdAbort       CommandKind = "abort"       // end early
	CmdFinish      CommandKind = "finish"      // end
	CmdInterrupt   CommandKind = "interrupt"   // close what a dead agent left
	CmdAcceptPen   CommandKind = "accept_pen"  // the pen that answers now is the right one
	CmdLocate      CommandKind = "locate"      // the pen shows itself
)

var commandKinds = []CommandKind{CmdOpen, CmdChoose, CmdArm, CmdPause, CmdStop, CmdResume, CmdAcknowledge, CmdNote,
	CmdAbort, CmdFinish, CmdInterrupt, CmdAcceptPen, CmdLocate}

// known refuses a command that does not exist, and says which do.
func (k CommandKind) known() error {
	if slices.Contains(commandKinds, k) {
		return nil
	}
	names := make([]string, len(commandKinds))
	for i, c := range commandKinds {
		names[i] = string(c)
	}
	return &RefusedError{Code: "unknown_command", Words: fmt.Sprintf("there is no command %q", k), Remedy: "use one of: " + strings.Join(names, ", ")}
}

// Command is one thing that a person asks for. Fields that its kind does not
// name are ignored.
type Command struct {
	Do         CommandKind          `json:"do"`
	By         By                   `json:"by"`
	Zone       limits.Zone          `json:"zone,omitempty"`       // choose
	Side       limits.Side          `json:"side,omitempty"`       // choose
	Indication limits.Indication    `json:"indication,omitempty"` // choose
	Wanted     protocol.Micrometres `json:"wanted_um,omitempty"`  // choose; 0: whatever is allowed
	Patient    string               `json:"patient,omitempty"`    // open; a pseudonymous id, never a name
	Text       string               `json:"text,omitempty"`       // note, abort (why)
}

// Check is one thing that must be true before permits are wanted.
type Check struct {
	Code   string `json:"code"`
	OK     bool   `json:"ok"`
	Words  string `json:"words"`
	Remedy string `json:"remedy,omitempty"`
}

// RefusedError says why a command had no effect, and what to do.
type RefusedError struct {
	Code    string          `json:"code"`
	Words   string          `json:"words"`
	Remedy  string          `json:"remedy"`
	Checks  []Check         `json:"checks,omitempty"`  // arm, resume: all of them
	Verdict *limits.Verdict `json:"verdict,omitempty"` // choose, arm, resume
}

// Error gives words and remedy.
func (e *RefusedError) Error() string {
	var failed []string
	for _, c := range e.Checks {
		if !c.OK {
			failed = append(failed, c.Words+" ("+c.Remedy+")")
		}
	}
	s := "session: " + e.Words
	if len(failed) > 0 {
		s += ": " + strings.Join(failed, "; ")
	}
	if e.Remedy != "" && len(failed) == 0 {
		s += ": " + e.Remedy
	}
	return s
}

// maxText is the longest remark, in bytes.
const maxText = 2000

func refusedIn(s State, do CommandKind) *RefusedError {
	remedy := map[State]string{
		Draft:   "choose zone and indication, then arm",
		Armed:   "pause or finish first",
		Active:  "stop the motor and pause first",
		Paused:  "resume, abort or finish",
		Tripped: "acknowledge the trip first, or abort",
	}[s]
	if s.Over() {
		remedy = "open a new session"
	}
	return &RefusedError{Code: "wrong_state", Words: fmt.Sprintf("%s is not possible while the session is %v", do, s), Remedy: remedy}
}

// Decide returns the events that the command leads to, and no effect of its own:
// [Procedure.Apply] them. The error is a *[RefusedError]. Commands that need the
// pen (acknowledge, accept_pen, locate) and open are [Cold]'s.
func (p *Procedure) Decide(c Command, table *limits.Table) ([]Event, error) {
	if err := c.Do.known(); err != nil {
		return nil, err
	}
	if err := person(c.By, c.Do); err != nil {
		return nil, err
	}
	if len(c.Text) > maxText {
		return nil, &RefusedError{Code: "too_long", Words: fmt.Sprintf("the text has %d bytes", len(c.Text)), Remedy: fmt.Sprintf("shorten it to %d", maxText)}
	}
	switch c.Do {
	case CmdChoose:
		return p.choose(c, table)
	case CmdArm:
		if _, ok := p.State.Next(ActArm); !ok {
			return nil, refusedIn(p.State, c.Do)
		}
		v, err := p.timeOut(table, c.Do)
		if err != nil {
			return nil, err
		}
		return []Event{ArmedEvent{By: c.By, Verdict: v}}, nil
	case CmdResume:
		if _, ok := p.State.Next(ActResume); !ok {
			return nil, refusedIn(p.State, c.Do)
		}
		v, err := p.timeOut(table, c.Do)
		if err != nil {
			return nil, err
		}
		return []Event{ResumedEvent{By: c.By, Verdict: v}}, nil
	case CmdPause, CmdStop:
		to, ok := p.State.Next(ActPause)
		if !ok {
			return nil, refusedIn(p.State, c.Do)
		}
		why := "paused"
		if c.Do == CmdStop {
			why = "stopped"
		}
		return []Event{PausedEvent{By: c.By, Why: why, To: to}}, nil
	case CmdNote:
		if p.State.Over() {
			return nil, refusedIn(p.State, c.Do)
		}
		if strings.TrimSpace(c.Text) == "" {
			return nil, &RefusedError{Code: "empty", Words: "the note is empty", Remedy: "give its text"}
		}
		return []Event{Noted{By: c.By, Text: c.Text}}, nil
	case CmdAbort, CmdFinish, CmdInterrupt:
		return p.end(c)
	}
	return nil, &RefusedError{Code: "not_of_session", Words: string(c.Do) + " is not a session's to decide", Remedy: "give it to the agent"}
}

// choose asks the limits and, while a procedure is under way, keeps to stop,
// set, confirm, go: a higher ceiling needs a resume as a second act.
func (p *Procedure) choose(c Command, table *limits.Table) ([]Event, error) {
	to, ok := p.State.Next(ActChoose)
	if !ok {
		return nil, refusedIn(p.State, c.Do)
	}
	if p.Running {
		return nil, &RefusedError{Code: "motor_on", Words: "the zone can't change while the motor runs", Remedy: "lift the pen and stop it, then choose"}
	}
	v := table.Ask(p.request(c.Zone, c.Side, c.Indication, c.Wanted))
	if v.Refused {
		to, _ := p.State.Next(ActRefuse)
		return []Event{ZoneRefused{By: c.By, Verdict: v, To: to}}, nil
	}
	higher := p.State != Draft && v.Allowed > p.Verdict.Allowed
	if higher && to == Armed {
		to = Paused
	}
	return []Event{ZoneChosen{By: c.By, Verdict: v, Higher: higher, To: to}}, nil
}

// request is what is asked of the limits for a zone with the pen at hand.
func (p *Procedure) request(z limits.Zone, s limits.Side, i limits.Indication, wanted protocol.Micrometres) limits.Request {
	r := limits.Request{Zone: z, Side: s, Indication: i, Wanted: wanted}
	if pen := p.Pen; pen != nil {
		r.PenMin, r.PenMax, r.PenStep, r.CartridgeLength = pen.DepthMin, pen.DepthMax, pen.DepthStep, p.Cartridge
	}
	return r
}

// cartridge gives what follows from another needle length: the ceiling comes
// down by it at once, as with a zone of a lower one, and never rises.
func (p *Procedure) cartridge(length protocol.Micrometres, table *limits.Table) CartridgeSeen {
	e := CartridgeSeen{Length: length, To: p.State}
	if !p.Chosen {
		return e
	}
	r := p.request(p.Verdict.Zone, p.Verdict.Side, p.Verdict.Indication, p.Verdict.Requested)
	r.CartridgeLength = length
	v := table.Ask(r)
	if v.Allowed >= p.Verdict.Allowed {
		return e
	}
	e.Verdict = &v
	act := ActChoose
	if v.Refused {
		act = ActRefuse
	}
	if to, ok := p.State.Next(act); ok {
		e.To = to
	}
	return e
}

// timeOut evaluates every check before permits are wanted, and asks the limits
// again, since pen or table may be another one now.
func (p *Procedure) timeOut(table *limits.Table, do CommandKind) (limits.Verdict, error) {
	var v limits.Verdict
	checks := p.Checks()
	failed := slices.IndexFunc(checks, func(c Check) bool { return !c.OK })
	if p.Chosen {
		v = table.Ask(p.request(p.Verdict.Zone, p.Verdict.Side, p.Verdict.Indication, p.Verdict.Requested))
		switch {
		case v.Refused:
			return v, &RefusedError{Code: string(v.Reason), Words: v.Words(), Remedy: "choose another zone or indication", Checks: checks, Verdict: &v}
		case v.Allowed > p.Verdict.Allowed:
			return v, &RefusedError{Code: "ceiling_rose", Words: "the max depth would be higher than when this zone was chosen",
				Remedy: "choose the zone again, then " + string(do), Checks: checks, Verdict: &v}
		}
	}
	if failed >= 0 {
		return v, &RefusedError{Code: "checks_failed", Words: string(do) + " is not possible yet", Remedy: checks[failed].Remedy, Checks: checks}
	}
	return v, nil
}

// Checks evaluates what must be true before permits are wanted; all of it, so
// that all of it can be shown.
func (p *Procedure) Checks() []Check {
	check := func(code string, ok bool, words, remedy string) Check {
		c := Check{Code: code, OK: ok, Words: words}
		if !ok {
			c.Remedy = remedy
		}
		return c
	}
	prove, press := "wait a second with the motor off, or reconnect the pen", "press start on the pen once now: it must not run"
	if p.Mode == ModeStoppable || p.Mode == ModeMonitor {
		prove = "this pen takes no permits, so Penlog can only watch it: take a guarded pen to be guarded, or end with abort"
		press = "only a guarded pen can show it"
	}
	return []Check{
		check("pen", p.PenUp, "the pen is connected", "plug the pen in and switch it on"),
		check("source", !p.Foreign, "the pen is of the session's kind", "a simulated pen and a real one can't share a session: finish this one"),
		check("mode", p.Mode == ModeGuarded, "the pen has proved that it stops by itself", prove),
		check("zone", p.Chosen, "zone and indication are chosen", "choose zone and indication"),
		check("press_test", p.PressTested, "a press without a permit left the motor still", press),
	}
}

// end seals the procedure.
func (p *Procedure) end(c Command) ([]Event, error) {
	act := map[CommandKind]Act{CmdAbort: ActAbort, CmdFinish: ActFinish, CmdInterrupt: ActInterrupt}[c.Do]
	to, ok := p.State.Next(act)
	if !ok {
		return nil, refusedIn(p.State, c.Do)
	}
	return []Event{Ended{By: c.By, As: to, Why: c.Text, Totals: p.Totals.clone()}}, nil
}
