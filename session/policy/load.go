package policy

import (
	_ "embed"
	"fmt"
	"slices"
	"sync"

	"penlog/session/limits"
	"penlog/session/limits/strictyaml"
)

// Format is what the format key of a policy file says.
const Format = "penlog-policy/1"

// DefaultName is the name of the built-in file in problems and records.
const DefaultName = "policy.yaml"

var (
	//go:embed policy.yaml
	defaultYAML []byte
	//go:embed policy.schema.json
	schemaJSON []byte
)

// Problem is one thing wrong with a policy file: place, path, problem, remedy.
type Problem = strictyaml.Problem

// FileError is everything wrong with a policy file, in file order.
type FileError = strictyaml.Error

// builtin is computed once and never changes.
var builtin = sync.OnceValue(func() *Policy {
	p, err := Load(DefaultName, defaultYAML)
	if err != nil {
		panic(fmt.Sprintf("policy: the built-in policy: %v", err))
	}
	return p
})

// Default returns the built-in policy. It panics if the built-in file is unsound,
// which is a bug in this program and caught by its tests.
func Default() *Policy { return builtin() }

// DefaultYAML returns a copy of the built-in file, to start a clinic's own from.
func DefaultYAML() []byte { return slices.Clone(defaultYAML) }

// SchemaJSON returns a copy of the JSON schema of policy files, for editors. Load
// refuses all that the schema refuses, and more.
func SchemaJSON() []byte { return slices.Clone(schemaJSON) }

// Load reads a policy file. The name only labels problems: give the file's base
// name. It keeps nothing of data. A file that is refused gives a *[FileError] with
// all that is wrong with it, and no policy: there is no partial loading.
func Load(name string, data []byte) (*Policy, error) {
	src, err := strictyaml.Read(name, data)
	if err != nil {
		return nil, err
	}
	var raw rawFile
	misfits := src.Fill(&raw)
	c := checker{
		Checker: strictyaml.Checker{Source: src}, raw: &raw,
		policy: &Policy{
			passes: make(map[limits.Indication]passes),
			areas:  make(map[limits.Zone]area),
		},
	}
	c.file()
	// The checker words its problems better than Fill: it comes first.
	if e := strictyaml.NewError(append(c.Problems, misfits...)...); e != nil {
		return nil, e
	}
	c.policy.hash = c.policy.sum()
	return c.policy, nil
}
