package agent

import "golang.org/x/sys/windows"

// raisePriority lets this process go before ordinary programs, so that a busy
// PC can't hold renewals up. Every user may.
func raisePriority() error {
	return windows.SetPriorityClass(windows.CurrentProcess(), windows.HIGH_PRIORITY_CLASS)
}
