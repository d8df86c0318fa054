package sim

import "penlog/protocol"

// penFaults is how many kinds concern the pen itself: they come first.
const penFaults = FaultLineNoise

// fault is a fault in force.
type fault struct {
	on     bool
	amount int64
	text   string
	since  protocol.Instant
}

// Inject puts a fault of the pen or its sensors in force, or does it if it
// happens at once; so it does with other-pen. Other faults need a [Rig], and
// so does [Fault.For]; here they are without effect.
func (p *Pen) Inject(now protocol.Instant, f Fault) {
	p.Step(now)
	f.Amount = f.Size()
	if f.Kind == FaultOtherPen {
		p.other = fault{true, 0, f.Text, p.now}
		return
	}
	if f.Kind >= penFaults {
		return
	}
	switch f.Kind {
	case FaultReboot:
		p.powerOff()
	case FaultTickJump:
		p.jump(f.Amount)
	case FaultTickWrap:
		p.jump(int64(uint32(-uint32(p.uptime(p.now)) - uint32(f.Amount))))
	case FaultBatteryLow:
		p.drain(f.Amount)
	case FaultReleased:
		if p.link != nil {
			p.link.Release(p.uptime(p.now))
		}
	case FaultNewIdentity:
		p.retell()
	default:
		if f.Kind == FaultStuckSensor && f.Amount == 0 {
			f.Amount = int64(p.reported)
		}
		p.faults[f.Kind] = fault{true, f.Amount, f.Text, p.now}
		p.fall(f.Kind)
	}
	p.falsifies, p.filters = p.tampers(), p.Has(FaultIgnoreRevoke) || p.Has(FaultIgnoreCeiling) || p.Has(FaultIgnoreHello)
	p.settle()
	p.speak()
}

// retell lets the pen tell of itself what it did not before.
func (p *Pen) retell() {
	if p.link == nil {
		return
	}
	p.retold++
	m := p.Identity()
	p.scratch = m.Append(p.scratch[:0])
	begin := len(p.out)
	if p.Has(FaultMute) || p.Has(FaultForeign) || p.unplugged {
		return
	}
	p.out = protocol.AppendFrame(p.out, protocol.TypeIdentity, uint16(p.rng.next()), p.scratch)
	p.sent += uint64(len(p.out) - begin)
}

// fall does what a fault does in the moment it comes into force.
func (p *Pen) fall(k FaultKind) {
	switch k {
	case FaultDrift:
		p.pace(p.faults[k].amount)
	case FaultDead, FaultNewerVersion:
		p.powerOff()
	case FaultBatteryDead:
		if p.full() > 0 {
			p.drain(0)
			p.powerOff()
		}
	case FaultJam:
		p.motor.run(p.now)
		p.motor.rate = 0
		p.load()
	case FaultFrozen:
		p.iced = false
	}
}

// Clear takes a fault away. What it did stays done.
func (p *Pen) Clear(now protocol.Instant, k FaultKind) {
	p.Step(now)
	if k == FaultOtherPen {
		p.other = fault{}
		return
	}
	if k >= penFaults || !p.faults[k].on {
		return
	}
	if k == FaultCreep {
		p.crept = p.creep() // the drive stays where it is until a new setting
	}
	p.faults[k] = fault{}
	p.recover(k)
	p.falsifies, p.filters = p.tampers(), p.Has(FaultIgnoreRevoke) || p.Has(FaultIgnoreCeiling) || p.Has(FaultIgnoreHello)
	p.settle()
	p.speak()
}

// recover does what the end of a fault does.
func (p *Pen) recover(k FaultKind) {
	switch k {
	case FaultNoPermit, FaultSelfStart, FaultAckOnly, FaultClaimsPermits:
		p.bypass = false
	case FaultDrift:
		p.pace(p.cfg.Drift)
	case FaultDead, FaultNewerVersion:
		p.powerOff() // and boots
	case FaultBatteryDead:
		if p.full() > 0 {
			p.drain(100)
			p.powerOff()
		}
	case FaultJam:
		p.load()
		if p.motor.state == driven {
			p.motor.tick = p.now + quantum
		}
	case FaultDriveStuck:
		p.drive.seek(p.now, p.knob.set)
	}
}

// Has reports whether a fault of the pen is in force.
func (p *Pen) Has(k FaultKind) bool {
	if k == FaultOtherPen {
		return p.other.on
	}
	return k < penFaults && p.faults[k].on
}

// creep is how much deeper than it should the drive stands by now.
func (p *Pen) creep() protocol.Micrometres {
	c := p.crept
	if f := &p.faults[FaultCreep]; f.on {
		c += protocol.Micrometres(int64(p.now-f.since) / 1000 * f.amount / 1000)
	}
	return c
}
