package session_test

import (
	"testing"
	"time"

	"penlog/protocol"
	"penlog/session"
)

// Armed with a pen without a link; then one with a link is plugged in. It was not
// in the time-out: the session is paused, and nothing is permitted.
func TestPenPluggedIntoAManualSessionIsNotPermitted(t *testing.T) {
	id := rigIdentity()
	id.Caps &^= protocol.CapSimulated
	r := newRig(t, id)
	r.unplug = true
	r.cold.World(world(session.FactGood))
	r.must(session.Command{Do: session.CmdOpen})
	r.must(session.Command{Do: session.CmdDeclarePen, Pen: &session.DeclaredPen{Vendor: "Bellus", Model: "SkinPen", DepthMax: 2500, DepthStep: 250}})
	r.must(session.Command{Do: session.CmdAcceptMode, Mode: session.ModeManual})
	r.must(cheek)
	r.must(session.Command{Do: session.CmdArm})
	r.must(session.Command{Do: session.CmdStart})
	r.unplug = false
	r.until(3*time.Second, "guarded", func(v session.View) bool { return v.Mode == session.ModeGuarded })
	r.step(500 * time.Millisecond)
	if v := r.view(); v.State != session.Paused || v.Ready || r.press() == protocol.StartRan {
		t.Errorf("a pen that nobody armed: %v, ready %v, motor %v", v.State, v.Ready, r.pen.MotorOn())
	}
	r.check()
}
