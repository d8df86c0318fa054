package protocol_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"penlog/protocol"
)

// traffic makes n frames as a running pen sends them, one after the other.
func traffic(rng *rand.Rand, n int) [][]byte {
	out := make([][]byte, n)
	for i := range out {
		if i%100 == 99 {
			m := protocol.Status{Tick: protocol.Tick(i * 5000), Sent: uint32(i), Lifetime: rng.Uint32(), Battery: 80}
			out[i] = protocol.AppendFrame(nil, protocol.TypeStatus, uint16(i), m.Append(nil))
			continue
		}
		m := protocol.Reading{Tick: protocol.Tick(i * 5000), Sent: uint32(i), Flags: protocol.MakeFlags(2, 1, protocol.FlagPermit),
			Set: 750, Measured: uint16(700 + rng.IntN(100)), Peak: 800, Strokes: uint32(i / 2), StrokeRate: 1170,
			Generation: 18, Ceiling: 1000, PermitMS: uint16(rng.IntN(300)), Glides: uint8(i / 300)}
		out[i] = protocol.AppendFrame(nil, protocol.TypeReading, uint16(i), m.Append(nil))
	}
	return out
}

// What decodes re-encodes to bytes that were sent, and however the stream is
// cut, frames and counts are the same.
func FuzzDecoder(f *testing.F) {
	rng := rand.New(rand.NewPCG(1, 1))
	good := bytes.Join(traffic(rng, 4), nil)
	f.Add(good, uint16(1))
	f.Add(good[5:], uint16(7))
	f.Add(append([]byte("\x00noise\x00\x00"), good...), uint16(3))
	f.Add(bytes.Repeat([]byte{1}, 600), uint16(64))
	f.Add(naiveFrame(2, 3, 1, []byte{1}), uint16(2))
	f.Fuzz(func(t *testing.T, sent []byte, size uint16) {
		var whole, cut protocol.Decoder
		frames := decodeAll(&whole, sent)
		var pieces []protocol.Frame
		for part := range chunks(sent, 1+int(size)%300) {
			pieces = append(pieces, decodeAll(&cut, part)...)
		}
		for _, fr := range frames {
			again := protocol.AppendFrame(nil, fr.Type, fr.Seq, fr.Payload)
			if !bytes.Contains(sent, again[1:]) { // the first zero may be the neighbour's, or the line's beginning
				t.Fatalf("decoded % x, which was never sent", again)
			}
			if m := newMessage(fr.Type); m != nil && m.Parse(fr.Payload) == nil && fr.Type != protocol.TypeIdentity && fr.Type != protocol.TypeWelcome {
				if p := m.Append(nil); !bytes.HasPrefix(fr.Payload, p) {
					t.Fatalf("%v % x parses to %+v, which is % x", fr.Type, fr.Payload, m, p)
				}
			}
		}
		if fmt.Sprint(frames) != fmt.Sprint(pieces) || whole.Stats() != cut.Stats() {
			t.Fatalf("cut at %d: %v %+v, whole: %v %+v", size, pieces, cut.Stats(), frames, whole.Stats())
		}
		s := whole.Stats()
		runs := 0
		for run := range bytes.SplitSeq(sent, []byte{0}) {
			runs += min(len(run), 1)
		}
		if n := int(s.Frames + s.Damaged() + s.BadVersion); n > runs || n < runs-1 { // the last has no end yet
			t.Fatalf("%d runs between zeros, %d counted: %+v", runs, n, s)
		}
	})
}

// FuzzPenReceive: nothing that arrives makes a pen panic, stall or grow, or run.
func FuzzPenReceive(f *testing.F) {
	rng := rand.New(rand.NewPCG(2, 2))
	f.Add(bytes.Join(traffic(rng, 2), nil))
	for _, s := range samples() {
		f.Add(protocol.AppendFrame(nil, s.typ, s.seq, s.m.Append(nil)))
	}
	f.Fuzz(func(t *testing.T, sent []byte) {
		p, err := protocol.NewPen(protocol.PenConfig{Identity: guardedID()})
		if err != nil {
			t.Fatal(err)
		}
		now := protocol.Uptime(0)
		for part := range chunks(sent, 64) {
			now += 1000
			p.Receive(part, now)
			if p.MotorOn() {
				t.Fatal("the motor runs, and nobody pressed")
			}
			if n := len(p.AppendOutput(nil)); n > 4096 {
				t.Fatalf("%d bytes of answer at once", n)
			}
			if next := p.Next(); next <= now {
				t.Fatalf("Next() = %d at %d: the caller would spin", next, now)
			}
		}
	})
}

