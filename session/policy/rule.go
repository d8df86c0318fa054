package policy

import (
	"slices"

	"penlog/protocol"
	"penlog/session/limits"
)

// rule is one rule of the file: conditions, all of which have to hold, and effects,
// each of which only tightens. The zero value of an effect is none.
type rule struct {
	code string

	from, to     int // phototypes; 0, 0: any
	first        bool
	ageBelow     bool
	labelExclude bool

	lowHalf    bool
	passesMost int
	noOverride []limits.Indication

	notice  string
	sources []string
}

var lowHalfCodes = []string{"low_half"}

// holds tells whether the rule applies. When it answers Unknown, asked has the
// facts that were not known and decide; a condition that is known to fail settles
// it whatever else is not known.
func (r *rule) holds(s standing) (answer Tri, asked [factCount]bool) {
	answer = Yes
	and := func(holds Tri, facts ...fact) {
		switch {
		case holds == No:
			answer = No
		case holds == Unknown:
			if answer == Yes {
				answer = Unknown
			}
			for _, f := range facts {
				asked[f] = true
			}
		}
	}
	if r.from > 0 {
		switch {
		case s.phototype > 0:
			and(tri(s.phototype >= r.from && s.phototype <= r.to))
		case r.from > 1 || r.to < 6:
			and(Unknown, factPhototype)
		}
	}
	if r.first {
		and(s.first, factFirst)
	}
	if r.ageBelow {
		if s.age > 0 {
			and(tri(s.age < s.labelAge))
		} else {
			and(Unknown, factAge)
		}
	}
	if r.labelExclude {
		switch {
		case !s.label[0] && s.phototype == 0:
			and(Unknown, factLabel, factPhototype)
		case !s.label[0]:
			and(Unknown, factLabel)
		case s.phototype > 0:
			and(tri(!s.label[s.phototype]))
		case slices.Contains(s.label[1:], false):
			and(Unknown, factPhototype)
		default:
			and(No)
		}
	}
	return answer, asked
}

func tri(b bool) Tri {
	if b {
		return Yes
	}
	return No
}

// Judge rules on a patient. A rule applies unless it is known not to; its notice is
// given only when it is known to, and otherwise what was not known. The zero Policy
// gives a ruling under which nothing can be set.
//
// Source: DOMAIN 1.5.
func (p *Policy) Judge(pt Patient, v VerdictFacts) Ruling {
	if !p.Known() {
		return Ruling{Max: Least, PassesMost: 1, NoOverride: true, Notices: []Notice{{
			Code: NoPolicy, Words: "No patient rules are loaded. Nothing is cleared.", Sources: []string{},
		}}}
	}
	var out Ruling
	var unknown [factCount]bool
	s := p.stand(pt, v)
	for k := range p.rules {
		r := &p.rules[k]
		answer, asked := r.holds(s)
		switch answer {
		case No:
			continue
		case Yes:
			out.Notices = append(out.Notices, Notice{r.code, r.notice, slices.Clone(r.sources)})
		default:
			for f, is := range asked {
				unknown[f] = unknown[f] || is
			}
		}
		out.Applied = append(out.Applied, r.code)
		if r.lowHalf {
			out.Max = least(out.Max, lowHalf(v))
		}
		out.PassesMost = least(out.PassesMost, r.passesMost)
		// An indication that nobody chose could be one of those.
		if len(r.noOverride) > 0 && (!v.Indication.Valid() || slices.Contains(r.noOverride, v.Indication)) {
			out.NoOverride = true
		}
	}
	for f, is := range unknown {
		if is {
			n := p.notKnown[f]
			n.Sources = slices.Clone(n.Sources)
			out.Notices = append(out.Notices, n)
		}
	}
	return out
}

// least returns the lower of two bounds, of which 0 is none.
func least[N int | protocol.Micrometres](a, b N) N {
	if a == 0 || (b > 0 && b < a) {
		return b
	}
	return a
}

// lowHalf returns the middle of the typical range, rounded down, and never more
// than the limit; [Least] when the range or the limit cannot be right, or leaves
// less.
func lowHalf(v VerdictFacts) protocol.Micrometres {
	if v.TypicalLow < 0 || v.TypicalHigh <= 0 || v.TypicalLow > v.TypicalHigh {
		return Least
	}
	return max(Least, min(v.TypicalLow+(v.TypicalHigh-v.TypicalLow)/2, v.Limit))
}
