package session

import (
	"slices"
	"time"

	"penlog/protocol"
)

// add records an event and applies it.
func (c *Cold) add(e Event, now protocol.Instant, at protocol.At) {
	if !c.open() {
		return
	}
	if spare := c.flickers(e, now); (spare || c.full()) && c.idle(e) {
		c.shed++
		return
	}
	c.record(e, now, at)
}

// record records an event of an open session, whatever waits.
func (c *Cold) record(e Event, now protocol.Instant, at protocol.At) {
	r := seal(c.proc, &c.chain, e, now, at)
	c.records = append(c.records, r)
	switch e.(type) {
	case Opened, ZoneChosen, ZoneRefused, CartridgeSeen, CartridgeIn, CartridgeOut, ModeAccepted, OverrideEnded, ArmedEvent, ResumedEvent, Acknowledged:
		c.verdictSeq = r.Seq
	case Overridden:
		c.verdictSeq, c.overUntil = r.Seq, now.Add(overrideMost*time.Microsecond)
	}
	switch e.(type) {
	case ZoneChosen, Overridden:
		c.actUntil = now.Add(secondActIn * time.Microsecond)
	case Muted:
		c.muteUntil = now.Add(muteFor * time.Microsecond)
	}
	c.tell(e)
}

// tell keeps an event for those who listen.
func (c *Cold) tell(e Event) {
	if len(c.events) == maxStream {
		c.events = slices.Delete(c.events, 0, 1)
	}
	c.events = append(c.events, e)
}

// Committed tells that the batch seq and all before it are on disk.
func (c *Cold) Committed(seq uint64, now protocol.Instant) {
	for len(c.flying) > 0 && c.flying[0].seq <= seq {
		f := c.flying[0]
		c.flying = c.flying[1:]
		if f.record > 0 && f.session == c.chain.Session {
			c.committed = f.record
		}
		if w := c.acting; w.record > 0 && f.record >= w.record && f.session == w.session {
			c.acting = acting{}
			c.orders = append(c.orders, Order{Kind: OrderAckEvent, ID: w.id, Conn: w.conn})
		}
		if f.signal {
			c.orders = append(c.orders, Order{Kind: OrderLease, Until: f.arrived.Add(CommitLease)})
		}
		c.answer(f, now)
	}
	c.settle(now)
}

// answer tells those who wait for a record of the session that it is on disk.
func (c *Cold) answer(f flight, now protocol.Instant) {
	c.waiting = slices.DeleteFunc(c.waiting, func(w waiter) bool {
		done := w.session == f.session && w.record <= f.record
		if done {
			c.answers = append(c.answers, Answer{Ticket: w.ticket, Events: w.events, View: c.View(now)})
		}
		return done
	})
}

// lease tells Hot that all handed out before the oldest batch on its way is on
// disk. While permits are wanted only signal that was committed says so; while
// none are, no reading need come, and a record with nothing to write is sound.
func (c *Cold) lease(now protocol.Instant) {
	c.leasedAt = now
	until := now
	if len(c.flying) > 0 {
		until = c.flying[0].at
	}
	c.orders = append(c.orders, Order{Kind: OrderLease, Until: until.Add(CommitLease)})
}

// stalled reports whether what was handed out does not get to the disk.
func (c *Cold) stalled(now protocol.Instant) bool {
	return c.full() || len(c.flying) > 0 && now.Sub(c.flying[0].at) > CommitLease
}

// gap says how many readings could not be kept.
func (c *Cold) gap(now protocol.Instant, at protocol.At) {
	if c.missed > 0 {
		c.add(SignalGap{Readings: c.missed, Why: "the record could not keep up"}, now, at)
		c.missed = 0
	}
}

func (c *Cold) source() Source {
	if c.proc == nil {
		return SourceNone
	}
	return c.proc.Source
}

// chunk closes the gathered signal, nil when there is none.
func (c *Cold) chunk() *SignalChunk {
	if c.count == 0 {
		return nil
	}
	s := &SignalChunk{From: c.from, To: c.to, Count: c.count, Lost: c.lost, Body: c.body}
	c.signal.SealChunk(s)
	c.body, c.count, c.lost = make([]byte, 0, len(c.body)+256), 0, 0
	return s
}

func (c *Cold) queue(chunk *SignalChunk, src Source, now protocol.Instant) {
	c.batchSeq++
	c.batches = append(c.batches, Batch{Seq: c.batchSeq, Session: c.chain.Session, Records: c.records, Chunk: chunk, Source: src})
	f := flight{seq: c.batchSeq, at: now, session: c.chain.Session}
	if n := len(c.records); n > 0 {
		f.record = c.records[n-1].Seq
	}
	if chunk != nil {
		f.signal, f.arrived = true, c.arrived
	}
	c.flying = append(c.flying, f)
	c.records = nil
}

// Batch stores the next batch for the store in b and reports whether there was one.
func (c *Cold) Batch(b *Batch) bool {
	if len(c.batches) == 0 {
		return false
	}
	*b = c.batches[0]
	c.batches = c.batches[1:]
	return true
}
