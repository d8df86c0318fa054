package limits

import (
	_ "embed"
	"fmt"
	"slices"
	"sync"

	"penlog/session/limits/strictyaml"
)

// Format is what the format key of a limits file says.
const Format = "penlog-limits/1"

// DefaultName is the name of the built-in file in problems and records.
const DefaultName = "limits.yaml"

var (
	//go:embed limits.yaml
	defaultYAML []byte
	//go:embed limits.schema.json
	schemaJSON []byte
)

// Problem is one thing wrong with a limits file: place, path, problem, remedy.
type Problem = strictyaml.Problem

// FileError is everything wrong with a limits file, in file order.
type FileError = strictyaml.Error

// builtin is computed once and never changes.
var builtin = sync.OnceValue(func() *Table {
	t, err := Load(DefaultName, defaultYAML)
	if err != nil {
		panic(fmt.Sprintf("limits: the built-in table: %v", err))
	}
	return t
})

// Default returns the built-in table. It panics if the built-in file is unsound,
// which is a bug in this program and caught by its tests.
func Default() *Table { return builtin() }

// DefaultYAML returns a copy of the built-in file, to start a clinic's own from.
func DefaultYAML() []byte { return slices.Clone(defaultYAML) }

// SchemaJSON returns a copy of the JSON schema of limits files, for editors. Load
// refuses all that the schema refuses, and more.
func SchemaJSON() []byte { return slices.Clone(schemaJSON) }

// Load reads a limits file. The name only labels problems: give the file's base
// name. It keeps nothing of data. A file that is refused gives a *[FileError] with
// all that is wrong with it, and no table: there is no partial loading.
func Load(name string, data []byte) (*Table, error) {
	src, err := strictyaml.Read(name, data)
	if err != nil {
		return nil, err
	}
	var raw rawFile
	misfits := src.Fill(&raw)
	c := checker{
		src: src, raw: &raw, table: &Table{sources: make(map[string]string)},
		unexplained: make(map[string]bool), misspelt: make(map[Zone]bool),
	}
	c.file()
	// The checker words its problems better than Fill: it comes first.
	if e := strictyaml.NewError(append(c.problems, misfits...)...); e != nil {
		return nil, e
	}
	c.table.hash = c.table.sum()
	return c.table, nil
}
