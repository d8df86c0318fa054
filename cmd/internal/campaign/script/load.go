package script

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"penlog/protocol"
	"penlog/session/limits"
	"penlog/session/limits/strictyaml"
	"penlog/sim"
)

// Format is what the format key of a scenario file says.
const Format = "penlog-scenario/1"

// Bounds of a script's length.
const (
	MinLength = time.Second
	MaxLength = 2 * time.Hour
)

// Problem is one thing wrong with a scenario file: place, path, problem, remedy.
type Problem = strictyaml.Problem

// FileError is everything wrong with a scenario file, in file order.
type FileError = strictyaml.Error

// The raw types are the file as written, every value with its place.
type rawFile struct {
	Format     strictyaml.Text   `yaml:"format"`
	Title      strictyaml.Text   `yaml:"title"`
	About      strictyaml.Text   `yaml:"about,optional"`
	Hazards    []strictyaml.Text `yaml:"hazards,optional"`
	Source     strictyaml.Text   `yaml:"source,optional"`
	Seed       strictyaml.Text   `yaml:"seed,optional"`
	For        strictyaml.Text   `yaml:"for"`
	Pen        strictyaml.Text   `yaml:"pen,optional"`
	Drift      strictyaml.Text   `yaml:"drift,optional"`
	Uptime     strictyaml.Text   `yaml:"uptime,optional"`
	Dial       strictyaml.Text   `yaml:"dial,optional"`
	Hand       strictyaml.Text   `yaml:"hand,optional"`
	Technician strictyaml.Text   `yaml:"technician,optional"`
	Wall       strictyaml.Text   `yaml:"wall,optional"`
	Treat      []strictyaml.Text `yaml:"treat,optional"`
	Steps      []rawStep         `yaml:"steps,optional"`
	Expect     []strictyaml.Text `yaml:"expect,optional"`
}

type rawStep struct {
	Node   *strictyaml.Node
	At     strictyaml.Text   `yaml:"at,optional"`
	When   strictyaml.Text   `yaml:"when,optional"`
	After  strictyaml.Text   `yaml:"after,optional"`
	Do     []strictyaml.Text `yaml:"do,optional"`
	Expect []strictyaml.Text `yaml:"expect,optional"`
}

// Load reads a scenario file. The name labels problems and, without its ending,
// the script: give the file's base name. A file that is refused gives a
// *[FileError] with all that is wrong with it, and no script.
func Load(name string, data []byte) (*Script, error) { return load(name, data, (*Script).idle) }

func load(name string, data []byte, idle func(*Script) []idle) (*Script, error) {
	src, err := strictyaml.Read(name, data)
	if err != nil {
		return nil, err
	}
	var raw rawFile
	misfits := src.Fill(&raw)
	c := checker{Checker: strictyaml.Checker{Source: src}, s: &Script{Name: strings.TrimSuffix(name, ".yaml")}, idle: idle}
	c.file(&raw)
	// The checker words its problems better than Fill: it comes first.
	if e := strictyaml.NewError(append(c.Problems, misfits...)...); e != nil {
		return nil, e
	}
	return c.s, nil
}

// checker turns a raw file into a script and collects what it refuses.
type checker struct {
	strictyaml.Checker
	s    *Script
	idle func(*Script) []idle // what is expected for nothing or in vain
}

// given reports whether there is a text to read.
func given(t strictyaml.Text) bool { return t.Node != nil && t.Value != "" }

