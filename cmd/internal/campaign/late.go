package campaign

import (
	"slices"
	"time"

	"penlog/protocol"
	"penlog/session"
	"penlog/session/passes"
)

// deepest keeps how deep strokes truly went, in blocks of 64 by their number, so that
// a recorded stretch can be looked into whenever it is said to be of another zone.
type deepest struct {
	blocks []protocol.Micrometres
	first  uint64 // number of the first block
}

const block = 64

// maxBlocks are kept: some minutes.
const maxBlocks = 1 << 12

// stroke takes in the n-th stroke.
func (d *deepest) stroke(n uint64, deep protocol.Micrometres) {
	k := n / block
	if len(d.blocks) == 0 {
		d.first = k
	}
	if k < d.first {
		return
	}
	if k-d.first >= maxBlocks {
		d.blocks, d.first = d.blocks[:0], k
	}
	for uint64(len(d.blocks)) <= k-d.first {
		d.blocks = append(d.blocks, 0)
	}
	d.blocks[k-d.first] = max(d.blocks[k-d.first], deep)
}

// least is how deep the deepest of (from, to] went at least: blocks on the edge are
// left out.
func (d *deepest) least(from, to uint64) (deep protocol.Micrometres) {
	for k := max(from/block+1, d.first); (k+1)*block <= to+1 && k-d.first < uint64(len(d.blocks)); k++ {
		deep = max(deep, d.blocks[k-d.first])
	}
	return deep
}

// moved judges what is said of stretches that were made in another zone: what went
// deeper there than is allowed is recorded, found late, and nothing else is. Source:
// session/HAZARDS.md, Z1.
func (j *judge) moved(e *session.Reattributed) {
	z, tolerance := &j.account.zones, protocol.Micrometres(0)
	j.w.logf("%d stretches are moved to %v, found late: %t", len(e.Spans), e.Zone, e.Late != nil)
	if e.Verdict.Allowed > 0 && z.measures {
		tolerance = z.tolerance
	}
	limit := e.Verdict.Allowed + tolerance
	if most := j.w.depths.limit(e.Zone, e.Indication); e.Verdict.Allowed > most && !j.account.wasOverridden(e) {
		j.blame("late", "stretches are moved to %v, where %v is allowed by them, and %v by the limits", e.Zone, e.Verdict.Allowed, most)
	}
	found, strokes := false, uint64(0)
	for _, n := range e.Spans {
		if n < 1 || n > len(z.spans) {
			j.blame("late", "stretch %d is moved, of %d", n, len(z.spans))
			continue
		}
		x := &z.spans[n-1]
		switch {
		case x.entered && (e.Verdict.Allowed == 0 || x.dial > e.Verdict.Allowed):
			found = true
		case x.entered:
		case e.Verdict.Allowed == 0:
			found, strokes = found || x.strokes > 0 || x.deepest > 0, strokes+x.strokes
		case x.deepest > limit:
			found, strokes = true, strokes+max(above(x.depths, limit), 1)
		}
		if deep := x.truly; deep > limit+2*j.id.Tolerance() && z.measures && e.Late == nil {
			j.blame("late", "a stretch that went to %v is moved to %v, where %v is allowed, and nothing is found late", deep, e.Zone, e.Verdict.Allowed)
		}
	}
	if found != (e.Late != nil) {
		j.blame("late", "stretches are moved to %v, where %v is allowed: found late: %t, by the stretches %t", e.Zone, e.Verdict.Allowed, e.Late != nil, found)
	} else if found && (e.Late.Strokes != strokes || e.Late.Ceiling != e.Verdict.Allowed) {
		j.blame("late", "%d strokes above %v are found late, by the stretches %d above %v", e.Late.Strokes, e.Late.Ceiling, strokes, e.Verdict.Allowed)
	}
}

// wasOverridden reports whether an override is in force where stretches are moved to, and
// was as each of them was recorded: one that came later says nothing of needles that
// were there before.
func (a *account) wasOverridden(e *session.Reattributed) bool {
	o := a.override
	return o != nil && o.at(&e.Verdict) && !slices.ContainsFunc(e.Spans, func(n int) bool {
		return n >= 1 && n <= len(a.zones.spans) && a.zones.spans[n-1].until < o.since
	})
}

// above is how many strokes went deeper than a limit.
func above(d passes.Depths, limit protocol.Micrometres) (n uint64) {
	for _, b := range d {
		if b.Depth > limit {
			n += uint64(b.Strokes)
		}
	}
	return n
}

// looked keeps how deep the newest stretch truly went, where that is known.
func (j *judge) looked(from, to uint64) {
	z := &j.account.zones
	if n := len(z.spans); n > 0 && j.unseen == "" && j.w.now > j.unseenTill && !j.lately(time.Hour, blinding...) {
		z.spans[n-1].truly = j.dose.deep.least(from, to)
	}
}
