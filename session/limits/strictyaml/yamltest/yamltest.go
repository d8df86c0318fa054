// Package yamltest holds a strictly read YAML file's schema, raw structs and
// loader against each other. A schema is for editors, the loader has rules of its
// own: what the schema refuses, the loader must refuse, and say so at the same
// place. For tests alone.
package yamltest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"penlog/session/limits/strictyaml"
)

// Suite is one kind of file.
type Suite struct {
	Schema []byte       // its JSON schema: every schema in it has a type, a $ref or an enum
	Raw    reflect.Type // the struct that it is filled into
	Small  []byte       // a sound file that holds everything a file can hold
	Load   func(name string, data []byte) error

	schema *jsonschema.Schema
}

// New compiles the schema.
func (s Suite) New(t testing.TB) *Suite {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(s.Schema))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("schema", doc); err != nil {
		t.Fatal(err)
	}
	if s.schema, err = c.Compile("schema"); err != nil {
		t.Fatal(err)
	}
	return &s
}

// Agree holds the loader's answer to a text against the schema, and returns the
// rules that the schema says are broken.
func (s *Suite) Agree(t testing.TB, text []byte) []string {
	t.Helper()
	src, err := strictyaml.Read("f", text)
	if err != nil {
		return nil // not a document
	}
	found := s.breaches(plain(src.Root))
	if len(found) == 0 {
		return nil
	}
	err = s.Load("f", text)
	var fe *strictyaml.Error
	if err != nil && !errors.As(err, &fe) {
		t.Fatalf("Load() = %v, which is no *strictyaml.Error", err)
	}
	var rules []string
	for _, b := range found {
		rules = append(rules, b.rule)
		if fe == nil || (fe.Omitted == 0 && !slices.ContainsFunc(fe.Problems, func(p *strictyaml.Problem) bool { return p.Path == b.path })) {
			t.Fatalf("the schema refuses %q by %s, Load says: %v\n%s", b.path, b.rule, err, text)
		}
	}
	return rules
}

// BreakEveryRule breaks each rule of the schema wherever it holds in Small, holds
// the loader against it, and fails for a rule that nothing broke.
func (s *Suite) BreakEveryRule(t *testing.T) {
	t.Helper()
	src, err := strictyaml.Read("small", s.Small)
	if err != nil {
		t.Fatal(err)
	}
	doc := plain(src.Root)
	if found := s.breaches(doc); found != nil {
		t.Fatalf("the sound document is refused: %v", found)
	}
	if err := s.Load("small", s.Small); err != nil {
		t.Fatal(err)
	}
	broken := map[string]bool{}
	for _, at := range spots(&doc) {
		for _, slip := range slips(at.value) {
			at.put(slip)
			text, err := json.Marshal(doc) // JSON is YAML
			if err != nil {
				t.Fatal(err)
			}
			for _, rule := range s.Agree(t, text) {
				broken[rule] = true
			}
		}
		at.put(at.value)
	}
	var all any
	if err := json.Unmarshal(s.Schema, &all); err != nil {
		t.Fatal(err)
	}
	rules := 0
	for _, at := range spots(&all) {
		pointer := strings.ReplaceAll(at.path, ".", "/")
		m, ok := at.value.(map[string]any)
		if !ok || strings.HasSuffix(pointer, "/properties") || strings.HasSuffix(pointer, "/$defs") || strings.HasSuffix(pointer, "/patternProperties") {
			continue
		}
		for k, v := range m {
			var names []string
			switch k {
			case "$schema", "$ref", "$defs", "title", "description", "properties", "patternProperties", "items":
				continue
			case "required":
				for _, name := range v.([]any) {
					names = append(names, k+"/"+name.(string))
				}
			default:
				names = []string{k}
			}
			for _, name := range names {
				rules++
				if !broken[pointer+"/"+name] {
					t.Errorf("no document breaks %s/%s", pointer, name)
				}
			}
		}
	}
	if rules < 20 {
		t.Errorf("the schema has %d rules", rules)
	}
}

// breach is one thing that the schema refuses.
type breach struct {
	path string // as in Problem.Path
	rule string // where in the schema the rule stands; of required, with the key
}

func (s *Suite) breaches(doc any) []breach {
	err := s.schema.Validate(doc)
	if err == nil {
		return nil
	}
	join := func(keys ...string) string { return strings.Join(keys, ".") }
	var list []breach
	var collect func(e *jsonschema.ValidationError)
	collect = func(e *jsonschema.ValidationError) {
		for _, c := range e.Causes {
			collect(c)
		}
		_, pointer, _ := strings.Cut(e.SchemaURL, "#")
		rule := pointer + "/" + strings.Join(e.ErrorKind.KeywordPath(), "/")
		at := slices.Clip(e.InstanceLocation)
		switch k := e.ErrorKind.(type) {
		case *kind.Required:
			for _, name := range k.Missing {
				list = append(list, breach{join(append(at, name)...), rule + "/" + name})
			}
		case *kind.AdditionalProperties:
			for _, name := range k.Properties {
				list = append(list, breach{join(append(at, name)...), rule})
			}
		case *kind.UniqueItems:
			list = append(list, breach{join(append(at, fmt.Sprint(k.Duplicates[1]))...), rule})
		default:
			if len(e.Causes) == 0 {
				list = append(list, breach{join(at...), rule})
			}
		}
	}
	collect(err.(*jsonschema.ValidationError))
	return list
}
