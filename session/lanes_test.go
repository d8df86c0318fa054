package session_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"penlog/protocol"
	"penlog/session"
	"penlog/session/limits"
	"penlog/session/rehearsal"
)

// running is a rig that is ready at the cheek, its motor on for half a second.
func running(t testing.TB) *rig {
	t.Helper()
	r := newRig(t, rigIdentity())
	r.treat(limits.Cheek, limits.AcneScarRolling)
	if got := r.press(); got != protocol.StartRan {
		t.Fatalf("press under a permit: %v", got)
	}
	r.step(500 * time.Millisecond)
	if !r.pen.MotorOn() {
		t.Fatal("motor off")
	}
	return r
}

// pausedByItself checks that nothing is permitted until a person resumes, and
// that then only a fresh press starts the motor.
func (r *rig) pausedByItself(why string) {
	r.t.Helper()
	r.until(3*time.Second, "guarded again", func(v session.View) bool { return v.Mode == session.ModeGuarded && len(v.Broken) == 0 })
	permits := r.permits
	r.step(time.Second)
	if v := r.view(); v.State != session.Paused || v.Ready || r.pen.MotorOn() || r.pen.PermitLeft() != 0 || r.permits != permits {
		r.t.Fatalf("after %s: %v, ready %v, motor %v, permits %d, want paused and nothing permitted", why, v.State, v.Ready, r.pen.MotorOn(), r.permits-permits)
	}
	if p := r.cold.Procedure(); !p.PressTested {
		r.press()
		r.until(time.Second, "press test", func(session.View) bool { return r.cold.Procedure().PressTested })
	}
	r.must(session.Command{Do: session.CmdResume})
	r.until(time.Second, "ready", func(v session.View) bool { return v.Ready })
	r.step(200 * time.Millisecond)
	if r.pen.MotorOn() {
		r.t.Errorf("after %s the motor started by itself", why)
	}
	if got := r.press(); got != protocol.StartRan {
		r.t.Errorf("a fresh press: %v", got)
	}
	r.check()
}

func TestNoPermitBeforeItsVerdictIsOnDisk(t *testing.T) {
	r := newRig(t, rigIdentity())
	r.must(session.Command{Do: session.CmdOpen})
	r.until(3*time.Second, "guarded", func(v session.View) bool { return v.Mode == session.ModeGuarded })
	r.must(session.Command{Do: session.CmdChoose, Zone: limits.Cheek, Indication: limits.AcneScarRolling})
	r.press()
	r.until(time.Second, "press test", func(session.View) bool { return r.cold.Procedure().PressTested })
	r.step(50 * time.Millisecond)
	r.disk = func() time.Duration { return 700 * time.Millisecond }
	permits := r.permits
	ticket := r.cold.Command(session.Command{Do: session.CmdArm, By: "op"}, r.now, r.at)
	r.step(690 * time.Millisecond)
	if _, answered := r.answers[ticket]; answered || r.permits != permits || r.hot.Ready() {
		t.Fatalf("before the commit: answered %v, %d permits", answered, r.permits-permits)
	}
	r.step(60 * time.Millisecond)
	if _, answered := r.answers[ticket]; !answered || !r.hot.Ready() {
		t.Errorf("after the commit: answered %v, ready %v", answered, r.hot.Ready())
	}
}

// A zone of an equal or lower ceiling is another verdict all the same.
func TestZoneChangeStopsUntilItsVerdictIsOnDisk(t *testing.T) {
	for _, tt := range []struct {
		zone limits.Zone
		want protocol.Micrometres
	}{{limits.Nose, 750}, {limits.Perioral, 0}, {limits.Cheek, 1500}} {
		r := newRig(t, rigIdentity())
		r.treat(limits.Cheek, limits.AcneScarRolling)
		r.step(100 * time.Millisecond)
		r.disk = func() time.Duration { return 300 * time.Millisecond }
		r.cold.Command(session.Command{Do: session.CmdChoose, By: "op", Zone: tt.zone, Indication: limits.AcneScarRolling}, r.now, r.at)
		r.step(time.Millisecond)
		permits := r.permits
		r.step(295 * time.Millisecond)
		if r.permits != permits || r.pen.PermitLeft() != 0 {
			t.Errorf("%v: %d permits before its verdict was on disk", tt.zone, r.permits-permits)
		}
		r.until(time.Second, "ready", func(v session.View) bool { return v.Ready })
		if c := r.pen.Ceiling(); tt.want != 0 && c != tt.want {
			t.Errorf("%v: ceiling %v, want %v", tt.zone, c, tt.want)
		}
	}
}

