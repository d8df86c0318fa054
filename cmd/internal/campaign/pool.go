package campaign

import (
	"slices"
	"time"

	"penlog/cmd/internal/campaign/script"
	"penlog/sim"
)

// weighed is a verb that scripts are drawn from.
type weighed struct {
	*script.Verb
	weight int
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

// tame are line faults that come and go by themselves.
var tame = []sim.FaultKind{sim.FaultLineNoise, sim.FaultFlipBits, sim.FaultDropBytes, sim.FaultInsertBytes, sim.FaultRepeatBytes, sim.FaultSwapBytes, sim.FaultLoseFrames, sim.FaultDuplicateFrames, sim.FaultReorderFrames,
	sim.FaultDelay, sim.FaultJitter, sim.FaultBurst, sim.FaultStall, sim.FaultLineDead, sim.FaultUnplugged, sim.FaultOtherName, sim.FaultLooseContact,
	sim.FaultReplayFrames, sim.FaultReplayPermits, sim.FaultEcho, sim.FaultReboot}

// deeds are what scripts of a class are drawn from.
func deeds(class Class) []weighed {
	var out []weighed
	for _, v := range script.Verbs() {
		v := script.VerbByName(v.Name)
		line := v.Group == script.GroupRoom && slices.Contains(tame, v.Fault)
		w := 0
		switch {
		case v.Name == "dial-up":
			w = 8
		case v.Name == "press":
			w = 4
		case v.Group == script.GroupHand || v.Group == script.GroupScreen || v.Name == "clear" || v.Name == "time-zone":
		case class == Human:
		case v.Group == script.GroupPC && class != Ill:
			w = 4
		case line && class != Ill:
			w = 3
		case v.Group == script.GroupRoom && class == Wild:
			w = 1
		case v.Group == script.GroupRoom && class == Ill && (!line || v.Fault == sim.FaultReboot):
			w = 1
		case class == Ill && (v.Name == "disk-stall" || v.Name == "disk-full" || v.Name == "wall-clock" || v.Name == "suspend"):
			w = 1
		}
		if class == Ill && v.Human() {
			w = 0
		}
		if w > 0 {
			out = append(out, weighed{v, w})
		}
	}
	return out
}

// draw draws how much of it there is.
func (v weighed) draw(r *rng) script.Deed {
	ms := time.Millisecond
	d := script.Deed{Verb: v.Name, Amount: v.Amount, For: v.Span}
	if v.Takes.Has(script.TakesDirection) {
		d.Way = pick(r, []sim.Direction{sim.BothWays, sim.Up, sim.Down})
	}
	if v.Takes.Has(script.TakesFor) {
		d.For = r.span(200*ms, 5*time.Second)
		if v.Group == script.GroupRoom && r.chance(40) {
			d.For = r.span(5*time.Second, 20*time.Second)
		}
	}
	switch v.Name {
	case "agent-stall", "hot-stall":
		d.For = stallSize(r)
	case "cold-stall":
		d.For = r.span(50*ms, 3*time.Second)
	case "disk-stall", "disk-fails":
		d.For = r.span(50*ms, 4*time.Second)
	case "disk-full":
		d.Amount = pick(r, []int64{4096, 64, 12, 0})
	case "disk-slow":
		d.Amount = int64(10 + r.below(700))
	case "agent-killed":
		d.For = r.span(30*ms, 3*time.Second)
	case "suspend":
		d.For = r.span(500*ms, 30*time.Second)
	case "wall-clock":
		d.Amount = pick(r, []int64{-3_600_000, -700, 700, 3_600_000, 86_400_000})
	case "dial-up":
		d.For, d.Amount = r.span(60*ms, 4*time.Second), int64(1+r.below(4))
	case "stall":
		d.Amount = int64(20 + r.below(680))
	case "unplugged":
		d.For = r.span(20*ms, 4*time.Second)
	case "line-noise", "flip-bits", "drop-bytes", "insert-bytes":
		d.Amount = pick(r, []int64{100, 1000, 10_000})
	case "lose-frames", "duplicate-frames", "reorder-frames":
		d.Amount = pick(r, []int64{10_000, 100_000, 300_000})
	case "delay":
		d.Amount = int64(5 + r.below(200))
	case "jitter":
		d.Amount = int64(5 + r.below(60))
	case "burst":
		d.Amount = int64(20 + r.below(300))
	case "drift":
		d.Amount = int64(r.below(40_001) - 20_000)
	case "tick-jump":
		d.Amount = pick(r, []int64{-5_000_000, -700_000, 300_000, 2_000_000, 900_000_000})
	case "deep":
		d.Amount = pick(r, []int64{60, 120, 180, 240, 350, 600, 1000}) + int64(r.below(60))
		if r.chance(40) { // one lunge
			d.Amount, d.For = int64(400+r.below(600)), r.span(12*ms, 25*ms)
		}
	case "cartridge-length":
		d.Amount = pick(r, []int64{250, 500, 1000, 1500, 3000})
	case "creep":
		d.Amount = int64(50 + r.below(500))
	case "sensor-bias":
		if d.Amount = int64(r.below(1600) - 800); r.chance(50) { // the dial tells
			d.Amount = -int64(350 + r.below(450))
		}
	case "other-pen":
		d.For = 0
	}
	if d.Verb == "drift" && d.Amount == 0 {
		d.Amount = 1000
	}
	d.For = d.For.Truncate(ms)
	return d
}
