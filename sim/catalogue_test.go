package sim_test

import (
	"testing"
	"time"

	"penlog/protocol"
	"penlog/sim"
)

// deed shows on a running pen, or one that it makes itself, that a fault does
// what the catalogue says of it.
type deed func(t *testing.T, k sim.FaultKind)

// ran is a rig that runs at 1500 µm under a permit, with the fault in force.
func ran(t *testing.T, k sim.FaultKind, amount int64, way sim.Direction) (*sim.Rig, *host) {
	t.Helper()
	r, h := runningRig(t, nil)
	h.readings = nil
	strike(t, r, sim.Fault{Kind: k, Amount: amount, Way: way})
	if r.Has(k) == k.Info().AtOnce {
		t.Errorf("in force: %t", r.Has(k))
	}
	return r, h
}

// silence lets the host live without renewing its permit.
func (h *host) silence(d protocol.Instant) {
	h.renew, h.alive = false, true
	h.run(d)
}

// drives says whether the motor has power, and whether the newest reading says so.
func drives(t *testing.T, r *sim.Rig, h *host, truly, shown bool) {
	t.Helper()
	if r.Pen().Driven() != truly || h.reading.MotorOn() != shown {
		t.Errorf("driven %t, shown %t; want %t, %t", r.Pen().Driven(), h.reading.MotorOn(), truly, shown)
	}
}

func TestEveryFaultDoesWhatItSays(t *testing.T) {
	all := map[sim.FaultKind]deed{}
	for _, m := range []map[sim.FaultKind]deed{penDeeds, wordDeeds, sensorDeeds, lineDeeds, busDeeds} {
		for k, d := range m {
			all[k] = d
		}
	}
	for _, f := range sim.Faults() {
		t.Run(f.Name, func(t *testing.T) {
			d := all[f.Kind]
			if d == nil {
				t.Fatal("nothing shows what it does")
			}
			d(t, f.Kind)
		})
	}
}

