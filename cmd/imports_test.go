package cmd_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// house is the module's own path.
const house = "penlog"

// rooms are the folders of the house and what each may import of it, beside
// its own sub-packages. Source: DESIGN 'The house'; README, 'Folders'.
var rooms = map[string][]string{
	"cmd":      {"device", "protocol", "session", "sim", "store"},
	"device":   {},
	"protocol": {},
	"session":  {"protocol"},
	"sim":      {"protocol"},
	"store":    {"protocol", "session"},
}

// testArrows are what the tests of a room may import beyond that.
var testArrows = map[string][]string{
	"device": {"sim", "protocol"}, "protocol": {"sim"}, "session": {"sim"}, "store": {"sim"},
}

// pure rooms neither wait nor touch anything outside: these packages, and all
// below them, are not for them.
var (
	pure      = []string{"protocol", "session", "sim"}
	notPure   = []string{"os", "net", "database/sql", "syscall", "log", "io/ioutil", "plugin", "runtime/cgo", "C", "crypto/rand"}
	alsoClean = []string{"testing"} // no program carries the testing library
)

// only lists who may import a library: folders, each with all below it.
var only = map[string][]string{
	"github.com/santhosh-tekuri/jsonschema/v6": {},
	"go.bug.st/serial":                         {"device"},
	"github.com/mattn/go-sqlite3":              {"store"},
	"github.com/prometheus/client_golang":      {"cmd"},
	"github.com/spf13/cobra":                   {"cmd"},
	"github.com/creack/pty":                    {"cmd/internal/simpen"},
	"pgregory.net/rapid":                       {},
	"github.com/rogpeppe/go-internal":          {},
	"github.com/google/go-cmp":                 {},
}

// pkg is what go list tells of a package.
type pkg struct {
	ImportPath   string
	Imports      []string
	TestImports  []string
	XTestImports []string
}