func TestDiskStalledThreeSeconds(t *testing.T) {
	r := running(t)
	r.step(1500 * time.Millisecond)
	stalled := r.now
	r.disk = func() time.Duration { return stalled.Add(3*time.Second).Sub(r.now) + 3*time.Millisecond }
	newest := r.now // of what was committed: at most
	r.until(2500*time.Millisecond, "hold", func(session.View) bool { return r.hot.Guard().Broken(session.RecordStalled) })
	if d := r.lastOut.Sub(newest); d > session.CommitLease {
		t.Errorf("renewed %v after the newest sample on disk, want at most 2 s", d)
	}
	r.step(100 * time.Millisecond)
	if r.pen.MotorOn() || r.hot.Guard().Tripped().Rule != 0 {
		t.Errorf("motor %v, tripped %v, want a hold", r.pen.MotorOn(), r.hot.Guard().Tripped().Rule)
	}
	r.step(time.Second)
	r.disk = func() time.Duration { return 2 * time.Millisecond }
	r.until(2*time.Second, "ready again without a person", func(v session.View) bool { return v.Ready })
	r.step(300 * time.Millisecond)
	if r.pen.MotorOn() {
		t.Error("the motor started by itself")
	}
	if got := r.press(); got != protocol.StartRan {
		t.Errorf("a fresh press: %v", got)
	}
	r.check()
}

func TestQueueOfNotesFullHoldsAndNothingOfItIsForgotten(t *testing.T) {
	r := running(t)
	r.full = true
	r.step(50 * time.Millisecond)
	if !r.hot.Guard().Broken(session.RecordStalled) || r.hot.Ready() {
		t.Fatal("no hold while notes don't fit")
	}
	r.depth = 1900 // a trip that Cold can't be told of now
	r.press()
	r.forced = true
	r.step(500 * time.Millisecond)
	r.depth, r.forced = 0, false
	r.step(100 * time.Millisecond)
	if r.hot.Guard().Tripped().Rule == 0 {
		t.Fatal("not tripped")
	}
	r.full = false
	r.step(1200 * time.Millisecond)
	if v := r.view(); v.State != session.Tripped {
		t.Errorf("state %v: the trip was forgotten", v.State)
	}
	if r.cold.Procedure().Gap == 0 {
		t.Error("readings were lost without an event")
	}
	r.must(session.Command{Do: session.CmdAcknowledge})
	r.check()
}

func TestPenEventsOutlastAFullQueue(t *testing.T) {
	r := newRig(t, rigIdentity())
	r.must(session.Command{Do: session.CmdOpen})
	r.until(3*time.Second, "guarded", func(v session.View) bool { return v.Mode == session.ModeGuarded })
	r.full = true
	r.press()
	r.step(100 * time.Millisecond)
	r.full = false
	r.step(100 * time.Millisecond)
	if !r.cold.Procedure().PressTested {
		t.Error("the press was acknowledged to the pen and forgotten")
	}
}

// A higher ceiling does not even reach the pen before its verdict is on disk.
func TestHigherCeilingWaitsForItsVerdict(t *testing.T) {
	r := newRig(t, rigIdentity())
	r.treat(limits.Nose, limits.AcneScarRolling)
	r.step(100 * time.Millisecond)
	r.disk = func() time.Duration { return 300 * time.Millisecond }
	r.cold.Command(session.Command{Do: session.CmdChoose, By: "op", Zone: limits.Cheek, Indication: limits.AcneScarRolling}, r.now, r.at)
	r.step(295 * time.Millisecond)
	if c := r.pen.Ceiling(); c > 750 {
		t.Errorf("ceiling %v before its verdict was on disk", c)
	}
	r.step(100 * time.Millisecond)
	if c := r.pen.Ceiling(); c != 1500 {
		t.Errorf("ceiling %v after it was", c)
	}
}

