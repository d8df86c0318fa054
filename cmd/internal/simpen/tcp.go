package simpen

import (
	"context"
	"fmt"
	"net"
	"sync"
)

// tcpEnd offers the pen on a TCP port, to one host at a time: a new one takes
// the place of the old, as if the cable had moved.
type tcpEnd struct {
	ctx  context.Context
	in   chan<- inbound
	addr string // with the port that was given at first, so that a replug finds it again

	stop   context.CancelFunc
	listen net.Listener
	wg     sync.WaitGroup
}

func newTCP(ctx context.Context, addr string, in chan<- inbound) *tcpEnd {
	return &tcpEnd{ctx: ctx, addr: addr, in: in}
}

func (t *tcpEnd) plug() error {
	l, err := net.Listen("tcp", t.addr)
	if err != nil {
		return fmt.Errorf("simpen: listen: %w", err)
	}
	t.listen, t.addr = l, l.Addr().String()
	ctx, stop := context.WithCancel(t.ctx)
	t.stop = stop
	t.wg.Go(func() {
		var now *conn
		defer func() {
			if now != nil {
				now.close()
			}
		}()
		for {
			c, err := l.Accept()
			if err != nil {
				if ctx.Err() != nil || !temporary(err) {
					return
				}
				continue
			}
			if now != nil {
				now.close()
			}
			if tc, ok := c.(*net.TCPConn); ok {
				_ = tc.SetNoDelay(true) // is the default; a pen's frames must not wait for each other
			}
			now = serve(ctx, c, t.in)
		}
	})
	return nil
}

// temporary reports whether accepting may go on: the client went before it was taken.
func temporary(err error) bool {
	ne, ok := err.(net.Error)
	return ok && ne.Timeout()
}

func (t *tcpEnd) unplug() {
	if t.listen == nil {
		return
	}
	t.stop()
	t.listen.Close()
	t.wg.Wait()
	t.listen = nil
}

// rename makes it listen on another port, a free one.
func (t *tcpEnd) rename(string) {
	if host, _, err := net.SplitHostPort(t.addr); err == nil {
		t.addr = net.JoinHostPort(host, "0")
	}
}

func (t *tcpEnd) where() (string, string) { return "tcp://" + t.addr, "" }

func (t *tcpEnd) drain() {}

// unread is false: what is on its way arrives after the end too.
func (t *tcpEnd) unread() bool { return false }
