package clinic_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"penlog/session/clinic"
	"penlog/session/limits"
)

func TestSchemaAndStructsAreEqual(t *testing.T) { suite(t).SameShape(t) }

func TestLoadRefusesWhatTheSchemaRefuses(t *testing.T) { suite(t).BreakEveryRule(t) }

func TestSchemaListsTheIndications(t *testing.T) {
	var schema struct {
		Properties struct {
			Indications struct {
				Items struct {
					Enum []limits.Indication `json:"enum"`
				} `json:"items"`
			} `json:"indications"`
		} `json:"properties"`
	}
	if err := json.Unmarshal(clinic.SchemaJSON(), &schema); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(limits.AllIndications(), schema.Properties.Indications.Items.Enum); diff != "" {
		t.Errorf("indications (-code +schema):\n%s", diff)
	}
}

func TestSchemaHasTheFormsOfTheChecker(t *testing.T) {
	text := string(clinic.SchemaJSON())
	for _, form := range clinic.Forms() {
		quoted, _ := json.Marshal(form.Pattern)
		if !strings.Contains(text, string(quoted)) {
			t.Errorf("the schema has no %s", quoted)
		}
		re := regexp.MustCompile(form.Pattern)
		rapid.Check(t, func(t *rapid.T) {
			s := rapid.OneOf(rapid.StringMatching(form.Pattern), rapid.StringMatching(`[A-Fa-f0-9_.-]{0,20}`), rapid.StringMatching(`[a-zA-Z0-9]{60,70}`), rapid.String()).Draw(t, "text") +
				rapid.SampledFrom([]string{"", "", "a", "G", "_", " ", "\n"}).Draw(t, "more")
			if got, want := form.Fits(s), re.MatchString(s); got != want {
				t.Fatalf("%q fits: %v, but by %s %v", s, got, form.Pattern, want)
			}
		})
	}
	if !strings.Contains(text, fmt.Sprintf(`"const": %q`, clinic.Format)) || strings.Count(text, fmt.Sprintf(`"maxLength": %d`, clinic.MaxName)) != 2 || clinic.MaxID != clinic.MaxName {
		t.Errorf("the schema has another length or format")
	}
}
