package capture_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"penlog/device/capture"
)

// writes runs a writer with cfg, has do put records in, ends it, and returns its
// status and what Run returned. Time is virtual: the caller is in a bubble.
func writes(t *testing.T, cfg capture.Config, do func(*capture.Writer)) (capture.Status, error) {
	t.Helper()
	w, err := capture.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ran := make(chan error, 1)
	go func() { ran <- w.Run(ctx) }()
	do(w)
	stop()
	err = <-ran
	return w.Status(), err
}

// parts are the files in dir, oldest first.
func parts(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	slices.Sort(names)
	return names
}

// all reads a sound file whole.
func all(t *testing.T, path string) (capture.Header, []capture.Record) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	r, err := capture.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	got, errs := read(t, data)
	if len(errs) > 0 {
		t.Fatalf("%s: %v", path, errs)
	}
	return r.Header(), got
}

func TestWriterWritesWhatItIsGiven(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		status, err := writes(t, capture.Config{Dir: dir, Software: "penlog 1"}, func(w *capture.Writer) {
			w.Opened(1)
			w.Clock(2, 1_000_002)
			w.Read(3, []byte("abc"), true)
			w.Read(4, nil, false)
			w.Clock(4, 1_000_503) // half a millisecond: no news
			time.Sleep(200 * time.Millisecond)
			w.Written(5, []byte("def"))
			w.Order(6, []byte{8, 0})
			w.Clock(7, 1_001_007)
			w.Read(8, bytes.Repeat([]byte{1}, 1500), true)
			w.Lost(9)
		})
		if err != nil {
			t.Fatal(err)
		}
		h, got := all(t, filepath.Join(dir, parts(t, dir)[0]))
		if h.Part != 1 || h.Software != "penlog 1" || h.Source != capture.SourceLine || h.Begun != time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro() {
			t.Errorf("header %+v", h)
		}
		want := []capture.Record{
			{Kind: capture.KindOpened, Moment: 1},
			{Kind: capture.KindClock, Moment: 2, Offset: 1_000_000},
			{Kind: capture.KindRead, Moment: 3, Bytes: []byte("abc"), Drained: true},
			{Kind: capture.KindRead, Moment: 4},
			{Kind: capture.KindWritten, Moment: 5, Bytes: []byte("def")},
			{Kind: capture.KindOrder, Moment: 6, Bytes: []byte{8, 0}},
			{Kind: capture.KindClock, Moment: 7, Offset: 1_001_000},
			{Kind: capture.KindRead, Moment: 8, Bytes: bytes.Repeat([]byte{1}, 1024)},
			{Kind: capture.KindRead, Moment: 8, Bytes: bytes.Repeat([]byte{1}, 476), Drained: true},
			{Kind: capture.KindLost, Moment: 9},
			{Kind: capture.KindEnd, Moment: 9, End: capture.EndClosed},
		}
		if !same(got, want) {
			t.Errorf("read  %+v\nwant %+v", got, want)
		}
		if status.Dropped != 0 || status.Records != uint64(len(want)-1) || status.Err != nil {
			t.Errorf("Status() = %+v", status)
		}
	})
}

// What does not fit is counted and stands in the file as a gap, at its place.
func TestFullQueueLeavesAGap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		status, err := writes(t, capture.Config{Dir: dir, Queue: 264}, func(w *capture.Writer) {
			for i := range 10 {
				w.Read(int64(i), bytes.Repeat([]byte{byte(i)}, 50), true) // 62 bytes each: four fit
			}
			w.Read(10, nil, true) // would fit, but then the gap were two
			w.Clock(11, 11)
			time.Sleep(100 * time.Millisecond)
			w.Clock(12, 12)
			w.Read(13, []byte("again"), true)
		})
		if err != nil {
			t.Fatal(err)
		}
		_, got := all(t, filepath.Join(dir, parts(t, dir)[0]))
		kinds := ""
		for _, r := range got {
			kinds += r.Kind.String() + " "
			if r.Kind == capture.KindGap && (r.Dropped != 7 || r.DroppedBytes != 300 || r.Moment != 10) {
				t.Errorf("gap %+v", r)
			}
		}
		if kinds != "read read read read gap clock read end " {
			t.Errorf("records are %s", kinds)
		}
		if status.Dropped != 7 {
			t.Errorf("Dropped = %d, want 7", status.Dropped)
		}
	})
}

