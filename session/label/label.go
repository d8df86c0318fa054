package label

import (
	"math/bits"
	"slices"
	"strings"

	"penlog/protocol"
	"penlog/session/limits"
)

// Pen is a kind of pen, by the words that it says of itself where it can.
type Pen struct {
	Vendor, Model string
}

// entry is what the file has of one kind of pen.
type entry struct {
	code, name string
	pens       []Pen
	keys       []string             // the key of each
	max        protocol.Micrometres // greatest depth of the device by its label; 0: not known
	more       bool                 // it has clearances whose uses are not known
	uses       []use
	confidence string
	basis      string
	sources    []string
}

// use is one thing that a label covers.
type use struct {
	clearance   string
	indications []limits.Indication
	zones       []limits.Zone        // nil: every zone
	max         protocol.Micrometres // 0: the device's
	phototypes  types                // none: not known
	age         int                  // youngest, in years; 0: not known
	covers      limits.Label         // what limits files call it; LabelNone: nothing there
	sources     []string
}

// types is a set of Fitzpatrick phototypes: bit n is type n, 1 to 6.
type types uint8

// span is the set as a rule's facts have it, "1-4" or "2"; "" for one that is empty or
// has a hole, which no span tells.
func (t types) span() string {
	if t == 0 {
		return ""
	}
	low, high := bits.TrailingZeros8(uint8(t)), bits.Len8(uint8(t))-1
	if t != (1<<(high+1)-1)&^(1<<low-1) {
		return ""
	}
	if low == high {
		return string(rune('0' + low))
	}
	return string(rune('0'+low)) + "-" + string(rune('0'+high))
}

// Catalogue is a checked list of labels. [Load] and [Default] make one; the zero
// Catalogue and a nil one know no pen. It is immutable and safe for concurrent use.
type Catalogue struct {
	version, hash string

	entries []entry // in file order
	sources map[string]string
}

// Facts is what is known of a pen for one indication and zone. The zero Facts is a
// pen of which nothing is known.
type Facts struct {
	Covered    bool                 // a clearance of the pen names the use
	Excluded   bool                 // none does, and all that it has are known
	Clearances []string             // that cover it, in file order
	Max        protocol.Micrometres // greatest labelled depth; 0: not known
	Phototypes string               // that are covered, "1-3" or "2"; "": not known
	Age        int                  // youngest that is covered, in years; 0: not known
	Labels     []limits.Label       // of limits files
}

// For returns what the labels of that pen say of a use. Where several clearances cover
// it, the widest of each counts, and what one of them does not tell is not known. Of
// a use that none covers only the device's depth is told.
func (c *Catalogue) For(vendor, model string, i limits.Indication, z limits.Zone) Facts {
	e := c.entry(vendor, model)
	if e == nil {
		return Facts{}
	}
	var f Facts
	var all types
	allTypes, allMax, age, allAges := true, true, 0, true
	for k := range e.uses {
		u := &e.uses[k]
		if !slices.Contains(u.indications, i) || u.zones != nil && !slices.Contains(u.zones, z) {
			continue
		}
		f.Covered = true
		f.Clearances = append(f.Clearances, u.clearance)
		all |= u.phototypes
		allTypes = allTypes && u.phototypes != 0
		if u.age > 0 && (age == 0 || u.age < age) {
			age = u.age
		}
		allAges = allAges && u.age > 0
		f.Max = max(f.Max, u.max)
		allMax = allMax && u.max > 0
		if u.covers != limits.LabelNone && !slices.Contains(f.Labels, u.covers) {
			f.Labels = append(f.Labels, u.covers)
		}
	}
	f.Excluded = !f.Covered && !e.more && len(e.uses) > 0
	if f.Covered && allTypes {
		f.Phototypes = all.span()
	}
	if f.Covered && allAges {
		f.Age = age
	}
	if !f.Covered || !allMax {
		f.Max = e.max
	}
	if e.max > 0 {
		f.Max = min(f.Max, e.max)
	}
	return f
}

// Name returns what people call the pen; "" for one that is not in the file.
func (c *Catalogue) Name(vendor, model string) string {
	if e := c.entry(vendor, model); e != nil {
		return e.name
	}
	return ""
}

// Pens returns every pen of the file, in file order.
func (c *Catalogue) Pens() []Pen {
	if c == nil {
		return nil
	}
	var all []Pen
	for i := range c.entries {
		all = append(all, c.entries[i].pens...)
	}
	return all
}

// Version returns the version that the file states; "" for the zero Catalogue.
func (c *Catalogue) Version() string {
	if c == nil {
		return ""
	}
	return c.version
}

// Hash returns the SHA-256 of the catalogue's meaning, in hex: two files with the same
// labels, words and sources have the same hash however they are laid out.
func (c *Catalogue) Hash() string {
	if c == nil {
		return ""
	}
	return c.hash
}

// Source explains a source tag, e.g. "F*"; "" for a tag that the file does not have.
func (c *Catalogue) Source(tag string) string {
	if c == nil {
		return ""
	}
	return c.sources[tag]
}

func (c *Catalogue) entry(vendor, model string) *entry {
	if c == nil {
		return nil
	}
	want := key(vendor, model)
	for i := range c.entries {
		if slices.Contains(c.entries[i].keys, want) {
			return &c.entries[i]
		}
	}
	return nil
}

// key is a pen's words without what hands write differently: capitals and spaces.
func key(vendor, model string) string {
	fold := func(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), " ")) }
	return fold(vendor) + "\n" + fold(model)
}
