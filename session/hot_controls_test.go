package session_test

import (
	"testing"
	"time"

	"penlog/protocol"
	"penlog/session"
	"penlog/session/limits"
)

// guarded waits until the pen has earned it.
func (r *rig) guarded() {
	r.t.Helper()
	r.until(4*time.Second, "guarded", func(v session.View) bool { return v.Mode == session.ModeGuarded })
}

// testing steps until the test's permit is at the pen.
func (r *rig) testing() {
	r.t.Helper()
	r.until(3*time.Second, "the test's permit", func(session.View) bool {
		return r.hot.Host().Testing() && r.pen.PermitLeft() > 0
	})
}

// The test's permit is a permit: none is given unwatched, unrecorded or to a pen
// that is not well.
func TestPenIsNotProvenWhile(t *testing.T) {
	for _, tt := range []struct {
		name string
		on   func(r *rig)
		off  func(r *rig)
	}{
		{"notes find no room", func(r *rig) { r.full = true }, func(r *rig) { r.full = false }},
		{"the pen reports a fault", func(r *rig) { r.flag(protocol.FlagFault) }, func(r *rig) { r.mangle = nil }},
		{"readings are stale", func(r *rig) { // when it is due again, after a stop
			r.testing()
			r.hot.Do(session.Order{Kind: session.OrderStop}, r.now)
			r.step(20 * time.Millisecond)
			r.mangle = func(f *protocol.Frame, _ *protocol.Reading) bool { return f.Type != protocol.TypeReading }
		}, func(r *rig) { r.mangle = nil }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, rigIdentity())
			tt.on(r)
			permits := r.permits
			r.step(2 * time.Second)
			if r.hot.Host().Link() != protocol.LinkUp {
				t.Fatal("no pen")
			}
			if r.permits != permits || r.pen.Ceiling() != 0 || r.hot.Host().Testing() {
				t.Errorf("%d permits, ceiling %v, testing %v: the test was begun", r.permits-permits, r.pen.Ceiling(), r.hot.Host().Testing())
			}
			tt.off(r)
			r.guarded()
		})
	}
}

// A test that came to nothing is begun again, whatever ended it.
func TestTestIsBegunAgainAfter(t *testing.T) {
	for _, tt := range []struct {
		name string
		do   func(r *rig)
		stop bool // it ends with a stop, at once
	}{
		{"a permit that went before its time", func(r *rig) {
			seen := 0
			r.mangle = func(f *protocol.Frame, m *protocol.Reading) bool {
				if m.Flags.Has(protocol.FlagPermit) {
					if seen++; seen > 1 {
						m.Flags &^= protocol.FlagPermit
					}
				}
				return true
			}
			r.until(3*time.Second, "the test's end", func(session.View) bool { return seen > 1 && !r.hot.Host().Testing() })
			r.mangle = nil
		}, false},
		{"a person's stop", func(r *rig) {
			r.testing()
			r.hot.Do(session.Order{Kind: session.OrderStop}, r.now)
		}, true},
		{"a trip", func(r *rig) {
			r.testing()
			r.mangle = func(_ *protocol.Frame, m *protocol.Reading) bool { m.Strokes -= 10; return true }
			r.until(10*time.Millisecond, "trip", func(session.View) bool { return r.hot.Guard().Tripped().Rule != 0 })
			r.mangle = nil
		}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, rigIdentity())
			tt.do(r)
			r.step(2 * time.Millisecond)
			if r.hot.Host().Testing() || tt.stop && r.pen.PermitLeft() != 0 {
				t.Errorf("testing %v, permit %v left", r.hot.Host().Testing(), r.pen.PermitLeft())
			}
			r.step(300 * time.Millisecond)
			r.hot.Do(session.Order{Kind: session.OrderAcknowledge}, r.now)
			if f := r.hot.Guard().Tripped(); f.Rule != 0 {
				t.Fatalf("tripped by %+v", f)
			}
			r.guarded()
		})
	}
}

// slowToStop is a stoppable pen that may take half a second to come to rest.
func slowToStop() protocol.Identity {
	id := rigIdentity()
	id.Caps &^= protocol.CapPermits
	id.StopMS = 500
	return id
}

