package session_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"penlog/protocol"
	"penlog/session"
	"penlog/session/cartridge"
	"penlog/session/clinic"
	"penlog/session/limits"
	"penlog/session/policy"
	"penlog/session/rehearsal"
)

// refusal is a command that is refused.
type refusal struct {
	code string
	at   func(testing.TB) *visit // how things stand
	cmd  session.Command
}

func ended(t testing.TB) *visit {
	v := treating(t)
	v.run(part{100, 900, across})
	v.do(session.Command{Do: session.CmdFinish})
	return v
}

func aborted(t testing.TB) *visit {
	v := treating(t)
	v.do(session.Command{Do: session.CmdAbort})
	return v
}

// with changes how things stand.
func with(at func(testing.TB) *visit, change func(*visit)) func(testing.TB) *visit {
	return func(t testing.TB) *visit {
		v := at(t)
		change(v)
		return v
	}
}

func after(at func(testing.TB) *visit, cmds ...session.Command) func(testing.TB) *visit {
	return with(at, func(v *visit) {
		for _, c := range cmds {
			v.do(c)
		}
	})
}

func manual(t testing.TB) *visit {
	v := prepared(t)
	v.p.Source, v.p.Pen = session.SourceNone, nil // no pen was ever up
	v.apply(session.PenDown{})
	v.do(session.Command{Do: session.CmdDeclarePen, Pen: &session.DeclaredPen{Vendor: "Bellus", Model: "SkinPen", DepthMax: 2500, DepthStep: 250}})
	v.do(session.Command{Do: session.CmdAcceptMode, Mode: session.ModeManual})
	v.env.World = world(session.FactGood)
	return v
}

func world(s session.FactState) session.World {
	f := session.Fact{State: s}
	return session.World{Clock: f, Record: f, Awake: f}
}

var (
	cheek   = session.Command{Do: session.CmdChoose, Zone: limits.Cheek, Side: limits.Left, Indication: limits.AcneScarRolling}
	nose    = session.Command{Do: session.CmdChoose, Zone: limits.Nose, Indication: limits.AcneScarRolling}
	motorOn = func(v *visit) { v.apply(session.MotorRan{}) }
	onSkin  = func(v *visit) { v.env.World.Contact = true }
	planned = session.Command{Do: session.CmdPlan, Plan: []session.PlanItem{{Zone: limits.Cheek, Side: limits.Left, Indication: limits.AcneScarRolling}}}
	long    = strings.Repeat("x", 2001)
	item    = func(z limits.Zone, um protocol.Micrometres) session.PlanItem {
		return session.PlanItem{Zone: z, Indication: limits.AcneScarRolling, Depth: um}
	}
	um = func(d protocol.Micrometres) *protocol.Micrometres { return &d }
)

func cmd(do session.CommandKind, fill func(*session.Command)) session.Command {
	c := session.Command{Do: do}
	if fill != nil {
		fill(&c)
	}
	return c
}

