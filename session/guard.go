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
	g.have, g.haveSince, g.over, g.high, g.apart, g.gone = false, false, 0, false, false, false
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
func (g *Guard) set(r Rule, broken bool, now protocol.Instant) { g.setDepth(r, broken, now, 0, 0) }

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
	moved := on || strokes != 0
	// Kept as facts, not as times: ticks of long ago wrap.
	if !g.haveSince {
		g.since, g.haveSince, g.settled = r.Tick, true, false
	}
	g.settled = g.settled || r.Tick.Since(g.since) > peakReach
	if moved || !g.have {
		g.movedAt, g.rested = r.Tick, false
	}
	g.rested = g.rested || r.Tick.Since(g.movedAt) > peakReach
	if on {
		// Where a reboot can only be an alarm, the next start of the motor ends it.
		if g.Broken(PenRebooted) && g.tripped != PenRebooted {
			g.set(PenRebooted, false, now)
		}
	}
	if moved && g.ceiling > 0 { // with the motor off: the last strokes before it came to rest
		g.depth(r, strokes, now)
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

// depth judges moving needles against the ceiling in force.
func (g *Guard) depth(r *protocol.Reading, strokes uint32, now protocol.Instant) {
	if g.source == protocol.DepthManual {
		return
	}
	if r.Set != protocol.None && r.MotorOn() {
		if d := protocol.Micrometres(r.Set); d > g.ceiling {
			g.setDepth(DepthAboveCeiling, true, now, d, g.ceiling)
			return
		}
	}
	if g.source != protocol.DepthMeasured {
		return
	}
	limit := g.ceiling + g.tolerance
	if g.peak(r, strokes, limit) {
		g.setDepth(DepthAboveCeiling, true, now, protocol.Micrometres(r.Peak), g.ceiling)
		return
	}
	if strokes == 0 || r.Measured == protocol.None {
		return // the same stroke once more
	}
	d := protocol.Micrometres(r.Measured)
	if d <= limit {
		g.over = 0
		return
	}
	g.over++
	if d > g.ceiling+atOnce || g.over >= 2 {
		g.setDepth(DepthAboveCeiling, true, now, d, g.ceiling)
	}
}

// peak judges strokes that no reading showed, lost or between two readings, by
// the greatest depth of the last 250 ms. It reaches back 260 ms: as long as
// needles of the ceiling before may have moved then, it says nothing.
func (g *Guard) peak(r *protocol.Reading, strokes uint32, limit protocol.Micrometres) bool {
	if r.Peak == protocol.None || !g.settled {
		return false
	}
	peak := protocol.Micrometres(r.Peak)
	switch {
	case peak > g.ceiling+atOnce:
		return true
	case peak <= limit:
		g.high = false
	case strokes < 2 || !g.have:
		// Each stroke was seen.
	case r.StrokesAbove-g.last.StrokesAbove >= 2:
		return true
	case !g.high:
		g.high, g.highAt = true, r.Tick
	default:
		// One stroke is in the peak for 260 ms at most: it was not alone.
		return r.Tick.Since(g.highAt) > peakReach
	}
	return false
}

// dial judges a set depth while the motor is off.
func (g *Guard) dial(r *protocol.Reading, now protocol.Instant) {
	d := protocol.Micrometres(r.Set)
	broken := !r.MotorOn() && g.wanted > 0 && r.Set != protocol.None && d > g.wanted
	g.setDepth(DialAboveCeiling, broken, now, d, g.wanted)
}

// plausible judges whether a pen can have done what the reading says.
func (g *Guard) plausible(r *protocol.Reading, strokes uint32, now protocol.Instant) {
	bad := false
	if r.Measured != protocol.None && g.source == protocol.DepthMeasured {
		bad = protocol.Micrometres(r.Measured) > g.depthMax+beyondPen
	}
	bad = bad || int32(strokes) < 0
	if g.have && g.rateMax > 0 {
		us := int64(r.Tick.Since(g.last.Tick) / time.Microsecond)
		most := us*g.rateMax/1000*rateNumerator/rateDenominator/1_000_000 + 3
		bad = bad || int64(strokes) > most
	}
	if bad {
		g.set(ReadingsImpossible, true, now)
	} else if !r.MotorOn() {
		g.set(ReadingsImpossible, false, now)
	}
}

// alive judges whether the reading lives: strokes that rise while the motor
// runs, a depth that is there and agrees with what is set.
func (g *Guard) alive(r *protocol.Reading, strokes uint32, now protocol.Instant) {
	if !r.MotorOn() {
		g.apart, g.gone = false, false
		g.strokeAt, g.startAt, g.sameFor = r.Tick, r.Tick, 0
		g.set(ReadingsFrozen, false, now)
		g.set(DepthUnverifiable, false, now)
		g.set(DepthMissing, g.source == protocol.DepthManual, now)
		return
	}
	if g.source == protocol.DepthManual {
		g.set(DepthMissing, true, now)
	}
	running := r.Flags.Motor() == protocol.MotorRunning
	if strokes != 0 || !g.have {
		g.strokeAt, g.startAt = r.Tick, r.Tick
	}
	if !running {
		g.strokeAt = r.Tick
	}
	contact := r.Flags.Has(protocol.FlagContact) || !r.Flags.Has(protocol.FlagContactKnown)
	switch {
	case !g.have || r.Measured != g.last.Measured:
		g.sameFor = 0
	case running && r.Flags.Has(protocol.FlagContact): // 'varies' is a pen's word for that
		g.sameFor += max(0, min(r.Tick.Since(g.last.Tick), time.Second))
	}
	frozen := r.Tick.Since(g.strokeAt) > frozenFor && r.Tick.Since(g.strokeAt) > g.still(r) || r.Tick.Since(g.startAt) > startMost ||
		g.caps.Has(protocol.CapVaries|protocol.CapMeasured) && g.sameFor > frozenVaries
	if frozen {
		g.set(ReadingsFrozen, true, now)
	}

	missing := running && (g.source == protocol.DepthMeasured && r.Measured == protocol.None ||
		g.source == protocol.DepthSet && r.Set == protocol.None)
	if !missing {
		g.gone = false
	} else if !g.gone {
		g.gone, g.goneAt = true, r.Tick
	} else if r.Tick.Since(g.goneAt) > missingFor {
		g.set(DepthMissing, true, now)
	}

	far := contact && r.Measured != protocol.None && r.Set != protocol.None && g.source == protocol.DepthMeasured &&
		absInt(int(r.Measured)-int(r.Set)) > disagree
	if !far {
		g.apart = false
	} else if !g.apart {
		g.apart, g.apartAt = true, r.Tick
	} else if r.Tick.Since(g.apartAt) > disagreeFor {
		g.setDepth(DepthUnverifiable, true, now, protocol.Micrometres(r.Measured), protocol.Micrometres(r.Set))
	}
}

// still is how long a running motor may go without a stroke.
func (g *Guard) still(r *protocol.Reading) time.Duration {
	if rate := max(int64(r.StrokeRate), g.rateLeast); rate > 0 {
		return min(max(frozenFor, frozenStrokes*10*time.Second/time.Duration(rate)), frozenMost)
	}
	return frozenFor
}

// age judges how old the newest reading is.
func (g *Guard) age(age time.Duration, now protocol.Instant) {
	g.set(ReadingsStale, age > g.StaleAfter(), now)
}

// battery judges a status.
func (g *Guard) battery(s *protocol.Status, now protocol.Instant) {
	g.set(BatteryLow, s.Battery != 0xff && s.Battery <= batteryLow, now)
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

func absInt(v int) int {
	if v < 0 {
		return -v
	}
	return v
}
