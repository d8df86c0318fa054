package session_test

import (
	"testing"
	"time"

	"penlog/session"
	"penlog/session/limits"
)

func TestRestoredRunCountsStrokesUpToTheNewestSample(t *testing.T) {
	r := newRig(t, rigIdentity())
	r.treat(limits.Cheek, limits.AcneScarRolling)
	r.pen.Press(r.up)
	r.step(3 * time.Second)
	p := r.check() // the agent dies: what is committed is all there is
	var chain, signal session.Chain
	chain.Session, signal.Session = p.ID, p.ID
	tail := session.NewTail(p)
	var last session.Sample
	for i := range r.records {
		_ = chain.Check(&r.records[i])
	}
	for i := range r.chunks {
		_ = signal.CheckChunk(&r.chunks[i])
		if err := tail.Take(&r.chunks[i]); err != nil {
			t.Fatal(err)
		}
		samples, _ := session.Samples(r.chunks[i].Body)
		last = samples[len(samples)-1]
	}
	if !p.Running {
		t.Fatal("the journal does not end in a run")
	}
	r.notes, r.queue = nil, nil
	r.agent()
	r.cold.Restore(p, chain, signal, tail, r.now, r.at)
	got, want := r.cold.Procedure().Totals.Strokes, uint64(last.Reading.Strokes-p.RunFrom)
	if got != want || want < 150 {
		t.Errorf("restored with %d strokes, the newest sample says %d", got, want)
	}
}
