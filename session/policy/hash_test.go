package policy_test

import (
	"strings"
	"testing"

	"penlog/session/policy"
)

func TestHashIsOfTheMeaning(t *testing.T) {
	plain := string(policy.DefaultYAML())
	want := policy.Default().Hash()
	if len(want) != 64 || strings.ToLower(want) != want {
		t.Errorf("Hash() = %q, want 64 hex digits", want)
	}
	striae := "  striae: {suggested: {from: 4 passes, to: 4 passes}, warn_above: 8 passes, sources: [POLICY, V13]}\n"
	for _, tt := range []struct{ name, text string }{
		{"a comment", "# mine\n" + plain},
		{"line ends", strings.ReplaceAll(plain, "\n", "\r\n")},
		{"no decimals", patch(t, plain, "value: 4.0 %", "value: 4 %")},
		{"another zero", patch(t, plain, "area: 447.5 cm²", "area: 447.50 cm²")},
		{"quotes", patch(t, plain, "value: 14 days", `value: "14 days"`)},
		{"the singular", patch(t, plain, "from: 4 passes", "from: 4 pass")},
		{"order of keys", patch(t, patch(t, plain, striae, ""), "\npasses:\n", "\npasses:\n"+striae)},
		{"order of sources", patch(t, plain, "[POLICY, P8, P25, S]", "[S, P25, P8, POLICY]")},
		{"spaces in words", patch(t, plain, "Ask about antiviral", "Ask  about   antiviral")},
		{"overridable written out", patch(t, plain, "    action: caution\n", "    action: caution\n    overridable: false\n")},
	} {
		if got := load(t, tt.text).Hash(); got != want {
			t.Errorf("%s changes the hash", tt.name)
		}
	}
}

// Whatever means something is in the hash: a change of it changes the hash.
func TestHashCoversEverything(t *testing.T) {
	seen := map[string]string{policy.Default().Hash(): "the built-in file"}
	for _, tt := range []struct{ old, new string }{
		{"version: builtin-1", "version: builtin-2"},
		{"code: cold_sore", "code: cold_sores"},
		{"words: Is there a rash", "words: Is there some rash"},
		{"action: block", "action: clearance"},
		{"    overridable: true\n", ""},
		{"    per_zone: true\n", ""},
		{"notice: Ask about antiviral prophylaxis.", "notice: Ask about prophylaxis."},
		{"sources: [F1, V11, V12]", "sources: [F1, V11]"},
		{"code: darker_phototype\n", "code: dark_phototype\n"},
		{"{from: IV, to: VI}", "{from: III, to: VI}"},
		{"{from: IV, to: VI}", "{from: IV, to: V}"},
		{"      phototype: {from: IV, to: VI}\n      first_session: true\n", "      phototype: {from: IV, to: VI}\n"},
		{"age_below_label: true", "label_excludes_phototype: true"},
		{"label_excludes_phototype: true", "age_below_label: true"},
		{"    depth: low_half\n", ""},
		{"passes_most: 3 passes", "passes_most: 2 passes"},
		{"no_override: [hyperpigmentation]", "no_override: [hyperpigmentation, striae]"},
		{"notice: Darker or lighter", "notice: Lighter or darker"},
		{"sources: [F1, P21, POLICY]", "sources: [F1, POLICY]"},
		{"notice: The age is not known.", "notice: The age is unknown."},
		{"    sources: [POLICY]\n  age:", "    sources: [M]\n  age:"},
		{"value: 22 years", "value: 21 years"},
		{"basis: most clearances begin", "basis: clearances begin"},
		{"value: 14 days", "value: 15 days"},
		{"value: 10 s", "value: 9 s"},
		{"value: 4.0 %", "value: 4.1 %"},
		{"sources: [F18]", "sources: [F1]"},
		{"tip_width: 10 mm", "tip_width: 10.1 mm"},
		{"glide: 20 mm/s", "glide: 20.1 mm/s"},
		{"basis: strokes per second", "basis: Strokes per second"},
		{"  glide: 20 mm/s\n  basis: strokes per second × needles ÷ (tip width × glide), summed over passes\n  sources: [M]", "  glide: 20 mm/s\n  basis: strokes per second × needles ÷ (tip width × glide), summed over passes\n  sources: [POLICY]"},
		{"from: 1 pass,", "from: 2 passes,"},
		{"to: 2 passes}, warn_above: 3 passes", "to: 3 passes}, warn_above: 3 passes"},
		{"warn_above: 3 passes", "warn_above: 4 passes"},
		{"warn_above: 3 passes, sources: [POLICY, V13]", "warn_above: 3 passes, sources: [POLICY]"},
		{"area: 179 cm²", "area: 179.01 cm²"},
		{"area: 179 cm², shape: whole", "area: 179 cm², shape: each_side"},
		{"confidence: L, basis: the front; half", "confidence: M, basis: the front; half"},
		{"basis: the front; half of 2", "basis: front; half of 2"},
		{"sources: [P32, P34]", "sources: [P32]"},
		{"  F18: FDA warning", "  F18: an FDA warning"},
	} {
		hash := load(t, patch(t, string(policy.DefaultYAML()), tt.old, tt.new)).Hash()
		if was, ok := seen[hash]; ok {
			t.Errorf("%q → %q has the hash of %s", tt.old, tt.new, was)
		}
		seen[hash] = tt.new
	}
}

// The order in which things are asked, and in which notices come, is meaning.
func TestHashCoversTheOrderOfQuestionsAndRules(t *testing.T) {
	text := string(small(t))
	q := "  - {code: q, words: x, action: block, overridable: true, per_zone: true, notice: x, sources: [M]}\n"
	other := strings.Replace(q, "code: q", "code: p", 1)
	if load(t, patch(t, text, q, q+other)).Hash() == load(t, patch(t, text, q, other+q)).Hash() {
		t.Error("another order has the same hash")
	}
}

// The built-in policy's canonical form and hash, so that no change of a figure, and
// no change of the form, passes unseen.
func TestCanonicalFormOfTheBuiltInPolicy(t *testing.T) {
	golden(t, "canonical.golden", policy.Default().Canonical()+"sha256 "+policy.Default().Hash()+"\n")
}
