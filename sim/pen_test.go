package sim_test

import (
	"bytes"
	"testing"
	"time"

	"penlog/protocol"
	"penlog/sim"
)

func TestEveryProfileIsAPenAndSaysThatItIsSimulated(t *testing.T) {
	for _, f := range sim.Profiles() {
		t.Run(f.Name, func(t *testing.T) {
			p := newPen(t, f.Name, nil)
			h := newHost(t, p)
			h.run(1100 * ms)
			if !h.identity.Caps.Has(protocol.CapSimulated) {
				t.Errorf("identity %+v does not say that it is simulated", h.identity)
			}
			if h.identity != p.Identity() {
				t.Errorf("heard %+v, want %+v", h.identity, p.Identity())
			}
			for _, s := range []string{f.Identity.Vendor, f.Identity.Model} {
				if len(s) > 32 {
					t.Errorf("%q does not fit an identity", s)
				}
			}
		})
	}
}

func TestAStopLeavesTheNeedlesClearWithinTheStatedTime(t *testing.T) {
	for _, f := range sim.Profiles() {
		if !f.Identity.Caps.Has(protocol.CapStop) {
			continue
		}
		t.Run(f.Name, func(t *testing.T) {
			for seed := range uint64(40) {
				p := newPen(t, f.Name, func(c *sim.Config) { c.Seed = seed })
				h := greet(t, p, 1500)
				h.start()
				h.run(protocol.Instant(seed) * 1700)
				h.revoke()
				said := p.Now()
				limit := protocol.Instant(f.Identity.StopMS) * ms
				for !p.Truth().Clear && p.Now() < said+2*limit {
					p.Step(p.Now() + 100)
				}
				took := p.Now() - said
				if took > limit {
					t.Fatalf("seed %d: clear after %v µs, want at most %v", seed, took, limit)
				}
				for range 100 { // and they stay there
					p.Step(p.Now() + ms)
					if x := p.Truth().Extension; x > 0 {
						t.Fatalf("seed %d: %v into the skin after the stop", seed, x)
					}
				}
			}
		})
	}
}

func TestTheMotorRunsOnlyOnAPermitAndStopsWithIt(t *testing.T) {
	p := newPen(t, "reference", nil)
	h := newHost(t, p)
	h.run(20 * ms)
	if r := p.Press(p.Now()); r != protocol.StartNoPermit {
		t.Fatalf("press without a host: %v, want %v", r, protocol.StartNoPermit)
	}
	h = greet(t, p, 1500)
	h.start()
	if tr := p.Truth(); !tr.Driven || tr.Strokes < 40 {
		t.Fatalf("truth %+v, want a running motor", tr)
	}
	h.renew = false
	left := p.PermitLeft()
	from := p.Now()
	var off, clear protocol.Instant
	p.TakeEvents(nil)
	h.run(600 * ms)
	for _, e := range p.TakeEvents(nil) {
		switch e.Kind {
		case sim.EventMotorOff:
			off = e.At
			if e.Cause != protocol.StopLapse {
				t.Errorf("motor off by %v, want a lapse", e.Cause)
			}
		case sim.EventClear:
			clear = e.At
		}
	}
	if off.Sub(from) != left {
		t.Errorf("motor off %v after the last look, want %v", off.Sub(from), left)
	}
	between(t, "stop", clear.Sub(off), 24*time.Millisecond, 51*time.Millisecond)
	if tr := p.Truth(); tr.Unpermitted != 0 || tr.UnpermittedStrokes != 0 || !tr.Clear {
		t.Errorf("truth %+v, want nothing without a permit", tr)
	}
	h.renew = true // a permit allows; it never starts
	h.run(500 * ms)
	if p.Truth().Driven {
		t.Error("the motor started with a permit, unpressed")
	}
}

func TestAboveTheDialTheEpisodeIsMeasured(t *testing.T) {
	p := newPen(t, "reference", nil)
	p.Dial(0, 1500)
	h := greet(t, p, 1500)
	h.run(1000 * ms)
	h.start()
	var shown protocol.Instant
	h.onReading = func(r *protocol.Reading) {
		if r.MotorOn() && r.Set > 1500 && shown == 0 {
			shown = p.Now()
			h.revoke()
		}
	}
	p.Dial(p.Now(), 2500)
	h.run(1000 * ms)
	e := p.Truth().Episode
	if e.Ceiling != 1500 || e.Open() || e.Shown != shown || e.Stopped != shown || e.Cause != protocol.StopRevoke {
		t.Errorf("episode %+v, want it shown and stopped at %v", e, shown)
	}
	between(t, "needles above", e.Cleared.Sub(e.Shown), 24*time.Millisecond, 60*time.Millisecond)
	if e.Overshoot() < 200 || e.Overshoot() > 300 || e.StrokesAfter < 1 || e.StrokesAfter > 6 {
		t.Errorf("overshoot %v, %d strokes after; want about one step and a few", e.Overshoot(), e.StrokesAfter)
	}
	if got := p.Truth().Episodes; got != 1 {
		t.Errorf("%d episodes, want 1", got)
	}
	if i := int(e.Offset); i == 0 || i > len(h.raw) || h.raw[i-1] != 0 {
		t.Errorf("offset %d is not the end of a frame", i)
	}
}

