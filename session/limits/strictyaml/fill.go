package strictyaml

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"
)

// MaxText is how many characters a text may have.
const MaxText = 500

// Text is a text value that remembers its place. Node is nil when the key is
// missing.
type Text struct {
	Value string
	Node  *Node
}

// Flag is a true or false that remembers its place. Node is nil when the key is
// missing.
type Flag struct {
	Value bool
	Node  *Node
}

var (
	textType = reflect.TypeFor[Text]()
	flagType = reflect.TypeFor[Flag]()
	nodeType = reflect.TypeFor[*Node]()
)

// Fill copies the document into the struct that v points to, and returns all
// that does not fit it, in no particular order. The fields are [Text], [Flag],
// slices, map[string]T and structs of these, named by a tag `yaml:"name"`, or
// `yaml:"name,optional"` when the file may leave them out; a field of type
// *[Node] without a tag gets the mapping's own node.
//
// Refused are: a key that has no field, a field that has no key, a value of
// another kind than its field, an empty list or map, a text that is empty, longer
// than [MaxText] or a second time in its list. What does not fit is left at its
// zero value; but a Text is filled with any scalar except null, as it was written,
// for a caller who words the problem better. Which keys a map may have is the
// caller's to check, with [Source.Keys]. Fill panics when v is not such a struct.
func (s *Source) Fill(v any) []*Problem {
	f := filler{source: s}
	f.fill(s.Root, reflect.ValueOf(v).Elem())
	return f.problems
}

type filler struct {
	source   *Source
	problems []*Problem
}

func (f *filler) refuse(n *Node, problem, remedy string) {
	f.problems = append(f.problems, f.source.At(n, problem, remedy))
}

func (f *filler) fill(n *Node, v reflect.Value) {
	switch t := v.Type(); {
	case t == textType:
		f.text(n, v.Addr().Interface().(*Text))
	case t == flagType:
		if n.Kind != Scalar || n.Tag != "!!bool" {
			f.refuse(n, describe(n)+", but true or false belongs here", "write true or false")
			return
		}
		// The resolver's words for true and false, in its three spellings.
		*v.Addr().Interface().(*Flag) = Flag{Value: strings.EqualFold(n.Text, "true"), Node: n}
	case t.Kind() == reflect.Slice:
		if !f.holds(n, List, "a list") {
			return
		}
		v.Set(reflect.MakeSlice(t, len(n.Items), len(n.Items)))
		for i, item := range n.Items {
			f.fill(item, v.Index(i))
		}
		if texts, ok := v.Interface().([]Text); ok {
			f.single(texts)
		}
	case t.Kind() == reflect.Map:
		if !f.holds(n, Mapping, "a mapping") {
			return
		}
		v.Set(reflect.MakeMapWithSize(t, len(n.Keys)))
		for i, key := range n.Keys {
			e := reflect.New(t.Elem()).Elem()
			f.fill(n.Items[i], e)
			v.SetMapIndex(reflect.ValueOf(key), e)
		}
	case t.Kind() == reflect.Struct:
		if n.Kind != Mapping {
			f.refuse(n, describe(n)+", but a mapping belongs here", "")
			return
		}
		f.fields(n, v)
	default:
		panic(fmt.Sprintf("strictyaml: cannot fill a %v", t))
	}
}

func (f *filler) text(n *Node, to *Text) {
	switch {
	case n.Kind != Scalar || n.Tag == "!!null":
		f.refuse(n, describe(n)+", but text belongs here", "")
		return
	case n.Tag != "!!str":
		f.refuse(n, describe(n)+", but text belongs here", "put it in quotes")
	case n.Text == "":
		f.refuse(n, "this must not be empty", "")
	case len(n.Text) > MaxText && utf8.RuneCountInString(n.Text) > MaxText:
		f.refuse(n, fmt.Sprintf("this has %d characters, more than %d", utf8.RuneCountInString(n.Text), MaxText), "say it shorter")
	}
	*to = Text{Value: n.Text, Node: n}
}

// holds refuses a node that is not a list or map, or that has nothing in it.
func (f *filler) holds(n *Node, kind Kind, words string) bool {
	if n.Kind != kind {
		f.refuse(n, describe(n)+", but "+words+" belongs here", "")
	} else if len(n.Items) == 0 {
		f.refuse(n, "this must not be empty", "")
	}
	return n.Kind == kind
}

// single refuses a text that its list has already.
func (f *filler) single(list []Text) {
	seen := make(map[string]bool, len(list))
	for _, t := range list {
		if t.Node != nil && seen[t.Value] {
			f.refuse(t.Node, fmt.Sprintf("%q stands in this list twice", t.Value), "keep one of the two")
		}
		seen[t.Value] = t.Node != nil
	}
}

// fields fills a struct from a mapping.
func (f *filler) fields(n *Node, v reflect.Value) {
	t := v.Type()
	known := make([]string, 0, t.NumField())
	for i := range t.NumField() {
		if t.Field(i).Type == nodeType {
			v.Field(i).Set(reflect.ValueOf(n))
			continue
		}
		name, optional := FieldName(t.Field(i))
		known = append(known, name)
		if value := n.Field(name); value != nil {
			f.fill(value, v.Field(i))
		} else if !optional {
			p := f.source.AtKey(n, fmt.Sprintf("%q is missing", name), "add "+name+":")
			p.Path = join(n.Path, name)
			f.problems = append(f.problems, p)
		}
	}
	f.problems = append(f.problems, f.source.Keys(n, known)...)
}

// FieldName returns the key a struct field stands for, and whether the file may
// leave it out (`yaml:"name,optional"`).
func FieldName(f reflect.StructField) (name string, optional bool) {
	name, option, _ := strings.Cut(f.Tag.Get("yaml"), ",")
	return name, option == "optional"
}

// Keys refuses every key of the mapping n that is not among the known ones. Of a
// node that is nil or no mapping it refuses nothing.
func (s *Source) Keys(n *Node, known []string) []*Problem {
	var problems []*Problem
	if n != nil {
		for i, key := range n.Keys {
			if !slices.Contains(known, key) {
				problems = append(problems, s.AtKey(n.Items[i], fmt.Sprintf("%q is not a key that is known here", key), Suggest(key, known)))
			}
		}
	}
	return problems
}

// Suggest is a remedy for a word that is not among the known ones: the one that
// was most likely meant, or all of them.
func Suggest(word string, known []string) string {
	if near := Nearest(strings.ToLower(word), known); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	return "use one of: " + strings.Join(known, ", ")
}

func describe(n *Node) string {
	switch {
	case n.Kind == Mapping:
		return "this is a mapping"
	case n.Kind == List:
		return "this is a list"
	case n.Tag == "!!null":
		return "this has no value"
	case n.Tag == "!!int" || n.Tag == "!!float":
		return fmt.Sprintf("%q is a bare number", n.Text)
	case n.Tag == "!!bool":
		return fmt.Sprintf("%q is true or false", n.Text)
	case n.Tag == "!!timestamp":
		return fmt.Sprintf("%q is a date", n.Text)
	}
	return fmt.Sprintf("%q is text", n.Text)
}
