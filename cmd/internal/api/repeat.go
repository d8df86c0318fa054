package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"net/http"
	"sync"
	"time"

	"penlog/session"
)

// Repeats of a request are answered as the first one was, for a while: a client
// whose answer was lost may ask again without anything happening twice.
const (
	keepAnswers = 10 * time.Minute
	mostAnswers = 1024
	keyMost     = 200 // bytes of an idempotency key
)

// repeats remembers answers by their idempotency keys.
type repeats struct {
	mu    sync.Mutex
	known map[string]*repeat
}

type repeat struct {
	sum  [sha256.Size]byte // of the request
	at   time.Time
	done chan struct{} // closed when it is answered
	code int           // 0: it was never answered
	body []byte
}

// begin returns what is known of the key, and whether this request is the first
// with it. A key of before that has another request is refused.
func (s *repeats) begin(key string, body []byte, now time.Time) (r *repeat, first bool, err *session.RefusedError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known == nil {
		s.known = map[string]*repeat{}
	}
	sum := sha256.Sum256(body)
	if r, ok := s.known[key]; ok && now.Sub(r.at) < keepAnswers {
		if r.sum != sum {
			return nil, false, &session.RefusedError{Code: "key_reused", Words: "this idempotency key belongs to another command",
				Remedy: "take a new key for a new command"}
		}
		return r, false, nil
	}
	s.forget(now)
	if len(s.known) >= mostAnswers {
		return nil, false, &session.RefusedError{Code: "too_many", Words: "too many commands wait for their answers to be forgotten", Remedy: "send this one without a key, or later"}
	}
	r = &repeat{sum: sum, at: now, done: make(chan struct{})}
	s.known[key] = r
	return r, true, nil
}

// forget drops what is old.
func (s *repeats) forget(now time.Time) {
	for k, r := range s.known {
		if now.Sub(r.at) >= keepAnswers {
			delete(s.known, k)
		}
	}
}

// end keeps the answer. One that says nothing of the command's fate is not kept:
// asked again, the command is given again.
func (s *repeats) end(key string, r *repeat, code int, body []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if code >= http.StatusInternalServerError {
		delete(s.known, key)
	} else {
		r.code, r.body = code, bytes.Clone(body)
	}
	close(r.done)
}

// wait waits for the answer to the first request.
func (r *repeat) wait(ctx context.Context) (int, []byte, bool) {
	select {
	case <-r.done:
		return r.code, r.body, r.code != 0
	case <-ctx.Done():
		return 0, nil, false
	}
}
