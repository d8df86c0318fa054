package session_test

import (
	"testing"
	"time"

	"penlog/protocol"
	"penlog/session"
	"penlog/session/limits"
	"penlog/session/rehearsal"
)

// More passes than planned give a quiet cue, which goes when the count is
// corrected; none stops anything, and none follows into the next session.
func TestCues(t *testing.T) {
	r := newRig(t, rigIdentity())
	r.treat(limits.Cheek, limits.AcneScarRolling)
	r.must(session.Command{Do: session.CmdPause})
	r.must(session.Command{Do: session.CmdPlan, Plan: []session.PlanItem{{Zone: limits.Cheek, Indication: limits.AcneScarRolling, Passes: 2, Density: 5}}})
	r.must(session.Command{Do: session.CmdArea, Zone: limits.Cheek, AreaMM2: 3000})
	r.must(session.Command{Do: session.CmdResume})
	for n, want := range []session.Response{0, 0, session.Advisory} {
		r.must(session.Command{Do: session.CmdPass})
		r.step(50 * time.Millisecond)
		if got := broken(r.view(), session.PassesAbovePlan); got != want {
			t.Errorf("after pass %d of 2: %v", n+1, got)
		}
	}
	if v := r.view(); !v.Ready || v.Trip != nil {
		t.Errorf("a cue stopped the pen: %+v", v)
	}
	r.must(session.Command{Do: session.CmdPass, Delta: -1})
	r.step(50 * time.Millisecond)
	if got := broken(r.view(), session.PassesAbovePlan); got != 0 {
		t.Errorf("corrected, and still: %v", got)
	}
	// 14 needles on 30 cm²: 5 per cm² are 11 strokes.
	r.contact = true
	r.press()
	r.step(time.Second)
	r.press()
	r.contact = false
	r.step(100 * time.Millisecond)
	if z := r.view().Totals.Zones[0]; broken(r.view(), session.DensityAbovePlan) != session.Advisory || z.Density < 40 || z.Density > 60 {
		t.Errorf("after a second in contact: %+v", z)
	}
	r.must(session.Command{Do: session.CmdFinish})
	r.records, r.chunks = nil, nil
	r.must(session.Command{Do: session.CmdOpen, Patient: rehearsal.Patient})
	r.step(50 * time.Millisecond)
	if v := r.view(); len(v.Broken) != 0 {
		t.Errorf("cues of the session before: %+v", v.Broken)
	}
	r.check()
}

// Ten seconds on one spot, by a pen that counts its glides.
func TestDwellIsToldAfter10Seconds(t *testing.T) {
	r := newRig(t, rigIdentity())
	glides := uint8(1)
	r.mangle = func(_ *protocol.Frame, m *protocol.Reading) bool { m.Glides = glides; return true }
	r.treat(limits.Cheek, limits.AcneScarRolling)
	r.press()
	r.contact = true
	r.step(9900 * time.Millisecond)
	if got := broken(r.view(), session.Dwell); got != 0 {
		t.Errorf("after 9.9 s: %v", got)
	}
	r.step(400 * time.Millisecond)
	if v := r.view(); broken(v, session.Dwell) != session.Advisory || !v.MotorOn {
		t.Errorf("after 10.3 s: %v, motor %v", broken(v, session.Dwell), v.MotorOn)
	}
	glides++
	r.step(100 * time.Millisecond)
	if got := broken(r.view(), session.Dwell); got != 0 {
		t.Errorf("a new glide, and still: %v", got)
	}
}

// A run is recorded in parts, which together are the run, live and after a kill.
func TestLongRunIsRecordedInParts(t *testing.T) {
	r := newRig(t, rigIdentity())
	r.treat(limits.Cheek, limits.AcneScarRolling)
	r.press()
	r.step(12300 * time.Millisecond)
	parts := recorded[session.MotorRested](r)
	if len(parts) != 2 || !parts[0].Going || !parts[1].Going || parts[0].Strokes < 490 || parts[0].Strokes > 510 {
		t.Fatalf("after 12.3 s: %+v", parts)
	}
	if v := r.view(); v.Strokes != uint64(r.pen.Counters().Lifetime) || v.Totals.Runs != 0 {
		t.Errorf("%d strokes shown, %d made, %d runs", v.Strokes, r.pen.Counters().Lifetime, v.Totals.Runs)
	}
	r.press()
	r.step(200 * time.Millisecond)
	made := uint64(r.pen.Counters().Lifetime)
	if v := r.view(); v.Totals.Strokes != made || v.Totals.Runs != 1 || v.Totals.Zones[0].Depths.Strokes() != made || v.Totals.Zones[0].P50 != 500 {
		t.Errorf("%d made; recorded %+v", made, v.Totals)
	}
	r.press()
	r.step(7300 * time.Millisecond)
	r.kill()
	r.step(4 * time.Second)
	p := r.cold.Procedure()
	if made = uint64(r.pen.Counters().Lifetime); p.Totals.Strokes != made {
		t.Errorf("after a kill in mid-run: %d strokes recorded, the pen made %d", p.Totals.Strokes, made)
	}
	r.check()
}
