// Command mutant plays seeds of a campaign and tells in JSON which promises they
// break. The self-test builds it with one rule of the product missing; built as it
// is, it finds nothing. It is no program for people.
package main

import (
	"flag"
	"fmt"
	"os"

	"penlog/cmd/internal/campaign"
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
	r := campaign.Run(seed, campaign.Config{})
	if !r.Failed() {
		return nil
	}
	v := r.Violations[0]
	return &trial.Find{Seed: seed, By: v.Rule, AtUS: int64(v.At), What: v.What}
}
