package sim_test

import (
	"bytes"
	"testing"
	"time"

	"pgregory.net/rapid"

	"penlog/protocol"
	"penlog/sim"
)

// Whatever hand, host and world do to a pen without a fault in its obedience: its
// motor has power only under a permit, starts only on a press, and comes to rest
// within the stated time; what is clear is out of the skin; the telemetry's
// stroke count is true.
func TestObedienceHoldsWhateverHappens(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		profile := rapid.SampledFrom([]string{"reference", "enforcing", "exceed-class", "dermapen4-class", "set-only", "skinpen-class", "skinstylus-class", "propen-class", "codex-class"}).Draw(rt, "profile")
		seed := rapid.Uint64().Draw(rt, "seed")
		drift := rapid.Int64Range(-20_000, 20_000).Draw(rt, "drift")
		p := newPen(t, profile, func(c *sim.Config) {
			c.Seed, c.Drift = seed, drift
			c.Uptime = 1<<32 - 2_000_000 // the tick wraps within
		})
		h := newHost(t, p)
		h.run(20 * ms)
		ran := uint64(0)
		act := map[string]func(*rapid.T){
			"press": func(*rapid.T) {
				if p.Press(p.Now()) == protocol.StartRan {
					ran++
				}
			},
			"dial":    func(rt *rapid.T) { p.Dial(p.Now(), protocol.Micrometres(rapid.IntRange(0, 3000).Draw(rt, "depth"))) },
			"contact": func(rt *rapid.T) { p.Contact(p.Now(), rapid.Bool().Draw(rt, "on")) },
			"glide":   func(*rapid.T) { p.Glide(p.Now(), protocol.AxisVertical) },
			"hello": func(rt *rapid.T) {
				h.session.Nonce++
				h.session.Boot = p.Identity().Boot
				h.hello()
			},
			"ceiling": func(rt *rapid.T) { h.setCeiling(protocol.Micrometres(rapid.IntRange(1, 2500).Draw(rt, "ceiling"))) },
			"revoke":  func(*rapid.T) { h.revoke() },
			"renew":   func(*rapid.T) { h.renew, h.next = true, p.Now() },
			"silence": func(*rapid.T) { h.renew = false },
			"reboot":  func(*rapid.T) { inject(p, sim.FaultReboot, 0) },
			"jump":    func(rt *rapid.T) { inject(p, sim.FaultTickJump, rapid.Int64Range(-1e6, 1e7).Draw(rt, "by")) },
			"plug": func(rt *rapid.T) {
				if rapid.Bool().Draw(rt, "in") {
					p.Replug(p.Now())
				} else {
					p.Unplug(p.Now())
				}
			},
			"swap": func(*rapid.T) { inject(p, sim.FaultOtherPen, 0) },
			"wait": func(rt *rapid.T) { h.run(protocol.Instant(rapid.IntRange(1, 700_000).Draw(rt, "wait"))) },
		}
		// Most runs begin where it matters.
		if rapid.Bool().Draw(rt, "begun") {
			h.hello()
			h.run(5 * ms)
			h.setCeiling(1500)
			h.renew = true
			h.run(60 * ms)
			if p.Press(p.Now()) == protocol.StartRan {
				ran++
			}
			h.run(300 * ms)
		}
		stop := time.Duration(p.Identity().StopMS) * time.Millisecond
		check := func(rt *rapid.T) {
			tr := p.Truth()
			switch {
			case tr.Unpermitted != 0 || tr.UnpermittedStrokes != 0:
				rt.Fatalf("power without a permit: %+v", tr)
			case tr.LongestStop > stop:
				rt.Fatalf("a stop took %v, stated %v", tr.LongestStop, stop)
			case tr.Starts != ran:
				rt.Fatalf("%d starts on %d presses that started", tr.Starts, ran)
			case tr.Clear && tr.Extension > 0:
				rt.Fatalf("clear at %v in the skin", tr.Extension)
			case tr.Driven && !tr.Permit:
				rt.Fatalf("driven without a permit: %+v", tr)
			}
		}
		act[""] = check
		rt.Repeat(act)
	})
}

