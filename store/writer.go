package store

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"penlog/session"
)

// Defaults of [WriterOptions].
const (
	DefaultQueue        = 256
	DefaultRetryAfter   = 10 * time.Millisecond
	maxRetryAfter       = 250 * time.Millisecond
	DefaultDrain        = 2 * time.Second
	DefaultBallastEvery = 30 * time.Second
	checkpointBytes     = 4 << 20 // written between two checkpoints
)

// WriterOptions configure the [Writer]. The callbacks run on Run's goroutine,
// in order, and the next commit waits for them: hand the news on and return.
// They may call Submit and Health.
type WriterOptions struct {
	// Queue is how many batches may be taken and not yet acknowledged; those
	// in the transaction at work count. 0: 256.
	Queue int
	// OnCommit hears of every batch, once, after its commit returned, in the
	// order of Submit.
	OnCommit func(Committed)
	// OnFault hears of every failed try.
	OnFault func(Fault)
	// RetryAfter is the pause after a first failure; it doubles up to 250 ms.
	// 0: 10 ms.
	RetryAfter time.Duration
	// Drain is how long, after Run's context ends, failing commits are still
	// tried. 0: 2 s.
	Drain time.Duration
	// BallastEvery is how often a lost ballast is tried again. 0: 30 s.
	BallastEvery time.Duration
	// Stall, in tests and rehearsals only, is called inside every transaction
	// before it commits: a slow disk sleeps here.
	Stall func()
}

// Writer is the one goroutine that writes to a [Store]. Batches go in by
// [Writer.Submit] and are written in that order, all that wait in one
// transaction; [WriterOptions.OnCommit] reports them. A commit that fails is
// tried again until it succeeds, whatever else waits behind it, so order is
// kept and no batch that was taken is dropped while the writer runs.
//
// Submit, TestWrite and Health are safe for concurrent use.
type Writer struct {
	s *Store
	o WriterOptions

	wake   chan struct{} // holds a token when something was queued
	testMu sync.Mutex    // one TestWrite at a time

	mu          sync.Mutex // guards the rest of this block
	queue       []item     // not yet taken to work
	outstanding int        // queue and what is at work
	running     bool
	closed      error // not nil: Submit refuses, with this
	stats       stats

	// Only Run's goroutine uses the rest.
	spare      []item
	heads      map[session.ID]heads
	statements *statements
	unmoved    int64     // bytes written since the last checkpoint
	tried      time.Time // when the ballast was last tried
	deadline   time.Time // of draining; zero: not draining
}

// item is one entry of the queue: a batch, or a test record.
type item struct {
	batch Batch
	at    time.Time
	token []byte     // not nil: a test record
	done  chan error // of a test record: what came of it, buffered
}

// Writer returns the store's writer. There is one: a second call is an error.
func (s *Store) Writer(o WriterOptions) (*Writer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.writer != nil {
		return nil, errors.New("store: the store has its writer already")
	}
	if o.Queue == 0 {
		o.Queue = DefaultQueue
	}
	if o.RetryAfter == 0 {
		o.RetryAfter = DefaultRetryAfter
	}
	if o.Drain == 0 {
		o.Drain = DefaultDrain
	}
	if o.BallastEvery == 0 {
		o.BallastEvery = DefaultBallastEvery
	}
	if o.OnCommit == nil {
		o.OnCommit = func(Committed) {}
	}
	if o.OnFault == nil {
		o.OnFault = func(Fault) {}
	}
	s.writer = &Writer{s: s, o: o, wake: make(chan struct{}, 1), heads: map[session.ID]heads{}}
	return s.writer, nil
}

// Submit takes b to be written and never waits. It returns [ErrQueueFull] when
// too much is unwritten and [ErrStopped] when Run has ended or is ending;
// b was not taken then. Before Run begins, batches wait. The memory of a taken
// batch is the writer's until it is reported.
func (w *Writer) Submit(b Batch) error { return w.put(item{batch: b, at: time.Now()}) }

func (w *Writer) put(it item) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed != nil {
		return w.closed
	}
	if w.outstanding >= w.o.Queue {
		return ErrQueueFull
	}
	w.queue = append(w.queue, it)
	w.outstanding++
	select {
	case w.wake <- struct{}{}:
	default:
	}
	return nil
}

// Ballast returns whether the reserve for a full disk is there. It is cheap: no
// file is looked at.
func (w *Writer) Ballast() BallastState { return w.s.ballast.State() }

