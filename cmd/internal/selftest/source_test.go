package selftest_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"penlog/cmd/internal/selftest"
	"penlog/session"
	"penlog/session/cartridge"
	"penlog/session/clinic"
	"penlog/session/label"
	"penlog/session/limits"
	"penlog/session/policy"
)

const root = "../../.." // of the module

// named reports whether some mutation says that it disables of.
func named(of string) bool {
	return slices.ContainsFunc(selftest.List(), func(m selftest.Mutation) bool { return slices.Contains(m.Of, of) })
}

// Every rule of the guard's table has a mutation that clears its cells: those of
// guarded mode, or all of them where it has none there.
func TestEveryRuleOfTheGuardIsSwitchedOff(t *testing.T) {
	for _, r := range session.Rules() {
		i := slices.IndexFunc(selftest.List(), func(m selftest.Mutation) bool { return m.Name == "guard/"+r.String() })
		if i < 0 {
			t.Errorf("%v: no mutation", r)
			continue
		}
		m := selftest.List()[i]
		row := regexp.MustCompile(`^"` + r.String() + `", "(...) (...) (...) (...)"$`)
		was, is := row.FindStringSubmatch(m.Old), row.FindStringSubmatch(m.New)
		switch {
		case was == nil || is == nil:
			t.Errorf("%v: %q becomes %q: not rows of the table", r, m.Old, m.New)
		case was[1] != "---" && (is[1] != "---" || !slices.Equal(is[2:], was[2:])):
			t.Errorf("%v: %q becomes %q: guarded mode and nothing else has to go", r, m.Old, m.New)
		case was[1] == "---" && !slices.Equal(is[1:], []string{"---", "---", "---", "---"}):
			t.Errorf("%v: %q becomes %q: all modes have to go", r, m.Old, m.New)
		}
	}
}

// Every check that can stand in the way of the time-out has one.
func TestEveryCheckOfTheTimeOutIsSwitchedOff(t *testing.T) {
	warns := []string{"interval"}
	env := session.Env{Limits: limits.Default(), Policy: policy.Default(), Clinic: clinic.Default(), Cartridges: cartridge.Default(), Labels: label.Default()}
	n := 0
	for _, c := range session.NewProcedure(session.ID{}).Checks(&env) {
		if strings.HasPrefix(c.Code, "notice_") || slices.Contains(warns, c.Code) {
			continue
		}
		n++
		if !named("check:" + c.Code) {
			t.Errorf("the check %q has no mutation", c.Code)
		}
	}
	if n < 12 {
		t.Errorf("%d checks: they were 14", n)
	}
}

// Every event that the fold takes in has one by which it is passed over.
func TestEveryEventOfTheFoldIsPassedOver(t *testing.T) {
	files, err := filepath.Glob(root + "/session/procedure*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	n := 0
	for _, name := range files {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(x ast.Node) bool {
			s, ok := x.(*ast.TypeSwitchStmt)
			if !ok {
				return true
			}
			for _, c := range s.Body.List {
				for _, e := range c.(*ast.CaseClause).List {
					n++
					if id, ok := e.(*ast.Ident); !ok || !named("event:"+id.Name) {
						t.Errorf("%s: the event %v has no mutation", name, e)
					}
				}
			}
			return true
		})
	}
	if n < 50 {
		t.Errorf("%d events: they were 51", n)
	}
}

// Every turn of the machine that ends permits, or leads out of a trip, has one.
func TestEveryTurnThatEndsPermitsIsSwitchedOff(t *testing.T) {
	n := 0
	for from := session.Draft; !from.Over(); from++ {
		for act := session.ActChoose; act <= session.ActInterrupt; act++ {
			to, ok := from.Next(act)
			if !ok || to == from || to.Over() || !from.MayPermit() && from != session.Tripped || to.MayPermit() {
				continue
			}
			n++
			if of := "edge:" + from.String() + "/" + act.String(); !named(of) {
				t.Errorf("%s has no mutation", of)
			}
		}
	}
	if n < 9 {
		t.Errorf("%d turns: they were 9", n)
	}
}

// Every candidate of the ceiling has one.
func TestEveryCandidateOfTheCeilingIsLeftOut(t *testing.T) {
	for _, r := range limits.Rules() {
		if !named("ceiling:" + string(r)) {
			t.Errorf("ceiling:%s has no mutation", r)
		}
	}
}

// Every promise has one, and every section of the law of the link that says what
// the host's end keeps. The pen's end is the world here: what it may do wrong are
// the faults of sim.
func TestEveryPromiseAndEverySectionIsSwitchedOff(t *testing.T) {
	for _, p := range []string{"P1", "P2", "P3", "P4", "P5", "P6", "P7", "P8", "P9", "P10"} {
		if !named(p) {
			t.Errorf("%s has no mutation", p)
		}
	}
	law, err := os.ReadFile(root + "/protocol/PROTOCOL.md")
	if err != nil {
		t.Fatal(err)
	}
	sections := regexp.MustCompile(`(?m)^\*\*(7\.\d+) `).FindAllSubmatch(law, -1)
	if len(sections) < 8 {
		t.Fatalf("%d sections: they were 8", len(sections))
	}
	for _, s := range sections {
		if n := string(s[1]); !named("§" + n) {
			t.Errorf("§%s has no mutation", n)
		}
	}
}

