// Package api serves one agent over HTTP: what people see, what they ask for,
// metrics and health. It decides nothing: handlers translate and call, and one
// function maps errors to status and words. It listens on loopback unless told
// otherwise, and answers only requests that name a host it knows.
package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"penlog/cmd/internal/agent"
	"penlog/cmd/internal/metrics"
	"penlog/session"
)

// maxBody is the longest request, in bytes.
const maxBody = 64 << 10

// commandWait bounds the wait for a command's commit.
const commandWait = 10 * time.Second

// Server is the HTTP side of an agent.
type Server struct {
	agent   *agent.Agent
	mux     http.Handler
	secret  string
	repeats repeats
	feed    feed
}

// New returns a server for a. version is shown in the metrics.
func New(a *agent.Agent, version string) *Server {
	s := &Server{agent: a, secret: newSecret(), feed: feed{agent: a}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/state", s.state)
	mux.HandleFunc("POST /v1/command", s.command)
	mux.HandleFunc("GET /v1/stream", s.stream)
	mux.HandleFunc("GET /v1/questions", s.questions)
	mux.HandleFunc("GET /v1/cartridges", s.cartridges)
	mux.HandleFunc("GET /v1/openapi.json", s.openapi)
	mux.HandleFunc("GET /healthz", s.healthz)
	mux.HandleFunc("GET /readyz", s.readyz)
	mux.Handle("GET /metrics", metrics.Handler(a, version))
	guard := http.NewCrossOriginProtection()
	s.mux = knownHost(guard.Handler(mux))
	return s
}

// ServeHTTP serves one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// maxConns is how many connections are served at once. Each holds a file, and
// files that a client uses up are not there for the pen's port.
const maxConns = 64

// HTTP returns an http.Server with its limits set. Streams set deadlines of
// their own.
func (s *Server) HTTP() *http.Server {
	var conns atomic.Int64
	return &http.Server{Handler: s, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second,
		IdleTimeout: time.Minute, MaxHeaderBytes: 32 << 10,
		ConnState: func(c net.Conn, state http.ConnState) {
			switch state {
			case http.StateNew:
				if conns.Add(1) > maxConns {
					c.Close()
				}
			case http.StateClosed, http.StateHijacked:
				conns.Add(-1)
			}
		}}
}

// knownHost refuses requests that reached this machine under a name of somebody
// else's choosing.
func knownHost(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if h, _, err := net.SplitHostPort(host); err == nil {
			host = h
		}
		if ip := net.ParseIP(host); ip == nil && host != "localhost" {
			fail(w, &session.RefusedError{Code: "unknown_host", Words: "this agent is not known as " + fmt.Sprintf("%q", host),
				Remedy: "use its IP address or localhost"}, http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// Result is the answer to a command: the events made, or why it was refused.
type Result struct {
	Events []NamedEvent          `json:"events,omitempty"`
	View   *session.View         `json:"view,omitempty"`
	Error  *session.RefusedError `json:"error,omitempty"`
}

// NamedEvent is an event with its kind.
type NamedEvent struct {
	Kind  string        `json:"kind"`
	Event session.Event `json:"event"`
}

func named(events []session.Event) []NamedEvent {
	out := make([]NamedEvent, 0, len(events))
	for _, e := range events {
		out = append(out, NamedEvent{e.Kind(), e})
	}
	return out
}

func (s *Server) state(w http.ResponseWriter, _ *http.Request) {
	reply(w, http.StatusOK, s.agent.View())
}

// command gives a command to the agent. With an Idempotency-Key, a request that
// comes again is answered as the first one was, and nothing happens twice.
func (s *Server) command(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var cmd session.Command
	if err == nil {
		err = decode(body, &cmd)
	}
	if err != nil {
		fail(w, &session.RefusedError{Code: "bad_request", Words: "the command can't be read: " + err.Error(),
			Remedy: `send JSON like {"do":"choose","by":"op-1","zone":"cheek","indication":"acne_scar_rolling"}`}, http.StatusBadRequest)
		return
	}
	if ref := s.mayGive(r, cmd.Do); ref != nil {
		fail(w, ref, http.StatusUnauthorized)
		return
	}
	key := r.Header.Get("Idempotency-Key")
	if key == "" {
		code, out := s.give(r.Context(), cmd)
		send(w, code, out)
		return
	}
	if len(key) > keyMost {
		fail(w, &session.RefusedError{Code: "bad_request", Words: "the idempotency key is too long", Remedy: fmt.Sprintf("take one of %d bytes at most", keyMost)}, http.StatusBadRequest)
		return
	}
	rep, first, ref := s.repeats.begin(key, body, time.Now())
	switch {
	case ref != nil:
		fail(w, ref, http.StatusUnprocessableEntity)
	case first:
		// The client may go: what it asked for happens, and its answer is kept.
		code, out := s.give(context.WithoutCancel(r.Context()), cmd)
		s.repeats.end(key, rep, code, out)
		send(w, code, out)
	default:
		code, out, ok := rep.wait(r.Context())
		if !ok {
			fail(w, &session.RefusedError{Code: "unanswered", Words: "the command was not answered", Remedy: "ask again with the same key"}, http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Idempotent-Replayed", "true")
		send(w, code, out)
	}
}

// decode reads one command, and nothing behind it.
func decode(body []byte, cmd *session.Command) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(cmd); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("something follows the command")
	}
	return nil
}

// give carries out a command and returns its answer.
func (s *Server) give(ctx context.Context, cmd session.Command) (int, []byte) {
	ctx, cancel := context.WithTimeout(ctx, commandWait)
	defer cancel()
	ans, err := s.agent.Do(ctx, cmd)
	if err != nil {
		code, ref := refusal(err)
		return code, encode(Result{Error: ref})
	}
	return http.StatusOK, encode(Result{Events: named(ans.Events), View: &ans.View})
}

func (s *Server) questions(w http.ResponseWriter, _ *http.Request) {
	reply(w, http.StatusOK, s.agent.Policy().Questions())
}

func (s *Server) cartridges(w http.ResponseWriter, _ *http.Request) {
	reply(w, http.StatusOK, s.agent.Cartridges().Models())
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
		return http.StatusServiceUnavailable, &session.RefusedError{Code: "record_slow", Words: "the record took longer than 10 s", Remedy: "check the disk of this PC"}
	default:
		return http.StatusServiceUnavailable, &session.RefusedError{Code: "stopping", Words: err.Error(), Remedy: "try again in a moment"}
	}
}

func fail(w http.ResponseWriter, e *session.RefusedError, status int) {
	reply(w, status, Result{Error: e})
}

func reply(w http.ResponseWriter, status int, body any) { send(w, status, encode(body)) }

func encode(body any) []byte {
	b, err := json.Marshal(body)
	if err != nil {
		return []byte(`{"error":{"code":"internal","words":"the answer can't be written","remedy":"report this"}}`)
	}
	return append(b, '\n')
}

func send(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	w.Write(body)
}

func (s *Server) healthz(w http.ResponseWriter, _ *http.Request) {
	reply(w, http.StatusOK, map[string]string{"status": "ok"})
}

func (s *Server) readyz(w http.ResponseWriter, _ *http.Request) {
	if err := s.agent.Ready(); err != nil {
		reply(w, http.StatusServiceUnavailable, map[string]string{"status": "not ready", "why": err.Error()})
		return
	}
	reply(w, http.StatusOK, map[string]string{"status": "ready"})
}
