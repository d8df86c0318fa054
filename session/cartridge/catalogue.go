package cartridge

import (
	"slices"
	"strings"

	"penlog/protocol"
)

// Model is one kind of cartridge. It is a plain value that belongs in the record.
type Model struct {
	Code       string               `json:"code"`
	Name       string               `json:"name"`
	Maker      string               `json:"maker,omitempty"`     // "": not known
	GTIN       string               `json:"gtin,omitempty"`      // 14 digits; "": not known
	Length     protocol.Micrometres `json:"length_um,omitempty"` // of the needles; 0: not known
	Needles    int                  `json:"needles,omitempty"`   // 0: not known
	Pens       []Pen                `json:"pens"`                // that it fits, never empty
	Simulated  bool                 `json:"simulated"`           // of a simulator's pen: never on a patient
	Confidence string               `json:"confidence"`          // H high, M medium, L low; "M/H" between
	Sources    []string             `json:"sources"`             // tags, explained by [Catalogue.Source]
	Basis      string               `json:"basis"`               // where the figures come from
}

// Pen is a pen, or all pens of a vendor, that a cartridge fits. The words are those
// that the pen says of itself, where it can.
type Pen struct {
	Vendor string `json:"vendor"`
	Model  string `json:"model,omitempty"` // "": every model of the vendor
}

// Catalogue is a checked list of cartridges. [Load] and [Default] make one; the zero
// Catalogue and a nil one know nothing.
type Catalogue struct {
	version, hash string

	models  []Model // in file order
	folded  [][]Pen // their pens, each word by fold
	sources map[string]string
}

// Version returns the version that the file states; "" for the zero Catalogue.
func (c *Catalogue) Version() string {
	if c == nil {
		return ""
	}
	return c.version
}

// Hash returns the SHA-256 of the catalogue's meaning, in hex: two files with the same
// cartridges, words and sources have the same hash however they are laid out.
func (c *Catalogue) Hash() string {
	if c == nil {
		return ""
	}
	return c.hash
}

// Source explains a source tag, e.g. "V7"; "" for a tag that the file does not have.
func (c *Catalogue) Source(tag string) string {
	if c == nil {
		return ""
	}
	return c.sources[tag]
}

// Models returns every cartridge, in file order. The slice and all in it are the
// caller's.
func (c *Catalogue) Models() []Model {
	if c == nil {
		return nil
	}
	var out []Model
	for i := range c.models {
		out = append(out, c.models[i].clone())
	}
	return out
}

// ByGTIN returns the cartridge with that number, as a scan has it; a shorter GTIN is
// padded.
func (c *Catalogue) ByGTIN(gtin string) (Model, bool) {
	gtin = pad(gtin)
	return c.first(func(m *Model) bool { return gtin != "" && m.GTIN == gtin })
}

// ByCode returns the cartridge with that code.
func (c *Catalogue) ByCode(code string) (Model, bool) {
	return c.first(func(m *Model) bool { return m.Code == code })
}

// ForPen returns the cartridges that fit a pen, in file order; with model "", those
// of all the vendor's pens. Case and spaces don't matter. A vendor of "" has none.
func (c *Catalogue) ForPen(vendor, model string) []Model {
	if c == nil {
		return nil
	}
	vendor, model = fold(vendor), fold(model)
	var out []Model
	for i, pens := range c.folded {
		if slices.ContainsFunc(pens, func(p Pen) bool { return p.Vendor == vendor && (model == "" || p.Model == "" || p.Model == model) }) {
			out = append(out, c.models[i].clone())
		}
	}
	return out
}

// Shortest returns the shortest needle length that is known among the cartridges that
// fit a pen, see [Catalogue.ForPen]: what an unknown cartridge of that pen counts as.
// It reports false when no length is known.
func (c *Catalogue) Shortest(vendor, model string) (protocol.Micrometres, bool) {
	var least protocol.Micrometres
	for _, m := range c.ForPen(vendor, model) {
		if m.Length > 0 && (least == 0 || m.Length < least) {
			least = m.Length
		}
	}
	return least, least > 0
}

func (c *Catalogue) first(want func(*Model) bool) (Model, bool) {
	if c != nil {
		for i := range c.models {
			if m := &c.models[i]; want(m) {
				return m.clone(), true
			}
		}
	}
	return Model{}, false
}

// foldPens are a model's pens in the spelling that [Catalogue.ForPen] compares.
func foldPens(pens []Pen) []Pen {
	out := make([]Pen, len(pens))
	for i, p := range pens {
		out[i] = Pen{fold(p.Vendor), fold(p.Model)}
	}
	return out
}

func (m Model) clone() Model {
	m.Pens, m.Sources = slices.Clone(m.Pens), slices.Clone(m.Sources)
	return m
}

// fold makes one spelling of several: lower case, single spaces.
func fold(s string) string { return strings.ToLower(oneLine(s)) }

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
