package campaign

import (
	"time"

	"penlog/protocol"
	"penlog/session"
	"penlog/sim"
)

// obeys is what has to be true of a pen that does as it is told, in one session of
// its. Ticks are the pen's. Source: PROTOCOL.md §7.5.
type obeys struct {
	end     protocol.Tick // of the last permit that left, or what ended it earlier by the pen's word
	hasEnd  bool
	told    uint16 // generation of the newest revoke or ceiling that left
	shown   bool   // a reading showed it
	highest uint16 // generation that a reading showed

	asked   uint16 // generation of a patient's ceiling that is to be confirmed; 0: none
	depth   protocol.Micrometres
	askedAt protocol.Instant
	met     bool // a reading showed it

	trials  int              // generations of trial ceilings that left
	trial   uint16           // the newest; 0: something else left since
	trialAt protocol.Instant // its ceiling, or its permit, first left
	fails   int              // tests given up, since for a second nothing of a trial was shown

	bare   bool // on, and no permit by its own word, since
	bareAt protocol.Tick
	halted bool // on in the reading that showed a stop, and not off since
	haltAt protocol.Tick
	rest   rest // of a pen that takes no permits
	rises  int  // strokes rose with the motor off
	riseAt protocol.Tick

	revoke   uint16 // the first generation of a run of revokes that no reading shows
	revokeAt protocol.Instant
	answers  int // syncs that left since, and were answered before the next one did
	sync     uint32
	asks     bool // sync left since, and is not answered

	stopAt protocol.Instant // a revoke left with the motor on, and it was not seen off since; 0: none
}

// rest is what a pen told of a stop that no reading shows: its word counts once, until
// one does. Source: PROTOCOL.md §7.5.
type rest struct {
	after       protocol.Tick // of the newest reading as the stop left
	came, spent bool
}

func (x *rest) await(after protocol.Tick) {
	x.after, x.spent, x.came = after, x.spent || x.came, false
}

func (x *rest) told(m *protocol.PenEvent) {
	stopped := m.Arg == uint16(protocol.StopRevoke) || m.Arg == uint16(protocol.StopCeiling) || m.Arg == uint16(protocol.StopHello)
	if m.Kind == protocol.EventMotorStopped && stopped && m.Tick.Since(x.after) > 0 && !x.spent {
		x.came = true
	}
}

const late = 20 * time.Millisecond // what a pen may take longer. Source: PROTOCOL.md §7.5

// obey judges a reading by what was told.
func (o *oracle) obey(r *protocol.Reading, on bool, now protocol.Instant) {
	u := &o.up
	permit := r.Flags.Has(protocol.FlagPermit)
	guarded := u.id.Caps.Has(protocol.CapPermits) && !r.Flags.Has(protocol.FlagReleased)
	stop := time.Duration(u.id.StopMS)*time.Millisecond + late
	const edge = margin / 2
	if o.highest > r.Generation && o.have {
		if !o.w.rig.Has(sim.FaultSecondPen) { // else it may be the other's
			o.owe(session.LinkLost) // it forgot its host
		}
		return
	}
	o.highest = r.Generation
	if o.told != 0 && r.Generation == o.told && !o.shown {
		o.shown = true
		if o.hasEnd && r.Tick.Since(o.end) < 0 {
			o.end = r.Tick
		}
		if !permit && on {
			o.halted, o.haltAt = true, r.Tick
		}
	}
	if o.asked != 0 && r.Generation == o.asked && protocol.Micrometres(r.Ceiling) == o.depth {
		if !o.met && !permit {
			o.met, o.moves = true, on
			if u.mode == guardedPen {
				o.confirms(o.depth, on, r.Tick)
			}
		}
	}
	bad := false
	if guarded {
		if !o.hasEnd {
			o.end, o.hasEnd = r.Tick, true
		}
		over := r.Tick.Since(o.end)
		bad = permit && over > late+edge || on && over > stop+edge
		if over > 20*time.Minute {
			o.end = r.Tick - 60_000_000
		}
	}
	if !on {
		o.halted, o.stopAt, o.rest = false, 0, rest{}
	}
	if o.rest.came && !guarded {
		o.halted = false
	}
	if bare := on && guarded && !permit; !bare {
		o.bare = false
	} else if !o.bare {
		o.bare, o.bareAt = true, r.Tick
	} else if r.Tick.Since(o.bareAt) > stop+edge {
		bad = true
	}
	if o.halted && r.Tick.Since(o.haltAt) > stop+edge {
		bad = true
	}
	if guarded && on && permit && o.trial != 0 && r.Generation == o.trial && now.Sub(o.trialAt) < 500*time.Millisecond {
		bad = true
	}
	if o.have && !on && o.last.Flags.Motor() == protocol.MotorOff && int32(r.Strokes-o.last.Strokes) > 0 {
		if o.rises == 0 || r.Tick.Since(o.riseAt) > time.Second {
			o.rises, o.riseAt = 0, r.Tick
		}
		if o.rises++; o.rises == 3 {
			bad = true
		}
	}
	if o.revoke != 0 && r.Generation >= o.revoke {
		o.revoke = 0
	}
	if u.id.Caps.Has(protocol.CapStop) && o.revoke != 0 && now.Sub(o.revokeAt) > time.Second+2*margin && o.answers >= 2 {
		bad = true
	}
	if bad && o.w.judge.lately(2*time.Second, sim.FaultTickJump, sim.FaultTickWrap) {
		bad = false                                                                               // its ticks say nothing of how long it did what
		if latched := uint32(1<<session.PenDisobeys | 1<<session.MotorWithoutPermit); !o.open() { // perhaps, and the next session hears of the first cause alone
			o.said, o.trips = o.said|latched, o.trips|latched
		}
	}
	if bad && guarded {
		o.proved = false
	}
	switch {
	case !bad:
	case o.granted || u.mode != guardedPen || !on:
		o.owe(session.PenDisobeys)
	default:
		o.owe(session.MotorWithoutPermit)
	}
	if u.mode != guardedPen && on && o.record && o.wished && !o.allow && now.Sub(u.since) > margin {
		o.owe(session.MotorUnwanted)
	}
}

