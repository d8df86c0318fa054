package session_test

import (
	"testing"
	"time"

	"penlog/protocol"
	"penlog/session"
	"penlog/session/limits"
)

// A pen that never stops talking, a dial that trembles and a disk that stands
// still: what waits in memory is bounded, and what was dropped is counted.
func TestRecordsThatWaitAreBounded(t *testing.T) {
	for name, chatter := range map[string]func(r *rig, n uint32){
		"events": func(r *rig, n uint32) {
			m := protocol.PenEvent{ID: 100_000 + n, Kind: protocol.EventButton, Arg: 1}
			r.hot.Receive(protocol.AppendFrame(nil, protocol.TypeEvent, uint16(n), m.Append(nil)), r.now)
		},
		"holds": func(r *rig, n uint32) {
			f := session.Finding{Rule: session.DialAboveCeiling, Response: session.Hold, On: n%2 == 0}
			r.cold.Note(&session.Note{Kind: session.NoteFinding, Finding: f}, r.now, r.at)
		},
		"runs": func(r *rig, n uint32) {
			m := protocol.Reading{Tick: protocol.Tick(n * 1000), Strokes: n, Flags: protocol.Flags(n%2) * protocol.Flags(protocol.MotorRunning), Measured: 500, Peak: protocol.None}
			r.cold.Note(&session.Note{Kind: session.NoteReading, Reading: m}, r.now, r.at)
		},
		"unseen runs": func(r *rig, n uint32) {
			r.cold.Note(&session.Note{Kind: session.NoteReading, Reading: protocol.Reading{Strokes: 2 * n}}, r.now, r.at)
		},
	} {
		r := newRig(t, rigIdentity())
		r.treat(limits.Cheek, limits.AcneScarRolling)
		r.stall()
		r.unplug = name != "events"
		if r.unplug {
			r.step(1200 * time.Millisecond)
			r.cold.Note(&session.Note{Kind: session.NoteUp, Identity: &r.id, Mode: session.ModeGuarded, Conn: 9}, r.now, r.at)
		}
		strokes := r.view().Strokes
		low := session.Finding{Rule: session.BatteryLow, Response: session.Advisory, On: true}
		r.cold.Note(&session.Note{Kind: session.NoteFinding, Finding: low}, r.now, r.at)
		for n := range uint32(15_000) {
			chatter(r, n)
			r.step(time.Millisecond)
		}
		if n := uint64(r.cold.Procedure().Events) - r.view().Committed; n > 5000 {
			t.Errorf("%s: %d records wait in memory while the disk stands still", name, n)
		}
		low.On = false
		r.cold.Note(&session.Note{Kind: session.NoteFinding, Finding: low}, r.now, r.at)
		for _, b := range r.cold.Procedure().Broken {
			if b.Rule == session.BatteryLow {
				t.Errorf("%s: what was recorded as broken does not heal in the record", name)
			}
		}
		trip := session.Finding{Rule: session.DepthAboveCeiling, Response: session.Trip, On: true}
		r.cold.Note(&session.Note{Kind: session.NoteFinding, Finding: trip}, r.now, r.at)
		if r.view().State != session.Tripped {
			t.Errorf("%s: a trip was dropped", name)
		}
		switch name {
		case "runs":
			if got := r.view().Strokes - strokes; got != 14_999 {
				t.Errorf("%d of 14999 strokes kept", got)
			}
		case "unseen runs":
			if got := r.view().Strokes - strokes; got != 29_998 {
				t.Errorf("%d of 29998 strokes kept", got)
			}
		}
		r.disk = func() time.Duration { return 2 * time.Millisecond }
		for i := range r.queue {
			r.queue[i].at = r.now
		}
		r.step(200 * time.Millisecond)
		said := uint64(0)
		for _, e := range recorded[session.EntriesDropped](r) {
			said += uint64(e.Entries)
		}
		switch name {
		case "holds":
			if sum := said + uint64(len(recorded[session.RuleBroke](r))+len(recorded[session.RuleHealed](r))); sum < 15_000 || said == 0 {
				t.Errorf("%s: %d entries are said to be dropped, with those kept %d of 15000", name, said, sum)
			}
		case "events": // what is not on disk the pen keeps
			if n := len(recorded[session.PenActed](r)); said != 0 || n > 10 {
				t.Errorf("%s: %d kept, %d said to be dropped", name, n, said)
			}
		}
		r.folded()
	}
}

// What was dropped is said before the session is sealed, too.
func TestDroppedEntriesAreNamedWhenTheSessionEnds(t *testing.T) {
	r := newRig(t, rigIdentity())
	r.must(session.Command{Do: session.CmdOpen})
	r.step(time.Second)
	entries := func() int { return len(recorded[session.RuleBroke](r)) + len(recorded[session.RuleHealed](r)) }
	before := entries()
	r.stall()
	for n := range uint32(6000) {
		f := session.Finding{Rule: session.DialAboveCeiling, Response: session.Hold, On: n%2 == 0}
		r.cold.Note(&session.Note{Kind: session.NoteFinding, Finding: f}, r.now, r.at)
		if n%100 == 0 {
			r.step(time.Millisecond)
		}
	}
	r.cold.Command(session.Command{Do: session.CmdAbort, By: "op"}, r.now, r.at)
	r.disk = func() time.Duration { return 2 * time.Millisecond }
	for i := range r.queue {
		r.queue[i].at = r.now
	}
	r.step(100 * time.Millisecond)
	said, again := 0, len(recorded[session.EntriesDropped](r)) // what still holds is recorded with each
	for _, e := range recorded[session.EntriesDropped](r) {
		said += int(e.Entries)
	}
	if all := said + entries() - before; said == 0 || all < 6000 || all > 6000+again || r.check().State != session.Aborted {
		t.Errorf("dropped: %d, kept %d", said, entries())
	}
}