func TestHoldClearsItselfTripLatches(t *testing.T) {
	r := running(t)
	r.mangle = func(f *protocol.Frame, _ *protocol.Reading) bool { return f.Type != protocol.TypeReading }
	r.step(250 * time.Millisecond)
	if !r.hot.Guard().Broken(session.ReadingsStale) || r.hot.Guard().Tripped().Rule != 0 {
		t.Fatal("no hold")
	}
	r.mangle = nil
	r.until(time.Second, "ready by itself", func(v session.View) bool { return v.Ready })
	r.step(400 * time.Millisecond)
	if r.pen.MotorOn() {
		t.Error("the motor started by itself after a hold")
	}
	r.press()
	r.step(500 * time.Millisecond)
	r.depth = 1900
	r.step(50 * time.Millisecond)
	r.depth = 0
	r.mangle = func(_ *protocol.Frame, m *protocol.Reading) bool { m.Flags |= protocol.FlagFault; return true }
	r.step(100 * time.Millisecond)
	r.mangle = nil
	permits := r.permits
	r.step(5 * time.Second)
	if v := r.view(); v.State != session.Tripped || v.Trip.Rule != session.DepthAboveCeiling || r.permits != permits {
		t.Errorf("5 s later: %v, %+v, %d permits, want the first cause latched", v.State, v.Trip, r.permits-permits)
	}
	if a := r.do(session.Command{Do: session.CmdFinish}); a.Err == nil {
		t.Error("finished with the trip unread")
	}
	r.must(session.Command{Do: session.CmdAcknowledge})
	if v := r.view(); v.State != session.Paused || v.Trip != nil {
		t.Errorf("acknowledged: %v", v.State)
	}
	r.check()
}

func TestAcknowledgeIsRefusedWhileTheMotorRuns(t *testing.T) {
	r := running(t)
	r.depth, r.forced = 1900, true
	r.step(50 * time.Millisecond)
	a := r.do(session.Command{Do: session.CmdAcknowledge})
	var no *session.RefusedError
	if !errors.As(a.Err, &no) || no.Code != "cause_not_gone" || !strings.Contains(no.Error(), "motor") {
		t.Errorf("acknowledge with the motor on: %v", a.Err)
	}
}

func TestPressNeverCountsFromBeforeThePermit(t *testing.T) {
	r := newRig(t, rigIdentity())
	r.treat(limits.Cheek, limits.AcneScarRolling)
	r.must(session.Command{Do: session.CmdPause})
	r.step(50 * time.Millisecond)
	if got := r.press(); got != protocol.StartNoPermit {
		t.Fatalf("press while paused: %v", got)
	}
	r.must(session.Command{Do: session.CmdResume})
	r.step(time.Second)
	if r.pen.MotorOn() || !r.hot.Ready() {
		t.Errorf("motor %v, ready %v", r.pen.MotorOn(), r.hot.Ready())
	}
}

func TestZoneChange(t *testing.T) {
	r := running(t)
	if a := r.do(session.Command{Do: session.CmdChoose, Zone: limits.Nose, Indication: limits.AcneScarRolling}); a.Err == nil {
		t.Error("the zone changed with the motor on")
	}
	r.press()
	r.step(100 * time.Millisecond)
	r.must(session.Command{Do: session.CmdChoose, Zone: limits.Nose, Indication: limits.AcneScarRolling})
	r.until(time.Second, "ready at a lower ceiling", func(v session.View) bool { return v.Ready && v.Confirmed == 750 })

	r.must(session.Command{Do: session.CmdChoose, Zone: limits.Cheek, Indication: limits.AcneScarRolling})
	r.step(500 * time.Millisecond)
	if v := r.view(); v.State != session.Paused || v.Ready || r.pen.PermitLeft() != 0 {
		t.Errorf("a higher ceiling without a second act: %v, ready %v", v.State, v.Ready)
	}
	r.must(session.Command{Do: session.CmdResume})
	r.until(time.Second, "ready", func(v session.View) bool { return v.Ready && v.Confirmed == 1500 })

	r.must(session.Command{Do: session.CmdChoose, Zone: limits.Periorbital, Indication: limits.AcneScarRolling})
	r.step(10 * time.Millisecond)
	permits := r.permits
	r.step(500 * time.Millisecond)
	if v := r.view(); v.State != session.Paused || v.Ready || r.permits != permits {
		t.Errorf("refused zone: %v, ready %v", v.State, v.Ready)
	}
	refused := false
	for i := range r.records {
		if e, _, _ := session.DecodeEvent(&r.records[i]); e.Kind() == "zone_refused" {
			refused = e.(session.ZoneRefused).Verdict.Reason != ""
		}
	}
	if !refused {
		t.Error("the refusal's reason is not recorded")
	}
	r.check()
}

