package yamltest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"penlog/session/limits/strictyaml"
)

// spot is one value of a document, and how to put another in its place.
type spot struct {
	path  string
	value any
	put   func(any)
}

// spots lists every value of the document, the outer ones first.
func spots(doc *any) []spot {
	var list []spot
	var walk func(s spot)
	walk = func(s spot) {
		list = append(list, s)
		switch v := s.value.(type) {
		case map[string]any:
			for _, k := range slices.Sorted(maps.Keys(v)) {
				walk(spot{s.path + "." + k, v[k], func(to any) { v[k] = to }})
			}
		case []any:
			for i := range v {
				walk(spot{fmt.Sprint(s.path, ".", i), v[i], func(to any) { v[i] = to }})
			}
		}
	}
	walk(spot{"", *doc, func(to any) { *doc = to }})
	return list
}

// slips lists what a rule may refuse in place of a value: another kind, a key
// less or more, texts just beyond each pattern and length.
func slips(v any) []any {
	list := []any{nil, true, json.Number("1"), "", []any{}, map[string]any{}, []any{"x"}, map[string]any{"x": "y"}}
	switch v := v.(type) {
	case map[string]any:
		names := []string{"none", "x1", "1X", "X**", "ABCDEFGHI"}
		var old any
		for _, k := range slices.Sorted(maps.Keys(v)) {
			less := maps.Clone(v)
			delete(less, k)
			list, names, old = append(list, less), append(names, k+"xx"), v[k]
		}
		for _, name := range names {
			more := maps.Clone(v)
			more[name] = old
			list = append(list, more)
		}
		return list
	case []any:
		return append(list, append(slices.Clone(v), v[0]), append(slices.Clone(v), nil), append(slices.Clone(v), []any{}))
	case string:
		list = append(list, v+" ", " "+v, v+"x", "0"+v, strings.ToUpper(v)+"!")
	}
	return append(list, false, json.Number("1.5"), "none", "1.5", "0 days", "1.55 %", "-1", "a b", "é", "A",
		strings.Repeat("a", 41), strings.Repeat("a", 65), strings.Repeat("µ", 65), strings.Repeat("µ", 501), "VII")
}

// plain is a document as JSON has it.
func plain(n *strictyaml.Node) any {
	switch {
	case n.Kind == strictyaml.Mapping:
		m := make(map[string]any, len(n.Keys))
		for i, k := range n.Keys {
			m[k] = plain(n.Items[i])
		}
		return m
	case n.Kind == strictyaml.List:
		l := make([]any, len(n.Items))
		for i, item := range n.Items {
			l[i] = plain(item)
		}
		return l
	case n.Tag == "!!str":
		return n.Text
	case n.Tag == "!!bool":
		return strings.EqualFold(n.Text, "true")
	case n.Tag == "!!null":
		return nil
	}
	return json.Number("0") // no rule looks at which number it is
}
