package suite

import (
	"fmt"
	"strings"

	"penlog/cmd/internal/campaign/script"
	"penlog/session/limits/strictyaml"
)

func nearest(word string, of []string) string { return strictyaml.Nearest(word, of) }

// Where reads an expression of words joined by 'and', 'or', 'not' and parentheses.
// A word matches a scenario when its name, title, hazards, pen, hand, or a verb it
// does contains it, whatever the case. An empty expression matches all.
func Where(expr string) (func(*script.Script) bool, error) {
	if strings.TrimSpace(expr) == "" {
		return func(*script.Script) bool { return true }, nil
	}
	spaced := strings.NewReplacer("(", " ( ", ")", " ) ").Replace(expr)
	p := &whereParser{words: strings.Fields(spaced), expr: expr}
	m, err := p.or()
	if err == nil && len(p.words) > 0 {
		err = p.bad(fmt.Sprintf("%q is too much", p.words[0]))
	}
	return m, err
}

type whereParser struct {
	words []string
	expr  string
	deep  int
}

func (p *whereParser) bad(why string) error {
	return fmt.Errorf("-k %q: %s; write words with and, or, not and parentheses between them, as in: cable and not reboot", p.expr, why)
}

func (p *whereParser) take(word string) bool {
	if len(p.words) == 0 || !strings.EqualFold(p.words[0], word) {
		return false
	}
	p.words = p.words[1:]
	return true
}

func (p *whereParser) or() (func(*script.Script) bool, error) {
	a, err := p.and()
	for err == nil && p.take("or") {
		l := a
		var r func(*script.Script) bool
		r, err = p.and()
		a = func(s *script.Script) bool { return l(s) || r(s) }
	}
	return a, err
}

func (p *whereParser) and() (func(*script.Script) bool, error) {
	a, err := p.not()
	for err == nil && p.take("and") {
		l := a
		var r func(*script.Script) bool
		r, err = p.not()
		a = func(s *script.Script) bool { return l(s) && r(s) }
	}
	return a, err
}

func (p *whereParser) not() (func(*script.Script) bool, error) {
	if p.deep++; p.deep > 100 {
		return nil, p.bad("it goes too deep")
	}
	defer func() { p.deep-- }()
	switch {
	case p.take("not"):
		m, err := p.not()
		return func(s *script.Script) bool { return !m(s) }, err
	case p.take("("):
		m, err := p.or()
		if err == nil && !p.take(")") {
			err = p.bad("a ) is missing")
		}
		return m, err
	case len(p.words) == 0:
		return nil, p.bad("a word is missing at its end")
	}
	word := strings.ToLower(p.words[0])
	if word == "and" || word == "or" || word == ")" {
		return nil, p.bad(fmt.Sprintf("a word is missing before %q", p.words[0]))
	}
	p.words = p.words[1:]
	return func(s *script.Script) bool { return strings.Contains(haystack(s), word) }, nil
}

// haystack is all that a word is looked for in.
func haystack(s *script.Script) string {
	parts := append([]string{s.Name, s.Title, s.Pen, s.Hand}, s.Hazards...)
	for i := range s.Steps {
		for j := range s.Steps[i].Do {
			parts = append(parts, s.Steps[i].Do[j].String())
		}
	}
	return strings.ToLower(strings.Join(parts, "\n"))
}