// A press right after a stop, before any reading showed the motor off, looks as
// if the motor was still coming to rest: it is stopped again all the same, and
// before the pen counts as one that does not obey.
func TestStopIsRepeatedWhileTheMotorStaysOn(t *testing.T) {
	r := newRig(t, slowToStop())
	r.must(session.Command{Do: session.CmdOpen})
	r.until(3*time.Second, "stoppable", func(v session.View) bool { return v.Mode == session.ModeStoppable })
	r.must(session.Command{Do: session.CmdChoose, Zone: limits.Cheek, Indication: limits.AcneScarRolling})
	r.accept(session.ModeStoppable)
	r.press()
	r.step(500 * time.Millisecond)
	r.depth = 1900
	r.mangle = func(f *protocol.Frame, m *protocol.Reading) bool {
		return f.Type != protocol.TypeReading || m.Flags.Motor() != protocol.MotorOff
	}
	r.until(50*time.Millisecond, "stop", func(session.View) bool { return !r.pen.MotorOn() })
	stopped := r.now
	r.until(50*time.Millisecond, "rest", func(session.View) bool { return r.motor == protocol.MotorOff })
	if got := r.press(); got != protocol.StartRan {
		t.Fatalf("press of a stoppable pen: %v", got)
	}
	r.step(10 * time.Millisecond)
	r.mangle = nil
	if !r.pen.MotorOn() {
		t.Fatal("the first stop was not seen: this shows nothing")
	}
	r.until(200*time.Millisecond, "stopped again", func(session.View) bool { return !r.pen.MotorOn() })
	if d := r.now.Sub(stopped); d > 110*time.Millisecond {
		t.Errorf("stopped again after %v, want 100 ms", d)
	}
	if f, ok := r.found(session.PenDisobeys); ok {
		t.Errorf("%+v", f)
	}
}

func TestNothingRunsWithoutACeiling(t *testing.T) {
	t.Run("stoppable, no session", func(t *testing.T) {
		id := rigIdentity()
		id.Caps &^= protocol.CapPermits
		r := newRig(t, id)
		r.until(3*time.Second, "stoppable", func(v session.View) bool { return v.Mode == session.ModeStoppable })
		if got := r.press(); got != protocol.StartRan {
			t.Fatalf("press: %v", got)
		}
		r.step(20 * time.Millisecond)
		if r.pen.MotorOn() {
			t.Error("it runs with no session open")
		}
	})
	t.Run("guarded, after the end", func(t *testing.T) {
		r := newRig(t, rigIdentity())
		r.treat(limits.Cheek, limits.AcneScarRolling)
		r.must(session.Command{Do: session.CmdPause})
		r.until(time.Second, "confirmed", func(v session.View) bool { return v.Confirmed == 1500 })
		r.must(session.Command{Do: session.CmdFinish})
		r.step(50 * time.Millisecond)
		if c := r.pen.Ceiling(); c != 0 {
			t.Errorf("a ceiling of %v stands at the pen", c)
		}
	})
}

// A pen that takes no ceiling confirms none: what is wanted counts from the
// moment it is up.
func TestStoppablePenIsJudgedByWhatWasWantedWhileAnotherWasThere(t *testing.T) {
	r := newRig(t, rigIdentity())
	r.treat(limits.Cheek, limits.AcneScarRolling)
	r.away()
	r.dropped = func(session.Order) bool { return true } // Hot does not wait for Cold
	r.hot.Do(session.Order{Kind: session.OrderWant, Ceiling: 750}, r.now)
	r.id.Caps &^= protocol.CapPermits
	r.reboot()
	r.back()
	if r.hot.Mode() != session.ModeStoppable || !r.hot.Guard().MayRun() {
		t.Fatalf("mode %v, findings %+v", r.hot.Mode(), r.findings)
	}
	r.press()
	r.step(100 * time.Millisecond)
	if !r.pen.MotorOn() {
		t.Fatal("motor off")
	}
	r.depth = 1200
	r.step(50 * time.Millisecond)
	if g := r.hot.Guard(); g.Tripped().Rule != session.DepthAboveCeiling || r.pen.MotorOn() {
		t.Errorf("1200 µm where 750 µm is wanted: tripped by %v, motor %v", g.Tripped().Rule, r.pen.MotorOn())
	}
}

