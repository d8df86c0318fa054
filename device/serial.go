package device

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"syscall"

	"go.bug.st/serial"
)

// maxSelectFD is the first file number that select(2) cannot watch: the serial
// library panics on it.
const maxSelectFD = 1024

// serialWire is a serial port of this PC. A panic of the library, which has had
// them on unplugging, becomes an error and so the loss of the line.
type serialWire struct{ port serial.Port }

func (w serialWire) Read(b []byte) (n int, err error) {
	defer recovered(&n, &err)
	return w.port.Read(b)
}

func (w serialWire) Write(b []byte) (n int, err error) {
	defer recovered(&n, &err)
	for {
		n, err = w.port.Write(b)
		if n > 0 || !errors.Is(err, syscall.EINTR) {
			return n, err
		}
	}
}

func (w serialWire) SetBaud(baud int) (err error) {
	defer recovered(new(int), &err)
	return w.port.SetMode(mode(baud))
}

func (w serialWire) Close() (err error) {
	defer recovered(new(int), &err)
	return w.port.Close()
}

func recovered(n *int, err *error) {
	if r := recover(); r != nil {
		*n, *err = 0, fmt.Errorf("the serial library panicked: %v", r)
	}
}

// mode leaves InitialStatusBits alone: a pseudo-terminal has none and would fail.
func mode(baud int) *serial.Mode {
	return &serial.Mode{BaudRate: baud, DataBits: 8, Parity: serial.NoParity, StopBits: serial.OneStopBit}
}

// openSerial opens the device by exactly the name it was given: lists of ports
// hide pseudo-terminals and by-id links.
func openSerial(a Address, baud int) (w Wire, err error) {
	windows, path := runtime.GOOS == "windows", strings.HasPrefix(a.name, "/")
	if windows && path {
		return nil, refused(a, ErrNotFound, "a path names no port on Windows", "write serial://COM5 with the number that Device Manager shows")
	}
	if !windows && !path {
		return nil, refused(a, ErrNotFound, "COM ports exist on Windows only", "write serial:///dev/ttyUSB0 or serial:///dev/ttyACM0")
	}
	if !windows {
		if err := inspect(a); err != nil {
			return nil, err
		}
	}
	defer func() {
		if r := recover(); r != nil {
			w, err = nil, refused(a, ErrOpen, fmt.Sprintf("the serial library panicked: %v", r), "unplug the pen and plug it in again")
		}
	}()
	port, err := serial.Open(a.name, mode(baud))
	if err != nil {
		return nil, explain(a, err)
	}
	// The only place that sets it: changing it under a reader is a data race.
	if err := port.SetReadTimeout(ReadTimeout); err != nil {
		port.Close()
		return nil, refused(a, ErrOpen, err.Error(), "unplug the pen and plug it in again")
	}
	return serialWire{port}, nil
}

// inspect refuses any port at a file number that the library's reader cannot
// watch. (That the name is a terminal, the library checks before it changes anything.)
func inspect(a Address) error {
	probe, err := os.Open(os.DevNull) // gets the lowest free number, as the port would
	if err != nil {
		return explain(a, err)
	}
	defer probe.Close()
	if probe.Fd() >= maxSelectFD-8 { // the port and the library's pipe need three
		return refused(a, ErrTooManyFiles, fmt.Sprintf("the next file number is %d, a serial port needs one below %d", probe.Fd(), maxSelectFD),
			remedy(ErrTooManyFiles))
	}
	return nil
}

// explain turns what the library or the system said into an [*OpenError].
func explain(a Address, err error) *OpenError {
	kind := ErrOpen
	if pe, ok := errors.AsType[*serial.PortError](err); ok {
		switch pe.Code() {
		case serial.PortBusy:
			kind = ErrBusy
		case serial.PortNotFound:
			kind = ErrNotFound
		case serial.PermissionDenied:
			kind = ErrPermission
		case serial.InvalidSerialPort:
			kind = ErrNotAPort
		case serial.InvalidSpeed:
			return refused(a, ErrOpen, "the port does not know this speed", "use 115200 unless the pen's maker says otherwise")
		}
	} else if errno, ok := errors.AsType[syscall.Errno](err); ok {
		kind = kindOf(errno)
	}
	return refused(a, kind, err.Error(), remedy(kind))
}

// remedy is what a person can do about a serial port of this kind of trouble.
func remedy(kind error) string {
	switch kind {
	case ErrNotFound:
		return "plug the pen in, or check the port's name"
	case ErrPermission:
		return permissionRemedy
	case ErrBusy:
		return "close the program that uses it (a terminal, another Penlog), or unplug the pen and plug it in again"
	case ErrNotAPort:
		return "name the pen's port, or unplug the pen and plug it in again"
	case ErrTooManyFiles:
		return "close other connections to this program, or restart it"
	}
	return "unplug the pen and plug it in again"
}
