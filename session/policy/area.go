package policy

import (
	"slices"

	"penlog/protocol"
	"penlog/session/limits"
)

// area is a zone's nominal area, of one side where it has two.
type area struct {
	mm2        int
	each       bool // the zone comes in two, and mm2 is one
	confidence string
	basis      string
	sources    []string
}

var (
	shapeCodes      = []string{"whole", "each_side"}
	confidenceCodes = []string{"H", "M", "L"}
)

// Area returns the nominal area of a zone in square millimetres, for the estimate
// of density, with the sources. Of a zone that comes in two it is one side for left
// and right, both for [limits.Both], and one when the side is not said, since a
// smaller area never hides a density. Of another zone it is the whole, and half of
// it for left and right. It reports false when there is no citable figure: then the
// area is measured on the patient.
//
// Source: the sources in the file; DOMAIN has none.
func (p *Policy) Area(z limits.Zone, s limits.Side) (mm2 int, sources []string, ok bool) {
	if p == nil {
		return 0, nil, false
	}
	a, ok := p.areas[z]
	if !ok {
		return 0, nil, false
	}
	mm2 = a.mm2
	switch {
	case a.each && s == limits.Both:
		mm2 *= 2
	case !a.each && (s == limits.Left || s == limits.Right):
		mm2 /= 2
	}
	return mm2, slices.Clone(a.sources), true
}

// AreaConfidence returns how sure a zone's area is: "H", "M" or "L", and "" when
// there is no figure.
func (p *Policy) AreaConfidence(z limits.Zone) string {
	if p == nil {
		return ""
	}
	return p.areas[z].confidence
}

// DensityModel are the assumptions by which a density is estimated where no one
// counts strokes by area. What it gives is always labelled an estimate.
//
// Source: DOMAIN 3.
type DensityModel struct {
	TipWidth protocol.Micrometres // of the cartridge
	Glide    protocol.Micrometres // how far the tip travels in a second
	Sources  []string
}

// Density returns the policy's assumptions; the zero model for the zero Policy.
func (p *Policy) Density() DensityModel {
	if p == nil {
		return DensityModel{}
	}
	m := p.density
	m.Sources = slices.Clone(m.Sources)
	return m
}

// PerPass estimates the channels per square centimetre of one pass, rounded; 0 when
// the model, the stroke rate or the needle count is not known.
//
// Source: DOMAIN 3 (density model).
func (m DensityModel) PerPass(rate protocol.DeciHertz, needles int) int {
	if m.TipWidth <= 0 || m.Glide <= 0 || needles <= 0 || needles > 1000 {
		return 0
	}
	const perCM2 = 100_000_000 / 10 // µm² in a cm², tenths of a stroke
	punctures, swept := int64(rate)*int64(needles), int64(m.TipWidth)*int64(m.Glide)
	return int((punctures*perCM2 + swept/2) / swept)
}
