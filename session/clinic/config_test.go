package clinic_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"penlog/session/clinic"
	"penlog/session/limits"
)

var modes = []string{"guarded", "stoppable", "monitor_only", "manual"}

func allowed(c *clinic.Config) string {
	var out []string
	for _, m := range modes {
		if c.Allows(m) {
			out = append(out, m)
		}
	}
	return strings.Join(out, " ")
}

func TestBuiltInSettings(t *testing.T) {
	c := clinic.Default()
	if got := allowed(c); got != "guarded" {
		t.Errorf("allows %s", got)
	}
	for _, i := range limits.AllIndications() {
		if !c.Offers(i) {
			t.Errorf("does not offer %v", i)
		}
	}
	if c.People() != nil || c.Role("anyone") != clinic.Technician || c.SecondPerson() || c.Button() != clinic.PassMark || c.USB() != nil ||
		!c.AllowsUSB("1a86", "7523") || c.PenAlias() != "" || c.Room() != "" || c.Clinic() != "" {
		t.Errorf("the built-in settings are %s", c.Canonical())
	}
}

func TestWhatAFileSays(t *testing.T) {
	c := load(t, string(small(t)))
	if got := allowed(c); got != "guarded manual" {
		t.Errorf("allows %s", got)
	}
	if got := slices.DeleteFunc(limits.AllIndications(), func(i limits.Indication) bool { return !c.Offers(i) }); !slices.Equal(got, []limits.Indication{limits.AcneScarRolling, limits.FineLines}) {
		t.Errorf("offers %v", got)
	}
	want := []clinic.Person{{ID: "mira", Name: "Mira Holm", Role: clinic.Technician}, {ID: "dr-okafor", Role: clinic.Clinician}}
	if diff := cmp.Diff(want, c.People()); diff != "" {
		t.Errorf("people (-want +got):\n%s", diff)
	}
	if c.Version() != "small" || len(c.Hash()) != 64 || c.Clinic() != "Skin and Laser" || c.Room() != "Room 2" || c.PenAlias() != "pen-2" ||
		!c.SecondPerson() || c.Button() != clinic.Pause {
		t.Errorf("the settings are %s", c.Canonical())
	}
	if diff := cmp.Diff([]clinic.USBID{{VID: "1a86", PID: "7523"}, {VID: "0403", PID: "6001"}}, c.USB()); diff != "" {
		t.Errorf("usb (-want +got):\n%s", diff)
	}
}

func TestWhatAFileLeavesOut(t *testing.T) {
	c := load(t, bare)
	if allowed(c) != "guarded" || !c.Offers(limits.Striae) || c.Role("x") != clinic.Technician || c.SecondPerson() || c.Button() != clinic.PassMark || !c.AllowsUSB("ffff", "0000") {
		t.Errorf("the settings are %s", c.Canonical())
	}
}

func TestGuardedIsAlwaysAllowed(t *testing.T) {
	for text, want := range map[string]string{
		"[guarded]": "guarded", "[manual]": "guarded manual", "[stoppable, monitor_only]": "guarded stoppable monitor_only",
		"[manual, monitor_only, stoppable, guarded]": "guarded stoppable monitor_only manual",
	} {
		c := load(t, bare+"modes: "+text)
		if got := allowed(c); got != want {
			t.Errorf("modes: %s allows %s, want %s", text, got, want)
		}
		for _, other := range []string{"", "none", "Guarded", "guarded ", "stop"} {
			if c.Allows(other) {
				t.Errorf("modes: %s allows %q", text, other)
			}
		}
	}
}

func TestOffersOnlyWhatIsNamed(t *testing.T) {
	c := load(t, bare+"indications: [striae]")
	for _, i := range limits.AllIndications() {
		if c.Offers(i) != (i == limits.Striae) {
			t.Errorf("Offers(%v) = %v", i, c.Offers(i))
		}
	}
}

func TestOffersOnlyWhatIsAnIndication(t *testing.T) {
	for _, i := range []limits.Indication{limits.IndicationNone, 14, 255} {
		if clinic.Default().Offers(i) || load(t, string(small(t))).Offers(i) {
			t.Errorf("offers %v", i)
		}
	}
}

