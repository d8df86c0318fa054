package session

import (
	"slices"

	"penlog/protocol"
	"penlog/session/limits"
)

// Procedure is one treatment of one patient as the fold of its events: the same
// events give the same value, live and after a crash. [Procedure.Decide] turns
// a command into events, [Procedure.Apply] takes them in and cannot fail, since
// what was recorded is true. Not safe for concurrent use.
type Procedure struct {
	ID          ID
	State       State
	Source      Source
	OpenedAt    protocol.At
	OpenedBy    By
	EndedAt     protocol.At // 0: not over
	Pen         *PenUp      // the pen of the newest connection, also when it is gone
	PenAt       protocol.At // of that
	PenUp       bool
	Foreign     bool // the pen at hand is simulated and the session's is not, or the other way round
	Mode        Mode
	Cartridge   protocol.Micrometres // needle length of the cartridge that is in, 0: not known
	Verdict     limits.Verdict       // behind the ceiling; of the zone chosen last
	Chosen      bool
	PressTested bool
	Confirmed   protocol.Micrometres // ceiling that telemetry showed last
	Running     bool                 // the motor was seen on
	Broken      []RuleBroke          // rules that are broken now, oldest first
	Trip        *RuleBroke           // latched
	Totals      Totals
	Events      int    // applied
	RunFrom     uint32 // the pen's count of strokes when the run at hand began
	Gap         uint64
	Heard       Heard
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
		p.OpenedAt, p.OpenedBy = at, e.By
	case PenUp:
		p.PenAt = at
		p.penUp(e)
	case PenDown:
		p.PenUp, p.Mode, p.Running, p.Confirmed = false, ModeNone, false, 0
	case ModeChanged:
		p.Mode = e.Mode
	case PenActed:
		if p.Pen != nil {
			p.Heard.hear(p.Pen.boot(), e.ID)
		}
	case ZoneChosen:
		p.Verdict, p.Chosen, p.State, p.Confirmed = e.Verdict, true, e.To, 0
		p.zone()
	case ZoneRefused: // the zone before is no longer the one that is meant
		p.State, p.Chosen, p.Confirmed = e.To, false, 0
	case CartridgeSeen:
		p.Cartridge, p.State = e.Length, e.To
		if e.Verdict != nil {
			p.Verdict, p.Confirmed = *e.Verdict, 0
		}
	case ArmedEvent:
		p.Verdict = e.Verdict
		p.move(ActArm)
		p.zone()
	case ResumedEvent:
		p.Verdict = e.Verdict
		p.move(ActResume)
		p.zone()
	case CeilingConfirmed:
		p.Confirmed = e.Ceiling
	case PressTested:
		p.PressTested = true
	case MotorRan:
		p.RunFrom = e.Strokes
		p.Running = true
		p.move(ActRun)
	case MotorRested:
		p.Running = false
		p.rested(e)
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
		p.State, p.EndedAt = e.As, at
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
	p.Cartridge = e.NeedleLength
	p.Pen, p.PenUp, p.Mode, p.Running, p.Confirmed = &e, true, ModeNone, false, 0
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

func (p *Procedure) rested(e MotorRested) {
	t := &p.Totals
	t.Runs++
	t.Strokes += uint64(e.Strokes)
	t.Above += uint64(e.Above)
	t.Deepest = max(t.Deepest, e.Deepest)
	if n := len(t.Zones); n > 0 {
		z := &t.Zones[n-1]
		z.Strokes += uint64(e.Strokes)
		z.Above += uint64(e.Above)
		z.Deepest = max(z.Deepest, e.Deepest)
	}
}

// zone makes the last entry of the totals the zone that is treated now.
func (p *Procedure) zone() {
	v, t := &p.Verdict, &p.Totals
	for i, z := range t.Zones {
		if z.Zone == v.Zone && z.Side == v.Side && z.Indication == v.Indication {
			z.Ceiling = max(z.Ceiling, v.Allowed)
			t.Zones = append(append(t.Zones[:i:i], t.Zones[i+1:]...), z)
			return
		}
	}
	t.Zones = append(t.Zones, ZoneTotal{Zone: v.Zone, Side: v.Side, Indication: v.Indication, Ceiling: v.Allowed})
}

// Desire is what Cold wants of Hot in this state: the ceiling to set, and
// whether permits may be renewed.
func (p *Procedure) Desire() (ceiling protocol.Micrometres, allow bool) {
	if p.State.Over() || !p.Chosen || p.Verdict.Refused || p.Foreign {
		return 0, false
	}
	return p.Verdict.Allowed, p.State.MayPermit() && p.Mode == ModeGuarded && p.PenUp
}

func (t *Totals) clone() Totals {
	c := *t
	c.Zones = slices.Clone(t.Zones)
	return c
}
