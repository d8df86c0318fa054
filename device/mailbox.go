package device

import (
	"sync"
	"sync/atomic"
)

const (
	// MaxFrame is the longest frame a [Mailbox] carries, in bytes.
	MaxFrame = 256
	// MaxControl is how many bytes of control frames may wait in a [Mailbox].
	MaxControl = 1024
)

// Mailbox is what the goroutine that decides hands to the goroutine that
// writes. Putting never blocks and never allocates; frames are copied in. The
// writer takes first the revoke, then control frames in order, then the permit:
//
//   - revoke: one slot. The latest wins, and putting one drops a waiting permit:
//     a permit that was waiting is never sent after a revoke was put.
//   - control: a queue of whole frames, [MaxControl] bytes. When it is full the
//     newest frame is dropped and counted; whoever put it must repeat it in time.
//   - permit: one slot. The latest wins; a replaced permit is counted.
//
// A frame that is empty or longer than [MaxFrame], and any frame after Close, is
// dropped and counted. What Take has returned counts as sent.
//
// A Mailbox may be used by several goroutines at once; one of them takes.
type Mailbox struct {
	wake   chan struct{} // capacity 1: something changed since the last look
	filled atomic.Bool   // something waits; a hint, read without the lock

	mu      sync.Mutex
	closed  bool
	revoke  slot
	permit  slot
	control queue
	stats   MailboxStats
}

// MailboxStats counts the frames that were put and never sent.
type MailboxStats struct {
	ReplacedPermits uint64 // by a newer permit
	RevokedPermits  uint64 // by a revoke, or by Close
	DroppedControl  uint64 // because the queue was full
	Refused         uint64 // empty, too long, or put after Close
}

type slot struct {
	n    int // 0 means empty
	data [MaxFrame]byte
}

// queue holds whole frames in two rings: their bytes, and their lengths.
type queue struct {
	data  [MaxControl]byte
	first int // where the oldest frame begins in data
	bytes int // how many of data are in use

	sizes  [MaxControl]uint16 // as many as there can be frames
	head   int                // where the oldest frame's length is in sizes
	frames int
}

// NewMailbox returns an empty mailbox.
func NewMailbox() *Mailbox { return &Mailbox{wake: make(chan struct{}, 1)} }

// PutRevoke replaces the waiting revoke, drops the waiting permit, and reports
// whether the frame was accepted.
func (m *Mailbox) PutRevoke(frame []byte) bool {
	m.mu.Lock()
	if m.permit.n > 0 {
		m.permit.n = 0 // even if the frame itself is refused below: stopping comes first
		m.stats.RevokedPermits++
	}
	ok := m.acceptableLocked(frame)
	if ok {
		m.revoke.put(frame)
	}
	m.mu.Unlock()
	m.ring(ok)
	return ok
}

// PutControl queues a frame and reports whether it was accepted.
func (m *Mailbox) PutControl(frame []byte) bool {
	m.mu.Lock()
	ok := m.acceptableLocked(frame)
	if ok && !m.control.put(frame) {
		m.stats.DroppedControl++
		ok = false
	}
	m.mu.Unlock()
	m.ring(ok)
	return ok
}

// PutPermit replaces the waiting permit and reports whether the frame was accepted.
func (m *Mailbox) PutPermit(frame []byte) bool {
	m.mu.Lock()
	ok := m.acceptableLocked(frame)
	if ok {
		if m.permit.n > 0 {
			m.stats.ReplacedPermits++
		}
		m.permit.put(frame)
	}
	m.mu.Unlock()
	m.ring(ok)
	return ok
}

// Take copies the next frame into buf and returns its length, waiting for
// one if need be. It returns false once the mailbox is closed and empty.
func (m *Mailbox) Take(buf *[MaxFrame]byte) (n int, ok bool) {
	for {
		n, closed := m.next(buf)
		if n > 0 || closed {
			return n, n > 0
		}
		<-m.wake
	}
}

// TryTake is Take that returns false instead of waiting.
func (m *Mailbox) TryTake(buf *[MaxFrame]byte) (n int, ok bool) {
	n, _ = m.next(buf)
	return n, n > 0
}

// Close drops the waiting permit and refuses further frames. A revoke and control
// frames that wait may still be taken.
func (m *Mailbox) Close() {
	m.mu.Lock()
	m.closed = true
	if m.permit.n > 0 {
		m.permit.n = 0
		m.stats.RevokedPermits++
	}
	m.mu.Unlock()
	m.ring(true)
}

// Stats is a snapshot of the counters.
func (m *Mailbox) Stats() MailboxStats {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.stats
}

// next copies out the first frame in sending order, or returns 0.
func (m *Mailbox) next(buf *[MaxFrame]byte) (n int, closed bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.revoke.n > 0:
		n = m.revoke.take(buf)
	case m.control.frames > 0:
		n = m.control.take(buf)
	case m.permit.n > 0:
		n = m.permit.take(buf)
	}
	m.filled.Store(m.revoke.n > 0 || m.control.frames > 0 || m.permit.n > 0)
	return n, m.closed
}

func (m *Mailbox) acceptableLocked(frame []byte) bool {
	if m.closed || len(frame) == 0 || len(frame) > MaxFrame {
		m.stats.Refused++
		return false
	}
	m.filled.Store(true)
	return true
}

// ring wakes the taker if there is news for it.
func (m *Mailbox) ring(news bool) {
	if !news {
		return
	}
	select {
	case m.wake <- struct{}{}:
	default: // it has not looked since the last ring
	}
}

func (s *slot) put(frame []byte) { s.n = copy(s.data[:], frame) }

func (s *slot) take(buf *[MaxFrame]byte) int {
	n := copy(buf[:], s.data[:s.n])
	s.n = 0
	return n
}

func (q *queue) put(frame []byte) bool {
	if q.bytes+len(frame) > len(q.data) {
		return false
	}
	at := (q.first + q.bytes) % len(q.data)
	n := copy(q.data[at:], frame)
	copy(q.data[:], frame[n:])
	q.sizes[(q.head+q.frames)%len(q.sizes)] = uint16(len(frame))
	q.frames++
	q.bytes += len(frame)
	return true
}

func (q *queue) take(buf *[MaxFrame]byte) int {
	size := int(q.sizes[q.head])
	n := copy(buf[:size], q.data[q.first:])
	copy(buf[n:size], q.data[:])
	q.first = (q.first + size) % len(q.data)
	q.head = (q.head + 1) % len(q.sizes)
	q.frames--
	q.bytes -= size
	return size
}
