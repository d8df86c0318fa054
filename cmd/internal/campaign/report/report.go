// Package report says what campaigns and scenarios came to: for people on a
// terminal, for machines as JSON and JUnit XML, and as one HTML page that needs
// nothing else. It plays nothing.
package report

import (
	"time"

	"penlog/cmd/internal/campaign"
	"penlog/cmd/internal/campaign/script"
)

// Report is what was played, and what came of it.
type Report struct {
	What        string    `json:"what"`    // "scenarios" or "campaign"
	Version     string    `json:"version"` // of the program
	Command     string    `json:"command"` // that plays the same again
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

// Case is one script that was played.
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
	Replay     string               `json:"replay"` // the one command that plays exactly this again
	Violations []campaign.Violation `json:"violations,omitempty"`
	Checks     []script.Check       `json:"checks,omitempty"`
	Script     string               `json:"script,omitempty"` // as a scenario file, of what failed
	Small      string               `json:"small,omitempty"`  // the smallest one that fails in the same way
	Log        []string             `json:"log,omitempty"`
	Plot       *campaign.Plot       `json:"plot,omitempty"` // of what failed
}

// CaseOf makes a case of a result; log, script and plot only of what failed.
func CaseOf(r *campaign.Result, took time.Duration, replay string) Case {
	s := r.Script
	c := Case{Name: s.Name, Title: s.Title, Hazards: s.Hazards, Pen: s.Pen, Seed: s.Seed, OK: !r.Failed(), TookS: took.Seconds(),
		VirtualS: r.Counts.Virtual.Seconds(), Replay: replay, Violations: r.Violations, Checks: r.Checks}
	if !c.OK {
		c.Script, c.Log, c.Plot = string(s.YAML()), r.Log, r.Plot
	}
	return c
}
