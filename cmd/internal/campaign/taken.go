package campaign

import (
	"reflect"
	"slices"

	"penlog/protocol"
	"penlog/session"
	"penlog/session/limits"
)

// before is what a procedure was like before an event, as far as that says what it
// has to be like after it.
type before struct {
	state                                  session.State
	source                                 session.Source
	pen                                    *session.PenUp
	in                                     *session.CartridgeIn
	accepted                               session.Mode
	tested, chosen                         bool
	here                                   session.Place
	allowed, granted                       protocol.Micrometres
	trip                                   *session.RuleBroke
	gap, strokes, above, runs, trips, late uint64
	holds, alarms, zoned                   uint64
	cartridges, spans, marks, plan         int
	cleared, followUps, adverse            int
	corrections, reassigned, signatures    int
}

func (b *before) take(p *session.Procedure) {
	t, a := &p.Totals, &p.After
	*b = before{state: p.State, source: p.Source, pen: p.Pen, in: p.In, accepted: p.Accepted, tested: p.PressTested, chosen: p.Chosen, here: p.Here,
		allowed: p.Verdict.Allowed, granted: p.Granted, trip: p.Trip, gap: p.Gap, strokes: t.Strokes, above: t.Above, runs: t.Runs, trips: t.Trips, late: t.Late,
		holds: t.Holds, alarms: t.Alarms, zoned: zoned(t), cartridges: p.Cartridges, spans: len(p.Spans), marks: len(p.Marks), plan: len(p.Plan),
		cleared: len(p.Cleared), followUps: len(a.FollowUps), adverse: len(a.Adverse), corrections: len(a.Corrections), reassigned: len(a.Reassigned),
		signatures: len(a.Signatures)}
}

// zoned are the strokes of all zones together.
func zoned(t *session.Totals) (n uint64) {
	for i := range t.Zones {
		n += t.Zones[i].Strokes
	}
	return n
}

// taken holds what the fold made of one event against the judge's own reading of what
// that event means, and names what is not so; empty when all is.
func taken(b *before, e session.Event, at protocol.At, p *session.Procedure) string {
	if why := turned(b.state, e, p.State); why != "" {
		return why
	}
	ok := true
	switch e := e.(type) {
	case session.Opened:
		ok = p.OpenedBy == e.By && p.Operator == e.By && p.PatientID == e.Patient && p.OpenedAt == at
	case session.PenUp:
		return takenPen(b, &e, p)
	case session.PenDown:
		ok = !p.PenUp && p.Mode == session.ModeNone && !p.Running && p.Confirmed == 0
	case session.ModeChanged:
		ok = p.Mode == e.Mode && (e.Mode != session.ModeGuarded || p.Accepted == session.ModeNone)
	case session.PenActed:
		if p.Pen != nil {
			ok = p.Heard[session.PenBoot{Vendor: p.Pen.Vendor, Model: p.Pen.Model, Serial: p.Pen.Serial, Boot: p.Pen.Boot}] == e.ID
		}
		ok = ok && (e.What != "cartridge_out" || p.In == nil && p.Accepted == session.ModeNone)
	case session.CeilingConfirmed:
		ok = p.Confirmed == e.Ceiling
	case session.PressTested:
		ok = p.PressTested
	case session.MotorRan:
		ok = p.Running && p.RunFrom == e.Strokes
	case session.MotorRested:
		t := &p.Totals
		ok = p.Running == e.Going && t.Strokes == b.strokes+uint64(e.Strokes) && t.Above == b.above+uint64(e.Above) && t.Deepest >= e.Deepest &&
			(e.Going || t.Runs == b.runs+1) && len(p.Spans) == b.spans+1 && (b.here == (session.Place{}) || zoned(t) == b.zoned+uint64(e.Strokes))
	case session.RuleBroke:
		return takenBroke(b, &e, p)
	case session.RuleHealed:
		ok = !slices.ContainsFunc(p.Broken, func(x session.RuleBroke) bool { return x.Rule == e.Rule })
	case session.Acknowledged:
		ok = p.Trip == nil
	case session.SignalGap:
		ok = p.Gap == b.gap+uint64(e.Readings)
	case session.Ended:
		ok = p.State == e.As && p.EndedAt == at && p.Override == nil && (e.Reason == "" || p.After.Reason != nil)
	case session.PenDeclared:
		ok = p.Declared && !p.PenUp && !p.PressTested && p.Pen != nil && p.Pen.Model == e.Model && p.Pen.DepthMax == e.DepthMax
	default:
		return takenByPeople(b, e, at, p)
	}
	return unless(ok, e)
}

func unless(ok bool, e session.Event) string {
	if ok {
		return ""
	}
	return "it is as if that had not been recorded: " + e.Kind()
}

