package device

import (
	"sync/atomic"
	"time"
)

// Stats counts what passed a line, or all lines of a [Keeper] together. Counters
// only grow.
type Stats struct {
	Mailbox     MailboxStats
	BytesIn     uint64
	BytesOut    uint64
	Reads       uint64        // that returned, timeouts included
	Timeouts    uint64        // reads that brought nothing
	Writes      uint64        // frames written whole
	ShortWrites uint64        // the system took less than it was given
	Abandoned   uint64        // lines given up because a call did not return
	LongestGap  time.Duration // between the returns of two reads of one line
}

// plus is s and o together.
func (s Stats) plus(o Stats) Stats {
	s.Mailbox.ReplacedPermits += o.Mailbox.ReplacedPermits
	s.Mailbox.RevokedPermits += o.Mailbox.RevokedPermits
	s.Mailbox.DroppedControl += o.Mailbox.DroppedControl
	s.Mailbox.Refused += o.Mailbox.Refused
	s.BytesIn += o.BytesIn
	s.BytesOut += o.BytesOut
	s.Reads += o.Reads
	s.Timeouts += o.Timeouts
	s.Writes += o.Writes
	s.ShortWrites += o.ShortWrites
	s.Abandoned += o.Abandoned
	s.LongestGap = max(s.LongestGap, o.LongestGap)
	return s
}

// counters are a line's own, each written by one goroutine, read by any.
type counters struct {
	bytesIn, bytesOut, reads, timeouts, writes, abandoned atomic.Uint64
	longestGap                                            atomic.Int64
}

// read counts the return of a read; only the reader calls it.
func (c *counters) read(n int, gap time.Duration) {
	c.reads.Add(1)
	if n == 0 {
		c.timeouts.Add(1)
	} else {
		c.bytesIn.Add(uint64(n))
	}
	if int64(gap) > c.longestGap.Load() {
		c.longestGap.Store(int64(gap))
	}
}