// stopping judges a stop that is not seen.
func (o *oracle) stopping(now protocol.Instant) {
	if o.stopAt == 0 {
		return
	}
	stop := time.Duration(o.up.id.StopMS) * time.Millisecond
	fresh := o.w.pen.Identity().Boot == o.up.id.Boot && o.w.judge.tick(now).Since(o.last.Tick) < margin
	if fresh && now.Sub(o.at) < margin && o.said&(1<<session.ReadingsStale) == 0 && now.Sub(o.stopAt) > life+stop+2*margin {
		o.owe(session.StopUnconfirmed)
	}
}

// left follows a frame that left Hot.
func (o *oracle) left(x *protocol.Outgoing, now protocol.Instant) {
	u, f := &o.up, &o.f
	u.leftAt = now
	if _, ok := o.out.Next(x.Bytes(), f); !ok {
		return // the judge says so
	}
	switch f.Type {
	case protocol.TypeHello:
		var m protocol.Hello
		if m.Parse(f.Payload) != nil {
			return
		}
		if m.Nonce == u.used {
			o.w.judge.blame("nonce", "a hello has the nonce of a session that was open")
		}
		if m.Nonce != u.nonce {
			o.forgive(now)
			o.apart()
			u.nonce, u.gen, u.seq, u.hellos = m.Nonce, m.Generation, f.Seq, 0
		}
		u.hellos++
		u.helloAt = now
	case protocol.TypeCeiling:
		var m protocol.Ceiling
		if m.Parse(f.Payload) != nil {
			return
		}
		if o.ceilingLeft(&m, now); m.Generation <= o.told {
			return
		}
		o.told, o.shown = m.Generation, false
		o.rest.await(o.last.Tick)
		if m.Depth == testDepth {
			o.trials++
			o.trial, o.trialAt, o.asked, o.met = m.Generation, now, 0, false
			break
		}
		o.asked, o.depth, o.askedAt, o.met = m.Generation, protocol.Micrometres(m.Depth), now, false
		o.trial, o.fails = 0, 0
	case protocol.TypeSync:
		var m protocol.Sync
		if m.Parse(f.Payload) == nil {
			o.sync, o.asks = m.Token, true
		}
	case protocol.TypeRevoke:
		var m protocol.Revoke
		if m.Parse(f.Payload) != nil {
			return
		}
		if o.revokeLeft(&m, now); m.Generation == o.told {
			return
		}
		if o.revoke == 0 {
			o.revoke, o.revokeAt, o.answers, o.asks = m.Generation, now, 0, false
		}
		if o.trial != 0 && now.Sub(o.trialAt) > time.Second { // sooner, and it was another stop. Source: PROTOCOL.md §7.4
			o.fails++
		}
		o.told, o.shown, o.asked, o.trial = m.Generation, false, 0, 0
		o.rest.await(o.last.Tick)
		if o.have && o.last.Flags.Motor() != protocol.MotorOff && o.stopAt == 0 {
			o.stopAt = now
		}
	case protocol.TypePermit:
		var m protocol.Permit
		if m.Parse(f.Payload) != nil {
			return
		}
		o.permitLeft(&m, now)
		if end := m.SeenTick + protocol.Tick(m.LifeMS)*1000; !o.hasEnd || end.Since(o.end) > 0 {
			o.end, o.hasEnd = end, true
		}
		if m.Depth == testDepth {
			o.trialAt = now
		} else {
			o.granted = true
		}
	}
}

// byReading are the rules that only a reading of an open session breaks.
const byReading = 1<<session.DepthAboveCeiling | 1<<session.PenDisobeys | 1<<session.MotorWithoutPermit | 1<<session.ReadingsFrozen |
	1<<session.ReadingsImpossible | 1<<session.DepthUnverifiable | 1<<session.DepthMissing | 1<<session.PenFault | 1<<session.DialAboveCeiling |
	1<<session.PenNotWell | 1<<session.PenReleased | 1<<session.BatteryLow | 1<<session.MotorUnwanted

// forgive drops what was owed since the same turn of Hot: the session began anew,
// and whether before or after the reading that told is not known.
func (o *oracle) forgive(now protocol.Instant) {
	for r := session.Rule(1); r < 32; r++ {
		if o.owed&(1<<r) != 0 && o.since[r] == now && byReading&(1<<r) != 0 {
			o.owed &^= 1 << r
		}
	}
}
