package limits_test

import (
	"encoding"
	"errors"
	"fmt"
	"strings"
	"testing"

	"penlog/protocol"
	"penlog/session/limits"
)

type enum interface {
	comparable
	fmt.Stringer
	encoding.TextMarshaler
	Name() string
	Valid() bool
}

// checkEnum holds what every enum promises.
func checkEnum[E enum](t *testing.T, all []E, n int, parse func(string) (E, error), unmarshal func(*E, []byte) error) {
	t.Helper()
	var zero E
	if len(all) != n {
		t.Errorf("%T has %d values, want %d", zero, len(all), n)
	}
	if zero.Valid() || zero.String() != "none" {
		t.Errorf("the zero %T is %q, valid %v", zero, zero, zero.Valid())
	}
	if _, err := parse("none"); err == nil {
		t.Errorf("%T: none can be chosen", zero)
	}
	var back E
	if b, err := zero.MarshalText(); err != nil || unmarshal(&back, b) != nil || back != zero {
		t.Errorf("the zero %T does not survive a record", zero)
	}
	codes, names := map[string]bool{}, map[string]bool{}
	for _, e := range all {
		codes[e.String()], names[e.Name()] = true, true
		if !e.Valid() || e.Name() == "" {
			t.Errorf("%v is not valid, or has no name", e)
		}
		for _, s := range []string{e.String(), strings.ToUpper(e.String()), strings.ReplaceAll(e.String(), "_", "-"), "  " + strings.ReplaceAll(e.String(), "_", " ") + "\t"} {
			if got, err := parse(s); err != nil || got != e {
				t.Errorf("parsing %q gives %v, %v", s, got, err)
			}
		}
		b, err := e.MarshalText()
		if err != nil || string(b) != e.String() {
			t.Errorf("%v marshals to %q, %v", e, b, err)
		}
		if err := unmarshal(&back, b); err != nil || back != e {
			t.Errorf("%v comes back as %v, %v", e, back, err)
		}
		if err := unmarshal(&back, []byte(strings.ToUpper(e.String()))); err == nil || back != e {
			t.Errorf("a record with %q is read as %v", strings.ToUpper(e.String()), back)
		}
	}
	if len(codes) != n || len(names) != n {
		t.Errorf("%T: %d codes and %d names for %d values", zero, len(codes), len(names), n)
	}
	for _, s := range []string{"", " ", "x", strings.Repeat("forehead", 1000), "\x00", "fore\u0000head", "_", "zone(3)", "ß"} {
		if got, err := parse(s); err == nil || got != zero {
			t.Errorf("parsing %.20q gives %v", s, got)
		}
	}
}

func TestEnums(t *testing.T) {
	checkEnum(t, limits.AllZones(), 22, limits.ParseZone, (*limits.Zone).UnmarshalText)
	checkEnum(t, limits.AllIndications(), 13, limits.ParseIndication, (*limits.Indication).UnmarshalText)
	checkEnum(t, limits.AllSides(), 4, limits.ParseSide, (*limits.Side).UnmarshalText)
	checkEnum(t, limits.AllSites(), 4, limits.ParseSite, (*limits.Site).UnmarshalText)
	checkEnum(t, limits.AllLabels(), 1, limits.ParseLabel, (*limits.Label).UnmarshalText)
	for _, v := range []encoding.TextMarshaler{limits.Zone(23), limits.Indication(14), limits.Side(5), limits.Site(5), limits.Label(2)} {
		if _, err := v.MarshalText(); err == nil {
			t.Errorf("%v can be recorded", v)
		}
	}
	for _, s := range limits.AllSites() {
		if !s.Zone().Valid() {
			t.Errorf("%v is part of no zone", s)
		}
	}
}

// Source: DOMAIN 1.5, "bony zones".
func TestBonyZones(t *testing.T) {
	want := map[limits.Zone]bool{
		limits.Forehead: true, limits.Glabella: true, limits.Temple: true, limits.Malar: true, limits.Nose: true, limits.Chin: true,
		limits.Jawline: true, limits.Scalp: true, limits.Decolletage: true, limits.Hand: true, limits.KneeShin: true,
	}
	for _, z := range limits.AllZones() {
		if z.Bony() != want[z] {
			t.Errorf("%v.Bony() = %v", z, z.Bony())
		}
		if v := limits.Default().Ask(limits.Request{Zone: z, Indication: limits.SurgicalScar}); want[z] && v.Allowed > 1000 {
			t.Errorf("%v is bony and allows %v", z, v.Allowed)
		}
	}
	if limits.Zone(99).Bony() || limits.ZoneNone.Bony() {
		t.Error("no zone is bony")
	}
}

func TestNearestIsSuggested(t *testing.T) {
	for _, tt := range []struct {
		parse      func(string) error
		word, near string
	}{
		{zoneErr, "forhead", "forehead"},
		{zoneErr, "Décolletage", "decolletage"},
		{zoneErr, "periorbitl", "periorbital"},
		{zoneErr, "perioarl", "perioral"},
		{zoneErr, "knee", ""},
		{zoneErr, "shoulder blade", ""},
		{zoneErr, "chn", "chin"},
		{indicationErr, "acne-scar-roling", "acne_scar_rolling"},
		{indicationErr, "acne scars (rolling)", "acne_scar_rolling"},
		{indicationErr, "melasma", ""},
		{indicationErr, "striea", "striae"},
		{sideErr, "lef", "left"},
	} {
		err := tt.parse(tt.word)
		var ue *limits.UnknownError
		if !errors.As(err, &ue) || ue.Nearest != tt.near || ue.Got != tt.word {
			t.Errorf("%q: %v, want a hint at %q", tt.word, err, tt.near)
			continue
		}
		if says := strings.Contains(err.Error(), "did you mean"); says != (tt.near != "") {
			t.Errorf("%q: %v", tt.word, err)
		}
	}
	if err := zoneErr("forhead"); err.Error() != `limits: unknown zone "forhead": did you mean "forehead"?` {
		t.Errorf("%v", err)
	}
}

