package session

import (
	"slices"

	"penlog/protocol"
	"penlog/session/limits"
	"penlog/session/policy"
)

// Procedure is one treatment of one patient as the fold of its events: the same
// events give the same value, live and after a crash. [Procedure.Decide] turns
// a command into events, [Procedure.Apply] takes them in and cannot fail, since
// what was recorded is true. Not safe for concurrent use.
type Procedure struct {
	ID        ID
	State     State
	Source    Source
	OpenedAt  protocol.At
	OpenedBy  By
	Operator  By          // who treats now
	PatientID string      // pseudonymous
	EndedAt   protocol.At // 0: not over
	Events    int         // applied

	// The pen.
	Pen         *PenUp      // of the newest connection, also when it is gone; or as declared
	PenAt       protocol.At // of that
	PenUp       bool
	Declared    bool // it has no link
	Foreign     bool // the pen at hand is simulated and the session's is not, or the other way round
	Mode        Mode
	Accepted    Mode // that a person went on with
	AcceptedBy  By
	PressTested bool
	Cartridge   protocol.Micrometres // needle length by the pen's word, 0: not known
	In          *CartridgeIn         // the cartridge, as a person gave it; nil: none, or another since
	Cartridges  int                  // that went in
	Set         protocol.Micrometres // the dial of a pen without a link, as entered
	Heard       Heard

	// The zone.
	Verdict   limits.Verdict // behind the ceiling; of the zone chosen last
	Chosen    bool
	Here      Place                // where treatment counts now
	Granted   protocol.Micrometres // the ceiling that a person last let come into force
	HigherAt  protocol.At          // a higher one waits for its second act since; 0: none
	Confirmed protocol.Micrometres // ceiling that telemetry showed last
	Override  *Overridden
	Ruling    policy.Ruling // about this patient in this zone

	// The patient.
	Patient    Description
	History    *History
	Plan       []PlanItem
	Answers    []Answered
	Cleared    []Cleared
	Consent    *Consent
	Numbing    string // the newest step of the anaesthetic; "" nothing said
	Product    *Product
	AlarmHeard bool

	// What was done.
	Running     bool        // the motor was seen on
	RunFrom     uint32      // the pen's count of strokes when the run at hand, or this part of it, began
	Broken      []RuleBroke // rules that are broken now, oldest first
	Trip        *RuleBroke  // latched
	Totals      Totals
	Gap         uint64
	Spans       []Span
	ChangedSpan int // spans before the zone was last changed
	Marks       []Mark
	Areas       []AreaSet // as set for this patient
	MutedUntil  protocol.At

	After After
}

// After is what followed the end.
type After struct {
	Reason      *ReasonGiven        `json:"reason,omitempty"`
	Outcome     *OutcomeSet         `json:"outcome,omitempty"`
	Aftercare   *AftercareGiven     `json:"aftercare,omitempty"`
	FollowUps   []FollowedUp        `json:"follow_ups,omitempty"`
	Adverse     []AdverseSeen       `json:"adverse_events,omitempty"`
	Corrections []Corrected         `json:"corrections,omitempty"`
	Reassigned  []PatientReassigned `json:"reassigned,omitempty"`
	Signatures  []Signed            `json:"signatures,omitempty"`
}

// NewProcedure returns the procedure before its first event.
func NewProcedure(id ID) *Procedure {
	return &Procedure{ID: id, Source: SourceNone, Heard: Heard{}}
}

// Apply takes one recorded event in.
func (p *Procedure) Apply(e Event, at protocol.At) {
	p.Events++
	switch e := e.(type) {
	case Opened:
		p.OpenedAt, p.OpenedBy, p.Operator, p.PatientID, p.History = at, e.By, e.By, e.Patient, e.History
	case PenUp:
		p.PenAt = at
		p.penUp(e)
	case PenDown:
		p.PenUp, p.Mode, p.Running, p.Confirmed = false, ModeNone, false, 0
	case ModeChanged:
		p.Mode = e.Mode
		if e.Mode == ModeGuarded { // what a person went on with was less, and is over
			p.Accepted, p.AcceptedBy = ModeNone, ""
		}
	case PenActed:
		p.penActed(e)
	case CeilingConfirmed:
		p.Confirmed = e.Ceiling
	case PressTested:
		p.PressTested = true
	case MotorRan:
		p.RunFrom = e.Strokes
		p.Running = true
		p.move(ActRun)
	case MotorRested:
		p.Running = e.Going
		if e.Going {
			p.RunFrom = e.Until
		}
		p.rested(e, at)
	case RuleBroke:
		p.broke(e)
	case RuleHealed:
		p.Broken = slices.DeleteFunc(p.Broken, func(b RuleBroke) bool { return b.Rule == e.Rule })
	case Acknowledged:
		p.Trip = nil
		p.Broken = slices.DeleteFunc(p.Broken, func(b RuleBroke) bool { return b.Response == Trip })
		p.move(ActAck)
	case PausedEvent:
		p.State = e.To
	case SignalGap:
		p.Gap += uint64(e.Readings)
	case Ended:
		p.State, p.EndedAt, p.Override, p.HigherAt = e.As, at, nil, 0
		if e.Reason != "" {
			p.After.Reason = &ReasonGiven{By: e.By, Code: e.Reason, Text: e.Why}
		}
	default:
		if !p.applyZone(e, at) && !p.applyPrepared(e) {
			p.applyAfter(e)
		}
	}
}

