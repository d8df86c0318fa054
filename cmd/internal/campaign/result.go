package campaign

import (
	"slices"
	"time"

	"penlog/cmd/internal/campaign/script"
	"penlog/protocol"
)

// Violation is a broken promise.
type Violation struct {
	Rule string           `json:"rule"`  // which invariant, a stable word
	At   protocol.Instant `json:"at_us"` // from a second before the beginning
	What string           `json:"what"`
}

// Result is what a run came to.
type Result struct {
	Script     *script.Script
	Human      bool // nothing but people went wrong: no false trip is excused
	Violations []Violation
	Checks     []script.Check // verdicts about what the script expects
	Uncaused   []string       // trips and holds without a true cause, with their moments
	Log        []string       // what happened, oldest first
	Plot       *Plot          // when it was asked for
	Hash       uint64         // over everything that happened

	Counts Counts
}

// Failed reports whether a promise was broken, or something expected did not come.
func (r *Result) Failed() bool {
	return len(r.Violations) > 0 || slices.ContainsFunc(r.Checks, func(c script.Check) bool { return !c.OK })
}

// Counts are the figures of a run; they add up over a campaign.
type Counts struct {
	Steps       uint64            `json:"steps"`
	Strokes     uint64            `json:"strokes"`  // true ones
	Starts      uint64            `json:"starts"`   // of the motor
	Permits     uint64            `json:"permits"`  // sent for a patient's ceiling
	Restarts    uint64            `json:"restarts"` // of the agent
	Unplugs     uint64            `json:"unplugs"`
	Episodes    uint64            `json:"episodes"` // true excursions above the ceiling
	Trips       uint64            `json:"trips"`
	FalseTrips  uint64            `json:"false_trips"` // without a true cause
	Holds       uint64            `json:"holds"`
	Alarms      uint64            `json:"alarms"`
	FalseAlarms uint64            `json:"false_alarms"`  // likewise
	FalseHolds  uint64            `json:"false_holds"`   // without a true cause
	Lapses      uint64            `json:"lapses"`        // the motor stopped since its permit died of age
	LostReads   uint64            `json:"lost_reads"`    // strokes the agent never heard of, by restart
	WorstStop   time.Duration     `json:"worst_stop_ns"` // from the obliging reading to needles clear
	Commands    uint64            `json:"commands"`
	Refused     uint64            `json:"refused"`
	Virtual     time.Duration     `json:"virtual_ns"` // played
	Runs        uint64            `json:"runs"`
	Done        map[string]uint64 `json:"done"`           // deeds, by verb
	Found       map[string]uint64 `json:"found"`          // answers of the guard, by response and rule
	FalseFound  map[string]uint64 `json:"false_found"`    // of them, those without a true cause
	Due         map[string]uint64 `json:"due"`            // faults that mattered and had to be answered
	Owed        map[string]uint64 `json:"owed"`           // rules that the oracle says are broken, and that were recorded after it
	Missed      map[string]uint64 `json:"missed"`         // of them, those that were not
	Exposure    map[string]uint64 `json:"exposure_um_ms"` // needles above the limit of the skin they were in, µm × ms, by why
	Cut         uint64            `json:"cut"`            // expectations of scripts that were cut before they were due
	Peaks       Peaks             `json:"peaks"`
}

// Peaks are the greatest lengths of the queues.
type Peaks struct {
	Notes  int `json:"notes"`
	Orders int `json:"orders"`
	Flying int `json:"flying"`     // batches asked of the store
	TTY    int `json:"tty_bytes"`  // waiting at the port
	Line   int `json:"line_bytes"` // on their way

	Records int `json:"waiting_entries"`      // of the record, not yet in a batch
	Signal  int `json:"waiting_signal_bytes"` // likewise
	Backlog int `json:"backlog"`              // notes without room in the queue to the slow lane
}

// Add adds the counts of another run.
func (c *Counts) Add(o *Counts) {
	for _, p := range [...][2]*uint64{
		{&c.Steps, &o.Steps}, {&c.Strokes, &o.Strokes}, {&c.Starts, &o.Starts}, {&c.Permits, &o.Permits},
		{&c.Restarts, &o.Restarts}, {&c.Unplugs, &o.Unplugs}, {&c.Episodes, &o.Episodes}, {&c.Trips, &o.Trips},
		{&c.FalseTrips, &o.FalseTrips}, {&c.Holds, &o.Holds}, {&c.FalseHolds, &o.FalseHolds}, {&c.Alarms, &o.Alarms}, {&c.FalseAlarms, &o.FalseAlarms}, {&c.Lapses, &o.Lapses},
		{&c.LostReads, &o.LostReads}, {&c.Cut, &o.Cut}, {&c.Commands, &o.Commands}, {&c.Refused, &o.Refused}, {&c.Runs, &o.Runs},
	} {
		*p[0] += *p[1]
	}
	c.Virtual += o.Virtual
	for _, p := range [...][2]*map[string]uint64{{&c.Done, &o.Done}, {&c.Found, &o.Found}, {&c.FalseFound, &o.FalseFound},
		{&c.Due, &o.Due}, {&c.Owed, &o.Owed}, {&c.Missed, &o.Missed}, {&c.Exposure, &o.Exposure}} {
		*p[0] = tally(*p[0], *p[1])
	}
	c.WorstStop = max(c.WorstStop, o.WorstStop)
	a, b := &c.Peaks, &o.Peaks
	a.Notes, a.Orders, a.Flying = max(a.Notes, b.Notes), max(a.Orders, b.Orders), max(a.Flying, b.Flying)
	a.TTY, a.Line = max(a.TTY, b.TTY), max(a.Line, b.Line)
	a.Records, a.Signal, a.Backlog = max(a.Records, b.Records), max(a.Signal, b.Signal), max(a.Backlog, b.Backlog)
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
