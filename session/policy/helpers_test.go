package policy_test

import (
	"flag"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"penlog/session/limits/strictyaml/yamltest"
	"penlog/session/policy"
)

var update = flag.Bool("update", false, "write the golden files")

type failer interface {
	Helper()
	Fatalf(string, ...any)
}

func load(t failer, text string) *policy.Policy {
	t.Helper()
	p, err := policy.Load("test.yaml", []byte(text))
	if err != nil {
		t.Fatalf("Load() = %v\n%s", err, text)
	}
	return p
}

// small is a sound file that holds everything a file can hold.
func small(t testing.TB) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/small.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func suite(t testing.TB) *yamltest.Suite {
	t.Helper()
	return yamltest.Suite{
		Schema: policy.SchemaJSON(), Raw: policy.RawType(), Small: small(t),
		Load: func(name string, data []byte) error { _, err := policy.Load(name, data); return err },
	}.New(t)
}

// golden holds got against a file in testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := "testdata/" + name
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

// patch replaces the first occurrence of old, which must be there.
func patch(t *testing.T, text, old, new string) string {
	t.Helper()
	return yamltest.Patch(t, text, old, new)
}
