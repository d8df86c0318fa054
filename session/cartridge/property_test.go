package cartridge_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"penlog/protocol"
	"penlog/session/cartridge"
)

// checked adds a GTIN's check digit, the way a person would.
func checked(body string) string {
	for c := '0'; ; c++ {
		sum := 0
		for i, d := range []byte(body + string(c)) {
			if (len(body)-i)%2 == 1 {
				sum += 3 * int(d-'0')
			} else {
				sum += int(d - '0')
			}
		}
		if sum%10 == 0 {
			return body + string(c)
		}
	}
}

// written is how element strings look to the three kinds of reader.
type written struct {
	ai, value string
	fixed     bool
}

// identifier is what looks like one in parentheses, or is cut short: the printed form
// can't have it in a value.
var identifier = regexp.MustCompile(`\([0-9]{2,4}\)|\([0-9]{0,4}$`)

// confusing is what no value may hold in any form.
var confusing = regexp.MustCompile(`(?i)[<({]((0x)?1d|gs|fnc1)[>)}]|%1d|01\)?[0-9]{14}`)

// bare is as many digits as a GTIN has.
var bare = regexp.MustCompile(`^([0-9]{8}|[0-9]{12,14})$`)

func value(most int) *rapid.Generator[string] {
	marks := rapid.OneOf(rapid.SampledFrom([]byte(cartridge.Set82)), rapid.SampledFrom([]byte("0123456789ABCDEFGHXYZabc-/()")))
	return rapid.Custom(func(t *rapid.T) string {
		return string(rapid.SliceOfN(marks, 1, most).Draw(t, "characters"))
	}).Filter(func(s string) bool { return !identifier.MatchString(s) && !confusing.MatchString(s) })
}

func figures(n int) *rapid.Generator[string] {
	return rapid.StringMatching(fmt.Sprintf("[0-9]{%d}", n))
}

// pack draws what a pack may state, and the same as elements in some order.
func pack(t *rapid.T) (cartridge.Scan, []written) {
	day := func(name string) cartridge.Date {
		at := time.Date(1978, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, rapid.IntRange(0, 98*365).Draw(t, name))
		return cartridge.DateOf(protocol.AtTime(at))
	}
	yymmdd := func(d cartridge.Date) string {
		if last := (cartridge.Date{Year: d.Year, Month: d.Month, Day: d.Day + 1}); !last.Valid() && rapid.Bool().Draw(t, "day 00") {
			d.Day = 0
		}
		return fmt.Sprintf("%02d%02d%02d", d.Year%100, d.Month, d.Day)
	}
	s := cartridge.Scan{Issuer: cartridge.GS1}
	s.GTIN = checked(figures(13).Filter(func(s string) bool { return strings.Trim(s, "0") != "" }).Draw(t, "gtin"))
	list := []written{{"01", s.GTIN, true}}
	maybe := func(what string) bool { return rapid.Bool().Draw(t, "has "+what) }
	if maybe("dates") {
		s.Made, s.Expiry = day("made"), day("expiry")
		if s.Expiry.Before(s.Made) {
			s.Made, s.Expiry = s.Expiry, s.Made
		}
		list = append(list, written{"11", yymmdd(s.Made), true}, written{"17", yymmdd(s.Expiry), true})
	}
	if maybe("lot") {
		s.Lot = value(20).Draw(t, "lot")
		list = append(list, written{"10", s.Lot, false})
	}
	if maybe("serial") {
		s.Serial = value(20).Draw(t, "serial")
		list = append(list, written{"21", s.Serial, false})
	}
	if maybe("additional") {
		s.Additional = value(30).Draw(t, "additional")
		list = append(list, written{"240", s.Additional, false})
	}
	for _, skipped := range []struct {
		ai    string
		value *rapid.Generator[string]
		fixed bool
	}{
		{"13", figures(6), true}, {"20", figures(2), true}, {"3103", figures(6), true}, {"412", figures(13), true},
		{"30", figures(3), false}, {"422", figures(3), false}, {"712", value(20), false}, {"91", value(40), false}, {"8012", value(20), false},
	} {
		if rapid.IntRange(0, 4).Draw(t, "has "+skipped.ai) == 0 {
			list = append(list, written{skipped.ai, skipped.value.Draw(t, skipped.ai), skipped.fixed})
		}
	}
	return s, rapid.Permutation(list).Draw(t, "order")
}

