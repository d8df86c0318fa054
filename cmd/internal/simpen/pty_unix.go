//go:build unix

package simpen

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// ptyEnd offers the pen on a pseudo-terminal, under a symbolic link that stays
// the same when the terminal's name changes with a replug.
type ptyEnd struct {
	ctx  context.Context
	in   chan<- inbound
	path string // of the link; empty: none

	stop   context.CancelFunc
	slave  *os.File // kept open: else our Read fails each time a host closes its end
	fd     int      // of slave, not blocking; File.Fd would make it block
	device string
	conn   *conn
	since  time.Time // since when bytes lie unread; zero: none do
}

func newPTY(ctx context.Context, path string, in chan<- inbound) (endpoint, error) {
	if path != "" {
		abs, err := filepath.Abs(path)
		if err != nil {
			return nil, fmt.Errorf("simpen: %w", err)
		}
		path = abs
	}
	return &ptyEnd{ctx: ctx, path: path, in: in}, nil
}

func (p *ptyEnd) plug() error {
	master, slave, fd, err := openPTY()
	if err != nil {
		return fmt.Errorf("simpen: pseudo-terminal: %w", err)
	}
	p.slave, p.fd, p.device = slave, fd, slave.Name()
	if err := p.link(); err != nil {
		master.Close()
		slave.Close()
		return err
	}
	ctx, stop := context.WithCancel(p.ctx)
	p.stop = stop
	p.conn = serve(ctx, master, p.in)
	return nil
}

// openPTY opens a pair. The slave is raw before anyone can know its name, or the
// terminal would echo, turn CR into LF and take 0x03 for an interrupt. The
// master can be closed while it is read, which the library's can't: it is in
// blocking mode.
func openPTY() (master, slave *os.File, fd int, err error) {
	m, s, err := pty.Open()
	if err != nil {
		return nil, nil, 0, err
	}
	defer m.Close()
	fail := func(err error) (*os.File, *os.File, int, error) {
		s.Close()
		return nil, nil, 0, err
	}
	fd = int(s.Fd())
	if _, err := term.MakeRaw(fd); err != nil {
		return fail(err)
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		return fail(err)
	}
	again, err := unix.FcntlInt(m.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return fail(err)
	}
	if err := unix.SetNonblock(again, true); err != nil {
		unix.Close(again)
		return fail(err)
	}
	return os.NewFile(uintptr(again), m.Name()), s, fd, nil
}

var links atomic.Uint64

// link puts the link in place in one step. It replaces a link to a terminal,
// which an earlier pen may have left behind, and nothing else.
func (p *ptyEnd) link() error {
	if p.path == "" {
		return nil
	}
	switch old, err := os.Readlink(p.path); {
	case err == nil && !strings.HasPrefix(old, "/dev/"):
		return fmt.Errorf("simpen: %s is a link to %s: name another path, or remove it", p.path, old)
	case err == nil:
	case !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("simpen: %s is in the way: name another path, or remove it", p.path)
	}
	temp := fmt.Sprintf("%s.%d.%d", p.path, os.Getpid(), links.Add(1))
	if err := os.Symlink(p.device, temp); err != nil {
		return fmt.Errorf("simpen: %w", err)
	}
	if err := os.Rename(temp, p.path); err != nil {
		os.Remove(temp)
		return fmt.Errorf("simpen: %w", err)
	}
	return nil
}

func (p *ptyEnd) unplug() {
	if p.conn == nil {
		return
	}
	if p.path != "" {
		if to, err := os.Readlink(p.path); err == nil && to == p.device {
			os.Remove(p.path)
		}
	}
	p.stop()
	p.conn.close()
	p.slave.Close()
	p.conn, p.slave = nil, nil
}

// rename moves the link; the terminal itself is another one with each plug.
func (p *ptyEnd) rename(end string) {
	if p.path != "" {
		p.path += end
	}
}

func (p *ptyEnd) where() (string, string) {
	if p.path != "" {
		return "serial://" + p.path, p.device
	}
	return "serial://" + p.device, p.device
}

// unreadFor is how long bytes lie unread before nobody is taken to read them.
// A reader that is merely stopped for a while must not find its bytes gone: its
// read was promised them and would hang.
const unreadFor = 5 * time.Second

// unread reports whether bytes lie in the terminal.
func (p *ptyEnd) unread() bool {
	if p.slave == nil {
		return false
	}
	fds := []unix.PollFd{{Fd: int32(p.fd), Events: unix.POLLIN}}
	n, err := unix.Poll(fds, 0)
	return err == nil && n > 0
}

// drain reads away what no host has read, so that one which opens the terminal
// later does not hear of long ago. It also lifts the exclusive use that a host
// which was killed left behind: our own end keeps the terminal alive, and with
// it that mark, which would keep the next host out.
func (p *ptyEnd) drain() {
	if p.slave == nil {
		return
	}
	_ = unix.IoctlSetInt(p.fd, unix.TIOCNXCL, 0)
	if !p.unread() {
		p.since = time.Time{}
		return
	}
	if p.since.IsZero() {
		p.since = time.Now()
	}
	if time.Since(p.since) < unreadFor {
		return
	}
	p.since = time.Time{}
	var b [1024]byte
	for range 64 {
		if n, err := unix.Read(p.fd, b[:]); n <= 0 || err != nil {
			return
		}
	}
}
