package strictyaml

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
	"go.yaml.in/yaml/v4/plugin/loaderlimits"
)

const (
	// MaxSize is the largest file that is read, in bytes.
	MaxSize = 256 << 10
	// maxNesting is deeper than any file of ours and far from any stack's end.
	maxNesting = 16
)

// Kind says what a [Node] holds.
type Kind uint8

// The kinds of node.
const (
	Scalar Kind = iota + 1
	List
	Mapping
)

// Node is one value of the file with its place.
type Node struct {
	Kind Kind
	Tag  string // of a scalar: "!!str", "!!bool", "!!int", "!!float", "!!null", "!!timestamp"
	Text string // of a scalar: as written, quotes and escapes undone
	Path string // as in Problem.Path

	Line, Column       int // of the value
	KeyLine, KeyColumn int // of its key; of the value itself in a list and at the root

	Items  []*Node          // of a list; of a mapping: the values, in file order
	Keys   []string         // of a mapping: the keys, in file order
	fields map[string]*Node // of a mapping
}

// Field returns the value of key in a mapping, or nil.
func (n *Node) Field(key string) *Node {
	if n == nil {
		return nil
	}
	return n.fields[key]
}

// Source is a file that was read: its root node and its lines.
type Source struct {
	Name  string
	Root  *Node
	lines []string
}

// Read reads one YAML document. The name only labels problems. It keeps nothing
// of data. On failure the error is an *[Error].
func Read(name string, data []byte) (*Source, error) {
	s := &Source{Name: name}
	if len(data) > MaxSize {
		return nil, NewError(s.whole(fmt.Sprintf("the file has %d bytes, more than the %d that are read", len(data), MaxSize),
			"check that this is the right file"))
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	s.lines = strings.Split(strings.ToValidUTF8(string(data), "\ufffd"), "\n")
	if p := s.badText(data); p != nil {
		return nil, NewError(p)
	}
	loader, err := yaml.NewLoader(bytes.NewReader(data), yaml.WithV4Defaults(),
		yaml.WithPlugin(loaderlimits.New(loaderlimits.DepthValue(maxNesting), loaderlimits.AliasValue(0))))
	if err != nil {
		return nil, NewError(s.whole(err.Error(), ""))
	}
	var doc, more yaml.Node
	if err := loader.Load(&doc); err == io.EOF || (err == nil && len(doc.Content) == 0) {
		return nil, NewError(s.whole("the file is empty", "write the table, or leave the file out to use the built-in one"))
	} else if err != nil {
		return nil, NewError(s.syntax(err))
	}
	var problems []*Problem
	if err := loader.Load(&more); err == nil {
		problems = append(problems, s.place(more.Line, more.Column, "", "a second document begins here, and it would be ignored", "keep one document in a file"))
	} else if err != io.EOF {
		return nil, NewError(s.syntax(err))
	}
	b := builder{source: s, problems: problems}
	s.Root = b.node(doc.Content[0], "", 0)
	if e := NewError(b.problems...); e != nil {
		return nil, e
	}
	return s, nil
}

// badText finds bytes that are not UTF-8 and characters that a reader of the
// file cannot see: controls, and marks that turn the direction of writing. The
// YAML reader would take UTF-16, too, and some of the controls.
func (s *Source) badText(data []byte) *Problem {
	line, column := 1, 1
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			return s.place(line, column, "", "this is not UTF-8 text", "save the file as UTF-8")
		case r == '%' && column == 1:
			return s.place(line, column, "", "YAML directives are not read here", "remove the line")
		case r == '\n':
			line, column = line+1, 0
		case invisible(r) && r != '\t' && (r != '\r' || !bytes.HasPrefix(data[i+1:], []byte("\n"))):
			return s.place(line, column, "", fmt.Sprintf("the invisible character %U stands here", r), "delete it")
		}
		column++
		i += size
	}
	return nil
}

// invisible leaves out the two joiners, which some languages spell with.
func invisible(r rune) bool {
	if r == '\u200c' || r == '\u200d' {
		return false
	}
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029'
}

// syntax words an error of the YAML reader.
func (s *Source) syntax(err error) *Problem {
	var le *yaml.LoadError
	if !errors.As(err, &le) {
		return s.whole(err.Error(), "")
	}
	what := le.Message
	if le.ContextMsg != "" {
		what = le.ContextMsg + ": " + what
	}
	return s.place(le.Mark.Line, le.Mark.Column, "", "not readable as YAML: "+what, "check indentation, colons, quotes and brackets here and just above")
}

func (s *Source) whole(problem, remedy string) *Problem {
	return &Problem{File: s.Name, Problem: problem, Remedy: remedy}
}

func (s *Source) place(line, column int, path, problem, remedy string) *Problem {
	p := &Problem{File: s.Name, Line: max(line, 0), Column: max(column, 1), Path: path, Problem: problem, Remedy: remedy}
	if line >= 1 && line <= len(s.lines) {
		p.Source, p.caret = shorten(s.lines[line-1], p.Column-1)
	}
	return p
}

