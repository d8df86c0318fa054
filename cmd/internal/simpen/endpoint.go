package simpen

import (
	"context"
	"io"
	"sync"
	"sync/atomic"
	"time"
)

// endpoint is where hosts find the pen: a terminal or a TCP port. Its methods
// are called from one goroutine.
type endpoint interface {
	// plug puts the cable in. Bytes and comings and goings arrive on the
	// channel that the endpoint was made with.
	plug() error
	// unplug pulls it: nothing is found where the pen was. It returns when all
	// that plug started has ended.
	unplug()
	// rename gives it another name from the next plug on, of which the text is
	// the end.
	rename(end string)
	// where says how to find it, as an address of the agent's --port and as the
	// device behind that, if any.
	where() (listens, device string)
	// unread reports whether a host has yet to read what was sent and would lose it at
	// an unplug, as far as can be told.
	unread() bool
	// drain throws away what a host has not read. It may do nothing.
	drain()
}

// inbound is what comes from the line.
type inbound struct {
	at    time.Time
	bytes []byte // nil: a coming or going
	conn  *conn
	open  bool
}

// conn is one open line with its reader and writer.
type conn struct {
	rw  io.ReadWriteCloser
	out *outbox
	wg  sync.WaitGroup

	closed atomic.Bool
}

// serve starts reading and writing. Received bytes go to in, whose reader must
// take them until ctx is done; a going is told when the line breaks.
func serve(ctx context.Context, rw io.ReadWriteCloser, in chan<- inbound) *conn {
	c := &conn{rw: rw, out: newOutbox()}
	tell := func(i inbound) bool {
		select {
		case in <- i:
			return true
		case <-ctx.Done():
			return false
		}
	}
	c.wg.Go(func() { c.out.run(rw) })
	c.wg.Go(func() {
		if !tell(inbound{at: time.Now(), conn: c, open: true}) {
			return
		}
		for {
			b := make([]byte, 512)
			n, err := rw.Read(b)
			if n > 0 && !tell(inbound{at: time.Now(), conn: c, bytes: b[:n]}) {
				return
			}
			if err != nil {
				tell(inbound{at: time.Now(), conn: c})
				return
			}
		}
	})
	return c
}

// close ends the line and waits for reader and writer.
func (c *conn) close() {
	c.closed.Store(true)
	c.out.close()
	c.rw.Close()
	c.wg.Wait()
}
