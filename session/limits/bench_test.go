package limits_test

import (
	"testing"

	"penlog/session/limits"
)

// Loading happens once, before the agent is ready.
func BenchmarkLoad(b *testing.B) {
	data := limits.DefaultYAML()
	for b.Loop() {
		if _, err := limits.Load("limits.yaml", data); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAsk(b *testing.B) {
	table, r := limits.Default(), roomy()
	for b.Loop() {
		if v := table.Ask(r); v.Refused {
			b.Fatal(v.Words())
		}
	}
}
