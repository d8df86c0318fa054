package session_test

import (
	"testing"
	"time"

	"penlog/protocol"
	"penlog/session"
	"penlog/session/limits"
)

// The pen counts strokes whether or not its readings arrive: a run that began
// and ended while the line was silent, too short to lose the session, is in the
// record all the same. Found by the campaign, seed 132.
func TestARunThatNoReadingShowedIsRecorded(t *testing.T) {
	r := newRig(t, rigIdentity())
	r.treat(limits.Cheek, limits.AcneScarRolling)
	before := r.view().Strokes
	r.mangle = func(*protocol.Frame, *protocol.Reading) bool { return false }
	if got := r.press(); got != protocol.StartRan {
		t.Fatalf("press under a permit: %v", got)
	}
	r.step(600 * time.Millisecond) // the permit dies, the motor rests
	if r.pen.MotorOn() {
		t.Fatal("the motor outlived its permit")
	}
	r.mangle = nil
	r.step(50 * time.Millisecond)
	v := r.view()
	made := r.pen.Counters().Lifetime
	if made == 0 || v.Strokes-before != uint64(made) || v.Totals.Runs != 1 || v.Totals.Strokes != v.Strokes {
		t.Errorf("%d strokes in %d runs recorded, the pen made %d", v.Strokes-before, v.Totals.Runs, made)
	}
	r.check()
}

// Whether the needles were in the skin meanwhile nobody saw: the density counts the
// strokes as if they were, and what was not seen in one zone is not given to the next.
func TestStrokesThatNobodySawCountForTheDensity(t *testing.T) {
	r := newRig(t, rigIdentity())
	r.treat(limits.Cheek, limits.AcneScarRolling)
	r.must(session.Command{Do: session.CmdArea, Zone: limits.Cheek, AreaMM2: 100})
	r.mangle = func(*protocol.Frame, *protocol.Reading) bool { return false }
	r.press()
	r.step(600 * time.Millisecond)
	r.mangle = nil
	r.step(time.Second)
	made := uint64(r.pen.Counters().Lifetime)
	r.must(session.Command{Do: session.CmdChoose, Zone: limits.Nose, Indication: limits.AcneScarRolling})
	if v := r.view(); v.State == session.Paused {
		r.must(session.Command{Do: session.CmdResume})
	}
	r.until(time.Second, "ready", func(v session.View) bool { return v.Ready })
	r.press()
	r.step(300 * time.Millisecond)
	r.press()
	r.step(100 * time.Millisecond)
	z := r.check().Totals.Zones
	if made == 0 || z[0].Contact != made || !z[0].NoContact || z[0].Density != made*12 {
		t.Errorf("the pen made %d strokes in the cheek: %d in contact, contact not known %v, density %d", made, z[0].Contact, z[0].NoContact, z[0].Density)
	}
	if z[1].Strokes == 0 || z[1].Depths.Strokes() != z[1].Strokes || z[1].NoContact {
		t.Errorf("nose: %d strokes, %d in depths, contact not known %v", z[1].Strokes, z[1].Depths.Strokes(), z[1].NoContact)
	}
}
