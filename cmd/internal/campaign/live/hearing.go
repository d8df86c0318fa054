package live

import (
	"slices"
	"time"

	"penlog/cmd/internal/campaign/script"
	"penlog/protocol"
)

// Allowance is what the agent's stream adds at most to the moment of what it tells:
// it sends every 100 ms (cmd/internal/api, streamEvery). What the agent decides is
// dated back by it from the moment that the frame was sent, though never to before
// the deeds of the newest step. An expectation that is met that much too late counts
// as met in time; one that something does not happen bears no more than that, either.
const Allowance = 100 * time.Millisecond

// behind is how long sights wait for others that come later and are older.
const behind = 2 * time.Second

// hearing puts sights and steps in order of time before the examiner hears them:
// what the agent says comes later than what is true, and is dated back.
type hearing struct {
	exam  *script.Examiner
	waits []said // in order
	heard protocol.Instant
	step  protocol.Instant // the deeds of the newest step
}

// said is a sight, or that the deeds of a step are done.
type said struct {
	at    protocol.Instant
	step  int // −1: a sight
	sight script.Sight
}

func (h *hearing) put(s said) {
	s.at = max(s.at, h.heard)
	i, _ := slices.BinarySearchFunc(h.waits, s.at, func(w said, at protocol.Instant) int {
		if w.at <= at {
			return -1 // what came first stays first
		}
		return 1
	})
	h.waits = slices.Insert(h.waits, i, s)
}

// begin says that the deeds of a step are done now.
func (h *hearing) begin(step int, now protocol.Instant) {
	h.step = now
	h.put(said{at: now, step: step})
}

// saw takes in what was true at a moment.
func (h *hearing) saw(s script.Sight) { h.put(said{at: s.At, step: -1, sight: s}) }

// told takes in what the agent has told in a frame that was sent then, or in an answer.
func (h *hearing) told(s script.Sight, sent protocol.Instant, less time.Duration) {
	s.At = max(sent.Add(-less), h.step)
	h.saw(s)
}

// pass lets the examiner hear what is old enough to be in order.
func (h *hearing) pass(now protocol.Instant) { h.upTo(now.Add(-behind)) }

// upTo lets the examiner hear all until a moment.
func (h *hearing) upTo(until protocol.Instant) {
	n := 0
	for n < len(h.waits) && h.waits[n].at <= until {
		w := &h.waits[n]
		h.heard = w.at
		if w.step >= 0 {
			h.exam.Begin(w.step, w.at)
		} else {
			w.sight.At = w.at
			h.exam.See(&w.sight)
		}
		n++
	}
	h.waits = slices.Delete(h.waits, 0, n)
	h.heard = max(h.heard, until)
}
