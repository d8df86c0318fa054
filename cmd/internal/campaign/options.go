package campaign

import (
	"time"

	"penlog/protocol"
	"penlog/session"
	"penlog/sim"
)

// Options bend how a script is played. The zero value bends nothing.
type Options struct {
	// Seams are where tests break the world between its parts; nil fields do nothing.
	Seams Seams
	// Plot asks for [Result.Plot].
	Plot bool
	// Stop reports, now and then, whether to give up: the result is then of a run that
	// was cut off, and says nothing. nil: never.
	Stop func() bool
	// Meter measures what each layer takes; nil: nobody measures.
	Meter *Meter
	// Trace hears every step, frame by frame; nil: nobody does.
	Trace func(at protocol.Instant, what string)
}

// Seams are the joints of the harness at which a test can put a saboteur, to
// show that the judge finds it. None is set in a campaign.
type Seams struct {
	Send    func(lane protocol.Lane, b []byte) bool // a frame of Hot's on its way to the line: false drops it
	Order   func(o *session.Order) bool             // an order on its way to Hot: false drops it
	Note    func(n *session.Note) bool              // a note on its way to Cold: false loses it unseen
	Heard   func(b []byte) []byte                   // bytes on their way to Hot
	Early   bool                                    // the store says 'committed' when it has only been asked
	Corrupt func(r *session.Record)                 // a record on its way to the disk
	Resume  bool                                    // a restarted agent resumes by itself
	Life    time.Duration                           // of permits, in place of the default
	Lag     time.Duration                           // by which the slow lane takes each turn later
	Pen     func(p *sim.Pen)                        // once, at its first boot
}