func refusals() []refusal {
	screened := func(code string, zones ...limits.Zone) session.Command {
		return session.Command{Do: session.CmdScreen, Answers: []session.Answered{{Code: code, Answer: "yes", Zones: zones}}}
	}
	given := func(g session.CartridgeGiven) session.Command {
		return session.Command{Do: session.CmdCartridge, Cartridge: &g}
	}
	numb := func(a session.Anaesthetic) session.Command {
		return session.Command{Do: session.CmdAnaesthetic, Anaesthetic: &a}
	}
	other := session.ID{2}
	return []refusal{
		{"unknown_command", prepared, cmd("nonsense", nil)},
		{"no_person", prepared, cmd(session.CmdArm, func(c *session.Command) { c.By = session.Agent })},
		{"no_person", prepared, cmd(session.CmdArm, func(c *session.Command) { c.By = session.Unnamed })},
		{"no_person", prepared, cmd(session.CmdArm, func(c *session.Command) { c.By = "  " })},
		{"too_long", prepared, cmd(session.CmdArm, func(c *session.Command) { c.By = session.By(long) })},
		{"unknown_person", prepared, cmd(session.CmdArm, func(c *session.Command) { c.By = "stranger" })},
		{"not_allowed", prepared, cmd(session.CmdClear, func(c *session.Command) { c.Code, c.Text = "isotretinoin", "x" })},
		{"unexpected_field", prepared, cmd(session.CmdArm, func(c *session.Command) { c.Zone = limits.Nose })},
		{"missing_field", prepared, cmd(session.CmdChoose, func(c *session.Command) { c.Zone = limits.Nose })},
		{"too_long", prepared, cmd(session.CmdNote, func(c *session.Command) { c.Text = long })},
		{"same_person", prepared, cmd(session.CmdReassign, func(c *session.Command) { c.Patient, c.Text, c.Second = "p", "x", "op-1" })},
		{"unknown_person", prepared, cmd(session.CmdReassign, func(c *session.Command) { c.Patient, c.Text, c.Second = "p", "x", "stranger" })},
		{"too_long", prepared, cmd(session.CmdReassign, func(c *session.Command) { c.Patient, c.Text, c.Second = long, "x", "op-2" })},
		{"wrong_state", ended, cheek},
		{"not_of_session", prepared, cmd(session.CmdLocate, nil)},

		{"bad_value", prepared, cmd(session.CmdDescribe, func(c *session.Command) { c.Describe = &session.Description{Phototype: 7} })},
		{"bad_value", prepared, cmd(session.CmdDescribe, func(c *session.Command) { c.Describe = &session.Description{Age: 131} })},
		{"bad_value", prepared, cmd(session.CmdDescribe, func(c *session.Command) { c.Describe = &session.Description{Method: "guess"} })},
		{"bad_value", prepared, cmd(session.CmdDescribe, func(c *session.Command) { c.Describe = &session.Description{First: "perhaps"} })},
		{"wrong_state", treating, cmd(session.CmdDescribe, func(c *session.Command) { c.Describe = &session.Description{Phototype: 2} })},
		{"wrong_state", treating, planned},
		{"too_long", prepared, cmd(session.CmdPlan, func(c *session.Command) { c.Plan = make([]session.PlanItem, 61) })},
		{"planned_twice", prepared, cmd(session.CmdPlan, func(c *session.Command) { c.Plan = []session.PlanItem{item(limits.Nose, 500), item(limits.Nose, 750)} })},
		{"not_offered", prepared, cmd(session.CmdPlan, func(c *session.Command) { c.Plan = []session.PlanItem{item(limits.Periorbital, 0)} })},
		{"bad_value", prepared, cmd(session.CmdPlan, func(c *session.Command) { c.Plan = []session.PlanItem{item(limits.Nose, -1)} })},
		{"bad_value", after(prepared, planned), cmd(session.CmdAddZone, func(c *session.Command) { c.Plan = []session.PlanItem{item(limits.Nose, 0), item(limits.Chin, 0)} })},
		{"no_plan", prepared, cmd(session.CmdAddZone, func(c *session.Command) { c.Plan = []session.PlanItem{item(limits.Nose, 0)} })},
		{"planned_twice", after(prepared, planned), cmd(session.CmdAddZone, func(c *session.Command) { c.Plan = planned.Plan })},
		{"too_long", with(prepared, func(v *visit) { v.apply(session.Planned{Items: make([]session.PlanItem, 60)}) }),
			cmd(session.CmdAddZone, func(c *session.Command) { c.Plan = []session.PlanItem{item(limits.Nose, 0)} })},
		{"not_offered_here", with(prepared, func(v *visit) { v.env.Clinic = only(v.t, "laxity") }), planned},
		{"not_offered_here", with(prepared, func(v *visit) { v.env.Clinic = only(v.t, "laxity") }), cheek},

		{"unknown_question", prepared, screened("shoe_size")},
		{"unknown_question", prepared, cmd(session.CmdClear, func(c *session.Command) { c.By, c.Code, c.Text = "dr-1", "shoe_size", "x" })},
		{"too_long", prepared, cmd(session.CmdScreen, func(c *session.Command) { c.Answers = make([]session.Answered, 201) })},
		{"bad_value", prepared, cmd(session.CmdScreen, func(c *session.Command) { c.Answers = []session.Answered{{Code: "isotretinoin", Answer: "maybe"}} })},
		{"bad_value", prepared, cmd(session.CmdScreen, func(c *session.Command) {
			c.Answers = []session.Answered{{Code: "isotretinoin", Answer: "no"}, {Code: "isotretinoin", Answer: "yes"}}
		})},
		{"bad_value", prepared, screened("isotretinoin", limits.Nose)},
		{"bad_value", prepared, cmd(session.CmdScreen, func(c *session.Command) { c.Rest = "maybe" })},
		{"missing_field", prepared, cmd(session.CmdScreen, nil)},
		{"nothing_to_clear", prepared, cmd(session.CmdClear, func(c *session.Command) { c.By, c.Code, c.Text = "dr-1", "isotretinoin", "x" })},
		{"not_clearable", after(prepared, screened(unclearable())), cmd(session.CmdClear, func(c *session.Command) { c.By, c.Code, c.Text = "dr-1", unclearable(), "x" })},
		{"nothing_to_clear", after(prepared, screened(caution())), cmd(session.CmdClear, func(c *session.Command) { c.By, c.Code, c.Text = "dr-1", caution(), "x" })},

		{"missing_field", prepared, cmd(session.CmdConsent, func(c *session.Command) { c.Consent = &session.Consent{Photo: true} })},
		{"bad_value", prepared, cmd(session.CmdConsent, func(c *session.Command) {
			c.Consent = &session.Consent{Version: "1", SignedOn: cartridge.Date{Year: 2099, Month: 1, Day: 1}}
		})},
		{"missing_field", prepared, numb(session.Anaesthetic{Step: "on"})},
		{"expired", prepared, numb(session.Anaesthetic{Step: "on", Product: "x", Expiry: cartridge.Date{Year: 2020, Month: 1, Day: 1}})},
		{"bad_value", prepared, numb(session.Anaesthetic{Step: "licked"})},
		{"bad_value", prepared, numb(session.Anaesthetic{Step: "on", Product: "x", Tenths: 1001})},
		{"bad_value", after(prepared, numb(session.Anaesthetic{Step: "on", Product: "x"})), numb(session.Anaesthetic{Step: "none"})},
		{"bad_value", prepared, numb(session.Anaesthetic{Step: "wiped"})},
		{"wrong_state", ended, numb(session.Anaesthetic{Step: "none"})},
		{"missing_field", prepared, cmd(session.CmdGlideProduct, func(c *session.Command) { c.Product = &session.Product{Purpose: "glide"} })},
		{"bad_value", prepared, cmd(session.CmdGlideProduct, func(c *session.Command) { c.Product = &session.Product{Name: "gel", Purpose: "fun"} })},
		{"expired", prepared, cmd(session.CmdGlideProduct, func(c *session.Command) {
			c.Product = &session.Product{Name: "gel", Purpose: "glide", Expiry: cartridge.Date{Year: 2020, Month: 1, Day: 1}}
		})},

		{"bad_value", prepared, given(session.CartridgeGiven{Model: "x", Intact: true, Needles: -1})},
		{"missing_field", prepared, given(session.CartridgeGiven{Intact: true})},
		{"pack_not_intact", prepared, given(session.CartridgeGiven{Model: "x"})},
		{"too_long", prepared, given(session.CartridgeGiven{Model: long, Intact: true})},
		{"cartridge_expired", prepared, given(session.CartridgeGiven{Scan: "(01)04012345000016(17)200100(10)A", Intact: true})},
		{"not_a_udi", prepared, given(session.CartridgeGiven{Scan: "hello", Intact: true})},
		{"cartridge_used", prepared, session.Command{Do: session.CmdCartridge, Cartridge: &session.CartridgeGiven{Scan: "(01)04012345000016(21)S1", Intact: true},
			History: &session.History{UsedIn: &other}}},
		{"simulated_cartridge", manual, given(session.CartridgeGiven{Scan: "(01)00200000000011(21)1", Intact: true})},
		{"motor_on", with(treating, motorOn), given(session.CartridgeGiven{Model: "x", Intact: true})},
		{"in_contact", with(treating, onSkin), given(session.CartridgeGiven{Model: "x", Intact: true})},
		{"no_cartridge", newVisit, cmd(session.CmdCartridgeOut, nil)},
		{"motor_on", with(treating, motorOn), cmd(session.CmdCartridgeOut, nil)},

		{"bad_value", prepared, cmd(session.CmdAcceptMode, func(c *session.Command) { c.Mode = session.ModeGuarded })},
		{"mode_not_allowed", with(prepared, func(v *visit) { v.env.Clinic = clinic.Default() }), cmd(session.CmdAcceptMode, func(c *session.Command) { c.Mode = session.ModeStoppable })},
		{"pen_is_up", prepared, cmd(session.CmdAcceptMode, func(c *session.Command) { c.Mode = session.ModeManual })},
		{"wrong_state", treating, cmd(session.CmdAcceptMode, func(c *session.Command) { c.Mode = session.ModeStoppable })},
		{"pen_is_up", prepared, cmd(session.CmdDeclarePen, func(c *session.Command) { c.Pen = &session.DeclaredPen{Vendor: "v", Model: "m", DepthMax: 2000} })},
		{"simulated", with(prepared, func(v *visit) { v.apply(session.PenDown{}) }), cmd(session.CmdDeclarePen, func(c *session.Command) { c.Pen = &session.DeclaredPen{Vendor: "v", Model: "m", DepthMax: 2000} })},
		{"missing_field", manual, cmd(session.CmdDeclarePen, func(c *session.Command) { c.Pen = &session.DeclaredPen{Model: "m", DepthMax: 2000} })},
		{"bad_value", manual, cmd(session.CmdDeclarePen, func(c *session.Command) { c.Pen = &session.DeclaredPen{Vendor: "v", Model: "m"} })},
		{"too_long", manual, cmd(session.CmdDeclarePen, func(c *session.Command) { c.Pen = &session.DeclaredPen{Vendor: long, Model: "m", DepthMax: 2000} })},
		{"wrong_state", after(manual, cheek, session.Command{Do: session.CmdArm}), cmd(session.CmdDeclarePen, func(c *session.Command) { c.Pen = &session.DeclaredPen{Vendor: "v", Model: "m", DepthMax: 2000} })},
		{"bad_value", prepared, cmd(session.CmdArea, func(c *session.Command) { c.Zone, c.AreaMM2 = limits.Nose, -4 })},

		{"wrong_state", with(treating, func(v *visit) {
			v.apply(session.RuleBroke{Rule: session.PenFault, Response: session.Trip, To: session.Tripped})
		}), nose},
		{"motor_on", with(treating, motorOn), nose},
		{"in_contact", with(treating, onSkin), nose},
		{"not_planned", after(prepared, planned), nose},
		{"no_plan", prepared, cmd(session.CmdNext, nil)},
		{"plan_done", after(prepared, planned, cheek), cmd(session.CmdNext, nil)},
		{"override_elsewhere", treating, cmd(session.CmdOverride, func(c *session.Command) { *c = overrideTo(2000); c.Side = limits.Right })},
		{"override_elsewhere", prepared, overrideTo(2000)},
		{"override_above_limit", treating, overrideTo(2250)},
		{"raises_nothing", treating, overrideTo(1500)},
		{"second_person", with(treating, func(v *visit) { v.env.Clinic = twoPeople(v.t) }), overrideTo(2000)},
		{"motor_on", with(treating, motorOn), overrideTo(2000)},
		{"wrong_state", ended, overrideTo(2000)},
		{"wrong_state", with(treating, func(v *visit) {
			v.apply(session.RuleBroke{Rule: session.PenFault, Response: session.Trip, To: session.Tripped})
		}), overrideTo(2000)},
		{"no_override", treating, cmd(session.CmdEndOverride, nil)},
		{"no_override", after(prepared, session.Command{Do: session.CmdDescribe, Describe: &session.Description{Phototype: 5}},
			session.Command{Do: session.CmdChoose, Zone: limits.Cheek, Side: limits.Left, Indication: limits.Hyperpigmentation}), overrideTo(1000)},
		{"checks_failed", newVisit, cmd(session.CmdArm, nil)},
		{"wrong_state", treating, cmd(session.CmdArm, nil)},
		{"wrong_state", treating, cmd(session.CmdResume, nil)},
		{"too_late", with(treating, func(v *visit) { v.do(nose); v.do(cheek); v.wait(6) }), cmd(session.CmdResume, nil)},
		{"ceiling_rose", with(treating, func(v *visit) {
			v.apply(session.CartridgeSeen{Length: 1000, To: v.p.State}, session.PausedEvent{To: session.Paused})
			v.p.Verdict.Allowed = 1000 // the cartridge bound it when it was chosen, and another is in now
			v.apply(session.CartridgeSeen{Length: 1250, To: session.Paused})
		}), cmd(session.CmdResume, nil)},
		{"nothing_settable", with(treating, func(v *visit) {
			v.apply(session.PausedEvent{To: session.Paused})
			p := *v.p.Pen
			p.DepthMin = 1750
			v.apply(p, session.ModeChanged{Mode: session.ModeGuarded}, session.PressTested{})
		}), cmd(session.CmdResume, nil)},

		{"wrong_state", prepared, cmd(session.CmdStart, nil)},
		{"pen_starts", treating, cmd(session.CmdStart, nil)},
		{"no_zone", prepared, cmd(session.CmdPass, nil)},
		{"bad_value", treating, cmd(session.CmdPass, func(c *session.Command) { c.Delta = 2 })},
		{"no_pass", treating, cmd(session.CmdPass, func(c *session.Command) { c.Delta = -1 })},
		{"not_manual", treating, cmd(session.CmdEnter, func(c *session.Command) { c.Entry = &session.Entry{Passes: 1} })},
		{"wrong_state", manual, cmd(session.CmdEnter, func(c *session.Command) { c.Entry = &session.Entry{Passes: 1} })},
		{"no_zone", with(manual, func(v *visit) { v.apply(session.PausedEvent{To: session.Paused}) }), cmd(session.CmdEnter, func(c *session.Command) { c.Entry = &session.Entry{Passes: 1} })},
		{"bad_value", after(manual, cheek, session.Command{Do: session.CmdArm}), cmd(session.CmdEnter, func(c *session.Command) { c.Entry = &session.Entry{Set: um(-5)} })},
		{"missing_field", after(manual, cheek, session.Command{Do: session.CmdArm}), cmd(session.CmdEnter, func(c *session.Command) { c.Entry = &session.Entry{} })},
		{"no_zone", prepared, cmd(session.CmdEndpoint, func(c *session.Command) { c.Endpoint = &session.Endpoint{Sign: "erythema"} })},
		{"bad_value", treating, cmd(session.CmdEndpoint, func(c *session.Command) { c.Endpoint = &session.Endpoint{Sign: "glow"} })},
		{"bad_value", treating, cmd(session.CmdEndpoint, func(c *session.Command) { n := 11; c.Endpoint = &session.Endpoint{Sign: "none", Pain: &n} })},
		{"motor_on", with(treating, motorOn), cmd(session.CmdReattribute, func(c *session.Command) { c.Zone, c.Text = limits.Nose, "x" })},
		{"bad_value", treating, cmd(session.CmdReattribute, func(c *session.Command) { c.Zone, c.Text, c.FromAt, c.ToAt = limits.Nose, "x", 9, 5 })},
		{"bad_value", treating, cmd(session.CmdReattribute, func(c *session.Command) { c.Zone, c.Text, c.FromAt = limits.Nose, "x", 9 })},
		{"bad_value", treating, cmd(session.CmdReattribute, func(c *session.Command) { c.Zone, c.Text, c.Site = limits.Nose, "x", limits.Spine })},
		{"nothing_there", treating, cmd(session.CmdReattribute, func(c *session.Command) { c.Zone, c.Text = limits.Nose, "x" })},
		{"same_person", treating, cmd(session.CmdHandOver, func(c *session.Command) { c.To = "op-1" })},
		{"unknown_person", treating, cmd(session.CmdHandOver, func(c *session.Command) { c.To = "stranger" })},
		{"motor_on", with(treating, motorOn), cmd(session.CmdHandOver, func(c *session.Command) { c.To = "op-2" })},
		{"empty", treating, cmd(session.CmdNote, func(c *session.Command) { c.Text = " \n" })},

		{"bad_value", treating, cmd(session.CmdAbort, func(c *session.Command) { c.Code = "boredom" })},
		{"wrong_state", prepared, cmd(session.CmdFinish, nil)},
		{"motor_on", with(treating, motorOn), cmd(session.CmdFinish, nil)},
		{"wrong_state", treating, cmd(session.CmdInterrupt, nil)},
		{"not_aborted", ended, cmd(session.CmdReason, func(c *session.Command) { c.Code = "faint" })},
		{"bad_value", aborted, cmd(session.CmdReason, func(c *session.Command) { c.Code = "boredom" })},
		{"not_over", treating, cmd(session.CmdOutcome, func(c *session.Command) { c.Outcome = &session.Outcome{Reaction: "red"} })},
		{"missing_field", ended, cmd(session.CmdOutcome, func(c *session.Command) { c.Outcome = &session.Outcome{Settled: true} })},
		{"too_long", ended, cmd(session.CmdOutcome, func(c *session.Command) { c.Outcome = &session.Outcome{Reaction: long} })},
		{"not_over", treating, cmd(session.CmdAftercare, func(c *session.Command) { c.Aftercare = &session.Aftercare{Leaflet: "3"} })},
		{"missing_field", ended, cmd(session.CmdAftercare, func(c *session.Command) { c.Aftercare = &session.Aftercare{Contact: true} })},
		{"too_long", ended, cmd(session.CmdAftercare, func(c *session.Command) { c.Aftercare = &session.Aftercare{Leaflet: long} })},
		{"not_over", treating, cmd(session.CmdFollowUp, func(c *session.Command) { c.FollowUp = &session.FollowUp{Findings: "x"} })},
		{"missing_field", ended, cmd(session.CmdFollowUp, func(c *session.Command) {
			c.FollowUp = &session.FollowUp{On: cartridge.Date{Year: 2026, Month: 1, Day: 1}}
		})},
		{"bad_value", ended, cmd(session.CmdFollowUp, func(c *session.Command) {
			c.FollowUp = &session.FollowUp{Findings: "x", On: cartridge.Date{Year: 2099, Month: 1, Day: 1}}
		})},
		{"missing_field", ended, cmd(session.CmdAdverse, func(c *session.Command) { c.Adverse = &session.Adverse{Severity: "mild"} })},
		{"bad_value", ended, cmd(session.CmdAdverse, func(c *session.Command) { c.Adverse = &session.Adverse{Type: "x", Severity: "huge"} })},
		{"too_long", ended, cmd(session.CmdAdverse, func(c *session.Command) { c.Adverse = &session.Adverse{Type: "x", Severity: "mild", Action: long} })},
		{"too_long", ended, cmd(session.CmdAdverse, func(c *session.Command) { c.Adverse = &session.Adverse{Type: long, Severity: "mild"} })},
		{"no_record", ended, cmd(session.CmdCorrect, func(c *session.Command) { c.Seq, c.Text = 9999, "x" })},
		{"empty", ended, cmd(session.CmdCorrect, func(c *session.Command) { c.Seq, c.Text = 1, "  " })},
		{"same_patient", ended, cmd(session.CmdReassign, func(c *session.Command) { c.Patient, c.Text, c.Second = rehearsal.Patient, "x", "op-2" })},
		{"wrong_state", treating, cmd(session.CmdReassign, func(c *session.Command) { c.Patient, c.Text, c.Second = "p-2", "x", "op-2" })},
		{"not_over", treating, cmd(session.CmdSign, func(c *session.Command) { c.Meaning = "performed" })},
		{"bad_value", ended, cmd(session.CmdSign, func(c *session.Command) { c.Meaning = "whatever" })},
		{"not_allowed", ended, cmd(session.CmdSign, func(c *session.Command) { c.Meaning = "approved" })},
	}
}

