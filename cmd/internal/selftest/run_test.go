package selftest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"penlog/cmd/internal/selftest"
)

// A house of one rule: its program finds a broken promise in every third seed when
// the rule is off, never ends when told so, and falls over when told so.
var house = map[string]string{
	"go.mod": "module penlog\n\ngo 1.26\n",
	"session/rule.go": `package session

const Guard = true

const Sound = true

const Ends = true
`,
	"cmd/internal/selftest/mutant/main.go": `package main

import (
	"flag"
	"fmt"
	"os"

	"penlog/session"
)

func main() {
	first, seeds, finds := flag.Uint64("first", 1, ""), flag.Int("seeds", 1, ""), flag.Int("finds", 1, "")
	skip := map[string]bool{}
	flag.Func("skip", "", func(s string) error { skip[s] = true; return nil })
	flag.Parse()
	if !session.Sound {
		fmt.Fprintln(os.Stderr, "out of order")
		os.Exit(3)
	}
	ran := 0
	for seed := *first; seed < *first+uint64(*seeds) && *finds > 0; seed++ {
		if skip[fmt.Sprint(seed)] {
			continue
		}
		ran++
		if !session.Guard && seed%3 == 0 {
			*finds--
			fmt.Printf("{\"find\":{\"seed\":%d,\"n\":%d,\"by\":\"too deep\",\"at_us\":5,\"what\":\"2 mm\"}}\n", seed, ran)
		}
	}
	for !session.Ends {
	}
	fmt.Printf("{\"ran\":%d,\"ms\":1}\n", ran)
}
`,
}

