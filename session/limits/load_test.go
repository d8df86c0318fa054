package limits_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"penlog/session/limits"
)

// slips are changes to the built-in file that a person could make. Each must be
// refused; what is said is in testdata/slips.golden.
var slips = []struct{ name, old, new string }{
	// Depths.
	{"float", "    limit: 1.5 mm", "    limit: 1.5"},
	{"integer", "    limit: 1.5 mm", "    limit: 2"},
	{"octal", "    limit: 1.5 mm", "    limit: 010"},
	{"comma", "    limit: 1.5 mm", "    limit: 1,5 mm"},
	{"slipped point", "    limit: 1.5 mm", "    limit: 15 mm"},
	{"no unit", "    limit: 1.5 mm", `    limit: "1.5"`},
	{"metres", "    limit: 1.5 mm", "    limit: 1.5 m"},
	{"negative", "    limit: 1.5 mm", "    limit: -1.5 mm"},
	{"zero", "    limit: 1.5 mm", "    limit: 0 mm"},
	{"too fine", "    limit: 1.5 mm", "    limit: 1.5001 mm"},
	{"part of a micrometre", "    limit: 1.5 mm", "    limit: 1500.5 µm"},
	{"exponent", "    limit: 1.5 mm", "    limit: 1e0 mm"},
	{"not a number", "    limit: 1.5 mm", "    limit: .nan"},
	{"infinite", "    limit: 1.5 mm", "    limit: .inf"},
	{"null", "    limit: 1.5 mm", "    limit: ~"},
	{"no value", "    limit: 1.5 mm", "    limit:"},
	{"list", "    limit: 1.5 mm", "    limit: [1.5 mm]"},
	{"boolean", "    limit: 1.5 mm", "    limit: true"},
	{"huge", "    limit: 1.5 mm", "    limit: 99999999999999999999 mm"},
	// Tiers.
	{"typical upside down", "{from: 1.0 mm, to: 1.5 mm}", "{from: 1.5 mm, to: 1.0 mm}"},
	{"typical above limit", "{from: 1.0 mm, to: 1.5 mm}", "{from: 1.0 mm, to: 1.6 mm}"},
	{"limit above override limit", "    limit: 1.5 mm", "    limit: 2.1 mm"},
	{"override limit above hard stop", "    override_limit: 2.0 mm", "    override_limit: 2.6 mm"},
	{"zone limit above its override limit", "    limit: 0.5 mm\n    override_limit: 1.0 mm\n    bony", "    limit: 1.0 mm\n    override_limit: 0.9 mm\n    bony"},
	{"hard stop above 2.5", "  value: 2.5 mm\n", "  value: 2.501 mm\n"},
	{"hard stop below the limits", "  value: 2.5 mm\n", "  value: 1.9 mm\n"},
	{"tolerance too wide", "  value: 150 µm", "  value: 151 µm"},
	// Bone.
	{"bony zone too deep", "  forehead:\n    limit: 1.0 mm", "  forehead:\n    limit: 1.01 mm"},
	{"bony flag gone", "    bony: true\n    basis: cheekbone", "    basis: cheekbone"},
	{"bony flag false", "    bony: true\n    basis: cheekbone", "    bony: false\n    basis: cheekbone"},
	{"bony flag gone and too deep", "    limit: 1.0 mm\n    override_limit: 1.5 mm\n    bony: true\n    basis: cheekbone", "    limit: 1.2 mm\n    override_limit: 1.5 mm\n    basis: cheekbone"},
	{"marked bony, too deep", "  cheek:\n", "  cheek:\n    bony: true\n"},
	{"spine too deep", "{site: spine, limit: 1.0 mm, override_limit: 1.0 mm", "{site: spine, limit: 1.1 mm, override_limit: 1.1 mm"},
	{"spine gone", "      - {site: spine, limit: 1.0 mm, override_limit: 1.0 mm, note: over bone, sources: [M]}\n", ""},
	// Sources.
	{"no sources", "    sources: [P9]\n", ""},
	{"empty sources", "    sources: [P9]\n", "    sources: []\n"},
	{"source not explained", "    sources: [P9]\n", "    sources: [P99]\n"},
	{"source twice", "    sources: [P9]\n", "    sources: [P9, P9]\n"},
	{"source without words", "  P9: Faghihi et al., J Cosmet Dermatol 2021;20:1241\n", "  P9: \" \"\n"},
	{"source tag misspelt", "  P9: Faghihi", "  p9: Faghihi"},
	// Zones and indications.
	{"unknown zone offered", "    zones: [scalp]", "    zones: [sclap]"},
	{"nothing offered", "    zones: [scalp]", "    zones: []"},
	{"zone offered twice", "    zones: [scalp]", "    zones: [scalp, scalp]"},
	{"zone none offered", "    zones: [scalp]", "    zones: [none]"},
	{"unknown zone", "\n  knee_shin:\n", "\n  knee-shin:\n"},
	{"unknown indication", "\n  laxity:\n", "\n  laxety:\n"},
	{"wrong case", "\n  laxity:\n", "\n  Laxity:\n"},
	{"evaluated where not offered", "      zones: [forehead, glabella, temple, nose,", "      zones: [periorbital, forehead, glabella, temple, nose,"},
	{"evaluated above hard stop", "      bound: 1.5 mm", "      bound: 2.6 mm"},
	// Exceptions.
	{"exception without a condition", "{site: nose_ala_sidewall, value: 1.5 mm", "{value: 1.5 mm"},
	{"exception with two", "{site: nose_ala_sidewall, value: 1.5 mm", "{site: nose_ala_sidewall, label: neck_wrinkles, value: 1.5 mm"},
	{"exception of another zone", "{site: nose_ala_sidewall, value: 1.5 mm", "{site: spine, value: 1.5 mm"},
	{"exception that raises nothing", "{site: nose_ala_sidewall, value: 1.5 mm", "{site: nose_ala_sidewall, value: 0.75 mm"},
	{"exception above hard stop", "{site: nose_ala_sidewall, value: 1.5 mm", "{site: nose_ala_sidewall, value: 2.6 mm"},
	{"exception twice", "      - {site: nose_ala_sidewall,", "      - {site: nose_ala_sidewall, value: 1.2 mm, note: x, sources: [M]}\n      - {site: nose_ala_sidewall,"},
	{"unknown label", "{label: neck_wrinkles, value: 2.5 mm, zones", "{label: neck_wrinkle, value: 2.5 mm, zones"},
	{"lower site above its zone", "{site: inner_arm, limit: 1.0 mm, override_limit: 1.0 mm", "{site: inner_arm, limit: 1.6 mm, override_limit: 2.1 mm"},
	{"lower site upside down", "{site: inner_arm, limit: 1.0 mm, override_limit: 1.0 mm", "{site: inner_arm, limit: 1.0 mm, override_limit: 0.9 mm"},
	{"lower site of another zone", "{site: inner_arm, limit", "{site: scapula, limit"},
	{"indication's exception for a zone not offered", "value: 2.5 mm, zones: [neck]", "value: 2.5 mm, zones: [scalp]"},
	{"unknown indication in scope", "indications: [fine_lines]", "indications: [fine_line]"},
	// Keys and the rest.
	{"unknown key", "    override_limit: 2.0 mm", "    overide_limit: 2.0 mm"},
	{"unknown key at the top", "\nhard_stop:", "\nnote: x\nhard_stop:"},
	{"key twice", "    limit: 1.5 mm\n", "    limit: 1.5 mm\n    limit: 1.4 mm\n"},
	{"no version", "version: builtin-1\n", ""},
	{"version is a number", "version: builtin-1\n", "version: 2\n"},
	{"version with a space", "version: builtin-1\n", "version: clinic A\n"},
	{"another format", "penlog-limits/1", "penlog-limits/2"},
	{"confidence unknown", "    confidence: M/H", "    confidence: high"},
	{"off-label as a word", "    off_label: true", "    off_label: maybe"},
	{"no-go twice", "{code: eye, name: eye,", "{code: nostril, name: eye,"},
	{"no-go code with a space", "{code: eye, name", "{code: the eye, name"},
	{"endless words", "    basis: soft cheek;", "    basis: soft cheek;" + strings.Repeat(" very soft", 60)},
	{"indentation", "    override_limit: 2.0 mm", "   override_limit: 2.0 mm"},
	{"directive", "# Needle depth limits", "%YAML 1.1\n---\n# Needle depth limits"},
	{"second document", "\nzones:\n", "\n---\nzones:\n"},
}

