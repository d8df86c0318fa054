package device

import "time"

const (
	readSize   = 1024                  // bytes asked for in one read
	stallGap   = 20 * time.Millisecond // between two reads' returns: the host stalled
	stallQuiet = 10 * time.Millisecond // how long after a stall short reads prove nothing
)

// drain decides whether all that had arrived at the port was read, so that
// whoever judges staleness never blames the pen for bytes that wait in the
// kernel. Times are monotonic, from any origin.
type drain struct {
	started bool
	last    time.Duration // when the previous read returned
	until   time.Duration // before this, only a timeout counts
	denied  bool          // the previous read was a timeout that did not count
}

// returned takes the return of a read at now, which brought n bytes, 0 for a
// timeout, and reports whether the line is drained.
//
// A short read means that the kernel had no more, unless the host stalled: then
// it hands over the backlog in chunks, each of them short. A timeout means it too,
// except the one that ends a stall: the process may have slept after the
// kernel looked. The next timeout counts in any case, or a host with a coarse clock,
// for which every wait is a stall, would never be drained at all.
func (d *drain) returned(now time.Duration, n int) bool {
	stalled := d.started && now-d.last > stallGap
	if stalled || !d.started {
		d.until = now + stallQuiet
	}
	d.started, d.last = true, now
	if n == 0 {
		d.denied = stalled && !d.denied
		return !d.denied
	}
	d.denied = false
	return n < readSize && now >= d.until
}
