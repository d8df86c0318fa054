package device_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"penlog/device"
)

func TestAPenThatTakesNothingIsAbandonedOnARealPort(t *testing.T) {
	pen, _, addr := openPTY(t)
	l := device.NewLine(open(t, addr))
	begin := time.Now()
	err := l.Run(t.Context(), stepper(func([]byte, bool) {
		for range 8 { // the pen's end reads nothing: the terminal fills up
			l.Out().PutControl(make([]byte, device.MaxFrame))
		}
	}))
	gone, ok := errors.AsType[*device.AbandonedError](err)
	if !ok || gone.Op != device.OpWrite || l.Stats().Abandoned != 1 {
		t.Fatalf("Run() = %v, want an AbandonedError about the write", err)
	}
	if took := time.Since(begin); took > 3*time.Second {
		t.Errorf("it took %v to notice", took)
	}
	if s := l.Stats(); s.Mailbox.DroppedControl == 0 {
		t.Errorf("Stats() = %+v, want control frames that were dropped and counted", s)
	}
	select {
	case <-l.Released():
		t.Error("the port was closed with a write inside")
	default:
	}
	pen.Close()
	<-l.Released()
}

func TestUnpluggingARealPortInTheMiddleOfWrites(t *testing.T) {
	for range 10 {
		pen, _, addr := openPTY(t)
		l := device.NewLine(open(t, addr))
		end := make(chan error, 1)
		go func() {
			end <- l.Run(t.Context(), stepper(func(b []byte, _ bool) {
				for range 4 {
					l.Out().PutControl(make([]byte, device.MaxFrame))
				}
			}))
		}()
		io.ReadFull(pen, make([]byte, 2000))
		pen.Close()
		if err := <-end; !errors.Is(err, device.ErrLost) {
			t.Fatalf("Run() = %v, want %v", err, device.ErrLost)
		}
	}
}

// sleeper is the environment variable that makes this test binary run a line on
// the port it names, for the test below.
const sleeper = "DEVICE_TEST_SLEEPER"

// A host that sleeps for longer than the watchdog waits must not wake up to the
// verdict that its port hangs.
func TestAHostThatSleptBlamesNobody(t *testing.T) {
	if port := os.Getenv(sleeper); port != "" {
		sleepingHost(t, port)
		return
	}
	pen, slave, _ := openPTY(t)
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), sleeper+"="+slave.Name())
	out := filepath.Join(t.TempDir(), "out")
	log, err := os.Create(out)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	answer := make([]byte, 2)
	if _, err := io.ReadFull(pen, answer[:1]); err != nil { // the line is up
		t.Fatal(err)
	}
	cmd.Process.Signal(syscall.SIGSTOP)
	for !stopped(t, cmd.Process.Pid) {
		time.Sleep(time.Millisecond)
	}
	time.Sleep(1500 * time.Millisecond) // how long the host sleeps is what is tested
	cmd.Process.Signal(syscall.SIGCONT)
	pen.Write([]byte("x"))
	if _, err := io.ReadFull(pen, answer[1:]); err != nil || string(answer) != "ab" {
		t.Errorf("after its sleep the host answered %q, %v", answer, err)
	}
	if err := cmd.Wait(); err != nil {
		said, _ := os.ReadFile(out)
		t.Errorf("the host that slept: %v\n%s", err, said)
	}
}

// stopped reports whether every thread of the process stands still.
func stopped(t *testing.T, pid int) bool {
	t.Helper()
	stats, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
	if err != nil || len(stats) == 0 {
		t.Fatalf("no threads of process %d: %v", pid, err)
	}
	for _, path := range stats {
		stat, err := os.ReadFile(path)
		if err != nil {
			return false // a thread that has just ended
		}
		_, state, _ := strings.Cut(string(stat), ") ")
		if !strings.HasPrefix(state, "T") {
			return false
		}
	}
	return true
}

// sleepingHost runs a line that says a, waits for a byte, says b, and goes on for
// as long as the watchdog needs to make up its mind.
func sleepingHost(t *testing.T, port string) {
	l := device.NewLine(open(t, address(t, "serial://"+port)))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	said := false
	err := l.Run(ctx, stepper(func(b []byte, _ bool) {
		if !said { // a gap is between two reads: the sleep must come after the first
			said = true
			l.Out().PutControl([]byte("a"))
		}
		if len(b) > 0 {
			l.Out().PutControl([]byte("b"))
			time.AfterFunc(300*time.Millisecond, cancel)
		}
	}))
	if err != nil {
		t.Errorf("Run() = %v", err)
	}
	if gap := l.Stats().LongestGap; gap < time.Second {
		t.Errorf("the longest gap between reads is %v: the host did not sleep", gap)
	}
}
