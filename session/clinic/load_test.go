package clinic_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"penlog/session/clinic"
	"penlog/session/limits/strictyaml/yamltest"
)

// slips are changes to testdata/small.yaml that a person could make. Each must be
// refused; what is said is in testdata/slips.golden.
var slips = []struct{ name, old, new string }{
	{"no version", "version: small\n", ""},
	{"version is a number", "version: small", "version: 1"},
	{"another format", "penlog-clinic/1", "penlog-limits/1"},
	{"name too long", "clinic: Skin and Laser", "clinic: " + strings.Repeat("µ", 65)},
	{"blank room", "room: Room 2", "room: ' '"},
	{"room is a number", "room: Room 2", "room: 2"},
	{"alias with capitals", "pen_alias: pen-2", "pen_alias: Pen-2"},
	{"alias too long", "pen_alias: pen-2", "pen_alias: " + strings.Repeat("p", 17)},
	{"alias with a space", "pen_alias: pen-2", "pen_alias: pen 2"},
	{"unknown mode", "[guarded, manual]", "[guarded, manuel]"},
	{"mode none", "[guarded, manual]", "[none]"},
	{"mode twice", "[guarded, manual]", "[guarded, guarded]"},
	{"no modes", "[guarded, manual]", "[]"},
	{"unknown indication", "fine_lines]", "fine_line]"},
	{"no indications", "[acne_scar_rolling, fine_lines]", "[]"},
	{"unknown role", "role: clinician", "role: doctor"},
	{"role none", "role: clinician", "role: none"},
	{"no role", ", role: clinician", ""},
	{"no id", "{id: dr-okafor, ", "{"},
	{"empty id", "id: dr-okafor", "id: ''"},
	{"blank id", "id: dr-okafor", "id: ' '"},
	{"id is a number", "id: dr-okafor", "id: 17"},
	{"id too long", "id: dr-okafor", "id: " + strings.Repeat("d", 65)},
	{"id too long in bytes", "id: dr-okafor", "id: " + strings.Repeat("é", 33)},
	{"id with a line break", "id: dr-okafor", `id: "dr\nokafor"`},
	{"id with a joiner", "id: dr-okafor", "id: dr\u200dokafor"},
	{"id with a space at the end", "id: dr-okafor", "id: 'dr-okafor '"},
	{"id of the agent", "id: dr-okafor", "id: agent"},
	{"id of nobody", "id: dr-okafor", "id: Unnamed"},
	{"id twice", "id: dr-okafor", "id: mira"},
	{"id twice but for a capital", "id: dr-okafor", "id: Mira"},
	{"nobody", "people:\n  - {id: mira, name: Mira Holm, role: technician}\n  - {id: dr-okafor, role: clinician}\n", "people: []\n"},
	{"two as a word", "two_for_an_override: true", "two_for_an_override: always"},
	{"unknown button", "button: pause", "button: stop"},
	{"usb as a number", `pid: "7523"`, "pid: 7523"},
	{"usb that reads as octal", `vid: "0403"`, "vid: 0403"},
	{"usb with a prefix", `vid: "0403"`, `vid: "0x0403"`},
	{"usb with capitals", `vid: "1a86"`, `vid: "1A86"`},
	{"usb twice", `{vid: "0403", pid: "6001"}`, `{vid: "1a86", pid: "7523"}`},
	{"usb without a pid", `{vid: "0403", pid: "6001"}`, `{vid: "0403"}`},
	{"unknown key", "two_for_an_override: true", "two_for_override: true"},
	{"key twice", "button: pause\n", "button: pause\nbutton: nothing\n"},
	{"merge key", "  - {id: mira, name", "  - {<<: {id: x}, name"},
	{"second document", "people:", "---\npeople:"},
}

func TestSlipsAreRefusedWhereTheyStand(t *testing.T) {
	var b strings.Builder
	for _, s := range slips {
		text := patch(t, string(small(t)), s.old, s.new)
		b.WriteString("# " + s.name + "\n" + refused(t, s.name, "clinic.yaml", []byte(text)) + "\n\n")
	}
	golden(t, "slips.golden", b.String())
}

func TestHostileFilesAreRefused(t *testing.T) {
	var b strings.Builder
	for _, path := range yamltest.Hostile(t, "testdata/hostile", 4) {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		b.WriteString(refused(t, path, filepath.Base(path), data) + "\n\n")
	}
	golden(t, "hostile.golden", b.String())
	// What is no YAML of ours at all, or a file of another kind.
	for _, path := range yamltest.Hostile(t, "../limits/testdata/hostile", 25) {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		refused(t, path, filepath.Base(path), data)
	}
}

func TestBuiltInSettingsAreTheFileAsAnyClinicWouldLoadIt(t *testing.T) {
	c := load(t, string(clinic.DefaultYAML()))
	if c.Hash() != clinic.Default().Hash() || c.Version() != "builtin-1" || !c.Loaded() {
		t.Errorf("Load gives %s %s, the built-in settings are %s", c.Version(), c.Hash(), clinic.Default().Hash())
	}
}

// The example in the comment of the built-in file is one that can be copied.
func TestTheExampleInTheBuiltInFileLoads(t *testing.T) {
	_, example, _ := strings.Cut(string(clinic.DefaultYAML()), "# A clinic's file may say:\n#\n")
	example, _, _ = strings.Cut(example, "\n\n")
	text := bare
	for line := range strings.Lines(example + "\n") {
		text += strings.TrimPrefix(line, "#   ")
	}
	c := load(t, text)
	if c.Role("dr-okafor") != clinic.Clinician || !c.Allows("manual") || !c.SecondPerson() || len(c.USB()) != 1 || c.PenAlias() != "pen-2" {
		t.Errorf("the example says something else:\n%s", text)
	}
}

func TestAllProblemsComeAtOnceInFileOrder(t *testing.T) {
	text := string(small(t))
	for _, p := range [][2]string{{"version: small", "version: 2"}, {"manual]", "manuel]"}, {"id: dr-okafor", "id: agent"}, {"button: pause", "button: stop"}} {
		text = patch(t, text, p[0], p[1])
	}
	_, err := clinic.Load("room2.yaml", []byte(text))
	var fe *clinic.FileError
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
	if got, want := strings.Join(paths, " "), "version modes.1 people.1.id button"; got != want {
		t.Errorf("problems at %s\nwant %s", got, want)
	}
}

// refused loads a file that must be refused, and returns what was said.
func refused(t *testing.T, what, name string, data []byte) string {
	t.Helper()
	return yamltest.Refused(t, clinic.Load, what, name, data)
}
