package store

import (
	"os"
	"time"
)

// Health is a snapshot of the writer for metrics, the arming check and people.
type Health struct {
	Transactions uint64 // committed
	Batches      uint64 // committed
	Records      uint64 // in those batches
	Chunks       uint64
	Faults       uint64 // failed tries, of commits and of housekeeping

	Queue    int           // batches taken and not on the disk
	QueueCap int           // how many there may be
	Oldest   time.Duration // since the oldest one still queued was submitted
	Failing  time.Duration // since commits have been failing; 0: they are not
	Running  bool          // Run is at work

	LastFault   *Fault    // nil: none yet
	LastFaultAt time.Time // when
	LastCommit  time.Time // when the last transaction committed; zero: none yet

	Ballast  BallastState
	DBBytes  int64  // size of penlog.db
	WALBytes int64  // size of its write-ahead log
	DiskFree uint64 // bytes this user may still write; 0 when unknown
}

// stats are the writer's counters; the writer's mutex guards them.
type stats struct {
	transactions, batches, records, chunks, faults uint64

	failing    time.Time // of the first failure since the last commit
	last       *Fault
	lastAt     time.Time
	lastCommit time.Time
}

func (s *stats) committed(group []item, now time.Time) {
	s.transactions++
	s.lastCommit, s.failing = now, time.Time{}
	for i := range group {
		if group[i].token != nil {
			continue
		}
		s.batches++
		s.records += uint64(len(group[i].batch.Records))
		if group[i].batch.Chunk != nil {
			s.chunks++
		}
	}
}

func (s *stats) faulted(f Fault, now time.Time) {
	s.faults++
	s.last, s.lastAt = &f, now
	if f.Op == "commit" && s.failing.IsZero() {
		s.failing = now
	}
}

// Health returns the writer's state now. It looks at the files' sizes and
// never waits for a write.
func (w *Writer) Health() Health {
	now := time.Now()
	w.mu.Lock()
	s := w.stats
	h := Health{
		Transactions: s.transactions, Batches: s.batches, Records: s.records, Chunks: s.chunks, Faults: s.faults,
		Queue: w.outstanding, QueueCap: w.o.Queue, Running: w.running,
		LastFault: s.last, LastFaultAt: s.lastAt, LastCommit: s.lastCommit,
	}
	if len(w.queue) > 0 {
		h.Oldest = now.Sub(w.queue[0].at)
	}
	if !s.failing.IsZero() {
		h.Failing = now.Sub(s.failing)
	}
	w.mu.Unlock()
	h.Ballast = w.s.ballast.State()
	h.DBBytes = size(w.s.path)
	h.WALBytes = size(w.s.path + "-wal")
	h.DiskFree, _ = diskFree(w.s.dir)
	return h
}

func size(path string) int64 {
	fi, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return fi.Size()
}
