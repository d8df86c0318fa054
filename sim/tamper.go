package sim

import "penlog/protocol"

// tamper takes frames apart and puts them together again for the faults that
// falsify them.
type tamper struct {
	in protocol.Decoder // of what the host sends
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
	var d protocol.Decoder
	var f protocol.Frame
	rest := b
	for ok := true; ok; {
		if rest, ok = d.Next(rest, &f); ok && f.Type == typ {
			return len(b) - len(rest)
		}
	}
	return 0
}

// falsify appends the frames of b with what the faults in force make of them.
func (p *Pen) falsify(dst, b []byte) []byte {
	var d protocol.Decoder
	var f protocol.Frame
	var buf [protocol.MaxPayload]byte
	back := uint32(p.faults[FaultBackwards].amount)
	if !p.Has(FaultBackwards) {
		back = 0
	}
	for ok := true; ok; {
		if b, ok = d.Next(b, &f); !ok {
			break
		}
		payload := f.Payload
		switch f.Type {
		case protocol.TypeReading:
			var m protocol.Reading
			if m.Parse(payload) == nil {
				m.Tick += p.shift
				m.Strokes -= back
				if p.Has(FaultShowsPermit) {
					m.Flags |= protocol.FlagPermit
					m.PermitMS = 300
				}
				payload = m.Append(buf[:0])
			}
		case protocol.TypeStatus:
			var m protocol.Status
			if m.Parse(payload) == nil {
				m.Tick += p.shift
				m.Lifetime -= back
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