// The same for a pen that leaves guarded mode before a new ceiling is confirmed.
func TestReleasedPenIsJudgedByWhatIsWanted(t *testing.T) {
	r := newRig(t, rigIdentity())
	r.treat(limits.Cheek, limits.AcneScarRolling)
	r.must(session.Command{Do: session.CmdPause})
	r.dropped = func(session.Order) bool { return true }
	r.mangle = func(_ *protocol.Frame, m *protocol.Reading) bool { m.Ceiling = 1500; return true }
	r.hot.Do(session.Order{Kind: session.OrderWant, Ceiling: 750}, r.now)
	if !r.pen.Release(r.up) {
		t.Fatal("release")
	}
	r.step(50 * time.Millisecond)
	r.press()
	r.step(100 * time.Millisecond)
	if r.hot.Mode() != session.ModeStoppable || !r.pen.MotorOn() {
		t.Fatalf("mode %v, motor %v", r.hot.Mode(), r.pen.MotorOn())
	}
	r.depth = 1200
	r.step(50 * time.Millisecond)
	if g := r.hot.Guard(); g.Tripped().Rule != session.DepthAboveCeiling || r.pen.MotorOn() {
		t.Errorf("1200 µm where 750 µm is wanted: tripped by %v, motor %v", g.Tripped().Rule, r.pen.MotorOn())
	}
}

func TestPenThatIsBackFromItsReleaseHoldsUntilProven(t *testing.T) {
	r := newRig(t, rigIdentity())
	r.guarded()
	if !r.pen.Release(r.up) {
		t.Fatal("release")
	}
	r.step(100 * time.Millisecond)
	if !r.pen.Guard(r.up) {
		t.Fatal("guard")
	}
	r.step(20 * time.Millisecond)
	if g := r.hot.Guard(); !g.Broken(session.PenUnproven) || g.MayRun() {
		t.Errorf("back, not proven: unproven %v, may run %v", g.Broken(session.PenUnproven), g.MayRun())
	}
	r.guarded()
	if r.hot.Guard().Broken(session.PenUnproven) {
		t.Error("proven, and the hold stays")
	}
}

func TestPenThatDisobeyedStaysUnprovenAfterTheAcknowledge(t *testing.T) {
	r := running(t)
	r.forced = true
	r.hot.Do(session.Order{Kind: session.OrderStop}, r.now)
	r.until(500*time.Millisecond, "trip", func(session.View) bool { return r.hot.Guard().Tripped().Rule == session.PenDisobeys })
	r.forced = false
	r.step(300 * time.Millisecond)
	r.must(session.Command{Do: session.CmdAcknowledge})
	r.step(2 * time.Second)
	if g := r.hot.Guard(); !g.Broken(session.PenUnproven) || g.MayRun() {
		t.Errorf("unproven %v, may run %v: nothing says why there is no permit", g.Broken(session.PenUnproven), g.MayRun())
	}
}

// By its own clock the pen ran ahead: the hold is there from that reading on,
// until the pen is proven again.
func TestJumpOfThePensClockHoldsUntilProven(t *testing.T) {
	r := running(t)
	r.up += 700_000
	r.step(6 * time.Millisecond)
	g := r.hot.Guard()
	if !g.Broken(session.ClockJumped) || g.MayRun() {
		t.Fatalf("clock jumped %v, may run %v", g.Broken(session.ClockJumped), g.MayRun())
	}
	r.until(4*time.Second, "over", func(session.View) bool { return !g.Broken(session.ClockJumped) })
	if !r.hot.Host().Proven() {
		t.Error("over before the pen was proven")
	}
}

// What runs, or may be started, when this machine's clock jumps is stopped by
// word, and not only by the hello that follows.
func TestJumpOfTheWallClockRevokes(t *testing.T) {
	for _, tt := range []struct {
		name string
		rig  func(t *testing.T) *rig
	}{
		{"ready", func(t *testing.T) *rig {
			r := newRig(t, rigIdentity())
			r.treat(limits.Cheek, limits.AcneScarRolling)
			return r
		}},
		{"running", func(t *testing.T) *rig {
			r := modeRig(t, session.ModeStoppable, protocol.DepthMeasured, true)
			r.press()
			r.step(100 * time.Millisecond)
			return r
		}},
		{"testing", func(t *testing.T) *rig {
			r := newRig(t, rigIdentity())
			r.testing()
			return r
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := tt.rig(t)
			was := r.hot.Host().Stats().Revokes
			r.at += 600_000
			r.step(time.Millisecond)
			if got := r.hot.Host().Stats().Revokes; got != was+1 {
				t.Errorf("%d revokes with the jump, want 1", got-was)
			}
			if r.pen.MotorOn() || r.pen.PermitLeft() != 0 {
				t.Errorf("motor %v, permit %v left", r.pen.MotorOn(), r.pen.PermitLeft())
			}
		})
	}
}

