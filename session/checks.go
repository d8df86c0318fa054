package session

import (
	"fmt"
	"penlog/session/cartridge"
	"slices"
	"strings"

	"penlog/session/limits"
	"penlog/session/policy"
)

// CheckState says how a check of the time-out stands.
type CheckState string

// The states of a check.
const (
	CheckGood    CheckState = "good"
	CheckFailed  CheckState = "failed"
	CheckWarning CheckState = "warning"        // shown, and in nobody's way
	CheckNone    CheckState = "does_not_apply" // in this mode, or to this session
	// CheckUnavailable: it can't be told here. That stands in the way, except with a
	// simulated pen.
	CheckUnavailable CheckState = "not_available"
)

// checks gathers what is shown before a time-out.
type checks struct {
	list      []Check
	simulated bool
}

func (l *checks) add(code string, s CheckState, words, remedy string) {
	c := Check{Code: code, State: s, Words: words}
	c.OK = s != CheckFailed && (s != CheckUnavailable || l.simulated)
	if s != CheckGood && s != CheckNone {
		c.Remedy = remedy
	}
	l.list = append(l.list, c)
}

func (l *checks) must(code string, ok bool, words, remedy string) {
	s := CheckGood
	if !ok {
		s = CheckFailed
	}
	l.add(code, s, words, remedy)
}

func (l *checks) fact(code string, f Fact, words string) {
	switch f.State {
	case FactGood:
		l.add(code, CheckGood, words, "")
	case FactBad:
		l.add(code, CheckFailed, f.Words, f.Remedy)
	default:
		if f.Words == "" {
			f = Fact{Words: "it can't be told whether " + words, Remedy: "look at this PC's settings, or use another PC"}
		}
		l.add(code, CheckUnavailable, f.Words, f.Remedy)
	}
}

// Checks evaluates what must be true before permits are wanted; all of it, so
// that all of it can be shown.
func (p *Procedure) Checks(env *Env) []Check {
	l := checks{simulated: p.Source == SourceSimulator && !p.Foreign}
	manual := p.Accepted == ModeManual && p.Declared && !p.PenUp
	if manual {
		l.add("pen", CheckGood, "the pen without a link is declared", "")
	} else {
		remedy := "plug the pen in and switch it on"
		if env.Clinic.Allows(ModeManual.String()) {
			remedy += ", or declare one that has no link and accept its mode"
		}
		l.must("pen", p.PenUp, "the pen is connected", remedy)
	}
	l.must("source", !p.Foreign, "the pen is of the session's kind", "a simulated pen and a real one can't share a session: finish this one")
	p.modeCheck(&l, manual, env)
	l.must("limits", env.Limits.Hash() != "", "the limits are loaded: "+env.Limits.Version(), "give the agent a sound limits file")
	p.zoneCheck(&l, env)
	l.must("patient", strings.TrimSpace(p.PatientID) != "" && p.Operator != "", "patient and operator are named", "open the session for a patient's pseudonymous id")
	p.patientChecks(&l, env)
	p.kitChecks(&l, env)
	l.must("alarm", p.AlarmHeard, "the alarm was heard", "play the alarm and confirm that it is heard")
	l.fact("clock", env.World.Clock, "the clock of this PC is right")
	l.fact("record", env.World.Record, "the record can be written and read back")
	l.fact("awake", env.World.Awake, "this PC does not go to sleep")
	p.intervalCheck(&l, env)
	if p.Mode == ModeGuarded || p.Mode == ModeNone && !manual {
		l.must("press_test", p.PressTested, "a press without a permit left the motor still", "press start on the pen once now: it must not run")
	} else {
		l.add("press_test", CheckNone, "only a guarded pen can show that a press does nothing", "")
	}
	return l.list
}

// zoneCheck also asks what a choice was asked: file and plan may be others since.
func (p *Procedure) zoneCheck(l *checks, env *Env) {
	switch at := placeOf(&p.Verdict); {
	case !p.Chosen:
		l.add("zone", CheckFailed, "zone and indication are chosen", "choose zone and indication")
	case !env.Clinic.Offers(at.Indication):
		l.add("zone", CheckFailed, "this clinic does not treat "+at.Indication.Name(), "choose another indication, or add it to the clinic's file")
	case len(p.Plan) > 0 && p.planned(at) < 0:
		l.add("zone", CheckFailed, at.Zone.Name()+" is not in the plan", "choose a zone of the plan, or add this one to it with add_zone")
	default:
		l.add("zone", CheckGood, "zone and indication are chosen", "")
	}
}

