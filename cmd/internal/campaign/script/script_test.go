package script_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"penlog/cmd/internal/campaign/script"
	"penlog/protocol"
	"penlog/session"
	"penlog/session/limits"
	"penlog/session/limits/strictyaml"
	"penlog/sim"
)

// Every sentence is written as it is read.
func TestSentencesRoundTrip(t *testing.T) {
	for _, s := range []string{
		"press", "prepare", "dial 2.00mm", "dial-up", "dial-up 3steps for 2s", "touch", "hand fast", "stuck-sensor", "stuck-sensor 500um for 2s", "clear stuck-sensor",
		"creep 250um/s", "agent-stall for 150ms", "agent-killed", "agent-killed for 300ms", "disk-slow 50ms for 10s", "wall-clock 700ms", "time-zone",
		"pc-check clock bad", "alter-record",
		"ask choose nose acne_scar_rolling", "ask choose cheek left fine_lines wanted 0.75mm", "ask arm by clinician", "ask abort code faint",
		"ask override cheek 2.00mm by clinician because deep scars", "ask note because all is well", `ask {"do":"screen","rest":"no"}`,
	} {
		d, err := script.ParseDeed(s)
		if err != nil {
			t.Errorf("%s: %v", s, err)
			continue
		}
		if got := d.String(); got != s {
			t.Errorf("%q is written %q", s, got)
		}
	}
	for _, s := range []string{"motor on", "motor off", "needles clear", "permit", "no permit", "contact", "lifted", "strokes 50", "trip", "trip depth_above_ceiling",
		"hold link_lost", "alarm", "advisory dwell", "healed dial_above_ceiling", "state paused", "zone nose", "pen up", "pen gone", "booted", "refused arm", "refused", "done finish", "agent runs"} {
		c, err := script.ParseCue(s)
		if err != nil {
			t.Errorf("%s: %v", s, err)
		} else if got := c.String(); got != s {
			t.Errorf("%q is written %q", s, got)
		}
	}
	for _, s := range []string{"trip depth_above_ceiling within 20ms", "trip", "hold link_lost or readings_stale within 2s", "no trip", "no hold pen_busy for 5s",
		"heals dial_above_ceiling within 2s", "pen stopped within 300ms", "pen stopped by lapse within 400ms", "needles clear within 400ms",
		"pen stopped before 0.20mm over for 50ms", "motor stays off for 5s", "motor stays on", "motor on within 10s", "state paused within 1s", "mode stoppable",
		"refused arm", "done finish within 5s", "strokes exact", "record whole", "exposure over 0.50mm",
		"refused arm because checks_failed within 1s", "permit 1.50mm within 2s", "permit", "no permit", "no permit for 5s", "exposure under 0.10mm", "alteration found"} {
		e, err := script.ParseExpect(s)
		if err != nil {
			t.Errorf("%s: %v", s, err)
		} else if got := e.String(); got != s {
			t.Errorf("%q is written %q", s, got)
		}
	}
	for _, s := range []string{"cheek acne_scar_rolling", "cheek left fine_lines 0.75mm", "nose acne_scar_rolling 0.75mm 3 passes", "cheek fine_lines 1.00mm in periorbital"} {
		v, err := script.ParseTreat(s)
		if err != nil {
			t.Errorf("%s: %v", s, err)
		} else if got := v.String(); got != s {
			t.Errorf("%q is written %q", s, got)
		}
	}
	// The words of the issue, in other spellings.
	for from, to := range map[string]string{
		"pen stopped before 0.2 mm over for 50ms": "pen stopped before 0.20mm over for 50ms",
	} {
		if e, err := script.ParseExpect(from); err != nil || e.String() != to {
			t.Errorf("%q is %q, %v", from, e, err)
		}
	}
}