// A session that ended for another reason than silence: when the pen does not
// come back from it, the link is lost all the same, and a port that goes says so
// at once.
func TestLinkIsLostWhenThePenDoesNotComeBackFrom(t *testing.T) {
	for _, tt := range []struct {
		name string
		do   func(r *rig)
	}{
		{"a jump of the wall clock", func(r *rig) { r.at += 600_000 }},
		{"a jump of its own clock", func(r *rig) { r.up += 700_000 }},
		{"a reboot", func(r *rig) { r.reboot() }},
	} {
		for _, port := range []bool{false, true} {
			r := running(t)
			r.press() // off: nothing trips
			r.step(100 * time.Millisecond)
			tt.do(r)
			g := r.hot.Guard()
			r.until(2*time.Second, "another hello", func(session.View) bool { return r.hot.Host().Link() == protocol.LinkGreeting })
			if g.Broken(session.LinkLost) {
				t.Fatalf("%s: findings %+v", tt.name, r.findings)
			}
			r.unplug = true
			if port {
				r.hot.Lost(r.now)
			} else {
				r.step(1010 * time.Millisecond)
			}
			if !g.Broken(session.LinkLost) {
				t.Errorf("%s, then silence (the port went: %v): the link does not count as lost", tt.name, port)
			}
		}
	}
}

// Nothing is permitted before all of what found no room was told and signal was
// committed after it; then a hold is over by itself.
func TestFullQueueHoldsUntilACommitAfterIt(t *testing.T) {
	r := running(t)
	r.full = true
	r.step(100 * time.Millisecond)
	permits := r.permits
	for range 20 { // a commit of before
		r.hot.Do(session.Order{Kind: session.OrderLease, Until: r.now.Add(time.Second)}, r.now)
		if !r.hot.Guard().Broken(session.RecordStalled) {
			t.Fatal("a lease ends the hold while notes wait")
		}
		r.step(time.Millisecond)
	}
	if r.permits != permits {
		t.Errorf("%d permits while notes wait", r.permits-permits)
	}
	r.full = false
	r.step(time.Millisecond)
	if r.hot.Ready() {
		t.Error("ready before a commit")
	}
	r.until(3*time.Second, "ready by itself", func(session.View) bool { return r.hot.Ready() })
}

func TestStopUnconfirmedHealsWithTheMotorOff(t *testing.T) {
	r := running(t)
	breaks[session.StopUnconfirmed].do(r)
	g := r.hot.Guard()
	if !g.Broken(session.StopUnconfirmed) {
		t.Fatalf("findings %+v", r.findings)
	}
	tripped := g.Tripped().Rule
	r.mangle = nil
	r.step(100 * time.Millisecond)
	if r.pen.MotorOn() || g.Broken(session.StopUnconfirmed) {
		t.Errorf("motor %v, 'none shows it' stands: %v", r.pen.MotorOn(), g.Broken(session.StopUnconfirmed))
	}
	if g.Tripped().Rule != tripped {
		t.Errorf("tripped by %v, was by %v", g.Tripped().Rule, tripped)
	}
}

// A dial is judged by readings of a pen that is there.
func TestDialOfAPenThatWentIsNotJudged(t *testing.T) {
	r := newRig(t, rigIdentity())
	r.set = 1500
	r.treat(limits.Cheek, limits.AcneScarRolling)
	r.away()
	r.must(session.Command{Do: session.CmdChoose, Zone: limits.Nose, Indication: limits.AcneScarRolling})
	r.step(100 * time.Millisecond)
	if r.hot.Guard().Broken(session.DialAboveCeiling) {
		t.Error("a dial that nobody reads is above the ceiling")
	}
	r.back()
	if !r.hot.Guard().Broken(session.DialAboveCeiling) {
		t.Error("back, and it is not")
	}
}

