package limits

import (
	"fmt"
	"slices"
	"strings"

	"penlog/protocol"
	"penlog/session/limits/strictyaml"
)

// The checker's readers for single values.

func (c *checker) refuse(n *strictyaml.Node, problem, remedy string) {
	c.problems = append(c.problems, c.src.At(n, problem, remedy))
}

// tier is one number of a row; ok is false when it is missing or unsound.
type tier struct {
	name  string
	depth protocol.Micrometres
	node  *strictyaml.Node
	ok    bool
}

// depth reads one depth and holds it against the hard stop.
func (c *checker) depth(name string, t strictyaml.Text) tier {
	f := c.parse(name, t)
	if f.ok && f.depth > c.stop {
		remedy := "no file can allow it"
		if c.stop < HardStop {
			remedy = "lower it, or look at hard_stop"
		}
		if tenth := f.depth / 10; f.depth >= 3*c.stop && tenth > 0 && tenth <= c.stop {
			remedy = fmt.Sprintf("did you mean %s?", mm(tenth))
		}
		c.refuse(t.Node, fmt.Sprintf("%q is above the hard stop of %s", t.Value, mm(c.stop)), remedy)
		f.ok = false
	}
	return f
}

func (c *checker) parse(name string, t strictyaml.Text) tier {
	f := tier{name: name, node: t.Node}
	if t.Node == nil {
		return f
	}
	d, err := ParseDepth(t.Value)
	if err != nil {
		de := err.(*DepthError)
		c.refuse(t.Node, fmt.Sprintf("%q %s", de.Text, de.Problem), de.Remedy)
		return f
	}
	f.depth, f.ok = d, true
	return f
}

// ascending refuses any tier that is above the one after it.
func (c *checker) ascending(tiers ...tier) {
	for i := range len(tiers) - 1 {
		lo, hi := tiers[i], tiers[i+1]
		if lo.ok && hi.ok && lo.depth > hi.depth {
			c.refuse(lo.node, fmt.Sprintf("%s %s is above %s %s on line %d", lo.name, mm(lo.depth), hi.name, mm(hi.depth), hi.node.Line),
				fmt.Sprintf("lower %s or raise %s", lo.name, hi.name))
		}
	}
}

// code reads one of the codes; the first stands for none, which a file may not
// say. It returns 0 for a text that is missing or unknown.
func (c *checker) code(t strictyaml.Text, codes []string) int {
	if t.Node == nil {
		return 0
	}
	i := slices.Index(codes[1:], t.Value) + 1
	if i == 0 {
		c.refuse(t.Node, fmt.Sprintf("%q is not known", t.Value), strictyaml.Suggest(t.Value, codes[1:]))
	}
	return i
}

// form refuses a text that does not have the form.
func (c *checker) form(t strictyaml.Text, f form) {
	if t.Node != nil && t.Node.Tag == "!!str" && !f.fits(t.Value) {
		c.refuse(t.Node, fmt.Sprintf("%q is not written as it must be here", t.Value), "write it so that it matches "+f.pattern)
	}
}

// once refuses a text that stands in seen already, and files it there.
func (c *checker) once(what string, t strictyaml.Text, seen *[]string) {
	if t.Node == nil {
		return
	}
	if slices.Contains(*seen, t.Value) {
		c.refuse(t.Node, fmt.Sprintf("there is %s for %q already", what, t.Value), "keep one of the two")
		return
	}
	*seen = append(*seen, t.Value)
}

func (c *checker) noGo(list []rawNoGo) []NoGo {
	var out []NoGo
	var seen []string
	for k := range list {
		r := &list[k]
		c.form(r.Code, noGoForm)
		c.once("an entry", r.Code, &seen)
		out = append(out, NoGo{Code: r.Code.Value, Name: c.words(r.Name), Sources: c.tags(r.Sources)})
	}
	return out
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
	s := strings.Join(strings.Fields(t.Value), " ")
	if s == "" && t.Node != nil {
		c.refuse(t.Node, "this must not be empty", "")
	}
	return s
}
