package sim

import (
	"fmt"

	"penlog/protocol"
)

// Press is a press of the start button: to stop while the motor turns, else to
// start. The result is 0 for a press to stop, and for one on a dead pen.
func (p *Pen) Press(now protocol.Instant) protocol.StartResult {
	p.Step(now)
	if p.link == nil {
		return 0
	}
	r := p.link.Press(p.uptime(p.now))
	if p.Has(FaultClaimsPermits) {
		p.bypass = p.motor.state != driven
	} else if p.Has(FaultNoPermit) {
		p.bypass = !p.bypass && r != protocol.StartRan && p.motor.state != driven
	} else if p.motor.state == driven && !p.hidden {
		p.bypass = false
	}
	p.tell(Event{Kind: EventPress, Result: r})
	p.settle()
	p.speak()
	return r
}

// Dial turns the ring, or sets the display, to the step nearest to depth.
func (p *Pen) Dial(now protocol.Instant, depth protocol.Micrometres) {
	p.Step(now)
	p.stale = true
	p.knob.turn(p.now, depth)
}

// Runs reports whether the motor turns, as the hand feels it.
func (p *Pen) Runs() bool { return p.motor.state == driven }

// Set is what the dial or display shows.
func (p *Pen) Set() protocol.Micrometres { return p.knob.set }

// Wanted is where the hand is turning the dial to; [Pen.Set] once it is there.
func (p *Pen) Wanted() protocol.Micrometres { return p.knob.want }

// Contact puts the tip on the skin or lifts it.
func (p *Pen) Contact(now protocol.Instant, on bool) {
	p.Step(now)
	if p.contact == on {
		return
	}
	p.use()
	p.contact = on
	if !on {
		p.axis = protocol.AxisUnknown
	}
	p.load()
	p.settle()
	p.speak()
}

// Glide begins a glide over the skin along an axis; off the skin it does nothing.
func (p *Pen) Glide(now protocol.Instant, axis protocol.Axis) {
	p.Step(now)
	if !p.contact {
		return
	}
	p.axis = axis
	p.glides++
	p.truth.Glides++
	p.settle()
	p.speak()
}

// Speed sets the stroke rate wanted, within what the pen can.
func (p *Pen) Speed(now protocol.Instant, rate protocol.DeciHertz) {
	p.Step(now)
	p.rate = max(p.id.RateMin, min(rate, p.id.RateMax))
	p.load()
}

// Cartridge puts a cartridge in or takes it out.
func (p *Pen) Cartridge(now protocol.Instant, in bool) {
	p.Step(now)
	p.noCartridge = !in
	p.settle()
	p.speak()
}

// Release takes the pen out of guarded mode by the deliberate gesture at it
// (PROTOCOL.md §6.9), or back into it, and reports whether it went.
func (p *Pen) Release(now protocol.Instant, out bool) bool {
	p.Step(now)
	if p.link == nil {
		return false
	}
	done := false
	if out {
		done = p.link.Release(p.uptime(p.now))
	} else {
		done = p.link.Guard(p.uptime(p.now))
	}
	p.settle()
	p.speak()
	return done
}

// Unplug pulls the cable: nothing is heard, and what is sent is lost. The pen
// has its own battery and goes on.
func (p *Pen) Unplug(now protocol.Instant) {
	p.Step(now)
	p.unplugged = true
	p.out = p.out[:0]
}

// Replug puts the cable back in; under [FaultOtherPen] another pen hangs on it.
func (p *Pen) Replug(now protocol.Instant) {
	p.Step(now)
	p.unplugged = false
	if p.other.on {
		p.powerOff()
		p.kept = protocol.PenCounters{}
		p.id.Serial = p.other.text
		if p.id.Serial == "" {
			p.id.Serial = fmt.Sprintf("SIM-%06d", (p.cfg.Seed+500_000)%1_000_000)
		}
		p.other = fault{}
		p.stale = true
	}
}

// Act is a thing the hand does, as a value for scripts.
type Act struct {
	Do    Do
	Depth protocol.Micrometres // DoDial
	On    bool                 // DoContact, DoCartridge, DoRelease
	Axis  protocol.Axis        // DoGlide
	Rate  protocol.DeciHertz   // DoSpeed
	Skin  Skin                 // DoTouch
}

// Do names a thing the hand does.
type Do uint8

// What a hand does.
const (
	DoPress Do = iota + 1
	DoDial
	DoContact
	DoGlide
	DoSpeed
	DoCartridge
	DoRelease
	DoUnplug
	DoReplug
	DoTouch // which skin the tip is on when it is on any
)

// Do does what a says.
func (p *Pen) Do(now protocol.Instant, a Act) {
	switch a.Do {
	case DoPress:
		p.Press(now)
	case DoDial:
		p.Dial(now, a.Depth)
	case DoContact:
		p.Contact(now, a.On)
	case DoGlide:
		p.Glide(now, a.Axis)
	case DoSpeed:
		p.Speed(now, a.Rate)
	case DoCartridge:
		p.Cartridge(now, a.On)
	case DoRelease:
		p.Release(now, a.On)
	case DoUnplug:
		p.Unplug(now)
	case DoReplug:
		p.Replug(now)
	case DoTouch:
		p.Touch(now, a.Skin)
	}
}
