package sim_test

import (
	"testing"
	"time"

	"penlog/protocol"
	"penlog/sim"
)

var sensorDeeds = map[sim.FaultKind]deed{
	sim.FaultStuckSensor: func(t *testing.T, k sim.FaultKind) {
		r, h := ran(t, k, 1234, 0)
		r.Do(r.Now(), sim.Act{Do: sim.DoDial, Depth: 500})
		h.run(1000 * ms)
		if d := r.Pen().Last(); h.reading.Measured != 1234 || d > 550 {
			t.Errorf("measured %d, %v deep", h.reading.Measured, d)
		}
	},
	sim.FaultSensorBias: func(t *testing.T, k sim.FaultKind) {
		r, h := ran(t, k, -400, 0)
		h.run(300 * ms)
		if off := int(h.reading.Measured) - int(r.Pen().Last()); off < -450 || off > -350 {
			t.Errorf("off by %d", off)
		}
	},
	sim.FaultSensorDrift: func(t *testing.T, k sim.FaultKind) {
		r, h := ran(t, k, -200, 0)
		h.run(2000 * ms)
		if off := int(h.reading.Measured) - int(r.Pen().Last()); off < -450 || off > -350 {
			t.Errorf("off by %d after 2 s", off)
		}
	},
	sim.FaultSensorNoise: func(t *testing.T, k sim.FaultKind) {
		r, h := ran(t, k, 200, 0)
		h.run(2000 * ms)
		lo, hi := uint16(9999), uint16(0)
		for _, m := range h.readings {
			lo, hi = min(lo, m.Measured), max(hi, m.Measured)
		}
		if hi-lo < 500 || r.Pen().Last() > 1550 {
			t.Errorf("measured %d to %d, %v deep", lo, hi, r.Pen().Last())
		}
	},
	sim.FaultSensorMissing: func(t *testing.T, k sim.FaultKind) {
		_, h := ran(t, k, 0, 0)
		if h.run(100 * ms); h.reading.Measured != protocol.None || h.reading.Peak != protocol.None || h.reading.Set != 1500 {
			t.Errorf("reading %+v", h.reading)
		}
	},
	sim.FaultDialMissing: func(t *testing.T, k sim.FaultKind) {
		_, h := ran(t, k, 0, 0)
		if h.run(100 * ms); h.reading.Set != protocol.None || h.reading.Measured == protocol.None {
			t.Errorf("reading %+v", h.reading)
		}
	},
	sim.FaultClaimsMeasured: func(t *testing.T, k sim.FaultKind) {
		r, h := ran(t, k, 0, 0)
		strike(t, r, sim.Fault{Kind: sim.FaultDeep, Amount: 900})
		h.run(600 * ms)
		if d := r.Pen().Last(); h.reading.Measured != 1500 || d < 2350 {
			t.Errorf("measured %d, %v deep", h.reading.Measured, d)
		}
		set := newRig(t, "set-only", nil)
		strike(t, set, sim.Fault{Kind: k})
		g := onRig(t, set)
		if g.run(1200 * ms); g.identity.Depth() != protocol.DepthMeasured || g.identity != set.Pen().Identity() {
			t.Errorf("identity %+v, want a claim", g.identity)
		}
	},
	sim.FaultContactOn: func(t *testing.T, k sim.FaultKind) {
		r, h := ran(t, k, 0, 0)
		if h.run(50 * ms); !h.reading.Flags.Has(protocol.FlagContact) || r.Pen().InContact() {
			t.Errorf("reading %+v", h.reading)
		}
	},
	sim.FaultContactOff: func(t *testing.T, k sim.FaultKind) {
		r, h := ran(t, k, 0, 0)
		r.Do(r.Now(), sim.Act{Do: sim.DoContact, On: true})
		if h.run(50 * ms); h.reading.Flags.Has(protocol.FlagContact) || !r.Pen().InContact() {
			t.Errorf("reading %+v", h.reading)
		}
	},
}

// counts lets a pen run for 5 s with a fault on one way of its line and hands
// over what that line, and the other, did.
func counts(t *testing.T, k sim.FaultKind, amount int64, way sim.Direction) (bad, good sim.LineStats) {
	t.Helper()
	r, h := runningRig(t, nil)
	up, down := r.Up().Stats(), r.Down().Stats()
	strike(t, r, sim.Fault{Kind: k, Amount: amount, Way: way})
	h.alive = true
	h.run(5000 * ms)
	bad, good = r.Up().Stats(), r.Down().Stats()
	for _, p := range [...][2]*sim.LineStats{{&bad, &up}, {&good, &down}} {
		a, b := p[0], p[1]
		a.Written, a.Cut, a.Flipped, a.Dropped, a.Inserted = a.Written-b.Written, a.Cut-b.Cut, a.Flipped-b.Flipped, a.Dropped-b.Dropped, a.Inserted-b.Inserted
		a.Repeated, a.Swapped = a.Repeated-b.Repeated, a.Swapped-b.Swapped
		a.Lost, a.Duplicated, a.Reordered = a.Lost-b.Lost, a.Duplicated-b.Duplicated, a.Reordered-b.Reordered
	}
	if way == sim.Down {
		bad, good = good, bad
	}
	return bad, good
}

