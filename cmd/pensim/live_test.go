package main

import (
	"os"
	"strings"
	"testing"

	"penlog/cmd/internal/campaign"
)

// Who copies the clinic from the README has the one of the virtual world.
func TestTheREADMEHasTheClinicOfScenarios(t *testing.T) {
	b, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(b), "```yaml\n"+campaign.ClinicYAML+"```\n") {
		t.Errorf("the README's clinic for pensim run --ready-file is not\n%s", campaign.ClinicYAML)
	}
}
