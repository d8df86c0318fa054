package cartridge

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"penlog/protocol"
	"penlog/session/limits"
	"penlog/session/limits/strictyaml"
)

// LengthMost is the longest needle that a file may state: no pen of DOMAIN 2 dials
// deeper (Dermapen 4, V4), so more is a slipped point.
const LengthMost protocol.Micrometres = 3000

var confidenceCodes = []string{"H", "H/M", "M/H", "M", "L/M", "M/L", "L"}

// checker turns a raw file into a catalogue and collects what it refuses. It skips
// what is missing or of the wrong kind: filling the raw file reported that, and a
// file with any problem at all gives no catalogue.
type checker struct {
	src      *strictyaml.Source
	raw      *rawFile
	problems []*Problem

	unexplained map[string]bool // source tags that were reported
	codes       map[string]int  // the line of each code
	gtins       map[string]int  // the line of each GTIN
}

func (c *checker) refuse(n *strictyaml.Node, problem, remedy string) {
	c.problems = append(c.problems, c.src.At(n, problem, remedy))
}

func (c *checker) file() *Catalogue {
	raw := c.raw
	if f := raw.Format; f.Node != nil && f.Value != Format {
		c.refuse(f.Node, fmt.Sprintf("%q should be %q", f.Value, Format), "")
	}
	c.form(raw.Version, versionForm)
	out := &Catalogue{version: raw.Version.Value, sources: make(map[string]string, len(raw.Sources))}
	for tag, words := range raw.Sources {
		if words.Node != nil && !sourceForm.fits(tag) {
			c.problems = append(c.problems, c.src.AtKey(words.Node, fmt.Sprintf("%q is not written as it must be here", tag), "write it so that it matches "+sourceForm.pattern))
		}
		out.sources[tag] = c.words(words)
	}
	for i := range raw.Cartridges {
		m := c.model(&raw.Cartridges[i])
		out.models, out.folded = append(out.models, m), append(out.folded, foldPens(m.Pens))
	}
	return out
}

func (c *checker) model(r *rawModel) Model {
	c.form(r.Code, codeForm)
	c.once(r.Code, r.Code.Value, c.codes)
	if t := r.Confidence; t.Node != nil && !slices.Contains(confidenceCodes, t.Value) {
		c.refuse(t.Node, fmt.Sprintf("%q is not known", t.Value), "use one of: "+strings.Join(confidenceCodes, ", "))
	}
	m := Model{
		Code: r.Code.Value, Name: c.words(r.Name), Maker: c.words(r.Maker),
		GTIN: c.gtin(r.GTIN), Length: c.length(r.Length), Needles: c.needles(r.Needles),
		Simulated: r.Simulated.Value, Confidence: r.Confidence.Value, Basis: c.words(r.Basis), Sources: c.tags(r.Sources),
	}
	seen := make(map[string]int, len(r.Pens))
	for _, p := range r.Pens {
		pen := Pen{Vendor: c.words(p.Vendor), Model: c.words(p.Model)}
		at := p.Model
		if at.Node == nil {
			at = p.Vendor
		}
		c.once(at, fold(pen.Vendor)+"\n"+fold(pen.Model), seen)
		m.Pens = append(m.Pens, pen)
	}
	if m.Simulated && m.GTIN != "" && !restricted(m.GTIN) {
		c.refuse(r.GTIN.Node, fmt.Sprintf("%q may be a real cartridge's number, and this one is simulated", r.GTIN.Value), "take a GTIN that begins with 02 (as 13 digits): GS1 gives those to no maker")
	}
	return m
}

// gtin reads a number and gives it as 14 digits; "" when it is missing or unsound.
func (c *checker) gtin(t strictyaml.Text) string {
	if t.Node == nil || t.Node.Tag != "!!str" || t.Value == "" {
		return ""
	}
	if problem, remedy := gtinProblem(t.Value); problem != "" {
		c.refuse(t.Node, fmt.Sprintf("the GTIN %q %s", t.Value, problem), remedy)
		return ""
	}
	c.once(t, pad(t.Value), c.gtins)
	return pad(t.Value)
}