// damages shows that a fault makes what count counts, on the way that it is on.
func damages(least uint64, count func(*sim.LineStats) uint64) deed {
	return func(t *testing.T, k sim.FaultKind) {
		for _, way := range []sim.Direction{sim.Up, sim.Down} {
			bad, good := counts(t, k, 300_000, way)
			if count(&bad) < least || count(&good) != 0 {
				t.Errorf("%v: %+v, the other way %+v", way, bad, good)
			}
		}
		bad, good := counts(t, k, 300_000, sim.BothWays)
		if count(&bad) == 0 || count(&good) == 0 {
			t.Errorf("both ways: %+v and %+v", bad, good)
		}
	}
}

// late shows by how much later bytes come, up and down.
func late(t *testing.T, f sim.Fault) (up, down protocol.Instant) {
	t.Helper()
	when := func(f *sim.Fault) (up, down protocol.Instant) {
		r := newRig(t, "reference", func(c *sim.RigConfig) {
			c.Delivered = func(_ []byte, now protocol.Instant) {
				if down == 0 {
					down = now
				}
			}
		})
		r.Read(nil, 990*ms)
		if f != nil {
			strike(t, r, *f)
		}
		r.Write([]byte{0, 0}, 1000*ms)
		for up == 0 { // the announcement of the first second
			if len(r.Read(nil, r.Next())) > 0 {
				up = r.Now()
			}
		}
		r.Step(20_000 * ms)
		return up, down
	}
	up0, down0 := when(nil)
	up, down = when(&f)
	return up - up0, down - down0
}

