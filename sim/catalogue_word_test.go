package sim_test

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"penlog/protocol"
	"penlog/sim"
)

// wordDeeds are of what a pen says and of its power.
var wordDeeds = map[sim.FaultKind]deed{
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
	sim.FaultAhead: func(t *testing.T, k sim.FaultKind) {
		r, h := ran(t, k, 1000, 0)
		h.run(50 * ms)
		if n := uint64(h.reading.Strokes) - r.Pen().Strokes(); n < 998 || n > 1000 {
			t.Errorf("shown %d of %d strokes", h.reading.Strokes, r.Pen().Strokes())
		}
	},
	sim.FaultShowsCeiling: func(t *testing.T, k sim.FaultKind) {
		r, h := ran(t, k, 250, 0)
		h.run(50 * ms)
		if c := r.Pen().Ceiling(); c == 0 || protocol.Micrometres(h.reading.Ceiling) != c+250 {
			t.Errorf("shown a ceiling of %d µm, it is %v", h.reading.Ceiling, c)
		}
	},
	sim.FaultEndsEarly: func(t *testing.T, k sim.FaultKind) {
		r, h := ran(t, k, 140, 0)
		h.renew = false
		for range 100 {
			h.run(5 * ms)
			if left := r.Pen().PermitLeft(); left > 0 && left < 130*time.Millisecond {
				if h.reading.Flags.Has(protocol.FlagPermit) || h.reading.PermitMS != 0 {
					t.Errorf("%v before its end it is shown: %+v", left, h.reading)
				}
				return
			}
		}
		t.Error("no permit came near its end")
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
	sim.FaultCartridgeLength: func(t *testing.T, k sim.FaultKind) {
		r, h := ran(t, k, 1250, 0)
		if h.run(600 * ms); h.status.NeedleLength != 1250 {
			t.Errorf("needles of %d µm, want 1250", h.status.NeedleLength)
		}
		strike(t, r, sim.Fault{Kind: sim.FaultCartridgeOut, For: 100 * time.Millisecond})
		h.events = nil
		h.run(600 * ms)
		if n := len(h.events); n == 0 || h.events[n-1].Kind != protocol.EventCartridgeIn || h.events[n-1].Arg != 1250 {
			t.Errorf("events %+v, want that a cartridge of 1250 µm is in", h.events)
		}
		r.Clear(r.Now(), k)
		if h.run(600 * ms); h.status.NeedleLength != r.Pen().Profile().Identity.NeedleLength {
			t.Errorf("needles of %d µm", h.status.NeedleLength)
		}
	},
	sim.FaultNewIdentity: func(t *testing.T, k sim.FaultKind) {
		r, h := runningRig(t, nil)
		was := h.identity
		strike(t, r, sim.Fault{Kind: k})
		h.run(50 * ms)
		now := h.identity
		if now == was || now.Boot != was.Boot || now.Serial != was.Serial || now != r.Pen().Identity() || !r.Pen().Driven() {
			t.Errorf("it says %+v, and said %+v", now, was)
		}
		strike(t, r, sim.Fault{Kind: k})
		if h.run(50 * ms); h.identity == now || h.identity == was {
			t.Errorf("it says %+v again", h.identity)
		}
		strike(t, r, sim.Fault{Kind: sim.FaultReboot})
		h.run(1500 * ms)
		if h.identity.Firmware != was.Firmware {
			t.Errorf("after a boot it says %+v", h.identity)
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
