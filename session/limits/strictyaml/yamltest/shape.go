package yamltest

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"penlog/session/limits/strictyaml"
)

// SameShape fails unless the schema and the raw structs have the same keys, the
// same of them required, and let nothing else through.
func (s *Suite) SameShape(t *testing.T) {
	t.Helper()
	var schema map[string]any
	if err := json.Unmarshal(s.Schema, &schema); err != nil {
		t.Fatal(err)
	}
	defs, _ := schema["$defs"].(map[string]any)
	comparer{t, defs}.value("", schema, s.Raw)
}

type comparer struct {
	t    *testing.T
	defs map[string]any
}

func (c comparer) value(path string, schema map[string]any, typ reflect.Type) {
	c.t.Helper()
	if ref, ok := schema["$ref"].(string); ok {
		schema = c.defs[strings.TrimPrefix(ref, "#/$defs/")].(map[string]any)
	}
	is := "object"
	switch {
	case typ == reflect.TypeFor[strictyaml.Text]():
		is = "string"
	case typ == reflect.TypeFor[strictyaml.Flag]():
		is = "boolean"
	case typ.Kind() == reflect.Slice:
		is = "array"
	}
	if schema["type"] != is {
		c.t.Errorf("%s: the schema says %v, the struct %s", path, schema["type"], is)
		return
	}
	switch {
	case is == "array":
		c.value(path+"[]", schema["items"].(map[string]any), typ.Elem())
	case is != "object":
	case schema["additionalProperties"] != false:
		c.t.Errorf("%s: unknown keys are let through", path)
	case typ.Kind() == reflect.Map:
		named, _ := schema["properties"].(map[string]any)
		patterns, _ := schema["patternProperties"].(map[string]any)
		if len(named)+len(patterns) == 0 {
			c.t.Errorf("%s: no keys at all", path)
		}
		for _, group := range []map[string]any{named, patterns} {
			for name, sub := range group {
				c.value(path+"."+name, sub.(map[string]any), typ.Elem())
			}
		}
	default:
		c.object(path, schema, typ)
	}
}

func (c comparer) object(path string, schema map[string]any, typ reflect.Type) {
	c.t.Helper()
	props := schema["properties"].(map[string]any)
	var keys, required, wanted []string
	for i := range typ.NumField() {
		name, optional := strictyaml.FieldName(typ.Field(i))
		if name == "" {
			continue // the node
		}
		keys = append(keys, name)
		if !optional {
			required = append(required, name)
		}
		if p, ok := props[name].(map[string]any); ok {
			c.value(path+"."+name, p, typ.Field(i).Type)
		}
	}
	list, _ := schema["required"].([]any)
	for _, name := range list {
		wanted = append(wanted, name.(string))
	}
	slices.Sort(keys)
	slices.Sort(required)
	slices.Sort(wanted)
	if diff := cmp.Diff(keys, slices.Sorted(maps.Keys(props))); diff != "" {
		c.t.Errorf("%s: keys (-struct +schema):\n%s", path, diff)
	}
	if diff := cmp.Diff(required, wanted); diff != "" {
		c.t.Errorf("%s: required (-struct +schema):\n%s", path, diff)
	}
}
