package session_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"penlog/protocol"
	"penlog/session"
	"penlog/session/limits"
	"penlog/session/passes"
)

// fold is the procedure that the first n records give.
func fold(t testing.TB, records []session.Record) *session.Procedure {
	t.Helper()
	p := session.NewProcedure(records[0].Session)
	for i := range records {
		e, _, err := session.DecodeEvent(&records[i])
		if err != nil {
			t.Fatal(err)
		}
		p.Apply(e, records[i].At)
	}
	return p
}

// Whatever people, pen, line, disk and clocks do: what is live is the fold of
// what was recorded, the chain holds, and no permit leaves but in a state that
// permits, under a verdict that is on disk.
func TestLiveStateIsTheFoldOfTheJournal(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := newRig(t, rigIdentity())
		r.clinic = people(t)
		r.agent()
		disk := 2 * time.Millisecond
		r.disk = func() time.Duration { return disk }
		permits := 0
		watch := func(d time.Duration) {
			for range d / time.Millisecond {
				was := r.cold.Procedure()
				state := session.Draft
				if was != nil {
					state = was.State
				}
				fresh := r.verdicts == r.verdictsOnDisk
				permits = r.permits
				r.step(time.Millisecond)
				// A permit of this millisecond was decided on what held before it.
				if r.permits == permits || r.pen.Ceiling() <= 1 {
					continue
				}
				if p := r.cold.Procedure(); p == nil || (!state.MayPermit() && !p.State.MayPermit() && r.now.Sub(r.commandAt) > 2*time.Millisecond) {
					rt.Fatalf("a permit in %v", state)
				}
				if !fresh && r.now.Sub(r.commandAt) > 2*time.Millisecond {
					rt.Fatalf("a permit before its verdict was on disk: %d of %d", r.verdictsOnDisk, r.verdicts)
				}
			}
		}
		if rapid.IntRange(0, 3).Draw(rt, "treated") > 0 {
			r.treat(limits.Cheek, limits.AcneScarRolling)
		}
		for range rapid.IntRange(5, 40).Draw(rt, "acts") {
			r.commandAt = r.now
			switch rapid.SampledFrom([]string{"command", "command", "command", "press", "wait", "set", "depth", "cable", "mute", "clock", "reboot", "disk", "release", "fault", "full", "lost", "agent"}).Draw(rt, "act") {
			case "command":
				cmd := randomCommand(rt)
				was := r.cold.Procedure()
				if cmd.Do == session.CmdOpen && was != nil && was.State.Over() {
					disk = 2 * time.Millisecond
					watch(4 * time.Second) // the whole record is on disk
				}
				r.cold.Command(cmd, r.now, r.at)
				if was != nil && r.cold.Procedure().ID != was.ID {
					r.records, r.chunks = nil, nil // those of the session before
					r.verdicts, r.verdictsOnDisk = 0, 0
				}
			case "press":
				r.press()
			case "wait":
				watch(time.Duration(rapid.IntRange(1, 2500).Draw(rt, "ms")) * time.Millisecond)
			case "set":
				r.set = rapid.SampledFrom([]uint16{250, 500, 750, 1500, 2500}).Draw(rt, "set")
			case "depth":
				r.depth = rapid.SampledFrom([]protocol.Micrometres{0, 0, 0, 700, 1700, 2600}).Draw(rt, "depth")
			case "cable":
				r.unplug = !r.unplug
			case "mute":
				r.mute = !r.mute
			case "clock":
				r.at += protocol.At(rapid.SampledFrom([]int{499_000, 501_000, -700_000}).Draw(rt, "step"))
			case "reboot":
				r.id.Serial = rapid.SampledFrom([]string{"0001", "0001", "0002"}).Draw(rt, "serial")
				r.reboot()
			case "disk":
				disk = rapid.SampledFrom([]time.Duration{2 * time.Millisecond, 50 * time.Millisecond, 3 * time.Second}).Draw(rt, "takes")
			case "release":
				if !r.pen.Release(r.up) {
					r.pen.Guard(r.up)
				}
			case "fault":
				r.mangle = func(_ *protocol.Frame, m *protocol.Reading) bool { m.Flags ^= protocol.FlagFault; return true }
				watch(20 * time.Millisecond)
				r.mangle = nil
			case "full":
				r.full = !r.full
			case "lost":
				r.hot.Lost(r.now)
			case "agent":
				if len(r.records) == 0 || fold(t, r.records).State.Over() {
					continue
				}
				p := fold(t, r.records)
				chain, signal := session.Chain{Session: p.ID}, session.Chain{Session: p.ID}
				for i := range r.records {
					_ = chain.Check(&r.records[i])
				}
				for i := range r.chunks {
					_ = signal.CheckChunk(&r.chunks[i])
				}
				r.notes, r.queue, r.full = nil, nil, false
				r.agent()
				r.cold.Restore(p, chain, signal, nil, r.now, r.at)
				r.verdicts = r.verdictsOnDisk
			}
			watch(5 * time.Millisecond)
		}
		disk, r.full = 2*time.Millisecond, false
		watch(4 * time.Second)
		live := r.cold.Procedure()
		if live == nil || len(r.records) == 0 {
			return
		}
		r.check()
		if d := cmp.Diff(live, fold(t, r.records)); d != "" {
			rt.Fatalf("live and fold differ (-live +fold):\n%s", d)
		}
		// Each prefix is a procedure that keeps the machine.
		for n := 1; n <= len(r.records); n += 1 + len(r.records)/16 {
			p := fold(t, r.records[:n])
			accepted := p.Mode == session.ModeGuarded || p.Mode != session.ModeNone && p.Mode == p.Accepted
			if c, allow := p.Desire(); allow && (!p.State.MayPermit() || c < 1 || c > 2500 || p.Foreign || !accepted) {
				rt.Fatalf("after %d records %v wants permits at %v from a pen that is %v, accepted %v", n, p.State, c, p.Mode, p.Accepted)
			}
		}
	})
}

func BenchmarkFold600Events(b *testing.B) {
	p := session.NewProcedure(session.ID{1})
	events := []session.Event{session.Opened{By: "op"}, session.PenUp{Serial: "1"}, session.ModeChanged{Mode: session.ModeGuarded},
		session.ZoneChosen{By: "op", Verdict: verdict()}, session.ArmedEvent{By: "op", Verdict: verdict()}}
	did := passes.Slice{Contact: 480, ContactMS: 4800, OnMS: 5000}
	for d := range protocol.Micrometres(8) {
		did.Depths.Add(1340+10*d, 60)
	}
	for len(events) < 600 {
		did.Glides = passes.Course{{Axis: protocol.Axis(1 + len(events)/20%4), N: 4}} // some 10 slices a pass
		events = append(events, session.MotorRan{}, session.MotorRested{Strokes: 500, Deepest: 1400, From: 1_800_000_000_000_000, Did: did})
	}
	events = events[:600]
	var records []session.Record
	c := session.Chain{Session: p.ID}
	for _, e := range events {
		body, _ := session.EncodeEvent(e, session.SourcePen)
		r := session.Record{Kind: e.Kind(), Body: body}
		c.Seal(&r)
		records = append(records, r)
	}
	b.ReportAllocs()
	for b.Loop() {
		fold(b, records)
	}
}
