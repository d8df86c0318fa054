package campaign

import (
	"time"

	"penlog/protocol"
	"penlog/session"
)

// disk is the model store: what is written becomes durable in order, each batch
// as a whole, after a delay; only what is durable survives the agent. A write that is
// refused is tried again, as store.Writer does, and what is behind it waits.
type disk struct {
	rng      rng
	usual    time.Duration // the longest commit of a sound one
	slow     time.Duration // the longest commit now
	slowTill protocol.Instant
	stalled  protocol.Instant
	queue    []write
	last     protocol.Instant // the newest write ends
	kept     []*shelf         // sessions, oldest first

	fails   protocol.Instant // each write is refused, until then
	pause   time.Duration    // before the next try
	refused protocol.Instant // a write was, last
	reserve reserve
}

// Figures of the store. Source: store.DefaultRetryAfter, store.DefaultBallastEvery and
// what the longest pause between two tries is.
const (
	retryFirst   = 10 * time.Millisecond
	retryLongest = 250 * time.Millisecond
	reserveEvery = 30 * time.Second
)

// reserve is what the store keeps for a full disk, and gives up when it is.
type reserve struct {
	held  bool
	full  protocol.Instant // there is no room on the disk, until then
	size  int              // bytes that it makes room for, of the full disk at hand
	left  int              // of these
	freed protocol.Instant // it was given up
	tried protocol.Instant // it was to be made anew, last
}

// fill lets the disk be full, with a reserve of so many bytes, until a moment.
func (r *reserve) fill(size int, until protocol.Instant) { r.full, r.size = max(r.full, until), size }

// room reports whether a write of so many bytes finds any, and takes it.
func (r *reserve) room(n int, now protocol.Instant) bool {
	if now >= r.full {
		return true
	}
	if r.held {
		r.held, r.left, r.freed, r.tried = false, r.size, now, now
		return false // given up by what finds no room, which takes another try
	}
	if n > r.left {
		return false
	}
	r.left -= n
	return true
}

// made makes it anew where there is room, not too often.
func (r *reserve) made(now protocol.Instant) {
	if !r.held && now >= r.tried.Add(reserveEvery) {
		r.tried, r.held = now, now >= r.full
	}
}

// write is a batch on its way.
type write struct {
	batch  session.Batch
	events []session.Event  // of its records; nil for one that can't be read
	at     protocol.Instant // it was asked for
	done   protocol.Instant
	life   int // of the agent that asked
	epoch  protocol.Instant
}

// size is about how many bytes it takes on the disk.
func (w *write) size() (n int) {
	for i := range w.batch.Records {
		n += len(w.batch.Records[i].Body) + 128 // with its hashes, moments and kind
	}
	if c := w.batch.Chunk; c != nil {
		n += len(c.Body) + 128
	}
	return n
}

func (d *disk) submit(b session.Batch, events []session.Event, now protocol.Instant, life int, epoch protocol.Instant) {
	took := d.rng.span(200*time.Microsecond, d.slow)
	if d.rng.chance(3) {
		took += d.rng.span(0, 60*time.Millisecond)
	}
	d.last = max(d.last, now, d.stalled).Add(took)
	d.queue = append(d.queue, write{b, events, now, d.last, life, epoch})
}

// stall lets nothing become durable before until.
func (d *disk) stall(until protocol.Instant) {
	if until <= d.stalled {
		return
	}
	d.stalled = until
	d.delay(until)
}

// delay lets nothing on its way come to an end before until.
func (d *disk) delay(until protocol.Instant) {
	for i := range d.queue {
		d.queue[i].done = max(d.queue[i].done, until)
		d.last = max(d.last, d.queue[i].done)
	}
}

// next is when the newest try ends, or the reserve is looked after.
func (d *disk) next() protocol.Instant {
	if len(d.queue) > 0 {
		return d.queue[0].done
	}
	if !d.reserve.held {
		return d.reserve.tried.Add(reserveEvery)
	}
	return never
}

// take ends the try that is due now: it gives the write that is durable, or false when
// it was refused, or only the reserve was looked after.
func (d *disk) take(now protocol.Instant) (write, bool) {
	if len(d.queue) == 0 {
		d.reserve.made(now)
		return write{}, false
	}
	w := d.queue[0]
	if held := d.reserve.held; now < d.fails || !d.reserve.room(w.size(), now) {
		d.refused = now
		switch {
		case held && !d.reserve.held:
			d.delay(now.Add(retryFirst)) // to remove it takes as long
		default:
			d.pause = min(max(2*d.pause, retryFirst), retryLongest)
			d.delay(now.Add(d.pause))
		}
		return write{}, false
	}
	d.queue, d.pause = d.queue[1:], 0
	d.reserve.made(now)
	return w, true
}

// behind reports whether commits are late now, or were just before.
func (d *disk) behind(now protocol.Instant) bool {
	return now < max(d.stalled, d.refused).Add(time.Second) || d.slow > 300*time.Millisecond
}

// opens is a new agent at an old disk: the reserve is made if there is room.
func (d *disk) opens(now protocol.Instant) {
	d.reserve.held = d.reserve.held || now >= d.reserve.full
}

// forget drops what was on its way when the agent was killed and had not begun.
func (d *disk) forget(now protocol.Instant) {
	d.queue, d.pause = d.queue[:0], 0
	d.last = now
}
