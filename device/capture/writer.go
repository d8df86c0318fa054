package capture

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"
)

// ErrStopped is returned by [Writer.Run] when capturing ended because a file could
// not be written. What was written stays, and reads as cut off.
var ErrStopped = errors.New("capture: capturing has stopped")

// Status is how capturing stands.
type Status struct {
	Path    string // of the newest part
	Part    uint32
	Written uint64 // bytes, in all parts
	Records uint64 // in all parts
	Dropped uint64 // records that found the queue full
	Removed int    // older files that made room
	Err     error  // why capturing stopped; nil: it did not
}

// Writer captures into files. Read, Written, Order, Clock, Opened and Lost may be
// called from any goroutine: they copy, allocate nothing, and never wait for a disk.
// They do nothing on a nil Writer, and once capturing has ended.
type Writer struct {
	cfg  Config
	id   [8]byte
	q    *queue
	file File
	size int64  // of file
	part uint32 // of file
	out  []byte // of this visit

	moment int64 // of the newest record
	offset int64
	told   bool
	pen    Pen
	known  bool

	mu     sync.Mutex // guards status
	status Status
}

// New checks cfg and begins the first part, so that a folder that can't be written
// to is told at once.
func New(cfg Config) (*Writer, error) {
	if cfg.FileMost == 0 {
		cfg.FileMost = DefaultFileMost
	}
	if cfg.TotalMost == 0 {
		cfg.TotalMost = max(DefaultTotalMost, 2*cfg.FileMost)
	}
	if cfg.Queue == 0 {
		cfg.Queue = DefaultQueue
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Create == nil {
		cfg.Create = func(path string) (File, error) {
			return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		}
	}
	switch fi, err := os.Stat(cfg.Dir); {
	case cfg.Dir == "":
		return nil, errors.New("capture: Dir names no folder")
	case err != nil:
		return nil, fmt.Errorf("capture: %w: make the folder first", err)
	case !fi.IsDir():
		return nil, fmt.Errorf("capture: %s is no folder: captures are several files", cfg.Dir)
	case cfg.FileMost < leastFile || cfg.FileMost > MostFile:
		return nil, fmt.Errorf("capture: FileMost is %d bytes: want %d to %d", cfg.FileMost, leastFile, MostFile)
	case cfg.TotalMost < 2*cfg.FileMost:
		return nil, fmt.Errorf("capture: TotalMost is %d bytes: want at least two files of %d, or the newest would go", cfg.TotalMost, cfg.FileMost)
	}
	w := &Writer{cfg: cfg, q: newQueue(cfg.Queue)}
	rand.Read(w.id[:])
	if err := w.begin(); err != nil {
		return nil, err
	}
	return w, nil
}

// Read records a read that returned b at moment, nothing if it waited in vain.
func (w *Writer) Read(moment int64, b []byte, drained bool) {
	if w == nil {
		return
	}
	for len(b) > MostBytes {
		w.q.put(KindRead, 0, moment, b[:MostBytes])
		b = b[MostBytes:]
	}
	w.q.put(KindRead, bit(drained), moment, b)
}

// Written records that the host wrote b, beginning at moment.
func (w *Writer) Written(moment int64, b []byte) {
	if w == nil {
		return
	}
	for ; len(b) > MostBytes; b = b[MostBytes:] {
		w.q.put(KindWritten, 0, moment, b[:MostBytes])
	}
	w.q.put(KindWritten, 0, moment, b)
}

// Order records an order, at most [MostBytes] long.
func (w *Writer) Order(moment int64, b []byte) {
	if w != nil {
		w.q.put(KindOrder, 0, moment, b[:min(len(b), MostBytes)])
	}
}

// Opened records that a port was opened.
func (w *Writer) Opened(moment int64) {
	if w != nil {
		w.q.put(KindOpened, 0, moment, nil)
	}
}

// Lost records that the port is open no more.
func (w *Writer) Lost(moment int64) {
	if w != nil {
		w.q.put(KindLost, 0, moment, nil)
	}
}

// Clock records the wall clock's time at moment, in µs since 1970, if it has moved
// against the monotonic clock.
func (w *Writer) Clock(moment, at int64) {
	if w != nil {
		w.q.clock(moment, at-moment)
	}
}

// Status is a snapshot; any goroutine may ask. A nil Writer has none.
func (w *Writer) Status() Status {
	if w == nil {
		return Status{}
	}
	w.q.mu.Lock()
	drops := w.q.drops
	w.q.mu.Unlock()
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.status
	s.Dropped = drops
	return s
}

// Run writes what was recorded until ctx ends, and closes the capture with its end
// mark. When a file can't be written it returns an error around [ErrStopped] at
// once; whoever records goes on, and nothing of it is kept.
func (w *Writer) Run(ctx context.Context) error {
	t := time.NewTicker(collectEvery)
	defer t.Stop()
	for done := false; !done; {
		select {
		case <-ctx.Done():
			w.q.close()
			done = true
		case <-t.C:
		}
		if err := w.collect(); err != nil {
			return w.stop(err)
		}
	}
	if err := w.end(EndClosed); err != nil {
		return w.stop(err)
	}
	return nil
}

// stop gives up after a file could not be written.
func (w *Writer) stop(err error) error {
	w.q.close()
	if w.file != nil {
		w.file.Close() // the reason is told already
		w.file = nil
	}
	err = fmt.Errorf("%w: %w: free some space, or start the agent without --capture; the pen is guarded all the same", ErrStopped, err)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.status.Err = err
	return err
}

// collect writes what waits.
func (w *Writer) collect() error {
	var b batch
	var r Record
	w.q.take(&b)
	defer w.q.give(&b)
	for b.next(&r) {
		if err := w.record(&r); err != nil {
			return err
		}
	}
	if b.dropped > 0 {
		if err := w.put(&Record{Kind: KindGap, Moment: b.at, Dropped: b.dropped, DroppedBytes: b.lost}); err != nil {
			return err
		}
	}
	return w.flush()
}

// record lets r through the sieve and into the file.
func (w *Writer) record(r *Record) error {
	s := w.cfg.Sieve
	switch {
	case r.Kind == KindClock:
		w.offset, w.told = r.Offset, true
	case s == nil:
	case r.Kind == KindLost:
		s.Lost()
	case r.Kind == KindRead && len(r.Bytes) > 0:
		var room [2 * MostBytes]byte
		let := s.Read(room[:0], r.Bytes)
		if p, news := s.Pen(); news {
			w.pen, w.known = p, true
			if err := w.put(&Record{Kind: KindPen, Moment: r.Moment, Pen: p}); err != nil {
				return err
			}
		}
		for len(let) > MostBytes { // what was held back comes on top
			if err := w.put(&Record{Kind: KindRead, Moment: r.Moment, Bytes: let[:MostBytes]}); err != nil {
				return err
			}
			let = let[MostBytes:]
		}
		r.Bytes = let
	}
	return w.put(r)
}

// put encodes r, into the next part if this one is full.
func (w *Writer) put(r *Record) error {
	w.moment = r.Moment
	at := len(w.out)
	w.out = AppendRecord(w.out, r)
	if w.size+int64(len(w.out)) <= w.cfg.FileMost-endRoom {
		w.mu.Lock()
		w.status.Records++
		w.mu.Unlock()
		return nil
	}
	w.out = w.out[:at]
	if err := w.flush(); err != nil {
		return err
	}
	if err := w.end(EndContinues); err != nil {
		return err
	}
	if err := w.begin(); err != nil {
		return err
	}
	return w.put(r)
}

// endRoom is what an end mark takes.
const endRoom = 32

// flush hands the file what was encoded.
func (w *Writer) flush() error {
	if len(w.out) == 0 {
		return nil
	}
	n, err := w.file.Write(w.out)
	w.size += int64(n)
	w.out = w.out[:0]
	w.mu.Lock()
	w.status.Written += uint64(n)
	w.mu.Unlock()
	return err
}

// end writes the end mark and closes the file.
func (w *Writer) end(why End) error {
	w.out = AppendRecord(w.out, &Record{Kind: KindEnd, Moment: w.moment, End: why})
	err := w.flush()
	if cerr := w.file.Close(); err == nil {
		err = cerr
	}
	w.file = nil
	return err
}
