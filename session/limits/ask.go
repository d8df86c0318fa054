package limits

import (
	"fmt"

	"penlog/protocol"
)

// Ask answers a request. It always gives a verdict; what cannot be allowed is a
// refused one with the reason. The same request to the same table gives the same
// verdict.
func (t *Table) Ask(r Request) Verdict {
	v := Verdict{
		Side: r.Side, Site: r.Site, Labels: labels(r.Labels),
		Requested: r.Wanted, PenMin: r.PenMin, PenStep: r.PenStep,
		TableVersion: t.Version(), TableHash: t.Hash(),
	}
	if r.Zone.Valid() {
		v.Zone = r.Zone
	}
	if r.Indication.Valid() {
		v.Indication = r.Indication
	}
	if fault := r.fault(); fault != "" {
		// What is impossible must not reach the record as if it were possible.
		v.Side, v.Site, v.Labels = SideNone, SiteNone, nil
		return v.refuse(BadRequest, fault)
	}
	switch {
	case t.Hash() == "":
		return v.refuse(NoTable, "no limits are loaded")
	case !r.Zone.Valid():
		return v.refuse(UnknownZone, "no zone is chosen")
	case !r.Indication.Valid():
		return v.refuse(UnknownIndication, "no indication is chosen")
	}
	v.Candidates = t.common(&r)
	switch {
	case t.zones[r.Zone] == nil:
		return v.refuse(NoZoneLimit, fmt.Sprintf("%s has no limit in table %s", r.Zone.Name(), t.version))
	case t.indications[r.Indication] == nil:
		return v.refuse(NoIndicationLimit, fmt.Sprintf("%s has no limit in table %s", r.Indication.Name(), t.version))
	case !t.offers(r.Zone, r.Indication):
		return v.refuse(NotOffered, fmt.Sprintf("%s is not offered for %s", r.Zone.Name(), r.Indication.Name()))
	}
	return t.judge(&r, v)
}

// judge answers a request about a combination that is offered.
func (t *Table) judge(r *Request, v Verdict) Verdict {
	zone, indication := t.zones[r.Zone], t.indications[r.Indication]
	zoneLimit := zone.limitAt(r.Site)
	zoneOverride := zone.overrideAt(r.Indication, r.Site, r.Labels)
	indicationOverride := indication.overrideAt(r.Zone, r.Site, r.Labels)
	v.Limit = min(zoneLimit.depth, indication.limit, t.HardStop())
	v.OverrideLimit = min(zoneOverride.depth, indicationOverride.depth, t.HardStop())
	v.TypicalLow, v.TypicalHigh = indication.typical(v.Limit)

	base := []Candidate{
		{RuleZoneLimit, Given, zoneLimit.depth, zoneLimit.sources},
		{RuleIndicationLimit, Given, indication.limit, indication.sources},
	}
	if o := r.Override; o != nil {
		switch {
		case o.Zone != r.Zone || o.Side != r.Side || o.Side == SideNone:
			return v.refuse(OverrideElsewhere, fmt.Sprintf("the override is for %s, %s, and does not apply to %s, %s",
				o.Zone.Name(), o.Side.Name(), r.Zone.Name(), r.Side.Name()))
		case o.Value > v.OverrideLimit:
			return v.refuse(OverrideTooDeep, fmt.Sprintf("override to %v exceeds %v override limit for zone %q", o.Value, v.OverrideLimit, r.Zone))
		}
		v.Overridden = true
		// The two limits stay candidates: even a check that failed above could not
		// let an override reach past them.
		base = []Candidate{
			{RuleOverride, Given, o.Value, nil},
			{RuleZoneOverrideLimit, Given, zoneOverride.depth, zoneOverride.sources},
			{RuleIndicationOverrideLimit, Given, indicationOverride.depth, indicationOverride.sources},
		}
	}
	v.Candidates = append(copySources(base), v.Candidates...)

	bound, _ := least(v.Candidates) // the base is always given
	v.BoundBy = bound.Rule
	if r.Wanted > v.OverrideLimit {
		return v.refuse(AboveOverrideLimit, fmt.Sprintf("%s, and no override reaches above %v", v.excess(bound.Value).words(), v.OverrideLimit))
	}
	top := bound.Value
	if r.Wanted > 0 {
		top = min(top, r.Wanted)
	}
	settable, ok := r.settable(top)
	if !ok {
		return v.refuse(NothingSettable, fmt.Sprintf("the least setting of this pen, %s, is above %s (%s)", mm(r.leastSetting()), mm(top), r.topWords(bound)))
	}
	v.Allowed, v.Settable = bound.Value, settable
	v.Clamped = r.Wanted > v.Allowed
	if indication.evaluated > 0 && indication.evaluatedZones[r.Zone] && v.Allowed > indication.evaluated {
		v.Flags = append(v.Flags, BeyondEvaluated)
	}
	if indication.offLabel {
		v.Flags = append(v.Flags, OffLabel)
	}
	return v
}

// leastSetting is the least setting of the pen above zero.
func (r *Request) leastSetting() protocol.Micrometres {
	if r.PenMin > 0 {
		return r.PenMin
	}
	return r.PenStep
}

// topWords names what a setting may not exceed.
func (r *Request) topWords(bound Candidate) string {
	if r.Wanted > 0 && r.Wanted < bound.Value {
		return "wanted"
	}
	return bound.Rule.Name()
}

// common returns the candidates that do not depend on zone and indication, in the
// order of Rules.
func (t *Table) common(r *Request) []Candidate {
	c := func(rule Rule, d protocol.Micrometres, absent State) Candidate {
		if d <= 0 {
			return Candidate{Rule: rule, State: absent}
		}
		return Candidate{Rule: rule, State: Given, Value: d}
	}
	stop := c(RuleHardStop, t.HardStop(), NotKnown)
	stop.Sources = append([]string(nil), t.hardStop.sources...)
	return []Candidate{
		c(RulePrescription, r.Prescription, NotGiven),
		c(RulePenMax, r.PenMax, NotKnown),
		c(RuleCartridgeLength, r.CartridgeLength, NotKnown),
		c(RuleLabelledMax, r.LabelledMax, NotGiven),
		c(RulePatientRule, r.PatientRule, NotGiven),
		stop,
	}
}

// copySources keeps a verdict's holder from changing the table through it.
func copySources(in []Candidate) []Candidate {
	for i := range in {
		in[i].Sources = append([]string(nil), in[i].Sources...)
	}
	return in
}

// refuse makes v a refusal: nothing is allowed, and nothing of a ceiling is left.
func (v Verdict) refuse(reason Reason, detail string) Verdict {
	v.Refused, v.Reason, v.Detail = true, reason, detail
	v.Allowed, v.Settable, v.Clamped, v.Overridden, v.BoundBy, v.Flags = 0, 0, false, false, "", nil
	return v
}

// AskAll answers for the strictest of several indications, e.g. the subtypes of
// [ParseIndicationGroup]: a refusal if one is refused, else the lowest ceiling, the
// first of equals. It refuses an empty group.
func (t *Table) AskAll(r Request, group []Indication) Verdict {
	var strictest Verdict
	for n, i := range group {
		r.Indication = i
		v := t.Ask(r)
		if n == 0 || v.Allowed < strictest.Allowed { // a refusal allows 0
			strictest = v
		}
	}
	if len(group) == 0 {
		r.Indication = IndicationNone
		return t.Ask(r)
	}
	return strictest
}
