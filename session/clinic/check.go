package clinic

import (
	"fmt"
	"slices"
	"strings"

	"penlog/session/limits"
	"penlog/session/limits/strictyaml"
)

// MaxName is how many characters a name of a clinic, a room or a person may have.
const MaxName = 64

var (
	aliasForm = strictyaml.Form{
		Pattern: `^[a-z0-9_-]{1,16}$`,
		Fits:    strictyaml.Letters(aliasLetters, aliasLetters, 16),
	}
	usbForm = strictyaml.Form{
		Pattern: `^[0-9a-f]{4}$`,
		Fits:    func(s string) bool { return len(s) == 4 && strings.Trim(s, "0123456789abcdef") == "" },
	}
)

const aliasLetters = strictyaml.Smalls + strictyaml.Digits + "_-"

// checker turns a raw file into settings and collects what it refuses.
type checker struct {
	strictyaml.Checker
	raw    *rawFile
	config *Config
}

func (c *checker) file() {
	out, raw := c.config, c.raw
	if f := raw.Format; f.Node != nil && f.Value != Format {
		c.Refuse(f.Node, fmt.Sprintf("%q should be %q", f.Value, Format), "")
	}
	c.Form(raw.Version, strictyaml.VersionForm)
	out.version = raw.Version.Value
	out.clinic, out.room = c.Words(raw.Clinic, MaxName), c.Words(raw.Room, MaxName)
	c.Form(raw.PenAlias, aliasForm)
	out.penAlias = raw.PenAlias.Value

	for _, t := range raw.Modes {
		if i := c.Code(t, modeCodes); i > 0 { // guarded goes without saying
			out.modes = append(out.modes, modeCodes[i])
		}
	}
	all := limits.AllIndications()
	for _, t := range raw.Indications {
		if i := c.Code(t, codes(all)); i >= 0 {
			out.indications = append(out.indications, all[i])
		}
	}
	var seen []string
	for k := range raw.People {
		out.people = append(out.people, c.person(&raw.People[k], &seen))
	}
	out.two = raw.Two.Value
	out.button = PassMark
	if i := c.Code(raw.Button, buttonCodes); i >= 0 {
		out.button = Button(buttonCodes[i])
	}
	for k := range raw.USB {
		r := &raw.USB[k]
		vid, pid := c.Form(r.VID, usbForm), c.Form(r.PID, usbForm)
		id := USBID{r.VID.Value, r.PID.Value}
		if vid && pid && slices.Contains(out.usb, id) {
			c.Refuse(r.VID.Node, fmt.Sprintf("%s:%s stands here a second time", id.VID, id.PID), "keep one of the two")
		}
		out.usb = append(out.usb, id)
	}
}

func (c *checker) person(r *rawPerson, seen *[]string) Person {
	if r.ID.Node != nil && r.ID.Node.Tag == "!!str" {
		folded := strings.ToLower(r.ID.Value)
		if bad := badID(r.ID.Value); bad != "" {
			c.Refuse(r.ID.Node, bad, "give the person an id of 1 to 64 bytes, such as initials or a badge number")
		} else if slices.Contains(*seen, folded) {
			c.Refuse(r.ID.Node, fmt.Sprintf("there is a person %q already", r.ID.Value), "give each person an id that differs by more than capitals")
		}
		*seen = append(*seen, folded)
	}
	p := Person{ID: r.ID.Value, Name: c.Words(r.Name, MaxName)}
	if i := c.Code(r.Role, roleCodes[Technician:]); i >= 0 {
		p.Role = Technician + Role(i)
	}
	return p
}

func codes[E fmt.Stringer](all []E) []string {
	out := make([]string, len(all))
	for i, e := range all {
		out[i] = e.String()
	}
	return out
}
