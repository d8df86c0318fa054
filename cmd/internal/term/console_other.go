//go:build !windows

package term

import (
	"os"

	"golang.org/x/term"
)

// Prepare reports whether w is a terminal, which can draw as it is.
func Prepare(w *os.File) bool { return term.IsTerminal(int(w.Fd())) }
