package cartridge

import (
	"fmt"
	"strings"
)

// MaxScan is the longest scan that is read, in bytes as it came.
const MaxScan = 400

// Issuer is who gives out the numbers that a scan is made of.
type Issuer string

// The issuers. Source: DOMAIN 6.5.
const (
	GS1           Issuer = "gs1"
	HIBCC         Issuer = "hibcc"   // begins with +, kept unparsed
	ICCBBA        Issuer = "iccbba"  // begins with =, kept unparsed
	UnknownIssuer Issuer = "unknown" // of a refused scan, or of what a person entered
)

// Scan is what one scan of a pack says. A field that the pack doesn't state is empty.
// It is a plain value that belongs in the record.
type Scan struct {
	Raw        string `json:"raw"` // as it came, with all that the scanner added
	Issuer     Issuer `json:"issuer"`
	GTIN       string `json:"gtin,omitempty"`       // (01), 14 digits
	Made       Date   `json:"made,omitzero"`        // (11)
	Expiry     Date   `json:"expiry,omitzero"`      // (17), the last good day
	Lot        string `json:"lot,omitempty"`        // (10), 1–20 characters
	Serial     string `json:"serial,omitempty"`     // (21), 1–20 characters
	Additional string `json:"additional,omitempty"` // (240), 1–30 characters
}

// Expired reports whether the expiry has passed; the expiry day itself is still good.
// With an expiry and no valid today the answer is yes. A pack that states no expiry is
// not expired: whoever needs one asks a person.
func (s Scan) Expired(today Date) bool {
	return s.Expiry != (Date{}) && (!today.Valid() || s.Expiry.Before(today))
}

// ScanError says why a scan is refused, and what to do. The codes:
//
//	empty                nothing was scanned
//	too_long             more than MaxScan bytes
//	not_ascii            a character that no scanner of these codes sends
//	bad_character        a character that a GS1 code can't have
//	separator_substitute something visible stands in for FNC1
//	two_codes            two scans in one
//	not_a_udi            none of the forms that are read
//	unknown_ai           an application identifier that can't be skipped
//	open_parenthesis     typed, and a parenthesis is not closed
//	empty_field          an application identifier without a value
//	bad_length           a value that is too short or too long
//	not_digits           a character where a digit belongs
//	duplicate_ai         an application identifier with two values
//	no_gtin              sound, but without (01)
//	bad_gtin             wrong check digit
//	bad_date             a day that the calendar doesn't have
//	no_today             a date, but no valid today to find its century by
//	expiry_before_made   (17) before (11)
type ScanError struct {
	Code   string `json:"code"`
	Words  string `json:"words"`
	Remedy string `json:"remedy"`
	At     int    `json:"at,omitempty"` // which character of the raw scan, from 1; 0: the whole
}

// Error gives words and remedy.
func (e *ScanError) Error() string { return "cartridge: " + e.Words + ": " + e.Remedy }

// What to do about a scan that is refused.
const (
	again     = "scan it again, or pick the cartridge by hand"
	byHand    = "scan the DataMatrix on the cartridge's own pack, or pick the cartridge by hand"
	oneByOne  = "scan one code at a time"
	separator = "set the scanner to send FNC1 as GS (0x1D), or type the line with the parentheses"
)

// Parse reads a scan. Today only places two-digit years: nothing is refused for being
// expired, see [Scan.Expired]. White space around the scan is the scanner's and is
// dropped. The error is a *[ScanError]; of a refused scan only Raw and Issuer are set,
// the issuer to [UnknownIssuer].
func Parse(raw string, today Date) (Scan, error) {
	refused := Scan{Raw: raw, Issuer: UnknownIssuer}
	t, err := surface(raw)
	if err != nil {
		return refused, err
	}
	s := Scan{Raw: raw}
	switch first := t.body[0]; {
	case first == '+' && t.carrier != carrierGS1:
		s.Issuer, err = HIBCC, t.opaque()
	case first == '=' && t.carrier != carrierGS1:
		s.Issuer, err = ICCBBA, t.opaque()
	case t.carrier != carrierGS1 && digits(t.body) && gtinLength(len(t.body)):
		s.Issuer, s.GTIN, err = GS1, pad(t.body), t.gtin(0, t.body)
	case t.carrier != carrierGS1 && digits(t.body) && gtinLength(len(t.body)/2) && t.twice():
		err = t.repeated()
	case first == '(' && t.carrier != carrierGS1, t.carrier == carrierGS1, t.carrier == carrierUnsaid && (first == gs || digits(t.body[:1])):
		s, err = t.read(s, today)
	default:
		if err = t.substitute(); err == nil {
			err = t.noUDI()
		}
	}
	if err != nil {
		return refused, err
	}
	return s, nil
}

