package limits

import (
	"errors"
	"fmt"

	"penlog/protocol"
	"penlog/session/limits/strictyaml"
)

var confidenceCodes = []string{noneText, "H", "H/M", "M/H", "M", "L/M", "M/L", "L"}

// checker turns a raw file into a table and collects what it refuses. It skips
// what is missing or of the wrong kind: filling the raw file reported that, and a
// file with any problem at all gives no table.
type checker struct {
	src      *strictyaml.Source
	raw      *rawFile
	table    *Table
	problems []*Problem
	stop     protocol.Micrometres // the file's hard stop, or HardStop when that is unsound

	unexplained map[string]bool // source tags that were reported
	misspelt    map[Zone]bool   // zones that an unknown key most likely means: that key is reported
}

func (c *checker) file() {
	t, raw := c.table, c.raw
	if f := raw.Format; f.Node != nil && f.Value != Format {
		c.refuse(f.Node, fmt.Sprintf("%q should be %q", f.Value, Format), "")
	}
	c.form(raw.Version, versionForm)
	t.version = raw.Version.Value
	for tag, words := range raw.Sources {
		if words.Node != nil && !sourceForm.fits(tag) {
			c.problems = append(c.problems, c.src.AtKey(words.Node, fmt.Sprintf("%q is not written as it must be here", tag), "write it so that it matches "+sourceForm.pattern))
		}
		t.sources[tag] = c.words(words)
	}

	c.stop = HardStop
	stop := c.parse("hard_stop", raw.HardStop.Value)
	if stop.ok && stop.depth > HardStop {
		c.refuse(stop.node, fmt.Sprintf("%q is above %s, the greatest hard stop that a file may state", raw.HardStop.Value.Value, mm(HardStop)), "a clinic may lower the hard stop, not raise it")
	} else if stop.ok {
		c.stop = stop.depth
	}
	t.hardStop = figure{c.stop, c.words(raw.HardStop.Basis), c.tags(raw.HardStop.Sources)}

	tolerance := c.parse("setting_tolerance", raw.Tolerance.Value)
	if tolerance.ok && tolerance.depth > ToleranceMost {
		c.refuse(tolerance.node, fmt.Sprintf("%q is above %s, the greatest tolerance that a file may state", raw.Tolerance.Value.Value, ToleranceMost), "write 150 µm or less")
	}
	t.tolerance = figure{tolerance.depth, c.words(raw.Tolerance.Basis), c.tags(raw.Tolerance.Sources)}

	c.problems = append(c.problems, c.src.Keys(c.src.Root.Field("zones"), zoneCodes[1:])...)
	c.problems = append(c.problems, c.src.Keys(c.src.Root.Field("indications"), indicationCodes[1:])...)
	for key := range raw.Zones {
		var ue *UnknownError
		if z, err := ParseZone(key); err == nil {
			c.misspelt[z] = true
		} else if errors.As(err, &ue) && ue.Nearest != "" {
			z, _ := ParseZone(ue.Nearest)
			c.misspelt[z] = true
		}
	}
	for _, z := range AllZones() {
		if r, ok := raw.Zones[z.String()]; ok && r.Node != nil {
			t.zones[z] = c.zone(z, &r)
		}
	}
	for _, i := range AllIndications() {
		if r, ok := raw.Indications[i.String()]; ok && r.Node != nil {
			t.indications[i] = c.indication(&r)
		}
	}
	t.areas, t.lesions = c.noGo(raw.NoGoAreas), c.noGo(raw.NoGoLesions)
}

func (c *checker) zone(z Zone, r *rawZone) *zoneEntry {
	limit, override := c.depth("limit", r.Limit), c.depth("override_limit", r.OverrideLimit)
	c.ascending(limit, override)
	e := &zoneEntry{limit: limit.depth, override: override.depth, bony: r.Bony.Value, basis: c.words(r.Basis), sources: c.tags(r.Sources)}

	if z.Bony() && !e.bony {
		p := c.src.AtKey(r.Node, z.Name()+" lies over bone, but is not marked so", "add bony: true")
		if r.Bony.Node != nil {
			p = c.src.At(r.Bony.Node, z.Name()+" lies over bone", "write true")
		}
		c.problems = append(c.problems, p)
	}
	if (z.Bony() || e.bony) && limit.ok && limit.depth > BonyMost {
		c.refuse(limit.node, fmt.Sprintf("%s without override is above %s, the most over bone", mm(limit.depth), mm(BonyMost)), "lower the limit; an override may go to override_limit")
	}

	var seen []string
	for k := range r.LowerAt {
		e.lowers = append(e.lowers, c.lower(z, &r.LowerAt[k], limit, override, &seen))
	}
	for k := range r.OverrideIf {
		rr := &r.OverrideIf[k]
		v := c.raise(rr.Node, rr.Label, rr.Site, rr.Value, override, &seen)
		v.note, v.sources = c.words(rr.Note), c.tags(rr.Sources)
		if v.site != SiteNone && v.site.Zone() != z {
			c.refuse(rr.Site.Node, fmt.Sprintf("%q is not a part of %s", v.site, z.Name()), "move it to "+v.site.Zone().String())
		}
		v.indications = c.scope(rr.Indications)
		e.raises = append(e.raises, v)
	}
	// The spine is bony, the rest of the back is not. Source: DOMAIN 1.5.
	if z == Back && limit.ok && limit.depth > BonyMost && e.lowered(Spine) == nil {
		c.problems = append(c.problems, c.src.AtKey(r.Node, fmt.Sprintf("the spine is bony and needs a limit of at most %s", mm(BonyMost)), "add it under lower_at"))
	}
	return e
}

