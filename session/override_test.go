package session_test

import (
	"testing"
	"time"

	"penlog/protocol"
	"penlog/session"
	"penlog/session/clinic"
	"penlog/session/limits"
)

func overrideTo(um protocol.Micrometres) session.Command {
	return session.Command{Do: session.CmdOverride, By: "dr-1", Zone: limits.Cheek, Side: limits.Left, Value: um, Text: "old deep scars"}
}

func TestOverrideNeedsItsSecondActWithin5Seconds(t *testing.T) {
	v := treating(t)
	e := v.do(overrideTo(2000))[0].(session.Overridden)
	if c, allow := v.p.Desire(); allow || v.p.State != session.Paused || c != 2000 || e.Verdict.BoundBy != limits.RuleOverride {
		t.Fatalf("overridden: %v, ceiling %v, permits %v, bound by %v", v.p.State, c, allow, e.Verdict.BoundBy)
	}
	v.wait(-1)
	v.refused(session.Command{Do: session.CmdResume}, "too_late") // a clock that was set back gives no more time
	v.wait(7)
	v.refused(session.Command{Do: session.CmdResume}, "too_late")
	// Choosing the zone again is a first act anew, not a way round the second.
	v.choose(limits.Cheek, limits.Left)
	v.wait(6)
	v.refused(session.Command{Do: session.CmdResume}, "too_late")
	v.choose(limits.Cheek, limits.Left)
	v.wait(4)
	v.do(session.Command{Do: session.CmdResume})
	if c, allow := v.p.Desire(); !allow || c != 2000 {
		t.Errorf("resumed: ceiling %v, permits %v", c, allow)
	}
	// Confirmed once, it is not asked for again.
	v.do(session.Command{Do: session.CmdPause})
	v.wait(60)
	v.do(session.Command{Do: session.CmdResume})
}

func TestOverrideEndsWithTheZone(t *testing.T) {
	v := treating(t)
	v.do(overrideTo(2000))
	v.do(session.Command{Do: session.CmdResume})
	events := v.do(session.Command{Do: session.CmdChoose, Zone: limits.Cheek, Side: limits.Right, Indication: limits.AcneScarRolling})
	if end, ok := events[0].(session.OverrideEnded); !ok || end.Why != "zone changed" || v.p.Override != nil || v.p.Verdict.Allowed != 1500 {
		t.Errorf("the other cheek: %+v, allowed %v", events, v.p.Verdict.Allowed)
	}
	v.choose(limits.Cheek, limits.Left)
	if v.p.Verdict.Allowed != 1500 || v.p.State != session.Armed {
		t.Errorf("back again: %v in %v", v.p.Verdict.Allowed, v.p.State)
	}
}

// What an override allowed is nothing that the zone after it may start from.
func TestZoneAfterAnOverrideIsComparedWithTheLimit(t *testing.T) {
	v := prepared(t)
	v.do(session.Command{Do: session.CmdChoose, Zone: limits.Cheek, Side: limits.Left, Indication: limits.SurgicalScar})
	v.do(session.Command{Do: session.CmdArm})
	v.do(overrideTo(2000))
	v.do(session.Command{Do: session.CmdResume})
	v.do(session.Command{Do: session.CmdChoose, Zone: limits.Abdomen, Indication: limits.SurgicalScar})
	if v.p.State != session.Paused || v.p.Verdict.Allowed != 2000 {
		t.Errorf("from a limit of 1.5 to one of 2.0 in one act: %v", v.p.State)
	}
}

func TestOverrideRaisesNothingButBase(t *testing.T) {
	v := prepared(t)
	v.do(session.Command{Do: session.CmdPlan, Plan: []session.PlanItem{{Zone: limits.Cheek, Side: limits.Left, Indication: limits.AcneScarRolling, Depth: 1250}}})
	v.choose(limits.Cheek, limits.Left)
	v.refused(overrideTo(2000), "raises_nothing")
	v.refused(overrideTo(2001), string(limits.OverrideTooDeep))

	v = treating(t)
	v.apply(session.CartridgeSeen{Length: 1750, To: v.p.State})
	v.do(overrideTo(2000))
	if v.p.Verdict.Allowed != 1750 || v.p.Verdict.BoundBy != limits.RuleCartridgeLength {
		t.Errorf("with needles of 1.75: %v, bound by %v", v.p.Verdict.Allowed, v.p.Verdict.BoundBy)
	}
}

