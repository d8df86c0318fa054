package passes

import (
	"time"

	"penlog/protocol"
)

// Slice is what the needles did in a stretch of one run of the motor.
type Slice struct {
	// Contact is how many strokes were in contact; all of them where the pen can't tell.
	// Strokes between two readings count when one of these shows contact: at each touch
	// and each lift there are too many by at most those between the two readings around
	// it, and too few only by a touch that no reading shows. Loss of readings makes these
	// stretches longer, and changes nothing else.
	Contact   uint32 `json:"contact_strokes"`
	ContactMS uint32 `json:"contact_ms"` // motor on and in contact; or on, where the pen can't tell
	OnMS      uint32 `json:"on_ms"`      // motor on
	// NoContact: for some of it the pen could not tell contact, and it was taken for contact.
	NoContact bool   `json:"contact_unknown,omitempty"`
	Glides    Course `json:"glides,omitempty"`
	// Depths are of the strokes: measured, or as set where the pen does not measure.
	Depths Depths `json:"depths,omitempty"`
}

// gapMost is the longest time between two readings that counts as seen.
const gapMost = time.Second

// Tracker follows the readings of one pen. The zero Tracker has seen none.
type Tracker struct {
	last     protocol.Reading
	have     bool
	slice    Slice
	onUS     int64 // of the slice, µs
	touchUS  int64
	contact  bool
	liftedAt protocol.Tick // when contact ended
	lifted   bool
	newLift  uint32        // ms; of the lift that ended with the contact at hand, not yet given to a glide
	glideAt  protocol.Tick // of the newest glide, of contact or of the motor's start
	counts   bool          // the pen counts glides
}

// Part forgets the reading before: the pen's counters may be anything now.
func (t *Tracker) Part() { t.have, t.lifted, t.contact, t.newLift = false, false, false, 0 }

// See takes in the next reading. Strokes between two readings count at the depth
// of the later one.
func (t *Tracker) See(r *protocol.Reading) {
	known := r.Flags.Has(protocol.FlagContactKnown)
	touch := r.Flags.Has(protocol.FlagContactKnown | protocol.FlagContact)
	if r.Glides != 0 {
		t.counts = true
	}
	if !t.have {
		t.last, t.have = *r, true
		t.contact, t.glideAt = touch, r.Tick
		return
	}
	took := r.Tick.Since(t.last.Tick)
	if on := t.last.MotorOn() || r.MotorOn(); on && took > 0 && took <= gapMost {
		t.onUS += took.Microseconds()
		if !known || touch || t.contact {
			t.touchUS += took.Microseconds()
		}
		t.slice.NoContact = t.slice.NoContact || !known
	}
	if n := int32(r.Strokes - t.last.Strokes); n > 0 {
		t.strokes(r, uint32(n), !known || touch || t.contact)
	}
	t.touch(r, touch)
	if r.MotorOn() && !t.last.MotorOn() {
		t.glideAt = r.Tick // a still pen on the skin does nothing
	}
	if n := r.Glides - t.last.Glides; n > 0 && n < 128 && (r.MotorOn() || t.last.MotorOn()) {
		t.slice.Glides.add(r.Flags.Axis(), uint32(n), t.newLift)
		t.newLift, t.glideAt = 0, r.Tick
	}
	t.last, t.contact = *r, touch
}

// touch follows the tip on and off the skin.
func (t *Tracker) touch(r *protocol.Reading, touch bool) {
	switch {
	case t.contact && !touch:
		t.liftedAt, t.lifted = r.Tick, true
	case !t.contact && touch:
		t.glideAt = r.Tick
		if t.lifted {
			t.newLift += uint32(max(1, r.Tick.Since(t.liftedAt).Milliseconds()))
			t.lifted = false
		}
	}
}

func (t *Tracker) strokes(r *protocol.Reading, n uint32, contact bool) {
	if contact {
		t.slice.Contact += n
	}
	switch {
	case r.Measured != protocol.None:
		t.slice.Depths.Add(protocol.Micrometres(r.Measured), n)
	case r.Set != protocol.None:
		t.slice.Depths.Add(protocol.Micrometres(r.Set), n)
	}
}

// Dwells is for how long the tip has been in contact, with the motor on, and made
// no new glide; 0 when the pen does not count glides, or is lifted, or still.
func (t *Tracker) Dwells() time.Duration {
	if !t.have || !t.counts || !t.contact || !t.last.MotorOn() {
		return 0
	}
	return t.last.Tick.Since(t.glideAt)
}

// Take returns what was done since the last Take, and begins anew.
func (t *Tracker) Take() Slice {
	s := t.Peek()
	t.slice, t.onUS, t.touchUS = Slice{}, t.onUS%1000, t.touchUS%1000
	return s
}

// Peek returns what was done since the last Take.
func (t *Tracker) Peek() Slice {
	s := t.slice
	s.OnMS, s.ContactMS = uint32(t.onUS/1000), uint32(t.touchUS/1000)
	return s
}
