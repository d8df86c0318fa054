package cartridge_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"penlog/session/cartridge"
	"penlog/session/limits/strictyaml"
)

// The schema and the raw structs say the same: the same keys, the same of them
// required, nothing else allowed.
func TestSchemaAndStructsAreEqual(t *testing.T) {
	var schema map[string]any
	if err := json.Unmarshal(cartridge.SchemaJSON(), &schema); err != nil {
		t.Fatal(err)
	}
	c := comparer{t: t, defs: schema["$defs"].(map[string]any)}
	c.object("", schema, cartridge.RawType())
}

type comparer struct {
	t    *testing.T
	defs map[string]any
}

func (c comparer) value(path string, schema map[string]any, typ reflect.Type) {
	if ref, ok := schema["$ref"].(string); ok {
		schema = c.defs[strings.TrimPrefix(ref, "#/$defs/")].(map[string]any)
	}
	kind, _ := schema["type"].(string)
	if _, isEnum := schema["enum"]; isEnum || schema["const"] != nil {
		kind = "string"
	}
	switch {
	case typ == reflect.TypeFor[strictyaml.Text]():
		c.is(path, kind, "string")
	case typ == reflect.TypeFor[strictyaml.Flag]():
		c.is(path, kind, "boolean")
	case typ.Kind() == reflect.Slice:
		c.is(path, kind, "array")
		c.value(path+"[]", schema["items"].(map[string]any), typ.Elem())
	case typ.Kind() == reflect.Map:
		c.is(path, kind, "object")
		patterns, _ := schema["patternProperties"].(map[string]any)
		if schema["additionalProperties"] != false || len(patterns) == 0 {
			c.t.Errorf("%s: unknown keys are let through, or no keys at all", path)
		}
		for name, s := range patterns {
			c.value(path+"."+name, s.(map[string]any), typ.Elem())
		}
	default:
		c.object(path, schema, typ)
	}
}

func (c comparer) is(path, got, want string) {
	if got != want {
		c.t.Errorf("%s: the schema says %q, the struct %q", path, got, want)
	}
}

func (c comparer) object(path string, schema map[string]any, typ reflect.Type) {
	c.is(path, schema["type"].(string), "object")
	if schema["additionalProperties"] != false {
		c.t.Errorf("%s: unknown keys are let through", path)
	}
	props := schema["properties"].(map[string]any)
	var required, keys []string
	for i := range typ.NumField() {
		name, optional := strictyaml.FieldName(typ.Field(i))
		keys = append(keys, name)
		if !optional {
			required = append(required, name)
		}
		if p, ok := props[name].(map[string]any); ok {
			c.value(path+"."+name, p, typ.Field(i).Type)
		}
	}
	if diff := cmp.Diff(slices.Sorted(slices.Values(keys)), slices.Sorted(maps.Keys(props))); diff != "" {
		c.t.Errorf("%s: keys (-struct +schema):\n%s", path, diff)
	}
	var req []string
	for _, r := range schema["required"].([]any) {
		req = append(req, r.(string))
	}
	if diff := cmp.Diff(slices.Sorted(slices.Values(required)), slices.Sorted(slices.Values(req))); diff != "" {
		c.t.Errorf("%s: required (-struct +schema):\n%s", path, diff)
	}
}

// What the texts of a file must be is equal in words.
func TestSchemaHasTheFormsOfTheChecker(t *testing.T) {
	text := string(cartridge.SchemaJSON())
	for pattern, fits := range cartridge.Forms {
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
	confidences, _ := json.Marshal(cartridge.Confidences)
	for _, want := range []string{
		fmt.Sprintf(`"maxLength": %d`, strictyaml.MaxText), fmt.Sprintf(`{"const": %q}`, cartridge.Format),
		`"enum": ` + strings.ReplaceAll(string(confidences), ",", ", "),
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the schema has no %s", want)
		}
	}
}
