package script

import (
	"slices"
	"time"

	"penlog/session"
	"penlog/sim"
)

// Group says whose doing a verb is.
type Group string

// The groups. What people do excuses no stop of the guard; what happens to a pen
// or a line is [sim]'s; the rest happens to the PC that the agent runs on.
const (
	GroupHand   Group = "hand"   // of the technician, at the pen
	GroupScreen Group = "screen" // what people ask of Penlog
	GroupRoom   Group = "room"   // cable, pen, line and what else hangs on it: sim's faults
	GroupPC     Group = "pc"     // the agent's process, its disk and its clocks
	GroupDesk   Group = "desk"   // what people do with the PC and its files, beside Penlog
)

// Verb is one kind of thing that can be done in a script.
type Verb struct {
	Name  string // the word for it
	About string
	Group Group
	Takes Takes

	Unit              string        // of the amount
	Amount, Min, Max  int64         // by default, and what there may be
	Least, Most, Span time.Duration // bounds of 'for', and what it is when none is given; Span 0: until cleared

	Observable bool          // an agent can know it from bytes and time alone, once it matters
	Why        string        // how, or why not
	Fault      sim.FaultKind // of GroupRoom
}

// Takes says what a verb is followed by.
type Takes uint16

// What verbs take.
const (
	TakesAmount    Takes = 1 << iota // a number in the verb's unit
	TakesDepth                       // a depth in mm or µm
	TakesFor                         // "for" and a length of time
	TakesDirection                   // "up" or "down": to the host or to the pen; else both
	TakesText                        // one word, before or behind the time: a serial number
	TakesCommand                     // a command of Penlog's with what it takes
	TakesStyle                       // a kind of hand
	TakesVerb                        // a fault's name
	TakesFact                        // a fact about the PC, and how it stands
)

// Has reports whether all of bits are set.
func (t Takes) Has(bits Takes) bool { return t&bits == bits }

// Human reports whether it is something that people do, who excuse no false trip.
func (v *Verb) Human() bool {
	return v.Group == GroupHand || v.Group == GroupScreen || v.Group == GroupDesk
}

const day = 24 * time.Hour

