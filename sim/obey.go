package sim

import (
	"slices"

	"penlog/protocol"
)

// settle lets the electronics see the pen, the motor obey the electronics, and
// notes what changed. Seeing can stop the motor, so it goes round until nothing moves.
func (p *Pen) settle() {
	p.stale = true
	if p.link == nil {
		return
	}
	p.link.Advance(p.uptime(p.now))
	for range 4 {
		if p.link == nil {
			return
		}
		p.look()
		p.sense()
		if !p.obey() {
			return
		}
	}
}

// look notes what became of host and permit in the electronics.
func (p *Pen) look() {
	l := p.link
	if c := l.Ceiling(); c != 0 && c != p.ref {
		p.ref, p.trueDeep, p.reportedDeep = c, 0, 0
	}
	if h := l.Hosted(); h != p.hosted {
		p.hosted = h
		kind := EventHost
		if !h {
			kind = EventHostGone
		}
		p.tell(Event{Kind: kind})
	}
	left := l.PermitLeft()
	if left > 0 {
		if end := p.uptime(p.now).Add(left); end > p.deadline {
			p.deadline, p.permitAt = end, p.now
		}
		if !p.permit {
			p.permit = true
			p.tell(Event{Kind: EventPermit, Depth: l.Ceiling()})
			if p.Has(FaultSelfStart) && p.motor.state == parked {
				p.bypass = true
			}
		}
	} else if p.permit {
		p.endPermit(p.uptime(p.now) >= p.deadline)
	}
}

func (p *Pen) endPermit(lapse bool) {
	if p.permit {
		p.permit, p.permitEnd, p.deadline = false, p.now, 0
		p.tell(Event{Kind: EventPermitEnds, Lapse: lapse, Since: p.permitAt})
	}
}

// sense tells the electronics what they can know, if it changed.
func (p *Pen) sense() {
	m := &p.motor
	s := protocol.Sensors{
		Set: protocol.None, Contact: p.contact, ContactKnown: p.id.Caps.Has(protocol.CapContact),
		Glides: p.glides, Retracted: m.state == parked, CurrentMA: uint16(p.current()), Battery: p.percent,
		Cartridge: !p.noCartridge && !p.Has(FaultCartridgeOut),
	}
	switch {
	case p.Has(FaultContactOn):
		s.Contact = true
	case p.Has(FaultContactOff):
		s.Contact = false
	}
	if p.id.Caps.Has(protocol.CapSet) {
		s.Set = uint16(p.knob.set)
	}
	if p.id.Caps.Has(protocol.CapAxis) && p.contact {
		s.Axis = p.axis
	}
	if s.Cartridge {
		s.NeedleLength, s.NeedleCount = p.id.NeedleLength, p.id.NeedleCount
		if f := &p.faults[FaultCartridgeLength]; f.on {
			s.NeedleLength = uint16(f.amount)
		}
	}
	if f := &p.faults[FaultReports]; f.on {
		s.Faults, s.FaultDetail = uint32(f.amount), 1
	}
	switch m.state {
	case driven:
		s.Motor = protocol.MotorRunning
		if m.rate < m.target*9/10 || m.rate == 0 && !m.turned {
			s.Motor = protocol.MotorStarting
		}
		s.StrokeRate = protocol.DeciHertz(m.rate / 100)
	case braking, retracting:
		s.Motor = protocol.MotorStopping
		s.StrokeRate = protocol.DeciHertz(m.rate / 100)
	}
	if p.hidden {
		s.Motor, s.Retracted, s.StrokeRate, s.CurrentMA = protocol.MotorOff, true, 0, 0
	}
	if s != p.sensed {
		p.sensed = s
		p.link.Sense(p.uptime(p.now), s)
	}
}

// obey gives the motor the power that the electronics ask for, unless a fault
// says otherwise, and reports whether that changed anything.
func (p *Pen) obey() bool {
	on := p.motor.state == driven
	ask := p.link.MotorOn()
	lapsed := false
	if !ask && on {
		why := p.link.StopCause()
		lapsed = why == protocol.StopLapse
		if p.asked && (lapsed && p.Has(FaultNoPermit) || p.Has(FaultAckOnly) && (why == protocol.StopRevoke || why == protocol.StopCeiling)) {
			p.bypass = true // until a press
		}
	}
	p.asked = ask
	lies := p.Has(FaultLies) || p.Has(FaultLiesCounting)
	want := ask || p.bypass || on && (p.Has(FaultMotorStuck) || lies) || lapsed && p.Has(FaultIgnoreLapse)
	hide := want && !ask && lies
	if hide && !p.hidden {
		p.hidden = true
		p.link.Cleared(p.uptime(p.now)) // or so the electronics are told
		return true
	}
	if !hide {
		p.hidden = false
	}
	if want == on {
		return false
	}
	cause := protocol.StopCause(0)
	if !ask {
		cause = p.link.StopCause()
	}
	p.power(want, cause)
	return true
}

