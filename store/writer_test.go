package store_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"penlog/session"
	"penlog/store"
)

// gate is a Stall hook that holds every transaction until it is let go.
type gate struct {
	reached chan struct{} // a transaction is about to commit
	pass    chan struct{} // lets one go
	open    atomic.Bool   // lets those go that have not begun to wait
	over    chan struct{} // closed: lets all go
}

func newGate() *gate {
	return &gate{reached: make(chan struct{}), pass: make(chan struct{}), over: make(chan struct{})}
}

func (g *gate) stall() {
	if g.open.Load() {
		return
	}
	select {
	case g.reached <- struct{}{}:
	case <-g.over:
	}
	select {
	case <-g.pass:
	case <-g.over:
	}
}

// end lets all go, so that a test that failed does not hang.
func (g *gate) end() { close(g.over) }

func TestBatchesThatWaitShareACommitAndKeepTheirOrder(t *testing.T) {
	g := newGate()
	defer g.end()
	d := start(t, t.TempDir(), store.Options{}, store.WriterOptions{Stall: g.stall})
	h := newHistory(0)
	submit := func(b store.Batch) {
		if err := d.w.Submit(b); err != nil {
			t.Fatal(err)
		}
	}
	submit(h.first())
	<-g.reached
	var want []uint64
	for range 50 {
		b := h.next("pass")
		want = append(want, b.Records[0].Seq)
		submit(b)
	}
	if got := d.w.Health(); got.Queue != 51 || got.Batches != 0 || got.Oldest <= 0 {
		t.Errorf("Health with a stalled disk = %+v", got)
	}
	if len(d.done) != 0 {
		t.Fatal("acknowledged before the commit")
	}
	g.open.Store(true)
	g.pass <- struct{}{}
	if c := d.committed(t); c.Group != 1 {
		t.Errorf("first transaction held %d batches", c.Group)
	}
	for _, seq := range want {
		c := d.committed(t)
		if c.Batch.Records[0].Seq != seq || c.Group != 50 {
			t.Fatalf("acknowledged %d in a group of %d, want %d in a group of 50", c.Batch.Records[0].Seq, c.Group, seq)
		}
	}
	if got := d.w.Health(); got.Queue != 0 || got.Batches != 51 || got.Transactions != 2 || got.Records != 51 || !got.Running || got.LastCommit.IsZero() || got.WALBytes == 0 || got.DBBytes == 0 || got.DiskFree == 0 || got.Ballast != store.BallastHeld {
		t.Errorf("Health = %+v", got)
	}
}

