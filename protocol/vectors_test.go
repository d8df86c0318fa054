package protocol_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"penlog/protocol"
)

var update = flag.Bool("update", false, "write testdata/vectors.json and the worked exchange of PROTOCOL.md anew")

// message is what every message of the link is.
type message interface {
	Append([]byte) []byte
	Parse([]byte) error
}

// newMessage returns an empty message of the type, or nil.
func newMessage(t protocol.Type) message {
	switch t {
	case protocol.TypeIdentity:
		return new(protocol.Identity)
	case protocol.TypeWelcome:
		return new(protocol.Welcome)
	case protocol.TypeReading:
		return new(protocol.Reading)
	case protocol.TypeStatus:
		return new(protocol.Status)
	case protocol.TypeEvent:
		return new(protocol.PenEvent)
	case protocol.TypeRefusal:
		return new(protocol.Refusal)
	case protocol.TypeSyncReply:
		return new(protocol.SyncReply)
	case protocol.TypeBusy:
		return new(protocol.Busy)
	case protocol.TypeHello:
		return new(protocol.Hello)
	case protocol.TypeCeiling:
		return new(protocol.Ceiling)
	case protocol.TypePermit:
		return new(protocol.Permit)
	case protocol.TypeRevoke:
		return new(protocol.Revoke)
	case protocol.TypeEventAck:
		return new(protocol.EventAck)
	case protocol.TypeRate:
		return new(protocol.Rate)
	case protocol.TypeSync:
		return new(protocol.Sync)
	case protocol.TypeLocate:
		return new(protocol.Locate)
	case protocol.TypeSignal:
		return new(protocol.Signal)
	}
	return nil
}

var allTypes = []protocol.Type{
	protocol.TypeIdentity, protocol.TypeWelcome, protocol.TypeReading, protocol.TypeStatus, protocol.TypeEvent,
	protocol.TypeRefusal, protocol.TypeSyncReply, protocol.TypeBusy,
	protocol.TypeHello, protocol.TypeCeiling, protocol.TypePermit, protocol.TypeRevoke, protocol.TypeEventAck,
	protocol.TypeRate, protocol.TypeSync, protocol.TypeLocate, protocol.TypeSignal,
}

// field is one field of a message, named and valued as in vectors.json.
type field struct {
	name  string
	value any // uint64, bool or string
}

// fieldsOf lists a message's fields in the order of the wire. It knows nothing of
// offsets: those come from the byte tables of PROTOCOL.md.
func fieldsOf(m message) []field {
	var out []field
	var walk func(v reflect.Value)
	walk = func(v reflect.Value) {
		for i := range v.NumField() {
			f, t := v.Field(i), v.Type().Field(i)
			switch {
			case t.Anonymous:
				walk(f)
			case f.Kind() == reflect.Bool:
				out = append(out, field{snake(t.Name), f.Bool()})
			case f.Kind() == reflect.String:
				out = append(out, field{snake(t.Name), f.String()})
			default:
				out = append(out, field{snake(t.Name), f.Uint()})
			}
		}
	}
	walk(reflect.ValueOf(m).Elem())
	return out
}

