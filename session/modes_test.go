package session_test

import (
	"testing"
	"time"

	"penlog/protocol"
	"penlog/session"
	"penlog/session/clinic"
	"penlog/session/limits"
	"penlog/session/rehearsal"
)

// stoppable is a rig with a pen that takes stop, and no permits.
func stoppable(t testing.TB, caps protocol.Caps) *rig {
	t.Helper()
	id := rigIdentity()
	id.Caps = id.Caps&^protocol.CapPermits&^protocol.CapStop | caps
	r := newRig(t, id)
	r.must(session.Command{Do: session.CmdOpen})
	r.until(3*time.Second, "a pen", func(v session.View) bool { return v.PenUp && v.Mode != session.ModeNone })
	r.must(cheek)
	return r
}

// A pen that takes no permits is armed only by name and where the clinic allows
// it, and is stopped on an over-limit reading.
func TestStoppablePen(t *testing.T) {
	r := stoppable(t, protocol.CapStop)
	r.refused(session.Command{Do: session.CmdArm}, "checks_failed")
	// It runs before the time-out: it is told to stop each time, and nothing is latched.
	r.forced = false
	r.press()
	r.until(time.Second, "stopped before the time-out", func(v session.View) bool {
		_, broke := r.found(session.MotorUnwanted)
		return broke && !v.MotorOn
	})
	if v := r.view(); v.Trip != nil {
		t.Errorf("tripped: %+v", v.Trip)
	}
	r.must(session.Command{Do: session.CmdAcceptMode, Mode: session.ModeStoppable})
	r.must(session.Command{Do: session.CmdArm})
	r.until(time.Second, "armed", func(v session.View) bool {
		return v.State == session.Armed && v.Accepted == session.ModeStoppable && v.AcceptedBy == "op-1"
	})
	r.press()
	r.until(time.Second, "running", func(v session.View) bool { return v.MotorOn && v.State == session.Active })
	r.step(2 * time.Second)
	if v := r.view(); !v.MotorOn || v.Trip != nil || v.Ready {
		t.Fatalf("armed and running: motor %v, trip %+v, shown as ready %v", v.MotorOn, v.Trip, v.Ready)
	}
	r.deep(2000)
	r.must(session.Command{Do: session.CmdAcknowledge})
	if v := r.view(); v.State != session.Paused {
		t.Errorf("after the trip: %v", v.State)
	}
	r.check()
}

// While a pen that was told to stop still runs, nobody may go on: a press has to come
// between.
func TestStoppablePenThatRunsIsNotArmed(t *testing.T) {
	v := prepared(t)
	v.apply(session.ModeChanged{Mode: session.ModeStoppable})
	v.choose(limits.Cheek, limits.Left)
	v.do(session.Command{Do: session.CmdAcceptMode, Mode: session.ModeStoppable})
	v.apply(session.MotorRan{})
	v.refused(session.Command{Do: session.CmdArm}, "motor_on")
	v.apply(session.MotorRested{})
	v.do(session.Command{Do: session.CmdArm})
	v.do(session.Command{Do: session.CmdPause})
	v.apply(session.MotorRan{})
	v.refused(session.Command{Do: session.CmdResume}, "motor_on")
	v.apply(session.MotorRested{})
	v.do(session.Command{Do: session.CmdResume})
}

func TestMonitorOnlyPenAlarms(t *testing.T) {
	r := stoppable(t, 0)
	r.must(session.Command{Do: session.CmdAcceptMode, Mode: session.ModeMonitor})
	r.must(session.Command{Do: session.CmdArm})
	r.press()
	r.until(time.Second, "running", func(v session.View) bool { return v.MotorOn && v.State == session.Active })
	r.depth = 2000
	r.until(time.Second, "alarm", func(v session.View) bool { return broken(v, session.DepthAboveCeiling) == session.Alarm })
	if v := r.view(); v.Trip != nil || v.Totals.Alarms == 0 {
		t.Errorf("trip %+v, %d alarms", v.Trip, v.Totals.Alarms)
	}
	r.press()
	r.step(100 * time.Millisecond)
	r.must(session.Command{Do: session.CmdFinish})
	r.check()
}

func broken(v session.View, rule session.Rule) session.Response {
	for _, b := range v.Broken {
		if b.Rule == rule {
			return b.Response
		}
	}
	return 0
}

// A guarded pen that is released in use is another kind of pen: it has to be
// accepted as such.
func TestReleasedPenIsNotAcceptedByWhatWasBefore(t *testing.T) {
	v := treating(t)
	v.apply(session.ModeChanged{Mode: session.ModeStoppable}, session.PausedEvent{To: session.Paused})
	v.refused(session.Command{Do: session.CmdResume}, "checks_failed")
	v.do(session.Command{Do: session.CmdAcceptMode, Mode: session.ModeMonitor})
	v.refused(session.Command{Do: session.CmdResume}, "checks_failed") // that was not the mode
	v.do(session.Command{Do: session.CmdAcceptMode, Mode: session.ModeStoppable})
	v.do(session.Command{Do: session.CmdResume})
}

