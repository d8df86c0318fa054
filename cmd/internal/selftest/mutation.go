package selftest

import (
	"fmt"
	"slices"
	"strings"
)

// Group is the part of the product that a mutation weakens.
type Group string

// The groups.
const (
	Guard  Group = "guard"  // rules of session.Guard, and what Hot does about them
	Permit Group = "permit" // ceilings, permits and revokes at both ends of the link
	Link   Group = "link"   // who is on the line, and how old what it says is
	Arming Group = "arming" // who may have what done, and when: time-out, zones, overrides
	Fold   Group = "fold"   // what each recorded event does to the procedure
	Record Group = "record" // journal and signal, and what waits for them
)

// Groups returns every group.
func Groups() []Group { return []Group{Guard, Permit, Link, Arming, Fold, Record} }

// Mutation takes one rule, or one clause of one, out of the product's source.
type Mutation struct {
	Name  string // group/what, a stable word
	Group Group
	// Of is what it disables, in the words of its source: a rule's code, a promise
	// of DESIGN (P1 to P10), a section of PROTOCOL.md (§7.3), a check of the time-out
	// (check:consent), an edge of STATES.md (edge:tripped/acknowledge), an event of
	// the fold (event:Opened), a candidate of the ceiling (ceiling:pen_max).
	Of   []string
	File string // from the module's root, with slashes
	Old  string // stands in File exactly once
	New  string // what stands there instead
	// Covered says by which other control nothing is lost without this one, or why
	// no campaign can tell. Empty: a campaign must find it.
	Covered string
	// Open says what a campaign would need to find it, of one that none finds yet.
	Open string
}

// apply returns the file's text with the mutation made.
func (m *Mutation) apply(text string) (string, error) {
	switch n := strings.Count(text, m.Old); {
	case m.Old == "" || m.Old == m.New:
		return "", fmt.Errorf("selftest: mutation %s changes nothing", m.Name)
	case n == 0:
		return "", fmt.Errorf("selftest: mutation %s: %s has no %q any more: fit the mutation to the new source", m.Name, m.File, m.Old)
	case n > 1:
		return "", fmt.Errorf("selftest: mutation %s: %s has %q %d times: take in more of the source", m.Name, m.File, m.Old, n)
	}
	return strings.Replace(text, m.Old, m.New, 1), nil
}

// List returns every mutation, by group.
func List() []Mutation {
	var out []Mutation
	for _, l := range [][]Mutation{guardRules(), guardClauses(), hotClauses(), permitClauses(), linkClauses(),
		timeOut(), armingClauses(), ceilingClauses(), edges(), foldEvents(), foldClauses(), recordClauses()} {
		out = append(out, l...)
	}
	for i := range out {
		out[i].Open = open[out[i].Name]
	}
	slices.SortStableFunc(out, func(a, b Mutation) int {
		return slices.Index(Groups(), a.Group) - slices.Index(Groups(), b.Group)
	})
	return out
}

// in names where several mutations are.
type in struct {
	group Group
	file  string
}

// off is a mutation: of are the words of [Mutation.Of], separated by blanks.
func (i in) off(name, of, old, instead string) Mutation {
	return Mutation{Name: string(i.group) + "/" + name, Group: i.group, Of: strings.Fields(of), File: i.file, Old: old, New: instead}
}

// covered is a mutation that no campaign need find.
func (i in) covered(name, of, old, instead, why string) Mutation {
	m := i.off(name, of, old, instead)
	m.Covered = why
	return m
}
