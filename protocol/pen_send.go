package protocol

import "time"

// penSend is the half of a [Pen] that talks: what is due, not yet made into
// frames, so that an undrained pen holds no backlog and every tick is fresh.
type penSend struct {
	sent    uint32
	scratch []byte

	welcomeDue, identityDue, readingDue, statusDue, eventDue bool

	announceAt Uptime // next identity while there is no host
	readingAt  Uptime
	statusAt   Uptime
	eventAt    Uptime // next sending of the oldest event
	prompted   Uptime // the last reading out of schedule
	promptAt   Uptime // the next one
	promptWant bool
	newBaud    uint32 // agreed, not yet switched to

	refusals [MaxRefusals]struct { // waiting to be sent; Of 0: a busy
		Refusal
		wait uint16
	}
	nrefuse int
	second  Uptime // in which spoken counts
	spoken  int

	syncs [8]SyncReply
	nsync int
}

// forget drops what was due to a host that is gone.
func (s *penSend) forget(now Uptime) {
	s.welcomeDue, s.identityDue, s.readingDue, s.statusDue, s.eventDue = false, false, false, false, false
	s.promptWant, s.newBaud, s.nsync = false, 0, 0
	s.announceAt = now
}

// prompt asks for a reading out of schedule: at once, or 5 ms after the last (§4.4).
func (p *Pen) prompt() {
	if p.Hosted() && !p.promptWant {
		p.promptWant, p.promptAt = true, max(p.now, p.prompted.Add(PenPromptGap))
	}
}

// due marks what its timer has reached.
func (p *Pen) due() {
	talks := p.id.Caps.Has(CapTalksOnly)
	if !p.Hosted() && p.now >= p.announceAt {
		p.identityDue = true
		p.announceAt = later(p.announceAt, PenAnnounce, p.now)
	}
	if !p.Hosted() && !talks {
		return
	}
	if p.promptWant && p.now >= p.promptAt {
		p.promptWant, p.prompted = false, p.now
		p.readingDue = true
		p.readingAt = p.now.Add(p.period())
	}
	if p.now >= p.readingAt {
		p.readingDue = true
		p.readingAt = later(p.readingAt, p.period(), p.now)
	}
	if p.now >= p.statusAt {
		p.statusDue = true
		p.statusAt = later(p.statusAt, PenStatusPeriod, p.now)
	}
	if p.nev > 0 && p.now >= p.eventAt {
		p.eventDue = true
		p.eventAt = p.now.Add(PenEventRepeat)
	}
}

// later is the first time after now on the schedule, or one period from now
// when whole periods were missed.
func later(at Uptime, period time.Duration, now Uptime) Uptime {
	if next := at.Add(period); next > now {
		return next
	}
	return now.Add(period)
}

// Next is when [Pen.Advance] is needed, if nothing happens before.
func (p *Pen) Next() Uptime {
	next := p.announceAt
	soon := func(at Uptime) { next = min(next, at) }
	if p.Hosted() {
		next = p.heard.Add(PenHostTimeout)
	}
	if p.Hosted() || p.id.Caps.Has(CapTalksOnly) {
		soon(p.readingAt)
		soon(p.statusAt)
		if p.promptWant {
			soon(p.promptAt)
		}
		if p.nev > 0 {
			soon(p.eventAt)
		}
	}
	if p.permit {
		soon(p.deadline)
	}
	if p.confirm != 0 {
		soon(p.confirm)
	}
	if p.now < p.quiet {
		soon(p.quiet)
	}
	if p.Located() {
		soon(p.locate)
	}
	return next
}

// AppendOutput appends the frames that are due to dst and returns the extended
// slice. Their ticks are the last time given. Hand them to the line within 2 ms
// (§4.2), or do not ask for them yet.
func (p *Pen) AppendOutput(dst []byte) []byte {
	if p.now < p.quiet {
		return dst
	}
	begin := len(dst)
	for i := range p.nrefuse {
		if r := &p.refusals[i]; r.Of == 0 {
			m := Busy{p.id.Boot, r.wait}
			dst = p.frame(dst, TypeBusy, m.Append(p.scratch[:0]))
		} else {
			dst = p.frame(dst, TypeRefusal, r.Refusal.Append(p.scratch[:0]))
		}
	}
	p.nrefuse = 0
	if p.welcomeDue {
		p.welcomeDue = false
		m := Welcome{p.nonce, p.id.Boot, p.now.Tick(), p.generation, p.rate, p.newBaud, p.released}
		dst = p.frame(dst, TypeWelcome, m.Append(p.scratch[:0]))
		if p.newBaud != 0 {
			// §5.8: this frame is the last at the old speed. The quiet time
			// begins when its last byte has left.
			left := p.now + Uptime(len(dst)-begin)*10*1_000_000/Uptime(p.baud)
			p.baud, p.newBaud = p.newBaud, 0
			p.quiet = left.Add(PenBaudQuiet)
			p.confirm = left.Add(PenBaudTimeout)
			return dst
		}
	}
	if p.identityDue {
		p.identityDue = false
		dst = p.frame(dst, TypeIdentity, p.id.Append(p.scratch[:0]))
	}
	if p.readingDue {
		p.readingDue = false
		m := p.reading()
		dst = p.frame(dst, TypeReading, m.Append(p.scratch[:0]))
	}
	if p.eventDue && p.nev > 0 {
		p.eventDue = false
		dst = p.frame(dst, TypeEvent, p.events[0].Append(p.scratch[:0]))
	}
	for i := range p.nsync {
		p.syncs[i].Sent = p.now.Tick()
		dst = p.frame(dst, TypeSyncReply, p.syncs[i].Append(p.scratch[:0]))
	}
	p.nsync = 0
	if p.statusDue && (p.Hosted() || p.id.Caps.Has(CapTalksOnly)) {
		p.statusDue = false
		m := p.status()
		dst = p.frame(dst, TypeStatus, m.Append(p.scratch[:0]))
	}
	return dst
}

