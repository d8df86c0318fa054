package session

import (
	"slices"

	"penlog/protocol"
	"penlog/session/limits"
)

// View is what people see at one moment: a plain value, safe to hand on.
type View struct {
	Session   ID                   `json:"session"`
	State     State                `json:"state"`
	Open      bool                 `json:"open"` // a session is under way
	Source    Source               `json:"source"`
	Simulated bool                 `json:"simulated"` // the pen at hand, or the session
	Mode      Mode                 `json:"mode"`
	Pen       string               `json:"pen"` // vendor and model
	PenUp     bool                 `json:"pen_up"`
	Ready     bool                 `json:"ready"` // permits are being renewed
	MotorOn   bool                 `json:"motor_on"`
	Verdict   limits.Verdict       `json:"verdict"`
	Ceiling   protocol.Micrometres `json:"ceiling_um"`   // wanted
	Confirmed protocol.Micrometres `json:"confirmed_um"` // as telemetry shows; 0: none is
	Set       protocol.Micrometres `json:"set_um"`       // −1: not reported
	Depth     protocol.Micrometres `json:"depth_um"`     // measured; −1: not reported
	Rate      protocol.DeciHertz   `json:"stroke_rate_dhz"`
	Strokes   uint64               `json:"strokes"` // of the session
	Battery   int                  `json:"battery_percent"`
	AgeUS     int64                `json:"reading_age_us"`
	Broken    []RuleView           `json:"broken"` // what matters most first, then the oldest
	Trip      *RuleView            `json:"trip"`
	Checks    []Check              `json:"checks"`
	Totals    Totals               `json:"totals"`
	Events    int                  `json:"events"`    // recorded
	Committed uint64               `json:"committed"` // of these, on disk
	LastStop  int64                `json:"last_stop_us"`
	Host      HostView             `json:"host"`
	Treatment
}

// Treatment is what people see of a session beside the pen.
type Treatment struct {
	Patient    string               `json:"patient,omitempty"`
	Operator   By                   `json:"operator,omitempty"`
	Accepted   Mode                 `json:"accepted_mode,omitempty"` // a pen that is not guarded was accepted
	AcceptedBy By                   `json:"accepted_by,omitempty"`
	Plan       []PlanItem           `json:"plan,omitempty"`
	Override   *Overridden          `json:"override,omitempty"`
	Higher     bool                 `json:"higher_waits,omitempty"` // a higher max depth waits for resume, for 5 s
	Entered    protocol.Micrometres `json:"entered_um,omitempty"`   // the dial of a pen without a link
	Cartridge  *CartridgeIn         `json:"cartridge,omitempty"`
	MutedUntil protocol.At          `json:"muted_until_us,omitempty"`
	Dwell      int64                `json:"dwell_us,omitempty"` // on one spot, motor on
}

// HostView is how the PC around the session does. The agent fills it in.
type HostView struct {
	Port       string `json:"port"`
	PortOpen   bool   `json:"port_open"`
	PortWhy    string `json:"port_why,omitempty"`          // why it is not open
	PortRemedy string `json:"port_remedy,omitempty"`       // what to do about it
	Quiet      bool   `json:"quiet"`                       // it is open for 3 s, and no pen is up
	Aside      string `json:"session_set_aside,omitempty"` // why an open session was not taken up: it was altered
	SleepWhy   string `json:"sleep_why,omitempty"`         // why this PC can't be kept from sleeping
}

// RuleView is a broken rule with its words.
type RuleView struct {
	RuleBroke
	Words Words `json:"words"`
}

// View returns what people see now.
func (c *Cold) View(now protocol.Instant) View {
	v := View{Set: -1, Depth: -1, Battery: -1, Mode: c.mode, PenUp: c.pen != nil, Ready: c.ready && c.wanted.Allow, AgeUS: c.age.Microseconds(),
		Source: SourceNone, LastStop: c.lastStop.Microseconds()}
	if c.pen != nil {
		v.Pen = c.pen.Vendor + " " + c.pen.Model
		v.Simulated = c.pen.Caps.Has(protocol.CapSimulated)
	}
	if c.have {
		v.MotorOn, v.Rate = c.last.MotorOn(), c.last.StrokeRate
		if c.last.Set != protocol.None {
			v.Set = protocol.Micrometres(c.last.Set)
		}
		if c.last.Measured != protocol.None && c.pen != nil && c.pen.Caps.Has(protocol.CapMeasured) {
			v.Depth = protocol.Micrometres(c.last.Measured)
		}
	}
	if c.hasStat && c.status.Battery != 0xff {
		v.Battery = int(c.status.Battery)
	}
	for _, b := range c.holds {
		v.Broken = append(v.Broken, RuleView{b, b.Rule.Words()})
	}
	slices.SortStableFunc(v.Broken, func(a, b RuleView) int { return int(b.Words.Priority) - int(a.Words.Priority) })
	if p := c.proc; p != nil {
		v.Session, v.State, v.Open, v.Source = p.ID, p.State, !p.State.Over(), p.Source
		v.Simulated = v.Simulated || p.Source == SourceSimulator
		if p.Chosen {
			v.Verdict = p.Verdict
			v.Verdict.Candidates = slices.Clone(p.Verdict.Candidates)
		}
		v.Ceiling, _ = p.Desire()
		if c.have && protocol.Micrometres(c.last.Ceiling) == p.Confirmed {
			v.Confirmed = p.Confirmed // and not revoked since
		}
		v.Events, v.Committed = p.Events, c.committed
		v.Checks, v.Totals, v.Treatment = c.show()
		if now >= c.muteUntil {
			v.MutedUntil = 0 // whatever the wall clock did since
		}
		v.Higher = v.Higher && now <= c.actUntil
		v.Dwell = c.track.Dwells().Microseconds()
		v.Strokes = p.Totals.Strokes
		if c.run.on {
			v.Strokes += uint64(c.run.made)
		}
		if p.Trip != nil {
			v.Trip = &RuleView{*p.Trip, p.Trip.Rule.Words()}
		}
	}
	return v
}

// shown is what of a view changes with an event only. It is made anew then, and
// never changed, so that views can share it.
type shown struct {
	session   ID
	events    int
	world     World
	second    protocol.At // checks speak of days and of facts that age
	checks    []Check
	totals    Totals
	treatment Treatment
}

func (c *Cold) show() ([]Check, Totals, Treatment) {
	p, s := c.proc, &c.shown
	env := c.env(c.at)
	second := c.at / 1_000_000
	if s.session == p.ID && s.events == p.Events && s.world == env.World && s.second == second {
		return s.checks, s.totals, s.treatment
	}
	same := s.session == p.ID && s.events == p.Events
	s.session, s.events, s.world, s.second = p.ID, p.Events, env.World, second
	s.checks = p.Checks(env)
	if same {
		return s.checks, s.totals, s.treatment
	}
	s.totals = p.Totals.clone()
	t := Treatment{Patient: p.PatientID, Operator: p.Operator, Accepted: p.Accepted, AcceptedBy: p.AcceptedBy, Plan: slices.Clone(p.Plan),
		Higher: p.HigherAt != 0, Entered: p.Set, MutedUntil: p.MutedUntil}
	if p.Override != nil {
		o := *p.Override
		t.Override = &o
	}
	if p.In != nil {
		in := *p.In
		t.Cartridge = &in
	}
	s.treatment = t
	return s.checks, s.totals, s.treatment
}
