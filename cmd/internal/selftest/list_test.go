package selftest_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"penlog/cmd/internal/selftest"
)

// Each mutation fits the source as it is now, at one place, and compiles.
func TestEveryMutationFitsTheSource(t *testing.T) {
	h := newHouse(t)
	var batches [][]*selftest.Mutation // that do not touch each other
	var taken []map[string]bool
	list := selftest.List()
	for i := range list {
		m := &list[i]
		text := h.text(t, m.File)
		if _, err := m.Apply(text); err != nil {
			t.Error(err)
			continue
		}
		lines := linesOf(m, text)
		n := slices.IndexFunc(taken, func(b map[string]bool) bool {
			return !slices.ContainsFunc(lines, func(l string) bool { return b[l] })
		})
		if n < 0 {
			n = len(taken)
			taken, batches = append(taken, map[string]bool{}), append(batches, nil)
		}
		batches[n] = append(batches[n], m)
		for _, l := range lines {
			taken[n][l] = true
		}
	}
	for _, b := range batches {
		if h.check(t, b...) == nil {
			continue
		}
		for _, m := range b {
			if err := h.check(t, m); err != nil {
				t.Errorf("mutation %s does not compile: %v", m.Name, err)
			}
		}
	}
	t.Logf("%d mutations in %d batches", len(list), len(batches))
}

// linesOf names the lines of its file that a mutation changes.
func linesOf(m *selftest.Mutation, text string) []string {
	var out []string
	first := strings.Count(text[:strings.Index(text, m.Old)], "\n")
	for l := range strings.Count(m.Old, "\n") + 1 {
		out = append(out, fmt.Sprint(m.File, ":", first+l))
	}
	return out
}

func TestNamesAreNamesOfOne(t *testing.T) {
	seen := map[string]bool{}
	for _, m := range selftest.List() {
		if seen[m.Name] {
			t.Errorf("two mutations are %q", m.Name)
		}
		seen[m.Name] = true
		if len(m.Of) == 0 || !slices.Contains(selftest.Groups(), m.Group) || !strings.HasPrefix(m.Name, string(m.Group)+"/") {
			t.Errorf("%q of group %q disables %q", m.Name, m.Group, m.Of)
		}
	}
}

// The compiler's errors of a mutation are found: the test above can fail.
func TestWhatDoesNotCompileIsSeen(t *testing.T) {
	h := newHouse(t)
	m := selftest.List()[0]
	m.New += " + nothing"
	if err := h.check(t, &m); err == nil {
		t.Errorf("%q compiles", m.New)
	}
	m.Old = "no such text"
	if _, err := m.Apply(h.text(t, m.File)); err == nil {
		t.Error("what is not there was replaced")
	}
}

// sources checks mutated packages with the packages that they import as they are.
type sources struct {
	exports map[string]string // export data by import path
	texts   map[string]string
	parsed  map[string]*ast.File
	fset    *token.FileSet
	imports types.Importer
}

func newHouse(t *testing.T) *sources {
	t.Helper()
	cmd := exec.Command("go", "list", "-export", "-deps", "-json=ImportPath,Export", "./session/...", "./protocol")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	h := &sources{exports: map[string]string{}, texts: map[string]string{}, parsed: map[string]*ast.File{}, fset: token.NewFileSet()}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p struct{ ImportPath, Export string }
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		h.exports[p.ImportPath] = p.Export
	}
	h.imports = importer.ForCompiler(h.fset, "gc", func(path string) (io.ReadCloser, error) { return os.Open(h.exports[path]) })
	return h
}

func (h *sources) text(t *testing.T, file string) string {
	t.Helper()
	if s, ok := h.texts[file]; ok {
		return s
	}
	b, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(file)))
	if err != nil {
		t.Fatal(err)
	}
	h.texts[file] = string(b)
	return string(b)
}

// check type-checks the packages that the mutations change.
func (h *sources) check(t *testing.T, ms ...*selftest.Mutation) error {
	t.Helper()
	texts := map[string]string{}
	for _, m := range ms {
		text, ok := texts[m.File]
		if !ok {
			text = h.text(t, m.File)
		}
		text, err := m.Apply(text)
		if err != nil {
			return err
		}
		texts[m.File] = text
	}
	done := map[string]bool{}
	for file := range texts {
		dir := path.Dir(file)
		if done[dir] {
			continue
		}
		done[dir] = true
		names, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(dir), "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		var files []*ast.File
		for _, n := range names {
			name := dir + "/" + filepath.Base(n)
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			f, err := h.parse(t, name, texts)
			if err != nil {
				return err
			}
			files = append(files, f)
		}
		c := types.Config{Importer: h.imports, GoVersion: "go1.26"}
		if _, err := c.Check("penlog/"+dir, h.fset, files, nil); err != nil {
			return err
		}
	}
	return nil
}

func (h *sources) parse(t *testing.T, name string, mutated map[string]string) (*ast.File, error) {
	if text, ok := mutated[name]; ok {
		return parser.ParseFile(h.fset, name, text, parser.SkipObjectResolution)
	}
	if f, ok := h.parsed[name]; ok {
		return f, nil
	}
	f, err := parser.ParseFile(h.fset, name, h.text(t, name), parser.SkipObjectResolution)
	h.parsed[name] = f
	return f, err
}
