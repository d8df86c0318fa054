package protocol

import "time"

// needles is what a [Pen]'s needles did, stroke by stroke.
type needles struct {
	strokes, above        uint32       // since boot
	lifetime, unpermitted uint32       // since manufacture
	measured              uint16       // depth of the last stroke, or None
	deep                  uint8        // strokes in a row above ceiling + tolerance (CapEnforces)
	peaks                 [26]struct { // greatest depth in each 10 ms
		slot  Uptime
		depth uint16
	}
}

// PenCounters are what a pen keeps across boots.
type PenCounters struct {
	Lifetime      uint32
	Unpermitted   uint32
	TimesReleased uint16
}

// Counters returns what the pen keeps across boots.
func (p *Pen) Counters() PenCounters {
	return PenCounters{p.lifetime, p.unpermitted, p.timesReleased}
}

// Stroke reports one complete stroke and its greatest extension below the
// skin-contact plane. A pen without CapMeasured counts it and ignores depth.
func (p *Pen) Stroke(now Uptime, depth Micrometres) {
	p.at(now)
	defer p.due()
	p.strokes++
	p.lifetime++
	if !p.permit && (!p.permitted || p.now > p.permitEnd+Uptime(p.id.StopMS)*1000) {
		p.unpermitted++ // strokes while coming to rest belong to the permit (§3.4)
	}
	if !p.id.Caps.Has(CapMeasured) {
		return
	}
	d := uint16(min(max(depth, 0), None-1))
	p.measured = d
	slot := p.now / 10_000
	if b := &p.peaks[slot%Uptime(len(p.peaks))]; b.slot != slot+1 || d > b.depth {
		b.slot, b.depth = slot+1, d
	}
	ceiling := p.ceiling
	if ceiling == 0 {
		ceiling = p.ended // a stop hides no stroke on the way to rest (§3.4)
	}
	if ceiling != 0 && d > ceiling {
		p.above++
	}
	if !p.enforces() || !p.motor {
		return
	}
	// §6.7: two strokes in a row above the tolerance, or one far above.
	over := Micrometres(d) - Micrometres(p.ceiling)
	if over <= p.id.Tolerance() {
		p.deep = 0
	} else if p.deep++; p.deep >= 2 || over > 300 {
		p.ownStop(d)
	}
}

// peak is the greatest stroke of the last 250 ms, or None when there was none.
func (p *Pen) peak() uint16 {
	best, any := uint16(0), false
	first := Uptime(0)
	if w := Uptime(PeakWindow / time.Microsecond); p.now > w {
		first = (p.now - w) / 10_000
	}
	for i := range p.peaks {
		if b := &p.peaks[i]; b.slot > first {
			best, any = max(best, b.depth), true
		}
	}
	if !any {
		return None
	}
	return best
}
