package sim

import (
	"time"

	"penlog/protocol"
)

// Truth is what truly is, whatever the pen reports.
type Truth struct {
	Now       protocol.Instant
	Extension protocol.Micrometres // of the needles now; up to 0 they are behind the skin-contact plane
	Drive     protocol.Micrometres // how deep the present stroke goes
	Set       protocol.Micrometres // on the dial
	Driven    bool                 // the motor has power
	Clear     bool                 // the motor stands and the needles are drawn back
	Contact   bool
	Axis      protocol.Axis
	Alive     bool // has power and has booted
	Permit    bool // the pen's own electronics hold one

	Strokes   uint64               // complete ones since manufacture of this simulation
	Deepest   protocol.Micrometres // greatest extension of them all, see [Pen.ForgetDeepest]
	Last      protocol.Micrometres // of the last one
	Above     uint64               // strokes deeper than the ceiling they were made under
	Over      uint64               // strokes deeper than it by more than the pen's tolerance
	Glides    uint64
	InContact uint64 // strokes made on skin

	Unpermitted        time.Duration // under power without a permit, on a pen in guarded mode
	UnpermittedStrokes uint64        // strokes beyond the stop time after the permit's end
	LongestStop        time.Duration // from the loss of power to clear
	Starts             uint64
	Episodes           uint64
	Episode            Episode // the newest; zero when there was none
}

// Episode is one excursion above the ceiling while the motor was under power: of
// the needles by more than the pen's tolerance, or of the dial. It ends when the
// needles are clear, or after 100 ms at or below the ceiling. Moments that did
// not come are 0.
type Episode struct {
	Ceiling protocol.Micrometres // that was exceeded
	Began   protocol.Instant     // first of what made it one
	Deep    protocol.Instant     // end of the first stroke above ceiling + tolerance
	Shown   protocol.Instant     // the first reading that obliges a host to stop the pen was made
	Offset  uint64               // bytes the pen had sent with the end of that reading, as [Pen.Sent] counts
	Stopped protocol.Instant     // power off
	Cause   protocol.StopCause   // why
	Cleared protocol.Instant     // needles clear
	Ended   protocol.Instant     // 0: it goes on

	Deepest      protocol.Micrometres // greatest extension in it
	Strokes      int                  // above the ceiling
	StrokesAfter int                  // of them, those that ended after Shown
}

// Overshoot is how far the needles went above the ceiling; 0 when they did not.
func (e *Episode) Overshoot() protocol.Micrometres { return max(e.Deepest-e.Ceiling, 0) }

// Open reports whether the episode goes on.
func (e *Episode) Open() bool { return e.Began != 0 && e.Ended == 0 }

// EventKind says what happened.
type EventKind uint8

// What happens at a pen.
const (
	EventPress      EventKind = iota + 1 // Result: what came of it, 0 for a press to stop
	EventMotorOn                         //
	EventMotorOff                        // Cause
	EventClear                           // Cause; needles clear of the skin; Since: power off
	EventPermit                          // a permit begins; Depth: its ceiling
	EventPermitEnds                      // Lapse: it died of age; Since: the newest permit's arrival
	EventHost                            // a host session begins
	EventHostGone                        // and is over
	EventOver                            // an episode is over; Episode
	EventBoot                            // power on, or a reboot done
)

var eventNames = [...]string{"", "press", "motor on", "motor off", "clear", "permit", "permit ends", "host", "host gone", "over", "boot"}

// String names the kind.
func (k EventKind) String() string {
	if int(k) < len(eventNames) {
		return eventNames[k]
	}
	return "unknown"
}

// Event is something true that happened, for those who watch.
type Event struct {
	At      protocol.Instant
	Kind    EventKind
	Result  protocol.StartResult
	Cause   protocol.StopCause // 0 on a stop that the electronics did not ask for
	Depth   protocol.Micrometres
	Lapse   bool
	Since   protocol.Instant
	Episode Episode
}

// maxEvents are kept for [Pen.TakeEvents]; later ones push out the oldest.
const maxEvents = 256

func (p *Pen) tell(e Event) {
	e.At = p.now
	if len(p.events) == maxEvents {
		copy(p.events, p.events[1:])
		p.events = p.events[:maxEvents-1]
	}
	p.events = append(p.events, e)
}