func (c *checker) file(raw *rawFile) {
	s := c.s
	if given(raw.Format) && raw.Format.Value != Format {
		c.Refuse(raw.Format.Node, fmt.Sprintf("%q is not a format that this program reads", raw.Format.Value), "write "+Format)
	}
	s.Title, s.About, s.Source = c.Words(raw.Title, 120), c.Words(raw.About, strictyaml.MaxText), c.Words(raw.Source, strictyaml.MaxText)
	for _, h := range raw.Hazards {
		if c.Form(h, hazardForm) {
			s.Hazards = append(s.Hazards, h.Value)
		}
	}
	if given(raw.Seed) {
		n, err := strconv.ParseUint(raw.Seed.Value, 10, 64)
		if err != nil || n == 0 {
			c.Refuse(raw.Seed.Node, fmt.Sprintf("%q is no seed", raw.Seed.Value), `write a whole number from 1 in quotes, like "7"`)
		}
		s.Seed = n
	}
	s.Length = c.span(raw.For, MinLength, MaxLength)
	c.pen(raw)
	if given(raw.Hand) {
		if names := append(styleNames(), "none"); c.Code(raw.Hand, names) >= 0 {
			s.Hand = raw.Hand.Value
		}
	}
	if i := c.Code(raw.Technician, technics); i >= 0 {
		s.Technician = Technic(i)
	}
	if given(raw.Wall) {
		at, err := time.Parse(time.RFC3339Nano, raw.Wall.Value)
		if err != nil || at.Year() < 2026 || at.Year() > 2100 {
			c.Refuse(raw.Wall.Node, fmt.Sprintf("%q is no moment from 2026 to 2100", raw.Wall.Value), `write it like "2026-10-25T00:59:50Z"`)
		}
		s.Wall = at.UTC()
	}
	for _, t := range raw.Treat {
		sentence(c, t, &s.Treat, ParseTreat)
	}
	for i := range raw.Steps {
		c.step(&raw.Steps[i])
	}
	for _, t := range raw.Expect {
		sentence(c, t, &s.Expect, ParseExpect)
	}
	c.sense(raw)
}

func (c *checker) pen(raw *rawFile) {
	s := c.s
	if given(raw.Pen) {
		names := []string{NoPen}
		for _, f := range sim.Profiles() {
			names = append(names, f.Name)
		}
		if c.Code(raw.Pen, names) >= 0 {
			s.Pen = raw.Pen.Value
		}
	}
	if given(raw.Drift) {
		n, err := strconv.ParseInt(strings.TrimSuffix(raw.Drift.Value, "ppm"), 10, 64)
		if err != nil || n < -20_000 || n > 20_000 {
			c.Refuse(raw.Drift.Node, fmt.Sprintf("%q is no drift of a pen's clock", raw.Drift.Value), "write -20000ppm to 20000ppm, like 150ppm")
		}
		s.Drift = n
	}
	if given(raw.Uptime) {
		s.Uptime = protocol.Uptime(c.span(raw.Uptime, 0, 1000*time.Hour) / time.Microsecond)
	}
	if given(raw.Dial) {
		w := &words{text: raw.Dial.Value}
		d, bad := w.depth()
		c.refuse(raw.Dial, bad)
		s.Set = d
	}
}

func (c *checker) step(raw *rawStep) {
	var t Step
	t.At = c.span(raw.At, 0, MaxLength)
	t.After = c.span(raw.After, 0, MaxLength)
	if given(raw.When) {
		cue, err := ParseCue(raw.When.Value)
		c.refuse(raw.When, err)
		t.When = cue
	}
	for _, d := range raw.Do {
		sentence(c, d, &t.Do, ParseDeed)
	}
	for _, e := range raw.Expect {
		sentence(c, e, &t.Expect, ParseExpect)
	}
	if raw.Node != nil && len(raw.Do) == 0 && len(raw.Expect) == 0 {
		c.Refuse(raw.Node, "this step does nothing and expects nothing", "give it 'do' or 'expect'")
	}
	c.s.Steps = append(c.s.Steps, t)
}

