package report_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"penlog/cmd/internal/campaign"
	"penlog/cmd/internal/campaign/report"
	"penlog/cmd/internal/campaign/script"
)

// elements are what JUnit XML may hold, by the schema that Jenkins and GitLab read:
// of each its children in their order, those that must be there once marked !, and
// its attributes, likewise.
var elements = map[string]struct{ children, attrs []string }{
	"testsuites": {[]string{"testsuite!"}, []string{"name", "tests!", "failures!", "errors!", "time"}},
	"testsuite":  {[]string{"properties", "testcase"}, []string{"name!", "tests!", "failures!", "errors!", "skipped", "time!", "timestamp"}},
	"properties": {[]string{"property"}, nil},
	"property":   {nil, []string{"name!", "value!"}},
	"testcase":   {[]string{"error", "failure", "system-out"}, []string{"name!", "classname!", "time!"}},
	"error":      {nil, []string{"message!", "type!"}},
	"failure":    {nil, []string{"message!", "type!"}},
	"system-out": {nil, nil},
}

// node is an element as it was read.
type node struct {
	name     string
	attrs    map[string]string
	text     string
	children []*node
}

// readXML reads strictly, with the standard library's rules for characters.
func readXML(t *testing.T, data []byte) *node {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(data))
	d.Strict = true
	var stack []*node
	var root *node
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("no XML: %v", err)
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			n := &node{name: tok.Name.Local, attrs: map[string]string{}}
			for _, a := range tok.Attr {
				n.attrs[a.Name.Local] = a.Value
			}
			if len(stack) > 0 {
				up := stack[len(stack)-1]
				up.children = append(up.children, n)
			} else {
				root = n
			}
			stack = append(stack, n)
		case xml.EndElement:
			stack = stack[:len(stack)-1]
		case xml.CharData:
			if len(stack) > 0 {
				stack[len(stack)-1].text += string(tok)
			}
		}
	}
	return root
}

// check holds an element against elements.
func check(t *testing.T, n *node) {
	t.Helper()
	form, ok := elements[n.name]
	if !ok {
		t.Fatalf("no such element: %s", n.name)
	}
	at := 0
	for _, c := range n.children {
		i := slices.IndexFunc(form.children, func(s string) bool { return strings.TrimSuffix(s, "!") == c.name })
		if i < at {
			t.Fatalf("%s: %s is not there, or comes too late", n.name, c.name)
		}
		at = i
		check(t, c)
	}
	for _, a := range form.attrs {
		name, must := strings.CutSuffix(a, "!")
		if _, ok := n.attrs[name]; must && !ok {
			t.Fatalf("%s: no attribute %s", n.name, name)
		}
	}
	for a, v := range n.attrs {
		if !slices.Contains(form.attrs, a) && !slices.Contains(form.attrs, a+"!") {
			t.Fatalf("%s: no such attribute: %s", n.name, a)
		}
		switch a {
		case "tests", "failures", "errors", "skipped":
			if _, err := strconv.ParseUint(v, 10, 31); err != nil {
				t.Fatalf("%s: %s=%q", n.name, a, v)
			}
		case "time":
			if _, err := strconv.ParseFloat(v, 64); err != nil {
				t.Fatalf("%s: %s=%q", n.name, a, v)
			}
		case "timestamp":
			if _, err := time.Parse("2006-01-02T15:04:05", v); err != nil {
				t.Fatalf("%s: %v", n.name, err)
			}
		}
	}
	if n.name == "testsuite" {
		count := map[string]int{}
		for _, c := range n.children {
			count[c.name]++
			for _, x := range c.children {
				count[x.name]++
			}
		}
		for attr, want := range map[string]int{"tests": count["testcase"], "failures": count["failure"], "errors": count["error"]} {
			if n.attrs[attr] != fmt.Sprint(want) {
				t.Errorf("%s=%s, and there are %d", attr, n.attrs[attr], want)
			}
		}
	}
}

func junit(t *testing.T, r *report.Report) (*node, []byte) {
	t.Helper()
	var b bytes.Buffer
	if err := r.JUnit(&b); err != nil {
		t.Fatal(err)
	}
	if !utf8.Valid(b.Bytes()) {
		t.Fatal("no UTF-8")
	}
	root := readXML(t, b.Bytes())
	check(t, root)
	return root.children[0], b.Bytes()
}

