package suite_test

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"penlog/cmd/internal/campaign"
	"penlog/cmd/internal/campaign/script"
	"penlog/protocol"
	"penlog/session"
	"penlog/sim"
)

func builtin(t *testing.T) []*script.Script {
	t.Helper()
	all, err := script.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 40 {
		t.Fatalf("%d scenarios come with the program, fewer than 40", len(all))
	}
	return all
}

// Each scenario says what it is, what it shows and what must follow, once.
func TestScenariosAreReadable(t *testing.T) {
	file, title := map[string]bool{}, map[string]string{}
	for _, s := range builtin(t) {
		if file[s.Name] || title[s.Title] != "" {
			t.Errorf("%s: name or title is also that of %s", s.Name, title[s.Title])
		}
		file[s.Name], title[s.Title] = true, s.Name
		if len(s.About) < 40 || len(s.Hazards) == 0 || s.Seed != 0 {
			t.Errorf("%s: about of %d bytes, %d hazards, seed %d: say why it is there and what it shows; the seed is chosen by who plays it", s.Name, len(s.About), len(s.Hazards), s.Seed)
		}
		n := len(s.Expect)
		for i := range s.Steps {
			n += len(s.Steps[i].Expect)
		}
		if n == 0 {
			t.Errorf("%s expects nothing", s.Name)
		}
	}
}

var hazardRow = regexp.MustCompile(`(?m)^\| ([A-Z][0-9]+) \|`)

// Every hazard has a scenario that shows what Penlog does about it, or does not
// notice of it, and no scenario names one that there is not.
func TestEveryHazardHasAScenario(t *testing.T) {
	text, err := os.ReadFile("../../../../session/HAZARDS.md")
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string]int{}
	for _, m := range hazardRow.FindAllStringSubmatch(string(text), -1) {
		shown[m[1]] = 0
	}
	if len(shown) < 40 {
		t.Fatalf("%d hazards were read out of HAZARDS.md", len(shown))
	}
	for _, s := range builtin(t) {
		for _, h := range s.Hazards {
			if _, ok := shown[h]; !ok {
				t.Errorf("%s names the hazard %s, which HAZARDS.md has not", s.Name, h)
			}
			shown[h]++
		}
	}
	for _, h := range slices.Sorted(maps.Keys(shown)) {
		if shown[h] == 0 {
			t.Errorf("no scenario shows the hazard %s", h)
		}
	}
}

// unplayable are answers of the guard's table that no pen of sim's can bring about.
var unplayable = map[string]string{
	"alarm pen_released": "a pen that takes no permits has no guarded mode to be taken out of; where a guarded one was, the rule broke while it still was one",
	"hold depth_missing": "no pen takes permits and promises no depth",
}

// Every rule is expected by name in each response that some mode and source of
// depth has for it.
func TestEveryAnswerOfTheGuardIsExpected(t *testing.T) {
	expected := map[string]bool{}
	note := func(list []script.Expect) {
		for _, e := range list {
			if e.What == script.ExpectRule && len(e.Rules) == 1 {
				expected[fmt.Sprint(e.Response, " ", e.Rules[0])] = true
			}
		}
	}
	for _, s := range builtin(t) {
		note(s.Expect)
		for i := range s.Steps {
			note(s.Steps[i].Expect)
		}
	}
	for _, r := range session.Rules() {
		for m := session.ModeGuarded; m <= session.ModeManual; m++ {
			for _, source := range []protocol.DepthSource{protocol.DepthMeasured, protocol.DepthSet, protocol.DepthManual} {
				is := r.Respond(m, source)
				answer := fmt.Sprint(is, " ", r)
				switch why := unplayable[answer]; {
				case is == session.NotApplicable:
				case why != "" && expected[answer]:
					t.Errorf("%s is expected somewhere, though %s", answer, why)
				case why == "" && !expected[answer]:
					t.Errorf("no scenario expects %q alone", answer)
					expected[answer] = true // once
				}
			}
		}
	}
}

// Every verb of the language is used, every kind of hand and pen, every mode that
// a pen can have, and every state of a session is reached by name.
func TestScenariosUseAllThereIs(t *testing.T) {
	left := map[string]bool{}
	for _, v := range script.Verbs() {
		left["verb "+v.Name] = true
	}
	for _, h := range sim.Styles() {
		left["hand "+h.Name] = true
	}
	for m := session.ModeGuarded; m <= session.ModeManual; m++ {
		left["mode "+m.String()] = true
	}
	for s := session.Draft; s <= session.Interrupted; s++ {
		left["state "+s.String()] = true
	}
	note := func(list []script.Expect) {
		for _, e := range list {
			switch e.What {
			case script.ExpectState:
				delete(left, "state "+e.State.String())
			case script.ExpectMode:
				delete(left, "mode "+e.Mode.String())
			}
		}
	}
	for _, s := range builtin(t) {
		delete(left, "hand "+s.Hand)
		note(s.Expect)
		for i := range s.Steps {
			note(s.Steps[i].Expect)
			for _, d := range s.Steps[i].Do {
				delete(left, "verb "+d.Verb)
				if d.Verb == "hand" {
					delete(left, "hand "+d.Text)
				}
			}
		}
	}
	if len(left) > 0 {
		t.Errorf("no scenario has:\n%s", strings.Join(slices.Sorted(maps.Keys(left)), "\n"))
	}
}

// All come out as expected and break no promise, whatever chance makes of what
// they leave open.
func TestScenariosHold(t *testing.T) {
	for _, s := range builtin(t) {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			for seed := range seeds {
				s := *s
				s.Seed = uint64(seed + 1)
				r := campaign.Play(&s, campaign.Options{})
				for _, v := range r.Violations {
					t.Errorf("seed %d: %s: %s", s.Seed, v.Rule, v.What)
				}
				for _, c := range r.Checks {
					if !c.OK {
						t.Errorf("seed %d: after step %d, expected: %s: %s", s.Seed, c.Step+1, c.Text, c.Why)
					}
				}
				if t.Failed() {
					return
				}
			}
		})
	}
}
