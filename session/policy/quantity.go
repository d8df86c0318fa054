package policy

import (
	"strings"

	"penlog/session/limits/strictyaml"
)

// quantity is a form of number with a unit. No float is made of it: it is read in
// the finest step that the form can say, 447.5 cm² as 44750.
type quantity struct {
	pattern  string
	example  string
	unit     string
	plural   string // another way to write the unit; "" when there is none
	digits   int    // before the point, at most
	decimals int    // after it, at most
}

var (
	passCount  = quantity{pattern: `^[1-9][0-9]? pass(es)?$`, example: "4 passes", unit: "pass", plural: "passes", digits: 2}
	dayCount   = quantity{pattern: `^[1-9][0-9]{0,2} days?$`, example: "14 days", unit: "day", plural: "days", digits: 3}
	yearCount  = quantity{pattern: `^[1-9][0-9]? years?$`, example: "22 years", unit: "year", plural: "years", digits: 2}
	seconds    = quantity{pattern: `^[1-9][0-9]? s$`, example: "10 s", unit: "s", digits: 2}
	percent    = quantity{pattern: `^[1-9][0-9]?(\.[0-9])? %$`, example: "4.0 %", unit: "%", digits: 2, decimals: 1}
	length     = quantity{pattern: `^[1-9][0-9]?(\.[0-9])? mm$`, example: "10 mm", unit: "mm", digits: 2, decimals: 1}
	speed      = quantity{pattern: `^[1-9][0-9]{0,2}(\.[0-9])? mm/s$`, example: "20 mm/s", unit: "mm/s", digits: 3, decimals: 1}
	areaSize   = quantity{pattern: `^[1-9][0-9]{0,3}(\.[0-9]{1,2})? cm²$`, example: "447.5 cm²", unit: "cm²", digits: 4, decimals: 2}
	quantities = []quantity{passCount, dayCount, yearCount, seconds, percent, length, speed, areaSize}
)

// read gives the number of s in the form's finest step, and whether s has the form.
func (q quantity) read(s string) (int, bool) {
	number, unit, _ := strings.Cut(s, " ")
	if unit == "" || (unit != q.unit && unit != q.plural) {
		return 0, false
	}
	whole, part, point := strings.Cut(number, ".")
	if whole == "" || len(whole) > q.digits || whole[0] == '0' || (point && part == "") || len(part) > q.decimals {
		return 0, false
	}
	n := 0
	for _, c := range []byte(whole + part + strings.Repeat("0", q.decimals-len(part))) {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}

func (q quantity) form() strictyaml.Form {
	return strictyaml.Form{Pattern: q.pattern, Example: q.example, Fits: func(s string) bool { _, ok := q.read(s); return ok }}
}