// shorten cuts a line around a column to what fits a terminal, makes it safe to
// print there, and returns where the column is then.
func shorten(line string, column int) (string, int) {
	const before, most = 70, 110
	rs := []rune(strings.Map(func(r rune) rune {
		if r != '\t' && invisible(r) {
			return '\ufffd'
		}
		return r
	}, strings.TrimSuffix(line, "\r")))
	column = min(column, len(rs))
	head, tail := "", ""
	if column > before && len(rs) > most {
		cut := min(column-before, len(rs)-most)
		rs, column, head = rs[cut:], column-cut+2, "… "
	}
	if len(rs) > most {
		rs, tail = rs[:most], " …"
	}
	return head + string(rs) + tail, column
}

// At makes a problem about the value n.
func (s *Source) At(n *Node, problem, remedy string) *Problem {
	return s.place(n.Line, n.Column, n.Path, problem, remedy)
}

// Within makes a problem about one word of the text n, which begins offset bytes
// into it: where the text stands on one line as it is, at that word, else at n.
func (s *Source) Within(n *Node, offset int, problem, remedy string) *Problem {
	column := n.Column
	if n.Kind == Scalar && n.Line >= 1 && n.Line <= len(s.lines) && offset >= 0 && offset <= len(n.Text) {
		rest := []rune(s.lines[n.Line-1])
		rest = rest[min(max(n.Column-1, 0), len(rest)):]
		if len(rest) > 0 && (rest[0] == '"' || rest[0] == '\'') {
			rest, column = rest[1:], column+1
		}
		if strings.HasPrefix(string(rest), n.Text) {
			column += utf8.RuneCountInString(n.Text[:offset])
		} else {
			column = n.Column
		}
	}
	return s.place(n.Line, column, n.Path, problem, remedy)
}

// AtKey makes a problem about the key of n: something is missing below it, or it
// should not be there.
func (s *Source) AtKey(n *Node, problem, remedy string) *Problem {
	return s.place(n.KeyLine, n.KeyColumn, n.Path, problem, remedy)
}

// builder turns the reader's nodes into ours and collects what it refuses.
type builder struct {
	source   *Source
	problems []*Problem
}

func (b *builder) refuse(y *yaml.Node, path, problem, remedy string) {
	b.problems = append(b.problems, b.source.place(y.Line, y.Column, path, problem, remedy))
}

func (b *builder) node(y *yaml.Node, path string, depth int) *Node {
	if depth > maxNesting {
		b.refuse(y, path, "nested too deep", "")
		return nil
	}
	if !b.plain(y, path) {
		return nil
	}
	n := &Node{Path: path, Line: y.Line, Column: y.Column, KeyLine: y.Line, KeyColumn: y.Column}
	switch y.Kind {
	case yaml.ScalarNode:
		n.Kind, n.Tag, n.Text = Scalar, y.Tag, y.Value
	case yaml.SequenceNode:
		n.Kind = List
		for i, c := range y.Content {
			if item := b.node(c, join(path, fmt.Sprint(i)), depth+1); item != nil {
				n.Items = append(n.Items, item)
			}
		}
	case yaml.MappingNode:
		size := len(y.Content) / 2
		n.Kind, n.Keys, n.Items, n.fields = Mapping, make([]string, 0, size), make([]*Node, 0, size), make(map[string]*Node, size)
		for i := 0; i+1 < len(y.Content); i += 2 {
			b.field(n, y.Content[i], y.Content[i+1], depth)
		}
	default:
		b.refuse(y, path, "this is not read here", "")
		return nil
	}
	return n
}

// plain refuses what YAML adds to plain text, lists and mappings.
func (b *builder) plain(y *yaml.Node, path string) bool {
	switch {
	case y.Kind == yaml.AliasNode || y.Anchor != "":
		b.refuse(y, path, "anchors and aliases are not read here", "write the value out")
		return false
	case y.Style&yaml.TaggedStyle != 0:
		b.refuse(y, path, fmt.Sprintf("the tag %q is not read here", y.Tag), "remove it")
		return false
	case strings.ContainsFunc(y.Value, func(r rune) bool { return invisible(r) && r != '\n' }):
		b.refuse(y, path, "the text holds an invisible character", "delete it")
		return false
	}
	return true
}

// field adds one key and value to the mapping n.
func (b *builder) field(n *Node, key, value *yaml.Node, depth int) {
	if !b.plain(key, n.Path) {
		return
	}
	if key.Kind != yaml.ScalarNode || key.Tag != "!!str" || key.Value == "" {
		b.refuse(key, n.Path, "a key must be a plain word", "write the key as text")
		return
	}
	path := join(n.Path, key.Value)
	if first := n.fields[key.Value]; first != nil {
		b.refuse(key, path, fmt.Sprintf("%q stands here a second time, after line %d", key.Value, first.KeyLine), "keep one of the two")
		return
	}
	v := b.node(value, path, depth+1)
	if v == nil {
		return
	}
	v.KeyLine, v.KeyColumn = key.Line, key.Column
	n.Keys, n.Items, n.fields[key.Value] = append(n.Keys, key.Value), append(n.Items, v), v
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
