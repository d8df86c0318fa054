package agent

import (
	"penlog/session"
	"penlog/session/limits"
)

// maxZones is of how many zones figures are kept apart; what is done in more is
// counted together, so that the series stay few.
const maxZones = 4

// ZoneOther stands for the zones beyond maxZones.
const ZoneOther = "other"

// ZoneCounts is what was done in one zone since the agent started. A stroke is one
// observation; Sum is of metres, or of hertz.
type ZoneCounts struct {
	Depth, Rate Histogram
}

// Visits counts what people did.
type Visits struct {
	Overrides  uint64
	Cartridges uint64
	Passes     uint64 // marked, entered or at the pen
	Late       uint64 // exceedances found late
	Zones      map[string]ZoneCounts
}

// visitLocked counts an event of a session. mu is held.
func (c *counts) visitLocked(e session.Event) {
	v := &c.visits
	switch e := e.(type) {
	case session.ZoneChosen:
		c.zone = e.Verdict.Zone
	case session.Overridden:
		v.Overrides++
	case session.CartridgeIn:
		v.Cartridges++
	case session.PassMarked:
		if !e.Fixes {
			v.Passes++
		}
	case session.EntryMade:
		v.Passes += uint64(e.Passes)
	case session.Reattributed:
		if e.Late != nil {
			v.Late++
		}
	case session.MotorRested:
		c.strokesInLocked(c.zone, &e)
	}
}

// inZone says where strokes are made from now on.
func (c *counts) inZone(z limits.Zone) {
	defer c.lock()()
	c.zone = z
}

func (c *counts) strokesInLocked(zone limits.Zone, e *session.MotorRested) {
	if zone == limits.ZoneNone || e.Did.OnMS == 0 {
		return
	}
	if c.visits.Zones == nil {
		c.visits.Zones = map[string]ZoneCounts{}
	}
	name := zone.String()
	z, ok := c.visits.Zones[name]
	if !ok {
		if len(c.visits.Zones) >= maxZones {
			name = ZoneOther
			z, ok = c.visits.Zones[name]
		}
		if !ok {
			z = ZoneCounts{Depth: newHistogram(.0005, .001, .0015, .002), Rate: newHistogram(75, 100, 125)}
		}
	}
	for _, b := range e.Did.Depths {
		z.Depth.addMany(float64(b.Depth)/1e6, uint64(b.Strokes))
	}
	z.Rate.addMany(float64(e.Strokes)*1000/float64(e.Did.OnMS), uint64(e.Strokes))
	c.visits.Zones[name] = z
}

// addMany adds n observations of x.
func (h *Histogram) addMany(x float64, n uint64) {
	i := 0
	for i < len(h.Bounds) && x > h.Bounds[i] {
		i++
	}
	h.Counts[i] += n
	h.Sum += x * float64(n)
	h.N += n
}

func (v *Visits) clone() Visits {
	out := *v
	out.Zones = make(map[string]ZoneCounts, len(v.Zones))
	for name, z := range v.Zones {
		out.Zones[name] = ZoneCounts{Depth: z.Depth.clone(), Rate: z.Rate.clone()}
	}
	return out
}
