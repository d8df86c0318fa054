package script_test

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"testing"
	"time"

	"penlog/cmd/internal/campaign/script"
	"penlog/protocol"
	"penlog/session"
	"penlog/sim"
)

// file is a script of 10 s with this pen, a step at 2 s that may do and wait for
// something, and one expectation of that step, in line 11.
func file(pen, do, expect string) []byte {
	return []byte(`format: penlog-scenario/1
title: t
for: 10s
pen: ` + pen + `
technician: waits
steps:
  - at: 2s
    do: [` + do + `]
    after: 1s
    expect:
      - ` + expect + "\n")
}

// What can't come and what can't fail is refused where it stands, with what to write,
// and what can is not.
func TestExpectationsThatMeanNothing(t *testing.T) {
	for _, tt := range []struct {
		pen, do, expect string
		column          int // 0: it is fine
		says            string
	}{
		{"reference", "press", "no trip battery_low", 17, "can't fail; name what can come: no advisory battery_low"},
		{"reference", "press", "hold depth_above_ceiling", 14, "is no hold, but trip; write trip depth_above_ceiling"},
		{"reference", "press", "trip motor_without_permit or pen_disobeys", 0, ""},
		{"stoppable", "press", "trip motor_without_permit", 14, "does not have the rule"},
		{"stoppable", "press", "hold motor_unwanted", 0, ""},
		{"reference", "press", "trip pen_disobeys or battery_low", 30, "is no trip, but advisory"},
		{"reference", "press", "advisory battery_low", 0, ""},
		{"skinstylus-class", "press", "advisory battery_low", 18, "does not have the rule"}, // mains
		{"monitor-only", "press", "no trip", 12, "can't fail"},
		{"monitor-only", "press", "no trip readings_frozen", 17, "name what can come: no alarm readings_frozen"},
		{"monitor-only", "press", "no alarm readings_frozen", 0, ""},
		{"monitor-only", "press", "hold not_a_pen", 0, ""}, // nobody knows yet which pen it is
		{"monitor-only", "press", "heals pen_unproven", 0, ""},
		{"monitor-only", "press", "heals pen_disobeys", 15, "does not have the rule"},
		{"monitor-only", "press", "no permit", 9, "can't fail"},
		{"stoppable", "press", "permit 1.00mm", 9, "none can come"},
		{"stoppable", "claims-permits", "no permit", 0, ""},
		{"stoppable", "claims-permits", "trip motor_without_permit", 0, ""},
		{"stoppable", "press", "pen stopped by lapse", 24, "does not stop by lapse"},
		{"stoppable", "press", "pen stopped by revoke", 0, ""},
		{"set-only", "press", "trip depth_unverifiable", 14, "does not have the rule"},
		{"set-only", "claims-measured", "trip depth_unverifiable", 0, ""},
		{"reference", "press", "mode stoppable", 14, "is never stoppable"},
		{"reference", "released", "mode stoppable", 0, ""},
		{"reference", "press", "mode guarded", 0, ""},
		{"stoppable", "press", "mode guarded", 14, "is never guarded"},
		{"none", "ask start", "motor stays off", 9, "nothing of this is played"},
		{"none", "ask start", "mode manual", 14, "is never manual"},
		{"none", "ask start", "no hold", 0, ""},
		{"none", `'ask {"do":"declare_pen","pen":{"vendor":"V","model":"M","depth_max_um":2500}}'`, "mode manual", 0, ""},
		{"none", `'ask {"do":"declare_pen","pen":{"vendor":"V","model":"M","depth_max_um":2500}}'`, "advisory passes_above_plan", 0, ""},
		{"reference", "press", "trip within 60s", 14, "never runs out"},
		{"reference", "press", "trip within 7s", 0, ""},
		{"reference", "press", "trip within 7001ms", 14, "never runs out"},
		{"reference", "press", "no permit for 1h", 19, "can't be borne out"},
		{"reference", "press", "motor stays off for 7s", 0, ""},
		{"reference", "press", "pen stopped before 0.2 mm over for 8s", 40, "can't fail"},
		{"reference", "press", "alteration found", 9, "can't fail"},
		{"reference", "alter-record", "alteration found", 0, ""},
	} {
		_, err := script.Load("t.yaml", file(tt.pen, tt.do, tt.expect))
		var bad *script.FileError
		switch {
		case tt.column == 0 && err != nil:
			t.Errorf("%s, %s: %s is refused: %v", tt.pen, tt.do, tt.expect, err)
		case tt.column == 0:
		case !errors.As(err, &bad) || len(bad.Problems) != 1:
			t.Errorf("%s, %s: %s: %v", tt.pen, tt.do, tt.expect, err)
		default:
			p := bad.Problems[0]
			if got := fmt.Sprintf("%s; %s", p.Problem, p.Remedy); p.Line != 11 || p.Column != tt.column || !strings.Contains(got, tt.says) {
				t.Errorf("%s, %s: %s: at %d:%d %s", tt.pen, tt.do, tt.expect, p.Line, p.Column, got)
			}
		}
	}
}

