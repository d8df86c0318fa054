package session

import (
	"fmt"
	"slices"

	"penlog/protocol"
	"penlog/session/cartridge"
	"penlog/session/limits"
)

var prepareDeciders = map[CommandKind]decider{
	CmdDescribe: describe, CmdPlan: plan, CmdAddZone: addZone, CmdScreen: screen, CmdClear: clearFinding, CmdConsent: consent,
	CmdAnaesthetic: anaesthetic, CmdGlideProduct: glideProduct, CmdCartridge: cartridgeIn, CmdCartridgeOut: cartridgeOut,
	CmdAlarmHeard: alarmHeard, CmdAcceptMode: acceptMode, CmdDeclarePen: declarePen, CmdArea: area,
}

// Most things that a list may hold.
const (
	maxPlan    = 60
	maxAnswers = 200
)

func describe(p *Procedure, c *Command, env *Env) ([]Event, error) {
	d := *c.Describe
	switch {
	case d.Phototype < 0 || d.Phototype > 6:
		return nil, refuse("bad_value", fmt.Sprintf("phototype %d: there are I to VI", d.Phototype), "give 1 to 6, or leave it out")
	case d.Age < 0 || d.Age > 130:
		return nil, refuse("bad_value", fmt.Sprintf("an age of %d years", d.Age), "give 1 to 130, or leave it out")
	case d.Method != "" && d.Method != "operator" && d.Method != "self":
		return nil, refuse("bad_value", fmt.Sprintf("method %q", d.Method), `say who judged the phototype: "operator" or "self"`)
	case d.First != "" && d.First != "yes" && d.First != "no" && d.First != "unknown":
		return nil, refuse("bad_value", fmt.Sprintf("first %q", d.First), `say "yes", "no" or "unknown"`)
	case p.State.MayPermit():
		return nil, refusedIn(p.State, c.Do) // the max depth may follow from it
	}
	e, after := Described{By: c.By, Description: d}, *p
	after.Patient = d
	if p.Chosen {
		if v, ruling := after.ask(placeOf(&p.Verdict), p.Verdict.Requested, env); !v.Refused {
			e.Ruling = &ruling
		}
	}
	return []Event{e}, nil
}

// plan refuses what the limits do not offer at all, so that nobody is promised it.
func plan(p *Procedure, c *Command, env *Env) ([]Event, error) {
	if len(c.Plan) > maxPlan {
		return nil, refuse("too_long", fmt.Sprintf("a plan of %d zones", len(c.Plan)), fmt.Sprintf("plan at most %d", maxPlan))
	}
	if p.State.MayPermit() {
		return nil, refusedIn(p.State, c.Do)
	}
	items := slices.Clone(c.Plan)
	depth := make(map[PlanItem]protocol.Micrometres, len(items))
	for n, i := range items {
		v, err := p.plannable(i, env)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(items[:n], func(o PlanItem) bool { return o.place() == i.place() }) {
			return nil, refuse("planned_twice", i.Zone.Name()+" is planned twice for "+i.Indication.Name(), "plan it once, or name the sides")
		}
		depth[i] = v.Allowed
	}
	if !c.KeepOrder {
		slices.SortStableFunc(items, func(a, b PlanItem) int { return int(depth[a]) - int(depth[b]) })
	}
	return []Event{Planned{By: c.By, Items: items}}, nil
}

func (i PlanItem) place() Place { return Place{i.Zone, i.Side, i.Site, i.Indication} }

// plannable asks the limits for an item of a plan.
func (p *Procedure) plannable(i PlanItem, env *Env) (limits.Verdict, error) {
	switch {
	case i.Depth < 0 || i.Passes < 0 || i.Passes > 50 || i.Density < 0 || i.Density > 100_000:
		return limits.Verdict{}, refuse("bad_value", "the plan for "+i.Zone.Name()+" has a figure that can't be", "give depth, passes (1 to 50) and density as they are meant")
	case !env.Clinic.Offers(i.Indication):
		return limits.Verdict{}, refuse("not_offered_here", "this clinic does not treat "+i.Indication.Name(), "plan another indication, or add it to the clinic's file")
	}
	after := *p
	after.Plan = []PlanItem{i}
	v, _ := after.ask(i.place(), 0, env)
	if v.Refused {
		return v, &RefusedError{Code: string(v.Reason), Words: v.Words(), Remedy: "plan another zone, indication or depth", Verdict: &v}
	}
	return v, nil
}

func addZone(p *Procedure, c *Command, env *Env) ([]Event, error) {
	if len(c.Plan) != 1 {
		return nil, refuse("bad_value", fmt.Sprintf("%d zones to add", len(c.Plan)), "add one zone at a time")
	}
	i := c.Plan[0]
	switch {
	case len(p.Plan) == 0:
		return nil, refuse("no_plan", "there is no plan to add to", "give a plan, or choose the zone")
	case len(p.Plan) >= maxPlan:
		return nil, refuse("too_long", "the plan is full", "treat the rest in another session")
	case slices.ContainsFunc(p.Plan, func(o PlanItem) bool { return o.place() == i.place() }):
		return nil, refuse("planned_twice", i.Zone.Name()+" is planned already for "+i.Indication.Name(), "choose it")
	}
	if _, err := p.plannable(i, env); err != nil {
		return nil, err
	}
	return []Event{ZoneAdded{By: c.By, Item: i}}, nil
}

