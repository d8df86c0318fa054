package live_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"penlog/cmd/internal/campaign/live"
	"penlog/cmd/internal/campaign/script"
	"penlog/protocol"
	"penlog/session"
)

const ms = protocol.Instant(1000)

// examined plays sights to one expectation of a step whose deeds are done at 1 s.
func examined(t *testing.T, sentence string, play func(h *live.Hearing)) script.Check {
	t.Helper()
	e, err := script.ParseExpect(sentence)
	if err != nil {
		t.Fatal(err)
	}
	x := script.NewExaminer(&script.Script{Steps: []script.Step{{Expect: []script.Expect{e}}}}, 0)
	h := live.NewHearing(x, 0)
	play(h)
	h.UpTo(20_000 * ms)
	checks := x.Finish(20_000*ms, script.End{}, []bool{true})
	if len(checks) != 1 {
		t.Fatalf("%d checks", len(checks))
	}
	return checks[0]
}

// What the agent tells is dated back by what the stream adds, and by no more; never to
// before the deeds that it may follow from.
func TestWhatTheAgentTellsIsDatedBack(t *testing.T) {
	trip := script.Sight{Kind: script.SawRule, On: true, Rule: session.DepthAboveCeiling, Response: session.Trip}
	for _, tt := range []struct {
		sent protocol.Instant
		less time.Duration
		took time.Duration // −1: not in time
	}{
		{1010 * ms, live.Allowance, 0},
		{1100 * ms, live.Allowance, 0},
		{1119 * ms, live.Allowance, 19 * time.Millisecond},
		{1120 * ms, live.Allowance, 20 * time.Millisecond},
		{1121 * ms, live.Allowance, -1},
		{1020 * ms, 0, 20 * time.Millisecond},
		{1021 * ms, 0, -1},
		{999 * ms, live.Allowance, -1}, // before the deeds, and told before them
	} {
		c := examined(t, "trip depth_above_ceiling within 20ms", func(h *live.Hearing) {
			if tt.sent < 1000*ms {
				h.Told(trip, tt.sent, tt.less)
			}
			h.Begin(0, 1000*ms)
			// Later, and true: the examiner must not have gone on before it hears of the trip.
			h.Saw(script.Sight{At: 1300 * ms, Kind: script.SawMotor, On: true})
			h.Pass(1350 * ms)
			if tt.sent >= 1000*ms {
				h.Told(trip, tt.sent, tt.less)
			}
		})
		if c.OK != (tt.took >= 0) || c.OK && c.Took != tt.took {
			t.Errorf("sent at %v, less %v: %+v, want %v", tt.sent, tt.less, c, tt.took)
		}
	}
}

// Whatever comes in whatever order, moments that the examiner hears never go back,
// and all is heard.
func TestMomentsNeverGoBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := script.Expect{What: script.ExpectStarts}
		x := script.NewExaminer(&script.Script{Steps: []script.Step{{Expect: []script.Expect{e}}}}, 0)
		h := live.NewHearing(x, 0)
		now, on := protocol.Instant(0), rapid.IntRange(0, 30).Draw(t, "on")
		var last protocol.Instant
		h.Begin(0, now)
		for i := range 31 {
			now += protocol.Instant(rapid.Int64Range(0, 3_000_000).Draw(t, "later"))
			s := script.Sight{At: now, Kind: script.SawMotor, On: i == on}
			if rapid.Bool().Draw(t, "told") {
				sent := now - protocol.Instant(rapid.Int64Range(0, 5_000_000).Draw(t, "late"))
				h.Told(s, sent, live.Allowance)
			} else {
				h.Saw(s)
			}
			if i == on {
				last = now
			}
			h.Pass(now)
		}
		h.UpTo(now)
		c := x.Finish(now, script.End{}, []bool{true})[0]
		if !c.OK || c.Took < 0 || c.Took > time.Duration(last)*time.Microsecond {
			t.Fatalf("%+v: the motor ran at %v at the latest", c, last)
		}
	})
}