// Happened reports whether [Pen.TakeEvents] has something.
func (p *Pen) Happened() bool { return len(p.events) > 0 }

// TakeEvents appends to dst what happened since the last call and returns it:
// the newest 256 if there was more.
func (p *Pen) TakeEvents(dst []Event) []Event {
	dst = append(dst, p.events...)
	p.events = p.events[:0]
	return dst
}

// Truth returns what is true now.
func (p *Pen) Truth() Truth {
	p.motor.run(p.now) // no further than it was due
	t := p.truth
	t.Now, t.Set = p.now, p.knob.set
	t.Drive = p.depth()
	t.Extension = p.extension()
	t.Driven = p.motor.state == driven
	t.Clear = p.motor.state == parked
	t.Contact, t.Axis = p.contact, p.axis
	t.Alive = p.link != nil
	t.Permit = p.permit
	t.Episode = p.episode
	return t
}

// What a judge asks at every step, without the whole [Truth]. Each is the field
// of that name, or says which.

// Driven reports whether the motor has power.
func (p *Pen) Driven() bool { return p.motor.state == driven }

// AtRest is [Truth.Clear]: the motor stands and the needles are drawn back.
func (p *Pen) AtRest() bool { return p.motor.state == parked }

// Permitted is [Truth.Permit]: the pen's own electronics hold a permit.
func (p *Pen) Permitted() bool { return p.permit }

// InContact is [Truth.Contact].
func (p *Pen) InContact() bool { return p.contact }

// Alive reports whether the pen has power and has booted.
func (p *Pen) Alive() bool { return p.link != nil }

// Strokes is how many were made.
func (p *Pen) Strokes() uint64 { return p.truth.Strokes }

// SkinStrokes is [Truth.InContact]: how many were made on skin.
func (p *Pen) SkinStrokes() uint64 { return p.truth.InContact }

// Last is how deep the last stroke went.
func (p *Pen) Last() protocol.Micrometres { return p.truth.Last }

// Battery is what is left of its charge, percent; 255 for a pen on mains.
func (p *Pen) Battery() uint8 { return p.percent }

// Episode is the newest excursion, of which [Episode.Began] is 0 when there was
// none. It is the pen's and changes as time goes on.
func (p *Pen) Episode() *Episode { return &p.episode }

// ForgetDeepest begins anew with [Truth.Deepest].
func (p *Pen) ForgetDeepest() { p.truth.Deepest = 0 }

// oblige reports whether the pen's next reading obliges a host to stop it: the
// dial above the ceiling, two strokes running reported above the tolerance, or
// one more than 300 µm above. Source: DESIGN 'The link', PROTOCOL.md §6.7.
func (p *Pen) oblige() bool {
	id := &p.profile.Identity
	return p.motor.state == driven && p.ref != 0 &&
		(id.Caps.Has(protocol.CapSet) && !p.Has(FaultDialMissing) && p.knob.set > p.ref ||
			id.Caps.Has(protocol.CapMeasured) && (p.reportedDeep >= 2 || p.reported > p.ref+300))
}

// above reports whether dial or needles are above the ceiling now.
func (p *Pen) above() bool { return p.ref != 0 && (p.knob.set > p.ref || p.trueDeep > 0) }

// open begins an episode if there is cause.
func (p *Pen) open() {
	if p.above() {
		p.lastOver = p.now
		if e := &p.episode; !e.Open() && p.motor.state == driven {
			*e = Episode{Ceiling: p.ref, Began: p.now}
			p.truth.Episodes++
		}
	}
}

// follow adds a stroke to the episode.
func (p *Pen) follow(d protocol.Micrometres) {
	e := &p.episode
	if !e.Open() || d <= e.Ceiling {
		return
	}
	if e.Deep == 0 && p.trueDeep > 0 {
		e.Deep = p.now
	}
	e.Deepest = max(e.Deepest, d)
	e.Strokes++
	if e.Shown != 0 {
		e.StrokesAfter++
	}
}

// close ends the episode when the needles are clear or have stayed below.
func (p *Pen) close() {
	e := &p.episode
	stopped := p.motor.state == parked
	if !e.Open() || !stopped && (p.motor.state != driven || p.now-p.lastOver <= 100*quantum) {
		return
	}
	e.Ended = p.now
	if stopped {
		e.Cleared = p.now
	}
	p.tell(Event{Kind: EventOver, Episode: *e})
}
