package limits_test

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"penlog/session/limits"
	"penlog/session/limits/strictyaml/yamltest"
)

var update = flag.Bool("update", false, "write the golden files")

// section cuts out the lines of one key at two spaces, e.g. "  scalp:\n … ".
func section(t *testing.T, text, key string) string {
	t.Helper()
	start := strings.Index(text, "\n  "+key+":\n")
	if start < 0 {
		t.Fatalf("the file has no %q", key)
	}
	start++
	end := start
	for i, line := range strings.SplitAfter(text[start:], "\n") {
		if i > 0 && !strings.HasPrefix(line, "    ") {
			break
		}
		end += len(line)
	}
	return text[start:end]
}

// without is the built-in file with one zone taken out of it: its limits, from
// every list, and the indication that is only for it.
func without(t *testing.T, zone string) string {
	t.Helper()
	text := string(limits.DefaultYAML())
	text = patch(t, text, section(t, text, zone), "")
	text = patch(t, text, section(t, text, "alopecia"), "")
	return strings.ReplaceAll(text, ", "+zone+",", ",")
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
