package term

import (
	"os"

	"golang.org/x/sys/windows"
)

// Prepare lets a console draw: older ones print escapes and UTF-8 as they are
// unless told otherwise. It reports whether w is a console that can.
func Prepare(w *os.File) bool {
	h := windows.Handle(w.Fd())
	var mode uint32
	if err := windows.GetConsoleMode(h, &mode); err != nil {
		return false
	}
	const utf8 = 65001
	if windows.SetConsoleMode(h, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) != nil {
		return false
	}
	return windows.SetConsoleOutputCP(utf8) == nil
}
