package campaign

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"penlog/protocol"
	"penlog/session"
	"penlog/sim"
)

// penEvents is the judge's account of what happened at the pen: each is recorded
// once, and the pen forgets it when it is on the disk. Source: PROTOCOL.md §7.7.
type penEvents struct {
	acted   map[uint64]bool    // by boot and id: recorded; true: and durable
	order   []uint64           // of these, as they were recorded
	diedAt  protocol.Instant   // the agent, last
	presses []protocol.Instant // true ones to start, of which no record tells yet
	alone   uint64             // strokes that were made while no session was open
	counted uint64             // strokes, by then
}

func eventKey(boot, id uint32) uint64 { return uint64(boot)<<32 | uint64(id) }

// pressedTruly follows a press to start.
func (j *judge) pressedTruly(at protocol.Instant) {
	if j.oracle.open() && j.calmLink() && j.w.now.Sub(j.opened) > time.Second {
		j.presses = append(j.presses, at)
	}
}

// calmLink reports whether nothing is wrong, or was of late, that can keep an event of the pen.
func (j *judge) calmLink() bool {
	o := &j.oracle
	return o.up.is && o.up.nonce != 0 && j.w.now.Sub(o.up.since) > time.Second && j.settled(calm)
}

// acts follows what the record says of the pen.
func (j *judge) acts(e *session.PenActed) {
	if e.What == "press_start" && len(j.presses) > 0 {
		j.presses = j.presses[1:]
	}
	if !j.oracle.up.is {
		return
	}
	ago := j.tick(j.w.now).Since(protocol.Tick(e.Tick))
	// An agent that was started anew takes it for the session's: it cannot tell.
	if ago > 0 && j.oracle.up.id.Boot == j.id.Boot && j.w.now.Sub(j.opened) < ago-soon && j.diedAt <= j.opened && !j.lately(time.Hour, agesLie...) {
		j.blame("event of before", "the pen's event %d was %v ago, before the session", e.ID, ago)
	}
	if j.acted == nil {
		j.acted = map[uint64]bool{}
	}
	k := eventKey(j.oracle.up.id.Boot, e.ID)
	if _, twice := j.acted[k]; twice && j.w.res.Counts.Restarts == 0 && !j.lately(time.Hour, sim.FaultOtherPen, sim.FaultSecondPen) {
		j.blame("event twice", "the pen's event %d is recorded again", e.ID)
	}
	j.acted[k] = false
	j.order = append(j.order, k)
}

// keptEvents takes note of what is durable.
func (j *judge) keptEvents(events []session.Event) {
	for _, e := range events {
		if a, ok := e.(session.PenActed); ok {
			// The newest of that number: an older boot's was durable long ago, or its
			// agent died.
			for i := len(j.order) - 1; i >= 0; i-- {
				if k := j.order[i]; uint32(k) == a.ID {
					j.acted[k] = true
					break
				}
			}
		}
	}
}

// forgets judges that the pen is told to forget an event.
func (j *judge) forgets(id uint32) {
	if o := &j.oracle; o.up.is {
		if durable, ok := j.acted[eventKey(o.up.id.Boot, id)]; ok && !durable {
			j.blame("event forgotten", "the pen is to forget its event %d, which is not on the disk", id)
		}
	}
}

// presses that nobody recorded are missed; strokes that no session had are counted.
func (j *judge) checkEvents() {
	if n := j.w.pen.Strokes(); n != j.counted {
		if !j.oracle.open() {
			j.alone += n - j.counted
		}
		j.counted = n
	}
	if len(j.presses) == 0 {
		return
	}
	if !j.oracle.open() || !j.calmLink() {
		j.presses = j.presses[:0]
	} else if since := j.w.now.Sub(j.presses[0]); since > 2*soon {
		j.blame("event missing", "a press %v ago is not recorded", since)
	}
}

