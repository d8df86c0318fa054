package session

import (
	"errors"
	"fmt"
	"slices"

	"penlog/protocol"
)

// Note takes in what Hot tells.
func (c *Cold) Note(n *Note, now protocol.Instant, at protocol.At) {
	switch n.Kind {
	case NoteReading:
		c.reading(n, now, at)
		return // the common case has nothing to settle
	case NoteUp:
		if c.pen != nil {
			c.part(now, at)
			c.lose("the pen's session began anew", now, at)
		} else {
			c.lose("a pen was plugged in", now, at) // the one that was armed has no link
		}
		c.pen, c.mode, c.conn = n.Identity, n.Mode, n.Conn
		up := c.penUp()
		if r, ok := c.known[up.boot()]; ok {
			c.prior = &r
		}
		c.needles, c.hasStat = up.NeedleLength, false
		c.add(up, now, at)
		if n.Mode != ModeNone {
			c.add(ModeChanged{n.Mode}, now, at)
		}
	case NoteLost:
		c.part(now, at)
		c.pen, c.mode, c.ready, c.hasStat = nil, ModeNone, false, false
		c.add(PenDown{}, now, at)
		c.lose("link lost", now, at)
	case NoteMode:
		if c.mode != n.Mode {
			if c.mode == ModeGuarded {
				c.lose("the pen is no longer guarded", now, at)
			}
			c.mode = n.Mode
			c.add(ModeChanged{n.Mode}, now, at)
		}
	case NoteStatus:
		c.status, c.hasStat = n.Status, true
		c.eventsLost(n.Status.EventsLost, now, at)
		if l := n.Status.NeedleLength; l != 0 { // 0: this says nothing against what is known
			c.cartridge(protocol.Micrometres(l), now, at)
		}
	case NoteEvent:
		c.penEvent(&n.Event, now, at)
	case NoteFinding:
		c.finding(&n.Finding, now, at)
	case NoteConfirmed:
		c.add(CeilingConfirmed{int(n.Generation), n.Ceiling}, now, at)
	case NoteReady:
		c.ready = n.On
	case NoteStopped:
		c.lastStop = n.Took
		c.add(StopSeen{n.Took.Microseconds()}, now, at)
	case NoteClock:
		c.part(now, at)
		c.mode, c.ready = ModeNone, false
		c.add(ModeChanged{ModeNone}, now, at)
		c.lose(fmt.Sprintf("a clock jumped by %v", n.Took), now, at)
	case NoteAcked:
		c.acked(n, now, at)
	case NoteRefused:
		// Counted by the host; the guard judges what follows from it.
	}
	c.settle(now)
}

// lose pauses a procedure that was under way: a person confirms patient, zone
// and ceiling before the next permit.
func (c *Cold) lose(why string, now protocol.Instant, at protocol.At) {
	if !c.open() {
		return
	}
	to, ok := c.proc.State.Next(ActLose)
	if ok && to != c.proc.State {
		c.add(PausedEvent{By: Agent, Why: why, To: to}, now, at)
	}
}

func (c *Cold) penUp() PenUp {
	id := c.pen
	return PenUp{
		Vendor: id.Vendor, Model: id.Model, Serial: id.Serial, Firmware: id.Firmware, Boot: id.Boot,
		Simulated: id.Caps.Has(protocol.CapSimulated), DepthSource: id.Depth().String(),
		DepthMin: protocol.Micrometres(id.DepthMin), DepthMax: protocol.Micrometres(id.DepthMax),
		DepthStep: protocol.Micrometres(id.DepthStep), Accuracy: protocol.Micrometres(id.Accuracy),
		NeedleLength: protocol.Micrometres(id.NeedleLength), NeedleCount: int(id.NeedleCount),
		StopMS: int(id.StopMS), ReadingRate: int(id.ReadingsMax),
	}
}

// reading records a reading and follows the motor.
func (c *Cold) reading(n *Note, now protocol.Instant, at protocol.At) {
	r := &n.Reading
	c.age = n.Age
	c.lastAt = n.At.Add(-n.Age)
	if calm := !r.MotorOn() && !r.Flags.Has(protocol.FlagPermit); !calm || !c.calm {
		c.calm, c.calmFrom = calm, r.Tick
	}
	if c.open() && !c.proc.Foreign {
		c.sample(n, at)
		c.follow(r, now, at)
	}
	c.last, c.have = *r, true
}

// cartridge takes in how long the needles are that are in now.
func (c *Cold) cartridge(length protocol.Micrometres, now protocol.Instant, at protocol.At) {
	c.needles = length
	if c.open() && !c.proc.Foreign && c.proc.Cartridge != length {
		c.add(c.proc.cartridge(length, c.env(at)), now, at)
	}
}

// sample appends a reading to the signal.
func (c *Cold) sample(n *Note, at protocol.At) {
	c.lost += n.Lost
	c.missed += n.Dropped
	if len(c.body) > maxChunkBody {
		c.missed++ // the store is far behind; the lease has long ended
		return
	}
	if c.count == 0 {
		c.from = at
	}
	s := Sample{Arrived: n.At, Age: int32(min(n.Age.Microseconds(), 1<<31-1)), Reading: n.Reading}
	c.body = AppendSample(c.body, &s)
	c.count++
	c.to, c.arrived = at, n.At
}

// finding records what the guard found. What is known already, as after notes
// were lost, is not recorded twice.
func (c *Cold) finding(f *Finding, now protocol.Instant, at protocol.At) {
	i := slices.IndexFunc(c.holds, func(b RuleBroke) bool { return b.Rule == f.Rule })
	if f.On == (i >= 0) {
		return
	}
	if !f.On {
		c.holds = slices.Delete(c.holds, i, i+1)
		c.add(RuleHealed{f.Rule, f.Response}, now, at)
		return
	}
	e := RuleBroke{Rule: f.Rule, Response: f.Response, Value: f.Value, Limit: f.Limit, MotorOn: f.MotorOn}
	if c.proc != nil {
		e.To = c.proc.State
		if f.Response == Trip {
			if to, ok := c.proc.State.Next(ActTrip); ok {
				e.To = to
			}
		}
	}
	c.holds = append(c.holds, e)
	c.add(e, now, at)
	if f.Response == Trip {
		c.flushNow = true
		if c.trip == nil {
			c.trip = &e
		}
	}
}

// acked answers those who acknowledged a trip.
func (c *Cold) acked(n *Note, now protocol.Instant, at protocol.At) {
	for _, w := range c.acks {
		switch {
		case n.Err != nil:
			c.answers = append(c.answers, Answer{Ticket: w.ticket, View: c.View(now), Err: &RefusedError{
				Code: "cause_not_gone", Words: why(n.Err), Remedy: "remove the cause, then acknowledge again"}})
			continue
		case c.open() && c.proc.Trip != nil:
			e := Acknowledged{By: w.by, Rule: c.proc.Trip.Rule}
			c.add(e, now, at)
			c.wait(w.ticket, []Event{e}, now)
		default:
			c.answers = append(c.answers, Answer{Ticket: w.ticket, View: c.View(now)})
		}
	}
	c.acks = nil
	if n.Err == nil {
		c.trip = nil
		c.holds = slices.DeleteFunc(c.holds, func(b RuleBroke) bool { return b.Response == Trip })
	}
	c.flushNow = true
}

// why is the reason that an acknowledgement was refused, as people read it.
func why(err error) string {
	var gone *NotGoneError
	if errors.As(err, &gone) {
		return gone.Why
	}
	return err.Error()
}
