package cartridge

import (
	"fmt"
	"strings"
)

// element is one application identifier and its value.
type element struct {
	ai, value string
	rule      *rule
	at        int // where in the body the value begins
}

// read reads element strings into s, in either form.
func (t text) read(s Scan, today Date) (Scan, error) {
	s.Issuer = GS1
	if err := t.substitute(); err != nil {
		return s, err
	}
	frame := t.framed
	if t.body[0] == '(' && t.carrier != carrierGS1 {
		frame = t.bracketed
	}
	elements, err := frame()
	if err != nil {
		return s, err
	}
	seen := make(map[string]string, len(elements))
	for _, e := range elements {
		was, twice := seen[e.ai]
		switch {
		case twice && e.ai == "01":
			return s, t.refuse("two_codes", e.at, "a second GTIN stands in the scan", oneByOne)
		case twice && was != e.value:
			return s, t.refuse("duplicate_ai", e.at, fmt.Sprintf("(%s) is %.40q, and %.40q before it", e.ai, e.value, was), oneByOne)
		}
		seen[e.ai] = e.value
		switch e.ai {
		case "01":
			s.GTIN, err = e.value, t.gtin(e.at, e.value)
		case "10":
			s.Lot = e.value
		case "11":
			s.Made, err = t.date(e, today)
		case "17":
			s.Expiry, err = t.date(e, today)
		case "21":
			s.Serial = e.value
		case "240":
			s.Additional = e.value
		}
		if err != nil {
			return s, err
		}
	}
	if s.GTIN == "" {
		return s, &ScanError{Code: "no_gtin", Words: "the code does not say what product it is on: (01) is missing", Remedy: byHand}
	}
	if s.Made != (Date{}) && s.Expiry != (Date{}) && s.Expiry.Before(s.Made) {
		return s, &ScanError{Code: "expiry_before_made", Words: fmt.Sprintf("the expiry %v is before the production date %v", s.Expiry, s.Made), Remedy: "leave this pack alone and take another"}
	}
	return s, nil
}

// substitute refuses a visible stand-in for FNC1: as part of a lot it would hide what
// follows. These are the words that scanners and label programs use; what else they
// send is outside the character set, see outside.
func (t text) substitute() error {
	lower := strings.ToLower(t.body)
	for i := range len(lower) {
		for _, s := range stands {
			if strings.HasPrefix(lower[i:], s) {
				return t.refuse("separator_substitute", i, fmt.Sprintf("%q stands in for the separator", t.body[i:i+len(s)]), separator)
			}
		}
	}
	return nil
}

var stands = []string{
	"<gs>", "(gs)", "{gs}", "[gs]", "<fnc1>", "(fnc1)", "{fnc1}", "[fnc1]", "<1d>", "<0x1d>", "{1d}", "[1d]", "%1d", `\x1d`, `\u001d`, "^]",
}

// framed cuts element strings by their lengths and separators. Each is sound.
func (t text) framed() ([]element, error) {
	var list []element
	i := 0
	if t.body[0] == gs {
		i = 1
	}
	for i < len(t.body) {
		if t.body[i] == gs {
			return nil, t.refuse("empty_field", i, "two separators follow each other", again)
		}
		ai, r := ruleAt(t.body[i:])
		if r == nil {
			return nil, t.unknown(i)
		}
		begin := i + len(ai)
		end := len(t.body)
		if n := strings.IndexByte(t.body[begin:], gs); n >= 0 {
			end = begin + n
		}
		if r.fixed {
			end = min(end, begin+r.most)
		}
		e := element{ai, t.body[begin:end], r, begin}
		if err := t.sound(e); err != nil {
			return nil, err
		}
		list = append(list, e)
		if i = end; i < len(t.body) && t.body[i] == gs {
			i++ // after a value of fixed length it is needless, and harmless
		}
	}
	if list == nil {
		return nil, t.noUDI()
	}
	return list, nil
}

