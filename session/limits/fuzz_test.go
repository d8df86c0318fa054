package limits_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"penlog/protocol"
	"penlog/session/limits"
	"penlog/session/limits/strictyaml"
)

// Whatever bytes come, loading gives either a table that keeps every promise or an
// error with at least one problem, and never both; and it refuses all that the
// schema refuses.
func FuzzLoad(f *testing.F) {
	small, err := os.ReadFile("testdata/small.yaml") // everything a file can hold, so that mutation is fast
	if err != nil {
		f.Fatal(err)
	}
	f.Add(limits.DefaultYAML())
	f.Add(small)
	for _, s := range slips {
		if text := strings.Replace(string(small), s.old, s.new, 1); text != string(small) {
			f.Add([]byte(text))
		}
	}
	files, _ := filepath.Glob("testdata/hostile/*.yaml")
	for _, path := range files {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		table, err := limits.Load("fuzz.yaml", data)
		if src, err := strictyaml.Read("fuzz.yaml", data); err == nil {
			agree(t, plain(src.Root), data)
		}
		if err != nil {
			var fe *limits.FileError
			if table != nil || !errors.As(err, &fe) || len(fe.Problems) == 0 || len(fe.Problems) > 25 || err.Error() == "" {
				t.Fatalf("Load() = %v, %v", table, err)
			}
			return
		}
		checkInvariants(t, table)
	})
}

// checkInvariants holds a loaded table against the promises, by asking it.
func checkInvariants(t *testing.T, table *limits.Table) {
	t.Helper()
	if table.HardStop() <= 0 || table.HardStop() > 2500 || table.Tolerance() <= 0 || table.Tolerance() > 150 || table.Version() == "" || len(table.Hash()) != 64 {
		t.Fatalf("hard stop %v, tolerance %v, version %q", table.HardStop(), table.Tolerance(), table.Version())
	}
	m := table.Matrix()
	if len(m.Rows) == 0 {
		t.Fatal("a table that offers nothing")
	}
	for _, r := range m.Rows {
		tiers := []protocol.Micrometres{1, r.TypicalLow, r.TypicalHigh, r.Limit, r.OverrideLimit, table.HardStop(), 2500}
		for i := range len(tiers) - 1 {
			if tiers[i] > tiers[i+1] {
				t.Fatalf("%v × %v: tiers cross: %v", r.Zone, r.Indication, tiers)
			}
		}
		if r.Zone.Bony() && r.Limit > 1000 {
			t.Fatalf("%v × %v: %v over bone", r.Zone, r.Indication, r.Limit)
		}
		if len(r.Sources) == 0 || r.ZoneBasis == "" || r.IndicationBasis == "" {
			t.Fatalf("%v × %v has no sources or basis", r.Zone, r.Indication)
		}
		for _, tag := range r.Sources {
			if m.Sources[tag] == "" {
				t.Fatalf("source %q is not explained", tag)
			}
		}
		for _, e := range r.OverrideIf {
			if e.OverrideLimit <= r.OverrideLimit || e.OverrideLimit > table.HardStop() || e.Limit > r.Limit {
				t.Fatalf("%v × %v: exception %+v", r.Zone, r.Indication, e)
			}
		}
		for _, e := range r.LowerAt {
			if e.Limit > r.Limit || e.OverrideLimit > r.OverrideLimit || e.Limit > e.OverrideLimit || e.Limit <= 0 {
				t.Fatalf("%v × %v: exception %+v", r.Zone, r.Indication, e)
			}
		}
		if v := table.Ask(limits.Request{Zone: r.Zone, Indication: r.Indication}); v.Refused || v.Allowed != r.Limit {
			t.Fatalf("%v × %v: matrix %v, verdict %+v", r.Zone, r.Indication, r.Limit, v)
		}
	}
	v := table.Ask(limits.Request{Zone: limits.Back, Indication: limits.BurnScar, Site: limits.Spine})
	if v.Allowed > 1000 {
		t.Fatalf("%v over the spine", v.Allowed)
	}
}

func TestSoundTablesKeepTheInvariants(t *testing.T) {
	checkInvariants(t, limits.Default())
	small, err := os.ReadFile("testdata/small.yaml")
	if err != nil {
		t.Fatal(err)
	}
	checkInvariants(t, reload(t, string(small)))
}

// A depth that parses says the same number when it is written out again, and is
// written as the schema wants it.
func FuzzParseDepth(f *testing.F) {
	var defs struct {
		Defs struct {
			Depth struct{ Pattern string }
		} `json:"$defs"`
	}
	if err := json.Unmarshal(limits.SchemaJSON(), &defs); err != nil {
		f.Fatal(err)
	}
	form := regexp.MustCompile(defs.Defs.Depth.Pattern)
	for _, s := range []string{"1.5 mm", "1500 µm", "1500um", "0.001 mm", "1,5 mm", "-1 mm", "1e3 mm", "NaN", "99999999999 mm", "1.5", "1.5  mm", "1. mm", ".5 mm", "1.5mm", "01 mm", "mm", "1.5 µm", "1.5 mm ", "1.5 mm\n", "\xff mm", "०.५ mm"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := limits.ParseDepth(s)
		if err != nil {
			if d != 0 || err.Error() == "" {
				t.Fatalf("ParseDepth(%q) = %v, %v", s, d, err)
			}
			return
		}
		if d <= 0 || d > 99999 || !form.MatchString(s) {
			t.Fatalf("ParseDepth(%q) = %v", s, d)
		}
		again, err := limits.ParseDepth(d.String())
		if err != nil || again != d {
			t.Fatalf("%q is %v, which reads as %v, %v", s, d, again, err)
		}
		for _, word := range []string{"e", "E", ",", "-", "x", "_"} {
			if strings.Contains(s, word) {
				t.Fatalf("ParseDepth(%q) = %v", s, d)
			}
		}
	})
}

// A parsed zone's code parses to the same zone.
func FuzzParseZone(f *testing.F) {
	for _, s := range []string{"knee_shin", "Knee / Shin", "KNEE--SHIN", "kneeshin", "", "\xff", strings.Repeat("a", 1000)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		z, err := limits.ParseZone(s)
		if err != nil {
			if z != limits.ZoneNone || len(err.Error()) > 500 {
				t.Fatalf("ParseZone(%q) = %v, %v", s, z, err)
			}
			return
		}
		if again, err := limits.ParseZone(z.String()); err != nil || again != z || !z.Valid() {
			t.Fatalf("ParseZone(%q) = %v", s, z)
		}
	})
}
