package captures_test

import (
	"bytes"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"penlog/cmd/internal/captures"
	"penlog/protocol"
	"penlog/session"
)

func pen(serial string) protocol.Identity {
	return protocol.Identity{MinVersion: 1, MaxVersion: 1, Boot: 7, Caps: protocol.CapMeasured | protocol.CapSimulated, DepthMax: 2500, ReadingsMax: 200,
		Vendor: "Maker", Model: "M1", Serial: serial, Firmware: "1.2"}
}

func identity(seq uint16, serial string) []byte {
	id := pen(serial)
	return protocol.AppendFrame(nil, protocol.TypeIdentity, seq, id.Append(nil))
}

func reading(seq uint16) []byte {
	m := protocol.Reading{Tick: protocol.Tick(seq) * 5000, Sent: uint32(seq), Set: 750, Measured: 741, Strokes: uint32(seq)}
	return protocol.AppendFrame(nil, protocol.TypeReading, seq, m.Append(nil))
}

// frames decodes b and counts what was wrong in it.
func frames(b []byte) (out []protocol.Frame, s protocol.DecoderStats) {
	var d protocol.Decoder
	for ok := true; ok; {
		var f protocol.Frame
		if b, ok = d.Next(b, &f); ok {
			f.Payload = bytes.Clone(f.Payload)
			out = append(out, f)
		}
	}
	return out, d.Stats()
}

// through gives what a sieve lets in of b, cut into pieces of at most n bytes.
func through(s *captures.Sieve, b []byte, n int) (out []byte) {
	for len(b) > 0 {
		m := min(len(b), n)
		out = s.Read(out, b[:m])
		b = b[m:]
	}
	return out
}

func TestSerialNumberIsReplaced(t *testing.T) {
	const serial = "PEN-4711-0815"
	sent := slices.Concat(identity(1, serial), reading(2), identity(3, serial), identity(4, "other"), identity(5, ""))
	for _, n := range []int{1, 7, 64, 1000} {
		s := captures.NewSieve()
		got := through(s, sent, n)
		if bytes.Contains(got, []byte("4711")) {
			t.Errorf("in pieces of %d: the serial number is let in", n)
		}
		f, stats := frames(got)
		if len(f) != 5 || stats.Damaged() != 0 {
			t.Fatalf("in pieces of %d: %d sound frames, %+v", n, len(f), stats)
		}
		var serials []string
		for i := range f {
			if f[i].Seq != uint16(i+1) {
				t.Errorf("frame %d has sequence %d", i+1, f[i].Seq)
			}
			if f[i].Type != protocol.TypeIdentity {
				continue
			}
			var id protocol.Identity
			if err := id.Parse(f[i].Payload); err != nil {
				t.Fatal(err)
			}
			serials = append(serials, id.Serial)
			want := pen(id.Serial)
			if id != want {
				t.Errorf("the pen says %+v, want %+v", id, want)
			}
		}
		if serials[0] != serials[1] || serials[0] == serials[2] || serials[3] != "" || !strings.HasPrefix(serials[0], "pen-") {
			t.Errorf("serial numbers are %q: want the same for the same pen, another for another, none for none", serials)
		}
		p, news := s.Pen()
		if !news || p.Vendor != "Maker" || p.Model != "M1" || p.Firmware != "1.2" || !p.Simulated {
			t.Errorf("Pen() = %+v, %v", p, news)
		}
		if _, news := s.Pen(); news {
			t.Error("Pen() is news twice")
		}
	}
	a, b := captures.NewSieve(), captures.NewSieve()
	if bytes.Equal(through(a, identity(1, serial), 99), through(b, identity(1, serial), 99)) {
		t.Error("two captures have the same word for a serial number")
	}
}

// Of what is no frame only length and fault are let in: nothing of its bytes.
func TestOnlyFramesAreLetIn(t *testing.T) {
	flipped := identity(1, "PEN-4711-0815")
	flipped[30] ^= 0x10
	head := identity(1, "PEN-4711-0815")
	head[2] ^= 0x40 // the version: no identity at first sight
	for _, tt := range []struct {
		name string
		in   []byte
	}{
		{"text without an end", []byte("$GPGGA,120000,5212.1,N,00012.0,E\r\n")},
		{"one letter", []byte("q")},
		{"a scan between zeros", []byte("\x00(01)09506000134352(10)PATIENT JANE DOE\x00")},
		{"a damaged identity", flipped},
		{"an identity with a damaged head", head},
		{"half an identity and a whole one", append(identity(1, "PEN-4711-0815")[:70], identity(2, "PEN-4711-0815")...)},
		{"a long run", append(append([]byte{0}, bytes.Repeat([]byte("JANE"), 200)...), 0)},
		{"stuffing beyond the end", append([]byte{0, 0xfe, 1, 1}, "JANE DOE 12345\x00"...)},
		{"short", []byte("\x00\x03\x01\x01\x00JANE\x00")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, n := range []int{1, 5, 3000} {
				got := through(captures.NewSieve(), tt.in, n)
				for _, secret := range []string{"$GP", "5212", "JANE", "0950", "PEN-4711", "-0815", "q"} {
					if len(secret) == 1 && len(tt.in) > 1 {
						continue // a checksum may hold any letter
					}
					if bytes.Contains(got, []byte(secret)) {
						t.Errorf("in pieces of %d: %q is let in with %q", n, secret, got)
					}
				}
				if len(got) > len(tt.in) {
					t.Errorf("%d bytes became %d", len(tt.in), len(got))
				}
			}
		})
	}
}