// wrongArrows lists what each package imports and must not, one line for each.
func wrongArrows(packages []pkg) []string {
	var out []string
	for _, p := range packages {
		from, ok := inHouse(p.ImportPath)
		if !ok {
			continue
		}
		if _, known := rooms[room(from)]; !known {
			out = append(out, fmt.Sprintf("%s: the house has no folder %s", from, room(from)))
			continue
		}
		helper := testHelper(from)
		for _, to := range p.Imports {
			if why := wrong(from, to, helper); why != "" {
				out = append(out, fmt.Sprintf("%s imports %s: %s", from, to, why))
			}
		}
		for _, to := range slices.Concat(p.TestImports, p.XTestImports) {
			if why := wrongInTest(from, to); why != "" {
				out = append(out, fmt.Sprintf("a test of %s imports %s: %s", from, to, why))
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// wrong says why a package may not import another, "" when it may. Test helpers
// in packages of their own, such as device/devicetest, may use the libraries of
// tests.
func wrong(from, to string, helper bool) string {
	if in, ok := inHouse(to); ok {
		return wrongRoom(from, in, nil)
	}
	if slices.Contains(pure, room(from)) {
		for _, bad := range notPure {
			if below(to, bad) {
				return room(from) + " is pure"
			}
		}
	}
	if helper {
		return ""
	}
	for _, bad := range alsoClean {
		if below(to, bad) {
			return "only tests may"
		}
	}
	for library, may := range only {
		if !below(to, library) || slices.ContainsFunc(may, func(folder string) bool { return below(from, folder) }) {
			continue
		}
		if len(may) == 0 {
			return "only tests may"
		}
		return "only " + strings.Join(may, ", ") + " may"
	}
	return ""
}

// wrongInTest is wrong for tests: any library, but arrows all the same.
func wrongInTest(from, to string) string {
	in, ok := inHouse(to)
	if !ok {
		return ""
	}
	return wrongRoom(from, in, testArrows[room(from)])
}

func wrongRoom(from, to string, more []string) string {
	a, b := room(from), room(to)
	switch {
	case a == b:
		return ""
	case b == "cmd":
		return "nothing imports cmd"
	case slices.Contains(rooms[a], b), slices.Contains(more, b):
		return ""
	case len(rooms[a]) == 0:
		return a + " imports nothing of the house"
	}
	return a + " may import only " + strings.Join(rooms[a], ", ")
}

// testHelper reports whether a package exists for tests alone, by its name.
func testHelper(from string) bool {
	return strings.HasSuffix(from, "test") && !strings.HasSuffix(from, "/selftest") // which is a command's, not a test's
}

// carriesHelper lists programs that link a package of test helpers.
func carriesHelper(packages []pkg) []string {
	var out []string
	for _, p := range packages {
		from, ok := inHouse(p.ImportPath)
		if !ok || testHelper(from) {
			continue
		}
		for _, to := range p.Imports {
			if in, ok := inHouse(to); ok && testHelper(in) {
				out = append(out, from+" imports "+to+": only tests may")
			}
		}
	}
	return out
}

// inHouse cuts the module's path off a package's.
func inHouse(path string) (string, bool) {
	if path == house {
		return "", true
	}
	return strings.CutPrefix(path, house+"/")
}

func room(path string) string {
	r, _, _ := strings.Cut(path, "/")
	return r
}

// below reports whether path is folder or lies in it.
func below(path, folder string) bool {
	return path == folder || strings.HasPrefix(path, folder+"/")
}

// listed asks the go command what the packages of the module import, as they
// are built for goos.
func listed(t *testing.T, goos string) []pkg {
	t.Helper()
	c := exec.Command("go", "list", "-json=ImportPath,Imports,TestImports,XTestImports", house+"/...")
	c.Env = append(c.Environ(), "GOOS="+goos, "CGO_ENABLED=1", "GOFLAGS=-mod=readonly")
	var errs bytes.Buffer
	c.Stderr = &errs
	out, err := c.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, errs.String())
	}
	var all []pkg
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

func TestArrows(t *testing.T) {
	if _, err := exec.LookPath("go"); err != nil {
		t.Fatal("needs the go command: without it nothing is shown")
	}
	for _, goos := range []string{"linux", "windows", "darwin"} {
		t.Run(goos, func(t *testing.T) {
			packages := listed(t, goos)
			seen := map[string]bool{}
			for _, p := range packages {
				if in, ok := inHouse(p.ImportPath); ok {
					seen[room(in)] = true
				}
			}
			for r := range rooms {
				if !seen[r] {
					t.Errorf("folder %s has no package: was it renamed?", r)
				}
			}
			for _, w := range slices.Concat(wrongArrows(packages), carriesHelper(packages)) {
				t.Error(w)
			}
		})
	}
}

// noClock are the parts of package time that ask a clock or wait; durations and
// calendars are free to all.
var noClock = []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTicker", "NewTimer"}

// asksClock lists the places in a Go file that do.
func asksClock(name string, src []byte) ([]string, error) {
	files := token.NewFileSet()
	f, err := parser.ParseFile(files, name, src, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	called := ""
	for _, i := range f.Imports {
		if i.Path.Value == `"time"` {
			called = "time"
			if i.Name != nil {
				called = i.Name.Name
			}
		}
	}
	var out []string
	ast.Inspect(f, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := sel.X.(*ast.Ident); ok && called != "" && x.Name == called && slices.Contains(noClock, sel.Sel.Name) {
				out = append(out, fmt.Sprintf("%v: time.%s", files.Position(sel.Pos()), sel.Sel.Name))
			}
		}
		return true
	})
	return out, nil
}

func TestPureFoldersAskNoClock(t *testing.T) {
	for _, folder := range pure {
		n := 0
		err := filepath.WalkDir(filepath.Join("..", folder), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			n++
			src, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			places, err := asksClock(path, src)
			for _, p := range places {
				t.Errorf("%s: %s is pure, time is an argument", p, folder)
			}
			return err
		})
		if err != nil || n == 0 {
			t.Errorf("%s: %d files read, %v", folder, n, err)
		}
	}
	for src, want := range map[string]int{
		"package p\nimport \"time\"\nvar x = time.Now()":                   1,
		"package p\nimport t \"time\"\nfunc f() { t.Sleep(t.Second) }":     1,
		"package p\nimport \"time\"\nvar x = time.Second; var now = x.Now": 0,
	} {
		if got, err := asksClock("p.go", []byte(src)); err != nil || len(got) != want {
			t.Errorf("%q: %q, %v; want %d places", src, got, err, want)
		}
	}
}

func TestProgramsCarryNoTestLibrary(t *testing.T) {
	if _, err := exec.LookPath("go"); err != nil {
		t.Fatal("needs the go command: without it nothing is shown")
	}
	c := exec.Command("go", "list", "-deps", house+"/cmd/penlog", house+"/cmd/pensim")
	var errs bytes.Buffer
	c.Stderr = &errs
	out, err := c.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, errs.String())
	}
	deps := strings.Fields(string(out))
	if !slices.Contains(deps, "penlog/store") {
		t.Fatalf("the programs' dependencies lack the store: %d packages", len(deps))
	}
	for _, d := range deps {
		for library, may := range only {
			if len(may) == 0 && below(d, library) {
				t.Errorf("a program carries %s", d)
			}
		}
	}
}

