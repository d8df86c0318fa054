package campaign

import (
	"time"

	"penlog/protocol"
	"penlog/session"
	"penlog/sim"
)

// oracle is the guard's table and PROTOCOL.md §7 once more, in words of its own and
// with nothing of the guard's code: from the bytes and orders that Hot was handed
// and the frames that left it, it tells which rule has to be recorded as broken, by
// its name, however many others are broken too. Where a case is on the edge it says
// nothing. It allocates nothing on the way of a reading.
type oracle struct {
	w  *world
	up linkState

	// The latest reading of the session at hand, and what goes on since when.
	have   bool
	last   protocol.Reading
	at     protocol.Instant // it was handed over
	mark   mark
	hushAt protocol.Instant // a reading came after none had for so long that nothing was there to commit
	needles
	spot spot
	alive
	press pressed
	obeys
	frames
	ticks
	boots
	provedAt protocol.Instant // the pen was proved, last
	backAt   protocol.Instant // a reading showed it back in guarded mode, last
	idleAt   protocol.Instant // the pen had a permit, or need not have one, last

	unprovenAt protocol.Instant // there was a reason why it could not be proved, last

	wanted  protocol.Micrometres // by Cold's orders
	allow   bool                 // likewise, in this session of the pen
	wished  bool                 // they came in this session of the pen
	record  bool                 // likewise
	wishAt  protocol.Instant     // wanted changed
	granted bool                 // a permit for a patient's ceiling left in this session

	dec, out protocol.Decoder
	f        protocol.Frame

	debts
}

// linkState is how far Hot has got with a pen, as far as that is certain.
type linkState struct {
	used     uint64 // of the newest session that was open
	nonce    uint64 // of the newest hello; 0: none since the port opened
	gen      uint16 // that hello's
	seq      uint16 // that hello's, the session's first frame
	hellos   int    // with that nonce
	helloAt  protocol.Instant
	welcomed bool
	welcome  uint32 // boot that the welcome named
	is       bool   // the session is open
	since    protocol.Instant

	id      protocol.Identity // the newest that can be
	knows   bool
	otherAt protocol.Instant // an identity came of another pen than the one before, on the same port
	name    string           // of the pen that people accepted
	heardAt protocol.Instant
	leftAt  protocol.Instant // a frame left Hot, last
	strayAt protocol.Instant // since then bytes came and no frame; 0: none did

	mode   mode
	source int // column of a mode's three: measured, set, manual
	seen   struct {
		at   protocol.At
		mono protocol.Instant
		have bool
	}
}

// mode is a column of the guard's table.
type mode int

const (
	guardedPen mode = iota
	stoppablePen
	talkingPen
)

const (
	silence = time.Second            // without a sound frame the link is lost
	step    = 500 * time.Millisecond // by which one clock may jump against another
	margin  = 100 * time.Millisecond // what is nearer to the edge than this is left open
)

// cells are the rows of the guard's table for pens with a link: guarded, stoppable,
// monitor only, in each for depth that is measured, set or unknown. T trip, H hold,
// A alarm, C advisory. Source: session/HAZARDS.md, 'The guard's table'.
var cells = [32]string{
	session.DepthAboveCeiling: "TT-TT-AA-", session.PenDisobeys: "TTTTTT---", session.MotorWithoutPermit: "TTT------", session.StopUnconfirmed: "TTTTTT---",
	session.PenRebooted: "TTTTTTAAA", session.ReadingsFrozen: "TTTTTTAAA", session.ReadingsImpossible: "TTTTTTAAA", session.DepthUnverifiable: "T--T--A--",
	session.DepthMissing: "TTHTTCAAC", session.PenFault: "TTTTTTAAA", session.DialAboveCeiling: "HH-HH-AA-", session.ReadingsStale: "HHHHHHAAA",
	session.LinkLost: "HHHAAAAAA", session.PenUnproven: "HHH------", session.PenTestFailing: "AAA------", session.PenReleased: "HHHAAAAAA",
	session.CeilingUnconfirmed: "AA-------", session.PenNotWell: "HHHHHHAAA", session.PenChanged: "HHHHHHAAA", session.PenBusy: "HHHHHHAAA",
	session.PenSilent: "HHHHHHAAA", session.PenInvalid: "HHHHHHAAA", session.NotAPen: "HHHHHHAAA", session.RecordStalled: "HHHHHHAAA",
	session.DiskFull: "HHHHHHAAA", session.ClockJumped: "HHHHHHAAA", session.BatteryLow: "CCCCCCCCC", session.MotorUnwanted: "---HHHAAA",
	session.Dwell: "CCCCCCCCC", session.PassesAbovePlan: "CCCCCCCCC", session.DensityAbovePlan: "CCCCCCCCC",
}

