package agent_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"

	"penlog/cmd/internal/agent"
)

const (
	tunedEnv  = "PENLOG_TEST_TUNED"
	nobodyEnv = "PENLOG_TEST_NOBODY"
)

func TestMain(m *testing.M) {
	if os.Getenv(tunedEnv) != "" {
		tuned()
		return
	}
	os.Exit(m.Run())
}

// tuned goes first and says how each of its threads is scheduled, those included
// that came after; then again after the undoing.
func tuned() {
	if os.Getenv(nobodyEnv) != "" && os.Geteuid() == 0 {
		if err := unix.Setrlimit(unix.RLIMIT_RTPRIO, &unix.Rlimit{}); err != nil {
			panic(err)
		}
		if err := syscall.Setuid(65534); err != nil {
			panic(err)
		}
	}
	undo, err := agent.Prioritize()
	if err != nil {
		fmt.Println("refused:", err)
		undo = func() {}
	}
	var on, off sync.WaitGroup
	off.Add(1)
	for range 20 {
		on.Add(1)
		go func() {
			runtime.LockOSThread()
			on.Done()
			off.Wait()
		}()
	}
	on.Wait()
	threads()
	undo()
	fmt.Println("undone")
	threads()
	off.Done()
}

func threads() {
	all, err := os.ReadDir("/proc/self/task")
	if err != nil {
		panic(err)
	}
	for _, e := range all {
		var tid int
		fmt.Sscan(e.Name(), &tid)
		a, err := unix.SchedGetAttr(tid, 0)
		if err != nil {
			panic(err)
		}
		fmt.Printf("policy=%d priority=%d\n", a.Policy, a.Priority)
	}
}

// As who the tests run, and as somebody who may do nothing.
func TestAgentGoesBeforeOrdinaryPrograms(t *testing.T) {
	for _, nobody := range []bool{false, true} {
		c := exec.Command(os.Args[0])
		c.Env = append(os.Environ(), tunedEnv+"=1")
		if nobody {
			c.Env = append(c.Env, nobodyEnv+"=1")
		}
		b, err := c.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, b)
		}
		during, after, ok := strings.Cut(string(b), "undone")
		refused := strings.Contains(during, "refused")
		raised, all := strings.Count(during, "policy=2 priority=1"), strings.Count(during, "policy=")
		switch {
		case !ok || all < 20 || strings.Count(after, "policy=") < 20:
			t.Errorf("%d threads: %s", all, b)
		case refused && raised > 0, !refused && raised != all:
			t.Errorf("%d of %d threads go first, refused: %v\n%s", raised, all, refused, b)
		case !refused && nobody && os.Geteuid() == 0:
			t.Errorf("nobody may go first:\n%s", b)
		case strings.Contains(after, "policy=2"):
			t.Errorf("undone in part:\n%s", b)
		}
	}
}

// The agent goes first once it was not run for long, for half a minute after the
// last time; who may not, is told so once.
func TestAgentGoesFirstWhileThePCIsBusy(t *testing.T) {
	for _, allowed := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			var first atomic.Int32
			var log syncBuffer
			late, run := agent.PriorityForTest(slog.New(slog.NewTextHandler(&log, nil)), func() (func(), error) {
				if !allowed {
					return nil, errors.New("not for you")
				}
				first.Add(1)
				return func() { first.Add(-1) }, nil
			})
			ctx, cancel := context.WithCancel(t.Context())
			end := make(chan struct{})
			go func() { defer close(end); run(ctx) }()
			want := map[bool]int32{true: 1}[allowed]
			for _, step := range []struct {
				late bool
				wait time.Duration
				want int32
			}{
				{false, time.Minute, 0}, {true, time.Second, want}, {true, 28 * time.Second, want},
				{true, 15 * time.Second, want}, {false, 16 * time.Second, 0}, {true, time.Second, want},
			} {
				if step.late {
					late()
				}
				if time.Sleep(step.wait); first.Load() != step.want {
					t.Errorf("allowed %v: goes first %d times, want %d, after %+v", allowed, first.Load(), step.want, step)
				}
			}
			cancel()
			if <-end; first.Load() != 0 {
				t.Error("still first after its end")
			}
			if n := strings.Count(log.String(), "LimitRTPRIO=1"); n != int(1-want) {
				t.Errorf("told %d times what to do:\n%s", n, log.String())
			}
		})
	}
}
