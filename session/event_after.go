package session

import "penlog/session/clinic"

// The events that follow the end of a session. The procedure stays as it was
// sealed: each of these is a record of its own, at the end of the same chain.
type (
	// ReasonGiven says why a session was aborted.
	ReasonGiven struct {
		By   By     `json:"by"`
		Code string `json:"code"`
		Text string `json:"text,omitempty"`
	}
	// OutcomeSet is how the patient left.
	OutcomeSet struct {
		By By `json:"by"`
		Outcome
	}
	// AftercareGiven is what the patient was given and told.
	AftercareGiven struct {
		By By `json:"by"`
		Aftercare
	}
	// FollowedUp is what a later look found.
	FollowedUp struct {
		By By `json:"by"`
		FollowUp
	}
	// AdverseSeen is an adverse event.
	AdverseSeen struct {
		By By `json:"by"`
		Adverse
	}
	// Corrected says what is wrong with a record, which stays.
	Corrected struct {
		By   By     `json:"by"`
		Seq  uint64 `json:"record"`
		Text string `json:"text"`
	}
	// PatientReassigned says whose session it was in truth.
	PatientReassigned struct {
		By      By       `json:"by"`
		Second  By       `json:"second"`
		Was     string   `json:"was,omitempty"`
		Patient string   `json:"patient"`
		Reason  string   `json:"reason"`
		History *History `json:"history,omitempty"` // of the true patient
	}
	// Signed is a person's signature under all records up to Seq.
	Signed struct {
		By      By          `json:"by"`
		Role    clinic.Role `json:"role"`
		Meaning string      `json:"meaning"` // "performed", "reviewed", "approved"
		Seq     uint64      `json:"record"`
		Head    Hash        `json:"head"` // the hash of that record
	}
)

func (ReasonGiven) Kind() string       { return "reason_given" }
func (OutcomeSet) Kind() string        { return "outcome_set" }
func (AftercareGiven) Kind() string    { return "aftercare_given" }
func (FollowedUp) Kind() string        { return "followed_up" }
func (AdverseSeen) Kind() string       { return "adverse_seen" }
func (Corrected) Kind() string         { return "corrected" }
func (PatientReassigned) Kind() string { return "patient_reassigned" }
func (Signed) Kind() string            { return "signed" }

var afterEvents = []Event{ReasonGiven{}, OutcomeSet{}, AftercareGiven{}, FollowedUp{}, AdverseSeen{}, Corrected{}, PatientReassigned{}, Signed{}}
