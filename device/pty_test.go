//go:build unix

package device_test

import (
	"io"
	"net"
	"os"
	"testing"

	"github.com/creack/pty"
	"golang.org/x/term"

	"penlog/device"
	"penlog/device/devicetest"
)

// openPTY returns the pen's end of a raw pseudo-terminal and the address of ours.
// It keeps the slave open, or the pen's end would break each time we close ours.
func openPTY(tb testing.TB) (pen, slave *os.File, addr device.Address) {
	tb.Helper()
	pen, slave, err := pty.Open()
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { pen.Close(); slave.Close() })
	if _, err := term.MakeRaw(int(slave.Fd())); err != nil {
		tb.Fatal(err)
	}
	return pen, slave, address(tb, "serial://"+slave.Name())
}

func open(tb testing.TB, a device.Address) *device.Port {
	tb.Helper()
	p, err := device.Open(tb.Context(), a, device.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

func TestEveryKindOfPortKeepsTheContract(t *testing.T) {
	t.Run("fake", func(t *testing.T) {
		devicetest.TestPort(t, func(t *testing.T) (*device.Port, io.ReadWriteCloser) {
			w := devicetest.NewWire()
			t.Cleanup(func() {
				if m := w.Misuse(); m != nil {
					t.Errorf("the handle was misused: %q", m)
				}
			})
			return w.Port(), w.Far()
		})
	})
	t.Run("pty", func(t *testing.T) {
		devicetest.TestPort(t, func(t *testing.T) (*device.Port, io.ReadWriteCloser) {
			pen, _, addr := openPTY(t)
			return open(t, addr), pen
		})
	})
	t.Run("tcp", func(t *testing.T) {
		devicetest.TestPort(t, func(t *testing.T) (*device.Port, io.ReadWriteCloser) {
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer listener.Close()
			p := open(t, address(t, "tcp://"+listener.Addr().String()))
			pen, err := listener.Accept()
			if err != nil {
				t.Fatal(err)
			}
			return p, pen
		})
	})
}
