package agent_test

import (
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"

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

// tuned says what it logs and how each of its threads is scheduled, those
// included that came after.
func tuned() {
	if os.Getenv(nobodyEnv) != "" && os.Geteuid() == 0 {
		if err := unix.Setrlimit(unix.RLIMIT_RTPRIO, &unix.Rlimit{}); err != nil {
			panic(err)
		}
		if err := syscall.Setuid(65534); err != nil {
			panic(err)
		}
	}
	agent.Tune(slog.New(slog.NewTextHandler(os.Stdout, nil)))
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
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		panic(err)
	}
	for _, e := range threads {
		var tid int
		fmt.Sscan(e.Name(), &tid)
		a, err := unix.SchedGetAttr(tid, 0)
		if err != nil {
			panic(err)
		}
		fmt.Printf("policy=%d priority=%d\n", a.Policy, a.Priority)
	}
	off.Done()
}

// As root, and as somebody who may do nothing: the agent works all the same and
// says what it lacks.
func TestAgentGoesBeforeOrdinaryPrograms(t *testing.T) {
	for _, nobody := range []bool{false, true} {
		c := exec.Command(os.Args[0])
		c.Env = append(os.Environ(), tunedEnv+"=1")
		if nobody {
			c.Env = append(c.Env, nobodyEnv+"=1")
		}
		b, err := c.CombinedOutput()
		out := string(b)
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		raised := strings.Count(out, "policy=2 ")
		plain := strings.Count(out, "policy=") - raised
		told := strings.Contains(out, "LimitRTPRIO=1")
		switch {
		case plain+raised < 20:
			t.Errorf("%d threads: %s", plain+raised, out)
		case raised > 0 && (plain > 0 || told):
			t.Errorf("raised in part: %s", out)
		case raised == 0 && !told, raised > 0 && nobody && os.Geteuid() == 0:
			t.Errorf("nobody: %v, told: %v, raised: %v\n%s", nobody, told, raised, out)
		}
	}
}
