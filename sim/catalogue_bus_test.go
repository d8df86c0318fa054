package sim_test

import (
	"bytes"
	"testing"

	"penlog/protocol"
	"penlog/sim"
)

// refusals are the reasons in b for which the pen refused frames of a type.
func refusals(b []byte, of protocol.Type) map[protocol.Reason]int {
	out := map[protocol.Reason]int{}
	var d protocol.Decoder
	var f protocol.Frame
	for ok := true; ok; {
		if b, ok = d.Next(b, &f); ok && f.Type == protocol.TypeRefusal {
			var m protocol.Refusal
			if m.Parse(f.Payload) == nil && m.Of == of {
				out[m.Reason]++
			}
		}
	}
	return out
}

func count(b []byte, typ protocol.Type) (n int) {
	for _, t := range types(b) {
		if t == typ {
			n++
		}
	}
	return n
}

// serials counts the identities in b.
func serials(b []byte) map[string]int {
	out := map[string]int{}
	var d protocol.Decoder
	var f protocol.Frame
	for ok := true; ok; {
		if b, ok = d.Next(b, &f); ok && f.Type == protocol.TypeIdentity {
			var m protocol.Identity
			if m.Parse(f.Payload) == nil {
				out[m.Serial]++
			}
		}
	}
	return out
}

var busDeeds = map[sim.FaultKind]deed{
	sim.FaultEcho: func(t *testing.T, k sim.FaultKind) {
		r, h := ran(t, k, 0, 0)
		h.raw = nil
		if h.run(500 * ms); count(h.raw, protocol.TypePermit) < 9 || !r.Pen().Driven() {
			t.Errorf("frames %v", types(h.raw))
		}
	},
	sim.FaultReplayPermits: func(t *testing.T, k sim.FaultKind) {
		r, h := ran(t, k, 400, 0)
		h.run(300 * ms)
		h.revoke() // permits of 300 ms of life that come again 400 ms later
		h.alive = true
		h.raw = nil
		h.run(600 * ms)
		got := refusals(h.raw, protocol.TypePermit)
		if got[protocol.RefusedGeneration] < 5 || r.Pen().Truth().Starts != 1 || r.Pen().Permitted() || count(h.raw, protocol.TypePermit) != 0 {
			t.Errorf("refusals %v, truth %+v", got, r.Pen().Truth())
		}
		r, h = ran(t, k, 400, 0)
		h.run(300 * ms)
		h.raw = nil
		h.silence(600 * ms) // without a revoke they are merely too old
		if got := refusals(h.raw, protocol.TypePermit); got[protocol.RefusedExpired] < 4 || r.Pen().Driven() {
			t.Errorf("refusals %v", got)
		}
	},
	sim.FaultReplayFrames: func(t *testing.T, k sim.FaultKind) {
		r, h := ran(t, k, 300, 0)
		h.setCeiling(1000)
		h.run(200 * ms)
		h.setCeiling(800)
		h.raw = nil
		h.run(1000 * ms)
		if got := refusals(h.raw, protocol.TypeCeiling); got[protocol.RefusedGeneration] != 1 || r.Pen().Ceiling() != 800 {
			t.Errorf("refusals %v, ceiling %v", got, r.Pen().Ceiling())
		}
	},
	sim.FaultSecondHost: func(t *testing.T, k sim.FaultKind) {
		r, h := ran(t, k, 100, 0)
		h.raw = nil
		if h.run(1000 * ms); count(h.raw, protocol.TypeBusy) < 9 || !r.Pen().Driven() {
			t.Errorf("frames %v", types(h.raw))
		}
		h.renew = false
		h.welcomes = 0
		if h.run(2000 * ms); h.welcomes == 0 || !r.Pen().Hosted() || r.Pen().Driven() {
			t.Error("it does not get a pen that is free")
		}
	},
	sim.FaultTakeOver: func(t *testing.T, k sim.FaultKind) {
		r, h := ran(t, k, 0, 0)
		h.raw, h.welcomes = nil, 0
		h.run(300 * ms)
		if got := refusals(h.raw, protocol.TypePermit); h.welcomes != 1 || got[protocol.RefusedNonce] == 0 || r.Pen().Driven() {
			t.Errorf("%d welcomes, refusals %v", h.welcomes, got)
		}
	},
	sim.FaultOtherHost: func(t *testing.T, k sim.FaultKind) {
		r, h := ran(t, k, 0, 0)
		if h.run(2000 * ms); !r.Pen().Driven() {
			t.Error("it takes a pen that is not free")
		}
		h.renew, h.welcomes = false, 0
		h.run(2000 * ms)
		h.raw = nil
		if h.run(5000 * ms); h.welcomes != 1 || !r.Pen().Hosted() || count(h.raw, protocol.TypeReading) < 90 || count(h.raw, protocol.TypeIdentity) != 0 {
			t.Errorf("%d welcomes, then %d readings and %d identities", h.welcomes, count(h.raw, protocol.TypeReading), count(h.raw, protocol.TypeIdentity))
		}
		r.Clear(r.Now(), k)
		if h.run(1500 * ms); r.Pen().Hosted() || count(h.raw, protocol.TypeIdentity) == 0 {
			t.Error("it is kept by nobody")
		}
	},
	sim.FaultSecondPen: func(t *testing.T, k sim.FaultKind) {
		r, h := ran(t, k, 0, 0)
		own := h.identity.Serial
		h.raw = nil
		h.renew, h.alive = false, false
		h.run(2500 * ms)
		if got := serials(h.raw); len(got) != 2 || got[own] == 0 {
			t.Errorf("heard are %v, want two pens", got)
		}
		r.Clear(r.Now(), k)
		h.run(50 * ms)
		h.raw = nil
		h.run(1200 * ms)
		if got := serials(h.raw); len(got) != 1 || got[own] == 0 {
			t.Errorf("heard are %v, want %s alone", got, own)
		}
	},
	sim.FaultForeignTalk: func(t *testing.T, k sim.FaultKind) {
		r, h := ran(t, k, 50, 0)
		h.raw = nil
		h.run(1000 * ms)
		if n := bytes.Count(h.raw, []byte("$GPGGA")); n < 18 || n > 22 || !r.Pen().Driven() {
			t.Errorf("%d lines of text", n)
		}
		if n := count(h.raw, protocol.TypeReading); n < 100 {
			t.Errorf("%d readings in a second", n)
		}
	},
}
