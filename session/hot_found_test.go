package session_test

import (
	"testing"
	"time"

	"penlog/protocol"
	"penlog/session"
	"penlog/session/limits"
)

// Ticks wrap after 71.6 minutes; what an hour-old ceiling is compared with must not.
func TestPeakIsJudgedHoweverOldTheCeilingIs(t *testing.T) {
	for _, idle := range []time.Duration{30 * time.Minute, 36 * time.Minute, 60 * time.Minute, 72 * time.Minute} {
		h := newHand(t, 200, nil, 0)
		h.r.Flags &^= 3
		for range idle / time.Second {
			h.tick(time.Second)
			h.see()
		}
		h.r.Flags |= protocol.Flags(protocol.MotorRunning)
		h.run(time.Second, 1400)
		h.quiet("before")
		h.tick(10 * time.Millisecond)
		h.stroke(1900) // no reading shows it
		h.tick(10 * time.Millisecond)
		h.stroke(1400)
		h.tick(0)
		h.see()
		if h.g.Tripped().Rule != session.DepthAboveCeiling {
			t.Errorf("ceiling in force for %v: a stroke at +400 µm in a lost reading does not trip", idle)
		}
	}
}

// Strokes that no reading showed, with a press to stop as the end of them.
func TestExceedanceThatEndsWithTheStopTrips(t *testing.T) {
	r := running(t)
	r.mangle = func(f *protocol.Frame, _ *protocol.Reading) bool { return f.Type != protocol.TypeReading }
	r.depth = 2300
	r.step(80 * time.Millisecond)
	r.press() // stop
	r.step(40 * time.Millisecond)
	if r.pen.MotorOn() {
		t.Fatal("on")
	}
	r.mangle, r.depth = nil, 0
	r.step(50 * time.Millisecond)
	if r.hot.Guard().Tripped().Rule != session.DepthAboveCeiling {
		t.Errorf("8 strokes at 2.3 mm (ceiling 1.5) between two readings, the second with the motor off: no trip; findings %+v", r.findings)
	}
}

func TestCeilingThatIsNeverConfirmedIsNamed(t *testing.T) {
	r := newRig(t, rigIdentity())
	r.mangle = func(_ *protocol.Frame, m *protocol.Reading) bool {
		if m.Ceiling > 1 {
			m.Ceiling -= 100
		}
		return true
	}
	r.must(session.Command{Do: session.CmdOpen})
	r.until(3*time.Second, "guarded", func(v session.View) bool { return v.Mode == session.ModeGuarded })
	r.must(session.Command{Do: session.CmdChoose, Zone: limits.Cheek, Indication: limits.AcneScarRolling})
	r.press()
	r.until(time.Second, "press test", func(v session.View) bool { return r.cold.Procedure().PressTested })
	r.must(session.Command{Do: session.CmdArm})
	r.step(10 * time.Second)
	if v := r.view(); !v.Ready && len(v.Broken) == 0 && v.Trip == nil {
		t.Errorf("armed for 10 s, not ready, and no rule says why; gen %d", r.pen.Generation())
	}
}

func TestStrokesThatFallOfAPenThatStatesNoRate(t *testing.T) {
	h := newHand(t, 200, func(id *protocol.Identity) { id.RateMin, id.RateMax = 0, 0 }, 1000)
	h.tick(5 * time.Millisecond)
	h.r.Strokes -= 50
	h.see()
	h.tripped(session.ReadingsImpossible, "strokes fall")
}

// Hot does not wait for Cold to learn of it.
func TestReadyEndsWithTheRelease(t *testing.T) {
	r := newRig(t, rigIdentity())
	r.treat(limits.Cheek, limits.AcneScarRolling)
	r.dropped = func(session.Order) bool { return true }
	if !r.pen.Release(r.up) {
		t.Fatal("release")
	}
	r.step(500 * time.Millisecond)
	if r.hot.Ready() {
		t.Errorf("ready, mode %v, cue %v", r.hot.Mode(), r.pen.Cue())
	}
}

// Without a session nothing is committed, so no lease comes to end the hold.
func TestFullQueueWithoutASessionClears(t *testing.T) {
	r := newRig(t, rigIdentity())
	r.step(50 * time.Millisecond)
	r.full = true
	r.step(50 * time.Millisecond)
	r.full = false
	r.step(10 * time.Second)
	if r.hot.Guard().Broken(session.RecordStalled) || r.view().Mode != session.ModeGuarded {
		t.Errorf("10 s after the queue had room again: record_stalled %v, mode %v", r.hot.Guard().Broken(session.RecordStalled), r.view().Mode)
	}
}

