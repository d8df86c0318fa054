package device

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// ReadTimeout is how long a Read waits for the first byte. It is set once,
	// before the first Read, and never changed.
	ReadTimeout = 10 * time.Millisecond
	// StuckAfter is how long a call may take before its port is abandoned.
	StuckAfter = time.Second
)

// Wire is a bare handle below a [Port]: a serial port, a TCP connection, a fake.
// The Port sees to it that at most one Read and one Write run at a time, that
// SetBaud runs alone, and that Close is called once, after everything else.
type Wire interface {
	// Read waits up to [ReadTimeout] for bytes. A timeout is either (0, nil) or
	// an error that is [os.ErrDeadlineExceeded].
	Read(p []byte) (n int, err error)
	// Write may write less than p with a nil error, but at least one byte.
	Write(p []byte) (n int, err error)
	// SetBaud changes the speed; without a meaning for it, it does nothing.
	SetBaud(baud int) error
	Close() error
}

// Port is an open line: a gate around a [Wire]. No operation passes the gate
// once the port is closing or lost, and the wire is closed by the last operation
// to come out, or at once if none is inside. So the wire is never touched
// after its Close, by any number of goroutines.
type Port struct {
	addr     Address
	wire     Wire
	released chan struct{} // closed when the wire's Close has returned
	short    atomic.Uint64
	heard    []byte // what the next Reads bring first; only who reads touches it

	mu        sync.Mutex
	changed   sync.Cond // on any change below
	reading   bool      // a Read is inside the wire
	writing   bool      // a Write is inside the wire
	setting   bool      // a SetBaud waits to get inside, or is
	alone     bool      // a SetBaud is inside the wire
	lost      error     // *LostError; every later operation returns it
	closing   bool      // every later operation returns ErrClosed
	releasing bool      // the wire's Close was called
}

// NewPort puts the gate around w, which the Port owns from here on. Programs
// call [Open]; this is for wires of another kind.
func NewPort(addr Address, w Wire) *Port {
	p := &Port{addr: addr, wire: w, released: make(chan struct{})}
	p.changed.L = &p.mu
	return p
}

// Addr is the address the port was opened by.
func (p *Port) Addr() Address { return p.addr }

// ShortWrites is how often the wire took less than it was given.
func (p *Port) ShortWrites() uint64 { return p.short.Load() }

// Released is closed once the wire is closed. For an abandoned port that is
// when the call that hung has come back, or never.
func (p *Port) Released() <-chan struct{} { return p.released }

// Read stores up to len(b) bytes, as many as there are, waiting up to
// [ReadTimeout] for the first. It returns exactly [os.ErrDeadlineExceeded] on a
// timeout, [ErrClosed] once Close was called, a [*LostError] when the line
// broke, and never (0, nil). After a LostError the wire is not asked again.
func (p *Port) Read(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, io.ErrShortBuffer
	}
	if err := p.enter(&p.reading); err != nil {
		return 0, err
	}
	if len(p.heard) > 0 {
		n := copy(b, p.heard)
		p.heard = p.heard[n:]
		p.mu.Lock()
		defer p.mu.Unlock()
		p.reading = false
		p.leaveLocked(OpRead, nil)
		return n, nil
	}
	n, err := p.wire.Read(b)
	n = max(0, min(n, len(b)))
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		err = nil
	case err == io.EOF:
		err = errors.New("the other end closed the connection")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.reading = false
	err = p.leaveLocked(OpRead, err)
	switch {
	case n > 0:
		return n, nil // an error that came with it waits for the next Read
	case err != nil:
		return 0, err
	}
	return 0, os.ErrDeadlineExceeded
}

// Unread makes the next Reads bring b first: what was heard on this port by
// somebody who then hands it on. It keeps b. It is called by who reads, before
// a [Line] runs the port.
func (p *Port) Unread(b []byte) { p.heard = append(b[:len(b):len(b)], p.heard...) }

