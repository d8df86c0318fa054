package agent

import (
	"log/slog"
	"runtime/debug"
)

// Tune sets the process up for an agent that is at work: memory that starting
// took is given back, what stays is held in memory, and its growth is bounded. It
// takes some milliseconds. It goes before ordinary programs where the system
// allows that, and otherwise says so: a stall of this PC that outlasts a permit
// stops the pen. The collector keeps its usual pace: the heap is a few
// megabytes, and a collection costs the other core a millisecond or two.
func Tune(log *slog.Logger) {
	debug.SetMemoryLimit(64 << 20)
	debug.FreeOSMemory() // pages that are locked could not be given back
	_ = lockMemory()     // best effort: without it a paging disk may hold renewals up, which stops the pen
	if err := raisePriority(); err != nil {
		log.Info("the agent has no priority over other programs: a busy PC may stop the pen now and then; allow it a real-time priority of 1 (LimitRTPRIO=1 in its unit)", "err", err)
	}
}
