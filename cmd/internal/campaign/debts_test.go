package campaign_test

import (
	"fmt"
	"strings"
	"testing"

	"penlog/cmd/internal/campaign"
	"penlog/cmd/internal/campaign/script"
	"penlog/protocol"
	"penlog/session"
)

// told reads a scenario of a careful hand: the pen, and its steps as they stand in a file.
func told(t *testing.T, pen, steps string, seed uint64) *script.Script {
	t.Helper()
	s, err := script.Load("told.yaml", fmt.Appendf(nil, `format: penlog-scenario/1
title: Told
about: For a test.
pen: %s
hand: careful
for: 40s
treat:
  - cheek acne_scar_rolling 1.25mm 3 passes
steps:
%s
`, pen, strings.TrimRight(steps, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	s.Seed = seed
	return s
}

// deaf lets no finding of a rule reach the record.
func deaf(r session.Rule) campaign.Options {
	return campaign.Options{Seams: campaign.Seams{Note: func(n *session.Note) bool { return n.Kind != session.NoteFinding || n.Finding.Rule != r }}}
}

// Two pens in turn blind the oracle; that one of them is not what it was is demanded all
// the same.
func TestASecondPenHasToBeSaid(t *testing.T) {
	steps := "  - when: motor on\n    after: 4s\n    do: [second-pen for 10s]\n"
	due := uint64(0)
	for seed := range uint64(4) {
		r := campaign.Play(told(t, "reference", steps, seed+1), campaign.Options{})
		if due += r.Counts.Due["second-pen"]; r.Failed() {
			t.Errorf("seed %d: %v", seed+1, r.Violations)
		}
	}
	if due == 0 {
		t.Error("in no run it was due")
	}
	finds(t, 4, []string{"missed second-pen"}, func(seed uint64) campaign.Result {
		return campaign.Play(told(t, "reference", steps, seed), campaign.Options{Seams: campaign.Seams{Note: func(n *session.Note) bool {
			r := n.Finding.Rule
			return n.Kind != session.NoteFinding || r != session.PenChanged && r != session.LinkLost && r != session.ReadingsStale && r != session.PenInvalid
		}}})
	})
}

// A cartridge that comes out is the record's, though it breaks no rule.
func TestACartridgeThatComesOutHasToBeRecorded(t *testing.T) {
	steps := "  - when: motor on\n    after: 2s\n    do: [cartridge-out for 5s]\n"
	due := uint64(0)
	for seed := range uint64(4) {
		r := campaign.Play(told(t, "reference", steps, seed+1), campaign.Options{})
		if due += r.Counts.Due["cartridge-out"]; r.Failed() {
			t.Errorf("seed %d: %v", seed+1, r.Violations)
		}
	}
	if due == 0 {
		t.Error("in no run it was due")
	}
	finds(t, 4, []string{"missed cartridge-out"}, func(seed uint64) campaign.Result {
		return campaign.Play(told(t, "reference", steps, seed), campaign.Options{Seams: campaign.Seams{Note: func(n *session.Note) bool {
			return n.Kind != session.NoteEvent || n.Event.Kind != protocol.EventCartridgeOut
		}}})
	})
}

// Rules that no drawn fault is sure to break are asked for by name all the same.
func TestTheOracleAsksForWhatIsSeldom(t *testing.T) {
	for _, tt := range []struct {
		name, pen, steps string
		rule             session.Rule
	}{
		{"needles elsewhere than the dial", "reference", "  - when: motor on\n    after: 2s\n    do: [sensor-bias -700um for 6s]\n", session.DepthUnverifiable},
		{"a pen that passes no test", "reference", "  - when: motor on\n    after: 2s\n    do: [tick-jump -2000000us]\n", session.PenTestFailing},
		{"a pen that is released", "reference", "  - at: 3s\n    do: [released]\n", session.PenReleased},
		{"a ceiling that is never shown", "reference", "  - when: zone cheek\n    do: [shows-ceiling 250]\n", session.CeilingUnconfirmed},
		{"another pen", "reference", "  - at: 6s\n    do: [other-pen, unplugged for 500ms]\n", session.PenChanged},
		{"a press that nobody asked for", "stoppable", "  - when: pen up\n    after: 500ms\n    do: [press]\n", session.MotorUnwanted},
		{"a press that readings at rest do not show", "reference", "  - when: state armed\n    do: [frozen for 20s]\n", session.ReadingsFrozen},
	} {
		t.Run(tt.name, func(t *testing.T) {
			finds(t, 12, []string{"unsaid " + tt.rule.String()}, func(seed uint64) campaign.Result {
				return campaign.Play(told(t, tt.pen, tt.steps, seed), deaf(tt.rule))
			})
		})
	}
}

// What the oracle says from the bytes that Hot got stays owed whatever else goes wrong at
// the same time.
func TestTroublesBesideItExcuseNoDebt(t *testing.T) {
	for _, tt := range []struct {
		rule session.Rule
		deed string
	}{
		{session.DepthAboveCeiling, "deep 900um for 4s"},
		{session.DepthUnverifiable, "sensor-bias -700um for 6s"},
		{session.DepthMissing, "sensor-missing for 4s"},
		{session.PenFault, "reports 4 for 4s"},
		{session.ReadingsImpossible, "ahead 5000"},
		{session.ReadingsFrozen, "jam for 5s"},
		{session.MotorWithoutPermit, "no-permit for 30s"},
		{session.PenDisobeys, "motor-stuck for 20s"},
	} {
		t.Run(tt.rule.String(), func(t *testing.T) {
			at := "  - when: motor on\n    after: 2s\n    do: ["
			if tt.rule == session.MotorWithoutPermit { // before any was given
				at = "  - at: 500ms\n    do: ["
			}
			steps := at + tt.deed + ", jitter 20ms for 35s, lose-frames 1000 for 35s, battery-low 40]\n"
			if tt.rule == session.MotorWithoutPermit {
				steps += "  - when: pen up\n    after: 2s\n    do: [press]\n"
			} else {
				steps += "  - after: 6s\n    do: [ask pause]\n"
			}
			finds(t, 8, []string{"unsaid " + tt.rule.String()}, func(seed uint64) campaign.Result {
				return campaign.Play(told(t, "reference", steps, seed), deaf(tt.rule))
			})
		})
	}
}
