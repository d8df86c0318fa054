package label_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"penlog/session/label"
	"penlog/session/limits/strictyaml/yamltest"
)

// slips are changes to testdata/small.yaml that a person could make. Each must be
// refused; what is said is in testdata/slips.golden.
var slips = []struct{ name, old, new string }{
	{"no version", "version: small\n", ""},
	{"another format", "penlog-labels/1", "penlog-cartridges/1"},
	{"no labels", "labels:\n", "label:\n"},
	{"code twice", "code: two", "code: one"},
	{"code with a capital", "code: two", "code: Two"},
	{"pen twice", "[{vendor: Maker, model: Two}]", "[{vendor: Maker, model: Two}, {vendor: Maker, model: Two}]"},
	{"pen of another entry, written otherwise", "model: Two", "model: ' ONE'"},
	{"no pens", "pens: [{vendor: Maker, model: Two}]", "pens: []"},
	{"pen without a model", "{vendor: Maker, model: Two}", "{vendor: Maker}"},
	{"depth without a unit", "max: 2.0 mm", "max: '2.0'"},
	{"depth as a number", "max: 2.0 mm", "max: 2.0"},
	{"slipped point", "max: 2.0 mm", "max: 20 mm"},
	{"deeper than the device", "max: 1.5 mm", "max: 2.25 mm"},
	{"unknown indication", "[fine_lines, laxity]", "[fine_line, laxity]"},
	{"no indications", "[fine_lines, laxity]", "[]"},
	{"indication twice", "[fine_lines, laxity]", "[laxity, laxity]"},
	{"unknown zone", "zones: [neck]", "zones: [nek]"},
	{"no zones", "zones: [neck]", "zones: []"},
	{"phototype as a number", "[I, II]", "[1, 2]"},
	{"unknown phototype", "[I, II]", "[I, VII]"},
	{"age without a unit", "22 years", "22"},
	{"age of a century", "22 years", "122 years"},
	{"age zero", "22 years", "0 years"},
	{"unknown label", "covers: neck_wrinkles", "covers: face_wrinkles"},
	{"label none", "covers: neck_wrinkles", "covers: none"},
	{"no clearance", "clearance: K1, ", ""},
	{"clearance in words", "clearance: K1", "clearance: K1; see below"},
	{"source that is not explained", "sources: [B*]", "sources: [C]"},
	{"no sources", "sources: [B*]", "sources: []"},
	{"empty name", "name: Pen Two", "name: ' '"},
	{"unknown confidence", "confidence: L", "confidence: low"},
	{"more as a word", "more: true", "more: perhaps"},
	{"unknown key", "more: true", "max_depth: 2.0 mm"},
	{"key twice", "    more: true\n", "    more: true\n    more: false\n"},
	{"merge key", "{vendor: Maker, model: Two}", "{<<: {vendor: Maker}, model: Two}"},
	{"second document", "sources:\n  A:", "---\nsources:\n  A:"},
}

func TestSlipsAreRefusedWhereTheyStand(t *testing.T) {
	var b strings.Builder
	for _, s := range slips {
		text := patch(t, string(small(t)), s.old, s.new)
		b.WriteString("# " + s.name + "\n" + refused(t, s.name, "labels.yaml", []byte(text)) + "\n\n")
	}
	golden(t, "slips.golden", b.String())
}

// What is no YAML of ours at all, or a file of another kind.
func TestHostileFilesAreRefused(t *testing.T) {
	for _, folder := range []string{"limits", "policy", "clinic"} {
		files, err := filepath.Glob("../" + folder + "/testdata/hostile/*.yaml")
		if err != nil || len(files) < 4 {
			t.Fatalf("found %d hostile files of %s, %v", len(files), folder, err)
		}
		for _, path := range files {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			refused(t, path, filepath.Base(path), data)
		}
	}
}

func TestBuiltInLabelsAreTheFileAsAnyClinicWouldLoadIt(t *testing.T) {
	c := load(t, string(label.DefaultYAML()))
	if c.Hash() != label.Default().Hash() || c.Version() != "builtin-1" {
		t.Errorf("Load gives %s %s, the built-in labels are %s", c.Version(), c.Hash(), label.Default().Hash())
	}
}

func TestAllProblemsComeAtOnceInFileOrder(t *testing.T) {
	text := string(small(t))
	for _, p := range [][2]string{{"version: small", "version: ''"}, {"max: 1.5 mm", "max: 2.25 mm"}, {"age_from: 34 years", "age_from: 34"}, {"confidence: L", "confidence: low"}} {
		text = patch(t, text, p[0], p[1])
	}
	_, err := label.Load("labels.yaml", []byte(text))
	var fe *label.FileError
	if !errors.As(err, &fe) {
		t.Fatalf("Load() = %v", err)
	}
	var paths []string
	for _, p := range fe.Problems {
		paths = append(paths, p.Path)
		if p.Remedy == "" {
			t.Errorf("%v has no remedy", p)
		}
	}
	if got, want := strings.Join(paths, " "), "version labels.0.uses.0.max labels.0.uses.1.age_from labels.1.confidence"; got != want {
		t.Errorf("problems at %s\nwant %s", got, want)
	}
}

// refused loads a file that must be refused, and returns what was said.
func refused(t *testing.T, what, name string, data []byte) string {
	t.Helper()
	return yamltest.Refused(t, label.Load, what, name, data)
}
