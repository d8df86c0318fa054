package live_test

import (
	"testing"

	"penlog/cmd/internal/campaign/script"
)

// brief is a scenario of a few seconds, with steps as a file has them.
func brief(t *testing.T, steps string) *script.Script {
	t.Helper()
	if steps == "" {
		steps = "  - do: [touch]\n"
	}
	return scenario(t, "brief", `format: penlog-scenario/1
title: A few seconds
hazards: [S2]
pen: reference
hand: careful
for: 9s
technician: arms
treat:
  - cheek acne_scar_rolling 1.25mm 1 passes
steps:
`+steps)
}
