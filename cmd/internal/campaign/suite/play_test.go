package suite_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"penlog/cmd/internal/campaign"
	"penlog/cmd/internal/campaign/report"
	"penlog/cmd/internal/campaign/script"
	"penlog/cmd/internal/campaign/suite"
	"penlog/protocol"
	"penlog/sim"
)

// jobs are scripts by number; fake players look at their seeds.
func jobs(i int) suite.Job {
	return suite.Job{Script: &script.Script{Name: fmt.Sprintf("job-%d", i), Seed: uint64(i), Length: time.Second}, Replay: fmt.Sprintf("again %d", i)}
}

func broken(s *script.Script) campaign.Result {
	r := sound(s)
	r.Violations = []campaign.Violation{{Rule: "fold", At: 1_500_000}}
	return r
}

func sound(s *script.Script) campaign.Result {
	return campaign.Result{Script: s, Counts: campaign.Counts{Virtual: time.Minute, Runs: 1}}
}

// Cases come in the order of the jobs, from however many cores.
func TestCasesAreInTheOrderOfTheJobs(t *testing.T) {
	for _, all := range []bool{true, false} {
		var told []suite.Progress
		r := suite.Play(t.Context(), suite.Options{Many: 200, Cores: 4, All: all, Jobs: jobs,
			Player: func(_ context.Context, s *script.Script, _ campaign.Options) (campaign.Result, error) {
				if s.Seed%3 == 0 {
					return broken(s), nil
				}
				return sound(s), nil
			},
			Tell: func(p suite.Progress) { told = append(told, p) },
		})
		want, failed := 0, 67
		for _, c := range r.Cases {
			for !all && want%3 != 0 {
				want++
			}
			if c.Seed != uint64(want) || c.OK != (want%3 != 0) || c.Replay != fmt.Sprintf("again %d", want) {
				t.Fatalf("case %+v, want seed %d", c, want)
			}
			want++
		}
		if r.Played != 200 || r.Failed != failed || r.Interrupted || r.Counts.Runs != 200 || r.Counts.Virtual != 200*time.Minute {
			t.Errorf("%d played, %d failed, interrupted %t, counts %+v", r.Played, r.Failed, r.Interrupted, r.Counts)
		}
		for i, p := range told {
			if p.Played != i+1 || p.Many != 200 {
				t.Fatalf("told %+v as number %d", p, i+1)
			}
		}
	}
}

// What was done when it is stopped is reported; what was on its way says nothing.
func TestWhatWasDoneIsReported(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	r := suite.Play(ctx, suite.Options{Many: 1_000_000, Cores: 2, All: true, Jobs: jobs,
		Player: func(ctx context.Context, s *script.Script, o campaign.Options) (campaign.Result, error) {
			if s.Seed >= 10 {
				stop()
				<-ctx.Done()
				if !o.Stop() {
					t.Error("a player is not told to give up")
				}
				return broken(s), ctx.Err()
			}
			return sound(s), nil
		}})
	if !r.Interrupted || r.Played != 10 || r.Failed != 0 || len(r.Cases) != 10 || r.Planned != 1_000_000 {
		t.Errorf("interrupted %t, %d played, %d failed, %d cases of %d", r.Interrupted, r.Played, r.Failed, len(r.Cases), r.Planned)
	}
	ctx, stop = context.WithCancel(t.Context())
	stop()
	if r := suite.Play(ctx, suite.Options{Many: 5, Jobs: jobs}); !r.Interrupted || r.Played != 0 {
		t.Errorf("stopped before it began: interrupted %t, %d played", r.Interrupted, r.Played)
	}
}

// One that failed stays failed when it is stopped before its plot is drawn.
func TestAFailureIsNotLostByAnInterrupt(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	r := suite.Play(ctx, suite.Options{Many: 100, Cores: 1, Jobs: jobs, Shrink: true,
		Player: func(ctx context.Context, s *script.Script, o campaign.Options) (campaign.Result, error) {
			if o.Plot {
				stop()
				return campaign.Result{}, ctx.Err()
			}
			return broken(s), nil
		}})
	if r.Failed != 1 || len(r.Cases) != 1 || r.Cases[0].OK || r.Cases[0].Error != "" || len(r.Cases[0].Violations) != 1 {
		t.Errorf("%d failed, cases %+v", r.Failed, r.Cases)
	}
}

func TestStopAtTheFirstThatFails(t *testing.T) {
	r := suite.Play(t.Context(), suite.Options{Many: 1000, Cores: 1, Stop: true, All: true, Jobs: jobs,
		Player: func(_ context.Context, s *script.Script, _ campaign.Options) (campaign.Result, error) {
			if s.Seed == 7 {
				return broken(s), nil
			}
			return sound(s), nil
		}})
	if r.Played != 8 || r.Failed != 1 || r.Interrupted {
		t.Errorf("%d played, %d failed, interrupted %t; want 8, 1, by nobody", r.Played, r.Failed, r.Interrupted)
	}
}

