package device

import (
	"context"
	"fmt"
	"time"
)

// Options are the settings of an opened port. The zero Options mean the defaults.
type Options struct {
	Baud    int           // bits/s of a serial port, 8N1; 0 means 115200
	Timeout time.Duration // how long opening may take; 0 means 3 s
}

// Open opens the port that a names. It returns an [*OpenError] that says what to
// do, [ErrBaud], or ctx's error. Opening a serial port pulses DTR and RTS on most
// systems: the pen may reboot. Nothing is written.
func Open(ctx context.Context, a Address, o Options) (*Port, error) {
	if o.Baud == 0 {
		o.Baud = 115200
	}
	if err := checkBaud(o.Baud); err != nil {
		return nil, fmt.Errorf("device: open %v: %w", a, err)
	}
	if o.Timeout <= 0 {
		o.Timeout = 3 * time.Second
	}
	switch a.scheme {
	case schemeSerial:
		return openWithin(ctx, a, o.Timeout, func() (Wire, error) { return openSerial(a, o.Baud) })
	case schemeTCP:
		return openTCP(ctx, a, o.Timeout)
	case schemeAuto:
		return nil, refused(a, ErrNotFound, "nobody looked for the port", "name it: "+forms)
	}
	return nil, refused(a, ErrNotFound, "no port is named", forms)
}

// openWithin calls open, which cannot be interrupted, and waits for it up to
// timeout. An open that comes back later is closed at once: nothing was inside.
func openWithin(ctx context.Context, a Address, timeout time.Duration, open func() (Wire, error)) (*Port, error) {
	type result struct {
		wire Wire
		err  error
	}
	if ctx.Err() != nil {
		return nil, fmt.Errorf("device: open %v: %w", a, context.Cause(ctx))
	}
	opened := make(chan result) // unbuffered: either we take the wire or it is closed
	giveUp, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		w, err := open()
		select {
		case opened <- result{w, err}:
		case <-giveUp:
			if err == nil {
				w.Close()
			}
		}
	}()
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case r := <-opened:
		if r.err != nil {
			return nil, r.err
		}
		return NewPort(a, r.wire), nil
	case <-ctx.Done():
		close(giveUp)
		return nil, fmt.Errorf("device: open %v: %w", a, context.Cause(ctx))
	case <-timer.C:
		close(giveUp)
		err := refused(a, ErrNoAnswer, fmt.Sprintf("opening has not returned for %v", timeout), "unplug the pen and plug it in again")
		err.pending = ended
		return nil, err
	}
}

func refused(a Address, kind error, detail, remedy string) *OpenError {
	return &OpenError{Addr: a, Kind: kind, Detail: detail, Remedy: remedy}
}
