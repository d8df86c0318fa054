package script

import (
	"math"

	"penlog/protocol"
	"penlog/session"
	"penlog/session/limits"
)

// Never is later than any moment.
const Never = protocol.Instant(math.MaxInt64)

// Conductor says when each step of a script is due. A step waits for the one
// before it, then for its moment, then for its cue, and then for After. A cue
// that speaks of how things are (motor on, permit, state …) is met at once when
// they are so; one that speaks of something that happens waits for the next time.
type Conductor struct {
	steps []Step
	begin protocol.Instant
	place int              // the step that is waited for
	since protocol.Instant // the step before it was done
	from  protocol.Instant // its moment; Never: that has come
	ready protocol.Instant // it is due; Never: its cue has not come
	made  int              // strokes since the step before
	begun []bool

	motor, permit, contact, pen, agent, clear bool
	state                                     session.State
	zone                                      limits.Zone
}

// NewConductor begins at the moment begin, with the pen at rest.
func NewConductor(s *Script, begin protocol.Instant) *Conductor {
	c := &Conductor{steps: s.Steps, begin: begin, since: begin, begun: make([]bool, len(s.Steps)), clear: true}
	c.arm()
	return c
}

// arm begins to wait for the step at place.
func (c *Conductor) arm() {
	c.ready, c.made, c.from = Never, 0, Never
	if c.place < len(c.steps) {
		c.from = max(c.since, c.begin.Add(c.steps[c.place].At))
	}
}

// look makes the step ready when its moment has come and its cue is there already.
func (c *Conductor) look(now protocol.Instant) {
	if now < c.from {
		return
	}
	if t := &c.steps[c.place]; t.When.What == CueNow || c.level(&t.When) {
		c.ready = c.from.Add(t.After)
	}
	c.from = Never
}

// level reports whether a cue that speaks of how things are is met.
func (c *Conductor) level(q *Cue) bool {
	switch q.What {
	case CueMotorOn:
		return c.motor
	case CueMotorOff:
		return !c.motor
	case CueClear:
		return c.clear
	case CuePermit:
		return c.permit
	case CueNoPermit:
		return !c.permit
	case CueContact:
		return c.contact
	case CueLifted:
		return !c.contact
	case CueState:
		return c.agent && c.state == q.State
	case CueZone:
		return c.zone == q.Zone
	case CuePenUp:
		return c.pen
	case CuePenGone:
		return !c.pen
	case CueAgentRuns:
		return c.agent
	}
	return false
}

// See takes in what was seen. A step with a moment hears no cue before it.
func (c *Conductor) See(s *Sight) {
	switch s.Kind {
	case SawMotor:
		c.motor = s.On
		c.clear = c.clear && !s.On
	case SawClear:
		c.clear = true
	case SawPermit:
		c.permit = s.On
	case SawContact:
		c.contact = s.On
	case SawPen:
		c.pen = s.On
	case SawAgent:
		c.agent = s.On
	case SawState:
		c.state = s.State
	case SawZone:
		c.zone = s.Zone
	case SawStroke:
		c.made++
	}
	if c.place == len(c.steps) || c.ready != Never {
		return
	}
	if c.look(s.At); c.from != Never || c.ready != Never {
		return
	}
	if t := &c.steps[c.place]; t.When.Met(s) || t.When.What == CueStrokes && c.made >= t.When.Count {
		c.ready = s.At.Add(t.After)
	}
}

// Strokes reports whether [SawStroke] matters to the step that is waited for.
func (c *Conductor) Strokes() bool {
	return c.place < len(c.steps) && c.steps[c.place].When.What == CueStrokes
}

// Next is when time alone makes a step due, or brings its moment; [Never] when
// something has to be seen first.
func (c *Conductor) Next() protocol.Instant { return min(c.from, c.ready) }

// Due gives the step that is due now and reports whether there is one. The caller
// does what it says; the next call goes on behind it.
func (c *Conductor) Due(now protocol.Instant) (int, bool) {
	if c.from != Never {
		c.look(now)
	}
	if c.ready > now || c.place == len(c.steps) {
		return 0, false
	}
	i := c.place
	c.begun[i] = true
	c.place, c.since = i+1, max(c.ready, c.since)
	c.arm()
	return i, true
}

// Begun says of each step whether it was due.
func (c *Conductor) Begun() []bool { return c.begun }
