package simpen

import (
	"time"

	"penlog/protocol"
	"penlog/sim"
)

// Player works what hangs on the port beside [Config.Controls], at exact moments. All
// of its methods are called from Run's goroutine, the rig's owner, with the rig's
// time; none may block.
type Player interface {
	// Begin is called before all else: the rig's time counts from start.
	Begin(start time.Time)
	// Step does what is due now: what happens by itself has happened. It is called
	// at each moment at which something does, and whenever Wake was read.
	Step(rig *sim.Rig, now protocol.Instant)
	// Next is when something of the player's is due, later than the newest Step;
	// [sim.Never]: not by itself.
	Next() protocol.Instant
	// Saw hears what happened at the pen, its first boot included.
	Saw(e *sim.Event)
	// Delivered hears the bytes handed to the pen, before the pen does. It keeps
	// nothing of b.
	Delivered(b []byte, now protocol.Instant)
	// Wake is asked for once: what can be read from it asks for a Step.
	Wake() <-chan struct{}
}

// play lets the player do what is due.
func (r *runner) play() {
	if p := r.cfg.Player; p != nil {
		p.Step(r.rig, r.rig.Now())
		r.look()
	}
}

// delivered hears what is handed to the pen.
func (r *runner) delivered(b []byte, now protocol.Instant) {
	r.heard = now
	if p := r.cfg.Player; p != nil {
		p.Delivered(b, now)
	}
}