// The check itself, on houses made up to be wrong.
func TestAWrongArrowIsFound(t *testing.T) {
	for _, tt := range []struct{ from, to, want string }{
		{"penlog/protocol", "penlog/session", "protocol imports penlog/session: protocol imports nothing of the house"},
		{"penlog/protocol/crc", "penlog/sim", "protocol/crc imports penlog/sim: protocol imports nothing of the house"},
		{"penlog/device", "penlog/protocol", "device imports penlog/protocol: device imports nothing of the house"},
		{"penlog/sim", "penlog/session", "sim imports penlog/session: sim may import only protocol"},
		{"penlog/session", "penlog/store", "session imports penlog/store: session may import only protocol"},
		{"penlog/session", "penlog/sim", "session imports penlog/sim: session may import only protocol"},
		{"penlog/store", "penlog/device", "store imports penlog/device: store may import only protocol, session"},
		{"penlog/store", "penlog/cmd/internal/paths", "store imports penlog/cmd/internal/paths: nothing imports cmd"},
		{"penlog/session", "os", "session imports os: session is pure"},
		{"penlog/session/limits", "net/http", "session/limits imports net/http: session is pure"},
		{"penlog/sim", "database/sql", "sim imports database/sql: sim is pure"},
		{"penlog/protocol", "syscall", "protocol imports syscall: protocol is pure"},
		{"penlog/cmd/penlog", "go.bug.st/serial", "cmd/penlog imports go.bug.st/serial: only device may"},
		{"penlog/cmd/penlog", "go.bug.st/serial/enumerator", "cmd/penlog imports go.bug.st/serial/enumerator: only device may"},
		{"penlog/cmd/internal/agent", "github.com/mattn/go-sqlite3", "cmd/internal/agent imports github.com/mattn/go-sqlite3: only store may"},
		{"penlog/session", "github.com/prometheus/client_golang/prometheus", "session imports github.com/prometheus/client_golang/prometheus: only cmd may"},
		{"penlog/cmd/internal/agent", "github.com/creack/pty", "cmd/internal/agent imports github.com/creack/pty: only cmd/internal/simpen may"},
		{"penlog/cmd/penlog", "github.com/google/go-cmp/cmp", "cmd/penlog imports github.com/google/go-cmp/cmp: only tests may"},
		{"penlog/sim", "pgregory.net/rapid", "sim imports pgregory.net/rapid: only tests may"},
		{"penlog/cmd/penlog", "testing", "cmd/penlog imports testing: only tests may"},
		{"penlog/tools", "fmt", "tools: the house has no folder tools"},

		{"penlog/cmd/penlog", "penlog/sim", ""},
		{"penlog/cmd/internal/simpen", "github.com/creack/pty", ""},
		{"penlog/store", "penlog/session", ""},
		{"penlog/store", "github.com/mattn/go-sqlite3", ""},
		{"penlog/session", "penlog/session/limits", ""},
		{"penlog/device", "go.bug.st/serial", ""},
		{"penlog/device/devicetest", "testing", ""},
		{"penlog/session", "strings", ""},
		{"example.org/other", "penlog/cmd/penlog", ""},
	} {
		var want []string
		if tt.want != "" {
			want = []string{tt.want}
		}
		if got := wrongArrows([]pkg{{ImportPath: tt.from, Imports: []string{"fmt", tt.to}}}); !slices.Equal(got, want) {
			t.Errorf("%s → %s: %q, want %q", tt.from, tt.to, got, want)
		}
	}
	if got := carriesHelper([]pkg{{ImportPath: "penlog/cmd/penlog", Imports: []string{"penlog/device/devicetest"}}}); len(got) != 1 {
		t.Errorf("a program that links test helpers: %q", got)
	}
	if got := wrongArrows([]pkg{{ImportPath: "penlog/session", TestImports: []string{"penlog/sim", "os"}, XTestImports: []string{"penlog/store"}}}); !slices.Equal(got, []string{"a test of session imports penlog/store: session may import only protocol"}) {
		t.Errorf("arrows of tests: %q", got)
	}
}
