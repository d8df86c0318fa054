package cartridge_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"penlog/session/cartridge"
)

// slips are changes to the built-in file that a person could make. Each must be
// refused; what is said is in testdata/slips.golden.
var slips = []struct{ name, old, new string }{
	// Numbers.
	{"GTIN without quotes", `gtin: "0200000000011"`, `gtin: 0200000000011`},
	{"GTIN with a slipped digit", `gtin: "0200000000011"`, `gtin: "0200000000021"`},
	{"GTIN with digits swapped", `gtin: "0200000000028"`, `gtin: "0200000000082"`},
	{"GTIN cut short", `gtin: "0200000000011"`, `gtin: "020000000001"`},
	{"GTIN too short for any", `gtin: "0200000000011"`, `gtin: "02000000011"`},
	{"GTIN with spaces", `gtin: "0200000000011"`, `gtin: "0 200000 000011"`},
	{"GTIN as printed", `gtin: "0200000000011"`, `gtin: "(01)00200000000011"`},
	{"GTIN of noughts", `gtin: "0200000000011"`, `gtin: "0000000000000"`},
	{"GTIN empty", `gtin: "0200000000011"`, `gtin: ""`},
	{"GTIN twice", `gtin: "0200000000028"`, `gtin: "0200000000011"`},
	{"GTIN twice, once with 14 digits", `gtin: "0200000000028"`, `gtin: "00200000000011"`},
	{"real GTIN of a simulated cartridge", `gtin: "0200000000011"`, `gtin: "9506000134352"`},
	{"carton's GTIN of a simulated cartridge", `gtin: "0200000000011"`, `gtin: "10200000000018"`},
	// Lengths.
	{"length is a float", "    length: 1.5 mm", "    length: 1.5"},
	{"length with a slipped point", "    length: 1.5 mm", "    length: 15 mm"},
	{"length just too long", "    length: 1.5 mm", "    length: 3001 µm"},
	{"length with a comma", "    length: 1.5 mm", "    length: 1,5 mm"},
	{"length nought", "    length: 1.5 mm", "    length: 0 mm"},
	{"length negative", "    length: 1.5 mm", "    length: -1.5 mm"},
	{"length unknown in words", "    length: 1.5 mm", "    length: unknown"},
	{"length null", "    length: 1.5 mm", "    length: ~"},
	{"length in inches", "    length: 1.5 mm", "    length: 0.06 in"},
	// Needles.
	{"needles without quotes", `    needles: "14"`, "    needles: 14"},
	{"needles nought", `    needles: "14"`, `    needles: "0"`},
	{"needles with a nought before them", `    needles: "14"`, `    needles: "014"`},
	{"needles by the thousand", `    needles: "14"`, `    needles: "1400"`},
	{"needles, two numbers", `    needles: "14"`, `    needles: "12 / 14"`},
	{"needles with a word", `    needles: "14"`, "    needles: 14 pins"},
	{"needles negative", `    needles: "14"`, `    needles: "-14"`},
	// Codes and words.
	{"code twice", "  - code: exceed_unlimited\n", "  - code: exceed\n"},
	{"code in capitals", "  - code: exceed\n", "  - code: Exceed\n"},
	{"code with a space", "  - code: exceed\n", "  - code: ex ceed\n"},
	{"code too long", "  - code: exceed\n", "  - code: e" + strings.Repeat("x", 40) + "\n"},
	{"no code", "  - code: exceed\n    name:", "  - name:"},
	{"no name", "    name: Exceed cartridge, 6 needles of 1.5 mm\n", ""},
	{"name of a space", "    name: Exceed cartridge, 6 needles of 1.5 mm\n", "    name: \" \"\n"},
	{"maker empty", "    maker: Dermalogica\n", "    maker: \"\"\n"},
	{"maker is a list", "    maker: Dermalogica\n", "    maker: [Dermalogica]\n"},
	{"confidence in words", "    confidence: H\n", "    confidence: high\n"},
	{"no confidence", "    confidence: H\n", ""},
	{"simulated as a word", "    simulated: true\n", "    simulated: yes\n"},
	{"no basis", "    basis: 6 needles, 1.5 mm long, 0.35 mm gauge; K233709\n", ""},
	{"endless basis", "    basis: 6 needles,", "    basis: 6 needles," + strings.Repeat(" very long", 60)},
	// Pens.
	{"no pens", "    pens:\n      - {vendor: Rejuvapen, model: NXT}\n", ""},
	{"empty pens", "    pens:\n      - {vendor: Rejuvapen, model: NXT}\n", "    pens: []\n"},
	{"pen without a vendor", "{vendor: Rejuvapen, model: NXT}", "{model: NXT}"},
	{"pen with an empty model", "{vendor: Rejuvapen, model: NXT}", `{vendor: Rejuvapen, model: ""}`},
	{"pen twice", "{vendor: Bellus, model: SkinPen Precision}", "{vendor: crown, model: skinpen  precision}"},
	{"vendor twice", "      - {vendor: Rejuvapen, model: NXT}\n", "      - {vendor: Rejuvapen}\n      - {vendor: REJUVAPEN}\n"},
	{"pen as text", "{vendor: Rejuvapen, model: NXT}", "Rejuvapen NXT"},
	{"unknown key of a pen", "{vendor: Rejuvapen, model: NXT}", "{vendor: Rejuvapen, modle: NXT}"},
	// Sources.
	{"no sources", "    sources: [SIM]\n", ""},
	{"empty sources", "    sources: [SIM]\n", "    sources: []\n"},
	{"source not explained", "    sources: [V7, F*]\n", "    sources: [V99, F*]\n"},
	{"source twice", "    sources: [V7, F*]\n", "    sources: [V7, V7]\n"},
	{"source without words", "  V8: dralek.co.za\n", "  V8: \" \"\n"},
	{"source tag misspelt", "  V8: dralek", "  v8: dralek"},
	// Keys and the rest.
	{"unknown key", "    length: 1.5 mm", "    lenght: 1.5 mm"},
	{"unknown key at the top", "\ncartridges:\n", "\nnote: x\ncartridges:\n"},
	{"key twice", "    length: 1.5 mm\n", "    length: 1.5 mm\n    length: 1.0 mm\n"},
	{"no version", "version: builtin-1\n", ""},
	{"version is a number", "version: builtin-1\n", "version: 2\n"},
	{"version with a space", "version: builtin-1\n", "version: clinic A\n"},
	{"another format", "penlog-cartridges/1", "penlog-cartridges/2"},
	{"a limits file's format", "penlog-cartridges/1", "penlog-limits/1"},
	{"indentation", "    length: 1.5 mm", "   length: 1.5 mm"},
	{"directive", "# Cartridges: the", "%YAML 1.1\n---\n# Cartridges: the"},
	{"second document", "\nsources:\n", "\n---\nsources:\n"},
}