// takenPen: who came, and what nobody has said or shown of who came.
func takenPen(b *before, e *session.PenUp, p *session.Procedure) string {
	from := session.SourcePen
	if e.Simulated {
		from = session.SourceSimulator
	}
	foreign := b.source != session.SourceNone && b.source != from
	other := b.pen != nil && (b.pen.Vendor != e.Vendor || b.pen.Model != e.Model || b.pen.Serial != e.Serial)
	switch {
	case !p.PenUp || p.Declared || p.Pen == nil || *p.Pen != *e || p.Cartridge != e.NeedleLength:
		return "the pen that came is not the one at hand"
	case p.Mode != session.ModeNone || p.Running || p.Confirmed != 0:
		return "a pen that has just come has proved something"
	case p.Foreign != foreign || !foreign && p.Source != from:
		return "a simulated pen and a real one are taken for each other"
	case (b.pen == nil || other || b.pen.Boot != e.Boot) && p.PressTested:
		return "a press of another pen, or another boot, counts"
	case other && (p.In != nil || p.Accepted != session.ModeNone):
		return "another pen has the cartridge of the one before, or its mode is accepted"
	}
	return ""
}

func takenBroke(b *before, e *session.RuleBroke, p *session.Procedure) string {
	t := &p.Totals
	is := slices.ContainsFunc(p.Broken, func(x session.RuleBroke) bool { return x.Rule == e.Rule })
	switch e.Response {
	case session.Hold:
		is = is && t.Holds == b.holds+1
	case session.Alarm:
		is = is && t.Alarms == b.alarms+1
	case session.Trip:
		is = is && t.Trips == b.trips+1
		if p.Trip == nil || b.trip != nil && p.Trip.Rule != b.trip.Rule || b.trip == nil && p.Trip.Rule != e.Rule {
			return "the trip that is latched is not the first"
		}
	}
	return unless(is, *e)
}

// takenByPeople are the events that people cause.
func takenByPeople(b *before, e session.Event, at protocol.At, p *session.Procedure) string {
	ok, a := true, &p.After
	marks, spans := 0, 0
	switch e := e.(type) {
	case session.ZoneChosen:
		ok = p.Chosen && p.Verdict.Allowed == e.Verdict.Allowed && p.Confirmed == 0 && p.Here.Zone == e.Verdict.Zone && p.Here.Indication == e.Verdict.Indication &&
			waits(b, e.Higher, at, p)
	case session.ZoneRefused:
		ok = !p.Chosen && p.Confirmed == 0
	case session.CartridgeSeen:
		ok = p.Cartridge == e.Length && lowers(b, e.Verdict, p)
	case session.CartridgeIn:
		ok = p.In != nil && p.In.Model == e.Model && p.In.Length == e.Length && p.Cartridges == b.cartridges+1 && lowers(b, e.Verdict, p)
	case session.CartridgeOut:
		ok = p.In == nil
	case session.Overridden:
		ok = p.Override != nil && p.Override.Value == e.Value && p.Verdict.Allowed == e.Verdict.Allowed && p.Confirmed == 0 && waits(b, e.To != session.Draft, at, p)
	case session.OverrideEnded:
		ok = p.Override == nil && lowers(b, &e.Verdict, p)
	case session.ArmedEvent:
		ok = p.Verdict.Allowed == e.Verdict.Allowed && p.Granted == e.Verdict.Allowed && p.HigherAt == 0
	case session.ResumedEvent:
		ok = p.Verdict.Allowed == e.Verdict.Allowed && p.Granted == e.Verdict.Allowed && p.HigherAt == 0
	case session.Reattributed:
		to := session.Place{Zone: e.Zone, Side: e.Side, Site: e.Site, Indication: e.Indication}
		ok = !slices.ContainsFunc(e.Spans, func(n int) bool { return n < 1 || n > len(p.Spans) || p.Spans[n-1].Place != to }) && (e.Late == nil || p.Totals.Late == b.late+1)
	case session.PassMarked:
		marks = 1
	case session.EntryMade:
		ok = e.Set == nil || p.Set == *e.Set
		if e.Passes > 0 || e.Seconds > 0 {
			spans = 1
		}
		if e.Passes > 0 {
			marks = 1
		}
	case session.EndpointSeen:
		ok = b.here == (session.Place{}) || slices.ContainsFunc(p.Totals.Zones, func(z session.ZoneTotal) bool {
			return z.Place == p.Here && z.Endpoint != nil && z.Endpoint.Sign == e.Sign
		})
	case session.Described:
		ok = p.Patient == e.Description
	case session.Planned:
		ok = len(p.Plan) == len(e.Items) && (len(e.Items) == 0 || reflect.DeepEqual(p.Plan, e.Items))
	case session.ZoneAdded:
		ok = len(p.Plan) == b.plan+1 && p.Plan[b.plan] == e.Item
	case session.Screened:
		ok = screened(&e, p)
	case session.Cleared:
		ok = len(p.Cleared) == b.cleared+1
	case session.Consented:
		ok = p.Consent != nil && *p.Consent == e.Consent
	case session.AnaestheticStep:
		ok = e.Step == "reaction" || p.Numbing == e.Step
	case session.ProductUsed:
		ok = p.Product != nil && p.Product.Name == e.Name && p.Product.Purpose == e.Purpose
	case session.AlarmHeard:
		ok = p.AlarmHeard
	case session.ModeAccepted:
		ok = p.Accepted == e.Mode && p.AcceptedBy == e.By
	case session.AreaSet:
		ok = slices.ContainsFunc(p.Areas, func(x session.AreaSet) bool { return x.Zone == e.Zone && x.Side == e.Side && x.MM2 == e.MM2 })
	case session.HandedOver:
		ok = p.Operator == e.To
	case session.Muted:
		ok = p.MutedUntil == e.Until
	case session.ReasonGiven:
		ok = a.Reason != nil && a.Reason.Code == e.Code
	case session.OutcomeSet:
		ok = a.Outcome != nil && a.Outcome.Reaction == e.Reaction
	case session.AftercareGiven:
		ok = a.Aftercare != nil
	case session.FollowedUp:
		ok = len(a.FollowUps) == b.followUps+1
	case session.AdverseSeen:
		ok = len(a.Adverse) == b.adverse+1
	case session.Corrected:
		ok = len(a.Corrections) == b.corrections+1
	case session.PatientReassigned:
		ok = p.PatientID == e.Patient && len(a.Reassigned) == b.reassigned+1
	case session.Signed:
		ok = len(a.Signatures) == b.signatures+1
	}
	if b.here != (session.Place{}) {
		ok = ok && (marks == 0 || len(p.Marks) == b.marks+marks) && (spans == 0 || len(p.Spans) == b.spans+spans)
	}
	return unless(ok, e)
}

