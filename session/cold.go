package session

import (
	"maps"
	"math"
	"slices"
	"time"

	"penlog/protocol"
	"penlog/session/limits"
)

// Figures of Cold.
const (
	chunkEvery   = time.Second // signal is handed to the store this often
	maxInFlight  = 8           // batches that wait for their commit
	maxPending   = 4096        // records that wait while the store is behind, before what can be spared is dropped
	maxChunkBody = 1 << 20     // bytes of signal that wait
	maxStream    = 4096        // events that wait for those who listen
	flickerMost  = 20          // times that one rule's breaking is recorded in a second
	rewant       = 200 * time.Millisecond
	maxName      = 200 // bytes of a person's or a patient's id
)

// Batch is what the store commits at once. Seq numbers the batches of this
// process; the store answers with it.
type Batch struct {
	Seq     uint64
	Session ID
	Records []Record
	Chunk   *SignalChunk // nil: none
	// Source is the session's, so that the store marks the session's row.
	Source Source
}

// Answer is what came of a command: after its events are committed, or refused.
type Answer struct {
	Ticket uint64
	Err    error // a *[RefusedError], or nil
	Events []Event
	View   View
}

// ColdConfig is what a [Cold] is made from.
type ColdConfig struct {
	Limits  *limits.Table
	Version string // of the agent
	NewID   func(protocol.At) ID
}

// Cold is the slow lane: it keeps the procedure, the record and what is wanted
// of Hot. It is driven by one goroutine that is not Hot's, shares no memory with
// it, reads no clock and does no I/O:
//
//	cold.Note(&note, now, at)        // what Hot tells
//	cold.Command(cmd, now, at)       // what people ask: gives a ticket
//	cold.Committed(seq)              // what the store has on disk
//	cold.Reserve(held)               // whether it can record a trip on a full disk
//	cold.Tick(now, at)
//	for cold.Batch(&b) { … }         // to the store, in order
//	for cold.Order(&o) { … }         // to Hot, in order
//	for cold.Answer(&a) { … }        // to whoever asked
type Cold struct {
	cfg  ColdConfig
	proc *Procedure // nil: none yet

	chain, signal Chain
	records       []Record // not yet in a batch
	shed          uint32   // entries that were spared, not yet told
	saidAt        protocol.Instant
	flicker       [ruleEnd]flicker
	batches       []Batch  // not yet taken
	flying        []flight // taken, not yet committed
	batchSeq      uint64
	committed     uint64 // newest record of this session on disk
	verdictSeq    uint64 // newest record that a permit rests on

	body     []byte // signal not yet in a chunk
	count    uint32
	lost     uint32
	missed   uint32 // readings that could not be kept, not yet recorded as a gap
	from, to protocol.At
	arrived  protocol.Instant // of the newest sample
	flushAt  protocol.Instant
	flushNow bool
	leasedAt protocol.Instant // Hot was last told that nothing waits to be written

	orders  []Order
	wanted  Order // what Hot was last told
	toldAt  protocol.Instant
	answers []Answer
	waiting []waiter
	acks    []ackWaiter
	ticket  uint64

	pen        *protocol.Identity
	conn       uint32 // number of the pen's session, as Hot tells it
	last       protocol.Reading
	lastAt     protocol.Instant // when it was so at the pen
	openedAt   protocol.Instant // the session
	calm       bool             // since calmFrom readings show neither motor nor permit
	calmFrom   protocol.Tick
	have       bool                         // last is a reading of this connection
	prior      *protocol.Reading            // of this boot, from before the connection; nil: none
	known      map[PenBoot]protocol.Reading // of boots that were parted from in this session
	heard      Heard                        // newest event of each boot that is recorded, or on its way
	lostEvents Heard                        // of each boot, how many events it had no room for
	acting     acting
	age        time.Duration
	ready      bool
	needles    protocol.Micrometres // length, of the cartridge that is in; 0: not known
	status     protocol.Status
	hasStat    bool
	mode       Mode
	holds      []RuleBroke // broken rules as Hot tells them, session or not
	trip       *RuleBroke  // latched in Hot, session or not
	run        run
	lastStop   time.Duration
	unsafe     bool    // the record's reserve for a full disk is not there
	events     []Event // made since they were last taken, for the stream
}

type flight struct {
	seq     uint64
	at      protocol.Instant // when it was handed out
	record  uint64           // newest record in it, 0: none
	arrived protocol.Instant // newest sample in it
	signal  bool
	session ID
}

type waiter struct {
	ticket  uint64
	session ID
	record  uint64
	events  []Event
}

type ackWaiter struct {
	ticket uint64
	by     By
}

// NewCold returns a Cold with no procedure.
func NewCold(cfg ColdConfig) *Cold { return &Cold{cfg: cfg, heard: Heard{}, lostEvents: Heard{}} }

