package session_test

import (
	"testing"
	"time"

	"penlog/protocol"
	"penlog/session"
	"penlog/session/limits"
)

// The monotonic clock may stand still while a PC sleeps; the wall clock does not.
func TestOverrideDoesNotOutliveASleep(t *testing.T) {
	r := overridden(t)
	r.now, r.at = r.now.Add(time.Minute), r.at+15*60*1_000_000
	r.cold.Tick(r.now, r.at)
	if c, _ := r.cold.Procedure().Desire(); r.cold.Procedure().Override != nil || c != 1500 {
		t.Errorf("after a quarter of an hour, of which the PC slept most: ceiling %v", c)
	}
}

// A wall clock that is slewed back gives nobody more time for the second act.
func TestSecondActIsTimedByTheMonotonicClock(t *testing.T) {
	r := newRig(t, rigIdentity())
	r.treat(limits.Cheek, limits.AcneScarRolling)
	r.must(nose)
	r.must(session.Command{Do: session.CmdChoose, Zone: cheek.Zone, Indication: cheek.Indication})
	if v := r.view(); !v.Higher {
		t.Errorf("a higher max depth does not wait: %+v", v)
	}
	for range 14 {
		r.step(400 * time.Millisecond)
		r.at -= 390_000
	}
	if v := r.view(); v.Higher || v.Mode != session.ModeGuarded || r.cold.Procedure().HigherAt == 0 {
		t.Fatalf("it still waits after 5 s: %+v", v)
	}
	r.refused(session.Command{Do: session.CmdResume}, "too_late")
	r.must(session.Command{Do: session.CmdChoose, Zone: cheek.Zone, Indication: cheek.Indication})
	r.kill()
	r.until(3*time.Second, "guarded", func(v session.View) bool { return v.Mode == session.ModeGuarded })
	r.refused(session.Command{Do: session.CmdResume}, "too_late") // what came before a restart is no first act
}

// An alarm is not silent for longer because a clock was set back, nor over a restart.
func TestMuteEndsByTheMonotonicClock(t *testing.T) {
	r := running(t)
	r.must(session.Command{Do: session.CmdMute})
	if r.view().MutedUntil == 0 {
		t.Fatal("not muted")
	}
	r.at -= 3_600_000_000
	if got := r.cold.View(r.now.Add(2 * time.Minute)).MutedUntil; got != 0 {
		t.Errorf("an hour back, and muted until %d at %d", got, r.at)
	}
	r.must(session.Command{Do: session.CmdMute})
	r.step(10 * time.Millisecond)
	r.kill()
	if r.view().MutedUntil != 0 {
		t.Error("muted by the agent before")
	}
}

// What a dead agent left of a run is placed when it began, not when somebody came back.
func TestRunThatARestartClosesBeganWhenItDid(t *testing.T) {
	r := running(t)
	began := r.at - 500_000
	r.step(2500 * time.Millisecond)
	r.now, r.at = r.now.Add(time.Hour), r.at+3_600_000_000
	r.kill()
	spans := r.cold.Procedure().Spans
	if n := len(spans); n != 1 || spans[0].From < began-protocol.At(time.Second.Microseconds()) || spans[0].From > began+protocol.At(time.Second.Microseconds()) {
		t.Errorf("began at %d, recorded %+v", began, spans)
	}
}
