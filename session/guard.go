package session

import (
	"fmt"
	"time"

	"penlog/protocol"
)

// Figures of the guard. Source: DESIGN 'The link, in short'.
const (
	atOnce          = 300 // µm above the ceiling: one stroke is enough
	disagree        = 300 // µm between measured and set
	disagreeFor     = time.Second
	staleLeast      = 150 * time.Millisecond
	stalePeriods    = 3
	staleMargin     = 50 * time.Millisecond // below a permit's life
	frozenFor       = 500 * time.Millisecond
	frozenStrokes   = 10
	frozenMost      = 2 * time.Second // however slow the pen says its strokes are
	startMost       = 3 * time.Second // motor on, not yet running or no longer, and no stroke
	frozenVaries    = 5 * time.Second // PROTOCOL.md §3.1, 'varies'
	missingFor      = 500 * time.Millisecond
	beyondPen       = 500                    // µm
	peakReach       = 260 * time.Millisecond // PROTOCOL.md §3.3: the peak's window, at most
	batteryLow      = 15                     // percent
	rateNumerator   = 5                      // greatest believable rate: 5/4 of the pen's greatest
	rateDenominator = 4
)

// A guard keeps a bit per rule in 32: one rule more, and this does not build.
var _ [32 - int(ruleEnd)]struct{}

// Finding is a rule that broke or healed.
type Finding struct {
	Rule     Rule
	Response Response
	On       bool             // false: it healed
	At       protocol.Instant // when it was judged
	Value    protocol.Micrometres
	Limit    protocol.Micrometres // what Value was held against, where depth is the matter
	MotorOn  bool                 // by the newest reading
}

// Guard judges readings against the ceiling and everything else that must be
// true for needles to move. It decides; [Hot] acts. Not safe for concurrent
// use; it allocates nothing.
type Guard struct {
	mode      Mode
	source    protocol.DepthSource
	caps      protocol.Caps
	tolerance protocol.Micrometres
	depthMax  protocol.Micrometres
	rateMax   int64 // strokes per 1000 s, the pen's greatest
	rateLeast int64 // tenths of a stroke per second, its lowest
	life      time.Duration
	period    time.Duration

	ceiling   protocol.Micrometres // by which moving needles are judged
	wanted    protocol.Micrometres // by which the dial is judged
	since     protocol.Tick        // needles of the ceiling before may have moved until then
	haveSince bool
	settled   bool                 // so long ago that the peak holds none of their strokes
	coming    protocol.Micrometres // confirmed while the motor came to rest: the ceiling once it is off

	movedAt  protocol.Tick // needles moved, as far as readings tell
	rested   bool          // so long ago that no peak holds their strokes
	on       bool          // the motor, by the newest reading
	have     bool          // last is a reading of this connection
	last     protocol.Reading
	over     int // strokes in a row above ceiling + tolerance
	highAt   protocol.Tick
	high     bool          // since highAt the peak was above ceiling + tolerance, and strokes went unseen
	strokeAt protocol.Tick // of the newest stroke while running
	startAt  protocol.Tick // of the newest stroke, or the motor off
	sameFor  time.Duration // in contact, the measured depth repeats; a lift only interrupts it
	pressed  bool          // the pen says that a press started the motor, and no reading shows it yet
	pressAt  protocol.Tick // when
	apartAt  protocol.Tick
	apart    bool
	goneAt   protocol.Tick
	gone     bool

	active  uint32 // bit per rule: broken now, whatever the response
	holds   uint32 // of these, the ones that hold
	tripped Rule   // latched; the first cause stays
	cause   Finding

	found  [ruleEnd]Finding
	foundN int
}

