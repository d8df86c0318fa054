package session_test

import (
	"testing"
	"time"

	"penlog/protocol"
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