// screened: the answers are the newest, and no clearance is of an answer before.
func screened(e *session.Screened, p *session.Procedure) bool {
	for _, x := range e.Answers {
		if !slices.ContainsFunc(p.Answers, func(y session.Answered) bool { return y.Code == x.Code && y.Answer == x.Answer }) ||
			slices.ContainsFunc(p.Cleared, func(c session.Cleared) bool { return c.Code == x.Code }) {
			return false
		}
	}
	return true
}

// waits: a higher ceiling waits for its second act, and what was granted stays so long.
func waits(b *before, higher bool, at protocol.At, p *session.Procedure) bool {
	if higher {
		return p.HigherAt == at && p.Granted == b.granted
	}
	return p.HigherAt == 0 && p.Granted == p.Verdict.Allowed
}

// lowers: what comes by itself makes no ceiling rise.
func lowers(b *before, v *limits.Verdict, p *session.Procedure) bool {
	if v == nil {
		return p.Verdict.Allowed == b.allowed && p.Granted == b.granted
	}
	return (!b.chosen || p.Verdict.Allowed == min(b.allowed, v.Allowed)) && p.Granted == min(b.granted, v.Allowed)
}

// turned judges a turn of the session's state by what brought it about, and names one
// that must not be. Source: DESIGN promises 2, 4 and 6; session/STATES.md.
func turned(was session.State, e session.Event, is session.State) string {
	bad := func() string { return e.Kind() + " turns " + was.String() + " into " + is.String() }
	if was.Over() {
		return unlessSame(was, is, bad)
	}
	switch e := e.(type) {
	case session.Ended:
		if !is.Over() {
			return bad()
		}
		return ""
	case session.RuleBroke:
		if e.Response == session.Trip && is != session.Tripped {
			return bad()
		} else if e.Response == session.Trip {
			return ""
		}
		return unlessSame(was, is, bad)
	case session.Acknowledged:
		if was == session.Tripped && is != session.Paused {
			return bad()
		}
		return ""
	case session.ArmedEvent:
		if was != session.Draft || is != session.Armed {
			return bad()
		}
		return ""
	case session.ResumedEvent:
		if was != session.Paused || is != session.Armed {
			return bad()
		}
		return ""
	case session.PausedEvent, session.ZoneRefused, session.CartridgeOut, session.CartridgeIn:
		if wants(is) {
			return bad()
		}
	case session.Overridden:
		if wants(is) {
			return bad()
		}
	case session.ZoneChosen:
		if is == session.Active || e.Higher && wants(is) {
			return bad()
		}
	case session.MotorRan, session.StartedEvent:
		if was == session.Armed && is != session.Active {
			return bad()
		}
	}
	if wants(is) && !wants(was) || was == session.Tripped && is != was || is.Over() {
		return bad()
	}
	return ""
}

// wants reports whether permits are wanted in a state.
func wants(s session.State) bool { return s == session.Armed || s == session.Active }

func unlessSame(was, is session.State, bad func() string) string {
	if was != is {
		return bad()
	}
	return ""
}