// Restore takes up a procedure that the journal holds and nothing has closed.
// It comes back paused: a person confirms patient, zone and ceiling. t is what
// the recorded signal tells of its end, nil: nothing.
func (c *Cold) Restore(p *Procedure, records, signal Chain, t *Tail, now protocol.Instant, at protocol.At) {
	c.proc, c.chain, c.signal, c.committed = p, records, signal, records.Seq
	maps.Copy(c.heard, p.Heard)
	c.openedAt = math.MinInt64 // before this process
	if t == nil || !t.have || p.Pen == nil {
		t = &Tail{}
	} else {
		c.know(*p.Pen, t.last)
	}
	if p.Running {
		// What it did up to the newest sample is known, what it did since may be told later.
		c.add(t.run.rested(), now, at)
	}
	if p.PenUp {
		c.add(PenDown{}, now, at)
	}
	for _, b := range slices.Clone(p.Broken) {
		c.add(RuleHealed{b.Rule, b.Response}, now, at) // a new guard judges anew
	}
	to, _ := p.State.Next(ActLose)
	c.add(PausedEvent{By: Agent, Why: "agent restarted", To: to}, now, at)
	c.flushNow = true
	c.settle(now)
}

// Procedure returns the procedure at hand, nil when there is none. The caller
// only reads it, on the goroutine that drives c.
func (c *Cold) Procedure() *Procedure { return c.proc }

// open reports whether events and signal have a session to go to.
func (c *Cold) open() bool { return c.proc != nil && !c.proc.State.Over() }

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
	c.proc.Apply(e, at)
	body, err := EncodeEvent(e, c.proc.Source)
	if err != nil {
		panic(err) // every event is ours and encodes
	}
	r := Record{At: at, Mono: now, Kind: e.Kind(), Body: body}
	c.chain.Seal(&r)
	c.records = append(c.records, r)
	switch e.(type) {
	case Opened, ZoneChosen, ZoneRefused, CartridgeSeen, ArmedEvent, ResumedEvent, Acknowledged:
		c.verdictSeq = r.Seq
	}
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

// Reserve tells whether the store holds its reserve for a full disk. Without it
// the next trip could not be recorded, so nothing is to run.
func (c *Cold) Reserve(held bool) {
	if c.unsafe == held {
		c.unsafe = !held
		c.orders = append(c.orders, Order{Kind: OrderReserve, Allow: held})
	}
}

// Tick hands what has gathered to the store.
func (c *Cold) Tick(now protocol.Instant, at protocol.At) {
	if !c.wanted.Allow && len(c.orders) == 0 && now.Sub(c.toldAt) >= rewant {
		c.want(c.wanted, now) // a stop that was lost on its way is made good
	}
	if !c.full() && now.Sub(c.saidAt) >= time.Second {
		c.dropped(now, at)
	}
	due := now.Sub(c.flushAt) >= chunkEvery
	if due && len(c.body) < maxChunkBody {
		c.gap(now, at)
	}
	if (due || c.flushNow || len(c.records) > 0) && len(c.batches)+len(c.flying) < maxInFlight {
		var chunk *SignalChunk
		if due || c.flushNow || c.to.Sub(c.from) > chunkEvery {
			c.flushAt = now
			chunk = c.chunk()
		}
		c.flushNow = false
		if chunk != nil || len(c.records) > 0 {
			c.queue(chunk, c.source(), now)
		}
	}
	if c.open() && !c.wanted.Allow && c.count == 0 && len(c.orders) == 0 && now.Sub(c.leasedAt) >= chunkEvery/2 {
		c.lease(now)
	}
	c.settle(now)
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

// Order stores the next order for Hot in o and reports whether there was one.
func (c *Cold) Order(o *Order) bool {
	if len(c.orders) == 0 {
		return false
	}
	*o = c.orders[0]
	c.orders = c.orders[1:]
	return true
}

// Answer stores the next answer in a and reports whether there was one.
func (c *Cold) Answer(a *Answer) bool {
	if len(c.answers) == 0 {
		return false
	}
	*a = c.answers[0]
	c.answers = c.answers[1:]
	return true
}

// Events returns the events made since the last call, for those who listen.
func (c *Cold) Events() []Event {
	e := c.events
	c.events = nil
	return e
}

// settle tells Hot what is wanted. Less is told at once; more, a permit or a
// higher ceiling, only when the newest verdict is committed, on which it rests,
// also when its ceiling is the same or lower.
func (c *Cold) settle(now protocol.Instant) {
	w := Order{Kind: OrderWant, Conn: c.conn}
	if c.proc != nil {
		w.Ceiling, w.Allow = c.proc.Desire()
		w.Record = c.open() && !c.proc.Foreign
	}
	if c.committed < c.verdictSeq {
		w.Ceiling, w.Allow = min(w.Ceiling, c.wanted.Ceiling), false
	}
	if w != c.wanted {
		c.want(w, now)
	}
}

func (c *Cold) want(w Order, now protocol.Instant) {
	w.Kind = OrderWant
	c.wanted, c.toldAt = w, now
	c.orders = append(c.orders, w)
}