// damage does to each byte of the stream, with probability p, one of: flip a
// bit, drop it, insert one before it. It returns the stream and which of the
// frames kept all their bytes and both zeros with nothing put between.
func damage(rng *rand.Rand, frames [][]byte, p float64) (out []byte, whole []bool) {
	whole = make([]bool, len(frames))
	// The gap to the next hit is geometric: one draw per hit, not per byte.
	gap := func() int { return int(rng.ExpFloat64() / p) }
	next := gap()
	for i, f := range frames {
		hit := false
		for j := 0; j < len(f); {
			if next >= len(f)-j {
				next -= len(f) - j
				out = append(out, f[j:]...)
				break
			}
			out = append(out, f[j:j+next]...)
			j += next
			switch rng.IntN(3) {
			case 0:
				out = append(out, f[j]^1<<rng.IntN(8))
				hit = true
			case 1:
				hit = true
			case 2:
				out = append(out, byte(rng.IntN(256)), f[j])
				hit = hit || j > 0 // one put before the first zero touches the neighbour's end, not this frame
			}
			j++
			next = gap()
		}
		whole[i] = !hit
	}
	return out, whole
}

// resync feeds at least want damaged frames at rate p and returns what became
// of them and of the untouched ones.
func resync(t *testing.T, rng *rand.Rand, p float64, want int) (damaged, untouched, missed, wrong int) {
	t.Helper()
	const batch = 4000
	frames := traffic(rng, batch)
	var f protocol.Frame
	var again []byte
	for damaged < want {
		var d protocol.Decoder // a frame whose end was hit must not end in the next batch
		stream, whole := damage(rng, frames, p)
		at := 0 // frames come out in order; each is looked for from the last on
		delivered := make([]bool, batch)
		b := stream
		for ok := true; ok; {
			if b, ok = d.Next(b, &f); !ok {
				break
			}
			again = protocol.AppendFrame(again[:0], f.Type, f.Seq, f.Payload)
			k := int(f.Seq)
			if k < batch && k >= at && bytes.Equal(frames[k], again) {
				delivered[k], at = true, k+1
			} else {
				wrong++
			}
		}
		for i := range frames {
			if !whole[i] {
				damaged++
				continue
			}
			untouched++
			if !delivered[i] {
				missed++
			}
		}
	}
	return damaged, untouched, missed, wrong
}

// TestResynchronises damages 2·10⁵ frames, or as many as PENLOG_DAMAGED says.
func TestResynchronises(t *testing.T) {
	total := 200_000
	if s := os.Getenv("PENLOG_DAMAGED"); s != "" {
		n, err := strconv.ParseFloat(s, 64)
		if err != nil {
			t.Fatal(err)
		}
		total = int(n)
	}
	seed := uint64(20)
	for _, tt := range []struct {
		p     float64
		share float64
	}{{1e-4, 0.05}, {1e-3, 0.25}, {1e-2, 0.7}} {
		t.Run(fmt.Sprint(tt.p), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, uint64(1/tt.p)))
			damaged, untouched, missed, wrong := resync(t, rng, tt.p, int(float64(total)*tt.share))
			share := 1 - float64(missed)/float64(untouched)
			t.Logf("%d damaged, %d untouched, %d of those missed (%.6f %% delivered), %d wrong", damaged, untouched, missed, 100*share, wrong)
			if share < 0.9999 {
				t.Errorf("%.6f of the untouched frames were delivered, want 0.9999", share)
			}
			if wrong != 0 {
				t.Errorf("%d frames delivered that were never sent so", wrong)
			}
		})
	}
}

func TestDecoderAllocatesNothingAtAnyReadSize(t *testing.T) {
	stream := bytes.Join(traffic(rand.New(rand.NewPCG(3, 3)), 200), nil)
	stream = append(stream, bytes.Repeat([]byte{9}, 700)...) // too long to be a frame
	for _, size := range []int{1, 7, 42, 512, 4096} {
		var d protocol.Decoder
		var f protocol.Frame
		n := 0
		allocs := testing.AllocsPerRun(5, func() {
			for b := stream; len(b) > 0; {
				k := min(size, len(b))
				for rest, ok := b[:k], true; ok; {
					if rest, ok = d.Next(rest, &f); ok {
						n++
					}
				}
				b = b[k:]
			}
		})
		if allocs != 0 {
			t.Errorf("reads of %d bytes: %v allocations", size, allocs)
		}
		if n < 6*199 {
			t.Errorf("reads of %d bytes: only %d frames came out", size, n)
		}
	}
}

