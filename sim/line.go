package sim

import (
	"time"

	"penlog/protocol"
)

// LineConfig says what a line is like. The zero value is a perfect one.
type LineConfig struct {
	Baud   uint32        // 8N1: ten bit times a byte; 0: as fast as one likes
	Delay  time.Duration // of each packet
	Jitter time.Duration // added to it, uniform from 0; packets never overtake each other
	Packet int           // bytes handed over at once, as USB adapters do; 0: 64
	Queue  int           // bytes the line holds; what does not fit is lost, as in a UART; 0: 65536
	Seed   uint64
	Faults LineFaults
}

// LineFaults are what a line does to what it carries. Rates are in cases per
// million: of bytes for the first five, of writes for the others.
type LineFaults struct {
	Flip      int64 // one bit of the byte is wrong
	Drop      int64 // the byte is lost
	Insert    int64 // a byte of chance comes before it
	Repeat    int64 // the byte comes twice
	Swap      int64 // the byte comes before the one before it in the same write
	Lose      int64 // the write is lost
	Duplicate int64 // it comes twice
	Reorder   int64 // it comes before the one written before it, if that has not left

	Delay  time.Duration // beside the line's own; packets never overtake each other
	Jitter time.Duration // …
	Batch  time.Duration // packets are held back and arrive together, so often; 0: not
	Dead   bool          // nothing comes through
}

// LineStats count what a line did.
type LineStats struct {
	Written    uint64 // bytes taken
	Read       uint64 // bytes handed over
	Overrun    uint64 // bytes lost since the line was full
	Cut        uint64 // bytes lost since it was cut or dead
	Flipped    uint64
	Dropped    uint64
	Inserted   uint64
	Repeated   uint64 // bytes
	Swapped    uint64 // bytes
	Lost       uint64 // writes
	Duplicated uint64
	Reordered  uint64
}

// Line carries bytes one way, in time: whoever writes says when, and who reads
// gets what has arrived by then. It is a queue; nothing in it waits.
type Line struct {
	cfg     LineConfig
	rng     rng
	now     protocol.Instant
	free    protocol.Instant // the sender's end is idle from then on
	stalled protocol.Instant // nothing arrives before
	cut     bool
	last    protocol.Instant // arrival of the newest packet
	parcels []parcel         // in order of arrival
	head    int
	data    []byte // of the parcels, and of some before head
	held    int    // bytes in parcels
	gone    uint64
	stats   LineStats
}

// parcel is a packet under way: its bytes are the line's data from at on.
type parcel struct {
	at, n  int
	arrive protocol.Instant
	source int    // bytes of the sender's that it stands for
	write  uint64 // to which write it belongs
}

// NewLine returns a line.
func NewLine(cfg LineConfig) *Line {
	if cfg.Packet <= 0 {
		cfg.Packet = 64
	}
	if cfg.Queue <= 0 {
		cfg.Queue = 1 << 16
	}
	return &Line{cfg: cfg, rng: stream(cfg.Seed, forLine)}
}

// SetBaud sets the speed of what is written from now on.
func (l *Line) SetBaud(baud uint32) { l.cfg.Baud = baud }

// SetFaults sets what the line does to what is written from now on.
func (l *Line) SetFaults(f LineFaults) { l.cfg.Faults = f }

// Stall holds back everything that has not arrived until a moment.
func (l *Line) Stall(until protocol.Instant) { l.stalled = max(l.stalled, until) }

// Cut parts the line: what is under way and what is written is lost.
func (l *Line) Cut() {
	l.cut = true
	for i := range l.parcels[l.head:] {
		p := &l.parcels[l.head+i]
		l.stats.Cut += uint64(p.n)
		l.gone += uint64(p.source)
	}
	l.parcels, l.head, l.data, l.held = l.parcels[:0], 0, l.data[:0], 0
}

// Mend joins it again.
func (l *Line) Mend() { l.cut = false }

// Stats returns the counts so far.
func (l *Line) Stats() LineStats { return l.stats }

// Departed is how many of the bytes written have been read or lost.
func (l *Line) Departed() uint64 { return l.gone }

// Held is how many bytes are under way.
func (l *Line) Held() int { return l.held }

// Write sends b, which is one or more whole frames as the pen or the host made
// them. It keeps nothing of b.
func (l *Line) Write(b []byte, now protocol.Instant) {
	l.now = max(l.now, now)
	if len(b) == 0 {
		return
	}
	l.stats.Written += uint64(len(b))
	f := &l.cfg.Faults
	switch {
	case l.cut || f.Dead:
		l.stats.Cut += uint64(len(b))
		l.gone += uint64(len(b))
		return
	case l.rng.chance(f.Lose):
		l.stats.Lost++
		l.gone += uint64(len(b))
		return
	}
	l.send(b, len(b))
	if l.rng.chance(f.Duplicate) {
		l.stats.Duplicated++
		l.send(b, 0)
	}
}