func TestComesBackPaused(t *testing.T) {
	for _, tt := range []struct {
		name string
		do   func(r *rig)
	}{
		{"cable out", func(r *rig) { r.unplug = true; r.step(1500 * time.Millisecond); r.unplug = false }},
		{"port lost and opened again", func(r *rig) { r.hot.Lost(r.now); r.unplug = true; r.step(300 * time.Millisecond); r.unplug = false }},
		{"what the host sends is lost for a while", func(r *rig) { r.mute = true; r.step(1500 * time.Millisecond); r.mute = false }},
		{"wall clock forwards", func(r *rig) { r.at += 501_000 }},
		{"wall clock backwards", func(r *rig) { r.at -= 501_000 }},
		{"the pen's clock ahead", func(r *rig) { r.up += 700_000 }},
		{"the PC slept", func(r *rig) { r.up += 5_000_000; r.at += 5_000_000 }},
		{"agent killed", func(r *rig) {
			p := r.check()
			chain, signal := session.Chain{Session: p.ID}, session.Chain{Session: p.ID}
			for i := range r.records {
				_ = chain.Check(&r.records[i])
			}
			for i := range r.chunks {
				_ = signal.CheckChunk(&r.chunks[i])
			}
			r.notes, r.queue = nil, nil
			r.agent()
			r.cold.Restore(p, chain, signal, nil, r.now, r.at)
			if s := r.cold.Procedure().State; s != session.Paused {
				r.t.Fatalf("restored as %v", s)
			}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := running(t)
			tt.do(r)
			r.step(5 * time.Millisecond)
			if r.hot.Ready() {
				t.Error("permits go on")
			}
			r.step(450 * time.Millisecond)
			if r.pen.MotorOn() {
				t.Error("motor on 450 ms later")
			}
			r.pausedByItself(tt.name)
		})
	}
	t.Run("pen rebooted with the motor off", func(t *testing.T) {
		r := running(t)
		r.press()
		r.step(100 * time.Millisecond)
		r.reboot()
		r.step(50 * time.Millisecond)
		r.pausedByItself("a reboot")
	})
}

func TestSmallStepsOfAClockAreNoJump(t *testing.T) {
	r := running(t)
	for _, us := range []protocol.At{499_000, -499_000} {
		r.at += us
		r.step(300 * time.Millisecond)
		if v := r.view(); !v.Ready || !v.MotorOn || v.State != session.Active {
			t.Fatalf("a step of %d µs: %v, ready %v", us, v.State, v.Ready)
		}
	}
}

func TestAnotherSerial(t *testing.T) {
	r := running(t)
	r.away()
	r.id.Serial = "0002"
	r.reboot()
	r.back()
	if !r.hot.Guard().Broken(session.PenChanged) || r.hot.Guard().MayRun() {
		t.Fatal("another pen was taken without a word")
	}
	if a := r.do(session.Command{Do: session.CmdResume}); a.Err == nil {
		t.Error("resumed though the new pen was never pressed without a permit")
	}
	r.must(session.Command{Do: session.CmdAcceptPen})
	for _, c := range rehearsal.Prepare("op-1") { // what is in it nobody has named
		if c.Do == session.CmdCartridge {
			r.must(c)
		}
	}
	r.pausedByItself("another pen")
}

func TestSimulatedAndRealNeverShareASession(t *testing.T) {
	r := running(t)
	r.away()
	r.id.Serial, r.id.Caps = "0002", r.id.Caps&^protocol.CapSimulated
	r.reboot()
	r.back()
	r.must(session.Command{Do: session.CmdAcceptPen})
	r.press()
	a := r.do(session.Command{Do: session.CmdResume})
	if a.Err == nil || !strings.Contains(a.Err.Error(), "simulated") {
		t.Errorf("resume with a real pen in a simulated session: %v", a.Err)
	}
	r.step(500 * time.Millisecond)
	if r.pen.PermitLeft() != 0 || r.hot.Ready() {
		t.Error("permitted")
	}
	r.check()
	for i := range r.records {
		if _, src, _ := session.DecodeEvent(&r.records[i]); src == session.SourcePen {
			t.Fatal("a record of a simulated session says pen")
		}
	}
}