func TestRoles(t *testing.T) {
	named, anyone := load(t, string(small(t))), load(t, bare)
	for _, tt := range []struct {
		id            string
		named, anyone clinic.Role
	}{
		{"mira", clinic.Technician, clinic.Technician},
		{"dr-okafor", clinic.Clinician, clinic.Technician}, // without a list, nobody is a clinician
		{"Mira", clinic.None, clinic.Technician},
		{"someone", clinic.None, clinic.Technician},
		{strings.Repeat("x", 64), clinic.None, clinic.Technician},
		{"", clinic.None, clinic.None},
		{" ", clinic.None, clinic.None},
		{" mira", clinic.None, clinic.None},
		{"agent", clinic.None, clinic.None},
		{"Agent", clinic.None, clinic.None},
		{"unnamed", clinic.None, clinic.None},
		{strings.Repeat("x", 65), clinic.None, clinic.None},
		{"mi\x00ra", clinic.None, clinic.None},
		{"mira\n", clinic.None, clinic.None},
		{"mi\u200dra", clinic.None, clinic.None},
		{"\xff", clinic.None, clinic.None},
	} {
		if got := named.Role(tt.id); got != tt.named || named.Known(tt.id) != (tt.named != clinic.None) {
			t.Errorf("Role(%.10q) = %v, want %v", tt.id, got, tt.named)
		}
		if got := anyone.Role(tt.id); got != tt.anyone || anyone.Known(tt.id) != (tt.anyone != clinic.None) {
			t.Errorf("with nobody named, Role(%.10q) = %v, want %v", tt.id, got, tt.anyone)
		}
	}
}

func TestUSBDevices(t *testing.T) {
	c := load(t, string(small(t)))
	for _, tt := range []struct {
		vid, pid string
		want     bool
	}{
		{"1a86", "7523", true}, {"1A86", "7523", true}, {"0403", "6001", true},
		{"1a86", "6001", false}, {"0403", "7523", false}, {"", "", false}, {"7523", "1a86", false},
	} {
		if got := c.AllowsUSB(tt.vid, tt.pid); got != tt.want {
			t.Errorf("AllowsUSB(%q, %q) = %v", tt.vid, tt.pid, got)
		}
	}
}

// What was not loaded is never taken for what a clinic allowed.
func TestNoSettingsAllowNothing(t *testing.T) {
	for _, c := range []*clinic.Config{nil, {}} {
		if c.Loaded() || allowed(c) != "" || c.Offers(limits.FineLines) || c.Known("mira") || !c.SecondPerson() || c.Button() != clinic.Nothing ||
			c.AllowsUSB("1a86", "7523") || c.Version() != "" || c.Hash() != "" || c.Clinic() != "" || c.Room() != "" || c.PenAlias() != "" || c.People() != nil || c.USB() != nil {
			t.Errorf("%+v allows something", c)
		}
	}
}

// What a caller does to what it was given is its own business.
func TestAnswersAreTheCallers(t *testing.T) {
	c := load(t, string(small(t)))
	before := c.Canonical()
	c.People()[0].Role, c.USB()[0].VID = clinic.Clinician, "ffff"
	if got := c.Canonical(); got != before {
		t.Errorf("the settings were changed:\n%s", got)
	}
}

func TestRoleSurvivesARecord(t *testing.T) {
	for want, code := range []string{"none", "technician", "clinician"} {
		r := clinic.Role(want)
		b, err := r.MarshalText()
		if err != nil || string(b) != code || r.String() != code {
			t.Errorf("%d is %q, %v", want, b, err)
		}
		var back clinic.Role
		if err := back.UnmarshalText(b); err != nil || back != r {
			t.Errorf("%q comes back as %v, %v", b, back, err)
		}
	}
	if _, err := clinic.Role(3).MarshalText(); err == nil || clinic.Role(3).String() != "role(3)" {
		t.Errorf("a fourth role is %v", clinic.Role(3))
	}
	for _, word := range []string{"", "Clinician", "doctor"} {
		r := clinic.Technician
		if err := r.UnmarshalText([]byte(word)); err == nil || r != clinic.Technician {
			t.Errorf("%q is read as %v", word, r)
		}
	}
	var zero clinic.Role
	if zero != clinic.None {
		t.Error("the zero role is somebody's")
	}
}