// pure are the packages that decide; nothing in them may be switched from outside.
func pure(t *testing.T) []string {
	var dirs []string
	for _, top := range []string{"session", "protocol"} {
		err := filepath.WalkDir(filepath.Join(root, top), func(p string, d os.DirEntry, err error) error {
			if err == nil && d.IsDir() && d.Name() != "testdata" {
				dirs = append(dirs, p)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return dirs
}

// Nothing that decides can be switched: no variable of a package is set after the
// program's start or by the linker, and no file is left out by a build tag.
func TestNothingThatDecidesIsASwitch(t *testing.T) {
	for _, dir := range pure(t) {
		files := parse(t, dir)
		vars := map[string]bool{}
		for name, f := range files {
			for _, g := range f.Comments {
				if g.Pos() < f.Package && (strings.Contains(g.Text(), "+build") || strings.HasPrefix(g.List[0].Text, "//go:build")) {
					t.Errorf("%s has a build tag", name)
				}
			}
			for _, d := range f.Decls {
				g, ok := d.(*ast.GenDecl)
				if !ok || g.Tok != token.VAR {
					continue
				}
				for _, s := range g.Specs {
					v := s.(*ast.ValueSpec)
					for i, id := range v.Names {
						vars[id.Name] = true
						if text(v, i) {
							t.Errorf("%s: %s is a text that the linker can set: make it a constant", name, id.Name)
						}
					}
				}
			}
		}
		for name, f := range files {
			ast.Inspect(f, func(x ast.Node) bool {
				var set []ast.Expr
				switch s := x.(type) {
				case *ast.AssignStmt:
					if s.Tok != token.DEFINE {
						set = s.Lhs
					}
				case *ast.IncDecStmt:
					set = []ast.Expr{s.X}
				case *ast.UnaryExpr: // of an element, it is for reading
					if _, element := s.X.(*ast.IndexExpr); s.Op == token.AND && !element {
						set = []ast.Expr{s.X}
					}
				}
				for _, e := range set {
					if id := base(e); id != nil && id.Name != "_" && vars[id.Name] && ofPackage(f, id) {
						t.Errorf("%s sets or lends %s, a variable of its package", name, id.Name)
					}
				}
				return true
			})
		}
	}
}

func parse(t *testing.T, dir string) map[string]*ast.File {
	names, err := filepath.Glob(dir + "/*.go")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]*ast.File{}
	for _, n := range names {
		if strings.HasSuffix(n, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), n, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		out[n] = f
	}
	return out
}

// text reports whether the i-th variable of v is a string.
func text(v *ast.ValueSpec, i int) bool {
	if id, ok := v.Type.(*ast.Ident); ok && id.Name == "string" {
		return true
	}
	if i < len(v.Values) {
		l, ok := v.Values[i].(*ast.BasicLit)
		return ok && l.Kind == token.STRING
	}
	return false
}

// base is the variable that an expression is a part of, nil: of none.
func base(e ast.Expr) *ast.Ident {
	for {
		switch x := e.(type) {
		case *ast.Ident:
			return x
		case *ast.SelectorExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.ParenExpr:
			e = x.X
		default: // *p: whoever lent the address was told of
			return nil
		}
	}
}

// ofPackage reports whether id, a name that the package has, is not one of a
// function's own.
func ofPackage(f *ast.File, id *ast.Ident) bool {
	return id.Obj == nil || f.Scope.Lookup(id.Name) == id.Obj
}

// The product does not know of the self-test: neither its packages nor the names of
// its mutations are in the program.
func TestTheProductHoldsNothingOfTheSelfTest(t *testing.T) {
	program := filepath.Join(t.TempDir(), "penlog")
	build := exec.Command("go", "build", "-o", program, "./cmd/penlog")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	raw, err := os.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	all := string(raw)
	for _, word := range []string{"penlog/cmd/internal/selftest", "penlog/cmd/internal/campaign", "selftest:"} {
		if strings.Contains(all, word) {
			t.Errorf("the program holds %q", word)
		}
	}
	for _, m := range selftest.List() {
		if strings.Contains(all, m.Name) {
			t.Errorf("the program holds %q", m.Name)
		}
	}
	// What is looked for would be found: the program names what it is made of.
	if !strings.Contains(all, "penlog/session") || !strings.Contains(all, "depth_above_ceiling") {
		t.Error("the program does not even hold the names of its own packages: nothing was looked for")
	}
}

// What is covered is so by something that there is: mutations of the list, and tests.
func TestWhatCoversExists(t *testing.T) {
	var tests strings.Builder
	for _, dir := range pure(t) {
		names, err := filepath.Glob(dir + "/*_test.go")
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range names {
			b, err := os.ReadFile(n)
			if err != nil {
				t.Fatal(err)
			}
			tests.Write(b)
		}
	}
	other := regexp.MustCompile(`\b(?:guard|permit|link|arming|fold|record)/[a-z-]+`)
	for _, m := range selftest.List() {
		for _, name := range other.FindAllString(m.Covered, -1) {
			if !slices.ContainsFunc(selftest.List(), func(o selftest.Mutation) bool { return o.Name == name && name != m.Name }) {
				t.Errorf("%s is covered by %s, which there is not", m.Name, name)
			}
		}
		for _, name := range regexp.MustCompile(`\bTest\w+`).FindAllString(m.Covered, -1) {
			if !strings.Contains(tests.String(), "func "+name+"(") {
				t.Errorf("%s is covered by %s, which there is not", m.Name, name)
			}
		}
	}
}

// What is left open is a mutation that has to be found.
func TestOpenOnesAreMutations(t *testing.T) {
	n := 0
	for _, m := range selftest.List() {
		if m.Open == "" {
			continue
		}
		if n++; m.Covered != "" {
			t.Errorf("%s is open, and covered", m.Name)
		}
	}
	if n != selftest.Open {
		t.Errorf("%d mutations are open, %d are named as such", n, selftest.Open)
	}
}
