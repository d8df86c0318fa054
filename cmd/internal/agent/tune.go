package agent

import "runtime/debug"

// Tune sets the process up for an agent that is at work: memory that starting
// took is given back, what stays is held in memory, and its growth is bounded. It
// takes some milliseconds. The collector keeps its usual pace: the heap is a few
// megabytes, and a collection costs the other core a millisecond or two.
func Tune() {
	debug.SetMemoryLimit(64 << 20)
	debug.FreeOSMemory() // pages that are locked could not be given back
	_ = lockMemory()     // best effort: without it a paging disk may hold renewals up, which stops the pen
}
