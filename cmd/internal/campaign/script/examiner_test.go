package script_test

import (
	"slices"
	"testing"
	"time"

	"penlog/cmd/internal/campaign/script"
	"penlog/protocol"
	"penlog/session"
)

// examine says what an examiner makes of sights, for one expectation of a step at 0.
func examine(t *testing.T, sentence string, end script.End, sights ...script.Sight) script.Check {
	t.Helper()
	e, err := script.ParseExpect(sentence)
	if err != nil {
		t.Fatal(err)
	}
	s := &script.Script{Steps: []script.Step{{Expect: []script.Expect{e}}}}
	x := script.NewExaminer(s, 0)
	x.Begin(0, 0)
	for i := range sights {
		x.See(&sights[i])
	}
	checks := x.Finish(protocol.Instant(0).Add(10*time.Second), end, []bool{true})
	if len(checks) != 1 {
		t.Fatalf("%d checks", len(checks))
	}
	return checks[0]
}

// Permits of the test are none to treat, a code is that of the refusal, and figures
// of the end bound from the side that is named.
func TestWhatIsExpected(t *testing.T) {
	const second = 1_000_000
	permit := func(at protocol.Instant, d protocol.Micrometres) script.Sight {
		return script.Sight{At: at, Kind: script.SawPermit, On: true, Depth: d}
	}
	refused := script.Sight{At: second, Kind: script.SawRefused, Do: session.CmdArm, Code: "checks_failed"}
	for _, tt := range []struct {
		expect string
		end    script.End
		sights []script.Sight
		ok     bool
	}{
		{"permit", script.End{}, []script.Sight{permit(second, 1500)}, true},
		{"permit", script.End{}, []script.Sight{permit(second, 1)}, false},
		{"permit", script.End{}, nil, false},
		{"permit 1.50mm within 2s", script.End{}, []script.Sight{permit(second, 1500)}, true},
		{"permit 1.50mm within 2s", script.End{}, []script.Sight{permit(3*second, 1500)}, false},
		{"permit 1.50mm", script.End{}, []script.Sight{permit(second, 1250)}, false},
		{"no permit for 5s", script.End{}, []script.Sight{permit(second, 1), permit(6*second, 1500)}, true},
		{"no permit for 5s", script.End{}, []script.Sight{permit(4*second, 1500)}, false},
		{"no permit for 15s", script.End{}, nil, false},
		{"no permit", script.End{}, nil, true},
		{"no permit", script.End{}, []script.Sight{permit(second, 750)}, false},
		{"refused arm because checks_failed", script.End{}, []script.Sight{refused}, true},
		{"refused arm because wrong_state", script.End{}, []script.Sight{refused}, false},
		{"refused arm", script.End{}, []script.Sight{refused}, true},
		{"exposure over 0.50mm", script.End{Exposure: 499}, nil, false},
		{"exposure over 0.50mm", script.End{Exposure: 500}, nil, true},
		{"exposure under 0.50mm", script.End{Exposure: 500}, nil, true},
		{"exposure under 0.50mm", script.End{Exposure: 501}, nil, false},
		{"alteration found", script.End{}, nil, true},
		{"alteration found", script.End{Altered: "a byte"}, nil, false},
	} {
		if c := examine(t, tt.expect, tt.end, tt.sights...); c.OK != tt.ok || !c.OK && c.Why == "" {
			t.Errorf("%s after %+v, %+v: %+v", tt.expect, tt.sights, tt.end, c)
		}
	}
}

// A permit that is in force when the step is done counts; one that ended does not.
func TestPermitInForce(t *testing.T) {
	e, err := script.ParseExpect("permit 1.50mm within 1s")
	if err != nil {
		t.Fatal(err)
	}
	for _, ended := range []bool{false, true} {
		x := script.NewExaminer(&script.Script{Steps: []script.Step{{Expect: []script.Expect{e}}}}, 0)
		x.See(&script.Sight{At: 1000, Kind: script.SawPermit, On: true, Depth: 1500})
		if ended {
			x.See(&script.Sight{At: 2000, Kind: script.SawPermit})
		}
		x.Begin(0, 3000)
		if c := x.Finish(5_000_000, script.End{}, []bool{true}); c[0].OK == ended {
			t.Errorf("ended %v: %+v", ended, c[0])
		}
	}
}

