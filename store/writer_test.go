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

	"penlog/protocol"
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

func TestTheSameBatchAgainIsNoError(t *testing.T) {
	d := start(t, t.TempDir(), store.Options{}, store.WriterOptions{})
	h := newHistory(0)
	first := h.first()
	second := store.Batch{Records: []session.Record{h.record("pass"), h.record("pass")}, Chunk: h.chunk(3)}
	for range 3 {
		d.put(t, first)
		d.put(t, second)
	}
	third := h.next("pass")
	d.put(t, store.Batch{Records: append(second.Records[1:2:2], third.Records...)}) // partly stored
	if v, err := d.Verify(t.Context(), h.id); err != nil || v.Records != 4 || v.Chunks != 1 {
		t.Errorf("Verify = %+v, %v", v, err)
	}
}

func TestWhatDoesNotFollowIsRefusedAndNothingOfItWritten(t *testing.T) {
	type try struct {
		name string
		make func(h *history) store.Batch
		is   error
		seq  uint64
	}
	for _, tt := range []try{
		{"other content at a stored number", func(h *history) store.Batch {
			r := session.Record{Kind: "pass", Body: []byte("{}"), At: day}
			c := session.Chain{Session: h.id}
			c.Seal(&r)
			return store.Batch{Records: []session.Record{r}}
		}, store.ErrConflict, 1},
		{"a gap", func(h *history) store.Batch { h.record("lost"); return h.next("pass") }, store.ErrGap, 4},
		{"another history", func(h *history) store.Batch {
			r := session.Record{Kind: "pass"}
			c := session.Chain{Session: h.id, Seq: 2}
			c.Seal(&r)
			return store.Batch{Records: []session.Record{r}}
		}, store.ErrGap, 3},
		{"number 0", func(h *history) store.Batch {
			r := session.Record{Kind: "pass", Session: h.id}
			r.Hash = r.Sum()
			return store.Batch{Records: []session.Record{r}}
		}, store.ErrGap, 0},
		{"changed after it was sealed", func(h *history) store.Batch {
			b := h.next("pass")
			b.Records[0].Body[2]++
			return b
		}, store.ErrAltered, 3},
		{"a session no one opened", func(*history) store.Batch { return newHistory(9).next("pass") }, store.ErrNoSession, 1},
		{"no kind", func(h *history) store.Batch { return h.next("") }, nil, 3},
		{"second record of a batch", func(h *history) store.Batch {
			ok := h.record("pass")
			h.record("lost")
			return store.Batch{Records: []session.Record{ok, h.record("pass")}}
		}, store.ErrGap, 5},
		{"signal with a gap", func(h *history) store.Batch {
			h.chunk(1)
			return store.Batch{Records: h.next("pass").Records, Chunk: h.chunk(1)}
		}, store.ErrGap, 3},
		{"other signal at a stored number", func(h *history) store.Batch {
			return store.Batch{Records: h.next("pass").Records, Chunk: newHistory(0).chunk(2)}
		}, store.ErrConflict, 1},
		{"signal changed after it was sealed", func(h *history) store.Batch {
			c := h.chunk(2)
			c.Lost = 0
			return store.Batch{Chunk: c}
		}, store.ErrAltered, 2},
		{"a session opened at another time", func(h *history) store.Batch {
			return store.Batch{Open: &store.Opening{ID: h.id, At: day + 1}}
		}, store.ErrConflict, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := newGate()
			defer g.end()
			d := start(t, t.TempDir(), store.Options{}, store.WriterOptions{Stall: g.stall})
			h := newHistory(0)
			if err := d.w.Submit(store.Batch{Open: h.opening(), Records: h.first().Records, Chunk: h.chunk(1)}); err != nil {
				t.Fatal(err)
			}
			<-g.reached
			// In one transaction with good batches before and behind it.
			good, bad := h.next("pass"), tt.make(h)
			for _, b := range []store.Batch{good, bad, newHistory(5).first()} {
				if err := d.w.Submit(b); err != nil {
					t.Fatal(err)
				}
			}
			g.open.Store(true)
			g.pass <- struct{}{}
			d.committed(t)
			if c := d.committed(t); c.Batch.Records[0].Seq != 2 {
				t.Errorf("acknowledged %+v", c.Batch)
			}
			err := <-d.ended
			refused, ok := errors.AsType[*store.RefusedError](err)
			if !ok || refused.Seq != tt.seq || tt.is != nil && !errors.Is(err, tt.is) {
				t.Fatalf("Run = %v, want number %d refused with %v", err, tt.seq, tt.is)
			}
			f, ok := errors.AsType[store.Fault](err)
			if !ok || !f.Fatal || f.Kind != store.Refused || f.Waiting != 2 || !strings.Contains(err.Error(), "restart the agent") {
				t.Errorf("Run = %#v", err)
			}
			if err := d.w.Submit(h.next("pass")); !errors.Is(err, store.ErrStopped) || !errors.Is(err, refused.Err) {
				t.Errorf("Submit after that: %v", err)
			}
			if v, err := d.VerifyAll(t.Context()); err != nil || v.Sessions != 1 || v.Records != 2 || v.Chunks != 1 {
				t.Errorf("stored: %+v, %v", v, err)
			}
		})
	}
}

