package store_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// childVar names what a child process, this test binary run again, is to do.
const childVar = "PENLOG_STORE_CHILD"

// children are the parts that need a process of their own. They get the
// arguments behind "--" and write lines to stdout.
var children = map[string]func(args []string, out io.Writer) error{}

func TestMain(m *testing.M) {
	job := os.Getenv(childVar)
	if job == "" {
		os.Exit(m.Run())
	}
	go func() { // stdin ends with the parent, and so does the child
		io.Copy(io.Discard, os.Stdin)
		os.Exit(2)
	}()
	if err := children[job](os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// child is a running child process.
type child struct {
	*exec.Cmd
	lines  *bufio.Scanner  // of its stdout
	stderr strings.Builder // to be read after Wait
}

// spawn starts a child. It is killed and waited for at the end of the test.
func spawn(t testing.TB, job string, args ...string) *child {
	t.Helper()
	c, err := spawnWith(t, nil, job, args...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// spawnWith is spawn with attributes the system may refuse.
func spawnWith(t testing.TB, attr *syscall.SysProcAttr, job string, args ...string) (*child, error) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := &child{Cmd: exec.Command(exe, args...)}
	c.Env = append(os.Environ(), childVar+"="+job)
	c.SysProcAttr = attr
	c.Stderr = &c.stderr
	if _, err := c.StdinPipe(); err != nil { // open until Wait: see TestMain
		t.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		return nil, err
	}
	t.Cleanup(func() {
		c.Process.Kill()
		c.Wait()
		if t.Failed() && c.stderr.Len() > 0 {
			t.Logf("child %s: %s", job, c.stderr.String())
		}
	})
	c.lines = bufio.NewScanner(out)
	return c, nil
}

// line returns the child's next line, "" at its end.
func (c *child) line() string {
	c.lines.Scan()
	return c.lines.Text()
}

// rest returns all lines until the child ends.
func (c *child) rest() (lines []string) {
	for c.lines.Scan() {
		lines = append(lines, c.lines.Text())
	}
	return lines
}
