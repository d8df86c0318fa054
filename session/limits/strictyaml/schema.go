package strictyaml

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// Schema is a compiled JSON schema (draft 2020-12).
type Schema struct {
	schema *jsonschema.Schema
	raw    any // the schema as plain JSON, to find the keys that are allowed at a place
}

// Compile compiles a schema. It never loads anything: a reference out of the
// document is an error. Don't use propertyNames in it: jsonschema v6.0.3 hands out
// its location without a copy, so that it points elsewhere by the time it is read;
// list the names under properties with additionalProperties false.
func Compile(data []byte) (*Schema, error) {
	const here = "penlog:///schema.json"
	raw, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("strictyaml: schema: %w", err)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.UseLoader(noLoader{})
	if err := c.AddResource(here, raw); err != nil {
		return nil, fmt.Errorf("strictyaml: schema: %w", err)
	}
	compiled, err := c.Compile(here)
	if err != nil {
		return nil, fmt.Errorf("strictyaml: schema: %w", err)
	}
	return &Schema{schema: compiled, raw: raw}, nil
}

type noLoader struct{}

func (noLoader) Load(url string) (any, error) {
	return nil, fmt.Errorf("%s is not loaded: a schema stands alone", url)
}

// Validate returns what the schema finds wrong, worded and placed, in no
// particular order.
func (s *Source) Validate(schema *Schema) []*Problem {
	err := schema.schema.Validate(plain(s.Root))
	if err == nil {
		return nil
	}
	var ve *jsonschema.ValidationError
	if !errors.As(err, &ve) {
		return []*Problem{s.whole(err.Error(), "")}
	}
	var problems []*Problem
	s.collect(schema, ve, &problems)
	if len(problems) == 0 { // a refusal stays a refusal, even one that has no words
		problems = append(problems, s.AtKey(s.Root, "the file does not fit its schema", ""))
	}
	return problems
}

// plain makes the values that the validator knows. A number becomes one that
// stands for its kind only: no schema of ours looks at its value.
func plain(n *Node) any {
	switch n.Kind {
	case Mapping:
		m := make(map[string]any, len(n.Keys))
		for i, k := range n.Keys {
			m[k] = plain(n.Items[i])
		}
		return m
	case List:
		l := make([]any, len(n.Items))
		for i, item := range n.Items {
			l[i] = plain(item)
		}
		return l
	}
	switch n.Tag {
	case "!!str":
		return n.Text
	case "!!bool":
		return strings.EqualFold(n.Text, "true")
	case "!!null":
		return nil
	default:
		return json.Number("0")
	}
}

// find walks from the root to an instance location.
func (s *Source) find(location []string) *Node {
	n := s.Root
	for _, key := range location {
		next := n.Field(key)
		if n.Kind == List {
			next = n.index(key)
		}
		if next == nil {
			return n
		}
		n = next
	}
	return n
}

func (s *Source) collect(schema *Schema, e *jsonschema.ValidationError, out *[]*Problem) {
	n := s.find(e.InstanceLocation)
	add := func(p *Problem) { *out = append(*out, p) }
	switch k := e.ErrorKind.(type) {
	case *kind.AdditionalProperties:
		known := schema.properties(e.SchemaURL)
		for _, name := range k.Properties {
			add(s.AtKey(n.Field(name), fmt.Sprintf("%q is not a key that is known here", name), suggest(name, known)))
		}
	case *kind.Required:
		for _, name := range k.Missing {
			p := s.AtKey(n, fmt.Sprintf("%q is missing", name), "add "+name+":")
			p.Path = join(n.Path, name)
			add(p)
		}
	case *kind.Type:
		remedy := ""
		if slices.Contains(k.Want, "string") && n.Kind == Scalar && n.Tag != "!!null" {
			remedy = "put it in quotes"
		}
		if slices.Contains(k.Want, "boolean") {
			remedy = "write true or false"
		}
		add(s.At(n, describe(n)+", but "+wanted(k.Want)+" belongs here", remedy))
	case *kind.Enum:
		add(s.At(n, fmt.Sprintf("%q is not known", n.Text), suggest(n.Text, texts(k.Want))))
	case *kind.Const:
		add(s.At(n, fmt.Sprintf("%q should be %q", n.Text, fmt.Sprint(k.Want)), ""))
	case *kind.MinItems, *kind.MinProperties, *kind.MinLength:
		add(s.At(n, "this must not be empty", ""))
	case *kind.MaxLength:
		add(s.At(n, fmt.Sprintf("this has %d characters, more than %d", k.Got, k.Want), "say it shorter"))
	case *kind.UniqueItems:
		second := n.Items[k.Duplicates[1]]
		add(s.At(second, fmt.Sprintf("%q stands in this list twice", second.Text), "keep one of the two"))
	case *kind.Pattern:
		add(s.At(n, fmt.Sprintf("%q is not written as it must be here", n.Text), "write it so that it matches "+k.Want))
	default:
		if len(e.Causes) == 0 {
			add(s.At(n, fmt.Sprintf("breaks the schema's rule %q", strings.Join(k.KeywordPath(), "/")), ""))
		}
		for _, c := range e.Causes {
			s.collect(schema, c, out)
		}
	}
}

// properties lists the keys that the schema object at url allows, sorted.
func (c *Schema) properties(url string) []string {
	at := c.raw
	_, pointer, _ := strings.Cut(url, "#")
	for token := range strings.SplitSeq(strings.Trim(pointer, "/"), "/") {
		m, ok := at.(map[string]any)
		if !ok {
			return nil
		}
		if token != "" {
			at = m[token]
		}
	}
	m, _ := at.(map[string]any)
	props, _ := m["properties"].(map[string]any)
	names := make([]string, 0, len(props))
	for name := range props {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func texts(values []any) []string {
	out := make([]string, 0, len(values))
	for _, v := range values {
		if s, ok := v.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

func suggest(word string, known []string) string {
	if near := Nearest(strings.ToLower(word), known); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	if len(known) == 0 {
		return "remove it"
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

func wanted(types []string) string {
	words := map[string]string{"string": "text", "object": "a mapping", "array": "a list", "boolean": "true or false"}
	out := make([]string, len(types))
	for i, t := range types {
		out[i] = t
		if w, ok := words[t]; ok {
			out[i] = w
		}
	}
	return strings.Join(out, " or ")
}
