package sim

import "penlog/protocol"

// depth is how deep the present stroke goes: the drive with its play, what crept
// or was pushed in by a fault, and this stroke's own noise. Without a fault it
// stays within half the pen's stated accuracy of the setting once the drive is
// there; while the drive moves, the deeper of its places at the stroke's
// beginning and now counts.
func (p *Pen) depth() protocol.Micrometres {
	d := max(p.drive.pos(p.now), p.begun) + p.noise + p.creep()
	if f := &p.faults[FaultDeep]; f.on {
		d += protocol.Micrometres(f.amount)
	}
	return min(d, p.profile.Travel)
}

// extension is where the needle tips are, below the skin-contact plane.
func (p *Pen) extension() protocol.Micrometres {
	out := p.swing()
	if p.motor.state == retracting && out > 0 {
		return protocol.Micrometres(int64(out) * int64(p.motor.end-p.now) / int64(max(p.motor.end-p.standsAt, 1)))
	}
	return out
}

// swing is where the motor alone would hold the tips.
func (p *Pen) swing() protocol.Micrometres {
	return p.depth() - protocol.Micrometres(int64(p.profile.Travel)*p.motor.draw()/1_000_000)
}

// half is the bound on each of the two errors, of the needles and of the sensor,
// that together stay within the accuracy the pen states.
func (p *Pen) half() protocol.Micrometres { return p.id.Tolerance() / 2 }

func within(d, bound protocol.Micrometres) protocol.Micrometres { return max(-bound, min(d, bound)) }

// newStroke draws what the coming stroke will be like.
func (p *Pen) newStroke() {
	p.noise = within(p.play+protocol.Micrometres(p.rng.normal(int64(p.profile.Noise))), p.half())
	p.begun = p.drive.pos(p.now)
}

// stroke ends a stroke, whose greatest extension was d, and reports it.
func (p *Pen) stroke(d protocol.Micrometres) {
	p.truth.Strokes++
	p.truth.Last = d
	p.truth.Deepest = max(p.truth.Deepest, d)
	if p.contact {
		p.truth.InContact++
	}
	if p.guarded() && !p.permit && p.now > p.permitEnd+protocol.Instant(p.id.StopMS)*quantum {
		p.truth.UnpermittedStrokes++
	}
	p.use()
	p.trueDeep = p.count(p.trueDeep, d)
	if p.ref != 0 && d > p.ref {
		p.truth.Above++
	}
	if p.trueDeep > 0 {
		p.truth.Over++
	}
	p.report(d)
	p.open()
	p.follow(d)
	p.close()
	p.newStroke()
	p.load()
}

// count counts strokes in a row above the ceiling and the tolerance.
func (p *Pen) count(row int, d protocol.Micrometres) int {
	if p.ref == 0 || d <= p.ref+p.id.Tolerance() {
		return 0
	}
	return row + 1
}

// report gives the electronics what the sensor makes of a stroke's depth.
func (p *Pen) report(d protocol.Micrometres) {
	if p.link == nil || p.hidden && !p.Has(FaultLiesCounting) {
		return
	}
	seen := d
	if p.id.Caps.Has(protocol.CapMeasured) {
		seen += within(p.bias+protocol.Micrometres(p.rng.normal(int64(p.profile.SensorNoise))), p.half())
		if f := &p.faults[FaultSensorBias]; f.on {
			seen += protocol.Micrometres(f.amount)
		}
		if f := &p.faults[FaultSensorDrift]; f.on {
			seen += protocol.Micrometres(int64(p.now-f.since) / 1000 * f.amount / 1000)
		}
		if f := &p.faults[FaultSensorNoise]; f.on {
			seen += protocol.Micrometres(p.rng.normal(f.amount))
		}
		seen = max(seen, 0)
		if r := protocol.Micrometres(p.id.Resolution); r > 1 {
			seen = (seen + r/2) / r * r
			if seen > d+p.id.Tolerance() && !p.Has(FaultSensorBias) && !p.Has(FaultSensorDrift) && !p.Has(FaultSensorNoise) {
				seen -= r // rounding does not break the promise of accuracy
			}
		}
		if f := &p.faults[FaultStuckSensor]; f.on {
			seen = protocol.Micrometres(f.amount)
		}
		if p.Has(FaultClaimsMeasured) {
			seen = p.knob.set
		}
		p.reported = seen
		p.reportedDeep = p.count(p.reportedDeep, seen)
	}
	p.link.Stroke(p.uptime(p.now), seen)
}

