package policy

import (
	"strconv"
	"strings"

	"penlog/protocol"
	"penlog/session/limits"
)

// Tri is a yes, a no, or neither. Anything else, "" too, reads as unknown.
type Tri string

// The three.
const (
	Yes     Tri = "yes"
	No      Tri = "no"
	Unknown Tri = "unknown"
)

// known gives Yes, No or Unknown for anything.
func (t Tri) known() Tri {
	if t == Yes || t == No {
		return t
	}
	return Unknown
}

// Patient is what the rules ask of a patient. The zero Patient is one of whom
// nothing is known, who is ruled the most strictly.
type Patient struct {
	Phototype int // Fitzpatrick type, 1 to 6; anything else is not known
	Age       int // whole years, 1 to 130; anything else is not known
	First     Tri // whether this is the first session of this course
}

// VerdictFacts are what a ruling needs of the zone, the indication and the pen.
type VerdictFacts struct {
	Zone       limits.Zone
	Indication limits.Indication

	TypicalLow, TypicalHigh protocol.Micrometres // of zone × indication, as in a [limits.Verdict]
	Limit                   protocol.Micrometres // of zone × indication

	LabelAge        int    // youngest age in years that the pen's label covers; 0 not known, then the policy's
	LabelPhototypes string // phototypes that the label covers, "1-3" or "2"; anything else is not known
}

// Least is the depth of a ruling that cannot be worked out, since the facts cannot
// be right or no policy was loaded: no pen can be set to it.
const Least protocol.Micrometres = 1

// NoPolicy is the code of the notice that no policy was loaded.
const NoPolicy = "no_policy"

// Ruling is what follows for one patient, zone and indication. It only tightens:
// the zero Ruling changes nothing.
type Ruling struct {
	Max        protocol.Micrometres `json:"max_um,omitempty"`      // greatest depth, also under an override; 0: none
	PassesMost int                  `json:"passes_most,omitempty"` // 0: none
	NoOverride bool                 `json:"no_override,omitempty"` // no override may be granted
	Applied    []string             `json:"applied,omitempty"`     // codes of the rules that apply, in the policy's order
	Notices    []Notice             `json:"notices,omitempty"`     // of rules that are known to apply, then what was not known
}

// fact is something that a rule asks and that may not be known. Its code is the
// code of the notice that says so.
type fact uint8

const (
	factPhototype fact = iota
	factAge
	factFirst
	factLabel
	factCount = iota
)

var factCodes = [factCount]string{"phototype_not_known", "age_not_known", "first_session_not_known", "label_phototypes_not_known"}

// standing is a patient and the facts, with all that cannot be made not known.
type standing struct {
	phototype int // 0 not known
	age       int // 0 not known
	first     Tri
	labelAge  int
	label     [7]bool // by phototype; [0] whether the rest is known
}

func (p *Policy) stand(pt Patient, v VerdictFacts) standing {
	s := standing{first: pt.First.known(), labelAge: v.LabelAge, label: labelled(v.LabelPhototypes)}
	if pt.Phototype >= 1 && pt.Phototype <= 6 {
		s.phototype = pt.Phototype
	}
	if pt.Age >= 1 && pt.Age <= 130 {
		s.age = pt.Age
	}
	if s.labelAge <= 0 {
		s.labelAge = p.labelAge.value
	}
	return s
}

// labelled reads the phototypes that a label covers, "1-3" or "2". Entry 0 tells
// whether it could.
func labelled(s string) (covers [7]bool) {
	from, to, span := strings.Cut(s, "-")
	if !span {
		to = from
	}
	low, err1 := strconv.Atoi(from)
	high, err2 := strconv.Atoi(to)
	if err1 != nil || err2 != nil || len(from) != 1 || len(to) != 1 || low < 1 || low > high || high > 6 {
		return covers
	}
	covers[0] = true
	for i := low; i <= high; i++ {
		covers[i] = true
	}
	return covers
}
