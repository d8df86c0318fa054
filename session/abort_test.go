package session_test

import (
	"errors"
	"testing"
	"time"

	"penlog/protocol"
	"penlog/session"
)

// An abort stops the pen at once, and is sealed with the strokes that it made until
// it stood.
func TestAbortWaitsForTheMotor(t *testing.T) {
	for name, r := range map[string]*rig{"guarded": running(t), "stoppable": modeRig(t, session.ModeStoppable, protocol.DepthMeasured, true)} {
		if !r.pen.MotorOn() {
			r.press()
			r.step(300 * time.Millisecond)
		}
		begun, stops := r.now, 0
		r.dropped = func(o session.Order) bool {
			if o.Kind == session.OrderStop {
				stops++
			}
			return false
		}
		first := r.cold.Command(session.Command{Do: session.CmdAbort, By: "op-1", Code: "pain"}, r.now, r.at)
		r.step(time.Millisecond)
		if v := r.view(); v.State != session.Paused || v.Ready || stops != 1 {
			t.Errorf("%s: %v with the motor on, ready %t, want paused; %d orders to stop", name, v.State, v.Ready, stops)
		}
		for _, do := range []session.CommandKind{session.CmdResume, session.CmdFinish, session.CmdInterrupt, session.CmdArm} {
			if a := r.do(session.Command{Do: do}); refusedWith(a.Err) != "session_ends" {
				t.Errorf("%s: %s while it ends: %v", name, do, a.Err)
			}
		}
		if a := r.do(session.Command{Do: session.CmdAbort, Code: "panic"}); refusedWith(a.Err) != "bad_value" {
			t.Errorf("%s: a second abort for no reason that there is: %v", name, a.Err)
		}
		second := r.cold.Command(session.Command{Do: session.CmdAbort, By: "op-2"}, r.now, r.at)
		r.until(200*time.Millisecond, name+": aborted", func(v session.View) bool { return v.State == session.Aborted })
		if r.motor != protocol.MotorOff {
			t.Errorf("%s: sealed %v after it was asked, the motor is %v", name, r.now.Sub(begun), r.motor)
		}
		r.step(20 * time.Millisecond)
		a, b := r.answers[first], r.answers[second]
		if a.Err != nil || b.Err != nil || len(a.Events) != 1 || len(b.Events) != 1 {
			t.Errorf("%s: answered %+v and %+v", name, a, b)
		}
		ends := recorded[session.Ended](r)
		if len(ends) != 1 || ends[0].By != "op-1" || ends[0].Reason != "pain" {
			t.Errorf("%s: ended as %+v", name, ends)
		}
		if made := uint64(r.pen.Counters().Lifetime); r.view().Totals.Strokes != made {
			t.Errorf("%s: %d strokes are recorded, the pen made %d", name, r.view().Totals.Strokes, made)
		}
		if p := recorded[session.PausedEvent](r); len(p) == 0 || p[len(p)-1].By != "op-1" {
			t.Errorf("%s: who asked for the stop is not recorded: %+v", name, p)
		}
		r.folded()
	}
}

// What does not stop, can't be stopped, or is gone does not keep a session open.
func TestAbortDoesNotWaitForEver(t *testing.T) {
	for _, tt := range []struct {
		name     string
		rig      func() *rig
		do       func(*rig)
		from, to time.Duration
	}{
		{"the motor is off and no permit is out", func() *rig { return modeRig(t, session.ModeGuarded, protocol.DepthMeasured, false) }, func(*rig) {}, 0, time.Millisecond},
		{"the motor is off and a permit is out", func() *rig { return modeRig(t, session.ModeGuarded, protocol.DepthMeasured, true) }, func(*rig) {}, 2 * time.Millisecond, 100 * time.Millisecond},
		{"a pen that nobody can stop", func() *rig { return modeRig(t, session.ModeMonitor, protocol.DepthMeasured, true) }, func(r *rig) { r.press() }, time.Second, time.Second + 20*time.Millisecond},
		{"readings that show a motor that stands", func() *rig { return running(t) }, func(r *rig) { r.forced = true }, time.Second, time.Second + 20*time.Millisecond},
		{"the cable is out", func() *rig { return running(t) }, func(r *rig) { r.unplug = true; r.hot.Lost(r.now) }, 0, 5 * time.Millisecond},
	} {
		r := tt.rig()
		tt.do(r)
		r.step(100 * time.Millisecond)
		begun := r.now
		ticket := r.cold.Command(session.Command{Do: session.CmdAbort, By: "op-1"}, r.now, r.at)
		r.until(2*time.Second, tt.name, func(v session.View) bool { return v.State == session.Aborted })
		if took := r.now.Sub(begun); took < tt.from || took > tt.to {
			t.Errorf("%s: it took %v, want %v to %v", tt.name, took, tt.from, tt.to)
		}
		r.step(20 * time.Millisecond)
		if a, ok := r.answers[ticket]; !ok || a.Err != nil {
			t.Errorf("%s: answered %t, %v", tt.name, ok, a.Err)
		}
		r.folded()
	}
}

// A trip on the way to the end is in the record, and does not keep it open.
func TestTripWhileItEnds(t *testing.T) {
	r := running(t)
	r.mute = true // the pen hears no revoke: it stops when its permit ends
	r.cold.Command(session.Command{Do: session.CmdAbort, By: "op-1"}, r.now, r.at)
	r.step(30 * time.Millisecond)
	r.depth = 2400
	r.until(2*time.Second, "aborted", func(v session.View) bool { return v.State == session.Aborted })
	trips := 0
	for _, b := range recorded[session.RuleBroke](r) {
		if b.Response == session.Trip {
			trips++
		}
	}
	if trips == 0 || r.motor != protocol.MotorOff {
		t.Errorf("%d trips are recorded, the motor is %v", trips, r.motor)
	}
	r.folded()
}

// The agent dies while a session is being aborted: it comes back paused, and can be
// ended.
func TestCrashWhileItEnds(t *testing.T) {
	r := running(t)
	r.cold.Command(session.Command{Do: session.CmdAbort, By: "op-1"}, r.now, r.at)
	r.step(10 * time.Millisecond)
	p := r.check()
	if p.State != session.Paused {
		t.Fatalf("the disk has it %v", p.State)
	}
	if to, ok := p.State.Next(session.ActAbort); !ok || to != session.Aborted {
		t.Error("it can't be ended")
	}
}

// refusedWith is the code of a refusal; empty when err is none.
func refusedWith(err error) string {
	var no *session.RefusedError
	if errors.As(err, &no) {
		return no.Code
	}
	return ""
}
