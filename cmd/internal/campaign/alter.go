package campaign

import (
	"fmt"
	"slices"

	"penlog/session"
)

// alter changes single bytes of what the disk holds, one at a time, in a copy, and
// says why one of them was not found; empty when each was.
func (w *world) alter() string {
	r := stream(w.script.Seed, forAlter)
	if w.altered > 0 && len(w.disk.kept) == 0 {
		return "there is no record to change"
	}
	for range w.altered {
		s := pick(&r, w.disk.kept)
		i := r.below(len(s.records))
		chain := session.Chain{Session: s.id}
		var err error
		for n := 0; n < len(s.records) && err == nil; n++ {
			rec := s.records[n]
			if n == i {
				rec.Body = slices.Clone(rec.Body)
				rec.Body[r.below(len(rec.Body))] ^= 1 << r.below(8)
			}
			err = chain.Check(&rec)
		}
		if err == nil {
			return fmt.Sprintf("a byte of record %d was changed, and the chain holds", s.records[i].Seq)
		}
		w.logf("a changed byte is found: %v", err)
	}
	return ""
}
