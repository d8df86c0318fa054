package cartridge

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// sum returns the SHA-256 of the catalogue's canonical form, in hex.
func (c *Catalogue) sum() string {
	h := sha256.Sum256(c.canonical())
	return hex.EncodeToString(h[:])
}

// canonical writes everything the catalogue means, one fact a line: lengths as integer
// micrometres, GTINs as 14 digits, text quoted, everything that is a set sorted.
// Layout, comments, order and the way a length is written in the file leave no trace
// in it. Its first line names the form: change the form only together with that line,
// since records hold the hash.
func (c *Catalogue) canonical() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "penlog-cartridges-canonical/1 %q\n", c.version)
	for _, m := range slices.SortedFunc(slices.Values(c.models), func(a, b Model) int { return strings.Compare(a.Code, b.Code) }) {
		fmt.Fprintf(&b, "cartridge %q %q %q %q %d %d %t %q %q %q\n", m.Code, m.Name, m.Maker, m.GTIN, int32(m.Length), m.Needles,
			m.Simulated, m.Confidence, m.Basis, slices.Sorted(slices.Values(m.Sources)))
		for _, p := range slices.SortedFunc(slices.Values(m.Pens), func(a, b Pen) int {
			return cmp.Or(strings.Compare(a.Vendor, b.Vendor), strings.Compare(a.Model, b.Model))
		}) {
			fmt.Fprintf(&b, "pen %q %q\n", p.Vendor, p.Model)
		}
	}
	for _, tag := range slices.Sorted(maps.Keys(c.sources)) {
		fmt.Fprintf(&b, "source %q %q\n", tag, c.sources[tag])
	}
	return b.Bytes()
}
