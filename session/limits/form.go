package limits

import "strings"

// form is what a text must look like: a pattern of limits.schema.json, in code,
// since compiling the patterns would be felt at every start.
type form struct {
	pattern     string
	first, rest string // the characters that may stand at the beginning and after it
	most        int    // how many there may be
	tail        bool   // one small letter and then one star may follow
}

const (
	capitals = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	smalls   = "abcdefghijklmnopqrstuvwxyz"
	figures  = "0123456789"
)

var (
	versionForm = form{pattern: `^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$`, first: capitals + smalls + figures, rest: capitals + smalls + figures + "._+-", most: 64}
	noGoForm    = form{pattern: `^[a-z][a-z0-9_]{0,39}$`, first: smalls, rest: smalls + figures + "_", most: 40}
	sourceForm  = form{pattern: `^[A-Z][A-Z0-9]{0,7}[a-z]?\*?$`, first: capitals, rest: capitals + figures, most: 8, tail: true}
)

func (f form) fits(s string) bool {
	if f.tail {
		s = strings.TrimSuffix(s, "*")
		if n := len(s) - 1; n >= 0 && strings.IndexByte(smalls, s[n]) >= 0 {
			s = s[:n]
		}
	}
	return s != "" && len(s) <= f.most && strings.IndexByte(f.first, s[0]) >= 0 && strings.Trim(s, f.rest) == ""
}
