package session_test

import (
	"errors"
	"testing"
	"time"

	"penlog/protocol"
	"penlog/session"
	"penlog/session/limits"
)

// stall lets nothing become durable any more.
func (r *rig) stall() { r.disk = func() time.Duration { return time.Hour } }

// refused checks that a command is refused at once, with the code.
func (r *rig) refused(c session.Command, code string) *session.RefusedError {
	r.t.Helper()
	if c.By == "" {
		c.By = "op-1"
	}
	ticket := r.cold.Command(c, r.now, r.at)
	r.step(time.Millisecond)
	a, ok := r.answers[ticket]
	var no *session.RefusedError
	if !ok || !errors.As(a.Err, &no) || no.Code != code {
		r.t.Errorf("%s: answered %v, %v, want refused with %s", c.Do, ok, a.Err, code)
		return &session.RefusedError{}
	}
	return no
}

func TestAStalledDiskIsToldWhateverThePen(t *testing.T) {
	for _, m := range []session.Mode{session.ModeStoppable, session.ModeMonitor} {
		r := modeRig(t, m, protocol.DepthMeasured, false)
		r.press()
		r.step(300 * time.Millisecond)
		r.stall()
		r.step(3200 * time.Millisecond)
		if _, ok := r.found(session.RecordStalled); !ok {
			t.Errorf("%v: nothing committed for 3 s with the motor on: not a word", m)
		}
	}
}

func TestAStalledDiskIsToldInEveryState(t *testing.T) {
	for name, begin := range map[string]func(*rig){
		"draft": func(r *rig) { r.must(session.Command{Do: session.CmdOpen}) },
		"armed": func(r *rig) { r.treat(limits.Cheek, limits.AcneScarRolling) },
		"paused": func(r *rig) {
			r.treat(limits.Cheek, limits.AcneScarRolling)
			r.must(session.Command{Do: session.CmdPause})
		},
	} {
		r := newRig(t, rigIdentity())
		begin(r)
		r.step(2500 * time.Millisecond)
		if r.hot.Guard().Broken(session.RecordStalled) {
			t.Errorf("%s: stalled, and the disk is well", name)
		}
		r.stall()
		r.step(3200 * time.Millisecond)
		if !r.hot.Guard().Broken(session.RecordStalled) {
			t.Errorf("%s: nothing committed for 3 s, and no rule says so", name)
		}
		if a := r.view().Broken; len(a) == 0 {
			t.Errorf("%s: nobody is told", name)
		}
	}
}

// No readings, nothing to commit: the record is sound, however long that lasts
// and whenever they come back.
func TestWantOfReadingsIsNoStalledRecord(t *testing.T) {
	silence := func(f *protocol.Frame, _ *protocol.Reading) bool { return f.Type != protocol.TypeReading }
	for name, do := range map[string]func(*rig, time.Duration){
		"cable out":   func(r *rig, d time.Duration) { r.unplug = true; r.step(d); r.unplug = false },
		"only status": func(r *rig, d time.Duration) { r.mangle = silence; r.step(d); r.mangle = nil },
	} {
		for ms := 2500; ms < 6000; ms += 130 { // at each phase of what happens each second
			r := newRig(t, rigIdentity())
			r.treat(limits.Cheek, limits.AcneScarRolling)
			r.must(session.Command{Do: session.CmdPause})
			r.step(time.Second)
			r.findings = nil
			do(r, time.Duration(ms)*time.Millisecond)
			r.step(3 * time.Second)
			if f, ok := r.found(session.RecordStalled); ok {
				t.Fatalf("%s for %d ms: %+v", name, ms, f)
			}
			r.must(session.Command{Do: session.CmdResume})
			r.until(time.Second, "ready", func(v session.View) bool { return v.Ready })
		}
	}
}

// What waits for a stalled disk is no lease, pen or not.
func TestNoLeaseFromAStalledDisk(t *testing.T) {
	r := newRig(t, rigIdentity())
	r.treat(limits.Cheek, limits.AcneScarRolling)
	r.must(session.Command{Do: session.CmdPause})
	var lease, from protocol.Instant
	r.dropped = func(o session.Order) bool {
		if o.Kind == session.OrderLease {
			lease = max(lease, o.Until)
		}
		return false
	}
	r.step(1500 * time.Millisecond)
	r.stall()
	from = r.now
	r.unplug = true
	r.step(10 * time.Second)
	if d := lease.Sub(from); lease == 0 || d > session.CommitLease+time.Second+50*time.Millisecond {
		t.Errorf("permits may be renewed until %v after the disk stalled", d)
	}
}

func TestStalledRecordRefusesCommands(t *testing.T) {
	r := newRig(t, rigIdentity())
	r.treat(limits.Cheek, limits.AcneScarRolling)
	r.must(session.Command{Do: session.CmdPause})
	r.step(time.Second)
	r.stall()
	r.step(3200 * time.Millisecond)
	for _, do := range []session.CommandKind{session.CmdResume, session.CmdChoose, session.CmdNote, session.CmdFinish, session.CmdInterrupt,
		session.CmdAcceptPen, session.CmdLocate, session.CmdArm, session.CmdOpen} {
		r.refused(session.Command{Do: do, Text: "x"}, "record_stalled")
	}
	r.refused(session.Command{Do: session.CmdAcknowledge}, "wrong_state") // it is taken, and there is nothing to acknowledge
	for _, do := range []session.CommandKind{session.CmdPause, session.CmdStop, session.CmdAbort} {
		ticket := r.cold.Command(session.Command{Do: do, By: "op"}, r.now, r.at)
		r.step(time.Millisecond)
		if a, ok := r.answers[ticket]; ok {
			t.Errorf("%s: answered before it was on disk: %v", do, a.Err)
		}
	}
	if s := r.view().State; s != session.Aborted {
		t.Errorf("%v, want aborted", s)
	}
	r.refused(session.Command{Do: session.CmdOpen}, "record_stalled")
}

// Promise 7: permits rest on the newest sample that is on disk, not on when it got there.
func TestLeaseRunsFromTheSampleNotFromItsCommit(t *testing.T) {
	r := running(t)
	r.step(2500 * time.Millisecond)
	r.disk = func() time.Duration { return 1500 * time.Millisecond }
	for range 6000 {
		r.step(time.Millisecond)
		s, err := session.Samples(r.chunks[len(r.chunks)-1].Body)
		if err != nil || len(s) == 0 {
			t.Fatal(err)
		}
		if d := r.lastOut.Sub(s[len(s)-1].Arrived); d > session.CommitLease {
			t.Fatalf("a permit %v after the newest sample on disk", d)
		}
	}
}