func TestSimulatedNeverBecomesReal(t *testing.T) {
	dir := t.TempDir()
	d := start(t, dir, store.Options{}, store.WriterOptions{})
	h := newHistory(0)
	d.put(t, h.first())
	is := func(want bool) {
		t.Helper()
		if in, err := d.Session(t.Context(), h.id); err != nil || in.Simulated != want || in.Altered {
			t.Errorf("Session = %+v, %v; want simulated %v", in, err, want)
		}
	}
	is(false)
	d.put(t, store.Batch{Open: &store.Opening{ID: h.id, At: day, Simulated: true}})
	is(true)
	d.put(t, store.Batch{Open: &store.Opening{ID: h.id, At: day, Simulated: false}})
	is(true)
	if _, err := d.Verify(t.Context(), h.id); err != nil {
		t.Error(err)
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
		f := <-d.faults
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
	<-d.faults
	d.stop()
	err = <-d.ended
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
		t.Errorf("TestWrite: %v", err)
	}
	if err := <-d.ended; !errors.Is(err, store.ErrMoved) || !strings.Contains(err.Error(), "put penlog.db back") {
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

func TestListIsNewestFirstInPages(t *testing.T) {
	d := start(t, t.TempDir(), store.Options{}, store.WriterOptions{})
	const n = 25
	for i := range n {
		h := newHistory(i)
		b := h.first()
		b.Open.At = day - protocol.At(i) // the wall clock went backwards: the order of opening counts
		d.put(t, b)
	}
	var got []store.Info
	var at store.Cursor
	for {
		page, err := d.Sessions(t.Context(), at, 10)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, page...)
		if len(page) < 10 {
			break
		}
		at = page[len(page)-1].Cursor
	}
	if len(got) != n {
		t.Fatalf("%d sessions, want %d", len(got), n)
	}
	for i, in := range got {
		if in.ID != newID(n-1-i) {
			t.Errorf("place %d holds %v", i, in.ID)
		}
	}
	if _, err := d.Session(t.Context(), newID(99)); !errors.Is(err, store.ErrNoSession) {
		t.Errorf("unknown session: %v", err)
	}
	if _, err := d.Records(t.Context(), newID(99)); !errors.Is(err, store.ErrNoSession) {
		t.Errorf("records of an unknown session: %v", err)
	}
	if _, _, err := d.Heads(t.Context(), newID(99)); !errors.Is(err, store.ErrNoSession) {
		t.Errorf("heads of an unknown session: %v", err)
	}
}

func TestUnfinishedSessionsAreFound(t *testing.T) {
	d := start(t, t.TempDir(), store.Options{}, store.WriterOptions{})
	for i, kinds := range [][]string{
		{"paused"},
		{"finished"},
		{"aborted", "signed", "corrected"}, // what follows the end does not open it again
		{},
		{"tripped", "acknowledged"},
	} {
		h := newHistory(i)
		b := h.first()
		for _, k := range kinds {
			b.Records = append(b.Records, h.record(k))
		}
		d.put(t, b)
	}
	d.put(t, store.Batch{Open: newHistory(5).opening()}) // not even a first record
	got, err := d.Unfinished(t.Context(), "finished", "aborted", "interrupted")
	if err != nil {
		t.Fatal(err)
	}
	var ids []session.ID
	for _, in := range got {
		ids = append(ids, in.ID)
	}
	want := []session.ID{newID(0), newID(3), newID(4), newID(5)}
	if len(ids) != len(want) {
		t.Fatalf("Unfinished = %v, want %v", ids, want)
	}
	for i := range want {
		if ids[i] != want[i] {
			t.Errorf("Unfinished = %v, want %v", ids, want)
		}
	}
	if got, err := d.Unfinished(t.Context()); err != nil || len(got) != 6 {
		t.Errorf("without closing kinds: %d, %v", len(got), err)
	}
}

// What an agent does after a crash: heads from the file, and on.
func TestResumingFromTheHeads(t *testing.T) {
	dir := t.TempDir()
	d := start(t, dir, store.Options{}, store.WriterOptions{})
	h := newHistory(0)
	d.put(t, h.first())
	d.put(t, store.Batch{Chunk: h.chunk(3)})
	d.stop()
	d.Close()
	d = start(t, dir, store.Options{}, store.WriterOptions{})
	again := &history{id: h.id}
	var err error
	if again.records, again.signal, err = d.Heads(t.Context(), h.id); err != nil {
		t.Fatal(err)
	}
	d.put(t, store.Batch{Records: []session.Record{again.record("resumed")}, Chunk: again.chunk(2)})
	if v, err := d.Verify(t.Context(), h.id); err != nil || v.Records != 2 || v.Chunks != 2 {
		t.Errorf("Verify = %+v, %v", v, err)
	}
	n := 0
	for r, err := range d.RecordsAfter(t.Context(), h.records) {
		if err != nil || r.Kind != "resumed" {
			t.Errorf("RecordsAfter: %v, %v", r, err)
		}
		n++
	}
	if n != 1 {
		t.Errorf("%d records behind the old head, want 1", n)
	}
}

func TestReadingBeginsWhileWritingGoesOn(t *testing.T) {
	dir := t.TempDir()
	d := start(t, dir, store.Options{}, store.WriterOptions{})
	h := newHistory(0)
	d.put(t, h.first())
	r, err := store.OpenReader(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for range 30 { // more than one page of chunks
		d.put(t, store.Batch{Chunk: h.chunk(2)})
	}
	n := 0
	for _, err := range r.Chunks(t.Context(), h.id) {
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 { // written while the iterator is held
			d.put(t, store.Batch{Chunk: h.chunk(2)})
		}
		n++
	}
	if n != 31 {
		t.Errorf("%d chunks, want 31", n)
	}
	n = 0
	for range r.Chunks(t.Context(), h.id) {
		if n++; n == 3 {
			break
		}
	}
}

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
