package campaign

import (
	"reflect"
	"slices"
	"time"

	"penlog/protocol"
	"penlog/session"
	"penlog/session/limits"
	"penlog/session/policy"
)

// account is the judge's own account of a session, from what was recorded, in the
// order in which it was: what people said, and what has to be true before anything
// runs. It uses neither the fold nor the checks of session.
type account struct {
	operator session.By
	patient  string
	describe *session.Description
	plan     []session.PlanItem
	answers  map[string]session.Answered
	cleared  map[string]bool
	consent  *session.Consent
	numbing  string
	product  *session.Product
	in       *session.CartridgeIn
	alarm    bool // was heard
	areas    int

	begun     bool                 // armed once
	may       bool                 // permits are wanted, by what was recorded
	notAt     protocol.Instant     // they ended to be
	over      bool                 // the session
	overAt    protocol.Instant     // since
	override  *override            // in force; nil: none
	allowed   protocol.Micrometres // when the zone was chosen, or less since
	source    session.Source       // of its first pen
	foreign   bool                 // the pen at hand is of another kind
	needles   protocol.Micrometres // length by the pen's word, 0: not known
	zone      bool                 // chosen and allowed
	offLabel  bool
	granted   protocol.Micrometres // that a person last let come into force, or less since
	loweredAt protocol.Instant
	before    protocol.Micrometres // that was chosen, or came into force, before the one that waits; or less since
	higherAt  protocol.Instant     // a higher one was chosen, and waits for its second act; 0: none

	up       bool
	pen      session.PenUp // the newest
	serial   string
	mode     session.Mode
	accepted session.Mode
	running  bool
	tripped  bool
	zones    zones
}

// event takes in what was recorded; at a moment of the world.
func (a *account) event(e session.Event, now protocol.Instant) {
	switch e := e.(type) {
	case session.Opened:
		*a = account{operator: e.By, patient: e.Patient, answers: map[string]session.Answered{}, cleared: map[string]bool{}}
	case session.HandedOver:
		a.operator = e.To
	case session.PatientReassigned:
		a.patient = e.Patient
	case session.Described:
		a.describe = &e.Description
	case session.Planned:
		a.plan = slices.Clone(e.Items)
	case session.ZoneAdded:
		a.plan = append(a.plan, e.Item)
	case session.Screened:
		for _, x := range e.Answers {
			a.answers[x.Code] = x
			delete(a.cleared, x.Code)
		}
	case session.Cleared:
		a.cleared[e.Code] = true
	case session.Consented:
		a.consent = &e.Consent
	case session.AnaestheticStep:
		if e.Step != "reaction" { // that says nothing of what is on the skin
			a.numbing = e.Step
		}
	case session.ProductUsed:
		a.product = &e.Product
	case session.CartridgeIn:
		a.in = &e
		a.lower(e.Verdict, now)
		a.ends(now)
	case session.CartridgeOut:
		a.in = nil
		a.ends(now)
	case session.CartridgeSeen:
		a.needles = e.Length
		a.lower(e.Verdict, now)
		a.turns(e.To, now)
	case session.AlarmHeard:
		a.alarm = true
	case session.AreaSet:
		a.areas++
	case session.ModeAccepted:
		a.accepted = e.Mode
	case session.PenUp:
		a.named(e.Vendor, e.Model, e.Serial)
		a.up, a.mode, a.running = true, session.ModeNone, false
		a.pen, a.needles = e, e.NeedleLength
		from := session.SourcePen
		if e.Simulated {
			from = session.SourceSimulator
		}
		if a.foreign = a.source != "" && a.source != from; !a.foreign {
			a.source = from
		}
	case session.PenActed:
		if e.What == "cartridge_out" {
			a.in, a.accepted = nil, session.ModeNone
		}
	case session.PenDeclared:
		a.named(e.Vendor, e.Model, e.Serial)
		a.up, a.foreign, a.needles = false, false, 0
		a.pen = session.PenUp{Vendor: e.Vendor, Model: e.Model, Serial: e.Serial, DepthMax: e.DepthMax}
		if a.source == "" {
			a.source = session.SourcePen
		}
	case session.PenDown:
		a.up, a.mode, a.running = false, session.ModeNone, false
	case session.ModeChanged:
		if a.mode = e.Mode; e.Mode == session.ModeGuarded {
			a.accepted = session.ModeNone
		}
	case session.MotorRan:
		a.running = true
	case session.MotorRested:
		a.running = e.Going
	case session.RuleBroke:
		if e.Response == session.Trip {
			a.tripped = true
			a.ends(now)
		}
	case session.PausedEvent:
		a.ends(now)
	case session.Ended:
		a.over, a.overAt, a.override = true, now, nil
		a.ends(now)
	case session.Acknowledged:
		a.tripped = false
	case session.ZoneChosen:
		if a.allowed = e.Verdict.Allowed; e.Higher {
			a.ends(now)
		}
		a.zone, a.offLabel = e.Verdict.Allowed > 0, slices.Contains(e.Verdict.Flags, limits.OffLabel)
		a.waits(e.Higher && e.To != session.Draft, now)
		a.lower(&e.Verdict, now)
	case session.ZoneRefused:
		a.zone = false
		a.ends(now)
	case session.Overridden:
		a.override, a.allowed = &override{e, now}, e.Verdict.Allowed
		a.ends(now)
		a.waits(e.To != session.Draft, now)
	case session.OverrideEnded:
		a.override = nil
		a.lower(&e.Verdict, now)
		a.turns(e.To, now)
	case session.ArmedEvent:
		a.agreed(&e.Verdict)
	case session.ResumedEvent:
		a.agreed(&e.Verdict)
	}
	a.zoned(e, now)
}

