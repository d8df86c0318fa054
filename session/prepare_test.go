package session_test

import (
	"slices"
	"testing"

	"penlog/session"
	"penlog/session/limits"
	"penlog/session/policy"
	"penlog/session/rehearsal"
)

func state(v *visit, code string) session.CheckState {
	v.t.Helper()
	for _, c := range v.p.Checks(&v.env) {
		if c.Code == code {
			return c.State
		}
	}
	v.t.Fatalf("there is no check %q", code)
	return ""
}

// Each check alone keeps the session from being armed, and says so with a remedy.
func TestEachCheckAloneStandsInTheWay(t *testing.T) {
	for code, spoil := range map[string]func(*visit){
		"pen":         func(v *visit) { v.apply(session.PenDown{}) },
		"mode":        func(v *visit) { v.apply(session.ModeChanged{Mode: session.ModeStoppable}) },
		"zone":        func(v *visit) { v.p.Chosen = false },
		"patient":     func(v *visit) { v.p.PatientID = "" },
		"screening":   func(v *visit) { v.p.Answers = v.p.Answers[1:] },
		"consent":     func(v *visit) { v.p.Consent = nil },
		"anaesthetic": func(v *visit) { v.apply(session.AnaestheticStep{Anaesthetic: session.Anaesthetic{Step: "off"}}) },
		"cartridge":   func(v *visit) { v.apply(session.PenActed{What: "cartridge_out"}) },
		"alarm":       func(v *visit) { v.p.AlarmHeard = false },
		"clock":       func(v *visit) { v.env.World.Clock = session.Fact{State: session.FactBad, Words: "x", Remedy: "y"} },
		"record":      func(v *visit) { v.env.World.Record = session.Fact{State: session.FactBad, Words: "x", Remedy: "y"} },
		"awake":       func(v *visit) { v.env.World.Awake = session.Fact{State: session.FactBad, Words: "x", Remedy: "y"} },
		"press_test":  func(v *visit) { v.p.PressTested = false },
		"source":      func(v *visit) { v.p.Foreign = true },
	} {
		v := prepared(t)
		v.choose(limits.Cheek, limits.Left)
		for _, c := range v.p.Checks(&v.env) {
			if !c.OK {
				t.Fatalf("before anything is wrong: %+v", c)
			}
		}
		v.env.World = world(session.FactGood)
		spoil(v)
		ref := v.refused(session.Command{Do: session.CmdArm}, "checks_failed")
		failed := 0
		for _, c := range ref.Checks {
			if c.OK {
				continue
			}
			failed++
			if c.Code == "mode" && code == "pen" {
				failed-- // what is not there can't prove anything
				continue
			}
			if c.Code != code || c.Remedy == "" || c.Words == "" {
				t.Errorf("%s: %+v stands in the way", code, c)
			}
		}
		if failed != 1 {
			t.Errorf("%s: %d checks failed", code, failed)
		}
	}
}

// What can't be told stands in the way of a real pen, and not of a simulated one.
func TestNotAvailableBlocksRealPens(t *testing.T) {
	for _, simulated := range []bool{true, false} {
		v := newVisit(t)
		v.p.Source = session.SourceNone
		up := pen()
		up.Simulated = simulated
		v.apply(up, session.ModeChanged{Mode: session.ModeGuarded})
		for _, c := range rehearsal.Prepare("op-1") {
			v.do(c)
		}
		v.apply(session.PressTested{})
		v.choose(limits.Cheek, limits.Left)
		for _, code := range []string{"clock", "record", "awake"} {
			if state(v, code) != session.CheckUnavailable {
				t.Errorf("%s: %v", code, state(v, code))
			}
		}
		if _, err := v.give(session.Command{Do: session.CmdArm}); (err == nil) != simulated {
			t.Errorf("simulated %v: armed with %v", simulated, err)
		}
		v.env.World = world(session.FactGood)
		if v.p.State == session.Draft {
			v.do(session.Command{Do: session.CmdArm})
		}
	}
}

