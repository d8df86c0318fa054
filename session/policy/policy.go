package policy

import (
	"slices"
	"time"

	"penlog/session/limits"
)

// Action is what a yes to a question calls for. The codes are part of the record
// and never change their meaning.
type Action string

// The actions, the strictest first.
const (
	Block     Action = "block"     // no treatment, or none in the zones that the answer names
	Clearance Action = "clearance" // none until a clinician cleared it
	Caution   Action = "caution"   // shown and recorded
)

var actionCodes = []string{string(Block), string(Clearance), string(Caution)}

// Question is one thing that is asked before a session. A yes calls for the
// action; so does an answer that nobody gave.
type Question struct {
	Code        string   `json:"code"`
	Words       string   `json:"words"`
	Action      Action   `json:"action"`
	Overridable bool     `json:"overridable,omitempty"` // of a block: a clinician may lift it
	PerZone     bool     `json:"per_zone,omitempty"`    // a yes may be meant for named zones only
	Notice      string   `json:"notice,omitempty"`      // shown beside a yes; "" when there is none
	Sources     []string `json:"sources"`
}

// Notice is something to show to people. The codes are part of the record.
type Notice struct {
	Code    string   `json:"code"`
	Words   string   `json:"words"`
	Sources []string `json:"sources"`
}

// Policy is a checked set of patient rules. [Load] and [Default] make one. The zero
// Policy and a nil one ask nothing and clear nothing: their [Policy.Known] is false.
// It is immutable and safe for concurrent use.
type Policy struct {
	version, hash string

	questions []Question
	rules     []rule
	notKnown  [factCount]Notice

	labelAge    figure // years
	interval    figure // days
	dwell       figure // seconds
	anaesthetic figure // tenths of a per cent
	density     DensityModel
	densityWhy  string

	passes  map[limits.Indication]passes // absent: no figure
	areas   map[limits.Zone]area         // absent: no figure
	sources map[string]string
}

type figure struct {
	value   int
	basis   string
	sources []string
}

type passes struct {
	low, high, warn int
	sources         []string
}

// Known reports whether p is a loaded policy. Without one nobody was asked
// anything: refuse to treat.
func (p *Policy) Known() bool { return p != nil && p.hash != "" }

// Version returns the version that the file states; "" for the zero Policy.
func (p *Policy) Version() string {
	if p == nil {
		return ""
	}
	return p.version
}

// Hash returns the SHA-256 of the policy's meaning, in hex: two files that ask and
// rule the same have the same hash however they are laid out. "" for the zero Policy.
func (p *Policy) Hash() string {
	if p == nil {
		return ""
	}
	return p.hash
}

// Questions returns what is asked, in the order in which it is asked.
//
// Source: DOMAIN 4.
func (p *Policy) Questions() []Question {
	if p == nil {
		return nil
	}
	out := slices.Clone(p.questions)
	for i := range out {
		out[i].Sources = slices.Clone(out[i].Sources)
	}
	return out
}

// Question returns the question with that code, and whether there is one.
func (p *Policy) Question(code string) (Question, bool) {
	if p != nil {
		for _, q := range p.questions {
			if q.Code == code {
				q.Sources = slices.Clone(q.Sources)
				return q, true
			}
		}
	}
	return Question{}, false
}

// Passes returns how many passes are suggested for an indication, from low to high
// (equal where the source gives one number), and above how many a warning is due.
// It reports false when there is no figure, which does not make any number right.
//
// Source: DOMAIN 3.
func (p *Policy) Passes(i limits.Indication) (low, high, warnAbove int, ok bool) {
	if p == nil {
		return 0, 0, 0, false
	}
	f, ok := p.passes[i]
	return f.low, f.high, f.warn, ok
}

// Interval returns the days since a zone's last treatment below which a warning is
// due. It blocks nothing. 0 for the zero Policy.
//
// Source: DOMAIN 3.
func (p *Policy) Interval() (days int) {
	if p == nil {
		return 0
	}
	return p.interval.value
}

// Dwell returns how long a pen may be in contact without a new glide before an
// advisory is due; 0 for the zero Policy.
//
// Source: DOMAIN 3.
func (p *Policy) Dwell() time.Duration {
	if p == nil {
		return 0
	}
	return time.Duration(p.dwell.value) * time.Second
}

// AnaestheticMost returns the strength of a topical anaesthetic above which a
// warning is due, in tenths of a per cent (40 is 4.0 %); 0 for the zero Policy.
//
// Source: DOMAIN 3, F18.
func (p *Policy) AnaestheticMost() (percentTenths int) {
	if p == nil {
		return 0
	}
	return p.anaesthetic.value
}

// LabelAge returns the youngest age in years that counts as covered where a pen's
// label is not known; 0 for the zero Policy.
//
// Source: DOMAIN 1.5, 4.
func (p *Policy) LabelAge() (years int) {
	if p == nil {
		return 0
	}
	return p.labelAge.value
}

// Source explains a source tag, e.g. "F1"; "" for a tag that the policy does not cite.
func (p *Policy) Source(tag string) string {
	if p == nil {
		return ""
	}
	return p.sources[tag]
}

// Absent returns the questions of the built-in policy that p does not ask, and the
// indications without figures for passes. [Policy.Laxer] says them, and more, in words.
func (p *Policy) Absent() (questions []string, indications []limits.Indication) {
	for _, q := range Default().questions {
		if _, ok := p.Question(q.Code); !ok {
			questions = append(questions, q.Code)
		}
	}
	for _, i := range limits.AllIndications() {
		if _, _, _, ok := p.Passes(i); !ok {
			indications = append(indications, i)
		}
	}
	return questions, indications
}