// A clock that found no room is told as soon as there is some.
func TestClockIsToldAfterAGap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		if _, err := writes(t, capture.Config{Dir: dir, Queue: 70}, func(w *capture.Writer) {
			w.Read(1, make([]byte, 50), true)
			w.Clock(2, 5002) // the first that does not fit
			time.Sleep(100 * time.Millisecond)
			w.Clock(3, 5003)
		}); err != nil {
			t.Fatal(err)
		}
		_, got := all(t, filepath.Join(dir, parts(t, dir)[0]))
		if len(got) != 4 || got[1].Kind != capture.KindGap || got[2].Kind != capture.KindClock || got[2].Offset != 5000 {
			t.Errorf("records %+v, want read, gap, clock, end", got)
		}
	})
}

// Parts are whole files of one capture, which together hold everything once.
func TestPartsFollowEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		const n = 300
		if _, err := writes(t, capture.Config{Dir: dir, FileMost: 4096, TotalMost: 1 << 20}, func(w *capture.Writer) {
			w.Clock(0, 77)
			for i := range n {
				w.Read(int64(i), fmt.Appendf(nil, "%040d", i), true)
			}
		}); err != nil {
			t.Fatal(err)
		}
		names, next := parts(t, dir), 0
		if len(names) < 4 {
			t.Fatalf("%d parts of at most 4096 bytes", len(names))
		}
		var id [8]byte
		for i, name := range names {
			if fi, err := os.Stat(filepath.Join(dir, name)); err != nil || fi.Size() > 4096 {
				t.Errorf("part %d has %d bytes, %v", i+1, fi.Size(), err)
			}
			h, got := all(t, filepath.Join(dir, name))
			if i == 0 {
				id = h.ID
			}
			if h.ID != id || h.Part != uint32(i+1) {
				t.Errorf("file %d is part %d of %x", i+1, h.Part, h.ID)
			}
			if got[0].Kind != capture.KindClock || got[0].Offset != 77 {
				t.Errorf("part %d begins with %+v, want the clock", i+1, got[0])
			}
			for _, r := range got {
				if r.Kind == capture.KindRead {
					if want := fmt.Sprintf("%040d", next); string(r.Bytes) != want {
						t.Fatalf("read %q, want %q", r.Bytes, want)
					}
					next++
				}
			}
			want := capture.EndContinues
			if i == len(names)-1 {
				want = capture.EndClosed
			}
			if end := got[len(got)-1]; end.End != want {
				t.Errorf("part %d ends with %+v, want %d", i+1, end, want)
			}
		}
		if next != n {
			t.Errorf("%d of %d records are there", next, n)
		}
	})
}

