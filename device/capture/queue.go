package capture

import (
	"encoding/binary"
	"sync"
)

// rawSize is what an item of the queue has before its bytes: kind, flags, moment
// and their number.
const rawSize = 1 + 1 + 8 + 2

// clockStep is by how much the wall clock must move against the monotonic one
// before it is told, in µs. Source: CAPTURE.md §3.7.
const clockStep = 1000

// queue is what waits to be written. Putting copies and never waits for more than
// another's copying; the buffers are made once.
type queue struct {
	mu      sync.Mutex // guards all below
	buf     []byte
	spare   []byte // the other buffer; nil while the writer has it
	closed  bool   // nothing is taken any more
	dropped uint32
	lost    uint64 // bytes of these
	at      int64  // moment of the newest of these
	offset  int64  // of the wall clock, as last told
	told    bool
	drops   uint64 // since the beginning
}

func newQueue(size int) *queue {
	return &queue{buf: make([]byte, 0, size), spare: make([]byte, 0, size)}
}

func (q *queue) put(k Kind, flags byte, moment int64, b []byte) {
	q.mu.Lock()
	q.putLocked(k, flags, moment, b)
	q.mu.Unlock()
}

func (q *queue) putLocked(k Kind, flags byte, moment int64, b []byte) {
	if q.closed {
		return
	}
	// Once something is lost all is, until the writer was here: one gap, at its place.
	if q.dropped > 0 || len(q.buf)+rawSize+len(b) > cap(q.buf) {
		q.dropped++
		q.drops++
		q.lost += uint64(len(b))
		q.at = moment
		return
	}
	buf := append(q.buf, byte(k), flags)
	buf = binary.LittleEndian.AppendUint64(buf, uint64(moment))
	buf = binary.LittleEndian.AppendUint16(buf, uint16(len(b)))
	q.buf = append(buf, b...)
}

// clock puts the wall clock's offset if it moved.
func (q *queue) clock(moment, offset int64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if d := offset - q.offset; q.told && -clockStep < d && d < clockStep {
		return
	}
	if q.dropped > 0 {
		return // it would be lost, and is told as soon as it is not
	}
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], uint64(offset))
	q.putLocked(KindClock, 0, moment, b[:])
	q.offset, q.told = offset, q.dropped == 0
}

// batch is what one visit of the writer finds.
type batch struct {
	buf     []byte
	rest    []byte // of buf, not taken yet
	dropped uint32 // behind the items
	lost    uint64
	at      int64
}

// take swaps the buffers. give hands the taken one back.
func (q *queue) take(b *batch) {
	q.mu.Lock()
	defer q.mu.Unlock()
	*b = batch{q.buf, q.buf, q.dropped, q.lost, q.at}
	q.buf, q.spare = q.spare[:0], nil
	q.dropped, q.lost = 0, 0
}

func (q *queue) give(b *batch) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.spare = b.buf[:0]
	*b = batch{}
}

// close refuses what comes from now on.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
}

// next takes the first item off the batch.
func (b *batch) next(r *Record) bool {
	p := b.rest
	if len(p) < rawSize {
		return false
	}
	n := rawSize + int(binary.LittleEndian.Uint16(p[10:]))
	*r = Record{Kind: Kind(p[0]), Moment: int64(binary.LittleEndian.Uint64(p[2:]))}
	switch body := p[rawSize:n]; r.Kind {
	case KindClock:
		r.Offset = int64(binary.LittleEndian.Uint64(body))
	case KindRead:
		r.Drained, r.Bytes = p[1]&1 != 0, body
	default:
		r.Bytes = body
	}
	b.rest = p[n:]
	return true
}