// Every question of the policy does what its action says.
func TestScreening(t *testing.T) {
	for _, q := range policy.Default().Questions() {
		v := prepared(t)
		v.choose(limits.Cheek, limits.Left)
		yes := session.Command{Do: session.CmdScreen, Answers: []session.Answered{{Code: q.Code, Answer: "yes"}}}
		v.do(yes)
		_, armed := v.give(session.Command{Do: session.CmdArm})
		if q.Action == policy.Caution {
			if armed != nil {
				t.Errorf("%s is a caution, and blocks: %v", q.Code, armed)
			}
			continue
		}
		if armed == nil {
			t.Errorf("%s is a %s, and blocks nothing", q.Code, q.Action)
			continue
		}
		clear := session.Command{Do: session.CmdClear, By: "dr-1", Code: q.Code, Text: "looked at"}
		if q.Action == policy.Block && !q.Overridable {
			v.refused(clear, "not_clearable")
			continue
		}
		v.do(clear)
		v.do(session.Command{Do: session.CmdArm})
		v.do(session.Command{Do: session.CmdPause})
		v.do(yes) // answered anew: the clearance was of the answer before
		v.refused(session.Command{Do: session.CmdResume}, "checks_failed")
	}
}

func TestScreeningOfOneZone(t *testing.T) {
	code := question(func(q policy.Question) bool { return q.PerZone && q.Action == policy.Block })
	v := prepared(t)
	v.do(session.Command{Do: session.CmdScreen, Answers: []session.Answered{{Code: code, Answer: "yes", Zones: []limits.Zone{limits.Perioral}}}})
	v.do(session.Command{Do: session.CmdChoose, Zone: limits.Perioral, Indication: limits.AcneScarRolling})
	v.refused(session.Command{Do: session.CmdArm}, "checks_failed")
	v.choose(limits.Cheek, limits.Left)
	v.do(session.Command{Do: session.CmdArm})
}

func TestUnansweredScreeningIsNotNo(t *testing.T) {
	v := prepared(t)
	v.choose(limits.Cheek, limits.Left)
	v.do(session.Command{Do: session.CmdScreen, Answers: []session.Answered{{Code: unclearable(), Answer: "unknown"}}})
	v.refused(session.Command{Do: session.CmdArm}, "checks_failed")

	v = prepared(t)
	v.choose(limits.Cheek, limits.Left)
	v.do(session.Command{Do: session.CmdScreen, Answers: []session.Answered{{Code: caution(), Answer: "unknown"}}})
	v.refused(session.Command{Do: session.CmdArm}, "checks_failed") // not even what would only be a caution
}

func TestOffLabelNeedsItsOwnConsent(t *testing.T) {
	v := prepared(t)
	v.do(session.Command{Do: session.CmdConsent, Consent: &session.Consent{Version: "1"}})
	v.choose(limits.Cheek, limits.Left)
	if state(v, "consent") != session.CheckGood {
		t.Error("acne scars are on label")
	}
	v.do(session.Command{Do: session.CmdChoose, Zone: limits.Cheek, Indication: limits.TopicalDelivery})
	v.refused(session.Command{Do: session.CmdArm}, "checks_failed")
	v.do(session.Command{Do: session.CmdConsent, Consent: &session.Consent{Version: "1", OffLabel: true}})
	v.do(session.Command{Do: session.CmdArm})
}

