package session_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"penlog/session"
	"penlog/session/limits"
	"penlog/session/rehearsal"
)

// finished is a rig whose session is over.
func finished(t testing.TB) *rig {
	t.Helper()
	r := newRig(t, rigIdentity())
	r.clinic = people(t)
	r.agent()
	r.treat(limits.Cheek, limits.AcneScarRolling)
	r.press()
	r.step(time.Second)
	r.press()
	r.step(100 * time.Millisecond)
	r.must(session.Command{Do: session.CmdFinish})
	return r
}

var outcome = session.Command{Do: session.CmdOutcome, Outcome: &session.Outcome{Reaction: "red", Settled: true}}

func TestWhatFollowsTheEnd(t *testing.T) {
	r := finished(t)
	sealed := len(r.records)
	head := r.records[sealed-1]
	r.must(outcome)
	r.must(session.Command{Do: session.CmdAftercare, Aftercare: &session.Aftercare{Leaflet: "3", Verbal: true, Contact: true}})
	r.must(session.Command{Do: session.CmdCorrect, Seq: 3, Text: "it was the other pen"})
	r.must(session.Command{Do: session.CmdReassign, Second: "dr-1", Patient: "patient-2", Text: "the chart before was open"})
	r.must(session.Command{Do: session.CmdSign, Meaning: "performed"})
	r.must(session.Command{Do: session.CmdSign, By: "dr-1", Meaning: "approved"})
	p := r.check()
	a := p.After
	if p.State != session.Completed || p.PatientID != "patient-2" || a.Outcome == nil || a.Aftercare == nil || len(a.Corrections) != 1 || len(a.Reassigned) != 1 || len(a.Signatures) != 2 {
		t.Errorf("%v of %s: %+v", p.State, p.PatientID, a)
	}
	if a.Reassigned[0].Was != rehearsal.Patient || a.Reassigned[0].Second != "dr-1" {
		t.Errorf("reassigned: %+v", a.Reassigned[0])
	}
	for i, s := range a.Signatures { // each is of all before it
		if r.records[s.Seq-1].Hash != s.Head || s.Seq != uint64(len(r.records)-len(a.Signatures)+i) {
			t.Errorf("signature %d is of record %d", i, s.Seq)
		}
	}
	if r.records[sealed-1].Hash != head.Hash {
		t.Error("what was sealed is another")
	}
	if d := cmp.Diff(r.cold.Procedure(), p); d != "" {
		t.Errorf("live and fold differ:\n%s", d)
	}
}

// A session of long ago is added to while another is under way, and the one under
// way goes on.
func TestPastSessions(t *testing.T) {
	r := finished(t)
	old := r.cold.Procedure().ID
	was, records := len(r.records), r.records
	r.records, r.chunks = nil, nil
	r.pen.Button(r.up, true) // something of the pen's on its way
	r.treat(limits.Nose, limits.AcneScarRolling)
	r.press()
	r.step(200 * time.Millisecond)
	now := r.cold.Procedure().ID
	for _, c := range []session.Command{outcome, {Do: session.CmdSign, Meaning: "performed"}} {
		c.Session = &old
		r.must(c)
	}
	if v := r.view(); v.Session != now || !v.MotorOn || !v.Ready {
		t.Errorf("the session under way: %+v", v)
	}
	var added []session.Record
	kept := r.records[:0]
	for _, rec := range r.records {
		if rec.Session == old {
			added = append(added, rec)
		} else {
			kept = append(kept, rec)
		}
	}
	r.records = kept
	p := fold(t, append(records[:was:was], added...))
	if len(added) != 2 || p.After.Outcome == nil || p.After.Signatures[0].Seq != added[0].Seq || p.After.Signatures[0].Head != added[0].Hash {
		t.Errorf("added %d records: %+v", len(added), p.After)
	}
	c := session.Chain{Session: old}
	for i := range append(records[:was:was], added...) {
		if err := c.Check(&append(records[:was:was], added...)[i]); err != nil {
			t.Fatal(err)
		}
	}
	treat := session.Command{Do: session.CmdArm, Session: &old}
	r.refused(treat, "wrong_state")
	unknown := session.ID{9, 9}
	later := outcome
	later.Session = &unknown
	r.refused(later, "no_session")

	// Another process: the record is lent, and taken only as far as it is whole.
	r.kill()
	later.Session = &old
	r.refused(later, "no_session")
	r.cold.Lend(p, session.Chain{Session: old, Seq: c.Seq, Head: c.Head})
	r.must(later)
	r.cold.Lend(fold(t, records[:was]), session.Chain{Session: old, Seq: uint64(was)}) // stale
	r.must(session.Command{Do: session.CmdSign, Meaning: "performed", Session: &old})
}

func TestAbortAsksNothing(t *testing.T) {
	r := newRig(t, rigIdentity())
	r.clinic = people(t)
	r.agent()
	r.treat(limits.Cheek, limits.AcneScarRolling)
	r.press()
	r.step(300 * time.Millisecond)
	a := r.cold.Command(session.Command{Do: session.CmdAbort}, r.now, r.at)
	r.until(200*time.Millisecond, "motor off", func(v session.View) bool { return !v.MotorOn })
	r.step(50 * time.Millisecond)
	if got := r.answers[a]; got.Err != nil {
		t.Fatal(got.Err)
	}
	r.must(session.Command{Do: session.CmdReason, Code: "faint", Text: "sat down, better after 5 minutes"})
	p := r.check()
	if p.State != session.Aborted || p.After.Reason == nil || p.After.Reason.Code != "faint" {
		t.Errorf("%v, %+v", p.State, p.After.Reason)
	}
	if e := recorded[session.Ended](r); len(e) != 1 || e[0].By != session.Unnamed {
		t.Errorf("%+v", e)
	}
}

// A record is lent only when it is over, and never older than what was added to it.
func TestLentRecordIsOverAndNotStale(t *testing.T) {
	r := finished(t)
	stale, chain := fold(t, r.records), session.Chain{Session: r.records[0].Session}
	for i := range r.records {
		if err := chain.Check(&r.records[i]); err != nil {
			t.Fatal(err)
		}
	}
	old := stale.ID
	r.agent() // another process, with no session at hand
	open := session.NewProcedure(session.ID{7})
	r.cold.Lend(open, session.Chain{Session: open.ID, Seq: 3})
	if r.cold.Knows(open.ID) {
		t.Error("a session that is not over was taken as one to add to")
	}
	r.cold.Lend(fold(t, r.records[:chain.Seq]), chain)
	later := outcome
	later.Session = &old
	r.must(later)
	for n := byte(1); r.cold.Knows(old) && n > 0; n++ { // others take its place
		p := session.NewProcedure(session.ID{8, n})
		p.State = session.Completed
		r.cold.Lend(p, session.Chain{Session: p.ID, Seq: 3})
	}
	r.cold.Lend(stale, chain)
	if r.cold.Knows(old) {
		t.Error("a record without what was added since was taken")
	}
	chain.Seq++
	r.cold.Lend(stale, chain)
	if !r.cold.Knows(old) {
		t.Error("the newest record was not taken")
	}
}
