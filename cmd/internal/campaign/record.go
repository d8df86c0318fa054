package campaign

import (
	"fmt"
	"time"

	"penlog/cmd/internal/campaign/script"
	"penlog/protocol"
	"penlog/session"
)

// recording is the judge's account of what is on the disk and what should be.
type recording struct {
	unkept            []protocol.Instant // arrivals of readings since, the world's time
	newest            protocol.Instant   // arrival of the newest durable sample of this life of the agent, the world's time
	read              uint64             // readings of which Cold was told, likewise
	last              protocol.Reading
	have              bool
	live              bool                        // last is a reading of this connection, not of the same boot's before it
	of                uint32                      // the boot that it is of
	known             map[uint32]protocol.Reading // the newest, of boots that went, in the session at hand
	opened            protocol.Instant            // a session began: what is broken is told anew
	abortAt           protocol.Instant            // Cold was asked to abort it
	batches, compared int                         // that were handed over; quarters of them after which folds were held against each other
}

// abortMost is how long an abort waits for the motor. Source: session/cold_abort.go.
const abortMost = time.Second

// durable takes note of what the disk holds now.
func (j *judge) durable(s *shelf) {
	j.newest = max(j.newest, s.newest)
	i := 0
	for i < len(j.unkept) && j.unkept[i] <= j.newest {
		i++
	}
	j.unkept = j.unkept[i:]
	j.fragile.durable(j.newest)
	c, allow := s.fold.Desire()
	j.desires = append(j.desires, desire{j.w.now, s.id, c, allow})
	if s.bad != nil {
		j.blame("chain", "%v", s.bad)
	}
}

// covered judges a permit for the ceiling d: its verdict is durable, nothing
// durable that Hot could know of takes it back, and so is signal of the last 2 s.
func (j *judge) covered(d protocol.Micrometres, now protocol.Instant) {
	ok := false
	for i := len(j.desires) - 1; i >= 0; i-- {
		x := &j.desires[i]
		if ok = x.allow && x.ceiling == d; ok || x.at < j.w.host.drainedAt {
			break
		}
	}
	if !ok {
		why := "nothing durable"
		if n := len(j.desires); n > 0 {
			x := j.desires[n-1]
			why = "the durable record wants " + x.ceiling.String()
			if !x.allow {
				why += ", without a permit"
			}
		}
		j.blame("commit before permit", "a permit for %v is sent, and %s", d, why)
	}
	if r, h := &j.w.disk.reserve, &j.w.host; !r.held && now.Sub(max(r.freed, h.coldStall, h.hotStall)) > soon {
		j.blame("full disk", "a permit is sent %v after the reserve for a full disk was given up", now.Sub(r.freed))
	}
	oldest := j.newest
	if len(j.unkept) > 0 {
		oldest = j.unkept[0]
	}
	if age := now.Sub(oldest); age > lease {
		j.blame("commit lease", "a permit is sent %v after a reading came that is not durable", age)
	}
	if len(j.desires) > 64 {
		j.desires = append(j.desires[:0], j.desires[32:]...)
	}
}

// founded judges a ceiling as it is sent: less than the durable record wants is
// told at once, more is not.
func (j *judge) founded(d protocol.Micrometres) {
	h := &j.w.host
	taken := h.drainedAt
	if taken == j.w.now { // orders that wait together are followed one after the other
		taken = h.drainedWas
	}
	for i := len(j.desires) - 1; i >= 0; i-- {
		x := &j.desires[i]
		if x.ceiling >= d {
			return
		}
		if x.at < taken {
			break
		}
	}
	j.blame("commit before ceiling", "a ceiling of %v is sent and no durable verdict allows it", d)
}

