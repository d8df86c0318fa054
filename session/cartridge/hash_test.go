package cartridge_test

import (
	"strings"
	"testing"

	"penlog/session/cartridge"
)

func TestHashIsOfTheMeaning(t *testing.T) {
	plain := read(t, "testdata/small.yaml")
	want := reload(t, plain).Hash()
	if len(want) != 64 || strings.ToLower(want) != want {
		t.Errorf("Hash() = %q, want 64 hex digits", want)
	}
	short := plain[strings.Index(plain, "  - code: short"):strings.Index(plain, "  - code: unknown")]
	for _, tt := range []struct{ name, text string }{
		{"a comment", "# mine\n" + plain},
		{"micrometres", patch(t, plain, "length: 2.5 mm", "length: 2500 µm")},
		{"another zero", patch(t, plain, "length: 2.5 mm", "length: 2.500 mm")},
		{"fourteen digits", patch(t, plain, `"9506000134352"`, `"09506000134352"`)},
		{"order of cartridges", patch(t, patch(t, plain, short, ""), "cartridges:\n", "cartridges:\n"+short)},
		{"order of pens", patch(t, plain, "[{vendor: Pen Works, model: P1}, {vendor: Other}]", "[{vendor: Other}, {vendor: Pen Works, model: P1}]")},
		{"order of sources", patch(t, plain, "[M, P1]", "[P1, M]")},
		{"spaces in words", patch(t, plain, "Of no known length", "Of no   known length")},
		{"simulated written out", patch(t, plain, "    simulated: false\n", "")},
	} {
		if got := reload(t, tt.text).Hash(); got != want {
			t.Errorf("%s changes the hash", tt.name)
		}
	}
}

// Whatever means something is in the hash: a change of it changes the hash.
func TestHashCoversEverything(t *testing.T) {
	plain := read(t, "testdata/small.yaml")
	seen := map[string]string{reload(t, plain).Hash(): "the plain file"}
	for _, tt := range []struct{ old, new string }{
		{"version: small", "version: smaller"},
		{"code: long", "code: longer"},
		{"name: Long", "name: Longer"},
		{"maker: Maker", "maker: Another"},
		{"    maker: Maker\n", ""},
		{`    gtin: "9506000134352"` + "\n", ""},
		{`"9506000134352"`, `"0200000000011"`},
		{"length: 2.5 mm", "length: 2.499 mm"},
		{"    length: 2.5 mm\n", ""},
		{`needles: "12"`, `needles: "13"`},
		{`    needles: "12"` + "\n", ""},
		{`    gtin: "9506000134352"` + "\n    length: 2.5 mm\n" + `    needles: "12"` + "\n    simulated: false", "    simulated: true"},
		{"{vendor: Other}", "{vendor: Others}"},
		{"{vendor: Other}", "{vendor: Other, model: P9}"},
		{", {vendor: Other}", ""},
		{"model: P1", "model: P3"},
		{"confidence: M", "confidence: M/L"},
		{"basis: x", "basis: z"},
		{"sources: [M, P1]", "sources: [M]"},
		{"{M: x, P1: y}", "{M: x, P1: z}"},
		{"{M: x, P1: y}", "{M: x, P1: y, P2: y}"},
	} {
		hash := reload(t, patch(t, plain, tt.old, tt.new)).Hash()
		if was, ok := seen[hash]; ok {
			t.Errorf("%q → %q has the hash of %s", tt.old, tt.new, was)
		}
		seen[hash] = tt.new
	}
}

// The built-in catalogue's canonical form and hash, so that no change of a figure, and
// no change of the form, passes unseen.
func TestCanonicalFormOfTheBuiltInCatalogue(t *testing.T) {
	golden(t, "canonical.golden", cartridge.Default().Canonical()+"sha256 "+cartridge.Default().Hash()+"\n")
}
