package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

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

// stream sends views and events as server-sent events, at most 50 a second.
func (s *Server) stream(w http.ResponseWriter, r *http.Request) {
	rc := http.NewResponseController(w)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	watch := s.agent.Watch()
	defer s.agent.Unwatch(watch)
	for {
		select {
		case <-r.Context().Done():
			return
		case u := <-watch.C:
			b, err := json.Marshal(Frame{View: u.View, Events: named(u.Events), Missed: u.Missed})
			if err != nil {
				return
			}
			if rc.SetWriteDeadline(time.Now().Add(streamWrite)) != nil {
				return
			}
			if _, err := fmt.Fprintf(w, "data: %s\n\n", b); err != nil || rc.Flush() != nil {
				return
			}
		}
	}
}
