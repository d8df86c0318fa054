package sim_test

import (
	"bytes"
	"encoding/binary"
	"testing"
	"time"

	"pgregory.net/rapid"

	"penlog/protocol"
	"penlog/sim"
)

func TestALineCarriesBytesAtItsPace(t *testing.T) {
	l := sim.NewLine(sim.LineConfig{Baud: 115200, Delay: 2 * time.Millisecond})
	b := bytes.Repeat([]byte{7}, 640) // ten packets of 64
	l.Write(b, 1000)
	// 64 bytes of ten bits take 5555.6 µs.
	if got, want := l.Next(), protocol.Instant(1000+5555+2000); got != want {
		t.Errorf("the first packet comes at %d µs, want %d", got, want)
	}
	n := 0
	var last protocol.Instant
	for l.Next() != sim.Never {
		last = l.Next()
		n += len(l.Read(nil, last))
	}
	if want := protocol.Instant(1000 + 2000 + 640*10*1_000_000/115200); n != 640 || last < want-1 || last > want+1 {
		t.Errorf("%d bytes by %d µs, want 640 by %d", n, last, want)
	}
	if l.Departed() != 640 || l.Held() != 0 {
		t.Errorf("departed %d, held %d", l.Departed(), l.Held())
	}
}

func TestWhatDoesNotFitIsLostAndCounted(t *testing.T) {
	l := sim.NewLine(sim.LineConfig{Baud: 9600, Queue: 100})
	l.Write(make([]byte, 80), 0)
	l.Write(make([]byte, 80), 0)
	got := l.Read(nil, 10_000_000)
	if s := l.Stats(); len(got) != 80 || s.Overrun != 80 || s.Written != 160 || l.Departed() != 160 {
		t.Errorf("%d bytes read, stats %+v", len(got), s)
	}
}

func TestStallsAndCuts(t *testing.T) {
	l := sim.NewLine(sim.LineConfig{})
	l.Write([]byte("ab"), 10)
	l.Stall(500)
	if got := l.Read(nil, 499); len(got) != 0 || l.Next() != 500 {
		t.Errorf("%q came through a stall until %d", got, l.Next())
	}
	if got := l.Read(nil, 500); string(got) != "ab" {
		t.Errorf("%q after the stall", got)
	}
	l.Write([]byte("cd"), 600)
	l.Cut()
	l.Write([]byte("ef"), 700)
	l.Mend()
	l.Write([]byte("gh"), 800)
	if got := l.Read(nil, 900); string(got) != "gh" || l.Stats().Cut != 4 {
		t.Errorf("%q past a cut, stats %+v", got, l.Stats())
	}
}

func TestDuplicateLoseAndReorderConcernWholeWrites(t *testing.T) {
	l := sim.NewLine(sim.LineConfig{Delay: time.Millisecond, Seed: 3})
	l.SetFaults(sim.LineFaults{Duplicate: 1_000_000})
	l.Write([]byte("one"), 0)
	l.SetFaults(sim.LineFaults{Reorder: 1_000_000})
	l.Write([]byte("two"), 0)
	l.SetFaults(sim.LineFaults{Lose: 1_000_000})
	l.Write([]byte("three"), 0)
	l.SetFaults(sim.LineFaults{})
	l.Write([]byte("four"), 0)
	got := string(l.Read(nil, 5000))
	if s := l.Stats(); got != "twooneonefour" || s.Duplicated != 1 || s.Reordered != 1 || s.Lost != 1 {
		t.Errorf("%q, stats %+v", got, s)
	}
}

func TestNoiseDoesWhatItCounts(t *testing.T) {
	l := sim.NewLine(sim.LineConfig{Seed: 1})
	l.SetFaults(sim.LineFaults{Flip: 10_000, Drop: 10_000, Insert: 10_000})
	sent := bytes.Repeat([]byte{0x55}, 60_000)
	l.Write(sent, 0)
	got := l.Read(nil, 0)
	s := l.Stats()
	if want := len(sent) - int(s.Dropped) + int(s.Inserted); len(got) != want || s.Flipped < 450 || s.Flipped > 750 {
		t.Errorf("%d bytes, want %d; stats %+v", len(got), want, s)
	}
}

