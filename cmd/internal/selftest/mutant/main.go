// Command mutant plays seeds of a campaign and tells in JSON which promises they
// break. The self-test builds it with one rule of the product missing; built as it
// is, it finds nothing. It is no program for people.
package main

import (
	"flag"
	"fmt"
	"os"
	"slices"

	"penlog/cmd/internal/campaign"
	"penlog/cmd/internal/campaign/script"
	"penlog/cmd/internal/selftest/trial"
)

func main() {
	var a trial.Asked
	flag.Uint64Var(&a.First, "first", 1, "the first `seed`")
	flag.Uint64Var(&a.Seeds, "seeds", 300, "at most so many")
	flag.IntVar(&a.Finds, "finds", 1, "end after so many broken promises")
	flag.Parse()
	if flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	if err := trial.Run(a, play, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "mutant:", err)
		os.Exit(1)
	}
}

func play(seed uint64) *trial.Find {
	r := campaign.Play(campaign.Draw(seed, campaign.Draws{}), campaign.Options{})
	if !r.Failed() {
		return nil
	}
	f := &trial.Find{Seed: seed, By: "expectation"}
	if len(r.Violations) > 0 {
		v := r.Violations[0]
		f.By, f.AtUS, f.What = v.Rule, int64(v.At), v.What
	} else if i := slices.IndexFunc(r.Checks, func(c script.Check) bool { return !c.OK }); i >= 0 {
		f.What = r.Checks[i].Text + ": " + r.Checks[i].Why
	}
	return f
}
