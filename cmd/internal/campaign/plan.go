package campaign

import (
	"fmt"
	"time"

	"penlog/protocol"
	"penlog/session/limits"
	"penlog/sim"
)

// mishapKind is something that goes wrong, or that a hand does unasked.
type mishapKind uint8

const (
	stallAll  mishapKind = iota // the PC does not run the agent
	stallHot                    // … its fast lane
	stallCold                   // … its slow lane
	stallDisk                   // no commit comes to an end
	crash                       // the agent is killed, and started again after d
	cut                         // the cable is pulled, and put back after d
	noise                       // bytes are damaged
	frames                      // writes are lost, doubled, swapped
	burst                       // the line holds everything back, then hands it over
	dialUp                      // the dial is turned n steps above the ceiling, and back after d
	press                       // a press for no reason
	wallJump                    // the wall clock is set by n ms
	reboot                      // the pen loses power and boots
	old                         // frames of up to 2 s ago come out of the host's line once more
	mishapKinds
)

var mishapNames = [mishapKinds]string{"stall agent", "stall hot lane", "stall cold lane", "stall disk", "kill agent",
	"pull cable", "noise", "frames", "burst", "dial up", "press", "wall clock", "reboot pen", "old frames"}

// mishap is one of them with its size. Fields mean what its kind says.
type mishap struct {
	at       protocol.Instant
	kind     mishapKind
	d        time.Duration
	n        int
	up, down bool // which direction of the line; of a cut, up: the port notices
	faults   sim.LineFaults
}

func (m *mishap) String() string {
	s := fmt.Sprintf("%.3f s %s", seconds(m.at), mishapNames[m.kind])
	if m.d > 0 {
		s += fmt.Sprintf(" for %v", m.d)
	}
	if m.n != 0 {
		s += fmt.Sprintf(" by %d", m.n)
	}
	switch m.kind {
	case noise, frames, burst:
		s += fmt.Sprintf(" (to host %t, to pen %t)", m.up, m.down)
	case cut:
		s += fmt.Sprintf(" (noticed %t)", m.up)
	}
	return s
}

// stallSizes are how long hosts sleep, and how often.
func stallSize(r *rng) time.Duration {
	switch n := r.below(100); {
	case n < 55:
		return r.span(20*time.Millisecond, 200*time.Millisecond)
	case n < 80:
		return r.span(200*time.Millisecond, 600*time.Millisecond)
	}
	return r.span(600*time.Millisecond, 2*time.Second)
}

// newPlan draws the mishaps of a run. The last six seconds are quiet, so that
// what was recorded can be compared.
func newPlan(r *rng, class Class, from, to protocol.Instant) []mishap {
	gap := []time.Duration{time.Second, 2500 * time.Millisecond, 6 * time.Second}[r.below(3)]
	var plan []mishap
	for at := from; ; {
		at = r.after(at, gap/5, 2*gap)
		if at >= to.Add(-12*time.Second) {
			return plan
		}
		m := mishap{at: at, kind: mishapKind(r.below(int(mishapKinds)))}
		if class == Clean && m.kind != dialUp && m.kind != press {
			m.kind = pick(r, []mishapKind{dialUp, dialUp, press})
			at = at.Add(3 * time.Second)
		}
		m.size(r)
		plan = append(plan, m)
	}
}

// size draws how bad it is.
func (m *mishap) size(r *rng) {
	m.up, m.down = true, true
	if one := r.below(3); one == 0 {
		m.up = false
	} else if one == 1 {
		m.down = false
	}
	ms := time.Millisecond
	switch m.kind {
	case stallAll, stallHot, stallCold:
		m.d = stallSize(r)
	case stallDisk:
		m.d = r.span(50*ms, 4*time.Second)
	case crash:
		m.d = r.span(30*ms, 3*time.Second)
	case cut:
		m.d = r.span(20*ms, 4*time.Second)
	case noise:
		m.d = r.span(200*ms, 5*time.Second)
		rate := pick(r, []int64{100, 1000, 10_000})
		m.faults = sim.LineFaults{Flip: rate, Drop: rate / 2, Insert: rate / 2}
	case frames:
		m.d = r.span(200*ms, 5*time.Second)
		rate := pick(r, []int64{10_000, 100_000, 300_000})
		m.faults = sim.LineFaults{Lose: rate, Duplicate: rate, Reorder: rate}
	case burst:
		m.d = r.span(20*ms, 700*ms)
	case dialUp:
		m.d, m.n = r.span(60*ms, 4*time.Second), 1+r.below(4)
	case wallJump:
		m.n = pick(r, []int{-3_600_000, -700, 700, 3_600_000, 86_400_000})
	}
}

// site is where the technician works, and how deep the hand is told to go.
type site struct {
	zone       limits.Zone
	indication limits.Indication
	depth      protocol.Micrometres
}

var sites = []site{
	{zone: limits.Cheek, indication: limits.AcneScarRolling},
	{zone: limits.Nose, indication: limits.AcneScarRolling},
	{zone: limits.Forehead, indication: limits.FineLines},
	{zone: limits.Periorbital, indication: limits.FineLines},
	{zone: limits.Neck, indication: limits.UnevenTone},
	{zone: limits.Abdomen, indication: limits.Striae},
	{zone: limits.Chin, indication: limits.AcneScarBoxcar},
}

// newSites draws the course of a treatment with the pen at hand.
func newSites(r *rng, table *limits.Table, id *protocol.Identity) []site {
	out := make([]site, 2+r.below(3))
	for i := range out {
		s := pick(r, sites)
		v := table.Ask(limits.Request{Zone: s.zone, Indication: s.indication, PenMin: protocol.Micrometres(id.DepthMin),
			PenMax: protocol.Micrometres(id.DepthMax), PenStep: protocol.Micrometres(id.DepthStep), CartridgeLength: protocol.Micrometres(id.NeedleLength)})
		step := protocol.Micrometres(max(id.DepthStep, 50))
		s.depth = max(v.Settable-step*protocol.Micrometres(r.below(2)), protocol.Micrometres(id.DepthMin), step)
		if r.chance(8) {
			s.depth = v.Settable + step*protocol.Micrometres(1+r.below(3)) // told wrong
		}
		out[i] = s
	}
	return out
}

// seconds is a moment as people read it.
func seconds(at protocol.Instant) float64 { return float64(at) / 1e6 }
