package script

import (
	"time"

	"penlog/protocol"
	"penlog/session/limits"
)

// Script is one procedure: who treats whom with what, what goes wrong, and what
// has to follow. What it leaves open, chance decides from Seed.
type Script struct {
	Name    string   // of the file, without its ending; or of the seed
	Title   string   // one line for people
	About   string   // why it is there
	Hazards []string // ids of session/HAZARDS.md
	Source  string   // where it was seen; empty: nowhere yet

	Seed   uint64
	Length time.Duration

	Pen    string               // profile, a name of sim's; empty: the reference; [NoPen]: none has a link
	Drift  int64                // how much faster than the world its clock goes, ppm
	Uptime protocol.Uptime      // that its clock shows at the beginning, µs
	Set    protocol.Micrometres // its dial at the beginning; 0: the profile's

	Hand       string // style, a name of sim's; "none": nothing but what steps say
	Technician Technic
	Treat      []Treat   // in turn
	Wall       time.Time // UTC, at the beginning; zero: the player's choice

	Steps  []Step
	Expect []Expect // of the whole

	// Cut is by how much Length is less than what was written; 0: it is not. What is due
	// after the end is then owed and not missed, and people do not know of it. It is no
	// part of a file.
	Cut time.Duration
}

// NoPen is the word for a treatment with a pen that has no link: nothing is plugged in.
const NoPen = "none"

// Technic says what the technician at the screen does by himself.
type Technic uint8

// What technicians do.
const (
	Follows Technic = iota // whatever the screen calls for, to the end of the session
	Arms                   // prepares, chooses, arms once; then only what steps say
	Waits                  // only what steps say
	Wanders                // follows the screen, and now and then asks for anything at all
	Meddles                // likewise, often, in anybody's name, leaves steps out, and writes on in what is over
	Plans                  // follows the screen, by a plan with passes and density, and notices late where it truly was
)

var technics = []string{"follows", "arms", "waits", "wanders", "meddles", "plans"}

// String gives the word for it.
func (t Technic) String() string { return technics[t] }

// Treat is one zone of a treatment.
type Treat struct {
	Zone       limits.Zone
	Side       limits.Side
	Indication limits.Indication
	Depth      protocol.Micrometres // the hand is told; 0: the highest step allowed
	Passes     int                  // at least 1
	In         limits.Zone          // where the hand truly works, when it is another zone; ZoneNone: there
}

// Step is one thing that happens. It waits for the step before it, for its moment
// and for its cue, then for After; then all that it says is done.
type Step struct {
	At    time.Duration // from the beginning; 0: whenever the cue comes
	When  Cue
	After time.Duration
	Do    []Deed
	// Expect are counted from the moment of the deeds.
	Expect []Expect
}

// Human reports whether nothing but people goes wrong: no false trip is excused.
func (s *Script) Human() bool {
	for i := range s.Steps {
		for j := range s.Steps[i].Do {
			if v := s.Steps[i].Do[j].Is(); v == nil || !v.Human() {
				return false
			}
		}
	}
	return true
}