// The link may go while even the backlog is full: it is told with the rest.
func TestLostLinkIsToldAgainAfterTheBacklogWasFull(t *testing.T) {
	r := running(t)
	r.fill()
	r.away()
	r.full = false
	r.step(100 * time.Millisecond)
	if v := r.view(); v.State != session.Paused || v.Mode != session.ModeNone || v.Ready {
		t.Errorf("%v, mode %v, ready %v: the link is lost", v.State, v.Mode, v.Ready)
	}
	r.back()
	r.pausedByItself("a link lost while notes were")
}

// What is said of a pen that is heard ends with its port at once, and when it
// was not heard for 3 s.
func TestWordsAboutAPenEndWithIt(t *testing.T) {
	for rule, do := range map[session.Rule]func(r *rig){
		session.PenBusy: func(r *rig) {
			m := protocol.Hello{Nonce: 99, MinVersion: 1, MaxVersion: 1, Generation: 5, Rate: 200}
			r.pen.Receive(protocol.AppendFrame(nil, protocol.TypeHello, 1, m.Append(nil)), r.up)
			r.until(4*time.Second, "busy", func(session.View) bool { return r.hot.Guard().Broken(session.PenBusy) })
		},
		session.PenSilent:  func(r *rig) { r.mute = true; r.step(4 * time.Second) },
		session.PenInvalid: func(r *rig) { breaks[session.PenInvalid].do(r) },
	} {
		for _, port := range []bool{false, true} {
			r := newRig(t, rigIdentity())
			do(r)
			g := r.hot.Guard()
			if !g.Broken(rule) {
				t.Fatalf("not %v; findings %+v", rule, r.findings)
			}
			r.unplug = true
			if port {
				r.hot.Lost(r.now)
			} else {
				r.step(3100 * time.Millisecond)
			}
			if g.Broken(rule) {
				t.Errorf("%v stands (the port went: %v)", rule, port)
			}
		}
	}
}

// Whatever life is asked for, readings count as stale 50 ms before the longest
// permit that rests on them ends.
func TestLifeOfAPermitIsCapped(t *testing.T) {
	for life, want := range map[time.Duration]time.Duration{
		0: 250 * time.Millisecond, 400 * time.Millisecond: 350 * time.Millisecond,
		500 * time.Millisecond: 450 * time.Millisecond, 2 * time.Second: 450 * time.Millisecond,
	} {
		r := newRig(t, rigIdentity())
		r.mangle = func(f *protocol.Frame, _ *protocol.Reading) bool { // so slow that the period does not matter
			var m protocol.Welcome
			if f.Type == protocol.TypeWelcome && m.Parse(f.Payload) == nil {
				m.Rate = 2
				f.Payload = m.Append(nil)
			}
			return true
		}
		r.hot = session.NewHot(session.HotConfig{Host: protocol.HostConfig{Life: life, Rate: 2},
			Emit: func(n *session.Note) bool { r.notes = append(r.notes, *n); return true }})
		r.until(3*time.Second, "up", func(session.View) bool { return r.hot.Host().Link() == protocol.LinkUp })
		if got := r.hot.Guard().StaleAfter(); got != want {
			t.Errorf("a life of %v: stale after %v, want %v", life, got, want)
		}
	}
}

// A ceiling that is confirmed while the motor comes to rest makes nothing ready:
// a press in that moment would look the same as the rest of the run before.
func TestNotReadyBeforeTheMotorIsAtRest(t *testing.T) {
	r := newRig(t, rigIdentity())
	wish := r.wish()
	r.treat(limits.Cheek, limits.AcneScarRolling)
	r.press()
	r.step(500 * time.Millisecond)
	r.dropped = func(o session.Order) bool { return o.Kind == session.OrderWant || o.Kind == session.OrderStop }
	wish.Ceiling = 750
	r.hot.Do(*wish, r.now)
	halting := 0
	for range 200 {
		r.step(time.Millisecond)
		if r.hot.Host().Halting() {
			halting++
			if r.hot.Ready() {
				t.Fatalf("ready with the motor on; %+v", r.findings)
			}
		}
	}
	if _, c, ok := r.hot.Host().Confirmed(); halting == 0 || !ok || c != 750 || !r.hot.Ready() {
		t.Errorf("halting %d ms, confirmed %v (%v), ready %v", halting, c, ok, r.hot.Ready())
	}
}

