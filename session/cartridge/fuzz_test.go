package cartridge_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"penlog/session/cartridge"
	"penlog/session/limits/strictyaml"
)

// Whatever a scanner sends, Parse gives either one scan of which every field was sent,
// or a refusal; a scan written out again is the same scan, of the same cartridge.
func FuzzParse(f *testing.F) {
	for _, h := range hostile(f) {
		f.Add(h[1])
	}
	for _, raw := range []string{
		"]d201" + gtin + "1125083117270228" + "10LOT-7" + gs + "21SN42" + gs + "240REF/9\r\n",
		"(01)" + gtin + "(17)270200(10)A(1)B", "+A99912345/$$52001510X3", "=/A9999XYZ100T0944", "12345670", "]E09506000134352",
		"01" + gtin + "3103000125" + "30" + "10" + gs + "712ABC" + gs + "10A1",
	} {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		s, err := cartridge.Parse(raw, today)
		if err != nil {
			refusal(t, raw, s, err)
			return
		}
		sound(t, raw, s)
	})
}

// sound holds a scan against its promises.
func sound(t *testing.T, raw string, s cartridge.Scan) {
	t.Helper()
	if s.Raw != raw || len(raw) > cartridge.MaxScan {
		t.Fatalf("Parse(%q) keeps %q", raw, s.Raw)
	}
	if s.Issuer == cartridge.HIBCC || s.Issuer == cartridge.ICCBBA {
		if s != (cartridge.Scan{Raw: raw, Issuer: s.Issuer}) {
			t.Fatalf("Parse(%q) reads %+v", raw, s)
		}
		return
	}
	if s.Issuer != cartridge.GS1 || len(s.GTIN) != 14 || checked(s.GTIN[:13]) != s.GTIN || !strings.Contains(raw, strings.TrimLeft(s.GTIN, "0")) {
		t.Fatalf("Parse(%q) reads %+v", raw, s)
	}
	var list []written
	add := func(ai, value string, most int) {
		if value == "" {
			return
		}
		if len(value) > most || strings.Trim(value, cartridge.Set82) != "" || !strings.Contains(raw, value) {
			t.Fatalf("Parse(%q): (%s) is %q", raw, ai, value)
		}
		list = append(list, written{ai, value, false})
	}
	add("10", s.Lot, 20)
	add("21", s.Serial, 20)
	add("240", s.Additional, 30)
	for _, d := range []struct {
		ai   string
		date cartridge.Date
	}{{"01", cartridge.Date{}}, {"11", s.Made}, {"17", s.Expiry}} {
		value := fmt.Sprintf("%02d%02d%02d", d.date.Year%100, d.date.Month, d.date.Day)
		switch {
		case d.ai == "01":
			value = s.GTIN
		case d.date == (cartridge.Date{}):
			continue
		case !d.date.Valid() || d.date.Year < today.Year-49 || d.date.Year > today.Year+50 || !strings.Contains(raw, value[:4]):
			t.Fatalf("Parse(%q): (%s) is %v", raw, d.ai, d.date)
		}
		list = append(list, written{d.ai, value, true})
	}
	forms := []string{"]d2" + joined(list, func() bool { return false })}
	if !slices.ContainsFunc(list, func(w written) bool { return identifier.MatchString(w.value) }) {
		forms = append(forms, bracketed(list))
	}
	for _, again := range forms {
		got, err := cartridge.Parse(again, today)
		if err != nil {
			t.Fatalf("%q reads as %+v, written as %q: %v", raw, s, again, err)
		}
		for index := range 3 {
			k1, p1 := s.Use(index)
			if k2, p2 := got.Use(index); k1 != k2 || p1 != p2 {
				t.Fatalf("%q is %q %q, written as %q it is %q %q", raw, k1, p1, again, k2, p2)
			}
		}
		if got.Raw = raw; got != s {
			t.Fatalf("%q reads as %+v, written as %q as %+v", raw, s, again, got)
		}
	}
}

// Whatever bytes come, loading gives either a catalogue that keeps every promise or an
// error with at least one problem, and never both; and it refuses all that the schema
// refuses.
func FuzzLoad(f *testing.F) {
	small := read(f, "testdata/small.yaml") // everything a file can hold, so that mutation is fast
	f.Add([]byte(small))
	for _, s := range slips {
		if text := strings.Replace(small, s.old, s.new, 1); text != small {
			f.Add([]byte(text))
		}
	}
	files, _ := filepath.Glob("testdata/hostile/*.yaml")
	for _, path := range files {
		f.Add([]byte(read(f, path)))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := cartridge.Load("fuzz.yaml", data)
		if src, err := strictyaml.Read("fuzz.yaml", data); err == nil {
			agree(t, plain(src.Root), data)
		}
		if err != nil {
			var fe *cartridge.FileError
			if c != nil || !errors.As(err, &fe) || len(fe.Problems) == 0 || len(fe.Problems) > 25 || err.Error() == "" {
				t.Fatalf("Load() = %v, %v", c, err)
			}
			return
		}
		checkInvariants(t, c)
	})
}

// checkInvariants holds a loaded catalogue against the promises.
func checkInvariants(t *testing.T, c *cartridge.Catalogue) {
	t.Helper()
	if c.Version() == "" || len(c.Hash()) != 64 || len(c.Models()) == 0 {
		t.Fatalf("version %q, hash %q, %d models", c.Version(), c.Hash(), len(c.Models()))
	}
	seen := map[string]bool{}
	for _, m := range c.Models() {
		if m.Code == "" || m.Name == "" || m.Basis == "" || len(m.Sources) == 0 || len(m.Pens) == 0 || !slices.Contains(cartridge.Confidences, m.Confidence) {
			t.Fatalf("model %+v", m)
		}
		if m.Length < 0 || m.Length > cartridge.LengthMost || m.Needles < 0 || m.Needles > 999 || seen[m.Code] || m.GTIN != "" && seen[m.GTIN] {
			t.Fatalf("model %+v", m)
		}
		seen[m.Code], seen[m.GTIN] = true, true
		for _, tag := range m.Sources {
			if c.Source(tag) == "" {
				t.Fatalf("source %q is not explained", tag)
			}
		}
		if got, ok := c.ByCode(m.Code); !ok || got.Code != m.Code {
			t.Fatalf("ByCode(%q) = %+v, %v", m.Code, got, ok)
		}
		if got, ok := c.ByGTIN(m.GTIN); ok != (m.GTIN != "") || ok && (got.Code != m.Code || checked(m.GTIN[:13]) != m.GTIN) {
			t.Fatalf("ByGTIN(%q) = %+v, %v", m.GTIN, got, ok)
		}
		if m.Simulated && m.GTIN != "" && !strings.HasPrefix(m.GTIN, "002") {
			t.Fatalf("simulated, with the number %s", m.GTIN)
		}
		for _, p := range m.Pens {
			if fits := c.ForPen(p.Vendor, p.Model); !slices.ContainsFunc(fits, func(f cartridge.Model) bool { return f.Code == m.Code }) {
				t.Fatalf("%q does not fit %+v", m.Code, p)
			}
			if least, ok := c.Shortest(p.Vendor, p.Model); m.Length > 0 && (!ok || least > m.Length) || ok && least <= 0 {
				t.Fatalf("shortest of %+v: %v, %v; %q has %v", p, least, ok, m.Code, m.Length)
			}
		}
	}
}

func TestSoundCataloguesKeepTheInvariants(t *testing.T) {
	checkInvariants(t, cartridge.Default())
	checkInvariants(t, reload(t, read(t, "testdata/small.yaml")))
}
