package policy

import (
	"fmt"
	"slices"

	"penlog/protocol"
	"penlog/session/limits"
	"penlog/session/limits/strictyaml"
)

var phototypeCodes = []string{"I", "II", "III", "IV", "V", "VI"}

// checker turns a raw file into a policy and collects what it refuses.
type checker struct {
	strictyaml.Checker
	raw    *rawFile
	policy *Policy
}

func (c *checker) file() {
	p, raw := c.policy, c.raw
	if f := raw.Format; f.Node != nil && f.Value != Format {
		c.Refuse(f.Node, fmt.Sprintf("%q should be %q", f.Value, Format), "")
	}
	c.Form(raw.Version, strictyaml.VersionForm)
	p.version = raw.Version.Value
	p.sources = c.Sources(raw.Sources)

	var seen []string
	for k := range raw.Questions {
		p.questions = append(p.questions, c.question(&raw.Questions[k], &seen))
	}
	seen = nil
	for k := range raw.Rules {
		p.rules = append(p.rules, c.rule(&raw.Rules[k], &seen))
	}
	n := raw.NotKnown
	for f, r := range [factCount]rawNotice{factPhototype: n.Phototype, factAge: n.Age, factFirst: n.First, factLabel: n.Label} {
		p.notKnown[f] = Notice{Code: factCodes[f], Words: c.words(r.Notice), Sources: c.tags(r.Sources)}
	}

	p.labelAge = c.figure(raw.LabelAge, yearCount)
	p.interval = c.figure(raw.Interval, dayCount)
	p.dwell = c.figure(raw.Dwell, seconds)
	p.anaesthetic = c.figure(raw.Anaesthetic, percent)
	tip, _ := c.quantity(raw.Density.TipWidth, length)
	glide, _ := c.quantity(raw.Density.Glide, speed)
	// Tenths of a millimetre.
	p.density = DensityModel{TipWidth: protocol.Micrometres(tip * 100), Glide: protocol.Micrometres(glide * 100), Sources: c.tags(raw.Density.Sources)}
	p.densityWhy = c.words(raw.Density.Basis)

	c.keys("passes", codes(limits.AllIndications()))
	for _, i := range limits.AllIndications() {
		if r, ok := raw.Passes[i.String()]; ok {
			p.passes[i] = c.passes(&r)
		}
	}
	c.keys("areas", codes(limits.AllZones()))
	for _, z := range limits.AllZones() {
		if r, ok := raw.Areas[z.String()]; ok {
			p.areas[z] = c.area(&r)
		}
	}
}

func (c *checker) question(r *rawQuestion, seen *[]string) Question {
	c.Form(r.Code, strictyaml.CodeForm)
	c.Once("a question", r.Code, seen)
	q := Question{
		Code: r.Code.Value, Words: c.words(r.Words), Overridable: r.Overridable.Value, PerZone: r.PerZone.Value,
		Notice: c.words(r.Notice), Sources: c.tags(r.Sources),
	}
	if i := c.Code(r.Action, actionCodes); i >= 0 {
		q.Action = Action(actionCodes[i])
	}
	if q.Overridable && q.Action != "" && q.Action != Block {
		c.Refuse(r.Overridable.Node, fmt.Sprintf("only a block can be lifted, and this asks for %q", q.Action), "remove the line")
	}
	return q
}