// own are the verbs that are not faults of sim's.
var own = []Verb{
	{Name: "press", Group: GroupHand, About: "the start button, once"},
	{Name: "dial", Group: GroupHand, Takes: TakesDepth, About: "the dial is turned to a depth"},
	{Name: "dial-up", Group: GroupHand, Takes: TakesAmount | TakesFor, Unit: "steps", Amount: 1, Min: 1, Max: 50, Least: time.Millisecond, Most: day,
		About: "the dial is turned so many steps above the max depth, and back after a while"},
	{Name: "touch", Group: GroupHand, About: "the tip is put on the skin"},
	{Name: "lift", Group: GroupHand, About: "the tip is lifted"},
	{Name: "glide", Group: GroupHand, About: "a glide begins"},
	{Name: "guard-again", Group: GroupHand, About: "the pen is put back into guarded mode by the gesture at the pen, which works with the motor off alone"},
	{Name: "rest", Group: GroupHand, About: "the hand does nothing by itself from now on"},
	{Name: "work", Group: GroupHand, About: "the hand works by itself again"},
	{Name: "hand", Group: GroupHand, Takes: TakesStyle, About: "another hand goes on"},

	{Name: "ask", Group: GroupScreen, Takes: TakesCommand, About: "somebody asks Penlog for something"},
	{Name: "prepare", Group: GroupScreen, About: "a session is opened and everything before the choice of a zone is done, as on an ordinary visit"},
	{Name: "watch", Group: GroupScreen, About: "the technician follows the screen again"},
	{Name: "leave", Group: GroupScreen, About: "the technician does nothing by himself from now on"},

	{Name: "agent-stall", Group: GroupPC, Takes: TakesFor, Least: time.Millisecond, Most: time.Hour, Observable: true,
		About: "the PC does not run the agent", Why: "readings come late and all at once"},
	{Name: "hot-stall", Group: GroupPC, Takes: TakesFor, Least: time.Millisecond, Most: time.Hour, Observable: true,
		About: "the agent's fast lane does not run", Why: "readings come late and all at once"},
	{Name: "cold-stall", Group: GroupPC, Takes: TakesFor, Least: time.Millisecond, Most: time.Hour, Observable: true,
		About: "the agent's slow lane does not run", Why: "nothing is committed"},
	{Name: "short-queue", Group: GroupPC, Takes: TakesAmount | TakesFor, Unit: "notes", Amount: 64, Min: 16, Max: 4096, Least: time.Millisecond, Most: day, Observable: true,
		About: "only so many notes find room between the agent's fast lane and its slow one", Why: "what found none is counted, and told"},
	{Name: "agent-killed", Group: GroupPC, Takes: TakesFor, Least: time.Millisecond, Most: time.Hour, Span: time.Second, Observable: true,
		About: "the agent is killed, and started again after a while", Why: "the next start finds an open session"},
	{Name: "suspend", Group: GroupPC, Takes: TakesFor, Least: 100 * time.Millisecond, Most: day, Span: 10 * time.Second, Observable: true,
		About: "the PC sleeps: its own clock stands still, the wall clock goes on", Why: "the wall clock has jumped against the PC's own"},
	{Name: "disk-stall", Group: GroupPC, Takes: TakesFor, Least: time.Millisecond, Most: time.Hour, Observable: true,
		About: "no commit comes to an end", Why: "nothing is reported as committed"},
	{Name: "disk-fails", Group: GroupPC, Takes: TakesFor, Least: time.Millisecond, Most: time.Hour, Observable: true,
		About: "every commit is refused, and tried again until it is not", Why: "the store says so"},
	{Name: "disk-slow", Group: GroupPC, Takes: TakesAmount | TakesFor, Unit: "ms", Amount: 300, Min: 1, Max: 60_000, Least: time.Millisecond, Most: day, Observable: true,
		About: "each commit takes up to so long", Why: "commits are late"},
	{Name: "disk-full", Group: GroupPC, Takes: TakesAmount | TakesFor, Unit: "KiB", Amount: 4096, Min: 0, Max: 1 << 20, Least: time.Millisecond, Most: day, Observable: true,
		About: "there is no room: the reserve, of so much, is given up for the last entries, and when it is spent every commit fails", Why: "the store says so"},
	{Name: "wall-clock", Group: GroupPC, Takes: TakesAmount, Unit: "ms", Amount: -3_600_000, Min: -10 * 86_400_000, Max: 10 * 86_400_000, Observable: true,
		About: "the wall clock is set by so much", Why: "it has jumped against the PC's own, when by more than half a second"},
	{Name: "time-zone", Group: GroupPC, Takes: TakesAmount, Unit: "min", Amount: 60, Min: -14 * 60, Max: 14 * 60,
		About: "local time changes, as when daylight saving begins or ends", Why: "moments are kept in UTC: nothing that matters changes"},

	{Name: "pc-check", Group: GroupDesk, Takes: TakesFact, Observable: true,
		About: "the agent finds out how it stands with the PC's clock, record or sleep", Why: "it is the agent that looks"},
	{Name: "alter-record", Group: GroupDesk, Observable: true,
		About: "a byte of what is on the disk at the end is changed", Why: "hashes of record and signal do not hold"},
}

// Verbs returns every verb there is, people's first.
func Verbs() []Verb { return slices.Clone(verbs) }

var verbs = append(slices.Clone(own), room()...)

// VerbByName returns the verb of that name, nil when there is none.
func VerbByName(name string) *Verb {
	for i := range verbs {
		if verbs[i].Name == name {
			return &verbs[i]
		}
	}
	return nil
}

func verbNames() []string {
	out := make([]string, len(verbs))
	for i := range verbs {
		out[i] = verbs[i].Name
	}
	return out
}

func commandNames() []string {
	var out []string
	for _, s := range session.CommandSpecs() {
		out = append(out, string(s.Do))
	}
	return out
}