func TestSlipsAreRefusedWhereTheyStand(t *testing.T) {
	var b strings.Builder
	for _, s := range slips {
		text := patch(t, string(limits.DefaultYAML()), s.old, s.new)
		table, err := limits.Load("limits.yaml", []byte(text))
		var fe *limits.FileError
		if table != nil || !errors.As(err, &fe) {
			t.Errorf("%s: Load() = %v, %v", s.name, table, err)
			continue
		}
		b.WriteString("# " + s.name + "\n" + err.Error() + "\n\n")
		for _, p := range fe.Problems {
			checkProblem(t, s.name, text, p)
			if p.Path == "" && s.name != "second document" && s.name != "directive" && s.name != "indentation" {
				t.Errorf("%s: %v has no path", s.name, p)
			}
		}
	}
	golden(t, "slips.golden", b.String())
}

// checkProblem holds a problem's place against the text itself.
func checkProblem(t *testing.T, name, text string, p *limits.Problem) {
	t.Helper()
	lines := strings.Split(text, "\n")
	if p.Line < 0 || p.Line > len(lines) || p.Problem == "" || p.File == "" {
		t.Errorf("%s: problem without a place or words: %+v", name, p)
	}
	if p.Line > 0 && utf8.ValidString(text) && p.Column > utf8.RuneCountInString(lines[p.Line-1])+1 {
		t.Errorf("%s: column %d lies beyond line %d %q", name, p.Column, p.Line, lines[p.Line-1])
	}
}

