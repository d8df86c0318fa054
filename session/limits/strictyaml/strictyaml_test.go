package strictyaml_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"penlog/session/limits/strictyaml"
)

func TestProblemShowsItsPlace(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"caret under the column", "a: x\nbb: {c: *d}\n",
			"f.yaml:2:9: not readable as YAML: unknown anchor 'd' referenced\n  2 | bb: {c: *d}\n    |         ^\n  → check indentation, colons, quotes and brackets here and just above"},
		{"columns count characters", "größe: &x µ\n",
			"f.yaml:1:8: größe: anchors and aliases are not read here\n  1 | größe: &x µ\n    |        ^\n  → write the value out"},
		{"tabs stay tabs", "a: [x,\t&y z]\n",
			"f.yaml:1:8: a.1: anchors and aliases are not read here\n  1 | a: [x,\t&y z]\n    |       \t^\n  → write the value out"},
		{"long lines are cut around the place", "a: [" + strings.Repeat("word, ", 40) + "&y z, " + strings.Repeat("word, ", 40) + "]\n",
			"f.yaml:1:245: a.40: anchors and aliases are not read here\n  1 | … rd, " + strings.Repeat("word, ", 11) + "&y z, " + strings.Repeat("word, ", 5) + "word …\n    | " + strings.Repeat(" ", 72) + "^\n  → write the value out"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := strictyaml.Read("f.yaml", []byte(tt.in))
			var p *strictyaml.Problem
			if !errors.As(err, &p) {
				t.Fatalf("Read() = %v", err)
			}
			if diff := cmp.Diff(tt.want, p.Text()); diff != "" {
				t.Errorf("Text() (-want +got):\n%s", diff)
			}
		})
	}
}

type item struct {
	Node *strictyaml.Node
	Name strictyaml.Text `yaml:"name"`
}

type filled struct {
	Text   strictyaml.Text            `yaml:"text"`
	Bare   strictyaml.Text            `yaml:"bare,optional"`
	Yes    strictyaml.Flag            `yaml:"yes_flag,optional"`
	Items  []item                     `yaml:"items,optional"`
	Texts  []strictyaml.Text          `yaml:"texts,optional"`
	Named  map[string]strictyaml.Text `yaml:"named,optional"`
	Single item                       `yaml:"single,optional"`
}