func bracketed(list []written) string {
	var b strings.Builder
	for _, w := range list {
		b.WriteString("(" + w.ai + ")" + w.value)
	}
	return b.String()
}

// joined puts FNC1 after each value that needs it, and after others where more says so.
func joined(list []written, more func() bool) string {
	var b strings.Builder
	for i, w := range list {
		b.WriteString(w.ai + w.value)
		if !w.fixed && i < len(list)-1 || more() {
			b.WriteString(gs)
		}
	}
	return b.String()
}

// form draws a way to send the elements.
func form(t *rapid.T, list []written) string {
	raw := ""
	if rapid.Bool().Draw(t, "as printed") {
		raw = bracketed(list)
	} else {
		raw = rapid.SampledFrom([]string{"", gs, "]d2", "]C1", "]Q3", "]e0", "]d2" + gs}).Draw(t, "prefix") +
			joined(list, func() bool { return rapid.IntRange(0, 4).Draw(t, "needless FNC1") == 0 })
	}
	return rapid.SampledFrom([]string{"", " ", "\r\n"}).Draw(t, "before") + raw + rapid.SampledFrom([]string{"", "\r", "\r\n", "\t", " \n"}).Draw(t, "after")
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want, list := pack(t)
		want.Raw = form(t, list)
		got, err := cartridge.Parse(want.Raw, today)
		if code(err) == "too_long" && len(want.Raw) > cartridge.MaxScan {
			return
		}
		if err != nil {
			t.Fatalf("Parse(%q): %v", want.Raw, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("Parse(%q) (-want +got):\n%s", want.Raw, diff)
		}
	})
}

func TestFlippedDigitOfTheGTINIsRefused(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		_, list := pack(t)
		i := slices.IndexFunc(list, func(w written) bool { return w.ai == "01" })
		gtin := []byte(list[i].value)
		k := rapid.IntRange(0, 13).Draw(t, "place")
		gtin[k] = '0' + (gtin[k]-'0'+byte(rapid.IntRange(1, 9).Draw(t, "by")))%10
		list[i].value = string(gtin)
		if s, err := cartridge.Parse(form(t, list), today); code(err) != "bad_gtin" && code(err) != "too_long" {
			t.Fatalf("GTIN %s: %+v, %v", gtin, s, err)
		}
	})
	for _, base := range []string{"12345670", "012345678905", "9506000134352", gtin} {
		for i := range base {
			for d := byte('0'); d <= '9'; d++ {
				flipped := base[:i] + string(d) + base[i+1:]
				if _, err := cartridge.Parse(flipped, today); (code(err) == "bad_gtin") != (d != base[i]) {
					t.Errorf("%s: %v", flipped, err)
				}
			}
		}
	}
}

// A scan that was cut off anywhere is refused, or says less than the whole; what it
// says is not another cartridge. Only digits that are as many as a GTIN has can pass
// for one, where the scanner sends no prefix.
func TestScanThatIsCutShortIsNoOtherCartridge(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole, list := pack(t)
		raw := form(t, list)
		whole.Raw = raw
		cut := raw[:rapid.IntRange(0, len(raw)).Draw(t, "cut")]
		s, err := cartridge.Parse(cut, today)
		if err != nil {
			refusal(t, cut, s, err)
			return
		}
		if bare.MatchString(strings.TrimSpace(cut)) {
			return
		}
		for _, f := range []struct{ got, want string }{{s.Lot, whole.Lot}, {s.Serial, whole.Serial}, {s.Additional, whole.Additional}} {
			if !strings.HasPrefix(f.want, f.got) {
				t.Fatalf("%q cut to %q: %+v", raw, cut, s)
			}
		}
		if s.GTIN != whole.GTIN || s.Made != whole.Made && s.Made != (cartridge.Date{}) || s.Expiry != whole.Expiry && s.Expiry != (cartridge.Date{}) {
			t.Fatalf("%q cut to %q: %+v", raw, cut, s)
		}
	})
}

// Two codes in one scan never pass as one cartridge, whatever is between them.
func TestTwoCodesInOneScanAreRefused(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		_, list := pack(t)
		first := form(t, list)
		second := first
		if rapid.Bool().Draw(t, "another") {
			_, list = pack(t)
			second = form(t, list)
		}
		both := first + rapid.SampledFrom([]string{"", gs, "\r\n", " "}).Draw(t, "between") + second
		if s, err := cartridge.Parse(both, today); err == nil {
			t.Fatalf("%q passes as %+v", both, s)
		}
	})
}
