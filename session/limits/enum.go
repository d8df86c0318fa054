package limits

import (
	"fmt"
	"strings"
	"unicode"

	"penlog/session/limits/strictyaml"
)

// noneText is how the zero value of every enum here is written in records. No
// Parse function takes it: nobody may choose it.
const noneText = "none"

// UnknownError is a word that names no zone, indication, side, site or label.
type UnknownError struct {
	Kind    string // "zone", "indication", "side", "site", "label"
	Got     string // as it was given
	Nearest string // the code that was most likely meant; "" when none is near
}

func (e *UnknownError) Error() string {
	got := e.Got
	if r := []rune(got); len(r) > 40 {
		got = string(r[:40]) + "…"
	}
	if e.Nearest == "" {
		return fmt.Sprintf("limits: unknown %s %q", e.Kind, got)
	}
	return fmt.Sprintf("limits: unknown %s %q: did you mean %q?", e.Kind, got, e.Nearest)
}

// fold makes one spelling of many: lower case, every run of spaces, dashes,
// underscores and slashes one underscore, parentheses dropped.
func fold(s string) string {
	var b strings.Builder
	gap := false
	for _, r := range s {
		switch {
		case unicode.IsSpace(r) || strings.ContainsRune("-_/‐‑–", r):
			gap = b.Len() > 0
		case r == '(' || r == ')':
		default:
			if gap {
				b.WriteByte('_')
				gap = false
			}
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return b.String()
}

// lookup finds a code in codes (index 0 is the zero value and never matches).
func lookup(kind, word string, codes []string) (int, error) {
	if len(word) <= 64 {
		w := fold(word)
		for i, c := range codes[1:] {
			if w == c {
				return i + 1, nil
			}
		}
	}
	return 0, &UnknownError{Kind: kind, Got: word, Nearest: strictyaml.Nearest(fold(word), codes[1:])}
}

// unmarshal is lookup for records: exact codes only, and the zero value too.
func unmarshal(kind string, text []byte, codes []string) (int, error) {
	for i, c := range codes {
		if string(text) == c {
			return i, nil
		}
	}
	return 0, &UnknownError{Kind: kind, Got: string(text)}
}

// marshal writes the code of v and refuses a value outside the enum.
func marshal(kind string, v uint8, codes []string) ([]byte, error) {
	if int(v) >= len(codes) {
		return nil, fmt.Errorf("limits: no %s has the number %d", kind, v)
	}
	return []byte(codes[v]), nil
}

// text is marshal for people and logs: it cannot fail.
func text(kind string, v uint8, codes []string) string {
	if int(v) >= len(codes) {
		return fmt.Sprintf("%s(%d)", kind, v)
	}
	return codes[v]
}
