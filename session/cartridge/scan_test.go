package cartridge_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"penlog/session/cartridge"
)

// code is a refusal's, "" when there is none.
func code(err error) string {
	var e *cartridge.ScanError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

func TestSoundScans(t *testing.T) {
	full := cartridge.Scan{
		Issuer: cartridge.GS1, GTIN: gtin, Made: cartridge.Date{Year: 2025, Month: 8, Day: 31}, Expiry: cartridge.Date{Year: 2027, Month: 2, Day: 28},
		Lot: "LOT-7", Serial: "SN42", Additional: "REF/9",
	}
	lot := cartridge.Scan{Issuer: cartridge.GS1, GTIN: gtin, Lot: "A1"}
	only := cartridge.Scan{Issuer: cartridge.GS1, GTIN: gtin}
	with := func(s cartridge.Scan, change func(*cartridge.Scan)) cartridge.Scan { change(&s); return s }
	const elements = "01" + gtin + "1125083117270228" + "10LOT-7" + gs + "21SN42" + gs + "240REF/9"
	for _, tt := range []struct {
		name, raw string
		want      cartridge.Scan
	}{
		{"GS1 DataMatrix", "]d2" + elements, full},
		{"GS1-128", "]C1" + elements, full},
		{"GS1 QR", "]Q3" + elements, full},
		{"GS1 DataBar", "]e0" + elements, full},
		{"no prefix", elements, full},
		{"FNC1 before it", gs + elements, full},
		{"prefix and FNC1", "]d2" + gs + elements, full},
		{"carriage return and line feed after it", elements + "\r\n", full},
		{"tab after it, space before it", " ]d2" + elements + "\t", full},
		{"FNC1 after it", elements + gs, full},
		{"FNC1 and line feed after it", elements + gs + "\n", full},
		{"FNC1 after values of fixed length", "01" + gtin + gs + "11250831" + gs + "17270228" + gs + "240REF/9" + gs + "10LOT-7" + gs + "21SN42", full},
		{"another order", "240REF/9" + gs + "21SN42" + gs + "17270228" + "10LOT-7" + gs + "11250831" + "01" + gtin, full},
		{"day 00", "01" + gtin + "11250800" + "17270200" + "10LOT-7" + gs + "21SN42" + gs + "240REF/9", full},
		{"as printed", "(01)" + gtin + "(11)250831(17)270228(10)LOT-7(21)SN42(240)REF/9", full},
		{"as printed, with spaces", "(01) " + gtin + " (11)250831 (17) 270228 (10)LOT-7 (21)SN42 (240) REF/9 \n", full},
		{"as printed, in a plain code", "]C0(01)" + gtin + "(11)250831(17)270228(10)LOT-7(21)SN42(240)REF/9", full},

		{"GTIN and lot", "01" + gtin + "10A1", lot},
		{"lot before FNC1", "10A1" + gs + "01" + gtin, lot},
		{"the same lot twice", "01" + gtin + "10A1" + gs + "10A1", lot},
		{"lot of one character", "01" + gtin + "10A", with(lot, func(s *cartridge.Scan) { s.Lot = "A" })},
		{"lot of twenty", "01" + gtin + "10ABCDEFGHIJKLMNOPQRST", with(lot, func(s *cartridge.Scan) { s.Lot = "ABCDEFGHIJKLMNOPQRST" })},
		{"lot of digits that look like more", "01" + gtin + "1017270228", with(lot, func(s *cartridge.Scan) { s.Lot = "17270228" })},
		{"lot with every mark", "01" + gtin + "10!\"%&'()*+,-./:;<=>?_", with(lot, func(s *cartridge.Scan) { s.Lot = "!\"%&'()*+,-./:;<=>?_" })},
		{"lot with parentheses", "01" + gtin + "10A(21)B", with(lot, func(s *cartridge.Scan) { s.Lot = "A(21)B" })},
		{"lot with parentheses, as printed", "(01)" + gtin + "(10)A(1)B(C)()(12345)(17)270228",
			with(lot, func(s *cartridge.Scan) { s.Lot, s.Expiry = "A(1)B(C)()(12345)", full.Expiry })},
		{"lot with parentheses within others", "(01)" + gtin + "(10)A((B)(21)S", with(lot, func(s *cartridge.Scan) { s.Lot, s.Serial = "A((B)", "S" })},
		{"lot that closes one", "(01)" + gtin + "(10)17)270228", with(lot, func(s *cartridge.Scan) { s.Lot = "17)270228" })},
		{"lot with 01 and what is no GTIN", "01" + gtin + "100109506000134353", with(lot, func(s *cartridge.Scan) { s.Lot = "0109506000134353" })},

		{"others that are skipped", "01" + gtin + "13250101" + "15270101" + "20" + "01" + "3103" + "000125" + "30" + "10" + gs + "712" + "ABC" + gs + "10A1" + gs +
			"91" + "X" + gs + "99" + strings.Repeat("9", 90) + gs + "250" + "S2" + gs + "8012" + "1.0" + gs + "422" + "056" + gs + "410" + "9506000134352" + "8200" + "HTTPS://x.example/?a=1", lot},
		{"others, as printed", "(01)" + gtin + "(13)250101(3103)000125(712)ABC(10)A1(91)x(8012)1.0", lot},

		{"GTIN-14", gtin, only},
		{"EAN-13", "9506000134352", only},
		{"UPC-A", "012345678905", with(only, func(s *cartridge.Scan) { s.GTIN = "00012345678905" })},
		{"EAN-8", "12345670\r", with(only, func(s *cartridge.Scan) { s.GTIN = "00000012345670" })},
		{"EAN-13 with its prefix", "]E09506000134352", only},
		{"GTIN alone", "01" + gtin, only},

		{"HIBCC", "+A99912345/$$52001510X3", cartridge.Scan{Issuer: cartridge.HIBCC}},
		{"HIBCC in Code 128", "]C0+A99912345/$$52001510X3\r\n", cartridge.Scan{Issuer: cartridge.HIBCC}},
		{"HIBCC whose check character is a plus", "+A99912345+", cartridge.Scan{Issuer: cartridge.HIBCC}},
		{"ICCBBA with a plus in it", "=+05000=/A9999XYZ100T0944", cartridge.Scan{Issuer: cartridge.ICCBBA}},
		{"ICCBBA", "=/A9999XYZ100T0944=,000025=A99971312345600", cartridge.Scan{Issuer: cartridge.ICCBBA}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.want.Raw = tt.raw
			got, err := cartridge.Parse(tt.raw, today)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("Parse(%q) (-want +got):\n%s", tt.raw, diff)
			}
		})
	}
}