// Noise and loss on the line change what is heard, never what is true: with the
// same hand, truth is the same as over a perfect line as long as the pen is not
// told anything else.
func TestLossOnTheWayToTheHostDoesNotChangeTheTruth(t *testing.T) {
	play := func(lose func() bool) sim.Truth {
		p := newPen(t, "monitor-only", nil)
		h := newHost(t, p)
		h.loss = lose
		p.Press(0)
		p.Contact(0, true)
		for range 10 {
			p.Glide(p.Now(), protocol.AxisStamp)
			h.run(300 * ms)
		}
		return p.Truth()
	}
	n := 0
	if a, b := play(nil), play(func() bool { n++; return n%3 == 0 }); a != b {
		t.Errorf("truth %+v with loss, %+v without", b, a)
	}
}

func TestAPermitDiesByThePensOwnClock(t *testing.T) {
	for _, drift := range []int64{-20_000, 0, 20_000} {
		p := newPen(t, "reference-usb", func(c *sim.Config) { c.Drift = drift; c.Uptime = 1<<32 - 150_000 })
		h := newHost(t, p)
		h.run(20 * ms)
		h.hello()
		h.setCeiling(1000)
		h.run(20 * ms)
		h.permit()
		p.Press(p.Now())
		p.TakeEvents(nil)
		left := p.PermitLeft()
		from := p.Now()
		h.run(500 * ms)
		for _, e := range p.TakeEvents(nil) {
			if e.Kind != sim.EventMotorOff {
				continue
			}
			got := e.At.Sub(from).Seconds()
			want := left.Seconds() / (1 + float64(drift)/1e6)
			if got < want-2e-6 || got > want+2e-6 {
				t.Errorf("drift %d ppm: motor off after %.6f s, want %.6f", drift, got, want)
			}
		}
	}
}

func TestHandsWorkThroughTheirPlan(t *testing.T) {
	for _, style := range sim.Styles() {
		t.Run(style.Name, func(t *testing.T) {
			play := func(seed uint64) ([]sim.Pass, sim.Truth, []byte) {
				p := newPen(t, "reference", nil)
				h := greet(t, p, 2500)
				hand := sim.NewHand(sim.HandConfig{Style: style, Seed: seed, Begin: p.Now(), Plan: []sim.Task{
					{Depth: 1500, Passes: 4}, {Depth: 750, Passes: 2, Wait: 2_000_000}}})
				for !hand.Done() {
					if p.Now() > 1800*1000*ms {
						t.Fatal("it does not come to an end")
					}
					if at := hand.Next(); at > p.Now() {
						h.run(at - p.Now())
					}
					hand.Act(p, p.Now())
				}
				h.run(200 * ms)
				return hand.Passes(), p.Truth(), h.raw
			}
			passes, tr, raw := play(5)
			if len(passes) != 6 || !tr.Clear || tr.Strokes == 0 || tr.InContact == 0 || tr.InContact > tr.Strokes {
				t.Errorf("%d passes, truth %+v; want 6 and a pen at rest", len(passes), tr)
			}
			for i, q := range passes {
				if most := int(style.Glides.Hi * 100 / (100 - style.Overlap)); q.End <= q.Begin || q.Glides < int(style.Glides.Lo) || q.Glides > most {
					t.Errorf("pass %d is %+v", i, q)
				}
			}
			again, _, rawAgain := play(5)
			if len(again) != len(passes) || !bytes.Equal(raw, rawAgain) {
				t.Error("the same seed played otherwise")
			}
		})
	}
	if _, err := sim.StyleByName("careless"); err == nil {
		t.Error("StyleByName(careless) succeeds")
	}
}
