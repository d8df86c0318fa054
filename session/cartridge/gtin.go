package cartridge

import (
	"fmt"
	"strings"
)

// gtinProblem says why a text is no GTIN, and what to do; "" when it is one: 8, 12,
// 13 or 14 digits, not all 0, of which the last is the mod-10 check digit.
// Source: DOMAIN 6.5.
func gtinProblem(s string) (problem, remedy string) {
	switch {
	case !digits(s) || !gtinLength(len(s)):
		return "is not 8, 12, 13 or 14 digits", "copy it from the label"
	case strings.Trim(s, "0") == "":
		return "is all zeros", "copy it from the label"
	case s[len(s)-1] != checkDigit(s[:len(s)-1]):
		return fmt.Sprintf("ends with the check digit %c, but %c belongs there", s[len(s)-1], checkDigit(s[:len(s)-1])), "scan it again, or compare it with the label"
	}
	return "", ""
}

func gtinLength(n int) bool { return n == 8 || n >= 12 && n <= 14 }

// checkDigit returns the digit that belongs after s: counted from the right, every
// other digit weighs three, and with it the sum is a multiple of ten.
func checkDigit(s string) byte {
	sum := 0
	for i := range len(s) {
		weight := 1
		if (len(s)-i)%2 == 1 {
			weight = 3
		}
		sum += weight * int(s[i]-'0')
	}
	return byte('0' + (10-sum%10)%10)
}

// pad gives a GTIN as the 14 digits that a scan has.
func pad(gtin string) string {
	if !gtinLength(len(gtin)) {
		return gtin
	}
	return strings.Repeat("0", 14-len(gtin)) + gtin
}

// restricted reports whether a GTIN-14 is one of those that GS1 gives to no maker:
// prefix 02, for use within a region. Simulated cartridges have such numbers.
func restricted(gtin string) bool { return strings.HasPrefix(gtin, "002") }

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
