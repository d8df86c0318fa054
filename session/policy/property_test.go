package policy_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"penlog/protocol"
	"penlog/session/limits"
	"penlog/session/policy"
)

func patient(t *rapid.T) policy.Patient {
	return policy.Patient{
		Phototype: rapid.IntRange(-1, 8).Draw(t, "phototype"),
		Age:       rapid.SampledFrom([]int{-1, 0, 1, 17, 21, 22, 33, 34, 60, 130, 131, 1 << 40}).Draw(t, "age"),
		First:     rapid.SampledFrom([]policy.Tri{policy.Yes, policy.No, policy.Unknown, "", "x"}).Draw(t, "first"),
	}
}

// facts draws what a limits table can say, and the label of some pen.
func facts(t *rapid.T) policy.VerdictFacts {
	high := rapid.Int32Range(1, 2500).Draw(t, "typical high")
	return policy.VerdictFacts{
		Zone:            rapid.SampledFrom(limits.AllZones()).Draw(t, "zone"),
		Indication:      rapid.SampledFrom(append(limits.AllIndications(), limits.IndicationNone)).Draw(t, "indication"),
		TypicalLow:      protocol.Micrometres(rapid.Int32Range(0, high).Draw(t, "typical low")),
		TypicalHigh:     protocol.Micrometres(high),
		Limit:           protocol.Micrometres(rapid.Int32Range(1, 2500).Draw(t, "limit")),
		LabelAge:        rapid.SampledFrom([]int{-1, 0, 18, 22, 34}).Draw(t, "label age"),
		LabelPhototypes: rapid.SampledFrom([]string{"", "1-3", "1-4", "1-6", "4-6", "2", "x"}).Draw(t, "label"),
	}
}

// ruleText draws a rule as a file has it.
func ruleText(t *rapid.T, code string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "  - code: %s\n    when:\n", code)
	conditions := 0
	if rapid.Bool().Draw(t, "by phototype") {
		roman := []string{"I", "II", "III", "IV", "V", "VI"}
		from := rapid.IntRange(0, 5).Draw(t, "from")
		fmt.Fprintf(&b, "      phototype: {from: %s, to: %s}\n", roman[from], roman[rapid.IntRange(from, 5).Draw(t, "to")])
		conditions++
	}
	for _, name := range []string{"first_session", "age_below_label", "label_excludes_phototype"} {
		if rapid.Bool().Draw(t, name) || (conditions == 0 && name == "label_excludes_phototype") {
			fmt.Fprintf(&b, "      %s: true\n", name)
			conditions++
		}
	}
	if rapid.Bool().Draw(t, "low half") {
		b.WriteString("    depth: low_half\n")
	}
	if n := rapid.IntRange(0, 9).Draw(t, "passes"); n > 0 {
		fmt.Fprintf(&b, "    passes_most: %d passes\n", n)
	}
	if rapid.Bool().Draw(t, "no override") {
		fmt.Fprintf(&b, "    no_override: [%v]\n", rapid.SampledFrom(limits.AllIndications()).Draw(t, "of"))
	}
	b.WriteString("    notice: x\n    sources: [M]\n")
	return b.String()
}

// policyOf is the small file with these rules.
func policyOf(t failer, base string, rules ...string) *policy.Policy {
	t.Helper()
	start, end := strings.Index(base, "rules:\n"), strings.Index(base, "not_known:\n")
	return load(t, base[:start]+"rules:\n"+strings.Join(rules, "")+base[end:])
}

// laxer says what a allows that b does not, "" when there is nothing.
func laxer(a, b policy.Ruling) string {
	switch {
	case b.Max > 0 && (a.Max == 0 || a.Max > b.Max):
		return fmt.Sprintf("depth %v instead of %v", a.Max, b.Max)
	case b.PassesMost > 0 && (a.PassesMost == 0 || a.PassesMost > b.PassesMost):
		return fmt.Sprintf("%d passes instead of %d", a.PassesMost, b.PassesMost)
	case b.NoOverride && !a.NoOverride:
		return "an override"
	}
	return ""
}

