package script

import (
	"fmt"
	"io/fs"
	"path"

	"penlog/sim"
)

// Builtin returns the scenarios that come with the program, by name.
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
		s, err := Load(path.Base(name), data)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}