// hostile reads the corpus: code and scan.
func hostile(t testing.TB) (list [][2]string) {
	for n, line := range strings.Split(read(t, "testdata/hostile_udi.txt"), "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		code, quoted, _ := strings.Cut(line, " ")
		raw, err := strconv.Unquote(quoted)
		if err != nil {
			t.Fatalf("line %d: %q: %v", n+1, quoted, err)
		}
		list = append(list, [2]string{code, raw})
	}
	return list
}

// codes are all there are, as ScanError documents them.
var codes = []string{
	"bad_character", "bad_date", "bad_gtin", "bad_length", "duplicate_ai", "empty", "empty_field", "expiry_before_made", "no_gtin", "no_today",
	"not_a_udi", "not_ascii", "not_digits", "open_parenthesis", "separator_substitute", "too_long", "two_codes", "unknown_ai",
}

func TestHostileScansAreRefused(t *testing.T) {
	seen := map[string]bool{"no_today": true, "too_long": true} // in tests of their own
	var b strings.Builder
	for _, h := range hostile(t) {
		want, raw := h[0], h[1]
		s, err := cartridge.Parse(raw, today)
		seen[want] = true
		if code(err) != want {
			t.Errorf("%s %q: %+v, %v", want, raw, s, err)
			continue
		}
		refusal(t, raw, s, err)
		fmt.Fprintf(&b, "%s %q\n%d %v\n\n", want, raw, err.(*cartridge.ScanError).At, err)
	}
	if diff := cmp.Diff(codes, slices.Sorted(maps.Keys(seen))); diff != "" {
		t.Errorf("codes (-known +refused):\n%s", diff)
	}
	golden(t, "hostile_udi.golden", b.String())
}

