package sim_test

import (
	"bytes"
	"testing"
	"time"

	"penlog/protocol"
	"penlog/sim"
)

// What a host can't know, it can't know: the bytes are those of a pen without
// the fault of which a lawful story tells the same.
func TestWhatIsNotObservableLeavesTheBytesOfASoundPen(t *testing.T) {
	play := func(profile string, stop bool, faults ...sim.Fault) ([]byte, sim.Truth) {
		r := newRig(t, profile, nil)
		r.Do(0, sim.Act{Do: sim.DoDial, Depth: 1500})
		h := onRig(t, r)
		h.silent = true
		h.greet(2500)
		h.run(1000 * ms)
		for _, f := range faults {
			strike(t, r, f)
		}
		h.start()
		h.run(1000 * ms)
		if stop { // where the needles are then is chance
			h.revoke()
			h.alive = true
			h.run(1000 * ms)
		}
		return h.raw, r.Pen().Truth()
	}
	sound, truth := play("reference", false)
	for _, tt := range []struct {
		name   string
		faults []sim.Fault
	}{
		{"needles too deep under a sensor that is off by as much", []sim.Fault{{Kind: sim.FaultDeep, Amount: 280}, {Kind: sim.FaultSensorBias, Amount: -280}}},
		{"… by more than the dial's 300 µm", []sim.Fault{{Kind: sim.FaultDeep, Amount: 900}, {Kind: sim.FaultSensorBias, Amount: -900}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if b, tr := play("reference", false, tt.faults...); !bytes.Equal(b, sound) || tr.Deepest < truth.Deepest+250 {
				t.Errorf("%d bytes, else %d; deepest %v, else %v", len(b), len(sound), tr.Deepest, truth.Deepest)
			}
		})
	}
	const talksOfItsDial = protocol.CapSet | protocol.CapPermits
	t.Run("a dial alone tells nothing of needles too deep", func(t *testing.T) {
		sound, truth := play("set-only", false)
		f := sim.Fault{Kind: sim.FaultDeep, Amount: 900}
		b, tr := play("set-only", false, f)
		if !bytes.Equal(b, sound) || tr.Deepest < truth.Deepest+850 || f.Observable(talksOfItsDial) {
			t.Errorf("%d bytes, else %d; deepest %v, else %v", len(b), len(sound), tr.Deepest, truth.Deepest)
		}
	})
	t.Run("a pen that lies", func(t *testing.T) {
		sound, truth := play("reference", true)
		b, tr := play("reference", true, sim.Fault{Kind: sim.FaultLies})
		if !tr.Driven || tr.Strokes < truth.Strokes+100 {
			t.Fatalf("truth %+v: it stopped", tr)
		}
		last := func(b []byte) (m protocol.Reading) {
			var d protocol.Decoder
			var f protocol.Frame
			for ok := true; ok; {
				if b, ok = d.Next(b, &f); ok && f.Type == protocol.TypeReading {
					_ = m.Parse(f.Payload)
				}
			}
			return m
		}
		x, y := last(b), last(sound)
		x.Sent, x.Tick, x.Measured, x.Strokes = y.Sent, y.Tick, y.Measured, y.Strokes // it stopped a stroke earlier
		if x != y {
			t.Errorf("the newest reading is %+v, of a pen that stopped %+v", x, y)
		}
	})
	t.Run("contact that is always felt", func(t *testing.T) {
		on := func(r *sim.Rig) { r.Do(0, sim.Act{Do: sim.DoContact, On: true}) }
		stuck := func(r *sim.Rig) { strike(t, r, sim.Fault{Kind: sim.FaultContactOn}) }
		flags := func(begin func(*sim.Rig)) protocol.Flags {
			r := newRig(t, "reference", nil)
			begin(r)
			h := onRig(t, r).greet(1500)
			h.run(100 * ms)
			return h.reading.Flags
		}
		if a, b := flags(on), flags(stuck); a != b {
			t.Errorf("flags %b of a tip on the skin, %b of a stuck sensor", a, b)
		}
	})
	t.Run("a pen that repeats the dial and says it measures", func(t *testing.T) {
		// Of a pen whose needles stand exactly as set, in the steps of its resolution.
		r, h := ran(t, sim.FaultClaimsMeasured, 0, 0)
		h.run(500 * ms)
		id := r.Pen().Identity()
		if h.reading.Measured != h.reading.Set || h.reading.Peak != h.reading.Set || id.Caps.Has(protocol.CapVaries) {
			t.Errorf("reading %+v of %+v", h.reading, id)
		}
	})
}

// What is declared observable, and how, depends on the pen and on the size.
func TestObservableIsSaidOfAFaultInAPen(t *testing.T) {
	measured := protocol.CapMeasured | protocol.CapSet | protocol.CapVaries
	for _, tt := range []struct {
		f    sim.Fault
		caps protocol.Caps
		want bool
	}{
		{sim.Fault{Kind: sim.FaultDeep}, measured, true},
		{sim.Fault{Kind: sim.FaultDeep}, protocol.CapSet, false},
		{sim.Fault{Kind: sim.FaultSensorBias}, measured, false},
		{sim.Fault{Kind: sim.FaultSensorBias, Amount: -600}, measured, true},
		{sim.Fault{Kind: sim.FaultSensorBias, Amount: 600}, protocol.CapMeasured, false},
		{sim.Fault{Kind: sim.FaultStuckSensor}, measured, true},
		{sim.Fault{Kind: sim.FaultStuckSensor}, protocol.CapMeasured, false},
		{sim.Fault{Kind: sim.FaultLies}, measured, false},
		{sim.Fault{Kind: sim.FaultLiesCounting}, protocol.CapSet, true},
		{sim.Fault{Kind: sim.FaultMute}, 0, true},
		{sim.Fault{Kind: 250}, measured, false},
	} {
		if got := tt.f.Observable(tt.caps); got != tt.want {
			t.Errorf("%v: %t", tt.f, got)
		}
	}
}

func TestFaultsAreWrittenAsInScripts(t *testing.T) {
	for _, tt := range []struct {
		f    sim.Fault
		want string
	}{
		{sim.Fault{Kind: sim.FaultMute}, "mute"},
		{sim.Fault{Kind: sim.FaultDeep}, "deep 500µm"},
		{sim.Fault{Kind: sim.FaultLineNoise, Way: sim.Up, For: 2 * time.Second}, "line-noise 1000 up for 2s"},
		{sim.Fault{Kind: sim.FaultOtherPen, Text: "B-2"}, "other-pen B-2"},
	} {
		if got := tt.f.String(); got != tt.want {
			t.Errorf("%q, want %q", got, tt.want)
		}
	}
}
