package device

import (
	"sync"
	"time"
)

const (
	watchPeriod = 100 * time.Millisecond
	watchTicks  = int(StuckAfter / watchPeriod)
)

// watched is one goroutine of a line under the eye of the watchdog. The goroutine
// announces each call that may hang; once it is retired it may begin no other.
type watched struct {
	mu      sync.Mutex
	retired bool
	doing   string // OpRead, OpStep, OpWrite; "" while it may wait forever
	turn    uint64 // counts the announcements
}

// enter announces op, or returns false: the goroutine must end and touch nothing.
func (w *watched) enter(op string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.retired {
		return false
	}
	w.doing = op
	w.turn++
	return true
}

// retire makes every later enter return false.
func (w *watched) retire() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.retired = true
}

func (w *watched) state() (doing string, turn uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.doing, w.turn
}

// patience is the watchdog's view of one watched goroutine. It counts ticks of
// the watchdog rather than time: when the host sleeps or stops the process, no
// ticks pass, and nobody is blamed for having been asleep as well.
type patience struct {
	turn  uint64
	ticks int
}

// tick returns the op that has been going on for [StuckAfter], or "".
func (p *patience) tick(w *watched) string {
	doing, turn := w.state()
	if doing == "" || turn != p.turn {
		p.turn, p.ticks = turn, 0
		return ""
	}
	if p.ticks++; p.ticks >= watchTicks {
		return doing
	}
	return ""
}
