// Package passes says what needles did in a zone, from the pen's readings: how
// many strokes, how deep, in contact with the skin for how long, and by how many
// passes. It refuses to know what depth is allowed, and what is recorded.
//
// A pass is one complete coverage of a zone in one direction (DOMAIN 3). Where
// the pen tells the axis of its glides, passes are counted by the axis; where it
// does not they are estimated by the pauses between glides. How often needles
// went into the skin never depends on either.
//
// Nothing here is safe for concurrent use.
package passes

import (
	"slices"

	"penlog/protocol"
)

// Figures of the inference. They are this project's own: no source measures
// hands. Each is a matter of counting, never of what is allowed.
const (
	passLeast   = 3   // glides; fewer are a correction on the way, not a coverage
	strayMost   = 1   // glides along another axis that don't end a pass
	liftLeast   = 300 // ms; a shorter lift never ends a pass
	bounceMost  = 125 // ms; a shorter one is a hand that trembles, and nothing to compare with
	liftFactor  = 3   // times the middle one of the lifts before: a lift that ends a pass
	liftsToKnow = 3   // lifts before which none can be compared
)

// Count is how many passes were made.
type Count struct {
	Passes int
	// Estimated: some of the glides came without an axis, so pauses were counted.
	Estimated bool
}

// Infer counts the passes of one zone from the glides made in it, in order.
func Infer(c Course) Count {
	n := Counter{}
	for _, g := range c {
		n.Add(g)
	}
	return n.Count()
}

// Counter infers passes as glides come. The zero Counter has seen none.
type Counter struct {
	done      int
	axis      protocol.Axis // of the pass at hand
	glides    uint32        // in it
	stray     Glides        // of another axis, since; too few to end it
	lifts     []uint32      // between glides without an axis, the newest last
	estimated bool
}

// liftsKept is how many lifts a Counter compares with.
const liftsKept = 32

// Add takes in the next glides of the zone.
func (n *Counter) Add(g Glides) {
	if g.Axis == protocol.AxisUnknown {
		n.unknown(g)
		return
	}
	switch {
	case n.glides == 0 || n.axis == protocol.AxisUnknown:
		n.axis = g.Axis // what came before without an axis belongs to this one
		n.glides += g.N
	case g.Axis == n.axis:
		n.glides += g.N + n.stray.N
		n.stray = Glides{}
	case g.Axis == n.stray.Axis:
		n.stray.N += g.N
	default:
		n.glides += n.stray.N
		n.stray = g
	}
	if n.stray.N > strayMost {
		next := n.stray
		n.close()
		n.axis, n.glides = next.Axis, next.N
	}
}

func (n *Counter) unknown(g Glides) {
	n.estimated = true
	if g.Lift > 0 {
		if n.glides > 0 && n.longLift(g.Lift) {
			n.close()
		} else if g.Lift > bounceMost {
			n.lifts = append(n.lifts, g.Lift)
			if len(n.lifts) > liftsKept {
				n.lifts = slices.Delete(n.lifts, 0, 1)
			}
		}
	}
	n.glides += g.N
}

// longLift reports whether a lift is so long beside those before that a pass ended with it.
func (n *Counter) longLift(ms uint32) bool {
	if ms < liftLeast || len(n.lifts) < liftsToKnow {
		return false
	}
	sorted := slices.Sorted(slices.Values(n.lifts))
	return ms >= liftFactor*sorted[len(sorted)/2]
}

func (n *Counter) close() {
	if n.glides >= passLeast {
		n.done++
	}
	n.axis, n.glides, n.stray = protocol.AxisUnknown, 0, Glides{}
}

// Count is the count so far; a pass that goes on counts once it has as many
// glides as the least.
func (n *Counter) Count() Count {
	c := Count{n.done, n.estimated}
	if n.glides+n.stray.N >= passLeast {
		c.Passes++
	}
	return c
}

// Density is an estimate of punctures per cm²: punctures (strokes in contact ×
// needles) by area in mm². It is 0 where the area is not known. Source: DOMAIN 3,
// density model; both are summed, so that passes don't matter.
func Density(punctures uint64, areaMM2 int) uint64 {
	if areaMM2 <= 0 {
		return 0
	}
	return punctures * 100 / uint64(areaMM2)
}
