package campaign

import (
	"time"

	"penlog/protocol"
	"penlog/session"
)

// frames is what the frames that left Hot are held against in one session of the
// pen. Source: PROTOCOL.md §7.1–§7.5.
type frames struct {
	kind     protocol.Type // that left under it
	gen      uint16        // the highest that left; the hello's at first
	revoking bool          // no reading has shown the newest revoke, and no permit
	revoked  protocol.Instant
	ceiledAt protocol.Instant // the ceiling left, last
	moves    bool             // the motor was on in the reading that confirmed, and not off since
	granted  uint16           // generation of the newest permit for a patient's ceiling

	outAt             protocol.Instant // a reading showed it out of guarded mode first
	stopAsked, stopBy protocol.Instant // somebody asked to stop; a revoke has to leave until then, 0: none

	tried  uint16 // generation of the trial whose permit left
	ends   protocol.Tick
	showed bool // a reading showed that permit
	proved bool // and a later one that it had died of age
}

// ticks are those of readings that were handed to Hot, the newest last.
type ticks struct {
	of     [32]protocol.Tick
	n      int
	before protocol.Tick // newest before what was handed over in this turn
}

// boots are those in which the pen did not do as it was told.
type boots struct {
	bad [4]uint32
	n   int
}

func (b *boots) has(boot uint32) bool {
	for _, x := range b.bad {
		if x == boot && boot != 0 {
			return true
		}
	}
	return false
}

func (b *boots) add(boot uint32) {
	if !b.has(boot) {
		b.bad[b.n%len(b.bad)] = boot
		b.n++
	}
}

// greeted reports whether a session is open that a hello began: with a pen that only
// talks none does.
func (o *oracle) greeted() bool { return o.up.is && o.up.nonce != 0 }

// shows follows readings as the answer to frames.
func (o *oracle) shows(r *protocol.Reading, on bool) {
	x, permit := &o.frames, r.Flags.Has(protocol.FlagPermit)
	o.of[o.ticks.n%len(o.of)] = r.Tick
	o.ticks.n++
	if x.revoking && r.Generation >= x.gen && !permit {
		x.revoking = false
	}
	if o.met && (r.Generation != o.asked || protocol.Micrometres(r.Ceiling) != o.depth) {
		o.met, o.asked = false, 0
	}
	if !on {
		x.moves = false
	}
	if r.Flags.Has(protocol.FlagReleased) {
		x.proved, x.tried = false, 0
		if o.have && !o.last.Flags.Has(protocol.FlagReleased) {
			x.outAt = o.w.now
		}
	}
	if x.tried == 0 {
		return
	}
	switch {
	case on || r.Generation != x.tried || r.Ceiling != testDepth:
		x.tried = 0
	case permit:
		x.showed = true
	case x.showed && r.Tick.Since(x.ends) >= 0:
		x.proved, x.tried, o.provedAt, o.fails = true, 0, o.w.now, 0
	case x.showed:
		x.tried = 0
	}
}

// ceilingLeft, revokeLeft and permitLeft judge frames as they leave, before they are followed.
func (o *oracle) ceilingLeft(m *protocol.Ceiling, now protocol.Instant) {
	x, j := &o.frames, &o.w.judge
	if !o.greeted() {
		return
	}
	if m.Generation == x.gen && m.Generation == o.told {
		x.ceiledAt = now
		return
	}
	if x.revoking && x.revoked == now && m.Generation < x.gen {
		return // the revoke overtook it in this turn; the pen refuses it
	}
	if m.Generation <= x.gen {
		j.blame("generation", "a ceiling of generation %d is sent after one of %d", m.Generation, x.gen)
	}
	if a := &j.account; m.Depth != testDepth && a.over && o.w.host.drainedAt > a.overAt {
		j.blame("ceiling", "a ceiling of %d µm is sent, and no session is open", m.Depth)
	}
	if m.Depth == 0 {
		j.blame("frames", "a ceiling of nothing is sent")
	}
	if m.Depth == testDepth && x.kind != protocol.TypeCeiling {
		j.mayTry()
	}
	if x.revoking && m.Depth != testDepth {
		j.blame("revoke first", "a ceiling is sent, and no reading has shown the revoke before it")
	}
	x.gen, x.ceiledAt, x.revoking, x.tried, x.kind = m.Generation, now, false, 0, protocol.TypeCeiling
}

func (o *oracle) revokeLeft(m *protocol.Revoke, now protocol.Instant) {
	x := &o.frames
	if !o.greeted() {
		return
	}
	if x.revoked = now; m.Generation == o.told && o.kind == protocol.TypeRevoke {
		return
	}
	if m.Generation <= x.gen {
		o.w.judge.blame("generation", "a revoke of generation %d is sent after one of %d", m.Generation, x.gen)
	}
	x.gen, x.revoking, x.tried, x.kind = m.Generation, true, 0, protocol.TypeRevoke
}

