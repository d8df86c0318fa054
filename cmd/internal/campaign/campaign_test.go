package campaign_test

import (
	"flag"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"penlog/cmd/internal/campaign"
	"penlog/protocol"
)

var (
	seeds = flag.Int("campaign.seeds", usual, "how many seeds")
	first = flag.Uint64("campaign.first", 1, "the first of them")
	small = flag.Bool("campaign.shrink", true, "shrink the plans of seeds that fail")
	one   = flag.Uint64("campaign.seed", 0, "play this seed only; with -v step by step")
)

// each runs every seed, as many at once as there are cores.
func each(n int, from uint64, run func(uint64)) {
	var next atomic.Uint64
	next.Store(from - 1)
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for {
				seed := next.Add(1)
				if seed >= from+uint64(n) {
					return
				}
				run(seed)
			}
		})
	}
	wg.Wait()
}

// report fails the test with what a person needs to look into a seed.
func report(t *testing.T, r *campaign.Result) {
	t.Helper()
	t.Errorf("seed %d (%v, %s):", r.Seed, r.Class, r.Profile)
	for _, v := range r.Violations {
		t.Errorf("  %.6f s: %s: %s", float64(v.At)/1e6, v.Rule, v.What)
	}
	if !*small {
		return
	}
	least := campaign.Shrink(*r, campaign.Config{})
	t.Errorf("shrunk from %d mishaps to %d:", len(r.Mishaps), len(least.Left()))
	for _, m := range least.Left() {
		t.Errorf("  %s", m)
	}
	t.Errorf("what happened before:")
	for _, l := range least.Log[max(0, len(least.Log)-30):] {
		t.Errorf("  %s", l)
	}
	t.Errorf("replay: go test ./cmd/internal/campaign -run TestPromisesHold -campaign.seed %d -v", r.Seed)
}

// Seeds that found something once. What each found is in the log of the commit
// that mended it.
func TestSeedsThatFoundSomething(t *testing.T) {
	for _, seed := range []uint64{132, 1112, 1335, 1820, 23664} {
		if r := campaign.Run(seed, campaign.Config{}); r.Failed() {
			report(t, &r)
		}
	}
}

// Whatever hand, technician, line, disk and PC do, every promise holds against
// the truth.
func TestPromisesHold(t *testing.T) {
	if *one != 0 {
		r := campaign.Run(*one, campaign.Config{Trace: func(at protocol.Instant, what string) {
			if testing.Verbose() {
				fmt.Printf("%10.6f %s\n", float64(at)/1e6, what)
			}
		}})
		if r.Failed() {
			report(t, &r)
		}
		return
	}
	var mu sync.Mutex
	var sum campaign.Counts
	var virtual time.Duration
	var failed int
	begun := time.Now()
	rules := map[string]int{}
	var falseTrips []uint64 // seeds whose rough lines or hosts made one: counted, not refused
	each(*seeds, *first, func(seed uint64) {
		r := campaign.Run(seed, campaign.Config{})
		mu.Lock()
		defer mu.Unlock()
		sum.Add(&r.Counts)
		virtual += r.Length
		if r.Counts.FalseTrips > 0 {
			falseTrips = append(falseTrips, seed)
		}
		if r.Failed() {
			for _, v := range r.Violations {
				rules[v.Rule]++
			}
			if failed++; failed <= 10 {
				report(t, &r)
			}
		}
	})
	took := time.Since(begun)
	t.Logf("%d seeds, %v virtual in %v (%.0f times life): %+v", *seeds, virtual, took.Round(time.Millisecond), virtual.Seconds()/took.Seconds(), sum)
	if len(falseTrips) > 0 {
		t.Logf("trips without a true cause in seeds %v", falseTrips)
	}
	if failed > 0 {
		t.Errorf("%d of %d seeds failed: %v", failed, *seeds, rules)
	}
}
