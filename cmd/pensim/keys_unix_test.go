//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
)

// On a terminal, keys drive the pen, a line shows how things stand, and the
// terminal is given back as it was.
func TestKeysDriveThePenOnATerminal(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(t.TempDir(), "pensim")
	if err := os.Symlink(exe, program); err != nil {
		t.Fatal(err)
	}
	c := exec.Command(program, "pen", "--listen", "127.0.0.1:0")
	c.Env = append(os.Environ(), "TERM=xterm")
	screen, err := pty.StartWithSize(c, &pty.Winsize{Rows: 24, Cols: 100})
	if err != nil {
		t.Fatal(err)
	}
	defer screen.Close()
	deadline := time.AfterFunc(20*time.Second, func() { _ = c.Process.Kill() })
	defer deadline.Stop()

	var shown strings.Builder
	await := func(text string) {
		t.Helper()
		b := make([]byte, 4096)
		for !strings.Contains(shown.String(), text) {
			n, err := screen.Read(b)
			if err != nil {
				all := shown.String()
				t.Fatalf("did not show %q before it ended (%v); shown at last: %q", text, err, all[max(0, len(all)-500):])
			}
			shown.Write(b[:n])
		}
	}
	key := func(k string) {
		t.Helper()
		if _, err := screen.WriteString(k); err != nil {
			t.Fatal(err)
		}
	}
	await("keys: space press")
	await("SIMULATED · unplugged · dial 0.50 mm")
	key(" ")
	await("press: no permit, the motor stays off")
	key("+")
	await("dial 0.75 mm")
	key("--")
	await("dial 0.25 mm")
	key("c")
	await("on skin")
	for _, line := range strings.FieldsFunc(shown.String(), func(r rune) bool { return r == '\r' || r == '\n' }) {
		if n := len([]rune(strings.TrimSuffix(line, "\x1b[K"))); strings.HasPrefix(line, "SIMULATED") && n > 99 {
			t.Errorf("a status line of %d columns on a terminal of 100: %q", n, line)
		}
	}
	key("\x03") // a byte, not a signal: the terminal is raw
	if err := c.Wait(); err != nil {
		t.Errorf("after Ctrl-C: %v, want exit code 0", err)
	}
}
