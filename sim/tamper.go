package sim

import (
	"fmt"

	"penlog/protocol"
)

// tamper takes frames apart and puts them together again for the faults that
// falsify them.
type tamper struct {
	in  protocol.Decoder // of what the host sends
	out protocol.Decoder // of what the pen sends, whole frames at a time
}

// filter appends to dst the sound frames of b that drop does not want gone.
func (t *tamper) filter(dst, b []byte, drop func(protocol.Type) bool) []byte {
	var f protocol.Frame
	for ok := true; ok; {
		if b, ok = t.in.Next(b, &f); ok && !drop(f.Type) {
			dst = protocol.AppendFrame(dst, f.Type, f.Seq, f.Payload)
		}
	}
	return dst
}

// find returns where in whole frames b the first frame of a type ends; 0: there is none.
func (t *tamper) find(b []byte, typ protocol.Type) int {
	var f protocol.Frame
	rest := b
	for ok := true; ok; {
		if rest, ok = t.out.Next(rest, &f); ok && f.Type == typ {
			return len(b) - len(rest)
		}
	}
	return 0
}

// falsifiers are the faults that change what the pen sends.
var falsifiers = [...]FaultKind{FaultShowsPermit, FaultBackwards, FaultFrozen, FaultSparse, FaultNewerVersion, FaultSensorMissing, FaultClaimsMeasured, FaultClaimsPermits,
	FaultAhead, FaultShowsCeiling, FaultEndsEarly, FaultDialMissing}

// tampers reports whether what the pen sends is not what its electronics made.
func (p *Pen) tampers() bool {
	for _, k := range falsifiers {
		if p.faults[k].on {
			return true
		}
	}
	return p.shift != 0 || p.retold != 0
}

// falsify appends the frames of b with what the faults in force make of them.
func (p *Pen) falsify(dst, b []byte) []byte {
	d, f := &p.tamper.out, protocol.Frame{}
	var buf [protocol.MaxPayload]byte
	for ok := true; ok; {
		if b, ok = d.Next(b, &f); !ok {
			break
		}
		payload := f.Payload
		switch f.Type {
		case protocol.TypeIdentity:
			var m protocol.Identity
			if m.Parse(payload) == nil {
				p.claim(&m)
				payload = m.Append(buf[:0])
			}
		case protocol.TypeReading:
			var m protocol.Reading
			if m.Parse(payload) == nil {
				if !p.show(&m) {
					continue
				}
				payload = m.Append(buf[:0])
			}
		case protocol.TypeStatus:
			var m protocol.Status
			if m.Parse(payload) == nil {
				m.Tick += p.shift
				m.Lifetime -= p.back()
				payload = m.Append(buf[:0])
			}
		case protocol.TypeWelcome:
			var m protocol.Welcome
			if m.Parse(payload) == nil {
				m.Tick += p.shift
				payload = m.Append(buf[:0])
			}
		case protocol.TypeSyncReply:
			var m protocol.SyncReply
			if m.Parse(payload) == nil {
				m.Received += p.shift
				m.Sent += p.shift
				payload = m.Append(buf[:0])
			}
		case protocol.TypeEvent:
			var m protocol.PenEvent
			if m.Parse(payload) == nil {
				m.Tick += p.shift
				payload = m.Append(buf[:0])
			}
		}
		dst = protocol.AppendFrame(dst, f.Type, f.Seq, payload)
	}
	return dst
}

// back is by how much the stroke counts are shown too low, modulo 2³².
func (p *Pen) back() uint32 {
	n := uint32(0)
	if f := &p.faults[FaultBackwards]; f.on {
		n += uint32(f.amount)
	}
	if f := &p.faults[FaultAhead]; f.on {
		n -= uint32(f.amount)
	}
	return n
}

// claim makes of what the pen is what it says that it is.
func (p *Pen) claim(m *protocol.Identity) {
	if p.Has(FaultNewerVersion) {
		m.MinVersion, m.MaxVersion = protocol.Version+1, protocol.Version+2
	}
	if p.Has(FaultClaimsPermits) {
		m.Caps = m.Caps&^protocol.CapTalksOnly | protocol.CapPermits | protocol.CapStop | protocol.CapParks
		if m.StopMS == 0 || m.StopMS > protocol.GuardedStopMS {
			m.StopMS = protocol.GuardedStopMS
		}
	}
	if p.retold > 0 {
		m.Firmware = fmt.Sprintf("%.24s r%d", m.Firmware, p.retold)
	}
	if p.Has(FaultClaimsMeasured) {
		m.Caps = m.Caps&^protocol.CapVaries | protocol.CapMeasured
	}
}

// show makes of a reading what the faults in force show of it, and reports
// whether it is sent at all.
func (p *Pen) show(m *protocol.Reading) bool {
	m.Tick += p.shift
	m.Strokes -= p.back()
	if p.Has(FaultShowsPermit) {
		m.Flags |= protocol.FlagPermit
		m.PermitMS = 300
	}
	if f := &p.faults[FaultShowsCeiling]; f.on && m.Ceiling != 0 {
		m.Ceiling = uint16(min(int64(m.Ceiling)+f.amount, protocol.None-1))
	}
	if f := &p.faults[FaultEndsEarly]; f.on && int64(m.PermitMS) <= f.amount {
		m.Flags &^= protocol.FlagPermit
		m.PermitMS = 0
	}
	if p.Has(FaultDialMissing) {
		m.Set = protocol.None
	}
	if p.Has(FaultSensorMissing) {
		m.Measured, m.Peak = protocol.None, protocol.None
	}
	if p.Has(FaultClaimsMeasured) && m.Strokes > 0 {
		m.Measured, m.Peak = m.Set, m.Set
	}
	if p.Has(FaultFrozen) {
		if !p.iced {
			p.frozen, p.iced = *m, true
		}
		tick, sent := m.Tick, m.Sent
		*m = p.frozen
		m.Tick, m.Sent = tick, sent
	}
	if f := &p.faults[FaultSparse]; f.on {
		p.thin++
		if p.thin < f.amount {
			return false
		}
		p.thin = 0
	}
	return true
}
