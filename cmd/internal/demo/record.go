package demo

import (
	"context"
	"encoding/json"
	"fmt"

	"penlog/session"
	"penlog/store"
)

// ledger is what the API acknowledged: what must be in the record whatever dies.
type ledger struct {
	acked []session.Event // of commands, in their order
	top   uint64          // newest record that was shown as committed
}

// found says what the record holds of a ledger.
type found struct {
	acked   int    // events acknowledged and there
	top     uint64 // newest record shown as committed before
	records int    // there now
	lost    []string
}

// check reads the session from the record, which an agent may be writing, and
// looks for all that was acknowledged.
func (l *ledger) check(ctx context.Context, dir string, id session.ID) (f found, err error) {
	r, err := store.OpenReader(ctx, dir)
	if err != nil {
		return f, fmt.Errorf("demo: the record: %w", err)
	}
	defer r.Close()
	records, err := r.Records(ctx, id)
	if err != nil {
		return f, fmt.Errorf("demo: the record: %w", err)
	}
	f.top, f.records = l.top, len(records)
	if uint64(len(records)) < l.top {
		f.lost = append(f.lost, fmt.Sprintf("%d records were shown as on the disk, %d are there", l.top, len(records)))
	}
	at := 0
	for _, e := range l.acked {
		want, err := json.Marshal(e)
		if err != nil {
			return f, err
		}
		here := false
		for at < len(records) && !here {
			got, err := same(&records[at], e.Kind(), want)
			if err != nil {
				return f, err
			}
			here = got
			at++
		}
		if !here {
			f.lost = append(f.lost, "acknowledged and not in the record: "+e.Kind())
			break // the order is lost too: what follows can't be judged
		}
		f.acked++
	}
	return f, nil
}

// same reports whether the record holds that event.
func same(r *session.Record, kind string, want []byte) (bool, error) {
	if r.Kind != kind {
		return false, nil
	}
	if kind == (session.Ended{}).Kind() {
		return true, nil // its totals and head are filled in when it is sealed
	}
	e, _, err := session.DecodeEvent(r)
	if err != nil {
		return false, fmt.Errorf("demo: the record: %w", err)
	}
	got, err := json.Marshal(e)
	return string(got) == string(want), err
}

// verified is what the record came to, read after all writing has ended.
type verified struct {
	store.Verified
	kinds  map[string]int
	trips  int
	holds  int
	whys   []string // of pauses
	marked bool     // the session and every record of it say 'simulated'
	ended  *session.Ended
}

// verify checks both chains of every session, and tells what the one with that id holds.
func verify(ctx context.Context, dir string, id session.ID) (v verified, err error) {
	r, err := store.OpenReader(ctx, dir)
	if err != nil {
		return v, fmt.Errorf("demo: the record: %w", err)
	}
	defer r.Close()
	if v.Verified, err = r.VerifyAll(ctx); err != nil {
		return v, fmt.Errorf("demo: the record does not verify: %w", err)
	}
	info, err := r.Session(ctx, id)
	if err != nil {
		return v, fmt.Errorf("demo: the record: %w", err)
	}
	records, err := r.Records(ctx, id)
	if err != nil {
		return v, fmt.Errorf("demo: the record: %w", err)
	}
	v.kinds, v.marked = map[string]int{}, info.Simulated
	pen := false
	for i := range records {
		e, src, err := session.DecodeEvent(&records[i])
		if err != nil {
			return v, fmt.Errorf("demo: the record: %w", err)
		}
		v.kinds[records[i].Kind]++
		pen = pen || records[i].Kind == (session.PenUp{}).Kind()
		if pen && src != session.SourceSimulator {
			v.marked = false
		}
		switch e := e.(type) {
		case session.RuleBroke:
			switch e.Response {
			case session.Trip:
				v.trips++
			case session.Hold:
				v.holds++
			}
		case session.PausedEvent:
			v.whys = append(v.whys, e.Why)
		case session.Ended:
			v.ended = &e
		}
	}
	return v, nil
}