// named takes in who the pen is: another one has another cartridge, and nobody accepted its mode.
func (a *account) named(vendor, model, serial string) {
	name := vendor + "\x00" + model + "\x00" + serial
	if a.serial != "" && name != a.serial {
		a.in, a.accepted = nil, session.ModeNone
	}
	a.serial = name
}

// agreed is a person's word that a ceiling is right; ends takes it back.
func (a *account) agreed(v *limits.Verdict) {
	a.granted, a.allowed, a.before, a.higherAt = v.Allowed, v.Allowed, v.Allowed, 0
	a.begun, a.may = true, true
}

// turns follows the state that an event says it leads to.
func (a *account) turns(to session.State, now protocol.Instant) {
	if !wants(to) {
		a.ends(now)
	}
}

func (a *account) ends(now protocol.Instant) {
	if a.may {
		a.may, a.notAt = false, now
	}
}

func (a *account) waits(higher bool, now protocol.Instant) {
	if a.higherAt = 0; higher {
		a.higherAt = now
	} else {
		a.before = a.allowed
	}
}

// lower takes a ceiling that came down by itself.
func (a *account) lower(v *limits.Verdict, now protocol.Instant) {
	if v == nil {
		return
	}
	a.allowed = min(a.allowed, v.Allowed)
	if v.Allowed < a.granted {
		a.granted, a.loweredAt = v.Allowed, now
	}
	a.before = min(a.before, v.Allowed)
	if v.Allowed <= max(a.granted, a.before) {
		a.higherAt = 0
	}
}

// recorded follows an event of the session at hand, judging it by what came before.
func (j *judge) recorded(e session.Event) {
	a := &j.account
	j.decided(e)
	j.bounded(e)
	switch e := e.(type) {
	case session.ZoneChosen, session.OverrideEnded:
		j.zoneAt = j.w.now
	case session.ArmedEvent:
		j.confirmed()
		j.mayBegin("armed", e.Verdict)
	case session.ResumedEvent:
		j.confirmed()
		j.mayBegin("resumed", e.Verdict)
		if since := j.w.now.Sub(a.higherAt); a.higherAt != 0 && since > secondAct {
			j.blame("second act", "a higher ceiling was chosen %v ago, and resuming takes it", since)
		}
	case session.ModeChanged:
		o := &j.oracle
		if e.Mode == session.ModeGuarded && o.up.is && !o.proved && j.w.now.Sub(max(o.provedAt, j.w.host.coldStall)) > soon {
			j.blame("guarded unproven", "the pen is shown as guarded, and no trial has lapsed in its session")
		}
	case session.PenActed:
		j.acts(&e)
	case session.PenUp:
		if e.Simulated != j.w.pen.Identity().Caps.Has(protocol.CapSimulated) {
			j.blame("mark", "the pen is recorded as simulated: %t", e.Simulated)
		}
	}
	if e, ok := e.(session.Reattributed); ok {
		j.moved(&e)
	}
	a.event(e, j.w.now)
	j.dosed(e)
	switch e := e.(type) {
	case session.Ended:
		j.zonesRight("at its end", &e.Totals)
	case session.Reattributed:
		j.zonesRight("with what was moved", &j.w.host.cold.Procedure().Totals)
	}
}

// confirmed ends a doubt, if it was a person who asked for what is recorded.
func (j *judge) confirmed() {
	if j.askedAt != 0 && j.w.now.Sub(max(j.askedAt, j.w.host.coldStall)) < soon {
		j.doubt, j.askedAt = "", 0
	}
}

// secondAct is how long a higher ceiling waits for it, with room. Source: session/STATES.md.
const secondAct = 5*time.Second + 50*time.Millisecond

// mayBegin judges arming and resuming by the judge's own account.
func (j *judge) mayBegin(what string, v limits.Verdict) {
	a := &j.account
	bad := func(why string) { j.blame("unready", "the session is %s, and %s", what, why) }
	if why := j.unfit(&v); why != "" {
		bad(why)
	}
	switch f := &j.w.facts; {
	case f.Clock.State == session.FactBad || f.Record.State == session.FactBad || f.Awake.State == session.FactBad:
		bad("the PC is not fit")
	case a.running && a.mode == session.ModeStoppable: // a guarded one gets no permit before it is at rest
		bad("the motor runs")
	case a.up && a.mode == session.ModeGuarded && j.oracle.up.is && j.oracle.up.id.Boot == j.id.Boot && j.tested <= j.bootedAt: // a boot that the agent can know of
		bad("no press has shown since the pen booted that it does not run without a permit")
	}
}