func TestPlanBindsAndOrders(t *testing.T) {
	v := prepared(t)
	v.do(session.Command{Do: session.CmdPlan, Plan: []session.PlanItem{item(limits.Cheek, 1250), item(limits.Nose, 0), item(limits.Forehead, 0), item(limits.Temple, 500)}})
	var order []limits.Zone
	for _, i := range v.p.Plan {
		order = append(order, i.Zone)
	}
	if want := []limits.Zone{limits.Temple, limits.Nose, limits.Forehead, limits.Cheek}; !slices.Equal(order, want) {
		t.Errorf("the shallow zones first: %v, want %v", order, want)
	}
	for _, want := range order {
		v.do(session.Command{Do: session.CmdNext})
		if v.p.Here.Zone != want {
			t.Fatalf("next is %v, want %v", v.p.Here.Zone, want)
		}
		if v.p.State == session.Draft {
			v.do(session.Command{Do: session.CmdArm})
		} else if v.p.State == session.Paused {
			v.do(session.Command{Do: session.CmdResume})
		}
		v.run(part{50, 400, across})
	}
	if v.p.Verdict.Allowed != 1250 || v.p.Verdict.BoundBy != limits.RulePrescription {
		t.Errorf("cheek as prescribed: %v by %v", v.p.Verdict.Allowed, v.p.Verdict.BoundBy)
	}
	v.refused(session.Command{Do: session.CmdNext}, "plan_done")
	v.do(session.Command{Do: session.CmdAddZone, Plan: []session.PlanItem{item(limits.Chin, 0)}})
	v.do(session.Command{Do: session.CmdNext})
	if v.p.Here.Zone != limits.Chin {
		t.Errorf("the added zone: %v", v.p.Here)
	}

	v = prepared(t)
	v.do(session.Command{Do: session.CmdPlan, KeepOrder: true, Plan: []session.PlanItem{item(limits.Cheek, 0), item(limits.Nose, 0)}})
	if v.p.Plan[0].Zone != limits.Cheek {
		t.Error("the order was not kept")
	}
}

// Darker skin, or skin of which nobody said anything, is treated in the low half
// of the range the first time. Source: DOMAIN 1.5.
func TestPatientRulesBindTheVerdict(t *testing.T) {
	for _, tt := range []struct {
		d     session.Description
		lower bool
	}{
		{session.Description{Phototype: 2, Age: 40, First: "yes"}, false},
		{session.Description{Phototype: 4, Age: 40, First: "no"}, false},
		{session.Description{Phototype: 4, Age: 40, First: "yes"}, true},
		{session.Description{Phototype: 6, Age: 40}, true},
		{session.Description{Age: 40, First: "yes"}, true},
	} {
		v := prepared(t)
		v.do(session.Command{Do: session.CmdDescribe, Describe: &tt.d})
		v.choose(limits.Cheek, limits.Left)
		want, by := limits.RuleZoneLimit, 1500
		if tt.lower {
			want, by = limits.RulePatientRule, 1250 // of 1.0 to 1.5
		}
		if v.p.Verdict.BoundBy != want || int(v.p.Verdict.Allowed) != by {
			t.Errorf("%+v: %v by %v, want %d by %v", tt.d, v.p.Verdict.Allowed, v.p.Verdict.BoundBy, by, want)
		}
	}
}

func TestIntervalWarnsAndNeverBlocks(t *testing.T) {
	day := 24 * 3600
	for _, tt := range []struct {
		history *session.History
		want    session.CheckState
	}{
		{nil, session.CheckWarning},
		{&session.History{Scope: "this room only"}, session.CheckWarning}, // none known is not none
		{&session.History{Scope: "s", Sessions: 1, Treated: []session.Treated{{Zone: limits.Cheek, Side: limits.Left, At: 13}}}, session.CheckWarning},
		{&session.History{Scope: "s", Sessions: 1, Treated: []session.Treated{{Zone: limits.Cheek, Side: limits.Both, At: 13}}}, session.CheckWarning},
		{&session.History{Scope: "s", Sessions: 1, Treated: []session.Treated{{Zone: limits.Cheek, Side: limits.Right, At: 13}}}, session.CheckGood},
		{&session.History{Scope: "s", Sessions: 1, Treated: []session.Treated{{Zone: limits.Nose, Side: limits.Left, At: 1}}}, session.CheckGood},
		{&session.History{Scope: "s", Sessions: 1, Treated: []session.Treated{{Zone: limits.Cheek, Side: limits.Left, At: 14}}}, session.CheckGood},
	} {
		v := prepared(t)
		v.choose(limits.Cheek, limits.Left)
		if tt.history != nil {
			for i := range tt.history.Treated { // At is in days before now
				days := int(tt.history.Treated[i].At)
				tt.history.Treated[i].At = v.env.At
				v.wait(days * day)
			}
		}
		v.p.History = tt.history
		if got := state(v, "interval"); got != tt.want {
			t.Errorf("%+v: %v, want %v", tt.history, got, tt.want)
		}
		v.do(session.Command{Do: session.CmdArm})
	}
}

