//go:build unix

package demo

import (
	"os/exec"
	"syscall"
)

// apart keeps a terminal's Ctrl-C from the child: the demo ends it in its turn.
func apart(c *exec.Cmd) { c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// penAddress is where the pen is offered: flags, and nothing that a clinic uses.
func penAddress(path string) []string { return []string{"--pty", path} }
