//go:build !linux && !windows

package agent

import "golang.org/x/sys/unix"

// Prioritize lets this process go before ordinary programs, until undo. Only the
// superuser may; otherwise it changes nothing and says why.
func Prioritize() (undo func(), err error) {
	was, err := unix.Getpriority(unix.PRIO_PROCESS, 0)
	if err != nil {
		return nil, err
	}
	if err := unix.Setpriority(unix.PRIO_PROCESS, 0, -10); err != nil {
		return nil, err
	}
	return func() { _ = unix.Setpriority(unix.PRIO_PROCESS, 0, was) }, nil
}
