package limits

import (
	"fmt"
	"strings"

	"penlog/protocol"
)

const (
	// HardStop is the greatest depth that Penlog ever allows. A table may set a
	// lower hard stop, never a higher one.
	//
	// Source: DOMAIN 1.5, F/F* (product maximum of SkinPen, Rejuvapen, SkinStylus).
	HardStop protocol.Micrometres = 2500

	// BonyMost is the greatest limit of a bony zone without override.
	//
	// Source: DOMAIN 1.5, S, P26.
	BonyMost protocol.Micrometres = 1000

	// ToleranceMost is the greatest setting tolerance a table may state, and the
	// built-in figure.
	//
	// Source: DOMAIN 1.5, F (Exceed scale tolerance ±0.15 mm).
	ToleranceMost protocol.Micrometres = 150
)

// DepthError says why a text is not a depth, and what to write instead.
type DepthError struct {
	Text, Problem, Remedy string
}

func (e *DepthError) Error() string {
	if e.Remedy == "" {
		return fmt.Sprintf("limits: %q %s", e.Text, e.Problem)
	}
	return fmt.Sprintf("limits: %q %s: %s", e.Text, e.Problem, e.Remedy)
}

// ParseDepth reads a depth with its unit: millimetres with up to three decimals
// ("1.5 mm", "0.25mm") or whole micrometres ("1500 µm", "1500 um"), above zero and
// below 100 mm. It is exact; no float is made on the way. Whether the depth is
// allowed is not its business. The error is a *[DepthError].
func ParseDepth(s string) (protocol.Micrometres, error) {
	fail := func(problem, remedy string) (protocol.Micrometres, error) {
		if r := []rune(s); len(r) > 40 {
			s = string(r[:40]) + "…"
		}
		return 0, &DepthError{Text: s, Problem: problem, Remedy: remedy}
	}
	const example = `write it like "1.5 mm" or "1500 µm"`
	number, unit := split(s)
	whole, fraction, point := strings.Cut(number, ".")
	switch {
	case s == "":
		return fail("is no depth", example)
	case strings.HasPrefix(number, "-") || strings.HasPrefix(number, "−"):
		return fail("is negative", "a depth is above zero")
	case strings.ContainsRune(number, ','):
		return fail("has a comma", `write a point: "1.5 mm"`)
	case !digits(whole) || (point && !digits(fraction)):
		return fail("is no plain decimal number with a unit", example)
	case unit == "":
		return fail("has no unit", example)
	case len(whole) > 1 && whole[0] == '0':
		return fail("begins with a needless zero", example)
	}
	switch unit {
	case "mm":
		if len(fraction) > 3 {
			return fail("has more than three decimals", "a depth is a whole number of micrometres")
		}
		number = whole + fraction + "000"[len(fraction):]
	case "µm", "μm", "um": // micro sign, Greek mu, plain
		if point {
			return fail("is not a whole number of micrometres", example)
		}
	default:
		return fail("has a unit other than mm or µm", example)
	}
	number = strings.TrimLeft(number, "0")
	if number == "" {
		return fail("is zero", "a depth is above zero; leave out what allows nothing")
	}
	if len(number) > 5 {
		return fail("is no needle depth", "check the unit")
	}
	var d protocol.Micrometres
	for _, c := range []byte(number) {
		d = d*10 + protocol.Micrometres(c-'0')
	}
	return d, nil
}

// split cuts s into what stands before its unit and the unit. One space may stand
// between them.
func split(s string) (number, unit string) {
	i := strings.LastIndexAny(s, "0123456789.,")
	number, unit = s[:i+1], s[i+1:]
	return number, strings.TrimPrefix(unit, " ")
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
