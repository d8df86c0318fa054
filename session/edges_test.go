package session_test

import (
	"strings"
	"testing"

	"penlog/session"
	"penlog/session/limits"
)

// A count of passes is corrected by one, up or down, and the correction shows as one.
func TestPassesAreCorrectedByOne(t *testing.T) {
	v := treating(t)
	for _, step := range []struct {
		delta, want int
		fixes       bool
	}{{0, 1, false}, {1, 2, true}, {-1, 1, true}, {0, 2, false}} {
		events := v.do(session.Command{Do: session.CmdPass, Delta: step.delta})
		if m := events[0].(session.PassMarked); m.Fixes != step.fixes {
			t.Errorf("by %d: a correction: %t", step.delta, m.Fixes)
		}
		if got := v.p.Totals.Zones[0].Passes.Shown(); int(got) != step.want {
			t.Errorf("by %d: %v passes are shown, want %d", step.delta, got, step.want)
		}
	}
}

// What is next in the plan is the first zone that no needle was in: one that was only
// looked at is not treated.
func TestNextIsTheFirstThatWasNotTreated(t *testing.T) {
	v := prepared(t)
	v.do(session.Command{Do: session.CmdPlan, Plan: []session.PlanItem{
		{Zone: limits.Cheek, Side: limits.Left, Indication: limits.AcneScarRolling, Depth: 1000, Passes: 1},
		{Zone: limits.Cheek, Side: limits.Right, Indication: limits.AcneScarRolling, Depth: 1000, Passes: 1},
	}})
	next := func() limits.Side {
		events := v.do(session.Command{Do: session.CmdNext})
		return events[len(events)-1].(session.ZoneChosen).Verdict.Side
	}
	if got := next(); got != limits.Left {
		t.Fatalf("first %v", got)
	}
	v.do(session.Command{Do: session.CmdEndpoint, Endpoint: &session.Endpoint{Sign: "none"}}) // the zone has an entry, and no stroke
	if got := next(); got != limits.Right {
		t.Fatalf("then %v", got)
	}
	if got := next(); got != limits.Left {
		t.Errorf("then %v, and no needle was in the left", got)
	}
}

// A pen counts as one without a link when it was declared and accepted as that, and
// none is plugged in.
func TestManualIsDeclaredAcceptedAndUnplugged(t *testing.T) {
	failed := func(v *visit) (out []string) {
		for _, c := range v.p.Checks(&v.env) {
			if !c.OK && (c.Code == "pen" || c.Code == "mode") {
				out = append(out, c.Code)
			}
		}
		return out
	}
	for _, tt := range []struct {
		name string
		at   func(testing.TB) *visit
		want string
	}{
		{"as it should be", manual, ""},
		{"a pen is plugged in", with(manual, func(v *visit) { v.apply(pen(), session.ModeChanged{Mode: session.ModeStoppable}) }), "mode"},
		{"declared alone", with(prepared, func(v *visit) {
			v.p.Source, v.p.Pen = session.SourceNone, nil
			v.apply(session.PenDown{})
			v.do(session.Command{Do: session.CmdDeclarePen, Pen: &session.DeclaredPen{Vendor: "Bellus", Model: "SkinPen", DepthMax: 2500, DepthStep: 250}})
		}), "pen mode"},
	} {
		if got := strings.Join(failed(tt.at(t)), " "); got != tt.want {
			t.Errorf("%s: failed %q, want %q", tt.name, got, tt.want)
		}
	}
}