// stands begins the retraction: the further the needles are out, the longer.
func (p *Pen) stands() {
	out := max(p.swing(), 0)
	took := protocol.Instant(p.profile.RetractMS) * quantum * protocol.Instant(out) / protocol.Instant(p.profile.Travel)
	p.cut = 0
	switch {
	case p.motor.phase >= oneStroke/2: // it was at its greatest extension
		p.cut = p.depth()
	case out > 0:
		p.cut = out
	}
	p.standsAt = p.now
	p.motor.retract(took)
}

// clear ends a stop. A stroke that was interrupted in the skin was a stroke.
func (p *Pen) clear() {
	if p.cut > 0 {
		p.stroke(p.cut)
	}
	p.truth.LongestStop = max(p.truth.LongestStop, p.now.Sub(p.offAt))
	p.trueDeep, p.reportedDeep = 0, 0
	p.close()
	p.tell(Event{Kind: EventClear, Cause: p.offCause, Since: p.offAt})
	if p.link != nil {
		p.link.Cleared(p.uptime(p.now))
	}
}

// load sets what the motor is asked for. Skin costs rate, the more the deeper
// and the stiffer; a battery that is nearly empty costs rate, and torque, so that
// skin costs more.
func (p *Pen) load() {
	if p.Has(FaultJam) {
		p.motor.target = 0
		return
	}
	full := int64(p.rate) * 100
	sag := p.sag()
	full -= full * sag / 100
	if p.contact {
		full -= full / 1000 * p.profile.LoadPPM / 1000 * p.strain() * (20 + sag) / 2000
	}
	p.motor.target = full
}

// sag is by how many percent a battery's weakness slows the motor in air: not at
// all down to 20 % of charge, by 20 at none. Chosen: no maker publishes it.
func (p *Pen) sag() int64 {
	if p.percent >= 20 {
		return 0
	}
	return 20 - int64(p.percent)
}

// strain is what the skin asks of the motor, percent: 100 is plain skin at the
// pen's greatest depth.
func (p *Pen) strain() int64 {
	return int64(max(min(p.drive.pos(p.now), p.knob.hi), 0)) * p.skin.load() / int64(p.knob.hi)
}

// current is what the motor draws, mA.
func (p *Pen) current() int64 {
	if p.motor.state != driven {
		return 0
	}
	f := &p.profile
	ma := f.IdleMA
	if p.motor.target > 0 {
		ma += f.StartMA * max(p.motor.target-p.motor.rate, 0) / p.motor.target
	} else {
		ma += f.StartMA
	}
	if p.contact {
		ma += f.LoadMA * p.strain() / 100
	}
	return ma
}

// use takes what the motor drew since the last time from the battery.
func (p *Pen) use() {
	p.charge += p.current() * int64(p.now-p.chargedAt)
	p.chargedAt = p.now
	p.gauge()
}

// mains is the percentage of a pen without a battery. Source: PROTOCOL.md §3.4.
const mains = 0xff

// full is what a full battery holds, mA·µs; 0: the pen hangs on mains.
func (p *Pen) full() int64 { return p.profile.BatteryMAH * 3_600_000_000 }

// gauge reads how full the battery is.
func (p *Pen) gauge() {
	p.percent = mains
	if full := p.full(); full > 0 {
		p.percent = uint8(100 - min(p.charge, full)*100/full)
	}
}

// drain leaves so many percent in the battery.
func (p *Pen) drain(percent int64) {
	p.use()
	p.charge = p.full() / 100 * (100 - percent)
	if percent == 0 {
		p.charge = p.full()
	}
	p.gauge()
	p.load()
}
