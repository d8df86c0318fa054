package protocol

import "time"

// hostSizes are the fixed parts of what a host sends, from TypeHello on.
var hostSizes = [...]int{helloSize, sessionSize + 4, sessionSize + 10, sessionSize + 2,
	sessionSize + 4, sessionSize + 2, sessionSize + 4, sessionSize + 2, sessionSize + 1}

// penReceive is the half of a [Pen] that listens.
type penReceive struct {
	dec   Decoder
	stats PenStats
	last  [len(hostSizes)]struct { // last sound frame of each type
		any bool
		seq uint16
		crc uint32
	}
}

// Receive takes bytes off the line, in pieces of any size, as having arrived
// now. It keeps nothing of b.
func (p *Pen) Receive(b []byte, now Uptime) {
	p.at(now)
	if p.id.Caps.Has(CapTalksOnly) {
		p.due()
		return
	}
	var f Frame
	for ok := true; ok; {
		if b, ok = p.dec.Next(b, &f); ok {
			p.take(&f)
		}
	}
	p.due()
}

// take does what one sound frame asks for.
func (p *Pen) take(f *Frame) {
	if f.Type < TypeHello || f.Type > TypeSignal {
		p.stats.Unknown++
		return
	}
	size := hostSizes[f.Type-TypeHello]
	if len(f.Payload) < size {
		p.stats.Short++
		return
	}
	last := &p.last[f.Type-TypeHello]
	if last.any && last.seq == f.Seq && last.crc == f.CRC {
		p.stats.Duplicates++
		return
	}
	last.any, last.seq, last.crc = true, f.Seq, f.CRC
	if len(f.Payload) > size {
		p.stats.Trailing++
	}
	why := p.obey(f)
	if why != 0 {
		p.refuse(f, why)
	}
}

// obey does what a frame of sufficient length asks for, or says why not.
func (p *Pen) obey(f *Frame) Reason {
	switch f.Type {
	case TypeHello:
		var m Hello
		_ = m.Parse(f.Payload) // of sufficient length, as all below
		return p.hello(&m)
	case TypeRevoke:
		var m Revoke
		_ = m.Parse(f.Payload)
		return p.revoke(&m)
	}
	var s Session
	_ = s.parse(f.Payload, 0)
	if why := p.current(s); why != 0 {
		return why
	}
	switch f.Type {
	case TypeCeiling:
		var m Ceiling
		_ = m.Parse(f.Payload)
		return p.setCeiling(&m)
	case TypePermit:
		var m Permit
		_ = m.Parse(f.Payload)
		return p.grant(&m)
	case TypeEventAck:
		var m EventAck
		_ = m.Parse(f.Payload)
		p.ack(m.ID)
	case TypeRate:
		var m Rate
		_ = m.Parse(f.Payload)
		return p.setRate(m.Rate)
	case TypeSync:
		var m Sync
		_ = m.Parse(f.Payload)
		p.sync(m.Token)
	case TypeLocate:
		var m Locate
		_ = m.Parse(f.Payload)
		return p.show(m.DurationMS)
	case TypeSignal:
		var m Signal
		_ = m.Parse(f.Payload)
		return p.signal(m.Cue)
	}
	return 0
}

// current reports why a frame of session s does not count, or 0, and notes that
// the host lives (§5.4, §5.6).
func (p *Pen) current(s Session) Reason {
	switch {
	case p.nonce == 0 || s.Nonce != p.nonce:
		return RefusedNonce
	case s.Boot != p.id.Boot:
		return RefusedBoot
	}
	p.heard, p.confirm = p.now, 0
	return 0
}

// hello is the law of §5.2.
func (p *Pen) hello(m *Hello) Reason {
	switch {
	case m.MinVersion > Version || m.MaxVersion < Version:
		return RefusedVersion
	case m.Boot != 0 && m.Boot != p.id.Boot:
		return RefusedBoot
	case m.Nonce == 0:
		return RefusedNonce
	case m.Generation == 0:
		return RefusedRange
	case m.Nonce == p.nonce: // a repeat: answered again, nothing reset
		p.heard, p.confirm = p.now, 0
		p.welcomeDue, p.identityDue = true, true
		return 0
	case p.Hosted() && m.Previous != p.nonce:
		p.busy(p.heard.Add(PenHostTimeout) - p.now)
		return 0
	}
	p.endPermit(p.now)
	if p.stoppable() {
		p.stop(StopHello)
	}
	p.penSend.forget(p.now)
	p.nonce, p.heard, p.confirm, p.quiet = m.Nonce, p.now, 0, 0
	p.endCeiling()
	p.generation = m.Generation
	p.cue, p.locate = CueNone, 0
	p.newBaud = 0
	baud := p.baud
	if p.baud != 0 && m.Baud >= BootBaud && m.Baud <= p.id.BaudMax && m.Baud != p.baud {
		p.newBaud, baud = m.Baud, m.Baud
	}
	p.rate = p.agree(m.Rate, baud)
	p.welcomeDue, p.identityDue, p.readingDue, p.statusDue = true, true, true, true
	p.readingAt, p.statusAt = p.now.Add(p.period()), p.now.Add(PenStatusPeriod)
	p.eventAt = p.now
	return 0
}