// What nobody knows the meaning of may be a name: its place is kept, and its length.
func TestSieveBlanksWhatIsNotKnown(t *testing.T) {
	const name = "JANE DOE 1984-05-06"
	r := protocol.Reading{Tick: 5, Strokes: 77}
	sent := slices.Concat(protocol.AppendFrame(nil, 0x3f, 7, []byte(name)), protocol.AppendFrame(nil, protocol.TypeReading, 8, append(r.Append(nil), name...)))
	out := through(captures.NewSieve(), sent, 5)
	if bytes.Contains(out, []byte("JANE")) || bytes.Contains(out, []byte("1984")) {
		t.Fatalf("the name is in the capture: %q", out)
	}
	got, _ := frames(out)
	if len(got) != 2 || got[0].Type != 0x3f || got[0].Seq != 7 || len(got[0].Payload) != len(name) || len(got[1].Payload) != len(r.Append(nil))+len(name) {
		t.Fatalf("frames %+v", got)
	}
	var m protocol.Reading
	if err := m.Parse(got[1].Payload); err != nil || m != r {
		t.Errorf("the reading is %+v, %v", m, err)
	}
}

// A decoder refuses what was let in for the reason that it would have had before, and
// finds the same frames.
func TestSieveKeepsWhatIsWrong(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var sent []byte
		for i := range rapid.IntRange(1, 12).Draw(t, "frames") {
			f := reading(uint16(i))
			switch rapid.IntRange(0, 4).Draw(t, "fault") {
			case 1:
				f[rapid.IntRange(3, len(f)-2).Draw(t, "at")] ^= byte(rapid.IntRange(1, 255).Draw(t, "bits"))
			case 2:
				f = f[:rapid.IntRange(0, len(f)).Draw(t, "cut")]
			case 3:
				f = append(f, rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "noise")...)
			case 4:
				f = identity(uint16(i), "serial")
			}
			sent = append(sent, f...)
		}
		sent = append(sent, 0)
		want, was := frames(sent)
		got, is := frames(through(captures.NewSieve(), sent, rapid.IntRange(1, 400).Draw(t, "piece")))
		if len(got) != len(want) {
			t.Fatalf("%d frames, want %d", len(got), len(want))
		}
		for i := range got {
			if got[i].Type != want[i].Type || got[i].Seq != want[i].Seq || got[i].Type != protocol.TypeIdentity && !bytes.Equal(got[i].Payload, want[i].Payload) {
				t.Fatalf("frame %d is %v % x, want %v % x", i, got[i].Type, got[i].Payload, want[i].Type, want[i].Payload)
			}
		}
		if is.Damaged()+is.BadVersion != was.Damaged()+was.BadVersion || is.NoiseBytes != was.NoiseBytes {
			t.Fatalf("refused %+v, want %+v", is, was)
		}
	})
}

// Whatever comes: no panic, and no frame that was not sent.
func FuzzSieve(f *testing.F) {
	f.Add([]byte("$GPGGA,12\x00\x00"), uint8(3))
	f.Add(identity(1, "abcdef"), uint8(9))
	f.Fuzz(func(t *testing.T, sent []byte, n uint8) {
		s := captures.NewSieve()
		got := through(s, sent, 1+int(n))
		if len(got) > len(sent)+200*bytes.Count(sent, []byte{0}) {
			t.Fatalf("%d bytes became %d", len(sent), len(got))
		}
		was, _ := frames(sent)
		is, _ := frames(got)
		if len(is) > len(was) {
			t.Fatalf("%d frames became %d", len(was), len(is))
		}
	})
}

func TestLostForgetsHalfAFrame(t *testing.T) {
	s := captures.NewSieve()
	whole := identity(1, "abc")
	s.Read(nil, whole[:20])
	s.Lost()
	got := s.Read(nil, whole)
	if want := s.Read(nil, whole); !bytes.Equal(got, want) {
		t.Errorf("after the port came back % x, want % x", got, want)
	}
}

