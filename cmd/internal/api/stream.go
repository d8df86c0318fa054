package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"penlog/cmd/internal/agent"
	"penlog/session"
)

// streamWrite bounds the writing of one event to a client: a slower one is
// dropped, never waited for.
const streamWrite = 2 * time.Second

// Frame is one event of the stream.
type Frame struct {
	View   session.View `json:"view"`
	Events []NamedEvent `json:"events,omitempty"`
	Missed int          `json:"missed,omitempty"` // frames this client was too slow for
}

// streamEvery is how often a client is sent a view at most.
const streamEvery = 100 * time.Millisecond

// stream sends views and events as server-sent events. What comes faster than it
// may be sent is sent together: the newest view, and every event.
func (s *Server) stream(w http.ResponseWriter, r *http.Request) {
	rc := http.NewResponseController(w)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	watch := s.agent.Watch()
	defer s.agent.Unwatch(watch)
	due := time.NewTicker(streamEvery)
	defer due.Stop()
	var next agent.Update
	waits := false
	for {
		select {
		case <-r.Context().Done():
			return
		case u := <-watch.C:
			u.Events = append(next.Events, u.Events...)
			next, waits = u, true
			continue
		case <-due.C:
		}
		if !waits {
			continue
		}
		b, err := json.Marshal(Frame{View: next.View, Events: named(next.Events), Missed: next.Missed})
		if err != nil || rc.SetWriteDeadline(time.Now().Add(streamWrite)) != nil {
			return
		}
		if _, err := fmt.Fprintf(w, "data: %s\n\n", b); err != nil || rc.Flush() != nil {
			return
		}
		next, waits = agent.Update{}, false
	}
}
