package protocol_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"penlog/protocol"
)

func TestEveryMessageIsShortAtEveryCutAndKeepsItsOldValue(t *testing.T) {
	for _, s := range samples() {
		p := s.m.Append(nil)
		for n := range p {
			got := newMessage(s.typ)
			if err := got.Parse(p[:n]); !errors.Is(err, protocol.ErrShort) {
				t.Fatalf("%v: Parse() of %d of %d bytes = %v, want %v", s.typ, n, len(p), err, protocol.ErrShort)
			}
			if !reflect.DeepEqual(got, newMessage(s.typ)) {
				t.Fatalf("%v: a short payload still wrote %+v", s.typ, got)
			}
		}
		if len(p) > protocol.MaxPayload {
			t.Errorf("%v: %d bytes do not fit a frame", s.typ, len(p))
		}
	}
}

func TestMessagesAllocateNothing(t *testing.T) {
	buf := make([]byte, 0, protocol.MaxPayload)
	for _, s := range samples() {
		if s.typ == protocol.TypeIdentity {
			continue // its texts are strings
		}
		got := newMessage(s.typ)
		if n := testing.AllocsPerRun(10, func() {
			buf = s.m.Append(buf[:0])
			_ = got.Parse(buf)
		}); n != 0 {
			t.Errorf("%v: Append and Parse allocate %v times", s.typ, n)
		}
	}
}

func TestTypesAndReasonsHaveWords(t *testing.T) {
	seen := map[string]bool{}
	for _, typ := range allTypes {
		if s := typ.String(); seen[s] || strings.HasPrefix(s, "type ") {
			t.Errorf("type %#x is called %q", uint8(typ), s)
		} else {
			seen[s] = true
		}
	}
	for r := protocol.RefusedNonce; r <= protocol.RefusedFault; r++ {
		if s := r.String(); seen[s] || s == "" || strings.HasPrefix(s, "reason ") {
			t.Errorf("reason %d reads %q", uint8(r), s)
		} else {
			seen[s] = true
		}
	}
	if got := protocol.Type(0x7f).String(); got != "type 0x7f" {
		t.Errorf("an unknown type reads %q", got)
	}
	for _, r := range []protocol.Reason{0, 13, 255} {
		if got := r.String(); !strings.HasPrefix(got, "reason ") {
			t.Errorf("unknown reason %d reads %q", uint8(r), got)
		}
	}
}

func TestFlagsKeepTheirFieldsApart(t *testing.T) {
	for m := protocol.MotorOff; m <= protocol.MotorStopping; m++ {
		for a := protocol.AxisUnknown; a <= protocol.AxisStamp; a++ {
			for bit := range 16 {
				in := protocol.Flags(1) << bit
				f := protocol.MakeFlags(m, a, in)
				if f.Motor() != m || f.Axis() != a {
					t.Fatalf("MakeFlags(%d, %d, %#x) reads back %d, %d", m, a, in, f.Motor(), f.Axis())
				}
				if in&0x73 == 0 && !f.Has(in) {
					t.Fatalf("MakeFlags(%d, %d, %#x) = %#x lost the bit", m, a, in, f)
				}
			}
		}
	}
}

func TestReadingMotorOnInAllStatesButOff(t *testing.T) {
	for m := protocol.MotorOff; m <= protocol.MotorStopping; m++ {
		r := protocol.Reading{Flags: protocol.MakeFlags(m, 0, 0)}
		if got, want := r.MotorOn(), m != protocol.MotorOff; got != want {
			t.Errorf("MotorOn() in state %d = %v, want %v", m, got, want)
		}
	}
}