func (p *Procedure) modeCheck(l *checks, manual bool, env *Env) {
	mode := p.Mode
	if manual {
		mode = ModeManual
	}
	switch {
	case mode == ModeGuarded:
		l.add("mode", CheckGood, "the pen has proved that it stops by itself", "")
	case mode == ModeNone:
		l.add("mode", CheckFailed, "the pen has proved that it stops by itself", "wait a second with the motor off, or reconnect the pen")
	case !env.Clinic.Allows(mode.String()):
		l.add("mode", CheckFailed, fmt.Sprintf("this clinic treats with guarded pens; this one is %s", strings.ReplaceAll(mode.String(), "_", " ")), "take a guarded pen, or allow the mode in the clinic's file")
	case p.Accepted != mode:
		l.add("mode", CheckFailed, fmt.Sprintf("this pen is %s: Penlog can't hold it back", strings.ReplaceAll(mode.String(), "_", " ")), "take a guarded pen, or a person accepts it by name with accept_mode")
	default:
		l.add("mode", CheckWarning, fmt.Sprintf("%s accepted a pen that is %s", p.AcceptedBy, strings.ReplaceAll(mode.String(), "_", " ")), "watch the depth yourself")
	}
}

// patientChecks are those about the patient: screening, consent, anaesthetic.
func (p *Procedure) patientChecks(l *checks, env *Env) {
	state, words, remedy := p.Screening(env)
	l.add("screening", state, words, remedy)
	switch off := p.offLabel(env); {
	case p.Consent == nil:
		l.add("consent", CheckFailed, "the patient has consented", "record the consent and the version of its form")
	case off && !p.Consent.OffLabel:
		l.add("consent", CheckFailed, "the patient was told that this use is off-label", "tell them, and record the consent anew")
	default:
		l.add("consent", CheckGood, "the patient has consented", "")
	}
	switch p.Numbing {
	case "none", "wiped":
		l.add("anaesthetic", CheckGood, "no anaesthetic is on the skin", "")
	case "":
		l.add("anaesthetic", CheckFailed, "it is not said whether an anaesthetic is on the skin", "record that none was used, or that it was wiped off")
	default:
		l.add("anaesthetic", CheckFailed, "the anaesthetic was wiped off", "wipe it off fully, then record it")
	}
	ruling := p.Ruling
	if p.Chosen { // the patient may have been described since
		if v, now := p.ask(placeOf(&p.Verdict), p.Verdict.Requested, env); !v.Refused {
			ruling = now
		}
	}
	for _, n := range ruling.Notices {
		l.add("notice_"+n.Code, CheckWarning, n.Words, "look at the plan")
	}
}

// unfit reports whether a check about the patient stands in the way.
func (p *Procedure) unfit(env *Env) bool {
	l := checks{simulated: p.Source == SourceSimulator && !p.Foreign}
	p.patientChecks(&l, env)
	return slices.ContainsFunc(l.list, func(c Check) bool { return !c.OK })
}

// offLabel reports whether the indication at hand, or what the needles carry in, is off-label.
func (p *Procedure) offLabel(*Env) bool {
	return p.Chosen && slices.Contains(p.Verdict.Flags, limits.OffLabel) || p.Product != nil && p.Product.Purpose == "delivery"
}

// Screening says how the screening stands for the zone at hand.
func (p *Procedure) Screening(env *Env) (CheckState, string, string) {
	if !env.Policy.Known() {
		return CheckFailed, "no policy is loaded: nobody knows what to ask", "give the agent a sound policy file"
	}
	var open, blocked, waiting, caution []string
	final := false
	for _, q := range env.Policy.Questions() {
		i := slices.IndexFunc(p.Answers, func(a Answered) bool { return a.Code == q.Code })
		switch {
		case i < 0 || p.Answers[i].Answer != "yes" && p.Answers[i].Answer != "no":
			open = append(open, q.Code)
			continue
		case p.Answers[i].Answer == "no":
			continue
		case len(p.Answers[i].Zones) > 0 && !slices.Contains(p.Answers[i].Zones, p.Verdict.Zone):
			continue // it is about other zones
		}
		cleared := slices.ContainsFunc(p.Cleared, func(c Cleared) bool { return c.Code == q.Code })
		switch {
		case q.Action == policy.Caution:
			caution = append(caution, q.Code)
		case q.Action == policy.Block && !(q.Overridable && cleared):
			blocked = append(blocked, q.Code)
			final = final || !q.Overridable
		case q.Action == policy.Clearance && !cleared:
			waiting = append(waiting, q.Code)
		}
	}
	list := func(codes []string) string { return strings.Join(codes, ", ") }
	switch {
	case len(blocked) > 0 && final:
		return CheckFailed, "the screening forbids treatment: " + list(blocked), "do not treat; finish or abort, and tell the clinician"
	case len(blocked) > 0:
		return CheckFailed, "the screening forbids treatment: " + list(blocked), "do not treat, unless a clinician clears it with a reason"
	case len(waiting) > 0:
		return CheckFailed, "a clinician's clearance is missing: " + list(waiting), "a clinician clears it with a reason"
	case len(open) > 0:
		return CheckFailed, "not everything was asked: " + list(open), "ask the patient and record yes or no"
	case len(caution) > 0:
		return CheckWarning, "take care: " + list(caution), "see what the policy says of it"
	}
	return CheckGood, "the screening allows treatment", ""
}

