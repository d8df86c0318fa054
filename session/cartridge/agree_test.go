package cartridge_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"penlog/session/cartridge"
	"penlog/session/limits/strictyaml"
)

// The schema is for editors, Load has rules of its own. These tests show that what
// the schema refuses, Load refuses.

var schema = sync.OnceValue(func() *jsonschema.Schema {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(cartridge.SchemaJSON()))
	if err != nil {
		panic(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("cartridges", doc); err != nil {
		panic(err)
	}
	return c.MustCompile("cartridges")
})

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

// agree holds Load of a document's text against the schema, and returns the rules of
// it that were broken.
func agree(t failer, doc any, text []byte) []string {
	t.Helper()
	err := schema().Validate(doc)
	if err == nil {
		return nil
	}
	if c, _ := cartridge.Load("f", text); c != nil {
		t.Fatalf("the schema refuses, Load doesn't: %v\n%s", err, text)
	}
	var rules []string
	var collect func(e *jsonschema.ValidationError)
	collect = func(e *jsonschema.ValidationError) {
		for _, c := range e.Causes {
			collect(c)
		}
		_, place, _ := strings.Cut(e.SchemaURL, "#")
		rules = append(rules, place+"/"+strings.Join(e.ErrorKind.KeywordPath(), "/"))
	}
	collect(err.(*jsonschema.ValidationError))
	return rules
}

// spot is one value of a document, and how to put another in its place.
type spot struct {
	path  string
	value any
	put   func(any)
}

// spots lists every value of the document, the outer ones first.
func spots(doc *any) (list []spot) {
	var walk func(s spot)
	walk = func(s spot) {
		list = append(list, s)
		switch v := s.value.(type) {
		case map[string]any:
			for _, k := range slices.Sorted(maps.Keys(v)) {
				walk(spot{s.path + "/" + k, v[k], func(to any) { v[k] = to }})
			}
		case []any:
			for i := range v {
				walk(spot{fmt.Sprint(s.path, "/", i), v[i], func(to any) { v[i] = to }})
			}
		}
	}
	walk(spot{"", *doc, func(to any) { *doc = to }})
	return list
}

// variants lists what a rule of the schema may refuse in place of a value: another
// kind, a key less or more, and texts just beyond each pattern.
func variants(v any) []any {
	list := []any{nil, true, json.Number("1"), "", []any{}, map[string]any{}, []any{"x"}, map[string]any{"x": "y"}}
	switch v := v.(type) {
	case map[string]any:
		for k, old := range v {
			less, more := maps.Clone(v), maps.Clone(v)
			delete(less, k)
			more[k+"xx"] = old
			list = append(list, less, more)
		}
		return list
	case []any:
		return append(list, append(slices.Clone(v), v[0]), append(slices.Clone(v), nil))
	}
	return append(list, false, "none", "1.5", "1.5000 mm", ".5 mm", "1.5 µm", "1.5 mm ", "-1", "a b", "é", "A", "0", "014", "1000", "123456789", "x123456789012",
		"penlog-cartridges/2", "H/L", strings.Repeat("a", 41), strings.Repeat("a", 65), strings.Repeat("µ", 501))
}

// Every rule of the schema is broken at every place where it holds.
func TestLoadRefusesWhatTheSchemaRefuses(t *testing.T) {
	src, err := strictyaml.Read("small.yaml", []byte(read(t, "testdata/small.yaml")))
	if err != nil {
		t.Fatal(err)
	}
	doc := plain(src.Root)
	if err := schema().Validate(doc); err != nil {
		t.Fatalf("the sound document is refused: %v", err)
	}
	broken := map[string]bool{}
	for _, s := range spots(&doc) {
		for _, v := range variants(s.value) {
			s.put(v)
			text, err := json.Marshal(doc) // JSON is YAML
			if err != nil {
				t.Fatal(err)
			}
			for _, rule := range agree(t, doc, text) {
				broken[rule] = true
			}
		}
		s.put(s.value)
	}
	var all any
	if err := json.Unmarshal(cartridge.SchemaJSON(), &all); err != nil {
		t.Fatal(err)
	}
	rules := 0
	for _, s := range spots(&all) {
		m, ok := s.value.(map[string]any)
		if !ok || strings.HasSuffix(s.path, "/properties") || strings.HasSuffix(s.path, "/$defs") || strings.HasSuffix(s.path, "/patternProperties") {
			continue
		}
		for k := range m {
			switch k {
			case "$schema", "$ref", "$defs", "title", "description", "properties", "patternProperties", "items":
				continue
			}
			if rules++; !broken[s.path+"/"+k] {
				t.Errorf("no document breaks %s/%s", s.path, k)
			}
		}
	}
	if rules < 30 {
		t.Errorf("the schema has %d rules", rules)
	}
	for _, s := range slips {
		text := []byte(patch(t, string(cartridge.DefaultYAML()), s.old, s.new))
		if src, err := strictyaml.Read("f", text); err == nil {
			agree(t, plain(src.Root), text)
		}
	}
}
