package label

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"penlog/protocol"
	"penlog/session/limits"
	"penlog/session/limits/strictyaml"
)

// DepthMost is the greatest depth that a file may state: no pen of DOMAIN 2 dials
// deeper (Dermapen 4, V4), so more is a slipped point.
const DepthMost protocol.Micrometres = 3000

const alphanumeric = strictyaml.Capitals + strictyaml.Smalls + strictyaml.Digits

var (
	phototypeCodes  = []string{"I", "II", "III", "IV", "V", "VI"}
	confidenceCodes = []string{"H", "H/M", "M/H", "M", "L/M", "M/L", "L"}

	clearanceForm = strictyaml.Form{
		Pattern: `^[A-Za-z0-9][A-Za-z0-9 ./-]{0,39}$`,
		Fits:    strictyaml.Letters(alphanumeric, alphanumeric+" ./-", 40),
	}
	ageForm = strictyaml.Form{Pattern: `^[1-9][0-9]? years$`, Example: "22 years", Fits: func(s string) bool {
		n, ok := strings.CutSuffix(s, " years")
		return ok && len(n) <= 2 && strictyaml.Letters("123456789", strictyaml.Digits, 2)(n)
	}}
)

// checker turns a raw file into a catalogue and collects what it refuses.
type checker struct {
	strictyaml.Checker
	raw *rawFile
	out *Catalogue
}

func (c *checker) file() {
	raw := c.raw
	if f := raw.Format; f.Node != nil && f.Value != Format {
		c.Refuse(f.Node, fmt.Sprintf("%q should be %q", f.Value, Format), "")
	}
	c.Form(raw.Version, strictyaml.VersionForm)
	c.out.version = raw.Version.Value
	c.out.sources = c.Sources(raw.Sources)
	var codes, pens []string
	for k := range raw.Labels {
		c.out.entries = append(c.out.entries, c.entry(&raw.Labels[k], &codes, &pens))
	}
}

func (c *checker) entry(r *rawEntry, codes, pens *[]string) entry {
	c.Form(r.Code, strictyaml.CodeForm)
	c.Once("an entry", r.Code, codes)
	e := entry{code: r.Code.Value, name: c.words(r.Name), max: c.depth(r.Max), more: r.More.Value, basis: c.words(r.Basis), sources: c.tags(r.Sources)}
	if i := c.Code(r.Confidence, confidenceCodes); i >= 0 {
		e.confidence = confidenceCodes[i]
	}
	for _, p := range r.Pens {
		pen := Pen{Vendor: c.words(p.Vendor), Model: c.words(p.Model)}
		// Two entries for one pen would be two labels, and only the first one read.
		k := key(pen.Vendor, pen.Model)
		if p.Model.Node != nil && slices.Contains(*pens, k) {
			c.Refuse(p.Model.Node, fmt.Sprintf("%s %s stands here a second time", pen.Vendor, pen.Model), "keep one of the two")
		} else {
			*pens = append(*pens, k)
		}
		e.pens, e.keys = append(e.pens, pen), append(e.keys, k)
	}
	for k := range r.Uses {
		u := c.use(&r.Uses[k])
		if e.max > 0 && u.max > e.max {
			c.Refuse(r.Uses[k].Max.Node, fmt.Sprintf("%q is deeper than the device reaches, %s", r.Uses[k].Max.Value, e.max.MM()), "check the decimal point, or the device's max")
		}
		e.uses = append(e.uses, u)
	}
	return e
}

func (c *checker) use(r *rawUse) use {
	c.Form(r.Clearance, clearanceForm)
	u := use{clearance: r.Clearance.Value, max: c.depth(r.Max), sources: c.tags(r.Sources)}
	indications, zones, labels := limits.AllIndications(), limits.AllZones(), limits.AllLabels()
	for _, t := range r.Indications {
		if i := c.Code(t, codes(indications)); i >= 0 {
			u.indications = append(u.indications, indications[i])
		}
	}
	for _, t := range r.Zones {
		if i := c.Code(t, codes(zones)); i >= 0 {
			u.zones = append(u.zones, zones[i])
		}
	}
	for _, t := range r.Phototypes {
		if i := c.Code(t, phototypeCodes); i >= 0 {
			u.phototypes |= 1 << (i + 1)
		}
	}
	if c.Form(r.Age, ageForm) {
		u.age, _ = strconv.Atoi(strings.TrimSuffix(r.Age.Value, " years"))
	}
	if i := c.Code(r.Covers, codes(labels)); i >= 0 {
		u.covers = labels[i]
	}
	return u
}

// depth reads a depth; 0 for one that is missing or unsound.
func (c *checker) depth(t strictyaml.Text) protocol.Micrometres {
	if t.Node == nil {
		return 0
	}
	d, err := limits.ParseDepth(t.Value)
	if de := (*limits.DepthError)(nil); errors.As(err, &de) {
		c.Refuse(t.Node, fmt.Sprintf("%q %s", de.Text, de.Problem), `write it like "1.5 mm" or "1500 µm"; leave the key out when it isn't known`)
		return 0
	}
	if d > DepthMost {
		c.Refuse(t.Node, fmt.Sprintf("%q is deeper than %s, the most that a file may state", t.Value, DepthMost.MM()), "check the decimal point")
		return 0
	}
	return d
}

func (c *checker) tags(list []strictyaml.Text) []string { return c.Tags(list, c.raw.Sources) }

func (c *checker) words(t strictyaml.Text) string { return c.Words(t, strictyaml.MaxText) }

func codes[E fmt.Stringer](all []E) []string {
	out := make([]string, len(all))
	for i, e := range all {
		out[i] = e.String()
	}
	return out
}
