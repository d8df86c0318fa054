package simpen

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// Bounds of the control endpoint. Whoever goes beyond one is told so.
const (
	deskLine  = 64 << 10 // bytes of a control
	deskConns = 8        // at once
	deskIdle  = 10 * time.Minute
	deskWrite = 2 * time.Second
)

// desk takes controls from other programs, on a socket or a loopback port: one
// JSON object a line, each answered by one observation, done or refused. Its
// goroutines end before close returns.
type desk struct {
	where string // as in [Ready.Control]
	path  string // of the socket; empty: a port
	ctx   context.Context
	l     net.Listener
	asks  chan<- Control
	wg    sync.WaitGroup

	mu    sync.Mutex // guards conns
	conns map[net.Conn]bool
}

// openDesk begins to listen on a path, or on host:port of this machine alone:
// whoever reaches it works the pen.
func openDesk(ctx context.Context, at string, asks chan<- Control) (*desk, error) {
	d := &desk{ctx: ctx, asks: asks, conns: map[net.Conn]bool{}}
	var err error
	if host, _, bad := net.SplitHostPort(at); bad == nil && !strings.ContainsAny(at, `/\`) {
		if ip, bad := netip.ParseAddr(host); host != "localhost" && (bad != nil || !ip.IsLoopback()) {
			return nil, fmt.Errorf("%w: control on %s: whoever reaches it works the pen, so it is on this machine alone: take 127.0.0.1:0 or a path", ErrConfig, at)
		}
		if d.l, err = net.Listen("tcp", at); err != nil {
			return nil, fmt.Errorf("simpen: control: %w", err)
		}
		d.where = "tcp://" + d.l.Addr().String()
	} else if err = d.socket(at); err != nil {
		return nil, err
	}
	d.wg.Go(d.accept)
	return d, nil
}

// socket listens on a path. It takes the place of a socket at which nobody
// listens any more, and of nothing else.
func (d *desk) socket(path string) error {
	path, err := filepath.Abs(path)
	if err != nil {
		return fmt.Errorf("simpen: control: %w", err)
	}
	switch fi, err := os.Lstat(path); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return fmt.Errorf("simpen: control: %w", err)
	case fi.Mode()&fs.ModeSocket == 0:
		return fmt.Errorf("simpen: control: %s is in the way: name another path, or remove it", path)
	default:
		if c, err := net.Dial("unix", path); err == nil {
			c.Close()
			return fmt.Errorf("simpen: control: another pen is worked at %s: name another path", path)
		}
		os.Remove(path)
	}
	if d.l, err = net.Listen("unix", path); err != nil {
		return fmt.Errorf("simpen: control: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		d.l.Close()
		return fmt.Errorf("simpen: control: %w", err)
	}
	d.path, d.where = path, "unix://"+filepath.ToSlash(path)
	return nil
}

func (d *desk) accept() {
	for {
		c, err := d.l.Accept()
		if err != nil {
			if d.ctx.Err() != nil || errors.Is(err, net.ErrClosed) {
				return
			}
			select { // out of files, perhaps: not at once again
			case <-d.ctx.Done():
				return
			case <-time.After(50 * time.Millisecond):
			}
			continue
		}
		d.mu.Lock()
		room := len(d.conns) < deskConns && d.ctx.Err() == nil
		if room {
			d.conns[c] = true
		}
		d.mu.Unlock()
		if !room {
			tell(c, Observation{See: "refused", Simulated: true, Why: fmt.Sprintf("%d others work this pen already: close one of them", deskConns)})
			c.Close()
			continue
		}
		d.wg.Go(func() { d.serve(c) })
	}
}

// tell writes an observation as a line.
func tell(c net.Conn, o Observation) bool {
	b, err := json.Marshal(o)
	if err != nil {
		return false
	}
	_ = c.SetWriteDeadline(time.Now().Add(deskWrite))
	_, err = c.Write(append(b, '\n'))
	return err == nil
}

// serve answers one client until it goes, or does not behave.
func (d *desk) serve(c net.Conn) {
	defer func() {
		d.mu.Lock()
		delete(d.conns, c)
		d.mu.Unlock()
		c.Close()
	}()
	lines := bufio.NewScanner(c)
	lines.Buffer(nil, deskLine)
	for d.wait(c) && lines.Scan() {
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 {
			continue
		}
		answer := make(chan Observation, 1)
		ctl := parseControl(line)
		ctl.answer = answer
		select {
		case d.asks <- ctl:
		case <-d.ctx.Done():
			tell(c, Observation{See: "refused", Of: ctl.Do, Simulated: true, Why: "the pen is being put away"})
			return
		}
		if !tell(c, <-answer) {
			return
		}
	}
	if errors.Is(lines.Err(), bufio.ErrTooLong) {
		tell(c, Observation{See: "refused", Simulated: true, Why: fmt.Sprintf("a control has at most %d bytes, and ends with a new line", deskLine)})
	}
}

// wait gives a client its time to say something; none when the pen is put away.
func (d *desk) wait(c net.Conn) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.ctx.Err() != nil {
		return false
	}
	return c.SetReadDeadline(time.Now().Add(deskIdle)) == nil
}

// close ends it; d.ctx is done. What is being answered is answered.
func (d *desk) close() {
	d.l.Close()
	d.mu.Lock()
	for c := range d.conns {
		_ = c.SetReadDeadline(time.Now())
	}
	d.mu.Unlock()
	d.wg.Wait()
	if d.path != "" {
		os.Remove(d.path)
	}
}
