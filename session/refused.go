package session

import (
	"fmt"
	"strings"

	"penlog/session/limits"
)

// RefusedError says why a command had no effect, and what to do.
type RefusedError struct {
	Code    string          `json:"code"`
	Words   string          `json:"words"`
	Remedy  string          `json:"remedy"`
	Checks  []Check         `json:"checks,omitempty"`  // arm, resume: all of them
	Verdict *limits.Verdict `json:"verdict,omitempty"` // choose, arm, resume, override
	Session *ID             `json:"session,omitempty"` // the one that is in the way
}

// Error gives words and remedy.
func (e *RefusedError) Error() string {
	var failed []string
	for _, c := range e.Checks {
		if !c.OK && e.Code == "checks_failed" { // else something else stands in the way
			failed = append(failed, c.Words+" ("+c.Remedy+")")
		}
	}
	s := "session: " + e.Words
	if len(failed) > 0 {
		s += ": " + strings.Join(failed, "; ")
	}
	if e.Remedy != "" && len(failed) == 0 {
		s += ": " + e.Remedy
	}
	return s
}

func refuse(code, words, remedy string) *RefusedError {
	return &RefusedError{Code: code, Words: words, Remedy: remedy}
}

func refusedIn(s State, do CommandKind) *RefusedError {
	remedy := map[State]string{
		Draft:   "choose zone and indication, then arm",
		Armed:   "pause or finish first",
		Active:  "stop the motor and pause first",
		Paused:  "resume, abort or finish",
		Tripped: "acknowledge the trip first, or abort",
	}[s]
	if s.Over() {
		remedy = "open a new session"
	}
	return refuse("wrong_state", fmt.Sprintf("%s is not possible while the session is %v", do, s), remedy)
}