func TestEveryRefusal(t *testing.T) {
	for _, r := range refusals() {
		t.Run(string(r.cmd.Do)+"/"+r.code, func(t *testing.T) {
			v := r.at(t)
			before := v.p.Events
			v.refused(r.cmd, r.code)
			if v.p.Events != before {
				t.Error("something happened all the same")
			}
		})
	}
}

// Every reason that the code can give is in the table above, or in one of the
// tests that need a pen, a disk or another session.
func TestRefusalTableIsWhole(t *testing.T) {
	elsewhere := []string{ // TestCommandsThatNeedAPen, TestPastSessions, TestScanProblems, TestStalledRecord, TestAbortWaits…
		"session_open", "no_session", "cause_not_gone", "no_pen", "unsupported", "record_stalled", "record_busy", "bad_scan", "session_ends"}
	known := append([]string{}, elsewhere...)
	for _, r := range refusals() {
		known = append(known, r.code)
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(node ast.Node) bool {
			if lit, ok := codeOf(node); ok {
				code, err := strconv.Unquote(lit)
				if n++; err == nil && !slices.Contains(known, code) {
					t.Errorf("%s refuses with %q, which no test provokes", file, code)
				}
			}
			return true
		})
	}
	if n < 80 {
		t.Errorf("only %d refusals found in the code", n)
	}
}

