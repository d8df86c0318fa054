package limits_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"penlog/session/limits"
)

func TestZeroVerdictAllowsNothing(t *testing.T) {
	var v limits.Verdict
	if v.Err() == nil || v.Words() != "Refused: nothing is allowed" {
		t.Errorf("zero Verdict: Err() = %v, Words() = %q", v.Err(), v.Words())
	}
}

func TestExcessIsClampedAndSaid(t *testing.T) {
	r := limits.Request{Zone: limits.Forehead, Indication: limits.AcneScarRolling, Wanted: 1200, PenMin: 0, PenMax: 2500, PenStep: 250, CartridgeLength: 2500}
	v := limits.Default().Ask(r)
	if !v.Clamped || v.Refused || v.Requested != 1200 || v.Allowed != 1000 || v.Settable != 1000 {
		t.Errorf("Ask() = %+v", v)
	}
	var le *limits.LimitError
	if err := v.Err(); !errors.As(err, &le) || err.Error() != `limits: needle depth 1200 µm exceeds 1000 µm limit for zone "forehead"` {
		t.Errorf("Err() = %v", err)
	}
	want := limits.LimitError{Field: "needle depth", Zone: limits.Forehead, Got: 1200, Max: 1000, BoundBy: limits.RuleZoneLimit}
	if le != nil && *le != want {
		t.Errorf("Err() = %+v, want %+v", *le, want)
	}
	r.PenMax = 800
	v = limits.Default().Ask(r)
	if err := v.Err(); err == nil || err.Error() != `limits: needle depth 1200 µm exceeds 800 µm limit for zone "forehead" (pen maximum)` {
		t.Errorf("Err() = %v", err)
	}
	r.Wanted = 800
	if v := limits.Default().Ask(r); v.Clamped || v.Err() != nil {
		t.Errorf("wanted = allowed is clamped: %+v", v)
	}
}

func TestFlags(t *testing.T) {
	for _, tt := range []struct {
		name string
		r    limits.Request
		want []limits.Flag
	}{
		{"at the evaluated bound", limits.Request{Zone: limits.Cheek, Indication: limits.AcneScarBoxcar}, nil},
		{"above it", limits.Request{Zone: limits.Cheek, Indication: limits.AcneScarBoxcar, Override: granted(1501)}, []limits.Flag{limits.BeyondEvaluated}},
		{"override up to it", limits.Request{Zone: limits.Cheek, Indication: limits.AcneScarBoxcar, Override: granted(1500)}, nil},
		{"brought down to it by the pen", limits.Request{Zone: limits.Cheek, Indication: limits.AcneScarBoxcar, Override: granted(2000), PenMax: 1500}, nil},
		{"not an acne scar", limits.Request{Zone: limits.Cheek, Indication: limits.BurnScar, Override: granted(2000)}, nil},
		{"not on the face", limits.Request{Zone: limits.Back, Indication: limits.AcneScarBoxcar, Override: &limits.Override{Zone: limits.Back, Side: limits.Left, Value: 2000}}, nil},
		{"topical delivery", limits.Request{Zone: limits.Scalp, Indication: limits.TopicalDelivery}, []limits.Flag{limits.OffLabel}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.r.Side = limits.Left
			v := limits.Default().Ask(tt.r)
			if diff := cmp.Diff(tt.want, v.Flags); diff != "" || v.Refused {
				t.Errorf("Flags (-want +got), %s:\n%s", v.Reason, diff)
			}
		})
	}
}

func TestWords(t *testing.T) {
	for _, tt := range []struct {
		r    limits.Request
		want string
	}{
		{roomy(), "Cheek, left, acne scars (rolling): max depth 1.50 mm (limit of the zone); set the pen to 1.50 mm"},
		{limits.Request{Zone: limits.Forehead, Side: limits.Midline, Indication: limits.AcneScarRolling, Wanted: 1200, PenMax: 2500, PenStep: 250},
			"Forehead, midline, acne scars (rolling): 1.20 mm asked for, max depth 1.00 mm (limit of the zone); set the pen to 1.00 mm; cartridge needle length not known"},
		{limits.Request{Zone: limits.Nose, Site: limits.NoseAlaSidewall, Indication: limits.TopicalDelivery, CartridgeLength: 375, PenMax: 1500},
			"Nose, ala and sidewall, topical delivery: max depth 0.375 mm (cartridge needle length); off-label"},
		{limits.Request{Zone: limits.Cheek, Side: limits.Left, Indication: limits.AcneScarIcepick, Override: granted(2000), PenMax: 2500, CartridgeLength: 2500},
			"Cheek, left, acne scars (ice-pick): max depth 2.00 mm (override); beyond evaluated depth"},
	} {
		v := limits.Default().Ask(tt.r)
		if got := v.Words(); got != tt.want {
			t.Errorf("Words() = %q\nwant      %q", got, tt.want)
		}
	}
}

