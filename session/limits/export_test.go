package limits

import (
	"reflect"

	"penlog/protocol"
)

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

// Unchecked is t with figures for the cheek, the rolling acne scar and the hard stop
// that no checker saw.
func (t *Table) Unchecked(limit, hardStop protocol.Micrometres) *Table {
	c := *t
	zone, indication := *t.zones[Cheek], *t.indications[AcneScarRolling]
	zone.limit, zone.override, indication.limit, indication.override = limit, limit, limit, limit
	c.zones[Cheek], c.indications[AcneScarRolling], c.hardStop.value = &zone, &indication, hardStop
	return &c
}