// unlessUnfit gives e, and pauses a treatment under way when with it a check about
// the patient stands in the way.
func (p *Procedure) unlessUnfit(e Event, by By, env *Env) []Event {
	after := *p
	after.Answers, after.Cleared = slices.Clone(p.Answers), slices.Clone(p.Cleared)
	after.applyPrepared(e)
	if !p.State.MayPermit() || !after.unfit(env) {
		return []Event{e}
	}
	to, _ := p.State.Next(ActPause)
	return []Event{e, PausedEvent{By: by, Why: "a check no longer holds", To: to}}
}

func screen(p *Procedure, c *Command, env *Env) ([]Event, error) {
	if len(c.Answers) > maxAnswers {
		return nil, refuse("too_long", fmt.Sprintf("%d answers", len(c.Answers)), "answer each question once")
	}
	for n, a := range c.Answers {
		q, ok := env.Policy.Question(a.Code)
		switch {
		case !ok:
			return nil, refuse("unknown_question", fmt.Sprintf("the policy does not ask %q", a.Code), "answer the questions of the policy")
		case slices.ContainsFunc(c.Answers[:n], func(b Answered) bool { return b.Code == a.Code }):
			return nil, refuse("bad_value", fmt.Sprintf("%q is answered twice", a.Code), "answer it once")
		case a.Answer != "yes" && a.Answer != "no" && a.Answer != "unknown":
			return nil, refuse("bad_value", fmt.Sprintf("answer %q to %q", a.Answer, a.Code), `answer "yes", "no" or "unknown"`)
		case len(a.Zones) > 0 && (!q.PerZone || a.Answer != "yes"):
			return nil, refuse("bad_value", fmt.Sprintf("%q is not answered for single zones", a.Code), "leave the zones out")
		case len(a.Zones) > maxPlan || len(a.Text) > maxText:
			return nil, refuse("too_long", fmt.Sprintf("the answer to %q is too long", a.Code), "shorten it")
		}
	}
	answers := slices.Clone(c.Answers)
	switch c.Rest {
	case "":
	case "yes", "no", "unknown":
		for _, q := range env.Policy.Questions() {
			if !slices.ContainsFunc(answers, func(a Answered) bool { return a.Code == q.Code }) {
				answers = append(answers, Answered{Code: q.Code, Answer: c.Rest})
			}
		}
	default:
		return nil, refuse("bad_value", fmt.Sprintf("answer %q to the rest", c.Rest), `answer "yes", "no" or "unknown"`)
	}
	if len(answers) == 0 {
		return nil, refuse("missing_field", "nothing is answered", `give "answers", or the answer to all questions as "rest"`)
	}
	return p.unlessUnfit(Screened{By: c.By, Answers: answers}, c.By, env), nil
}

func clearFinding(p *Procedure, c *Command, env *Env) ([]Event, error) {
	q, ok := env.Policy.Question(c.Code)
	i := slices.IndexFunc(p.Answers, func(a Answered) bool { return a.Code == c.Code })
	switch {
	case !ok:
		return nil, refuse("unknown_question", fmt.Sprintf("the policy does not ask %q", c.Code), "clear a finding of the screening")
	case i < 0 || p.Answers[i].Answer != "yes":
		return nil, refuse("nothing_to_clear", fmt.Sprintf("%q was not answered with yes", c.Code), "answer it first")
	case q.Action == "block" && !q.Overridable:
		return nil, refuse("not_clearable", fmt.Sprintf("%q forbids treatment, and nobody can clear it", c.Code), "do not treat")
	case q.Action == "caution":
		return nil, refuse("nothing_to_clear", fmt.Sprintf("%q is a caution and stands in nobody's way", c.Code), "go on with care")
	}
	return []Event{Cleared{By: c.By, Code: c.Code, Text: c.Text}}, nil
}

func consent(p *Procedure, c *Command, env *Env) ([]Event, error) {
	switch {
	case c.Consent.Version == "":
		return nil, refuse("missing_field", "the version of the consent's form is missing", "give it in consent.version")
	case c.Consent.SignedOn != (cartridge.Date{}) && env.today().Before(c.Consent.SignedOn):
		return nil, refuse("bad_value", "the consent was signed on a day that has not come", "give the right day")
	}
	return p.unlessUnfit(Consented{By: c.By, Consent: *c.Consent}, c.By, env), nil
}