func TestPenThatDoesNotObeyIsNeverGuardedAgainInThatBoot(t *testing.T) {
	for _, tt := range []struct {
		name string
		do   func(r *rig)
	}{
		{"ignores revoke and lapse", func(r *rig) {
			r.forced = true
			r.cold.Command(session.Command{Do: session.CmdStop, By: "op"}, r.now, r.at)
			r.step(500 * time.Millisecond)
		}},
		{"its permit never ends", func(r *rig) {
			r.mangle = func(_ *protocol.Frame, m *protocol.Reading) bool { m.Flags |= protocol.FlagPermit; return true }
			r.cold.Command(session.Command{Do: session.CmdStop, By: "op"}, r.now, r.at)
			r.step(500 * time.Millisecond)
		}},
		{"runs without a permit by its own word", func(r *rig) {
			r.mangle = func(_ *protocol.Frame, m *protocol.Reading) bool { m.Flags &^= protocol.FlagPermit; return true }
			r.step(100 * time.Millisecond)
		}},
		{"ignores a new ceiling", func(r *rig) {
			r.press() // off, by its own word: the zone may change
			r.step(100 * time.Millisecond)
			r.cold.Command(session.Command{Do: session.CmdChoose, By: "op", Zone: limits.Nose, Indication: limits.AcneScarRolling}, r.now, r.at)
			r.forced = true
			r.step(300 * time.Millisecond)
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := running(t)
			tt.do(r)
			if f, ok := r.found(session.PenDisobeys); !ok || f.Response != session.Trip {
				t.Fatalf("no trip for it: %+v", r.findings)
			}
			r.forced, r.mangle = false, nil
			r.step(200 * time.Millisecond)
			r.must(session.Command{Do: session.CmdAcknowledge})
			for range 3 {
				r.step(3 * time.Second)
				if v := r.view(); v.Mode == session.ModeGuarded || v.Ready {
					t.Fatalf("guarded again: %v", v.Mode)
				}
				if a := r.do(session.Command{Do: session.CmdResume}); a.Err == nil {
					t.Fatal("resumed")
				}
				r.away()
				r.back() // the same boot on another connection
			}
			r.findings = nil
			r.forced = true
			r.step(200 * time.Millisecond)
			if r.hot.Guard().Tripped().Rule == 0 {
				t.Error("the second time it runs against the rules is not told")
			}
			r.forced = false
			r.step(100 * time.Millisecond)
			r.must(session.Command{Do: session.CmdAcknowledge})
			r.away()
			r.reboot()
			r.back()
			r.until(3*time.Second, "another boot may earn it", func(v session.View) bool { return v.Mode == session.ModeGuarded })
		})
	}
}

func TestReleasedPenIsNeverShownAsGuarded(t *testing.T) {
	r := newRig(t, rigIdentity())
	r.treat(limits.Cheek, limits.AcneScarRolling)
	if !r.pen.Release(r.up) {
		t.Fatal("not released")
	}
	r.step(50 * time.Millisecond)
	v := r.view()
	if v.Mode != session.ModeStoppable || v.Ready || v.State != session.Paused {
		t.Fatalf("released: mode %v, ready %v, %v", v.Mode, v.Ready, v.State)
	}
	r.press() // nobody has accepted it as such a pen
	r.until(300*time.Millisecond, "stopped", func(v session.View) bool {
		_, broke := r.found(session.MotorUnwanted)
		return broke && !v.MotorOn && v.Trip == nil
	})
	r.must(session.Command{Do: session.CmdAcceptMode, Mode: session.ModeStoppable})
	r.must(session.Command{Do: session.CmdResume})
	r.press()
	r.step(300 * time.Millisecond)
	if !r.pen.MotorOn() {
		t.Fatal("a released pen that was accepted runs on a press")
	}
	r.depth = 1900
	r.step(100 * time.Millisecond)
	if r.pen.MotorOn() || r.hot.Guard().Tripped().Rule != session.DepthAboveCeiling {
		t.Errorf("too deep when released: motor %v, tripped %v, want a stop", r.pen.MotorOn(), r.hot.Guard().Tripped().Rule)
	}
	r.depth = 0
	r.must(session.Command{Do: session.CmdAcknowledge})
	if !r.pen.Guard(r.up) {
		t.Fatal("not back")
	}
	r.step(20 * time.Millisecond)
	if v := r.view(); v.Mode == session.ModeGuarded {
		t.Error("guarded at once, without the test")
	}
	r.pausedByItself("a release")
}

