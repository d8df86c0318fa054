package campaign_test

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"penlog/cmd/internal/campaign"
	"penlog/cmd/internal/campaign/script"
	"penlog/protocol"
)

var (
	seeds = flag.Int("campaign.seeds", usual, "how many seeds")
	first = flag.Uint64("campaign.first", 1, "the first of them")
	small = flag.Bool("campaign.shrink", true, "shrink the plans of seeds that fail")
	class = flag.String("campaign.class", "", "only this class of scripts: human, rough, ill, wild")
	pen   = flag.String("campaign.pen", "", "only this pen")
	most  = flag.Int("campaign.most", 5, "how many failing seeds are shown whole")
	file  = flag.String("campaign.file", "", "play this scenario file")
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

// report fails the test with what a person needs to look into a script.
func report(t *testing.T, r *campaign.Result) {
	t.Helper()
	t.Errorf("%s (%s, %s):", r.Script.Name, r.Script.About, r.Script.Pen)
	for _, v := range r.Violations {
		t.Errorf("  %.6f s: %s: %s", float64(v.At)/1e6, v.Rule, v.What)
	}
	for _, c := range r.Checks {
		if !c.OK {
			t.Errorf("  step %d: %s: %s", c.Step, c.Text, c.Why)
		}
	}
	least := *r
	if *small {
		least = campaign.Shrink(*r, campaign.Options{})
	}
	t.Errorf("the smallest script that fails so:\n%s", least.Script.YAML())
	t.Errorf("what happened before:")
	for _, l := range least.Log[max(0, len(least.Log)-30):] {
		t.Errorf("  %s", l)
	}
	t.Errorf("replay: go test ./cmd/internal/campaign -run TestPromisesHold -campaign.seed %d -v", r.Script.Seed)
}

// Whatever hand, technician, pen, line, disk and PC do, every promise holds
// against the truth.
func TestPromisesHold(t *testing.T) {
	draws := campaign.Draws{Class: campaign.Class(*class), Pen: *pen}
	if *one != 0 {
		s := campaign.Draw(*one, draws)
		if testing.Verbose() {
			fmt.Printf("%s\n", s.YAML())
		}
		r := campaign.Play(s, campaign.Options{Trace: func(at protocol.Instant, what string) {
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
	var failed int
	begun := time.Now()
	rules := map[string]int{}
	var falseTrips []uint64 // seeds in which one came beside real troubles: counted, not refused
	each(*seeds, *first, func(seed uint64) {
		r := campaign.Play(campaign.Draw(seed, draws), campaign.Options{})
		mu.Lock()
		defer mu.Unlock()
		sum.Add(&r.Counts)
		if r.Counts.FalseTrips > 0 {
			falseTrips = append(falseTrips, seed)
		}
		if r.Failed() {
			for _, v := range r.Violations {
				rules[v.Rule]++
			}
			if failed++; failed <= *most {
				report(t, &r)
			}
		}
	})
	took := time.Since(begun)
	t.Logf("%d seeds, %v virtual in %v (%.0f times life): %+v", *seeds, sum.Virtual, took.Round(time.Millisecond), sum.Virtual.Seconds()/took.Seconds(), sum)
	if len(falseTrips) > 0 {
		t.Logf("trips without a true cause in seeds %v", falseTrips)
	}
	if failed > 0 {
		t.Errorf("%d of %d seeds failed: %v", failed, *seeds, rules)
	}
}

// TestFile plays a scenario file step by step.
func TestFile(t *testing.T) {
	if *file == "" {
		return
	}
	data, err := os.ReadFile(*file)
	if err != nil {
		t.Fatal(err)
	}
	s, err := script.Load("x.yaml", data)
	if err != nil {
		t.Fatal(err)
	}
	r := campaign.Play(s, campaign.Options{Trace: func(at protocol.Instant, what string) {
		if testing.Verbose() {
			fmt.Printf("%10.6f %s\n", float64(at)/1e6, what)
		}
	}})
	for _, c := range r.Checks {
		t.Logf("%+v", c)
	}
	for _, v := range r.Violations {
		t.Errorf("%+v", v)
	}
}
