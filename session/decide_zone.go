package session

import (
	"fmt"
	"slices"

	"penlog/protocol"
	"penlog/session/label"
	"penlog/session/limits"
	"penlog/session/policy"
)

var zoneDeciders = map[CommandKind]decider{
	CmdChoose: choose, CmdNext: next, CmdOverride: override, CmdEndOverride: endOverride, CmdArm: arm, CmdResume: resume,
}

// ask asks the limits for a place, with pen, cartridge, plan and override at hand
// and by the rules about this patient.
func (p *Procedure) ask(at Place, wanted protocol.Micrometres, env *Env) (limits.Verdict, policy.Ruling) {
	r := limits.Request{Zone: at.Zone, Side: at.Side, Site: at.Site, Indication: at.Indication, Wanted: wanted,
		Prescription: p.prescribed(at), CartridgeLength: p.reach(env)}
	var of label.Facts
	if pen := p.Pen; pen != nil {
		r.PenMin, r.PenMax, r.PenStep = pen.DepthMin, pen.DepthMax, pen.DepthStep
		of = env.Labels.For(pen.Vendor, pen.Model, at.Indication, at.Zone)
		r.LabelledMax, r.Labels = of.Max, of.Labels
	}
	v := env.Limits.Ask(r)
	if v.Refused {
		return v, policy.Ruling{}
	}
	ruling := env.Policy.Judge(policy.Patient{Phototype: p.Patient.Phototype, Age: p.Patient.Age, First: p.Patient.First},
		policy.VerdictFacts{Zone: at.Zone, Indication: at.Indication, TypicalLow: v.TypicalLow, TypicalHigh: v.TypicalHigh, Limit: v.Limit,
			LabelAge: of.Age, LabelPhototypes: of.Phototypes})
	r.PatientRule = ruling.Max
	if o := p.Override; o != nil && o.place() == at && !ruling.NoOverride {
		r.Override = &limits.Override{Zone: o.Zone, Side: o.Side, Value: o.Value}
	}
	v = env.Limits.Ask(r)
	if of.Excluded && !v.Refused && !slices.Contains(v.Flags, limits.OffLabel) {
		v.Flags = append(v.Flags, limits.OffLabel)
	}
	return v, ruling
}

// prescribed is the depth that the plan gives for a place, 0: none.
func (p *Procedure) prescribed(at Place) protocol.Micrometres {
	if i := p.planned(at); i >= 0 {
		return p.Plan[i].Depth
	}
	return 0
}

// planned is the plan's item of a place, −1 when there is none. A plan that names
// no side or site is for each.
func (p *Procedure) planned(at Place) int {
	fits := func(i PlanItem) bool {
		return i.Zone == at.Zone && i.Indication == at.Indication && (i.Side == at.Side || i.Side == limits.SideNone) && (i.Site == at.Site || i.Site == limits.SiteNone)
	}
	if i := slices.IndexFunc(p.Plan, func(i PlanItem) bool { return fits(i) && i.Side == at.Side && i.Site == at.Site }); i >= 0 {
		return i
	}
	return slices.IndexFunc(p.Plan, fits)
}

// still refuses while needles are in the skin: motor on, or the tip not lifted.
func (p *Procedure) still(do CommandKind, env *Env) error {
	switch {
	case p.Running:
		return refuse("motor_on", string(do)+" is not possible while the motor runs", "lift the pen and stop it, then "+string(do))
	case env.World.Contact && p.PenUp:
		return refuse("in_contact", string(do)+" is not possible while the needles are on the skin", "lift the pen, then "+string(do))
	}
	return nil
}

// choose asks the limits and, while a procedure is under way, keeps to stop,
// set, confirm, go: a higher ceiling needs a resume as a second act.
func choose(p *Procedure, c *Command, env *Env) ([]Event, error) {
	return p.chooseAt(c, Place{c.Zone, c.Side, c.Site, c.Indication}, env)
}

// next chooses the first zone of the plan in which nothing was done yet.
func next(p *Procedure, c *Command, env *Env) ([]Event, error) {
	if len(p.Plan) == 0 {
		return nil, refuse("no_plan", "there is no plan to take the next zone from", "choose zone and indication, or give a plan")
	}
	for _, i := range p.Plan {
		at := Place{i.Zone, i.Side, i.Site, i.Indication}
		if at != p.Here && !p.treated(at) {
			return p.chooseAt(c, at, env)
		}
	}
	return nil, refuse("plan_done", "every zone of the plan was treated", "finish, or add a zone")
}

