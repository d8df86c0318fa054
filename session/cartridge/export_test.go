package cartridge

import "reflect"

// RawType is what a file is filled into, for the test that holds it against the schema.
func RawType() reflect.Type { return reflect.TypeFor[rawFile]() }

// Canonical is what the hash is taken of.
func (c *Catalogue) Canonical() string { return string(c.canonical()) }

// Confidences and Forms are what the checker holds texts against, for the test that
// holds it against the schema. Forms has the function by its pattern.
var (
	Confidences = confidenceCodes
	Forms       = map[string]func(string) bool{versionForm.pattern: versionForm.fits, codeForm.pattern: codeForm.fits, sourceForm.pattern: sourceForm.fits}
)

// Set82 is what a value may be written with.
const Set82 = set82
