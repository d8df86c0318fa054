package session

import (
	"time"

	"penlog/protocol"
)

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
	if r.Set == protocol.None && !r.MotorOn() && g.Broken(DialAboveCeiling) {
		return // a dial that is no longer shown was not turned down
	}
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
		g.set(ReadingsFrozen, g.pressed && r.Tick.Since(g.pressAt) > frozenFor, now)
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
	case !g.have || r.Measured != g.last.Measured || r.Measured == protocol.None: // a depth that is missing is not one that stands still
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

// started takes the pen's word that a press started the motor, as its event tells,
// at a tick. One that comes late says nothing: readings may have shown it and been lost.
// Told again, since nobody has recorded it yet, it takes nothing back.
func (g *Guard) started(at protocol.Tick) {
	if g.pressed && at == g.pressAt {
		return
	}
	seen := !g.rested && g.movedAt.Since(at) >= 0
	g.pressed, g.pressAt = g.have && !seen && g.last.Tick.Since(at) <= peakReach, at
}

// stopped takes the pen's word that its motor came to rest.
func (g *Guard) stopped() { g.pressed = false }

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

func absInt(v int) int {
	if v < 0 {
		return -v
	}
	return v
}