func TestAcknowledgeIsAnsweredThoughTheQueueWasFull(t *testing.T) {
	r := running(t)
	r.depth = 1900
	r.until(100*time.Millisecond, "trip", func(v session.View) bool { return v.Trip != nil })
	r.depth = 0
	r.step(200 * time.Millisecond)
	r.fill()
	ticket := r.cold.Command(session.Command{Do: session.CmdAcknowledge, By: "op"}, r.now, r.at)
	r.step(50 * time.Millisecond)
	r.full = false
	r.step(5 * time.Second)
	if _, ok := r.answers[ticket]; !ok {
		t.Errorf("not answered after 5 s; Hot tripped %v, state %v", r.hot.Guard().Tripped().Rule, r.view().State)
	}
}

func TestPenInvalidEndsWithThePen(t *testing.T) {
	r := newRig(t, rigIdentity())
	r.mangle = func(f *protocol.Frame, _ *protocol.Reading) bool {
		if f.Type == protocol.TypeIdentity {
			f.Payload[0] = 0
		}
		return true
	}
	r.step(2 * time.Second)
	if !r.hot.Guard().Broken(session.PenInvalid) {
		t.Fatal("not invalid")
	}
	r.unplug = true
	r.hot.Lost(r.now)
	r.step(10 * time.Second)
	if r.hot.Guard().Broken(session.PenInvalid) {
		t.Error("the port went 10 s ago, 'what the pen says about itself can't be' still stands")
	}
}

func TestPenSilentEndsWithThePen(t *testing.T) {
	r := newRig(t, rigIdentity())
	r.mute = true
	r.step(4 * time.Second)
	if !r.hot.Guard().Broken(session.PenSilent) {
		t.Fatal("not silent")
	}
	r.unplug = true
	r.step(20 * time.Second)
	if r.hot.Guard().Broken(session.PenSilent) {
		t.Error("nothing heard for 20 s: 'the pen is heard but does not answer' still stands")
	}
}

// The peak says nothing of a new ceiling only while needles of the one before may be in it.
func TestPeakCountsAtOnceAfterARest(t *testing.T) {
	h := newHand(t, 200, nil, 0)
	h.r.Flags &^= 3
	h.tick(time.Second)
	h.see()
	h.g.Confirm(1000, h.now)
	h.r.Set = 900
	h.tick(5 * time.Millisecond)
	h.see()
	h.r.Flags |= protocol.Flags(protocol.MotorRunning)
	h.tick(5 * time.Millisecond)
	h.see()
	for range 4 {
		h.tick(10 * time.Millisecond)
		h.stroke(2400)
	}
	h.tick(10 * time.Millisecond)
	h.stroke(900)
	h.tick(0)
	h.see()
	if h.g.Tripped().Rule != session.DepthAboveCeiling {
		t.Error("four strokes at 2.4 mm, unread, within 260 ms of a new ceiling of 1.0 after a second of rest: no trip")
	}
	h.run(500*time.Millisecond, 900)
	if h.g.Tripped().Rule != session.DepthAboveCeiling {
		t.Error("nor ever")
	}
}

// A pen may not leave guarded mode while it runs: one that says so is stopped, whatever Cold does.
func TestReleaseWithTheMotorOnIsStopped(t *testing.T) {
	r := running(t)
	r.dropped = func(session.Order) bool { return true }
	rev := r.hot.Host().Stats().Revokes
	r.flag(protocol.FlagReleased)
	r.step(100 * time.Millisecond)
	if r.hot.Host().Stats().Revokes == rev {
		t.Errorf("a running pen that says 'released' is not stopped by Hot: ready %v mode %v", r.hot.Ready(), r.hot.Mode())
	}
}

// fill fills the queue to Cold, and what waits for room in it.
func (r *rig) fill() {
	r.full = true
	r.step(100 * time.Millisecond)
	for i := range 80 { // a dial that trembles between two steps
		r.set = [...]uint16{2250, 500}[i%2]
		r.step(10 * time.Millisecond)
	}
	if got := r.hot.Load().Notes; got != 64 {
		r.t.Fatalf("%d notes wait for room", got)
	}
}

// Whatever Cold missed, it knows what holds now, and nothing beside it.
func TestWhatHoldsIsToldAgainAfterTheBacklogWasFull(t *testing.T) {
	for _, dial := range []uint16{500, 2250} {
		r := running(t)
		r.fill()
		r.set = dial
		r.flag(protocol.FlagFault)
		r.step(100 * time.Millisecond)
		r.full = false
		r.step(50 * time.Millisecond)
		known := map[session.Rule]bool{}
		for _, b := range r.view().Broken {
			known[b.Rule] = true
		}
		for _, rule := range session.Rules() {
			if is := r.hot.Guard().Broken(rule); is != known[rule] && rule != session.RecordStalled {
				t.Errorf("dial at %d: %v is broken: %t, Cold knows of it: %t", dial, rule, is, known[rule])
			}
		}
		if !known[session.PenNotWell] || known[session.DialAboveCeiling] != (dial > 1500) {
			t.Errorf("dial at %d: Cold knows of %v", dial, known)
		}
		if v := r.view(); v.State != session.Paused || v.Mode == session.ModeNone {
			t.Errorf("dial at %d: %v, mode %v", dial, v.State, v.Mode)
		}
		r.folded()
	}
}

