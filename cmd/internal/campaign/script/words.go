package script

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"penlog/protocol"
	"penlog/session/limits"
	"penlog/session/limits/strictyaml"
)

// WordError is a sentence that can't be read: which word, why, and what to write.
type WordError struct {
	Word   string // that can't be read; empty: one is missing
	Place  int    // of the word in the sentence, in bytes from 0
	Why    string
	Remedy string
}

// Error says what is wrong and what to do.
func (e *WordError) Error() string {
	s := e.Why
	if e.Remedy != "" {
		s += "; " + e.Remedy
	}
	return s
}

// words takes a sentence apart.
type words struct {
	text string
	at   int // of what is left
	last int // where the newest word began
}

// next takes a word; empty at the end.
func (w *words) next() string {
	rest := w.text[w.at:]
	skip := len(rest) - len(strings.TrimLeft(rest, " "))
	w.last = w.at + skip
	rest = rest[skip:]
	n := strings.IndexByte(rest, ' ')
	if n < 0 {
		n = len(rest)
	}
	w.at = w.last + n
	return rest[:n]
}

// peek is the next word, not taken.
func (w *words) peek() string {
	at, last := w.at, w.last
	s := w.next()
	w.at, w.last = at, last
	return s
}

// take takes the next word if it is one of these, and gives it.
func (w *words) take(any ...string) string {
	p := w.peek()
	for _, s := range any {
		if p == s {
			return w.next()
		}
	}
	return ""
}

// rest takes all that is left.
func (w *words) rest() string {
	s := strings.TrimLeft(w.text[w.at:], " ")
	w.last, w.at = len(w.text)-len(s), len(w.text)
	return strings.TrimSpace(s)
}

// bad refuses the newest word.
func (w *words) bad(word, why, remedy string) *WordError {
	if word == "" {
		w.last = len(w.text)
	}
	return &WordError{word, w.last, why, remedy}
}

// unknown refuses a word that is none of those there are.
func (w *words) unknown(what, word string, known []string) *WordError {
	if word == "" {
		return w.bad("", "a "+what+" is missing", "write one of "+list(known))
	}
	remedy := "write one of " + list(known)
	if near := strictyaml.Nearest(word, known); near != "" {
		remedy = fmt.Sprintf("did you mean %q?", near)
	}
	return w.bad(word, fmt.Sprintf("%q is no %s", word, what), remedy)
}

// one takes one of the words there are.
func (w *words) one(what string, known []string) (string, *WordError) {
	s := w.next()
	for _, k := range known {
		if s == k {
			return s, nil
		}
	}
	return "", w.unknown(what, s, known)
}

// must takes this word.
func (w *words) must(word string) *WordError {
	if s := w.next(); s != word {
		return w.unknown("word here", s, []string{word})
	}
	return nil
}

// end refuses what is left.
func (w *words) end() *WordError {
	if s := w.next(); s != "" {
		return w.bad(s, fmt.Sprintf("%q is too much here", s), "end the sentence before it")
	}
	return nil
}

// list names at most a dozen words.
func list(known []string) string {
	if len(known) > 12 {
		return strings.Join(known[:12], ", ") + ", …"
	}
	return strings.Join(known, ", ")
}

// span takes a length of time, above 0 and up to a day.
func (w *words) span(what string) (time.Duration, *WordError) {
	s := w.next()
	if s == "" {
		return 0, w.bad("", "how long is missing after "+strconv.Quote(what), "write it like 300ms or 1.5s")
	}
	d, err := time.ParseDuration(s)
	if err != nil || d <= 0 || d > 24*time.Hour || d%time.Microsecond != 0 {
		return 0, w.bad(s, fmt.Sprintf("%q is no length of time", s), "write it like 300ms or 1.5s, up to 24h, in whole µs")
	}
	return d, nil
}

// depth takes a depth of 0 to 10 mm.
func (w *words) depth() (protocol.Micrometres, *WordError) {
	s := w.next()
	if s == "" {
		return 0, w.bad("", "a depth is missing", "write it like 1.25mm")
	}
	n, ok := micrometres(s)
	if !ok || n < 0 || n > 10_000 {
		return 0, w.bad(s, fmt.Sprintf("%q is no depth", s), "write it like 1.25mm or 1250um, up to 10mm")
	}
	return protocol.Micrometres(n), nil
}

// micrometres reads a length in mm, with up to three decimals, or in µm.
func micrometres(s string) (int64, bool) {
	s = strings.ReplaceAll(s, "µ", "u")
	if um, ok := strings.CutSuffix(s, "um"); ok {
		n, err := strconv.ParseInt(um, 10, 32)
		return n, err == nil && um[0] != '+'
	}
	mm, ok := strings.CutSuffix(s, "mm")
	if !ok {
		return 0, false
	}
	minus := strings.HasPrefix(mm, "-")
	whole, part, _ := strings.Cut(strings.TrimPrefix(mm, "-"), ".")
	if whole == "" || len(whole) > 4 || len(part) > 3 || strings.Trim(whole+part, "0123456789") != "" {
		return 0, false
	}
	n, _ := strconv.ParseInt(whole+(part + "000")[:3], 10, 32)
	if minus {
		n = -n
	}
	return n, true
}

// mm writes a depth as [words.depth] reads it.
func mm(d protocol.Micrometres) string {
	s := fmt.Sprintf("%d.%03d", d/1000, d%1000)
	return strings.TrimSuffix(s, "0") + "mm"
}

// place takes a zone, perhaps a side, and an indication if one is called for.
func (w *words) place(indication bool) (t Treat, bad *WordError) {
	var names []string
	for _, z := range limits.AllZones() {
		names = append(names, z.String())
	}
	z, bad := w.one("zone", names)
	if bad != nil {
		return t, bad
	}
	t.Zone, _ = limits.ParseZone(z)
	for _, s := range limits.AllSides() {
		if w.take(s.String()) != "" {
			t.Side = s
		}
	}
	if !indication {
		return t, nil
	}
	names = names[:0]
	for _, i := range limits.AllIndications() {
		names = append(names, i.String())
	}
	i, bad := w.one("indication", names)
	if bad != nil {
		return t, bad
	}
	t.Indication, _ = limits.ParseIndication(i)
	return t, nil
}