// stands judges that what had to be so before permits were wanted still is, as long
// as they are.
func (j *judge) stands(p *session.Procedure) {
	if p == nil || p.State != session.Armed && p.State != session.Active || j.account.answers == nil {
		return
	}
	if why := j.unfit(&p.Verdict); why != "" {
		j.blame("no longer ready", "the session is %v, and %s", p.State, why)
	}
}

// unfit says what stands in the way of permits under a verdict, by the judge's own
// account; empty: nothing.
func (j *judge) unfit(v *limits.Verdict) string {
	a := &j.account
	off := slices.Contains(v.Flags, limits.OffLabel) || a.product != nil && a.product.Purpose == "delivery"
	switch {
	case v.Refused || v.Allowed <= 0 || !a.zone:
		return "no zone is chosen that allows anything"
	case len(a.plan) > 0 && a.planned(placeOf(v)) == (session.PlanItem{}):
		return "the zone is not in the plan"
	case a.patient == "" || a.operator == "":
		return "patient or operator is not named"
	case a.consent == nil:
		return "the patient has not consented"
	case off && !a.consent.OffLabel:
		return "the patient was not told that this is off-label"
	case a.numbing != "none" && a.numbing != "wiped":
		return "an anaesthetic may be on the skin: " + a.numbing
	case !a.alarm:
		return "nobody heard the alarm"
	case a.mode != session.ModeManual && !a.up && a.accepted != session.ModeManual:
		return "no pen is there"
	case a.foreign:
		return "the pen is of another kind than the session"
	case a.up && a.mode == session.ModeNone:
		return "the pen has shown nothing of what it can do"
	case a.up && a.mode != session.ModeGuarded && (a.accepted != a.mode || j.w.rules.guarded):
		return "nobody accepted the pen's mode, or may"
	case slices.Contains(j.w.rules.refuses, v.Indication):
		return "the clinic does not treat that"
	case a.override != nil && j.w.now.Sub(a.override.since) > 15*time.Minute+2*time.Second:
		return "an override is in force for longer than it may be"
	case a.in == nil:
		return "no cartridge is in"
	case !a.in.Intact:
		return "the cartridge's pack was open"
	case a.tripped:
		return "a trip is latched"
	}
	for _, q := range policy.Default().Questions() {
		x, asked := a.answers[q.Code]
		switch {
		case !asked || x.Answer != "yes" && x.Answer != "no":
			return "nobody asked about " + q.Code
		case x.Answer == "no" || len(x.Zones) > 0 && !slices.Contains(x.Zones, v.Zone) || q.Action == policy.Caution:
		case a.cleared[q.Code] && (q.Action != policy.Block || q.Overridable):
		default:
			return "the answer about " + q.Code + " stands in the way"
		}
	}
	return ""
}

// remembers judges that the live state holds what was recorded.
func (j *judge) remembers(p *session.Procedure) {
	a := &j.account
	if p == nil || a.answers == nil {
		return
	}
	bad := func(what string, got, want any) {
		j.blame("forgotten", "%s was recorded as %v, the session has %v", what, want, got)
	}
	switch {
	case p.PatientID != a.patient:
		bad("the patient", p.PatientID, a.patient)
	case p.Operator != a.operator:
		bad("the operator", p.Operator, a.operator)
	case a.describe != nil && p.Patient != *a.describe:
		bad("the patient's description", p.Patient, *a.describe)
	case !reflect.DeepEqual(p.Consent, a.consent):
		bad("the consent", p.Consent, a.consent)
	case p.Numbing != a.numbing:
		bad("the anaesthetic", p.Numbing, a.numbing)
	case p.AlarmHeard != a.alarm:
		bad("the alarm", p.AlarmHeard, a.alarm)
	case !reflect.DeepEqual(p.Product, a.product):
		bad("the product", p.Product, a.product)
	case (p.In == nil) != (a.in == nil):
		bad("the cartridge", p.In, a.in)
	case len(p.Plan) != len(a.plan) || len(a.plan) > 0 && !reflect.DeepEqual(p.Plan, a.plan):
		bad("the plan", p.Plan, a.plan)
	case p.Running != a.running:
		bad("that the motor runs", p.Running, a.running)
	case p.PenUp != a.up:
		bad("that the pen is there", p.PenUp, a.up)
	case p.Mode != a.mode:
		bad("the mode", p.Mode, a.mode)
	case len(p.Answers) != len(a.answers):
		bad("the answers", len(p.Answers), len(a.answers))
	case (p.Trip != nil) != a.tripped:
		bad("the trip", p.Trip, a.tripped)
	}
	for _, x := range p.Answers {
		if a.answers[x.Code].Answer != x.Answer {
			bad("the answer about "+x.Code, x.Answer, a.answers[x.Code].Answer)
		}
	}
	n := 0
	for _, c := range p.Cleared {
		if a.cleared[c.Code] {
			n++
		} else {
			bad("the clearance of "+c.Code, true, false)
		}
	}
	if n < len(a.cleared) {
		bad("clearances", n, len(a.cleared))
	}
}
