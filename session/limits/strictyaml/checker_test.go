package strictyaml_test

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"penlog/session/limits/strictyaml"
)

func TestCheckerRefusesWhatItsReadersCannotRead(t *testing.T) {
	word := strictyaml.Form{Pattern: "^[a-z][a-z0-9_]{0,3}$", Fits: strictyaml.Letters(strictyaml.Smalls, strictyaml.Smalls+strictyaml.Digits+"_", 4)}
	count := strictyaml.Form{Pattern: "^[1-9] days$", Example: "3 days", Fits: func(s string) bool { return s == "3 days" }}
	for _, tt := range []struct {
		in, want string
		read     func(*strictyaml.Checker, strictyaml.Text)
	}{
		{"left", "", func(c *strictyaml.Checker, x strictyaml.Text) { c.Code(x, []string{"left", "right"}) }},
		{"lefft", `"lefft" is not known → did you mean "left"?`, func(c *strictyaml.Checker, x strictyaml.Text) { c.Code(x, []string{"left", "right"}) }},
		{"a_1", "", func(c *strictyaml.Checker, x strictyaml.Text) { c.Form(x, word) }},
		{"1a", `"1a" is not written as it must be here → write it so that it matches ^[a-z][a-z0-9_]{0,3}$`, func(c *strictyaml.Checker, x strictyaml.Text) { c.Form(x, word) }},
		{"7", "", func(c *strictyaml.Checker, x strictyaml.Text) { c.Form(x, word) }}, // Fill says that quotes are missing
		{"3 days", "", func(c *strictyaml.Checker, x strictyaml.Text) { c.Form(x, count) }},
		{"3", `"3" is not written as it must be here → write it like "3 days"`, func(c *strictyaml.Checker, x strictyaml.Text) { c.Form(x, count) }},
		{"b", "", func(c *strictyaml.Checker, x strictyaml.Text) { c.Once("a rule", x, &[]string{"a"}) }},
		{"a", `there is a rule for "a" already → keep one of the two`, func(c *strictyaml.Checker, x strictyaml.Text) { c.Once("a rule", x, &[]string{"a"}) }},
		{"' '", "this must not be empty", func(c *strictyaml.Checker, x strictyaml.Text) { c.Words(x, 5) }},
		{"µµµµµ", "", func(c *strictyaml.Checker, x strictyaml.Text) { c.Words(x, 5) }},
		{"µµµµµµ", "this has 6 characters, more than 5 → say it shorter", func(c *strictyaml.Checker, x strictyaml.Text) { c.Words(x, 5) }},
	} {
		src, err := strictyaml.Read("f", []byte("text: "+tt.in))
		if err != nil {
			t.Fatal(err)
		}
		var raw filled
		src.Fill(&raw)
		c := strictyaml.Checker{Source: src}
		tt.read(&c, raw.Text)
		var got []string
		for _, p := range c.Problems {
			if p.Line != 1 || p.Column != 7 || p.Path != "text" {
				t.Errorf("%q: problem at %d:%d %q", tt.in, p.Line, p.Column, p.Path)
			}
			got = append(got, strings.TrimSuffix(p.Problem+" → "+p.Remedy, " → "))
		}
		if g := strings.Join(got, "; "); g != tt.want {
			t.Errorf("%q: %s\nwant %s", tt.in, g, tt.want)
		}
	}
}

// What the file leaves out is no second problem: Fill reported it.
func TestCheckerSkipsWhatIsMissing(t *testing.T) {
	c := strictyaml.Checker{Source: &strictyaml.Source{Name: "f"}}
	var none strictyaml.Text
	var seen []string
	c.Once("a rule", none, &seen)
	if i := c.Code(none, []string{"a"}); i != -1 || c.Form(none, strictyaml.Form{Example: "a"}) || c.Words(none, 5) != "" || len(seen) != 0 || c.Problems != nil {
		t.Errorf("Code() = %d, seen %q, problems %v", i, seen, c.Problems)
	}
}

func TestWordsAreOnOneLine(t *testing.T) {
	src, err := strictyaml.Read("f", []byte("text: \"a \\n  b\"\nbare: x"))
	if err != nil {
		t.Fatal(err)
	}
	var raw filled
	src.Fill(&raw)
	c := strictyaml.Checker{Source: src}
	if got := c.Words(raw.Text, 10); got != "a b" || c.Problems != nil {
		t.Errorf("Words() = %q, %v", got, c.Problems)
	}
	c.RefuseKey(raw.Bare.Node, "x", "")
	if p := c.Problems[0]; p.Line != 2 || p.Column != 1 {
		t.Errorf("RefuseKey() is at %d:%d", p.Line, p.Column)
	}
}

func TestLettersAreThePattern(t *testing.T) {
	fits := strictyaml.Letters(strictyaml.Capitals, strictyaml.Smalls+"-", 3)
	form := regexp.MustCompile(`^[A-Z][a-z-]{0,2}$`)
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(rapid.StringMatching(`[A-Za-b-]{0,5}`), rapid.StringMatching(`[A-Z][a-z-]{0,4}`), rapid.String()).Draw(t, "text")
		if got, want := fits(s), form.MatchString(s); got != want {
			t.Fatalf("%q fits: %v, want %v", s, got, want)
		}
	})
}