// The oldest captures make room, and no other file is touched.
func TestTotalIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		old := "19991231T000000Z-0123456789abcdef-0001.pencap"
		for _, name := range []string{old, "mine.pencap", "19991231T000000Z-0123456789abcdef-0001.pencap.bak", "notes.txt"} {
			if err := os.WriteFile(filepath.Join(dir, name), make([]byte, 5000), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		status, err := writes(t, capture.Config{Dir: dir, FileMost: 4096, TotalMost: 10_000}, func(w *capture.Writer) {
			for i := range 1000 {
				w.Read(int64(i), make([]byte, 40), true)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		total, theirs := int64(0), 0
		for _, name := range parts(t, dir) {
			fi, err := os.Stat(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			switch {
			case name == old:
				t.Error("the oldest capture is still there")
			case strings.Contains(name, "2000"):
				total += fi.Size()
			default:
				theirs++
			}
		}
		if total > 10_000 || total < 4096 {
			t.Errorf("captures take %d bytes, want at most 10000", total)
		}
		if theirs != 3 {
			t.Errorf("%d of 3 files that are not ours are left", theirs)
		}
		if status.Removed < 8 {
			t.Errorf("Removed = %d", status.Removed)
		}
	})
}

// full is a disk with room for so many bytes.
type full struct {
	room int
	buf  bytes.Buffer
}

func (f *full) Write(b []byte) (int, error) {
	n := min(len(b), f.room)
	f.room -= n
	f.buf.Write(b[:n])
	if n < len(b) {
		return n, errors.New("no space left on device")
	}
	return n, nil
}

func (f *full) Close() error { return nil }

// A full disk ends the capturing, says so, and nobody waits for it; what was
// written reads as cut.
func TestFullDiskEndsCapturing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := &full{room: 1000}
		w, err := capture.New(capture.Config{Dir: t.TempDir(), Queue: 2000, Create: func(string) (capture.File, error) { return disk, nil }})
		if err != nil {
			t.Fatal(err)
		}
		ran := make(chan error, 1)
		go func() { ran <- w.Run(t.Context()) }()
		for i := range 100 {
			w.Read(int64(i), make([]byte, 40), true)
			time.Sleep(10 * time.Millisecond)
		}
		err = <-ran
		if !errors.Is(err, capture.ErrStopped) || !strings.Contains(err.Error(), "no space left on device: free some space") {
			t.Errorf("Run() = %v", err)
		}
		if s := w.Status(); s.Err != err || s.Dropped != 0 {
			t.Errorf("Status() = %+v", s)
		}
		got, errs := read(t, disk.buf.Bytes())
		if len(got) == 0 || len(errs) != 1 || !errors.Is(errs[0], capture.ErrCut) {
			t.Errorf("%d records are left, %v", len(got), errs)
		}
	})
}

// stuck is a disk that does not come back.
type stuck struct{ free chan struct{} }

func (s stuck) Write(b []byte) (int, error) { <-s.free; return len(b), nil }
func (s stuck) Close() error                { return nil }

// A disk that hangs holds nobody up but the writer's own goroutine.
func TestNobodyWaitsForTheDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stuck{make(chan struct{})}
		first := true
		w, err := capture.New(capture.Config{Dir: t.TempDir(), Queue: 4096, Create: func(string) (capture.File, error) {
			if first {
				first = false
				return free{}, nil
			}
			return s, nil
		}, FileMost: 4096, TotalMost: 1 << 20})
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		ran := make(chan error, 1)
		go func() { ran <- w.Run(ctx) }()
		for i := range 200 {
			begun := time.Now()
			w.Read(int64(i), make([]byte, 100), true)
			if d := time.Since(begun); d > 0 {
				t.Fatalf("a read waited %v", d)
			}
			time.Sleep(10 * time.Millisecond)
		}
		if w.Status().Dropped == 0 {
			t.Error("nothing was dropped, though the disk hangs")
		}
		close(s.free)
		stop()
		if err := <-ran; err != nil {
			t.Error(err)
		}
	})
}

type free struct{}

func (free) Write(b []byte) (int, error) { return len(b), nil }
func (free) Close() error                { return nil }

// upper lets letters in as capitals and names a pen once.
type upper struct{ told, lost bool }

func (u *upper) Read(dst, b []byte) []byte { return append(dst, bytes.ToUpper(b)...) }
func (u *upper) Lost()                     { u.lost = true }
func (u *upper) Pen() (capture.Pen, bool) {
	news := !u.told
	u.told = true
	return capture.Pen{Vendor: "V", Simulated: true}, news
}