// Whatever is not a sentence is refused at the word, with what to write.
func TestSentencesThatAreNone(t *testing.T) {
	for _, tt := range []struct {
		what, text string
		place      int
		says       string
	}{
		{"deed", "pres", 0, `did you mean "press"?`},
		{"deed", "", 0, "missing"},
		{"deed", "dial", 4, "a depth is missing"},
		{"deed", "dial 2", 5, "1.25mm"},
		{"deed", "dial 11mm", 5, "up to 10mm"},
		{"deed", "dial 2mm quickly", 9, "too much"},
		{"deed", "stuck-senso", 0, `"stuck-sensor"`},
		{"deed", "agent-stall", 11, "how long"},
		{"deed", "agent-stall for never", 16, "length of time"},
		{"deed", "dial-up 300", 8, "1 to 50"},
		{"deed", "dial-up three", 8, "too much"},
		{"deed", "clear stuck", 6, "no fault"},
		{"deed", "hand carefull", 5, `"careful"`},
		{"deed", "ask chose nose", 4, `"choose"`},
		{"deed", "ask choose noze fine_lines", 11, `"nose"`},
		{"deed", "ask choose nose fine_line", 16, `"fine_lines"`},
		{"deed", "ask override cheek 2.00mm by clinician", 38, "because"},
		{"deed", "ask plan", 4, "JSON"},
		{"deed", `ask {"do":"screen","rst":"no"}`, 4, "no command"},
		{"deed", `ask {"do":"dance"}`, 4, "no command"},
		{"deed", `ask {"do":"arm"} {}`, 4, "more behind"},
		{"deed", "pc-check clok bad", 9, `"clock"`},
		{"deed", "pc-check clock", 14, "good, bad, unknown"},
		{"deed", "other-pen B-2 C-3", 14, "too much"},
		{"deed", "other-pen for 10s B-2 for 5s", 22, "too much"},
		{"deed", "other-pen B:2", 10, "serial number"},
		{"deed", "other-pen 123456789012345678901234567890123", 10, "serial number"},
		{"deed", "mute B-2", 5, "too much"},
		{"cue", "motor", 5, "on, off"},
		{"cue", "motor onn", 6, `"on"`},
		{"cue", "strokes", 7, "strokes 50"},
		{"cue", "trip depth_above_cieling", 5, "depth_above_ceiling"},
		{"cue", "state pausd", 6, `"paused"`},
		{"expect", "trip frozen", 5, "no rule"},
		{"expect", "trp", 0, `"trip"`},
		{"expect", "pen stopped before", 18, "depth"},
		{"expect", "pen stopped before 0.2 mm over", 30, "for how long"},
		{"expect", "motor stays offf", 12, `"off"`},
		{"expect", "trip within", 11, "300ms"},
		{"expect", "refused arm because", 19, "code of the refusal"},
		{"expect", "refused arm because Checks!", 20, "code of the refusal"},
		{"expect", "done arm because checks_failed", 9, "too much"},
		{"expect", "permit 11mm", 7, "up to 10mm"},
		{"expect", "exposure 0.5mm", 9, "over, under"},
		{"expect", "strokes exact within 5s", 14, "too much"},
		{"treat", "cheek", 5, "indication is missing"},
		{"treat", "cheek fine_lines two passes", 17, "number of passes"},
		{"treat", "cheek fine_lines 2", 18, "passes"},
	} {
		var err error
		switch tt.what {
		case "deed":
			_, err = script.ParseDeed(tt.text)
		case "cue":
			_, err = script.ParseCue(tt.text)
		case "expect":
			_, err = script.ParseExpect(tt.text)
		case "treat":
			_, err = script.ParseTreat(tt.text)
		}
		var bad *script.WordError
		if !errors.As(err, &bad) {
			t.Errorf("%s %q: %v", tt.what, tt.text, err)
			continue
		}
		if bad.Place != tt.place || !strings.Contains(bad.Error(), tt.says) {
			t.Errorf("%s %q: at %d: %v", tt.what, tt.text, bad.Place, bad)
		}
	}
}

// Every verb can be written as it is with nothing more than it must have, and what
// it says of itself holds together.
func TestVerbs(t *testing.T) {
	seen := map[string]bool{}
	for _, v := range script.Verbs() {
		if seen[v.Name] || v.About == "" {
			t.Errorf("%s comes twice, or says nothing of itself", v.Name)
		}
		seen[v.Name] = true
		if !v.Human() && v.Why == "" {
			t.Errorf("%s does not say why it is observable, or why not", v.Name)
		}
		if v.Takes.Has(script.TakesAmount) && (v.Amount < v.Min || v.Amount > v.Max) && v.Amount != 0 {
			t.Errorf("%s: %d is not within %d and %d", v.Name, v.Amount, v.Min, v.Max)
		}
	}
	for _, f := range sim.Faults() {
		if v := script.VerbByName(f.Name); v == nil || v.Fault != f.Kind || v.Group != script.GroupRoom {
			t.Errorf("%s is no verb", f.Name)
		}
	}
}

