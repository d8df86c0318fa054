package campaign

import (
	"fmt"
	"slices"
	"time"

	"penlog/protocol"
	"penlog/session"
	"penlog/sim"
)

// answer judges whether an answer of the guard's has a true cause: a trouble, or what
// needles, motor and dial truly do.
func (j *judge) answer(e *session.RuleBroke) {
	c := &j.w.res.Counts
	n := &c.FalseAlarms
	switch e.Response {
	case session.Trip:
		n = &c.FalseTrips
	case session.Hold:
		n = &c.FalseHolds
	case session.Alarm:
	default:
		return // who plans, dwells or has an empty battery is told so: cues.go
	}
	switch {
	case j.opened == j.w.now || j.caused(e.Rule) || j.truly(e.Rule): // of what held before, a session is told as it begins
	default:
		j.uncaused(e.Response.String(), n, e.Rule)
	}
}

// truly reports whether what is true of the pen explains that a rule is broken.
func (j *judge) truly(r session.Rule) bool {
	p, at := j.w.pen, j.found()
	window := 4 * time.Second // stalls and bursts included
	if j.w.human {
		window = 400 * time.Millisecond
	}
	within := func(d time.Duration, since protocol.Instant) bool { return since != 0 && at.Sub(since) < d }
	switch r {
	case session.DepthAboveCeiling:
		n := len(j.desires)
		alone := !j.guarded && n > 0 && max(p.Set(), p.Last()) > j.desires[n-1].ceiling       // nobody follows the needles of a pen that takes no permits
		told := !j.guarded && j.oracle.wanted > 0 && max(p.Set(), p.Last()) > j.oracle.wanted // less counts before it is durable
		return alone || told || within(window, max(j.overAt, j.dialAt))
	case session.PenRebooted:
		return within(window, j.rebootAt)
	case session.ReadingsImpossible:
		most := protocol.Micrometres(j.id.DepthMax) + 400
		return p.Last() > most || p.AtRest() && j.oracle.have && protocol.Micrometres(j.oracle.last.Measured) > most // the pen goes on telling of its last stroke
	case session.DepthUnverifiable:
		apart := p.Last() - p.Set()
		return apart > disagree || apart < -disagree // the needles are truly elsewhere
	case session.DepthMissing:
		return !p.Identity().Caps.Has(protocol.CapSet) && !p.Identity().Caps.Has(protocol.CapMeasured)
	case session.DialAboveCeiling:
		return j.dialTruly(at)
	case session.LinkLost: // whoever only talks is not greeted anew, and has to tell who it is
		return p.Identity().Caps.Has(protocol.CapTalksOnly) && j.clockSet(at)
	case session.PenInvalid: // one that claims what it is not may tell what can't be
		id, said := p.Identity(), protocol.Identity{}
		return said.Parse(id.Append(nil)) != nil
	case session.PenChanged:
		return within(window, j.oracle.up.otherAt)
	case session.PenTestFailing:
		return j.setBack()
	case session.PenUnproven: // it has just come, or was put back into guarded mode
		o := &j.oracle
		return within(3*time.Second, max(o.up.since, o.backAt))
	case session.MotorUnwanted:
		return p.Driven() || within(time.Second, j.stoppedAt) || j.oracle.last.Flags.Motor() != protocol.MotorOff // or heard of nothing since
	}
	return false
}

// clockSet reports whether a wall clock was set a moment ago.
func (j *judge) clockSet(at protocol.Instant) bool {
	return slices.ContainsFunc(j.list, func(t trouble) bool { return t.verb == "wall-clock" && at <= t.from.Add(aftermath) })
}

// setBack reports whether the pen's clock was set back in this boot: what it holds permits
// against is then ahead of what it shows, and no test is passed before it boots anew.
func (j *judge) setBack() bool {
	return slices.ContainsFunc(j.list, func(t trouble) bool {
		return t.room && t.kind == sim.FaultTickJump && t.amount < 0 && t.from > j.bootedAt
	})
}

// dialTruly reports whether the dial is, or was a moment ago, above what the record wants.
func (j *judge) dialTruly(at protocol.Instant) bool {
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
	return j.w.pen.Set() > want || at.Sub(j.turnedAt) < time.Second && j.dialWas > want || at.Sub(max(j.overAt, j.dialAt)) < time.Second
}

// disagree is how far the needles may be from the dial. Source: session/HAZARDS.md, 'depth_unverifiable'.
const disagree protocol.Micrometres = 300

// uncaused counts an answer of the guard that nothing explains. Where nothing but people
// went wrong it is blamed; and everywhere that readings of a sound pen are called frozen:
// a depth that stands still is all that a pen without a sensor, or with a coarse one, has.
func (j *judge) uncaused(what string, n *uint64, r session.Rule) {
	c := &j.w.res.Counts
	*n++
	c.FalseFound = tally(c.FalseFound, map[string]uint64{what + " " + r.String(): 1})
	j.w.res.Uncaused = append(j.w.res.Uncaused, fmt.Sprintf("%s %v at %.3f s", what, r, seconds(j.w.now-j.w.begin)))
	j.w.logf("WITHOUT A CAUSE: %s %v", what, r)
	switch {
	case r == session.ReadingsFrozen:
		j.blame("false frozen", "%s without a cause: the pen lives", what)
	case j.w.human:
		j.blame("false "+what, "%v without a cause", r)
	}
}
