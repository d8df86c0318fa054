package label

import (
	_ "embed"
	"fmt"
	"slices"
	"sync"

	"penlog/session/limits/strictyaml"
)

// Format is what the format key of a labels file says.
const Format = "penlog-labels/1"

// DefaultName is the name of the built-in file in problems and records.
const DefaultName = "labels.yaml"

var (
	//go:embed labels.yaml
	defaultYAML []byte
	//go:embed labels.schema.json
	schemaJSON []byte
)

// FileError is everything wrong with a labels file, in file order.
type FileError = strictyaml.Error

// builtin is computed once and never changes.
var builtin = sync.OnceValue(func() *Catalogue {
	c, err := Load(DefaultName, defaultYAML)
	if err != nil {
		panic(fmt.Sprintf("label: the built-in labels: %v", err))
	}
	return c
})

// Default returns the built-in labels. It panics if the built-in file is unsound,
// which is a bug in this program and caught by its tests.
func Default() *Catalogue { return builtin() }

// DefaultYAML returns a copy of the built-in file, to start a clinic's own from.
func DefaultYAML() []byte { return slices.Clone(defaultYAML) }

// SchemaJSON returns a copy of the JSON schema of labels files, for editors. Load
// refuses all that the schema refuses, and more.
func SchemaJSON() []byte { return slices.Clone(schemaJSON) }

// Load reads a labels file. The name only names problems: give the file's base name. It
// keeps nothing of data. A file that is refused gives a *[FileError] with all that is
// wrong with it, and no catalogue: there is no partial loading.
func Load(name string, data []byte) (*Catalogue, error) {
	src, err := strictyaml.Read(name, data)
	if err != nil {
		return nil, err
	}
	var raw rawFile
	misfits := src.Fill(&raw)
	c := checker{Checker: strictyaml.Checker{Source: src}, raw: &raw, out: &Catalogue{}}
	c.file()
	// The checker words its problems better than Fill: it comes first.
	if e := strictyaml.NewError(append(c.Problems, misfits...)...); e != nil {
		return nil, e
	}
	c.out.hash = c.out.sum()
	return c.out, nil
}