// A cartridge that goes in pauses, whatever its length: it has to pass the checks too.
func TestCartridgeInMidTreatmentPauses(t *testing.T) {
	v := treating(t)
	e := v.do(needlesOf(3000))[0].(session.CartridgeIn)
	if _, allow := v.p.Desire(); e.To != session.Paused || allow || v.p.Verdict.Allowed != 1500 {
		t.Errorf("to %v, permits %v, ceiling %v", e.To, allow, v.p.Verdict.Allowed)
	}
	v.do(session.Command{Do: session.CmdResume})
}

// A cartridge of other pens is refused where this pen's own are known.
func TestCartridgeOfAnotherPen(t *testing.T) {
	for _, tt := range []struct {
		vendor, model, cartridge string
		want                     session.CheckState
	}{
		{"amiea", "Exceed", "skinpen_precision", session.CheckFailed},
		{"AMIEA", "exceed", "exceed", session.CheckWarning}, // nothing proves its single use
		{"amiea", "Exceed", "of our own", session.CheckWarning},
		{"Somebody", "Pen", "exceed", session.CheckWarning},
	} {
		v := newVisit(t)
		up := pen()
		up.Vendor, up.Model = tt.vendor, tt.model
		v.apply(up)
		v.do(session.Command{Do: session.CmdCartridge, Cartridge: &session.CartridgeGiven{Model: tt.cartridge, Intact: true}})
		if got := state(v, "cartridge"); got != tt.want {
			t.Errorf("%s %s with %s: %v, want %v", tt.vendor, tt.model, tt.cartridge, got, tt.want)
		}
	}
}

// Where no expiry was read, a person is told to look; the record knows of none.
func TestAScanWithoutAnExpiryIsWarnedOf(t *testing.T) {
	for scan, want := range map[string]session.CheckState{
		"(01)04012345000016(17)281231(21)S1":  session.CheckGood,
		"(01)04012345000016(21)S1":            session.CheckWarning,
		"010401234500001621S1\x1d10A17281231": session.CheckWarning, // the scanner dropped a separator
		"(01)04012345000016(21)S1(17281231":   session.CheckWarning, // a slip in typing
		"+A99912345/$$52001510X3":             session.CheckWarning,
	} {
		v := prepared(t)
		v.do(session.Command{Do: session.CmdCartridge, Cartridge: &session.CartridgeGiven{Scan: scan, Index: 1, Intact: true}})
		v.choose(limits.Cheek, limits.Left)
		if got := state(v, "cartridge"); got != want {
			t.Errorf("%q: %v, want %v", scan, got, want)
		}
		v.do(session.Command{Do: session.CmdArm})
	}
}

// A cartridge was named for the pen it is in: what is in another, nobody has named.
func TestAnotherPenHasAnotherCartridge(t *testing.T) {
	same, other := pen(), pen()
	same.Boot++
	other.Serial += "1"
	for name, tt := range map[string]struct {
		next session.Event
		want session.CheckState
	}{
		"the same, switched on anew": {same, session.CheckWarning},
		"another":                    {other, session.CheckFailed},
		"one without a link":         {session.PenDeclared{DeclaredPen: session.DeclaredPen{Vendor: "x", Model: "y", DepthMax: 2000}}, session.CheckFailed},
	} {
		v := prepared(t)
		v.choose(limits.Cheek, limits.Left)
		v.apply(session.PenDown{}, tt.next)
		if got := state(v, "cartridge"); got != tt.want {
			t.Errorf("%s: %v, want %v", name, got, tt.want)
		}
	}
}

