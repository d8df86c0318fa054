package strictyaml

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

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

// Fill copies the document into the struct that v points to. Its fields are
// [Text], [Flag], slices, map[string]T and structs of these, named by a tag
// `yaml:"name"`; a field of type *[Node] without a tag gets the mapping's own
// node. Fill is lenient: what is missing, or of another shape than the field,
// is left at its zero value, because the schema has already reported it. Text takes any
// scalar but null as it was written. It panics when v is not such a struct.
func (s *Source) Fill(v any) {
	fill(s.Root, reflect.ValueOf(v).Elem())
}

func fill(n *Node, v reflect.Value) {
	if n == nil {
		return
	}
	switch t := v.Type(); {
	case t == textType:
		if n.Kind == Scalar && n.Tag != "!!null" {
			v.Set(reflect.ValueOf(Text{Value: n.Text, Node: n}))
		}
	case t == flagType:
		if n.Kind == Scalar && n.Tag == "!!bool" {
			// The resolver's words for true and false, in its three spellings.
			v.Set(reflect.ValueOf(Flag{Value: strings.EqualFold(n.Text, "true"), Node: n}))
		}
	case t.Kind() == reflect.Slice:
		if n.Kind != List {
			return
		}
		v.Set(reflect.MakeSlice(t, len(n.Items), len(n.Items)))
		for i, item := range n.Items {
			fill(item, v.Index(i))
		}
	case t.Kind() == reflect.Map:
		if n.Kind != Mapping {
			return
		}
		v.Set(reflect.MakeMap(t))
		for i, key := range n.Keys {
			e := reflect.New(t.Elem()).Elem()
			fill(n.Items[i], e)
			v.SetMapIndex(reflect.ValueOf(key), e)
		}
	case t.Kind() == reflect.Struct:
		if n.Kind != Mapping {
			return
		}
		for i := range t.NumField() {
			if t.Field(i).Type == nodeType {
				v.Field(i).Set(reflect.ValueOf(n))
				continue
			}
			name, _ := FieldName(t.Field(i))
			fill(n.Field(name), v.Field(i))
		}
	default:
		panic(fmt.Sprintf("strictyaml: cannot fill a %v", t))
	}
}

// FieldName returns the key a struct field stands for, and whether the file may
// leave it out (`yaml:"name,optional"`).
func FieldName(f reflect.StructField) (name string, optional bool) {
	name, option, _ := strings.Cut(f.Tag.Get("yaml"), ",")
	return name, option == "optional"
}

// index returns the item at a list position written as text, or nil.
func (n *Node) index(s string) *Node {
	i, err := strconv.Atoi(s)
	if err != nil || i < 0 || i >= len(n.Items) {
		return nil
	}
	return n.Items[i]
}