func TestStoppablePenIsStopped(t *testing.T) {
	r := modeRig(t, session.ModeStoppable, protocol.DepthMeasured, true)
	r.press()
	r.step(300 * time.Millisecond)
	if !r.pen.MotorOn() {
		t.Fatal("motor off")
	}
	r.must(session.Command{Do: session.CmdStop})
	r.step(10 * time.Millisecond)
	if r.pen.MotorOn() {
		t.Error("a person's stop does not reach a stoppable pen")
	}
	r.step(100 * time.Millisecond)
	r.must(session.Command{Do: session.CmdResume})
	r.press()
	r.step(300 * time.Millisecond)
	r.depth = 1900
	r.step(40 * time.Millisecond)
	if r.pen.MotorOn() || r.hot.Guard().Tripped().Rule != session.DepthAboveCeiling {
		t.Error("an over-limit reading does not stop it")
	}
	r.depth = 0
	r.step(100 * time.Millisecond)
	r.press() // against the trip
	r.step(20 * time.Millisecond)
	if r.pen.MotorOn() {
		t.Error("it runs on while the trip is latched")
	}
}

func TestNoTestPermitWhileATripIsLatched(t *testing.T) {
	r := running(t)
	r.reboot()
	r.step(100 * time.Millisecond)
	if r.hot.Guard().Tripped().Rule != session.PenRebooted {
		t.Fatal("not tripped")
	}
	permits, revokes := r.permits, r.hot.Host().Stats().Revokes
	r.step(3 * time.Second)
	if r.permits != permits || r.hot.Host().Stats().Revokes != revokes {
		t.Errorf("%d permits while tripped, the test begun %d times", r.permits-permits, r.hot.Host().Stats().Revokes-revokes)
	}
	r.must(session.Command{Do: session.CmdAcknowledge})
	r.pausedByItself("a reboot in use")
}

func TestLostStopIsMadeGood(t *testing.T) {
	r := running(t)
	n := 0
	r.dropped = func(o session.Order) bool {
		if o.Kind == session.OrderWant && !o.Allow || o.Kind == session.OrderStop {
			n++
			return n <= 2
		}
		return false
	}
	r.must(session.Command{Do: session.CmdPause})
	r.step(250 * time.Millisecond)
	if r.hot.Ready() || r.pen.MotorOn() {
		t.Error("a stop order that was lost stays lost")
	}
}

func TestFloodOfNoiseDoesNotHideStaleReadings(t *testing.T) {
	r := running(t)
	r.late = true // there is always more to read
	r.mangle = func(f *protocol.Frame, _ *protocol.Reading) bool { return f.Type != protocol.TypeReading }
	r.step(350 * time.Millisecond)
	if !r.hot.Guard().Broken(session.ReadingsStale) || r.hot.Ready() {
		t.Error("readings are not judged stale")
	}
}

func TestTripBeforeASessionIsAcknowledgedInTheNext(t *testing.T) {
	r := newRig(t, rigIdentity())
	r.until(3*time.Second, "guarded", func(v session.View) bool { return v.Mode == session.ModeGuarded })
	r.forced = true
	r.step(200 * time.Millisecond)
	r.forced = false
	r.step(50 * time.Millisecond)
	r.must(session.Command{Do: session.CmdOpen})
	if v := r.view(); v.State != session.Tripped || v.Trip == nil || v.Trip.Rule != session.MotorWithoutPermit {
		t.Fatalf("opened: %v, trip %+v", v.State, v.Trip)
	}
	r.must(session.Command{Do: session.CmdAcknowledge})
	if v := r.view(); v.State != session.Paused {
		t.Errorf("acknowledged: %v", v.State)
	}
	r.check()
}

