package session_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"penlog/protocol"
	"penlog/session"
	"penlog/session/limits"
)

// recorded gives the recorded events of one type.
func recorded[E session.Event](r *rig) (out []E) {
	r.t.Helper()
	for i := range r.records {
		e, _, err := session.DecodeEvent(&r.records[i])
		if err != nil {
			r.t.Fatal(err)
		}
		if x, ok := e.(E); ok {
			out = append(out, x)
		}
	}
	return out
}

// folded checks that what is live is the fold of what is on disk.
func (r *rig) folded() {
	r.t.Helper()
	r.step(50 * time.Millisecond)
	if d := cmp.Diff(r.cold.Procedure(), r.check()); d != "" {
		r.t.Errorf("live and fold differ (-live +fold):\n%s", d)
	}
}

// The count of strokes above has 16 bits on the wire, a run may have more.
func TestStrokesAboveOfALongRun(t *testing.T) {
	r := running(t)
	var above uint16
	total := uint64(0)
	r.mangle = func(f *protocol.Frame, m *protocol.Reading) bool {
		if f.Type == protocol.TypeReading {
			above += 500
			total += 500
			m.StrokesAbove += above
		}
		return true
	}
	r.step(time.Second)
	r.press()
	r.until(100*time.Millisecond, "off", func(v session.View) bool { return !v.MotorOn })
	if got := r.view().Totals.Above; got < 65536 || got > total {
		t.Errorf("%d strokes above recorded of %d", got, total)
	}
	r.folded()
}

// The pen counts on while the cable is out; the same boot tells it when it is back.
func TestStrokesWhileUnpluggedAreRecorded(t *testing.T) {
	for name, part := range map[string]func(*rig){
		"unplugged":   func(r *rig) { r.unplug = true; r.step(1500 * time.Millisecond); r.unplug = false },
		"clock jump":  func(r *rig) { r.at += 600_000 },
		"notes lost":  func(r *rig) { r.hot.Lost(r.now); r.step(20 * time.Millisecond) },
		"twice apart": func(r *rig) { r.away(); r.back(); r.away(); r.unplug = false },
	} {
		r := running(t)
		r.depth = 1700
		part(r)
		r.step(1500 * time.Millisecond)
		made := uint64(r.pen.Counters().Lifetime)
		v := r.view()
		if v.Totals.Strokes != made || v.Strokes != made {
			t.Errorf("%s: recorded %d strokes, the pen made %d", name, v.Totals.Strokes, made)
		}
		r.folded()
	}
}

// Deeper than it may, with the cable out: no reading could trip, but people see it.
func TestExceedanceWhileUnpluggedIsRecorded(t *testing.T) {
	r := running(t)
	r.unplug, r.depth = true, 2300
	r.step(1500 * time.Millisecond)
	r.unplug, r.depth = false, 0
	r.step(1500 * time.Millisecond)
	ran := 0
	for _, e := range recorded[session.MotorRan](r) {
		if e.Unseen {
			ran++
		}
	}
	if ran != 1 {
		t.Errorf("%d runs are recorded as begun unseen, want one", ran)
	}
	v := r.view()
	var unseen session.MotorRested
	for _, e := range recorded[session.MotorRested](r) {
		if e.Unseen {
			unseen = e
		}
	}
	if v.Totals.Above < 20 || v.Totals.Deepest != 2300 || uint64(unseen.Above) != v.Totals.Above || unseen.Strokes < unseen.Above {
		t.Errorf("the pen made strokes at 2.3 mm while the cable was out: %+v, unseen %+v", v.Totals, unseen)
	}
	r.folded()
}