// The pen may come after the cartridge.
func TestUnknownLengthIsTheShortestOfThePenAtHand(t *testing.T) {
	v := prepared(t)
	unknown := session.Command{Do: session.CmdCartridge, Cartridge: &session.CartridgeGiven{Scan: "(01)04012345000016(17)281231(21)S1", Intact: true}}
	v.do(unknown)
	if state(v, "cartridge") != session.CheckGood || v.p.Needles() != 0 {
		t.Fatalf("a cartridge and a pen of which nobody knows anything: %+v", v.p.In)
	}
	for model, want := range map[string]int{"Exceed class (simulated)": 1500, "Reference G1 (simulated)": 2000} {
		v := newVisit(t)
		v.p.Pen = nil
		for _, c := range append(rehearsal.Prepare("op-1"), unknown) {
			v.do(c)
		}
		up := pen()
		up.Vendor, up.Model = "Penlog simulator", model
		v.apply(up, session.ModeChanged{Mode: session.ModeGuarded})
		v.do(session.Command{Do: session.CmdChoose, Zone: limits.Abdomen, Indication: limits.Striae})
		if int(v.p.Verdict.Allowed) != want {
			t.Errorf("%s: %v by %v, want %d", model, v.p.Verdict.Allowed, v.p.Verdict.BoundBy, want)
		}
		// Where the pen is there when it goes in, the record says what it counts as.
		v.do(unknown)
		if in := v.p.In; in.LengthFrom != "shortest" || in.Length == 0 || in.Length != v.p.Needles() {
			t.Errorf("%s: recorded as %v, %s", model, in.Length, in.LengthFrom)
		}
	}
}

func TestCartridgeLengthNobodyKnowsIsTheShortest(t *testing.T) {
	v := prepared(t)
	v.do(session.Command{Do: session.CmdCartridge, Cartridge: &session.CartridgeGiven{Scan: "(01)04012345000016(10)LOT7", Intact: true}})
	in := v.p.In
	if in.Proof != "lot_only" || in.UseKey != "" || state(v, "cartridge") != session.CheckWarning {
		t.Errorf("lot only: %+v, check %v", in, state(v, "cartridge"))
	}
	if in.LengthFrom != "none" || v.p.Needles() != 0 {
		t.Errorf("of a pen that the catalogue does not know: %+v", in)
	}
	v.do(session.Command{Do: session.CmdCartridge, Cartridge: &session.CartridgeGiven{Scan: "(01)04012345000016(17)281231(10)LOT7", Index: 3, Intact: true, Length: 1000}})
	if in = v.p.In; in.Proof != "pack_index" || in.UseKey == "" || in.Length != 1000 || in.LengthFrom != "entered" || state(v, "cartridge") != session.CheckGood {
		t.Errorf("with the number on the pack: %+v, check %v", in, state(v, "cartridge"))
	}
	v.choose(limits.Cheek, limits.Left)
	if v.p.Verdict.Allowed != 1000 || v.p.Verdict.BoundBy != limits.RuleCartridgeLength {
		t.Errorf("needles of 1.0: %v by %v", v.p.Verdict.Allowed, v.p.Verdict.BoundBy)
	}
	// A longer one raises nothing by itself; a shorter one by the pen's word binds at once.
	v.do(session.Command{Do: session.CmdCartridge, Cartridge: &session.CartridgeGiven{Model: "x", Length: 2000, Intact: true}})
	if v.p.Verdict.Allowed != 1000 {
		t.Errorf("a longer cartridge raised the max depth to %v", v.p.Verdict.Allowed)
	}
	if v.p.Cartridges != 4 {
		t.Errorf("%d cartridges counted", v.p.Cartridges)
	}
}

// A cartridge that was in order when it went in may be so no longer: after midnight,
// or by what the record says of its pack.
func TestCartridgeIsCheckedAnewAtTheTimeOut(t *testing.T) {
	v := prepared(t)
	v.do(session.Command{Do: session.CmdCartridge, Cartridge: &session.CartridgeGiven{Scan: "(01)04012345000016(17)270115(21)S7", Intact: true}})
	v.choose(limits.Cheek, limits.Left)
	if got := state(v, "cartridge"); got != session.CheckGood {
		t.Fatalf("on the day of its expiry: %v", got)
	}
	v.wait(24 * 3600)
	v.refused(session.Command{Do: session.CmdArm}, "checks_failed")
	v = prepared(t)
	v.choose(limits.Cheek, limits.Left)
	v.p.In.Intact = false
	v.refused(session.Command{Do: session.CmdArm}, "checks_failed")
}