func TestFillKeepsPlaces(t *testing.T) {
	var got filled
	src, err := strictyaml.Read("f.yaml", []byte("text: '1.5 mm'\nyes_flag: True\nitems:\n  - {name: a}\n  - {name: b}\nnamed: {x: y}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if problems := src.Fill(&got); problems != nil {
		t.Fatalf("Fill() = %v", strictyaml.NewError(problems...))
	}
	if got.Text.Value != "1.5 mm" || got.Text.Node.Line != 1 || got.Text.Node.Column != 7 || got.Text.Node.Path != "text" {
		t.Errorf("text = %+v", got.Text)
	}
	if !got.Yes.Value || got.Yes.Node == nil {
		t.Errorf("yes_flag = %+v", got.Yes)
	}
	if len(got.Items) != 2 || got.Items[0].Name.Value != "a" || got.Items[0].Node.Path != "items.0" || got.Items[1].Name.Value != "b" {
		t.Errorf("items = %+v", got.Items)
	}
	if got.Named["x"].Value != "y" || got.Named["x"].Node.Path != "named.x" {
		t.Errorf("named = %+v", got.Named)
	}
	if got.Bare.Node != nil || got.Texts != nil || got.Single.Node != nil {
		t.Errorf("what is not in the file was filled: %+v", got)
	}
}

func TestFillRefusesWhatDoesNotFit(t *testing.T) {
	long := strings.Repeat("µ", strictyaml.MaxText)
	for _, tt := range []struct{ in, want string }{ // what follows "text: t"
		{"bare: 010", `bare: "010" is a bare number, but text belongs here → put it in quotes`},
		{"bare: 1.5", `bare: "1.5" is a bare number, but text belongs here → put it in quotes`},
		{"bare: true", `bare: "true" is true or false, but text belongs here → put it in quotes`},
		{"bare: 2026-01-01", `bare: "2026-01-01" is a date, but text belongs here → put it in quotes`},
		{"bare: ~", `bare: this has no value, but text belongs here`},
		{"bare: [x]", `bare: this is a list, but text belongs here`},
		{"bare: {x: y}", `bare: this is a mapping, but text belongs here`},
		{"bare: ''", `bare: this must not be empty`},
		{"bare: " + long, ""},
		{"bare: " + long + "m", `bare: this has 501 characters, more than 500 → say it shorter`},
		{"yes_flag: yes", `yes_flag: "yes" is text, but true or false belongs here → write true or false`},
		{"yes_flag: ", `yes_flag: this has no value, but true or false belongs here → write true or false`},
		{"items: x", `items: "x" is text, but a list belongs here`},
		{"items: []", `items: this must not be empty`},
		{"items: [x, {}]", `items.0: "x" is text, but a mapping belongs here; items.1.name: "name" is missing → add name:`},
		{"texts: [x, y, x]", `texts.2: "x" stands in this list twice → keep one of the two`},
		{"texts: [~, [], ~]", `texts.0: this has no value, but text belongs here; texts.1: this is a list, but text belongs here; texts.2: this has no value, but text belongs here`},
		{"named: []", `named: this is a list, but a mapping belongs here`},
		{"named: {}", `named: this must not be empty`},
		{"named: {x: 1}", `named.x: "1" is a bare number, but text belongs here → put it in quotes`},
		{"single: [x]", `single: this is a list, but a mapping belongs here`},
		{"single: {nmae: x}", `single.name: "name" is missing → add name:; single.nmae: "nmae" is not a key that is known here → did you mean "name"?`},
		{"zzz: x", `zzz: "zzz" is not a key that is known here → use one of: text, bare, yes_flag, items, texts, named, single`},
	} {
		src, err := strictyaml.Read("f", []byte("\n\ntext: t\n"+tt.in))
		if err != nil {
			t.Fatal(err)
		}
		var got filled
		var words []string
		if e := strictyaml.NewError(src.Fill(&got)...); e != nil {
			for _, p := range e.Problems {
				if p.Line != 4 || p.Column < 1 {
					t.Errorf("%.30q: %v", tt.in, p)
				}
				w := p.Path + ": " + p.Problem
				if p.Remedy != "" {
					w += " → " + p.Remedy
				}
				words = append(words, w)
			}
		}
		if w := strings.Join(words, "; "); w != tt.want {
			t.Errorf("%.30q:\ngot  %s\nwant %s", tt.in, w, tt.want)
		}
		if got.Text.Value != "t" {
			t.Errorf("%.30q: what fits was not filled", tt.in)
		}
	}
}

// A number stays as it was written, for a caller who has better words for it.
func TestFillGivesScalarsAsWritten(t *testing.T) {
	src, err := strictyaml.Read("f", []byte("text: 010\nbare: ~"))
	if err != nil {
		t.Fatal(err)
	}
	var got filled
	if src.Fill(&got); got.Text.Value != "010" || got.Text.Node.Tag != "!!int" || got.Bare.Node != nil {
		t.Errorf("Fill() gives %+v", got)
	}
}

func TestErrorIsSortedSingleAndCapped(t *testing.T) {
	at := func(line, column int, path, problem string) *strictyaml.Problem {
		return &strictyaml.Problem{File: "f", Line: line, Column: column, Path: path, Problem: problem}
	}
	e := strictyaml.NewError(at(3, 1, "c", "third"), at(1, 9, "b", "second"), at(1, 2, "a", "first"), at(1, 2, "a", "worse words for first"))
	want := []*strictyaml.Problem{at(1, 2, "a", "first"), at(1, 9, "b", "second"), at(3, 1, "c", "third")}
	if diff := cmp.Diff(want, e.Problems, cmpopts.IgnoreUnexported(strictyaml.Problem{})); diff != "" || e.Omitted != 0 {
		t.Errorf("problems (-want +got), %d omitted:\n%s", e.Omitted, diff)
	}
	if strictyaml.NewError() != nil {
		t.Error("no problems make an error")
	}
	var many []*strictyaml.Problem
	for i := range 40 {
		many = append(many, at(i+1, 1, "", "x"))
	}
	if e := strictyaml.NewError(many...); len(e.Problems) != strictyaml.MaxProblems || e.Omitted != 15 || !strings.HasSuffix(e.Error(), "and 15 more problems") {
		t.Errorf("%d problems, %d omitted", len(e.Problems), e.Omitted)
	}
}

func TestNearest(t *testing.T) {
	among := []string{"limit", "override_limit", "bony", "zones"}
	for _, tt := range []struct{ word, want string }{
		{"limit", "limit"}, {"limt", "limit"}, {"limti", "limit"}, {"Limit", "limit"}, {"overide_limt", "override_limit"},
		{"zone", "zones"}, {"x", ""}, {"", ""}, {"sources", ""}, {strings.Repeat("limit", 100), ""},
	} {
		if got := strictyaml.Nearest(tt.word, among); got != tt.want {
			t.Errorf("Nearest(%.20q) = %q, want %q", tt.word, got, tt.want)
		}
	}
}

// A problem about a word of a text stands at the word, where the text is on one
// line as it was meant; else at the text.
func TestProblemWithinAText(t *testing.T) {
	src, err := strictyaml.Read("x.yaml", []byte("a: press dila\nb: \"µm dila\"\nc: \"\\u00b5m dila\"\nd: |-\n  press dila\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		key          string
		offset       int
		line, column int
	}{
		{"a", 6, 1, 10}, {"a", 0, 1, 4}, {"a", 10, 1, 14}, {"a", 11, 1, 4}, {"b", 4, 2, 8}, {"c", 4, 3, 4}, {"d", 6, 4, 4},
	} {
		if p := src.Within(src.Root.Field(tt.key), tt.offset, "x", "y"); p.Line != tt.line || p.Column != tt.column {
			t.Errorf("%s at %d: line %d, column %d, want %d, %d", tt.key, tt.offset, p.Line, p.Column, tt.line, tt.column)
		}
	}
}