// A pen that runs on without a permit is on when it is back: what it made
// unseen is one run, what is seen from now on another.
func TestMotorStillOnWhenTheCableIsBack(t *testing.T) {
	r := modeRig(t, session.ModeMonitor, protocol.DepthMeasured, false)
	r.press()
	r.step(500 * time.Millisecond)
	r.away()
	r.back()
	if !r.view().MotorOn {
		t.Fatal("nothing to show")
	}
	r.press()
	r.step(100 * time.Millisecond)
	if made := uint64(r.pen.Counters().Lifetime); r.view().Totals.Strokes != made || r.view().Totals.Runs != 3 {
		t.Errorf("recorded %d strokes in %d runs, the pen made %d in 3: seen, unseen, seen", r.view().Totals.Strokes, r.view().Totals.Runs, made)
	}
	r.folded()
}

// Counters of another boot, another pen or another session say nothing.
func TestCountersOfAnotherBootAreNotCarriedOver(t *testing.T) {
	for name, do := range map[string]func(*rig){
		"another boot":   func(r *rig) { r.reboot() },
		"another serial": func(r *rig) { r.id.Serial = "0002"; r.boot() },
		"another session": func(r *rig) {
			r.must(session.Command{Do: session.CmdAbort})
			r.records, r.chunks = nil, nil
			r.must(session.Command{Do: session.CmdOpen})
		},
	} {
		r := running(t)
		r.press()
		r.step(100 * time.Millisecond)
		r.away()
		r.back()
		r.away()
		do(r)
		was := r.view().Totals.Strokes
		for range 50 {
			r.pen.Stroke(r.up, 500)
		}
		if name == "another boot" || name == "another serial" {
			for range 100 { // beyond those of the boot before
				r.pen.Stroke(r.up, 500)
			}
		}
		r.back()
		if got := r.view().Totals.Strokes; got != was {
			t.Errorf("%s: %d strokes became %d", name, was, got)
		}
	}
}

// A pen whose session begins anew in mid-run, without a word that it was lost.
func TestRunThatANewSessionOfThePenEndsKeepsItsStrokes(t *testing.T) {
	r := running(t)
	up := session.Note{Kind: session.NoteUp, At: r.now, Identity: &r.id, Mode: session.ModeGuarded, Conn: 9}
	r.cold.Note(&up, r.now, r.at)
	if got := r.view().Totals; got.Strokes < 45 || got.Deepest != 500 {
		t.Errorf("half a second's run: %+v", got)
	}
}

// The last stroke is told by the reading that shows the motor off.
func TestTheReadingThatClosesARunCounts(t *testing.T) {
	for name, hide := range map[string]func(*protocol.Reading){
		"measured": func(m *protocol.Reading) { m.Peak = protocol.None },
		"peak":     func(m *protocol.Reading) { m.Measured = 500 },
	} {
		r := running(t)
		r.mangle = func(f *protocol.Frame, m *protocol.Reading) bool {
			hide(m)
			return f.Type != protocol.TypeReading || !m.MotorOn()
		}
		r.depth = 1450
		r.press()
		r.step(100 * time.Millisecond)
		if got := r.view().Totals.Deepest; got != 1450 {
			t.Errorf("%s: deepest %v, the last stroke had 1450", name, got)
		}
	}
}

// A count that falls takes nothing back, and makes no billions.
func TestStrokesThatFallTakeNothingBack(t *testing.T) {
	r := running(t)
	r.mangle = func(_ *protocol.Frame, m *protocol.Reading) bool { m.Strokes -= 30; return true }
	r.step(200 * time.Millisecond)
	r.press()
	r.step(100 * time.Millisecond)
	r.mangle = func(_ *protocol.Frame, m *protocol.Reading) bool { m.Strokes -= 45; return true }
	r.step(100 * time.Millisecond)
	if got := r.view().Totals; got.Strokes < 50 || got.Strokes > 75 || got.Runs != 1 {
		t.Errorf("recorded %d strokes in %d runs", got.Strokes, got.Runs)
	}
}

