package limits_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"pgregory.net/rapid"

	"penlog/session/limits"
	"penlog/session/limits/strictyaml"
)

// The schema is for editors, Load has rules of its own. These tests show that
// what the schema refuses, Load refuses, and says so at the same place.

var schema = sync.OnceValue(func() *jsonschema.Schema {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(limits.SchemaJSON()))
	if err != nil {
		panic(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("limits", doc); err != nil {
		panic(err)
	}
	return c.MustCompile("limits")
})

// breach is one thing that the schema refuses.
type breach struct {
	path string // as in Problem.Path
	rule string // where in the schema the rule stands; of required, with the key
}

// breaches lists what the schema refuses of a document.
func breaches(doc any) []breach {
	err := schema().Validate(doc)
	if err == nil {
		return nil
	}
	var list []breach
	var collect func(e *jsonschema.ValidationError)
	collect = func(e *jsonschema.ValidationError) {
		for _, c := range e.Causes {
			collect(c)
		}
		_, pointer, _ := strings.Cut(e.SchemaURL, "#")
		rule := pointer + "/" + strings.Join(e.ErrorKind.KeywordPath(), "/")
		switch k := e.ErrorKind.(type) {
		case *kind.Required:
			for _, name := range k.Missing {
				list = append(list, breach{path(append(e.InstanceLocation, name)...), rule + "/" + name})
			}
		case *kind.AdditionalProperties:
			for _, name := range k.Properties {
				list = append(list, breach{path(append(e.InstanceLocation, name)...), rule})
			}
		case *kind.UniqueItems:
			list = append(list, breach{path(append(e.InstanceLocation, fmt.Sprint(k.Duplicates[1]))...), rule})
		default:
			if len(e.Causes) == 0 {
				list = append(list, breach{path(e.InstanceLocation...), rule})
			}
		}
	}
	collect(err.(*jsonschema.ValidationError))
	if len(list) == 0 {
		panic(err)
	}
	return list
}

func path(keys ...string) string { return strings.Join(keys, ".") }

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

// slipsOf lists what a rule of the schema may refuse in place of a value: another
// kind, a key less or more, and texts just beyond each pattern.
func slipsOf(v any) []any {
	list := []any{nil, true, json.Number("1"), "", []any{}, map[string]any{}, []any{"x"}, map[string]any{"x": "y"}}
	switch v := v.(type) {
	case map[string]any:
		names := []string{"none", "x1", "1X", "Xxx", "X**", "ABCDEFGHI", "X-"}
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
	}
	return append(list, false, json.Number("1.5"), "none", "1.5", "1.5000 mm", ".5 mm", "1.5 µm", "1.5 mm ", "-1", "a b", "é", "A",
		strings.Repeat("a", 41), strings.Repeat("a", 65), strings.Repeat("µ", 501), "penlog-limits/2", "H/L")
}

// small is a sound document that holds everything a file can hold.
func small() (doc any) {
	data, err := os.ReadFile("testdata/small.yaml")
	if err != nil {
		panic(err)
	}
	src, err := strictyaml.Read("small.yaml", data)
	if err != nil {
		panic(err)
	}
	return plain(src.Root)
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

// written is a document as text: JSON is YAML.
func written(doc any) []byte {
	text, err := json.Marshal(doc)
	if err != nil {
		panic(err)
	}
	return text
}

type failer interface {
	Helper()
	Fatalf(string, ...any)
}

// agree holds Load of a document's text against the schema, and returns what the
// schema refuses.
func agree(t failer, doc any, text []byte) []breach {
	t.Helper()
	found := breaches(doc)
	if len(found) == 0 {
		return nil
	}
	_, err := limits.Load("f", text)
	var fe *limits.FileError
	if errors.As(err, &fe) && fe.Omitted > 0 {
		return found
	}
	for _, b := range found {
		if fe == nil || !slices.ContainsFunc(fe.Problems, func(p *limits.Problem) bool { return p.Path == b.path }) {
			t.Fatalf("the schema refuses %q by %s, Load says: %v\n%s", b.path, b.rule, err, text)
		}
	}
	return found
}

// Every rule of the schema is broken at every place where it holds.
func TestLoadRefusesWhatTheSchemaRefuses(t *testing.T) {
	doc := small()
	if found := breaches(doc); found != nil {
		t.Fatalf("the sound document is refused: %v", found)
	}
	broken := map[string]bool{}
	for _, s := range spots(&doc) {
		for _, slip := range slipsOf(s.value) {
			s.put(slip)
			for _, b := range agree(t, doc, written(doc)) {
				broken[b.rule] = true
			}
		}
		s.put(s.value)
	}
	var all any
	if err := json.Unmarshal(limits.SchemaJSON(), &all); err != nil {
		t.Fatal(err)
	}
	rules := 0
	for _, s := range spots(&all) {
		at := strings.ReplaceAll(s.path, ".", "/")
		m, ok := s.value.(map[string]any)
		if !ok || strings.HasSuffix(at, "/properties") || strings.HasSuffix(at, "/$defs") || strings.HasSuffix(at, "/patternProperties") {
			continue
		}
		for k, v := range m {
			switch k {
			case "required":
				for _, name := range v.([]any) {
					rules++
					if !broken[at+"/required/"+name.(string)] {
						t.Errorf("no document breaks %s/required/%s", at, name)
					}
				}
			case "$schema", "$ref", "$defs", "title", "description", "properties", "patternProperties", "items":
			default:
				rules++
				if !broken[at+"/"+k] {
					t.Errorf("no document breaks %s/%s", at, k)
				}
			}
		}
	}
	if rules < 100 {
		t.Errorf("the schema has %d rules", rules)
	}
}

func TestLoadRefusesWhatTheSchemaRefusesInSeveralPlaces(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		doc := small()
		for range rapid.IntRange(2, 6).Draw(t, "slips") {
			s := rapid.SampledFrom(spots(&doc)[1:]).Draw(t, "place")
			if !strings.Contains(s.path[1:], ".") { // leave most of the document to break
				continue
			}
			if l, ok := s.value.([]any); !ok || len(l) > 0 {
				s.put(rapid.SampledFrom(slipsOf(s.value)).Draw(t, "slip"))
			}
		}
		agree(t, doc, written(doc))
	})
}

// The rest of what the texts of a file must be is equal in words.
func TestSchemaHasTheFormsOfTheChecker(t *testing.T) {
	text := string(limits.SchemaJSON())
	for pattern, fits := range limits.Forms {
		quoted, _ := json.Marshal(pattern)
		if !strings.Contains(text, string(quoted)) {
			t.Errorf("the schema has no %s", quoted)
		}
		form := regexp.MustCompile(pattern)
		rapid.Check(t, func(t *rapid.T) {
			s := rapid.OneOf(rapid.StringMatching(pattern), rapid.StringMatching(`[A-Za-z0-9_.*]{0,5}`), rapid.StringMatching(`[a-zA-Z][a-z0-9A-Z_-]{6,70}`), rapid.String()).Draw(t, "text") +
				rapid.SampledFrom([]string{"", "a", "A", "*", "_", "\n"}).Draw(t, "more")
			if got, want := fits(s), form.MatchString(s); got != want {
				t.Fatalf("%q fits: %v, but by %s %v", s, got, pattern, want)
			}
		})
	}
	if !strings.Contains(text, fmt.Sprintf(`"maxLength": %d`, strictyaml.MaxText)) || !strings.Contains(text, fmt.Sprintf(`{"const": %q}`, limits.Format)) {
		t.Errorf("the schema has another length or format")
	}
}