func cases(suite *node) (out []*node) {
	for _, c := range suite.children {
		if c.name == "testcase" {
			out = append(out, c)
		}
	}
	return out
}

func TestJUnitOfTrueReports(t *testing.T) {
	s := samples()
	scen, _ := junit(t, &s.Scenarios)
	if got := len(cases(scen)); got != 3 {
		t.Errorf("%d cases of 3 scenarios", got)
	}
	camp, _ := junit(t, &s.Campaign)
	cs := cases(camp)
	if got, want := len(cs), s.Campaign.Failed+1; got != want || s.Campaign.Failed == 0 {
		t.Fatalf("%d cases of a campaign in which %d failed, want %d", got, s.Campaign.Failed, want)
	}
	if last := cs[len(cs)-1]; last.attrs["name"] != "all other procedures" || len(last.children) != 1 || !strings.Contains(last.children[0].text, "procedures in which every promise held") {
		t.Errorf("the last case is %+v", last)
	}
	f := cs[0].children[0]
	if f.name != "failure" || f.attrs["type"] != "promise" || !strings.HasPrefix(f.attrs["message"], "broken at ") || !strings.Contains(f.text, "again: pensim campaign --seeds 4711 -x") {
		t.Errorf("the first failure is %+v", f)
	}
	if out := cs[0].children[1]; !strings.Contains(out.text, "VIOLATION") || !strings.Contains(out.text, "lines") {
		t.Errorf("its log does not show the failure: %.300q", out.text)
	}
}

func TestJUnitSaysHowItFailed(t *testing.T) {
	r := report.Report{What: "scenarios", Planned: 9, Played: 4, Failed: 3, Interrupted: true, Cases: []report.Case{
		{Name: "fine", OK: true, TookS: 0.25},
		{Name: "twice", Seed: 3, Checks: []script.Check{{Step: 0, Text: "motor on", Why: "it never was"}, {Step: -1, Text: "record whole", OK: true}}},
		{Name: "twice", Seed: 4, Error: "it panicked"},
		{Name: "broken", Violations: []campaign.Violation{{Rule: "fold", At: 2_500_000, What: "it differs"}}},
	}}
	suite, _ := junit(t, &r)
	var got []string
	for _, c := range cases(suite) {
		s := c.attrs["name"]
		for _, x := range c.children {
			if x.name != "system-out" {
				s += ": " + x.name + " " + x.attrs["type"] + ": " + x.attrs["message"]
			}
		}
		got = append(got, s)
	}
	want := []string{"fine",
		"twice (seed 3): failure expectation: after step 1, expected: motor on: it never was",
		"twice (seed 4): error error: it could not be played: it panicked",
		"broken: failure promise: broken at 2.500 s: fold: it differs",
		"played to the end: error interrupted: Stopped by hand after 4 of 9"}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if got := cases(suite)[0].attrs["time"]; got != "0.250" {
		t.Errorf("time=%q", got)
	}
}

// A run in which nothing was played is never a pass.
func TestNothingPlayedIsAnError(t *testing.T) {
	suite, _ := junit(t, &report.Report{What: "campaign", Planned: 3, Interrupted: true})
	if suite.attrs["errors"] != "1" || suite.attrs["tests"] != "1" {
		t.Errorf("errors=%s tests=%s, want 1 of 1", suite.attrs["errors"], suite.attrs["tests"])
	}
}

// hostile is text that no format takes as it is.
const hostile = "\x00\x01\x07\x1b[31mred\x1b[0m \x7f\u0085\u009b ]]> --> &amp; <b a='\"'> \xff\xfe \u202eevil\u202c \ufeff\ufffe\uffff \U0001fffe </script><script>alert(1)</script>{{.Title}} \u2028 é 針"