// Of a pen that reports only one of them, either is taken.
func TestDeepestOfARun(t *testing.T) {
	for name, tt := range map[string]struct {
		hide func(*protocol.Reading)
		deep protocol.Micrometres
	}{
		"measured": {func(m *protocol.Reading) { m.Peak = protocol.None }, 1400},
		"peak":     {func(m *protocol.Reading) { m.Measured = protocol.None }, 1400},
		"none":     {func(m *protocol.Reading) { m.Measured, m.Peak = protocol.None, protocol.None }, 0},
	} {
		r := running(t)
		r.press()
		r.step(500 * time.Millisecond) // the run before is not looked at
		r.must(session.Command{Do: session.CmdFinish})
		r.records, r.chunks = nil, nil
		r.must(session.Command{Do: session.CmdOpen})
		r.mangle = func(_ *protocol.Frame, m *protocol.Reading) bool { tt.hide(m); return true }
		r.depth, r.forced = 1400, true // it turns, whatever the permit says
		for range 60 {
			r.step(9 * time.Millisecond)
			r.pen.Stroke(r.up, 1400)
		}
		r.forced = false
		r.step(100 * time.Millisecond)
		if got := r.view().Totals.Deepest; got != tt.deep {
			t.Errorf("%s: deepest %v, want %v", name, got, tt.deep)
		}
	}
}

// What a run before left in peak and measured depth is not of this one.
func TestRunTakesNoDepthOfTheOneBefore(t *testing.T) {
	r := newRig(t, rigIdentity())
	r.treat(limits.Cheek, limits.AcneScarRolling)
	r.depth = 1400
	r.press()
	r.step(300 * time.Millisecond)
	r.press()
	r.step(60 * time.Millisecond)
	r.depth = 400
	r.press()
	r.step(100 * time.Millisecond)
	r.press()
	r.step(100 * time.Millisecond)
	rested := recorded[session.MotorRested](r)
	if n := len(rested); n != 2 || rested[0].Deepest != 1400 || rested[1].Deepest != 400 {
		t.Errorf("runs at 1.40 and 0.40 mm: %+v", rested)
	}
}

func TestDroppedReadingsAreNamedWhenTheSessionEnds(t *testing.T) {
	r := running(t)
	r.press()
	r.step(100 * time.Millisecond)
	sent := r.hot.Host().Stats().Readings
	r.full = true
	r.step(100 * time.Millisecond)
	dropped := r.hot.Host().Stats().Readings - sent
	r.full = false
	r.step(10 * time.Millisecond)
	r.must(session.Command{Do: session.CmdFinish})
	r.step(50 * time.Millisecond)
	if p := r.check(); p.Gap < dropped || dropped == 0 {
		t.Errorf("%d readings not recorded, the sealed record says a gap of %d", dropped, p.Gap)
	}
}

// kill ends the agent with what is on disk, and starts another one on it.
func (r *rig) kill() {
	r.t.Helper()
	p := r.check()
	chain, signal, tail := session.Chain{Session: p.ID}, session.Chain{Session: p.ID}, session.NewTail(p)
	for i := range r.records {
		_ = chain.Check(&r.records[i])
	}
	for i := range r.chunks {
		_ = signal.CheckChunk(&r.chunks[i])
		if err := tail.Take(&r.chunks[i]); err != nil {
			r.t.Fatal(err)
		}
	}
	r.notes, r.queue, r.answers = nil, nil, map[uint64]session.Answer{}
	r.agent()
	r.cold.Restore(p, chain, signal, tail, r.now, r.at)
}

// A kill in mid-run loses nothing that was recorded of it; and what the pen did
// since is told when the same boot is back, once.
func TestKillInMidRunLosesNoStroke(t *testing.T) {
	r := newRig(t, rigIdentity())
	r.treat(limits.Cheek, limits.AcneScarRolling)
	r.press() // a run that is over
	r.step(time.Second)
	r.press()
	r.step(100 * time.Millisecond)
	r.depth = 1540 // within the tolerance, and above the ceiling by the pen's count
	r.press()
	r.step(2500 * time.Millisecond)
	r.depth = 400
	r.kill()
	got := r.cold.Procedure().Totals
	if got.Deepest != 1540 || got.Above < 150 || got.Strokes < 250 || got.Strokes != got.Zones[0].Strokes {
		t.Errorf("restored: %+v", got)
	}
	r.step(3 * time.Second)
	made := uint64(r.pen.Counters().Lifetime)
	if v := r.view(); v.Totals.Strokes != made || v.Totals.Above < 240 || v.Totals.Above > made-95 {
		t.Errorf("recorded %d strokes, %d above; the pen made %d", v.Totals.Strokes, v.Totals.Above, made)
	}
	r.folded()
}

