package clinic

import (
	"reflect"

	"penlog/session/limits/strictyaml"
)

// RawType is what a file is filled into, for the test that holds it against the schema.
func RawType() reflect.Type { return reflect.TypeFor[rawFile]() }

// Canonical is what the hash is taken of.
func (c *Config) Canonical() string { return string(c.canonical()) }

// Forms are what texts are held against.
func Forms() []strictyaml.Form { return []strictyaml.Form{strictyaml.VersionForm, aliasForm, usbForm} }
