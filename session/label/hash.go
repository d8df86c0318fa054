package label

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
)

// sum returns the SHA-256 of the catalogue's canonical form, in hex.
func (c *Catalogue) sum() string {
	h := sha256.Sum256(c.canonical())
	return hex.EncodeToString(h[:])
}

// canonical writes everything the labels mean, one fact a line: depths as integer
// micrometres, text quoted, everything that is a set sorted. Layout, comments and
// order leave no trace in it, but for the order of an entry's uses, which is that of
// the clearances in an answer. Its first line names the form: change the form only
// together with that line, since records hold the hash.
func (c *Catalogue) canonical() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "penlog-labels-canonical/1 %q\n", c.version)
	for _, e := range slices.SortedFunc(slices.Values(c.entries), func(x, y entry) int { return cmp.Compare(x.code, y.code) }) {
		fmt.Fprintf(&b, "label %q %q %d %t %q %q %q\n", e.code, e.name, e.max, e.more, e.confidence, e.basis, sorted(e.sources))
		for _, p := range slices.SortedFunc(slices.Values(e.pens), func(x, y Pen) int {
			return cmp.Or(cmp.Compare(x.Vendor, y.Vendor), cmp.Compare(x.Model, y.Model))
		}) {
			fmt.Fprintf(&b, "pen %q %q\n", p.Vendor, p.Model)
		}
		for _, u := range e.uses {
			fmt.Fprintf(&b, "use %q %q %t %q %d %d %d %q %q\n", u.clearance, sorted(codes(u.indications)), u.zones == nil, sorted(codes(u.zones)),
				u.max, u.phototypes, u.age, u.covers, sorted(u.sources))
		}
	}
	for _, tag := range slices.Sorted(maps.Keys(c.sources)) {
		fmt.Fprintf(&b, "source %q %q\n", tag, c.sources[tag])
	}
	return b.Bytes()
}

func sorted(s []string) []string { return slices.Sorted(slices.Values(s)) }
