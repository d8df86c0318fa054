package suite

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"time"

	"penlog/cmd/internal/campaign"
	"penlog/cmd/internal/campaign/report"
	"penlog/cmd/internal/campaign/script"
)

// Job is a script to play.
type Job struct {
	Script *script.Script
	Class  string
	Replay string // the command that plays exactly this again
}

// Options say how scripts are played. The zero value plays all, on all cores.
type Options struct {
	Jobs   func(i int) Job // the i-th, from 0; called from several goroutines at once
	Many   int
	Cores  int  // 0: as many as there are
	Stop   bool // at the first that fails
	Once   bool // none is played a second time for its plot: the player is not as fast as that
	All    bool // keep the case of every script, not of those alone that failed
	Shrink bool // make those that failed smaller
	Whole  int  // how many that failed are kept with script, log and plot; 0: 20

	// Player plays a script to its end; nil: in virtual time.
	Player func(ctx context.Context, s *script.Script, o campaign.Options) (campaign.Result, error)
	// Tell hears how far it is, after each script, from one goroutine at a time.
	Tell func(Progress)
	// Each hears of each script that was played, likewise.
	Each func(*report.Case)
}

// Progress says how far it is.
type Progress struct {
	Many, Played, Failed int
	Shrinking            int // that failed are being made smaller
	Took                 time.Duration
	Virtual              time.Duration
}

// Speed is how many times faster than life it goes, on all cores together.
func (p Progress) Speed() float64 { return p.Virtual.Seconds() / max(p.Took.Seconds(), 1e-9) }

// Left is how much longer it takes, at the pace so far.
func (p Progress) Left() time.Duration {
	if p.Played == 0 {
		return 0
	}
	return time.Duration(float64(p.Took) / float64(p.Played) * float64(p.Many-p.Played))
}

// Play plays them. When ctx ends, what was done until then is reported as
// interrupted; scripts on their way are given up, and count as not played. Cases
// are in the order of the jobs.
func Play(ctx context.Context, o Options) report.Report {
	// Scripts make garbage that dies young, and there is memory.
	defer debug.SetGCPercent(debug.SetGCPercent(400))
	if o.Cores <= 0 {
		o.Cores = runtime.GOMAXPROCS(0)
	}
	if o.Whole == 0 {
		o.Whole = 20
	}
	if o.Player == nil {
		o.Player = func(ctx context.Context, s *script.Script, o campaign.Options) (campaign.Result, error) {
			return campaign.Play(s, o), ctx.Err()
		}
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	p := &player{o: o, ctx: ctx, stop: stop, cases: map[int]report.Case{}}
	p.r = report.Report{Begun: time.Now().UTC(), Cores: o.Cores, Planned: o.Many}
	begun := time.Now()
	p.begun = begun
	var wg sync.WaitGroup
	for range min(o.Cores, max(o.Many, 1)) {
		wg.Go(p.work)
	}
	wg.Wait()
	r := p.r
	r.TookS = time.Since(begun).Seconds()
	r.Interrupted = r.Played < o.Many && !(o.Stop && r.Failed > 0)
	for i := range o.Many {
		if c, ok := p.cases[i]; ok {
			r.Cases = append(r.Cases, c)
		}
	}
	return r
}

// maxUncaused bounds how many scripts are named for trips and holds without a cause.
const maxUncaused = 100

// player is one run of [Play]; mu guards what workers share.
type player struct {
	o     Options
	ctx   context.Context
	stop  context.CancelFunc
	begun time.Time

	mu        sync.Mutex
	next      int
	shrinking int
	r         report.Report
	cases     map[int]report.Case
}

func (p *player) take() (int, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.next >= p.o.Many || p.ctx.Err() != nil {
		return 0, false
	}
	p.next++
	return p.next - 1, true
}

func (p *player) work() {
	for {
		i, ok := p.take()
		if !ok {
			return
		}
		job := p.o.Jobs(i)
		begun := time.Now()
		r, err := p.play(job.Script, campaign.Options{Stop: p.stopped})
		took := time.Since(begun)
		if p.ctx.Err() != nil && err != nil {
			return // it was cut off: it says nothing
		}
		failed := err != nil || r.Failed()
		if failed && err == nil && !p.o.Once && p.whole() {
			switch again, bad := p.play(job.Script, campaign.Options{Plot: true, Stop: p.stopped}); {
			case bad == nil:
				r = again
			case p.ctx.Err() == nil: // else it failed, and there is no plot of it
				err = bad
			}
		}
		r.Script = job.Script
		c := report.CaseOf(&r, took, job.Replay)
		c.Class = job.Class
		if err != nil {
			c.OK, c.Error, c.Script = false, err.Error(), string(job.Script.YAML())
		}
		if failed && err == nil && p.o.Shrink && p.whole() {
			p.shrinks(1)
			small := campaign.Shrink(r, campaign.Options{Stop: p.stopped})
			c.Small = string(small.Script.YAML())
			p.shrinks(-1)
		}
		p.keep(i, &c, &r)
	}
}

func (p *player) stopped() bool { return p.ctx.Err() != nil }

// shrinks tells that one more is being made smaller, or one less.
func (p *player) shrinks(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.shrinking += n
	p.tell()
}

func (p *player) tell() {
	if p.o.Tell != nil {
		p.o.Tell(Progress{Many: p.o.Many, Played: p.r.Played, Failed: p.r.Failed, Shrinking: p.shrinking, Took: time.Since(p.begun), Virtual: p.r.Counts.Virtual})
	}
}

// play plays one script; a panic in it is a failure of its own.
func (p *player) play(s *script.Script, o campaign.Options) (r campaign.Result, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("it panicked: %v\n%s", v, debug.Stack())
		}
	}()
	return p.o.Player(p.ctx, s, o)
}

// whole reports whether one more that failed is kept whole.
func (p *player) whole() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.r.Failed < p.o.Whole
}

func (p *player) keep(i int, c *report.Case, r *campaign.Result) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.r.Played++
	p.r.Counts.Add(&r.Counts)
	if !c.OK {
		if p.r.Failed++; p.r.Failed > p.o.Whole {
			c.Script, c.Log, c.Plot = "", nil, nil
		}
		if p.o.Stop {
			p.stop()
		}
	}
	if what := r.Uncaused; len(what) > 0 && len(p.r.Uncaused) < maxUncaused {
		p.r.Uncaused = append(p.r.Uncaused, report.Uncaused{Name: c.Name, Replay: c.Replay, What: what})
	}
	if p.o.All || !c.OK {
		p.cases[i] = *c
	}
	if p.o.Each != nil {
		p.o.Each(c)
	}
	p.tell()
}
