package demo

import (
	"os/exec"
	"syscall"
)

// apart keeps a terminal's Ctrl-C from the child: the demo ends it in its turn.
func apart(c *exec.Cmd) {
	c.SysProcAttr = &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}

// penAddress is where the pen is offered: Windows has no pseudo-terminals that
// look like serial ports, so a TCP port stands in.
func penAddress(string) []string { return []string{"--listen", "127.0.0.1:0"} }