// drawDeed draws any deed.
func drawDeed(t *rapid.T) script.Deed {
	v := rapid.SampledFrom(script.Verbs()).Draw(t, "verb")
	d := script.Deed{Verb: v.Name, Amount: v.Amount, For: v.Span}
	ms := func(lo, hi time.Duration) time.Duration {
		return time.Duration(rapid.Int64Range(int64(max(lo, time.Millisecond)/time.Millisecond), int64(min(hi, time.Hour)/time.Millisecond)).Draw(t, "ms")) * time.Millisecond
	}
	if v.Takes.Has(script.TakesCommand) {
		d.Ask = session.Command{Do: rapid.SampledFrom([]session.CommandKind{session.CmdArm, session.CmdChoose, session.CmdScreen}).Draw(t, "do")}
		switch d.Ask.Do {
		case session.CmdChoose:
			d.Ask.Zone = rapid.SampledFrom(limits.AllZones()).Draw(t, "zone")
			d.Ask.Side = rapid.SampledFrom(append(limits.AllSides(), limits.SideNone)).Draw(t, "side")
			d.Ask.Indication = rapid.SampledFrom(limits.AllIndications()).Draw(t, "indication")
			d.Ask.Wanted = protocol.Micrometres(rapid.Int32Range(0, 3000).Draw(t, "wanted"))
		case session.CmdScreen:
			d.Ask.Rest = "no"
		}
		return d
	}
	if v.Takes.Has(script.TakesDepth) {
		d.Depth = protocol.Micrometres(rapid.Int32Range(0, 10_000).Draw(t, "depth"))
	}
	if v.Takes.Has(script.TakesAmount) && rapid.Bool().Draw(t, "sized") {
		d.Amount = rapid.Int64Range(v.Min, v.Max).Draw(t, "amount")
	}
	if v.Takes.Has(script.TakesDirection) {
		d.Way = rapid.SampledFrom([]sim.Direction{sim.BothWays, sim.Up, sim.Down}).Draw(t, "way")
	}
	if v.Takes.Has(script.TakesFor) && (v.Group == script.GroupPC || rapid.Bool().Draw(t, "for")) {
		d.For = ms(v.Least, v.Most)
	}
	switch {
	case v.Takes.Has(script.TakesStyle):
		d.Text = rapid.SampledFrom(sim.Styles()).Draw(t, "style").Name
	case v.Takes.Has(script.TakesVerb):
		d.Text = "line-noise"
	case v.Takes.Has(script.TakesFact):
		d.Text = "awake unknown"
	case v.Takes.Has(script.TakesText):
		d.Text = rapid.StringMatching(`|[A-Z0-9][A-Za-z0-9._/-]{0,31}`).Draw(t, "serial")
	}
	return d
}

// Whatever script there is, it is written as it is read, as a whole too.
func TestScriptsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := script.Script{Name: "x", Title: `a "title": with [marks]`, Hazards: []string{"D1", "S12"}, Seed: rapid.Uint64Min(1).Draw(t, "seed"), Length: time.Minute,
			Pen: "reference", Drift: rapid.Int64Range(-20_000, 20_000).Draw(t, "drift"), Hand: "careful", Technician: rapid.SampledFrom([]script.Technic{script.Follows, script.Arms, script.Waits}).Draw(t, "tech"),
			Treat: []script.Treat{{Zone: limits.Cheek, Indication: limits.AcneScarRolling, Depth: 1250, Passes: 1}}}
		if rapid.Bool().Draw(t, "wall") {
			s.Wall = time.Date(2026, 10, 25, 0, 59, 50, 0, time.UTC)
		}
		for at := time.Second; at < time.Minute && rapid.IntRange(0, 4).Draw(t, "more") > 0; at += 5 * time.Second {
			step := script.Step{At: at, Do: []script.Deed{drawDeed(t)}}
			if step.Do[0].Depth > 2500 {
				step.Do[0].Depth = 2500 // the dial of the reference ends there
			}
			if rapid.Bool().Draw(t, "expects") {
				step.Expect = []script.Expect{{What: script.ExpectRule, Response: session.Trip, Rules: []session.Rule{session.DepthAboveCeiling}, Within: 20 * time.Millisecond}}
			}
			s.Steps = append(s.Steps, step)
		}
		back, err := script.Load("x.yaml", s.YAML())
		if err != nil {
			t.Fatalf("%v\n%s", err, s.YAML())
		}
		if !reflect.DeepEqual(*back, s) {
			t.Fatalf("%+v became %+v:\n%s", s, *back, s.YAML())
		}
	})
}