// noted follows what Cold is told, before Cold is.
func (j *judge) noted(n *session.Note, c *session.Cold) {
	switch n.Kind {
	case session.NoteReading:
		if p := c.Procedure(); p != nil && !p.State.Over() {
			j.signal.told(p, n)
			if j.read++; !p.Foreign {
				j.lane.gap += n.Dropped
			}
			strokes := uint64(0)
			if j.have && !p.Foreign { // a simulated pen's are of no real session, and the other way round
				strokes = uint64(max(0, int32(n.Reading.Strokes-j.last.Strokes)))
			}
			j.fragile.told(n.At+j.w.host.epoch, strokes, j.live)
		}
		before := &j.last
		if !j.have {
			before = nil
		}
		j.dose.reading(j.of, &n.Reading, before)
		j.last, j.have, j.live = n.Reading, true, true
	case session.NoteStatus:
		p := c.Procedure()
		j.status(n, p != nil && !p.State.Over() && !p.Foreign)
	case session.NoteUp, session.NoteLost, session.NoteClock:
		if j.have {
			if j.known == nil {
				j.known = map[uint32]protocol.Reading{}
			}
			j.known[j.of] = j.last
		}
		j.have = false
		if n.Kind == session.NoteUp { // what the same boot did meanwhile is told by its next reading
			j.of = n.Identity.Boot
			r, ok := j.known[j.of]
			j.last, j.have, j.live = r, ok, false
		}
	}
}

// event judges what Cold decided.
func (j *judge) event(e session.Event) {
	if _, ok := e.(session.Opened); ok {
		j.courses.begins(j.w.host.cold.Procedure().ID, 0)
	}
	j.courses.take(e)
	j.recorded(e)
	j.gaps(e)
	c := &j.w.res.Counts
	switch e := e.(type) {
	case session.Opened:
		j.read, j.opened = 0, j.w.now
		j.fragile.begins(j.w.host.cold.Procedure().ID, 0)
		j.oracle.opened()
		clear(j.broken)
		j.have, j.known = j.have && j.live, nil // what was before is not of this session
	case session.PausedEvent:
		j.w.logf("paused to %v: %s", e.To, e.Why)
	case session.RuleBroke:
		j.w.logf("%v: %v, value %v, limit %v", e.Response, e.Rule, e.Value, e.Limit)
		c.Found = tally(c.Found, map[string]uint64{e.Response.String() + " " + e.Rule.String(): 1})
		j.answered(e.Rule)
		j.oracle.broke(&e)
		j.dwelt(e.Rule)
		j.w.mark(e.Response.String(), e.Rule.String())
		switch e.Response {
		case session.Trip:
			c.Trips++
			j.unsure("the guard tripped")
		case session.Hold:
			c.Holds++
		case session.Alarm:
			c.Alarms++
		}
		j.answer(&e)
	case session.RuleHealed:
		j.healed(e.Rule)
		j.oracle.healed(e.Rule)
		j.w.logf("healed: %v", e.Rule)
	case session.ModeChanged:
		j.w.logf("mode %v", e.Mode)
	case session.Ended:
		j.w.logf("ended as %v", e.As)
		j.strokesRight("at the end", e.Totals.Strokes)
		if e.As == session.Aborted && j.have && j.live && j.last.MotorOn() && j.w.now.Sub(j.abortAt) < abortMost {
			j.blame("seal", "the session is aborted %v after somebody asked, with the motor on: its last strokes are in no record", j.w.now.Sub(j.abortAt))
		}
		if o := &j.oracle; !o.up.is || !o.have || j.strokeAt.Add(margin+j.tick(j.w.now).Since(o.last.Tick)) > j.w.now {
			j.alone++ // what the pen did since it was last heard is of no session
		}
	case session.ZoneChosen:
		j.w.logf("zone chosen: %v, ceiling %v, to %v", e.Verdict.Zone, e.Verdict.Allowed, e.To)
	case session.PenUp:
		j.linked = true
		j.w.logf("%s", e.Kind())
	case session.Acknowledged:
		clear(j.broken) // what still is will be told anew
		j.oracle.acknowledged()
		j.w.logf("%s", e.Kind())
	case session.PressTested, session.ArmedEvent, session.ResumedEvent, session.PenDown:
		j.w.logf("%s", e.Kind())
	case session.MotorRan:
		j.w.logf("motor seen on at %d strokes, heard %d", e.Strokes, j.heard)
	case session.MotorRested:
		j.w.logf("motor seen off after %d strokes, heard %d", e.Strokes, j.heard)
	case session.SignalGap:
		j.w.logf("gap of %d readings: %s", e.Readings, e.Why)
	}
}

