package sim_test

import (
	"bytes"
	"strings"
	"testing"

	"penlog/protocol"
	"penlog/sim"
)

// running returns a reference pen that runs at 1500 µm under a permit.
func running(t *testing.T) (*sim.Pen, *host) {
	t.Helper()
	p := newPen(t, "reference", nil)
	p.Dial(0, 1500)
	h := greet(t, p, 1500)
	h.run(1000 * ms)
	h.start()
	return p, h
}

func inject(p *sim.Pen, k sim.FaultKind, amount int64) {
	p.Inject(p.Now(), sim.Fault{Kind: k, Amount: amount})
}

func TestEachFaultHasAWordAndIsFoundByIt(t *testing.T) {
	for i, f := range sim.Faults() {
		if f.Kind != sim.FaultKind(i) || f.Name == "" || f.About == "" || f.Why == "" || (f.Amount != 0) != (f.Unit != "") && f.Kind != sim.FaultStuckSensor {
			t.Errorf("fault %d is described as %+v", i, f)
		}
		if (f.Min != f.Max) != (f.Unit != "") || f.Amount < f.Min || f.Amount > f.Max || f.Directed != (f.Group == sim.OfLine) {
			t.Errorf("fault %d is described as %+v", i, f)
		}
		got, err := sim.FaultByName(f.Name)
		if err != nil || got.Kind != f.Kind || got.Kind.String() != f.Name {
			t.Errorf("FaultByName(%q) = %+v, %v", f.Name, got, err)
		}
	}
	if _, err := sim.FaultByName("stuck"); err == nil || !strings.Contains(err.Error(), "stuck-sensor") {
		t.Errorf("error %v, want the words there are", err)
	}
}

func TestAStuckSensorRepeatsItselfWhileTheNeedlesGoDeeper(t *testing.T) {
	p, h := running(t)
	inject(p, sim.FaultStuckSensor, 0)
	h.readings = nil
	p.Dial(p.Now(), 500)
	h.run(1000 * ms)
	for _, r := range h.readings[1:] {
		if r.Measured != h.readings[0].Measured {
			t.Fatalf("measured %d after %d from a stuck sensor", r.Measured, h.readings[0].Measured)
		}
	}
	if d := p.Truth().Last; d > 550 {
		t.Errorf("the needles go %v deep, want the 500 µm set", d)
	}
	p.Clear(p.Now(), sim.FaultStuckSensor)
	h.run(100 * ms)
	if m := h.reading.Measured; m > 550 {
		t.Errorf("measured %d once the sensor is well, want about 500", m)
	}
}

func TestCreepAndADeepDriveShowInTruthAndMeasureButNotOnTheDial(t *testing.T) {
	for _, k := range []sim.FaultKind{sim.FaultCreep, sim.FaultDeep} {
		p, h := running(t)
		inject(p, k, 400) // µm/s or µm
		h.run(1000 * ms)
		e := p.Truth().Episode
		if h.reading.Set != 1500 || e.Deep == 0 || e.Shown < e.Deep || e.Ceiling != 1500 || e.Overshoot() < 300 {
			t.Errorf("%v: episode %+v with the dial at %d", k, e, h.reading.Set)
		}
		if m := protocol.Micrometres(h.reading.Measured); m < 1800 {
			t.Errorf("%v: measured %v, want it to show", k, m)
		}
	}
}

func TestAPenThatIgnoresRevokesStopsWhenItsPermitDies(t *testing.T) {
	p, h := running(t)
	inject(p, sim.FaultIgnoreRevoke, 0)
	h.revoke()
	h.run(100 * ms)
	if !p.Truth().Driven {
		t.Fatal("it heard the revoke")
	}
	h.run(400 * ms)
	if tr := p.Truth(); !tr.Clear || tr.Unpermitted != 0 {
		t.Errorf("truth %+v, want a stop at the permit's death", tr)
	}
}

func TestWithoutAPermitOnlyAFaultRunsTheMotorAndTruthCountsIt(t *testing.T) {
	t.Run("no-permit", func(t *testing.T) {
		p := newPen(t, "reference", nil)
		inject(p, sim.FaultNoPermit, 0)
		p.Step(100 * ms)
		if r := p.Press(p.Now()); r != protocol.StartNoPermit || !p.Runs() {
			t.Fatalf("press: %v, runs %v; want a motor that runs all the same", r, p.Runs())
		}
		p.Step(1100 * ms)
		if tr := p.Truth(); tr.Unpermitted.Seconds() != 1 || tr.UnpermittedStrokes < 90 {
			t.Errorf("truth %+v, want a second without a permit", tr)
		}
		if p.Press(p.Now()); p.Runs() {
			t.Error("a press does not stop it")
		}
	})
	t.Run("no-permit lapse", func(t *testing.T) {
		p, h := running(t)
		inject(p, sim.FaultNoPermit, 0)
		h.renew, h.alive = false, true
		h.run(1000 * ms)
		if tr := p.Truth(); !tr.Driven || !h.reading.MotorOn() || h.reading.Flags.Has(protocol.FlagPermit) {
			t.Errorf("truth %+v, reading %+v; want it running and seen", tr, h.reading)
		}
		if p.Press(p.Now()); p.Runs() {
			t.Error("a press does not stop it")
		}
	})
	for _, k := range []sim.FaultKind{sim.FaultIgnoreLapse, sim.FaultMotorStuck} {
		t.Run(k.String(), func(t *testing.T) {
			p, h := running(t)
			inject(p, k, 0)
			h.renew, h.alive = false, true
			h.run(1000 * ms)
			if tr := p.Truth(); !tr.Driven || tr.Unpermitted == 0 || !h.reading.MotorOn() {
				t.Errorf("truth %+v, reading %+v; want it running, counted and seen", tr, h.reading)
			}
			p.Clear(p.Now(), k)
			h.run(100 * ms)
			if !p.Truth().Clear || h.reading.MotorOn() {
				t.Error("it runs on without the fault")
			}
		})
	}
	t.Run("self-start", func(t *testing.T) {
		p := newPen(t, "reference", nil)
		inject(p, sim.FaultSelfStart, 0)
		greet(t, p, 1500)
		if tr := p.Truth(); !tr.Driven || tr.Starts != 1 {
			t.Errorf("truth %+v, want a motor that started unpressed", tr)
		}
	})
}