// What can be no frame is not held back: that something talks is known at once, and
// nothing grows.
func TestNoFrameIsNotHeldBack(t *testing.T) {
	for _, tt := range []struct {
		name string
		in   []byte
		held int // at most
	}{
		{"text", []byte("$GPGGA,120000,5212.1,N,00012.0,E"), 1},
		{"what begins as a frame and is too long", append([]byte{9, protocol.Version}, bytes.Repeat([]byte{7}, 1000)...), protocol.MaxFrame},
	} {
		for _, n := range []int{1, 3, 5000} {
			if got := through(captures.NewSieve(), tt.in, n); len(got) < len(tt.in)-tt.held || tt.held > 1 && len(got) == 0 {
				t.Errorf("%s, in pieces of %d: %d of %d bytes are told", tt.name, n, len(got), len(tt.in))
			}
		}
	}
}

func TestOrdersReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := session.Order{
			Kind:    session.OrderKind(rapid.IntRange(int(session.OrderWant), int(session.OrderStop)).Draw(t, "kind")),
			Ceiling: protocol.Micrometres(rapid.IntRange(0, protocol.None).Draw(t, "ceiling")),
			Allow:   rapid.Bool().Draw(t, "allow"), Record: rapid.Bool().Draw(t, "record"),
			Conn: rapid.Uint32().Draw(t, "conn"), ID: rapid.Uint32().Draw(t, "id"), Until: protocol.Instant(rapid.Int64().Draw(t, "until"))}
		b := captures.AppendOrder(nil, &want)
		got, err := captures.ParseOrder(b)
		if err != nil || got != want {
			t.Fatalf("ParseOrder() = %+v, %v; want %+v", got, err, want)
		}
		for cut := range b {
			if _, err := captures.ParseOrder(b[:cut]); !errors.Is(err, captures.ErrOrder) {
				t.Fatalf("cut at %d: %v", cut, err)
			}
		}
	})
}

// The codes are stated in CAPTURE.md: they stay when session counts its kinds anew.
func TestOrderCodesAreStated(t *testing.T) {
	for code, k := range []session.OrderKind{1: session.OrderWant, session.OrderLease, session.OrderAcknowledge, session.OrderAcceptPen,
		session.OrderLocate, session.OrderAckEvent, session.OrderReserve, session.OrderStop} {
		if code == 0 {
			continue
		}
		if b := captures.AppendOrder(nil, &session.Order{Kind: k}); int(b[0]) != code {
			t.Errorf("order %d has code %d, want %d", k, b[0], code)
		}
	}
	for _, b := range [][]byte{nil, {0, 0, 0, 0, 0, 0}, {9, 0, 0, 0, 0, 0}, {1, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}} {
		if _, err := captures.ParseOrder(b); !errors.Is(err, captures.ErrOrder) {
			t.Errorf("ParseOrder(% x) = %v", b, err)
		}
	}
	if b := captures.AppendOrder(nil, &session.Order{Kind: 200}); b[0] != 0 {
		t.Errorf("a kind without a code has code %d", b[0])
	}
}

// Exporting what can't be a session's record gives words.
func TestExportRefuses(t *testing.T) {
	if _, err := captures.Export(captures.Stored{}, captures.ExportConfig{}); !errors.Is(err, captures.ErrNoPen) {
		t.Errorf("Export of nothing: %v", err)
	}
	up := session.Record{Seq: 2, Kind: "pen_up", Body: []byte(`{"source":"pen","event":{}}`), Mono: 77}
	junk := captures.Stored{Records: []session.Record{{Seq: 1, Kind: "opened", Body: []byte("{")}, up}, Chunks: []session.SignalChunk{{Seq: 3, Body: []byte("cut")}}}
	if _, err := captures.Export(junk, captures.ExportConfig{}); err == nil || !strings.Contains(err.Error(), "signal chunk 3") {
		t.Errorf("Export of a torn chunk: %v", err)
	}
	up.Mono = math.MaxInt64
	if _, err := captures.Export(captures.Stored{Records: []session.Record{up}}, captures.ExportConfig{}); err == nil || !strings.Contains(err.Error(), "which no clock shows") {
		t.Errorf("Export of a moment that can't be: %v", err)
	}
	far := captures.Stored{Records: junk.Records[1:], Chunks: []session.SignalChunk{{Seq: 1, Body: session.AppendSample(nil, &session.Sample{Arrived: math.MinInt64})}}}
	if _, err := captures.Export(far, captures.ExportConfig{}); err == nil || !strings.Contains(err.Error(), "signal chunk 1 has a reading") {
		t.Errorf("Export of a reading's moment that can't be: %v", err)
	}
	// What a newer Penlog wrote first is passed over.
	if file, err := captures.Export(captures.Stored{Records: junk.Records}, captures.ExportConfig{}); err != nil || len(file) == 0 {
		t.Errorf("Export of a pen that says nothing: %v", err)
	}
}
