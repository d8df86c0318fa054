package session_test

import (
	"testing"
	"time"

	"penlog/session"
	"penlog/session/limits"
	"penlog/session/policy"
)

// A zone that the screening forbids, or a use that the patient did not agree to,
// is no more permitted for being chosen after the time-out.
func TestZoneChangeDoesNotPassTheChecksBy(t *testing.T) {
	code := question(func(q policy.Question) bool { return q.PerZone && q.Action == policy.Block })
	v := prepared(t)
	v.do(session.Command{Do: session.CmdScreen, Answers: []session.Answered{{Code: code, Answer: "yes", Zones: []limits.Zone{limits.Perioral}}}})
	v.choose(limits.Cheek, limits.Left)
	v.do(session.Command{Do: session.CmdArm})
	v.choose(limits.Chin, limits.SideNone)
	if v.p.State != session.Armed {
		t.Errorf("to a zone of which nothing is said: %v", v.p.State)
	}
	v.choose(limits.Perioral, limits.SideNone)
	if _, allow := v.p.Desire(); allow || v.p.State != session.Paused {
		t.Errorf("permits in a zone that %s forbids: %v", code, v.p.State)
	}
	v.refused(session.Command{Do: session.CmdResume}, "checks_failed")

	v = prepared(t)
	v.do(session.Command{Do: session.CmdConsent, Consent: &session.Consent{Version: "1"}})
	v.choose(limits.Cheek, limits.Left)
	v.do(session.Command{Do: session.CmdArm})
	v.do(session.Command{Do: session.CmdChoose, Zone: limits.Cheek, Side: limits.Left, Indication: limits.TopicalDelivery})
	if _, allow := v.p.Desire(); allow || v.p.State != session.Paused {
		t.Errorf("permits for a use that is off-label, without the patient's word: %v", v.p.State)
	}
}

// What becomes known of the patient in mid-treatment counts at once.
func TestWhatIsRecordedInMidTreatmentPauses(t *testing.T) {
	for _, c := range []session.Command{
		{Do: session.CmdScreen, Answers: []session.Answered{{Code: "isotretinoin", Answer: "yes"}}},
		{Do: session.CmdScreen, Answers: []session.Answered{{Code: "isotretinoin", Answer: "unknown"}}},
		{Do: session.CmdAnaesthetic, Anaesthetic: &session.Anaesthetic{Step: "on", Product: "lidocaine", Tenths: 40}},
		{Do: session.CmdGlideProduct, Product: &session.Product{Name: "serum", Purpose: "delivery"}},
	} {
		v := prepared(t)
		v.do(session.Command{Do: session.CmdConsent, Consent: &session.Consent{Version: "1"}})
		v.choose(limits.Cheek, limits.Left)
		v.do(session.Command{Do: session.CmdArm})
		v.apply(session.MotorRan{})
		answers := len(v.p.Answers)
		v.do(c)
		if _, allow := v.p.Desire(); allow || v.p.State != session.Paused || len(v.p.Answers) != answers {
			t.Errorf("%+v: %v, permits %v", c, v.p.State, allow)
		}
	}
	v := treating(t)
	v.do(session.Command{Do: session.CmdScreen, Rest: "no"})
	v.do(session.Command{Do: session.CmdAnaesthetic, Anaesthetic: &session.Anaesthetic{Step: "none"}})
	if v.p.State != session.Armed {
		t.Errorf("what changes nothing: %v", v.p.State)
	}
	v.do(session.Command{Do: session.CmdConsent, Consent: &session.Consent{Version: "2", OffLabel: true}})
	v.do(session.Command{Do: session.CmdChoose, Zone: limits.Cheek, Side: limits.Left, Indication: limits.TopicalDelivery})
	v.do(session.Command{Do: session.CmdConsent, Consent: &session.Consent{Version: "3"}})
	if v.p.State != session.Paused {
		t.Errorf("the consent was taken back: %v", v.p.State)
	}

	r := running(t)
	r.must(session.Command{Do: session.CmdScreen, Answers: []session.Answered{{Code: "isotretinoin", Answer: "yes"}}})
	r.until(200*time.Millisecond, "motor off", func(v session.View) bool { return !v.MotorOn && !v.Ready })
	r.folded()
}

// The rules about the patient are those of the time-out, not of the moment in
// which the zone was chosen.
func TestPatientDescribedAfterTheChoice(t *testing.T) {
	v := prepared(t)
	v.choose(limits.Cheek, limits.Left)
	v.do(session.Command{Do: session.CmdDescribe, Describe: &session.Description{Phototype: 5, Age: 40, First: "yes"}})
	notice := false
	for _, c := range v.p.Checks(&v.env) {
		notice = notice || c.Code == "notice_darker_phototype" && c.State == session.CheckWarning
	}
	if !notice {
		t.Error("no notice of the rules about darker skin")
	}
	v.do(session.Command{Do: session.CmdArm})
	if v.p.Verdict.Allowed != 1250 || v.p.Ruling.PassesMost != 3 {
		t.Errorf("armed at %v with at most %d passes", v.p.Verdict.Allowed, v.p.Ruling.PassesMost)
	}
	v.do(session.Command{Do: session.CmdPause})
	v.do(session.Command{Do: session.CmdDescribe, Describe: &session.Description{Phototype: 5, Age: 40, First: "no"}})
	v.choose(limits.Cheek, limits.Left)
	v.do(session.Command{Do: session.CmdResume})
	v.do(session.Command{Do: session.CmdPause})
	v.do(session.Command{Do: session.CmdDescribe, Describe: &session.Description{Phototype: 6, Age: 40, First: "yes"}})
	v.do(session.Command{Do: session.CmdResume})
	if v.p.Verdict.Allowed != 1250 || len(v.p.Ruling.Applied) == 0 {
		t.Errorf("resumed at %v under %+v", v.p.Verdict.Allowed, v.p.Ruling)
	}
}

// After a restart the clinic's file may be another: what it does not offer is not armed.
func TestWhatTheClinicNoLongerOffersIsNotArmed(t *testing.T) {
	v := treating(t)
	v.do(session.Command{Do: session.CmdPause})
	v.env.Clinic = only(t, "laxity")
	ref := v.refused(session.Command{Do: session.CmdResume}, "checks_failed")
	for _, c := range ref.Checks {
		if c.OK == (c.Code == "zone") {
			t.Errorf("%+v", c)
		}
	}
	v = treating(t)
	v.do(session.Command{Do: session.CmdPause})
	v.do(session.Command{Do: session.CmdPlan, Plan: []session.PlanItem{item(limits.Nose, 0)}})
	v.refused(session.Command{Do: session.CmdResume}, "checks_failed")
	v.do(session.Command{Do: session.CmdAddZone, Plan: planned.Plan})
	v.do(session.Command{Do: session.CmdResume})
}