func TestAPenThatLiesSaysItStopped(t *testing.T) {
	p, h := running(t)
	inject(p, sim.FaultLies, 0)
	h.revoke()
	h.run(500 * ms)
	tr := p.Truth()
	if !tr.Driven || h.reading.MotorOn() || h.reading.StrokeRate != 0 || uint64(h.reading.Strokes) >= tr.Strokes {
		t.Errorf("reading %+v, truth %+v", h.reading, tr)
	}
	p.Clear(p.Now(), sim.FaultLies)
	h.run(100 * ms)
	if !p.Truth().Clear {
		t.Error("it runs on")
	}
}

func TestARebootStopsTheMotorAndMakesAnotherBoot(t *testing.T) {
	p, h := running(t)
	boot, strokes := p.Identity().Boot, p.Truth().Strokes
	inject(p, sim.FaultReboot, 0)
	h.renew = false
	h.run(60 * ms)
	if tr := p.Truth(); !tr.Clear || tr.Alive {
		t.Errorf("truth %+v, want it dark and clear", tr)
	}
	h.identity = protocol.Identity{}
	h.run(260 * ms)
	if h.identity.Boot == 0 || h.identity.Boot == boot || h.identity.Serial != p.Identity().Serial {
		t.Errorf("identity %+v after boot %d", h.identity, boot)
	}
	h.session.Boot, h.session.Nonce = h.identity.Boot, 99
	h.hello()
	h.run(600 * ms)
	if h.reading.Strokes != 0 || uint64(h.status.Lifetime) < strokes {
		t.Errorf("reading %+v, status %+v; want a new count and the old lifetime", h.reading, h.status)
	}
	h.setCeiling(1500)
	h.renew = true
	h.run(500 * ms)
	if p.Runs() {
		t.Error("it runs again, unpressed")
	}
}

func TestADeafMuteOrForeignPenIsThat(t *testing.T) {
	for _, tt := range []struct {
		k       sim.FaultKind
		welcome bool
		bytes   bool
	}{
		{sim.FaultDeaf, false, true}, {sim.FaultIgnoreHello, false, true}, {sim.FaultMute, false, false}, {sim.FaultForeign, false, true},
	} {
		p := newPen(t, "reference", nil)
		inject(p, tt.k, 0)
		p.AppendOutput(nil)
		h := newHost(t, p)
		h.run(1100 * ms)
		h.hello()
		h.run(1100 * ms)
		if (h.welcomes > 0) != tt.welcome || (len(h.raw) > 0) != tt.bytes {
			t.Errorf("%v: %d welcomes, %d bytes", tt.k, h.welcomes, len(h.raw))
		}
		if tt.k == sim.FaultForeign && bytes.Contains(h.raw, []byte{0}) {
			t.Error("foreign: it talks in frames")
		}
	}
}

func TestTicksJumpAndCountersGoBackAsToldAndPermitsAreShown(t *testing.T) {
	p, h := running(t)
	before := h.reading
	inject(p, sim.FaultTickJump, -5_000_000)
	h.renew = false
	h.run(50 * ms)
	if d := h.reading.Tick.Since(before.Tick); d > -4_900_000_000 || d < -5_000_000_000 {
		t.Errorf("the tick went by %v, want 5 s back", d)
	}
	p, h = running(t)
	before = h.reading
	inject(p, sim.FaultTickJump, 500_000)
	h.renew = false
	h.run(50 * ms)
	if d := h.reading.Tick.Since(before.Tick); d < 500_000_000 || h.reading.Flags.Has(protocol.FlagPermit) || p.Runs() {
		t.Errorf("the tick went by %v, reading %+v; want half a second on and the permit dead", d, h.reading)
	}
	inject(p, sim.FaultShowsPermit, 0)
	inject(p, sim.FaultBackwards, 10)
	h.hello()
	h.run(50 * ms)
	if !h.reading.Flags.Has(protocol.FlagPermit) || uint64(h.reading.Strokes) != p.Truth().Strokes-10 {
		t.Errorf("reading %+v with %d strokes made", h.reading, p.Truth().Strokes)
	}
}

func TestAReportedFaultStopsThePen(t *testing.T) {
	p, h := running(t)
	inject(p, sim.FaultReports, int64(protocol.FaultSensor))
	h.run(100 * ms)
	if !p.Truth().Clear || !h.reading.Flags.Has(protocol.FlagFault) || h.status.Faults != protocol.FaultSensor {
		t.Errorf("truth %+v, reading %+v, status %+v", p.Truth(), h.reading, h.status)
	}
}
