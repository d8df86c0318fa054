package trial_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"penlog/cmd/internal/selftest/trial"
)

// third breaks a promise in every third seed, and falls over in the seventh.
func third(seed uint64) *trial.Find {
	if seed == 7 {
		panic("fell over")
	}
	if seed%3 == 0 {
		return &trial.Find{Seed: seed, By: "too deep"}
	}
	return nil
}

func upTo(first, last uint64) []uint64 {
	var out []uint64
	for s := first; s <= last; s++ {
		out = append(out, s)
	}
	return out
}

func TestRunEndsWithEnoughFinds(t *testing.T) {
	for _, tt := range []struct {
		name  string
		seeds []uint64
		finds int
		found []uint64
		by    string // of the last
		ran   int
	}{
		{"one by default", upTo(1, 100), 0, []uint64{3}, "too deep", 3},
		{"a panic is a find", upTo(1, 100), 3, []uint64{3, 6, 7}, "panic", 7},
		{"none", upTo(1, 2), 1, nil, "", 2},
		{"fewer than wanted", upTo(8, 10), 5, []uint64{9}, "too deep", 3},
		{"no seeds", nil, 1, nil, "", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var b bytes.Buffer
			if err := trial.Run(tt.seeds, tt.finds, third, &b); err != nil {
				t.Fatal(err)
			}
			found, end, err := trial.Read(&b)
			if err != nil || end.Ran != tt.ran {
				t.Errorf("%d seeds, %v; want %d", end.Ran, err, tt.ran)
			}
			var seeds []uint64
			by := ""
			for _, f := range found {
				seeds, by = append(seeds, f.Seed), f.By
				if n := slices.Index(tt.seeds, f.Seed) + 1; f.N != n {
					t.Errorf("seed %d is the %dth, want %d", f.Seed, f.N, n)
				}
			}
			if !slices.Equal(seeds, tt.found) || by != tt.by {
				t.Errorf("found in %d by %q, want %d by %q", seeds, by, tt.found, tt.by)
			}
		})
	}
}

// What was cut off keeps its finds and says that it was.
func TestReadOfWhatWasCutOff(t *testing.T) {
	for _, tt := range []struct {
		text  string
		finds int
	}{{"", 0}, {`{"find":{"seed":3}}` + "\n", 1}, {`{"find":{"seed":3}}` + "\n" + `{"fi`, 1}, {"no JSON", 0}} {
		if found, _, err := trial.Read(strings.NewReader(tt.text)); err == nil || len(found) != tt.finds {
			t.Errorf("%q: %d finds, %v", tt.text, len(found), err)
		}
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("full") }

func TestRunSaysWhenNobodyHears(t *testing.T) {
	if err := trial.Run([]uint64{3}, 1, third, full{}); err == nil {
		t.Error("no error")
	}
}
