package selftest

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"penlog/cmd/internal/selftest/trial"
)

// Verdict says what became of a mutation.
type Verdict string

// The verdicts. The zero one is that it was not played.
const (
	NotPlayed Verdict = ""
	Found     Verdict = "found"     // a promise was broken, and the campaign said so
	Missed    Verdict = "missed"    // no seed broke a promise
	Broken    Verdict = "not built" // it does not compile, or the program could not be run
	Stuck     Verdict = "stuck"     // the seeds took too long
)

// Outcome is what became of one mutation.
type Outcome struct {
	Mutation string        `json:"mutation"` // "none": the source as it is
	Group    Group         `json:"group,omitempty"`
	Of       []string      `json:"of,omitempty"`
	Covered  string        `json:"covered,omitempty"`
	Open     string        `json:"open,omitempty"`
	Verdict  Verdict       `json:"verdict"`
	By       string        `json:"by,omitempty"` // the promise that was broken
	Seed     uint64        `json:"seed,omitempty"`
	AtUS     int64         `json:"at_us,omitempty"`
	What     string        `json:"what,omitempty"`
	Seeds    []uint64      `json:"found_in,omitempty"`     // all that it was found in, as far as was looked
	Needed   []int         `json:"seeds_needed,omitempty"` // until it was found, and from there until it was again
	Ran      int           `json:"seeds,omitempty"`        // played in vain
	Err      string        `json:"error,omitempty"`
	Built    time.Duration `json:"built_ns"`
	Played   time.Duration `json:"played_ns"`
}

// take enters finds.
func (o *Outcome) take(found []trial.Find) {
	before := 0
	for i, f := range found {
		if i == 0 {
			o.By, o.Seed, o.AtUS, o.What = f.By, f.Seed, f.AtUS, f.What
		}
		o.Seeds, o.Needed = append(o.Seeds, f.Seed), append(o.Needed, f.N-before)
		before = f.N
	}
}

// Report is what a self-test came to.
type Report struct {
	First       uint64        `json:"first_seed"`
	Seeds       int           `json:"seeds"`
	Asked       int           `json:"mutations_asked"`
	Control     Outcome       `json:"control"` // of the source as it is: missed, as nothing is to be found
	Outcomes    []Outcome     `json:"mutations"`
	Interrupted bool          `json:"interrupted,omitempty"`
	Took        time.Duration `json:"took_ns"`
}

// Count is how many mutations came to a verdict; those that another control covers
// are not among them.
func (r *Report) Count(v Verdict) int {
	n := 0
	for i := range r.Outcomes {
		if o := &r.Outcomes[i]; o.Covered == "" && o.Verdict == v {
			n++
		}
	}
	return n
}

// Failed reports whether the campaign falls short: the source as it is breaks a
// promise, or a mutation that must be found was not.
func (r *Report) Failed() bool {
	return r.Control.Verdict != Missed || r.Count(Missed)-r.open() > 0 || r.Count(Broken)+r.Count(Stuck) > 0 || slices.ContainsFunc(r.Outcomes, func(o Outcome) bool {
		return o.Covered != "" && o.Verdict != Missed && o.Verdict != Found // it says nothing any more
	})
}

// open is how many of those that were missed are known to be.
func (r *Report) open() int {
	n := 0
	for i := range r.Outcomes {
		if o := &r.Outcomes[i]; o.Open != "" && o.Covered == "" && o.Verdict == Missed {
			n++
		}
	}
	return n
}

// Rule is how the mutations of one rule fared.
type Rule struct {
	Of     string `json:"of"`
	Played int    `json:"mutations"`
	Found  int    `json:"found"`
	Median int    `json:"median_seeds"` // needed to find one; 0: none was
}

// Rules sums up by what was disabled, in the order of the mutations.
func (r *Report) Rules() []Rule {
	var out []Rule
	needed := map[string][]int{}
	for i := range r.Outcomes {
		o := &r.Outcomes[i]
		if o.Covered != "" || len(o.Of) == 0 {
			continue
		}
		of := o.Of[0]
		n := slices.IndexFunc(out, func(x Rule) bool { return x.Of == of })
		if n < 0 {
			n = len(out)
			out = append(out, Rule{Of: of})
		}
		out[n].Played++
		if o.Verdict == Found {
			out[n].Found++
			needed[of] = append(needed[of], o.Needed...)
		}
	}
	for i := range out {
		out[i].Median = median(needed[out[i].Of])
	}
	return out
}

