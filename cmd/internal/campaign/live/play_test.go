package live_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"penlog/cmd/internal/campaign"
	"penlog/cmd/internal/campaign/live"
	"penlog/cmd/internal/campaign/script"
	"penlog/protocol"
	"penlog/session"
)

// treats are steps that bring a hand that does nothing by itself to run the needles.
const treats = `  - at: 4s
    do: [dial 1.25mm, press]
  - after: 500ms
    do: [ask choose cheek acne_scar_rolling]
  - after: 500ms
    do: [ask arm]
  - when: permit
    after: 300ms
    do: [press]
`

// worked is a scenario of that, with more steps behind.
func worked(t *testing.T, more string) *script.Script {
	t.Helper()
	return scenario(t, "worked", `format: penlog-scenario/1
title: Steps alone
hazards: [S2]
pen: reference
hand: none
technician: waits
for: 13s
treat:
  - cheek acne_scar_rolling 1.25mm 1 passes
steps:
  - at: 1s
    do: [prepare]
`+treats+more)
}

// scenario reads one.
func scenario(t *testing.T, name, text string) *script.Script {
	t.Helper()
	s, err := script.Load(name+".yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The same scenario has the same verdicts, check by check, in virtual time and
// against an agent that runs: where all is as expected, and where it is not. A PC too
// busy to let the agent run may well change a verdict: then it is played again.
func TestSameVerdicts(t *testing.T) {
	wrong := worked(t, `  - when: motor on
    after: 1s
    do: [touch, deep 500um, ask note by clinician because it was seen]
    expect:
      - done note within 3s
      - trip pen_rebooted within 1s
      - trip depth_above_ceiling within 1s
      - no trip for 1s
      - motor stays on for 2s
      - motor stays off
      - needles clear within 2s
      - pen stopped by press within 1s
      - pen stopped before 0.01mm over for 1ms
      - pen stopped before 2mm over for 500ms
      - state tripped within 2s
      - refused arm
      - exposure over 0.001mm
      - exposure under 0.001mm
  - when: trip
    after: 500ms
    do: [ask arm]
    expect:
      - refused arm because wrong_state within 2s
      - done arm
  - when: booted
    do: [lift]
expect:
  - no hold link_lost
  - strokes exact
  - record whole
`)
	// What a pen does before its session is in no record, and one that was never heard
	// when the script began is told apart from one that does not answer.
	before := scenario(t, "before", `format: penlog-scenario/1
title: Strokes before the session
hazards: [S12]
pen: monitor-only
hand: none
technician: waits
for: 7s
steps:
  - at: 2s
    do: [press]
    expect:
      - motor on within 1s
  - after: 500ms
    do: [press]
  - after: 500ms
    do: [prepare]
expect:
  - strokes exact
  - record whole
`)
	silent := scenario(t, "silent", `format: penlog-scenario/1
title: The pen does not answer at first
hazards: [L6]
pen: reference
hand: none
technician: waits
for: 9s
steps:
  - do: [ignore-hello for 4s, prepare]
    expect:
      - hold pen_silent within 4s
      - mode guarded within 9s
`)
	scripts := []*script.Script{before, silent, named(t, "cable-pulled-in-use"), named(t, "dial-up-in-use"), named(t, "readings-frozen"), wrong}
	t.Parallel()
	var all sync.WaitGroup // at once, however few tests are to run in parallel: they mostly wait
	defer all.Wait()
	for _, s := range scripts {
		all.Go(func() {
			t.Run(s.Name, func(t *testing.T) {
				want := verdicts(campaign.Play(s, campaign.Options{}))
				r, err := live.Open(t.Context(), open(t).Config)
				if err != nil {
					t.Fatal(err)
				}
				for try := range 3 {
					res, err := r.Play(t.Context(), s, campaign.Options{})
					if err != nil {
						t.Fatal(err)
					}
					got := verdicts(res)
					if got == want {
						return
					}
					say := t.Logf
					if try == 2 {
						say = t.Errorf
					}
					say("live:\n%s\nin virtual time:\n%s\n%s", got, want, strings.Join(res.Log, "\n"))
					for _, c := range res.Checks {
						t.Log(c.Text, c.Took, c.Why)
					}
				}
			})
		})
	}
}

func verdicts(r campaign.Result) string {
	var b strings.Builder
	for _, c := range r.Checks {
		fmt.Fprintf(&b, "%d %t %s\n", c.Step, c.OK, c.Text)
	}
	return b.String()
}

// A stop that nobody acknowledged in its script is not the next script's.
func TestAStopIsNotCarriedOver(t *testing.T) {
	t.Parallel()
	r, err := live.Open(t.Context(), open(t).Config)
	if err != nil {
		t.Fatal(err)
	}
	stops := worked(t, `  - when: motor on
    after: 500ms
    do: [dial 2.50mm]
    expect:
      - trip depth_above_ceiling within 3s
`)
	next := scenario(t, "next", `format: penlog-scenario/1
title: The next patient
hazards: [S3]
pen: reference
hand: none
technician: waits
for: 5s
steps:
  - at: 1s
    do: [prepare]
    expect:
      - done open within 3s
expect:
  - no trip
`)
	for _, s := range []*script.Script{stops, next} {
		res, err := r.Play(t.Context(), s, campaign.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if res.Failed() {
			t.Errorf("%s: %+v\n%s", s.Name, res.Checks, strings.Join(res.Log, "\n"))
		}
	}
}

// Ctrl-C in the middle of a run leaves the motor off, the session over and the link gone.
func TestAnInterruptLeavesNothingRunning(t *testing.T) {
	t.Parallel()
	room := open(t)
	r, err := live.Open(t.Context(), room.Config)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ran, off := false, false
	_, err = r.Play(ctx, worked(t, ""), campaign.Options{Trace: func(_ protocol.Instant, what string) {
		if what == "state active" {
			ran = true
			cancel()
		}
		off = off || ran && what == "asked: abort"
	}})
	if !errors.Is(err, context.Canceled) || !ran || !off {
		t.Errorf("it ran: %t, was aborted: %t: %v", ran, off, err)
	}
	if v := room.agent.View(); v.State != session.Aborted || v.Open || v.MotorOn {
		t.Errorf("left %v, open %t, motor on %t", v.State, v.Open, v.MotorOn)
	}
	if _, err := os.Lstat(room.PTY); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the pen is still there: %v", err)
	}
}

// An agent that goes in the middle is said to be gone; so is one that is not there.
func TestAnAgentThatGoes(t *testing.T) {
	t.Parallel()
	room := open(t)
	r, err := live.Open(t.Context(), room.Config)
	if err != nil {
		t.Fatal(err)
	}
	gone := make(chan struct{})
	_, err = r.Play(t.Context(), worked(t, ""), campaign.Options{Trace: func(_ protocol.Instant, what string) {
		if what == "state draft" {
			go func() { defer close(gone); room.end() }()
		}
	}})
	if !errors.Is(err, live.ErrAgent) || !strings.Contains(err.Error(), "is gone") && !strings.Contains(err.Error(), "is it running?") {
		t.Errorf("%v", err)
	}
	<-gone
	if _, err = r.Play(t.Context(), worked(t, ""), campaign.Options{}); !errors.Is(err, live.ErrAgent) || !strings.Contains(err.Error(), "is it running?") {
		t.Errorf("%v", err)
	}
}

// Without the folder of the record, whether it is whole can't be told, and that is no
// yes. Nor does a script pass of which no step was reached.
func TestWhatCantBeToldIsNotPassed(t *testing.T) {
	t.Parallel()
	room := open(t)
	room.Dir = ""
	r, err := live.Open(t.Context(), room.Config)
	if err != nil {
		t.Fatal(err)
	}
	s := scenario(t, "short", `format: penlog-scenario/1
title: A session is opened
hazards: [S2]
pen: reference
hand: none
technician: waits
for: 5s
steps:
  - at: 1s
    do: [prepare]
  - when: motor on
    expect:
      - pen stopped within 1s
expect:
  - strokes exact
  - record whole
`)
	res, err := r.Play(t.Context(), s, campaign.Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := []struct {
		ok  bool
		why string
	}{{false, "never reached"}, {true, ""}, {false, "--ready-file"}}
	if len(res.Checks) != len(want) || !res.Failed() {
		t.Fatalf("%+v", res.Checks)
	}
	for i, w := range want {
		if c := res.Checks[i]; c.OK != w.ok || !strings.Contains(c.Why, w.why) {
			t.Errorf("%+v, want %+v", c, w)
		}
	}
}
