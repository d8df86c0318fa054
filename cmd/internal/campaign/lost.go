package campaign

import (
	"slices"
	"time"

	"penlog/protocol"
	"penlog/session"
	"penlog/sim"
)

// telling is a reading that the slow lane was told of in the session at hand, and that
// is not durable yet, as far as the judge can tell.
type telling struct {
	at     protocol.Instant // it came, the world's time
	before uint64           // strokes of which the lane was told before it
	ran    uint64           // strokes that it told of, of a motor that was followed since the reading before
}

// fragile is what dies with the agent: what it was told and has not written.
type fragile struct {
	session  session.ID // that strokes are counted of
	heard    uint64     // strokes of which Cold was told in it
	tellings []telling
	least    uint64 // strokes of which it was told by what was durable when the agent died
	ran      uint64 // strokes beyond these, of motors that were followed
}

// told takes in a reading of the session at hand: so many strokes since the one before,
// of the same connection or not.
func (f *fragile) told(at protocol.Instant, strokes uint64, followed bool) {
	t := telling{at: at, before: f.heard}
	if f.heard += strokes; followed {
		t.ran = strokes
	}
	f.tellings = append(f.tellings, t)
}

// durable drops what is: what came up to a moment. Of what came at that moment together
// some may not be.
func (f *fragile) durable(newest protocol.Instant) {
	i := 0
	for i < len(f.tellings) && f.tellings[i].at < newest {
		i++
	}
	f.tellings = f.tellings[i:]
}

// dies takes note of what is lost.
func (f *fragile) dies() {
	f.least, f.ran = f.heard, 0
	if len(f.tellings) > 0 {
		f.least = f.tellings[0].before
	}
	for _, t := range f.tellings {
		f.ran += t.ran
	}
	f.tellings = f.tellings[:0]
}

// begins counts the strokes of a session from so many on.
func (f *fragile) begins(id session.ID, strokes uint64) {
	*f = fragile{session: id, heard: strokes, tellings: f.tellings[:0]}
}

// survived judges with how many strokes a restarted agent takes up a session: no more
// than the one that died was told of, no less than durable readings tell, and what is
// lost was made in the time for which a permit outlives the record. Source: DESIGN promise 7.
func (j *judge) survived(p *session.Procedure) {
	f, n := &j.fragile, p.Totals.Strokes
	defer f.begins(p.ID, n)
	if f.session != p.ID { // the one that came after it left nothing
		return
	}
	if n <= f.heard {
		j.w.res.Counts.LostReads += f.heard - n
	}
	if j.fickle() {
		return
	}
	if n > f.heard {
		j.blame("lost strokes", "a restarted agent takes up %d strokes, the one that died was told of %d", n, f.heard)
	}
	if n < f.least {
		j.blame("lost strokes", "a restarted agent takes up %d strokes, what was durable tells of %d", n, f.least)
	}
	most := j.atMost(lease + longLife + j.stop + j.w.delay + margin)
	if f.ran > most && j.guarded {
		j.blame("lost strokes", "%d strokes were told of by readings that are not durable, and no more than %d can be", f.ran, most)
	}
}

// atMost is how many strokes the pen makes in a time, by its greatest rate.
func (j *judge) atMost(d time.Duration) uint64 {
	return uint64(d.Seconds()*float64(j.id.RateMax)/10) + 2
}

// fickle reports whether something happened to the pen, its counters or its identity
// after which its strokes need not be what they were.
func (j *judge) fickle() bool {
	return slices.ContainsFunc(j.list, func(t trouble) bool { return t.room && t.kind < sim.FaultLineNoise }) ||
		j.lately(time.Hour, sim.FaultOtherPen, sim.FaultSecondPen, sim.FaultTakeOver, sim.FaultSecondHost, sim.FaultOtherHost)
}
