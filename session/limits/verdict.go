package limits

import (
	"fmt"
	"slices"
	"strings"

	"penlog/protocol"
)

// Flag is the code of something to show beside a depth that is allowed.
type Flag string

// The flags.
const (
	// BeyondEvaluated: the ceiling is above the depth that was evaluated for this
	// indication on the face. Source: DOMAIN 1.5, F*.
	BeyondEvaluated Flag = "beyond_evaluated_depth"
	// OffLabel: no device is authorised for this indication. Source: DOMAIN 1.2, F1, F2.
	OffLabel Flag = "off_label"
)

// Verdict is the answer to a [Request], complete enough to stand in the record by
// itself. It is a plain value; its JSON has a fixed order and integer micrometres.
// The zero Verdict allows nothing.
type Verdict struct {
	Zone       Zone       `json:"zone"`
	Side       Side       `json:"side"`
	Site       Site       `json:"site"`
	Indication Indication `json:"indication"`
	Labels     []Label    `json:"labels,omitempty"`

	Requested protocol.Micrometres `json:"requested_um"`          // what was wanted; 0: whatever is allowed
	Allowed   protocol.Micrometres `json:"allowed_um"`            // the ceiling; 0 exactly when nothing is allowed
	Settable  protocol.Micrometres `json:"settable_um"`           // the highest setting of this pen that exceeds neither Allowed nor Requested; 0: nothing, or the step is not known
	PenMin    protocol.Micrometres `json:"pen_min_um,omitempty"`  // as asked
	PenStep   protocol.Micrometres `json:"pen_step_um,omitempty"` // as asked; 0: not known
	Clamped   bool                 `json:"clamped"`               // more was wanted than is allowed
	Refused   bool                 `json:"refused"`               // nothing is allowed
	Reason    Reason               `json:"reason,omitempty"`      // why, when refused
	Detail    string               `json:"detail,omitempty"`      // why, in words, when refused

	BoundBy       Rule                 `json:"bound_by,omitempty"` // the rule that bound the ceiling; empty when refused
	Overridden    bool                 `json:"overridden"`         // base comes from an override
	Limit         protocol.Micrometres `json:"limit_um"`           // of zone × indication; 0 when not offered
	OverrideLimit protocol.Micrometres `json:"override_limit_um"`  // what an override could allow here at most
	TypicalLow    protocol.Micrometres `json:"typical_low_um"`
	TypicalHigh   protocol.Micrometres `json:"typical_high_um"`
	Candidates    []Candidate          `json:"candidates"` // in the order of Rules
	Flags         []Flag               `json:"flags,omitempty"`

	TableVersion string `json:"table_version"`
	TableHash    string `json:"table_hash"`
}

// LimitError says that a depth exceeds what is allowed.
type LimitError struct {
	Field    string               // what exceeded, e.g. "needle depth"
	Zone     Zone                 // where
	Got, Max protocol.Micrometres // Max is the ceiling
	BoundBy  Rule                 // what bound it
}

func (e *LimitError) Error() string { return "limits: " + e.words() }

func (e *LimitError) words() string {
	s := fmt.Sprintf("%s %v exceeds %v limit for zone %q", e.Field, e.Got, e.Max, e.Zone)
	switch e.BoundBy {
	case RuleZoneLimit, RuleIndicationLimit, "":
		return s
	}
	return fmt.Sprintf("%s (%s)", s, e.BoundBy.Name())
}

// RefusedError says that nothing is allowed.
type RefusedError struct {
	Reason     Reason
	Zone       Zone
	Indication Indication
	Detail     string // in words
}

func (e *RefusedError) Error() string { return "limits: " + e.Detail }

// Err returns nil when the verdict allows what was wanted, a *[LimitError] when it
// allows less, and a *[RefusedError] when it allows nothing.
func (v *Verdict) Err() error {
	switch {
	case v.Refused || v.Allowed <= 0:
		detail := v.Detail
		if detail == "" {
			detail = "nothing is allowed"
		}
		return &RefusedError{Reason: v.Reason, Zone: v.Zone, Indication: v.Indication, Detail: detail}
	case v.Clamped:
		return v.excess(v.Allowed)
	}
	return nil
}

func (v *Verdict) excess(ceiling protocol.Micrometres) *LimitError {
	return &LimitError{Field: "needle depth", Zone: v.Zone, Got: v.Requested, Max: ceiling, BoundBy: v.BoundBy}
}

// Words gives the verdict in one line for people, e.g.
//
//	Forehead, left, acne scars (rolling): 1.20 mm asked for, max depth 1.00 mm (limit of the zone); set the pen to 1.00 mm
//	Refused: periorbital is not offered for acne scars (rolling)
func (v *Verdict) Words() string {
	if err := v.Err(); v.Refused || v.Allowed <= 0 {
		return "Refused: " + strings.TrimPrefix(err.Error(), "limits: ")
	}
	where := upperFirst(v.Zone.Name())
	if v.Side != SideNone {
		where += ", " + v.Side.Name()
	}
	if v.Site != SiteNone {
		where += ", " + v.Site.Name()
	}
	depth := fmt.Sprintf("max depth %s (%s)", mm(v.Allowed), v.BoundBy.Name())
	if v.Clamped {
		depth = mm(v.Requested) + " asked for, " + depth
	}
	parts := []string{fmt.Sprintf("%s, %s: %s", where, v.Indication.Name(), depth)}
	if v.Settable > 0 {
		parts = append(parts, "set the pen to "+mm(v.Settable))
	}
	for _, c := range v.Candidates {
		if c.State == NotKnown {
			parts = append(parts, c.Rule.Name()+" not known")
		}
	}
	if slices.Contains(v.Flags, BeyondEvaluated) {
		parts = append(parts, "beyond evaluated depth")
	}
	if slices.Contains(v.Flags, OffLabel) {
		parts = append(parts, "off-label")
	}
	return strings.Join(parts, "; ")
}

func upperFirst(s string) string {
	if s == "" || s[0] < 'a' || s[0] > 'z' {
		return s
	}
	return string(s[0]-'a'+'A') + s[1:]
}

// mm is [protocol.Micrometres.MM], with a third decimal where the second would round:
// a limit must never read higher than it is.
func mm(d protocol.Micrometres) string {
	if d%10 == 0 {
		return d.MM()
	}
	return fmt.Sprintf("%d.%03d mm", d/1000, d%1000)
}