// revoke is the law of §6.4: whoever says stop is obeyed, but only the host of
// this session moves the generation.
func (p *Pen) revoke(m *Revoke) Reason {
	if !p.stoppable() {
		return RefusedUnsupported
	}
	why := p.current(m.Session)
	if why == 0 {
		if m.Generation < p.generation {
			return RefusedGeneration // a late duplicate
		}
		p.endCeiling()
		p.generation = m.Generation
	}
	p.endPermit(p.now)
	p.stop(StopRevoke)
	p.prompt()
	return why
}

// setCeiling is the law of §6.2.
func (p *Pen) setCeiling(m *Ceiling) Reason {
	switch {
	case m.Depth == 0:
		return RefusedRange
	case m.Generation == p.generation && m.Depth == p.ceiling:
		p.prompt() // a repeat: confirmed again, the permit untouched
		return 0
	case m.Generation <= p.generation:
		return RefusedGeneration
	}
	p.generation, p.ceiling = m.Generation, m.Depth
	p.endPermit(p.now)
	if p.stoppable() {
		p.stop(StopCeiling)
	}
	p.prompt()
	return 0
}

// grant is the law of §6.3. The age of the newest telemetry the host has seen
// decides, so that a permit which was long on its way is worth what is left of it.
func (p *Pen) grant(m *Permit) Reason {
	age := p.now.Tick().Since(m.SeenTick)
	life := time.Duration(m.LifeMS) * time.Millisecond
	switch {
	case !p.id.Caps.Has(CapPermits):
		return RefusedUnsupported
	case p.released:
		return RefusedReleased
	case p.sense.Faults&FaultsForbid != 0:
		return RefusedFault
	case m.LifeMS == 0 || m.LifeMS > MaxLifeMS:
		return RefusedLife
	case m.Generation != p.generation:
		return RefusedGeneration
	case p.ceiling == 0 || m.Depth != p.ceiling:
		return RefusedCeiling
	case age < 0 || Uptime(age/time.Microsecond) > p.now:
		return RefusedFuture
	case age >= life:
		return RefusedExpired
	}
	deadline := p.now.Add(life - age)
	if !p.permit {
		p.permit, p.permitted, p.deadline = true, true, deadline
		p.prompt()
	}
	p.deadline = max(p.deadline, deadline)
	return 0
}

// ack takes the oldest event off the queue; any other id is of no effect (§8.2).
func (p *Pen) ack(id uint32) {
	if p.nev > 0 && p.events[0].ID == id {
		p.nev--
		copy(p.events[:], p.events[1:p.nev+1])
		p.eventAt = p.now
		p.eventDue = false
	}
}

// setRate takes the rate as it is or not at all (§4.5).
func (p *Pen) setRate(rate uint16) Reason {
	if rate == 0 || rate != p.agree(rate, p.baud) {
		return RefusedRange
	}
	p.rate = rate
	p.readingAt = min(p.readingAt, p.now.Add(p.period()))
	return 0
}

// sync notes the arrival; the reply is made when it leaves (§4.6).
func (p *Pen) sync(token uint32) {
	if p.nsync < len(p.syncs) {
		p.syncs[p.nsync] = SyncReply{Token: token, Received: p.now.Tick()}
		p.nsync++
	}
}

func (p *Pen) show(ms uint16) Reason {
	if !p.id.Caps.Has(CapAnnounces) {
		return RefusedUnsupported
	}
	p.locate = p.now + Uptime(ms)*1000
	return 0
}

func (p *Pen) signal(c Cue) Reason {
	switch {
	case !p.id.Caps.Has(CapAnnounces):
		return RefusedUnsupported
	case c > CueZoneSet:
		return RefusedRange
	}
	p.cue = c
	return 0
}