// killedEvents: what was not durable may be recorded again.
func (j *judge) killedEvents() {
	for k, durable := range j.acted {
		if !durable {
			delete(j.acted, k)
		}
	}
	j.presses, j.diedAt = j.presses[:0], j.w.now
}

// lossy are troubles after which a record need not have all strokes: of the pen, its
// counters or its identity, and of an agent that died with strokes in its head.
func (j *judge) lossy() bool {
	return j.w.res.Counts.Restarts > 0 || slices.ContainsFunc(j.list, func(t trouble) bool { return t.room && t.kind < sim.FaultLineNoise }) ||
		j.lately(time.Hour, sim.FaultOtherPen, sim.FaultSecondPen, sim.FaultTakeOver, sim.FaultSecondHost)
}

// strokesTrue holds the strokes of all sessions against those that the pen made.
func (j *judge) strokesTrue() {
	if j.lossy() || j.alone > 0 || !j.settled(5*time.Second) || !j.w.pen.AtRest() || !j.oracle.up.is || j.w.now.Sub(j.strokeAt) < time.Second { // the last ones are on their way
		return
	}
	if why := j.recordedStrokes(); why != "" {
		j.blame("true strokes", "%s", why)
	}
}

// bounds judges the lengths of the queues by the figures of the agent.
func (j *judge) bounds() {
	p := &j.w.res.Counts.Peaks
	for _, b := range [...]struct {
		what      string
		got, most int
	}{
		{"the notes to Cold", p.Notes, j.w.host.cap}, {"the orders to Hot", p.Orders, ordersCap}, {"the batches on their way to the disk", p.Flying, 10},
		{"the terminal's buffer", p.TTY, ttySize}, {"the line", p.Line, 4096},
	} {
		if b.got > b.most {
			j.blame("bounds", "%s came to %d, the bound is %d", b.what, b.got, b.most)
		}
	}
}

// loaded judges how much waits inside the two lanes, by the bounds that they state.
func (j *judge) loaded() {
	h, p := &j.w.host, &j.w.res.Counts.Peaks
	both := h.cold.Load()
	both.Notes = h.hot.Load().Notes // what is Hot's is 0 in Cold's, and the other way round
	p.Records, p.Signal, p.Backlog = max(p.Records, both.Records), max(p.Signal, both.Signal), max(p.Backlog, both.Notes)
	if what, got, most := both.Over(); what != "" {
		j.blame("bounds", "%d %s wait, the bound is %d", got, what, most)
	}
}

// hashed checks records by a hash of the judge's own: SHA-256 over a name, then
// numbers as 64 bits, big-endian, and texts behind their lengths. Source: session/journal.go.
func hashed(id session.ID, records []session.Record) error {
	var prev session.Hash
	for i := range records {
		r := &records[i]
		b := append([]byte("penlog record 1\x00"), id[:]...)
		for _, v := range [...]uint64{uint64(i + 1), uint64(r.At), uint64(r.Mono), uint64(len(r.Kind))} {
			b = binary.BigEndian.AppendUint64(b, v)
		}
		b = append(b, r.Kind...)
		b = binary.BigEndian.AppendUint64(b, uint64(len(r.Body)))
		b = append(append(b, r.Body...), prev[:]...)
		if r.Prev != prev || r.Hash != session.Hash(sha256.Sum256(b)) {
			return fmt.Errorf("record %d does not follow from the one before by its hash", i+1)
		}
		prev = r.Hash
	}
	return nil
}

// hashedChunk is the same for a chunk of the signal. Source: session/signal.go.
func hashedChunk(c *session.SignalChunk) session.Hash {
	b := append([]byte("penlog signal 1\x00"), c.Session[:]...)
	for _, v := range [...]uint64{c.Seq, uint64(c.From), uint64(c.To)} {
		b = binary.BigEndian.AppendUint64(b, v)
	}
	b = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(b, c.Count), c.Lost)
	b = binary.BigEndian.AppendUint64(b, uint64(len(c.Body)))
	b = append(append(b, c.Body...), c.Prev[:]...)
	return sha256.Sum256(b)
}
