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

func TestFillIsLenientAndKeepsPlaces(t *testing.T) {
	type item struct {
		Node *strictyaml.Node
		Name strictyaml.Text `yaml:"name"`
	}
	var got struct {
		Text  strictyaml.Text            `yaml:"text"`
		Bare  strictyaml.Text            `yaml:"bare"`
		Null  strictyaml.Text            `yaml:"null_text"`
		Wrong strictyaml.Text            `yaml:"wrong"`
		Yes   strictyaml.Flag            `yaml:"yes_flag"`
		Word  strictyaml.Flag            `yaml:"word_flag"`
		Items []item                     `yaml:"items"`
		Named map[string]strictyaml.Text `yaml:"named"`
		Not   []item                     `yaml:"not_a_list,optional"`
	}
	src, err := strictyaml.Read("f.yaml", []byte("text: '1.5 mm'\nbare: 010\nnull_text: ~\nwrong: [x]\nyes_flag: True\nword_flag: yes\nitems:\n  - {name: a}\n  - b\nnamed: {x: y}\nnot_a_list: z\n"))
	if err != nil {
		t.Fatal(err)
	}
	src.Fill(&got)
	if got.Text.Value != "1.5 mm" || got.Text.Node.Line != 1 || got.Text.Node.Column != 7 || got.Text.Node.Path != "text" {
		t.Errorf("text = %+v", got.Text)
	}
	if got.Bare.Value != "010" || got.Bare.Node.Tag != "!!int" {
		t.Errorf("bare = %+v: a number must stay as it was written", got.Bare)
	}
	if got.Null.Node != nil || got.Wrong.Node != nil || got.Word.Node != nil || got.Not != nil {
		t.Errorf("what does not fit was filled: %+v", got)
	}
	if !got.Yes.Value || got.Yes.Node == nil {
		t.Errorf("yes_flag = %+v", got.Yes)
	}
	if len(got.Items) != 2 || got.Items[0].Name.Value != "a" || got.Items[0].Node.Path != "items.0" || got.Items[1].Node != nil {
		t.Errorf("items = %+v", got.Items)
	}
	if got.Named["x"].Value != "y" || got.Named["x"].Node.Path != "named.x" {
		t.Errorf("named = %+v", got.Named)
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

func TestSchemaLoadsNothing(t *testing.T) {
	for _, ref := range []string{"file:///etc/hostname", "https://example.com/x.json", "other.json"} {
		_, err := strictyaml.Compile([]byte(`{"$ref": "` + ref + `"}`))
		if err == nil || !strings.Contains(err.Error(), "a schema stands alone") {
			t.Errorf("Compile() with a reference to %s: %v", ref, err)
		}
	}
	if _, err := strictyaml.Compile([]byte(`{`)); err == nil {
		t.Error("Compile() took half a schema")
	}
}

// A rule that has no words of its own still refuses, with the rule's name.
func TestEveryRuleOfASchemaRefuses(t *testing.T) {
	schema, err := strictyaml.Compile([]byte(`{"type":"object","properties":{"a":{"type":"string","not":{"const":"x"}},"b":{"anyOf":[{"const":"1"},{"const":"2"}]},"c":{"type":"array","maxItems":1}}}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"a: x", "b: z", "c: [p, q]"} {
		src, err := strictyaml.Read("f", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		problems := src.Validate(schema)
		if len(problems) == 0 {
			t.Errorf("%q passes", text)
		}
		for _, p := range problems {
			if p.Line != 1 || p.Problem == "" || p.Path == "" {
				t.Errorf("%q: %+v", text, p)
			}
		}
	}
	src, err := strictyaml.Read("f", []byte("{a: y, b: '1', c: [p]}"))
	if err != nil {
		t.Fatal(err)
	}
	if problems := src.Validate(schema); problems != nil {
		t.Errorf("a sound file: %v", problems)
	}
}
