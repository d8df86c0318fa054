package session

import "fmt"

// State is where a procedure stands. The zero State is the safe one.
type State uint8

// The states. Source: STATES.md.
const (
	Draft       State = iota // opened; zone and indication are being chosen
	Armed                    // time-out done: permits are wanted, the motor has not run since
	Active                   // the motor has run
	Paused                   // no permit until a person resumes
	Tripped                  // a trip is latched
	Completed                // finished and sealed
	Aborted                  // ended early by a person, sealed
	Interrupted              // closed after the agent died in it and nobody resumed it
	stateCount
)

var stateNames = [stateCount]string{"draft", "armed", "active", "paused", "tripped", "completed", "aborted", "interrupted"}

// String gives the state's code.
func (s State) String() string {
	if s < stateCount {
		return stateNames[s]
	}
	return "state " + fmt.Sprint(uint8(s))
}

// MarshalText gives the state's code.
func (s State) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a state's code.
func (s *State) UnmarshalText(b []byte) error {
	for i, n := range stateNames {
		if n == string(b) {
			*s = State(i)
			return nil
		}
	}
	return fmt.Errorf("session: %q is no state", b)
}

// Over reports whether nothing follows: the record is sealed.
func (s State) Over() bool { return s >= Completed }

// MayPermit reports whether permits may be renewed in the state. Source:
// STATES.md, state × permit.
func (s State) MayPermit() bool { return s == Armed || s == Active }

// Act is what moves a procedure from one state to another: most a person does,
// some happen.
type Act uint8

// The acts.
const (
	ActChoose    Act = iota // choose zone and indication: allowed by a verdict
	ActRefuse               // choose one that the verdict refuses
	ActArm                  // the time-out: everything checked, go
	ActRun                  // the motor was seen on
	ActPause                // a person pauses or stops
	ActLose                 // link lost, clock jumped, agent restarted
	ActResume               // a person goes on
	ActTrip                 // the guard tripped
	ActAck                  // a person acknowledged the trip
	ActAbort                // a person ends it early
	ActFinish               // a person ends it
	ActInterrupt            // a person closes what a dead agent left
	actCount
)

var actNames = [actCount]string{"choose", "refuse", "arm", "run", "pause", "lose", "resume", "trip", "acknowledge", "abort", "finish", "interrupt"}

// String gives the act's code.
func (a Act) String() string { return actNames[a] }

type edge struct {
	from State
	act  Act
}

// edges is the whole machine: a pair that is absent is refused. STATES.md
// prints it; a test keeps the two equal.
var edges = map[edge]State{
	{Draft, ActChoose}:    Draft,
	{Draft, ActRefuse}:    Draft,
	{Draft, ActArm}:       Armed,
	{Draft, ActLose}:      Draft,
	{Draft, ActTrip}:      Tripped,
	{Draft, ActPause}:     Draft,
	{Draft, ActAbort}:     Aborted,
	{Draft, ActInterrupt}: Interrupted,

	{Armed, ActChoose}: Armed, // only to an equal or lower ceiling; a higher one goes to Paused
	{Armed, ActRefuse}: Paused,
	{Armed, ActRun}:    Active,
	{Armed, ActPause}:  Paused,
	{Armed, ActLose}:   Paused,
	{Armed, ActTrip}:   Tripped,
	{Armed, ActAbort}:  Aborted,
	{Armed, ActFinish}: Completed,

	{Active, ActChoose}: Armed,
	{Active, ActRefuse}: Paused,
	{Active, ActRun}:    Active,
	{Active, ActPause}:  Paused,
	{Active, ActLose}:   Paused,
	{Active, ActTrip}:   Tripped,
	{Active, ActAbort}:  Aborted,
	{Active, ActFinish}: Completed,

	{Paused, ActChoose}:    Paused,
	{Paused, ActRefuse}:    Paused,
	{Paused, ActPause}:     Paused,
	{Paused, ActLose}:      Paused,
	{Paused, ActResume}:    Armed,
	{Paused, ActTrip}:      Tripped,
	{Paused, ActAbort}:     Aborted,
	{Paused, ActFinish}:    Completed,
	{Paused, ActInterrupt}: Interrupted,

	{Tripped, ActTrip}:  Tripped,
	{Tripped, ActPause}: Tripped,
	{Tripped, ActLose}:  Tripped,
	{Tripped, ActAck}:   Paused, // never straight back to Armed
	{Tripped, ActAbort}: Aborted,
	// Finishing a tripped procedure without acknowledging would leave the
	// cause unread: it is refused, aborting is not.
	{Tripped, ActInterrupt}: Interrupted,
}

// Next returns the state that act leads to, and false when it is refused.
func (s State) Next(act Act) (State, bool) {
	n, ok := edges[edge{s, act}]
	return n, ok
}
