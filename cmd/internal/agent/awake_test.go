package agent_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"penlog/cmd/internal/agent"
	"penlog/session"
)

// A PC that could not be kept awake once is asked again: the check must not stand in
// the way until the agent starts anew.
func TestKeepingAwakeIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		works, tries, released := false, 0, 0
		stay, run, fact := agent.AwakeForTest(slog.New(slog.NewTextHandler(&log, nil)), func(string) (func(), error) {
			if tries++; !works {
				return nil, errors.New("device: sleep not inhibited: busy; wait")
			}
			return func() { released++ }, nil
		})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { run(ctx); close(ended) }()
		wish := func(seconds int) {
			for range seconds * 10 {
				stay(true)
				time.Sleep(100 * time.Millisecond)
			}
		}
		wish(15)
		if f := fact(); f.State != session.FactUnknown || !strings.Contains(f.Words, "busy") || tries != 2 {
			t.Errorf("refused: %+v after %d tries", f, tries)
		}
		works = true
		wish(15)
		if f := fact(); f.State != session.FactGood || tries != 3 {
			t.Errorf("allowed again: %+v after %d tries", f, tries)
		}
		stay(false)
		synctest.Wait()
		if released != 1 {
			t.Errorf("released %d times", released)
		}
		cancel()
		<-ended
		if n := strings.Count(log.String(), "level=WARN"); n != 1 {
			t.Errorf("warned %d times", n)
		}
	})
}