// codeOf is the code of a refusal in the source.
func codeOf(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.CallExpr:
		if f, ok := n.Fun.(*ast.Ident); ok && f.Name == "refuse" && len(n.Args) == 3 {
			if lit, ok := n.Args[0].(*ast.BasicLit); ok {
				return lit.Value, true
			}
		}
	case *ast.KeyValueExpr:
		if k, ok := n.Key.(*ast.Ident); ok && k.Name == "Code" {
			if lit, ok := n.Value.(*ast.BasicLit); ok && lit.Value != `"locate"` {
				return lit.Value, true
			}
		}
	}
	return "", false
}

func only(t testing.TB, indication string) *clinic.Config {
	t.Helper()
	c, err := clinic.Load("clinic.yaml", []byte("format: penlog-clinic/1\nversion: test-2\nindications: ["+indication+"]\n"))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func twoPeople(t testing.TB) *clinic.Config {
	t.Helper()
	c, err := clinic.Load("clinic.yaml", []byte("format: penlog-clinic/1\nversion: test-3\ntwo_for_an_override: true\npeople:\n  - {id: op-1, role: technician}\n  - {id: dr-1, role: clinician}\n  - {id: dr-2, role: clinician}\n"))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// question is the code of the first question of the policy that fits.
func question(fits func(policy.Question) bool) string {
	for _, q := range policy.Default().Questions() {
		if fits(q) {
			return q.Code
		}
	}
	panic("the policy has no such question")
}

func unclearable() string {
	return question(func(q policy.Question) bool { return q.Action == policy.Block && !q.Overridable })
}

func caution() string {
	return question(func(q policy.Question) bool { return q.Action == policy.Caution })
}

// What a person is told ends with what helps: the checks where they stand in the
// way, else the remedy.
func TestWordsOfARefusal(t *testing.T) {
	checks := []session.Check{{Code: "a", OK: true, Words: "good"}, {Code: "b", Words: "consent is missing", Remedy: "ask"}}
	for _, tt := range []struct {
		e    session.RefusedError
		want string
	}{
		{session.RefusedError{Code: "checks_failed", Words: "arm is not possible yet", Remedy: "ask", Checks: checks}, "session: arm is not possible yet: consent is missing (ask)"},
		{session.RefusedError{Code: "ceiling_rose", Words: "the max depth would be higher", Remedy: "choose the zone again", Checks: checks}, "session: the max depth would be higher: choose the zone again"},
		{session.RefusedError{Code: "empty", Words: "there is nothing"}, "session: there is nothing"},
	} {
		if got := tt.e.Error(); got != tt.want {
			t.Errorf("%q, want %q", got, tt.want)
		}
	}
}
