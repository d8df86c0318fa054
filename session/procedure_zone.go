package session

import (
	"slices"

	"penlog/protocol"
	"penlog/session/limits"
	"penlog/session/policy"
)

// applyZone takes in what concerns the zone and the ceiling, and reports whether
// e was such.
func (p *Procedure) applyZone(e Event, at protocol.At) bool {
	switch e := e.(type) {
	case ZoneChosen:
		p.Chosen, p.Confirmed, p.Ruling = true, 0, e.Ruling
		p.verdict(e.Verdict, e.To)
		p.wait(e.Higher, at)
		p.zone(e.AreaMM2)
	case ZoneRefused: // the zone before is no longer the one that is meant
		p.State, p.Chosen, p.Confirmed = e.To, false, 0
	case CartridgeSeen:
		p.Cartridge, p.State = e.Length, e.To
		p.lower(e.Verdict)
	case CartridgeIn:
		p.In, p.State = &e, e.To
		p.Cartridges++
		p.lower(e.Verdict)
	case CartridgeOut:
		p.In, p.State = nil, e.To
	case Overridden:
		p.Override, p.Confirmed = &e, 0
		p.verdict(e.Verdict, e.To)
		p.wait(e.To != Draft, at)
	case OverrideEnded:
		p.Override, p.State = nil, e.To
		p.lower(&e.Verdict)
	case ArmedEvent:
		p.agreed(e.Verdict, e.Ruling, ActArm)
	case ResumedEvent:
		p.agreed(e.Verdict, e.Ruling, ActResume)
	case StartedEvent:
		p.move(ActRun)
	case Reattributed:
		p.reattributed(e)
	case PassMarked:
		kind := MarkMade
		if e.Fixes {
			kind = MarkFixed
		}
		p.markAt(Mark{At: at, Delta: e.Delta, Kind: kind})
	case EntryMade:
		p.entered(e, at)
	case EndpointSeen:
		if p.Here != (Place{}) {
			p.Totals.zone(p.Here).Endpoint = &e.Endpoint
		}
	default:
		return false
	}
	return true
}

// entered takes in what a person entered for a pen without a link.
func (p *Procedure) entered(e EntryMade, at protocol.At) {
	if e.Set != nil {
		p.Set = *e.Set
	}
	if p.Here == (Place{}) {
		return
	}
	if e.Passes > 0 || e.Seconds > 0 {
		s := Span{N: len(p.Spans) + 1, From: at - protocol.At(e.Seconds)*1_000_000, To: at, Place: p.Here, Chosen: p.Here, Ceiling: p.Verdict.Allowed,
			Entered: true, Dial: p.Set, Seconds: e.Seconds}
		p.Spans = append(p.Spans, s)
		p.Totals.zone(p.Here).add(&s)
	}
	if e.Passes > 0 {
		p.markAt(Mark{At: at, Delta: e.Passes, Kind: MarkEntered})
	}
	if e.Above {
		p.Totals.Alarms++
	}
}

// verdict makes v the one in force.
func (p *Procedure) verdict(v limits.Verdict, to State) { p.Verdict, p.State = v, to }

// wait notes that a higher ceiling waits for its second act, or that none does.
func (p *Procedure) wait(higher bool, at protocol.At) {
	p.HigherAt = 0
	if higher {
		p.HigherAt = at
		return
	}
	p.Granted = p.Verdict.Allowed
}

// lower takes a verdict in that something else brought about; nil: nothing changed.
// Whatever it says, no ceiling rises by it.
func (p *Procedure) lower(v *limits.Verdict) {
	if v == nil {
		return
	}
	if p.Chosen && v.Allowed <= p.Verdict.Allowed {
		p.Verdict, p.Confirmed = *v, 0
	}
	p.Granted = min(p.Granted, v.Allowed)
	if v.Allowed <= p.Granted {
		p.HigherAt = 0
	}
}

// agreed is a person's word that the ceiling is right.
func (p *Procedure) agreed(v limits.Verdict, r policy.Ruling, act Act) {
	p.Verdict, p.Ruling, p.Granted, p.HigherAt = v, r, v.Allowed, 0
	p.move(act)
	z := p.Totals.zone(p.Here)
	z.Ceiling = max(z.Ceiling, v.Allowed)
}

// zone makes the verdict's zone the one in which treatment counts.
func (p *Procedure) zone(area int) {
	here := placeOf(&p.Verdict)
	if here != p.Here {
		p.Here, p.ChangedSpan = here, len(p.Spans)
	}
	z := p.Totals.zone(here)
	z.Ceiling = max(z.Ceiling, p.Verdict.Allowed)
	p.area(z, area)
	z.figure()
}

