package campaign

import (
	"time"

	"penlog/protocol"
	"penlog/session"
)

// penEvents is the judge's account of what happened at the pen: each is recorded
// once, and the pen forgets it when it is on the disk. Source: PROTOCOL.md §7.7.
type penEvents struct {
	acted      map[actOf]acted    // that are recorded
	durablePen session.PenBoot    // of the pen that came last, by what is durable
	diedAt     protocol.Instant   // the agent, last
	presses    []protocol.Instant // true ones to start, of which no record tells yet
	alone      uint64             // strokes that were made while no session was open
	counted    uint64             // strokes, by then
}

// actOf names what a pen did: its boot's event of that number.
type actOf struct {
	boot session.PenBoot
	id   uint32
}

// acted is the record of it.
type acted struct {
	in      session.ID // the newest session that has it
	opened  protocol.Instant
	durable bool
}

func bootOf(e *session.PenUp) session.PenBoot {
	return session.PenBoot{Vendor: e.Vendor, Model: e.Model, Serial: e.Serial, Boot: e.Boot}
}

// pressedTruly follows a press to start.
func (j *judge) pressedTruly(at protocol.Instant) {
	if j.oracle.open() && j.calmLink() && j.w.now.Sub(j.opened) > time.Second {
		j.presses = append(j.presses, at)
	}
}

// calmLink reports whether nothing is wrong, or was of late, that can keep an event of the pen.
func (j *judge) calmLink() bool {
	o := &j.oracle
	return o.greeted() && j.w.now.Sub(o.up.since) > time.Second && j.settled(calm)
}

// acts follows what the record says of the pen.
func (j *judge) acts(e *session.PenActed) {
	if j.duties > 0 {
		j.said(e.What)
	}
	if e.What == "press_start" && len(j.presses) > 0 {
		j.presses = j.presses[1:]
	}
	if !j.oracle.up.is {
		return
	}
	ago := j.tick(j.w.now).Since(protocol.Tick(e.Tick))
	// An agent that was started anew takes it for the session's: it cannot tell.
	if ago > 0 && j.account.pen.Boot == j.id.Boot && j.w.now.Sub(j.opened) < ago-soon && j.diedAt <= j.opened && !j.lately(time.Hour, agesLie...) {
		j.blame("event of before", "the pen's event %d was %v ago, before the session", e.ID, ago)
	}
	if j.acted == nil {
		j.acted = map[actOf]acted{}
	}
	k, in := actOf{bootOf(&j.account.pen), e.ID}, j.w.host.cold.Procedure().ID
	// One that was started anew does not know what it recorded in a session that is over.
	if was, twice := j.acted[k]; twice && (was.in == in || j.diedAt <= was.opened) {
		j.blame("event twice", "the pen's event %d is recorded again", e.ID)
	}
	j.acted[k] = acted{in: in, opened: j.opened}
}

// keptEvents takes note of what is durable.
func (j *judge) keptEvents(events []session.Event) {
	for _, e := range events {
		switch e := e.(type) {
		case session.PenUp:
			j.durablePen = bootOf(&e)
		case session.PenActed:
			k := actOf{j.durablePen, e.ID}
			if a, ok := j.acted[k]; ok {
				a.durable = true
				j.acted[k] = a
			}
		}
	}
}

// forgets judges that the pen is told to forget an event.
func (j *judge) forgets(id uint32) {
	if o := &j.oracle; o.up.is {
		up := &o.up.id
		if a, ok := j.acted[actOf{session.PenBoot{Vendor: up.Vendor, Model: up.Model, Serial: up.Serial, Boot: up.Boot}, id}]; ok && !a.durable {
			j.blame("event forgotten", "the pen is to forget its event %d, which is not on the disk", id)
		}
	}
}

// checkEvents judges presses that nobody recorded, and counts strokes that no session had.
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
	for k, a := range j.acted {
		if !a.durable {
			delete(j.acted, k)
		}
	}
	j.presses, j.diedAt = j.presses[:0], j.w.now
}

// lossy are troubles after which a record need not have all strokes: of the pen, its
// counters or its identity, and of an agent that died with strokes in its head.
func (j *judge) lossy() bool {
	return j.w.res.Counts.Restarts > 0 || j.fickle()
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
