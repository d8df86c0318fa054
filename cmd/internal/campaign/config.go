package campaign

import (
	"time"

	"penlog/protocol"
	"penlog/session"
	"penlog/sim"
)

// Class says what a run is allowed to contain.
type Class uint8

// The classes.
const (
	Rough Class = iota // everything that Mishap names
	Clean              // hands and people err; line, host and disk do not: no false trip is excused
)

// String names the class.
func (c Class) String() string { return [...]string{"rough", "clean"}[c] }

// Config bends a run. The zero value draws everything from the seed: what a
// campaign runs.
type Config struct {
	Class   *Class        // nil: drawn, one seed in three is clean
	Profile string        // of the pen; empty: drawn from the guarded ones
	Length  time.Duration // virtual; 0: drawn, 30 to 120 s
	Faults  []Timed       // of the pen, beside what the plan holds
	Quiet   bool          // nothing goes wrong but Faults and Stall
	Stall   time.Duration // the host stalls for so long, a second after the first of Faults; 0: not
	Hand    string        // style of the hand; empty: drawn

	// Skip leaves these mishaps of the plan out, by their place in it: the
	// shrinker's lever.
	Skip map[int]bool
	// Seams are where tests break the world between its parts; nil fields do nothing.
	Seams Seams
	// Trace hears every step, frame by frame; nil: nobody does.
	Trace func(at protocol.Instant, what string)
}

// Timed is a fault of the pen that begins a while after the motor first starts,
// and stays.
type Timed struct {
	Fault sim.Fault
	After time.Duration
}

// Seams are the joints of the harness at which a test can put a saboteur, to
// show that the judge finds it. None is set in a campaign.
type Seams struct {
	Send    func(lane protocol.Lane, b []byte) bool // a frame of Hot's on its way to the line: false drops it
	Order   func(o *session.Order) bool             // an order on its way to Hot: false drops it
	Heard   func(b []byte) []byte                   // bytes on their way to Hot
	Early   bool                                    // the store says 'committed' when it has only been asked
	Corrupt func(r *session.Record)                 // a record on its way to the disk
	Resume  bool                                    // a restarted agent resumes by itself
	Life    time.Duration                           // of permits, in place of the default
	Pen     func(p *sim.Pen)                        // once, at its first boot
}

// Violation is a broken promise.
type Violation struct {
	Rule string // which invariant, a stable word
	At   protocol.Instant
	What string
}

// Result is what a run came to.
type Result struct {
	Seed       uint64
	Class      Class
	Profile    string
	Length     time.Duration
	Violations []Violation
	Mishaps    []string     // the plan, in order, with places for Config.Skip
	Skipped    map[int]bool // of them, what [Shrink] left out
	Log        []string     // what happened, oldest first
	Hash       uint64       // over everything that happened

	Counts Counts
}

// Failed reports whether a promise was broken.
func (r *Result) Failed() bool { return len(r.Violations) > 0 }

// Counts are the figures of a run; they add up over a campaign.
type Counts struct {
	Steps      uint64
	Strokes    uint64 // true ones
	Starts     uint64 // of the motor
	Permits    uint64 // sent for a patient's ceiling
	Restarts   uint64 // of the agent
	Unplugs    uint64
	Episodes   uint64 // true excursions above the ceiling
	Trips      uint64
	FalseTrips uint64 // without a true cause
	Holds      uint64
	FalseHolds uint64        // of line, host or disk, in clean runs
	Lapses     uint64        // the motor stopped since its permit died of age
	LostReads  uint64        // strokes the agent never heard of, by restart
	WorstStop  time.Duration // from the obliging reading to needles clear
	Commands   uint64
	Refused    uint64
	Found      map[string]uint64 // trips by rule
	FalseFound map[string]uint64 // of them, false ones
	Peaks      Peaks
}

// Peaks are the greatest lengths of the queues.
type Peaks struct{ Notes, Orders, Flying, TTY, Line int }

// Add adds the counts of another run.
func (c *Counts) Add(o *Counts) {
	for _, p := range [...][2]*uint64{
		{&c.Steps, &o.Steps}, {&c.Strokes, &o.Strokes}, {&c.Starts, &o.Starts}, {&c.Permits, &o.Permits},
		{&c.Restarts, &o.Restarts}, {&c.Unplugs, &o.Unplugs}, {&c.Episodes, &o.Episodes}, {&c.Trips, &o.Trips},
		{&c.FalseTrips, &o.FalseTrips}, {&c.Holds, &o.Holds}, {&c.FalseHolds, &o.FalseHolds}, {&c.Lapses, &o.Lapses},
		{&c.LostReads, &o.LostReads}, {&c.Commands, &o.Commands}, {&c.Refused, &o.Refused},
	} {
		*p[0] += *p[1]
	}
	c.Found, c.FalseFound = tally(c.Found, o.Found), tally(c.FalseFound, o.FalseFound)
	c.WorstStop = max(c.WorstStop, o.WorstStop)
	a, b := &c.Peaks, &o.Peaks
	a.Notes, a.Orders, a.Flying = max(a.Notes, b.Notes), max(a.Orders, b.Orders), max(a.Flying, b.Flying)
	a.TTY, a.Line = max(a.TTY, b.TTY), max(a.Line, b.Line)
}

// tally adds the figures of from to to.
func tally(to, from map[string]uint64) map[string]uint64 {
	for k, v := range from {
		if to == nil {
			to = map[string]uint64{}
		}
		to[k] += v
	}
	return to
}