type failer interface {
	Helper()
	Fatalf(string, ...any)
}

// refusal holds a refusal against its promises.
func refusal(t failer, raw string, s cartridge.Scan, err error) {
	t.Helper()
	e, ok := err.(*cartridge.ScanError)
	if !ok || !slices.Contains(codes, e.Code) || e.Words == "" || e.Remedy == "" || e.At < 0 || e.At > len(raw)+1 || len(e.Error()) > 400 {
		t.Fatalf("Parse(%q): %#v", raw, err)
	}
	if s != (cartridge.Scan{Raw: raw, Issuer: cartridge.UnknownIssuer}) {
		t.Fatalf("Parse(%q) was refused and gives %+v", raw, s)
	}
}

func TestTooLongScanIsNotRead(t *testing.T) {
	base := "01" + gtin + "10A" + gs
	fill := func(n int) string {
		return base + "91" + strings.Repeat("X", 90) + gs + strings.Repeat(" ", n-len(base)-93)
	}
	if s, err := cartridge.Parse(fill(cartridge.MaxScan), today); err != nil || s.Lot != "A" {
		t.Errorf("%d bytes: %v", cartridge.MaxScan, err)
	}
	for _, raw := range []string{fill(cartridge.MaxScan + 1), strings.Repeat("(10)", 1<<18), strings.Repeat("+", 1<<20), strings.Repeat(" ", cartridge.MaxScan+1)} {
		s, err := cartridge.Parse(raw, today)
		if code(err) != "too_long" {
			t.Errorf("%d bytes: %v", len(raw), err)
		}
		refusal(t, raw, s, err)
	}
}

func TestRefusalTellsThePlaceInTheRawScan(t *testing.T) {
	for _, tt := range []struct {
		raw string
		at  int // which character, from 1
	}{
		{"01" + gtin + "10A B", 20},
		{" \r\n]d2" + gs + "01" + gtin + "10A B", 27},
		{"(01)" + gtin + "(10) A B", 25},
		{"(01)" + gtin + "(17) 270230", 24},
		{"]d2" + "0109506000134353", 6},
		{"01" + gtin + "10Aé", 20},
		{"hello", 0},
	} {
		_, err := cartridge.Parse(tt.raw, today)
		var e *cartridge.ScanError
		if !errors.As(err, &e) || e.At != tt.at {
			t.Errorf("Parse(%q) = %v at %d, want %d", tt.raw, err, e.At, tt.at)
		}
	}
}

func TestScanInTheRecord(t *testing.T) {
	s := parse(t, "]d201"+gtin+"1125083117270228"+"10L"+gs+"21S"+gs+"240A")
	text, err := json.Marshal(s)
	want := `{"raw":"]d2010950600013435211250831172702281` + `0L\u001d21S\u001d240A","issuer":"gs1","gtin":"09506000134352",` +
		`"made":"2025-08-31","expiry":"2027-02-28","lot":"L","serial":"S","additional":"A"}`
	if err != nil || string(text) != want {
		t.Errorf("scan as JSON:\n%s\nwant\n%s\n%v", text, want, err)
	}
	var again cartridge.Scan
	if err := json.Unmarshal(text, &again); err != nil || again != s {
		t.Errorf("read again: %+v, %v", again, err)
	}
	if text, err := json.Marshal(parse(t, "+A99912345C")); err != nil || string(text) != `{"raw":"+A99912345C","issuer":"hibcc"}` {
		t.Errorf("HIBCC as JSON: %s, %v", text, err)
	}
}
