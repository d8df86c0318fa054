package limits

import "slices"

// Indication is the reason why a zone is treated. The zero value is no indication
// and allows nothing.
//
// Source: DOMAIN 1.2, 7.
type Indication uint8

// The indications.
const (
	IndicationNone Indication = iota
	AcneScarIcepick
	AcneScarBoxcar
	AcneScarRolling
	FineLines
	EnlargedPores
	Striae
	SurgicalScar // surgical or traumatic
	BurnScar
	Hyperpigmentation // and melasma
	UnevenTone        // and texture
	Laxity
	Alopecia
	TopicalDelivery // off-label: no device is authorised for it (F1, F2)
)

const indicationCount = len(indicationCodes)

var indicationCodes = [...]string{
	IndicationNone:    noneText,
	AcneScarIcepick:   "acne_scar_icepick",
	AcneScarBoxcar:    "acne_scar_boxcar",
	AcneScarRolling:   "acne_scar_rolling",
	FineLines:         "fine_lines",
	EnlargedPores:     "enlarged_pores",
	Striae:            "striae",
	SurgicalScar:      "surgical_scar",
	BurnScar:          "burn_scar",
	Hyperpigmentation: "hyperpigmentation",
	UnevenTone:        "uneven_tone",
	Laxity:            "laxity",
	Alopecia:          "alopecia",
	TopicalDelivery:   "topical_delivery",
}

var indicationNames = [...]string{
	IndicationNone:    "no indication",
	AcneScarIcepick:   "acne scars (ice-pick)",
	AcneScarBoxcar:    "acne scars (boxcar)",
	AcneScarRolling:   "acne scars (rolling)",
	FineLines:         "fine lines / wrinkles",
	EnlargedPores:     "enlarged pores",
	Striae:            "stretch marks",
	SurgicalScar:      "surgical scar",
	BurnScar:          "burn scar",
	Hyperpigmentation: "hyperpigmentation / melasma",
	UnevenTone:        "uneven tone / texture",
	Laxity:            "laxity",
	Alopecia:          "alopecia",
	TopicalDelivery:   "topical delivery",
}

// AllIndications returns every indication, in the order of the constants.
func AllIndications() []Indication {
	all := make([]Indication, 0, len(indicationCodes)-1)
	for i := IndicationNone + 1; i.Valid(); i++ {
		all = append(all, i)
	}
	return all
}

// Valid reports whether i is one of the indications, and not the zero value.
func (i Indication) Valid() bool { return i > IndicationNone && int(i) < len(indicationCodes) }

// String returns the code used in files, records and flags.
func (i Indication) String() string { return text("indication", uint8(i), indicationCodes[:]) }

// Name returns the words for the screen.
func (i Indication) Name() string { return text("indication", uint8(i), indicationNames[:]) }

// ParseIndication reads a code as people type it: case, dashes, spaces and slashes do
// not matter. The error is an *[UnknownError].
func ParseIndication(s string) (Indication, error) {
	n, err := lookup("indication", s, indicationCodes[:])
	return Indication(n), err
}

// MarshalText writes the code; it fails for a number that is no indication.
func (i Indication) MarshalText() ([]byte, error) {
	return marshal("indication", uint8(i), indicationCodes[:])
}

// UnmarshalText reads an exact code, or "none".
func (i *Indication) UnmarshalText(b []byte) error {
	n, err := unmarshal("indication", b, indicationCodes[:])
	if err == nil {
		*i = Indication(n)
	}
	return err
}

// acneScars are the three subtypes that clinics speak of as one.
//
// Source: DOMAIN 1.2 (M, Jacob 2001 class), 1.3.
var acneScars = []Indication{AcneScarIcepick, AcneScarBoxcar, AcneScarRolling}

// groupCodes are the group names, groups what they stand for.
var (
	groupCodes = []string{noneText, "acne_scars", "acne_scar", "wrinkles", "pores", "stretch_marks", "melasma", "texture"}
	groups     = [][]Indication{nil, acneScars, acneScars, {FineLines}, {EnlargedPores}, {Striae}, {Hyperpigmentation}, {UnevenTone}}
)

// ParseIndicationGroup reads what people call an indication: a group such as
// "acne-scars", which stands for its three subtypes, a common other name such as
// "melasma", or a single code. The slice is the caller's and never empty without
// an error. Subtypes have the same limits in the built-in table; in a clinic's own
// they may differ, and [Table.AskAll] then answers for the strictest.
func ParseIndicationGroup(s string) ([]Indication, error) {
	if i, err := lookup("indication", s, groupCodes); err == nil {
		return slices.Clone(groups[i]), nil
	}
	i, err := lookup("indication", s, slices.Concat(indicationCodes[:], groupCodes[1:]))
	if err != nil {
		return nil, err
	}
	return []Indication{Indication(i)}, nil
}
