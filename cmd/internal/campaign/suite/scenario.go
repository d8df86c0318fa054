package suite

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"penlog/cmd/internal/campaign/script"
)

// Read reads scenarios: files, and of folders the files that end in .yaml. A name
// that is neither is one that comes with the program. All that is wrong with any of
// them comes in one error, which joins *[script.FileError]s.
func Read(args []string) ([]*script.Script, error) {
	var out []*script.Script
	var bad []error
	for _, arg := range args {
		fi, err := os.Stat(arg)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			s, near := named(arg)
			if s == nil {
				bad = append(bad, fmt.Errorf("%s: there is no such file, and no scenario of that name%s", arg, near))
				continue
			}
			out = append(out, s)
		case err != nil:
			bad = append(bad, err)
		case fi.IsDir():
			files, err := filepath.Glob(filepath.Join(arg, "*.yaml"))
			if err != nil || len(files) == 0 {
				bad = append(bad, fmt.Errorf("%s: there is no .yaml file in this folder", arg))
				continue
			}
			more, err := Read(files)
			out, bad = append(out, more...), append(bad, err)
		default:
			s, err := readFile(arg)
			if err != nil {
				bad = append(bad, err)
				continue
			}
			out = append(out, s)
		}
	}
	return out, errors.Join(bad...)
}

// maxFile bounds a scenario file: more is none.
const maxFile = 1 << 20

func readFile(path string) (*script.Script, error) {
	fi, err := os.Stat(path)
	if err == nil && fi.Size() > maxFile {
		return nil, fmt.Errorf("%s: %d bytes are no scenario: a scenario has a few thousand", path, fi.Size())
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return script.Load(filepath.Base(path), data)
}

// named finds a built-in scenario; near says which one may have been meant.
func named(name string) (s *script.Script, near string) {
	all, err := script.Builtin()
	if err != nil {
		return nil, ""
	}
	var names []string
	for _, s := range all {
		if s.Name == strings.TrimSuffix(name, ".yaml") {
			return s, ""
		}
		names = append(names, s.Name)
	}
	if n := nearest(name, names); n != "" {
		near = fmt.Sprintf("; did you mean %s?", n)
	} else {
		near = "; 'pensim run --list' shows those there are"
	}
	return nil, near
}

// Choice says which of many scenarios are played.
type Choice struct {
	Where   string   // an expression over words, see [Where]; empty: all
	Hazards []string // any of them; empty: all
	Names   []string // any of them; nil: all
}

// Choose keeps those that were chosen, in their order. The error says what is wrong
// with the expression, or that a hazard has none.
func (c Choice) Choose(all []*script.Script) ([]*script.Script, error) {
	match, err := Where(c.Where)
	if err != nil {
		return nil, err
	}
	for _, h := range c.Hazards {
		if !slices.ContainsFunc(all, func(s *script.Script) bool { return slices.Contains(s.Hazards, h) }) {
			return nil, fmt.Errorf("no scenario is of hazard %q; 'pensim run --list' shows which there are", h)
		}
	}
	return slices.DeleteFunc(slices.Clone(all), func(s *script.Script) bool {
		return !match(s) || c.Names != nil && !slices.Contains(c.Names, s.Name) ||
			len(c.Hazards) > 0 && !slices.ContainsFunc(c.Hazards, func(h string) bool { return slices.Contains(s.Hazards, h) })
	}), nil
}