func (c *checker) lower(z Zone, r *rawLower, zoneLimit, zoneOverride tier, seen *[]string) lower {
	limit, override := c.depth("limit", r.Limit), c.depth("override_limit", r.OverrideLimit)
	c.ascending(limit, override)
	zoneLimit.name, zoneOverride.name = "the zone's limit", "the zone's override_limit"
	c.ascending(limit, zoneLimit)
	c.ascending(override, zoneOverride)
	l := lower{site: Site(c.code(r.Site, siteCodes[:])), limit: limit.depth, override: override.depth, note: c.words(r.Note), sources: c.tags(r.Sources)}
	if l.site != SiteNone && l.site.Zone() != z {
		c.refuse(r.Site.Node, fmt.Sprintf("%q is not a part of %s", l.site, z.Name()), "move it to "+l.site.Zone().String())
	}
	if l.site == Spine && limit.ok && limit.depth > BonyMost {
		c.refuse(limit.node, fmt.Sprintf("%s without override is above %s, the most over bone", mm(limit.depth), mm(BonyMost)), "lower the limit")
	}
	c.once("an exception", r.Site, seen)
	return l
}

// raise reads what the two kinds of override_if share.
func (c *checker) raise(n *strictyaml.Node, label, site, v strictyaml.Text, override tier, seen *[]string) raise {
	depth := c.depth("value", v)
	if depth.ok && override.ok && depth.depth <= override.depth {
		c.refuse(depth.node, fmt.Sprintf("%s does not raise the override_limit of %s on line %d", mm(depth.depth), mm(override.depth), override.node.Line), "raise it or remove the exception")
	}
	r := raise{value: depth.depth, label: Label(c.code(label, labelCodes[:])), site: Site(c.code(site, siteCodes[:]))}
	if n != nil && (label.Node == nil) == (site.Node == nil) {
		c.refuse(n, "an exception needs a label or a site, one of the two", "add label: or site:")
	}
	c.once("an exception", label, seen)
	c.once("an exception", site, seen)
	return r
}

func (c *checker) indication(r *rawIndication) *indicationEntry {
	low, high := c.depth("typical.from", r.Typical.From), c.depth("typical.to", r.Typical.To)
	limit, override := c.depth("limit", r.Limit), c.depth("override_limit", r.OverrideLimit)
	c.ascending(low, high, limit, override)
	c.code(r.Confidence, confidenceCodes)
	e := &indicationEntry{
		low: low.depth, high: high.depth, limit: limit.depth, override: override.depth,
		confidence: r.Confidence.Value, basis: c.words(r.Basis), sources: c.tags(r.Sources), offLabel: r.OffLabel.Value,
	}
	e.offered = c.offered(r.Zones)

	var seen []string
	for k := range r.OverrideIf {
		rr := &r.OverrideIf[k]
		v := c.raise(rr.Node, rr.Label, rr.Site, rr.Value, override, &seen)
		v.note, v.sources = c.words(rr.Note), c.tags(rr.Sources)
		v.zones = c.within(rr.Zones, e.offered)
		if len(rr.Zones) == 0 {
			v.zones = e.offered
		}
		e.raises = append(e.raises, v)
	}
	if r.Evaluated.Node != nil {
		e.evaluated = c.depth("bound", r.Evaluated.Bound).depth
		e.evaluatedZones = c.within(r.Evaluated.Zones, e.offered)
		e.evaluatedSources = c.tags(r.Evaluated.Sources)
	}
	return e
}

// offered reads an indication's zones and refuses those that have no limits here.
func (c *checker) offered(list []strictyaml.Text) (set [zoneCount]bool) {
	for _, t := range list {
		i := c.code(t, zoneCodes[:])
		if i == 0 {
			continue
		}
		if c.table.zones[i] == nil && !c.misspelt[Zone(i)] {
			c.refuse(t.Node, fmt.Sprintf("%q is offered here, but this file has no limits for it", t.Value), fmt.Sprintf("add zones.%s, or take it out of this list", t.Value))
		}
		set[i] = true
	}
	return set
}

// within reads zones that have to be among the offered ones.
func (c *checker) within(list []strictyaml.Text, offered [zoneCount]bool) (set [zoneCount]bool) {
	for _, t := range list {
		i := c.code(t, zoneCodes[:])
		if i == 0 {
			continue
		}
		if !offered[i] {
			c.refuse(t.Node, fmt.Sprintf("%q is not offered for this indication", t.Value), "add it to the indication's zones, or take it out here")
		}
		set[i] = true
	}
	return set
}

// scope reads the indications of a zone's exception; none means all.
func (c *checker) scope(list []strictyaml.Text) (set [indicationCount]bool) {
	for _, i := range AllIndications() {
		set[i] = len(list) == 0
	}
	for _, t := range list {
		if i := c.code(t, indicationCodes[:]); i != 0 {
			set[i] = true
		}
	}
	return set
}
