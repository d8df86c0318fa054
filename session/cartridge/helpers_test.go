package cartridge_test

import (
	"flag"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"penlog/session/cartridge"
	"penlog/session/limits/strictyaml/yamltest"
)

var update = flag.Bool("update", false, "write the golden files")

func reload(t *testing.T, text string) *cartridge.Catalogue {
	t.Helper()
	c, err := cartridge.Load("f.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func read(t testing.TB, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// gs is what scanners send for FNC1.
const gs = "\x1d"

// gtin is GS1's own example.
const gtin = "09506000134352"

var today = cartridge.Date{Year: 2026, Month: 11, Day: 23}

func parse(t *testing.T, raw string) cartridge.Scan {
	t.Helper()
	s, err := cartridge.Parse(raw, today)
	if err != nil {
		t.Fatalf("Parse(%q): %v", raw, err)
	}
	return s
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