func TestDecoderTakesTheLongestFrameAndNoByteMore(t *testing.T) {
	long := protocol.AppendFrame(nil, protocol.TypeReading, 0x0101, bytes.Repeat([]byte{7}, protocol.MaxPayload))
	over := naiveFrame(1, 3, 0x0101, bytes.Repeat([]byte{7}, protocol.MaxPayload+1))
	least := protocol.AppendFrame(nil, protocol.TypeReading, 0x0101, nil)
	if len(long) != 256 || len(over) != 257 || len(least) != 11 {
		t.Fatalf("frames of %d, %d and %d bytes", len(long), len(over), len(least))
	}
	in := bytes.Join([][]byte{long, over, least, {0, 1, 2, 3, 4, 5, 6, 7, 8, 0}, long}, nil)
	for size := 1; size <= len(in); size++ {
		var d protocol.Decoder
		n := 0
		for part := range chunks(in, size) {
			n += len(decodeAll(&d, part))
		}
		want := protocol.DecoderStats{Frames: 3, BadLength: 2, NoiseBytes: 255 + 8}
		if got := d.Stats(); n != 3 || got != want {
			t.Fatalf("in pieces of %d: %d frames, %+v, want %+v", size, n, got, want)
		}
	}
}

// A rapid property: any frames, any garbage without a zero between them, any cuts.
func TestDecoderDeliversAllThatIsSoundBetweenGarbage(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var sent []byte
		var want []string
		for range rapid.IntRange(0, 8).Draw(t, "frames") {
			garbage := rapid.SliceOfN(rapid.ByteRange(1, 255), 0, 300).Draw(t, "garbage")
			p := rapid.SliceOfN(rapid.Byte(), 0, protocol.MaxPayload).Draw(t, "payload")
			typ, seq := rapid.Byte().Draw(t, "type"), rapid.Uint16().Draw(t, "seq")
			sent = append(append(sent, garbage...), protocol.AppendFrame(nil, protocol.Type(typ), seq, p)...)
			want = append(want, fmt.Sprintf("%d %d % x", typ, seq, p))
		}
		var d protocol.Decoder
		var got []string
		for part := range chunks(sent, rapid.IntRange(1, 400).Draw(t, "cut")) {
			for _, f := range decodeAll(&d, part) {
				got = append(got, fmt.Sprintf("%d %d % x", f.Type, f.Seq, f.Payload))
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("got %v, want %v", got, want)
		}
	})
}

var table = crc32.MakeTable(crc32.Castagnoli)

// bare is the least that any decoder must do: find the zero, unstuff, compare
// the sum, each in the quickest way we know. It takes no care of cuts, lengths,
// versions or counts.
func bare(b []byte, raw []byte) (frames, sum int) {
	for len(b) > 0 {
		i := bytes.IndexByte(b, 0)
		if i < 0 {
			return frames, sum
		}
		run := b[:i]
		b = b[i+1:]
		if len(run) == 0 {
			continue
		}
		n := copy(raw, run[1:])
		at := int(run[0])
		for at < len(run) {
			raw[at-1] = 0
			at += int(run[at])
		}
		if n >= 8 && at == len(run) && crc32.Checksum(raw[:n-4], table) == binary.LittleEndian.Uint32(raw[n-4:]) {
			frames++
			sum += int(raw[1])
		}
	}
	return frames, sum
}

func decode(d *protocol.Decoder, f *protocol.Frame, b []byte, size int) (frames, sum int) {
	for len(b) > 0 {
		k := min(size, len(b))
		for rest, ok := b[:k], true; ok; {
			if rest, ok = d.Next(rest, f); ok {
				frames++
				sum += int(f.Type)
			}
		}
		b = b[k:]
	}
	return frames, sum
}

// BenchmarkDecode: one op is one second of telemetry at 1000 readings/s. The
// ratio to the bare loop is the median of pairs that take turns, so that neither
// has the quieter machine.
func BenchmarkDecode(b *testing.B) {
	second := bytes.Join(traffic(rand.New(rand.NewPCG(4, 4)), 1002), nil)
	var d protocol.Decoder
	var f protocol.Frame
	raw := make([]byte, 256)
	b.Run("bare", func(b *testing.B) {
		b.SetBytes(int64(len(second)))
		for b.Loop() {
			bare(second, raw)
		}
	})
	for _, size := range []int{1, 7, 42, 512, 4096} {
		b.Run(fmt.Sprintf("read=%d", size), func(b *testing.B) {
			b.SetBytes(int64(len(second)))
			b.ReportAllocs()
			for b.Loop() {
				decode(&d, &f, second, size)
			}
		})
	}
	b.Run("ratio", func(b *testing.B) {
		var ratios []float64
		for b.Loop() {
			begin := time.Now()
			n, _ := bare(second, raw)
			mid := time.Now()
			m, _ := decode(&d, &f, second, 4096)
			ratios = append(ratios, float64(time.Since(mid))/float64(mid.Sub(begin)))
			if n != 1002 || m != 1002 {
				b.Fatalf("%d and %d frames", n, m)
			}
		}
		slices.Sort(ratios)
		b.ReportMetric(ratios[len(ratios)/2], "x-bare")
	})
}
