package label_test

import (
	"testing"

	"penlog/session/label"
)

func TestHashIsOfTheMeaning(t *testing.T) {
	plain := string(small(t))
	want := load(t, plain).Hash()
	for _, tt := range []struct{ name, text string }{
		{"a comment", "# mine\n" + plain},
		{"order of pens", patch(t, plain, "{vendor: Maker, model: One}, {vendor: Seller, model: One}", "{vendor: Seller, model: One}, {vendor: Maker, model: One}")},
		{"order of indications", patch(t, plain, "[fine_lines, laxity]", "[laxity, fine_lines]")},
		{"order of phototypes", patch(t, plain, "[II, III]", "[III, II]")},
		{"unit of a depth", patch(t, plain, "max: 2.0 mm", "max: 2000 µm")},
		{"spaces in words", patch(t, plain, "name: Pen One", "name: Pen   One")},
	} {
		if got := load(t, tt.text).Hash(); got != want {
			t.Errorf("%s changes the hash", tt.name)
		}
	}
}

// Whatever means something is in the hash: a change of it changes the hash.
func TestHashCoversEverything(t *testing.T) {
	plain := string(small(t))
	seen := map[string]string{load(t, plain).Hash(): "the file"}
	for _, tt := range []struct{ old, new string }{
		{"version: small", "version: other"},
		{"code: two", "code: other"},
		{"name: Pen Two", "name: Pen"},
		{"vendor: Seller", "vendor: Dealer"},
		{"model: Two", "model: Zwei"},
		{"max: 2.0 mm", "max: 2.1 mm"},
		{"    max: 2.0 mm\n", ""},
		{"    more: true\n", ""},
		{"clearance: K1", "clearance: K3"},
		{"[fine_lines, laxity]", "[fine_lines]"},
		{", zones: [neck]", ""},
		{"zones: [neck]", "zones: [neck, cheek]"},
		{"max: 1.5 mm", "max: 1.4 mm"},
		{"[II, III]", "[II]"},
		{", phototypes: [II, III]", ""},
		{"34 years", "35 years"},
		{", age_from: 34 years", ""},
		{", covers: neck_wrinkles", ""},
		{"confidence: L", "confidence: M"},
		{"basis: nothing is known of it", "basis: little is known of it"},
		{"sources: [B*]", "sources: [A]"},
		{"A: the first", "A: the other"},
	} {
		hash := load(t, patch(t, plain, tt.old, tt.new)).Hash()
		if was, ok := seen[hash]; ok {
			t.Errorf("%q → %q has the hash of %s", tt.old, tt.new, was)
		}
		seen[hash] = tt.old + " → " + tt.new
	}
}

// The built-in labels' canonical form and hash, so that no change of what they mean,
// and no change of the form, passes unseen.
func TestCanonicalForm(t *testing.T) {
	c := load(t, string(small(t)))
	golden(t, "canonical.golden", label.Default().Canonical()+"sha256 "+label.Default().Hash()+"\n\n"+c.Canonical()+"sha256 "+c.Hash()+"\n")
}