// A pen that fails its test again and again is told for what it is, until it
// passes, goes, or is taken out of guarded mode.
func TestPenThatFailsItsTestsIsTold(t *testing.T) {
	for name, tt := range map[string]struct{ end, back func(r *rig) }{
		"passes": {func(r *rig) { r.mangle = nil; r.guarded() }, func(r *rig) {
			r.hot.Do(session.Order{Kind: session.OrderStop}, r.now)
			r.release(true)
			r.release(false)
		}},
		"goes":     {func(r *rig) { r.away() }, func(r *rig) { r.back() }},
		"released": {func(r *rig) { r.release(true) }, func(r *rig) { r.release(false) }},
	} {
		r := newRig(t, rigIdentity())
		failing := func(f *protocol.Frame, m *protocol.Reading) bool {
			if f.Type == protocol.TypeReading && m.Flags.Has(protocol.FlagPermit) {
				m.Flags &^= protocol.FlagPermit
			}
			return true
		}
		r.mangle = failing
		// told returns after how long it is told.
		told := func() (d time.Duration) {
			for ; !r.hot.Guard().Broken(session.PenTestFailing) && d < 30*time.Second; d += time.Millisecond {
				r.step(time.Millisecond)
			}
			return d
		}
		if d := told(); d < 9*time.Second || d == 30*time.Second {
			t.Errorf("%s: told after %v of tests that take 3 s each", name, d)
		}
		if tt.end(r); r.hot.Guard().Broken(session.PenTestFailing) {
			t.Errorf("%s: still told", name)
		}
		r.mangle = failing
		tt.back(r)
		if d := told(); d < 9*time.Second || d == 30*time.Second {
			t.Errorf("%s: told again after %v of tests that take 3 s each", name, d)
		}
	}
}

// release takes the pen out of guarded mode, or back.
func (r *rig) release(out bool) {
	r.t.Helper()
	did := r.pen.Release
	if !out {
		did = r.pen.Guard
	}
	if !did(r.up) {
		r.t.Fatalf("the gesture (out: %v) did nothing", out)
	}
	r.step(300 * time.Millisecond)
}

// What a person sees after a stop is what is so: no permit, and no max depth in force.
func TestViewAfterAStopPromisesNothing(t *testing.T) {
	r := newRig(t, rigIdentity())
	r.treat(limits.Cheek, limits.AcneScarRolling)
	r.until(time.Second, "confirmed", func(v session.View) bool { return v.Confirmed == 1500 })
	r.dropped = func(session.Order) bool { return true } // they are on their way for a while
	a := r.do(session.Command{Do: session.CmdStop})
	r.dropped = nil
	if a.Err != nil || a.View.Ready {
		t.Errorf("answered with %v, ready %v", a.Err, a.View.Ready)
	}
	r.until(time.Second, "revoked", func(v session.View) bool { return r.cold.Procedure().Confirmed == 1500 && v.Confirmed == 0 })
}

// Readings that waited while the PC slept are fresh by a clock that stood still
// meanwhile. No permit rests on them: the clocks are compared before they are
// taken in.
func TestNoPermitRestsOnReadingsFromBeforeASleep(t *testing.T) {
	r := newRig(t, rigIdentity())
	r.treat(limits.Cheek, limits.AcneScarRolling)
	var waited []byte
	for range 70 {
		r.now, r.at, r.up = r.now.Add(time.Millisecond), r.at+1000, r.up.Add(time.Millisecond)
		r.stepPen()
		waited = r.pen.AppendOutput(waited)
	}
	permits := func() (n int) {
		var o protocol.Outgoing
		for r.hot.Output(&o) {
			if o.Lane == protocol.LanePermit {
				n++
			}
		}
		return n
	}
	if permits(); len(waited) == 0 {
		t.Fatal("no readings")
	}
	r.at += 3_000_000
	r.hot.Wake(r.now, r.at)
	r.hot.Receive(waited, r.now)
	r.hot.Tick(r.now, r.at, true)
	if n := permits(); n != 0 {
		t.Errorf("%d permits after the sleep", n)
	}
	r.stepCold()
	if _, ok := r.found(session.ClockJumped); !ok {
		t.Error("nobody is told that a clock jumped")
	}
}
