package campaign

import (
	"slices"
	"strings"
	"time"

	"penlog/cmd/internal/campaign/script"
	"penlog/protocol"
	"penlog/session"
	"penlog/session/limits"
	"penlog/session/policy"
	"penlog/session/rehearsal"
)

// Technician is who works at the screen: mostly sensible, sometimes not, never
// faster than a person. It decides from a [Screen] what is asked for next, and asks
// nobody itself: the virtual world and a live agent are served by the same one.
type Technician struct {
	rng     rng
	how     script.Technic
	now     protocol.Instant // of the newest look
	at      protocol.Instant // of the next
	task    int              // whose zone was chosen last
	treat   []script.Treat   // with the depths that the hand is told
	ends    bool             // finishes what is open
	armed   bool             // once
	noticed int              // of which task it was noticed where it truly was, and one
}

// Screen is what a technician sees of Penlog, and of the hand beside it.
type Screen struct {
	There   bool // a session of this script, perhaps over
	State   session.State
	Chosen  bool
	Verdict limits.Verdict // of the zone that is chosen
	Running bool           // the motor, as recorded
	Mode    session.Mode
	Permits bool                   // the pen at hand takes them
	Checks  func() []session.Check // before the time-out
	Task    int                    // that the hand is at
	Left    time.Duration          // of the script
	Now     protocol.Instant       // by the clock that the technician was made with
	Wall    protocol.At
}

// Move is what a technician does at one look.
type Move struct {
	// Rest says that the hand is to rest, and to stop the motor first.
	Rest bool
	Ask  []session.Command // in order
}

// NewTechnician returns the technician of a script that begins now, with a pen of
// that identity. Where the script names no depth, the hand is told the highest step
// that is allowed.
func NewTechnician(s *script.Script, id protocol.Identity, table *limits.Table, now protocol.Instant) Technician {
	t := Technician{rng: stream(s.Seed, forTech), how: s.Technician, task: -1, ends: true}
	t.at = t.rng.after(now, 100*time.Millisecond, 2*time.Second)
	if t.strays() {
		t.ends = t.rng.chance(70)
	}
	for _, x := range s.Treat {
		if x.Depth == 0 {
			v := table.Ask(limits.Request{Zone: x.Zone, Indication: x.Indication, PenMin: protocol.Micrometres(id.DepthMin),
				PenMax: protocol.Micrometres(id.DepthMax), PenStep: protocol.Micrometres(id.DepthStep), CartridgeLength: protocol.Micrometres(id.NeedleLength)})
			x.Depth = v.Settable
		}
		t.treat = append(t.treat, x)
	}
	return t
}

// Next is when the technician next looks at the screen.
func (t *Technician) Next() protocol.Instant { return t.at }

// Treat is what is treated, in turn. The slice is the technician's.
func (t *Technician) Treat() []script.Treat { return t.treat }

// Watch lets the technician follow the screen from now on, Leave do nothing by himself.
func (t *Technician) Watch(now protocol.Instant) {
	t.how = script.Follows
	t.at = t.rng.after(now, 300*time.Millisecond, 1500*time.Millisecond)
}

// Leave lets the technician do nothing by himself from now on.
func (t *Technician) Leave() { t.how = script.Waits }

// Looks reports whether the technician looks at the screen now, and says when to ask
// again. Who looks is shown it with [Technician.Act].
func (t *Technician) Looks(now protocol.Instant) bool {
	t.now = now
	t.at = t.rng.after(now, 300*time.Millisecond, 1500*time.Millisecond)
	if t.how == script.Waits || t.how == script.Arms && t.armed {
		t.at = never
		return false
	}
	return true
}

// strays reports whether the technician does not always do what the screen calls for.
func (t *Technician) strays() bool { return t.how == script.Wanders || t.how == script.Meddles }

func asks(c ...session.Command) Move { return Move{Ask: c} }

func (t *Technician) choose(i int) Move {
	if t.strays() && t.rng.chance(10) { // too long for a second act, or nearly
		t.at = t.rng.after(t.now, 4*time.Second, 7*time.Second)
	}
	s := t.treat[min(i, len(t.treat)-1)]
	t.task = i
	return asks(session.Command{Do: session.CmdChoose, Zone: s.Zone, Side: s.Side, Indication: s.Indication})
}

