package report_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"penlog/cmd/internal/campaign/report"
	"penlog/sim"
)

// Whatever fault exposure is put down to has hazards that HAZARDS.md has, by what it is.
func TestRiskNamesItsHazards(t *testing.T) {
	text, err := os.ReadFile("../../../../session/HAZARDS.md")
	if err != nil {
		t.Fatal(err)
	}
	there := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^\| ([A-Z][0-9]+) \|`).FindAllStringSubmatch(string(text), -1) {
		there[m[1]] = true
	}
	all := []string{"wrong zone", "stopping", "override", "a pen that nobody stops", "without a permit", "another zone than before", "above the limit of the zone"}
	for _, f := range sim.Faults() {
		all = append(all, f.Name)
	}
	for _, why := range all {
		x := report.RiskOf(why)
		if x.About == "" || x.Hazards == "" {
			t.Errorf("%s: %+v", why, x)
		}
		for _, h := range strings.Fields(x.Hazards) {
			if !there[h] {
				t.Errorf("%s names the hazard %s, which HAZARDS.md has not", why, h)
			}
		}
	}
	for why, want := range map[string]string{"lies": "S5", "contact-on": "A4 Z6", "deep": "D1 D3", "sensor-bias": "D3", "jitter": "L1 D2", "wrong zone": "Z1", "no such": "–"} {
		if got := report.RiskOf(why).Hazards; got != want {
			t.Errorf("%s is of %s, want %s", why, got, want)
		}
	}
}