// gs is the ASCII group separator, which scanners send for FNC1.
const gs = 0x1d

// carrier is what the scanner's prefix says of the symbol.
type carrier uint8

const (
	carrierUnsaid carrier = iota // there is no prefix
	carrierGS1                   // element strings
	carrierPlain                 // anything else
)

// text is a scan without what the scanner put around it.
type text struct {
	body    string // not empty, printable ASCII and GS
	start   int    // where in the raw scan it begins, from 0
	carrier carrier
}

func (t text) refuse(code string, i int, words, remedy string) error {
	return &ScanError{Code: code, Words: words, Remedy: remedy, At: t.start + i + 1}
}

func (t text) noUDI() error {
	return &ScanError{Code: "not_a_udi", Words: "this is no code that a cartridge's pack has", Remedy: byHand}
}

// twice reports whether the body is the same text two times.
func (t text) twice() bool {
	half := len(t.body) / 2
	return t.body[:half] == t.body[half:]
}

func (t text) repeated() error {
	return t.refuse("two_codes", len(t.body)/2, "the same code was scanned twice in one", oneByOne)
}

// gtin refuses a value at i that is no GTIN.
func (t text) gtin(i int, value string) error {
	if problem, remedy := gtinProblem(value); problem != "" {
		return t.refuse("bad_gtin", i, fmt.Sprintf("the GTIN %s %s", value, problem), remedy)
	}
	return nil
}

// surface takes a scan's wrapping off and refuses what no code of any issuer has.
func surface(raw string) (text, error) {
	if len(raw) > MaxScan {
		return text{}, &ScanError{Code: "too_long", Words: fmt.Sprintf("the scan has %d bytes, more than the %d that are read", len(raw), MaxScan), Remedy: oneByOne}
	}
	for i, r := range raw {
		if r < 0x80 {
			continue
		}
		e := &ScanError{Code: "not_ascii", Words: fmt.Sprintf("character %d is not one that a scanner sends", i+1), Remedy: "check the scanner's keyboard language, then " + again, At: i + 1}
		if r == '␝' || r == '↔' { // pictures of GS
			e = &ScanError{Code: "separator_substitute", Words: fmt.Sprintf("%q stands in for the separator at character %d", r, i+1), Remedy: separator, At: i + 1}
		}
		return text{}, e
	}
	t := text{body: strings.TrimLeft(raw, blank)}
	t.start = len(raw) - len(t.body)
	t.body = strings.TrimRight(t.body, blank)
	if prefixed(t.body) {
		t.carrier = carrierPlain
		if gs1Symbols[t.body[:3]] {
			t.carrier = carrierGS1
		}
		t.start, t.body = t.start+3, t.body[3:]
	}
	if t.body == "" {
		return t, &ScanError{Code: "empty", Words: "nothing was scanned", Remedy: again}
	}
	for i, c := range []byte(t.body) {
		if strings.IndexByte(blank, c) >= 0 && c != ' ' {
			return t, t.refuse("two_codes", i, "a line or a field ends within the scan", oneByOne)
		}
		if c != gs && (c < ' ' || c > '~') {
			return t, t.refuse("bad_character", i, fmt.Sprintf("the scan holds the control character %U", c), again)
		}
	}
	return t, nil
}

// blank is what scanners put around a scan.
const blank = " \t\r\n"

// gs1Symbols are the symbology identifiers of symbols that hold element strings: GS1
// DataMatrix, GS1-128, GS1 QR, GS1 DataBar. Source: DOMAIN 6.5; ]e0 from ISO/IEC 15424.
var gs1Symbols = map[string]bool{"]d2": true, "]C1": true, "]Q3": true, "]e0": true}

// prefixed reports whether s begins with a symbology identifier: ], a letter for the
// symbology and a digit or letter for its variant.
func prefixed(s string) bool {
	return len(s) >= 3 && s[0] == ']' && letter(s[1]) && (letter(s[2]) || digits(s[2:3]))
}

func letter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// opaque refuses a code of an issuer that isn't read when it can't be one code: it is
// too short for any, it holds GS, it stands there twice, or, of HIBCC, another begins
// within it. HIBCC's check character at the end may be a + (M).
func (t text) opaque() error {
	if len(t.body) < 8 {
		return t.noUDI()
	}
	if i := strings.IndexByte(t.body, gs); i >= 0 {
		return t.refuse("bad_character", i, "a separator stands in a code that has none", again)
	}
	if t.twice() {
		return t.repeated()
	}
	if i := strings.IndexByte(t.body[1:len(t.body)-1], '+'); i >= 0 && t.body[0] == '+' {
		return t.refuse("two_codes", i+1, "a second code begins within the scan", oneByOne)
	}
	return nil
}
