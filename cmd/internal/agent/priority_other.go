//go:build !linux && !windows

package agent

import "golang.org/x/sys/unix"

// raisePriority lets this process go before ordinary programs, so that a busy
// PC can't hold renewals up. Only the superuser may; otherwise it changes
// nothing and says why.
func raisePriority() error { return unix.Setpriority(unix.PRIO_PROCESS, 0, -10) }
