package replay_test

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"penlog/cmd/internal/captures"
	"penlog/cmd/internal/replay"
	"penlog/device/capture"
	"penlog/protocol"
	"penlog/session"
)

// write writes a file into a folder of the test.
func write(t *testing.T, dir, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func treatment(t *testing.T) []byte { return scenes[0].play(t).file }

// split makes parts of a capture's file: at most so many records each.
func split(t *testing.T, file []byte, each int) (parts [][]byte) {
	t.Helper()
	r, err := capture.Parse(file)
	if err != nil {
		t.Fatal(err)
	}
	h, n := r.Header(), each
	var rec capture.Record
	for r.Next(&rec) == nil {
		if n == each {
			if len(parts) > 0 {
				last := &parts[len(parts)-1]
				*last = capture.AppendRecord(*last, &capture.Record{Kind: capture.KindEnd, Moment: rec.Moment, End: capture.EndContinues})
			}
			h.Part, n = uint32(len(parts)+1), 0
			parts = append(parts, capture.AppendStart(nil, &h, rec.Moment))
		}
		parts[len(parts)-1] = capture.AppendRecord(parts[len(parts)-1], &rec)
		n++
	}
	return parts
}

// Parts in any order are one capture, and replay like it.
func TestPartsAreJoined(t *testing.T) {
	dir, whole := t.TempDir(), treatment(t)
	var paths []string
	for i, p := range split(t, whole, 100) {
		paths = append([]string{write(t, dir, string(rune('a'+i)), p)}, paths...)
	}
	if len(paths) < 3 {
		t.Fatalf("%d parts", len(paths))
	}
	want, _ := replay.Notes(load(t, whole))
	all, err := replay.Load(paths)
	if err != nil || len(all) != 1 || len(all[0].Problems) > 0 {
		t.Fatalf("Load() = %d captures, %v", len(all), err)
	}
	got, _ := replay.Notes(all[0])
	if len(got) != len(want) {
		t.Errorf("%d notes of the parts, %d of the whole", len(got), len(want))
	}

	// A part in the middle is missing.
	all, err = replay.Load([]string{paths[len(paths)-1], paths[0]})
	if err != nil || len(all) != 1 || len(all[0].Problems) != 1 || !strings.Contains(all[0].Problems[0], "missing") {
		t.Errorf("Load() with a part missing: %+v, %v", all[0].Problems, err)
	}
	// The same part twice can't be meant.
	if _, err = replay.Load([]string{paths[0], paths[0]}); err == nil || !strings.Contains(err.Error(), "the same part") {
		t.Errorf("Load() of one part twice: %v", err)
	}
	// A part without the beginning is listed.
	text := replayed(t, paths[0])
	if !strings.Contains(text, "parts before 4 are missing") || !strings.Contains(text, "part 4 alone") {
		t.Errorf("a part without its beginning:\n%s", text)
	}
}

// Wherever a capture is cut, what is whole is replayed and the cut is told.
func TestCutCapturesAreReplayed(t *testing.T) {
	whole := treatment(t)
	for cut := 0; cut < len(whole); cut += 97 {
		path := write(t, t.TempDir(), "cut", whole[:cut])
		all, err := replay.Load([]string{path})
		if cut < 60 {
			if err == nil || !strings.Contains(err.Error(), "byte") {
				t.Errorf("cut at %d: %v, want an error with its place", cut, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("cut at %d: %v", cut, err)
			continue
		}
		replay.Notes(all[0])
		if len(all[0].Problems) == 0 || all[0].Ended {
			t.Errorf("cut at %d: nobody says so", cut)
		}
	}
}

// made makes a capture of records.
func made(records ...capture.Record) []byte {
	h := capture.Header{Source: capture.SourceLine, Part: 1}
	out := capture.AppendStart(nil, &h, 0)
	for i := range records {
		out = capture.AppendRecord(out, &records[i])
	}
	return out
}

// Moments that can't be, orders of tomorrow, gaps: words and an end in sensible time.
func TestHostileCaptures(t *testing.T) {
	far := int64(math.MaxInt64 >> 11)
	for _, tt := range []struct {
		name string
		file []byte
		say  string
	}{
		{"nothing in it", made(), "0 records"},
		{"centuries long", made(capture.Record{Kind: capture.KindOpened, Moment: -far}, capture.Record{Kind: capture.KindLost, Moment: 0}, capture.Record{Kind: capture.KindOpened, Moment: far}), "port opened"},
		{"backwards", made(capture.Record{Kind: capture.KindOpened, Moment: 100}, capture.Record{Kind: capture.KindRead, Moment: 50, Bytes: []byte{0}}), "port opened"},
		{"orders of tomorrow", made(capture.Record{Kind: capture.KindOrder, Bytes: []byte{99, 0, 0, 0, 0, 0}}, capture.Record{Kind: capture.KindOrder, Bytes: []byte{1}}), "2 are of a kind that this program does not know"},
		{"a gap", made(capture.Record{Kind: capture.KindGap, Dropped: math.MaxUint32, DroppedBytes: math.MaxUint64}), "4294967295 records"},
		{"two files joined", append(made(capture.Record{Kind: capture.KindOpened}), made(capture.Record{Kind: capture.KindLost})...), "damaged"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			begun := time.Now()
			if got := replayed(t, write(t, t.TempDir(), "x", tt.file)); !strings.Contains(got, tt.say) {
				t.Errorf("%q is not said in\n%s", tt.say, got)
			}
			if d := time.Since(begun); d > time.Minute {
				t.Errorf("it took %v", d)
			}
		})
	}
}

// Whatever a capture's records say, the replay ends and says something.
func FuzzReplay(f *testing.F) {
	f.Add(made(), []byte(nil))
	f.Add([]byte("x"), []byte{1, 3, 0xe8, 7, 1, 0, 0})
	f.Fuzz(func(t *testing.T, line, ord []byte) {
		var records []capture.Record
		now := int64(0)
		records = append(records, capture.Record{Kind: capture.KindOpened})
		for i := 0; len(line) > 0; i++ {
			n := min(len(line), 1+int(line[0])%200)
			k := []capture.Kind{capture.KindRead, capture.KindWritten, capture.KindRead, capture.KindOrder, capture.KindLost, capture.KindClock}[int(line[0])%6]
			now += int64(n) * 777
			r := capture.Record{Kind: k, Moment: now, Bytes: line[:n], Offset: int64(n) << 20}
			if k == capture.KindOrder {
				r.Bytes = ord
			}
			records = append(records, r)
			line = line[n:]
		}
		all, err := replay.Load([]string{write(t, t.TempDir(), "x", made(records...))})
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if _, err := replay.Write(&out, all[0], replay.Options{Frames: true}); err != nil || out.Len() == 0 {
			t.Fatal(err)
		}
	})
}

// Where a capture holds no orders they are guessed from the frames: the guard finds
// the same.
func TestOrdersAreGuessed(t *testing.T) {
	for _, name := range []string{"treatment", "depth-above-measured", "set-depth-above", "cable-pulled-and-back", "readings-frozen", "another-pen", "pen-reboots", "paused", "zone-left", "pen-ignores-revoke", "host-stalls"} {
		t.Run(name, func(t *testing.T) {
			var file []byte
			for i := range scenes {
				if scenes[i].name == name {
					file = scenes[i].play(t).file
				}
			}
			whole := load(t, file)
			want, _ := replay.Notes(whole)
			var kept []capture.Record
			for _, r := range whole.Records {
				if r.Kind != capture.KindOrder {
					kept = append(kept, r)
				}
			}
			whole.Records = kept
			got, stats := replay.Notes(whole)
			if a, b := stops(want), stops(got); !slices.Equal(a, b) {
				t.Errorf("found %q, with its orders %q", b, a)
			}
			if stats.Differences > 0 {
				t.Errorf("%d decisions differ from those of the host that was recorded", stats.Differences)
			}
			if stats.Guessed == 0 || stats.Would == 0 {
				t.Errorf("%d orders were guessed, %d permits would be sent", stats.Guessed, stats.Would)
			}
			if d := stats.Would - stats.Permits; d < -5 || d > 5 {
				t.Errorf("the core would send %d permits, %d were recorded", stats.Would, stats.Permits)
			}
		})
	}
}

// A capture whose beginning is gone is replayed from the pen's next session on, whatever
// number the host had for that.
func TestBeginningIsGone(t *testing.T) {
	var file []byte
	for i := range scenes {
		if scenes[i].name == "cable-pulled-and-back" {
			file = scenes[i].play(t).file
		}
	}
	c := load(t, file)
	for i := range c.Records {
		if c.Records[i].Kind == capture.KindLost {
			c.Records = c.Records[i:]
			break
		}
	}
	c.Parts = []uint32{2}
	_, stats := replay.Notes(c)
	if stats.Would == 0 || stats.Would < stats.Permits-2 || stats.Differences > 0 {
		t.Errorf("%d permits would be sent of %d, %d differences", stats.Would, stats.Permits, stats.Differences)
	}
}

// What was written stands behind what it led to when two goroutines met: time decides.
func TestRecordsAreSortedByTime(t *testing.T) {
	whole := treatment(t)
	want, _ := replay.Notes(load(t, whole))
	c := load(t, whole)
	out := made()
	for i := 0; i < len(c.Records); i++ {
		r := c.Records[i]
		if r.Kind == capture.KindWritten && i+1 < len(c.Records) && c.Records[i+1].Kind == capture.KindRead && c.Records[i+1].Moment > r.Moment {
			out = capture.AppendRecord(out, &c.Records[i+1])
			i++
		}
		out = capture.AppendRecord(out, &r)
	}
	got, stats := replay.Notes(load(t, out))
	if len(got) != len(want) || stats.Differences > 0 {
		t.Errorf("%d notes, %d differences; want %d and none", len(got), stats.Differences, len(want))
	}
}

func TestDiff(t *testing.T) {
	for _, tt := range []struct{ name, want, got, diff string }{
		{"the same", "a\nb\n", "a\nb\n", ""},
		{"one line", "a\nb\nc\n", "a\nx\nc\n", "--- w\n+++ g\n@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n"},
		{"added at the end", "a\n", "a\nb\n", "--- w\n+++ g\n@@ -1,1 +1,2 @@\n a\n+b\n"},
		{"gone", "a\n", "", "--- w\n+++ g\n@@ -1,1 +1,0 @@\n-a\n"},
		{"the end of a line", "a\n", "a", "--- w\n+++ g\n@@ -1,1 +1,1 @@\n-a\n+a\\ (no newline at the end)\n"},
		{"two places far apart", "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n", "x\n2\n3\n4\n5\n6\n7\n8\n9\ny\n",
			"--- w\n+++ g\n@@ -1,4 +1,4 @@\n-1\n+x\n 2\n 3\n 4\n@@ -7,4 +7,4 @@\n 7\n 8\n 9\n-10\n+y\n"},
	} {
		if got := replay.Diff("w", tt.want, "g", tt.got); got != tt.diff {
			t.Errorf("%s: Diff() =\n%s\nwant\n%s", tt.name, got, tt.diff)
		}
	}
	long := strings.Repeat("a\nb\n", 3000)
	if d := replay.Diff("w", "x\n"+long+"y\n", "g", "z\n"+strings.Repeat("b\na\n", 3000)); !strings.Contains(d, "-x\n") || !strings.Contains(d, "+z\n") {
		t.Error("a long difference is not shown")
	}
}

// The frames of a capture, in words.
func TestFramesAreListed(t *testing.T) {
	c := load(t, treatment(t))
	var out bytes.Buffer
	if _, err := replay.Write(&out, c, replay.Options{Frames: true}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`pen   identity `, `host  hello `, `pen   welcome `, `host  permit `, `pen   reading `, `motor running, set 0.50 mm`, `host  ceiling `, `1.00 mm, generation 7901`, `order want 1.00 mm, permits, recording`} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no line has %q", want)
		}
	}
}

