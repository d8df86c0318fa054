package policy_test

import (
	"strconv"
	"strings"
	"testing"

	"penlog/protocol"
	"penlog/session/limits"
	"penlog/session/policy"
)

// sound are the facts of rolling acne scars on a cheek, with a label that covers
// everyone.
func sound() policy.VerdictFacts {
	return policy.VerdictFacts{
		Zone: limits.Cheek, Indication: limits.AcneScarRolling, TypicalLow: 1000, TypicalHigh: 1500, Limit: 1500,
		LabelAge: 22, LabelPhototypes: "1-6",
	}
}

// melasma are the facts of melasma there.
func melasma() policy.VerdictFacts {
	v := sound()
	v.Indication, v.TypicalLow, v.TypicalHigh, v.Limit = limits.Hyperpigmentation, 250, 500, 500
	return v
}

// light is a patient to whom no rule applies.
func light() policy.Patient { return policy.Patient{Phototype: 2, Age: 40, First: policy.Yes} }

// with changes a copy.
func with[T any](v T, change func(*T)) T {
	change(&v)
	return v
}

// Source: DOMAIN 1.5.
func TestJudge(t *testing.T) {
	type pt = policy.Patient
	type facts = policy.VerdictFacts
	for _, tt := range []struct {
		name string
		pt   policy.Patient
		v    policy.VerdictFacts
		want string // greatest depth, passes, override, rules; notices
	}{
		{"light skin", light(), sound(), "0 0 false []; []"},
		{"type III", with(light(), func(p *pt) { p.Phototype = 3 }), sound(), "0 0 false []; []"},
		{"type IV, first session", with(light(), func(p *pt) { p.Phototype = 4 }), sound(),
			"1250 3 false [darker_phototype darker_phototype_first_session]; [darker_phototype darker_phototype_first_session]"},
		{"type VI, first session", with(light(), func(p *pt) { p.Phototype = 6 }), sound(),
			"1250 3 false [darker_phototype darker_phototype_first_session]; [darker_phototype darker_phototype_first_session]"},
		{"type V, later session", pt{5, 40, policy.No}, sound(), "0 3 false [darker_phototype]; [darker_phototype]"},
		{"type V, course not known", pt{5, 40, policy.Unknown}, sound(),
			"1250 3 false [darker_phototype darker_phototype_first_session]; [darker_phototype first_session_not_known]"},
		{"type V, course left out", pt{5, 40, ""}, sound(),
			"1250 3 false [darker_phototype darker_phototype_first_session]; [darker_phototype first_session_not_known]"},
		{"type V, course is nonsense", pt{5, 40, "perhaps"}, sound(),
			"1250 3 false [darker_phototype darker_phototype_first_session]; [darker_phototype first_session_not_known]"},
		{"type II, course not known", pt{2, 40, ""}, sound(), "0 0 false []; []"},
		{"type not known, first session", pt{0, 40, policy.Yes}, sound(),
			"1250 3 false [darker_phototype darker_phototype_first_session]; [phototype_not_known]"},
		{"type not known, later session", pt{0, 40, policy.No}, sound(), "0 3 false [darker_phototype]; [phototype_not_known]"},
		{"type that does not exist", pt{7, 40, policy.No}, sound(), "0 3 false [darker_phototype]; [phototype_not_known]"},
		{"melasma, light skin", light(), melasma(), "0 0 false []; []"},
		{"melasma, type IV, later session", pt{4, 40, policy.No}, melasma(), "0 3 true [darker_phototype]; [darker_phototype]"},
		{"melasma, type not known", pt{0, 40, policy.No}, melasma(), "0 3 true [darker_phototype]; [phototype_not_known]"},
		{"melasma, type IV, first session", pt{4, 40, policy.Yes}, melasma(),
			"375 3 true [darker_phototype darker_phototype_first_session]; [darker_phototype darker_phototype_first_session]"},
		{"indication not known, type IV", pt{4, 40, policy.No}, with(sound(), func(v *facts) { v.Indication = limits.IndicationNone }), "0 3 true [darker_phototype]; [darker_phototype]"},
		{"21 years", with(light(), func(p *pt) { p.Age = 21 }), sound(), "0 0 false [age_below_label]; [age_below_label]"},
		{"22 years", with(light(), func(p *pt) { p.Age = 22 }), sound(), "0 0 false []; []"},
		{"33 years, label from 34", with(light(), func(p *pt) { p.Age = 33 }), with(sound(), func(v *facts) { v.LabelAge = 34 }), "0 0 false [age_below_label]; [age_below_label]"},
		{"18 years, label from 18", with(light(), func(p *pt) { p.Age = 18 }), with(sound(), func(v *facts) { v.LabelAge = 18 }), "0 0 false []; []"},
		{"21 years, label not known", with(light(), func(p *pt) { p.Age = 21 }), with(sound(), func(v *facts) { v.LabelAge = 0 }), "0 0 false [age_below_label]; [age_below_label]"},
		{"22 years, label not known", with(light(), func(p *pt) { p.Age = 22 }), with(sound(), func(v *facts) { v.LabelAge = 0 }), "0 0 false []; []"},
		{"age not known", with(light(), func(p *pt) { p.Age = 0 }), sound(), "0 0 false [age_below_label]; [age_not_known]"},
		{"age that cannot be", with(light(), func(p *pt) { p.Age = 131 }), sound(), "0 0 false [age_below_label]; [age_not_known]"},
		{"label excludes", with(light(), func(p *pt) { p.Phototype = 3 }), with(sound(), func(v *facts) { v.LabelPhototypes = "1-2" }), "0 0 false [label_excludes_phototype]; [label_excludes_phototype]"},
		{"label covers", light(), with(sound(), func(v *facts) { v.LabelPhototypes = "1-2" }), "0 0 false []; []"},
		{"label covers one", light(), with(sound(), func(v *facts) { v.LabelPhototypes = "2" }), "0 0 false []; []"},
		{"label covers another", light(), with(sound(), func(v *facts) { v.LabelPhototypes = "3" }), "0 0 false [label_excludes_phototype]; [label_excludes_phototype]"},
		{"label not known", light(), with(sound(), func(v *facts) { v.LabelPhototypes = "" }), "0 0 false [label_excludes_phototype]; [label_phototypes_not_known]"},
		{"label could exclude", pt{0, 40, policy.No}, with(sound(), func(v *facts) { v.LabelPhototypes = "1-5" }), "0 3 false [darker_phototype label_excludes_phototype]; [phototype_not_known]"},
		{"nothing known", pt{}, facts{TypicalLow: 500, TypicalHigh: 1000, Limit: 1000},
			"750 3 true [darker_phototype darker_phototype_first_session age_below_label label_excludes_phototype]; " +
				"[phototype_not_known age_not_known first_session_not_known label_phototypes_not_known]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := told(policy.Default().Judge(tt.pt, tt.v)); got != tt.want {
				t.Errorf("Judge() = %s\nwant      %s", got, tt.want)
			}
		})
	}
}

