package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"penlog/cmd/internal/agent"
	"penlog/protocol"
	"penlog/session"
)

const (
	// streamEvery is how often clients are sent a view at most.
	streamEvery = 100 * time.Millisecond
	// streamWrite bounds the writing of one frame to a client, and streamBehind the
	// frames that wait for it: a slower one is dropped, never waited for.
	streamWrite  = 2 * time.Second
	streamBehind = 20
	// maxStreams is how many streams there are at once: connections are left for commands.
	maxStreams = maxConns / 2
)

// Frame is one event of the stream.
type Frame struct {
	At     protocol.At  `json:"at_us"` // it was sent: what comes late is not how things are
	View   session.View `json:"view"`
	Events []NamedEvent `json:"events,omitempty"`
	Missed int          `json:"missed,omitempty"` // views left out since the stream began, while this PC was too busy
}

// feed makes the frames of the stream, each once for all clients.
type feed struct {
	agent *agent.Agent

	mu      sync.Mutex
	clients map[chan []byte]struct{} // a client that is too slow has its channel closed
	running bool
}

// join begins to feed a client, end it with leave; nil when there are too many.
func (f *feed) join() chan []byte {
	c := make(chan []byte, streamBehind)
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.clients) >= maxStreams {
		return nil
	}
	if f.clients == nil {
		f.clients = map[chan []byte]struct{}{}
	}
	f.clients[c] = struct{}{}
	if !f.running {
		f.running = true
		go f.run(f.agent.Watch())
	}
	return c
}

func (f *feed) leave(c chan []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.clients, c)
}

// run feeds the clients until none is left. What comes faster than it may be sent is
// sent together: the newest view, and every event.
func (f *feed) run(watch *agent.Watch) {
	defer f.agent.Unwatch(watch)
	due := time.NewTicker(streamEvery)
	defer due.Stop()
	var next agent.Update
	waits := false
	for {
		select {
		case u := <-watch.C:
			u.Events = append(next.Events, u.Events...)
			next, waits = u, true
			continue
		case <-due.C:
		}
		var b []byte
		if waits {
			b = frame(&next)
		}
		if !f.send(b) {
			return
		}
		if waits {
			next, waits = agent.Update{}, false
		}
	}
}

// send hands a frame, if there is one, to every client. When none is left it reports
// false: the run is over.
func (f *feed) send(b []byte) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for c := range f.clients {
		if b == nil {
			break
		}
		select {
		case c <- b:
		default:
			delete(f.clients, c)
			close(c)
		}
	}
	f.running = len(f.clients) > 0
	return f.running
}

// frame words an update as a server-sent event; nil when it can't be worded.
func frame(u *agent.Update) []byte {
	b, err := json.Marshal(Frame{At: protocol.At(time.Now().UnixMicro()), View: u.View, Events: named(u.Events), Missed: u.Missed})
	if err != nil {
		return nil
	}
	return append(append([]byte("data: "), b...), "\n\n"...)
}

// stream sends views and events as server-sent events: what is now, and then what
// changes.
func (s *Server) stream(w http.ResponseWriter, r *http.Request) {
	frames := s.feed.join()
	if frames == nil {
		fail(w, &session.RefusedError{Code: "too_many", Words: fmt.Sprintf("%d streams are open already", maxStreams), Remedy: "close one, then open this one again"}, http.StatusServiceUnavailable)
		return
	}
	rc := http.NewResponseController(w)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	defer s.feed.leave(frames)
	b, more := frame(&agent.Update{View: s.agent.View()}), true
	for b != nil {
		if rc.SetWriteDeadline(time.Now().Add(streamWrite)) != nil {
			return
		}
		if _, err := w.Write(b); err != nil || rc.Flush() != nil {
			return
		}
		select {
		case <-r.Context().Done():
			return
		case b, more = <-frames:
			if !more {
				return
			}
		}
	}
}