func TestFigureOfATripIsToldAgainAfterTheBacklogWasFull(t *testing.T) {
	r := modeRig(t, session.ModeStoppable, protocol.DepthMeasured, true)
	r.fill()
	r.depth = 1900
	r.press()
	r.step(300 * time.Millisecond)
	want := r.hot.Guard().Tripped()
	if want.Rule != session.DepthAboveCeiling || want.Value != 1900 {
		t.Fatalf("tripped by %+v", want)
	}
	r.full = false
	r.step(100 * time.Millisecond)
	if v := r.view(); v.Trip == nil || v.Trip.Rule != want.Rule || v.Trip.Value != want.Value || v.Trip.Limit != want.Limit || v.Trip.MotorOn != want.MotorOn {
		t.Errorf("trip %+v, want %+v", v.Trip, want)
	}
}

// Who acknowledged while the queue was full is told what came of it, and nothing else.
func TestAcknowledgeThatWasRefusedIsNoneThoughTheQueueWasFull(t *testing.T) {
	r := running(t)
	r.flag(protocol.FlagFault)
	r.until(100*time.Millisecond, "trip", func(v session.View) bool { return v.Trip != nil })
	r.step(200 * time.Millisecond)
	r.fill()
	ticket := r.cold.Command(session.Command{Do: session.CmdAcknowledge, By: "op"}, r.now, r.at)
	r.step(50 * time.Millisecond)
	r.full = false
	r.step(time.Second)
	if a, ok := r.answers[ticket]; !ok || a.Err == nil || r.view().State != session.Tripped || r.hot.Guard().Tripped().Rule != session.PenFault {
		t.Errorf("answered %t, %v; state %v, Hot tripped by %v", ok, a.Err, r.view().State, r.hot.Guard().Tripped().Rule)
	}
}

func TestTripIsToldAgainAfterTheBacklogWasFull(t *testing.T) {
	r := running(t)
	r.fill()
	r.mangle = func(_ *protocol.Frame, m *protocol.Reading) bool { m.Strokes -= 20; return true }
	r.step(20 * time.Millisecond)
	r.mangle = nil
	r.step(100 * time.Millisecond)
	want := r.hot.Guard().Tripped()
	if want.Rule != session.ReadingsImpossible {
		t.Fatalf("tripped by %+v", want)
	}
	r.full = false
	r.step(1200 * time.Millisecond)
	if v := r.view(); v.State != session.Tripped || v.Trip.Rule != want.Rule {
		t.Errorf("state %v, trip %+v, want %+v", v.State, v.Trip, want)
	}
	r.must(session.Command{Do: session.CmdAcknowledge})
	r.pausedByItself("lost notes")
}

func TestSecondCauseTripsAgainAfterARelease(t *testing.T) {
	r := newRig(t, rigIdentity())
	r.must(session.Command{Do: session.CmdOpen})
	r.until(3*time.Second, "guarded", func(v session.View) bool { return v.Mode == session.ModeGuarded })
	r.must(session.Command{Do: session.CmdChoose, Zone: limits.Cheek, Indication: limits.AcneScarRolling})
	r.step(50 * time.Millisecond)
	r.forced = true
	r.flag(protocol.FlagFault)
	r.step(300 * time.Millisecond)
	g := r.hot.Guard()
	if g.Tripped().Rule != session.PenFault || !g.Broken(session.MotorWithoutPermit) {
		t.Fatalf("%v %+v", g.Tripped().Rule, r.findings)
	}
	r.forced, r.mangle = false, nil
	r.step(200 * time.Millisecond)
	if !r.pen.Release(r.up) {
		t.Fatal("release")
	}
	r.step(200 * time.Millisecond)
	r.must(session.Command{Do: session.CmdAcknowledge})
	if !r.pen.Guard(r.up) {
		t.Fatal("guard")
	}
	r.step(200 * time.Millisecond)
	r.findings = nil
	r.forced = true
	r.step(500 * time.Millisecond)
	if g.Tripped().Rule == 0 {
		t.Errorf("the motor runs without a permit again: no trip; broken %v, findings %+v", g.Broken(session.MotorWithoutPermit), r.findings)
	}
}
