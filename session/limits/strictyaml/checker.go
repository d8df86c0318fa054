package strictyaml

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Checker collects what a caller refuses of a file beyond what [Source.Fill]
// refuses. Its readers skip a value that is missing or of the wrong kind, since
// Fill reported that; a file with any problem at all is of no use. The zero
// Checker needs its Source. For one goroutine.
type Checker struct {
	Source   *Source
	Problems []*Problem

	unexplained map[string]bool // source tags that were reported
}

// Refuse notes a problem about the value n.
func (c *Checker) Refuse(n *Node, problem, remedy string) {
	c.Problems = append(c.Problems, c.Source.At(n, problem, remedy))
}

// RefuseKey notes a problem about the key of n.
func (c *Checker) RefuseKey(n *Node, problem, remedy string) {
	c.Problems = append(c.Problems, c.Source.AtKey(n, problem, remedy))
}

// Code returns the place of t among the codes, and -1 for a text that is missing
// or, which it refuses, none of them.
func (c *Checker) Code(t Text, codes []string) int {
	if t.Node == nil {
		return -1
	}
	i := slices.Index(codes, t.Value)
	if i < 0 {
		c.Refuse(t.Node, fmt.Sprintf("%q is not known", t.Value), Suggest(t.Value, codes))
	}
	return i
}

// Form refuses a text that does not have the form, and reports whether it has. Of
// a bare number Fill says that quotes are missing; a form with an example has
// better words for it.
func (c *Checker) Form(t Text, f Form) bool {
	if t.Node == nil || (t.Node.Tag != "!!str" && f.Example == "") {
		return false
	}
	if t.Node.Tag == "!!str" && f.Fits(t.Value) {
		return true
	}
	remedy := "write it so that it matches " + f.Pattern
	if f.Example != "" {
		remedy = fmt.Sprintf("write it like %q", f.Example)
	}
	c.Refuse(t.Node, fmt.Sprintf("%q is not written as it must be here", t.Value), remedy)
	return false
}

// Once refuses a text that stands in seen already, and files it there.
func (c *Checker) Once(what string, t Text, seen *[]string) {
	if t.Node == nil {
		return
	}
	if slices.Contains(*seen, t.Value) {
		c.Refuse(t.Node, fmt.Sprintf("there is %s for %q already", what, t.Value), "keep one of the two")
		return
	}
	*seen = append(*seen, t.Value)
}

// Words reads text for people on one line, of at most that many characters.
func (c *Checker) Words(t Text, most int) string {
	s := strings.Join(strings.Fields(t.Value), " ")
	switch n := utf8.RuneCountInString(t.Value); {
	case t.Node == nil:
	case s == "":
		c.Refuse(t.Node, "this must not be empty", "")
	case n > most:
		c.Refuse(t.Node, fmt.Sprintf("this has %d characters, more than %d", n, most), "say it shorter")
	}
	return s
}

// Sources reads what explains the source tags of a file.
func (c *Checker) Sources(raw map[string]Text) map[string]string {
	out := make(map[string]string, len(raw))
	for tag, words := range raw {
		if words.Node != nil && !SourceForm.Fits(tag) {
			c.RefuseKey(words.Node, fmt.Sprintf("%q is not written as it must be here", tag), "write it so that it matches "+SourceForm.Pattern)
		}
		out[tag] = c.Words(words, MaxText)
	}
	return out
}

// Tags reads source tags; each must be explained among the sources. One that is not is
// reported once, however often it is cited.
func (c *Checker) Tags(list []Text, sources map[string]Text) []string {
	var out []string
	for _, t := range list {
		if t.Node == nil || t.Node.Tag != "!!str" || t.Value == "" {
			continue
		}
		if _, ok := sources[t.Value]; !ok && !c.unexplained[t.Value] {
			if c.unexplained == nil {
				c.unexplained = map[string]bool{}
			}
			c.unexplained[t.Value] = true
			c.Refuse(t.Node, fmt.Sprintf("the source %q is not explained under sources", t.Value), fmt.Sprintf("add it under sources: %s: what it is", t.Value))
		}
		out = append(out, t.Value)
	}
	return out
}

// Form is what a short text must look like: a pattern of a schema, and the same
// in code, since compiling the patterns would be felt at every start. A test
// shows that the two agree.
type Form struct {
	Pattern string
	Example string // shown instead of the pattern, where people know none
	Fits    func(string) bool
}

// Letters returns a function for [Form] that takes 1 to most bytes, the first
// out of first, the others out of rest. Both are ASCII.
func Letters(first, rest string, most int) func(string) bool {
	return func(s string) bool {
		return s != "" && len(s) <= most && strings.IndexByte(first, s[0]) >= 0 && strings.Trim(s[1:], rest) == ""
	}
}

// The letters of most forms.
const (
	Capitals = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	Smalls   = "abcdefghijklmnopqrstuvwxyz"
	Digits   = "0123456789"
)

const alphanumeric = Capitals + Smalls + Digits

// The forms that files share: a file's version, the code of an entry, the tag of a
// source.
var (
	VersionForm = Form{
		Pattern: `^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$`,
		Fits:    Letters(alphanumeric, alphanumeric+"._+-", 64),
	}
	CodeForm = Form{
		Pattern: `^[a-z][a-z0-9_]{0,39}$`,
		Fits:    Letters(Smalls, Smalls+Digits+"_", 40),
	}
	SourceForm = Form{Pattern: `^[A-Z][A-Z0-9]{0,7}[a-z]?\*?$`, Fits: func(s string) bool {
		s = strings.TrimSuffix(s, "*")
		if n := len(s) - 1; n > 0 && strings.IndexByte(Smalls, s[n]) >= 0 {
			s = s[:n]
		}
		return tagLetters(s)
	}}
	tagLetters = Letters(Capitals, Capitals+Digits, 8)
)