func TestBytesComeTwiceAndOvertakeEachOther(t *testing.T) {
	for _, tt := range []struct {
		faults sim.LineFaults
		want   string
	}{
		{sim.LineFaults{Repeat: 1_000_000}, "aabbccddeeff"},
		{sim.LineFaults{Swap: 1_000_000}, "bcaefd"}, // each but the first of its write
	} {
		l := sim.NewLine(sim.LineConfig{Seed: 1, Faults: tt.faults})
		l.Write([]byte("abc"), 0)
		l.Write([]byte("def"), 0)
		if got := string(l.Read(nil, 0)); got != tt.want {
			t.Errorf("%+v: %q, want %q; stats %+v", tt.faults, got, tt.want, l.Stats())
		}
	}
	l := sim.NewLine(sim.LineConfig{Seed: 1, Faults: sim.LineFaults{Repeat: 10_000, Swap: 10_000}})
	sent := bytes.Repeat([]byte{0x55, 0xaa}, 30_000)
	l.Write(sent, 0)
	got, s := l.Read(nil, 0), l.Stats()
	if s.Repeated < 450 || s.Repeated > 750 || s.Swapped < 450 || s.Swapped > 750 || len(got) != len(sent)+int(s.Repeated) {
		t.Errorf("%d bytes of %d; stats %+v", len(got), len(sent), s)
	}
}

// A line without faults hands over what was written, in order, whole, never
// early, whatever its pace, delay and jitter and however it is read; and the
// same again from the same seed.
func TestALineLosesNothingByItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := sim.LineConfig{
			Baud:   rapid.SampledFrom([]uint32{0, 9600, 115200, 921600}).Draw(t, "baud"),
			Delay:  time.Duration(rapid.IntRange(0, 20_000).Draw(t, "delay")) * time.Microsecond,
			Jitter: time.Duration(rapid.IntRange(0, 20_000).Draw(t, "jitter")) * time.Microsecond,
			Packet: rapid.IntRange(1, 80).Draw(t, "packet"),
			Seed:   rapid.Uint64().Draw(t, "seed"),
		}
		a, b := sim.NewLine(cfg), sim.NewLine(cfg)
		var sent, gotA, gotB []byte
		now := protocol.Instant(0)
		for range rapid.IntRange(1, 30).Draw(t, "writes") {
			p := rapid.SliceOfN(rapid.Byte(), 0, 200).Draw(t, "bytes")
			a.Write(p, now)
			b.Write(p, now)
			sent = append(sent, p...)
			now += protocol.Instant(rapid.IntRange(0, 30_000).Draw(t, "wait"))
			gotA = a.Read(gotA, now)
			if len(gotA) > len(sent) || !bytes.Equal(gotA, sent[:len(gotA)]) {
				t.Fatalf("read % x of % x", gotA, sent)
			}
			if next := a.Next(); next <= now {
				t.Fatalf("next arrival at %d, already read at %d", next, now)
			}
		}
		for a.Next() != sim.Never {
			gotA = a.Read(gotA, a.Next())
		}
		gotB = b.Read(gotB, 1<<40)
		if !bytes.Equal(gotA, sent) || !bytes.Equal(gotB, sent) {
			t.Fatalf("read %d and %d bytes of %d", len(gotA), len(gotB), len(sent))
		}
		if a.Departed() != uint64(len(sent)) || a.Held() != 0 {
			t.Fatalf("departed %d, held %d", a.Departed(), a.Held())
		}
	})
}

// A line that is never empty forgets what it handed over, and mixes up nothing of
// what it did not.
func TestALineThatIsNeverEmptyKeepsItsBytesApart(t *testing.T) {
	l := sim.NewLine(sim.LineConfig{Delay: 10 * time.Millisecond, Packet: 3, Seed: 5})
	l.SetFaults(sim.LineFaults{Reorder: 300_000})
	heard := map[uint32]int{}
	var got []byte
	const writes = 3000
	for i := range uint32(writes) {
		now := protocol.Instant(i) * 1000
		l.Write(binary.BigEndian.AppendUint32(nil, i), now)
		got = l.Read(got, now)
	}
	if l.Held() == 0 {
		t.Fatal("the line was empty, which shows nothing")
	}
	got = l.Read(got, writes*1000+10_000)
	for ; len(got) >= 4; got = got[4:] {
		heard[binary.BigEndian.Uint32(got)]++
	}
	for i := range uint32(writes) {
		if heard[i] != 1 {
			t.Fatalf("write %d came %d times", i, heard[i])
		}
	}
	if s := l.Stats(); s.Reordered < writes/10 || len(got) != 0 || l.Held() != 0 || l.Departed() != 4*writes {
		t.Errorf("%d bytes behind the last, %d held, %d departed, stats %+v", len(got), l.Held(), l.Departed(), s)
	}
}