func TestTheTelemetryTellsTheTruthAboutStrokes(t *testing.T) {
	for _, name := range []string{"reference", "exceed-class", "dermapen4-class"} {
		t.Run(name, func(t *testing.T) {
			p := newPen(t, name, nil)
			p.Dial(0, 1500)
			h := greet(t, p, 1500)
			n := 0
			h.loss = func() bool { n++; return n%10 == 3 } // one frame in ten is lost
			h.run(1000 * ms)
			h.start()
			p.Contact(p.Now(), true)
			for range 20 {
				p.Glide(p.Now(), protocol.AxisVertical)
				h.run(500 * ms)
			}
			p.Press(p.Now())
			h.run(500 * ms)
			h.loss = nil
			h.run(500 * ms)
			tr := p.Truth()
			if uint64(h.reading.Strokes) != tr.Strokes || uint64(h.reading.StrokesAbove) > tr.Strokes ||
				uint64(h.reading.Glides) != tr.Glides || uint64(h.status.Lifetime) != tr.Strokes || h.status.Unpermitted != 0 {
				t.Errorf("reading %+v, status %+v, truth %+v", h.reading, h.status, tr)
			}
			if tr.Over != 0 || tr.Episodes != 0 {
				t.Errorf("truth %+v: above the tolerance at the ceiling", tr)
			}
			id := p.Identity()
			for _, r := range h.readings {
				if r.Flags.Motor() != protocol.MotorRunning || r.Strokes < 20 { // a stop cuts its last stroke short
					continue
				}
				if off := protocol.Micrometres(r.Measured) - 1500; off > id.Tolerance() || off < -id.Tolerance() {
					t.Fatalf("measured %d µm at 1500 set: beyond ±%v", r.Measured, id.Tolerance())
				}
			}
			rate := float64(tr.Strokes) / 10.5
			if want := float64(id.RateMax) / 10; rate < want*0.9 || rate > want*1.01 {
				t.Errorf("%.1f strokes/s, want about %.0f", rate, want)
			}
		})
	}
}

func TestOneSeedMeansTheSameBytesHoweverTimeIsCut(t *testing.T) {
	play := func(seed uint64, cut protocol.Instant) []byte {
		p := newPen(t, "reference", func(c *sim.Config) { c.Seed = seed; c.Drift = 12_345 })
		h := newHost(t, p)
		h.silent = true // an acknowledgement would come when the host looks
		step := func(to protocol.Instant) {
			for p.Now() < to {
				p.Step(min(to, p.Now()+cut))
				h.listen()
			}
		}
		step(20 * ms)
		h.hello()
		step(60 * ms)
		h.setCeiling(1500)
		step(100 * ms)
		h.permit()
		p.Press(p.Now())
		p.Contact(150*ms, true)
		p.Dial(170*ms, 1000)
		step(220 * ms)
		h.permit()
		step(2500 * ms)
		return h.raw
	}
	one := play(1, 10_000*ms)
	if len(one) < 3000 {
		t.Fatalf("only %d bytes", len(one))
	}
	for _, cut := range []protocol.Instant{1*ms + 37, 7 * ms, 333} {
		if got := play(1, cut); !bytes.Equal(got, one) {
			t.Errorf("in steps of %d µs the bytes differ", cut)
		}
	}
	if bytes.Equal(play(2, 10_000*ms), one) {
		t.Error("another seed gave the same bytes")
	}
}

func BenchmarkPen(b *testing.B) {
	p := newPen(b, "reference", func(c *sim.Config) { c.Profile.BatteryMAH = 0 }) // it runs for hours
	h := greet(b, p, 2000)
	h.start()
	p.Contact(p.Now(), true)
	b.ReportAllocs()
	for b.Loop() {
		h.raw, h.readings = h.raw[:0], h.readings[:0]
		h.run(1000 * ms)
	}
	if !p.Truth().Driven {
		b.Fatal("the motor does not run")
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "virtual-s/s")
}
