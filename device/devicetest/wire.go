// Package devicetest is for tests: [Wire] is a cable in memory with faults to
// order, [TestPort] is what every port, fake or real, must pass, and [Tree] is a PC
// with ports made up of files. It knows device alone, and no program imports it.
//
// A Wire may be used from several goroutines at once and inside a testing/synctest
// bubble.
package devicetest

import (
	"errors"
	"io"
	"sync"
	"time"

	"penlog/device"
)

// ErrUnplugged is what the wire's own side sees after [Wire.Unplug].
var ErrUnplugged = errors.New("input/output error")

// Wire is a [device.Wire] in memory. The test is the pen at its far end: [Wire.Send]
// and [Wire.Received].
type Wire struct {
	mu        sync.Mutex
	changed   chan struct{} // closed and replaced at each change
	in        []byte        // sent by the pen, not yet read
	out       []byte        // written to the pen
	unplugged bool
	closed    int
	misuse    []string // what a real handle would have punished
	baud      int
	short     int  // at most this many bytes a write; 0 is no limit
	hangRead  bool // Read does not return
	hangWrite bool
	hangClose bool
	inside    map[string]int
}

// NewWire returns a healthy wire.
func NewWire() *Wire {
	return &Wire{changed: make(chan struct{}), inside: map[string]int{}}
}

// Port is a port over w.
func (w *Wire) Port() *device.Port {
	addr, err := device.ParseAddress("serial:///dev/fake")
	if err != nil {
		panic(err)
	}
	return device.NewPort(addr, w)
}

// set changes w under its lock and wakes all who wait.
func (w *Wire) set(change func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change()
	close(w.changed)
	w.changed = make(chan struct{})
}

// wait waits until done, called under the lock, is true, or for timeout if that is
// not 0. It returns with the lock held, reporting whether done was true.
func (w *Wire) wait(timeout time.Duration, done func() bool) bool {
	var expired <-chan time.Time
	if timeout > 0 {
		timer := time.NewTimer(timeout)
		defer timer.Stop()
		expired = timer.C
	}
	w.mu.Lock()
	for !done() {
		changed := w.changed
		w.mu.Unlock()
		select {
		case <-changed:
			w.mu.Lock()
		case <-expired:
			w.mu.Lock()
			return done()
		}
	}
	return true
}

// enter notes op and every misuse of the handle.
func (w *Wire) enter(op string) (leave func()) {
	w.set(func() {
		if w.closed > 0 {
			w.misuse = append(w.misuse, op+" after Close")
		}
		if w.inside[op] > 0 {
			w.misuse = append(w.misuse, "two at once: "+op)
		}
		if op == "Close" && len(w.inside) > 0 {
			w.misuse = append(w.misuse, "Close while a call is inside")
		}
		w.inside[op]++
	})
	return func() { w.set(func() { delete(w.inside, op) }) }
}

// Read implements [device.Wire].
func (w *Wire) Read(p []byte) (int, error) {
	defer w.enter("Read")()
	w.wait(device.ReadTimeout, func() bool { return len(w.in) > 0 || w.unplugged })
	w.mu.Unlock()
	w.wait(0, func() bool { return !w.hangRead })
	defer w.mu.Unlock()
	if len(w.in) > 0 {
		n := copy(p, w.in)
		w.in = w.in[n:]
		return n, nil
	}
	if w.unplugged {
		return 0, ErrUnplugged
	}
	return 0, nil
}

// Write implements [device.Wire].
func (w *Wire) Write(p []byte) (int, error) {
	defer w.enter("Write")()
	w.wait(0, func() bool { return !w.hangWrite || w.unplugged })
	defer w.mu.Unlock()
	if w.unplugged {
		return 0, ErrUnplugged
	}
	if w.short > 0 {
		p = p[:min(len(p), w.short)]
	}
	w.out = append(w.out, p...)
	close(w.changed)
	w.changed = make(chan struct{})
	return len(p), nil
}

// SetBaud implements [device.Wire].
func (w *Wire) SetBaud(baud int) error {
	defer w.enter("SetBaud")()
	w.set(func() {
		w.baud = baud
		if w.inside["Read"]+w.inside["Write"] > 0 {
			w.misuse = append(w.misuse, "SetBaud beside a Read or Write")
		}
	})
	return nil
}

// Close implements [device.Wire].
func (w *Wire) Close() error {
	leave := w.enter("Close")
	w.wait(0, func() bool { return !w.hangClose })
	w.closed++
	w.mu.Unlock()
	leave()
	return nil
}

// Send makes b arrive at the port.
func (w *Wire) Send(b []byte) { w.set(func() { w.in = append(w.in, b...) }) }

// Received waits until n bytes were written to the pen since the last call and
// returns all of them.
func (w *Wire) Received(n int) []byte {
	w.wait(0, func() bool { return len(w.out) >= n })
	defer w.mu.Unlock()
	got := w.out
	w.out = nil
	return got
}

// Unplug ends the line for good.
func (w *Wire) Unplug() { w.set(func() { w.unplugged = true }) }

// HangRead makes Read hang, with or without bytes to read, or end hanging.
func (w *Wire) HangRead(on bool) { w.set(func() { w.hangRead = on }) }

// HangWrite makes Write hang, until it is switched off or the wire is unplugged.
func (w *Wire) HangWrite(on bool) { w.set(func() { w.hangWrite = on }) }

// HangClose makes Close hang.
func (w *Wire) HangClose(on bool) { w.set(func() { w.hangClose = on }) }

// ShortWrites makes Write take at most n bytes at a time.
func (w *Wire) ShortWrites(n int) { w.set(func() { w.short = n }) }

// WaitInside waits until a call of op ("Read", "Write", "Close") is inside w.
func (w *Wire) WaitInside(op string) {
	w.wait(0, func() bool { return w.inside[op] > 0 })
	w.mu.Unlock()
}

// Baud is the last speed that was set, 0 for none.
func (w *Wire) Baud() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.baud
}

// Closed reports whether Close has returned.
func (w *Wire) Closed() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.closed > 0
}

// Misuse lists what must never be done to a handle and was: a call after Close,
// a Close during a call, two reads or writes at once.
func (w *Wire) Misuse() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]string(nil), w.misuse...)
}

// Far is the pen's end of w as a stream, for [TestPort].
func (w *Wire) Far() io.ReadWriteCloser { return far{w} }

type far struct{ w *Wire }

func (f far) Read(p []byte) (int, error) {
	f.w.wait(0, func() bool { return len(f.w.out) > 0 || f.w.closed > 0 })
	defer f.w.mu.Unlock()
	n := copy(p, f.w.out)
	f.w.out = f.w.out[n:]
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

func (f far) Write(p []byte) (int, error) { f.w.Send(p); return len(p), nil }

func (f far) Close() error { f.w.Unplug(); return nil }
