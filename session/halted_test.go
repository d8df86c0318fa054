package session_test

import (
	"testing"
	"time"

	"penlog/session"
	"penlog/session/limits"
	"penlog/session/policy"
)

// What the time-out rested on holds for each zone that is chosen after it, and for
// what is said after it: where it no longer holds, no permit is renewed.
func TestWhatIsSaidAfterTheTimeOutPauses(t *testing.T) {
	perZone := question(func(q policy.Question) bool { return q.PerZone && q.Action == policy.Block })
	for name, c := range map[string]session.Command{
		"a block":             {Do: session.CmdScreen, Answers: []session.Answered{{Code: unclearable(), Answer: "yes"}}},
		"a block here":        {Do: session.CmdScreen, Answers: []session.Answered{{Code: perZone, Answer: "yes", Zones: []limits.Zone{limits.Cheek}}}},
		"not known any more":  {Do: session.CmdScreen, Answers: []session.Answered{{Code: unclearable(), Answer: "unknown"}}},
		"an anaesthetic":      {Do: session.CmdAnaesthetic, Anaesthetic: &session.Anaesthetic{Step: "on", Product: "x"}},
		"a zone not to treat": {Do: session.CmdChoose, Zone: limits.Perioral, Indication: limits.AcneScarRolling},
	} {
		for _, running := range []bool{false, true} {
			if running && c.Do == session.CmdChoose {
				continue // refused with motor_on
			}
			v := prepared(t)
			v.do(session.Command{Do: session.CmdScreen, Answers: []session.Answered{{Code: perZone, Answer: "yes", Zones: []limits.Zone{limits.Perioral}}}})
			v.choose(limits.Cheek, limits.Left)
			v.do(session.Command{Do: session.CmdArm})
			if running {
				v.apply(session.MotorRan{})
			}
			v.do(c)
			if v.p.State != session.Paused {
				t.Errorf("%s: %v", name, v.p.State)
			}
			if _, allow := v.p.Desire(); allow {
				t.Errorf("%s: permits are wanted", name)
			}
			v.apply(session.MotorRested{})
			v.refused(session.Command{Do: session.CmdResume}, "checks_failed")
		}
	}
}

func TestOffLabelAfterTheTimeOutPauses(t *testing.T) {
	for name, c := range map[string]session.Command{
		"the next zone": {Do: session.CmdChoose, Zone: limits.Nose, Indication: limits.TopicalDelivery},
		"the product":   {Do: session.CmdGlideProduct, Product: &session.Product{Name: "x", Purpose: "delivery"}},
	} {
		v := prepared(t)
		v.do(session.Command{Do: session.CmdConsent, Consent: &session.Consent{Version: "1"}})
		v.choose(limits.Cheek, limits.Left)
		v.do(session.Command{Do: session.CmdArm})
		v.do(c)
		if v.p.State != session.Paused {
			t.Errorf("%s: %v", name, v.p.State)
		}
		v.do(session.Command{Do: session.CmdConsent, Consent: &session.Consent{Version: "1", OffLabel: true}})
		v.do(session.Command{Do: session.CmdResume})
	}
}

// What changes nothing about the time-out pauses nothing.
func TestWhatStandsInNobodysWayPausesNothing(t *testing.T) {
	for _, c := range []session.Command{
		{Do: session.CmdScreen, Answers: []session.Answered{{Code: caution(), Answer: "yes"}}},
		{Do: session.CmdAnaesthetic, Anaesthetic: &session.Anaesthetic{Step: "reaction"}},
		{Do: session.CmdGlideProduct, Product: &session.Product{Name: "gel", Purpose: "glide"}},
		{Do: session.CmdConsent, Consent: &session.Consent{Version: "2"}},
		{Do: session.CmdChoose, Zone: limits.Nose, Indication: limits.AcneScarRolling},
	} {
		v := treating(t)
		v.do(c)
		if v.p.State != session.Armed {
			t.Errorf("%s: %v", c.Do, v.p.State)
		}
	}
}

// The motor runs, and the patient remembers: the needles stop.
func TestALateAnswerStopsThePen(t *testing.T) {
	r := running(t)
	r.must(session.Command{Do: session.CmdScreen, Answers: []session.Answered{{Code: unclearable(), Answer: "yes"}}})
	r.until(time.Second, "stopped", func(v session.View) bool { return !v.MotorOn && !v.Ready && v.State == session.Paused })
	if p := r.check(); p.State != session.Paused || p.Trip != nil {
		t.Errorf("recorded as %v, trip %+v", p.State, p.Trip)
	}
}