// A pen without a link: everything is entered, by a named person, and nothing is
// called monitored.
func TestManualSession(t *testing.T) {
	v := manual(t)
	v.do(cheek)
	v.do(session.Command{Do: session.CmdArm})
	v.do(session.Command{Do: session.CmdStart})
	if v.p.State != session.Active {
		t.Fatalf("started: %v", v.p.State)
	}
	v.do(session.Command{Do: session.CmdEnter, Entry: &session.Entry{Set: um(1250), Passes: 2, Seconds: 90}})
	e := v.do(session.Command{Do: session.CmdEnter, By: "op-2", Entry: &session.Entry{Set: um(1750), Passes: 1, Seconds: 30}})[0].(session.EntryMade)
	if !e.Above || e.By != "op-2" {
		t.Errorf("1.75 where 1.5 is allowed: %+v", e)
	}
	z := v.total(limits.Cheek, limits.Left)
	if z.Passes.Shown() != 3 || z.Passes.Entered != 3 || z.Seconds != 120 || z.Strokes != 0 || v.p.Totals.Alarms != 1 {
		t.Errorf("%+v, %d alarms", z, v.p.Totals.Alarms)
	}
	if c, allow := v.p.Desire(); allow || c != 1500 {
		t.Errorf("permits %v at %v without a pen", allow, c)
	}
	v.do(session.Command{Do: session.CmdFinish})
	if v.p.Source != session.SourcePen {
		t.Errorf("source %v", v.p.Source)
	}
	// A pen with a link that comes up is no longer the declared one.
	v = manual(t)
	v.do(cheek)
	v.do(session.Command{Do: session.CmdArm})
	up := pen()
	up.Simulated = false
	v.apply(up)
	if v.p.Declared || state(v, "mode") != session.CheckFailed {
		t.Errorf("declared %v, mode %v", v.p.Declared, state(v, "mode"))
	}
}

// Zone change: lifted and still; lower in one act, higher in two.
func TestZoneChangeIsLiftedAndInTwoActs(t *testing.T) {
	r := newRig(t, rigIdentity())
	r.treat(limits.Cheek, limits.AcneScarRolling)
	r.contact = true
	r.step(20 * time.Millisecond)
	r.refused(nose, "in_contact")
	r.contact = false
	r.step(20 * time.Millisecond)
	r.must(nose)
	if v := r.view(); v.State != session.Armed {
		t.Errorf("to a lower max depth: %v", v.State)
	}
	r.must(session.Command{Do: session.CmdChoose, Zone: limits.Cheek, Indication: limits.AcneScarRolling})
	if v := r.view(); v.State != session.Paused || !v.Higher {
		t.Errorf("to a higher one: %v, waits %v", v.State, v.Higher)
	}
	r.step(5100 * time.Millisecond)
	r.refused(session.Command{Do: session.CmdResume}, "too_late")
	r.check()
}

// The pen's button marks a pass, or pauses, as the clinic wishes; once for a press.
func TestButton(t *testing.T) {
	for button, want := range map[string]struct {
		marks int
		state session.State
	}{"pass_mark": {1, session.Armed}, "pause": {0, session.Paused}, "nothing": {0, session.Armed}} {
		r := newRig(t, rigIdentity())
		r.clinic = buttonOf(t, button)
		r.agent()
		r.treat(limits.Cheek, limits.AcneScarRolling)
		r.pen.Button(r.up, false)
		r.step(500 * time.Millisecond)
		p := r.cold.Procedure()
		if got := p.Totals.Zones[0].Passes.Marked; got != want.marks || p.State != want.state || len(recorded[session.PenActed](r)) == 0 {
			t.Errorf("%s: %d marks, %v", button, got, p.State)
		}
		r.check()
	}
}

// A cartridge that is taken out in use pauses the session, and the next one has
// to be named.
func TestCartridgeOutInUse(t *testing.T) {
	r := newRig(t, rigIdentity())
	r.treat(limits.Cheek, limits.AcneScarRolling)
	r.tell(protocol.PenEvent{ID: 900, Kind: protocol.EventCartridgeOut, Tick: r.up.Tick()})
	r.until(time.Second, "paused", func(v session.View) bool { return v.State == session.Paused })
	r.refused(session.Command{Do: session.CmdResume}, "checks_failed")
	for _, c := range rehearsal.Prepare("op-1") {
		if c.Do == session.CmdCartridge {
			r.must(c)
		}
	}
	r.must(session.Command{Do: session.CmdResume})
	r.until(time.Second, "ready", func(v session.View) bool { return v.Ready })
}

func buttonOf(t testing.TB, what string) *clinic.Config {
	t.Helper()
	c, err := clinic.Load("clinic.yaml", []byte("format: penlog-clinic/1\nversion: test-4\nbutton: "+what+"\n"))
	if err != nil {
		t.Fatal(err)
	}
	return c
}