// send puts one copy of b under way; source of its bytes count as the sender's.
func (l *Line) send(b []byte, source int) {
	if l.held+len(b) > l.cfg.Queue {
		l.stats.Overrun += uint64(len(b))
		l.gone += uint64(source)
		return
	}
	write := l.stats.Written
	before := len(l.parcels)
	f := &l.cfg.Faults
	jitter := int64((l.cfg.Jitter + f.Jitter) / time.Microsecond)
	batch := protocol.Instant(f.Batch / time.Microsecond)
	l.free = max(l.free, l.now)
	carry := int64(0) // so that rounding does not pile up
	for len(b) > 0 {
		n := min(len(b), l.cfg.Packet)
		if l.cfg.Baud != 0 {
			carry += int64(n) * 10_000_000
			took := carry / int64(l.cfg.Baud)
			l.free += protocol.Instant(took)
			carry -= took * int64(l.cfg.Baud)
		}
		p := parcel{at: len(l.data), arrive: l.free.Add(l.cfg.Delay + f.Delay), write: write, source: min(n, source)}
		source -= p.source
		if jitter > 0 {
			p.arrive += protocol.Instant(l.rng.below(jitter + 1))
		}
		if batch > 0 {
			p.arrive = (p.arrive + batch - 1) / batch * batch
		}
		p.arrive = max(p.arrive, l.last)
		l.last = p.arrive
		l.data = l.damage(l.data, b[:n])
		p.n = len(l.data) - p.at
		l.held += p.n
		l.parcels = append(l.parcels, p)
		b = b[n:]
	}
	if l.rng.chance(l.cfg.Faults.Reorder) {
		l.reorder(before)
	}
}

// reorder moves the parcels from at on before those of the write before, which
// keep the moments of arrival that they find.
func (l *Line) reorder(at int) {
	from := at
	for from > l.head && l.parcels[from-1].write == l.parcels[at-1].write {
		from--
	}
	if from == at {
		return
	}
	l.stats.Reordered++
	when := make([]protocol.Instant, 0, 8)
	for _, p := range l.parcels[from:] {
		when = append(when, p.arrive)
	}
	moved := append(append([]parcel(nil), l.parcels[at:]...), l.parcels[from:at]...)
	for i := range moved {
		moved[i].arrive = when[i]
	}
	copy(l.parcels[from:], moved)
}

// damage appends b with the faults of its bytes.
func (l *Line) damage(dst, b []byte) []byte {
	f := &l.cfg.Faults
	if f.Flip|f.Drop|f.Insert|f.Repeat|f.Swap == 0 {
		return append(dst, b...)
	}
	from := len(dst)
	for _, c := range b {
		if l.rng.chance(f.Insert) {
			l.stats.Inserted++
			dst = append(dst, byte(l.rng.next()))
		}
		if l.rng.chance(f.Drop) {
			l.stats.Dropped++
			continue
		}
		if l.rng.chance(f.Flip) {
			l.stats.Flipped++
			c ^= 1 << (l.rng.next() & 7)
		}
		dst = append(dst, c)
		if n := len(dst); n > from+1 && l.rng.chance(f.Swap) {
			l.stats.Swapped++
			dst[n-2], dst[n-1] = dst[n-1], dst[n-2]
		}
		if l.rng.chance(f.Repeat) {
			l.stats.Repeated++
			dst = append(dst, dst[len(dst)-1])
		}
	}
	return dst
}

// Next is when the next packet arrives; [Never] when none is under way.
func (l *Line) Next() protocol.Instant {
	if l.head == len(l.parcels) {
		return Never
	}
	return max(l.parcels[l.head].arrive, l.stalled)
}

// Read appends to dst what has arrived by now and returns it.
func (l *Line) Read(dst []byte, now protocol.Instant) []byte {
	l.now = max(l.now, now)
	if l.now < l.stalled {
		return dst
	}
	for l.head < len(l.parcels) && l.parcels[l.head].arrive <= l.now {
		p := &l.parcels[l.head]
		dst = append(dst, l.data[p.at:p.at+p.n]...)
		l.stats.Read += uint64(p.n)
		l.held -= p.n
		l.gone += uint64(p.source)
		l.head++
	}
	if l.head == len(l.parcels) {
		l.parcels, l.head, l.data = l.parcels[:0], 0, l.data[:0]
	} else if l.head > 256 {
		l.tidy()
	}
	return dst
}

// tidy forgets the parcels before head and their bytes.
func (l *Line) tidy() {
	l.parcels, l.head = l.parcels[:copy(l.parcels, l.parcels[l.head:])], 0
	first := len(l.data) // not the first parcel's: some came before others that were written earlier
	for i := range l.parcels {
		first = min(first, l.parcels[i].at)
	}
	l.data = l.data[:copy(l.data, l.data[first:])]
	for i := range l.parcels {
		l.parcels[i].at -= first
	}
}