// A player that panics or refuses fails one script, with words, and no other.
func TestAPanicIsAFailureOfItsOwn(t *testing.T) {
	r := suite.Play(t.Context(), suite.Options{Many: 3, Cores: 2, Jobs: jobs, Shrink: true,
		Player: func(_ context.Context, s *script.Script, _ campaign.Options) (campaign.Result, error) {
			switch s.Seed {
			case 0:
				panic("out of luck")
			case 1:
				return campaign.Result{}, fmt.Errorf("no agent answers")
			}
			return sound(s), nil
		}})
	if r.Played != 3 || r.Failed != 2 || len(r.Cases) != 2 {
		t.Fatalf("%d played, %d failed", r.Played, r.Failed)
	}
	if e := r.Cases[0].Error; !strings.Contains(e, "out of luck") || !strings.Contains(e, "play_test.go") {
		t.Errorf("the panic is told as %q", e)
	}
	if r.Cases[1].Error != "no agent answers" || r.Cases[1].Script == "" {
		t.Errorf("the refusal is told as %+v", r.Cases[1])
	}
}

// Of many that fail, the first are kept whole.
func TestOnlySomeAreKeptWhole(t *testing.T) {
	r := suite.Play(t.Context(), suite.Options{Many: 30, Cores: 1, Whole: 3, Jobs: jobs,
		Player: func(_ context.Context, s *script.Script, o campaign.Options) (campaign.Result, error) {
			r := broken(s)
			r.Log = []string{"log"}
			if o.Plot {
				r.Plot = &campaign.Plot{}
			}
			return r, nil
		}})
	whole := slices.IndexFunc(r.Cases, func(c report.Case) bool { return c.Plot == nil })
	if whole != 3 || len(r.Cases) != 30 || r.Cases[29].Script != "" || r.Cases[29].Log != nil || len(r.Cases[29].Violations) != 1 {
		t.Errorf("%d kept whole of %d, the last %+v", whole, len(r.Cases), r.Cases[29])
	}
}

// A true failure is kept with plot, log and script; the run that shows it is the
// same, event for event.
func TestAFailureIsKeptWithItsPlot(t *testing.T) {
	s := campaign.Draw(1, campaign.Draws{})
	var hashes []uint64
	r := suite.Play(t.Context(), suite.Options{Many: 1, Jobs: func(int) suite.Job { return suite.Job{Script: s} },
		Player: func(ctx context.Context, s *script.Script, o campaign.Options) (campaign.Result, error) {
			o.Seams = campaign.Seams{Life: 500 * time.Millisecond}
			r := campaign.Play(s, o)
			hashes = append(hashes, r.Hash)
			return r, ctx.Err()
		}})
	if len(r.Cases) != 1 || len(hashes) != 2 || hashes[0] != hashes[1] {
		t.Fatalf("%d cases, runs %x", len(r.Cases), hashes)
	}
	c := r.Cases[0]
	at := int64(c.Violations[0].At)
	if c.Plot == nil || c.Script == "" || len(c.Log) == 0 || c.FocusUS != at {
		t.Fatalf("it lacks something: focus %d, at %d, script %d bytes, %d lines", c.FocusUS, at, len(c.Script), len(c.Log))
	}
	if !slices.ContainsFunc(c.Plot.Marks, func(m campaign.Mark) bool { return m.Kind == "broken" && m.At == at }) {
		t.Errorf("the plot does not mark it at %d: %+v", at, c.Plot.Marks)
	}
}

// A script that is told to give up does so soon, and a shrinker too.
func TestPlayGivesUp(t *testing.T) {
	s := campaign.Draw(1, campaign.Draws{Length: time.Hour})
	asked := 0
	r := campaign.Play(s, campaign.Options{Stop: func() bool { asked++; return asked > 2 }})
	if asked != 3 || r.Counts.Virtual > 10*time.Minute {
		t.Errorf("asked %d times, %v played of an hour", asked, r.Counts.Virtual)
	}
	s = campaign.Draw(1, campaign.Draws{Length: 30 * time.Second})
	seams := campaign.Seams{Send: func(l protocol.Lane, _ []byte) bool { return l != protocol.LaneRevoke }, Life: 500 * time.Millisecond}
	r = campaign.Play(s, campaign.Options{Seams: seams})
	if !r.Failed() {
		t.Fatal("nothing failed")
	}
	seams.Pen = func(*sim.Pen) { t.Error("it played once more") }
	small := campaign.Shrink(r, campaign.Options{Seams: seams, Stop: func() bool { return true }})
	if small.Hash != r.Hash {
		t.Error("a shrinker that was told to give up went on")
	}
}