func build(t *testing.T, change map[string]string) string {
	dir := t.TempDir()
	for name, text := range house {
		if c, ok := change[name]; ok {
			text = c
		}
		to := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func off(name, old, instead string) selftest.Mutation {
	return selftest.Mutation{Name: name, Group: selftest.Guard, Of: []string{"rule"}, File: "session/rule.go", Old: old, New: instead}
}

// What each mutation comes to, and what the report makes of it.
func TestRunTellsWhatBecameOfEach(t *testing.T) {
	gone := off("guard/gone", "Guard = true", "Guard = false")
	spared := off("guard/spared", "const Guard = true", "// nothing\nconst Guard = true")
	covered := off("guard/covered", "const Guard = true", "// still\nconst Guard = true")
	covered.Covered = "another rule"
	old := off("guard/old", "Guard = 1", "Guard = 2")
	twice := off("guard/twice", "= true", "= false")
	wrong := off("guard/wrong", "Guard = true", "Guard = maybe")
	sick := off("guard/sick", "Sound = true", "Sound = false")
	stuck := off("guard/stuck", "Ends = true", "Ends = false")
	var heard []string
	r, err := selftest.Run(t.Context(), selftest.Options{
		Source: build(t, nil), First: 2, Seeds: 9, Finds: 2, Covered: true, Limit: 10 * time.Second,
		List: []selftest.Mutation{gone, spared, covered, old, twice, wrong, sick, stuck},
		Tell: func(o *selftest.Outcome) { heard = append(heard, o.Mutation) },
	})
	if err != nil {
		t.Fatal(err)
	}
	if r.Control.Verdict != selftest.Missed || r.Control.Ran != 9 {
		t.Errorf("the source as it is: %+v", r.Control)
	}
	want := []struct {
		verdict selftest.Verdict
		err     string
	}{
		{selftest.Found, ""}, {selftest.Missed, ""}, {selftest.Missed, ""}, {selftest.Broken, "fit the mutation"}, {selftest.Broken, "3 times"},
		{selftest.Broken, "undefined: maybe"}, {selftest.Broken, "out of order"}, {selftest.Stuck, "10s"},
	}
	if len(r.Outcomes) != len(want) || len(heard) != len(want)+1 || heard[0] != "none" {
		t.Fatalf("%d outcomes, heard of %q", len(r.Outcomes), heard)
	}
	for i, w := range want {
		if o := r.Outcomes[i]; o.Verdict != w.verdict || !strings.Contains(o.Err, w.err) {
			t.Errorf("%s: %q, %q; want %q, %q", o.Mutation, o.Verdict, o.Err, w.verdict, w.err)
		}
	}
	if o := r.Outcomes[0]; o.By != "too deep" || o.Seed != 3 || !slices.Equal(o.Needed, []int{2, 3}) || o.What != "2 mm" {
		t.Errorf("found: %+v", o)
	}
	if !r.Failed() || r.Count(selftest.Found) != 1 || r.Count(selftest.Missed) != 1 || r.Count(selftest.Broken) != 4 || r.Count(selftest.Stuck) != 1 {
		t.Errorf("failed %t, %s", r.Failed(), r.Summary())
	}
	if got := r.Rules(); len(got) != 1 || got[0] != (selftest.Rule{Of: "rule", Played: 7, Found: 1, Median: 2}) {
		t.Errorf("by rule: %+v", got)
	}
	for _, words := range []string{"1 of 7 mutations found, 1 missed, 5 not built or stuck; 1 more are covered"} {
		if !strings.Contains(r.Summary(), words) {
			t.Errorf("summary %q, want %q in it", r.Summary(), words)
		}
	}
	var b bytes.Buffer
	if err := r.JSON(&b); err != nil {
		t.Fatal(err)
	}
	var back struct {
		Mutations []struct{ Mutation, Verdict string }
		Rules     []selftest.Rule
	}
	if err := json.Unmarshal(b.Bytes(), &back); err != nil || len(back.Mutations) != len(want) || len(back.Rules) != 1 {
		t.Errorf("%v: %s", err, b.Bytes())
	}
	b.Reset()
	if err := r.Text(&b); err != nil || !strings.Contains(b.String(), `found   by "too deep" in seed 3, 2 seeds`) {
		t.Errorf("%v: %s", err, b.String())
	}
}

// A report in which all is found but what need not be is no failure.
func TestAllFoundIsNoFailure(t *testing.T) {
	covered := off("guard/covered", "const Guard = true", "// still\nconst Guard = true")
	covered.Covered = "another rule"
	r, err := selftest.Run(t.Context(), selftest.Options{Source: build(t, nil), Seeds: 9, Covered: true,
		List: []selftest.Mutation{off("guard/gone", "Guard = true", "Guard = false"), covered}})
	if err != nil || r.Failed() || len(r.Outcomes) != 2 {
		t.Errorf("%v, failed %t: %s", err, r.Failed(), r.Summary())
	}
}

// A campaign that finds something in the source as it is has failed. Seeds in which it
// does are no proof against a mutation, and when they are many, nothing is.
func TestControlComesFirst(t *testing.T) {
	source := build(t, map[string]string{"session/rule.go": strings.Replace(house["session/rule.go"], "Guard = true", "Guard = false", 1)})
	for _, tt := range []struct {
		seeds, played int
		words         string
	}{{9, 1, "such seeds were left out"}, {20, 0, "nothing else was played"}} {
		r, err := selftest.Run(t.Context(), selftest.Options{Source: source, Seeds: tt.seeds, List: []selftest.Mutation{off("guard/spared", "const Guard", "// still\nconst Guard")}})
		if err != nil || !r.Failed() || r.Control.Verdict != selftest.Found || len(r.Outcomes) != tt.played || !strings.Contains(r.Summary(), tt.words) {
			t.Errorf("%v, failed %t, %d outcomes: %s", err, r.Failed(), len(r.Outcomes), r.Summary())
		}
		for _, o := range r.Outcomes {
			if o.Verdict != selftest.Missed || o.Ran != tt.seeds-len(r.Control.Seeds) {
				t.Errorf("%+v", o)
			}
		}
	}
}

// An interrupted run reports what was done.
func TestInterruptedTellsWhatWasDone(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	r, err := selftest.Run(ctx, selftest.Options{Source: build(t, nil), Seeds: 9, Jobs: 1,
		List: []selftest.Mutation{off("guard/gone", "Guard = true", "Guard = false"), off("guard/stuck", "Ends = true", "Ends = false"), off("guard/sick", "Sound = true", "Sound = false")},
		Tell: func(o *selftest.Outcome) {
			if o.Mutation == "guard/gone" {
				stop()
			}
		}})
	if !errors.Is(err, context.Canceled) || !r.Interrupted || len(r.Outcomes) != 1 || r.Outcomes[0].Verdict != selftest.Found {
		t.Errorf("%v, %+v", err, r)
	}
	if want := "Interrupted: 1 of 3 mutations were played."; !strings.Contains(r.Summary(), want) {
		t.Errorf("summary %q, want %q in it", r.Summary(), want)
	}
}

func TestWithoutGoOrSourceItSaysSo(t *testing.T) {
	list := []selftest.Mutation{off("guard/gone", "Guard = true", "Guard = false")}
	if _, err := selftest.Run(t.Context(), selftest.Options{Source: t.TempDir(), List: list}); !errors.Is(err, selftest.ErrNoSource) {
		t.Errorf("without source: %v", err)
	}
	t.Setenv("PATH", t.TempDir())
	if _, err := selftest.Run(t.Context(), selftest.Options{Source: build(t, nil), List: list}); !errors.Is(err, selftest.ErrNoGo) {
		t.Errorf("without Go: %v", err)
	}
}

func TestWrongOptionsAreNamed(t *testing.T) {
	for _, tt := range []struct {
		o    selftest.Options
		want string
	}{
		{selftest.Options{Only: []string{"guard/depth_above"}}, "guard/depth_above_ceiling"},
		{selftest.Options{Only: []string{"x"}}, "arming"},
		{selftest.Options{Third: 4}, "third number 4"},
		{selftest.Options{Jobs: -1}, "negative"},
		{selftest.Options{Seeds: -1}, "negative"},
	} {
		var usage *selftest.UsageError
		if _, err := selftest.Run(t.Context(), tt.o); !errors.As(err, &usage) || !strings.Contains(usage.Words, tt.want) {
			t.Errorf("%+v: %v, want %q in it", tt.o, err, tt.want)
		}
	}
}

// Three thirds are the whole, none twice, and none is much the biggest.
func TestThreeThirdsAreTheWhole(t *testing.T) {
	source := build(t, map[string]string{"session/rule.go": strings.Replace(house["session/rule.go"], "Sound = true", "Sound = false", 1)})
	all := 0
	for third := 1; third <= 3; third++ { // the control fails, so nothing is played, and Asked tells
		r, err := selftest.Run(t.Context(), selftest.Options{Source: source, Third: third, Covered: true})
		if err != nil {
			t.Fatal(err)
		}
		if n := len(selftest.List()); r.Asked < n/5 || r.Asked > n/2 {
			t.Errorf("third %d has %d of %d", third, r.Asked, n)
		}
		all += r.Asked
	}
	if all != len(selftest.List()) {
		t.Errorf("three thirds have %d of %d", all, len(selftest.List()))
	}
}

// By default what another control covers is not played; by its name it is.
func TestCoveredOnesAreAskedFor(t *testing.T) {
	source := build(t, nil)
	m := off("guard/covered", "const Guard = true", "// still\nconst Guard = true")
	m.Covered = "another rule"
	for _, tt := range []struct {
		only []string
		want int
	}{{nil, 0}, {[]string{"guard"}, 0}, {[]string{"guard/covered"}, 1}} {
		r, err := selftest.Run(t.Context(), selftest.Options{Source: source, Seeds: 1, Only: tt.only, List: []selftest.Mutation{m}})
		if err != nil || r.Asked != tt.want || len(r.Outcomes) != tt.want {
			t.Errorf("only %q: %v, %d asked, %d played, want %d", tt.only, err, r.Asked, len(r.Outcomes), tt.want)
		}
	}
}
