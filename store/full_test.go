package store_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"penlog/store"
)

// A full disk as SQLite sees it when the file may not grow.
func TestFullDiskFreesTheBallastAndKeepsTheOrder(t *testing.T) {
	s := open(t, t.TempDir(), store.Options{BallastBytes: 64 << 10})
	limit := func(pages int) {
		t.Helper()
		var got int
		if err := s.WriterDB().QueryRow(fmt.Sprintf("PRAGMA max_page_count = %d", pages)).Scan(&got); err != nil {
			t.Fatal(err)
		}
	}
	var pages int
	if err := s.WriterDB().QueryRow("PRAGMA page_count").Scan(&pages); err != nil {
		t.Fatal(err)
	}
	d := run(t, s, store.WriterOptions{RetryAfter: time.Millisecond, BallastEvery: time.Millisecond})
	if got := d.w.Health().Ballast; got != store.BallastHeld {
		t.Fatalf("ballast is %v", got)
	}
	h := newHistory(0)
	d.put(t, h.first())
	limit(pages + 2)
	big := store.Batch{Records: h.next("tripped").Records, Chunk: h.chunk(1000)} // 43 kB: 11 pages
	behind := h.next("acknowledged")
	for _, b := range []store.Batch{big, behind} {
		if err := d.w.Submit(b); err != nil {
			t.Fatal(err)
		}
	}
	f := d.fault(t)
	if f.Kind != store.Full || !f.Freed || f.Fatal || f.Pause != 0 || !strings.Contains(f.Error(), "reserve was released") || !strings.Contains(f.Error(), "free space on the disk") {
		t.Errorf("first fault = %+v: %v", f, f)
	}
	if _, err := os.Stat(filepath.Join(s.Dir(), "ballast")); !os.IsNotExist(err) {
		t.Errorf("the ballast is still there: %v", err)
	}
	f = d.fault(t)
	if f.Kind != store.Full || f.Freed || f.Fatal || f.Pause == 0 || !strings.Contains(f.Error(), "reserve is used up") {
		t.Errorf("second fault = %+v: %v", f, f)
	}
	if got := d.w.Health(); got.Ballast != store.BallastFreed || got.Failing <= 0 || got.Queue != 2 || got.LastFault.Kind != store.Full {
		t.Errorf("Health = %+v", got)
	}
	limit(1 << 30)
	if c := d.committed(t); c.Batch.Chunk != big.Chunk || c.Tries < 3 {
		t.Errorf("acknowledged %+v", c)
	}
	if c := d.committed(t); c.Batch.Records[0].Kind != "acknowledged" {
		t.Errorf("acknowledged %+v", c)
	}
	d.put(t, h.next("pass")) // when this is acknowledged, the writer has looked after the ballast
	if got := d.w.Health(); got.Ballast != store.BallastHeld || got.Failing != 0 {
		t.Errorf("Health = %+v", got)
	}
	if v, err := d.VerifyAll(t.Context()); err != nil || v.Records != 4 || v.Chunks != 1 {
		t.Errorf("%+v, %v", v, err)
	}
}

func TestBallastIsRealAndMadeAgainWhenItIsNot(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "ballast")
	check := func(name string) {
		t.Helper()
		s := open(t, dir, store.Options{})
		w, err := s.Writer(store.WriterOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if got := w.Health().Ballast; got != store.BallastHeld {
			t.Errorf("%s: ballast is %v", name, got)
		}
		fi, err := os.Stat(path)
		if err != nil || fi.Size() != store.DefaultBallast {
			t.Errorf("%s: %v, %v", name, fi, err)
		}
		if got := onDisk(t, path); got < store.DefaultBallast {
			t.Errorf("%s: only %d bytes are set aside", name, got)
		}
		s.Close()
	}
	check("first")
	before, _ := os.Stat(path)
	check("again")
	if after, _ := os.Stat(path); !os.SameFile(before, after) || !before.ModTime().Equal(after.ModTime()) {
		t.Error("a sound ballast was written again")
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	check("removed")
	if err := os.Truncate(path, 0); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, store.DefaultBallast); err != nil { // sparse
		t.Fatal(err)
	}
	check("sparse")
	if err := os.Truncate(path, 100); err != nil {
		t.Fatal(err)
	}
	check("short")
}

func TestNoRoomForTheBallastIsAStateNotAnError(t *testing.T) {
	s := open(t, t.TempDir(), store.Options{BallastBytes: 1 << 60})
	d := run(t, s, store.WriterOptions{BallastEvery: time.Millisecond})
	d.put(t, newHistory(0).first())
	d.put(t, newHistory(1).first())
	if got := d.w.Health(); got.Ballast != store.BallastMissing || got.Faults != 0 {
		t.Errorf("Health = %+v", got)
	}
}