func simulatedModel(code string, env *Env) bool {
	m, known := env.Cartridges.ByCode(code)
	return known && m.Simulated
}

// misfit reports whether the cartridge is one of other pens', of a pen whose own are
// known. Of others nobody can tell.
func (p *Procedure) misfit(env *Env) bool {
	if p.Pen == nil {
		return false
	}
	_, known := env.Cartridges.ByCode(p.In.Model)
	own := env.Cartridges.ForPen(p.Pen.Vendor, p.Pen.Model)
	return known && len(own) > 0 && !slices.ContainsFunc(own, func(m cartridge.Model) bool { return m.Code == p.In.Model })
}

// kitChecks are those about cartridge and glide product.
func (p *Procedure) kitChecks(l *checks, env *Env) {
	switch in := p.In; {
	case in == nil:
		l.add("cartridge", CheckFailed, "a new cartridge is in", "scan the cartridge's pack, or pick the cartridge by hand")
	case p.Source == SourcePen && simulatedModel(in.Model, env):
		l.add("cartridge", CheckFailed, "the cartridge is a real one", "scan the pack of the cartridge that is in")
	case p.misfit(env):
		l.add("cartridge", CheckFailed, "the cartridge is one of this pen's", "take a cartridge of this pen, or correct the clinic's list of cartridges")
	case !in.Intact:
		l.add("cartridge", CheckFailed, "the cartridge's pack was intact", "take another cartridge")
	case in.Scan != nil && in.Scan.Expired(env.today()):
		l.add("cartridge", CheckFailed, "the cartridge is not expired", "take another cartridge")
	case in.UseKey == "" && !in.dated():
		l.add("cartridge", CheckWarning, "a cartridge is in; that it is used once only can't be proven, and no expiry was read", "look at the date on the pack, keep the pack, and mark it")
	case in.UseKey == "":
		l.add("cartridge", CheckWarning, "a cartridge is in; that it is used once only can't be proven", "keep the pack, and mark it")
	case !in.dated():
		l.add("cartridge", CheckWarning, "a new cartridge is in; no expiry was read", "look at the date on the pack")
	default:
		l.add("cartridge", CheckGood, "a new cartridge is in", "")
	}
}

// intervalCheck warns of a zone that was treated lately.
func (p *Procedure) intervalCheck(l *checks, env *Env) {
	days := env.Policy.Interval()
	h := p.History
	if h == nil {
		l.add("interval", CheckWarning, "when this zone was last treated is not known", "ask the patient")
		return
	}
	for _, t := range h.Treated {
		if !p.Chosen || t.Zone != p.Verdict.Zone || t.Side != p.Verdict.Side && t.Side != limits.SideNone && p.Verdict.Side != limits.SideNone &&
			t.Side != limits.Both && p.Verdict.Side != limits.Both {
			continue
		}
		if ago := int((env.At - t.At) / (24 * 3600 * 1_000_000)); ago < days {
			l.add("interval", CheckWarning, fmt.Sprintf("this zone was treated %d days ago, in session %v; fewer than %d", ago, t.Session, days), "ask the clinician whether it is too early")
			return
		}
	}
	words := fmt.Sprintf("no treatment of this zone within %d days is known (%s)", days, h.Scope)
	if h.Sessions == 0 {
		l.add("interval", CheckWarning, "nothing of this patient is known ("+h.Scope+"): when this zone was last treated is unknown", "ask the patient")
		return
	}
	l.add("interval", CheckGood, words, "")
}
