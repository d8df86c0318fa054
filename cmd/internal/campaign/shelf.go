package campaign

import (
	"errors"
	"fmt"
	"slices"

	"penlog/protocol"
	"penlog/session"
)

// shelf is what is durable of one session.
type shelf struct {
	id      session.ID
	records []session.Record
	chain   session.Chain
	signal  session.Chain
	fold    *session.Procedure
	chunks  []*session.SignalChunk
	samples uint64
	newest  protocol.Instant // arrival of its newest sample, in the world's time
	bad     error            // it does not hold together
}

// keep makes a write durable.
func (d *disk) keep(w *write) *shelf {
	b := &w.batch
	var s *shelf
	for _, k := range d.kept {
		if k.id == b.Session {
			s = k
		}
	}
	if s == nil {
		s = &shelf{id: b.Session, chain: session.Chain{Session: b.Session}, signal: session.Chain{Session: b.Session},
			fold: session.NewProcedure(b.Session)}
		d.kept = append(d.kept, s)
	}
	for i := range b.Records {
		r := &b.Records[i]
		if err := s.chain.Check(r); err != nil && s.bad == nil {
			s.bad = err
		}
		e := w.events[i]
		if e == nil {
			s.bad = fmt.Errorf("record %d can't be read", r.Seq)
			continue
		}
		s.fold.Apply(e, r.At)
		s.records = append(s.records, *r)
	}
	if c := b.Chunk; c != nil {
		if d.rng.chance(2) && len(c.Body) > 0 {
			changed, chain := *c, s.signal
			changed.Body = slices.Clone(c.Body)
			changed.Body[d.rng.below(len(c.Body))] ^= byte(1 << d.rng.below(8))
			if chain.CheckChunk(&changed) == nil && s.bad == nil {
				s.bad = errors.New("a bit of the signal was changed and its chain holds")
			}
		}
		if (c.Seq != s.signal.Seq+1 || c.Prev != s.signal.Head || c.Seq%8 == 1 && c.Hash != hashedChunk(c)) && s.bad == nil {
			s.bad = fmt.Errorf("chunk %d of the signal does not follow from the one before by its hash", c.Seq)
		}
		if err := s.signal.CheckChunk(c); err != nil && s.bad == nil {
			s.bad = err
		}
		s.chunks = append(s.chunks, c)
		s.samples += uint64(c.Count)
		if at := arrived(c); at != 0 {
			s.newest = at + w.epoch
		} else if s.bad == nil && (c.Count > 0 || len(c.Body) > 0) {
			s.bad = fmt.Errorf("chunk %d of the signal is to hold %d samples, and has %d bytes", c.Seq, c.Count, len(c.Body))
		}
	}
	return s
}

// open returns the newest session that nothing has closed, nil when there is none.
func (d *disk) open() *shelf {
	for i := len(d.kept) - 1; i >= 0; i-- {
		if s := d.kept[i]; !s.fold.State.Over() {
			return s
		}
	}
	return nil
}

// last is the newest reading that the signal holds, false when it is of no session of
// the pen that p has.
func (s *shelf) last(p *session.Procedure) (protocol.Reading, bool) {
	n := len(s.chunks)
	if p.Pen == nil || n == 0 || s.chunks[n-1].To < p.PenAt {
		return protocol.Reading{}, false
	}
	samples, err := session.Samples(s.chunks[n-1].Body)
	if err != nil || len(samples) == 0 {
		return protocol.Reading{}, false
	}
	return samples[len(samples)-1].Reading, true
}

// tail is what the signal tells of a procedure's end, as a restarted agent reads it.
func (s *shelf) tail(p *session.Procedure) *session.Tail {
	t := session.NewTail(p)
	for _, c := range s.chunks {
		if t.Take(c) != nil {
			break // found when it was kept
		}
	}
	return t
}

// refold folds a session's records anew, as a restarted agent does.
func (s *shelf) refold() *session.Procedure {
	p := session.NewProcedure(s.id)
	for i := range s.records {
		e, _, err := session.DecodeEvent(&s.records[i])
		if err != nil {
			continue // found when it was kept
		}
		p.Apply(e, s.records[i].At)
	}
	return p
}