// area gives a zone its area: as set for this patient, or else the nominal one.
func (p *Procedure) area(z *ZoneTotal, nominal int) {
	if i := slices.IndexFunc(p.Areas, func(a AreaSet) bool { return a.Zone == z.Zone && a.Side == z.Side }); i >= 0 {
		z.AreaMM2, z.AreaGiven = p.Areas[i].MM2, true
	} else if nominal > 0 {
		z.AreaMM2 = nominal
	}
}

// reattributed moves spans, and what people marked in them, to their true zone.
func (p *Procedure) reattributed(e Reattributed) {
	at := Place{e.Zone, e.Side, e.Site, e.Indication}
	z := p.Totals.zone(at)
	z.Ceiling = max(z.Ceiling, e.Verdict.Allowed)
	p.area(z, e.AreaMM2)
	for i := range p.Marks {
		// A pass is marked while it is made, or right after: it goes with the newest
		// span that had begun.
		m := &p.Marks[i]
		of := 0
		for _, s := range p.Spans {
			begun := s.From
			if s.Entered {
				begun = s.To // it reaches back over what was marked before
			}
			if begun <= m.At {
				of = s.N
			}
		}
		if of > 0 && slices.Contains(e.Spans, of) && m.Place == p.Spans[of-1].Place {
			m.Place = at
		}
	}
	for _, n := range e.Spans {
		if n >= 1 && n <= len(p.Spans) {
			p.Spans[n-1].Place = at
		}
	}
	if e.Late != nil {
		p.Totals.Late++
	}
	p.retotal()
}

// markAt adds a mark to the zone at hand.
func (p *Procedure) markAt(m Mark) {
	m.Place = p.Here
	if m.Place == (Place{}) {
		return
	}
	p.Marks = append(p.Marks, m)
	p.Totals.zone(m.Place).mark(m)
}

// applyPrepared takes in what people prepared, marked and entered, and reports
// whether e was such.
func (p *Procedure) applyPrepared(e Event) bool {
	switch e := e.(type) {
	case Described:
		p.Patient = e.Description
		if e.Ruling != nil {
			p.Ruling = *e.Ruling
		}
	case Planned:
		p.Plan = slices.Clone(e.Items)
	case ZoneAdded:
		p.Plan = append(slices.Clip(p.Plan), e.Item)
	case Screened:
		for _, a := range e.Answers {
			p.Answers = append(slices.DeleteFunc(p.Answers, func(b Answered) bool { return b.Code == a.Code }), a)
			p.Cleared = slices.DeleteFunc(p.Cleared, func(c Cleared) bool { return c.Code == a.Code }) // it was of the answer before
		}
	case Cleared:
		p.Cleared = append(p.Cleared, e)
	case Consented:
		p.Consent = &e.Consent
	case AnaestheticStep:
		if e.Step != "reaction" {
			p.Numbing = e.Step
		}
	case ProductUsed:
		p.Product = &e.Product
	case AlarmHeard:
		p.AlarmHeard = true
	case ModeAccepted:
		p.Accepted, p.AcceptedBy = e.Mode, e.By
	case PenDeclared:
		p.otherPen(e.Vendor, e.Model, e.Serial)
		p.Pen = &PenUp{Vendor: e.Vendor, Model: e.Model, Serial: e.Serial, DepthSource: protocol.DepthManual.String(),
			DepthMin: e.DepthMin, DepthMax: e.DepthMax, DepthStep: e.DepthStep}
		p.Foreign = false
		p.Declared, p.Mode, p.Cartridge, p.PressTested = true, ModeNone, 0, false
		if p.Source == SourceNone {
			p.Source = SourcePen
		}
	case AreaSet:
		for i := range p.Totals.Zones {
			if z := &p.Totals.Zones[i]; z.Zone == e.Zone && z.Side == e.Side {
				z.AreaMM2, z.AreaGiven = e.MM2, true
				z.figure()
			}
		}
		p.Areas = append(slices.DeleteFunc(p.Areas, func(a AreaSet) bool { return a.Zone == e.Zone && a.Side == e.Side }), e)
	case HandedOver:
		p.Operator = e.To
	case Muted:
		p.MutedUntil = e.Until
	default:
		return false
	}
	return true
}

// applyAfter takes in what may follow the end.
func (p *Procedure) applyAfter(e Event) {
	a := &p.After
	switch e := e.(type) {
	case ReasonGiven:
		a.Reason = &e
	case OutcomeSet:
		a.Outcome = &e
	case AftercareGiven:
		a.Aftercare = &e
	case FollowedUp:
		a.FollowUps = append(a.FollowUps, e)
	case AdverseSeen:
		a.Adverse = append(a.Adverse, e)
	case Corrected:
		a.Corrections = append(a.Corrections, e)
	case PatientReassigned:
		a.Reassigned = append(a.Reassigned, e)
		p.PatientID, p.History = e.Patient, e.History
	case Signed:
		a.Signatures = append(a.Signatures, e)
	}
}
