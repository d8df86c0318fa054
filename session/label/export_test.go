package label

import (
	"reflect"

	"penlog/session/limits/strictyaml"
)

// RawType is what a file is filled into, for the test that holds it against the schema.
func RawType() reflect.Type { return reflect.TypeFor[rawFile]() }

// Canonical is what the hash is taken of.
func (c *Catalogue) Canonical() string { return string(c.canonical()) }

// Forms are what texts are held against.
func Forms() []strictyaml.Form {
	return []strictyaml.Form{strictyaml.VersionForm, strictyaml.CodeForm, clearanceForm, ageForm, strictyaml.SourceForm}
}

// Span is a set of phototypes as a rule's facts have it.
func Span(all ...int) string {
	var t types
	for _, n := range all {
		t |= 1 << n
	}
	return t.span()
}
