package clinic

import "fmt"

// Role is what a person may do. The zero Role is nobody's and may do nothing.
type Role uint8

// The roles.
const (
	None       Role = iota // not known here
	Technician             // treats
	Clinician              // treats, sets the plan, grants an override, signs
)

var roleCodes = [...]string{None: "none", Technician: "technician", Clinician: "clinician"}

// String returns the code used in files and records.
func (r Role) String() string {
	if int(r) < len(roleCodes) {
		return roleCodes[r]
	}
	return fmt.Sprintf("role(%d)", r)
}

// MarshalText writes the code; it fails for a number that is no role.
func (r Role) MarshalText() ([]byte, error) {
	if int(r) >= len(roleCodes) {
		return nil, fmt.Errorf("clinic: no role has the number %d", r)
	}
	return []byte(roleCodes[r]), nil
}

// UnmarshalText reads an exact code, or "none".
func (r *Role) UnmarshalText(b []byte) error {
	for i, c := range roleCodes {
		if string(b) == c {
			*r = Role(i)
			return nil
		}
	}
	return fmt.Errorf("clinic: %q is no role", b)
}
