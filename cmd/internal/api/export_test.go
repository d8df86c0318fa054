package api

import "time"

// SetWait bounds the wait for a command's commit.
func (s *Server) SetWait(d time.Duration) { s.wait = d }

// Streams is how many streams are open.
func (s *Server) Streams() int {
	s.feed.mu.Lock()
	defer s.feed.mu.Unlock()
	return len(s.feed.clients)
}
