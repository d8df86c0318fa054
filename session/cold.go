package session

import (
	"maps"
	"math"
	"slices"
	"time"

	"penlog/protocol"
	"penlog/session/cartridge"
	"penlog/session/clinic"
	"penlog/session/label"
	"penlog/session/limits"
	"penlog/session/passes"
	"penlog/session/policy"
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
	Limits     *limits.Table
	Policy     *policy.Policy       // nil: the built-in one
	Clinic     *clinic.Config       // nil: guarded pens only, nobody named
	Cartridges *cartridge.Catalogue // nil: the built-in one
	Labels     *label.Catalogue     // nil: the built-in ones
	Zone       *time.Location       // in which the clinic's days begin and end; nil: UTC
	Version    string               // of the agent
	NewID      func(protocol.At) ID
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
	past past       // sessions before it that something was added to

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

	aborting aborting

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
	world      World
	track      passes.Tracker
	shown      shown
	overUntil  protocol.Instant // the override's end
	advised    advised
	actUntil   protocol.Instant // the end of the time for a higher ceiling's second act
	muteUntil  protocol.Instant // the end of the alarm's pause
	at         protocol.At      // of the newest tick
	unsafe     bool             // the record's reserve for a full disk is not there
	events     []Event          // made since they were last taken, for the stream
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
func NewCold(cfg ColdConfig) *Cold {
	if cfg.Clinic == nil {
		cfg.Clinic = clinic.Default()
	}
	return &Cold{cfg: cfg, heard: Heard{}, lostEvents: Heard{}}
}

// policy is read with the first session, and so are cartridges and labels when they
// are built in: an agent that starts has other things to read.
func (c *Cold) policy() *policy.Policy {
	if c.cfg.Policy == nil {
		return policy.Default()
	}
	return c.cfg.Policy
}

// World tells what the agent knows of the world around. Whether the tip is on
// the skin Cold knows by itself.
func (c *Cold) World(w World) { c.world = w }

// env is what a decision rests on now.
func (c *Cold) env(at protocol.At) *Env {
	e := Env{Limits: c.cfg.Limits, Policy: c.policy(), Clinic: c.cfg.Clinic, Cartridges: c.cfg.Cartridges, Labels: c.cfg.Labels, At: at, World: c.world, Zone: c.cfg.Zone}
	if e.Cartridges == nil {
		e.Cartridges = cartridge.Default()
	}
	if e.Labels == nil {
		e.Labels = label.Default()
	}
	e.World.Contact = c.have && c.last.Flags.Has(protocol.FlagContactKnown|protocol.FlagContact)
	return &e
}

// Restore takes up a procedure that the journal holds and nothing has closed.
// It comes back paused: a person confirms patient, zone and ceiling. t is what
// the recorded signal tells of its end, nil: nothing.
func (c *Cold) Restore(p *Procedure, records, signal Chain, t *Tail, now protocol.Instant, at protocol.At) {
	c.proc, c.chain, c.signal, c.committed = p, records, signal, records.Seq
	maps.Copy(c.heard, p.Heard)
	c.openedAt, c.actUntil, c.muteUntil = math.MinInt64, math.MinInt64, math.MinInt64 // before this process
	if t == nil || !t.have || p.Pen == nil {
		t = &Tail{}
	} else {
		c.know(*p.Pen, t.last)
	}
	if p.Running {
		// What it did up to the newest sample is known, what it did since may be told later.
		e := t.run.rested()
		e.Did = t.track.Take()
		c.add(e, now, at)
	}
	if p.PenUp {
		c.add(PenDown{}, now, at)
	}
	for _, b := range slices.Clone(p.Broken) {
		c.add(RuleHealed{b.Rule, b.Response}, now, at) // a new guard judges anew
	}
	c.endOverride("agent restarted", now, at)
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
	c.at = at
	if c.open() {
		// By both clocks: the monotonic one stands still while the PC sleeps.
		if o := c.proc.Override; o != nil && (now >= c.overUntil || at >= o.Until) {
			c.endOverride("time is up", now, at)
		}
		c.advise(now, at)
	}
	if c.aborting.is() && (!c.moves() || now >= c.aborting.until) {
		c.aborted(now, at)
	}
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

// Checks evaluates what must be true before permits are wanted; none without a session.
func (c *Cold) Checks() []Check {
	if c.proc == nil {
		return nil
	}
	return c.proc.Checks(c.env(c.at))
}
