package yamltest

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"penlog/session/limits/strictyaml"
)

// Patch replaces the first occurrence of old, which must be there.
func Patch(t testing.TB, text, old, new string) string {
	t.Helper()
	if !strings.Contains(text, old) {
		t.Fatalf("the file does not hold %q", old)
	}
	return strings.Replace(text, old, new, 1)
}

// Refused loads a file that must be refused, holds the problems' places against the
// text, and returns what was said.
func Refused[T any](t testing.TB, load func(string, []byte) (*T, error), what, name string, data []byte) string {
	t.Helper()
	v, err := load(name, data)
	var e *strictyaml.Error
	if v != nil || !errors.As(err, &e) {
		t.Errorf("%s: Load() = %v, %v", what, v, err)
		return ""
	}
	lines := strings.Split(string(data), "\n")
	for _, p := range e.Problems {
		if p.Line < 0 || p.Line > len(lines) || p.Problem == "" || p.File != name {
			t.Errorf("%s: problem without a place or words: %+v", what, p)
		}
		if p.Line > 0 && utf8.Valid(data) && p.Column > utf8.RuneCountInString(lines[p.Line-1])+1 {
			t.Errorf("%s: column %d lies beyond line %d", what, p.Column, p.Line)
		}
	}
	return err.Error()
}

// Hostile lists the hostile files of a folder, of which there must be some.
func Hostile(t testing.TB, folder string, atLeast int) []string {
	t.Helper()
	files, err := filepath.Glob(folder + "/*.yaml")
	if err != nil || len(files) < atLeast {
		t.Fatalf("found %d hostile files, %v", len(files), err)
	}
	return files
}
