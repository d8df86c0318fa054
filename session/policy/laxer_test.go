package policy_test

import (
	"slices"
	"strings"
	"testing"

	"penlog/session/policy"
)

// A clinic's file may ask less than the built-in policy, and not unnoticed.
func TestWhatIsLaxerIsSaid(t *testing.T) {
	whole := string(policy.DefaultYAML())
	if got := policy.Default().Laxer(); got != nil {
		t.Errorf("laxer than itself: %q", got)
	}
	cut := func(from, to string) string {
		i := strings.Index(whole, from)
		return whole[:i] + whole[i+strings.Index(whole[i:], to):]
	}
	with := func(was, is string) string {
		if !strings.Contains(whole, was) {
			t.Fatalf("the file has no %q", was)
		}
		return strings.Replace(whole, was, is, 1)
	}
	const block = "    action: block\n    per_zone: true\n"
	for _, tt := range []struct {
		name, file, want string
	}{
		{"a question", cut("  - code: metal_allergy", "  - code: anaesthetic_allergy"), `does not ask "metal_allergy", a block`},
		{"an action", with("action: block", "action: caution"), `"cold_sore" is a caution, and a block in the built-in policy`},
		{"a lifted block", with(block, "    overridable: true\n"+block), `the block of "cold_sore" can be lifted`},
		{"single zones", with("    action: clearance\n", "    action: clearance\n    per_zone: true\n"), `"abnormal_scarring_history" may be meant for single zones`},
		{"a rule", cut("  - code: darker_phototype_first_session", "  - code: age_below_label"), "goes deeper than the built-in rules for phototype not known, IV, V, VI"},
		{"a narrower rule", with("phototype: {from: IV, to: VI}", "phototype: {from: V, to: VI}"), "has more passes than the built-in rules for phototype IV"},
		{"more passes", with("passes_most: 3 passes", "passes_most: 4 passes"), "has more passes than the built-in rules for phototype not known, IV, V, VI"},
		{"an override", with("    no_override: [hyperpigmentation]\n", ""), "allows more overrides than the built-in rules for phototype not known, IV, V, VI"},
		{"passes", with("to: 2 passes}, warn_above: 3 passes", "to: 2 passes}, warn_above: 4 passes"), "warns of passes for hyperpigmentation later than above 3, or not at all"},
		{"interval", with("14 days", "13 days"), "warns of an interval below 13 days, not 14"},
		{"dwell", with("value: 10 s", "value: 11 s"), "tells dwell after 11s, not 10s"},
		{"anaesthetic", with("value: 4.0 %", "value: 4.5 %"), "warns of an anaesthetic above 4.5 %, not 4.0"},
		{"age", with("value: 22 years", "value: 18 years"), "takes a label of unknown age to begin at 18 years, not 22"},
		{"stricter", with("    action: clearance\n", "    action: block\n"), ""},
		{"stricter figures", strings.NewReplacer("14 days", "28 days", "value: 10 s", "value: 5 s", "passes_most: 3", "passes_most: 2").Replace(whole), ""},
	} {
		got := load(t, tt.file).Laxer()
		if tt.want == "" && got != nil || tt.want != "" && !slices.Contains(got, tt.want) {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}
