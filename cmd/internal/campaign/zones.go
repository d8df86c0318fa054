package campaign

import (
	"slices"

	"penlog/protocol"
	"penlog/session"
	"penlog/session/passes"
	"penlog/session/policy"
)

// zones is the judge's own account of what was done where, by what was recorded, in
// the order in which it was. It uses neither the fold's totals nor its figures.
type zones struct {
	here      session.Place // where treatment counts; zero: nowhere yet
	needles   int           // of the pen's own cartridge, by its word
	spans     []span
	areas     []session.AreaSet
	marks     []passMark
	cues      uint32               // bit per rule that is told of
	set       protocol.Micrometres // the dial, as entered
	measures  bool                 // the pen, depth, and to what it states
	tolerance protocol.Micrometres
	moved     bool // marks may have gone to another zone with what was treated: by their moments, which are not kept here
}

// span is one recorded stretch of treatment.
type span struct {
	at      session.Place
	strokes uint64
	contact uint64 // of them, in contact
	needles int    // 0: not known
	entered bool   // by a person, and nobody saw it
	depths  passes.Depths
	deepest protocol.Micrometres // of them, or as entered
	truly   protocol.Micrometres // at least, 0: not known
	dial    protocol.Micrometres // as entered
	until   protocol.Instant     // it was recorded
}

// passMark is a pass that a person marked, entered or corrected.
type passMark struct {
	at    session.Place
	delta int
	fixes bool
}

// zoned takes in what was recorded, after the rest of the account has.
func (a *account) zoned(e session.Event, now protocol.Instant) {
	z := &a.zones
	switch e := e.(type) {
	case session.PenUp:
		z.needles, z.measures = e.NeedleCount, e.DepthSource == protocol.DepthMeasured.String()
		z.tolerance = 150 // PROTOCOL.md §6.7
		if e.Accuracy > 0 && e.Accuracy < z.tolerance {
			z.tolerance = e.Accuracy
		}
	case session.PenDeclared:
		z.needles, z.measures = 0, false
	case session.ZoneChosen:
		z.here = placeOf(&e.Verdict)
	case session.RuleBroke:
		z.cue(e.Rule, true)
	case session.RuleHealed:
		z.cue(e.Rule, false)
	case session.AreaSet:
		z.areas = append(z.areas, e)
	case session.MotorRested:
		z.spans = append(z.spans, span{at: z.here, strokes: uint64(e.Strokes), contact: uint64(e.Did.Contact), needles: a.pins(),
			depths: e.Did.Depths, deepest: max(e.Deepest, e.Did.Depths.Deepest()), until: now})
	case session.EntryMade:
		if e.Set != nil {
			z.set = *e.Set
		}
		if z.here == (session.Place{}) {
			return
		}
		if e.Passes > 0 || e.Seconds > 0 {
			z.spans = append(z.spans, span{at: z.here, entered: true, dial: z.set, until: now})
		}
		if e.Passes > 0 {
			z.marks = append(z.marks, passMark{z.here, e.Passes, false})
		}
	case session.PassMarked:
		if z.here != (session.Place{}) {
			z.marks = append(z.marks, passMark{z.here, e.Delta, e.Fixes})
		}
	case session.Reattributed:
		z.moved = z.moved || len(z.marks) > 0
		for _, n := range e.Spans {
			if n >= 1 && n <= len(z.spans) {
				z.spans[n-1].at = session.Place{Zone: e.Zone, Side: e.Side, Site: e.Site, Indication: e.Indication}
			}
		}
	}
}

// pins is how many needles the cartridge has that is in, 0: not known.
func (a *account) pins() int {
	if a.in != nil && a.in.Needles > 0 {
		return a.in.Needles
	}
	return a.zones.needles
}

// share is what one zone comes to.
type share struct {
	strokes, contact, punctures uint64
	unknown                     bool // needles, of some of it
}

// of adds up a place.
func (z *zones) of(at session.Place) (s share) {
	for i := range z.spans {
		if x := &z.spans[i]; x.at == at {
			s.strokes += x.strokes
			s.contact += x.contact
			s.punctures += x.contact * uint64(x.needles)
			s.unknown = s.unknown || x.contact > 0 && x.needles == 0
		}
	}
	return s
}

// area is what a place's density is of, mm²: as set for this patient, else the
// nominal one; 0: not known.
func (z *zones) area(at session.Place) int {
	for i := len(z.areas) - 1; i >= 0; i-- {
		if a := &z.areas[i]; a.Zone == at.Zone && a.Side == at.Side {
			return a.MM2
		}
	}
	mm2, _, _ := policy.Default().Area(at.Zone, at.Side)
	return mm2
}

// density is punctures per cm² of so many mm², rounded down; 0: not known. Source: DOMAIN 3.
func density(punctures uint64, mm2 int) uint64 {
	if mm2 <= 0 {
		return 0
	}
	return punctures * 100 / uint64(mm2)
}

// passes are those that people marked and corrected in a place; made: people marked
// some, so that what was inferred does not count.
func (z *zones) passes(at session.Place) (n, fixed int, made bool) {
	for _, m := range z.marks {
		switch {
		case m.at != at:
		case m.fixes:
			fixed += m.delta
		default:
			n += m.delta
		}
	}
	return n, fixed, n > 0
}

// zonesRight holds the totals of a session against the account.
func (j *judge) zonesRight(when string, t *session.Totals) {
	z := &j.account.zones
	var strokes uint64
	for i := range z.spans {
		strokes += z.spans[i].strokes
		if at := z.spans[i].at; at != (session.Place{}) && !slices.ContainsFunc(t.Zones, func(x session.ZoneTotal) bool { return x.Place == at }) {
			j.blame("zones", "%s %v has none of its %d strokes", when, at.Zone, z.spans[i].strokes)
		}
	}
	if t.Strokes != strokes {
		j.blame("zones", "%s there are %d strokes, those of all stretches are %d", when, t.Strokes, strokes)
	}
	for i := range t.Zones {
		x := &t.Zones[i]
		want, mm2 := z.of(x.Place), z.area(x.Place)
		if x.Strokes != want.strokes || x.Contact != want.contact || x.Punctures != want.punctures || x.NoNeedles != want.unknown {
			j.blame("zones", "%s %v has %d strokes, %d in contact, %d punctures; by its stretches %+v", when, x.Zone, x.Strokes, x.Contact, x.Punctures, want)
		}
		if x.AreaMM2 != mm2 || x.Density != density(want.punctures, mm2) {
			j.blame("density", "%s %v has %d punctures per cm² of %d mm², and %d on %d mm² are %d", when, x.Zone, x.Density, x.AreaMM2, want.punctures, mm2, density(want.punctures, mm2))
		}
	}
}