// Act does what the screen calls for.
func (t *Technician) Act(p *Screen) Move {
	if t.how == script.Wanders && t.rng.chance(4) || t.how == script.Meddles && t.rng.chance(25) {
		return asks(t.whim(p))
	}
	switch {
	case !p.There || p.State.Over():
		if t.how == script.Meddles && p.There && t.rng.chance(70) { // the chart is not closed yet
			return asks(t.whim(p))
		}
		if p.Left > 8*time.Second || !p.There && !t.strays() {
			return t.opens()
		}
	case p.State == session.Tripped:
		return asks(session.Command{Do: session.CmdAcknowledge})
	case len(t.treat) == 0:
	case !p.Chosen && t.how == script.Meddles && t.rng.chance(30): // it may be missing from the plan
		x := t.treat[min(max(p.Task, 0), len(t.treat)-1)]
		return asks(session.Command{Do: session.CmdAddZone, By: technician, Plan: []session.PlanItem{{Zone: x.Zone, Side: x.Side, Indication: x.Indication}}})
	case !p.Chosen:
		return t.choose(p.Task)
	case p.Left < 8*time.Second:
		if t.how == script.Arms || !t.ends { // sometimes a session is left open
			break
		}
		m := Move{Rest: true}
		if !p.Running {
			m.Ask = []session.Command{{Do: session.CmdFinish}}
		}
		return m
	case t.task != p.Task && !p.Running && t.wrong(p):
		return t.corrects()
	case t.task != p.Task && !p.Running:
		return t.choose(p.Task)
	case p.State == session.Draft && t.how == script.Meddles && t.rng.chance(15): // the plan comes late, and perhaps without what is chosen
		return asks(session.Command{Do: session.CmdPlan, By: technician, Plan: t.plan()})
	case p.State == session.Draft:
		return t.begins(session.CmdArm, p)
	case p.State == session.Paused && t.how == script.Meddles && p.Verdict.Overridden && t.rng.chance(20): // it is a darker skin than it seemed
		return asks(session.Command{Do: session.CmdDescribe, Describe: &session.Description{Phototype: 3 + t.rng.below(4), Method: "operator", Age: 30, First: "yes"}})
	case p.State == session.Paused:
		return t.begins(session.CmdResume, p)
	case t.how == script.Arms && p.State.MayPermit():
		t.armed = true
	case t.strays() && t.rng.chance(3):
		return asks(session.Command{Do: pick(&t.rng, []session.CommandKind{session.CmdPause, session.CmdStop, session.CmdPass})})
	}
	return Move{}
}

// opens opens a session and prepares it. Who strays leaves steps out, and does each only
// once the screen asks for it; who meddles has a plan now and then.
func (t *Technician) opens() Move {
	t.task = -1
	skips := map[script.Technic]int{script.Wanders: 10, script.Meddles: 25}[t.how]
	all := slices.DeleteFunc(Prepared(technician), func(c session.Command) bool { return skips > 0 && c.Do != session.CmdOpen && t.rng.chance(skips) })
	if q := policy.Default().Questions(); t.how == script.Meddles && len(q) > 0 && t.rng.chance(30) { // something stands in the way
		all = append(all, session.Command{Do: session.CmdScreen, By: technician, Answers: []session.Answered{{Code: pick(&t.rng, q).Code, Answer: "yes"}}})
	}
	for i := range all {
		switch c := &all[i]; {
		case t.how != script.Meddles:
		case c.Do == session.CmdOpen && t.rng.chance(8):
			c.Patient = ""
		case c.Do == session.CmdConsent && t.rng.chance(25):
			c.Consent = &session.Consent{Version: "1"} // nobody said that it is off-label
		case c.Do == session.CmdCartridge && t.rng.chance(50):
			c.Cartridge = t.scanned()
		}
	}
	if t.how == script.Meddles && t.rng.chance(25) {
		all = append(all, session.Command{Do: session.CmdGlideProduct, By: technician, Product: &session.Product{Name: "serum", Sterile: true, Purpose: "delivery"}})
	}
	if t.how == script.Meddles && t.rng.chance(30) {
		all = append(all, session.Command{Do: session.CmdPlan, By: technician, Plan: t.plan()})
	}
	if t.how == script.Plans {
		all = append(all, t.prescribes()...)
	}
	return asks(all...)
}

// plan is one for most of what is treated, with a depth for some of it.
func (t *Technician) plan() []session.PlanItem {
	var out []session.PlanItem
	for _, x := range t.treat {
		i := session.PlanItem{Zone: x.Zone, Side: x.Side, Indication: x.Indication}
		if t.rng.chance(50) {
			i.Depth = pick(&t.rng, []protocol.Micrometres{250, 500, 750, 1000})
		}
		if !hasItem(out, i) && !t.rng.chance(30) {
			out = append(out, i)
		}
	}
	return out
}

