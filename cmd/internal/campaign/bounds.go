package campaign

import (
	"slices"
	"sync"

	"penlog/protocol"
	"penlog/session"
	"penlog/session/label"
	"penlog/session/limits"
	"penlog/session/policy"
)

// raw are the rows of the built-in table.
var raw = sync.OnceValue(func() map[[2]uint8]limits.Row {
	out := map[[2]uint8]limits.Row{}
	for _, r := range limits.Default().Matrix().Rows {
		out[[2]uint8{uint8(r.Zone), uint8(r.Indication)}] = r
	}
	return out
})

// hardStop is what no ceiling is above. Source: DESIGN promise 3.
const hardStop protocol.Micrometres = 2500

// override is one that is in force, by what was recorded.
type override struct {
	session.Overridden
	since protocol.Instant
}

// at reports whether it is for a verdict's place.
func (o *override) at(v *limits.Verdict) bool {
	return o.Zone == v.Zone && o.Side == v.Side && o.Site == v.Site && o.For == v.Indication
}

// deepest is the deepest that may be allowed where a verdict is about, by the rows of
// the table, what is in force of overrides, the plan, the pen, the needles, its label
// and the rules about this patient: the least of them. Source: DESIGN promise 3.
func (a *account) deepest(v *limits.Verdict, o *override) protocol.Micrometres {
	row, ok := raw()[[2]uint8{uint8(v.Zone), uint8(v.Indication)}]
	if !ok {
		return 0 // nobody offers it
	}
	var of label.Facts
	if a.pen != (session.PenUp{}) {
		of = label.Default().For(a.pen.Vendor, a.pen.Model, v.Indication, v.Zone)
	}
	most, over := row.Limit, row.OverrideLimit
	for _, x := range row.OverrideIf {
		if x.Site == v.Site && x.Site != limits.SiteNone || slices.Contains(of.Labels, x.Label) {
			over = max(over, x.OverrideLimit)
		}
	}
	for _, x := range row.LowerAt {
		if x.Site == v.Site && x.Site != limits.SiteNone {
			most, over = min(most, x.Limit), min(over, x.OverrideLimit)
		}
	}
	ruling := policy.Default().Judge(policy.Patient{Phototype: a.description().Phototype, Age: a.description().Age, First: a.description().First},
		policy.VerdictFacts{Zone: v.Zone, Indication: v.Indication, TypicalLow: v.TypicalLow, TypicalHigh: v.TypicalHigh, Limit: v.Limit,
			LabelAge: of.Age, LabelPhototypes: of.Phototypes})
	if o != nil && o.at(v) && !ruling.NoOverride {
		most = min(o.Value, over)
	}
	for _, d := range []protocol.Micrometres{a.planned(placeOf(v)).Depth, a.pen.DepthMax, a.needles, of.Max, ruling.Max, hardStop} {
		if d > 0 {
			most = min(most, d)
		}
	}
	if a.in != nil && a.in.Length > 0 {
		most = min(most, a.in.Length)
	}
	return most
}

func (a *account) description() session.Description {
	if a.describe == nil {
		return session.Description{}
	}
	return *a.describe
}

// bounded judges the verdicts that an event holds.
func (j *judge) bounded(e session.Event) {
	a := &j.account
	var v *limits.Verdict
	o := a.override
	switch e := e.(type) {
	case session.ZoneChosen:
		v = &e.Verdict
	case session.Overridden:
		v, o = &e.Verdict, &override{Overridden: e}
	case session.OverrideEnded:
		v, o = &e.Verdict, nil
	case session.ArmedEvent:
		v = &e.Verdict
	case session.ResumedEvent:
		v = &e.Verdict
	case session.Reattributed:
		if e.Verdict.Reason == limits.OverrideElsewhere {
			j.blame("override", "what was done elsewhere is judged by an override of another zone")
		}
	}
	if v == nil || a.answers == nil || v.Refused {
		return
	}
	if most := a.deepest(v, o); v.Allowed > most {
		j.blame("ceiling", "%s allows %v for %s, %s, and by what binds it no more than %v may be", e.Kind(), v.Allowed, v.Zone, v.Indication, most)
	}
	switch e.(type) {
	case session.ArmedEvent, session.ResumedEvent:
		if v.Allowed > a.allowed {
			j.blame("ceiling", "%s allows %v, and when this zone was chosen it was %v", e.Kind(), v.Allowed, a.allowed)
		}
	}
}
