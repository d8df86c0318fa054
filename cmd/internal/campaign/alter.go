package campaign

import (
	"fmt"
	"slices"

	"penlog/session"
)

// alter changes one thing of one record, drawn from r, in a copy of what the disk holds
// of a session, and gives what was changed and how the chain finds it: nil when it does
// not. There is a record.
func (s *shelf) alter(r *rng) (what string, found error) {
	at := r.below(len(s.records))
	changed := s.records[at]
	switch r.below(3) {
	case 0:
		changed.Body = slices.Clone(changed.Body)
		changed.Body[r.below(len(changed.Body))] ^= 1 << r.below(8)
		what = "a bit of the body"
	case 1:
		changed.At++
		what = "the moment"
	case 2:
		changed.Kind += "x"
		what = "the kind"
	}
	what += fmt.Sprintf(" of record %d", changed.Seq)
	chain := session.Chain{Session: s.id}
	for i := range s.records {
		rec := &s.records[i]
		if i == at {
			rec = &changed
		}
		if err := chain.Check(rec); err != nil {
			return what, err
		}
	}
	return what, nil
}

// tamper judges that a change of a session that holds together is found.
func (j *judge) tamper(s *shelf) {
	if len(s.records) == 0 || s.bad != nil {
		return
	}
	r := stream(j.w.script.Seed, forTamper)
	if what, found := s.alter(&r); found == nil {
		j.blame("chain", "%s was changed and the chain holds", what)
	}
}

// alter changes as much of what the disk holds as a script asks for, one thing at a
// time, and says why one of them was not found; empty when each was.
func (w *world) alter() string {
	r := stream(w.script.Seed, forAlter)
	kept := slices.DeleteFunc(slices.Clone(w.disk.kept), func(s *shelf) bool { return len(s.records) == 0 })
	if w.altered > 0 && len(kept) == 0 {
		return "there is no record to change"
	}
	for range w.altered {
		what, found := pick(&r, kept).alter(&r)
		if found == nil {
			return what + " was changed, and the chain holds"
		}
		w.logf("%s was changed, and that is found: %v", what, found)
	}
	return ""
}
