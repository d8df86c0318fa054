package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"penlog/session"
)

// maxBody is the longest request, in bytes.
const maxBody = 64 << 10

// commandWait bounds the wait for a command's commit.
const commandWait = 10 * time.Second

// command gives a command to the agent. With an Idempotency-Key, a request that
// comes again is answered as the first one was, and nothing happens twice.
func (s *Server) command(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var cmd session.Command
	if err == nil {
		cmd, err = ParseCommand(body)
	}
	if err != nil {
		s.haste(body)
		fail(w, &session.RefusedError{Code: "bad_request", Words: "the command can't be read: " + err.Error(),
			Remedy: `send JSON like {"do":"choose","by":"op-1","zone":"cheek","indication":"acne_scar_rolling"}`}, http.StatusBadRequest)
		return
	}
	if ref := s.mayGive(r, cmd.Do); ref != nil {
		fail(w, ref, http.StatusUnauthorized)
		return
	}
	if !s.signedIn(r) {
		cmd.By = "" // a name that nobody vouches for is not recorded
	}
	// The client may go: what it asked for happens, and its answer is kept.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), s.wait)
	defer cancel()
	key := r.Header.Get("Idempotency-Key")
	if key == "" {
		s.give(ctx, cmd, func(code int, out []byte) { send(w, code, out) }, nil)
		return
	}
	if len(key) > keyMost {
		s.haste(body)
		fail(w, &session.RefusedError{Code: "bad_request", Words: "the idempotency key is too long", Remedy: fmt.Sprintf("take one of %d bytes at most", keyMost)}, http.StatusBadRequest)
		return
	}
	rep, first, ref := s.repeats.begin(key, body, needsNoSignIn(cmd.Do), time.Now())
	if ref != nil {
		s.haste(body)
	}
	switch {
	case ref != nil && ref.Code == "too_many":
		fail(w, ref, http.StatusTooManyRequests)
	case ref != nil:
		fail(w, ref, http.StatusUnprocessableEntity)
	case first:
		s.give(ctx, cmd, func(code int, out []byte) { send(w, code, out) },
			func(code int, out []byte) { s.repeats.end(key, rep, code, out) })
	default:
		code, out, ok := rep.wait(ctx)
		if !ok {
			fail(w, &session.RefusedError{Code: "unanswered", Words: "the command was not answered yet", Remedy: "ask again with the same key"}, http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Idempotent-Replayed", "true")
		send(w, code, out)
	}
}

// hasty finds what a command asks for where nothing else of it can be understood.
var hasty = regexp.MustCompile(`"do"\s*:\s*"(stop|pause|abort)"`)

// haste stops the pen for a stop, pause or abort that is refused before it was
// given: with a field that is unknown, a key that was used, or cut in half. Who is in
// haste makes mistakes.
func (s *Server) haste(body []byte) {
	if hasty.Match(body) {
		ctx, cancel := context.WithTimeout(context.Background(), s.wait)
		defer cancel()
		_, _ = s.agent.Ask(ctx, session.Command{Do: session.CmdStop})
	}
}

// give carries out a command. It tells the client the answer, or when ctx ends that
// there is none yet; keep, unless it is nil, hears the answer itself, and once,
// however late it comes.
func (s *Server) give(ctx context.Context, cmd session.Command, tell, keep func(int, []byte)) {
	answered := func(ans session.Answer, err error) (int, []byte) {
		if err != nil {
			code, ref := refusal(err)
			return code, encode(Result{Error: ref})
		}
		return http.StatusOK, encode(Result{Events: named(ans.Events), View: &ans.View})
	}
	var ans session.Answer
	asked, err := s.agent.Ask(ctx, cmd)
	given := err == nil
	if given {
		ans, err = asked.Answer(ctx)
	}
	code, out := answered(ans, err)
	switch {
	case keep == nil:
	case given && ctx.Err() != nil && errors.Is(err, ctx.Err()):
		go func() { keep(answered(asked.Answer(context.Background()))) }() // ends with the agent
	default:
		keep(code, out)
	}
	tell(code, out)
}

// ParseCommand reads one command, and nothing behind it. What two readers could
// understand differently is refused: a field that comes twice, a field in another
// spelling, text that is not UTF-8.
func ParseCommand(body []byte) (session.Command, error) {
	var cmd session.Command
	if !utf8.Valid(body) {
		return cmd, errors.New("it is not UTF-8")
	}
	if err := fieldsOnce(json.NewDecoder(bytes.NewReader(body)), 0); err != nil {
		return cmd, err
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(&cmd); err != nil {
		return session.Command{}, errors.New(strings.TrimPrefix(err.Error(), "json: "))
	}
	if _, err := d.Token(); err != io.EOF {
		return session.Command{}, errors.New("something follows the command")
	}
	return cmd, nil
}

// deepest is how deep objects and arrays of a command lie in each other at most.
const deepest = 8

// spelling is what names of fields are made of.
var spelling = regexp.MustCompile(`^[a-z0-9_]+$`)

// fieldsOnce refuses a value in which a field comes twice or is misspelt.
func fieldsOnce(d *json.Decoder, depth int) error {
	t, err := d.Token()
	if err != nil {
		return err
	}
	open, nested := t.(json.Delim)
	if !nested {
		return nil
	}
	if depth++; depth > deepest {
		return errors.New("it is too deep")
	}
	seen := map[string]bool{}
	for d.More() {
		if open == '{' {
			name, err := d.Token()
			if err != nil {
				return err
			}
			field, _ := name.(string)
			switch {
			case !spelling.MatchString(field):
				return fmt.Errorf("unknown field %q", field)
			case seen[field]:
				return fmt.Errorf("field %q comes twice", field)
			}
			seen[field] = true
		}
		if err := fieldsOnce(d, depth); err != nil {
			return err
		}
	}
	_, err = d.Token()
	return err
}

// refusal maps an error to a status and words.
func refusal(err error) (int, *session.RefusedError) {
	var ref *session.RefusedError
	switch {
	case errors.As(err, &ref) && (ref.Code == "unknown_command" || ref.Code == "unexpected_field" || ref.Code == "missing_field"):
		return http.StatusBadRequest, ref
	case errors.As(err, &ref) && ref.Code == "not_allowed":
		return http.StatusForbidden, ref
	case errors.As(err, &ref):
		return http.StatusConflict, ref
	case errors.Is(err, context.DeadlineExceeded):
		return http.StatusServiceUnavailable, &session.RefusedError{Code: "record_slow", Words: "the record took longer than 10 s, and the command may yet be carried out",
			Remedy: "check the disk of this PC, then ask again with the same key"}
	default:
		return http.StatusServiceUnavailable, &session.RefusedError{Code: "unavailable", Words: err.Error(), Remedy: "try again in a moment"}
	}
}
