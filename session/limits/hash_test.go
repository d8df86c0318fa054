package limits_test

import (
	"strings"
	"testing"

	"penlog/session/limits"
)

func TestHashIsOfTheMeaning(t *testing.T) {
	plain := string(limits.DefaultYAML())
	want := limits.Default().Hash()
	if len(want) != 64 || strings.ToLower(want) != want {
		t.Errorf("Hash() = %q, want 64 hex digits", want)
	}
	nose := section(t, plain, "nose")
	for _, tt := range []struct{ name, text string }{
		{"a comment", "# mine\n" + plain},
		{"another zero", strings.ReplaceAll(plain, "limit: 1.5 mm", "limit: 1.50 mm")},
		{"micrometres", strings.ReplaceAll(plain, "limit: 1.5 mm", "limit: 1500 µm")},
		{"plain micrometres", strings.ReplaceAll(plain, "limit: 0.75 mm", "limit: 750um")},
		{"quotes", strings.ReplaceAll(plain, "limit: 1.5 mm", `limit: "1.5 mm"`)},
		{"order of zones in a list", patch(t, plain, "[forehead, glabella, temple, nose,", "[glabella, forehead, temple, nose,")},
		{"order of keys", patch(t, patch(t, plain, nose, ""), "\nzones:\n", "\nzones:\n"+nose)},
		{"order of sources", patch(t, plain, "[F, F*, V4, V5]", "[V5, V4, F*, F]")},
		{"spaces in words", patch(t, plain, "soft cheek; 1.5 is", "soft cheek;   1.5   is")},
		{"off_label written out", patch(t, plain, "  laxity:\n", "  laxity:\n    off_label: false\n")},
	} {
		if got := reload(t, tt.text).Hash(); got != want {
			t.Errorf("%s changes the hash", tt.name)
		}
	}
}

// Whatever means something is in the hash: a change of it changes the hash.
func TestHashCoversEverything(t *testing.T) {
	seen := map[string]string{limits.Default().Hash(): "the built-in file"}
	for _, tt := range []struct{ old, new string }{
		{"version: builtin-1", "version: builtin-2"},
		{"  basis: product maximum", "  basis: Product maximum"},
		{"[F, F*, V4, V5]", "[F, F*, V4]"},
		{"  value: 150 µm", "  value: 149 µm"},
		{"  basis: scale tolerance", "  basis: Scale tolerance"},
		{"from: 1.0 mm, to: 1.5 mm", "from: 0.999 mm, to: 1.5 mm"},
		{"from: 1.0 mm, to: 1.5 mm", "from: 1.0 mm, to: 1.499 mm"},
		{"    limit: 0.75 mm\n    override_limit: 1.0 mm\n    confidence", "    limit: 0.749 mm\n    override_limit: 1.0 mm\n    confidence"},
		{"    limit: 0.75 mm\n    override_limit: 1.0 mm\n    confidence", "    limit: 0.75 mm\n    override_limit: 1.001 mm\n    confidence"},
		{"    confidence: M/H", "    confidence: M"},
		{"    basis: 0.6 mm did best", "    basis: 0.6 mm did well"},
		{"    basis: minoxidil", "    basis: Minoxidil"},
		{"    sources: [P9, P10, P11]", "    sources: [P9, P10]"},
		{"    sources: [P9]", "    sources: [P10]"},
		{"    off_label: true\n", ""},
		{"      bound: 1.5 mm", "      bound: 1.4 mm"},
		{"      zones: [forehead, glabella, temple, nose,", "      zones: [glabella, temple, nose,"},
		{"    zones: [forehead, glabella, temple, periorbital, nose, cheek, malar, perioral, chin, jawline, decolletage, back]", "    zones: [forehead]"},
		{"value: 2.5 mm, zones: [neck]", "value: 2.4 mm, zones: [neck]"},
		{"value: 2.5 mm, zones: [neck]", "value: 2.5 mm, zones: [neck, chin]"},
		{"indications: [fine_lines]", "indications: [fine_lines, laxity]"},
		{"note: ala and sidewall only", "note: ala only"},
		{"note: ala and sidewall only, sources: [P4]", "note: ala and sidewall only, sources: [P3]"},
		{"{site: nose_ala_sidewall, value: 1.5 mm", "{label: neck_wrinkles, value: 1.5 mm"},
		{"  cheek:\n    limit: 1.5 mm", "  cheek:\n    limit: 1.499 mm"},
		{"  malar:\n    limit: 1.0 mm\n    override_limit: 1.5 mm", "  malar:\n    limit: 1.0 mm\n    override_limit: 1.499 mm"},
		{"  periorbital:\n", "  periorbital:\n    bony: true\n"},
		{"{site: inner_arm, limit: 1.0 mm, override_limit: 1.0 mm", "{site: inner_arm, limit: 0.9 mm, override_limit: 1.0 mm"},
		{"{site: inner_arm, limit: 1.0 mm, override_limit: 1.0 mm", "{site: inner_arm, limit: 1.0 mm, override_limit: 1.1 mm"},
		{"note: thin, sources", "note: very thin, sources"},
		{"{code: eye, name: eye,", "{code: eyes, name: eye,"},
		{"{code: eye, name: eye,", "{code: eye, name: the eye,"},
		{"name: cold sore, sources: [F1]", "name: cold sore, sources: [F2]"},
		{"  P1: Alster", "  P1: A. Alster"},
	} {
		hash := reload(t, patch(t, string(limits.DefaultYAML()), tt.old, tt.new)).Hash()
		if was, ok := seen[hash]; ok {
			t.Errorf("%q → %q has the hash of %s", tt.old, tt.new, was)
		}
		seen[hash] = tt.new
	}
}

// The built-in table's canonical form and hash, so that no change of a figure, and
// no change of the form, passes unseen.
func TestCanonicalFormOfTheBuiltInTable(t *testing.T) {
	golden(t, "canonical.golden", limits.Default().Canonical()+"sha256 "+limits.Default().Hash()+"\n")
}
