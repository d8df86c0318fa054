package report

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// harmless makes every character of s one that XML and HTML may hold and that a
// person sees for what it is: control characters become their pictures (␛),
// characters that turn the order of others around or show nothing become their
// number, and what is no UTF-8 becomes U+FFFD. Line breaks and tabs stay.
func harmless(s string) string {
	if plain(s) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '\n' || r == '\t':
			b.WriteRune(r)
		case r < 0x20:
			b.WriteRune(0x2400 + r)
		case r == 0x7f:
			b.WriteRune('\u2421')
		case unseen(r):
			fmt.Fprintf(&b, "‹U+%04X›", r)
		case r&0xfffe == 0xfffe: // no characters, in any plane
			b.WriteRune(utf8.RuneError)
		default:
			b.WriteRune(r) // also U+FFFD for what is no UTF-8
		}
	}
	return b.String()
}

func plain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < 0x20 && c != '\n' && c != '\t' || c >= 0x7f {
			return false
		}
	}
	return true
}

// unseen are characters that show nothing, or show others elsewhere than they are.
func unseen(r rune) bool {
	return r >= 0x80 && r < 0xa0 || r == 0xad || r == 0x61c || r >= 0x200b && r <= 0x200f || r >= 0x2028 && r <= 0x202e ||
		r >= 0x2060 && r <= 0x206f || r == 0xfeff || r >= 0xe0000 && r <= 0xe007f
}

// clip cuts s after so many characters, and says that it did.
func clip(s string, most int) string {
	if len(s) <= most {
		return s
	}
	n := 0
	for i := range s {
		if n++; n > most {
			return s[:i] + "…"
		}
	}
	return s
}

// around keeps at most before lines up to the line at, and after lines from there,
// each cut to most characters. It says how many it left out before and behind.
func around(lines []string, at, before, after, most int) (kept []string, above, below int) {
	at = min(max(at, 0), len(lines))
	from, to := max(at-before, 0), min(at+after, len(lines))
	for _, l := range lines[from:to] {
		kept = append(kept, harmless(clip(l, most)))
	}
	return kept, from, len(lines) - to
}

// failedLine is the line of a log that tells of the first broken promise; without
// one its end.
func failedLine(log []string) int {
	for i, l := range log {
		if strings.Contains(l, "VIOLATION ") {
			return i
		}
	}
	return len(log)
}