// TestWrite commits a test record, in turn behind what is queued, and reads it
// back over a connection of its own, by the file's path: the arming check that
// what is recorded is also there. It needs Run to be running; ctx bounds the
// waiting.
func (w *Writer) TestWrite(ctx context.Context) error {
	w.testMu.Lock()
	defer w.testMu.Unlock()
	it := item{at: time.Now(), token: make([]byte, 16), done: make(chan error, 1)}
	rand.Read(it.token)
	if err := w.put(it); err != nil {
		return err
	}
	select {
	case err := <-it.done:
		if err != nil {
			return err
		}
	case <-ctx.Done():
		return fmt.Errorf("store: test record not on the disk yet: %w", context.Cause(ctx))
	}
	db := reading.open(w.s.path)
	defer db.Close()
	var got []byte
	if err := db.QueryRowContext(ctx, "SELECT token FROM test_write").Scan(&got); err != nil {
		return fmt.Errorf("store: test record can't be read back: %w", err)
	}
	if subtle.ConstantTimeCompare(got, it.token) != 1 {
		return fmt.Errorf("store: test record reads back as another one: %w", ErrMoved)
	}
	return nil
}

// Run writes until ctx ends, then writes what is queued and returns nil. It
// returns a [Fault] when trying again is pointless, or when at the end batches
// could not be written within Drain. A statement that waits for another
// program's lock can't be cut short: add SQLite's busy timeout, 5 s. Call it
// once.
func (w *Writer) Run(ctx context.Context) (err error) {
	w.mu.Lock()
	if w.running || w.closed != nil {
		w.mu.Unlock()
		return errors.New("store: the writer ran already")
	}
	w.running = true
	w.mu.Unlock()
	defer func() { w.stop(err) }()
	if fi, err := os.Stat(w.s.path + "-wal"); err == nil {
		w.unmoved = fi.Size()
	}
	for {
		group := w.take(ctx)
		if group == nil {
			return nil
		}
		if err := w.commit(ctx, group); err != nil {
			return err
		}
		w.keepHouse(context.WithoutCancel(ctx))
	}
}

// take waits for something to write and returns all that is queued, or an
// empty group when it is time to look after the ballast, or nil when ctx has
// ended and nothing is left.
func (w *Writer) take(ctx context.Context) []item {
	for {
		w.mu.Lock()
		if ctx.Err() != nil && w.closed == nil {
			w.closed = ErrStopped
			w.deadline = time.Now().Add(w.o.Drain)
		}
		if len(w.queue) > 0 {
			group := w.queue
			w.queue = w.spare[:0]
			w.mu.Unlock()
			return group
		}
		closed := w.closed != nil
		w.mu.Unlock()
		if closed {
			return nil
		}
		var due <-chan time.Time // never, while there is a ballast
		if w.s.ballast.State() != BallastHeld {
			due = time.After(time.Until(w.tried.Add(w.o.BallastEvery)))
		}
		select {
		case <-w.wake:
		case <-ctx.Done():
		case <-due:
			return []item{}
		}
	}
}

// done gives the memory of a finished group back.
func (w *Writer) done(group []item) {
	clear(group)
	w.spare = group[:0]
}

// stop refuses what comes and tells the tests that still wait.
func (w *Writer) stop(err error) {
	w.mu.Lock()
	left := w.queue
	w.queue, w.running = nil, false
	w.closed = ErrStopped
	if err != nil {
		w.closed = fmt.Errorf("%w: %w", ErrStopped, err)
	}
	cause := w.closed
	w.mu.Unlock()
	for _, it := range left {
		if it.done != nil {
			it.done <- cause
		}
	}
	w.statements.close()
}

// statements are the prepared ones of the writing connection.
type statements struct {
	known, lastEvent, lastSignal, eventAt, signalAt *sql.Stmt
	open, mark, event, signal, test                 *sql.Stmt
}

func (s *statements) close() {
	if s == nil {
		return
	}
	for _, st := range s.all() {
		if *st.to != nil {
			(*st.to).Close()
		}
	}
}

type prepared struct {
	to  **sql.Stmt
	sql string
}

func (s *statements) all() []prepared {
	return []prepared{
		{&s.known, `SELECT opened_at_us, simulated FROM session WHERE id = ?`},
		{&s.lastEvent, `SELECT seq, hash FROM event WHERE session = ? ORDER BY seq DESC LIMIT 1`},
		{&s.lastSignal, `SELECT seq, hash FROM signal WHERE session = ? ORDER BY seq DESC LIMIT 1`},
		{&s.eventAt, `SELECT hash FROM event WHERE session = ? AND seq = ?`},
		{&s.signalAt, `SELECT hash FROM signal WHERE session = ? AND seq = ?`},
		{&s.open, `INSERT INTO session (id, opened_at_us, simulated, sum) VALUES (?, ?, ?, ?)`},
		{&s.mark, `UPDATE session SET simulated = 1, sum = ? WHERE id = ?`},
		{&s.event, `INSERT INTO event (session, seq, at_us, mono_us, kind, body, prev, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`},
		{&s.signal, `INSERT INTO signal (session, seq, from_us, to_us, count, lost, body, prev, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`},
		{&s.test, `INSERT INTO test_write (one, at_us, token) VALUES (1, ?, ?) ON CONFLICT (one) DO UPDATE SET at_us = excluded.at_us, token = excluded.token`},
	}
}