func TestHostileFilesAreRefused(t *testing.T) {
	files, err := filepath.Glob("testdata/hostile/*.yaml")
	if err != nil || len(files) < 25 {
		t.Fatalf("found %d hostile files, %v", len(files), err)
	}
	var b strings.Builder
	for _, path := range files {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		table, err := limits.Load(filepath.Base(path), data)
		var fe *limits.FileError
		if table != nil || !errors.As(err, &fe) {
			t.Errorf("%s: Load() = %v, %v", path, table, err)
			continue
		}
		b.WriteString(err.Error() + "\n\n")
		for _, p := range fe.Problems {
			checkProblem(t, path, string(data), p)
		}
	}
	golden(t, "hostile.golden", b.String())
}

func TestAllProblemsComeAtOnceInFileOrder(t *testing.T) {
	text := string(limits.DefaultYAML())
	for _, p := range [][2]string{
		{"version: builtin-1", "version: 2"},
		{"    override_limit: 2.0 mm", "    overide_limit: 2.0 mm"},
		{"    zones: [scalp]", "    zones: [sclap]"},
		{"\n  knee_shin:\n    limit: 0.75 mm", "\n  knee_shin:\n    limit: 7.5 mm"},
	} {
		text = patch(t, text, p[0], p[1])
	}
	_, err := limits.Load("clinic.yaml", []byte(text))
	var fe *limits.FileError
	if !errors.As(err, &fe) {
		t.Fatalf("Load() = %v", err)
	}
	var paths []string
	last := 0
	for _, p := range fe.Problems {
		if p.Line < last {
			t.Errorf("line %d comes after line %d", p.Line, last)
		}
		last = p.Line
		paths = append(paths, p.Path)
	}
	want := "version indications.acne_scar_icepick.override_limit indications.acne_scar_icepick.overide_limit indications.alopecia.zones.0 zones.knee_shin.limit"
	if got := strings.Join(paths, " "); got != want {
		t.Errorf("problems at %s\nwant       %s", got, want)
	}
	var one *limits.Problem
	if !errors.As(err, &one) || one.Line == 0 || one.Column == 0 || one.Remedy == "" || one.File != "clinic.yaml" {
		t.Errorf("errors.As gives %+v", one)
	}
}

