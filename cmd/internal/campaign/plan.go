package campaign

import (
	"penlog/session"
	"penlog/session/limits"
)

// placeOf is the place that a verdict is about.
func placeOf(v *limits.Verdict) session.Place {
	return session.Place{Zone: v.Zone, Side: v.Side, Site: v.Site, Indication: v.Indication}
}

// planned is what the plan says of a place: of just this one, else of each side or site;
// the zero value when it says nothing.
func (a *account) planned(at session.Place) (item session.PlanItem) {
	for _, x := range a.plan {
		switch {
		case x.Zone != at.Zone || x.Indication != at.Indication || x.Side != at.Side && x.Side != limits.SideNone || x.Site != at.Site && x.Site != limits.SiteNone:
		case x.Side == at.Side && x.Site == at.Site:
			return x
		case item.Zone == limits.ZoneNone:
			item = x
		}
	}
	return item
}
