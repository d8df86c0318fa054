package limits

import (
	"slices"

	"penlog/protocol"
)

// Rule is the code of a rule that can bound a ceiling. The codes are part of the
// record and never change their meaning.
type Rule string

// The rules. A verdict without an override has the first two, one under an override
// the three after them; the rest may bound either.
const (
	RuleZoneLimit               Rule = "zone_limit"
	RuleIndicationLimit         Rule = "indication_limit"
	RuleOverride                Rule = "override" // the value that a clinician granted
	RuleZoneOverrideLimit       Rule = "zone_override_limit"
	RuleIndicationOverrideLimit Rule = "indication_override_limit"
	RulePrescription            Rule = "prescription"
	RulePenMax                  Rule = "pen_max"
	RuleCartridgeLength         Rule = "cartridge_length"
	RuleLabelledMax             Rule = "labelled_max"
	RulePatientRule             Rule = "patient_rule"
	RuleHardStop                Rule = "hard_stop"
)

// ruleTypical appears in the matrix only: the typical range is not clipped.
const ruleTypical Rule = "typical_range"

var rules = []Rule{
	RuleZoneLimit, RuleIndicationLimit,
	RuleOverride, RuleZoneOverrideLimit, RuleIndicationOverrideLimit,
	RulePrescription, RulePenMax, RuleCartridgeLength, RuleLabelledMax, RulePatientRule, RuleHardStop,
}

var ruleNames = map[Rule]string{
	RuleZoneLimit:               "limit of the zone",
	RuleIndicationLimit:         "limit of the indication",
	RuleOverride:                "override",
	RuleZoneOverrideLimit:       "override limit of the zone",
	RuleIndicationOverrideLimit: "override limit of the indication",
	RulePrescription:            "prescription",
	RulePenMax:                  "pen maximum",
	RuleCartridgeLength:         "cartridge needle length",
	RuleLabelledMax:             "labelled maximum",
	RulePatientRule:             "patient rule",
	RuleHardStop:                "hard stop",
	ruleTypical:                 "typical range",
}

// Rules returns every rule in the fixed order that decides ties: of two candidates
// with the same value, the one that comes first here bound the ceiling. It is the
// order of the promise in the package comment: base, then what only lowers it.
func Rules() []Rule { return slices.Clone(rules) }

// Name returns the words for the screen, e.g. "cartridge needle length".
func (r Rule) Name() string {
	if n, ok := ruleNames[r]; ok {
		return n
	}
	return string(r)
}

// State says whether a candidate took part.
type State string

// The states of a candidate.
const (
	Given    State = "given"     // it has a value and took part
	NotGiven State = "not_given" // nobody set it: no prescription, no patient rule, no labelled maximum
	NotKnown State = "not_known" // it exists but nobody told: pen maximum, cartridge needle length
)

// Candidate is one rule's say in a verdict.
type Candidate struct {
	Rule    Rule                 `json:"rule"`
	State   State                `json:"state"`
	Value   protocol.Micrometres `json:"value_um,omitempty"` // 0 unless State is Given
	Sources []string             `json:"sources,omitempty"`  // tags, for what comes from the table
}

// least returns the candidate that binds: the lowest given value, the first of
// equals. It reports false when none is given.
func least(candidates []Candidate) (Candidate, bool) {
	var best Candidate
	found := false
	for _, c := range candidates {
		if c.State == Given && (!found || c.Value < best.Value) {
			best, found = c, true
		}
	}
	return best, found
}