func TestAnswersOfOneSessionDontWaitForTheNext(t *testing.T) {
	r := newRig(t, rigIdentity())
	r.treat(limits.Cheek, limits.AcneScarRolling)
	r.disk = func() time.Duration { return 100 * time.Millisecond }
	end := r.cold.Command(session.Command{Do: session.CmdFinish, By: "op"}, r.now, r.at)
	open := r.cold.Command(session.Command{Do: session.CmdOpen, By: "op"}, r.now, r.at)
	r.step(50 * time.Millisecond)
	if len(r.answers) > 0 && (r.answers[end].Ticket != 0 || r.answers[open].Ticket != 0) {
		t.Error("answered before the disk had it")
	}
	r.step(400 * time.Millisecond)
	if r.answers[end].Ticket == 0 || r.answers[open].Ticket == 0 {
		t.Errorf("finish answered %v, open answered %v", r.answers[end].Ticket != 0, r.answers[open].Ticket != 0)
	}
}

func TestMotorIsOffAtTheEndOfTheLastPermit(t *testing.T) {
	for ms := range 50 { // at each phase of renewal
		r := running(t)
		r.step(time.Duration(ms) * time.Millisecond)
		dead := r.now
		r.mute = true // the agent is dead, or the line cut
		var off protocol.Instant
		for range 400 {
			r.step(time.Millisecond)
			if !r.pen.MotorOn() {
				off = r.now
				break
			}
		}
		if d := off.Sub(dead); off == 0 || d > 300*time.Millisecond || d < 240*time.Millisecond {
			t.Errorf("motor off %v after the host's last word, want 240 to 300 ms", d)
		}
	}
}

func TestStopReachesThePenInOneStep(t *testing.T) {
	r := running(t)
	r.depth = 1900
	at := r.now
	r.until(50*time.Millisecond, "motor off", func(session.View) bool { return !r.pen.MotorOn() })
	if d := r.now.Sub(at); d > 17*time.Millisecond { // a stroke, a reading, a step
		t.Errorf("stopped %v after the depth changed", d)
	}
}

func TestNobodyIsTheAgent(t *testing.T) {
	r := newRig(t, rigIdentity())
	for _, by := range []session.By{session.Agent, session.By(strings.Repeat("x", 201))} {
		if a := r.do(session.Command{Do: session.CmdOpen, By: by}); a.Err == nil {
			t.Errorf("opened by %.10q", by)
		}
	}
}

func TestHotAllocatesNothingOnTheWayOfAReading(t *testing.T) {
	hot, feed := hotFeed(t)
	if n := testing.AllocsPerRun(2000, func() { hot.Receive(feed()) }); n != 0 {
		t.Errorf("%v allocations a reading", n)
	}
}

// hotFeed gives a Hot with an open session and a source of its readings.
func hotFeed(t testing.TB) (*session.Hot, func() ([]byte, protocol.Instant)) {
	r := running(t)
	var m protocol.Reading
	r.mangle = func(f *protocol.Frame, got *protocol.Reading) bool {
		if f.Type == protocol.TypeReading {
			m = *got
		}
		return true
	}
	r.step(20 * time.Millisecond)
	buf, payload := make([]byte, 0, 64), make([]byte, 0, 64)
	seq := uint16(0)
	return r.hot, func() ([]byte, protocol.Instant) {
		m.Tick += 5000
		m.Sent++
		m.Strokes += uint32(m.Tick) / 5000 % 2
		seq++
		r.now = r.now.Add(5 * time.Millisecond)
		r.notes = r.notes[:0]
		payload = m.Append(payload[:0])
		buf = protocol.AppendFrame(buf[:0], protocol.TypeReading, seq, payload)
		return buf, r.now
	}
}

func BenchmarkHotReading(b *testing.B) {
	hot, feed := hotFeed(b)
	b.ReportAllocs()
	for b.Loop() {
		hot.Receive(feed()) // decoded, judged and noted
	}
}

// An order that was on its way while the pen rebooted is of the session before.
func TestOrderFromBeforeAReplugPermitsNothing(t *testing.T) {
	r := newRig(t, rigIdentity())
	wish := r.wish()
	r.treat(limits.Cheek, limits.AcneScarRolling)
	r.away()
	r.back()
	r.dropped = func(session.Order) bool { return true }
	if !wish.Allow || !r.hot.Host().Proven() {
		t.Fatal("nothing to show")
	}
	r.hot.Do(*wish, r.now)
	r.step(10 * time.Millisecond)
	r.hot.Do(session.Order{Kind: session.OrderLease, Until: r.now.Add(time.Second)}, r.now)
	r.step(200 * time.Millisecond)
	if r.hot.Ready() || r.pen.PermitLeft() != 0 {
		t.Error("a wish of the session before is granted in this one")
	}
}
