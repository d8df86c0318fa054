package limits

// Zone is a treatment zone with its own limits. The zero value is no zone and
// allows nothing.
//
// Source: DOMAIN 1.3, 1.4.
type Zone uint8

// The zones, in the order of the body from the forehead down.
const (
	ZoneNone Zone = iota
	Forehead
	Glabella
	Temple
	Periorbital // outside the orbital rim; the lids are no-go
	Nose
	Cheek    // the soft cheek
	Malar    // over the cheekbone
	Perioral // and upper lip; never the vermilion
	Chin
	Jawline
	Neck
	Decolletage
	Scalp
	Abdomen
	Flank
	Breast // without areola and nipple
	Buttock
	Thigh
	Arm
	Back
	Hand // the dorsum
	KneeShin
)

const zoneCount = len(zoneCodes)

var zoneCodes = [...]string{
	ZoneNone:    noneText,
	Forehead:    "forehead",
	Glabella:    "glabella",
	Temple:      "temple",
	Periorbital: "periorbital",
	Nose:        "nose",
	Cheek:       "cheek",
	Malar:       "malar",
	Perioral:    "perioral",
	Chin:        "chin",
	Jawline:     "jawline",
	Neck:        "neck",
	Decolletage: "decolletage",
	Scalp:       "scalp",
	Abdomen:     "abdomen",
	Flank:       "flank",
	Breast:      "breast",
	Buttock:     "buttock",
	Thigh:       "thigh",
	Arm:         "arm",
	Back:        "back",
	Hand:        "hand",
	KneeShin:    "knee_shin",
}

var zoneNames = [...]string{
	ZoneNone:    "no zone",
	Forehead:    "forehead",
	Glabella:    "glabella",
	Temple:      "temple",
	Periorbital: "periorbital",
	Nose:        "nose",
	Cheek:       "cheek",
	Malar:       "malar (cheekbone)",
	Perioral:    "perioral",
	Chin:        "chin",
	Jawline:     "jawline",
	Neck:        "neck",
	Decolletage: "décolletage",
	Scalp:       "scalp",
	Abdomen:     "abdomen",
	Flank:       "flank",
	Breast:      "breast",
	Buttock:     "buttock",
	Thigh:       "thigh",
	Arm:         "arm",
	Back:        "back",
	Hand:        "hand (dorsum)",
	KneeShin:    "knee / shin",
}

// bonyZones lie close over bone. Without an override they allow 1.0 mm at most, and
// a file may not say otherwise.
//
// Source: DOMAIN 1.5, S, P26 (the nose for its dorsum, the décolletage for the sternum).
var bonyZones = [zoneCount]bool{
	Forehead: true, Glabella: true, Temple: true, Malar: true, Nose: true, Chin: true, Jawline: true,
	Scalp: true, Decolletage: true, Hand: true, KneeShin: true,
}

// AllZones returns every zone, in the order of the constants.
func AllZones() []Zone {
	zones := make([]Zone, 0, zoneCount-1)
	for z := ZoneNone + 1; z.Valid(); z++ {
		zones = append(zones, z)
	}
	return zones
}

// Valid reports whether z is one of the zones, and not the zero value.
func (z Zone) Valid() bool { return z > ZoneNone && int(z) < zoneCount }

// Bony reports whether z lies close over bone, for which 1.0 mm without override
// is the most that any table may allow.
func (z Zone) Bony() bool { return z.Valid() && bonyZones[z] }

// String returns the code used in files, records and flags, e.g. "knee_shin".
func (z Zone) String() string { return text("zone", uint8(z), zoneCodes[:]) }

// Name returns the words for the screen, e.g. "knee / shin".
func (z Zone) Name() string { return text("zone", uint8(z), zoneNames[:]) }

// ParseZone reads a code as people type it: case, dashes, spaces and slashes do
// not matter. The error is an *[UnknownError].
func ParseZone(s string) (Zone, error) {
	i, err := lookup("zone", s, zoneCodes[:])
	return Zone(i), err
}

// MarshalText writes the code; it fails for a number that is no zone.
func (z Zone) MarshalText() ([]byte, error) { return marshal("zone", uint8(z), zoneCodes[:]) }

// UnmarshalText reads an exact code, or "none".
func (z *Zone) UnmarshalText(b []byte) error {
	i, err := unmarshal("zone", b, zoneCodes[:])
	if err == nil {
		*z = Zone(i)
	}
	return err
}