func TestSlipsAreRefusedWhereTheyStand(t *testing.T) {
	var b strings.Builder
	for _, s := range slips {
		text := patch(t, string(cartridge.DefaultYAML()), s.old, s.new)
		c, err := cartridge.Load("cartridges.yaml", []byte(text))
		var fe *cartridge.FileError
		if c != nil || !errors.As(err, &fe) {
			t.Errorf("%s: Load() = %v, %v", s.name, c, err)
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
func checkProblem(t *testing.T, name, text string, p *cartridge.Problem) {
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
		data := read(t, path)
		c, err := cartridge.Load(filepath.Base(path), []byte(data))
		var fe *cartridge.FileError
		if c != nil || !errors.As(err, &fe) {
			t.Errorf("%s: Load() = %v, %v", path, c, err)
			continue
		}
		b.WriteString(err.Error() + "\n\n")
		for _, p := range fe.Problems {
			checkProblem(t, path, data, p)
		}
	}
	golden(t, "hostile_yaml.golden", b.String())
}

func TestAllProblemsComeAtOnceInFileOrder(t *testing.T) {
	text := string(cartridge.DefaultYAML())
	for _, p := range [][2]string{
		{"version: builtin-1", "version: 2"},
		{`    needles: "14"`, "    needles: many"},
		{"    length: 1.5 mm", "    length: 15 mm"},
		{`gtin: "0200000000011"`, `gtin: "0200000000012"`},
	} {
		text = patch(t, text, p[0], p[1])
	}
	_, err := cartridge.Load("clinic.yaml", []byte(text))
	var fe *cartridge.FileError
	if !errors.As(err, &fe) {
		t.Fatalf("Load() = %v", err)
	}
	var paths []string
	for _, p := range fe.Problems {
		paths = append(paths, p.Path)
	}
	want := "version cartridges.0.needles cartridges.1.length cartridges.12.gtin"
	if got := strings.Join(paths, " "); got != want {
		t.Errorf("problems at %s\nwant       %s", got, want)
	}
}

func TestBuiltInCatalogueIsTheFileAsAnyClinicWouldLoadIt(t *testing.T) {
	if got, want := cartridge.Default().Hash(), reload(t, string(cartridge.DefaultYAML())).Hash(); got != want {
		t.Errorf("Default().Hash() = %s, Load gives %s", got, want)
	}
	text := cartridge.DefaultYAML()
	text[0] = 'x'
	if cartridge.DefaultYAML()[0] == 'x' || cartridge.SchemaJSON()[0] != '{' {
		t.Error("the built-in file is the caller's to change")
	}
}

func TestFileWithWindowsLineEndsAndBOMIsRead(t *testing.T) {
	text := "\ufeff" + strings.ReplaceAll(string(cartridge.DefaultYAML()), "\n", "\r\n")
	if got, want := reload(t, text).Hash(), cartridge.Default().Hash(); got != want {
		t.Errorf("Hash() = %s, want %s", got, want)
	}
}

// A clinic adds the number from its packs, and the scan tells the cartridge.
func TestClinicAddsWhatItsPacksSay(t *testing.T) {
	text := patch(t, string(cartridge.DefaultYAML()), "    name: SkinPen Precision", "    gtin: \"9506000134352\"\n    length: 2500um\n    name: SkinPen Precision")
	c := reload(t, patch(t, text, "builtin-1", "clinic-7"))
	m, ok := c.ByGTIN(parse(t, "]d201"+gtin+"10L").GTIN)
	if !ok || m.Code != "skinpen_precision" || m.Length != 2500 || c.Version() != "clinic-7" {
		t.Errorf("ByGTIN() = %+v, %v", m, ok)
	}
	if d, ok := c.Shortest("Crown", "SkinPen Precision"); d != 2500 || !ok {
		t.Errorf("Shortest() = %v, %v", d, ok)
	}
}
