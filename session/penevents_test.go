package session_test

import (
	"testing"
	"time"

	"penlog/protocol"
	"penlog/session"
)

func (r *rig) acted(want ...uint32) {
	r.t.Helper()
	got := recorded[session.PenActed](r)
	ok := len(got) == len(want)
	for i := range got {
		ok = ok && got[i].ID == want[i]
	}
	if !ok {
		r.t.Fatalf("recorded %+v, want ids %v", got, want)
	}
}

// eventsSent counts the events that the pen sends from now on, repeats included.
func (r *rig) eventsSent() *int {
	n := 0
	r.mangle = func(f *protocol.Frame, _ *protocol.Reading) bool {
		n += map[bool]int{true: 1}[f.Type == protocol.TypeEvent]
		return true
	}
	return &n
}

// The agent is killed between the arrival of an event and its commit, and again
// between the commit and the acknowledgement.
func TestPenEventSurvivesAKillBeforeItsCommit(t *testing.T) {
	r := newRig(t, rigIdentity())
	r.must(session.Command{Do: session.CmdOpen})
	r.guarded()
	r.stall()
	r.pen.Button(r.up, false)
	r.pen.Button(r.up, true)
	r.step(500 * time.Millisecond)
	r.acted()
	r.disk = func() time.Duration { return 2 * time.Millisecond }
	r.kill()
	acks := 0
	r.dropped = func(o session.Order) bool {
		acks += map[bool]int{true: 1}[o.Kind == session.OrderAckEvent]
		return o.Kind == session.OrderAckEvent
	}
	r.until(3*time.Second, "guarded again", func(v session.View) bool { return v.Mode == session.ModeGuarded })
	r.step(time.Second)
	if r.acted(1); acks < 8 {
		t.Errorf("%d acknowledgements for about 10 repeats of what is on disk", acks)
	}
	r.kill()
	r.dropped = nil
	r.until(3*time.Second, "guarded again", func(v session.View) bool { return v.Mode == session.ModeGuarded })
	r.step(time.Second)
	r.acted(1, 2)
	r.folded()
	sent := r.eventsSent()
	r.step(time.Second)
	if *sent != 0 {
		t.Error("the pen still repeats what was recorded")
	}
}

// What was recorded in one session is not the next one's, however its commit and
// its acknowledgement fare.
func TestPenEventOfTheSessionBeforeIsNotTheNextOnes(t *testing.T) {
	r := newRig(t, rigIdentity())
	r.must(session.Command{Do: session.CmdOpen})
	r.guarded()
	lost := true
	r.dropped = func(o session.Order) bool { return lost && o.Kind == session.OrderAckEvent }
	r.pen.Button(r.up, false)
	r.step(300 * time.Millisecond)
	r.acted(1)
	r.must(session.Command{Do: session.CmdAbort})
	r.records, r.chunks = nil, nil
	r.must(session.Command{Do: session.CmdOpen})
	r.step(300 * time.Millisecond)
	r.acted()
	lost = false
	r.step(300 * time.Millisecond)
	r.pen.Button(r.up, false)
	r.step(300 * time.Millisecond)
	r.acted(2)
	r.folded()
}

// Nobody's record takes it: the pen forgets it, and the cartridge counts all the same.
func TestPenEventWithoutASession(t *testing.T) {
	r := newRig(t, rigIdentity())
	r.step(3 * time.Second)
	sent := r.eventsSent()
	for range 3 {
		r.pen.Button(r.up, false)
	}
	r.step(500 * time.Millisecond)
	if *sent != 3 {
		t.Errorf("3 events sent %d times", *sent)
	}
	r.must(session.Command{Do: session.CmdOpen})
	r.step(300 * time.Millisecond)
	r.acted()
}

// An acknowledgement is for the pen's session in which the event was heard.
func TestPenEventIsAcknowledgedToItsOwnPen(t *testing.T) {
	r := newRig(t, rigIdentity())
	r.must(session.Command{Do: session.CmdOpen})
	r.guarded()
	var held []session.Order
	r.dropped = func(o session.Order) bool {
		if o.Kind == session.OrderAckEvent {
			held = append(held, o)
		}
		return o.Kind == session.OrderAckEvent
	}
	r.pen.Button(r.up, false)
	r.step(300 * time.Millisecond)
	if len(held) == 0 {
		t.Fatal("never acknowledged")
	}
	r.reboot()
	r.step(1500 * time.Millisecond)
	r.stall()
	r.pen.Button(r.up, false)
	for _, o := range held {
		r.hot.Do(o, r.now)
	}
	sent := r.eventsSent()
	r.step(500 * time.Millisecond)
	if *sent < 4 {
		t.Error("the acknowledgement meant for the boot before reached this one")
	}
}

// The commit of one session says nothing of what the next one has to write.
func TestPenEventIsNotAcknowledgedByTheCommitOfTheSessionBefore(t *testing.T) {
	r := newRig(t, rigIdentity())
	r.must(session.Command{Do: session.CmdOpen})
	r.guarded()
	for range 20 {
		r.must(session.Command{Do: session.CmdNote, Text: "so that its records have higher numbers"})
	}
	r.step(time.Second)
	r.disk = func() time.Duration { return 300 * time.Millisecond }
	r.cold.Command(session.Command{Do: session.CmdAbort, By: "op"}, r.now, r.at)
	r.step(100 * time.Millisecond)
	r.cold.Command(session.Command{Do: session.CmdOpen, By: "op"}, r.now, r.at)
	r.pen.Button(r.up, false)
	acked := 0
	r.dropped = func(o session.Order) bool {
		if o.Kind == session.OrderAckEvent {
			acked++
			if n := len(recorded[session.PenActed](r)); n != 1 {
				t.Errorf("acknowledged with %d on disk", n)
			}
		}
		return false
	}
	r.step(time.Second)
	if acked == 0 {
		t.Error("never acknowledged")
	}
}

func TestBootsWhoseEventsAreKnownAreBounded(t *testing.T) {
	r := newRig(t, rigIdentity())
	r.must(session.Command{Do: session.CmdOpen})
	for range 40 {
		r.reboot()
		r.until(5*time.Second, "guarded", func(v session.View) bool { return v.Mode == session.ModeGuarded })
		r.pen.Button(r.up, false)
		r.step(1500 * time.Millisecond)
	}
	if n := len(r.cold.Procedure().Heard); n > 16 {
		t.Errorf("%d boots kept", n)
	}
	if n := len(recorded[session.PenActed](r)); n != 40 {
		t.Errorf("%d of 40 events", n)
	}
	r.folded()
}
