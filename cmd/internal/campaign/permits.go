package campaign

import (
	"time"

	"penlog/protocol"
	"penlog/sim"
)

// permits is the judge's own account of what the pen may do, from the frames
// that were handed to it and from true time alone. Source: PROTOCOL.md §5.2,
// §6.2–§6.4. It errs on the pen's side by no more than slack.
type permits struct {
	pen     *sim.Pen // for its true clock
	wanders bool     // that changes its speed
	pace    int64    // ppm, that it was last given
	boot    uint32
	nonce   uint64
	gen     uint16
	ceiling protocol.Micrometres
	until   protocol.Instant // a permit may be in force until then
	dec     protocol.Decoder
	same    [256]mark // the last sound frame of each type, PROTOCOL.md §2.6
}

// mark tells frames of a type apart.
type mark struct {
	seq uint16
	crc uint32
}

const slack = 100 // µs

// tick is what the pen's clock shows.
func (p *permits) tick(now protocol.Instant) protocol.Tick { return p.pen.Tick(now) }

// moment is when the pen's clock will have gone d further, at the latest: it may
// begin to go slower meanwhile.
func (p *permits) moment(now protocol.Instant, d time.Duration) protocol.Instant {
	const probe = 1_000_000
	rate := int64(p.pen.Uptime(now+probe)-p.pen.Uptime(now)) * (1_000_000 / probe)
	if p.wanders {
		rate = 980_000
	}
	return now + protocol.Instant(int64(d/time.Microsecond)*1_000_000/rate) + slack
}

// booted begins anew with a pen whose clock shows 0.
func (p *permits) booted(now protocol.Instant, boot uint32) {
	*p = permits{pen: p.pen, wanders: p.wanders, pace: p.pace, boot: boot, until: min(p.until, now)}
}

// end ends whatever is in force.
func (p *permits) end(now protocol.Instant) { p.until = min(p.until, now+slack) }

// hear follows the sound frames of b, handed to the pen now.
func (p *permits) hear(b []byte, pen *sim.Pen, now protocol.Instant, session func()) {
	var f protocol.Frame
	for ok := true; ok; {
		if b, ok = p.dec.Next(b, &f); !ok {
			return
		}
		if m := (mark{f.Seq, f.CRC}); p.same[f.Type] == m {
			continue // a duplicate
		} else {
			p.same[f.Type] = m
		}
		switch f.Type {
		case protocol.TypeHello:
			var m protocol.Hello
			if pen.Has(sim.FaultIgnoreHello) || m.Parse(f.Payload) != nil || m.Nonce == 0 || m.Generation == 0 || m.Boot != 0 && m.Boot != p.boot || m.Nonce == p.nonce && pen.Hosted() {
				continue
			}
			if pen.Hosted() && m.Previous != p.nonce {
				continue // busy
			}
			p.nonce, p.gen, p.ceiling = m.Nonce, m.Generation, 0
			p.end(now)
			session()
		case protocol.TypeCeiling:
			var m protocol.Ceiling
			if m.Parse(f.Payload) == nil && p.mine(m.Session) && m.Depth != 0 && m.Generation > p.gen {
				p.gen, p.ceiling = m.Generation, protocol.Micrometres(m.Depth)
				p.end(now)
			}
		case protocol.TypeRevoke:
			var m protocol.Revoke
			if m.Parse(f.Payload) != nil {
				continue
			}
			if !p.mine(m.Session) {
				p.end(now)
			} else if m.Generation >= p.gen {
				p.gen, p.ceiling = m.Generation, 0
				p.end(now)
			}
		case protocol.TypePermit:
			var m protocol.Permit
			if m.Parse(f.Payload) != nil || !p.mine(m.Session) || m.Generation != p.gen || protocol.Micrometres(m.Depth) != p.ceiling ||
				p.ceiling == 0 || m.LifeMS == 0 || m.LifeMS > 500 {
				continue
			}
			age, life := p.tick(now).Since(m.SeenTick), time.Duration(m.LifeMS)*time.Millisecond
			if age > -slack*time.Microsecond && age < life {
				p.until = max(p.until, p.moment(now, life-age))
			}
		}
	}
}

func (p *permits) mine(s protocol.Session) bool { return s.Nonce == p.nonce && s.Boot == p.boot }
