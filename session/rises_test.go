package session_test

import (
	"testing"

	"penlog/protocol"
	"penlog/session"
	"penlog/session/limits"
	"penlog/session/policy"
)

func needlesOf(um protocol.Micrometres) session.Command {
	return session.Command{Do: session.CmdCartridge, Cartridge: &session.CartridgeGiven{Model: "x", Length: um, Intact: true}}
}

// An override ends by itself. What bound the ceiling lower than the limit may have
// changed by then: the ceiling stays where it is until a person chooses anew.
func TestEndOfAnOverrideRaisesNothing(t *testing.T) {
	v := treating(t)
	v.do(overrideTo(2000))
	v.do(session.Command{Do: session.CmdResume})
	v.do(needlesOf(1000))
	v.do(needlesOf(2500))
	if c, allow := v.p.Desire(); c != 1000 || allow {
		t.Fatalf("after a shorter cartridge and a longer one: %v, permits %v", c, allow)
	}
	e := v.do(session.Command{Do: session.CmdEndOverride})[0].(session.OverrideEnded)
	if c, _ := v.p.Desire(); c != 1000 || e.Verdict.Allowed != 1000 || e.Verdict.Overridden || v.p.Override != nil {
		t.Errorf("the end of the override left a ceiling of %v, and the record says %v", c, e.Verdict.Allowed)
	}
	v.refused(session.Command{Do: session.CmdResume}, "ceiling_rose")
	v.choose(limits.Cheek, limits.Left)
	v.wait(6)
	v.refused(session.Command{Do: session.CmdResume}, "too_late")
}

// An override that ends while no zone is chosen is nothing to start from either.
func TestOverrideThatEndsAfterARefusedZoneIsNoMeasure(t *testing.T) {
	v := prepared(t)
	v.do(session.Command{Do: session.CmdChoose, Zone: limits.Cheek, Side: limits.Left, Indication: limits.SurgicalScar})
	v.do(session.Command{Do: session.CmdArm})
	v.do(overrideTo(2000))
	v.do(session.Command{Do: session.CmdResume})
	v.do(session.Command{Do: session.CmdChoose, Zone: limits.Cheek, Side: limits.Left, Indication: limits.SurgicalScar, Wanted: 2400}) // refused
	if v.p.Chosen || v.p.Override == nil {
		t.Fatal("nothing to show")
	}
	v.do(session.Command{Do: session.CmdEndOverride})
	v.do(session.Command{Do: session.CmdChoose, Zone: limits.Abdomen, Indication: limits.SurgicalScar})
	v.wait(6)
	v.refused(session.Command{Do: session.CmdResume}, "too_late")
}

// An override was given for what is treated in the zone, and for nothing else there.
func TestOverrideEndsWithTheIndication(t *testing.T) {
	v := prepared(t)
	v.do(session.Command{Do: session.CmdChoose, Zone: limits.Cheek, Side: limits.Left, Indication: limits.EnlargedPores})
	v.do(session.Command{Do: session.CmdArm})
	v.do(overrideTo(1500))
	v.do(session.Command{Do: session.CmdResume})
	e := v.do(session.Command{Do: session.CmdChoose, Zone: limits.Cheek, Side: limits.Left, Indication: limits.Hyperpigmentation})
	if c, _ := v.p.Desire(); c != 500 || v.p.Override != nil || len(e) != 2 {
		t.Errorf("the pores' override holds for pigment: %v, %+v", c, e)
	}
}

// Whatever a record says that something else brought about, no ceiling rises by it.
func TestRecordedVerdictOfSomethingElseRaisesNothing(t *testing.T) {
	v := treating(t)
	deep := v.p.Verdict
	deep.Allowed = 2500
	v.apply(session.OverrideEnded{Verdict: deep, To: session.Armed}, session.CartridgeSeen{Length: 3000, Verdict: &deep, To: session.Armed},
		session.CartridgeIn{Length: 3000, Intact: true, Verdict: &deep, To: session.Armed})
	if c, allow := v.p.Desire(); c != 1500 || !allow {
		t.Errorf("ceiling %v, permits %v", c, allow)
	}
}

// What becomes known of the patient ends an override's force with the next resume.
func TestOverrideGivesWayToWhatBecomesKnown(t *testing.T) {
	v := prepared(t)
	v.do(session.Command{Do: session.CmdChoose, Zone: limits.Cheek, Side: limits.Left, Indication: limits.Hyperpigmentation})
	v.do(session.Command{Do: session.CmdArm})
	v.do(overrideTo(1000))
	v.do(session.Command{Do: session.CmdResume})
	v.do(session.Command{Do: session.CmdPause})
	v.do(session.Command{Do: session.CmdDescribe, Describe: &session.Description{Phototype: 5, Age: 40, First: "no"}})
	v.do(session.Command{Do: session.CmdResume})
	if c, allow := v.p.Desire(); c != 500 || !allow {
		t.Errorf("darker skin under an override for melasma: %v, permits %v", c, allow)
	}
}

// Nor does it excuse what is said to have been for something else.
func TestLateJudgementTakesNoOverrideOfAnotherIndication(t *testing.T) {
	v := prepared(t)
	v.do(session.Command{Do: session.CmdChoose, Zone: limits.Cheek, Side: limits.Left, Indication: limits.EnlargedPores})
	v.do(session.Command{Do: session.CmdArm})
	v.do(overrideTo(1500))
	v.do(session.Command{Do: session.CmdResume})
	v.run(part{100, 1400, across})
	e := v.do(session.Command{Do: session.CmdReattribute, Zone: limits.Cheek, Side: limits.Left, Indication: limits.Hyperpigmentation, Text: "x"})[0].(session.Reattributed)
	if e.Late == nil || e.Late.Ceiling != 500 || e.Late.Strokes != 100 {
		t.Errorf("1.40 for pigment: found late %+v", e.Late)
	}
}

// What a person let come into force last is what the next choice is held against,
// whether it was more or less than before.
func TestResumeIsTheMeasureOfTheNextChoice(t *testing.T) {
	v := treating(t)
	v.do(overrideTo(2000))
	v.do(session.Command{Do: session.CmdResume})
	v.choose(limits.Cheek, limits.Left)
	if v.p.State != session.Armed {
		t.Errorf("chosen again at what was resumed: %v", v.p.State)
	}
	v.do(session.Command{Do: session.CmdFinish})
	if v.p.Override != nil || v.p.HigherAt != 0 {
		t.Errorf("after the end: %+v", v.p.Override)
	}

	v = treating(t)
	describe := func(first policy.Tri) {
		v.do(session.Command{Do: session.CmdPause})
		v.do(session.Command{Do: session.CmdDescribe, Describe: &session.Description{Phototype: 5, Age: 40, First: first}})
	}
	describe("yes")
	v.do(session.Command{Do: session.CmdResume})
	describe("no")
	v.choose(limits.Cheek, limits.Left)
	v.wait(6)
	v.refused(session.Command{Do: session.CmdResume}, "too_late")
}