var lineDeeds = map[sim.FaultKind]deed{
	sim.FaultLineNoise: damages(50, func(s *sim.LineStats) uint64 {
		return min(s.Flipped, s.Dropped, s.Inserted)
	}),
	sim.FaultFlipBits:    damages(50, func(s *sim.LineStats) uint64 { return s.Flipped }),
	sim.FaultDropBytes:   damages(50, func(s *sim.LineStats) uint64 { return s.Dropped }),
	sim.FaultInsertBytes: damages(50, func(s *sim.LineStats) uint64 { return s.Inserted }),
	sim.FaultRepeatBytes: damages(50, func(s *sim.LineStats) uint64 { return s.Repeated }),
	sim.FaultSwapBytes:   damages(50, func(s *sim.LineStats) uint64 { return s.Swapped }),
	sim.FaultLoseFrames:  damages(10, func(s *sim.LineStats) uint64 { return s.Lost }),
	sim.FaultDuplicateFrames: damages(10, func(s *sim.LineStats) uint64 {
		return s.Duplicated
	}),
	sim.FaultReorderFrames: func(t *testing.T, k sim.FaultKind) {
		r, h := runningRig(t, func(c *sim.RigConfig) { c.Up.Delay, c.Down.Delay = 30*time.Millisecond, 30*time.Millisecond })
		strike(t, r, sim.Fault{Kind: k, Amount: 300_000, Way: sim.Up})
		h.run(2000 * ms)
		if u, d := r.Up().Stats().Reordered, r.Down().Stats().Reordered; u < 20 || d != 0 {
			t.Errorf("%d up, %d down", u, d)
		}
	},
	sim.FaultDelay: func(t *testing.T, k sim.FaultKind) {
		for _, tt := range []struct {
			way      sim.Direction
			up, down protocol.Instant
		}{{sim.Up, 70 * ms, 0}, {sim.Down, 0, 70 * ms}, {sim.BothWays, 70 * ms, 70 * ms}} {
			if u, d := late(t, sim.Fault{Kind: k, Amount: 70, Way: tt.way}); u != tt.up || d != tt.down {
				t.Errorf("%v: %d and %d µs later", tt.way, u, d)
			}
		}
	},
	sim.FaultJitter: func(t *testing.T, k sim.FaultKind) {
		if u, d := late(t, sim.Fault{Kind: k, Amount: 500}); u <= 0 || u > 500*ms || d <= 0 || d > 500*ms || u == d {
			t.Errorf("%d and %d µs later", u, d)
		}
	},
	sim.FaultBurst: func(t *testing.T, k sim.FaultKind) {
		r, h := ran(t, k, 100, sim.Up)
		h.run(100 * ms)
		for range 10 {
			at := r.Up().Next()
			if at%(100*ms) != 0 {
				t.Fatalf("bytes come at %d µs", at)
			}
			h.raw = nil
			if h.run(at - r.Now()); len(h.raw) < 10*42 {
				t.Errorf("%d bytes in a burst, want those of 100 ms", len(h.raw))
			}
		}
	},
	sim.FaultStall: func(t *testing.T, k sim.FaultKind) {
		r, h := ran(t, k, 250, sim.Up)
		from := r.Now()
		h.raw = nil
		h.run(249 * ms)
		if len(h.raw) != 0 {
			t.Errorf("%d bytes in a stall", len(h.raw))
		}
		if h.run(from + 250*ms - r.Now()); len(h.raw) < 30*42 {
			t.Errorf("%d bytes after it", len(h.raw))
		}
		if drives(t, r, h, true, true); r.Down().Held() > 100 {
			t.Error("the other way is held up too")
		}
	},
	sim.FaultLineDead: func(t *testing.T, k sim.FaultKind) {
		r, h := ran(t, k, 0, sim.Up)
		h.run(20 * ms)
		h.raw = nil
		if h.run(150 * ms); len(h.raw) != 0 || !r.Plugged() || !r.Pen().Hosted() {
			t.Errorf("%d bytes", len(h.raw))
		}
		r, h = ran(t, k, 0, sim.Down)
		h.raw = nil
		if h.run(1500 * ms); len(h.raw) == 0 || r.Pen().Hosted() {
			t.Errorf("%d bytes", len(h.raw))
		}
	},

	sim.FaultUnplugged: func(t *testing.T, k sim.FaultKind) {
		r, h := ran(t, k, 0, 0)
		h.raw = nil
		if h.run(700 * ms); len(h.raw) != 0 || r.Plugged() || !r.Pen().AtRest() || !r.Pen().Alive() {
			t.Errorf("%d bytes, plugged %t", len(h.raw), r.Plugged())
		}
		r.Clear(r.Now(), k)
		if h.run(1500 * ms); len(h.raw) == 0 || !r.Plugged() {
			t.Error("it does not come back")
		}
		strike(t, r, sim.Fault{Kind: k, For: time.Second})
		r.Do(r.Now(), sim.Act{Do: sim.DoReplug})
		if r.Has(k) || !r.Plugged() {
			t.Error("a replug does not end it")
		}
	},
	sim.FaultOtherName: func(t *testing.T, k sim.FaultKind) {
		r, _ := ran(t, k, 0, 0)
		was := r.Port()
		r.Do(r.Now(), sim.Act{Do: sim.DoUnplug})
		r.Do(r.Now()+100*ms, sim.Act{Do: sim.DoReplug})
		if r.Port() == was || r.Has(k) {
			t.Errorf("port %q, then %q", was, r.Port())
		}
		was = r.Port()
		r.Do(r.Now(), sim.Act{Do: sim.DoUnplug})
		r.Do(r.Now()+100*ms, sim.Act{Do: sim.DoReplug})
		if r.Port() != was {
			t.Errorf("without the fault %q becomes %q", was, r.Port())
		}
	},
	sim.FaultOtherPen: func(t *testing.T, k sim.FaultKind) {
		r, h := runningRig(t, nil)
		strike(t, r, sim.Fault{Kind: k, Text: "OTHER-1"})
		h.identity = protocol.Identity{}
		r.Do(r.Now(), sim.Act{Do: sim.DoUnplug})
		r.Do(r.Now()+100*ms, sim.Act{Do: sim.DoReplug})
		h.renew = false
		if h.run(1000 * ms); h.identity.Serial != "OTHER-1" || r.Has(k) {
			t.Errorf("identity %+v", h.identity)
		}
	},
	sim.FaultLooseContact: func(t *testing.T, k sim.FaultKind) {
		r, h := ran(t, k, 1000, 0)
		outs, was, longest, since := 0, true, protocol.Instant(0), protocol.Instant(0)
		for range 20_000 {
			h.run(ms)
			if p := r.Plugged(); p != was {
				if was = p; !p {
					outs++
					since = r.Now()
				} else {
					longest = max(longest, r.Now()-since)
				}
			}
		}
		if outs < 10 || outs > 30 || longest > 301*ms {
			t.Errorf("out %d times in 20 s, for up to %d µs", outs, longest)
		}
		r.Clear(r.Now(), k)
		if h.run(5000 * ms); !r.Plugged() {
			t.Error("it is out without the fault")
		}
	},
}
