package api

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"strings"

	"penlog/session"
)

// newSecret makes the secret of one start of the agent. Who has it has signed in:
// the console, which the agent starts, and whoever may read the ready file.
func newSecret() string {
	b := make([]byte, 32)
	rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}

// Secret is what requests carry that need a sign-in: `Authorization: Bearer SECRET`.
func (s *Server) Secret() string { return s.secret }

// signedIn reports whether the request carries the secret. It takes the same time
// for each that does not.
func (s *Server) signedIn(r *http.Request) bool {
	got, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return ok && subtle.ConstantTimeCompare([]byte(got), []byte(s.secret)) == 1
}

// mayGive refuses a command that needs a sign-in to who has none. To stop, pause,
// abort, acknowledge and mute waits for nobody's badge.
func (s *Server) mayGive(r *http.Request, do session.CommandKind) *session.RefusedError {
	if needsNoSignIn(do) || s.signedIn(r) {
		return nil
	}
	return &session.RefusedError{Code: "sign_in", Words: "nobody has signed in for " + string(do),
		Remedy: "send this start's secret as 'Authorization: Bearer SECRET'; it is in the agent's ready file"}
}

func needsNoSignIn(do session.CommandKind) bool {
	spec, ok := do.Spec()
	return ok && spec.Open
}
