package device

import (
	"context"
	"errors"
	"os"
	"runtime"
	"sync/atomic"
	"time"
)

// Handler takes what arrives on a line. Its methods are called by the line's
// reader goroutine alone, and must return well within [StuckAfter].
type Handler interface {
	// Step is called after every read. b is what the read brought, empty on a
	// timeout, and holds until After returns.
	Step(b []byte)
	// After is called after each Step, once the writer has had its turn with what
	// Step put into the mailbox: whatever can wait for that belongs here. drained
	// says that everything which had arrived at the port was read: only then does
	// silence mean silence.
	After(drained bool)
}

// Line runs one open port until it is lost, abandoned, or no longer wanted.
type Line struct {
	port  *Port
	out   *Mailbox
	count counters
	ran   atomic.Bool
	wrote func(begun time.Time, b []byte) // nil: nobody listens

	reader watched // the goroutine that reads and steps
	writer watched // the goroutine that writes
}

// NewLine returns a line over p, which it owns from here on.
func NewLine(p *Port) *Line { return &Line{port: p, out: NewMailbox()} }

// Addr is the address of the port.
func (l *Line) Addr() Address { return l.port.Addr() }

// Out is the line's mailbox. It is the line's own, so that no frame meant for one
// connection is ever sent on the next.
func (l *Line) Out() *Mailbox { return l.out }

// OnWrite has f called with what each write put on the port, and when that write
// began. f runs on the writer goroutine and must neither block nor keep b. It is
// set before Run.
func (l *Line) OnWrite(f func(begun time.Time, b []byte)) { l.wrote = f }

// SetBaud is [Port.SetBaud]. The handler may call it.
func (l *Line) SetBaud(baud int) error { return l.port.SetBaud(baud) }

// Released is [Port.Released].
func (l *Line) Released() <-chan struct{} { return l.port.Released() }

// Stats is a snapshot; any goroutine may ask at any time.
func (l *Line) Stats() Stats {
	return Stats{
		Mailbox:     l.out.Stats(),
		BytesIn:     l.count.bytesIn.Load(),
		BytesOut:    l.count.bytesOut.Load(),
		Reads:       l.count.reads.Load(),
		Timeouts:    l.count.timeouts.Load(),
		Writes:      l.count.writes.Load(),
		ShortWrites: l.port.ShortWrites(),
		Abandoned:   l.count.abandoned.Load(),
		LongestGap:  time.Duration(l.count.longestGap.Load()),
	}
}

// Run steps h until ctx ends, and returns nil then; or until the port is lost, and
// returns the [*LostError]; or until a call hangs for [StuckAfter], and returns an
// [*AbandonedError]. In each case the port is closed before Run returns, except
// one in which a call hangs: that is closed when the call comes back.
//
// When ctx ends, revokes and control frames that wait are still written, a
// waiting permit is not.
//
// Everything Run started has returned when Run does, except, after an
// AbandonedError, the goroutine that hangs: should it ever come back, it calls
// nothing of h and writes nothing. If Op is [OpStep], h itself is still
// inside Step or After. Run works once.
func (l *Line) Run(ctx context.Context, h Handler) error {
	if l.ran.Swap(true) {
		return errors.New("device: Run of a line that has already run")
	}
	readEnd := begin(func() error { return l.read(h) })
	writeEnd := begin(l.write)

	tick := time.NewTicker(watchPeriod)
	defer tick.Stop()
	var reading, writing patience
	var ending bool
	var end error // why the line ends; what follows from that is no news
	var hung string
	stop := func(why error) {
		if !ending {
			ending, end = true, why
		}
		l.out.Close()
		l.reader.retire()
	}
	abandon := func(op string) {
		hung = op
		stop(nil)
		l.writer.retire()
		l.port.shut()
	}
	wanted := ctx.Done()
	for readEnd != nil || writeEnd != nil {
		select {
		case <-wanted:
			wanted = nil
			stop(nil)
		case err := <-readEnd:
			readEnd = nil
			stop(err)
		case err := <-writeEnd:
			writeEnd = nil
			stop(err)
		case <-tick.C:
			if op := reading.tick(&l.reader); op != "" && readEnd != nil {
				readEnd = nil
				abandon(op)
			}
			if op := writing.tick(&l.writer); op != "" && writeEnd != nil {
				writeEnd = nil
				abandon(op)
			}
		}
	}
	if hung == "" || hung == OpStep { // nobody is inside the port
		if err := l.port.Close(); err != nil {
			hung = OpClose
		}
	}
	if hung == "" {
		return end
	}
	l.count.abandoned.Add(1)
	return &AbandonedError{Addr: l.Addr(), Op: hung, After: StuckAfter, Err: end}
}

// begin runs f in a goroutine, which can end whether or not anyone still waits
// for the result.
func begin(f func() error) <-chan error {
	end := make(chan error, 1)
	go func() { end <- f() }()
	return end
}

// read is the reader goroutine.
func (l *Line) read(h Handler) error {
	buf := make([]byte, readSize)
	var drained drain
	var last time.Duration
	start := time.Now()
	for l.reader.enter(OpRead) {
		n, err := l.port.Read(buf)
		now := time.Since(start)
		gap := now - last
		last = now
		l.count.read(n, gap)
		if err != nil && err != os.ErrDeadlineExceeded {
			return err
		}
		all := drained.returned(now, n)
		if !l.reader.enter(OpStep) {
			break
		}
		h.Step(buf[:n])
		l.yield()
		if !l.reader.enter(OpStep) {
			break
		}
		h.After(all)
		l.yield()
		if n == 0 && gap < time.Millisecond {
			time.Sleep(time.Millisecond) // a driver that ignores its timeout must not spin
		}
	}
	return nil
}

// yield lets the writer run, if something waits for it. It was just made
// runnable: yielding runs it here and now, instead of waking another thread while
// this one enters its read, which takes half the time to an answer. One turn may
// go to somebody else (with a single Gosched, one answer in a thousand waited out
// the read timeout), and a stuck writer takes none.
func (l *Line) yield() {
	for range 4 {
		if !l.out.filled.Load() {
			break
		}
		runtime.Gosched()
	}
}

// write is the writer goroutine.
func (l *Line) write() error {
	var buf [MaxFrame]byte
	for {
		n, ok := l.out.Take(&buf)
		if !ok || !l.writer.enter(OpWrite) {
			return nil
		}
		var begun time.Time
		if l.wrote != nil {
			begun = time.Now()
		}
		n, err := l.port.Write(buf[:n])
		l.count.bytesOut.Add(uint64(n))
		if l.wrote != nil && n > 0 {
			l.wrote(begun, buf[:n])
		}
		if err != nil {
			return err
		}
		l.count.writes.Add(1)
		if !l.writer.enter("") {
			return nil
		}
	}
}
