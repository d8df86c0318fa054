package sim

import "penlog/protocol"

// WakesAnew is what Wakes gives when it remembers nothing.
func (r *Rig) WakesAnew() protocol.Instant {
	r.fresh, r.pen.stale = false, true
	return r.Wakes()
}
