package policy_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"penlog/session/limits"
	"penlog/session/limits/strictyaml"
	"penlog/session/policy"
)

func TestSchemaAndStructsAreEqual(t *testing.T) { suite(t).SameShape(t) }

func TestLoadRefusesWhatTheSchemaRefuses(t *testing.T) { suite(t).BreakEveryRule(t) }

func TestSchemaListsTheEnums(t *testing.T) {
	type object struct {
		Properties map[string]json.RawMessage `json:"properties"`
	}
	var schema struct {
		Properties struct{ Passes, Areas object } `json:"properties"`
		Defs       struct {
			Rule struct {
				Properties struct {
					NoOverride struct {
						Items struct {
							Enum []string `json:"enum"`
						} `json:"items"`
					} `json:"no_override"`
				} `json:"properties"`
			} `json:"rule"`
		} `json:"$defs"`
	}
	if err := json.Unmarshal(policy.SchemaJSON(), &schema); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name      string
		got, want []string
	}{
		{"passes", slices.Collect(maps.Keys(schema.Properties.Passes.Properties)), codes(limits.AllIndications())},
		{"areas", slices.Collect(maps.Keys(schema.Properties.Areas.Properties)), codes(limits.AllZones())},
		{"no_override", schema.Defs.Rule.Properties.NoOverride.Items.Enum, codes(limits.AllIndications())},
	} {
		slices.Sort(tt.got)
		slices.Sort(tt.want)
		if diff := cmp.Diff(tt.want, tt.got); diff != "" {
			t.Errorf("%s (-code +schema):\n%s", tt.name, diff)
		}
	}
}

func codes[E fmt.Stringer](all []E) []string {
	out := make([]string, len(all))
	for i, e := range all {
		out[i] = e.String()
	}
	return out
}

// No key of the schema and no word that a rule's effect can take says anything but
// less: an effect is one of three, and each of them tightens.
func TestAnEffectCanOnlyTighten(t *testing.T) {
	var schema struct {
		Defs struct {
			Rule struct {
				Properties map[string]struct {
					Enum []string `json:"enum"`
				} `json:"properties"`
			} `json:"rule"`
		} `json:"$defs"`
	}
	if err := json.Unmarshal(policy.SchemaJSON(), &schema); err != nil {
		t.Fatal(err)
	}
	rule := schema.Defs.Rule.Properties
	want := []string{"code", "depth", "no_override", "notice", "passes_most", "sources", "when"}
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(rule))); diff != "" {
		t.Errorf("keys of a rule (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"low_half"}, rule["depth"].Enum); diff != "" {
		t.Errorf("effects on depth (-want +got):\n%s", diff)
	}
}

// The texts of a file are held against patterns in code: the same as the schema's.
func TestSchemaHasTheFormsOfTheChecker(t *testing.T) {
	text := string(policy.SchemaJSON())
	for _, form := range policy.Forms() {
		quoted, _ := json.Marshal(form.Pattern)
		if !strings.Contains(text, string(quoted)) {
			t.Errorf("the schema has no %s", quoted)
		}
		if form.Example != "" && !form.Fits(form.Example) {
			t.Errorf("the example %q does not fit %s", form.Example, form.Pattern)
		}
		re := regexp.MustCompile(form.Pattern)
		rapid.Check(t, func(t *rapid.T) {
			s := rapid.OneOf(rapid.StringMatching(form.Pattern), rapid.StringMatching(`[0-9.]{1,6} (pass|passes|days|s|%|mm|mm/s|cm²|)`),
				rapid.StringMatching(`[A-Za-z0-9_.*]{0,5}`), rapid.StringMatching(`[a-zA-Z][a-z0-9A-Z_-]{6,70}`), rapid.String()).Draw(t, "text") +
				rapid.SampledFrom([]string{"", "", "a", "A", "*", "_", " ", "\n"}).Draw(t, "more")
			if got, want := form.Fits(s), re.MatchString(s); got != want {
				t.Fatalf("%q fits: %v, but by %s %v", s, got, form.Pattern, want)
			}
		})
	}
	if !strings.Contains(text, fmt.Sprintf(`"maxLength": %d`, strictyaml.MaxText)) || !strings.Contains(text, fmt.Sprintf(`"const": %q`, policy.Format)) {
		t.Errorf("the schema has another length or format")
	}
}