// cell is the table's letter for the pen at hand.
func (o *oracle) cell(r session.Rule) byte { return cells[r][int(o.up.mode)*3+o.up.source] }

// debts are rules that have to be recorded, and when at the latest.
type debts struct {
	owed   uint32 // bit per rule
	since  [32]protocol.Instant
	said   uint32               // bit per rule: recorded as broken and not as healed
	trips  uint32               // of these, trips
	times  [32]int              // that it was recorded within
	window [32]protocol.Instant // a second from here
}

// owe says that the rule is broken now, beyond doubt.
func (o *oracle) owe(r session.Rule) {
	bit := uint32(1) << r
	if (o.said|o.owed)&bit != 0 || o.cell(r) == '-' {
		return
	}
	if !o.open() {
		if o.cell(r) == 'T' { // latched all the same; of what is behind the first cause the next session hears nothing
			o.said, o.trips = o.said|bit, o.trips|bit
		}
		return
	}
	if o.times[r] > 8 && o.w.now.Sub(o.window[r]) < 3*time.Second {
		return // it flickers: the record leaves some out
	}
	o.owed |= bit
	o.since[r] = o.w.now
}

// open reports whether there is a session to record it in.
func (o *oracle) open() bool {
	h := &o.w.host
	if !h.alive {
		return false
	}
	p := h.cold.Procedure()
	return p != nil && !p.State.Over() && !p.Foreign
}

// broke and healed follow the record.
func (o *oracle) broke(e *session.RuleBroke) {
	r, bit := e.Rule, uint32(1)<<e.Rule
	if o.owed&bit != 0 {
		o.w.res.Counts.Owed = tally(o.w.res.Counts.Owed, map[string]uint64{r.String(): 1})
	}
	o.owed &^= bit
	if r == session.ClockJumped { // the pen's session is parted with it, and that is told
		o.owed &^= 1 << session.LinkLost
	}
	o.said |= bit
	if u, j := &o.up, &o.w.judge; (r == session.PenDisobeys || r == session.MotorWithoutPermit) && u.is && o.w.now.Sub(u.since) > margin && j.opened != o.w.now {
		o.add(u.id.Boot)
	}
	o.trips &^= bit
	if e.Response == session.Trip {
		o.trips |= bit
	}
	if o.w.now.Sub(o.window[r]) > time.Second {
		o.window[r], o.times[r] = o.w.now, 0
	}
	o.times[r]++
}

func (o *oracle) healed(r session.Rule) { o.said &^= 1 << r }

// acknowledged: trips are over, and each that still has a cause comes anew.
func (o *oracle) acknowledged() { o.said &^= o.trips; o.owed &^= o.trips }

// opened: a session begins, and is told anew what holds, and of trips the first.
// Whether a stop that is not seen yet tripped before is too near to tell.
func (o *oracle) opened() {
	o.said, o.owed = o.said&o.trips, 0
	o.spot = spot{at: o.last.Tick, glides: o.last.Glides, counts: o.last.Glides != 0}
	if o.stopAt != 0 {
		o.said, o.trips = o.said|1<<session.StopUnconfirmed, o.trips|1<<session.StopUnconfirmed
	}
}

// due judges the debts whose time has come.
func (o *oracle) due() {
	w, h := o.w, &o.w.host
	if !o.open() || w.now < h.coldStall || w.now < h.hotStall {
		return
	}
	for r := session.Rule(1); r < 32; r++ {
		if o.owed&(1<<r) == 0 {
			continue
		}
		if w.now <= max(o.since[r], h.coldStall, h.hotStall).Add(soon) {
			continue
		}
		o.owed &^= 1 << r
		if o.cell(r) != 'T' && w.disk.behind(w.now) {
			continue // the record leaves out what changes nothing
		}
		if l := &w.judge.lane; (o.cell(r) != 'T' || l.tripped && l.trip != r) && l.fullAt >= o.since[r] {
			continue // it found no room, and is told when it is still so; of causes that latch, the first is
		}
		if r == session.PenDisobeys && w.judge.had(sim.FaultFrozen, o.since[r]) {
			continue // a pen at rest that is frozen shows nothing of what it is told
		}
		if r == session.Dwell && h.coldStall > o.since[r] {
			continue // a slow lane that stood still looks at where the pen is now
		}
		w.judge.blame("unsaid "+r.String(), "since %.6f s by what Hot was handed it is broken, and that is not recorded", seconds(o.since[r]))
	}
}

