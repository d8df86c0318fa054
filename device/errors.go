package device

import (
	"errors"
	"fmt"
	"time"
)

// What a caller branches on, by [errors.Is]. The structs below carry the rest.
var (
	// ErrClosed is an operation on a port that our side closed.
	ErrClosed = errors.New("device: the port is closed")
	// ErrLost is the end of an open line that nobody here asked for.
	ErrLost = errors.New("device: link lost")
	// ErrAbandoned is a port or a handler that did not come back in time.
	ErrAbandoned = errors.New("device: gave up waiting")
	// ErrBaud is a speed that no port can have; the port is untouched.
	ErrBaud = errors.New("device: impossible speed")
)

// Why a port cannot be opened, by [errors.Is] on what [Open] returned.
var (
	ErrNotFound     = errors.New("no such port")
	ErrPermission   = errors.New("permission denied")
	ErrBusy         = errors.New("in use by another program")
	ErrNotAPort     = errors.New("not a serial port")
	ErrNoAnswer     = errors.New("no answer")
	ErrTooManyFiles = errors.New("too many open files")
	ErrOpen         = errors.New("cannot be opened")
)

// The operations that errors name.
const (
	OpRead    = "read"
	OpWrite   = "write"
	OpSetBaud = "set speed"
	OpClose   = "close"
	OpStep    = "step" // the handler
)

// OpenError is a port that could not be opened. It unwraps to Kind alone:
// nothing above this package sees an error of the serial library.
type OpenError struct {
	Addr   Address
	Kind   error  // one of ErrNotFound … ErrOpen
	Detail string // the system's own words, may be empty
	Remedy string // what a person can do

	pending <-chan struct{} // closed when an open that hung has ended; else nil
}

func (e *OpenError) Error() string {
	detail := ""
	if e.Detail != "" {
		detail = " (" + e.Detail + ")"
	}
	return fmt.Sprintf("device: open %v: %v%s; %s", e.Addr, e.Kind, detail, e.Remedy)
}

func (e *OpenError) Unwrap() error { return e.Kind }

// LostError is a line that broke: unplugged, powered off, or the far end went
// away. The handle is of no further use; it unwraps to [ErrLost].
type LostError struct {
	Addr   Address
	Op     string // OpRead, OpWrite or OpSetBaud: who noticed
	Detail string // the system's own words
}

func (e *LostError) Error() string {
	return fmt.Sprintf("device: %s %v: link lost (%s); check the cable and that the pen is on", e.Op, e.Addr, e.Detail)
}

func (e *LostError) Unwrap() error { return ErrLost }

// AbandonedError is a call that did not return within After. If Op is a call
// into the port, the port stays unclosed for as long as that call lasts, since
// closing it would hand its file number to somebody else; if Op is [OpStep] the
// handler hangs and the port is closed as usual. It unwraps to [ErrAbandoned] and Err.
type AbandonedError struct {
	Addr  Address
	Op    string        // who hangs
	After time.Duration // how long it was waited for
	Err   error         // what had ended the line before, or nil
}

func (e *AbandonedError) Error() string {
	if e.Op == OpStep {
		return fmt.Sprintf("device: %v: the handler has not returned for %v; the line was given up; restart the agent", e.Addr, e.After)
	}
	return fmt.Sprintf("device: %s %v: has not returned for %v; the port was given up unclosed; unplug the pen and plug it in again", e.Op, e.Addr, e.After)
}

func (e *AbandonedError) Unwrap() []error {
	if e.Err == nil {
		return []error{ErrAbandoned}
	}
	return []error{ErrAbandoned, e.Err}
}