// A step that waits for what the guard never says is never reached.
func TestCueThatNeverComes(t *testing.T) {
	for cue, ok := range map[string]bool{"trip battery_low": false, "advisory battery_low": true, "hold": true, "trip": false, "alarm readings_frozen": true} {
		_, err := script.Load("t.yaml", []byte(strings.Replace(string(file("monitor-only", "press", "motor on")), "after: 1s", "when: "+cue, 1)))
		if (err == nil) != ok || err != nil && !strings.Contains(err.Error(), "never reached") {
			t.Errorf("%s: %v", cue, err)
		}
	}
}

// Whatever the guard's table has for a mode and a source that a pen can have is not
// refused, and whatever it has not, is.
func TestExpectationsFollowTheTable(t *testing.T) {
	modes := map[string]session.Mode{"reference": session.ModeGuarded, "set-only": session.ModeGuarded, "stoppable": session.ModeStoppable, "rejuvapen-class": session.ModeStoppable,
		"monitor-only": session.ModeMonitor, "dermapen-md-class": session.ModeMonitor, "rate-only": session.ModeMonitor}
	for pen, mode := range modes {
		f, err := sim.ProfileByName(pen)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range session.Rules() {
			is := r.Respond(mode, f.Identity.Depth())
			for _, x := range []session.Response{session.Trip, session.Hold, session.Alarm, session.Advisory} {
				_, err := script.Load("t.yaml", file(pen, "press", fmt.Sprintf("%s %s", x, r)))
				early := x == session.Hold && r.Respond(session.ModeNone, protocol.DepthManual) == x // before anybody knows the pen
				switch {
				case r == session.BatteryLow && f.BatteryMAH == 0:
				case x == is && err != nil, x != is && err == nil && !early:
					t.Errorf("%s: %s %s: %v", pen, x, r, err)
				}
			}
		}
	}
}

// What a shorter script can no longer bear out goes, and nothing of the longer one.
func TestSensible(t *testing.T) {
	s, err := script.Load("t.yaml", file("reference", "press", "trip within 6s\n      - no trip for 2s"))
	if err != nil {
		t.Fatal(err)
	}
	short := *s
	short.Length = 6 * time.Second
	short.Sensible()
	if len(short.Steps[0].Expect) != 1 || short.Steps[0].Expect[0].What != script.ExpectNone || len(s.Steps[0].Expect) != 2 {
		t.Errorf("%v, of %v", short.Steps[0].Expect, s.Steps[0].Expect)
	}
	if _, err := script.Load("t.yaml", short.YAML()); err != nil {
		t.Error(err)
	}
}

// What comes with the program expects nothing that means nothing, though reading it
// there does not ask.
func TestShippedScenariosExpectWhatCanCome(t *testing.T) {
	names, err := fs.Glob(sim.Scenarios, "scenarios/*.yaml")
	if err != nil || len(names) < 40 {
		t.Fatal(len(names), err)
	}
	for _, name := range names {
		data, err := sim.Scenarios.ReadFile(name)
		if err == nil {
			_, err = script.Load(path.Base(name), data)
		}
		if err != nil {
			t.Error(err)
		}
	}
}
