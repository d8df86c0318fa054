package sim_test

import (
	"bytes"
	"slices"
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
	for _, m := range []map[sim.FaultKind]deed{penDeeds, sensorDeeds, lineDeeds, busDeeds} {
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
	sim.FaultLies: func(t *testing.T, k sim.FaultKind) {
		r, h := ran(t, k, 0, 0)
		h.revoke()
		h.run(100 * ms)
		shown := h.reading.Strokes
		h.run(500 * ms)
		drives(t, r, h, true, false)
		if h.reading.Strokes != shown || h.reading.StrokeRate != 0 || r.Pen().Strokes() < uint64(shown)+50 {
			t.Errorf("reading %+v, %d strokes", h.reading, r.Pen().Strokes())
		}
	},
	sim.FaultLiesCounting: func(t *testing.T, k sim.FaultKind) {
		r, h := ran(t, k, 0, 0)
		h.revoke()
		h.run(600 * ms)
		drives(t, r, h, true, false)
		if uint64(h.reading.Strokes)+2 < r.Pen().Strokes() {
			t.Errorf("reading %+v, %d strokes", h.reading, r.Pen().Strokes())
		}
	},
	sim.FaultShowsPermit: func(t *testing.T, k sim.FaultKind) {
		r, h := ran(t, k, 0, 0)
		h.revoke()
		if h.run(200 * ms); !h.reading.Flags.Has(protocol.FlagPermit) || h.reading.PermitMS == 0 || r.Pen().Permitted() {
			t.Errorf("reading %+v", h.reading)
		}
	},
	sim.FaultFrozen: func(t *testing.T, k sim.FaultKind) {
		r, h := ran(t, k, 0, 0)
		h.run(50 * ms)
		a := h.reading
		h.run(500 * ms)
		b := h.reading
		if b.Tick.Since(a.Tick) < 400*time.Millisecond || b.Sent == a.Sent {
			t.Errorf("ticks and count stand still: %+v after %+v", b, a)
		}
		if a.Tick, a.Sent = b.Tick, b.Sent; a != b || r.Pen().Strokes() < uint64(b.Strokes)+40 {
			t.Errorf("reading %+v after %+v, %d strokes", b, a, r.Pen().Strokes())
		}
	},
	sim.FaultSparse: func(t *testing.T, k sim.FaultKind) {
		_, h := ran(t, k, 100, 0)
		if h.run(2000 * ms); len(h.readings) < 3 || len(h.readings) > 5 {
			t.Errorf("%d readings in 2 s", len(h.readings))
		}
	},
	sim.FaultBackwards: func(t *testing.T, k sim.FaultKind) {
		r, h := ran(t, k, 10, 0)
		h.run(50 * ms)
		if n := r.Pen().Strokes() - uint64(h.reading.Strokes); n < 10 || n > 12 {
			t.Errorf("shown %d of %d strokes", h.reading.Strokes, r.Pen().Strokes())
		}
	},
	sim.FaultDeaf: func(t *testing.T, k sim.FaultKind) {
		r, h := ran(t, k, 0, 0)
		if h.run(1500 * ms); r.Pen().Driven() || r.Pen().Hosted() {
			t.Error("it hears")
		}
	},
	sim.FaultMute: func(t *testing.T, k sim.FaultKind) {
		r, h := ran(t, k, 0, 0)
		h.run(20 * ms) // what is under way
		h.raw = nil
		if h.run(300 * ms); len(h.raw) != 0 || !r.Pen().Hosted() {
			t.Errorf("%d bytes", len(h.raw))
		}
	},
	sim.FaultForeign: func(t *testing.T, k sim.FaultKind) {
		_, h := ran(t, k, 0, 0)
		h.run(20 * ms)
		h.raw = nil
		if h.run(100 * ms); len(h.raw) == 0 || bytes.Contains(h.raw, []byte{0}) {
			t.Errorf("%q", h.raw)
		}
	},
	sim.FaultNewerVersion: func(t *testing.T, k sim.FaultKind) {
		r, h := ran(t, k, 0, 0)
		h.renew = false
		h.raw, h.identity = nil, protocol.Identity{}
		h.run(500 * ms)
		if h.identity.MinVersion != 2 || h.identity.MaxVersion != 3 || r.Pen().Driven() {
			t.Errorf("identity %+v", h.identity)
		}
		h.raw, h.welcomes = nil, 0
		h.session.Boot = 0
		h.hello()
		h.run(100 * ms)
		if h.welcomes != 0 || !slices.Contains(types(h.raw), protocol.TypeRefusal) || r.Pen().Hosted() {
			t.Errorf("%d welcomes, frames %v", h.welcomes, types(h.raw))
		}
		r.Clear(r.Now(), k)
		if h.run(1500 * ms); h.identity.MinVersion != 1 {
			t.Errorf("identity %+v once the firmware is old again", h.identity)
		}
	},
	sim.FaultTickJump: func(t *testing.T, k sim.FaultKind) {
		for _, by := range []int64{700_000, -3_000_000} {
			r, h := runningRig(t, nil)
			before, at := h.reading.Tick, r.Now()
			h.renew = false
			strike(t, r, sim.Fault{Kind: k, Amount: by})
			h.run(100 * ms)
			if d := int64(h.reading.Tick.Since(before)/time.Microsecond) - int64(r.Now()-at) - by; d < -20_000 || d > 20_000 {
				t.Errorf("by %d: off by %d µs", by, d)
			}
		}
	},
	sim.FaultTickWrap: func(t *testing.T, k sim.FaultKind) {
		r := newRig(t, "monitor-only", nil)
		h := onRig(t, r)
		h.run(100 * ms)
		strike(t, r, sim.Fault{Kind: k, Amount: 500_000})
		h.run(400 * ms)
		if h.reading.Tick < 1<<32-300_000 {
			t.Errorf("tick %d, want it close to the wrap", h.reading.Tick)
		}
		h.run(300 * ms)
		if h.reading.Tick > 300_000 || h.reading.Tick == 0 {
			t.Errorf("tick %d, want it wrapped", h.reading.Tick)
		}
	},
	sim.FaultDrift: func(t *testing.T, k sim.FaultKind) {
		r, h := ran(t, k, -20_000, 0)
		a := r.Pen().Uptime(r.Now())
		h.run(10_000 * ms)
		if d := r.Pen().Uptime(r.Now()) - a; d != 9_800_000 {
			t.Errorf("%d µs by its clock in 10 s", d)
		}
		drives(t, r, h, true, true)
		r.Clear(r.Now(), k)
		a = r.Pen().Uptime(r.Now())
		if h.run(1000 * ms); r.Pen().Uptime(r.Now())-a != 1_000_000 {
			t.Error("it drifts on")
		}
	},
	sim.FaultReboot: func(t *testing.T, k sim.FaultKind) {
		r, h := ran(t, k, 0, 0)
		boot := h.session.Boot
		h.renew = false
		h.identity = protocol.Identity{}
		if h.run(500 * ms); h.identity.Boot == boot || h.identity.Boot == 0 || !r.Pen().AtRest() {
			t.Errorf("identity %+v", h.identity)
		}
	},
	sim.FaultDead: func(t *testing.T, k sim.FaultKind) {
		r, h := ran(t, k, 0, 0)
		if h.run(5000 * ms); r.Pen().Alive() || !r.Pen().AtRest() {
			t.Error("it lives")
		}
		r.Clear(r.Now(), k)
		if h.run(400 * ms); !r.Pen().Alive() {
			t.Error("it stays dead")
		}
	},
	sim.FaultBatteryLow: func(t *testing.T, k sim.FaultKind) {
		r, h := ran(t, k, 7, 0)
		if h.run(600 * ms); h.status.Battery != 7 || !r.Pen().Driven() {
			t.Errorf("status %+v", h.status)
		}
	},
	sim.FaultBatteryDead: func(t *testing.T, k sim.FaultKind) {
		r, h := ran(t, k, 0, 0)
		if h.run(2000 * ms); r.Pen().Alive() || !r.Pen().AtRest() {
			t.Error("it lives")
		}
		r.Clear(r.Now(), k)
		h.identity, h.renew = protocol.Identity{}, false
		if h.run(1000 * ms); h.identity.Boot == 0 {
			t.Error("charged, it stays dead")
		}
		mains := newRig(t, "exceed-class", nil)
		if strike(t, mains, sim.Fault{Kind: k}); !mains.Pen().Alive() {
			t.Error("a pen on mains has no battery to die")
		}
	},
	sim.FaultReports: func(t *testing.T, k sim.FaultKind) {
		r, h := ran(t, k, int64(protocol.FaultTemperature), 0)
		h.run(300 * ms)
		drives(t, r, h, false, false)
		if !h.reading.Flags.Has(protocol.FlagFault) || h.status.Faults != protocol.FaultTemperature {
			t.Errorf("reading %+v, status %+v", h.reading, h.status)
		}
		r, h = ran(t, k, 1<<8, 0) // a warning
		h.run(300 * ms)
		drives(t, r, h, true, true)
	},
	sim.FaultReleased: func(t *testing.T, k sim.FaultKind) {
		r, h := ran(t, k, 0, 0)
		if h.run(100 * ms); h.reading.Flags.Has(protocol.FlagReleased) {
			t.Error("released while the motor ran")
		}
		r.Press(r.Now())
		h.run(200 * ms)
		strike(t, r, sim.Fault{Kind: k})
		if h.run(100 * ms); !h.reading.Flags.Has(protocol.FlagReleased) {
			t.Error("not released")
		}
	},
	sim.FaultCartridgeOut: func(t *testing.T, k sim.FaultKind) {
		r, h := ran(t, k, 0, 0)
		if h.run(100 * ms); h.reading.Flags.Has(protocol.FlagCartridge) {
			t.Error("it feels one")
		}
		r.Clear(r.Now(), k)
		if h.run(100 * ms); !h.reading.Flags.Has(protocol.FlagCartridge) {
			t.Error("it feels none")
		}
	},
}

// types are those of the sound frames in b.
func types(b []byte) (out []protocol.Type) {
	var d protocol.Decoder
	var f protocol.Frame
	for ok := true; ok; {
		if b, ok = d.Next(b, &f); ok {
			out = append(out, f.Type)
		}
	}
	return out
}
