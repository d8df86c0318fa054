package label_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"penlog/session/label"
	"penlog/session/limits"
)

func TestSchemaAndStructsAreEqual(t *testing.T) { suite(t).SameShape(t) }

func TestLoadRefusesWhatTheSchemaRefuses(t *testing.T) { suite(t).BreakEveryRule(t) }

func TestSchemaListsTheEnums(t *testing.T) {
	var schema struct {
		Defs struct {
			Use struct {
				Properties struct {
					Indications struct {
						Items struct {
							Enum []limits.Indication `json:"enum"`
						} `json:"items"`
					} `json:"indications"`
					Zones struct {
						Items struct {
							Enum []limits.Zone `json:"enum"`
						} `json:"items"`
					} `json:"zones"`
					Covers struct {
						Enum []limits.Label `json:"enum"`
					} `json:"covers"`
				} `json:"properties"`
			} `json:"use"`
		} `json:"$defs"`
	}
	if err := json.Unmarshal(label.SchemaJSON(), &schema); err != nil {
		t.Fatal(err)
	}
	use := schema.Defs.Use.Properties
	for what, diff := range map[string]string{
		"indications": cmp.Diff(limits.AllIndications(), use.Indications.Items.Enum),
		"zones":       cmp.Diff(limits.AllZones(), use.Zones.Items.Enum),
		"covers":      cmp.Diff(limits.AllLabels(), use.Covers.Enum),
	} {
		if diff != "" {
			t.Errorf("%s (-code +schema):\n%s", what, diff)
		}
	}
}

func TestSchemaHasTheFormsOfTheChecker(t *testing.T) {
	text := string(label.SchemaJSON())
	for _, form := range label.Forms() {
		quoted, _ := json.Marshal(form.Pattern)
		if !strings.Contains(text, string(quoted)) {
			t.Errorf("the schema has no %s", quoted)
		}
		re := regexp.MustCompile(form.Pattern)
		rapid.Check(t, func(t *rapid.T) {
			s := rapid.OneOf(rapid.StringMatching(form.Pattern), rapid.StringMatching(`[0-9]{0,3} ?years`), rapid.StringMatching(`[a-zA-Z0-9 ./_*-]{0,45}`), rapid.String()).Draw(t, "text") +
				rapid.SampledFrom([]string{"", "", "a", "0", "*", " ", "\n"}).Draw(t, "more")
			if got, want := form.Fits(s), re.MatchString(s); got != want {
				t.Fatalf("%q fits: %v, but by %s %v", s, got, form.Pattern, want)
			}
		})
	}
}
