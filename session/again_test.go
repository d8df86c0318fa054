package session_test

import (
	"testing"
	"time"

	"penlog/protocol"
	"penlog/session"
	"penlog/session/limits"
)

// The peak of the last 250 ms still holds the stroke that tripped when a quick
// hand starts again. It was acknowledged once: it must not trip twice.
func TestAcknowledgedStrokeDoesNotTripAgain(t *testing.T) {
	r := newRig(t, rigIdentity())
	r.treat(limits.Cheek, limits.AcneScarRolling)
	r.pen.Press(r.up)
	r.step(time.Second)
	r.deep(1900)
	off := r.now
	r.depth = 0
	r.must(session.Command{Do: session.CmdAcknowledge})
	r.must(session.Command{Do: session.CmdResume})
	r.until(time.Second, "ready", func(v session.View) bool { return v.Ready })
	if quick := r.now.Sub(off); quick > 200*time.Millisecond {
		t.Fatalf("ready only %v after the trip: this shows nothing", quick)
	}
	if got := r.pen.Press(r.up); got != protocol.StartRan {
		t.Fatalf("press: %v", got)
	}
	r.step(time.Second)
	if v := r.view(); v.Trip != nil || !v.MotorOn {
		t.Fatalf("started again after an acknowledged trip: %+v", v.Trip)
	}
	r.depth = 1900 // the next one trips as the first did
	r.until(100*time.Millisecond, "second trip", func(v session.View) bool { return v.Trip != nil })
}
