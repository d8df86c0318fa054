package clinic

import (
	_ "embed"
	"fmt"
	"slices"
	"sync"

	"penlog/session/limits/strictyaml"
)

// Format is what the format key of a clinic file says.
const Format = "penlog-clinic/1"

// DefaultName is the name of the built-in file in problems and records.
const DefaultName = "clinic.yaml"

var (
	//go:embed clinic.yaml
	defaultYAML []byte
	//go:embed clinic.schema.json
	schemaJSON []byte
)

// Problem is one thing wrong with a clinic file: place, path, problem, remedy.
type Problem = strictyaml.Problem

// FileError is everything wrong with a clinic file, in file order.
type FileError = strictyaml.Error

// builtin is computed once and never changes.
var builtin = sync.OnceValue(func() *Config {
	c, err := Load(DefaultName, defaultYAML)
	if err != nil {
		panic(fmt.Sprintf("clinic: the built-in settings: %v", err))
	}
	return c
})

// Default returns the built-in settings. It panics if the built-in file is unsound,
// which is a bug in this program and caught by its tests.
func Default() *Config { return builtin() }

// DefaultYAML returns a copy of the built-in file, to start a clinic's own from.
func DefaultYAML() []byte { return slices.Clone(defaultYAML) }

// SchemaJSON returns a copy of the JSON schema of clinic files, for editors. Load
// refuses all that the schema refuses, and more.
func SchemaJSON() []byte { return slices.Clone(schemaJSON) }

// Load reads a clinic file. The name only labels problems: give the file's base
// name. It keeps nothing of data. A file that is refused gives a *[FileError] with
// all that is wrong with it, and no settings: there is no partial loading.
func Load(name string, data []byte) (*Config, error) {
	src, err := strictyaml.Read(name, data)
	if err != nil {
		return nil, err
	}
	var raw rawFile
	misfits := src.Fill(&raw)
	c := checker{Checker: strictyaml.Checker{Source: src}, raw: &raw, config: &Config{}}
	c.file()
	// The checker words its problems better than Fill: it comes first.
	if e := strictyaml.NewError(append(c.Problems, misfits...)...); e != nil {
		return nil, e
	}
	c.config.hash = c.config.sum()
	return c.config, nil
}
