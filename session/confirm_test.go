package session_test

import (
	"testing"
	"time"

	"penlog/protocol"
	"penlog/session"
	"penlog/session/limits"
)

// The slow lane may be late to learn that the pen rebooted. The fast lane does
// not take what was wanted of the session before for this one's: no permit until
// a person has confirmed. Found by the campaign, seed 1335.
func TestANewSessionOfThePenIsNotPermittedByAnOldWish(t *testing.T) {
	r := newRig(t, rigIdentity())
	r.treat(limits.Cheek, limits.AcneScarRolling)
	r.dropped = func(session.Order) bool { return true } // what Cold orders does not arrive
	r.step(5 * time.Millisecond)
	r.reboot()
	for range 1500 {
		r.step(time.Millisecond)
		if r.pen.Ceiling() > 1 && r.pen.PermitLeft() > 0 {
			t.Fatalf("a permit for %v in the new session, unconfirmed", r.pen.Ceiling())
		}
	}
	if r.hot.Mode() != session.ModeGuarded || !r.hot.Host().Proven() {
		t.Fatal("the pen did not come back")
	}
	r.dropped = nil
	r.step(100 * time.Millisecond)
	if s := r.view().State; s != session.Paused || r.hot.Ready() {
		t.Fatalf("state %v, ready %t", s, r.hot.Ready())
	}
	if got := r.press(); got != protocol.StartNoPermit { // another boot has to show it
		t.Fatalf("press without a permit: %v", got)
	}
	r.step(200 * time.Millisecond)
	r.must(session.Command{Do: session.CmdResume})
	r.until(time.Second, "ready", func(v session.View) bool { return v.Ready })
}
