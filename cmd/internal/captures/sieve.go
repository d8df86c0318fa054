package captures

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"

	"penlog/device/capture"
	"penlog/protocol"
)

// longest is the longest run of bytes between delimiters that can be a frame.
const longest = protocol.MaxFrame - 2

// filler stands for bytes that are not let in.
const filler = 'x'

// Sieve lets in what a pen says as far as it is PenLink, and nothing by which one
// pen is known from all others of its kind: a serial number leads to a clinic.
//
//   - A sound frame of a known type passes as it is. What a later version may have
//     put behind it, and what a frame of another type holds, becomes zeros. In an identity the serial number is replaced
//     by a word that is the same throughout one capture and means nothing outside
//     it, and the frame gets its checksum anew.
//   - Of all else only its length passes, and how it is wrong: a scanner or a modem
//     on the port may say anything about anyone, and a damaged identity holds the
//     serial number.
//
// Until the end of a frame is there its beginning is held back. Make it with
// [NewSieve]. It is a [capture.Sieve].
type Sieve struct {
	key  [32]byte
	held []byte // the beginning of what may be a frame
	open bool   // of the run that goes on fillers were let in: it was no frame
	dec  protocol.Decoder
	f    protocol.Frame
	pen  capture.Pen
	have bool
	news bool
}

// NewSieve returns a sieve whose words for serial numbers come from chance.
func NewSieve() *Sieve {
	s := &Sieve{}
	rand.Read(s.key[:])
	return s
}

// Lost forgets what was held back.
func (s *Sieve) Lost() { s.held, s.open, s.have = s.held[:0], false, false }

// Pen returns the pen that answers, and whether it is news.
func (s *Sieve) Pen() (capture.Pen, bool) {
	news := s.news
	s.news = false
	return s.pen, news
}

// Read appends to dst what may be recorded of b.
func (s *Sieve) Read(dst, b []byte) []byte {
	for {
		i := bytes.IndexByte(b, 0)
		if i < 0 {
			break
		}
		dst = append(s.run(dst, b[:i]), 0)
		b = b[i+1:]
	}
	if s.open {
		return fill(dst, len(b))
	}
	s.held = append(s.held, b...)
	// The second byte of a frame is its version: PROTOCOL.md §2.2 and §2.3.
	if n := len(s.held); n > longest || n > 1 && s.held[1] != protocol.Version {
		dst = fill(dst, n)
		s.held, s.open = s.held[:0], true
	}
	return dst
}

// run appends what may be recorded of a run up to its delimiter, of which end is
// the part that has come now.
func (s *Sieve) run(dst, end []byte) []byte {
	if s.open {
		s.open = false
		return fill(dst, len(end))
	}
	run := append(s.held, end...)
	s.held = run[:0]
	if len(run) == 0 {
		return dst
	}
	before := s.dec.Stats()
	_, ok := s.dec.Next(append(run, 0), &s.f)
	switch after := s.dec.Stats(); {
	case ok && s.f.Type == protocol.TypeIdentity:
		return s.identity(dst)
	case ok && len(s.f.Payload) > sizes[s.f.Type]:
		return s.blanked(dst)
	case ok:
		return append(dst, run...)
	case after.BadLength != before.BadLength:
		return fill(dst, len(run))
	case after.BadStuffing != before.BadStuffing:
		return fill(append(dst, 0xff), len(run)-1) // points past the end
	default:
		return fill(append(dst, byte(len(run))), len(run)-1) // one block, and a checksum that can't hold
	}
}

// sizes are how long the payloads are that hold nothing but numbers. Of a type that
// is not here nobody knows what it holds. Source: PROTOCOL.md §3.
var sizes = func() map[protocol.Type]int {
	out := map[protocol.Type]int{}
	for t, m := range map[protocol.Type]interface{ Append([]byte) []byte }{
		protocol.TypeWelcome: &protocol.Welcome{}, protocol.TypeReading: &protocol.Reading{}, protocol.TypeStatus: &protocol.Status{},
		protocol.TypeEvent: &protocol.PenEvent{}, protocol.TypeRefusal: &protocol.Refusal{}, protocol.TypeSyncReply: &protocol.SyncReply{},
		protocol.TypeBusy: &protocol.Busy{}, protocol.TypeHello: &protocol.Hello{}, protocol.TypeCeiling: &protocol.Ceiling{},
		protocol.TypePermit: &protocol.Permit{}, protocol.TypeRevoke: &protocol.Revoke{}, protocol.TypeEventAck: &protocol.EventAck{},
		protocol.TypeRate: &protocol.Rate{}, protocol.TypeSync: &protocol.Sync{}, protocol.TypeLocate: &protocol.Locate{}, protocol.TypeSignal: &protocol.Signal{},
	} {
		out[t] = len(m.Append(nil))
	}
	return out
}()

// blanked appends the run of the frame in s.f with zeros for what lies behind what
// is known of its type.
func (s *Sieve) blanked(dst []byte) []byte {
	known := sizes[s.f.Type]
	payload := append(s.f.Payload[:known:known], make([]byte, len(s.f.Payload)-known)...)
	frame := protocol.AppendFrame(nil, s.f.Type, s.f.Seq, payload)
	return append(dst, frame[1:len(frame)-1]...)
}

func fill(dst []byte, n int) []byte {
	for range n {
		dst = append(dst, filler)
	}
	return dst
}

// Of an identity's payload. Source: PROTOCOL.md §3.1.
const (
	identityFixed = 37
	identityText  = 32
	serialAt      = 2 // of vendor, model, serial, firmware
)

// identity appends the run of the identity in s.f without the pen's serial number.
// What a later version may have put behind the strings is left out.
func (s *Sieve) identity(dst []byte) []byte {
	var id protocol.Identity
	if id.Parse(s.f.Payload) == nil {
		p := capture.Pen{Simulated: id.Caps.Has(protocol.CapSimulated), Caps: uint32(id.Caps), Vendor: id.Vendor, Model: id.Model, Firmware: id.Firmware}
		if !s.have || p != s.pen {
			s.pen, s.have, s.news = p, true, true
		}
	}
	p := s.f.Payload
	out := append([]byte(nil), p[:min(len(p), identityFixed)]...)
	p = p[len(out):]
	for i := range 4 {
		if len(p) < 1 || len(p) < 1+int(p[0]) {
			break // cut: the host refuses it as such
		}
		text := p[1 : 1+int(p[0])]
		p = p[1+len(text):]
		if i == serialAt && len(text) > 0 {
			text = s.word(text)
		}
		if len(text) > identityText {
			text = append(text[:identityText:identityText], '~') // refused as too long, all the same
		}
		out = append(append(out, byte(len(text))), text...)
	}
	frame := protocol.AppendFrame(nil, protocol.TypeIdentity, s.f.Seq, out)
	return append(dst, frame[1:len(frame)-1]...)
}

// word is what stands for a serial number.
func (s *Sieve) word(serial []byte) []byte {
	m := hmac.New(sha256.New, s.key[:])
	m.Write(serial)
	return append([]byte("pen-"), hex.EncodeToString(m.Sum(nil)[:4])...)
}
