package simpen

import (
	"io"
	"sync"
	"time"
)

// outboxSize is what waits for a reader, in bytes: the buffer of a USB adapter.
const outboxSize = 4096

// outbox writes to a line in its own goroutine, so that the pen never waits for
// a reader. What does not fit is lost and counted, as in a UART.
type outbox struct {
	mu      sync.Mutex // guards all below
	buf     []byte
	mark    int // bytes of buf after which the marked frame ends; -1: none
	marked  time.Time
	written uint64
	lost    uint64
	busy    time.Time // a write has gone on since; zero: none does
	closed  bool

	wake chan struct{}
}

func newOutbox() *outbox { return &outbox{mark: -1, wake: make(chan struct{}, 1)} }

// push hands over b, of which nothing is kept. With mark > 0 the moment when its
// first mark bytes are given to the system is kept for [outbox.when].
func (o *outbox) push(b []byte, mark int) {
	o.mu.Lock()
	if o.closed || len(o.buf)+len(b) > outboxSize {
		o.lost += uint64(len(b))
	} else {
		if mark > 0 {
			o.mark, o.marked = len(o.buf)+mark, time.Time{}
		}
		o.buf = append(o.buf, b...)
	}
	o.mu.Unlock()
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// run writes to w until it fails or the outbox is closed.
func (o *outbox) run(w io.Writer) {
	var b []byte
	for range o.wake {
		o.mu.Lock()
		b, o.buf = o.buf, b[:0]
		mark := o.mark
		o.mark = -1
		closed := o.closed
		if len(b) > 0 {
			o.busy = time.Now()
		}
		o.mu.Unlock()
		if closed {
			return
		}
		if len(b) == 0 {
			continue
		}
		begun := time.Now()
		n, err := w.Write(b)
		o.mu.Lock()
		o.busy = time.Time{}
		o.written += uint64(n)
		o.lost += uint64(len(b) - n)
		if mark >= 0 && n >= mark {
			o.marked = begun // when it returns, the host may have answered already
		}
		if err != nil {
			o.closed = true
			o.lost += uint64(len(o.buf))
			o.buf = o.buf[:0]
		}
		o.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// close ends run; what still waits is lost.
func (o *outbox) close() {
	o.mu.Lock()
	o.closed = true
	o.lost += uint64(len(o.buf))
	o.buf = nil
	o.mu.Unlock()
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// stuck reports whether a write has gone on for that long.
func (o *outbox) stuck(d time.Duration) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return !o.busy.IsZero() && time.Since(o.busy) > d
}

// when is the moment the marked bytes were given to the system; zero: not yet.
func (o *outbox) when() time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.marked
}

func (o *outbox) counts() (written, lost uint64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.written, o.lost
}
