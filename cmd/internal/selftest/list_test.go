package selftest_test

import (
	"testing"

	"penlog/cmd/internal/selftest"
)

// Each mutation fits the source as it is now, at one place, and compiles.
func TestEveryMutationFitsTheSource(t *testing.T) {
	t.Logf("%d mutations", len(selftest.List()))
	if err := selftest.Compiles(t.Context(), "", selftest.List()); err != nil {
		t.Error(err)
	}
}

func TestNamesAreNamesOfOne(t *testing.T) {
	seen := map[string]bool{}
	for _, m := range selftest.List() {
		if seen[m.Name] {
			t.Errorf("two mutations are %q", m.Name)
		}
		seen[m.Name] = true
	}
}
