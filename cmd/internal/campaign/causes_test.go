package campaign_test

import (
	"testing"

	"penlog/cmd/internal/campaign"
	"penlog/protocol"
	"penlog/session"
)

// invented tells Cold of a rule that is not broken, once so many readings came: as soon
// as the motor runs by them, if it is to.
func invented(r session.Rule, resp session.Response, after int, on bool) campaign.Options {
	n := 0
	return campaign.Options{Seams: campaign.Seams{Note: func(x *session.Note) bool {
		if x.Kind != session.NoteReading {
			return true
		}
		if n++; n > after && (x.Reading.Flags.Motor() != protocol.MotorOff) == on {
			n = -1 << 30
			*x = session.Note{Kind: session.NoteFinding, At: x.At, Finding: session.Finding{Rule: r, Response: resp, On: true, At: x.At, MotorOn: on}}
		}
		return true
	}}}
}

// Alarms have a cause, as trips and holds do: one that nothing explains is counted, and
// blamed where nothing but people went wrong. That a pen that lives is called frozen is
// blamed everywhere.
func TestAlarmsHaveACause(t *testing.T) {
	for _, tt := range []struct {
		pen, deed string
		rule      session.Rule
		blamed    string
	}{
		{"fast-dial", "lift", session.ReadingsFrozen, "false frozen"},
		{"drpen-a20-class", "jitter 5ms", session.ReadingsFrozen, "false frozen"},
		{"exceed-class", "line-noise 10", session.ReadingsFrozen, "false frozen"},
		{"monitor-only", "lift", session.ReadingsImpossible, "false alarm"},
		{"monitor-only", "jitter 5ms", session.ReadingsImpossible, ""},
		{"dermapen-md-class", "lift", session.RecordStalled, "false alarm"},
		{"reference", "lift", session.PenTestFailing, "false alarm"},
	} {
		t.Run(tt.pen+" "+tt.rule.String()+" "+tt.deed, func(t *testing.T) {
			s := told(t, tt.pen, "  - at: 4s\n    do: ["+tt.deed+"]\n", 2)
			if r := campaign.Play(s, campaign.Options{}); r.Counts.FalseAlarms > 0 || r.Failed() {
				t.Fatalf("without an invented one %v, %v", r.Counts.FalseFound, r.Violations)
			}
			r := campaign.Play(s, invented(tt.rule, session.Alarm, 300, false))
			if r.Counts.FalseFound["alarm "+tt.rule.String()] == 0 || r.Counts.FalseAlarms == 0 {
				t.Errorf("it is not counted as false: %v of %v", r.Counts.FalseFound, r.Counts.Found)
			}
			by := ""
			for _, v := range r.Violations {
				by = v.Rule
			}
			if by != tt.blamed {
				t.Errorf("blamed by %q, want %q", by, tt.blamed)
			}
		})
	}
}

// A hold for a pen that has not shown what it can do ends with what it shows: one that
// stays is found, and so are those of a motor and of a depth that are as they should be.
func TestHoldsOfASoundPenAreFound(t *testing.T) {
	for _, tt := range []struct {
		rule   session.Rule
		blamed string
	}{{session.PenUnproven, "not proven"}, {session.MotorUnwanted, "false hold"}, {session.DepthMissing, "false hold"}} {
		t.Run(tt.rule.String(), func(t *testing.T) {
			finds(t, 6, []string{tt.blamed}, func(seed uint64) campaign.Result {
				return campaign.Play(told(t, "reference", "  - at: 4s\n    do: [lift]\n", seed), invented(tt.rule, session.Hold, 800, false))
			})
		})
	}
	t.Run("never proved", func(t *testing.T) {
		finds(t, 6, []string{"not proven"}, func(seed uint64) campaign.Result {
			return campaign.Play(told(t, "reference", "  - at: 4s\n    do: [lift]\n", seed), campaign.Options{Seams: campaign.Seams{
				Note: func(n *session.Note) bool {
					return n.Kind != session.NoteFinding || n.Finding.Rule != session.PenUnproven || n.Finding.On
				}}})
		})
	})
}

// What a trouble can't look like has no cause in it: an answer that is invented while it
// lasts is counted as a false one, by its name.
func TestATroubleExcusesNoMoreThanItCanCause(t *testing.T) {
	for _, tt := range []struct {
		deed string
		rule session.Rule
		resp session.Response
	}{
		{"jitter 1ms", session.PenRebooted, session.Trip},
		{"jitter 1ms", session.PenChanged, session.Hold},
		{"jitter 1ms", session.RecordStalled, session.Hold},
		{"jitter 1ms", session.ClockJumped, session.Hold},
		{"delay 5ms", session.NotAPen, session.Hold},
		{"line-noise 1", session.PenRebooted, session.Trip},
		{"line-noise 1", session.PenInvalid, session.Hold},
		{"line-noise 1", session.StopUnconfirmed, session.Trip},
		{"lose-frames 10", session.PenChanged, session.Hold},
		{"duplicate-frames 10", session.PenSilent, session.Hold},
		{"echo", session.ReadingsStale, session.Hold},
		{"echo", session.PenBusy, session.Hold},
		{"replay-permits 1000", session.LinkLost, session.Hold},
		{"other-name", session.PenChanged, session.Hold},
		{"creep 1um/s", session.ReadingsFrozen, session.Trip},
		{"deep 1um", session.ReadingsFrozen, session.Trip},
		{"sensor-bias 1um", session.ReadingsFrozen, session.Trip},
		{"sensor-noise 1um", session.ReadingsFrozen, session.Trip},
		{"cold-stall for 1ms", session.ReadingsStale, session.Hold},
		{"agent-stall for 1ms", session.PenRebooted, session.Trip},
		{"hot-stall for 1ms", session.PenChanged, session.Hold},
		{"wall-clock 1", session.ReadingsStale, session.Hold},
		{"disk-slow 1 for 20s", session.ReadingsStale, session.Hold},
		{"battery-low 40", session.PenNotWell, session.Hold},
	} {
		t.Run(tt.deed+" "+tt.rule.String(), func(t *testing.T) {
			steps := "  - when: motor on\n    after: 1s\n    do: [" + tt.deed + "]\n"
			s := told(t, "reference", steps, 1)
			if r := campaign.Play(s, campaign.Options{}); len(r.Counts.FalseFound) > 0 || r.Failed() {
				t.Fatalf("without an invented one %v, %v", r.Counts.FalseFound, r.Violations)
			}
			r := campaign.Play(s, invented(tt.rule, tt.resp, 1500, tt.resp == session.Trip))
			if name := tt.resp.String() + " " + tt.rule.String(); r.Counts.FalseFound[name] == 0 {
				t.Errorf("%s is not counted as false: %v of %v", name, r.Counts.FalseFound, r.Counts.Found)
			}
		})
	}
}
