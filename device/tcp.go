package device

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
	"time"
)

// tcpWire is a pen, or a simulated one, behind a TCP connection.
type tcpWire struct{ conn *net.TCPConn }

func (w tcpWire) Read(b []byte) (int, error) {
	if err := w.conn.SetReadDeadline(time.Now().Add(ReadTimeout)); err != nil {
		return 0, err
	}
	return w.conn.Read(b)
}

// Write has what a serial port lacks, a deadline: a far end that takes nothing
// breaks the line before it would have to be abandoned.
func (w tcpWire) Write(b []byte) (int, error) {
	if err := w.conn.SetWriteDeadline(time.Now().Add(StuckAfter * 3 / 4)); err != nil {
		return 0, err
	}
	n, err := w.conn.Write(b)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = errors.New("the other end takes no bytes")
	}
	return n, err
}

func (tcpWire) SetBaud(int) error { return nil }

func (w tcpWire) Close() error { return w.conn.Close() }

func openTCP(ctx context.Context, a Address, timeout time.Duration) (*Port, error) {
	dialer := net.Dialer{
		Timeout: timeout,
		// A cable pulled at the far end is noticed within seconds, data or none.
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: time.Second, Interval: time.Second, Count: 3},
	}
	conn, err := dialer.DialContext(ctx, "tcp", a.name)
	if err == nil {
		tcp := conn.(*net.TCPConn)
		if err = tcp.SetNoDelay(true); err == nil {
			return NewPort(a, tcpWire{tcp}), nil
		}
		tcp.Close()
	}
	if ctx.Err() != nil {
		return nil, fmt.Errorf("device: open %v: %w", a, context.Cause(ctx))
	}
	return nil, explainDial(a, err)
}

func explainDial(a Address, err error) *OpenError {
	if dns, ok := errors.AsType[*net.DNSError](err); ok && !dns.IsTimeout {
		return refused(a, ErrNotFound, err.Error(), "check the host's name")
	}
	if errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) {
		return refused(a, ErrTooManyFiles, err.Error(), remedy(ErrTooManyFiles))
	}
	return refused(a, ErrNoAnswer, err.Error(), "switch the pen or simulator on, and check host and port number")
}