// prescribes plans all that is treated, with fewer passes and less density than may come
// of it, and says how large the zones are of this patient.
func (t *Technician) prescribes() []session.Command {
	plan := session.Command{Do: session.CmdPlan, By: technician, KeepOrder: t.rng.chance(50)}
	var areas []session.Command
	for _, x := range t.treat {
		i := session.PlanItem{Zone: x.Zone, Side: x.Side, Indication: x.Indication}
		if hasItem(plan.Plan, i) {
			continue
		}
		if t.rng.chance(60) {
			i.Passes = 1 + t.rng.below(3)
		}
		if t.rng.chance(60) {
			i.Density = pick(&t.rng, []int{1, 50, 300})
		}
		if t.rng.chance(15) {
			i.Depth = x.Depth
		}
		plan.Plan = append(plan.Plan, i)
		if t.rng.chance(70) {
			areas = append(areas, session.Command{Do: session.CmdArea, By: technician, Zone: x.Zone, Side: x.Side, AreaMM2: 1000 + t.rng.below(6000)})
		}
	}
	return append([]session.Command{plan}, areas...)
}

// hasItem reports whether a plan has the place of an item.
func hasItem(plan []session.PlanItem, i session.PlanItem) bool {
	return slices.ContainsFunc(plan, func(o session.PlanItem) bool {
		return o.Zone == i.Zone && o.Side == i.Side && o.Indication == i.Indication
	})
}

// wrong reports whether it is noticed that what was done since the zone was chosen was
// done elsewhere, by one who has time for that before the next zone.
func (t *Technician) wrong(p *Screen) bool {
	if t.how != script.Plans || t.task < 0 || t.task >= len(t.treat) || t.noticed == t.task+1 || p.State == session.Draft {
		return false
	}
	t.noticed = t.task + 1
	x := &t.treat[t.task]
	return x.In.Valid() && x.In != x.Zone || t.rng.chance(15)
}

// corrects says where it was: where the hand truly was, or in one of the others.
func (t *Technician) corrects() Move {
	x := t.treat[t.task]
	if x.Zone = x.In; !x.In.Valid() {
		s := pick(&t.rng, sites)
		x.Zone, x.Indication = s.Zone, s.Indication
	}
	return asks(session.Command{Do: session.CmdReattribute, Zone: x.Zone, Side: x.Side, Indication: x.Indication, Text: "noticed now"})
}

// begins asks for permits when every check on the screen is green.
func (t *Technician) begins(do session.CommandKind, p *Screen) Move {
	for _, c := range p.Checks() {
		if c.OK {
			continue
		}
		switch {
		case c.Code == "mode" && !p.Permits && p.Mode == session.ModeNone: // it is not up yet
			return Move{}
		case c.Code == "mode" && !p.Permits:
			return asks(session.Command{Do: session.CmdAcceptMode, Mode: p.Mode})
		case c.Code == "mode" && t.rng.chance(30):
			return asks(session.Command{Do: session.CmdAcceptPen})
		}
		if _, codes, ok := strings.Cut(c.Words, ": "); ok && c.Code == "screening" && t.how == script.Meddles && t.rng.chance(60) {
			code, _, _ := strings.Cut(codes, ",")
			return asks(session.Command{Do: session.CmdClear, By: clinician, Code: code, Text: "seen"}) // where nobody was asked, nothing is there to clear
		}
		if c.Code == "zone" && t.how == script.Meddles {
			v := &p.Verdict
			return asks(session.Command{Do: session.CmdAddZone, By: technician, Plan: []session.PlanItem{{Zone: v.Zone, Side: v.Side, Site: v.Site, Indication: v.Indication}}})
		}
		return prepare(c.Code) // another pen has another cartridge; or it was left out
	}
	return asks(session.Command{Do: do})
}

// prepare does what a check of the time-out asks for, as [rehearsal.Prepare] does.
func prepare(check string) Move {
	do, ok := map[string]session.CommandKind{"screening": session.CmdScreen, "consent": session.CmdConsent, "anaesthetic": session.CmdAnaesthetic,
		"cartridge": session.CmdCartridge, "alarm": session.CmdAlarmHeard}[check]
	all := rehearsal.Prepare(technician)
	if i := slices.IndexFunc(all, func(c session.Command) bool { return c.Do == do }); ok && i >= 0 {
		return asks(all[i])
	}
	return Move{}
}

// Prepared are the commands that open a session and prepare it up to the choice of a zone.
func Prepared(by session.By) []session.Command {
	return append([]session.Command{rehearsal.Open(by)}, rehearsal.Prepare(by)...)
}
