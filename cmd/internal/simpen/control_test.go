package simpen_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"penlog/cmd/internal/simpen"
	"penlog/sim"
)

func TestControlsAreReadLineByLine(t *testing.T) {
	in := `{"do":"press"}

{"do":"dial","um":2500}
{"do":"dail"}
{"do":"dial","depth":1}
nonsense
{"do":"press"}{"do":"press"}
{"do":"script","steps":[{"after_ms":5,"do":"press"},{"after_ms":9,"do":"fault","name":"creep"}]}
`
	out := make(chan simpen.Control, 20)
	simpen.ReadControls(t.Context(), strings.NewReader(in), out)
	want := []struct{ do, why string }{
		{"press", ""}, {"dial", ""}, {"dail", `no control "dail"`}, {"dial", `unknown field "depth"`},
		{"", "not a control"}, {"press", "more than one"}, {"script", ""}, {"quit", ""},
	}
	for i, w := range want {
		c := <-out
		err := c.Check()
		if c.Do != w.do || (err == nil) != (w.why == "") || err != nil && !strings.Contains(err.Error(), w.why) {
			t.Errorf("line %d: control %+v, error %v; want %q and %q", i, c, err, w.do, w.why)
		}
	}
	if len(out) != 0 {
		t.Errorf("%d more controls", len(out))
	}
}

func TestControlsOutOfRangeAreRefusedWithField(t *testing.T) {
	for _, tt := range []struct {
		c    simpen.Control
		want string
	}{
		{simpen.Control{Do: "dial", UM: -1}, "um is -1, want 0 to 10000"},
		{simpen.Control{Do: "glide", Axis: "up"}, `axis "up"`},
		{simpen.Control{Do: "noise", PerMillion: 2_000_000}, "per_million is 2000000"},
		{simpen.Control{Do: "fault", Name: "stuck"}, "did you mean stuck-sensor?"},
		{simpen.Control{Do: "hand", Style: "careless", UM: 1000, Passes: 1}, "choose one of careful"},
		{simpen.Control{Do: "script", Steps: []simpen.Control{{Do: "press"}, {Do: "dial", UM: 20_000}}}, "step 2: um"},
		{simpen.Control{Do: "script", Steps: []simpen.Control{{Do: "script"}}}, "a script in a script"},
	} {
		if err := tt.c.Check(); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%+v: %v, want %q", tt.c, err, tt.want)
		}
	}
}

func TestAScriptIsCarriedOutInItsTimeAndRefusalsSayWhy(t *testing.T) {
	r := tcp(t, nil)
	r.do(simpen.Control{Do: "script", Steps: []simpen.Control{
		{AfterMS: 60, Do: "fault", Name: "reboot"}, {AfterMS: 20, Do: "press"}, {AfterMS: 20, Do: "state"}}})
	begun := r.await("done", func(o *simpen.Observation) bool { return o.Of == "script" })
	if o := r.await("press", nil); o.Result != "no_permit" || o.At != begun.At+20_000 {
		t.Errorf("press %+v, want one without a permit 20 ms after %d", o, begun.At)
	}
	if o := r.await("state", nil); o.State.Motor || o.State.SetUM != 500 {
		t.Errorf("state %+v", o.State)
	}
	if o := r.await("boot", nil); o.At != begun.At+60_000+300_000 {
		t.Errorf("booted at %d µs, want 300 ms after the reboot at %d", o.At, begun.At+60_000)
	}
	r.do(simpen.Control{Do: "fault", Name: "no such"})
	if o := r.await("refused", nil); !strings.Contains(o.Why, "choose one of") {
		t.Errorf("refused %+v, want the names", o)
	}
}

func TestObservationsSurviveJSON(t *testing.T) {
	on := true
	for _, o := range []simpen.Observation{
		{See: "ready", At: 1, Simulated: true, Ready: &simpen.Ready{Listens: "tcp://127.0.0.1:1", PID: 3}},
		{See: "motor", At: 2, Simulated: true, On: &on},
		{See: "over_limit", At: 3, Simulated: true, Over: &simpen.OverLimit{CeilingUM: 1500, Cause: "revoke"}},
	} {
		b, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		var again simpen.Observation
		if err := json.Unmarshal(b, &again); err != nil {
			t.Fatal(err)
		}
		b2, _ := json.Marshal(again)
		if string(b) != string(b2) {
			t.Errorf("%s became %s", b, b2)
		}
	}
}

func TestAWrongConfigIsRefused(t *testing.T) {
	for _, cfg := range []simpen.Config{
		{}, {PTY: "x", Listen: "y"}, {Listen: "127.0.0.1:0", Baud: -1},
		{Listen: "127.0.0.1:0", Pen: sim.Config{Profile: sim.Profile{Name: "nothing"}}},
	} {
		if err := simpen.Run(t.Context(), cfg); !errors.Is(err, simpen.ErrConfig) {
			t.Errorf("Run(%+v) = %v, want ErrConfig", cfg, err)
		}
	}
}
