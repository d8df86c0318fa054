// Package api serves one agent over HTTP: what people see, what they ask for,
// metrics and health. It decides nothing: handlers translate and call, and one
// function maps errors to status and words. It listens on loopback unless told
// otherwise, and answers only requests that name a host it knows.
package api

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"penlog/cmd/internal/agent"
	"penlog/cmd/internal/metrics"
	"penlog/session"
)

// Server is the HTTP side of an agent.
type Server struct {
	agent   *agent.Agent
	mux     http.Handler
	secret  string
	repeats repeats
	feed    feed
	wait    time.Duration // for a command's commit
}

// New returns a server for a. version is shown in the metrics.
func New(a *agent.Agent, version string) *Server {
	s := &Server{agent: a, secret: newSecret(), feed: feed{agent: a}, wait: commandWait}
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
	guard.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fail(w, &session.RefusedError{Code: "cross_origin", Words: "a page of another site gives no commands here", Remedy: "use the agent's own pages"}, http.StatusForbidden)
	}))
	s.mux = knownHost(guard.Handler(mux))
	return s
}

// ServeHTTP serves one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// maxConns is how many connections are served at once. Each holds a file, and
// files that a client uses up are not there for the pen's port.
const maxConns = 64

// writeMost is how long an answer may take to be read: a client that reads none
// keeps no connection.
const writeMost = 30 * time.Second

// HTTP returns an http.Server with its limits set. Streams set deadlines of
// their own.
func (s *Server) HTTP() *http.Server {
	var conns atomic.Int64
	return &http.Server{Handler: s, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second, WriteTimeout: writeMost,
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

func (s *Server) questions(w http.ResponseWriter, _ *http.Request) {
	reply(w, http.StatusOK, s.agent.Policy().Questions())
}

func (s *Server) cartridges(w http.ResponseWriter, _ *http.Request) {
	reply(w, http.StatusOK, s.agent.Cartridges().Models())
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