// median is the middle of values, the lower of two; 0 of none.
func median(v []int) int {
	if len(v) == 0 {
		return 0
	}
	v = slices.Sorted(slices.Values(v))
	return v[(len(v)-1)/2]
}

// JSON writes the report as one indented object, with the sums by rule.
func (r *Report) JSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(struct {
		*Report
		Rules []Rule `json:"rules"`
	}{r, r.Rules()})
}

// Line is an outcome in one line of text.
func (o *Outcome) Line() string {
	s := fmt.Sprintf("%-34s ", o.Mutation)
	if o.Mutation == "none" {
		s = fmt.Sprintf("%-34s ", "the source as it is")
	}
	switch o.Verdict {
	case Found:
		s += fmt.Sprintf("found   by %q in seed %d, %s", o.By, o.Seed, seeds(median(o.Needed)))
	case Missed:
		s += fmt.Sprintf("%-7s in %s", o.Verdict, seeds(o.Ran))
		if o.Mutation == "none" {
			s = fmt.Sprintf("%-34s nothing found in %s, as it must be", "the source as it is", seeds(o.Ran))
		}
	default:
		s += string(o.Verdict) + ": " + o.Err
	}
	switch {
	case o.Covered != "":
		s += " (covered: " + o.Covered + ")"
	case o.Open != "" && o.Verdict == Missed:
		s += " (not found yet: it would need " + o.Open + ")"
	}
	return s + fmt.Sprintf("; %.1f s", (o.Built+o.Played).Seconds())
}

func seeds(n int) string {
	if n == 1 {
		return "1 seed"
	}
	return fmt.Sprintf("%d seeds", n)
}

// Text writes the report for people: a line for each mutation, the sums by rule, and
// last what it all came to.
func (r *Report) Text(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintln(&b, r.Control.Line())
	for i := range r.Outcomes {
		fmt.Fprintln(&b, r.Outcomes[i].Line())
	}
	fmt.Fprintf(&b, "\n%-34s mutations  found  median seeds\n", "disabled")
	for _, x := range r.Rules() {
		m := "-"
		if x.Median > 0 {
			m = fmt.Sprint(x.Median)
		}
		fmt.Fprintf(&b, "%-34s %9d %6d %13s\n", x.Of, x.Played, x.Found, m)
	}
	fmt.Fprintln(&b, "\n"+r.Summary())
	_, err := io.WriteString(w, b.String())
	return err
}

// Summary is what it all came to, in a sentence or two.
func (r *Report) Summary() string {
	s := ""
	if r.Interrupted {
		s = fmt.Sprintf("Interrupted: %d of %d mutations were played. ", len(r.Outcomes), r.Asked)
	}
	if v := r.Control.Verdict; v == Found && len(r.Control.Seeds) <= controlMost {
		s += fmt.Sprintf("The source as it is does not pass its seeds: %s in seed %d; such seeds were left out. ", r.Control.By, r.Control.Seed)
	} else if v != Missed {
		return s + fmt.Sprintf("The source as it is does not pass the seeds, so nothing else was played: %s%s in seed %d.", r.Control.By, r.Control.Err, r.Control.Seed)
	}
	must := r.Count(Found) + r.Count(Missed) + r.Count(Broken) + r.Count(Stuck)
	s += fmt.Sprintf("%d of %d mutations found", r.Count(Found), must)
	if n := r.Count(Missed); n > 0 {
		s += fmt.Sprintf(", %d missed", n)
		if open := r.open(); open > 0 {
			s += fmt.Sprintf(", of which %d are known to be not found yet", open)
		}
	}
	if n := r.Count(Broken) + r.Count(Stuck); n > 0 {
		s += fmt.Sprintf(", %d not built or stuck", n)
	}
	if n := len(r.Outcomes) - must; n > 0 {
		s += fmt.Sprintf("; %d more are covered by another control", n)
	}
	return s + fmt.Sprintf("; %v.", r.Took.Round(time.Second))
}
