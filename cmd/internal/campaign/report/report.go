// Package report says what campaigns and scenarios came to: for people on a
// terminal, for machines as JSON and JUnit XML, and as one HTML page that needs
// nothing else. It plays nothing, and opens no file.
//
// # JSON
//
// One object. Names stay; new ones may come. Lists and maps are never null. Names
// end with their unit; times of a case count from its beginning.
//
//	format           "penlog-report/1"
//	what             "scenarios" or "campaign"
//	version          of the program
//	command          that plays the same again
//	only             what the choice was narrowed to; left out: to nothing
//	begun            RFC 3339, UTC
//	took_s, cores    real seconds, processor cores
//	interrupted      somebody stopped it: the rest is what was done until then
//	planned, played, failed
//	verdict          answer ("no", "not shown", "as expected" of scenarios, "yes" of a
//	                 campaign), words, and points, each with met ("yes", "no", "open") and text
//	cases            of scenarios all, of a campaign those that failed:
//	    name, title, class, hazards, pen, seed, ok, error, took_s, virtual_s
//	    replay       the one command that plays exactly this again
//	    focus_us     when it failed, first
//	    violations   broken promises: rule, at_us, what
//	    checks       expectations: step (from 0; −1: of the whole), text, ok, took_ns, why; owed: cut before it was due
//	    script       as a scenario file; small: the smallest one that fails in the same way
//	    log          what happened, a line each, that begin with the second
//	    plot         at_us, depth_um, set_um, ceiling_um, limit_um, driven: of one length;
//	                 marks: at_us, kind ("step", "trip", "hold", "alarm", "advisory", "broken"), text
//	counts           figures of all that was played: those of [campaign.Counts]
//
// The values here are plain; each belongs to one goroutine at a time.
package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"penlog/cmd/internal/campaign"
	"penlog/cmd/internal/campaign/script"
)

// Report is what was played, and what came of it.
type Report struct {
	What        string    `json:"what"`           // "scenarios" or "campaign"
	Version     string    `json:"version"`        // of the program
	Command     string    `json:"command"`        // that plays the same again
	Only        string    `json:"only,omitempty"` // what the choice was narrowed to; empty: to nothing
	Begun       time.Time `json:"begun"`
	TookS       float64   `json:"took_s"`
	Cores       int       `json:"cores"`
	Interrupted bool      `json:"interrupted"` // somebody stopped it: what follows is what was done until then
	Planned     int       `json:"planned"`
	Played      int       `json:"played"`
	Failed      int       `json:"failed"`

	Cases  []Case          `json:"cases"` // scenarios: all; campaign: those that failed, the first of them whole
	Counts campaign.Counts `json:"counts"`

	// Uncaused are trips and holds without a true cause, of the first that had any.
	Uncaused []Uncaused `json:"uncaused,omitempty"`
}

// Uncaused is what the guard said in one script without a true cause.
type Uncaused struct {
	Name   string   `json:"name"`
	Replay string   `json:"replay"`
	What   []string `json:"what"`
}

// Case is one script that was played. Its times count from its beginning.
type Case struct {
	Name       string               `json:"name"`
	Title      string               `json:"title"`
	Class      string               `json:"class,omitempty"` // of a drawn script
	Hazards    []string             `json:"hazards,omitempty"`
	Pen        string               `json:"pen"`
	Seed       uint64               `json:"seed"`
	OK         bool                 `json:"ok"`
	Error      string               `json:"error,omitempty"` // it could not be played to its end
	TookS      float64              `json:"took_s"`
	VirtualS   float64              `json:"virtual_s"`
	Replay     string               `json:"replay"`             // the one command that plays exactly this again
	FocusUS    int64                `json:"focus_us,omitempty"` // when it failed, first
	Violations []campaign.Violation `json:"violations,omitempty"`
	Checks     []script.Check       `json:"checks,omitempty"`
	Script     string               `json:"script,omitempty"` // as a scenario file, of what failed
	Small      string               `json:"small,omitempty"`  // the smallest one that fails in the same way
	Log        []string             `json:"log,omitempty"`
	Plot       *campaign.Plot       `json:"plot,omitempty"` // of what failed
}

// lead is what a player's clock shows at the beginning of a script, µs. See
// [campaign.Violation].
const lead = 1_000_000

// CaseOf makes a case of a result; log, script and plot only of what failed.
func CaseOf(r *campaign.Result, took time.Duration, replay string) Case {
	s := r.Script
	c := Case{Name: s.Name, Title: s.Title, Hazards: s.Hazards, Pen: s.Pen, Seed: s.Seed, OK: !r.Failed(), TookS: took.Seconds(),
		VirtualS: r.Counts.Virtual.Seconds(), Replay: replay, Violations: slices.Clone(r.Violations), Checks: r.Checks}
	for i := range c.Violations {
		c.Violations[i].At -= min(c.Violations[i].At, lead)
	}
	if !c.OK {
		c.Script, c.Plot, c.FocusUS = string(s.YAML()), r.Plot, focus(r)
		for _, l := range r.Log {
			c.Log = append(c.Log, fromBeginning(l))
		}
	}
	return c
}

// fromBeginning lets a line of a log count from the beginning of the script.
func fromBeginning(l string) string {
	if len(l) < 11 || l[10] != ' ' {
		return l
	}
	at, err := strconv.ParseFloat(strings.TrimSpace(l[:10]), 64)
	if err != nil {
		return l
	}
	return fmt.Sprintf("%10.6f%s", at-lead/1e6, l[10:])
}

// focus is when something failed first, µs from the beginning: a promise that was
// broken, else the moment until which something was expected.
func focus(r *campaign.Result) int64 {
	if len(r.Violations) > 0 {
		return int64(r.Violations[0].At) - lead
	}
	end := r.Counts.Virtual.Microseconds()
	for _, c := range r.Checks {
		if c.OK {
			continue
		}
		if c.Step < 0 || c.Step >= len(r.Script.Steps) || r.Plot == nil {
			break
		}
		mark := 0 // steps that do nothing have none
		for i := range c.Step {
			if len(r.Script.Steps[i].Do) > 0 {
				mark++
			}
		}
		for _, m := range r.Plot.Marks {
			if m.Kind != "step" {
				continue
			}
			if mark--; mark >= 0 {
				continue
			}
			return min(m.At+within(c.Text).Microseconds(), end)
		}
		break
	}
	return end
}

// within is how long an expectation waits.
func within(text string) time.Duration {
	e, err := script.ParseExpect(text)
	if err != nil {
		return 0
	}
	return max(e.Within, e.For)
}