// sense refuses what can't be played whatever plays it.
func (c *checker) sense(raw *rawFile) {
	s := c.s
	var last time.Duration
	for i := range s.Steps {
		t, r := &s.Steps[i], &raw.Steps[i]
		if t.At > 0 && t.At < last {
			c.Refuse(r.At.Node, fmt.Sprintf("%v is before the step above it, at %v", t.At, last), "steps come in the order of time")
		}
		last = max(last, t.At)
		if s.Length > 0 && t.At > s.Length {
			c.Refuse(r.At.Node, fmt.Sprintf("%v is after the end, at %v", t.At, s.Length), "make 'for' longer, or the step earlier")
		}
	}
	if len(s.Treat) == 0 && s.Technician != Waits && given(raw.For) {
		c.Refuse(raw.For.Node, "there is nothing to treat", "add 'treat' with a zone, or 'technician: waits'")
	}
	c.pens(raw)
	for _, x := range c.idle(s) {
		t := raw.Expect
		switch {
		case x.at < 0:
			t, x.at = []strictyaml.Text{raw.Steps[x.step].When}, 0
		case x.step >= 0:
			t = raw.Steps[x.step].Expect
		}
		place := 0
		if x.word != "" {
			place = max(strings.LastIndex(t[x.at].Value, x.word), 0)
		}
		c.Problems = append(c.Problems, c.Source.Within(t[x.at].Node, place, x.why, x.remedy))
	}
}

// span reads a length of time.
func (c *checker) span(t strictyaml.Text, least, most time.Duration) time.Duration {
	if !given(t) {
		return 0
	}
	w := &words{text: t.Value}
	d, bad := w.span("")
	if bad == nil {
		bad = w.end()
	}
	c.refuse(t, bad)
	if bad == nil && (d < least || d > most) {
		c.Refuse(t.Node, fmt.Sprintf("%v is not from %v to %v", d, least, most), "give a time in between")
	}
	return d
}

// sentence reads one sentence of a list.
func sentence[T any](c *checker, t strictyaml.Text, to *[]T, parse func(string) (T, error)) {
	if !given(t) {
		return
	}
	v, err := parse(t.Value)
	c.refuse(t, err)
	*to = append(*to, v) // also when it is refused, so that places agree
}

// refuse reports what is wrong with a sentence, at the word that is.
func (c *checker) refuse(t strictyaml.Text, err error) {
	var bad *WordError
	if errors.As(err, &bad) && bad != nil {
		c.Problems = append(c.Problems, c.Source.Within(t.Node, bad.Place, bad.Why, bad.Remedy))
	}
}

var hazardForm = strictyaml.Form{
	Pattern: `^[A-Z][1-9][0-9]?$`,
	Example: "D1",
	Fits: func(s string) bool {
		return len(s) >= 2 && len(s) <= 3 && s[0] >= 'A' && s[0] <= 'Z' && s[1] >= '1' && s[1] <= '9' && strings.Trim(s[1:], strictyaml.Digits) == ""
	},
}

// ParseTreat reads the sentence of a zone's treatment, such as
//
//	cheek left acne_scar_rolling 1.25mm 2 passes in periorbital
//
// The error is a *[WordError].
func ParseTreat(text string) (Treat, error) {
	w := &words{text: text}
	t, bad := w.treat()
	if bad == nil {
		bad = w.end()
	}
	if bad != nil {
		return Treat{}, bad
	}
	return t, nil
}

func (w *words) treat() (t Treat, bad *WordError) {
	if t, bad = w.place(true); bad != nil {
		return t, bad
	}
	t.Passes = 1
	if p := w.peek(); strings.HasSuffix(p, "mm") || strings.HasSuffix(p, "um") || strings.HasSuffix(p, "µm") {
		if t.Depth, bad = w.depth(); bad != nil {
			return t, bad
		}
	}
	if p := w.peek(); p != "" && p != "in" {
		n, err := strconv.Atoi(w.next())
		if err != nil || n < 1 || n > 100 {
			return t, w.bad(p, fmt.Sprintf("%q is neither a depth nor a number of passes", p), "write it like: cheek acne_scar_rolling 1.25mm 2 passes")
		}
		t.Passes = n
		if w.take("pass", "passes") == "" {
			return t, w.bad(w.next(), "'passes' is missing after the number", "write it like: 2 passes")
		}
	}
	if w.take("in") != "" {
		in, bad := w.place(false)
		if bad != nil {
			return t, bad
		}
		t.In = in.Zone
		if !slices.Contains(limits.AllZones(), t.In) {
			t.In = limits.ZoneNone
		}
	}
	return t, nil
}
