package campaign

import (
	"time"

	"penlog/protocol"
	"penlog/session"
)

// needles is what readings said of depth.
type needles struct {
	tolerance protocol.Micrometres
	ceiling   protocol.Micrometres // by which moving needles are judged
	coming    protocol.Micrometres // confirmed while they moved: from rest on
	freshAt   protocol.Tick        // what moved until then is of another ceiling, or acknowledged
	fresh     bool                 // so long ago that no peak holds it
	over      int                  // readings with a new stroke above ceiling and tolerance, in a row
	high      bool                 // the peak is above them, with strokes that no reading showed, since
	highAt    protocol.Tick
}

// parted forgets what belongs to a session of the pen; a ceiling stays until another is confirmed.
func (n *needles) parted() { *n = needles{tolerance: n.tolerance, ceiling: 0} }

// peakWindow is the longest that a stroke stays in the peak, with room.
// Source: PROTOCOL.md §3.3.
const peakWindow = 260*time.Millisecond + 20*time.Millisecond

// farAbove is what one stroke may be above the ceiling. Source: DESIGN 'The link, in short'.
const farAbove protocol.Micrometres = 300

// confirms takes a ceiling as the one in force, by the reading at hand.
func (n *needles) confirms(d protocol.Micrometres, on bool, t protocol.Tick) {
	switch {
	case on && n.ceiling > 0:
		n.coming = d
	case d != n.ceiling:
		n.ceiling, n.coming, n.over, n.high, n.freshAt, n.fresh = d, 0, 0, false, t, false
	default:
		n.coming = 0
	}
}

// deep judges depth against the ceiling in force.
func (o *oracle) deep(r *protocol.Reading, on bool) {
	u, l := &o.up, &o.last
	if !o.have {
		o.freshAt, o.fresh = r.Tick, false
	}
	o.fresh = o.fresh || r.Tick.Since(o.freshAt) > peakWindow
	if u.mode != guardedPen {
		// No reading confirms it: Cold's word is in force at once.
		if o.coming = 0; o.ceiling != o.wanted {
			o.confirms(o.wanted, false, r.Tick)
		}
		if o.w.now.Sub(o.wishAt) < 2*margin {
			return
		}
	}
	strokes := int32(0)
	if o.have {
		strokes = max(0, int32(r.Strokes-l.Strokes))
	}
	if o.ceiling > 0 && (on || strokes > 0) && u.source < 2 {
		o.above(r, on, strokes)
	} else {
		o.over, o.high = 0, false
	}
	if !on && o.coming > 0 {
		o.ceiling, o.coming, o.freshAt, o.fresh = o.coming, 0, r.Tick, false
	}
}

func (o *oracle) above(r *protocol.Reading, on bool, strokes int32) {
	c, limit := o.ceiling, o.ceiling+o.tolerance
	if on && r.Set != protocol.None && protocol.Micrometres(r.Set) > c {
		o.owe(session.DepthAboveCeiling)
		return
	}
	if o.up.source != 0 {
		return
	}
	if peak := protocol.Micrometres(r.Peak); o.fresh && r.Peak != protocol.None {
		switch {
		case peak > c+farAbove:
			o.owe(session.DepthAboveCeiling)
		case peak <= limit:
			o.high = false
		case strokes < 2:
		case r.StrokesAbove-o.last.StrokesAbove >= 2:
			o.owe(session.DepthAboveCeiling)
		case !o.high:
			o.high, o.highAt = true, r.Tick
		case r.Tick.Since(o.highAt) > peakWindow:
			o.owe(session.DepthAboveCeiling)
		}
	} else {
		o.high = false
	}
	if strokes == 0 || r.Measured == protocol.None {
		return
	}
	d := protocol.Micrometres(r.Measured)
	if d <= limit {
		o.over = 0
		return
	}
	if o.over++; o.over >= 2 || d > c+farAbove {
		o.owe(session.DepthAboveCeiling)
	}
}

// alive is since when readings show no life: ticks.
type alive struct {
	strokeAt protocol.Tick // the newest stroke, or not running
	startAt  protocol.Tick // the newest stroke, or the motor off
	sameFor  time.Duration // in contact, the measured depth repeats
	far      bool          // measured and set are apart since
	farAt    protocol.Tick
	none     bool // the depth that it promised is missing since
	noneAt   protocol.Tick
}