func anaesthetic(p *Procedure, c *Command, env *Env) ([]Event, error) {
	a := *c.Anaesthetic
	switch a.Step {
	case "none", "off", "wiped", "reaction":
	case "on":
		if a.Product == "" {
			return nil, refuse("missing_field", "which anaesthetic is missing", "give anaesthetic.product, and its strength")
		}
		if a.Expiry != (cartridge.Date{}) && a.Expiry.Before(env.today()) {
			return nil, refuse("expired", "the anaesthetic is expired", "take another pack")
		}
	default:
		return nil, refuse("bad_value", fmt.Sprintf("anaesthetic step %q", a.Step), "use none, on, off, wiped or reaction")
	}
	switch {
	case a.Tenths < 0 || a.Tenths > 1000:
		return nil, refuse("bad_value", "a strength that can't be", "give it in tenths of a percent: 40 is 4 %")
	case a.Step == "none" && (p.Numbing == "on" || p.Numbing == "off"):
		return nil, refuse("bad_value", "an anaesthetic was put on", "record that it was wiped off")
	case (a.Step == "off" || a.Step == "wiped") && p.Numbing != "on" && p.Numbing != "off" && p.Numbing != "wiped":
		return nil, refuse("bad_value", "no anaesthetic was put on", "record it with step on, or none")
	case p.State.Over() && a.Step != "reaction":
		return nil, refusedIn(p.State, c.Do)
	}
	return p.unlessUnfit(AnaestheticStep{By: c.By, Anaesthetic: a, Above: a.Tenths > env.Policy.AnaestheticMost()}, c.By, env), nil
}

func glideProduct(p *Procedure, c *Command, env *Env) ([]Event, error) {
	d := *c.Product
	switch {
	case d.Name == "":
		return nil, refuse("missing_field", "the product's name is missing", "give product.name")
	case d.Purpose != "glide" && d.Purpose != "delivery":
		return nil, refuse("bad_value", fmt.Sprintf("purpose %q", d.Purpose), `say "glide", or "delivery", which is off-label`)
	case d.Expiry != (cartridge.Date{}) && d.Expiry.Before(env.today()):
		return nil, refuse("expired", d.Name+" is expired", "take another pack")
	}
	return p.unlessUnfit(ProductUsed{By: c.By, Product: d}, c.By, env), nil
}

func alarmHeard(_ *Procedure, c *Command, _ *Env) ([]Event, error) {
	return []Event{AlarmHeard{By: c.By}}, nil
}

func acceptMode(p *Procedure, c *Command, env *Env) ([]Event, error) {
	switch {
	case c.Mode == ModeGuarded || c.Mode == ModeNone:
		return nil, refuse("bad_value", "a guarded pen needs nobody to accept it", "accept stoppable, monitor_only or manual")
	case !env.Clinic.Allows(c.Mode.String()):
		return nil, refuse("mode_not_allowed", fmt.Sprintf("this clinic does not treat with pens that are %v", c.Mode), "take a guarded pen, or allow the mode in the clinic's file")
	case c.Mode == ModeManual && p.PenUp:
		return nil, refuse("pen_is_up", "the pen at hand has a link", "unplug it first, if the treatment is with a pen without a link")
	case p.State.MayPermit():
		return nil, refusedIn(p.State, c.Do)
	}
	return []Event{ModeAccepted{By: c.By, Mode: c.Mode}}, nil
}

func declarePen(p *Procedure, c *Command, _ *Env) ([]Event, error) {
	d := *c.Pen
	switch {
	case p.PenUp:
		return nil, refuse("pen_is_up", "the pen at hand has a link", "unplug it first, if the treatment is with a pen without a link")
	case p.Source == SourceSimulator:
		return nil, refuse("simulated", "the session is simulated", "finish it, and open another for a real pen")
	case d.Vendor == "" || d.Model == "":
		return nil, refuse("missing_field", "vendor or model of the pen is missing", "give both")
	case d.DepthMax <= 0 || d.DepthMin < 0 || d.DepthMin > d.DepthMax || d.DepthStep < 0 || d.DepthMax > 10_000:
		return nil, refuse("bad_value", "depths that no pen has", "give depth_max_um, and depth_min_um and depth_step_um where known")
	case p.State.MayPermit():
		return nil, refusedIn(p.State, c.Do)
	}
	for _, s := range []string{d.Vendor, d.Model, d.Serial} {
		if err := short("pen", s); err != nil {
			return nil, err
		}
	}
	return []Event{PenDeclared{By: c.By, DeclaredPen: d}}, nil
}

// areaMost is no body's: 2 m² is a whole one.
const areaMost = 2_000_000

func area(_ *Procedure, c *Command, _ *Env) ([]Event, error) {
	if c.AreaMM2 < 1 || c.AreaMM2 > areaMost || !c.Zone.Valid() {
		return nil, refuse("bad_value", fmt.Sprintf("an area of %d mm²", c.AreaMM2), "give the zone's area in mm²: 1 cm² is 100")
	}
	return []Event{AreaSet{By: c.By, Zone: c.Zone, Side: c.Side, MM2: c.AreaMM2}}, nil
}