// bracketed cuts element strings by the parentheses around their identifiers, as they
// stand on a label. Two to four digits in parentheses always begin an element, so a
// lot that has such is misread or refused, but never hides an expiry; other
// parentheses belong to the value. Each element is sound.
func (t text) bracketed() ([]element, error) {
	var list []element
	for i := 0; i < len(t.body); {
		n := strings.IndexByte(t.body[i:], ')')
		if n < 0 {
			return nil, t.refuse("open_parenthesis", i, "a parenthesis is not closed", "type the rest of the line, or scan the code: a scan may have it in a lot")
		}
		ai, r := ruleAt(t.body[i+1 : i+n])
		if r == nil || len(ai) != n-1 {
			return nil, t.unknown(i + 1)
		}
		begin := i + n + 1
		i = t.nextBracket(begin)
		value := strings.TrimLeft(t.body[begin:i], " ")
		begin = i - len(value)
		e := element{ai, strings.TrimRight(value, " "), r, begin}
		if err := t.sound(e); err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	return list, nil
}

// nextBracket returns where, from i on, two to four digits stand in parentheses, or
// the body ends after a parenthesis and at most four digits; else the body's length.
func (t text) nextBracket(i int) int {
	for ; i < len(t.body); i++ {
		if t.body[i] != '(' {
			continue
		}
		n := i + 1
		for n < len(t.body) && n-i <= 4 && digits(t.body[n:n+1]) {
			n++
		}
		if n == len(t.body) || t.body[n] == ')' && n-i > 2 {
			return i
		}
	}
	return len(t.body)
}

// unknown refuses what stands at i in place of an application identifier.
func (t text) unknown(i int) error {
	if err := t.outside(i); err != nil {
		return err
	}
	if t.carrier != carrierGS1 && (i == 0 || i == 1 && !digits(t.body[1:2])) {
		return t.noUDI()
	}
	return t.refuse("unknown_ai", i, fmt.Sprintf("no application identifier that is known begins at %q", t.body[i:min(i+4, len(t.body))]), again)
}

// sound refuses a value that is not written as its rule says, or that holds the
// beginning of another code.
func (t text) sound(e element) error {
	for i := range len(e.value) {
		if err := t.outside(e.at + i); err != nil {
			return err
		}
	}
	n, r := len(e.value), e.rule
	switch {
	case n == 0:
		return t.refuse("empty_field", e.at, fmt.Sprintf("(%s) has no value", e.ai), again)
	case n < r.least:
		return t.refuse("bad_length", e.at, fmt.Sprintf("(%s) is cut short: %d characters, and %d belong there", e.ai, n, r.least), again)
	case r.numeric && !digits(e.value):
		return t.refuse("not_digits", e.at, fmt.Sprintf("(%s) is %.40q, and digits belong there", e.ai, e.value), again)
	}
	if i := glued(e.value); i >= 0 && !r.numeric {
		return t.refuse("two_codes", e.at+i, fmt.Sprintf("a second GTIN stands within (%s)", e.ai), oneByOne)
	}
	if n > r.most {
		remedy := again
		if !r.fixed {
			remedy = "scan one code at a time; if more follows after it, " + separator
		}
		return t.refuse("bad_length", e.at, fmt.Sprintf("(%s) has %d characters, and at most %d belong there", e.ai, n, r.most), remedy)
	}
	return nil
}

// glued returns where in a value (01) and a sound GTIN stand, or -1: a code that was
// scanned twice looks like a lot that goes on.
func glued(value string) int {
	for i := range len(value) {
		rest, found := strings.CutPrefix(value[i:], "01")
		if !found {
			rest, found = strings.CutPrefix(value[i:], "(01)")
		}
		if found && len(rest) >= 14 {
			if problem, _ := gtinProblem(rest[:14]); problem == "" {
				return i
			}
		}
	}
	return -1
}

// outside refuses a character at i that is not in GS1's set.
func (t text) outside(i int) error {
	c := t.body[i]
	switch {
	case inSet82(c):
		return nil
	case prefixed(t.body[i:]):
		return t.refuse("two_codes", i, "a second code begins within the scan", oneByOne)
	case strings.IndexByte("|^~#{[\\@", c) >= 0:
		return t.refuse("separator_substitute", i, fmt.Sprintf("%q is no character of a GS1 code; it may stand in for the separator", c), separator)
	}
	return t.refuse("bad_character", i, fmt.Sprintf("%q is no character of a GS1 code", c), again)
}

// date reads a value of six digits.
func (t text) date(e element, today Date) (Date, error) {
	if !today.Valid() {
		return Date{}, &ScanError{Code: "no_today", Words: "today's date is not known, so the century of a date isn't either", Remedy: "set this PC's clock"}
	}
	d, ok := yymmdd(e.value, today)
	if !ok {
		return Date{}, t.refuse("bad_date", e.at, fmt.Sprintf("(%s) is %s, and the calendar has no such day (YYMMDD)", e.ai, e.value), again)
	}
	return d, nil
}
