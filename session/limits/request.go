package limits

import (
	"fmt"
	"slices"

	"penlog/protocol"
)

// Request asks for the depth allowed at one zone of one patient with one pen. A
// zero depth means not known or not given and takes no part; that the cartridge's
// length or the pen's maximum is not known is visible in the verdict.
type Request struct {
	Zone       Zone
	Side       Side // needed for an override only
	Site       Site // where in the zone, if it matters
	Indication Indication
	Labels     []Label // what this pen's label covers

	Wanted       protocol.Micrometres // 0: whatever is allowed
	Prescription protocol.Micrometres // 0: none
	LabelledMax  protocol.Micrometres // the pen's labelled maximum for this indication; 0: none known
	PatientRule  protocol.Micrometres // the strictest rule about this patient; 0: none

	PenMax          protocol.Micrometres // greatest depth the pen can be set to; 0: not known
	PenMin          protocol.Micrometres // its least setting above which it steps; 0 for a pen that begins at zero
	PenStep         protocol.Micrometres // 0: not known, then no setting is named
	CartridgeLength protocol.Micrometres // needle length; 0: not known

	Override *Override // nil: none
}

// Override is what a clinician granted: a base up to the override limit, at one
// zone and side. Who granted it, why and until when is the session's business. It
// raises nothing but base.
type Override struct {
	Zone  Zone
	Side  Side
	Value protocol.Micrometres
}

// Reason is the code of a refusal; empty when there is none. The codes are part of
// the record and never change their meaning.
type Reason string

// The reasons.
const (
	NoTable            Reason = "no_table"             // no limits were loaded
	BadRequest         Reason = "bad_request"          // a value that cannot be: negative, or a pen whose least depth exceeds its greatest
	UnknownZone        Reason = "unknown_zone"         // no zone was chosen
	UnknownIndication  Reason = "unknown_indication"   // no indication was chosen
	NoZoneLimit        Reason = "no_zone_limit"        // the table leaves the zone out
	NoIndicationLimit  Reason = "no_indication_limit"  // the table leaves the indication out
	NotOffered         Reason = "not_offered"          // the zone is not offered for the indication
	OverrideElsewhere  Reason = "override_elsewhere"   // the override names another zone or side, or no side
	OverrideTooDeep    Reason = "override_above_limit" // the override exceeds the override limit
	AboveOverrideLimit Reason = "above_override_limit" // more is wanted than any override could allow
	NothingSettable    Reason = "nothing_settable"     // this pen has no setting that is low enough
)

// Reasons returns every reason for a refusal.
func Reasons() []Reason {
	return []Reason{NoTable, BadRequest, UnknownZone, UnknownIndication, NoZoneLimit, NoIndicationLimit,
		NotOffered, OverrideElsewhere, OverrideTooDeep, AboveOverrideLimit, NothingSettable}
}

// fault returns what is impossible about r, in words, or "".
func (r *Request) fault() string {
	for _, d := range []struct {
		name  string
		depth protocol.Micrometres
	}{
		{"wanted depth", r.Wanted}, {"prescription", r.Prescription}, {"labelled maximum", r.LabelledMax},
		{"patient rule", r.PatientRule}, {"pen maximum", r.PenMax}, {"pen minimum", r.PenMin},
		{"pen step", r.PenStep}, {"cartridge needle length", r.CartridgeLength},
	} {
		if d.depth < 0 {
			return fmt.Sprintf("%s %v is negative", d.name, d.depth)
		}
	}
	switch {
	case r.PenMax > 0 && r.PenMin > r.PenMax:
		return fmt.Sprintf("pen minimum %v is above pen maximum %v", r.PenMin, r.PenMax)
	case r.Side != SideNone && !r.Side.Valid():
		return fmt.Sprintf("there is no %v", r.Side)
	case r.Site != SiteNone && !r.Site.Valid():
		return fmt.Sprintf("there is no %v", r.Site)
	case r.Site != SiteNone && r.Site.Zone() != r.Zone:
		return fmt.Sprintf("%s is not a part of %s", r.Site.Name(), r.Zone.Name())
	case r.Override != nil && r.Override.Value <= 0:
		return fmt.Sprintf("override to %v allows nothing", r.Override.Value)
	}
	for _, l := range r.Labels {
		if !l.Valid() {
			return fmt.Sprintf("there is no %v", l)
		}
	}
	return ""
}

// settable returns the highest setting of the pen that is above zero and not above
// top, and whether one exists. It steps from PenMin in whole micrometres. Without a
// known step it returns 0 and whether the pen's least depth fits.
func (r *Request) settable(top protocol.Micrometres) (protocol.Micrometres, bool) {
	if top < r.PenMin || top <= 0 {
		return 0, false
	}
	if r.PenStep <= 0 {
		return 0, true
	}
	d := top - (top-r.PenMin)%r.PenStep
	return d, d > 0
}

// labels returns a sorted copy without repetitions.
func labels(in []Label) []Label {
	if len(in) == 0 {
		return nil
	}
	out := slices.Clone(in)
	slices.Sort(out)
	return slices.Compact(out)
}
