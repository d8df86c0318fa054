//go:build linux

package soak

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"penlog/cmd/internal/simpen"
	"penlog/protocol"
)

// report is what a soak found.
type report struct {
	mu        sync.Mutex
	expecting bool // a stop is called for now
	on        bool // the motor
	false     []falseStop
	injected  []span // stalls of the agent
	late      []string
	overs     []simpen.OverLimit
	silences  []simpen.Silence
	stalls    int
	longest   time.Duration
	runtime   time.Duration // motor on
	since     int64
	witness   witness
}

// span is a time in which somebody did not run.
type span struct{ from, till time.Time }

type falseStop struct {
	words string
	at    time.Time
}

// maySleep is what a host may sleep without a false stop: PROTOCOL.md §7.3.
const maySleep = 200 * time.Millisecond

// asleep is how long the agent did not run in the half second before a moment, by the
// stalls that were injected and by the witness, and the witness's part of it.
func (r *report) asleep(at time.Time) (all, machine time.Duration) {
	r.witness.mu.Lock()
	defer r.witness.mu.Unlock()
	const step = time.Millisecond
	within := func(spans []span, t time.Time) bool {
		return slices.ContainsFunc(spans, func(s span) bool { return !t.Before(s.from) && t.Before(s.till) })
	}
	for t := at.Add(-500 * time.Millisecond); t.Before(at); t = t.Add(step) {
		held := within(r.witness.held, t)
		if held {
			machine += step
		}
		if held || within(r.injected, t) {
			all += step
		}
	}
	return all, machine
}

// witness is a thread beside the agent that only sleeps 5 ms at a time: where it
// oversleeps, this machine did not run what should have run.
type witness struct {
	mu      sync.Mutex
	longest time.Duration
	lates   []string // by more than 50 ms
	held    []span   // the same
}

func (w *witness) run(ctx context.Context) {
	runtime.LockOSThread()
	begun := time.Now()
	for last := begun; ctx.Err() == nil; {
		time.Sleep(5 * time.Millisecond)
		now := time.Now()
		late := now.Sub(last) - 5*time.Millisecond
		last = now
		w.mu.Lock()
		w.longest = max(w.longest, late)
		if late > 50*time.Millisecond && len(w.lates) < 100 {
			w.lates = append(w.lates, fmt.Sprintf("%v at %.1f s", late.Round(time.Millisecond), now.Sub(begun).Seconds()))
			w.held = append(w.held, span{now.Add(-late), now})
		}
		w.mu.Unlock()
	}
}

func (w *witness) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return fmt.Sprintf("a thread that only sleeps was late by %v at most; by more than 50 ms %d times %v", w.longest.Round(100*time.Microsecond), len(w.lates), w.lates)
}

func (r *report) watch(p *pen, stop time.Duration) {
	budget := (protocol.DefaultLife + stop + 5*time.Millisecond).Microseconds()
	for o := range p.obs {
		r.mu.Lock()
		switch o.See {
		case "motor":
			on := o.On != nil && *o.On
			if r.on && !on {
				r.runtime += time.Duration(o.At-r.since) * time.Microsecond
				if !r.expecting {
					r.false = append(r.false, falseStop{fmt.Sprintf("at %.3f s: motor off by %s", float64(o.At)/1e6, o.Cause), time.Now()})
				}
			}
			r.on, r.since = on, o.At
		case "over_limit":
			r.overs = append(r.overs, *o.Over)
			if took := o.Over.ClearUS - o.Over.FrameUS; o.Over.ClearUS == 0 || o.Over.FrameUS == 0 || took > budget {
				r.late = append(r.late, fmt.Sprintf("at %.3f s: %+v", float64(o.At)/1e6, *o.Over))
			}
		case "host_silent":
			r.silences = append(r.silences, *o.Silent)
			if o.Silent.ClearAfter > budget {
				r.late = append(r.late, fmt.Sprintf("at %.3f s: %+v", float64(o.At)/1e6, *o.Silent))
			}
		}
		r.mu.Unlock()
	}
}

func (r *report) expect(on bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.expecting = on
}

func (r *report) stalled(s span, asked time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.injected = append(r.injected, s)
	r.stalls++
	r.longest = max(r.longest, asked)
}

func (r *report) running() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.on
}

func (r *report) print(t *testing.T) {
	r.mu.Lock()
	defer r.mu.Unlock()
	t.Logf("motor on %v under %d stalls of 20–200 ms (longest %v): %d false stops", r.runtime.Round(time.Millisecond), r.stalls, r.longest.Round(time.Millisecond), len(r.false))
	var revoke, clear []time.Duration
	lapsed := 0
	for _, o := range r.overs {
		if o.ToRevokeUS > 0 {
			revoke = append(revoke, time.Duration(o.ToRevokeUS)*time.Microsecond)
		}
		if o.Cause == "lapse" {
			lapsed++
		}
		clear = append(clear, time.Duration(o.ToClearUS)*time.Microsecond)
	}
	t.Logf("%d over-limit episodes, %d of them ended by the permit's death: over-limit reading → revoke read %s; → needles clear %s; %d late",
		len(r.overs), lapsed, spread(revoke), spread(clear), len(r.late))
	var quiet []time.Duration
	for _, s := range r.silences {
		quiet = append(quiet, time.Duration(s.ClearAfter)*time.Microsecond)
	}
	t.Logf("%d times a dead host: newest permit → needles clear %s", len(quiet), spread(quiet))
	t.Log("this machine: ", &r.witness)
}

// Only what the machine itself did excuses a stop, and only with what makes it longer
// than a host may sleep.
func TestSleepOfTheMachineIsToldFromTheAgents(t *testing.T) {
	at := time.Now()
	ago := func(from, till time.Duration) span {
		return span{at.Add(-from * time.Millisecond), at.Add(-till * time.Millisecond)}
	}
	for _, tt := range []struct {
		name           string
		injected, held []span
		all, machine   time.Duration
	}{
		{"an injected stall", []span{ago(250, 50)}, nil, 200, 0},
		{"the machine alone", nil, []span{ago(173, 0)}, 173, 173},
		{"one after the other", []span{ago(400, 250)}, []span{ago(240, 67)}, 323, 173},
		{"both at once", []span{ago(300, 100)}, []span{ago(250, 77)}, 223, 173},
		{"long before", []span{ago(900, 700)}, []span{ago(1000, 600)}, 0, 0},
	} {
		r := report{injected: tt.injected, witness: witness{held: tt.held}}
		if all, machine := r.asleep(at); all != tt.all*time.Millisecond || machine != tt.machine*time.Millisecond {
			t.Errorf("%s: asleep %v, of which %v by the machine, want %d and %d ms", tt.name, all, machine, tt.all, tt.machine)
		}
	}
}