// penDeeds are of what a pen does with motor and needles.
var penDeeds = map[sim.FaultKind]deed{
	sim.FaultIgnoreRevoke: func(t *testing.T, k sim.FaultKind) {
		r, h := ran(t, k, 0, 0)
		h.revoke()
		h.run(100 * ms)
		drives(t, r, h, true, true)
		h.run(400 * ms) // its permit dies
		drives(t, r, h, false, false)
	},
	sim.FaultIgnoreCeiling: func(t *testing.T, k sim.FaultKind) {
		r, h := ran(t, k, 0, 0)
		h.setCeiling(500)
		h.renew = false
		h.run(200 * ms)
		drives(t, r, h, true, true)
		if h.reading.Ceiling != 1500 || r.Pen().Ceiling() != 1500 {
			t.Errorf("reading %+v", h.reading)
		}
	},
	sim.FaultIgnoreHello: func(t *testing.T, k sim.FaultKind) {
		r := newRig(t, "reference", nil)
		h := onRig(t, r)
		h.run(60 * ms)
		strike(t, r, sim.Fault{Kind: k})
		h.hello()
		if h.run(300 * ms); h.welcomes != 0 || r.Pen().Hosted() {
			t.Errorf("%d welcomes", h.welcomes)
		}
	},
	sim.FaultIgnoreLapse: func(t *testing.T, k sim.FaultKind) {
		r, h := ran(t, k, 0, 0)
		h.silence(800 * ms)
		drives(t, r, h, true, true)
		h.revoke()
		h.run(200 * ms)
		if tr := r.Pen().Truth(); tr.Unpermitted < 300*time.Millisecond {
			t.Errorf("truth %+v", tr)
		}
	},
	sim.FaultMotorStuck: func(t *testing.T, k sim.FaultKind) {
		r, h := ran(t, k, 0, 0)
		h.revoke()
		h.run(300 * ms)
		r.Press(r.Now())
		h.run(300 * ms)
		drives(t, r, h, true, true)
	},
	sim.FaultAckOnly: func(t *testing.T, k sim.FaultKind) {
		for _, stop := range []func(*host){(*host).revoke, func(h *host) { h.setCeiling(500); h.renew = false }} {
			r, h := ran(t, k, 0, 0)
			stop(h)
			h.alive = true
			h.run(500 * ms)
			drives(t, r, h, true, true)
			if h.reading.Generation != h.gen || h.reading.Ceiling == 1500 || h.reading.Flags.Has(protocol.FlagPermit) {
				t.Errorf("reading %+v, want it to show what it was told", h.reading)
			}
			r.Press(r.Now())
			h.run(200 * ms)
			drives(t, r, h, false, false)
		}
		r, h := ran(t, k, 0, 0) // a lapse it obeys
		h.silence(600 * ms)
		drives(t, r, h, false, false)
	},
	sim.FaultNoPermit: func(t *testing.T, k sim.FaultKind) {
		r := newRig(t, "reference", nil)
		strike(t, r, sim.Fault{Kind: k})
		if res := r.Press(100 * ms); res != protocol.StartNoPermit || !r.Pen().Driven() {
			t.Errorf("press: %v, driven %t", res, r.Pen().Driven())
		}
	},
	sim.FaultClaimsPermits: func(t *testing.T, k sim.FaultKind) {
		r, h := ran(t, k, 0, 0)
		r.Press(r.Now()) // it ran by its electronics; from now on the button alone counts
		h.run(200 * ms)
		h.revoke()
		h.alive = true
		r.Press(r.Now())
		h.run(500 * ms)
		drives(t, r, h, true, true)
		h.run(500 * ms)
		drives(t, r, h, true, true)
		r.Press(r.Now())
		h.run(200 * ms)
		drives(t, r, h, false, false)
		stop := newRig(t, "stoppable", nil)
		strike(t, stop, sim.Fault{Kind: k})
		g := onRig(t, stop)
		if g.run(1200 * ms); !g.identity.Caps.Has(protocol.CapPermits) || g.identity != stop.Pen().Identity() {
			t.Errorf("identity %+v, want a claim", g.identity)
		}
	},
	sim.FaultSelfStart: func(t *testing.T, k sim.FaultKind) {
		r := newRig(t, "reference", nil)
		strike(t, r, sim.Fault{Kind: k})
		h := onRig(t, r).greet(1500)
		drives(t, r, h, true, true)
	},
	sim.FaultSlowStop: func(t *testing.T, k sim.FaultKind) {
		r, h := ran(t, k, 300, 0)
		h.revoke()
		h.run(200 * ms)
		drives(t, r, h, false, true)
		h.run(300 * ms)
		between(t, "stop", r.Pen().Truth().LongestStop, 324*time.Millisecond, 350*time.Millisecond)
		if id := r.Pen().Identity(); id.StopMS != 60 {
			t.Errorf("it states %d ms", id.StopMS)
		}
	},
	sim.FaultJam: func(t *testing.T, k sim.FaultKind) {
		r, h := ran(t, k, 0, 0)
		before := r.Pen().Strokes()
		h.run(1000 * ms)
		if n := r.Pen().Strokes() - before; n != 0 || !h.reading.MotorOn() || h.reading.StrokeRate != 0 {
			t.Errorf("%d strokes, reading %+v", n, h.reading)
		}
		r.Clear(r.Now(), k)
		h.run(1000 * ms)
		if n := r.Pen().Strokes() - before; n < 90 {
			t.Errorf("%d strokes once it turns again", n)
		}
	},
	sim.FaultDeep: func(t *testing.T, k sim.FaultKind) {
		r, h := ran(t, k, 400, 0)
		h.run(300 * ms)
		if d := r.Pen().Last(); d < 1850 || h.reading.Set != 1500 || h.reading.Measured < 1850 {
			t.Errorf("%v deep, reading %+v", d, h.reading)
		}
	},
	sim.FaultCreep: func(t *testing.T, k sim.FaultKind) {
		r, h := ran(t, k, 400, 0)
		h.run(500 * ms)
		mid := r.Pen().Last()
		h.run(500 * ms)
		if d := r.Pen().Last(); mid < 1650 || mid > 1750 || d < 1850 || d > 1950 || h.reading.Set != 1500 {
			t.Errorf("%v, then %v deep, reading %+v", mid, d, h.reading)
		}
	},
	sim.FaultDriveStuck: func(t *testing.T, k sim.FaultKind) {
		r, h := ran(t, k, 0, 0)
		r.Do(r.Now(), sim.Act{Do: sim.DoDial, Depth: 500})
		h.run(1000 * ms)
		if d := r.Pen().Last(); d < 1450 || h.reading.Set != 500 || h.reading.Measured < 1450 {
			t.Errorf("%v deep, reading %+v", d, h.reading)
		}
		r.Clear(r.Now(), k)
		if h.run(500 * ms); r.Pen().Last() > 550 {
			t.Errorf("%v deep once the drive is free", r.Pen().Last())
		}
	},
}
