package policy

import (
	"maps"
	"reflect"
	"slices"

	"penlog/session/limits/strictyaml"
)

// RawType is what a file is filled into, for the test that holds it against the schema.
func RawType() reflect.Type { return reflect.TypeFor[rawFile]() }

// Canonical is what the hash is taken of.
func (p *Policy) Canonical() string { return string(p.canonical()) }

// Forms are what texts are held against.
func Forms() []strictyaml.Form {
	forms := []strictyaml.Form{strictyaml.VersionForm, strictyaml.CodeForm, strictyaml.SourceForm}
	for _, q := range quantities {
		forms = append(forms, q.form())
	}
	return forms
}

// Tags are the sources that the policy explains.
func (p *Policy) Tags() []string { return slices.Sorted(maps.Keys(p.sources)) }