// treated reports whether needles were in a place.
func (p *Procedure) treated(at Place) bool {
	return slices.ContainsFunc(p.Totals.Zones, func(z ZoneTotal) bool {
		return z.Place == at && (z.Strokes > 0 || z.Passes.Entered > 0 || z.Seconds > 0)
	})
}

func (p *Procedure) chooseAt(c *Command, at Place, env *Env) ([]Event, error) {
	to, ok := p.State.Next(ActChoose)
	if !ok {
		return nil, refusedIn(p.State, c.Do)
	}
	if err := p.still(c.Do, env); err != nil {
		return nil, err
	}
	if !env.Clinic.Offers(at.Indication) {
		return nil, refuse("not_offered_here", fmt.Sprintf("this clinic does not treat %s", at.Indication.Name()), "choose another indication, or add it to the clinic's file")
	}
	if len(p.Plan) > 0 && p.planned(at) < 0 {
		return nil, refuse("not_planned", fmt.Sprintf("%s for %s is not in the plan", at.Zone.Name(), at.Indication.Name()), "choose a zone of the plan, or add this one to it with add_zone")
	}
	var events []Event
	if o := p.Override; o != nil && o.place() != at {
		e := p.withoutOverride(c.By, "zone changed", env)
		e.To = p.State // what is chosen now says what follows
		events = append(events, e)
		after := *p
		after.Override = nil
		after.lower(&e.Verdict)
		p = &after
	}
	v, ruling := p.ask(at, c.Wanted, env)
	if v.Refused {
		to, _ := p.State.Next(ActRefuse)
		return append(events, ZoneRefused{By: c.By, Verdict: v, To: to}), nil
	}
	higher := p.State != Draft && v.Allowed > p.Granted
	after := *p
	after.Chosen, after.Verdict, after.Ruling = true, v, ruling
	if to == Armed && (higher || after.unfit(env)) {
		to = Paused
	}
	area, _, _ := env.Policy.Area(at.Zone, at.Side)
	return append(events, ZoneChosen{By: c.By, Verdict: v, Higher: higher, To: to, Ruling: ruling, AreaMM2: area}), nil
}

// lowered gives what follows when something else brings the ceiling of the zone
// at hand down: a shorter cartridge, an override that ended. It never rises by it.
func (p *Procedure) lowered(v limits.Verdict) (*limits.Verdict, State) {
	if !p.Chosen || v.Allowed >= p.Verdict.Allowed {
		return nil, p.State
	}
	act := ActChoose
	if v.Refused {
		act = ActRefuse
	}
	if to, ok := p.State.Next(act); ok {
		return &v, to
	}
	return &v, p.State
}

// cartridge gives what follows from another needle length by the pen's word.
func (p *Procedure) cartridge(length protocol.Micrometres, env *Env) CartridgeSeen {
	after := *p
	after.Cartridge = length
	e := CartridgeSeen{Length: length, To: p.State}
	if p.Chosen {
		v, _ := after.ask(placeOf(&p.Verdict), p.Verdict.Requested, env)
		e.Verdict, e.To = p.lowered(v)
	}
	return e
}

// override allows more depth in the zone at hand. It leads to paused: going
// deeper needs a resume as a second act, and no permit outlives it.
func override(p *Procedure, c *Command, env *Env) ([]Event, error) {
	at := Place{c.Zone, c.Side, c.Site, p.Verdict.Indication}
	to, ok := p.State.Next(ActChoose)
	switch {
	case !ok:
		return nil, refusedIn(p.State, c.Do)
	case !p.Chosen || at != placeOf(&p.Verdict):
		return nil, refuse("override_elsewhere", "an override is for the zone, side and site at hand", "choose the zone with its side first, then override it")
	case env.Clinic.SecondPerson() && c.Second == "":
		return nil, refuse("second_person", "this clinic asks for a second person", "name them in \"second\"")
	}
	if err := p.still(c.Do, env); err != nil {
		return nil, err
	}
	after := *p
	after.Override = &Overridden{Zone: at.Zone, Side: at.Side, Site: at.Site, For: at.Indication, Value: c.Value}
	v, ruling := after.ask(at, 0, env)
	switch {
	case ruling.NoOverride:
		return nil, refuse("no_override", "the rules about this patient allow no override for "+at.Indication.Name(), "treat within the limit")
	case v.Refused:
		return nil, &RefusedError{Code: string(v.Reason), Words: v.Words(), Remedy: "ask for less", Verdict: &v}
	case v.Allowed <= p.Verdict.Allowed:
		return nil, &RefusedError{Code: "raises_nothing", Words: fmt.Sprintf("the override raises nothing: the max depth stays %s (%s)", v.Allowed.MM(), v.BoundBy.Name()), Remedy: "what binds now is not the limit: look at the verdict", Verdict: &v}
	}
	if to == Armed {
		to = Paused
	}
	return []Event{Overridden{By: c.By, Second: c.Second, Zone: at.Zone, Side: at.Side, Site: at.Site, For: at.Indication, Value: c.Value, Reason: c.Text,
		Until: env.At + overrideMost, Verdict: v, To: to}}, nil
}

