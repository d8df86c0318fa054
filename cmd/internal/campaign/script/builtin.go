package script

import (
	"fmt"
	"io/fs"
	"path"

	"penlog/sim"
)

// Builtin returns the scenarios that come with the program, by name. Whether the guard
// can answer as they expect is not asked here, as it is of other people's files: a guard
// that has lost a rule has to fail its scenarios, not the reading of them.
func Builtin() ([]*Script, error) {
	names, err := fs.Glob(sim.Scenarios, "scenarios/*.yaml")
	if err != nil {
		return nil, fmt.Errorf("script: %w", err)
	}
	var out []*Script
	for _, name := range names {
		data, err := sim.Scenarios.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("script: %w", err)
		}
		s, err := load(path.Base(name), data, func(*Script) []idle { return nil })
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}
