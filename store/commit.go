package store

import (
	"context"
	"errors"
	"os"
	"time"
)

// commit writes group, trying until it is on the disk. It returns a [Fault]
// when that can't be.
func (w *Writer) commit(ctx context.Context, group []item) error {
	hold := context.WithoutCancel(ctx)
	defer w.done(group)
	left := group
	pause := w.o.RetryAfter
	for try := 1; len(left) > 0; try++ {
		begun := time.Now()
		n, err := w.write(hold, left)
		w.acknowledge(left[:n], begun, try)
		left = left[n:]
		if err == nil {
			break
		}
		clear(w.heads) // a commit that failed may be on the disk all the same: ask the file
		f := Fault{Op: "commit", Kind: kindOf(err), Try: try, Err: err}
		f.Fatal = f.Kind.Fatal() || w.overdue(ctx)
		f.Freed = f.Kind == Full && w.s.ballast.free()
		if !f.Freed && !f.Fatal {
			f.Pause = pause
			pause = min(2*pause, maxRetryAfter)
		}
		w.report(f)
		if f.Fatal {
			f.Waiting = w.abandon(left, f)
			return f
		}
		w.sleep(ctx, f.Pause)
	}
	return nil
}

// overdue reports whether ctx ended so long ago that draining must stop.
func (w *Writer) overdue(ctx context.Context) bool {
	if ctx.Err() == nil {
		return false
	}
	if w.deadline.IsZero() {
		w.mu.Lock()
		w.closed = ErrStopped
		w.mu.Unlock()
		w.deadline = time.Now().Add(w.o.Drain)
	}
	return time.Now().After(w.deadline)
}

// sleep paces the next try. The end of ctx cuts the first pause short, so that
// draining starts at once.
func (w *Writer) sleep(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	over := ctx.Done()
	if ctx.Err() != nil {
		over = nil
	}
	select {
	case <-t.C:
	case <-over:
	}
}

// acknowledge reports the batches of a transaction that committed.
func (w *Writer) acknowledge(group []item, begun time.Time, try int) {
	if len(group) == 0 {
		return
	}
	now := time.Now()
	w.mu.Lock()
	w.outstanding -= len(group)
	w.stats.committed(group, now)
	w.mu.Unlock()
	for i := range group {
		it := &group[i]
		if it.done != nil {
			it.done <- nil
			continue
		}
		w.o.OnCommit(Committed{Batch: it.batch, Waited: now.Sub(it.at), Took: now.Sub(begun), Group: len(group), Tries: try})
	}
}

// abandon counts what will not be written and tells the tests among it.
func (w *Writer) abandon(left []item, f Fault) int {
	for i := range left {
		if left[i].done != nil {
			left[i].done <- f
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.outstanding
}

func (w *Writer) report(f Fault) {
	w.mu.Lock()
	f.Waiting = w.outstanding
	w.stats.faulted(f, time.Now())
	w.mu.Unlock()
	w.o.OnFault(f)
}

// write puts the batches of group into one transaction and commits it. It
// returns how many are on the disk: all; or none, with the reason; or those
// before one that may not be written, with a [RefusedError] for that one.
func (w *Writer) write(ctx context.Context, group []item) (int, error) {
	n, err := w.transact(ctx, group)
	if _, refused := errors.AsType[*RefusedError](err); !refused || n == 0 {
		if err != nil {
			return 0, err
		}
		return n, nil
	}
	if _, err := w.transact(ctx, group[:n]); err != nil {
		return 0, err // tried again with the whole group
	}
	return n, err
}

// transact writes group in one transaction. On an error nothing was written;
// n is then the number of the batch at fault.
func (w *Writer) transact(ctx context.Context, group []item) (n int, err error) {
	fi, err := os.Stat(w.s.path)
	if err != nil || !os.SameFile(fi, w.s.file) {
		return 0, ErrMoved
	}
	t, err := w.begin(ctx)
	if err != nil {
		return 0, err
	}
	defer t.end()
	var size int64
	for i := range group {
		got, err := t.add(&group[i])
		if err != nil {
			return i, err
		}
		size += got
	}
	if w.o.Stall != nil {
		w.o.Stall()
	}
	if err := t.commit(); err != nil {
		return 0, err
	}
	w.unmoved += size + 16<<10 // pages are written whole
	return len(group), nil
}

// keepHouse does, after the acknowledgements, what would otherwise delay them:
// it moves the WAL into the file, and makes the ballast again.
func (w *Writer) keepHouse(ctx context.Context) {
	if w.unmoved >= checkpointBytes {
		w.checkpoint(ctx)
	}
	if w.s.ballast.State() != BallastHeld && time.Since(w.tried) >= w.o.BallastEvery {
		w.tried = time.Now()
		if err := w.s.ballast.hold(); err != nil && kindOf(err) != Full {
			w.report(Fault{Op: "ballast", Kind: kindOf(err), Try: 1, Err: err})
		}
	}
}

// checkpoint moves what readers allow from the WAL into the file. It may fail:
// the record is in the WAL.
func (w *Writer) checkpoint(ctx context.Context) {
	for try := 1; ; try++ {
		var busy, frames, moved int64
		err := w.s.db.QueryRowContext(ctx, "PRAGMA wal_checkpoint(PASSIVE)").Scan(&busy, &frames, &moved)
		if err == nil && moved == frames {
			w.unmoved = 0
			return
		}
		w.unmoved = checkpointBytes / 2 // again after half as much
		if err == nil {
			return // a reader still needs it
		}
		f := Fault{Op: "checkpoint", Kind: kindOf(err), Try: try, Err: err}
		f.Freed = f.Kind == Full && w.s.ballast.free()
		w.report(f)
		if !f.Freed {
			return
		}
	}
}
