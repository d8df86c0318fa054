package campaign

import (
	"bytes"
	"encoding/json"
	"reflect"

	"penlog/session"
)

// folds are sessions as the records of them that were handed over say that they are.
type folds map[session.ID]*session.Procedure

// of is the fold of a session; of one from before this life of the agent, of what the
// disk has of it.
func (f folds) of(id session.ID, d *disk) *session.Procedure {
	if f[id] == nil {
		f[id] = session.NewProcedure(id)
		for _, s := range d.kept {
			if s.id == id {
				f[id] = s.refold()
			}
		}
	}
	return f[id]
}

// handed follows the records on their way to the disk: their fold is the live
// state. It returns the events that they hold, nil for one that can't be read.
func (j *judge) handed(b *session.Batch) []session.Event {
	if len(b.Records) == 0 {
		return nil
	}
	fold := j.w.host.handed.of(b.Session, &j.w.disk)
	events := make([]session.Event, len(b.Records))
	for i := range b.Records {
		if e, _, err := session.DecodeEvent(&b.Records[i]); err == nil {
			events[i] = e
			j.prior.take(fold)
			fold.Apply(e, b.Records[i].At)
			if why := taken(&j.prior, e, b.Records[i].At, fold); why != "" {
				j.blame("taken in", "record %d, %s: %s", b.Records[i].Seq, e.Kind(), why)
			}
			if x, ok := e.(session.Signed); ok && (x.Seq+1 != b.Records[i].Seq || x.Head != b.Records[i].Prev) {
				j.blame("signature", "record %d signs up to record %d, or not what that one is", b.Records[i].Seq, x.Seq)
			}
		}
	}
	j.batches++
	return events
}

// toDisk is how many batches may be on their way before what is recorded waits.
// Source: session.Cold, 'batches that wait for their commit'.
const toDisk = 8

// folded judges, when Cold has handed over what it has to, that nothing is kept back,
// and now and then that what was handed over is all that there is.
func (j *judge) folded() {
	h := &j.w.host
	load := h.cold.Load()
	if load.Records > 0 && load.Batches < toDisk {
		j.blame("kept back", "%d records wait while %d batches are on their way to the disk", load.Records, load.Batches)
	}
	if j.batches/4 == j.compared { // a fold that went apart stays apart: not each batch has to be looked at
		return
	}
	j.compared = j.batches / 4
	j.compareLive("after a batch")
}

// compareLive judges that the session at hand is the fold of what was handed over of it,
// or that what is lacking waits.
func (j *judge) compareLive(when string) {
	h := &j.w.host
	p := h.cold.Procedure()
	if p == nil {
		return
	}
	fold, waits := h.handed.of(p.ID, &j.w.disk), h.cold.Load().Records
	if fold.Events+waits != p.Events {
		j.blame("fold", "%s %d events were handed over and %d wait, live there are %d", when, fold.Events, waits, p.Events)
	} else if waits == 0 {
		j.compare(when, fold, p)
	}
}

// compare judges whether two folds of as many events are the same.
func (j *judge) compare(when string, fold, live *session.Procedure) {
	if fold.Events != live.Events {
		j.blame("fold", "%s the journal folds to %d events, there are %d", when, fold.Events, live.Events)
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
