package limits

// Side is the side of the body, always the patient's. The zero value is not said:
// no override applies to it, as an override names the side it is for. Limits do
// not depend on the side.
type Side uint8

// The sides.
const (
	SideNone Side = iota
	Left
	Right
	Midline
	Both // the zone as one field, across the midline
)

var sideCodes = [...]string{
	SideNone: noneText,
	Left:     "left",
	Right:    "right",
	Midline:  "midline",
	Both:     "both",
}

var sideNames = [...]string{
	SideNone: "no side",
	Left:     "left",
	Right:    "right",
	Midline:  "midline",
	Both:     "both sides",
}

// AllSides returns every side, in the order of the constants.
func AllSides() []Side {
	all := make([]Side, 0, len(sideCodes)-1)
	for s := SideNone + 1; s.Valid(); s++ {
		all = append(all, s)
	}
	return all
}

// Valid reports whether s is one of the sides, and not the zero value.
func (s Side) Valid() bool { return s > SideNone && int(s) < len(sideCodes) }

// String returns the code used in files, records and flags.
func (s Side) String() string { return text("side", uint8(s), sideCodes[:]) }

// Name returns the words for the screen.
func (s Side) Name() string { return text("side", uint8(s), sideNames[:]) }

// ParseSide reads a code as people type it: case, dashes, spaces and slashes do
// not matter. The error is an *[UnknownError].
func ParseSide(word string) (Side, error) {
	i, err := lookup("side", word, sideCodes[:])
	return Side(i), err
}

// MarshalText writes the code; it fails for a number that is no side.
func (s Side) MarshalText() ([]byte, error) { return marshal("side", uint8(s), sideCodes[:]) }

// UnmarshalText reads an exact code, or "none".
func (s *Side) UnmarshalText(b []byte) error {
	i, err := unmarshal("side", b, sideCodes[:])
	if err == nil {
		*s = Side(i)
	}
	return err
}