func TestARulingNeverExceedsTheLimit(t *testing.T) {
	base := string(small(t))
	rapid.Check(t, func(t *rapid.T) {
		p, v := policyOf(t, base, ruleText(t, "a"), ruleText(t, "b")), facts(t)
		if rapid.Bool().Draw(t, "built in") {
			p = policy.Default()
		}
		r := p.Judge(patient(t), v)
		if r.Max < 0 || r.Max > v.Limit || r.Max > v.TypicalHigh || r.PassesMost < 0 {
			t.Fatalf("%+v rules %+v", v, r)
		}
		if len(r.Applied) == 0 && (r.Max != 0 || r.PassesMost != 0 || r.NoOverride || r.Notices != nil) {
			t.Fatalf("no rule applied, but %+v", r)
		}
		if len(r.Applied) > 0 && len(r.Notices) == 0 {
			t.Fatalf("nothing is said of %+v", r)
		}
	})
}

func TestAnotherRuleNeverMakesARulingLaxer(t *testing.T) {
	base := string(small(t))
	rapid.Check(t, func(t *rapid.T) {
		one, two := ruleText(t, "a"), ruleText(t, "b")
		pt, v := patient(t), facts(t)
		fewer := policyOf(t, base, one).Judge(pt, v)
		for _, more := range []*policy.Policy{policyOf(t, base, one, two), policyOf(t, base, two, one)} {
			if why := laxer(more.Judge(pt, v), fewer); why != "" {
				t.Fatalf("%+v: with a rule more: %s\n%s%s", pt, why, one, two)
			}
		}
	})
}

// To know less never allows more: a ruling without a fact is at least as strict as
// with it, whatever it turns out to be.
func TestUnknownIsNeverLooserThanKnown(t *testing.T) {
	base := string(small(t))
	rapid.Check(t, func(t *rapid.T) {
		p := policyOf(t, base, ruleText(t, "a"), ruleText(t, "b"), ruleText(t, "c"))
		pt, v := patient(t), facts(t)
		known := p.Judge(pt, v)
		blank, less := pt, v
		if rapid.Bool().Draw(t, "no phototype") {
			blank.Phototype = 0
		}
		if rapid.Bool().Draw(t, "no age") {
			blank.Age = 0
		}
		if rapid.Bool().Draw(t, "no course") {
			blank.First = ""
		}
		if rapid.Bool().Draw(t, "no label") {
			less.LabelPhototypes = ""
		}
		if rapid.Bool().Draw(t, "no indication") {
			less.Indication = limits.IndicationNone
		}
		unknown := p.Judge(blank, less)
		if why := laxer(unknown, known); why != "" {
			t.Fatalf("%+v, told %+v: not knowing allows %s", pt, known, why)
		}
		if len(unknown.Applied) < len(known.Applied) {
			t.Fatalf("applied %q when known, %q when not", known.Applied, unknown.Applied)
		}
	})
}

// The same again for the built-in policy, every patient against every other of whom
// less is known.
func TestUnknownIsNeverLooserInTheBuiltInPolicy(t *testing.T) {
	p := policy.Default()
	for _, v := range []policy.VerdictFacts{sound(), melasma()} {
		for phototype := 1; phototype <= 6; phototype++ {
			for _, age := range []int{5, 21, 22, 70} {
				for _, first := range []policy.Tri{policy.Yes, policy.No} {
					known := p.Judge(policy.Patient{Phototype: phototype, Age: age, First: first}, v)
					for _, blank := range []policy.Patient{{}, {Phototype: phototype}, {Age: age}, {First: first}, {phototype, age, ""}, {phototype, 0, first}, {0, age, first}} {
						if why := laxer(p.Judge(blank, v), known); why != "" {
							t.Errorf("type %d, %d years, first %s: to know only %+v allows %s", phototype, age, first, blank, why)
						}
					}
				}
			}
		}
	}
}
