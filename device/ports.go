package device

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
)

// PortInfo is what the system knows of a serial port that nobody opened. Text
// that a device chose is cut to printable characters.
type PortInfo struct {
	Name string `json:"name"` // as an [Address] takes it: /dev/ttyUSB0, COM5
	USB  bool   `json:"usb"`
	VID  string `json:"usb_vendor,omitempty"`  // four hexadecimal digits, lower case
	PID  string `json:"usb_product,omitempty"` // the same

	// What the device says of itself, which may be nothing, or the same for all of
	// its kind. Windows adds a letter to some serials and loses others: a hint.
	Serial       string `json:"usb_serial,omitempty"`
	Product      string `json:"product,omitempty"`
	Manufacturer string `json:"manufacturer,omitempty"`

	USBPath   string `json:"usb_path,omitempty"` // bus and sockets, e.g. 1-2.3; tells twins apart
	Driver    string `json:"driver,omitempty"`
	ByID      string `json:"by_id,omitempty"`   // a name that follows the device
	ByPath    string `json:"by_path,omitempty"` // a name that follows the socket
	LatencyMS int    `json:"latency_ms,omitempty"`
	// Foreign says what it is when that is certainly no pen: a modem, a GPS
	// receiver, a printer.
	Foreign string `json:"foreign,omitempty"`
	// Plugged differs each time the same device is plugged in, where the system
	// tells; else it is empty.
	Plugged string `json:"plugged,omitempty"`

	node    string // the number of its device file, e.g. 188:0
	usbNode string // that of its USB device
}

// Address is the address that opens p.
func (p PortInfo) Address() (Address, error) { return ParseAddress(schemeSerial + "://" + p.Name) }

// System is where [System.List] and [System.Diagnose] look. The zero System is
// this PC. It only reads, and opens no port.
type System struct {
	// Root is the folder that stands for /, in tests: below it lie sys, dev, proc,
	// run and etc as Linux has them, on any system. Empty: this PC.
	Root string
	// Node tells who may open a device file; nil asks the file system.
	Node func(path string) (Node, error)
}

// Node is what the file system says of a device file.
type Node struct {
	May   bool // this process may read and write it
	GID   int  // the group that owns it
	Group bool // the members of that group may
}

// List lists the serial ports of this PC and opens none of them. On Linux it
// reads /sys: USB ports and the PC's own, not pseudo-terminals.
func List(ctx context.Context) ([]PortInfo, error) { return System{}.List(ctx) }

// Diagnose says what stands between this process and p on this PC, what matters
// most first.
func Diagnose(p PortInfo) []Finding { return System{}.Diagnose(p) }

// List is [List] on s.
func (s System) List(ctx context.Context) ([]PortInfo, error) {
	ports, err := s.list(ctx)
	if err != nil {
		return nil, fmt.Errorf("device: list ports: %w", err)
	}
	slices.SortFunc(ports, func(a, b PortInfo) int {
		return cmp.Or(cmp.Compare(stem(a.Name), stem(b.Name)), cmp.Compare(len(a.Name), len(b.Name)), cmp.Compare(a.Name, b.Name))
	})
	return ports, nil
}

// stem is a name without its number, so that ttyUSB10 comes after ttyUSB9.
func stem(name string) string { return strings.TrimRight(name, "0123456789") }

// path is where an absolute path of the system lies.
func (s System) path(p string) string { return filepath.Join(s.Root, filepath.FromSlash(p)) }

// printable makes one line of text of what a device calls itself.
func printable(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar || !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, strings.TrimSpace(s)))
}