// length reads how long the needles are.
func (c *checker) length(t strictyaml.Text) protocol.Micrometres {
	if t.Node == nil {
		return 0
	}
	d, err := limits.ParseDepth(t.Value)
	if de := (*limits.DepthError)(nil); errors.As(err, &de) {
		c.refuse(t.Node, fmt.Sprintf("%q %s", de.Text, de.Problem), `write it like "1.5 mm" or "1500 µm"; leave the key out when it isn't known`)
		return 0
	}
	if d > LengthMost {
		c.refuse(t.Node, fmt.Sprintf("%q is longer than %s, the longest that a file may state", t.Value, LengthMost.MM()), "check the decimal point")
		return 0
	}
	return d
}

// needles reads how many needles there are.
func (c *checker) needles(t strictyaml.Text) int {
	if t.Node == nil || t.Node.Tag != "!!str" || t.Value == "" {
		return 0
	}
	if len(t.Value) > 3 || !digits(t.Value) || t.Value[0] == '0' {
		c.refuse(t.Node, fmt.Sprintf("%.40q is no number of needles", t.Value), `write a whole number in quotes, "14"; leave the key out when it isn't known`)
		return 0
	}
	return number(t.Value)
}

// once refuses a text whose key stands in seen already, and files its line there.
func (c *checker) once(t strictyaml.Text, key string, seen map[string]int) {
	if t.Node == nil {
		return
	}
	if line, ok := seen[key]; ok {
		c.refuse(t.Node, fmt.Sprintf("%q stands here a second time, after line %d", t.Value, line), "keep one of the two")
		return
	}
	seen[key] = t.Node.Line
}

// tags reads source tags; each must be explained under sources. One that is not is
// reported once, however often it is cited.
func (c *checker) tags(list []strictyaml.Text) []string {
	var out []string
	for _, t := range list {
		if t.Node == nil || t.Node.Tag != "!!str" || t.Value == "" {
			continue
		}
		if _, ok := c.raw.Sources[t.Value]; !ok && !c.unexplained[t.Value] {
			c.unexplained[t.Value] = true
			c.refuse(t.Node, fmt.Sprintf("the source %q is not explained under sources", t.Value), fmt.Sprintf("add it under sources: %s: what it is", t.Value))
		}
		out = append(out, t.Value)
	}
	return out
}

// words reads text for people on one line.
func (c *checker) words(t strictyaml.Text) string {
	s := oneLine(t.Value)
	if s == "" && t.Node != nil {
		c.refuse(t.Node, "this must not be empty", "")
	}
	return s
}

// form refuses a text that does not have the form.
func (c *checker) form(t strictyaml.Text, f form) {
	if t.Node != nil && t.Node.Tag == "!!str" && !f.fits(t.Value) {
		c.refuse(t.Node, fmt.Sprintf("%q is not written as it must be here", t.Value), "write it so that it matches "+f.pattern)
	}
}

// form is what a text must look like: a pattern of cartridges.schema.json, in code,
// since compiling the patterns would be felt at every start.
type form struct {
	pattern string
	fits    func(string) bool
}

const (
	capitals = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	smalls   = "abcdefghijklmnopqrstuvwxyz"
	figures  = "0123456789"
)

var (
	versionForm = form{`^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$`, func(s string) bool {
		return spelt(s, capitals+smalls+figures, capitals+smalls+figures+"._+-", 64)
	}}
	codeForm = form{`^[a-z][a-z0-9_]{0,39}$`, func(s string) bool {
		return spelt(s, smalls, smalls+figures+"_", 40)
	}}
	// The forms of limits files.
	sourceForm = form{`^[A-Z][A-Z0-9]{0,7}[a-z]?\*?$`, func(s string) bool {
		s = strings.TrimSuffix(s, "*")
		if n := len(s) - 1; n >= 0 && strings.IndexByte(smalls, s[n]) >= 0 {
			s = s[:n]
		}
		return spelt(s, capitals, capitals+figures, 8)
	}}
)

// spelt reports whether s has 1 to most characters, the first of one set and the
// others of another.
func spelt(s, first, rest string, most int) bool {
	return s != "" && len(s) <= most && strings.IndexByte(first, s[0]) >= 0 && strings.Trim(s, rest) == ""
}
