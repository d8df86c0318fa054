package limits

import (
	"slices"

	"penlog/protocol"
)

// Table is a checked set of limits. [Load] and [Default] make one; the zero Table
// and a nil one allow nothing. It is immutable and safe for concurrent use.
type Table struct {
	version string
	hash    string

	hardStop  figure
	tolerance figure

	zones       [zoneCount]*zoneEntry             // nil: the file has no such zone
	indications [indicationCount]*indicationEntry // nil: the file has no such indication

	areas, lesions []NoGo
	sources        map[string]string
}

type figure struct {
	value   protocol.Micrometres
	basis   string
	sources []string
}

type zoneEntry struct {
	limit, override protocol.Micrometres
	bony            bool
	basis           string
	sources         []string
	raises          []raise
	lowers          []lower
}

type indicationEntry struct {
	low, high       protocol.Micrometres // typical range
	limit, override protocol.Micrometres
	confidence      string
	basis           string
	sources         []string
	offered         [zoneCount]bool
	raises          []raise
	offLabel        bool

	evaluated        protocol.Micrometres // 0: none
	evaluatedZones   [zoneCount]bool
	evaluatedSources []string
}

// raise lifts an override limit to value while its condition holds: exactly one of
// label and site is set.
type raise struct {
	label       Label
	site        Site
	value       protocol.Micrometres
	zones       [zoneCount]bool       // of an indication's raise
	indications [indicationCount]bool // of a zone's raise
	note        string
	sources     []string
}

// holds reports whether r's condition is met.
func (r *raise) holds(site Site, labels []Label) bool {
	if r.site != SiteNone {
		return r.site == site
	}
	return r.label != LabelNone && slices.Contains(labels, r.label)
}

// lower brings both limits of a zone down at a site.
type lower struct {
	site            Site
	limit, override protocol.Micrometres
	note            string
	sources         []string
}

// NoGo is an area or a lesion that is never treated, whatever the depth. A pen
// cannot tell, so it is shown to people.
type NoGo struct {
	Code    string   `json:"code"`
	Name    string   `json:"name"`
	Sources []string `json:"sources"`
}

// value is a depth with where it comes from.
type value struct {
	depth   protocol.Micrometres
	sources []string
}

// limitAt returns the zone's limit, at a site if one is named.
func (z *zoneEntry) limitAt(site Site) value {
	if l := z.lowered(site); l != nil {
		return value{min(z.limit, l.limit), l.sources}
	}
	return value{z.limit, z.sources}
}

// overrideAt returns the zone's override limit. A site that lowers it is not raised
// again by a label.
func (z *zoneEntry) overrideAt(i Indication, site Site, labels []Label) value {
	if l := z.lowered(site); l != nil {
		return value{min(z.override, l.override), l.sources}
	}
	v := value{z.override, z.sources}
	for k := range z.raises {
		if r := &z.raises[k]; r.holds(site, labels) && r.indications[i] && r.value > v.depth {
			v = value{r.value, r.sources}
		}
	}
	return v
}

func (z *zoneEntry) lowered(site Site) *lower {
	for k := range z.lowers {
		if z.lowers[k].site == site {
			return &z.lowers[k]
		}
	}
	return nil
}

// overrideAt returns the indication's override limit.
func (e *indicationEntry) overrideAt(z Zone, site Site, labels []Label) value {
	v := value{e.override, e.sources}
	for k := range e.raises {
		if r := &e.raises[k]; r.holds(site, labels) && r.zones[z] && r.value > v.depth {
			v = value{r.value, r.sources}
		}
	}
	return v
}

// typical clips the indication's typical range to the limit. Where that leaves no
// width, the low end is 0.5 mm, or 0.25 mm where the limit is not above 0.5 mm.
//
// Source: DOMAIN 1.3.
func (e *indicationEntry) typical(limit protocol.Micrometres) (low, high protocol.Micrometres) {
	if e.high <= limit {
		return e.low, e.high
	}
	low, high = e.low, limit
	if low >= high {
		low = 500
	}
	if low >= high {
		low = 250
	}
	return min(low, high), high
}

// Version returns the version that the file states; "" for the zero Table.
func (t *Table) Version() string {
	if t == nil {
		return ""
	}
	return t.version
}

// Hash returns the SHA-256 of the table's meaning, in hex: two files with the same
// figures, zones, words and sources have the same hash however they are laid out.
func (t *Table) Hash() string {
	if t == nil {
		return ""
	}
	return t.hash
}

// HardStop returns the table's hard stop, never above [HardStop]; 0 for the zero Table.
func (t *Table) HardStop() protocol.Micrometres {
	if t == nil {
		return 0
	}
	return min(t.hardStop.value, HardStop)
}

// Tolerance returns the table's figure for how far a measured depth may exceed what
// was set, at most [ToleranceMost]. It is shown and compared, and nothing is judged
// by it: a guard takes the pen's stated accuracy ([protocol.Identity.Tolerance]). It
// never raises a ceiling.
//
// Source: DOMAIN 1.5 (Exceed figure).
func (t *Table) Tolerance() protocol.Micrometres {
	if t == nil {
		return 0
	}
	return min(t.tolerance.value, ToleranceMost)
}

// Offered returns the zones that the table offers for i, in the order of
// [AllZones]; none for an indication that it does not have.
func (t *Table) Offered(i Indication) []Zone {
	var zones []Zone
	for _, z := range AllZones() {
		if t.offers(z, i) {
			zones = append(zones, z)
		}
	}
	return zones
}

func (t *Table) offers(z Zone, i Indication) bool {
	return t != nil && z.Valid() && i.Valid() && t.zones[z] != nil && t.indications[i] != nil && t.indications[i].offered[z]
}

// Absent returns the zones and indications that the table leaves out, which
// therefore allow nothing. A check of a clinic's file shows them.
func (t *Table) Absent() ([]Zone, []Indication) {
	var zones []Zone
	var indications []Indication
	for _, z := range AllZones() {
		if t == nil || t.zones[z] == nil {
			zones = append(zones, z)
		}
	}
	for _, i := range AllIndications() {
		if t == nil || t.indications[i] == nil {
			indications = append(indications, i)
		}
	}
	return zones, indications
}

// NoGoAreas returns the areas that are never treated. The slice is the caller's.
func (t *Table) NoGoAreas() []NoGo {
	if t == nil {
		return nil
	}
	return cloneNoGo(t.areas)
}

// NoGoLesions returns the lesions that are never treated. The slice is the caller's.
func (t *Table) NoGoLesions() []NoGo {
	if t == nil {
		return nil
	}
	return cloneNoGo(t.lesions)
}

func cloneNoGo(in []NoGo) []NoGo {
	out := slices.Clone(in)
	for i := range out {
		out[i].Sources = slices.Clone(out[i].Sources)
	}
	return out
}

// Source explains a source tag, e.g. "P3"; "" for a tag that the table does not cite.
func (t *Table) Source(tag string) string {
	if t == nil {
		return ""
	}
	return t.sources[tag]
}