// connect begins anew with a pen. Holds of the link stay to the caller; a
// latched trip stays latched.
func (g *Guard) connect(id *protocol.Identity, mode Mode, rate uint16, life time.Duration, now protocol.Instant) {
	// Alarms about the pen before are over; as a pen that can be stopped, this
	// one must trip anew.
	for r := Rule(1); r < ruleEnd; r++ {
		if g.Broken(r) && r.Respond(g.mode, g.source) == Alarm {
			g.set(r, false, now)
		}
	}
	g.source, g.caps = id.Depth(), id.Caps
	g.setMode(mode)
	g.tolerance, g.depthMax = id.Tolerance(), protocol.Micrometres(id.DepthMax)
	g.rateMax = int64(id.RateMax) * 100
	g.life = life
	g.period = time.Second / time.Duration(max(rate, 1))
	g.rateLeast = int64(id.RateMin)
	g.have, g.haveSince, g.over, g.high, g.apart, g.gone, g.pressed = false, false, 0, false, false, false, false
	if g.coming > 0 {
		g.ceiling, g.coming = g.coming, 0
	}
}

// setMode changes the mode, and with it which broken rules hold.
func (g *Guard) setMode(m Mode) {
	g.mode = m
	g.holds = 0
	for r := Rule(1); r < ruleEnd; r++ {
		if g.active&(1<<r) != 0 && r.Respond(m, g.source) == Hold {
			g.holds |= 1 << r
		}
	}
}

// confirmed says that the ceiling d is in force from now on: telemetry shows it,
// or nothing will. Needles that are still coming to rest from the ceiling before
// are judged by that one; that they rest in time is the host's end's to judge.
func (g *Guard) confirmed(d protocol.Micrometres) {
	if g.have && g.last.MotorOn() && g.ceiling > 0 && g.mode == ModeGuarded {
		g.coming = d
		return
	}
	if d == g.ceiling {
		g.coming = 0
		return
	}
	g.ceiling, g.coming, g.over, g.high = d, 0, 0, false
	g.peakFrom(g.movedAt, g.rested)
}

// peakFrom says from when on the peak is of the ceiling in force: settled, or
// when it no longer reaches back to since.
func (g *Guard) peakFrom(since protocol.Tick, settled bool) {
	g.since, g.haveSince, g.settled = since, g.have, settled && g.have
}

// want sets the ceiling that the dial is judged by. 0: none.
func (g *Guard) want(d protocol.Micrometres, now protocol.Instant) {
	g.wanted = d
	if g.have {
		g.dial(&g.last, now)
	}
}

// StaleAfter is the age above which the newest reading counts as stale.
func (g *Guard) StaleAfter() time.Duration {
	d := max(staleLeast, stalePeriods*g.period)
	if g.mode == ModeGuarded {
		d = min(d, g.life-staleMargin) // a permit must not outlive what it rests on
	}
	return d
}

// MayRun reports whether no trip is latched and nothing holds.
func (g *Guard) MayRun() bool { return g.tripped == 0 && g.holds == 0 }

// Tripped returns the latched cause; Rule 0 when there is none.
func (g *Guard) Tripped() Finding {
	if g.tripped == 0 {
		return Finding{}
	}
	return g.cause
}

// Broken reports whether the rule is broken now.
func (g *Guard) Broken(r Rule) bool { return g.active&(1<<r) != 0 }

// next hands out the findings in the order they were made.
func (g *Guard) next(f *Finding) bool {
	if g.foundN == 0 {
		return false
	}
	*f = g.found[0]
	copy(g.found[:], g.found[1:g.foundN])
	g.foundN--
	return true
}

// set breaks or heals a rule.
func (g *Guard) set(r Rule, broken bool, now protocol.Instant) {
	if broken != g.Broken(r) { // else there is nothing to do, as nearly always
		g.setDepth(r, broken, now, 0, 0)
	}
}

func (g *Guard) setDepth(r Rule, broken bool, now protocol.Instant, value, limit protocol.Micrometres) {
	bit := uint32(1) << r
	if broken == (g.active&bit != 0) {
		return
	}
	resp := r.Respond(g.mode, g.source)
	if broken {
		if resp == NotApplicable {
			return
		}
		g.active |= bit
	} else {
		g.active &^= bit
		g.holds &^= bit
	}
	f := Finding{Rule: r, Response: resp, On: broken, At: now, Value: value, Limit: limit, MotorOn: g.on}
	if broken {
		switch resp {
		case Hold:
			g.holds |= bit
		case Trip:
			if g.tripped == 0 {
				g.tripped, g.cause = r, f
			}
		}
	}
	if g.foundN < len(g.found) {
		g.found[g.foundN] = f
		g.foundN++
	}
}