// move takes an edge of the machine; one that is absent changes nothing.
func (p *Procedure) move(a Act) {
	if to, ok := p.State.Next(a); ok {
		p.State = to
	}
}

func (p *Procedure) penUp(e PenUp) {
	src := SourcePen
	if e.Simulated {
		src = SourceSimulator
	}
	p.Foreign = p.Source != SourceNone && p.Source != src
	if !p.Foreign {
		p.Source = src
	}
	if p.Pen == nil || p.Pen.boot() != e.boot() {
		p.PressTested = false // another pen, or another boot, has yet to show it
	}
	p.otherPen(e.Vendor, e.Model, e.Serial)
	p.Cartridge = e.NeedleLength
	p.Pen, p.PenUp, p.Declared, p.Mode, p.Running, p.Confirmed = &e, true, false, ModeNone, false, 0
}

// otherPen forgets, when the pen is another, the cartridge that went into the one before
// and the mode that was accepted of it.
func (p *Procedure) otherPen(vendor, model, serial string) {
	if was := p.Pen; was != nil && (was.Vendor != vendor || was.Model != model || was.Serial != serial) {
		p.In = nil
		p.Accepted, p.AcceptedBy = ModeNone, ""
	}
}

func (p *Procedure) broke(e RuleBroke) {
	switch e.Response {
	case Hold:
		p.Totals.Holds++
	case Alarm:
		p.Totals.Alarms++
	}
	p.Broken = append(p.Broken, e)
	if e.Response != Trip {
		return
	}
	p.Totals.Trips++
	if p.Trip == nil {
		p.Trip = &e
	}
	p.State = e.To
}

// broken reports whether the record says that the rule is broken now.
func (p *Procedure) broken(r Rule) bool {
	return slices.ContainsFunc(p.Broken, func(b RuleBroke) bool { return b.Rule == r })
}

// penActed takes in an event of the pen. A cartridge that goes is no longer the
// one that a person gave.
func (p *Procedure) penActed(e PenActed) {
	if p.Pen != nil {
		p.Heard.hear(p.Pen.boot(), e.ID)
	}
	if e.What == penEventNames[protocol.EventCartridgeOut] {
		p.In = nil
		p.Accepted, p.AcceptedBy = ModeNone, ""
	}
}

func (p *Procedure) rested(e MotorRested, at protocol.At) {
	t := &p.Totals
	if !e.Going {
		t.Runs++
	}
	t.Strokes += uint64(e.Strokes)
	t.Above += uint64(e.Above)
	t.Deepest = max(t.Deepest, e.Deepest)
	s := Span{N: len(p.Spans) + 1, From: e.From, To: at, Place: p.Here, Chosen: p.Here, Ceiling: p.Verdict.Allowed,
		Strokes: e.Strokes, Above: e.Above, Deepest: e.Deepest, Needles: p.NeedleCount(), Unseen: e.Unseen, Did: e.Did}
	if s.From == 0 {
		s.From = at
	}
	p.Spans = append(p.Spans, s)
	if p.Here != (Place{}) {
		z := t.zone(p.Here)
		z.add(&s)
		z.figure()
	}
}

// Needles is how long the needles are as far as anybody knows, the least of what
// is said; 0: not known.
func (p *Procedure) Needles() protocol.Micrometres {
	l := p.Cartridge
	if p.In != nil && p.In.Length > 0 && (l == 0 || p.In.Length < l) {
		l = p.In.Length
	}
	return l
}

// NeedleCount is how many needles the cartridge has, 0: not known.
func (p *Procedure) NeedleCount() int {
	if p.In != nil && p.In.Needles > 0 {
		return p.In.Needles
	}
	if p.Pen != nil {
		return p.Pen.NeedleCount
	}
	return 0
}

// Desire is what Cold wants of Hot in this state: the ceiling to set, and
// whether permits may be renewed.
func (p *Procedure) Desire() (ceiling protocol.Micrometres, allow bool) {
	if p.State.Over() || !p.Chosen || p.Verdict.Refused || p.Foreign {
		return 0, false
	}
	may := p.Mode == ModeGuarded || p.Mode != ModeNone && p.Mode == p.Accepted
	return p.Verdict.Allowed, p.State.MayPermit() && may && p.PenUp
}
