package limits_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"penlog/session/limits"
	"penlog/session/limits/strictyaml"
)

// The schema and the raw structs say the same: the same keys, the same of them
// required, nothing else allowed.
func TestSchemaAndStructsAreEqual(t *testing.T) {
	var schema map[string]any
	if err := json.Unmarshal(limits.SchemaJSON(), &schema); err != nil {
		t.Fatal(err)
	}
	c := comparer{t: t, defs: schema["$defs"].(map[string]any)}
	c.object("", schema, limits.RawType())
}

func TestSchemaListsTheEnums(t *testing.T) {
	var schema struct {
		Properties struct {
			Zones, Indications struct {
				Properties map[string]any `json:"properties"`
			}
		} `json:"properties"`
		Defs map[string]struct {
			Enum []string `json:"enum"`
		} `json:"$defs"`
	}
	if err := json.Unmarshal(limits.SchemaJSON(), &schema); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		want []string
	}{
		{"zoneCode", codes(limits.AllZones())},
		{"indicationCode", codes(limits.AllIndications())},
		{"siteCode", codes(limits.AllSites())},
		{"labelCode", codes(limits.AllLabels())},
		{"confidence", limits.Confidences},
	} {
		if diff := cmp.Diff(tt.want, schema.Defs[tt.name].Enum); diff != "" {
			t.Errorf("%s (-code +schema):\n%s", tt.name, diff)
		}
	}
	if diff := cmp.Diff(slices.Sorted(slices.Values(codes(limits.AllZones()))), slices.Sorted(maps.Keys(schema.Properties.Zones.Properties))); diff != "" {
		t.Errorf("zones (-code +schema):\n%s", diff)
	}
	if diff := cmp.Diff(slices.Sorted(slices.Values(codes(limits.AllIndications()))), slices.Sorted(maps.Keys(schema.Properties.Indications.Properties))); diff != "" {
		t.Errorf("indications (-code +schema):\n%s", diff)
	}
}

func codes[E fmt.Stringer](all []E) []string {
	out := make([]string, len(all))
	for i, e := range all {
		out[i] = e.String()
	}
	return out
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
		if schema["additionalProperties"] != false {
			c.t.Errorf("%s: unknown keys are let through", path)
		}
		named, _ := schema["properties"].(map[string]any)
		patterns, _ := schema["patternProperties"].(map[string]any)
		if len(named)+len(patterns) == 0 {
			c.t.Errorf("%s: no keys at all", path)
		}
		for _, group := range []map[string]any{named, patterns} {
			for name, s := range group {
				c.value(path+"."+name, s.(map[string]any), typ.Elem())
			}
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
		f := typ.Field(i)
		name, optional := strictyaml.FieldName(f)
		if name == "" {
			continue // the node
		}
		keys = append(keys, name)
		if !optional {
			required = append(required, name)
		}
		if p, ok := props[name].(map[string]any); ok {
			c.value(path+"."+name, p, f.Type)
		}
	}
	slices.Sort(keys)
	slices.Sort(required)
	if diff := cmp.Diff(keys, slices.Sorted(maps.Keys(props))); diff != "" {
		c.t.Errorf("%s: keys (-struct +schema):\n%s", path, diff)
	}
	var req []string
	for _, r := range schema["required"].([]any) {
		req = append(req, r.(string))
	}
	slices.Sort(req)
	if diff := cmp.Diff(required, req); diff != "" {
		c.t.Errorf("%s: required (-struct +schema):\n%s", path, diff)
	}
}
