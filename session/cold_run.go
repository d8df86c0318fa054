package session

import (
	"fmt"
	"time"

	"penlog/protocol"
	"penlog/session/passes"
)

// run is what the motor did from being seen on to being seen off, as readings tell.
type run struct {
	on      bool
	from    uint32 // the pen's count of strokes before it
	made    uint32 // strokes
	above   uint32 // of these, above the ceiling in force by the pen's count
	deepest protocol.Micrometres
	tick    protocol.Tick // of its first reading
	unseen  bool          // made while no reading came
	since   protocol.At   // it, or the part at hand, began
	cutAt   protocol.Instant
}

// see takes the run's next reading in. before is the reading before it of the
// same boot, nil when there is none.
func (u *run) see(r, before *protocol.Reading) {
	if before != nil {
		u.made += uint32(max(0, int32(r.Strokes-before.Strokes))) // a count that falls is for the guard to judge
		u.above += uint32(r.StrokesAbove - before.StrokesAbove)   // 16 bits on the wire: from one reading to the next
	}
	if r.Measured != protocol.None && r.Strokes != u.from {
		u.deepest = max(u.deepest, protocol.Micrometres(r.Measured))
	}
	if r.Peak != protocol.None && r.Tick.Since(u.tick) > peakReach {
		u.deepest = max(u.deepest, protocol.Micrometres(r.Peak)) // strokes between readings
	}
}

func (u *run) rested() MotorRested {
	return MotorRested{Strokes: u.made, Above: u.above, Deepest: u.deepest, Unseen: u.unseen, From: u.since}
}

// partEvery is how long a part of a run is at most: so exactly can it be said
// later which of it was in another zone.
const partEvery = 5 * time.Second

// maxKnown is of how many boots the counters are kept.
const maxKnown = 16

// PenBoot names one boot of one pen.
type PenBoot struct {
	Vendor, Model, Serial string
	Boot                  uint32
}

// MarshalText gives the boot as one word, so that it can be a key in JSON.
func (b PenBoot) MarshalText() ([]byte, error) {
	return fmt.Appendf(nil, "%q %q %q %08x", b.Vendor, b.Model, b.Serial, b.Boot), nil
}

func (e *PenUp) boot() PenBoot { return PenBoot{e.Vendor, e.Model, e.Serial, e.Boot} }

// Heard holds the id of the newest event that was recorded of each boot of a pen:
// by it an event that comes again is applied once.
type Heard map[PenBoot]uint32

func (h Heard) hear(b PenBoot, id uint32) {
	if _, ok := h[b]; !ok && len(h) >= maxKnown {
		clear(h)
	}
	h[b] = id
}

// part closes what is known of a pen that is going. Its counters are kept: what
// it does unseen shows when the same boot is back.
func (c *Cold) part(now protocol.Instant, at protocol.At) {
	c.rest(now, at)
	if c.have && c.pen != nil {
		c.know(c.penUp(), c.last)
	}
	c.have, c.prior = false, nil
	c.track.Part()
}

func (c *Cold) know(e PenUp, r protocol.Reading) {
	if c.known == nil || len(c.known) >= maxKnown {
		c.known = map[PenBoot]protocol.Reading{}
	}
	c.known[e.boot()] = r
}

// follow follows the motor.
func (c *Cold) follow(r *protocol.Reading, now protocol.Instant, at protocol.At) {
	before, on := c.prior, r.MotorOn()
	c.track.See(r)
	if c.have {
		before = &c.last
	}
	// The pen's counters went on while no reading came: a run that nobody saw.
	if !c.run.on && before != nil && (!on || !c.have) && int32(r.Strokes-before.Strokes) > 0 {
		c.run = run{on: true, from: before.Strokes, tick: before.Tick, unseen: true, since: at}
		c.run.see(r, before)
		c.add(MotorRan{Strokes: c.run.from, Unseen: true}, now, at)
		if on || !c.full() {
			c.rest(now, at)
		}
		c.settle(now)
		before = r
	}
	switch {
	case on && !c.run.on:
		c.run = run{on: true, from: r.Strokes, tick: r.Tick, since: at, cutAt: now}
		if before != nil {
			c.run.from = before.Strokes
		}
		c.run.see(r, before)
		c.add(MotorRan{Strokes: c.run.from}, now, at)
		c.settle(now)
	case c.run.on:
		c.run.see(r, before)
		switch {
		case c.full(): // runs that can't be written are one
		case !on:
			c.rest(now, at)
			c.settle(now)
		case now.Sub(c.run.cutAt) >= partEvery:
			c.cut(r, now, at)
		}
	}
}

// cut records a part of a run that goes on. Its signal goes to the disk with it.
func (c *Cold) cut(r *protocol.Reading, now protocol.Instant, at protocol.At) {
	e := c.run.rested()
	e.Going, e.Until, e.Did = true, r.Strokes, c.track.Take()
	c.add(e, now, at)
	c.run = run{on: true, from: r.Strokes, tick: r.Tick, since: at, cutAt: now}
	c.flushNow = true
}

// rest closes a run of the motor. Its signal goes to the disk with it, so that
// after a crash no stroke is counted by both.
func (c *Cold) rest(now protocol.Instant, at protocol.At) {
	if c.run.on {
		c.run.on, c.flushNow = false, true
		e := c.run.rested()
		e.Did = c.track.Take()
		if e.Unseen { // nobody can tell, so all of it counts as contact
			e.Did.Contact, e.Did.NoContact = e.Strokes, true
		}
		c.add(e, now, at)
	}
}

// Tail is what the end of a session's recorded signal tells, for [Cold.Restore].
type Tail struct {
	from  uint32
	penAt protocol.At
	at    protocol.At // of the chunk at hand
	run   run
	track passes.Tracker
	last  protocol.Reading
	have  bool // last is a reading of the session's newest pen
}

// NewTail returns the Tail of a procedure that the journal holds and no signal.
func NewTail(p *Procedure) *Tail { return &Tail{from: p.RunFrom, penAt: p.PenAt} }

// Take takes the session's next chunk in, the oldest first.
func (t *Tail) Take(c *SignalChunk) error {
	samples, err := Samples(c.Body)
	t.at = c.From
	for i := range samples {
		t.see(&samples[i].Reading)
	}
	t.have = len(samples) > 0 && c.To >= t.penAt
	return err
}

// see keeps the run that the newest reading is of.
func (t *Tail) see(r *protocol.Reading) {
	before := t.last
	t.track.See(r)
	switch {
	case !r.MotorOn() || int32(r.Strokes-t.from) < 0:
		t.run = run{}
		t.track.Take()
	case !t.run.on:
		t.run = run{on: true, from: t.from, tick: r.Tick, since: t.at}
		if before.Strokes != t.from { // of the run before, or of none
			before = *r
			before.Strokes = t.from
		}
		fallthrough
	default:
		t.run.see(r, &before)
	}
	if r.Strokes == t.from && t.last.Strokes != r.Strokes {
		t.track.Take() // the journal has the stroke that this part begins after
	}
	t.last = *r
}
