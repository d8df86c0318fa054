package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"penlog/protocol"
	"penlog/session"
	"penlog/store"
)

// story is one session read back, with what is known of its soundness.
type story struct {
	info    store.Info
	proc    *session.Procedure // fold of what could be read
	entries []entry
	records session.Chain  // end of the sound journal
	closing *session.Ended // nil: unsealed
	unknown int            // records of kinds that this version doesn't know
	signal  signalStory
	problem *session.ChainError // first bad place; nil: every byte read is sound
}

// entry is one record with its event.
type entry struct {
	record session.Record
	source session.Source
	event  session.Event   // nil: a newer Penlog wrote it
	raw    json.RawMessage // the event as recorded
}

// signalStory is what the signal of a session covers.
type signalStory struct {
	end      session.Chain
	chunks   []chunkStory // kept only when asked for
	readings uint64
	lost     uint64
	covered  time.Duration // time with readings
	gaps     []gap
}

// gap is a stretch in which no reading arrived.
type gap struct {
	from protocol.At
	took time.Duration
}

// gapOver is how long readings may stay away before the stretch counts as not
// covered: five periods of the slowest pen that can be guarded.
// Source: PROTOCOL.md, the minimum of 20 readings/s.
const gapOver = 250 * time.Millisecond

// chunkStory sums up one stretch of signal, about a second.
type chunkStory struct {
	chunk   session.SignalChunk // without its body
	strokes uint32              // made in it
	set     protocol.Micrometres
	deepest protocol.Micrometres // measured or peak; 0: none reported
	rate    protocol.DeciHertz   // greatest
	motor   bool                 // on at some time
	permit  bool                 // in force at some time
}

// simulated says whether any of the marks says so: one is enough.
func (s *story) simulated() bool {
	if s.info.Simulated || s.proc.Source == session.SourceSimulator {
		return true
	}
	for _, e := range s.entries {
		if e.source == session.SourceSimulator {
			return true
		}
	}
	return false
}

// readJournal reads and checks a session's records. A broken chain is no error
// of reading: it is what the story tells.
func readJournal(ctx context.Context, r *store.Reader, in store.Info) (*story, error) {
	s := &story{info: in, proc: session.NewProcedure(in.ID), records: session.Chain{Session: in.ID}}
	if in.Altered {
		s.problem = &session.ChainError{Session: in.ID, Problem: "the session's row in the list was changed"}
	}
	for rec, err := range r.RecordsAfter(ctx, session.Chain{Session: in.ID}) {
		if err != nil {
			return s, s.broken(err)
		}
		s.records.Seq, s.records.Head = rec.Seq, rec.Hash
		s.add(rec)
	}
	return s, nil
}

// broken keeps the first bad place and passes on what is another error.
func (s *story) broken(err error) error {
	var chain *session.ChainError
	if !errors.As(err, &chain) {
		return err
	}
	if s.problem == nil {
		s.problem = chain
	}
	return nil
}

func (s *story) add(rec session.Record) {
	e := entry{record: rec}
	var body struct {
		Event json.RawMessage `json:"event"`
	}
	ev, source, err := session.DecodeEvent(&rec)
	e.source = source
	if json.Unmarshal(rec.Body, &body) == nil {
		e.raw = body.Event
	}
	if len(e.raw) == 0 {
		e.raw, _ = json.Marshal(string(rec.Body))
	}
	if err != nil {
		s.unknown++
		s.entries = append(s.entries, e)
		return
	}
	e.event = ev
	s.proc.Apply(ev, rec.At)
	if end, ok := ev.(session.Ended); ok {
		s.closing = &end
	}
	s.entries = append(s.entries, e)
}

// readSignal reads and checks a session's signal, and holds it against what the
// closing record says of it: a chain alone can't show that its end was cut off.
func (s *story) readSignal(ctx context.Context, r *store.Reader, keep bool) error {
	g := &s.signal
	g.end = session.Chain{Session: s.info.ID}
	var before lastReading
	for c, err := range r.Chunks(ctx, s.info.ID) {
		if err != nil {
			return s.broken(err)
		}
		g.end.Seq, g.end.Head = c.Seq, c.Hash
		if s.closing != nil && c.Seq == s.closing.SignalSeq && c.Hash != s.closing.SignalHead {
			s.signalProblem(c.Seq, "it is not the one that the closing record names")
		}
		if err := g.add(&c, &before, keep); err != nil {
			s.signalProblem(c.Seq, err.Error())
		}
	}
	switch {
	case s.closing == nil:
	case g.end.Seq < s.closing.SignalSeq:
		s.signalProblem(g.end.Seq, fmt.Sprintf("its end is missing: the closing record names %d chunks", s.closing.SignalSeq))
	case g.end.Seq > s.closing.SignalSeq:
		s.signalProblem(s.closing.SignalSeq+1, "it was added after the session was sealed")
	}
	return nil
}

func (s *story) signalProblem(seq uint64, words string) {
	if s.problem == nil {
		s.problem = &session.ChainError{Session: s.info.ID, Seq: seq, Problem: "signal: " + words}
	}
}

// lastReading is where a chunk ends.
type lastReading struct {
	any     bool
	at      protocol.At
	strokes uint32
}

// add takes in the next chunk. before is the end of the one before it, and
// becomes c's.
func (g *signalStory) add(c *session.SignalChunk, before *lastReading, keep bool) error {
	samples, err := session.Samples(c.Body)
	g.readings += uint64(len(samples))
	g.lost += uint64(c.Lost)
	if before.any {
		g.stretch(before.at, c.From.Sub(before.at))
	}
	line := chunkStory{chunk: *c, set: -1}
	line.chunk.Body = nil
	for i := range samples {
		r := &samples[i].Reading
		if i > 0 {
			g.stretch(c.From+protocol.At(samples[i-1].Arrived-samples[0].Arrived), samples[i].Arrived.Sub(samples[i-1].Arrived))
		}
		if before.any && r.Strokes > before.strokes { // a pen that rebooted counts anew
			line.strokes += r.Strokes - before.strokes
		}
		*before = lastReading{true, c.To, r.Strokes}
		if r.Set != protocol.None {
			line.set = protocol.Micrometres(r.Set)
		}
		for _, d := range []uint16{r.Measured, r.Peak} {
			if d != protocol.None && r.MotorOn() {
				line.deepest = max(line.deepest, protocol.Micrometres(d))
			}
		}
		line.rate = max(line.rate, r.StrokeRate)
		line.motor = line.motor || r.MotorOn()
		line.permit = line.permit || r.Flags.Has(protocol.FlagPermit)
	}
	if keep {
		g.chunks = append(g.chunks, line)
	}
	return err
}

// stretch counts the time between two readings as covered, or as a gap.
func (g *signalStory) stretch(from protocol.At, d time.Duration) {
	switch {
	case d > gapOver:
		g.gaps = append(g.gaps, gap{from, d})
	case d > 0: // a clock that was set back covers nothing
		g.covered += d
	}
}

// sealed reports whether the journal holds the record that ends the session.
func (s *story) sealed() bool { return s.closing != nil }

// soundness says in one line what the check found.
func (s *story) soundness() string {
	switch {
	case s.problem != nil:
		return "ALTERED: " + problemWords(s.problem)
	case !s.sealed():
		return "unsealed: the session was not finished; its chain is whole as far as it goes"
	}
	return "sealed and verified: no byte was changed"
}

// problemWords names the bad place within its session.
func problemWords(e *session.ChainError) string {
	if e.Seq == 0 {
		return e.Problem
	}
	return fmt.Sprintf("record %d: %s", e.Seq, e.Problem)
}
