package limits

import "reflect"

// RawType is what a file is filled into, for the test that holds it against the schema.
func RawType() reflect.Type { return reflect.TypeFor[rawFile]() }

// Canonical is what the hash is taken of.
func (t *Table) Canonical() string { return string(t.canonical()) }

// What the checker holds texts against, for the test that holds it against the schema.
var (
	VersionForm, NoGoForm, SourceForm = versionForm.String(), noGoForm.String(), sourceForm.String()
	Confidences                       = confidenceCodes[1:]
)