// pressed is a press that started the motor, by the pen's word, and that no reading shows.
type pressed struct {
	told    bool
	at      protocol.Tick // it was
	movedAt protocol.Tick // a reading showed the motor on, or a new stroke, last
	moved   bool          // one did in this session of the pen
	id      uint32        // the newest press that was told: they come again
}

// acted follows an event of the pen.
func (o *oracle) acted(m *protocol.PenEvent) {
	x := &o.press
	o.rest.told(m)
	switch {
	case m.Kind == protocol.EventMotorStopped:
		x.told = false
	case m.Kind != protocol.EventPressStart || protocol.StartResult(m.Arg) != protocol.StartRan || m.ID <= x.id:
	default:
		x.id = m.ID
		seen := x.moved && x.movedAt.Since(m.Tick) > -late
		x.told, x.at = !seen && o.last.Tick.Since(m.Tick) < peakWindow-margin, m.Tick // later, and what showed it may have been lost
	}
}

// lives judges whether a reading can be, and shows a pen that lives.
// Source of the figures: session/HAZARDS.md, 'The guard's table'.
func (o *oracle) lives(r *protocol.Reading, on bool, passed time.Duration) {
	u, l, id := &o.up, &o.last, &o.up.id
	if u.source == 0 && r.Measured != protocol.None && int(r.Measured) > int(id.DepthMax)+500 {
		o.owe(session.ReadingsImpossible)
	}
	moved := !o.have || r.Strokes != l.Strokes
	if o.have {
		rose := int64(int32(r.Strokes - l.Strokes))
		most := passed.Microseconds() * int64(id.RateMax) / 10 * 5 / 4 / 1_000_000
		if rose < 0 || id.RateMax > 0 && rose > most+4 {
			o.owe(session.ReadingsImpossible)
		}
	}
	if u.source == 2 {
		o.owe(session.DepthMissing)
	}
	if x := &o.press; on || o.have && moved {
		x.told, x.moved, x.movedAt = false, true, r.Tick
	} else if x.told && r.Tick.Since(x.at) > 505*time.Millisecond { // when it is told to stop for it, it says so soon
		o.owe(session.ReadingsFrozen)
	}
	if !on {
		o.alive = alive{strokeAt: r.Tick, startAt: r.Tick}
		return
	}
	running := r.Flags.Motor() == protocol.MotorRunning
	if moved {
		o.strokeAt, o.startAt = r.Tick, r.Tick
	}
	if !running {
		o.strokeAt = r.Tick
	}
	if !o.have || r.Measured != l.Measured || r.Measured == protocol.None {
		o.sameFor = 0
	} else if running && r.Flags.Has(protocol.FlagContact) {
		o.sameFor += min(passed, time.Second)
	}
	still := 500 * time.Millisecond
	if rate := max(int(r.StrokeRate), int(id.RateMin)); rate > 0 {
		still = min(max(still, 100*time.Second/time.Duration(rate)), 2*time.Second) // 10 strokes
	}
	if r.Tick.Since(o.strokeAt) > still || r.Tick.Since(o.startAt) > 3*time.Second ||
		id.Caps.Has(protocol.CapVaries|protocol.CapMeasured) && o.sameFor > 5*time.Second {
		o.owe(session.ReadingsFrozen)
	}
	if none := running && (u.source == 0 && r.Measured == protocol.None || u.source == 1 && r.Set == protocol.None); !none {
		o.none = false
	} else if !o.none {
		o.none, o.noneAt = true, r.Tick
	} else if r.Tick.Since(o.noneAt) > 500*time.Millisecond {
		o.owe(session.DepthMissing)
	}
	touches := r.Flags.Has(protocol.FlagContact) || !r.Flags.Has(protocol.FlagContactKnown)
	apart := int(r.Measured) - int(r.Set)
	if far := u.source == 0 && touches && r.Measured != protocol.None && r.Set != protocol.None && (apart > 300 || apart < -300); !far {
		o.far = false
	} else if !o.far {
		o.far, o.farAt = true, r.Tick
	} else if r.Tick.Since(o.farAt) > time.Second {
		o.owe(session.DepthUnverifiable)
	}
}
