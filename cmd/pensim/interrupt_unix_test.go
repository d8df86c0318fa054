//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"

	"penlog/cmd/internal/campaign/report"
)

// program is a command that runs this program itself, with a cache of its own. It
// is killed when it takes too long.
func program(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	name := filepath.Join(dir, "pensim") // see TestMain
	if err := os.Symlink(exe, name); err != nil {
		t.Fatal(err)
	}
	c := exec.Command(name, args...)
	c.Env = append(os.Environ(), "XDG_CACHE_HOME="+dir, "TERM=xterm")
	deadline := time.AfterFunc(time.Minute, func() {
		if c.Process != nil {
			_ = c.Process.Kill()
		}
	})
	t.Cleanup(func() { deadline.Stop() })
	return c
}

// onTerminal starts c on a terminal and gives what reads it until a pattern shows.
func onTerminal(t *testing.T, c *exec.Cmd, columns uint16) (screen *os.File, await func(pattern string) string) {
	t.Helper()
	screen, err := pty.StartWithSize(c, &pty.Winsize{Rows: 24, Cols: columns})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { screen.Close() })
	return screen, reader(t, screen)
}

// reader gives what reads a screen until a pattern shows, and returns what came till then.
func reader(t *testing.T, screen *os.File) (await func(pattern string) string) {
	var shown []byte
	return func(pattern string) string {
		t.Helper()
		re := regexp.MustCompile(pattern)
		b := make([]byte, 4096)
		for {
			if at := re.FindIndex(shown); at != nil {
				seen := string(shown[:at[1]])
				shown = shown[at[1]:]
				return seen
			}
			n, err := screen.Read(b)
			if err != nil {
				t.Fatalf("did not show %q before it ended (%v); shown at last: %q", pattern, err, shown[max(0, len(shown)-500):])
			}
			shown = append(shown, b[:n]...)
		}
	}
}

func exitCode(t *testing.T, err error) int {
	t.Helper()
	var e *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &e):
		return e.ExitCode()
	}
	t.Fatal(err)
	return 0
}

func readReport(t *testing.T, file string) (r report.Report) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(data, &r)
	}
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// On a terminal a campaign shows one line that fits, also after the terminal got
// another width. Ctrl-C prints what was done, writes the files and ends with 1.
func TestCtrlCEndsACampaignWithItsReport(t *testing.T) {
	files := t.TempDir()
	c := program(t, "campaign", "--seeds", "1..50000000", "--class", "human", "--for", "3s", "--json", filepath.Join(files, "a.json"), "--junit", filepath.Join(files, "a.xml"), "--html", filepath.Join(files, "a.html"))
	screen, await := onTerminal(t, c, 100)
	await(`\r\[\.+\] \d+ of 50000000, .* left, \d+ times life`)
	if err := pty.Setsize(screen, &pty.Winsize{Rows: 24, Cols: 25}); err != nil {
		t.Fatal(err)
	}
	await(`\r\d+ of 50000000[^\r]*\r`) // no room for a bar
	for range 3 {
		line := await(`\r`)
		if n := len(line) - 1; n > 24 {
			t.Errorf("%d characters on 25 columns: %q", n, line)
		}
	}
	if _, err := screen.WriteString("\x03"); err != nil { // the terminal makes it a signal
		t.Fatal(err)
	}
	seen := await(`stopped on the way: the figures are of what was played`)
	if !strings.Contains(seen, "procedures") {
		t.Errorf("the report is not there: %q", seen)
	}
	await(`may it touch a patient\? +not shown`)
	await(`Stopped by hand after`)
	_, _ = io.Copy(io.Discard, screen) // until it ends; a terminal whose program ended gives an error
	if code := exitCode(t, c.Wait()); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	if r := readReport(t, filepath.Join(files, "a.json")); !r.Interrupted || r.Played == 0 || r.Counts.Runs != uint64(r.Played) {
		t.Errorf("interrupted %t, %d played, counts of %d", r.Interrupted, r.Played, r.Counts.Runs)
	}
	for file, want := range map[string]string{"a.xml": `type="interrupted"`, "a.html": "Not shown yet"} {
		if data, err := os.ReadFile(filepath.Join(files, file)); err != nil || !bytes.Contains(data, []byte(want)) {
			t.Errorf("%s: error %v, want %q in it", file, err, want)
		}
	}
	if left, err := filepath.Glob(filepath.Join(files, ".*")); err != nil || len(left) > 0 {
		t.Errorf("left over: %v, %v", left, err)
	}
}

func TestCtrlCEndsARunWithItsReport(t *testing.T) {
	out := filepath.Join(t.TempDir(), "a.json")
	c := program(t, "run", "cable-pulled-in-use", "--seeds", "100000", "--json", out)
	screen, await := onTerminal(t, c, 80)
	await(`\d+ of 100000`)
	if _, err := screen.WriteString("\x03"); err != nil {
		t.Fatal(err)
	}
	await(`\d+ of 100000 scenarios played in .*; stopped before the others`)
	_, _ = io.Copy(io.Discard, screen)
	if code := exitCode(t, c.Wait()); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	if r := readReport(t, out); !r.Interrupted || r.Played == 0 || len(r.Cases) != r.Played {
		t.Errorf("interrupted %t, %d played, %d cases", r.Interrupted, r.Played, len(r.Cases))
	}
}

// A second Ctrl-C ends it at once, whatever it is at: here a report that nobody
// takes.
func TestASecondCtrlCEndsAtOnce(t *testing.T) {

	c := program(t, "run", "cable-pulled-in-use", "--seeds", "100000", "--json", "-")
	terminal, end, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer terminal.Close()
	c.Stderr = end
	// A pipe that is full before the report begins: it can't be written.
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := fill(w); err != nil {
		t.Fatal(err)
	}
	c.Stdout = w
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	end.Close()
	await := reader(t, terminal)
	for _, shown := range []string{`\d+ of 100000`, `stopped before the others`} {
		await(shown)
		if err := c.Process.Signal(syscall.SIGINT); err != nil {
			t.Fatal(err)
		}
	}
	if code := exitCode(t, c.Wait()); code != exitAtOnce {
		t.Errorf("exit code %d, want %d", code, exitAtOnce)
	}
}

// fill writes to a pipe until it takes no more.
func fill(w *os.File) error {
	raw, err := w.SyscallConn()
	if err != nil {
		return err
	}
	b := make([]byte, 4096)
	for err == nil {
		if bad := raw.Write(func(fd uintptr) bool {
			_, err = syscall.Write(int(fd), b)
			return true
		}); bad != nil {
			return bad
		}
	}
	if errors.Is(err, syscall.EAGAIN) {
		return nil
	}
	return err
}