func TestKillBetweenRunsCountsNothingTwice(t *testing.T) {
	for ms := 0; ms < 1100; ms += 50 {
		r := running(t)
		r.press()
		r.step(100*time.Millisecond + time.Duration(ms)*time.Millisecond)
		r.kill()
		r.step(2500 * time.Millisecond)
		if made := uint64(r.pen.Counters().Lifetime); r.view().Totals.Strokes != made {
			t.Fatalf("killed %d ms after a run: recorded %d strokes, the pen made %d", ms, r.view().Totals.Strokes, made)
		}
	}
}

// The motor ran on while the cable was out: what was recorded of the run before
// is not counted into the one that a restart closes.
func TestKillAfterAReplugWithTheMotorOn(t *testing.T) {
	r := modeRig(t, session.ModeMonitor, protocol.DepthMeasured, false)
	r.depth = 1400
	r.press()
	r.step(2500 * time.Millisecond)
	r.depth = 400
	r.away()
	r.back()
	r.step(2 * time.Second)
	if !r.check().Running {
		t.Fatal("nothing to show")
	}
	r.kill()
	r.step(5 * time.Millisecond)
	rested := recorded[session.MotorRested](r)
	last := rested[len(rested)-1]
	if made := uint64(r.pen.Counters().Lifetime); last.Deepest != 400 || last.Strokes < 150 || last.Strokes > 320 || r.view().Totals.Strokes > made {
		t.Errorf("the run that was cut: %+v; recorded %d strokes, the pen made %d", last, r.view().Totals.Strokes, made)
	}
}

// Readings lost as the motor starts: its first strokes are of the run that is seen.
func TestRunBeginsWithStrokesThatNoReadingShowed(t *testing.T) {
	r := newRig(t, rigIdentity())
	r.treat(limits.Cheek, limits.AcneScarRolling)
	r.mangle = func(f *protocol.Frame, _ *protocol.Reading) bool { return f.Type != protocol.TypeReading }
	r.press()
	r.step(60 * time.Millisecond)
	r.mangle = nil
	r.step(100 * time.Millisecond)
	r.press()
	r.step(100 * time.Millisecond)
	if got, made := r.view().Totals, uint64(r.pen.Counters().Lifetime); got.Runs != 1 || got.Strokes != made {
		t.Errorf("recorded %d strokes in %d runs, the pen made %d in one", got.Strokes, got.Runs, made)
	}
}

// Signal of the pen before says nothing of the one that came since.
func TestTailOfAnotherPenIsNotTaken(t *testing.T) {
	r := running(t)
	r.press()
	r.step(1100 * time.Millisecond)
	r.away()
	for range 300 {
		r.pen.Stroke(r.up, 500)
	}
	r.reboot()
	for range 400 {
		r.pen.Stroke(r.up, 500)
	}
	r.unplug = false
	r.until(time.Second, "up", func(v session.View) bool { return v.PenUp })
	r.step(3 * time.Millisecond)
	if n := len(r.chunks); n == 0 || r.cold.Procedure().Pen.Boot != r.id.Boot {
		t.Fatal("nothing to show")
	}
	was := r.view().Totals.Strokes
	r.kill()
	r.step(2500 * time.Millisecond)
	if got := r.view().Totals.Strokes; got != was {
		t.Errorf("%d strokes became %d", was, got)
	}
}
