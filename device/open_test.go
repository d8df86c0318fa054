//go:build unix

package device_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"go.bug.st/serial"

	"penlog/device"
	"penlog/device/devicetest"
)

func TestOpenSaysWhatIsWrongAndWhatToDo(t *testing.T) {
	file := filepath.Join(t.TempDir(), "penlog.db")
	if err := os.WriteFile(file, []byte("record"), 0o600); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	silent := listener.Addr().String()
	listener.Close() // nobody listens there now

	for _, tt := range []struct {
		name, addr string
		kind       error
		want       string
	}{
		{"a pen that is not plugged in", "serial:///dev/ttyUSB987", device.ErrNotFound, "plug the pen in"},
		{"a file that is no device", "serial://" + file, device.ErrNotAPort, "name the pen's port"},
		{"a folder", "serial:///dev", device.ErrNotAPort, "name the pen's port"},
		{"a device that is no port", "serial:///dev/null", device.ErrNotAPort, "name the pen's port"},
		{"a Windows name", "serial://COM5", device.ErrNotFound, "write serial:///dev/ttyUSB0"},
		{"a port that nobody looked for", "auto", device.ErrNotFound, "name it: write serial:///dev/ttyUSB0"},
		{"nobody listens", "tcp://" + silent, device.ErrNoAnswer, "check host and port"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := address(t, tt.addr)
			p, err := device.Open(t.Context(), a, device.Options{})
			if p != nil {
				p.Close()
			}
			oe, ok := errors.AsType[*device.OpenError](err)
			if !ok {
				t.Fatalf("Open(%v) = %v, want an OpenError", a, err)
			}
			if !errors.Is(err, tt.kind) || oe.Addr != a || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Open(%v) = %v, want %v with %q", a, err, tt.kind, tt.want)
			}
		})
	}
	if b, err := os.ReadFile(file); err != nil || !bytes.Equal(b, []byte("record")) {
		t.Errorf("a file that is no device was touched: %q, %v", b, err)
	}
	if _, err := device.Open(t.Context(), device.Address{}, device.Options{}); !errors.Is(err, device.ErrNotFound) {
		t.Errorf("Open of no address = %v, want %v", err, device.ErrNotFound)
	}
	if _, err := device.Open(t.Context(), address(t, "serial:///dev/null"), device.Options{Baud: 3}); !errors.Is(err, device.ErrBaud) {
		t.Errorf("Open at 3 baud = %v, want %v", err, device.ErrBaud)
	}
}

func TestWhatTheSystemSaysIsExplained(t *testing.T) {
	a := address(t, "serial:///dev/ttyUSB0")
	for _, tt := range []struct {
		err  error
		kind error
		want string
	}{
		{syscall.ENOENT, device.ErrNotFound, "plug the pen in"},
		{&os.PathError{Op: "stat", Path: "/dev/ttyUSB0", Err: syscall.ENOENT}, device.ErrNotFound, "plug the pen in"},
		{syscall.EACCES, device.ErrPermission, "dialout"},
		{syscall.EBUSY, device.ErrBusy, "close the program that uses it"},
		{syscall.ENOTTY, device.ErrNotAPort, "name the pen's port"},
		{syscall.EMFILE, device.ErrTooManyFiles, "restart it"},
		{syscall.EIO, device.ErrNoAnswer, "plug it in again"},
		{&serial.PortError{}, device.ErrBusy, "close the program that uses it"}, // its zero code
		{errors.New("?"), device.ErrOpen, "plug it in again"},
	} {
		err := device.Explain(a, tt.err)
		if !errors.Is(err, tt.kind) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%v is explained as %v, want %v with %q", tt.err, err, tt.kind, tt.want)
		}
		if _, raw := errors.AsType[*serial.PortError](err); raw {
			t.Errorf("%v hands the library's error on", err)
		}
	}
}

func TestOpenEndsWithItsContext(t *testing.T) {
	_, _, pty := openPTY(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, a := range []device.Address{pty, address(t, "tcp://127.0.0.1:9")} {
		if _, err := device.Open(ctx, a, device.Options{}); !errors.Is(err, context.Canceled) {
			t.Errorf("Open(%v) with a context that has ended = %v", a, err)
		}
	}
}

// A name that no list shows, a link in a folder of the clinic's, is opened as given.
func TestAConfiguredNameIsOpenedAsGiven(t *testing.T) {
	pen, slave, _ := openPTY(t)
	link := filepath.Join(t.TempDir(), "pen-in-room-2")
	if err := os.Symlink(slave.Name(), link); err != nil {
		t.Fatal(err)
	}
	p := open(t, address(t, "serial://"+link))
	defer p.Close()
	pen.Write([]byte("hello"))
	buf := make([]byte, 16)
	for {
		n, err := p.Read(buf)
		if err == os.ErrDeadlineExceeded {
			continue
		}
		if string(buf[:n]) != "hello" || err != nil {
			t.Errorf("Read() = %q, %v, want hello", buf[:n], err)
		}
		return
	}
}

func TestAnOpenThatHangsIsGivenUpAndClosedWhenItComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := address(t, "serial://COM5")
		w := devicetest.NewWire()
		hang := make(chan struct{})
		begin := time.Now()
		p, err := device.OpenWithin(t.Context(), a, 3*time.Second, func() (device.Wire, error) { <-hang; return w, nil })
		if p != nil || !errors.Is(err, device.ErrNoAnswer) || time.Since(begin) != 3*time.Second {
			t.Fatalf("an open that hangs = %v, %v after %v, want %v after 3s", p, err, time.Since(begin), device.ErrNoAnswer)
		}
		close(hang)
		synctest.Wait()
		if !w.Closed() {
			t.Error("the handle that came too late was not closed")
		}
	})
}

// A serial port would have to be abandoned here; a connection has a deadline.
func TestAConnectionThatTakesNothingIsLost(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	p := open(t, address(t, "tcp://"+listener.Addr().String()))
	defer p.Close()
	pen, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer pen.Close()
	begin := time.Now()
	_, err = p.Write(make([]byte, 64<<20)) // more than any socket buffers
	if !errors.Is(err, device.ErrLost) || !strings.Contains(err.Error(), "takes no bytes") {
		t.Errorf("Write() = %v, want %v", err, device.ErrLost)
	}
	if took := time.Since(begin); took > device.StuckAfter {
		t.Errorf("it took %v, want less than the watchdog's %v", took, device.StuckAfter)
	}
}
