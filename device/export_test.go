package device

import (
	"context"
	"time"

	"go.bug.st/serial"
)

// Drain lets the tests drive the decision with a clock of their own.
type Drain struct{ d drain }

func (d *Drain) Returned(now time.Duration, n int) bool { return d.d.returned(now, n) }

const ReadSize = readSize

// OpenWithin lets the tests open wires that hang.
func OpenWithin(ctx context.Context, a Address, timeout time.Duration, open func() (Wire, error)) (*Port, error) {
	return openWithin(ctx, a, timeout, open)
}

// Explain lets the tests have systems say what they cannot be made to say.
func Explain(a Address, err error) error { return explain(a, err) }

// SerialPort is a port over an open port of the library, checks left out.
func SerialPort(a Address, p serial.Port) *Port { return NewPort(a, serialWire{p}) }

// Patience lets the tests be the watchdog of a goroutine that hangs in a read.
type Patience struct {
	w watched
	p patience
}

func (p *Patience) Enter()       { p.w.enter(OpRead) }
func (p *Patience) Tick() string { return p.p.tick(&p.w) }
