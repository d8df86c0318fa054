package session

import (
	"slices"

	"penlog/protocol"
	"penlog/session/limits"
	"penlog/session/passes"
)

// Totals is what a procedure came to.
type Totals struct {
	Strokes uint64               `json:"strokes"`
	Above   uint64               `json:"strokes_above"` // above the ceiling in force, by the pen's count
	Runs    uint64               `json:"motor_runs"`
	Deepest protocol.Micrometres `json:"deepest_um"`
	Holds   uint64               `json:"holds"`
	Alarms  uint64               `json:"alarms,omitempty"` // nothing could be held
	Trips   uint64               `json:"trips"`
	Late    uint64               `json:"exceedances_found_late,omitempty"`
	Zones   []ZoneTotal          `json:"zones"` // in the order of their first choice
}

// Place is where treatment counts.
type Place struct {
	Zone       limits.Zone       `json:"zone"`
	Side       limits.Side       `json:"side"`
	Site       limits.Site       `json:"site,omitempty"`
	Indication limits.Indication `json:"indication"`
}

func placeOf(v *limits.Verdict) Place { return Place{v.Zone, v.Side, v.Site, v.Indication} }

// ZoneTotal is one zone's share.
type ZoneTotal struct {
	Place
	Ceiling   protocol.Micrometres `json:"ceiling_um"` // the highest in force
	Strokes   uint64               `json:"strokes"`
	Above     uint64               `json:"strokes_above"`
	Deepest   protocol.Micrometres `json:"deepest_um"`
	Contact   uint64               `json:"contact_strokes"`
	ContactMS uint64               `json:"contact_ms"`
	// NoContact: for some of it contact was not known, and taken for given.
	NoContact bool   `json:"contact_unknown,omitempty"`
	Punctures uint64 `json:"punctures"` // strokes in contact × needles, as far as these are known
	// NoNeedles: of some of the strokes in contact nobody knows how many needles made
	// them, so there were more punctures, and the density is higher.
	NoNeedles bool                 `json:"needles_unknown,omitempty"`
	P50       protocol.Micrometres `json:"p50_um"` // of the strokes' depth, to 10 µm
	P95       protocol.Micrometres `json:"p95_um"`
	Depths    passes.Depths        `json:"depths,omitempty"`
	Glides    uint64               `json:"glides"`
	Passes    PassCount            `json:"passes"`
	AreaMM2   int                  `json:"area_mm2,omitempty"` // 0: not known
	AreaGiven bool                 `json:"area_given,omitempty"`
	Density   uint64               `json:"estimated_punctures_per_cm2,omitempty"` // 0: not known
	Seconds   int                  `json:"entered_seconds,omitempty"`
	Endpoint  *Endpoint            `json:"endpoint,omitempty"`

	Course passes.Course `json:"-"` // the glides, from which passes are inferred
}

// PassCount is how many passes were made, by each way of counting.
type PassCount struct {
	Inferred  int  `json:"inferred"`
	Estimated bool `json:"estimated,omitempty"` // by pauses: the pen does not tell its axis
	Marked    int  `json:"marked"`
	Corrected int  `json:"corrected"` // sum of the corrections
	Entered   int  `json:"entered,omitempty"`
}

// Shown is the count that people go by: their own marks where there are some,
// else what was inferred, and the corrections.
func (c PassCount) Shown() int {
	n := c.Inferred
	if c.Marked+c.Entered > 0 {
		n = c.Marked + c.Entered
	}
	return max(n+c.Corrected, 0)
}

// Span is a stretch of treatment: one run of the motor, or a part of it, or what
// a person entered.
type Span struct {
	N       int         `json:"span"` // 1, 2, 3 …
	From    protocol.At `json:"from_us"`
	To      protocol.At `json:"to_us"`
	Place   Place       `json:"place"`  // where it counts
	Chosen  Place       `json:"chosen"` // what was chosen then
	Ceiling protocol.Micrometres
	Strokes uint32
	Above   uint32
	Deepest protocol.Micrometres
	Needles int
	Unseen  bool
	Did     passes.Slice
	// Entered: a person said so, of a pen without a link, and nothing was seen.
	Entered bool
	Dial    protocol.Micrometres // as entered
	Seconds int
}

// Mark is a pass that a person marked, entered or corrected.
type Mark struct {
	At    protocol.At
	Place Place
	Delta int
	Kind  MarkKind
}

// MarkKind says where a mark comes from.
type MarkKind uint8

// The kinds of marks.
const (
	MarkMade MarkKind = iota
	MarkFixed
	MarkEntered
)

// zone returns the place's share, made when there is none yet.
func (t *Totals) zone(at Place) *ZoneTotal {
	i := slices.IndexFunc(t.Zones, func(z ZoneTotal) bool { return z.Place == at })
	if i < 0 {
		i = len(t.Zones)
		t.Zones = append(t.Zones, ZoneTotal{Place: at})
	}
	return &t.Zones[i]
}

// add counts a span.
func (z *ZoneTotal) add(s *Span) {
	z.Strokes += uint64(s.Strokes)
	z.Above += uint64(s.Above)
	z.Deepest = max(z.Deepest, s.Deepest)
	z.Contact += uint64(s.Did.Contact)
	z.ContactMS += uint64(s.Did.ContactMS)
	z.NoContact = z.NoContact || s.Did.NoContact
	z.Punctures += uint64(s.Did.Contact) * uint64(s.Needles)
	z.NoNeedles = z.NoNeedles || s.Did.Contact > 0 && s.Needles == 0
	z.Depths.Merge(s.Did.Depths)
	z.Course.Join(s.Did.Glides)
	z.Seconds += s.Seconds
}

func (z *ZoneTotal) mark(m Mark) {
	switch m.Kind {
	case MarkMade:
		z.Passes.Marked += m.Delta
	case MarkFixed:
		z.Passes.Corrected += m.Delta
	case MarkEntered:
		z.Passes.Entered += m.Delta
	}
}

// figure works out what follows from the sums.
func (z *ZoneTotal) figure() {
	c := passes.Infer(z.Course)
	z.Passes.Inferred, z.Passes.Estimated = c.Passes, c.Estimated
	z.Glides = z.Course.Glides()
	z.P50, z.P95 = z.Depths.Percentile(50), z.Depths.Percentile(95)
	z.Density = passes.Density(z.Punctures, z.AreaMM2)
}

// retotal counts every zone anew, after spans were said to be of another.
func (p *Procedure) retotal() {
	t := &p.Totals
	for i := range t.Zones {
		z := &t.Zones[i]
		*z = ZoneTotal{Place: z.Place, Ceiling: z.Ceiling, AreaMM2: z.AreaMM2, AreaGiven: z.AreaGiven, Endpoint: z.Endpoint}
	}
	for i := range p.Spans {
		if s := &p.Spans[i]; s.Place != (Place{}) {
			t.zone(s.Place).add(s)
		}
	}
	for _, m := range p.Marks {
		t.zone(m.Place).mark(m)
	}
	for i := range t.Zones {
		t.Zones[i].figure()
	}
}

func (t *Totals) clone() Totals {
	c := *t
	c.Zones = slices.Clone(t.Zones)
	for i := range c.Zones {
		z := &c.Zones[i]
		z.Depths, z.Course = slices.Clone(z.Depths), nil
		if z.Endpoint != nil {
			e := *z.Endpoint
			z.Endpoint = &e
		}
	}
	return c
}
