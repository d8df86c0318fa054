package clinic_test

import (
	"testing"

	"penlog/session/clinic"
)

func TestHashIsOfTheMeaning(t *testing.T) {
	plain := string(small(t))
	want := load(t, plain).Hash()
	for _, tt := range []struct{ name, text string }{
		{"a comment", "# mine\n" + plain},
		{"order of modes", patch(t, plain, "[guarded, manual]", "[manual, guarded]")},
		{"guarded goes without saying", patch(t, plain, "[guarded, manual]", "[manual]")},
		{"order of indications", patch(t, plain, "[acne_scar_rolling, fine_lines]", "[fine_lines, acne_scar_rolling]")},
		{"order of people", patch(t, plain, "  - {id: mira, name: Mira Holm, role: technician}\n  - {id: dr-okafor, role: clinician}\n", "  - {id: dr-okafor, role: clinician}\n  - {id: mira, name: Mira Holm, role: technician}\n")},
		{"order of usb", patch(t, plain, `{vid: "1a86", pid: "7523"}, {vid: "0403", pid: "6001"}`, `{vid: "0403", pid: "6001"}, {vid: "1a86", pid: "7523"}`)},
		{"quotes", patch(t, plain, "room: Room 2", `room: "Room 2"`)},
		{"spaces in words", patch(t, plain, "room: Room 2", "room: Room   2")},
	} {
		if got := load(t, tt.text).Hash(); got != want {
			t.Errorf("%s changes the hash", tt.name)
		}
	}
	if load(t, bare).Hash() != load(t, bare+"modes: [guarded]\nbutton: pass_mark\ntwo_for_an_override: false\n").Hash() {
		t.Error("to write out what holds anyway changes the hash")
	}
}

// Whatever means something is in the hash: a change of it changes the hash.
func TestHashCoversEverything(t *testing.T) {
	plain := string(small(t))
	seen := map[string]string{load(t, plain).Hash(): "the file"}
	for _, tt := range []struct{ old, new string }{
		{"version: small", "version: other"},
		{"clinic: Skin and Laser", "clinic: Skin"},
		{"room: Room 2", "room: Room 3"},
		{"pen_alias: pen-2", "pen_alias: pen-3"},
		{"[guarded, manual]", "[guarded]"},
		{"[guarded, manual]", "[guarded, manual, stoppable]"},
		{"[acne_scar_rolling, fine_lines]", "[fine_lines]"},
		{"indications: [acne_scar_rolling, fine_lines]\n", ""},
		{"id: mira", "id: mila"},
		{"name: Mira Holm", "name: Mira"},
		{"role: technician", "role: clinician"},
		{"  - {id: dr-okafor, role: clinician}\n", ""},
		{"people:\n  - {id: mira, name: Mira Holm, role: technician}\n  - {id: dr-okafor, role: clinician}\n", ""},
		{"two_for_an_override: true", "two_for_an_override: false"},
		{"button: pause", "button: nothing"},
		{`vid: "0403"`, `vid: "0404"`},
		{`pid: "6001"`, `pid: "6002"`},
		{`, {vid: "0403", pid: "6001"}`, ""},
		{`usb: [{vid: "1a86", pid: "7523"}, {vid: "0403", pid: "6001"}]` + "\n", ""},
	} {
		hash := load(t, patch(t, plain, tt.old, tt.new)).Hash()
		if was, ok := seen[hash]; ok {
			t.Errorf("%q → %q has the hash of %s", tt.old, tt.new, was)
		}
		seen[hash] = tt.old + " → " + tt.new
	}
}

// The built-in settings' canonical form and hash, so that no change of what they
// mean, and no change of the form, passes unseen.
func TestCanonicalForm(t *testing.T) {
	c := load(t, string(small(t)))
	golden(t, "canonical.golden", clinic.Default().Canonical()+"sha256 "+clinic.Default().Hash()+"\n\n"+c.Canonical()+"sha256 "+c.Hash()+"\n")
}