func TestVerdictsEncodeAsTheyAlwaysDid(t *testing.T) {
	var b strings.Builder
	for _, r := range []limits.Request{
		roomy(),
		{Zone: limits.Periorbital, Indication: limits.AcneScarRolling},
		{Zone: limits.Neck, Side: limits.Midline, Indication: limits.FineLines, Labels: []limits.Label{limits.LabelNeckWrinkles}, Wanted: 2500,
			Override: &limits.Override{Zone: limits.Neck, Side: limits.Midline, Value: 2250}},
	} {
		v := limits.Default().Ask(r)
		data, err := json.MarshalIndent(v, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		b.Write(append(data, '\n'))
		var back limits.Verdict
		if err := json.Unmarshal(data, &back); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(v, back); diff != "" {
			t.Errorf("a verdict changes on its way through JSON (-sent +got):\n%s", diff)
		}
	}
	golden(t, "verdicts.golden", b.String())
}

func TestUnknownIsVisible(t *testing.T) {
	v := limits.Default().Ask(limits.Request{Zone: limits.Cheek, Indication: limits.AcneScarRolling})
	got := map[limits.Rule]limits.State{}
	for _, c := range v.Candidates {
		got[c.Rule] = c.State
	}
	want := map[limits.Rule]limits.State{
		limits.RuleZoneLimit: limits.Given, limits.RuleIndicationLimit: limits.Given, limits.RuleHardStop: limits.Given,
		limits.RulePenMax: limits.NotKnown, limits.RuleCartridgeLength: limits.NotKnown,
		limits.RulePrescription: limits.NotGiven, limits.RuleLabelledMax: limits.NotGiven, limits.RulePatientRule: limits.NotGiven,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("states of the candidates (-want +got):\n%s", diff)
	}
}

func TestGroupIsAnsweredByItsStrictest(t *testing.T) {
	group, err := limits.ParseIndicationGroup("acne-scars")
	if err != nil || len(group) != 3 {
		t.Fatalf("ParseIndicationGroup() = %v, %v", group, err)
	}
	r := limits.Request{Zone: limits.Cheek}
	if v := limits.Default().AskAll(r, group); v.Allowed != 1500 || v.Indication != limits.AcneScarIcepick {
		t.Errorf("AskAll() = %v for %v", v.Allowed, v.Indication)
	}
	mixed := []limits.Indication{limits.AcneScarBoxcar, limits.TopicalDelivery, limits.FineLines}
	if v := limits.Default().AskAll(r, mixed); v.Allowed != 500 || v.Indication != limits.TopicalDelivery {
		t.Errorf("AskAll() = %v for %v, want the strictest", v.Allowed, v.Indication)
	}
	for _, refusedAt := range [][]limits.Indication{{limits.Alopecia, limits.FineLines}, {limits.FineLines, limits.Alopecia}, {limits.FineLines, limits.Alopecia, limits.TopicalDelivery}} {
		if v := limits.Default().AskAll(r, refusedAt); !v.Refused || v.Indication != limits.Alopecia {
			t.Errorf("AskAll(%v) = %v for %v, want the refusal", refusedAt, v.Allowed, v.Indication)
		}
	}
	if v := limits.Default().AskAll(limits.Request{Zone: limits.Cheek, Indication: limits.FineLines}, nil); v.Reason != limits.UnknownIndication {
		t.Errorf("AskAll() of nothing = %+v", v)
	}
}

func TestVerdictCannotChangeTheTable(t *testing.T) {
	table := limits.Default()
	r := roomy()
	first := table.Ask(r)
	for _, c := range first.Candidates {
		for i := range c.Sources {
			c.Sources[i] = "X"
		}
	}
	table.NoGoAreas()[0].Sources[0] = "X"
	second, fresh := table.Ask(r), reload(t, string(limits.DefaultYAML())).Ask(r)
	if diff := cmp.Diff(fresh, second); diff != "" {
		t.Errorf("the table changed (-fresh +after):\n%s", diff)
	}
	if table.NoGoAreas()[0].Sources[0] == "X" {
		t.Error("the list of no-go areas changed")
	}
}
