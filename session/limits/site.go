package limits

// Site is a part of a zone whose limits differ from the rest of it. The zero value
// is not said: then the zone's own limits hold, and no exception that raises one.
type Site uint8

// The sites.
//
// Source: DOMAIN 1.4 (P4 for the nasal sidewall; M for arm and back), 1.5 (spine).
const (
	SiteNone Site = iota
	NoseAlaSidewall
	InnerArm
	Spine
	Scapula
)

var siteCodes = [...]string{
	SiteNone:        noneText,
	NoseAlaSidewall: "nose_ala_sidewall",
	InnerArm:        "inner_arm",
	Spine:           "spine",
	Scapula:         "scapula",
}

var siteNames = [...]string{
	SiteNone:        "no site",
	NoseAlaSidewall: "ala and sidewall",
	InnerArm:        "inner arm",
	Spine:           "over the spine",
	Scapula:         "over the scapula",
}

// siteZones says which zone a site is part of.
var siteZones = [...]Zone{NoseAlaSidewall: Nose, InnerArm: Arm, Spine: Back, Scapula: Back}

// Zone returns the zone that s is part of.
func (s Site) Zone() Zone {
	if !s.Valid() {
		return ZoneNone
	}
	return siteZones[s]
}

// AllSites returns every site, in the order of the constants.
func AllSites() []Site {
	all := make([]Site, 0, len(siteCodes)-1)
	for s := SiteNone + 1; s.Valid(); s++ {
		all = append(all, s)
	}
	return all
}

// Valid reports whether s is one of the sites, and not the zero value.
func (s Site) Valid() bool { return s > SiteNone && int(s) < len(siteCodes) }

// String returns the code used in files, records and flags.
func (s Site) String() string { return text("site", uint8(s), siteCodes[:]) }

// Name returns the words for the screen.
func (s Site) Name() string { return text("site", uint8(s), siteNames[:]) }

// ParseSite reads a code as people type it: case, dashes, spaces and slashes do
// not matter. The error is an *[UnknownError].
func ParseSite(word string) (Site, error) {
	i, err := lookup("site", word, siteCodes[:])
	return Site(i), err
}

// MarshalText writes the code; it fails for a number that is no site.
func (s Site) MarshalText() ([]byte, error) { return marshal("site", uint8(s), siteCodes[:]) }

// UnmarshalText reads an exact code, or "none".
func (s *Site) UnmarshalText(b []byte) error {
	i, err := unmarshal("site", b, siteCodes[:])
	if err == nil {
		*s = Site(i)
	}
	return err
}
