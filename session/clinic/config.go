package clinic

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"penlog/session/limits"
)

// Guarded is the code of the one mode that every clinic allows.
const Guarded = "guarded"

// modeCodes are the modes of work. Source: DESIGN, table of modes.
var modeCodes = []string{Guarded, "stoppable", "monitor_only", "manual"}

// Modes returns the codes of all modes of work, guarded first.
func Modes() []string { return slices.Clone(modeCodes) }

// Button is what a press of the pen's button means to Penlog. The codes are part of
// the record and never change their meaning.
type Button string

// The meanings of the button.
const (
	PassMark Button = "pass_mark" // a pass is complete
	Pause    Button = "pause"     // pause
	Nothing  Button = "nothing"
)

var buttonCodes = []string{string(PassMark), string(Pause), string(Nothing)}

// Person is someone whom the clinic named.
type Person struct {
	ID   string // 1 to 64 bytes, unique whatever the case of its letters
	Name string // "" when the file gives none
	Role Role
}

// USBID is the pair of ids by which a USB device says what it is, in four small
// hexadecimal digits each.
type USBID struct {
	VID, PID string
}

// Config is what a clinic allows on this PC. [Load] and [Default] make one. The zero
// Config and a nil one allow nothing: their [Config.Loaded] is false. It is immutable
// and safe for concurrent use.
type Config struct {
	version, hash string

	clinic, room, penAlias string
	modes                  []string            // beside guarded
	indications            []limits.Indication // nil: all
	people                 []Person            // nil: anyone may be named
	two                    bool
	button                 Button
	usb                    []USBID // nil: any
}

// Loaded reports whether c came out of a file.
func (c *Config) Loaded() bool { return c != nil && c.hash != "" }

// Version returns the version that the file states; "" for the zero Config.
func (c *Config) Version() string {
	if c == nil {
		return ""
	}
	return c.version
}

// Hash returns the SHA-256 of what the settings mean, in hex: two files that allow
// the same have the same hash however they are laid out. "" for the zero Config.
func (c *Config) Hash() string {
	if c == nil {
		return ""
	}
	return c.hash
}

// Clinic returns the clinic's name, at most 64 characters; "" when none is given.
func (c *Config) Clinic() string {
	if c == nil {
		return ""
	}
	return c.clinic
}

// Room returns the room's name, at most 64 characters; "" when none is given.
func (c *Config) Room() string {
	if c == nil {
		return ""
	}
	return c.room
}

// PenAlias returns what metrics call the pen of this room, in place of its serial
// number: at most 16 of a to z, 0 to 9, - and _; "" when none is given.
//
// Source: DOMAIN 6.4 (serial numbers are no labels).
func (c *Config) PenAlias() string {
	if c == nil {
		return ""
	}
	return c.penAlias
}

// Allows reports whether a mode is allowed, by its code: guarded always, the others
// when the file names them.
func (c *Config) Allows(mode string) bool {
	return c.Loaded() && (mode == Guarded || slices.Contains(c.modes, mode))
}

// Offers reports whether the clinic treats an indication: all of them when the file
// names none. Where the limits table does not have it, it is not treated all the same.
func (c *Config) Offers(i limits.Indication) bool {
	return c.Loaded() && i.Valid() && (c.indications == nil || slices.Contains(c.indications, i))
}

// Role returns what a person may do: the role that the file gives, None for someone
// whom it does not name. Where it names nobody, anyone with a proper id is a
// technician.
func (c *Config) Role(id string) Role {
	if !c.Loaded() || badID(id) != "" {
		return None
	}
	for _, p := range c.people {
		if p.ID == id {
			return p.Role
		}
	}
	if c.people == nil {
		return Technician
	}
	return None
}

// Known reports whether a person may work here.
func (c *Config) Known(id string) bool { return c.Role(id) != None }

// People returns whom the file names, in its order.
func (c *Config) People() []Person {
	if c == nil {
		return nil
	}
	return slices.Clone(c.people)
}

// SecondPerson reports whether an override needs a second person beside the one who
// grants it. Without settings it does.
func (c *Config) SecondPerson() bool { return !c.Loaded() || c.two }

// Button returns what a press of the pen's button means: a pass mark when the file
// does not say, and nothing without settings.
func (c *Config) Button() Button {
	if !c.Loaded() {
		return Nothing
	}
	return c.button
}

// USB returns the devices that count as pens, in the file's order; nil when any may.
func (c *Config) USB() []USBID {
	if c == nil {
		return nil
	}
	return slices.Clone(c.usb)
}

// AllowsUSB reports whether a device with these ids may be a pen. The case of the
// digits does not matter.
func (c *Config) AllowsUSB(vid, pid string) bool {
	return c.Loaded() && (c.usb == nil || slices.Contains(c.usb, USBID{strings.ToLower(vid), strings.ToLower(pid)}))
}

// MaxID is how many bytes a person's id may have.
const MaxID = 64

// reserved ids stand in the record for no person.
var reserved = []string{"agent", "unnamed"}

// badID says why an id is none, or "".
func badID(id string) string {
	switch {
	case strings.TrimSpace(id) == "":
		return "this must not be empty"
	case len(id) > MaxID:
		return "this has more than 64 bytes"
	case !utf8.ValidString(id) || strings.ContainsFunc(id, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }):
		return "the id holds a control character, or one that cannot be seen"
	case strings.TrimSpace(id) != id:
		return "the id begins or ends with a space"
	case slices.ContainsFunc(reserved, func(r string) bool { return strings.EqualFold(r, id) }):
		return "this id stands for no person in the record"
	}
	return ""
}
