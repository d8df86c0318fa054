package simpen

import (
	"reflect"
	"strings"
	"testing"

	"penlog/sim"
)

// Each example is a control, each control has words, and each fault can be said.
func TestEveryControlHasWords(t *testing.T) {
	said := map[string]bool{"noise": true, "stall": true, "script": true} // in JSON alone: there are faults for them
	for _, s := range sentences {
		if s.verb == "list" {
			continue // of the program, not of the pen
		}
		c, err := ParseWords(strings.Fields(s.example))
		if err != nil {
			t.Errorf("%s: %v", s.example, err)
		}
		said[c.Do] = true
	}
	for w := range words {
		if !said[w] {
			t.Errorf("nobody can say %q", w)
		}
	}
	for _, i := range sim.Faults() {
		for _, way := range []string{"", " up"} {
			if way != "" && !i.Directed {
				continue
			}
			f := sim.Fault{Kind: i.Kind}
			text := i.Name + way
			if !i.AtOnce {
				text += " for 1500ms"
			}
			c, err := ParseWords(strings.Fields(text))
			if err != nil {
				t.Errorf("%s: %v", text, err)
				continue
			}
			if f, err = c.fault(); err != nil || f.Kind != i.Kind || (f.Way == sim.Up) != (way != "") || (f.For == 0) != i.AtOnce {
				t.Errorf("%s is %+v, %v", text, f, err)
			}
			again, err := ParseWords(strings.Fields(f.String()))
			if g, err2 := again.fault(); err != nil || err2 != nil || g.String() != f.String() {
				t.Errorf("%q is read back as %v, %v, %v", f, g, err, err2)
			}
		}
	}
}

func TestWordsAreReadAsMeant(t *testing.T) {
	for _, tt := range []struct {
		text string
		want Control
	}{
		{"dial 1.25mm", Control{Do: "dial", UM: 1250}},
		{"dial 1250um", Control{Do: "dial", UM: 1250}},
		{"dial 0mm", Control{Do: "dial"}},
		{"step -1", Control{Do: "step", UM: -1}},
		{"speed 110Hz", Control{Do: "speed", Hz: 110}},
		{"guard", Control{Do: "release"}},
		{"release", Control{Do: "release", On: true}},
		{"hand careful 1mm 2", Control{Do: "hand", Style: "careful", UM: 1000, Passes: 2, Seed: 1}},
		{"hand stop", Control{Do: "hand"}},
		{"clear", Control{Do: "clear"}},
		{"deep 800µm", Control{Do: "fault", Name: "deep", Amount: 800}},
		{"deep 800um", Control{Do: "fault", Name: "deep", Amount: 800}},
		{"fault sensor-bias -600", Control{Do: "fault", Name: "sensor-bias", Amount: -600}},
		{"line-noise 500 down for 2s", Control{Do: "fault", Name: "line-noise", Amount: 500, Direction: "down", MS: 2000}},
		{"other-pen for 2s B-2", Control{Do: "fault", Name: "other-pen", Text: "B-2", MS: 2000}},
	} {
		got, err := ParseWords(strings.Fields(tt.text))
		if err != nil || !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: %+v, %v; want %+v", tt.text, got, err, tt.want)
		}
	}
}

func TestWrongWordsAreAnsweredWithTheRightOnes(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"", "control is missing"},
		{"prss", `no control "prss": did you mean press?`},
		{"stuck-senso", "did you mean stuck-sensor?"},
		{"fault lin-noise", "did you mean line-noise?"},
		{"fault", "which fault is missing"},
		{"xyzzyx", "choose one of press, dial"},
		{"dial", "depth is missing"},
		{"dial 1,5mm", "has a comma"},
		{"dial 1.5", "has no unit"},
		{"dial 50mm", "um is 50000, want 0 to 10000"},
		{"press now", `"now" is too much for press`},
		{"step 1000", "clicks is 1000, want -100 to 100"},
		{"step x", `clicks: "x" is no whole number`},
		{"contact onn", `did you mean on?`},
		{"skin leather", "choose one of plain"},
		{"glide up", "no axis"},
		{"speed 9999", "stroke rate is 9999"},
		{"hand carefull 1mm 2", "did you mean careful?"},
		{"hand careful 1mm 0", "passes is 0, want 1 to 100"},
		{"mute 5", `mute takes no amount: leave out "5"`},
		{"deep 99999", "deep: amount in µm is 99999, want 1 to 3000"},
		{"deep 5mm", "is no whole number"},
		{"mute up", "it takes no direction"},
		{"deep for ever", `how long is "ever"`},
		{"deep for 0s", `how long is "0s"`},
		{"stall 100 for 2s", "it happens at once"},
		{"other-pen " + strings.Repeat("x", 33), "at most 32 bytes"},
		{strings.Repeat("q", 100_000), "no control"},
	} {
		_, err := ParseWords(strings.Fields(tt.text))
		if err == nil || !strings.Contains(err.Error(), tt.want) || len(err.Error()) > 2000 {
			t.Errorf("%.40s: %.200v, want %q", tt.text, err, tt.want)
		}
	}
}

// Whatever is read can be carried out by its own check, and is read the same again.
func FuzzParseWords(f *testing.F) {
	for _, s := range sentences {
		f.Add(s.example)
	}
	f.Add("line-noise 1000 up for 2s")
	f.Add("sensor-bias -300 for 1ms")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ParseWords(strings.Fields(text))
		if err != nil {
			if len(err.Error()) > 4000+6*len(text) {
				t.Fatalf("%d bytes of error for %d of text", len(err.Error()), len(text))
			}
			return
		}
		if err := c.Check(); err != nil {
			t.Fatalf("%q is taken and then refused: %v", text, err)
		}
		if c.Do == "fault" {
			fault, _ := c.fault()
			again, err := ParseWords(strings.Fields(fault.String()))
			if err != nil {
				t.Fatalf("%q is written %q, which is refused: %v", text, fault, err)
			}
			if g, _ := again.fault(); g.String() != fault.String() {
				t.Fatalf("%q becomes %q", fault, g)
			}
		}
	})
}