func (c *checker) rule(r *rawRule, seen *[]string) rule {
	c.Form(r.Code, strictyaml.CodeForm)
	c.Once("a rule", r.Code, seen)
	if r.Code.Value == NoPolicy || slices.Contains(factCodes[:], r.Code.Value) {
		c.Refuse(r.Code.Node, fmt.Sprintf("%q is the code of a notice of Penlog's own", r.Code.Value), "give the rule another code")
	}
	out := rule{
		code: r.Code.Value, first: c.yes(r.When.First), ageBelow: c.yes(r.When.AgeBelow), labelExclude: c.yes(r.When.LabelExclude),
		lowHalf: c.Code(r.Depth, lowHalfCodes) == 0, notice: c.words(r.Notice), sources: c.tags(r.Sources),
	}
	if w := r.When.Node; w != nil && len(w.Keys) == 0 {
		c.Refuse(w, "a rule needs a condition", "say when it applies; what holds for everyone belongs into the limits")
	}
	span := r.When.Phototype
	from, to := c.phototype(span.From), c.phototype(span.To)
	if from >= 0 && to >= 0 {
		out.from, out.to = from+1, to+1
		if from > to {
			c.Refuse(span.From.Node, fmt.Sprintf("%s is above %s", span.From.Value, span.To.Value), "write the lower one first")
		}
	}
	out.passesMost, _ = c.quantity(r.PassesMost, passCount)
	all := limits.AllIndications()
	for _, t := range r.NoOverride {
		if i := c.Code(t, codes(all)); i >= 0 {
			out.noOverride = append(out.noOverride, all[i])
		}
	}
	return out
}

func (c *checker) passes(r *rawPasses) passes {
	low, lowOK := c.quantity(r.Suggested.From, passCount)
	high, highOK := c.quantity(r.Suggested.To, passCount)
	warn, warnOK := c.quantity(r.WarnAbove, passCount)
	if lowOK && highOK && low > high {
		c.Refuse(r.Suggested.From.Node, fmt.Sprintf("%q is above %q", r.Suggested.From.Value, r.Suggested.To.Value), "write the lower one first")
	}
	if highOK && warnOK && high > warn {
		c.Refuse(r.Suggested.To.Node, fmt.Sprintf("%q is above warn_above, %q", r.Suggested.To.Value, r.WarnAbove.Value), "suggest fewer, or warn later")
	}
	return passes{low, high, warn, c.tags(r.Sources)}
}

func (c *checker) area(r *rawArea) area {
	mm2, _ := c.quantity(r.Area, areaSize)
	a := area{mm2: mm2, each: c.Code(r.Shape, shapeCodes) == 1, basis: c.words(r.Basis), sources: c.tags(r.Sources)}
	if i := c.Code(r.Confidence, confidenceCodes); i >= 0 {
		a.confidence = confidenceCodes[i]
	}
	return a
}

func (c *checker) figure(r rawFigure, q quantity) figure {
	v, _ := c.quantity(r.Value, q)
	return figure{v, c.words(r.Basis), c.tags(r.Sources)}
}

func (c *checker) quantity(t strictyaml.Text, q quantity) (int, bool) {
	if !c.Form(t, q.form()) {
		return 0, false
	}
	return q.read(t.Value)
}

// phototype reads a Roman numeral; -1 for what is none.
func (c *checker) phototype(t strictyaml.Text) int {
	if t.Node != nil && len(t.Value) == 1 && t.Value >= "1" && t.Value <= "6" {
		c.Refuse(t.Node, fmt.Sprintf("%q is no Roman numeral", t.Value), fmt.Sprintf("did you mean %q?", phototypeCodes[t.Value[0]-'1']))
		return -1
	}
	return c.Code(t, phototypeCodes)
}

// yes reads a condition: it stands there or it does not.
func (c *checker) yes(f strictyaml.Flag) bool {
	if f.Node != nil && !f.Value {
		c.Refuse(f.Node, "a condition that is false says nothing", "remove the line")
	}
	return f.Value
}

// keys refuses the keys of a mapping that are none of the known ones.
func (c *checker) keys(name string, known []string) {
	c.Problems = append(c.Problems, c.Source.Keys(c.Source.Root.Field(name), known)...)
}

func codes[E fmt.Stringer](all []E) []string {
	out := make([]string, len(all))
	for i, e := range all {
		out[i] = e.String()
	}
	return out
}

func (c *checker) tags(list []strictyaml.Text) []string { return c.Tags(list, c.raw.Sources) }

func (c *checker) words(t strictyaml.Text) string { return c.Words(t, strictyaml.MaxText) }
