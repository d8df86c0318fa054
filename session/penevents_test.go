package session_test

import (
	"strings"
	"testing"
	"time"

	"penlog/protocol"
	"penlog/session"
	"penlog/session/limits"
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

// tell lets the host hear an event that the pen's own code did not make.
func (r *rig) tell(m protocol.PenEvent) {
	r.hot.Receive(protocol.AppendFrame(nil, protocol.TypeEvent, 60_000, m.Append(nil)), r.now)
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

// Nobody's record takes it: the pen forgets it, also when the acknowledgement came
// too late for it, and the cartridge counts all the same.
func TestPenEventWithoutASession(t *testing.T) {
	r := newRig(t, rigIdentity())
	r.step(3 * time.Second)
	sent := r.eventsSent()
	for range 3 {
		r.press()
	}
	r.step(500 * time.Millisecond)
	if *sent != 3 {
		t.Errorf("3 events sent %d times", *sent)
	}
	in := protocol.PenEvent{ID: 4, Kind: protocol.EventCartridgeIn, Arg: 1000, Tick: r.up.Tick()}
	r.tell(in)
	r.step(10 * time.Millisecond)
	r.must(session.Command{Do: session.CmdOpen})
	r.step(300 * time.Millisecond)
	if r.acted(); r.cold.Procedure().Cartridge != 1000 {
		t.Errorf("cartridge %v", r.cold.Procedure().Cartridge)
	}
	r.reboot()
	r.step(time.Second)
	r.must(session.Command{Do: session.CmdAbort})
	r.dropped = func(o session.Order) bool { return o.Kind == session.OrderAckEvent }
	r.press()
	r.step(500 * time.Millisecond)
	r.records, r.chunks, r.dropped = nil, nil, nil
	r.away()
	r.must(session.Command{Do: session.CmdOpen})
	r.back()
	if r.acted(); r.cold.Procedure().PressTested {
		t.Error("a press of before the session is its press test")
	}
}

// What waited at the pen while a session ended and the next began is not the next one's.
func TestPenEventFromBeforeTheSessionIsNobodys(t *testing.T) {
	r := newRig(t, rigIdentity())
	r.must(session.Command{Do: session.CmdOpen})
	r.guarded()
	r.disk = func() time.Duration { return 300 * time.Millisecond }
	r.pen.Button(r.up, false)
	r.press()
	r.step(150 * time.Millisecond)
	r.cold.Command(session.Command{Do: session.CmdAbort, By: "op"}, r.now, r.at)
	r.cold.Command(session.Command{Do: session.CmdOpen, By: "op"}, r.now, r.at)
	second := r.cold.Procedure().ID
	r.step(3 * time.Second)
	for i := range r.records {
		if x := &r.records[i]; x.Session == second && (x.Kind == "pen_acted" || x.Kind == "press_tested") {
			t.Errorf("in the next session: %s %s", x.Kind, x.Body)
		}
	}
	if r.cold.Procedure().PressTested {
		t.Error("press tested")
	}
	sent := r.eventsSent()
	if r.step(time.Second); *sent != 0 {
		t.Error("the pen still repeats it")
	}
	r.press()
	r.until(2*time.Second, "press test", func(session.View) bool { return r.cold.Procedure().PressTested })
}

// Ticks wrap: what lies far ahead of the newest reading is long ago.
func TestPenEventOfFortyMinutesAgoIsNobodys(t *testing.T) {
	r := newRig(t, rigIdentity())
	r.must(session.Command{Do: session.CmdOpen})
	r.guarded()
	m := protocol.PenEvent{ID: 1, Kind: protocol.EventButton, Tick: r.up.Tick() - 40*60*1_000_000}
	r.tell(m)
	r.step(100 * time.Millisecond)
	r.acted()
}

// When an event was, only readings of its own pen tell: until one comes it waits.
func TestPenEventWaitsForTheFirstReading(t *testing.T) {
	r := newRig(t, rigIdentity())
	r.must(session.Command{Do: session.CmdOpen})
	r.guarded()
	r.away()
	r.reboot()
	r.up = 1_000_000
	r.boot()
	r.mangle = func(f *protocol.Frame, _ *protocol.Reading) bool { return f.Type != protocol.TypeReading }
	r.unplug = false
	for range 400 {
		r.step(time.Millisecond)
		if r.pen.Hosted() {
			break
		}
	}
	r.pen.Button(r.up, false)
	r.step(100 * time.Millisecond)
	r.acted()
	r.mangle = nil
	r.step(2 * time.Second)
	r.acted(1)
}

// The agent is killed after the session in which an event was recorded, before the
// acknowledgement; the same boot comes back in the next one. A tick says when.
func TestPenEventOfTheSessionBeforeAKill(t *testing.T) {
	r := newRig(t, rigIdentity())
	r.must(session.Command{Do: session.CmdOpen})
	r.guarded()
	r.dropped = func(o session.Order) bool { return o.Kind == session.OrderAckEvent }
	r.pen.Button(r.up, false)
	r.step(200 * time.Millisecond)
	r.acted(1)
	r.away()
	r.must(session.Command{Do: session.CmdAbort})
	r.records, r.chunks, r.dropped = nil, nil, nil
	r.agent()
	r.must(session.Command{Do: session.CmdOpen})
	r.back()
	r.acted()
	r.pen.Button(r.up, false)
	r.step(300 * time.Millisecond)
	r.acted(2)
}

// The tick that the acknowledgement is for: another pen may count its boots to the
// same number.
func TestPenEventOfAnotherPenWithTheSameBoot(t *testing.T) {
	r := newRig(t, rigIdentity())
	r.must(session.Command{Do: session.CmdOpen})
	r.guarded()
	r.pen.Button(r.up, false)
	r.step(200 * time.Millisecond)
	r.away()
	r.id.Serial = "0002"
	r.boot()
	r.back()
	r.pen.Button(r.up, false)
	r.step(300 * time.Millisecond)
	r.acted(1, 1)
	r.folded()
}

// An event that is committed after its pen's session ended is not acknowledged to
// the next one, which counts from 1 as well.
func TestPenEventCommittedAfterAReboot(t *testing.T) {
	r := newRig(t, rigIdentity())
	r.must(session.Command{Do: session.CmdOpen})
	r.guarded()
	r.step(time.Second)
	r.disk = func() time.Duration { return 1800 * time.Millisecond }
	r.pen.Button(r.up, false)
	r.step(20 * time.Millisecond)
	r.reboot()
	r.step(1500 * time.Millisecond)
	r.pen.Button(r.up, true)
	r.step(6 * time.Second)
	r.acted(1, 1)
}

// The pen keeps 16 events. What it had no room for while the disk was slow is said.
func TestPenEventsForWhichThePenHadNoRoomAreSaid(t *testing.T) {
	r := newRig(t, rigIdentity())
	r.must(session.Command{Do: session.CmdOpen})
	r.guarded()
	r.step(time.Second)
	r.disk = func() time.Duration { return 1500 * time.Millisecond }
	for range 25 {
		r.pen.Button(r.up, false)
		r.step(50 * time.Millisecond)
	}
	r.disk = func() time.Duration { return 2 * time.Millisecond }
	r.step(5 * time.Second)
	lost := uint32(0)
	for _, e := range recorded[session.EntriesDropped](r) {
		lost += e.Entries
	}
	if kept := len(recorded[session.PenActed](r)); lost == 0 || kept+int(lost) != 25 {
		t.Errorf("%d of 25 recorded, %d said to be lost", kept, lost)
	}
	r.folded()
}

// A cartridge with shorter needles lowers the ceiling though an event before it
// waits for the disk.
func TestCartridgeCountsBeforeTheEventBeforeItIsOnDisk(t *testing.T) {
	r := newRig(t, rigIdentity())
	r.treat(limits.Cheek, limits.AcneScarRolling)
	r.stall()
	r.pen.Button(r.up, false)
	r.step(20 * time.Millisecond)
	in := protocol.PenEvent{ID: 900, Kind: protocol.EventCartridgeIn, Arg: 500, Tick: r.up.Tick()}
	r.tell(in)
	r.step(5 * time.Millisecond)
	if v := r.view(); v.Ceiling != 500 || v.Ready {
		t.Errorf("needles of 0.50 mm: ceiling %v, ready %v", v.Ceiling, v.Ready)
	}
}

// A press under the test's permit is no press test, also when it is told long after.
func TestPressUnderTheTestToldLate(t *testing.T) {
	r := newRig(t, rigIdentity())
	r.must(session.Command{Do: session.CmdOpen})
	r.disk = func() time.Duration { return 200 * time.Millisecond }
	r.testing()
	r.step(30 * time.Millisecond)
	r.pen.Button(r.up, false)
	if got := r.press(); got != protocol.StartNoPermit {
		t.Fatal(got)
	}
	r.step(2 * time.Second)
	if r.acted(1, 2); r.cold.Procedure().PressTested {
		t.Error("press tested")
	}
	r.press()
	r.until(2*time.Second, "press test", func(session.View) bool { return r.cold.Procedure().PressTested })
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

// guardedEvent waits until the pen is guarded, and makes an event.
func (r *rig) guardedEvent() {
	r.guarded()
	r.pen.Button(r.up, false)
	r.step(1500 * time.Millisecond)
}

func TestBootsWhoseEventsAreKnownAreBounded(t *testing.T) {
	r := newRig(t, rigIdentity())
	r.must(session.Command{Do: session.CmdOpen})
	for range 40 {
		r.reboot()
		r.guardedEvent()
	}
	if n := len(r.cold.Procedure().Heard); n > 16 {
		t.Errorf("%d boots kept", n)
	}
	for n := len(r.cold.Procedure().Heard); n < 16; n = len(r.cold.Procedure().Heard) {
		r.reboot()
		r.guardedEvent()
	}
	r.pen.Button(r.up, false)
	r.step(100 * time.Millisecond)
	if n := len(r.cold.Procedure().Heard); n != 16 {
		t.Errorf("%d boots kept after one that is known", n)
	}
	if n := len(recorded[session.PenActed](r)); n < 41 {
		t.Errorf("%d of 41 events", n)
	}
	r.folded()
}

// A pen that comes with events lost says of none of them whether it was in this
// session; one that was seen before does.
func TestPenEventsLostBeforeThePenCame(t *testing.T) {
	r := newRig(t, rigIdentity())
	r.step(3 * time.Second)
	r.away()
	for range 20 {
		r.press()
	}
	r.back()
	r.must(session.Command{Do: session.CmdOpen})
	r.step(time.Second)
	if e := recorded[session.EntriesDropped](r); len(e) != 0 {
		t.Errorf("lost before the session: %+v", e)
	}
	r.away()
	r.reboot()
	for range 20 {
		r.press()
	}
	r.back()
	r.step(time.Second)
	if e := recorded[session.EntriesDropped](r); len(e) != 1 || e[0].Entries != 4 || !strings.Contains(e[0].Why, "since it was switched on") {
		t.Errorf("lost before the pen came: %+v", e)
	}
}

// An event never overtakes the notes that wait for room, such as that its pen came.
func TestPenEventDoesNotOvertakeItsPen(t *testing.T) {
	r := newRig(t, rigIdentity())
	r.must(session.Command{Do: session.CmdOpen})
	r.guarded()
	r.log = nil
	r.full = true
	r.reboot()
	r.step(1500 * time.Millisecond)
	r.full = false
	m := protocol.PenEvent{ID: 1, Kind: protocol.EventButton, Tick: r.up.Tick()}
	r.tell(m)
	for _, n := range r.log {
		if n.Kind == session.NoteEvent {
			t.Fatal("told before what waits")
		}
	}
	r.pen.Button(r.up, false)
	r.step(300 * time.Millisecond)
	r.acted(1)
}

// A wall clock that is set back says nothing of when an event was.
func TestPenEventAfterTheWallClockWasSetBack(t *testing.T) {
	r := newRig(t, rigIdentity())
	r.must(session.Command{Do: session.CmdOpen})
	r.guarded()
	r.at -= 3600 * 1_000_000
	r.step(3 * time.Second)
	r.guarded()
	r.press()
	r.step(300 * time.Millisecond)
	if r.acted(1); !r.cold.Procedure().PressTested {
		t.Error("its press is no press test")
	}
}

// A session that is taken up began before this process did, and so may its events have.
func TestPenEventOfARestoredSessionFromBeforeTheRestart(t *testing.T) {
	r := newRig(t, rigIdentity())
	r.must(session.Command{Do: session.CmdOpen})
	r.guarded()
	r.kill()
	r.guarded()
	r.tell(protocol.PenEvent{ID: 1, Kind: protocol.EventButton, Tick: r.up.Tick() - 20*60*1_000_000})
	r.step(100 * time.Millisecond)
	r.acted(1)
}