// A host that decides otherwise than the core shows: here a ceiling that was never ordered.
func TestDifferencesAreTold(t *testing.T) {
	c := load(t, treatment(t))
	for i := range c.Records {
		if r := &c.Records[i]; r.Kind == capture.KindOrder {
			if o, err := captures.ParseOrder(r.Bytes); err == nil && o.Kind == session.OrderWant {
				o.Ceiling = 700
				r.Bytes = captures.AppendOrder(nil, &o)
			}
		}
	}
	var out bytes.Buffer
	stats, err := replay.Write(&out, c, replay.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if stats.Differences == 0 || !strings.Contains(out.String(), "differs: the recorded host did set the ceiling 1.00 mm") ||
		!strings.Contains(out.String(), "differs: the core would set the ceiling 0.70 mm") {
		t.Errorf("%d differences:\n%s", stats.Differences, out.String())
	}
}

// What waited for the line when the port went was decided all the same.
func TestWhatThePortTookAlongIsNoDifference(t *testing.T) {
	c := load(t, treatment(t))
	for i := range c.Records {
		r := &c.Records[i]
		if r.Kind != capture.KindWritten {
			continue
		}
		var d protocol.Decoder
		var f protocol.Frame
		var m protocol.Ceiling
		if _, ok := d.Next(r.Bytes, &f); ok && f.Type == protocol.TypeCeiling && m.Parse(f.Payload) == nil && m.Depth == 1500 {
			c.Records = append(c.Records[:i:i], capture.Record{Kind: capture.KindLost, Moment: r.Moment + 500}, capture.Record{Kind: capture.KindOpened, Moment: r.Moment + 900_000})
			break
		}
	}
	if _, stats := replay.Notes(c); stats.Differences > 0 || stats.Lost != 1 {
		t.Errorf("%d differences, %d ports lost; want 0 and 1", stats.Differences, stats.Lost)
	}
}

// What replays never speaks.
func TestReplayingCoreIsMute(t *testing.T) {
	hot, follow := session.NewFollowing(session.HotConfig{Emit: func(*session.Note) bool { return true }})
	c := load(t, treatment(t))
	said := 0
	for _, r := range c.Records {
		now := protocol.Instant(r.Moment)
		if r.Kind == capture.KindRead {
			hot.Receive(r.Bytes, now)
			hot.Tick(now, protocol.At(r.Moment), true)
			var o protocol.Outgoing
			if hot.Output(&o) || hot.Host().Output(&o) {
				t.Fatalf("a core that replays says % x", o.Bytes())
			}
			for follow.Would(&o) {
				said++
			}
		}
	}
	if said == 0 {
		t.Error("it would say nothing: nothing is shown")
	}
}
