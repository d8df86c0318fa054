package sim

import "penlog/protocol"

// uptime is what the pen's clock shows at a moment.
func (p *Pen) uptime(at protocol.Instant) protocol.Uptime {
	d := int64(at - p.base)
	if p.drift == 0 {
		return p.up + protocol.Uptime(d)
	}
	return p.up + protocol.Uptime(d+d/1_000_000*p.drift+d%1_000_000*p.drift/1_000_000)
}

// moment is the first at which the pen's clock shows u.
func (p *Pen) moment(u protocol.Uptime) protocol.Instant {
	if u <= p.up {
		return p.base
	}
	d := int64(u - p.up)
	if p.drift == 0 {
		return p.base + protocol.Instant(d)
	}
	rate := 1_000_000 + p.drift
	at := p.base + protocol.Instant(d/rate*1_000_000+d%rate*1_000_000/rate)
	for p.uptime(at) < u {
		at++
	}
	for at > p.base && p.uptime(at-1) >= u {
		at--
	}
	return at
}

// jump moves the pen's clock. A clock that goes back still runs its timers
// forward: only the ticks it shows are earlier.
func (p *Pen) jump(by int64) {
	if p.link == nil {
		return
	}
	if by < 0 {
		p.shift -= protocol.Tick(-by)
		p.falsifies = p.tampers()
		return
	}
	p.base, p.up = p.now, p.uptime(p.now)+protocol.Uptime(by)
}

// pace lets the pen's clock go at another pace from now on.
func (p *Pen) pace(ppm int64) {
	p.base, p.up = p.now, p.uptime(p.now)
	p.drift = ppm
}