func endOverride(p *Procedure, c *Command, env *Env) ([]Event, error) {
	if p.Override == nil {
		return nil, refuse("no_override", "no override is in force", "nothing has to be done")
	}
	return []Event{p.withoutOverride(c.By, "taken back", env)}, nil
}

// withoutOverride gives what follows when the override ends.
func (p *Procedure) withoutOverride(by By, why string, env *Env) OverrideEnded {
	after := *p
	after.Override = nil
	v, _ := after.ask(placeOf(&p.Verdict), p.Verdict.Requested, env)
	if p.Chosen && v.Allowed > p.Verdict.Allowed {
		// Something else bound the ceiling lower, and has changed since: it stays
		// until a person chooses anew.
		v = p.Verdict
		v.Overridden = false
	}
	e := OverrideEnded{By: by, Why: why, Verdict: v, To: p.State}
	if _, to := p.lowered(v); p.Chosen {
		e.To = to
	}
	return e
}

func arm(p *Procedure, c *Command, env *Env) ([]Event, error) {
	if _, ok := p.State.Next(ActArm); !ok {
		return nil, refusedIn(p.State, c.Do)
	}
	v, ruling, err := p.timeOut(c.Do, env)
	if err != nil {
		return nil, err
	}
	return []Event{ArmedEvent{By: c.By, Verdict: v, Ruling: ruling}}, nil
}

func resume(p *Procedure, c *Command, env *Env) ([]Event, error) {
	if _, ok := p.State.Next(ActResume); !ok {
		return nil, refusedIn(p.State, c.Do)
	}
	if p.HigherAt != 0 && (env.At-p.HigherAt > secondActIn || env.At < p.HigherAt) {
		return nil, tooLate()
	}
	v, ruling, err := p.timeOut(c.Do, env)
	if err != nil {
		return nil, err
	}
	return []Event{ResumedEvent{By: c.By, Verdict: v, Ruling: ruling}}, nil
}

func tooLate() error {
	return refuse("too_late", "a higher max depth is confirmed within 5 seconds of its choice", "choose the zone again, or give the override again, then resume at once")
}

// timeOut evaluates every check before permits are wanted, and asks the limits
// again, since pen or table may be another one now.
func (p *Procedure) timeOut(do CommandKind, env *Env) (v limits.Verdict, ruling policy.Ruling, err error) {
	if p.Running && p.Mode == ModeStoppable {
		// It was told to stop, and only a press may start it again.
		return v, ruling, refuse("motor_on", string(do)+" is not possible while the motor runs", "lift the pen and stop it, then "+string(do))
	}
	checks := p.Checks(env)
	failed := slices.IndexFunc(checks, func(c Check) bool { return !c.OK })
	if p.Chosen {
		v, ruling = p.ask(placeOf(&p.Verdict), p.Verdict.Requested, env)
		switch {
		case v.Refused:
			return v, ruling, &RefusedError{Code: string(v.Reason), Words: v.Words(), Remedy: "choose another zone or indication", Checks: checks, Verdict: &v}
		case v.Allowed > p.Verdict.Allowed:
			return v, ruling, &RefusedError{Code: "ceiling_rose", Words: "the max depth would be higher than when this zone was chosen",
				Remedy: "choose the zone again, then " + string(do), Checks: checks, Verdict: &v}
		}
	}
	if failed >= 0 {
		return v, ruling, &RefusedError{Code: "checks_failed", Words: string(do) + " is not possible yet", Remedy: checks[failed].Remedy, Checks: checks}
	}
	return v, ruling, nil
}