// frame appends one frame. Sequence and the sent-frame counter are one count.
func (p *Pen) frame(dst []byte, t Type, payload []byte) []byte {
	p.scratch = payload[:0]
	p.sent++
	return AppendFrame(dst, t, uint16(p.sent), payload)
}

func (p *Pen) reading() Reading {
	bits := Flags(0)
	set := func(on bool, f Flags) {
		if on {
			bits |= f
		}
	}
	set(p.sense.ContactKnown, FlagContactKnown)
	set(p.sense.ContactKnown && p.sense.Contact, FlagContact)
	set(p.permit, FlagPermit)
	set(p.released, FlagReleased)
	set(p.sense.Retracted, FlagRetracted)
	set(p.sense.Faults&FaultsForbid != 0, FlagFault)
	set(p.sense.Cartridge, FlagCartridge)
	return Reading{
		Tick: p.now.Tick(), Sent: p.sent + 1, Flags: MakeFlags(p.motorState(), p.sense.Axis, bits),
		Set: p.sense.Set, Measured: p.measured, Peak: p.peak(),
		Strokes: p.strokes, StrokesAbove: uint16(p.above), StrokeRate: p.sense.StrokeRate,
		Generation: p.generation, Ceiling: p.ceiling,
		PermitMS: uint16((p.PermitLeft() + time.Millisecond - 1) / time.Millisecond),
		Glides:   uint8(p.sense.Glides),
	}
}

// motorState is what the motor does, as far as drive and sensor agree; where
// they do not, the state that hides least.
func (p *Pen) motorState() MotorState {
	switch seen := p.sense.Motor; {
	case p.motor && seen == MotorRunning:
		return MotorRunning
	case p.motor:
		return MotorStarting
	case p.clearing:
		return MotorStopping
	default:
		return seen // a motor that turns against the drive shows as such
	}
}

func (p *Pen) status() Status {
	d := p.dec.Stats()
	return Status{
		Tick: p.now.Tick(), Sent: p.sent + 1, TickWraps: uint16(p.now >> 32),
		StrokesAbove: p.above, Glides: p.sense.Glides, Lifetime: p.lifetime, Unpermitted: p.unpermitted,
		CurrentMA: p.sense.CurrentMA, Battery: p.sense.Battery, Faults: p.sense.Faults, FaultDetail: p.sense.FaultDetail,
		TimesReleased: p.timesReleased, FramesGood: uint32(d.Frames), FramesBad: uint32(d.Damaged() + d.BadVersion),
		EventsLost: p.stats.EventsLost, NeedleLength: p.sense.NeedleLength, NeedleCount: p.sense.NeedleCount,
	}
}

// refuse queues a refusal of f (§5.5).
func (p *Pen) refuse(f *Frame, why Reason) {
	p.stats.Refused++
	p.speak(Refusal{Of: f.Type, Reason: why, Seq: f.Seq, Generation: p.generation}, 0)
}

// busy queues the answer to a second host (§5.3).
func (p *Pen) busy(left Uptime) {
	p.stats.Refused++
	p.speak(Refusal{}, uint16((left+999)/1000))
}

// speak keeps refusals and busies to 20 in each second of uptime.
func (p *Pen) speak(r Refusal, waitMS uint16) {
	if second := p.now / 1_000_000; second != p.second {
		p.second, p.spoken = second, 0
	}
	if p.spoken == MaxRefusals || p.nrefuse == len(p.refusals) {
		return
	}
	p.spoken++
	p.refusals[p.nrefuse].Refusal, p.refusals[p.nrefuse].wait = r, waitMS
	p.nrefuse++
}

// period is the time between readings.
func (p *Pen) period() time.Duration {
	return time.Second / time.Duration(max(p.rate, 1))
}

// agree brings a wanted number of readings per second into what the pen can
// make and the line carries: readings and status within three quarters of its
// bytes (§4.5).
func (p *Pen) agree(want uint16, baud uint32) uint16 {
	line := baud / 10
	if p.lineBy != 0 && baud == p.bootBaud() {
		line = uint32(p.lineBy)
	}
	least := p.id.ReadingsMin
	if p.id.Caps.Has(CapPermits) {
		least = max(least, GuardedReadings)
	}
	rate := uint32(min(max(want, least), p.id.ReadingsMax))
	if line != 0 {
		rate = min(rate, MaxReadings(line))
	}
	return uint16(max(rate, 1))
}

// MaxReadings is how many readings per second a line of so many bytes per
// second carries beside the status, within three quarters of its bytes; at
// least 1. Source: PROTOCOL.md §4.5.
func MaxReadings(lineBytes uint32) uint32 {
	const status = 2 * (statusSize + Overhead)
	budget := lineBytes / 4 * 3
	if budget < status+readingSize+Overhead {
		return 1
	}
	return (budget - status) / (readingSize + Overhead)
}