func zoneErr(s string) error       { _, err := limits.ParseZone(s); return err }
func indicationErr(s string) error { _, err := limits.ParseIndication(s); return err }
func sideErr(s string) error       { _, err := limits.ParseSide(s); return err }

func TestIndicationGroups(t *testing.T) {
	for _, tt := range []struct{ word, want string }{
		{"acne-scars", "[acne_scar_icepick acne_scar_boxcar acne_scar_rolling]"},
		{"Acne Scars", "[acne_scar_icepick acne_scar_boxcar acne_scar_rolling]"},
		{"acne_scar", "[acne_scar_icepick acne_scar_boxcar acne_scar_rolling]"},
		{"acne_scar_boxcar", "[acne_scar_boxcar]"},
		{"melasma", "[hyperpigmentation]"},
		{"stretch marks", "[striae]"},
		{"alopecia", "[alopecia]"},
	} {
		got, err := limits.ParseIndicationGroup(tt.word)
		if err != nil || fmt.Sprint(got) != tt.want {
			t.Errorf("ParseIndicationGroup(%q) = %v, %v, want %s", tt.word, got, err, tt.want)
		}
	}
	for _, word := range []string{"", "none", "scars"} {
		if got, err := limits.ParseIndicationGroup(word); err == nil || got != nil {
			t.Errorf("ParseIndicationGroup(%q) = %v", word, got)
		}
	}
	_, err := limits.ParseIndicationGroup("acne-scras")
	var ue *limits.UnknownError
	if !errors.As(err, &ue) || ue.Nearest != "acne_scars" {
		t.Errorf("acne-scras: %v", err)
	}
	group, _ := limits.ParseIndicationGroup("acne-scars")
	group[0] = limits.BurnScar
	if again, _ := limits.ParseIndicationGroup("acne-scars"); again[0] != limits.AcneScarIcepick {
		t.Error("a caller can change what a group stands for")
	}
}

func TestParseDepth(t *testing.T) {
	for _, tt := range []struct {
		text string
		want protocol.Micrometres
	}{
		{"1.5 mm", 1500}, {"1.5mm", 1500}, {"1 mm", 1000}, {"0.25 mm", 250}, {"0.001 mm", 1}, {"1.10 mm", 1100}, {"0.100 mm", 100},
		{"1500 µm", 1500}, {"1500 μm", 1500}, {"1500um", 1500}, {"1 um", 1}, {"2.5 mm", 2500}, {"99.999 mm", 99999}, {"99999 µm", 99999},
	} {
		if got, err := limits.ParseDepth(tt.text); err != nil || got != tt.want {
			t.Errorf("ParseDepth(%q) = %v, %v, want %v", tt.text, got, err, tt.want)
		}
	}
	for _, tt := range []struct{ text, problem string }{
		{"", "is no depth"}, {" ", "is no plain decimal number with a unit"}, {"mm", "is no plain decimal number with a unit"},
		{"1.5", "has no unit"}, {"1500", "has no unit"}, {"1.5 ", "has no unit"},
		{"1,5 mm", "has a comma"}, {"1.500,0 mm", "has a comma"},
		{"-1 mm", "is negative"}, {"−1 mm", "is negative"}, {"-0 mm", "is negative"},
		{"+1 mm", "is no plain decimal number with a unit"}, {".5 mm", "is no plain decimal number with a unit"},
		{"1. mm", "is no plain decimal number with a unit"}, {"1.2.3 mm", "is no plain decimal number with a unit"},
		{"1e3 µm", "is no plain decimal number with a unit"}, {"0x10 µm", "is no plain decimal number with a unit"},
		{"1_0 µm", "is no plain decimal number with a unit"}, {"NaN mm", "is no plain decimal number with a unit"},
		{"Inf mm", "is no plain decimal number with a unit"}, {"१ mm", "is no plain decimal number with a unit"},
		{"１ mm", "is no plain decimal number with a unit"}, {" 1 mm", "is no plain decimal number with a unit"},
		{"01 mm", "begins with a needless zero"}, {"00.5 mm", "begins with a needless zero"},
		{"0 mm", "is zero"}, {"0.000 mm", "is zero"}, {"0 µm", "is zero"},
		{"1.2345 mm", "has more than three decimals"}, {"1.0000 mm", "has more than three decimals"},
		{"1.5 µm", "is not a whole number of micrometres"}, {"1.0 um", "is not a whole number of micrometres"},
		{"1 cm", "has a unit other than mm or µm"}, {"1 MM", "has a unit other than mm or µm"}, {"1  mm", "has a unit other than mm or µm"},
		{"1 mm mm", "has a unit other than mm or µm"}, {"1 mm.", "is no plain decimal number with a unit"}, {"1 nm", "has a unit other than mm or µm"},
		{"100 mm", "is no needle depth"}, {"100000 µm", "is no needle depth"}, {strings.Repeat("9", 400) + " mm", "is no needle depth"},
	} {
		got, err := limits.ParseDepth(tt.text)
		var de *limits.DepthError
		if !errors.As(err, &de) || de.Problem != tt.problem || got != 0 {
			t.Errorf("ParseDepth(%.30q) = %v, %v, want %q", tt.text, got, err, tt.problem)
		}
	}
}
