package session_test

import (
	"slices"
	"testing"
	"time"

	"penlog/session"
	"penlog/session/limits"
)

// The rules about a patient follow what is said of them, also after the zone was
// chosen: the notices, the passes and the override.
func TestRulesFollowWhatIsSaidOfThePatient(t *testing.T) {
	dark := session.Command{Do: session.CmdDescribe, Describe: &session.Description{Phototype: 5, Age: 40, First: "no"}}
	fair := session.Command{Do: session.CmdDescribe, Describe: &session.Description{Phototype: 2, Age: 40, First: "no"}}
	notice := func(v *visit) bool {
		return slices.ContainsFunc(v.p.Checks(&v.env), func(c session.Check) bool { return c.Code == "notice_darker_phototype" })
	}
	v := prepared(t)
	v.choose(limits.Cheek, limits.Left)
	for _, tt := range []struct {
		c    session.Command
		most int
	}{{dark, 3}, {fair, 0}, {dark, 3}} {
		v.do(tt.c)
		if v.p.Ruling.PassesMost != tt.most || notice(v) != (tt.most > 0) {
			t.Errorf("phototype %d: %d passes at most, notice %v", tt.c.Describe.Phototype, v.p.Ruling.PassesMost, notice(v))
		}
	}

	// An override for melasma, and the phototype is found to be another: it ends.
	v = prepared(t)
	v.do(session.Command{Do: session.CmdChoose, Zone: limits.Cheek, Side: limits.Left, Indication: limits.Hyperpigmentation})
	v.do(session.Command{Do: session.CmdArm})
	v.do(session.Command{Do: session.CmdOverride, By: "dr-1", Zone: limits.Cheek, Side: limits.Left, Value: 1000, Text: "x"})
	v.do(session.Command{Do: session.CmdResume})
	if v.p.Verdict.Allowed != 1000 {
		t.Fatalf("overridden to %v", v.p.Verdict.Allowed)
	}
	v.do(session.Command{Do: session.CmdPause})
	v.do(dark)
	v.do(session.Command{Do: session.CmdResume})
	if v.p.Verdict.Allowed != 500 {
		t.Errorf("phototype V and melasma: %v by %v", v.p.Verdict.Allowed, v.p.Verdict.BoundBy)
	}
}

// A rule about the patient has fewer passes than the policy warns of: its figure counts.
func TestCueOfThePassesOfARule(t *testing.T) {
	r := newRig(t, rigIdentity())
	r.must(session.Command{Do: session.CmdOpen})
	r.must(session.Command{Do: session.CmdDescribe, Describe: &session.Description{Phototype: 5, Age: 40, First: "no"}})
	r.must(session.Command{Do: session.CmdChoose, Zone: limits.Cheek, Indication: limits.AcneScarRolling})
	for n, want := range []session.Response{0, 0, 0, session.Advisory} {
		r.must(session.Command{Do: session.CmdPass})
		r.step(50 * time.Millisecond)
		if got := broken(r.view(), session.PassesAbovePlan); got != want {
			t.Errorf("after pass %d: %v", n+1, got)
		}
	}
}
