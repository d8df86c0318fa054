package cartridge

import (
	_ "embed"
	"fmt"
	"slices"
	"sync"

	"penlog/session/limits/strictyaml"
)

// Format is what the format key of a cartridges file says.
const Format = "penlog-cartridges/1"

// DefaultName is the name of the built-in file in problems and records.
const DefaultName = "cartridges.yaml"

var (
	//go:embed cartridges.yaml
	defaultYAML []byte
	//go:embed cartridges.schema.json
	schemaJSON []byte
)

// Problem is one thing wrong with a cartridges file: place, path, problem, remedy.
type Problem = strictyaml.Problem

// FileError is everything wrong with a cartridges file, in file order.
type FileError = strictyaml.Error

// builtin is computed once and never changes.
var builtin = sync.OnceValue(func() *Catalogue {
	c, err := Load(DefaultName, defaultYAML)
	if err != nil {
		panic(fmt.Sprintf("cartridge: the built-in catalogue: %v", err))
	}
	return c
})

// Default returns the built-in catalogue. It panics if the built-in file is unsound,
// which is a bug in this program and caught by its tests.
func Default() *Catalogue { return builtin() }

// DefaultYAML returns a copy of the built-in file, to start a clinic's own from.
func DefaultYAML() []byte { return slices.Clone(defaultYAML) }

// SchemaJSON returns a copy of the JSON schema of cartridges files, for editors. Load
// refuses all that the schema refuses, and more.
func SchemaJSON() []byte { return slices.Clone(schemaJSON) }

// Load reads a cartridges file. The name only labels problems: give the file's base
// name. It keeps nothing of data. A file that is refused gives a *[FileError] with
// all that is wrong with it, and no catalogue: there is no partial loading.
func Load(name string, data []byte) (*Catalogue, error) {
	src, err := strictyaml.Read(name, data)
	if err != nil {
		return nil, err
	}
	var raw rawFile
	misfits := src.Fill(&raw)
	c := checker{src: src, raw: &raw, unexplained: make(map[string]bool), codes: make(map[string]int), gtins: make(map[string]int)}
	catalogue := c.file()
	// The checker words its problems better than Fill: it comes first.
	if e := strictyaml.NewError(append(c.problems, misfits...)...); e != nil {
		return nil, e
	}
	catalogue.hash = catalogue.sum()
	return catalogue, nil
}
