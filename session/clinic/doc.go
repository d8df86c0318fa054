// Package clinic says what a clinic allows on this PC: which modes of work, which
// indications, which people in which roles, whether an override takes a second
// person, what the pen's button means, and which USB devices count as pens.
//
// The settings come from a YAML file: the built-in clinic.yaml, under which only a
// guarded pen is taken and nobody is named, or a clinic's own, which replaces it
// whole. clinic.schema.json is its shape, for editors: a test shows that loading
// refuses all that the schema refuses.
//
// What a file leaves out is the strict thing where it concerns safety (only guarded,
// no clinician, so no override) and open where it only narrows (all indications, any
// USB device, anyone may be named). The zero [Config] and a nil one are no settings
// at all: they allow no mode and no indication and know nobody, so that what was not
// loaded is never taken for what a clinic allowed.
//
// The package is pure: no clock, no file, no network, and no sessions; modes are
// their codes here. A Config is immutable and safe for concurrent use; what its
// methods return is the caller's.
package clinic