// killed judges the agent's last moment, and forgets what died with it.
func (j *judge) killed() {
	h := &j.w.host
	p := h.cold.Procedure()
	if p != nil && !p.State.Over() {
		j.strokesRight("at a kill", h.cold.View(h.mono(j.w.now)).Strokes)
	}
	j.compareLive("at a kill")
	j.unsure("the agent was restarted")
	j.killedEvents()
	j.fragile.dies()
	j.courses = nil
	j.newest, j.unkept, j.have, j.known = 0, nil, false, nil
	j.signal.killed()
	j.desires = append(j.desires[:0], j.desires[max(0, len(j.desires)-1):]...)
	for i := range j.desires {
		j.desires[i].allow = false // the ceiling stands, the permit does not
	}
}

// restored judges what a restarted agent takes up.
func (j *judge) restored(p *session.Procedure) {
	if p.State.MayPermit() || p.State.Over() {
		j.blame("restart", "a restarted agent begins %v", p.State)
	}
	j.survived(p)
	s := j.w.disk.open()
	j.courses.begins(s.id, len(s.records))
	for i := range s.records { // what was not durable is not so
		if e, _, err := session.DecodeEvent(&s.records[i]); err == nil {
			j.account.event(e, j.w.now)
		}
	}
	j.read = s.samples
	if last, ok := s.last(p); ok { // what the same boot does meanwhile is told by its next reading
		j.known = map[uint32]protocol.Reading{p.Pen.Boot: last}
		if ran := int32(last.Strokes - s.fold.RunFrom); s.fold.Running && ran > 0 && last.Flags.Motor() != protocol.MotorOff && p.Totals.Strokes < s.fold.Totals.Strokes+uint64(ran) {
			j.blame("strokes", "a restarted agent takes up %d strokes, record and signal tell of %d", p.Totals.Strokes, s.fold.Totals.Strokes+uint64(ran))
		}
	}
}

// finish judges the record as it stands at the end.
func (j *judge) finish() script.End {
	w := j.w
	h := &w.host
	end := script.End{Exposure: protocol.Micrometres(j.exposure / 1000)}
	for _, s := range w.disk.kept {
		if err := hashed(s.id, s.records); err != nil && s.bad == nil {
			s.bad = err
		}
		if s.bad != nil {
			end.Record = s.bad.Error()
			j.blame("chain", "%v", s.bad)
		}
		j.compare("read back", s.refold(), s.fold)
		j.tamper(s)
		if s.fold.State.Over() {
			for i := range s.records {
				if s.records[i].Kind != (session.Ended{}).Kind() {
					continue
				}
				if e, _, _ := session.DecodeEvent(&s.records[i]); e != nil {
					if end, ok := e.(session.Ended); ok && (end.SignalSeq != s.signal.Seq || end.SignalHead != s.signal.Head) {
						j.blame("seal", "the seal names %d chunks, there are %d", end.SignalSeq, s.signal.Seq)
					}
				}
			}
		}
	}
	if len(w.disk.kept) == 0 {
		end.Record = "there is none"
	}
	for _, v := range w.res.Violations {
		switch v.Rule {
		case "fold", "seal", "strokes", "signal":
			end.Record = v.What
		}
	}
	end.Strokes = j.recordedStrokes()
	if !h.alive || h.cold.Procedure() == nil || len(h.notes) > 0 || len(w.res.Violations) > 0 {
		return end
	}
	p := h.cold.Procedure()
	j.compareLive("at the end")
	j.strokesTrue()
	if !p.State.Over() {
		j.zonesRight("at the end of the run", &p.Totals)
		j.strokesRight("at the end of the run", h.cold.View(h.mono(w.now)).Strokes)
		if s := w.disk.open(); s != nil && s.id == p.ID && s.samples > j.read {
			j.blame("signal", "%d samples are durable of %d readings", s.samples, j.read)
		}
	}
	return end
}

// recordedStrokes says why the strokes in all sessions together are not those
// that the pen made; empty when they are.
func (j *judge) recordedStrokes() string {
	var sum uint64
	for _, s := range j.w.disk.kept {
		sum += s.fold.Totals.Strokes
	}
	if h := &j.w.host; h.alive && h.cold.Procedure() != nil && !h.cold.Procedure().State.Over() {
		if s := j.w.disk.open(); s != nil {
			sum -= s.fold.Totals.Strokes
		}
		sum += h.cold.View(h.mono(j.w.now)).Strokes
	}
	if made := j.w.pen.Strokes(); sum != made {
		return fmt.Sprintf("the record has %d strokes, the pen made %d", sum, made)
	}
	return ""
}
