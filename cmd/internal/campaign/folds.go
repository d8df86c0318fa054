package campaign

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"

	"penlog/session"
)

// handed follows the records on their way to the disk: their fold is the live
// state. It returns the events that they hold, nil for one that can't be read.
func (j *judge) handed(b *session.Batch) []session.Event {
	h := &j.w.host
	if len(b.Records) == 0 {
		return nil
	}
	if h.handed == nil || h.handed.ID != b.Session {
		h.handed = session.NewProcedure(b.Session)
	}
	events := make([]session.Event, len(b.Records))
	for i := range b.Records {
		if e, _, err := session.DecodeEvent(&b.Records[i]); err == nil {
			events[i] = e
			j.prior.take(h.handed)
			h.handed.Apply(e, b.Records[i].At)
			if why := taken(&j.prior, e, b.Records[i].At, h.handed); why != "" {
				j.blame("taken in", "record %d, %s: %s", b.Records[i].Seq, e.Kind(), why)
			}
			if x, ok := e.(session.Signed); ok && (x.Seq+1 != b.Records[i].Seq || x.Head != b.Records[i].Prev) {
				j.blame("signature", "record %d signs up to record %d, or not what that one is", b.Records[i].Seq, x.Seq)
			}
		}
	}
	// A fold that went apart stays apart: not each batch has to be looked at.
	if j.batches++; j.batches%4 == 1 {
		j.compare("after a batch", h.handed, h.cold.Procedure())
	}
	return events
}

// compare judges whether two folds that took in as many events are the same.
func (j *judge) compare(when string, fold, live *session.Procedure) {
	if fold == nil || live == nil || fold.ID != live.ID || fold.Events != live.Events {
		return
	}
	if reflect.DeepEqual(fold, live) {
		return
	}
	// Nothing and empty are the same to the journal.
	a, err := json.Marshal(fold)
	if err != nil {
		panic(err)
	}
	b, _ := json.Marshal(live)
	if !bytes.Equal(a, b) {
		j.blame("fold", "%s the journal folds to %s, live it is %s", when, a, b)
	}
}

// strokesRight holds the record's strokes against those that Cold was told of.
func (j *judge) strokesRight(when string, got uint64) {
	if got != j.heard {
		j.blame("strokes", "%s the record has %d strokes, readings told of %d", when, got, j.heard)
	}
}

// tamper changes one byte of one record, drawn from the seed, and judges whether
// that is found.
func (j *judge) tamper(s *shelf) {
	if len(s.records) == 0 || s.bad != nil {
		return
	}
	r := stream(j.w.script.Seed, forTamper)
	at := r.below(len(s.records))
	changed := s.records[at]
	what := ""
	switch r.below(3) {
	case 0:
		changed.Body = slices.Clone(changed.Body)
		changed.Body[r.below(len(changed.Body))] ^= byte(1 << r.below(8))
		what = "a bit of the body"
	case 1:
		changed.At++
		what = "the moment"
	case 2:
		changed.Kind += "x"
		what = "the kind"
	}
	c := session.Chain{Session: s.id}
	for i := range s.records {
		rec := &s.records[i]
		if i == at {
			rec = &changed
		}
		if c.Check(rec) != nil {
			return
		}
	}
	j.blame("chain", "%s of record %d was changed and the chain holds", what, s.records[at].Seq)
}
