package session_test

import (
	"testing"
	"time"

	"penlog/protocol"
	"penlog/session"
)

// Whatever is wrong with a stop, the needles stop.
func TestStopThatIsRefusedStopsAllTheSame(t *testing.T) {
	other := session.ID{9}
	for _, tt := range []struct {
		name string
		cmd  session.Command
		to   session.State
	}{
		{"for another session", session.Command{Do: session.CmdStop, Session: &other}, session.Paused},
		{"pause for another session", session.Command{Do: session.CmdPause, Session: &other}, session.Paused},
		{"in nobody's name", session.Command{Do: session.CmdStop, By: session.Agent}, session.Paused},
		{"by a name too long", session.Command{Do: session.CmdAbort, By: session.By(long)}, session.Aborted},
		{"with a word too many", session.Command{Do: session.CmdStop, Text: "quick"}, session.Active},
		{"for no reason that there is", session.Command{Do: session.CmdAbort, Code: "panic"}, session.Active},
		{"an abort for another session", session.Command{Do: session.CmdAbort, Session: &other}, session.Active},
	} {
		r := running(t)
		a := r.do(tt.cmd)
		r.until(150*time.Millisecond, tt.name+": motor off", func(v session.View) bool { return !v.MotorOn })
		if v := r.view(); v.State != tt.to || (a.Err != nil) != (tt.to == session.Active) {
			t.Errorf("%s: %v, %v", tt.name, v.State, a.Err)
		}
		if p := recorded[session.PausedEvent](r); tt.cmd.By == session.Agent && (len(p) != 1 || p[0].By != session.Unnamed) {
			t.Errorf("%s: recorded as %+v", tt.name, p)
		}
	}
	// Without a session there is nothing to pause, and a pen that runs all the same.
	id := rigIdentity()
	id.Caps &^= protocol.CapPermits
	r := newRig(t, id)
	r.until(3*time.Second, "stoppable", func(v session.View) bool { return v.Mode == session.ModeStoppable })
	r.press()
	r.until(time.Second, "running", func(v session.View) bool { return v.MotorOn })
	if a := r.do(session.Command{Do: session.CmdStop}); a.Err == nil {
		t.Error("a stop without a session was recorded")
	}
	r.until(150*time.Millisecond, "motor off", func(v session.View) bool { return !v.MotorOn })
}

func TestAcknowledgeInNobodysNameIsUnnamed(t *testing.T) {
	r := running(t)
	r.deep(1900)
	r.depth = 0
	r.must(session.Command{Do: session.CmdAcknowledge, By: session.Agent})
	if a := recorded[session.Acknowledged](r); len(a) != 1 || a[0].By != session.Unnamed {
		t.Errorf("recorded as %+v", a)
	}
}
