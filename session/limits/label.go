package limits

// Label is something that a pen's regulatory label covers and that an exception in
// the table asks for. The zero value is no label.
type Label uint8

// The labels.
//
// Source: DOMAIN 1.4 (neck: K202243, F*).
const (
	LabelNone Label = iota
	LabelNeckWrinkles
)

var labelCodes = [...]string{
	LabelNone:         noneText,
	LabelNeckWrinkles: "neck_wrinkles",
}

var labelNames = [...]string{
	LabelNone:         "no label",
	LabelNeckWrinkles: "neck wrinkles",
}

// AllLabels returns every label, in the order of the constants.
func AllLabels() []Label {
	all := make([]Label, 0, len(labelCodes)-1)
	for l := LabelNone + 1; l.Valid(); l++ {
		all = append(all, l)
	}
	return all
}

// Valid reports whether l is one of the labels, and not the zero value.
func (l Label) Valid() bool { return l > LabelNone && int(l) < len(labelCodes) }

// String returns the code used in files, records and flags.
func (l Label) String() string { return text("label", uint8(l), labelCodes[:]) }

// Name returns the words for the screen.
func (l Label) Name() string { return text("label", uint8(l), labelNames[:]) }

// ParseLabel reads a code as people type it: case, dashes, spaces and slashes do
// not matter. The error is an *[UnknownError].
func ParseLabel(s string) (Label, error) {
	i, err := lookup("label", s, labelCodes[:])
	return Label(i), err
}

// MarshalText writes the code; it fails for a number that is no label.
func (l Label) MarshalText() ([]byte, error) { return marshal("label", uint8(l), labelCodes[:]) }

// UnmarshalText reads an exact code, or "none".
func (l *Label) UnmarshalText(b []byte) error {
	i, err := unmarshal("label", b, labelCodes[:])
	if err == nil {
		*l = Label(i)
	}
	return err
}