// Problems of a file stand at the word, and all come at once.
func TestFileThatIsNone(t *testing.T) {
	_, err := script.Load("bad.yaml", []byte(`format: penlog-scenario/1
title: x
for: 10s
pen: referense
treat:
  - cheek acne_scar_rolling
  - scalp acne_scar_rolling
steps:
  - at: 5s
    do: [press, dila 2mm]
  - at: 4s
    expect: [trip depth_above_cieling within 20ms]
  - at: 20s
    do: [dial 3.00mm]
  - when: motor on
hand: care
`))
	var bad *script.FileError
	if !errors.As(err, &bad) {
		t.Fatal(err)
	}
	want := []struct {
		line, column int
		says         string
	}{
		{4, 6, "referense"}, {7, 5, "nothing is allowed in the scalp"}, {10, 17, `"dila"`}, {11, 9, "before the step above"}, {12, 19, "depth_above_cieling"},
		{13, 9, "after the end"}, {14, 10, "ends at 2.50mm"}, {15, 5, "does nothing"}, {16, 7, `"care"`},
	}
	for i, p := range bad.Problems {
		if i >= len(want) || p.Line != want[i].line || p.Column != want[i].column || !strings.Contains(p.Problem, want[i].says) {
			t.Errorf("problem %d: %v", i, p)
		}
	}
	if len(bad.Problems) != len(want) {
		t.Errorf("%d problems, want %d", len(bad.Problems), len(want))
	}
}

func FuzzLoad(f *testing.F) {
	f.Add([]byte("format: penlog-scenario/1\ntitle: x\nfor: 10s\ntechnician: waits\nsteps: [{at: 1s, do: [press]}]\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := script.Load("f.yaml", data)
		if err != nil {
			var bad *strictyaml.Error
			if !errors.As(err, &bad) {
				var one *strictyaml.Problem
				if !errors.As(err, &one) {
					t.Fatalf("%T: %v", err, err)
				}
			}
			return
		}
		if _, err := script.Load("f.yaml", s.YAML()); err != nil {
			t.Fatalf("what was read can't be written: %v\n%s", err, s.YAML())
		}
	})
}

// What a pen can't have is said before a script is played, of every fault that asks
// something of a pen: the reference pen, which can have all, refuses none.
func TestWhatAPenCantHaveIsRefused(t *testing.T) {
	profile := func(name string) *sim.Profile {
		f, err := sim.ProfileByName(name)
		if err != nil {
			t.Fatal(err)
		}
		return &f
	}
	for _, v := range script.Verbs() {
		if !script.Possible(&script.Deed{Verb: v.Name}, profile("reference")) {
			t.Errorf("the reference pen refuses %s", v.Name)
		}
	}
	for pen, faults := range map[string][]sim.FaultKind{
		"stoppable": {sim.FaultEndsEarly, sim.FaultShowsCeiling, sim.FaultShowsPermit, sim.FaultReleased, sim.FaultIgnoreLapse, sim.FaultReplayPermits, sim.FaultSelfStart},
		"monitor-only": {sim.FaultIgnoreRevoke, sim.FaultAckOnly, sim.FaultIgnoreHello, sim.FaultDeaf, sim.FaultSecondHost, sim.FaultTakeOver, sim.FaultReplayFrames,
			sim.FaultEndsEarly},
		"set-only":  {sim.FaultSensorBias, sim.FaultStuckSensor, sim.FaultSensorMissing},
		"fast-dial": {sim.FaultSensorNoise},
	} {
		for _, k := range faults {
			if script.Possible(&script.Deed{Verb: k.String()}, profile(pen)) {
				t.Errorf("%s is possible of the pen %s", k, pen)
			}
			_, err := script.Load("t.yaml", []byte(`format: penlog-scenario/1
title: t
seed: "1"
for: 10s
pen: `+pen+`
technician: waits
steps:
  - at: 1s
    do: [`+k.String()+`]
`))
			if err == nil || !strings.Contains(err.Error(), "means nothing") {
				t.Errorf("%s with the pen %s: %v", k, pen, err)
			}
		}
	}
	if !script.Possible(&script.Deed{Verb: "ignore-revoke"}, profile("stoppable")) {
		t.Error("a pen that is only told to stop can be deaf to that")
	}
	for _, f := range sim.Profiles() {
		for _, k := range []sim.FaultKind{sim.FaultBatteryLow, sim.FaultBatteryDead} {
			if got := script.Possible(&script.Deed{Verb: k.String()}, &f); got != (f.BatteryMAH > 0) {
				t.Errorf("%s of the pen %s: %t", k, f.Name, got)
			}
		}
	}
}
