package strictyaml

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// MaxProblems is how many problems one [Error] carries; the rest are counted.
const MaxProblems = 25

// Problem is one thing wrong with a file, at one place.
type Problem struct {
	File    string `json:"file"`             // name as given to Read, never a path that Read looked up
	Line    int    `json:"line"`             // from 1; 0 when the file as a whole is meant
	Column  int    `json:"column"`           // from 1, in characters, not bytes
	Path    string `json:"path,omitempty"`   // keys and list positions joined by dots, e.g. "zones.nose.limit"
	Problem string `json:"problem"`          // what is wrong
	Remedy  string `json:"remedy,omitempty"` // what to do, as an imperative
	Source  string `json:"source,omitempty"` // the line as it stands in the file, shortened around the column

	caret int // where in Source the column lies, from 0
}

// Error gives the place, the path and the problem on one line:
//
//	limits.yaml:41:19: zones.nose.limit: "15 mm" is above the hard stop of 2.50 mm
func (p *Problem) Error() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", p.Line, p.Column)
	}
	b.WriteString(": ")
	if p.Path != "" {
		b.WriteString(p.Path + ": ")
	}
	b.WriteString(p.Problem)
	return b.String()
}

// Text gives [Problem.Error], the source line with a caret under the place, and
// the remedy, each on its own line, without a newline at the end.
func (p *Problem) Text() string {
	var b strings.Builder
	b.WriteString(p.Error())
	if p.Line > 0 && p.Source != "" {
		no := strconv.Itoa(p.Line)
		fmt.Fprintf(&b, "\n  %s | %s\n  %s | %s^", no, p.Source, strings.Repeat(" ", len(no)), indent(p.Source, p.caret))
	}
	if p.Remedy != "" {
		b.WriteString("\n  → " + p.Remedy)
	}
	return b.String()
}

// indent is as wide as the first n characters of line: tabs stay tabs, so that
// the caret stands right whatever a terminal makes of them.
func indent(line string, n int) string {
	var b strings.Builder
	for _, r := range line {
		if n <= 0 {
			return b.String()
		}
		if r != '\t' {
			r = ' '
		}
		b.WriteRune(r)
		n--
	}
	b.WriteString(strings.Repeat(" ", max(n, 0)))
	return b.String()
}

// Error is everything wrong with one file, in the order of the file.
type Error struct {
	Problems []*Problem // never empty, at most MaxProblems
	Omitted  int        // how many more there were
}

// NewError sorts the problems, drops a later one about a place and path that an
// earlier one in the argument list already covers, and caps the rest. It returns
// nil when there are none. Put the better-worded problems first.
func NewError(problems ...*Problem) *Error {
	type place struct {
		line, column int
		path         string
	}
	seen := make(map[place]bool, len(problems))
	kept := make([]*Problem, 0, len(problems))
	for _, p := range problems {
		at := place{p.Line, p.Column, p.Path}
		if !seen[at] {
			seen[at] = true
			kept = append(kept, p)
		}
	}
	if len(kept) == 0 {
		return nil
	}
	slices.SortStableFunc(kept, func(a, b *Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column),
			cmp.Compare(a.Path, b.Path), cmp.Compare(a.Problem, b.Problem))
	})
	e := &Error{Problems: kept}
	if n := len(kept) - MaxProblems; n > 0 {
		e.Problems, e.Omitted = kept[:MaxProblems], n
	}
	return e
}

// Error gives every problem with its source line and remedy.
func (e *Error) Error() string {
	texts := make([]string, 0, len(e.Problems)+1)
	for _, p := range e.Problems {
		texts = append(texts, p.Text())
	}
	if e.Omitted > 0 {
		texts = append(texts, fmt.Sprintf("and %d more problems", e.Omitted))
	}
	return strings.Join(texts, "\n")
}

// Unwrap lets errors.As find the single problems.
func (e *Error) Unwrap() []error {
	errs := make([]error, len(e.Problems))
	for i, p := range e.Problems {
		errs[i] = p
	}
	return errs
}