// started begins with a new life of the agent.
func (o *oracle) started() { *o, o.w.judge.lane = oracle{w: o.w}, lane{} }

// lostPort follows the port that goes, before Hot hears of it.
func (o *oracle) lostPort() {
	if o.up.is {
		o.owe(session.LinkLost)
	}
	o.apart()
	o.up.nonce, o.up.strayAt, o.up.otherAt = 0, 0, 0
	o.up.knows = false
	o.dec = protocol.Decoder{}
}

// apart ends what belongs to a session of the pen.
func (o *oracle) apart() {
	if o.proved {
		o.provedAt = o.w.now
	}
	o.up.is, o.up.welcomed, o.have = false, false, false
	o.allow, o.granted, o.wished = false, false, false
	o.obeys, o.frames, o.ticks = obeys{}, frames{}, ticks{}
	o.alive, o.press = alive{}, pressed{}
	o.needles.parted()
	o.spot = spot{long: o.spot.long, counts: o.spot.counts}
}

// ordered follows an order of Cold's to Hot.
func (o *oracle) ordered(x *session.Order) {
	switch x.Kind {
	case session.OrderWant:
		if x.Ceiling != o.wanted {
			o.wanted, o.wishAt = x.Ceiling, o.w.now
		}
		o.allow, o.record, o.wished = x.Allow, x.Record, o.up.is
	case session.OrderLease:
		o.w.judge.full = false
	case session.OrderAckEvent:
		o.w.judge.forgets(x.ID)
	case session.OrderAcknowledge:
		o.over, o.high, o.freshAt, o.fresh = 0, false, o.last.Tick, false
	case session.OrderAcceptPen:
		o.up.name = ""
		if o.up.is {
			o.up.name = named(&o.up.id)
		}
	}
}

func named(id *protocol.Identity) string { return id.Vendor + "\x00" + id.Model + "\x00" + id.Serial }

// stepped judges what time alone breaks, after each turn of Hot.
func (o *oracle) stepped(now protocol.Instant, mono protocol.Instant, at protocol.At, drained bool) {
	u := &o.up
	jumped := false
	if u.seen.have {
		d := at.Sub(u.seen.at) - mono.Sub(u.seen.mono)
		if jumped = d > step+margin/4 || d < -step-margin/4; jumped {
			o.owe(session.ClockJumped)
		}
	}
	u.seen.at, u.seen.mono, u.seen.have = at, mono, true
	if !u.is {
		if now.Sub(u.heardAt) > 2500*time.Millisecond {
			u.nonce = 0 // it listens again, or will
		}
		if u.nonce != 0 && !u.welcomed && u.hellos >= 8 && now.Sub(u.helloAt) > 3*margin && now.Sub(u.helloAt) < 1500*time.Millisecond && now.Sub(u.heardAt) < 2*time.Second {
			o.owe(session.PenSilent) // 8 hellos, a quarter of a second apart. Source: PROTOCOL.md §10
		}
		return
	}
	if quiet := now.Sub(u.heardAt); quiet > silence+margin {
		o.owe(session.LinkLost)
		o.apart()
		u.nonce = 0
		return
	} else if quiet > silence-margin {
		return
	}
	if !o.have {
		return
	}
	limit := o.staleAfter()
	if now.Sub(o.at) > limit+2*margin && now.Sub(u.since) > limit+2*margin {
		o.owe(session.ReadingsStale)
	}
	if u.mode == guardedPen && now.Sub(u.since) > soon && o.trials == 0 {
		o.owe(session.PenUnproven)
	}
	if o.fails > 3 {
		o.owe(session.PenTestFailing)
	}
	if o.asked != 0 && !o.met && now.Sub(o.askedAt) > time.Second+2*margin {
		o.owe(session.CeilingUnconfirmed)
	}
	o.stopping(now)
	o.repeats(now)
	o.ready(now)
	o.proves(now)
}
