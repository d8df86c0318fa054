package limits

import "reflect"

// RawType is what a file is filled into, for the test that holds it against the schema.
func RawType() reflect.Type { return reflect.TypeFor[rawFile]() }

// Canonical is what the hash is taken of.
func (t *Table) Canonical() string { return string(t.canonical()) }

// Confidences and Forms are what the checker holds texts against, for the test that
// holds it against the schema. Forms has the function by its pattern.
var (
	Confidences = confidenceCodes[1:]
	Forms       = map[string]func(string) bool{versionForm.pattern: versionForm.fits, noGoForm.pattern: noGoForm.fits, sourceForm.pattern: sourceForm.fits}
)
