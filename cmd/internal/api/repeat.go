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

// repeats remembers answers by their idempotency keys, as long as this start lives.
type repeats struct {
	mu    sync.Mutex
	known map[string]*repeat
}

type repeat struct {
	sum  [sha256.Size]byte // of the request
	free bool              // it needed no sign-in
	at   time.Time
	done chan struct{} // closed when it is answered
	code int           // 0: it was never answered
	body []byte
}

// begin returns what is known of the key, and whether this request is the first
// with it. A key of before that has another request is refused. When too many are
// known, those go first that needed no sign-in, and such a request is never refused:
// nobody may fill the memory so that a stop does not get through.
func (s *repeats) begin(key string, body []byte, free bool, now time.Time) (r *repeat, first bool, err *session.RefusedError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known == nil {
		s.known = map[string]*repeat{}
	}
	sum := sha256.Sum256(body)
	if r, ok := s.known[key]; ok && (!r.answered() || now.Sub(r.at) < keepAnswers) {
		if r.sum != sum {
			return nil, false, &session.RefusedError{Code: "key_reused", Words: "this idempotency key belongs to another command",
				Remedy: "take a new key for a new command"}
		}
		return r, false, nil
	}
	r = &repeat{sum: sum, free: free, at: now, done: make(chan struct{})}
	if s.forget(now); len(s.known) >= mostAnswers {
		if free {
			return r, true, nil // not kept
		}
		return nil, false, &session.RefusedError{Code: "too_many", Words: "too many commands wait for their answers to be forgotten", Remedy: "send this one without a key, or later"}
	}
	s.known[key] = r
	return r, true, nil
}

// answered reports whether there is an answer.
func (r *repeat) answered() bool {
	select {
	case <-r.done:
		return true
	default:
		return false
	}
}

// forget drops what is old, and when there is no room the oldest that needed no
// sign-in. What is not answered yet stays.
func (s *repeats) forget(now time.Time) {
	var oldest *repeat
	var its string
	for k, r := range s.known {
		switch {
		case !r.answered():
		case now.Sub(r.at) >= keepAnswers:
			delete(s.known, k)
		case r.free && (oldest == nil || r.at.Before(oldest.at)):
			oldest, its = r, k
		}
	}
	if len(s.known) >= mostAnswers && oldest != nil {
		delete(s.known, its)
	}
}

// end keeps the answer. One that says that nothing came of it is not kept: asked
// again, the command is given again.
func (s *repeats) end(key string, r *repeat, code int, body []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if code < http.StatusInternalServerError {
		r.code, r.body = code, bytes.Clone(body)
	} else if s.known[key] == r {
		delete(s.known, key)
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