// power gives the motor power or takes it away.
func (p *Pen) power(on bool, cause protocol.StopCause) {
	if on == (p.motor.state == driven) {
		return
	}
	p.use()
	p.motor.run(p.now)
	if on {
		if p.motor.state == parked {
			p.newStroke()
		}
		p.load()
		p.motor.start()
		p.ref = p.Ceiling()
		p.truth.Starts++
		p.tell(Event{Kind: EventMotorOn})
		p.open()
		return
	}
	longest := int64(p.profile.BrakeMS) * int64(quantum)
	took := protocol.Instant(p.rng.between(longest*6/10, longest))
	if f := &p.faults[FaultSlowStop]; f.on {
		took += protocol.Instant(f.amount) * quantum
	}
	p.motor.brake(took)
	p.offAt, p.offCause = p.now, cause
	if e := &p.episode; e.Open() {
		e.Stopped, e.Cause = p.now, cause
	}
	p.tell(Event{Kind: EventMotorOff, Cause: cause})
}

// Receive hands the pen bytes off the line, as having arrived now. It keeps
// nothing of b.
func (p *Pen) Receive(b []byte, now protocol.Instant) {
	p.Step(now)
	if p.link == nil || p.unplugged || p.Has(FaultDeaf) {
		return
	}
	if p.Has(FaultNewerVersion) {
		p.refuseVersion(b)
		return
	}
	if p.filters {
		p.heard = p.tamper.filter(p.heard[:0], b, p.misses)
		b = p.heard
	}
	p.link.Receive(b, p.uptime(p.now))
	p.settle()
	p.speak()
}

// refuseVersion answers each hello of b as firmware without PenLink 1 does
// (PROTOCOL.md §5.2), and hears nothing else.
func (p *Pen) refuseVersion(b []byte) {
	var f protocol.Frame
	for ok := true; ok; {
		if b, ok = p.tamper.in.Next(b, &f); ok && f.Type == protocol.TypeHello {
			m := protocol.Refusal{Of: f.Type, Reason: protocol.RefusedVersion, Seq: f.Seq}
			begin := len(p.out)
			p.out = protocol.AppendFrame(p.out, protocol.TypeRefusal, f.Seq, m.Append(p.scratch[:0]))
			p.sent += uint64(len(p.out) - begin)
		}
	}
}

// misses reports whether a fault keeps the pen from hearing frames of a type.
func (p *Pen) misses(t protocol.Type) bool {
	return t == protocol.TypeRevoke && p.Has(FaultIgnoreRevoke) ||
		t == protocol.TypeCeiling && p.Has(FaultIgnoreCeiling) ||
		t == protocol.TypeHello && p.Has(FaultIgnoreHello)
}

// AppendOutput appends what the pen has sent to dst and returns the extended slice.
func (p *Pen) AppendOutput(dst []byte) []byte {
	dst = append(dst, p.out...)
	p.out = p.out[:0]
	return dst
}

// Sent is how many bytes the pen has sent since its first boot, those not yet
// taken included. [Episode.Offset] is such a count.
func (p *Pen) Sent() uint64 { return p.sent }

// Baud is the speed at which the bytes last taken leave; 0 for a pen without a UART.
func (p *Pen) Baud() uint32 { return p.baud }

// speak takes what the electronics have to send when the UART has room: it holds
// one batch, so that no tick grows old in a queue (PROTOCOL.md §4.2).
func (p *Pen) speak() {
	p.stale = true
	if p.waits = p.link != nil && p.now < p.txFree; p.link == nil || p.waits {
		return
	}
	speed := p.link.Baud() // a batch leaves at the speed before it
	begin := len(p.out)
	p.out = p.link.AppendOutput(p.out)
	if len(p.out) == begin {
		return
	}
	if p.Has(FaultMute) || p.unplugged {
		p.out = p.out[:begin]
		return
	}
	if p.Has(FaultForeign) {
		p.out = append(p.out[:begin], foreign...)
	} else if p.falsifies {
		p.scratch = append(p.scratch[:0], p.out[begin:]...)
		p.out = p.falsify(p.out[:begin], p.scratch)
	}
	sent := p.out[begin:]
	p.baud = speed
	if p.id.Caps.Has(protocol.CapUART) && speed != 0 {
		p.txFree = p.now + protocol.Instant(int64(len(sent))*10_000_000/int64(speed))
	} else if p.cfg.Line > 0 {
		p.txFree = p.now + protocol.Instant(int64(len(sent))*1_000_000/int64(p.cfg.Line))
	}
	if e := &p.episode; e.Open() && e.Shown == 0 && p.oblige() {
		if end := p.tamper.find(sent, protocol.TypeReading); end > 0 {
			e.Shown, e.Offset = p.now, p.sent+uint64(end)
		}
	}
	p.sent += uint64(len(sent))
}

// foreign is what a satellite receiver says: 8N1 text, no zero byte.
var foreign = slices.Clip([]byte("$GPGGA,000000.00,,,,,0,00,99.99,,,,,,*67\r\n"))