func (o *oracle) permitLeft(m *protocol.Permit, now protocol.Instant) {
	x, j := &o.frames, &o.w.judge
	if !o.greeted() {
		return
	}
	j.mayPermit(m)
	if o.has(o.up.id.Boot) {
		j.blame("permit after disobedience", "a permit for %d µm is sent to a pen that did not obey in this boot", m.Depth)
	}
	known := false
	for _, t := range o.of[:min(o.ticks.n, len(o.of))] {
		known = known || t == m.SeenTick
	}
	if !known || m.SeenTick.Since(o.before) < 0 && o.ticks.n > len(o.of) {
		j.blame("seen tick", "a permit names the tick %d, that of the newest reading is %d", m.SeenTick, o.last.Tick)
	}
	if m.Depth == testDepth {
		if x.tried == m.Generation {
			j.blame("trial", "the trial's permit is sent again")
		}
		if m.LifeMS > 150 {
			j.blame("trial", "the trial's permit lives %d ms", m.LifeMS)
		}
		x.tried, x.showed, x.ends = m.Generation, false, m.SeenTick+protocol.Tick(m.LifeMS)*1000
		return
	}
	x.granted = m.Generation
	switch {
	case !x.proved:
		j.blame("unproven", "a permit for %d µm is sent, and no trial has lapsed in this session of the pen", m.Depth)
	case !o.met || m.Generation != o.asked || protocol.Micrometres(m.Depth) != o.depth:
		j.blame("permit unconfirmed", "a permit for %d µm of generation %d is sent, and the newest reading shows %d µm of %d", m.Depth, m.Generation, o.last.Ceiling, o.last.Generation)
	case x.moves:
		j.blame("permit in motion", "a permit is sent, and no reading has shown the motor off since the one that confirmed its ceiling")
	}
}

// repeats judges that what no reading shows is said again. Source: PROTOCOL.md §10.
func (o *oracle) repeats(now protocol.Instant) {
	const revokes, ceilings = 20 * time.Millisecond, 50 * time.Millisecond
	x := &o.frames
	if x.revoking && now.Sub(x.revoked) > revokes+readTimeout {
		o.w.judge.blame("repeats", "a revoke that no reading shows was last sent %v ago", now.Sub(x.revoked))
	}
	if o.asked != 0 && !o.met && now.Sub(x.ceiledAt) > ceilings+readTimeout {
		o.w.judge.blame("repeats", "a ceiling that no reading shows was last sent %v ago", now.Sub(x.ceiledAt))
	}
}

// ready judges that a pen that may run can: what is durable allows it, nothing was
// wrong for long, nothing holds, and the dial is where it should be.
func (o *oracle) ready(now protocol.Instant) {
	j, p := &o.w.judge, o.w.pen
	if p.Permitted() || p.Driven() || len(j.desires) == 0 {
		o.idleAt = now
		return
	}
	d := &j.desires[len(j.desires)-1]
	if !d.allow || d.ceiling == 0 || p.Set() > d.ceiling || !o.up.is || o.up.mode != guardedPen || !p.AtRest() || o.holding() || !j.settled(calm) {
		o.idleAt = now
		return
	}
	if since := max(o.idleAt, d.at); now.Sub(since) > 2500*time.Millisecond {
		j.blame("not ready", "for %v a ceiling of %v is allowed, nothing is wrong, and the pen has no permit", now.Sub(since), d.ceiling)
	}
}

// proves judges that a sound pen is tested, and taken for what it is: nothing was wrong for
// long, its motor is off or has a permit, and it did as it was told in this boot.
func (o *oracle) proves(now protocol.Instant) {
	j := &o.w.judge
	if !o.open() || !o.up.is || o.up.mode != guardedPen || o.said&(1<<session.PenUnproven) == 0 || o.trips != 0 || j.lane.tripped || j.lane.full || o.has(o.up.id.Boot) ||
		!o.w.pen.AtRest() && !o.w.pen.Permitted() || o.w.pen.Released() || !j.settled(calm) || j.setBack() {
		o.unprovenAt = now
		return
	}
	if since := max(o.unprovenAt, o.up.since); now.Sub(since) > 3*time.Second {
		j.blame("not proven", "for %v nothing is wrong with the pen, and it holds as unproven", now.Sub(since))
	}
}

// holding reports whether something that holds or trips is recorded as broken.
func (o *oracle) holding() bool {
	for r := session.Rule(1); r < 32; r++ {
		if o.said&(1<<r) != 0 && (o.cell(r) == 'H' || o.cell(r) == 'T') {
			return true
		}
	}
	return false
}

// aged holds the age that Hot gives a reading against its true one.
func (o *oracle) aged(n *session.Note) {
	w := o.w
	truly := w.judge.tick(w.now).Since(n.Reading.Tick)
	young := n.Age < truly*97/100-3*time.Millisecond // the pen's µs may be 2 % off. Source: PROTOCOL.md §4.2
	old := n.Age > truly+150*time.Millisecond
	if !young && !old || !o.greeted() || w.pen.Identity().Boot != o.up.id.Boot || w.judge.lately(time.Minute, agesLie...) {
		return
	}
	if young {
		w.judge.blame("age", "a reading is %v old and counts as %v", truly, n.Age)
	}
	if old && w.judge.settled(mapped) {
		w.judge.blame("age", "a reading is %v old and counts as %v, though nothing was wrong for long", truly, n.Age)
	}
}
