package session_test

import (
	"slices"
	"testing"

	"penlog/protocol"
	"penlog/session"
	"penlog/session/label"
	"penlog/session/limits"
	"penlog/session/policy"
)

// labelled is a visit with a pen of that vendor and model, under the built-in labels.
func labelled(t testing.TB, vendor, model string) *visit {
	t.Helper()
	v := prepared(t)
	v.env.Labels = label.Default()
	up := pen()
	up.Vendor, up.Model = vendor, model
	v.apply(up, session.ModeChanged{Mode: session.ModeGuarded}, session.PressTested{})
	v.newCartridge()
	return v
}

func (v *visit) chosen(z limits.Zone, s limits.Side, i limits.Indication) session.ZoneChosen {
	v.t.Helper()
	events := v.do(session.Command{Do: session.CmdChoose, Zone: z, Side: s, Indication: i})
	return events[len(events)-1].(session.ZoneChosen)
}

func labelledMax(v limits.Verdict) protocol.Micrometres {
	for _, c := range v.Candidates {
		if c.Rule == limits.RuleLabelledMax && c.State == limits.Given {
			return c.Value
		}
	}
	return 0
}

// The labelled maximum is a candidate of every verdict, and no override reaches past it.
func TestLabelledMaxBindsAnOverride(t *testing.T) {
	v := labelled(t, "Crown", "SkinPen Precision")
	e := v.chosen(limits.Cheek, limits.Left, limits.AcneScarRolling)
	if labelledMax(e.Verdict) != 1500 || e.Verdict.Allowed != 1500 {
		t.Fatalf("labelled max %v, allowed %v", labelledMax(e.Verdict), e.Verdict.Allowed)
	}
	v.do(session.Command{Do: session.CmdArm})
	if _, err := v.give(overrideTo(2000)); err == nil && v.p.Verdict.Allowed > 1500 {
		t.Errorf("an override raised a SkinPen on the face to %v", v.p.Verdict.Allowed)
	}
	if c, _ := v.p.Desire(); c > 1500 {
		t.Errorf("ceiling %v", c)
	}
	// A pen without a label here is bound by the limits alone.
	v = labelled(t, "Somebody", "Pen")
	v.choose(limits.Cheek, limits.Left)
	v.do(session.Command{Do: session.CmdArm})
	v.do(overrideTo(2000))
	if v.p.Verdict.Allowed != 2000 || labelledMax(v.p.Verdict) != 0 {
		t.Errorf("another pen: allowed %v", v.p.Verdict.Allowed)
	}
}

// What the limits allow only to a pen that is labelled for neck wrinkles is given to
// none else, and only to a clinician.
func TestNeckIsDeeperOnlyWithItsLabel(t *testing.T) {
	deeper := session.Command{Do: session.CmdOverride, By: "dr-1", Zone: limits.Neck, Value: 2500, Text: "deep lines"}
	for _, tt := range []struct {
		vendor, model string
		indication    limits.Indication
		most          protocol.Micrometres
	}{
		{"Crown", "SkinPen Precision", limits.FineLines, 2500},
		{"Crown", "SkinPen Precision", limits.AcneScarRolling, 1500},
		{"amiea", "Exceed", limits.FineLines, 1500},
		{"Somebody", "Pen", limits.FineLines, 1500},
	} {
		v := labelled(t, tt.vendor, tt.model)
		if e := v.chosen(limits.Neck, limits.SideNone, tt.indication); e.Verdict.OverrideLimit != tt.most || e.Verdict.Allowed > 1000 {
			t.Errorf("%s %s, %v: override limit %v, want %v; allowed %v", tt.vendor, tt.model, tt.indication, e.Verdict.OverrideLimit, tt.most, e.Verdict.Allowed)
		}
		v.do(session.Command{Do: session.CmdArm})
		byOp := deeper
		byOp.By = "op-1"
		if _, err := v.give(byOp); err == nil {
			t.Error("a technician granted an override")
		}
		if _, err := v.give(deeper); err == nil && tt.most < 2500 {
			t.Errorf("%s %s: %v in the neck", tt.vendor, tt.model, v.p.Verdict.Allowed)
		}
	}
}

// Phototype and age that a label leaves out, and a use that it does not name, are told;
// the last asks for the patient's agreement.
func TestLabelsThatDoNotCover(t *testing.T) {
	v := labelled(t, "amiea", "Exceed")
	v.do(session.Command{Do: session.CmdDescribe, Describe: &session.Description{Phototype: 5, Method: "operator", Age: 30, First: policy.No}})
	if e := v.chosen(limits.Cheek, limits.Left, limits.AcneScarRolling); !slices.Contains(e.Ruling.Applied, "label_excludes_phototype") {
		t.Errorf("phototype V where the label ends at IV: %v", e.Ruling.Applied)
	}
	v.do(session.Command{Do: session.CmdDescribe, Describe: &session.Description{Phototype: 4, Method: "operator", Age: 30, First: policy.No}})
	if e := v.chosen(limits.Cheek, limits.Left, limits.AcneScarRolling); slices.Contains(e.Ruling.Applied, "label_excludes_phototype") {
		t.Errorf("phototype IV, which the label covers: %v", e.Ruling.Applied)
	}
	v.do(session.Command{Do: session.CmdConsent, Consent: &session.Consent{Version: "1"}})
	if e := v.chosen(limits.Arm, limits.Left, limits.Laxity); !slices.Contains(e.Verdict.Flags, limits.OffLabel) || state(v, "consent") == session.CheckGood {
		t.Errorf("laxity with an Exceed: flags %v, consent %v", e.Verdict.Flags, state(v, "consent"))
	}
	if e := v.chosen(limits.Cheek, limits.Left, limits.AcneScarRolling); slices.Contains(e.Verdict.Flags, limits.OffLabel) || state(v, "consent") != session.CheckGood {
		t.Errorf("acne scars with an Exceed: flags %v, consent %v", e.Verdict.Flags, state(v, "consent"))
	}

	v = labelled(t, "SkinStylus", "SteriLock")
	v.do(session.Command{Do: session.CmdDescribe, Describe: &session.Description{Phototype: 2, Method: "operator", Age: 30, First: policy.No}})
	if e := v.chosen(limits.Periorbital, limits.Left, limits.FineLines); !slices.Contains(e.Ruling.Applied, "age_below_label") {
		t.Errorf("30 years where the label begins at 34: %v", e.Ruling.Applied)
	}
	if e := v.chosen(limits.Abdomen, limits.Left, limits.SurgicalScar); slices.Contains(e.Ruling.Applied, "age_below_label") {
		t.Errorf("30 years where the label does not say: %v", e.Ruling.Applied)
	}
}
