package session_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"penlog/protocol"
	"penlog/session"
	"penlog/session/limits"
)

// The agent dies after any record of a visit in which everything happens, and
// comes back: the session is paused, or where it was before it was armed, no permit
// is wanted, no override is in force, and what is live is the fold of what is
// recorded.
func TestCrashAtEveryEventBoundary(t *testing.T) {
	r := newRig(t, rigIdentity())
	r.clinic = people(t)
	r.agent()
	r.must(session.Command{Do: session.CmdOpen})
	r.until(3*time.Second, "guarded", func(v session.View) bool { return v.Mode == session.ModeGuarded })
	r.must(session.Command{Do: session.CmdPlan, Plan: []session.PlanItem{
		{Zone: limits.Nose, Side: limits.Midline, Indication: limits.AcneScarRolling, Passes: 1}, {Zone: limits.Cheek, Side: limits.Left, Indication: limits.AcneScarRolling}}})
	r.must(session.Command{Do: session.CmdNext})
	r.press()
	r.step(100 * time.Millisecond)
	r.must(session.Command{Do: session.CmdArm})
	r.until(time.Second, "ready", func(v session.View) bool { return v.Ready })
	run := func(d time.Duration) {
		r.until(time.Second, "ready", func(v session.View) bool { return v.Ready })
		r.press()
		r.step(d)
		r.press()
		r.step(150 * time.Millisecond)
	}
	run(5500 * time.Millisecond)
	r.must(session.Command{Do: session.CmdPass})
	r.must(session.Command{Do: session.CmdPass})
	r.must(session.Command{Do: session.CmdNext})
	r.must(session.Command{Do: session.CmdResume})
	run(time.Second)
	r.must(overrideTo(2000))
	r.must(session.Command{Do: session.CmdResume})
	r.until(time.Second, "ready", func(v session.View) bool { return v.Ready })
	run(time.Second)
	r.must(session.Command{Do: session.CmdReattribute, Zone: limits.Nose, Side: limits.Midline, Text: "slipped"})
	r.must(session.Command{Do: session.CmdHandOver, To: "op-2"})
	r.press()
	r.step(500 * time.Millisecond)
	r.deep(2500)
	r.depth = 0
	r.must(session.Command{Do: session.CmdAcknowledge})
	r.unplug = true
	r.step(1500 * time.Millisecond)
	r.unplug = false
	r.until(3*time.Second, "guarded again", func(v session.View) bool { return v.Mode == session.ModeGuarded })
	r.must(session.Command{Do: session.CmdFinish})
	r.check()

	states := map[session.State]int{}
	for n := 1; n < len(r.records); n++ {
		p := fold(t, r.records[:n])
		was := p.State
		chain, signal, tail := session.Chain{Session: p.ID}, session.Chain{Session: p.ID}, session.NewTail(p)
		for i := range r.records[:n] {
			if err := chain.Check(&r.records[i]); err != nil {
				t.Fatal(err)
			}
		}
		for i := range r.chunks {
			if r.chunks[i].To > r.records[n-1].At {
				break
			}
			_ = signal.CheckChunk(&r.chunks[i])
			if err := tail.Take(&r.chunks[i]); err != nil {
				t.Fatal(err)
			}
		}
		cold := session.NewCold(session.ColdConfig{Limits: limits.Default(), Clinic: r.clinic, Version: "test"})
		at := r.records[n-1].At + 60_000_000
		cold.Restore(p, chain, signal, tail, protocol.Instant(1), at)
		cold.Tick(2, at)
		added := append([]session.Record{}, r.records[:n]...)
		var b session.Batch
		for cold.Batch(&b) {
			added = append(added, b.Records...)
		}
		live := cold.Procedure()
		states[live.State]++
		ceiling, allow := live.Desire()
		switch {
		case allow || live.State.MayPermit() || live.State.Over() || live.Running || live.PenUp || live.Override != nil:
			t.Errorf("after record %d, %s in %v: %v, permits %v, running %v, override %+v", n, r.records[n-1].Kind, was, live.State, allow, live.Running, live.Override)
		case (was == session.Tripped) != (live.State == session.Tripped), was == session.Draft && live.State != session.Draft:
			t.Errorf("after record %d, %s: %v became %v", n, r.records[n-1].Kind, was, live.State)
		case ceiling > 1500:
			t.Errorf("after record %d: a ceiling of %v", n, ceiling)
		}
		for _, z := range live.Totals.Zones {
			if z.Contact > z.Strokes || z.Depths.Strokes() > z.Strokes {
				t.Errorf("after record %d, %s: %v has %d strokes, %d in contact, %d in depths", n, r.records[n-1].Kind, z.Zone, z.Strokes, z.Contact, z.Depths.Strokes())
			}
		}
		if d := cmp.Diff(live, fold(t, added)); d != "" {
			t.Fatalf("after record %d, %s: live and fold differ (-live +fold):\n%s", n, r.records[n-1].Kind, d)
		}
	}
	if states[session.Draft] < 5 || states[session.Paused] < 20 || states[session.Tripped] < 1 {
		t.Errorf("what was met: %v", states)
	}
	t.Logf("%d boundaries: %v", len(r.records)-1, states)
}