// The end of a permit is none, and one for another max depth is another.
func TestPermitThatIsNotTheOne(t *testing.T) {
	e, err := script.ParseExpect("permit 1.50mm within 1s")
	if err != nil {
		t.Fatal(err)
	}
	x := script.NewExaminer(&script.Script{Steps: []script.Step{{Expect: []script.Expect{e}}}}, 0)
	x.See(&script.Sight{At: 1000, Kind: script.SawPermit, On: true, Depth: 750})
	x.Begin(0, 2000)
	x.See(&script.Sight{At: 3000, Kind: script.SawPermit, Depth: 1500})
	if c := x.Finish(5_000_000, script.End{}, []bool{true}); c[0].OK {
		t.Error("a permit for 750 µm, and the end of one for 1500 µm, were taken for one of 1500 µm")
	}
}

// An advisory is waited for by its rule, and an alarm is none.
func TestCueOfAnAdvisory(t *testing.T) {
	c, err := script.ParseCue("advisory dwell")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		is   session.Response
		rule session.Rule
		want bool
	}{
		{session.Advisory, session.Dwell, true}, {session.Alarm, session.Dwell, false}, {session.Advisory, session.BatteryLow, false},
	} {
		if got := c.Met(&script.Sight{Kind: script.SawRule, On: true, Response: tt.is, Rule: tt.rule}); got != tt.want {
			t.Errorf("%v %v: met %t", tt.is, tt.rule, got)
		}
	}
}

// Without a pen there is nobody to follow a screen, no fault of a pen and no hand
// on one; what people ask and do at the desk there is, and it excuses no false trip.
func TestTreatmentWithoutALink(t *testing.T) {
	file := func(technician, do string) error {
		s, err := script.Load("x.yaml", []byte("format: penlog-scenario/1\ntitle: x\nfor: 10s\npen: none\ntechnician: "+technician+
			"\ntreat: [cheek acne_scar_rolling]\nsteps: [{at: 1s, do: ["+do+"]}]\n"))
		if err == nil && !s.Human() {
			t.Errorf("%s is not of people's doing", do)
		}
		return err
	}
	for _, tt := range []struct {
		technician, do string
		ok             bool
	}{
		{"waits", "pc-check clock bad", true}, {"waits", "alter-record", true}, {"waits", "prepare", true}, {"waits", "ask stop", true},
		{"follows", "prepare", false}, {"arms", "prepare", false}, {"waits", "press", false}, {"waits", "reboot", false}, {"waits", "unplugged", false},
	} {
		if err := file(tt.technician, tt.do); (err == nil) != tt.ok {
			t.Errorf("%s, %s: %v", tt.technician, tt.do, err)
		}
	}
}

// What was due after the end of a script that was cut is owed; what was due before it is
// judged as ever.
func TestWhatACutScriptOwes(t *testing.T) {
	const yaml = `format: penlog-scenario/1
title: t
seed: "1"
for: 1m
technician: waits
steps:
  - at: 1s
    do: [press]
    expect: [trip depth_above_ceiling within 20ms, motor stays off for 500ms, motor stays off for 30s, state paused, no trip]
  - at: 40s
    do: [press]
    expect: [motor on within 1s]
expect: [strokes exact, record whole, exposure over 0.5mm, exposure under 0.1mm]
`
	for _, cut := range []time.Duration{0, 50 * time.Second} {
		s, err := script.Load("t.yaml", []byte(yaml))
		if err != nil {
			t.Fatal(err)
		}
		s.Length, s.Cut = 10*time.Second, cut
		x := script.NewExaminer(s, 0)
		x.Begin(0, 1_000_000)
		checks := x.Finish(10_000_000, script.End{Strokes: "one is missing", Record: "there is none", Exposure: 200}, []bool{true, false})
		var got []string
		for _, c := range checks {
			switch {
			case c.Owed && !c.OK || c.Owed && c.Why != "":
				t.Errorf("owed, and %+v", c)
			case c.Owed:
				got = append(got, "owed")
			case c.OK:
				got = append(got, "met")
			default:
				got = append(got, "failed")
			}
		}
		want := []string{"failed", "met", "failed", "failed", "met", "failed", "failed", "failed", "failed", "failed"}
		if cut > 0 {
			want = []string{"failed", "met", "owed", "owed", "owed", "owed", "owed", "owed", "owed", "failed"}
		}
		if !slices.Equal(got, want) {
			t.Errorf("cut %v: %v, want %v: %+v", cut, got, want, checks)
		}
	}
}