func TestSubmitRefusesWhenTheQueueIsFullAndNeverWaits(t *testing.T) {
	g := newGate()
	defer g.end()
	d := start(t, t.TempDir(), store.Options{}, store.WriterOptions{Stall: g.stall, Queue: 3})
	h := newHistory(0)
	if err := d.w.Submit(h.first()); err != nil {
		t.Fatal(err)
	}
	<-g.reached // one at work, stalled for as long as this test likes
	second, third, fourth := h.next("pass"), h.next("pass"), h.next("pass")
	for _, b := range []store.Batch{second, third} {
		if err := d.w.Submit(b); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.w.Submit(fourth); !errors.Is(err, store.ErrQueueFull) {
		t.Fatalf("fourth batch of three: %v", err)
	}
	g.open.Store(true)
	g.pass <- struct{}{}
	for range 3 {
		d.committed(t)
	}
	d.put(t, fourth) // refused once, taken now
	if got, err := d.Records(t.Context(), h.id); err != nil || len(got) != 4 {
		t.Errorf("%d records, %v", len(got), err)
	}
}

func TestRunEndsWithEverythingQueuedOnTheDisk(t *testing.T) {
	g := newGate()
	defer g.end()
	s := open(t, t.TempDir(), store.Options{})
	acked := 0
	w, err := s.Writer(store.WriterOptions{Stall: g.stall, OnCommit: func(store.Committed) { acked++ }})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Writer(store.WriterOptions{}); err == nil {
		t.Error("a second writer was handed out")
	}
	h := newHistory(0)
	if err := w.Submit(h.first()); err != nil { // before Run: waits
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- w.Run(ctx) }()
	<-g.reached
	for range 20 {
		if err := w.Submit(h.next("pass")); err != nil {
			t.Fatal(err)
		}
	}
	cancel() // in the middle of a transaction: it must commit all the same
	g.open.Store(true)
	g.pass <- struct{}{}
	if err := <-ended; err != nil {
		t.Errorf("Run = %v", err)
	}
	if acked != 21 {
		t.Errorf("%d batches acknowledged, want 21", acked)
	}
	if got, err := s.Records(t.Context(), h.id); err != nil || len(got) != 21 {
		t.Errorf("%d records, %v", len(got), err)
	}
	if err := w.Submit(h.next("pass")); !errors.Is(err, store.ErrStopped) {
		t.Errorf("Submit after the end: %v", err)
	}
	if err := w.Run(t.Context()); err == nil {
		t.Error("Run a second time returned nil")
	}
}

func TestABusyFileIsRetriedAndReported(t *testing.T) {
	s := open(t, t.TempDir(), store.Options{})
	if _, err := s.WriterDB().Exec("PRAGMA busy_timeout = 1"); err != nil { // 5 s would only be longer
		t.Fatal(err)
	}
	other := store.OpenWriting(filepath.Join(s.Dir(), store.FileName))
	defer other.Close()
	lock, err := other.Begin() // immediate: the write lock
	if err != nil {
		t.Fatal(err)
	}
	d := run(t, s, store.WriterOptions{RetryAfter: time.Millisecond})
	h := newHistory(0)
	if err := d.w.Submit(h.first()); err != nil {
		t.Fatal(err)
	}
	pause := time.Millisecond
	for try := 1; try <= 4; try++ {
		f := d.fault(t)
		if f.Kind != store.Busy || f.Try != try || f.Fatal || f.Pause != pause || f.Waiting != 1 || !strings.Contains(f.Error(), "close the other program") {
			t.Errorf("fault %d = %+v", try, f)
		}
		pause *= 2
	}
	if got := d.w.Health(); got.Failing <= 0 || got.LastFault == nil || got.Faults < 4 || got.Queue != 1 {
		t.Errorf("Health = %+v", got)
	}
	lock.Rollback()
	if c := d.committed(t); c.Tries < 5 {
		t.Errorf("acknowledged at try %d", c.Tries)
	}
	if got := d.w.Health(); got.Failing != 0 || got.Queue != 0 {
		t.Errorf("Health = %+v", got)
	}
}

// A commit may fail and be on the disk all the same. Here someone else's
// transaction writes what ours could not: trying again finds it there.
func TestAFailedCommitThatIsOnTheDiskIsNoConflict(t *testing.T) {
	s := open(t, t.TempDir(), store.Options{})
	if _, err := s.WriterDB().Exec("PRAGMA busy_timeout = 1"); err != nil {
		t.Fatal(err)
	}
	d := run(t, s, store.WriterOptions{RetryAfter: time.Millisecond})
	h := newHistory(0)
	d.put(t, h.first())
	other := store.OpenWriting(filepath.Join(s.Dir(), store.FileName))
	defer other.Close()
	tx, err := other.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	r := h.record("tripped")
	if err := d.w.Submit(store.Batch{Records: []session.Record{r}}); err != nil {
		t.Fatal(err)
	}
	d.fault(t)
	if _, err := tx.Exec(`INSERT INTO event (session, seq, at_us, mono_us, kind, body, prev, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		r.Session[:], int64(r.Seq), int64(r.At), int64(r.Mono), r.Kind, r.Body, r.Prev[:], r.Hash[:]); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	if c := d.committed(t); c.Tries < 2 {
		t.Errorf("acknowledged %+v", c)
	}
	d.put(t, h.next("acknowledged"))
	if v, err := d.Verify(t.Context(), h.id); err != nil || v.Records != 3 {
		t.Errorf("Verify = %+v, %v", v, err)
	}
}

func TestAFileThatStaysBusyEndsTheDrain(t *testing.T) {
	s := open(t, t.TempDir(), store.Options{})
	if _, err := s.WriterDB().Exec("PRAGMA busy_timeout = 1"); err != nil {
		t.Fatal(err)
	}
	other := store.OpenWriting(filepath.Join(s.Dir(), store.FileName))
	defer other.Close()
	lock, err := other.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Rollback()
	d := run(t, s, store.WriterOptions{RetryAfter: time.Millisecond, Drain: 20 * time.Millisecond})
	if err := d.w.Submit(newHistory(0).first()); err != nil {
		t.Fatal(err)
	}
	d.fault(t)
	d.stop()
	err = d.end(t)
	if f, ok := errors.AsType[store.Fault](err); !ok || f.Kind != store.Busy || !f.Fatal || f.Waiting != 1 {
		t.Errorf("Run = %v, want a fault that says one batch is not on the disk", err)
	}
}

func TestAMovedFileStopsTheWriter(t *testing.T) {
	d := start(t, t.TempDir(), store.Options{}, store.WriterOptions{})
	h := newHistory(0)
	d.put(t, h.first())
	path := filepath.Join(d.Dir(), store.FileName)
	if err := os.Rename(path, path+".moved"); err != nil {
		t.Fatal(err)
	}
	defer os.Rename(path+".moved", path)
	if err := d.w.TestWrite(t.Context()); !errors.Is(err, store.ErrMoved) {
		t.Fatalf("TestWrite: %v", err)
	}
	if err := d.end(t); !errors.Is(err, store.ErrMoved) || !strings.Contains(err.Error(), "put penlog.db back") {
		t.Errorf("Run = %v", err)
	}
}

func TestTestWriteCommitsAndReadsBack(t *testing.T) {
	g := newGate()
	defer g.end()
	g.open.Store(true)
	d := start(t, t.TempDir(), store.Options{}, store.WriterOptions{Stall: g.stall})
	for range 3 {
		if err := d.w.TestWrite(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if got := d.w.Health(); got.Transactions != 3 || got.Batches != 0 || got.Queue != 0 {
		t.Errorf("Health = %+v", got)
	}
	// A disk that stands still is no yes.
	g.open.Store(false)
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error)
	go func() { result <- d.w.TestWrite(ctx) }()
	<-g.reached
	cancel()
	if err := <-result; !errors.Is(err, context.Canceled) {
		t.Errorf("TestWrite on a stalled disk: %v", err)
	}
	g.open.Store(true)
	g.pass <- struct{}{}
	d.stop()
	if err := d.w.TestWrite(t.Context()); !errors.Is(err, store.ErrStopped) {
		t.Errorf("TestWrite after the end: %v", err)
	}
}

// What an agent does after a crash: heads from the file, and on.
func TestTheLogIsMovedIntoTheFile(t *testing.T) {
	d := start(t, t.TempDir(), store.Options{}, store.WriterOptions{})
	h := newHistory(0)
	d.put(t, h.first())
	for range 300 { // 13 MB
		d.put(t, store.Batch{Chunk: h.chunk(1000)})
	}
	if got := d.w.Health(); got.WALBytes > 8<<20 || got.DBBytes < 8<<20 {
		t.Errorf("13 MB later the log holds %d bytes, the file %d", got.WALBytes, got.DBBytes)
	}
	if v, err := d.VerifyAll(t.Context()); err != nil || v.Chunks != 300 {
		t.Errorf("%+v, %v", v, err)
	}
}