// told gives a ruling in a line.
func told(r policy.Ruling) string {
	var notices []string
	for _, n := range r.Notices {
		notices = append(notices, n.Code)
	}
	return strings.Join([]string{strconv.Itoa(int(r.Max)), strconv.Itoa(r.PassesMost), strconv.FormatBool(r.NoOverride),
		"[" + strings.Join(r.Applied, " ") + "];", "[" + strings.Join(notices, " ") + "]"}, " ")
}

func TestEveryNoticeHasWordsAndSources(t *testing.T) {
	p := policy.Default()
	for _, pt := range []policy.Patient{{}, {Phototype: 6, Age: 12, First: policy.Yes}} {
		v := sound()
		v.LabelPhototypes = "1-3"
		notices := p.Judge(pt, v).Notices
		if len(notices) < 3 {
			t.Errorf("%+v has %d notices", pt, len(notices))
		}
		for _, n := range notices {
			if n.Code == "" || n.Words == "" || len(n.Sources) == 0 {
				t.Errorf("notice %+v", n)
			}
			for _, tag := range n.Sources {
				if p.Source(tag) == "" {
					t.Errorf("%s: source %q is not explained", n.Code, tag)
				}
			}
		}
	}
}

// The low half is rounded down, never above the limit, and of facts that cannot be
// right it allows nothing.
func TestLowHalf(t *testing.T) {
	for _, tt := range []struct{ low, high, limit, want protocol.Micrometres }{
		{1000, 1500, 1500, 1250}, {250, 500, 500, 375}, {500, 750, 750, 625}, {1000, 1001, 1001, 1000}, {0, 1000, 1000, 500},
		{1000, 1000, 1000, 1000}, {1000, 2000, 1200, 1200}, {1 << 30, 1<<31 - 1, 1<<31 - 1, 1<<30 + 1<<29 - 1},
		{0, 0, 0, policy.Least}, {500, 1000, 0, policy.Least}, {0, 0, 1000, policy.Least}, {1500, 1000, 1500, policy.Least},
		{-500, 1000, 1000, policy.Least}, {500, 1000, -1, policy.Least}, {0, 1, 1, policy.Least},
	} {
		v := sound()
		v.TypicalLow, v.TypicalHigh, v.Limit = tt.low, tt.high, tt.limit
		if got := policy.Default().Judge(policy.Patient{Phototype: 6, Age: 40, First: policy.Yes}, v).Max; got != tt.want {
			t.Errorf("low half of %v to %v under %v is %v, want %v", tt.low, tt.high, tt.limit, got, tt.want)
		}
	}
}

// A label that cannot be read is not known, whatever is in it.
func TestLabelsThatCannotBeRead(t *testing.T) {
	for _, label := range []string{"", "I-III", "1–3", "1-", "-3", "3-1", "0-3", "1-7", "1-3 ", "+1-3", "01-03", "1-3-6", "x", strings.Repeat("1", 400)} {
		v := sound()
		v.LabelPhototypes = label
		if got := told(policy.Default().Judge(light(), v)); got != "0 0 false [label_excludes_phototype]; [label_phototypes_not_known]" {
			t.Errorf("label %.10q: %s", label, got)
		}
	}
}

// The ceiling that follows is the least of limit and rule: [limits.Request] takes
// the ruling's depth as it is.
func TestARulingGoesIntoAVerdict(t *testing.T) {
	table := limits.Default()
	for _, z := range limits.AllZones() {
		for _, i := range limits.AllIndications() {
			v := table.Ask(limits.Request{Zone: z, Indication: i})
			if v.Refused {
				continue
			}
			r := policy.Default().Judge(policy.Patient{}, policy.VerdictFacts{Zone: z, Indication: i, TypicalLow: v.TypicalLow, TypicalHigh: v.TypicalHigh, Limit: v.Limit})
			ruled := table.Ask(limits.Request{Zone: z, Indication: i, PatientRule: r.Max})
			if ruled.Refused || ruled.Allowed != r.Max || ruled.Allowed > v.Allowed || ruled.Allowed < v.TypicalLow {
				t.Errorf("%v × %v: ruled to %v, allowed %v of %v", z, i, r.Max, ruled.Allowed, v.Allowed)
			}
		}
	}
}
