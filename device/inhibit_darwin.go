package device

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"sync"
)

// inhibitSleep runs caffeinate, which ends by itself when this process does.
func inhibitSleep(string) (func(), error) {
	cmd := exec.Command("caffeinate", "-d", "-i", "-s", "-w", strconv.Itoa(os.Getpid()))
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("%w: %v; switch off automatic sleep in the system's settings", ErrInhibit, err)
	}
	return sync.OnceFunc(func() {
		cmd.Process.Kill()
		cmd.Wait()
	}), nil
}
