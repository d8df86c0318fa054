package policy

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"

	"penlog/protocol"
	"penlog/session/limits"
)

// sum returns the SHA-256 of the policy's canonical form, in hex.
func (p *Policy) sum() string {
	h := sha256.Sum256(p.canonical())
	return hex.EncodeToString(h[:])
}

// canonical writes everything the policy means, one fact a line: numbers as
// integers, text quoted, questions and rules in their order, which people see,
// everything that is a set sorted. Layout and comments leave no trace in it. Its
// first line names the form: change the form only together with that line, since
// records hold the hash.
func (p *Policy) canonical() []byte {
	var b bytes.Buffer
	line := func(what string, fields ...any) {
		b.WriteString(what)
		for _, f := range fields {
			switch f := f.(type) {
			case int, bool:
				fmt.Fprintf(&b, " %v", f)
			case protocol.Micrometres:
				fmt.Fprintf(&b, " %d", int32(f))
			case []string:
				fmt.Fprintf(&b, " %q", slices.Sorted(slices.Values(f)))
			default:
				fmt.Fprintf(&b, " %q", fmt.Sprint(f))
			}
		}
		b.WriteByte('\n')
	}
	line("penlog-policy-canonical/1", p.version)
	for _, q := range p.questions {
		line("question", q.Code, q.Words, q.Action, q.Overridable, q.PerZone, q.Notice, q.Sources)
	}
	for _, r := range p.rules {
		line("rule", r.code, r.notice, r.sources)
		line("when", r.from, r.to, r.first, r.ageBelow, r.labelExclude)
		line("effect", r.lowHalf, r.passesMost, codes(r.noOverride))
	}
	for _, n := range p.notKnown {
		line("not_known", n.Code, n.Words, n.Sources)
	}
	for _, f := range []struct {
		name string
		figure
	}{{"label_age", p.labelAge}, {"interval", p.interval}, {"dwell", p.dwell}, {"anaesthetic", p.anaesthetic}} {
		line(f.name, f.value, f.basis, f.sources)
	}
	line("density", p.density.TipWidth, p.density.Glide, p.densityWhy, p.density.Sources)
	for _, i := range limits.AllIndications() {
		if f, ok := p.passes[i]; ok {
			line("passes", i, f.low, f.high, f.warn, f.sources)
		}
	}
	for _, z := range limits.AllZones() {
		if a, ok := p.areas[z]; ok {
			line("area", z, a.mm2, a.each, a.confidence, a.basis, a.sources)
		}
	}
	for _, tag := range slices.Sorted(maps.Keys(p.sources)) {
		line("source", tag, p.sources[tag])
	}
	return b.Bytes()
}