// hostileReport has it everywhere.
func hostileReport() report.Report {
	c := report.Case{Name: hostile, Title: hostile, Class: hostile, Hazards: []string{hostile}, Pen: hostile, Error: hostile, Replay: hostile, Script: hostile, Small: hostile,
		FocusUS: 1_000_000, VirtualS: 2, Violations: []campaign.Violation{{Rule: hostile, What: hostile}}, Checks: []script.Check{{Text: hostile, Why: hostile}},
		Log: []string{hostile, "VIOLATION " + hostile}, Plot: somePlot(2)}
	c.Plot.Marks = []campaign.Mark{{At: 900_000, Kind: hostile, Text: hostile}, {At: 1_000_000, Kind: "broken", Text: hostile}}
	passed := c
	passed.OK, passed.Error = true, ""
	m := map[string]uint64{hostile: 1, "trip " + hostile: 2}
	return report.Report{What: "scenarios", Version: hostile, Command: hostile, Only: hostile, Planned: 2, Played: 2, Failed: 1, Cases: []report.Case{c, passed},
		Counts: campaign.Counts{Virtual: time.Hour, Done: m, Found: m, FalseFound: m, Due: m, Missed: m, Exposure: m}}
}

func TestJUnitMakesHostileTextHarmless(t *testing.T) {
	r := hostileReport()
	suite, data := junit(t, &r)
	if i := bytes.IndexFunc(data, func(r rune) bool {
		return r < 0x20 && r != '\n' || r >= 0x7f && r < 0xa0 || r == '\u202e' || r == '\ufffe'
	}); i >= 0 {
		t.Errorf("at %d a character that shows nothing: %q", i, data[max(0, i-20):i+20])
	}
	name := cases(suite)[0].attrs["name"]
	for _, want := range []string{"␀␁␇␛[31mred", "]]> --> &amp; <b a='\"'>", "‹U+202E›evil", "é 針", "</script><script>"} {
		if !strings.Contains(name, want) {
			t.Errorf("the name lost %q: %q", want, name)
		}
	}
}

// However long a log is, a case stays short, shows where it failed, and says what
// it leaves out.
func TestJUnitIsBounded(t *testing.T) {
	c := report.Case{Name: "long", Error: strings.Repeat("trouble ", 200_000), Small: strings.Repeat("x", 1<<20)}
	for i := range 20_000 {
		c.Log = append(c.Log, fmt.Sprintf("%10d %s", i, strings.Repeat("log ", 12)))
	}
	c.Log[15_000] = "VIOLATION here"
	c.Log[15_001] = strings.Repeat("é", 1<<20)
	suite, data := junit(t, &report.Report{What: "scenarios", Planned: 1, Played: 1, Failed: 1, Cases: []report.Case{c}})
	if len(data) > 100_000 {
		t.Errorf("%d bytes for one case", len(data))
	}
	out := cases(suite)[0].children[1].text
	for _, want := range []string{"VIOLATION here", "… 14700 lines before are left out", "… 4900 lines after are left out"} {
		if !strings.Contains(out, want) {
			t.Errorf("the log does not say %q", want)
		}
	}
}

func TestAnyTextMakesSoundXML(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := string(rapid.SliceOfN(rapid.Byte(), 0, 60).Draw(rt, "bytes")) + string(rapid.SliceOfN(rapid.Rune(), 0, 20).Draw(rt, "runes"))
		r := report.Report{What: "campaign", Played: 1, Planned: 1, Failed: 1, Cases: []report.Case{{Name: s, Title: s, Class: s, Error: s, Replay: s, Log: []string{s}}}}
		suite, _ := junit(t, &r)
		if len(cases(suite)) != 1 {
			rt.Fatalf("%d cases", len(cases(suite)))
		}
	})
}

func TestJUnitTellsOfAWriterThatFails(t *testing.T) {
	s := samples()
	for _, write := range []func(io.Writer) error{s.Campaign.JUnit, s.Campaign.JSON, s.Campaign.HTML} {
		for _, room := range []int{0, 50, 4000} {
			if err := write(&full{room}); !errors.Is(err, errFull) {
				t.Errorf("with room for %d bytes: error %v", room, err)
			}
		}
	}
}

var errFull = errors.New("disk full")

// full takes so many bytes and then fails.
type full struct{ room int }

func (f *full) Write(b []byte) (int, error) {
	if len(b) > f.room {
		n := f.room
		f.room = 0
		return n, errFull
	}
	f.room -= len(b)
	return len(b), nil
}