// Observe judges one reading. Readings that were lost before it show in its
// counters and its peak, so their number does not matter.
func (g *Guard) Observe(r *protocol.Reading, now protocol.Instant) {
	on := r.MotorOn()
	g.on = on
	var strokes uint32
	if g.have {
		strokes = r.Strokes - g.last.Strokes
	}
	counted := strokes
	if int32(counted) < 0 {
		counted = 0 // a count that falls is impossible, and says nothing of the needles
	}
	moved := on || counted != 0
	// Kept as facts, not as times: ticks of long ago wrap.
	if !g.haveSince {
		g.since, g.haveSince, g.settled = r.Tick, true, false
	}
	g.settled = g.settled || r.Tick.Since(g.since) > peakReach
	if moved || !g.have {
		g.movedAt, g.rested = r.Tick, false
	}
	g.rested = g.rested || r.Tick.Since(g.movedAt) > peakReach
	g.pressed = g.pressed && !moved
	if on {
		// Where a reboot can only be an alarm, the next start of the motor ends it.
		if g.Broken(PenRebooted) && g.tripped != PenRebooted {
			g.set(PenRebooted, false, now)
		}
	}
	if moved && g.ceiling > 0 { // with the motor off: the last strokes before it came to rest
		g.depth(r, counted, now)
	} else {
		g.over, g.high = 0, false
		if !on {
			g.set(DepthAboveCeiling, false, now)
		}
	}
	if !on && g.coming > 0 {
		g.ceiling, g.coming = g.coming, 0
		g.since, g.settled = r.Tick, false
	}
	g.plausible(r, strokes, now)
	g.alive(r, strokes, now)
	fault := r.Flags.Has(protocol.FlagFault)
	g.set(PenFault, fault && on, now)
	g.set(PenNotWell, fault && !on, now)
	g.set(PenReleased, r.Flags.Has(protocol.FlagReleased), now)
	g.last, g.have = *r, true
	g.dial(r, now)
}

// NotGoneError says why a trip can't be acknowledged yet.
type NotGoneError struct {
	Rule Rule
	Why  string // what is still there, and what to do
}

// Error gives the reason in words.
func (e *NotGoneError) Error() string {
	return fmt.Sprintf("session: acknowledge %v: %s", e.Rule, e.Why)
}

// acknowledge unlatches the trip when its cause is gone. linkUp says whether
// there is a pen to ask.
func (g *Guard) acknowledge(linkUp bool) error {
	if g.tripped == 0 {
		return nil
	}
	notGone := func(why string) error { return &NotGoneError{g.tripped, why} }
	if linkUp {
		switch {
		case g.Broken(ReadingsStale) || !g.have:
			return notGone("no fresh readings: check the cable, or wait")
		case g.have && g.last.MotorOn():
			return notGone("the motor still runs: lift the pen and stop it")
		case g.tripped == DepthAboveCeiling && g.Broken(DialAboveCeiling):
			return notGone(fmt.Sprintf("the dial is at %s: turn it to %s or below", protocol.Micrometres(g.last.Set).MM(), g.wanted.MM()))
		case g.Broken(PenNotWell) && g.tripped == PenFault:
			return notGone("the pen still reports its fault: follow the pen's manual")
		case g.pressed && g.tripped == ReadingsFrozen:
			return notGone("the pen said that its motor started, and not that it stopped: switch it off and on")
		case g.Broken(ReadingsImpossible) && g.tripped == ReadingsImpossible:
			return notGone("the pen still reports what can't be: switch it off and on")
		}
	}
	g.active &^= 1 << g.tripped
	g.tripped, g.cause = 0, Finding{}
	// The motor is off: what the peak still holds was acknowledged with the trip.
	g.high, g.over = false, 0
	g.peakFrom(g.movedAt, g.rested)
	// Trips that came behind the first are over with it: each would trip anew.
	for r := Rule(1); r < ruleEnd; r++ {
		if r.Respond(g.mode, g.source) == Trip {
			g.active &^= 1 << r
		}
	}
	return nil
}
