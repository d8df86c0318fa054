package device

import (
	"bufio"
	"bytes"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// inhibitSleep has systemd-inhibit run cat and holds cat's standard input: the
// lock lasts until the pipe closes, by release or by our death. cat echoes a
// line once the lock is held, since it is not started before.
func inhibitSleep(reason string) (func(), error) {
	path, err := exec.LookPath("systemd-inhibit")
	if err != nil {
		return nil, fmt.Errorf("%w: systemd-inhibit is not installed; switch off automatic suspend in the system's settings", ErrInhibit)
	}
	cmd := exec.Command(path, "--what=sleep:idle", "--mode=block", "--who=Penlog", "--why="+reason, "cat")
	var said bytes.Buffer
	cmd.Stderr = &said
	cmd.WaitDelay = time.Second
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C is ours to handle
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrInhibit, err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrInhibit, err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("%w: %v", ErrInhibit, err)
	}
	echoed := make(chan bool, 1)
	go func() {
		line, _ := bufio.NewReader(out).ReadString('\n') // ends when end closes out
		echoed <- line == "held\n"
	}()
	end := sync.OnceFunc(func() {
		in.Close()
		kill := time.AfterFunc(time.Second, func() { cmd.Process.Kill() })
		defer kill.Stop()
		cmd.Wait() // how it ended is of no interest: its lock is gone
	})
	in.Write([]byte("held\n")) // a dead child shows as the end of its output
	timer := time.NewTimer(2 * time.Second)
	defer timer.Stop()
	why := "systemd-inhibit does not answer"
	select {
	case ok := <-echoed:
		if ok {
			return end, nil
		}
		end() // completes said
		why = "systemd-inhibit says: " + strings.TrimSpace(said.String())
	case <-timer.C:
		cmd.Process.Kill()
		end()
	}
	return nil, fmt.Errorf("%w: %s; switch off automatic suspend in the system's settings", ErrInhibit, why)
}