// Write writes all of b or returns an error. Writes of several goroutines do
// not mix. Once Close was called it returns [ErrClosed] without touching the
// wire, also in the middle of b; on a broken line it returns a [*LostError].
func (p *Port) Write(b []byte) (int, error) {
	if err := p.enter(&p.writing); err != nil {
		return 0, err
	}
	done := 0
	for {
		n, err := p.wire.Write(b[done:])
		n = max(0, min(n, len(b)-done))
		done += n
		if err == nil && n == 0 && len(b) > 0 {
			err = errors.New("the port takes no bytes")
		}
		if err == nil && done < len(b) {
			p.short.Add(1)
			if p.open() {
				continue
			}
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.writing = false
		err = p.leaveLocked(OpWrite, err)
		if done == len(b) && err == ErrClosed {
			err = nil // all of it went out before the gate shut
		}
		return done, err
	}
}

// SetBaud changes the speed once the Read and the Write in progress are done.
// Bytes that are still in the driver may go out at either speed. [ErrBaud] leaves
// the port as it was; any other failure is a [*LostError], as some systems have
// closed the handle by then.
func (p *Port) SetBaud(baud int) error {
	if err := checkBaud(baud); err != nil {
		return err
	}
	if err := p.enterAlone(); err != nil {
		return err
	}
	err := p.wire.SetBaud(baud)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.setting, p.alone = false, false
	return p.leaveLocked(OpSetBaud, err)
}

// enterAlone waits until nobody is inside the wire and keeps everybody out.
func (p *Port) enterAlone() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.setting && p.refusalLocked() == nil {
		p.changed.Wait()
	}
	if err := p.refusalLocked(); err != nil {
		return err
	}
	p.setting = true // the next Read and Write wait outside
	for (p.reading || p.writing) && p.refusalLocked() == nil {
		p.changed.Wait()
	}
	if err := p.refusalLocked(); err != nil {
		p.setting = false
		p.changed.Broadcast()
		return err
	}
	p.alone = true
	return nil
}

func checkBaud(baud int) error {
	if baud < 50 || baud > 12_000_000 {
		return fmt.Errorf("%w: %d baud; use 115200 unless the pen's maker says otherwise", ErrBaud, baud)
	}
	return nil
}

// Close shuts the gate and waits until the wire is closed. If that takes
// longer than [StuckAfter], because a call hangs inside it, Close returns an
// [*AbandonedError] and leaves the wire unclosed; should the call ever come
// back, the wire is closed behind it. Close may be called again and by anyone.
func (p *Port) Close() error {
	p.shut()
	timer := time.NewTimer(StuckAfter)
	defer timer.Stop()
	select {
	case <-p.released:
		return nil
	case <-timer.C:
		return &AbandonedError{Addr: p.addr, Op: p.inside(), After: StuckAfter}
	}
}

// shut closes the gate and does not wait.
func (p *Port) shut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closing = true
	p.releaseLocked()
	p.changed.Broadcast()
}

// enter waits for its turn and marks the operation as inside the wire.
func (p *Port) enter(op *bool) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for (*op || p.setting) && p.refusalLocked() == nil {
		p.changed.Wait()
	}
	if err := p.refusalLocked(); err != nil {
		return err
	}
	*op = true
	return nil
}

// refusalLocked is what an operation gets instead of passing the gate.
func (p *Port) refusalLocked() error {
	if p.closing {
		return ErrClosed
	}
	return p.lost
}

// open reports whether the gate is open.
func (p *Port) open() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.refusalLocked() == nil
}

// leaveLocked settles an operation that has come out of the wire with err, and
// closes the wire behind the last one. Unplugging and our own Close look alike
// to the system, so our own flag decides what err was.
func (p *Port) leaveLocked(op string, err error) error {
	if err != nil && err != ErrClosed && p.lost == nil && !p.closing {
		p.lost = &LostError{Addr: p.addr, Op: op, Detail: err.Error()}
	}
	p.releaseLocked()
	p.changed.Broadcast()
	return p.refusalLocked()
}

// releaseLocked closes the wire if the gate is shut and nobody is inside. Closing
// a tty can take half a minute when it holds bytes that cannot leave: hence the
// goroutine, which ends with the wire's Close.
func (p *Port) releaseLocked() {
	if !p.closing || p.releasing || p.reading || p.writing || p.alone {
		return
	}
	p.releasing = true
	go func() {
		defer close(p.released)
		p.wire.Close() // its error says nothing new: the handle is gone either way
	}()
}

// inside names the operation that keeps the wire from being closed.
func (p *Port) inside() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.writing:
		return OpWrite
	case p.reading:
		return OpRead
	case p.alone:
		return OpSetBaud
	}
	return OpClose
}
