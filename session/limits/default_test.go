package limits_test

import (
	"testing"

	"penlog/session/limits"
)

func TestBuiltInTableIsTheFileAsAnyClinicWouldLoadIt(t *testing.T) {
	loaded, err := limits.Load(limits.DefaultName, limits.DefaultYAML())
	if err != nil {
		t.Fatal(err) // the schema included
	}
	if got, want := limits.Default().Hash(), loaded.Hash(); got != want {
		t.Errorf("Default().Hash() = %s, Load gives %s", got, want)
	}
}
