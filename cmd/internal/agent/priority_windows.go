package agent

import "golang.org/x/sys/windows"

// Prioritize lets this process go before ordinary programs, until undo. Every
// user may.
func Prioritize() (undo func(), err error) {
	self := windows.CurrentProcess()
	was, err := windows.GetPriorityClass(self)
	if err != nil {
		return nil, err
	}
	if err := windows.SetPriorityClass(self, windows.HIGH_PRIORITY_CLASS); err != nil {
		return nil, err
	}
	return func() { _ = windows.SetPriorityClass(self, was) }, nil
}
