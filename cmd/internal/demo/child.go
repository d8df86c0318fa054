package demo

import (
	"bytes"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// endWait is how long a child may take to end by itself.
const endWait = 5 * time.Second

// child is a process of the demo's. It ends when its standard input does, so it
// can't outlive the demo, however that ends.
type child struct {
	name  string
	cmd   *exec.Cmd
	in    io.WriteCloser
	out   io.ReadCloser // nil: not wanted
	said  tail
	asked atomic.Bool   // its end is meant
	done  chan struct{} // closed when it has ended
	err   error         // set before done is closed
}

// Program is how this program is called again.
type Program struct {
	Path string // of the executable
	Name string // its first argument; empty: Path
}

// start starts the program with args. What it says as an error is kept.
func (p Program) start(name string, args []string, wantOut bool) (*child, error) {
	c := &child{name: name, cmd: exec.Command(p.Path, args...), done: make(chan struct{})}
	if p.Name != "" {
		c.cmd.Args[0] = p.Name
	}
	c.cmd.Stderr = &c.said
	apart(c.cmd)
	fail := func(err error) (*child, error) {
		return nil, fmt.Errorf("demo: the %s can't be started: %w", name, err)
	}
	var err error
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		return fail(err)
	}
	if wantOut {
		if c.out, err = c.cmd.StdoutPipe(); err != nil {
			return fail(err)
		}
	}
	if err := c.cmd.Start(); err != nil {
		return fail(err)
	}
	return c, nil
}

// wait waits for the process; the reader of out must have come to its end.
func (c *child) wait() {
	c.err = c.cmd.Wait()
	close(c.done)
}

// end asks the process to end by closing its input, and kills it when it does not.
func (c *child) end() error {
	c.in.Close()
	t := time.NewTimer(endWait)
	defer t.Stop()
	select {
	case <-c.done:
		return c.why()
	case <-t.C:
		c.kill()
		return fmt.Errorf("demo: the %s did not end within %v of being asked and was killed", c.name, endWait)
	}
}

// kill ends the process at once, as kill -9 does, and waits until it is gone.
func (c *child) kill() {
	c.cmd.Process.Kill()
	<-c.done
}

// why says how the process ended and what it said, nil when it ended well.
func (c *child) why() error {
	if c.err == nil {
		return nil
	}
	if said := c.said.String(); said != "" {
		return fmt.Errorf("demo: the %s ended: %w; it said: %s", c.name, c.err, said)
	}
	return fmt.Errorf("demo: the %s ended: %w", c.name, c.err)
}

// tail keeps the last of what is written to it.
type tail struct {
	mu sync.Mutex
	b  []byte
}

const tailCap = 2000 // bytes

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.b = append(t.b, p...)
	if n := len(t.b) - tailCap; n > 0 {
		t.b = append(t.b[:0], t.b[n:]...)
	}
	return len(p), nil
}

// String gives the last lines.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	lines := strings.Split(string(bytes.TrimSpace(t.b)), "\n")
	return strings.Join(lines[max(0, len(lines)-3):], " / ")
}
