package clinic

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
)

// sum returns the SHA-256 of the canonical form of the settings, in hex.
func (c *Config) sum() string {
	h := sha256.Sum256(c.canonical())
	return hex.EncodeToString(h[:])
}

// canonical writes everything the settings mean, one fact a line: text quoted,
// everything that is a set sorted. Layout, comments and order leave no trace in it.
// Its first line names the form: change the form only together with that line,
// since records hold the hash.
func (c *Config) canonical() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "penlog-clinic-canonical/1 %q\n", c.version)
	fmt.Fprintf(&b, "place %q %q %q\n", c.clinic, c.room, c.penAlias)
	fmt.Fprintf(&b, "modes %q\n", slices.Sorted(slices.Values(c.modes)))
	fmt.Fprintf(&b, "indications %t %q\n", c.indications == nil, codes(slices.Sorted(slices.Values(c.indications))))
	fmt.Fprintf(&b, "people %t\n", c.people == nil)
	for _, p := range slices.SortedFunc(slices.Values(c.people), func(a, b Person) int { return cmp.Compare(a.ID, b.ID) }) {
		fmt.Fprintf(&b, "person %q %q %q\n", p.ID, p.Name, p.Role)
	}
	fmt.Fprintf(&b, "two_for_an_override %t\n", c.two)
	fmt.Fprintf(&b, "button %q\n", c.button)
	fmt.Fprintf(&b, "usb %t\n", c.usb == nil)
	for _, id := range slices.SortedFunc(slices.Values(c.usb), func(a, b USBID) int {
		return cmp.Or(cmp.Compare(a.VID, b.VID), cmp.Compare(a.PID, b.PID))
	}) {
		fmt.Fprintf(&b, "usb_id %s:%s\n", id.VID, id.PID)
	}
	return b.Bytes()
}