// snake turns StopMS into stop_ms.
func snake(s string) string {
	var b strings.Builder
	for i, r := range s {
		if i > 0 && unicode.IsUpper(r) && unicode.IsLower(rune(s[i-1])) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// row is one row of a byte table of PROTOCOL.md.
type row struct {
	name   string
	kind   string
	offset int // -1: follows the row before
	size   int
}

// tables reads the byte tables of PROTOCOL.md, by message type.
func tables(t *testing.T) map[protocol.Type][]row {
	t.Helper()
	text, err := os.ReadFile("PROTOCOL.md")
	if err != nil {
		t.Fatal(err)
	}
	head := regexp.MustCompile(`^### 3\.\d+ (\w+) \(0x([0-9a-f]{2})\)`)
	line := regexp.MustCompile(`^\| (\d+|…) \| (\d+|1…33) \| (u8|u16|u32|u64|bool|str) \| (\w+) \|`)
	got := map[protocol.Type][]row{}
	var now protocol.Type
	for l := range strings.Lines(string(text)) {
		if m := head.FindStringSubmatch(l); m != nil {
			n, _ := strconv.ParseUint(m[2], 16, 8)
			now = protocol.Type(n)
			if now.String() != m[1] {
				t.Errorf("PROTOCOL.md calls type %#x %q, the code %q", n, m[1], now)
			}
			got[now] = nil
			continue
		}
		if m := line.FindStringSubmatch(l); m != nil {
			r := row{name: m[4], kind: m[3], offset: -1}
			if m[1] != "…" {
				r.offset, _ = strconv.Atoi(m[1])
			}
			if m[3] != "str" {
				r.size, _ = strconv.Atoi(m[2])
			}
			got[now] = append(got[now], r)
		}
	}
	return got
}

// byTable reads a payload by the document's table alone.
func byTable(t *testing.T, rows []row, p []byte) (fields []field, size int) {
	t.Helper()
	at := 0
	for _, r := range rows {
		if r.offset >= 0 && r.offset != at {
			t.Fatalf("PROTOCOL.md: %s stands at offset %d, the row before ends at %d", r.name, r.offset, at)
		}
		if r.kind == "str" {
			n := int(p[at])
			fields = append(fields, field{r.name, string(p[at+1 : at+1+n])})
			at += 1 + n
			continue
		}
		if want := map[string]int{"u8": 1, "bool": 1, "u16": 2, "u32": 4, "u64": 8}[r.kind]; r.size != want {
			t.Fatalf("PROTOCOL.md: %s is %s of %d bytes", r.name, r.kind, r.size)
		}
		var v uint64
		for i := r.size - 1; i >= 0; i-- {
			v = v<<8 | uint64(p[at+i])
		}
		at += r.size
		if r.kind == "bool" {
			fields = append(fields, field{r.name, v&1 == 1})
		} else {
			fields = append(fields, field{r.name, v})
		}
	}
	return fields, at
}

// samples are the values that vectors.json shows for each type.
func samples() []struct {
	name string
	typ  protocol.Type
	seq  uint16
	m    message
} {
	type sample = struct {
		name string
		typ  protocol.Type
		seq  uint16
		m    message
	}
	const f16, f32, f64 = 0xffff, 0xffffffff, 0xffffffffffffffff
	s := protocol.Session{Nonce: 0x0123456789abcdef, Boot: 0x0b007a11}
	zero, full := protocol.Session{}, protocol.Session{Nonce: f64, Boot: f32}
	id := guardedID()
	widest := protocol.Identity{
		MinVersion: 1, MaxVersion: 255, Boot: f32, Caps: 0xffffeffe, DepthMin: 65534, DepthMax: 65534, DepthStep: f16,
		Resolution: f16, Accuracy: f16, RateMin: f16, RateMax: f16, StopMS: f16, ReadingsMin: f16, ReadingsMax: f16,
		BaudMax: f32, NeedleLength: f16, NeedleCount: 255, Vendor: strings.Repeat("V", 32), Model: strings.Repeat("é", 16),
		Serial: strings.Repeat("s", 32), Firmware: strings.Repeat("f", 32),
	}
	bounds := id
	bounds.StopMS, bounds.ReadingsMin, bounds.ReadingsMax = 100, 20, 20
	bounds.Caps &^= protocol.CapMeasured
	return []sample{
		{"a guarded pen", protocol.TypeIdentity, 1, &id},
		{"a guarded pen that just may be one", protocol.TypeIdentity, 1, &bounds},
		{"a talk-only pen that states little", protocol.TypeIdentity, 0, &protocol.Identity{
			MinVersion: 1, MaxVersion: 1, Boot: 1, Caps: protocol.CapTalksOnly | protocol.CapSet, DepthMax: 2500,
			ReadingsMin: 20, ReadingsMax: 20}},
		{"every field at its greatest", protocol.TypeIdentity, f16, &widest},
		{"usual", protocol.TypeWelcome, 2, &protocol.Welcome{Nonce: s.Nonce, Boot: s.Boot, Tick: 1_234_567, Generation: 17, Rate: 200}},
		{"with a change of baud, released", protocol.TypeWelcome, 2, &protocol.Welcome{Nonce: s.Nonce, Boot: s.Boot, Tick: f32,
			Generation: 0xffef, Rate: 1000, Baud: 921600, Released: true}},
		{"all zero", protocol.TypeWelcome, 0, &protocol.Welcome{}},
		{"before any stroke", protocol.TypeReading, 3, &protocol.Reading{Tick: 1_240_000, Sent: 3,
			Flags: protocol.MakeFlags(protocol.MotorOff, protocol.AxisUnknown, protocol.FlagRetracted|protocol.FlagCartridge),
			Set:   750, Measured: protocol.None, Peak: protocol.None, Generation: 17}},
		{"running under a permit", protocol.TypeReading, 260, &protocol.Reading{Tick: 9_876_543, Sent: 65796,
			Flags: protocol.MakeFlags(protocol.MotorRunning, protocol.AxisObliqueLeft,
				protocol.FlagContactKnown|protocol.FlagContact|protocol.FlagPermit|protocol.FlagCartridge),
			Set: 750, Measured: 741, Peak: 758, Strokes: 70123, StrokesAbove: 258, StrokeRate: 1170,
			Generation: 18, Ceiling: 1000, PermitMS: 287, Glides: 42}},
		{"all zero", protocol.TypeReading, 0, &protocol.Reading{}},
		{"every field at its greatest", protocol.TypeReading, f16, &protocol.Reading{Tick: f32, Sent: f32, Flags: f16, Set: f16,
			Measured: f16, Peak: f16, Strokes: f32, StrokesAbove: f16, StrokeRate: f16, Generation: f16, Ceiling: f16, PermitMS: f16, Glides: 255}},
		{"usual", protocol.TypeStatus, 4, &protocol.Status{Tick: 1_500_000, Sent: 4, TickWraps: 1, StrokesAbove: 65794, Glides: 298,
			Lifetime: 12_345_678, Unpermitted: 1_000, CurrentMA: 412, Battery: 87, Faults: protocol.FaultBattery | 1<<31, FaultDetail: 0x1234,
			TimesReleased: 2, FramesGood: 99, FramesBad: 3, EventsLost: 1, NeedleLength: 1500, NeedleCount: 14}},
		{"nothing known", protocol.TypeStatus, 5, &protocol.Status{CurrentMA: protocol.None, Battery: 0xff}},
		{"every field at its greatest", protocol.TypeStatus, f16, &protocol.Status{Tick: f32, Sent: f32, TickWraps: f16, StrokesAbove: f32,
			Glides: f32, Lifetime: f32, Unpermitted: f32, CurrentMA: f16, Battery: 255, Faults: f32, FaultDetail: f16, TimesReleased: f16,
			FramesGood: f32, FramesBad: f32, EventsLost: f16, NeedleLength: f16, NeedleCount: 255}},
		{"a press that started the motor", protocol.TypeEvent, 6, &protocol.PenEvent{ID: 1, Tick: 2_000_000, Kind: protocol.EventPressStart,
			Arg: uint16(protocol.StartRan)}},
		{"stopped by age of the permit", protocol.TypeEvent, 7, &protocol.PenEvent{ID: 2, Tick: 0x00ff00ff, Strokes: 513,
			Kind: protocol.EventMotorStopped, Arg: uint16(protocol.StopLapse)}},
		{"every field at its greatest", protocol.TypeEvent, f16, &protocol.PenEvent{ID: f32, Tick: f32, Strokes: f32, Kind: 255, Arg: f16}},
		{"a permit for another ceiling", protocol.TypeRefusal, 8, &protocol.Refusal{Of: protocol.TypePermit, Reason: protocol.RefusedCeiling,
			Seq: 0x0100, Generation: 18}},
		{"a hello with nonce 0", protocol.TypeRefusal, 9, &protocol.Refusal{Of: protocol.TypeHello, Reason: protocol.RefusedNonce}},
		{"usual", protocol.TypeSyncReply, 10, &protocol.SyncReply{Token: 0xdeadbeef, Received: 3_000_000, Sent: 3_000_120}},
		{"across the wrap", protocol.TypeSyncReply, 11, &protocol.SyncReply{Token: 0, Received: f32, Sent: 99}},
		{"usual", protocol.TypeBusy, 12, &protocol.Busy{Boot: s.Boot, WaitMS: 1000}},
		{"first of a host", protocol.TypeHello, 1, &protocol.Hello{Nonce: s.Nonce, Boot: s.Boot, MinVersion: 1, MaxVersion: 1, Generation: 17, Rate: 200}},
		{"a change of session, wanting baud", protocol.TypeHello, 2, &protocol.Hello{Nonce: f64, Previous: s.Nonce, MinVersion: 1, MaxVersion: 3,
			Generation: 1, Rate: 1000, Baud: 921600}},
		{"all zero", protocol.TypeHello, 0, &protocol.Hello{}},
		{"1.00 mm", protocol.TypeCeiling, 3, &protocol.Ceiling{Session: s, Generation: 18, Depth: 1000}},
		{"every field at its greatest", protocol.TypeCeiling, f16, &protocol.Ceiling{Session: full, Generation: f16, Depth: f16}},
		{"300 ms", protocol.TypePermit, 4, &protocol.Permit{Session: s, Generation: 18, Depth: 1000, SeenTick: 9_876_543, LifeMS: 300}},
		{"500 ms seen just before the wrap", protocol.TypePermit, 5, &protocol.Permit{Session: s, Generation: 0xffef, Depth: 1, SeenTick: f32, LifeMS: 500}},
		{"all zero", protocol.TypePermit, 0, &protocol.Permit{Session: zero}},
		{"usual", protocol.TypeRevoke, 6, &protocol.Revoke{Session: s, Generation: 19}},
		{"every field at its greatest", protocol.TypeRevoke, f16, &protocol.Revoke{Session: full, Generation: f16}},
		{"usual", protocol.TypeEventAck, 7, &protocol.EventAck{Session: s, ID: 1}},
		{"usual", protocol.TypeRate, 8, &protocol.Rate{Session: s, Rate: 1000}},
		{"usual", protocol.TypeSync, 9, &protocol.Sync{Session: s, Token: 0xdeadbeef}},
		{"five seconds", protocol.TypeLocate, 10, &protocol.Locate{Session: s, DurationMS: 5000}},
		{"trip", protocol.TypeSignal, 11, &protocol.Signal{Session: s, Cue: protocol.CueTrip}},
	}
}

// The shape of vectors.json.
type (
	vectors struct {
		About   []string       `json:"about"`
		Good    []goodVector   `json:"good"`
		Bad     []badVector    `json:"bad"`
		Streams []streamVector `json:"streams"`
	}
	goodVector struct {
		Type   string         `json:"type"`
		Name   string         `json:"name"`
		Code   int            `json:"code"`
		Seq    int            `json:"seq"`
		Frame  string         `json:"frame"`
		Fields map[string]any `json:"fields"`
	}
	badVector struct {
		Name   string         `json:"name"`
		Frame  string         `json:"frame"`
		Expect string         `json:"expect"`
		Type   string         `json:"type,omitempty"`
		Fields map[string]any `json:"fields,omitempty"`
	}
	streamVector struct {
		Name    string   `json:"name"`
		Bytes   string   `json:"bytes"`
		Frames  []string `json:"frames"`
		Damaged int      `json:"damaged"`
	}
)

var aboutVectors = []string{
	"Frames of PenLink 1 and what they mean. The law is PROTOCOL.md; clause numbers are its own.",
	"good: frame (wire bytes in hex, both zeros included) decodes to type, seq and fields, and these encode to frame.",
	"nonce and previous are 64 bits and given as hex strings; all else are JSON numbers, booleans and strings.",
	"bad: expect is stuffing, checksum, length or version (no frame: skipped and counted, 2.2 and 2.4), unknown_type or short (a sound frame, skipped and counted, 2.5), value (a sound frame whose fields can't be, 3.1), or trailing (accepted with the fields given, 2.5).",
	"streams: bytes decode to exactly the frames listed, in order, however the bytes are cut; damaged is the number of runs between zeros that were no frame.",
}

func jsonFields(fs []field) map[string]any {
	out := map[string]any{}
	for _, f := range fs {
		if f.name == "nonce" || f.name == "previous" {
			out[f.name] = fmt.Sprintf("0x%016x", f.value)
		} else {
			out[f.name] = f.value
		}
	}
	return out
}

func makeVectors() vectors {
	v := vectors{About: aboutVectors}
	wire := map[protocol.Type][]byte{}
	for _, s := range samples() {
		frame := protocol.AppendFrame(nil, s.typ, s.seq, s.m.Append(nil))
		if wire[s.typ] == nil {
			wire[s.typ] = frame
		}
		v.Good = append(v.Good, goodVector{s.typ.String(), s.name, int(s.typ), int(s.seq), hex.EncodeToString(frame), jsonFields(fieldsOf(s.m))})
	}
	change := func(typ protocol.Type, f func(b []byte) []byte) string {
		return hex.EncodeToString(f(bytes.Clone(wire[typ])))
	}
	bad := func(name, expect, frame string) {
		v.Bad = append(v.Bad, badVector{Name: name, Expect: expect, Frame: frame})
	}
	bad("one bit of the payload flipped", "checksum", change(protocol.TypePermit, func(b []byte) []byte { b[12] ^= 1; return b }))
	bad("one bit of the checksum flipped", "checksum", hex.EncodeToString(flippedSum(wire[protocol.TypePermit])))
	bad("a code byte one too small", "stuffing", change(protocol.TypeReading, func(b []byte) []byte { b[1]--; return b }))
	bad("a code byte that points past the end", "stuffing", change(protocol.TypeRevoke, func(b []byte) []byte { b[1] = 0xff; return b }))
	bad("a code byte that points one past the end", "stuffing", hex.EncodeToString([]byte{0, 11, 1, 2, 3, 4, 5, 6, 7, 8, 0}))
	bad("cut in the payload", "checksum", hex.EncodeToString(cutSound(wire[protocol.TypePermit], 6)))
	bad("shorter than a header and a checksum", "length", hex.EncodeToString([]byte{0, 8, 1, 2, 3, 4, 5, 6, 7, 0}))
	bad("one byte longer than a frame may be", "length", hex.EncodeToString(naiveFrame(1, 0x03, 1, bytes.Repeat([]byte{7}, protocol.MaxPayload+1))))
	bad("CRC-32 of zip instead of CRC-32C", "checksum", hex.EncodeToString(naiveStuff(append([]byte{1, 0x47, 1, 0}, 0x26, 0x39, 0xf4, 0xcb))))
	bad("checksum big-endian", "checksum", hex.EncodeToString(bigEndianSum()))
	bad("version 2", "version", hex.EncodeToString(naiveFrame(2, 0x03, 1, []byte{1, 2, 3})))
	bad("version 0", "version", hex.EncodeToString(naiveFrame(0, 0x03, 1, []byte{1, 2, 3})))
	bad("a type of a later version", "unknown_type", hex.EncodeToString(naiveFrame(1, 0x7f, 1, []byte{1, 2, 3})))
	bad("type 0, no payload", "unknown_type", hex.EncodeToString(naiveFrame(1, 0, 0, nil)))
	for _, typ := range allTypes {
		for _, s := range samples() {
			if s.typ == typ {
				p := s.m.Append(nil)
				v.Bad = append(v.Bad, badVector{Name: "payload one byte short", Expect: "short", Type: typ.String(),
					Frame: hex.EncodeToString(naiveFrame(1, byte(typ), 7, p[:len(p)-1]))})
				v.Bad = append(v.Bad, badVector{Name: "five bytes of a later version", Expect: "trailing", Type: typ.String(),
					Frame:  hex.EncodeToString(naiveFrame(1, byte(typ), 7, append(p, 9, 8, 7, 0, 5))),
					Fields: jsonFields(fieldsOf(s.m))})
				break
			}
		}
	}
	for _, b := range badIdentities() {
		v.Bad = append(v.Bad, badVector{Name: "identity: " + b.name, Expect: "value", Type: "identity",
			Frame: hex.EncodeToString(naiveFrame(1, 1, 7, b.payload))})
	}

	a, b := wire[protocol.TypeSync], wire[protocol.TypeCeiling]
	hexes := func(fs ...[]byte) []string {
		out := []string{}
		for _, f := range fs {
			out = append(out, hex.EncodeToString(f))
		}
		return out
	}
	join := func(bs ...[]byte) string { return hex.EncodeToString(bytes.Join(bs, nil)) }
	stream := func(name, in string, damaged int, frames ...[]byte) {
		v.Streams = append(v.Streams, streamVector{name, in, hexes(frames...), damaged})
	}
	stream("two frames", join(a, b), 0, a, b)
	stream("zeros between frames are no error", join([]byte{0, 0, 0}, a, []byte{0, 0}, b, []byte{0}), 0, a, b)
	stream("neighbours that share a zero", join(a, b[1:]), 0, a, b)
	stream("noise before the first zero", join([]byte("\r\nok\r\n$GPGGA,1234*7f\r\n"), a), 1, a)
	stream("a half frame, then a whole one", join(a[:9], b), 1, b)
	stream("an end that was lost takes the neighbour with it", join(a[:len(a)-1], b[1:]), 1)
	stream("an end that was lost, but the neighbour's beginning was not", join(a[:len(a)-1], b), 0, a, b)
	stream("1000 bytes without a zero", join(bytes.Repeat([]byte{0x55}, 1000), a), 1, a)
	stream("a damaged frame between sound ones", join(a, b[:5], []byte{0xaa}, b[6:], a), 1, a, a)
	return v
}

// cutSound takes n bytes out of a frame's end and mends the code bytes, so that
// only the checksum can tell.
func cutSound(frame []byte, n int) []byte {
	raw, err := naiveUnstuff(frame[1 : len(frame)-1])
	if err != nil {
		panic(err)
	}
	return naiveStuff(raw[:len(raw)-n])
}

func flippedSum(frame []byte) []byte {
	raw, err := naiveUnstuff(frame[1 : len(frame)-1])
	if err != nil {
		panic(err)
	}
	raw[len(raw)-3] ^= 0x10
	return naiveStuff(raw)
}

func bigEndianSum() []byte {
	raw := []byte{1, 0x47, 1, 0}
	c := naiveCRC(raw)
	return naiveStuff(append(raw, byte(c>>24), byte(c>>16), byte(c>>8), byte(c)))
}

const vectorsFile = "testdata/vectors.json"

func TestVectorsFileIsUpToDate(t *testing.T) {
	want, err := json.MarshalIndent(makeVectors(), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	want = append(want, '\n')
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(vectorsFile, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(vectorsFile)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(bytes.ReplaceAll(got, []byte("\r\n"), []byte("\n")), want) {
		t.Errorf("%s is not what the code makes; if the change is meant: go test ./protocol -run TestVectors -update", vectorsFile)
	}
}

func readVectors(t *testing.T) vectors {
	t.Helper()
	b, err := os.ReadFile(vectorsFile)
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// typed turns what JSON gave into what fieldsOf and byTable give.
func typed(t *testing.T, v any) any {
	t.Helper()
	switch v := v.(type) {
	case json.Number:
		n, err := strconv.ParseUint(v.String(), 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return n
	case string:
		if strings.HasPrefix(v, "0x") && len(v) == 18 {
			n, err := strconv.ParseUint(v[2:], 16, 64)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
	}
	return v
}

func sameFields(t *testing.T, who string, got []field, want map[string]any) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d fields, want %d", who, len(got), len(want))
	}
	for _, f := range got {
		w, ok := want[f.name]
		if !ok {
			t.Errorf("%s: field %q is not in the vector", who, f.name)
		} else if w = typed(t, w); f.value != w {
			t.Errorf("%s: %s = %v, want %v", who, f.name, f.value, w)
		}
	}
}

// Each good vector is read three ways: by the Decoder and the message's Parse,
// by a naive frame reader and the byte tables of PROTOCOL.md, and back again.
func TestGoodVectorsMeanTheirFields(t *testing.T) {
	rows := tables(t)
	met := map[protocol.Type]int{}
	for _, v := range readVectors(t).Good {
		t.Run(v.Type+"/"+v.Name, func(t *testing.T) {
			wire := unhex(t, v.Frame)
			var d protocol.Decoder
			var f protocol.Frame
			rest, ok := d.Next(wire, &f)
			if !ok || len(rest) != 0 || f.Type.String() != v.Type || int(f.Type) != v.Code || int(f.Seq) != v.Seq {
				t.Fatalf("Next() = %v %+v with %d bytes left", ok, f, len(rest))
			}
			met[f.Type]++
			m := newMessage(f.Type)
			if err := m.Parse(f.Payload); err != nil {
				t.Fatalf("Parse() = %v", err)
			}
			sameFields(t, "Parse", fieldsOf(m), v.Fields)
			if got := protocol.AppendFrame(nil, f.Type, f.Seq, m.Append(nil)); !bytes.Equal(got, wire) {
				t.Errorf("encodes to % x,\nwant % x", got, wire)
			}

			raw, err := naiveUnstuff(wire[1 : len(wire)-1])
			if err != nil {
				t.Fatal(err)
			}
			byDoc, size := byTable(t, rows[f.Type], raw[4:len(raw)-4])
			if size != len(raw)-8 {
				t.Errorf("PROTOCOL.md's table covers %d bytes of %d", size, len(raw)-8)
			}
			sameFields(t, "PROTOCOL.md", byDoc, v.Fields)
			if got := naiveFrame(raw[0], raw[1], uint16(v.Seq), raw[4:len(raw)-4]); !bytes.Equal(got, wire) {
				t.Errorf("the naive encoder makes % x,\nwant % x", got, wire)
			}
		})
	}
	for _, typ := range allTypes {
		if met[typ] == 0 {
			t.Errorf("no vector of type %v", typ)
		}
	}
	for typ := range rows {
		if newMessage(typ) == nil && typ != 0 {
			t.Errorf("PROTOCOL.md has a table for type %v, the code none", typ)
		}
	}
}

func TestBadVectorsEndAsTheySay(t *testing.T) {
	for _, v := range readVectors(t).Bad {
		t.Run(v.Type+"/"+v.Name, func(t *testing.T) {
			var d protocol.Decoder
			var f protocol.Frame
			_, ok := d.Next(unhex(t, v.Frame), &f)
			s := d.Stats()
			s.NoiseBytes = 0
			want := protocol.DecoderStats{}
			switch v.Expect {
			case "stuffing":
				want.BadStuffing = 1
			case "checksum":
				want.BadChecksum = 1
			case "length":
				want.BadLength = 1
			case "version":
				want.BadVersion = 1
			default:
				want.Frames = 1
			}
			if s != want || ok != (want.Frames == 1) {
				t.Fatalf("Next() = %v, Stats() = %+v, want %+v", ok, s, want)
			}
			if !ok {
				return
			}
			m := newMessage(f.Type)
			if v.Expect == "unknown_type" {
				if m != nil {
					t.Errorf("type %v is known", f.Type)
				}
				return
			}
			err := m.Parse(f.Payload)
			switch v.Expect {
			case "short":
				if !errors.Is(err, protocol.ErrShort) {
					t.Errorf("Parse() = %v, want %v", err, protocol.ErrShort)
				}
			case "value":
				if !errors.Is(err, protocol.ErrValue) {
					t.Errorf("Parse() = %v, want %v", err, protocol.ErrValue)
				}
			case "trailing":
				if err != nil {
					t.Errorf("Parse() = %v", err)
				}
				sameFields(t, "Parse", fieldsOf(m), v.Fields)
			default:
				t.Errorf("expect %q is unknown", v.Expect)
			}
		})
	}
}

func TestStreamVectorsHoweverTheyAreCut(t *testing.T) {
	for _, v := range readVectors(t).Streams {
		t.Run(v.Name, func(t *testing.T) {
			in := unhex(t, v.Bytes)
			for size := 1; size <= len(in); size++ {
				var d protocol.Decoder
				got := []string{}
				for part := range chunks(in, size) {
					for _, f := range decodeAll(&d, part) {
						got = append(got, hex.EncodeToString(protocol.AppendFrame(nil, f.Type, f.Seq, f.Payload)))
					}
				}
				if diff := cmp.Diff(v.Frames, got); diff != "" {
					t.Fatalf("in pieces of %d: (-want +got)\n%s", size, diff)
				}
				if n := d.Stats().Damaged(); n != uint64(v.Damaged) {
					t.Fatalf("in pieces of %d: %d damaged, want %d", size, n, v.Damaged)
				}
			}
		})
	}
}

func TestSecondHalfOfTheTableIsAsTheHeadSays(t *testing.T) {
	// The rows and the Go fields stand in the same order under the same names.
	rows := tables(t)
	for _, typ := range allTypes {
		fs := fieldsOf(newMessage(typ))
		if len(fs) != len(rows[typ]) {
			t.Errorf("%v: %d rows in PROTOCOL.md, %d fields", typ, len(rows[typ]), len(fs))
			continue
		}
		for i, r := range rows[typ] {
			if fs[i].name != r.name {
				t.Errorf("%v: row %d of PROTOCOL.md is %s, the code's field %s", typ, i, r.name, fs[i].name)
			}
		}
	}
}
