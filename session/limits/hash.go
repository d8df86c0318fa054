package limits

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"

	"penlog/protocol"
)

// sum returns the SHA-256 of the table's canonical form, in hex.
func (t *Table) sum() string {
	h := sha256.Sum256(t.canonical())
	return hex.EncodeToString(h[:])
}

// canonical writes everything the table means, one fact a line: depths as integer
// micrometres, text quoted, zones and indications in the order of their constants,
// everything that is a set sorted. Layout, comments, order and the way a depth is
// written in the file leave no trace in it. Its first line names the form: change
// the form only together with that line, since records hold the hash.
func (t *Table) canonical() []byte {
	var b bytes.Buffer
	line := func(what string, fields ...any) {
		b.WriteString(what)
		for _, f := range fields {
			switch f := f.(type) {
			case protocol.Micrometres:
				fmt.Fprintf(&b, " %d", int32(f))
			case bool:
				fmt.Fprintf(&b, " %t", f)
			case []string:
				fmt.Fprintf(&b, " %q", sorted(f))
			default:
				fmt.Fprintf(&b, " %q", fmt.Sprint(f))
			}
		}
		b.WriteByte('\n')
	}
	line("penlog-limits-canonical/1", t.version)
	line("hard_stop", t.hardStop.value, t.hardStop.basis, t.hardStop.sources)
	line("setting_tolerance", t.tolerance.value, t.tolerance.basis, t.tolerance.sources)
	for _, z := range AllZones() {
		e := t.zones[z]
		if e == nil {
			continue
		}
		line("zone", z, e.limit, e.override, e.bony, e.basis, e.sources)
		for _, l := range sortedBy(e.lowers, func(l lower) string { return l.site.String() }) {
			line("lower_at", l.site, l.limit, l.override, l.note, l.sources)
		}
		for _, r := range sortedBy(e.raises, raiseKey) {
			line("override_if", r.label, r.site, r.value, setOf(r.indications[:], AllIndications()), r.note, r.sources)
		}
	}
	for _, i := range AllIndications() {
		e := t.indications[i]
		if e == nil {
			continue
		}
		line("indication", i, e.low, e.high, e.limit, e.override, e.confidence, e.basis, e.sources, e.offLabel)
		line("offered", setOf(e.offered[:], AllZones()))
		line("evaluated", e.evaluated, setOf(e.evaluatedZones[:], AllZones()), e.evaluatedSources)
		for _, r := range sortedBy(e.raises, raiseKey) {
			line("override_if", r.label, r.site, r.value, setOf(r.zones[:], AllZones()), r.note, r.sources)
		}
	}
	for _, n := range sortedBy(t.areas, func(n NoGo) string { return n.Code }) {
		line("no_go_area", n.Code, n.Name, n.Sources)
	}
	for _, n := range sortedBy(t.lesions, func(n NoGo) string { return n.Code }) {
		line("no_go_lesion", n.Code, n.Name, n.Sources)
	}
	for _, tag := range slices.Sorted(maps.Keys(t.sources)) {
		line("source", tag, t.sources[tag])
	}
	return b.Bytes()
}

func raiseKey(r raise) string { return r.label.String() + " " + r.site.String() }

// setOf lists the codes of the members that are in the set.
func setOf[E interface {
	~uint8
	fmt.Stringer
}](set []bool, all []E) []string {
	codes := []string{}
	for _, e := range all {
		if set[e] {
			codes = append(codes, e.String())
		}
	}
	return codes
}

func sorted(s []string) []string {
	return sortedBy(s, func(s string) string { return s })
}

// sortedBy returns a sorted copy, never nil.
func sortedBy[E any](s []E, key func(E) string) []E {
	out := append([]E{}, s...)
	slices.SortStableFunc(out, func(a, b E) int { return strings.Compare(key(a), key(b)) })
	return out
}