func TestOverrideIsAClinicians(t *testing.T) {
	v := treating(t)
	c := overrideTo(2000)
	c.By = "op-1"
	v.refused(c, "not_allowed")
	v.env.Clinic = clinic.Default()
	v.refused(overrideTo(2000), "not_allowed") // nobody is named a clinician
}

func TestOverrideUnderPatientRules(t *testing.T) {
	v := prepared(t)
	v.do(session.Command{Do: session.CmdDescribe, Describe: &session.Description{Phototype: 5, Age: 40, First: "no"}})
	v.do(session.Command{Do: session.CmdChoose, Zone: limits.Cheek, Side: limits.Left, Indication: limits.Hyperpigmentation})
	v.refused(overrideTo(1000), "no_override")
	v.do(session.Command{Do: session.CmdDescribe, Describe: &session.Description{Phototype: 2, Age: 40, First: "no"}})
	v.do(overrideTo(1000))
}

func TestOverrideTakenBack(t *testing.T) {
	v := treating(t)
	v.do(overrideTo(2000))
	v.do(session.Command{Do: session.CmdResume})
	v.do(session.Command{Do: session.CmdEndOverride})
	if c, allow := v.p.Desire(); c != 1500 || !allow || v.p.State != session.Armed {
		t.Errorf("taken back: %v, permits %v, %v", c, allow, v.p.State)
	}
	v.refused(session.Command{Do: session.CmdEndOverride}, "no_override")
}

// The ceiling comes down under a running motor: it stops, nothing trips, and no
// start follows with the dial above the limit.
func TestOverrideTakenBackWhileTheMotorRuns(t *testing.T) {
	r := overridden(t)
	r.set = 1750
	r.press()
	r.until(time.Second, "running", func(v session.View) bool { return v.MotorOn })
	r.step(time.Second)
	r.must(session.Command{Do: session.CmdEndOverride})
	r.until(200*time.Millisecond, "motor off", func(v session.View) bool { return !v.MotorOn })
	r.until(time.Second, "the limit again", func(v session.View) bool { return v.Ceiling == 1500 && v.Override == nil })
	if v := r.view(); v.Trip != nil {
		t.Errorf("the end of an override tripped: %+v", v.Trip)
	}
	r.step(time.Second)
	if r.press() == protocol.StartRan {
		t.Error("starts with the dial above the limit")
	}
	r.check()
}

// overridden is a rig that is ready in the left cheek at 2.0 mm.
func overridden(t testing.TB) *rig {
	t.Helper()
	r := newRig(t, rigIdentity())
	r.clinic = people(t)
	r.agent()
	r.treatSide(limits.Cheek, limits.Left, limits.AcneScarRolling)
	r.must(overrideTo(2000))
	r.step(50 * time.Millisecond)
	if r.hot.Ready() {
		t.Fatal("permits are renewed before the second act")
	}
	r.must(session.Command{Do: session.CmdResume})
	r.until(time.Second, "ready at 2.0", func(v session.View) bool { return v.Ready && v.Confirmed == 2000 })
	return r
}

// 15 minutes by the monotonic clock, whatever the wall clock does.
func TestOverrideEndsAfter15Minutes(t *testing.T) {
	r := overridden(t)
	begun := r.now // about a second after the override
	ends := func(after time.Duration) bool {
		for r.now < begun.Add(after) {
			r.now, r.at = r.now.Add(20*time.Millisecond), r.at+15_000 // a slow wall clock
			r.cold.Tick(r.now, r.at)
		}
		return r.cold.Procedure().Override == nil
	}
	if ends(15*time.Minute - 3*time.Second) {
		t.Fatal("it ended early")
	}
	if !ends(15 * time.Minute) {
		t.Fatal("it did not end")
	}
	if c, _ := r.cold.Procedure().Desire(); c != 1500 {
		t.Errorf("ceiling %v", c)
	}
}

func TestOverrideDoesNotOutliveTheAgent(t *testing.T) {
	r := overridden(t)
	r.kill()
	p := r.cold.Procedure()
	if c, allow := p.Desire(); c != 1500 || allow || p.Override != nil || p.State != session.Paused {
		t.Errorf("after a restart: ceiling %v, permits %v, override %+v, %v", c, allow, p.Override, p.State)
	}
}
