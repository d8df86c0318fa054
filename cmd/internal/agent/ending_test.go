package agent_test

import (
	"path/filepath"
	"testing"

	"penlog/cmd/internal/agent"
	"penlog/session"
)

// What is on the disk at the end is told so to who waits for it.
func TestAnswerComesWithTheEnd(t *testing.T) {
	r := &room{t: t, dir: filepath.Join(t.TempDir(), "record"), device: "/dev/none"}
	slow, let := make(chan struct{}), make(chan struct{})
	r.change = func(c *agent.Config) {
		c.NoPort = true
		c.Stall = func() {
			select {
			case <-slow:
				<-let
			default:
			}
		}
	}
	r.startAgent()
	r.must(session.Command{Do: session.CmdOpen})
	close(slow)
	n := r.agent.View().Events
	noted, ended := make(chan error, 1), make(chan error, 1)
	go func() { noted <- r.give(session.Command{Do: session.CmdNote, Text: "at the end"}) }()
	r.until("taken", func(v session.View) bool { return v.Events > n })
	go func() { ended <- r.stop() }()
	<-r.agent.SlowLaneEnded() // the disk has not
	close(let)
	if err := <-noted; err != nil {
		t.Errorf("the note is on the disk, and the answer is %v", err)
	}
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if got := len(r.verify()); got != n+1 {
		t.Errorf("%d records, want %d", got, n+1)
	}
	if err := r.give(session.Command{Do: session.CmdNote, Text: "after it"}); err == nil {
		t.Error("a command after the end is answered")
	}
}