// Only what the sieve lets in reaches a file, and who answers stands in each part.
func TestSieve(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		u := &upper{}
		if _, err := writes(t, capture.Config{Dir: dir, Sieve: u, FileMost: 4096, TotalMost: 1 << 20}, func(w *capture.Writer) {
			for range 100 {
				w.Read(3, []byte("abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz"), true)
			}
			w.Lost(4)
		}); err != nil {
			t.Fatal(err)
		}
		names := parts(t, dir)
		if len(names) < 2 || !u.lost {
			t.Fatalf("%d parts, lost %v", len(names), u.lost)
		}
		for _, name := range names {
			_, got := all(t, filepath.Join(dir, name))
			if got[0].Kind != capture.KindPen || got[0].Pen.Vendor != "V" {
				t.Errorf("%s begins with %+v, want the pen", name, got[0])
			}
			data, _ := os.ReadFile(filepath.Join(dir, name))
			if bytes.Contains(data, []byte("abc")) {
				t.Errorf("%s holds what the sieve did not let in", name)
			}
		}
	})
}

func TestNewRefuses(t *testing.T) {
	dir := t.TempDir()
	plain := filepath.Join(dir, "plain")
	if err := os.WriteFile(plain, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		cfg capture.Config
		say string
	}{
		{capture.Config{}, "names no folder"},
		{capture.Config{Dir: filepath.Join(dir, "none")}, "make the folder first"},
		{capture.Config{Dir: plain}, "is no folder"},
		{capture.Config{Dir: dir, FileMost: 100}, "FileMost"},
		{capture.Config{Dir: dir, FileMost: 1 << 20, TotalMost: 1 << 20}, "TotalMost"},
		{capture.Config{Dir: dir, Create: func(string) (capture.File, error) { return nil, io.ErrShortWrite }}, "short write"},
	} {
		if _, err := capture.New(tt.cfg); err == nil || !strings.Contains(err.Error(), tt.say) {
			t.Errorf("New(%+v) = %v, want %q", tt.cfg, err, tt.say)
		}
	}
}

// Who hands over may be several at once, and a nil writer takes everything.
func TestWriterTakesFromManyAtOnce(t *testing.T) {
	dir := t.TempDir()
	w, err := capture.New(capture.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() { ran <- w.Run(ctx) }()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i := range 500 {
				w.Read(int64(i), []byte("abcd"), true)
				w.Written(int64(i), []byte("efgh"))
			}
		})
	}
	wg.Wait()
	stop()
	if err := <-ran; err != nil {
		t.Fatal(err)
	}
	if _, got := all(t, w.Status().Path); len(got) != 4*1000+1 {
		t.Errorf("%d records, want 4001", len(got))
	}
	var none *capture.Writer
	none.Read(1, nil, true)
	none.Written(1, nil)
	none.Order(1, nil)
	none.Clock(1, 1)
	none.Opened(1)
	none.Lost(1)
	if s := none.Status(); s != (capture.Status{}) {
		t.Errorf("a nil writer's Status() = %+v", s)
	}
}

// The goroutine that holds the permits allocates nothing for a capture.
func TestRecordingAllocatesNothing(t *testing.T) {
	w, err := capture.New(capture.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	frame, n := make([]byte, 42), int64(0)
	if got := testing.AllocsPerRun(1000, func() {
		n += 5000
		w.Read(n, frame, true)
		w.Clock(n, n+n%3000)
		w.Order(n, frame[:8])
	}); got != 0 {
		t.Errorf("a turn allocates %v times, want 0", got)
	}
}

// BenchmarkRead is what a turn of the port's reader pays, with the queue taken away
// behind its back as live.
func BenchmarkRead(b *testing.B) {
	w, err := capture.New(capture.Config{Dir: b.TempDir(), Queue: 64 << 20, Create: func(string) (capture.File, error) { return free{}, nil }})
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(b.Context())
	ran := make(chan error, 1)
	go func() { ran <- w.Run(ctx) }()
	frame, n := make([]byte, 42), int64(0)
	b.ReportAllocs()
	for b.Loop() {
		n += 5000
		w.Read(n, frame, true)
		w.Clock(n, n)
	}
	stop()
	<-ran
	b.ReportMetric(float64(w.Status().Dropped)/float64(b.N), "dropped/op")
}
