// Command mutant plays seeds of a campaign and tells in JSON which promises they
// break. The self-test builds it with one rule of the product missing; built as it
// is, it finds nothing. It is no program for people.
package main

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"slices"
	"strconv"
	"time"

	"penlog/cmd/internal/campaign"
	"penlog/cmd/internal/campaign/script"
	"penlog/cmd/internal/selftest/trial"
)

func main() {
	first := flag.Uint64("first", 1, "the first `seed`")
	seeds := flag.Int("seeds", 400, "at most so many")
	finds := flag.Int("finds", 1, "end after so many broken promises")
	var skip []uint64
	flag.Func("skip", "leave this `seed` out; may be given again", func(s string) error {
		n, err := strconv.ParseUint(s, 10, 64)
		skip = append(skip, n)
		return err
	})
	flag.Parse()
	if flag.NArg() > 0 || *seeds < 0 {
		flag.Usage()
		os.Exit(2)
	}
	in := slices.DeleteFunc(order(*first, *seeds), func(s uint64) bool { return slices.Contains(skip, s) })
	if err := trial.Run(in, *finds, play, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "mutant:", err)
		os.Exit(1)
	}
}

// shares are how many seeds of a class come in a round. Of those in which one thing
// is ill there is one for each thing that can be, and of scenarios one of each; of any
// class with a technician who meddles, so many.
const meddlers = 24

var shares = map[campaign.Class]int{campaign.Human: 8, campaign.Rough: 8, campaign.Wild: 2, campaign.Ill: 1, campaign.Shown: 1}

// ahead is how many seeds are looked at for each that is played; where enough are played
// for one of each scenario, so many times as many until each was met.
const (
	ahead  = 30
	longer = 4
)

// order puts the campaign's seeds from first on in rounds, each with every kind of
// trouble in it, so that what is rare is not waited for, and returns the first n. Of a
// round the short ones come first: more of them are played in the same time.
func order(first uint64, n int) []uint64 {
	type ranked struct {
		seed   uint64
		round  int
		length time.Duration
	}
	var all []ranked
	seen, unmet := map[string]int{}, 0
	if scenarios, err := script.Builtin(); err == nil && n >= len(scenarios) {
		unmet = len(scenarios)
	}
	last := first + uint64(n)*ahead
	for seed := first; seed < last || unmet > 0 && seed < last+uint64(n)*ahead*(longer-1); seed++ {
		s := campaign.Draw(seed, campaign.Draws{})
		class, kind := campaign.ClassOf(s), s.About
		if class == campaign.Ill && len(s.Steps) > 0 && len(s.Steps[0].Do) > 0 {
			kind += " " + s.Steps[0].Do[0].Verb
		}
		share := shares[class]
		if s.Technician == script.Meddles && class != campaign.Shown {
			kind, share = "meddles", meddlers
		}
		if class == campaign.Shown && seen[kind] == 0 {
			unmet--
		}
		all = append(all, ranked{seed, seen[kind] / share, s.Length})
		seen[kind]++
	}
	slices.SortStableFunc(all, func(a, b ranked) int { return cmp.Or(cmp.Compare(a.round, b.round), cmp.Compare(a.length, b.length)) })
	out := make([]uint64, n)
	for i := range out {
		out[i] = all[i].seed
	}
	return out
}

func play(seed uint64) *trial.Find {
	r := campaign.Play(campaign.Draw(seed, campaign.Draws{}), campaign.Options{})
	if !r.Failed() {
		return nil
	}
	f := &trial.Find{Seed: seed, By: "?"}
	if len(r.Violations) > 0 {
		v := r.Violations[0]
		f.By, f.AtUS, f.What = v.Rule, int64(v.At), v.What
	} else if i := slices.IndexFunc(r.Checks, func(c script.Check) bool { return !c.OK }); i >= 0 {
		c := &r.Checks[i]
		f.By, f.What = c.Text, r.Script.About+": "+c.Why
	}
	return f
}