func TestManyProblemsAreCapped(t *testing.T) {
	text := strings.ReplaceAll(string(limits.DefaultYAML()), "limit: 1.0 mm", "limit: 1.0")
	text = strings.ReplaceAll(text, "limit: 1.5 mm", "limit: 1,5 mm")
	_, err := limits.Load("clinic.yaml", []byte(text))
	var fe *limits.FileError
	if !errors.As(err, &fe) || len(fe.Problems) != 25 || fe.Omitted < 1 {
		t.Fatalf("Load() = %v", err)
	}
	if !strings.Contains(err.Error(), "more problems") {
		t.Errorf("the message does not say that there are more")
	}
}

func TestTooLargeFileIsNotRead(t *testing.T) {
	text := string(limits.DefaultYAML()) + strings.Repeat("# padding\n", 30_000)
	_, err := limits.Load("clinic.yaml", []byte(text))
	if err == nil || !strings.Contains(err.Error(), "more than the 262144 that are read") {
		t.Errorf("Load() = %v", err)
	}
}

func TestZoneLeftOutAllowsNothingAndMayNotBeOffered(t *testing.T) {
	table := reload(t, without(t, "scalp"))
	zones, indications := table.Absent()
	if len(zones) != 1 || zones[0] != limits.Scalp || len(indications) != 1 || indications[0] != limits.Alopecia {
		t.Errorf("Absent() = %v, %v", zones, indications)
	}
	if zones, indications := limits.Default().Absent(); zones != nil || indications != nil {
		t.Errorf("the built-in table leaves out %v, %v", zones, indications)
	}
	text := string(limits.DefaultYAML())
	text = patch(t, text, section(t, text, "scalp"), "")
	_, err := limits.Load("clinic.yaml", []byte(text))
	var fe *limits.FileError
	if !errors.As(err, &fe) || len(fe.Problems) != 4 { // surgical scar, burn scar, alopecia, topical delivery
		t.Fatalf("Load() = %v", err)
	}
	for _, p := range fe.Problems {
		if p.Problem != `"scalp" is offered here, but this file has no limits for it` {
			t.Errorf("problem: %v", p)
		}
	}
}

func TestFileWithWindowsLineEndsAndBOMIsRead(t *testing.T) {
	text := "\ufeff" + strings.ReplaceAll(string(limits.DefaultYAML()), "\n", "\r\n")
	if got, want := reload(t, text).Hash(), limits.Default().Hash(); got != want {
		t.Errorf("Hash() = %s, want %s", got, want)
	}
}

func TestClinicMayBeStricter(t *testing.T) {
	text := string(limits.DefaultYAML())
	text = patch(t, text, "version: builtin-1", "version: clinic-7")
	text = patch(t, text, "  cheek:\n    limit: 1.5 mm", "  cheek:\n    limit: 800um")
	v := reload(t, text).Ask(limits.Request{Zone: limits.Cheek, Indication: limits.AcneScarRolling})
	if v.Allowed != 800 || v.TableVersion != "clinic-7" || v.TypicalLow != 500 || v.TypicalHigh != 800 {
		t.Errorf("Ask() = %+v", v)
	}
	if v.TableHash == limits.Default().Hash() || len(v.TableHash) != 64 {
		t.Errorf("TableHash = %q", v.TableHash)
	}
}
