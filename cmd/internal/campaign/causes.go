package campaign

import (
	"fmt"
	"time"

	"penlog/protocol"
	"penlog/session"
)

// trip judges whether a trip has a true cause.
func (j *judge) trip(e session.RuleBroke) {
	if j.opened == j.w.now || j.caused(e.Rule) {
		return
	}
	if n := len(j.desires); e.Rule == session.DepthAboveCeiling && !j.guarded && n > 0 &&
		max(j.w.pen.Set(), j.w.pen.Last()) > j.desires[n-1].ceiling {
		return // nobody follows the needles of a pen that takes no permits
	}
	if e.Rule == session.PenDisobeys && !j.guarded && j.w.now.Sub(j.startedAt) < time.Second {
		return // a press right after a stop looks like a motor that does not come to rest: PROTOCOL.md §7.5
	}
	if most := protocol.Micrometres(j.id.DepthMax) + 400; e.Rule == session.ReadingsImpossible &&
		(j.w.pen.Last() > most || j.w.pen.AtRest() && j.oracle.have && protocol.Micrometres(j.oracle.last.Measured) > most) {
		return // the pen goes on telling of its last stroke
	}
	since := max(j.overAt, j.dialAt)
	if e.Rule == session.PenRebooted {
		since = j.rebootAt
	} else if e.Rule != session.DepthAboveCeiling {
		since = 0
	}
	window := 4 * time.Second // stalls and bursts included
	if j.w.human {
		window = 400 * time.Millisecond
	}
	if since != 0 && j.w.now.Sub(since) < window {
		return
	}
	c := &j.w.res.Counts
	c.FalseTrips++
	c.FalseFound = tally(c.FalseFound, map[string]uint64{"trip " + e.Rule.String(): 1})
	j.uncaused("trip", e.Rule)
	if j.w.human {
		j.blame("false trip", "%v without a cause", e.Rule)
	}
}

// uncaused notes an answer of the guard that nothing explains.
func (j *judge) uncaused(what string, r session.Rule) {
	j.w.res.Uncaused = append(j.w.res.Uncaused, fmt.Sprintf("%s %v at %.3f s", what, r, seconds(j.w.now-j.w.begin)))
	j.w.logf("WITHOUT A CAUSE: %s %v", what, r)
}

// hold judges whether a hold has a true cause: a trouble, or a dial above what
// the record wants.
func (j *judge) hold(e session.RuleBroke) {
	if j.opened == j.w.now || j.caused(e.Rule) {
		return
	}
	switch e.Rule {
	case session.PenUnproven, session.MotorUnwanted: // a pen that has just come; a press that nobody asked for
		return
	case session.DialAboveCeiling:
		want := protocol.Micrometres(0)
		if n := len(j.desires); n > 0 {
			want = j.desires[n-1].ceiling
		}
		// Less is told at once, before it is durable; and the dial may have been
		// turned back since the reading that showed it.
		if p := j.w.host.cold.Procedure(); p != nil {
			c, _ := p.Desire()
			want = min(want, c)
		}
		if j.w.now.Sub(j.turnedAt) < time.Second && j.dialWas > want {
			return
		}
		if j.w.pen.Set() > want || j.w.now.Sub(j.overAt) < time.Second || j.w.now.Sub(j.dialAt) < time.Second {
			return
		}
	case session.ReadingsStale, session.LinkLost, session.PenNotWell, session.PenChanged, session.PenBusy, session.PenSilent, session.PenInvalid,
		session.NotAPen, session.RecordStalled, session.DiskFull, session.ClockJumped, session.PenReleased:
	default:
		return
	}
	c := &j.w.res.Counts
	c.FalseHolds++
	c.FalseFound = tally(c.FalseFound, map[string]uint64{"hold " + e.Rule.String(): 1})
	j.uncaused("hold", e.Rule)
	if j.w.human {
		j.blame("false hold", "%v without a cause", e.Rule)
	}
}
