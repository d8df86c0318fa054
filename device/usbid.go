package device

import (
	"fmt"
	"regexp"
	"strings"
)

// USBID is a USB vendor and product, each as four hexadecimal digits in lower
// case. The zero USBID is none.
type USBID struct{ VID, PID string }

var usbID = regexp.MustCompile(`^(?i:(?:0x)?([0-9a-f]{1,4}):(?:0x)?([0-9a-f]{1,4}))$`)

// ParseUSBID reads vendor:product as lsusb prints it, e.g. 0403:6001.
func ParseUSBID(text string) (USBID, error) {
	m := usbID.FindStringSubmatch(strings.TrimSpace(text))
	if m == nil {
		return USBID{}, fmt.Errorf("device: USB id %q: write vendor:product as four hexadecimal digits each, e.g. 0403:6001; `penlog ports` shows them", text)
	}
	return USBID{fourDigits(m[1]), fourDigits(m[2])}, nil
}

// fourDigits is a hexadecimal number in the one spelling that this package uses.
func fourDigits(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	if len(s) < 4 && s != "" {
		s = strings.Repeat("0", 4-len(s)) + s
	}
	return s
}

// String is vendor:product, or "" for the zero USBID.
func (u USBID) String() string {
	if u == (USBID{}) {
		return ""
	}
	return u.VID + ":" + u.PID
}

// bridge is a maker of chips between USB and a serial line.
type bridge struct{ vid, name string }

// bridges are the makers whose chips pens are built with. Behind such a chip may
// be anything: that it may be listened to, says nothing about what it is.
// Source: the vendor ids in Linux's drivers ftdi_sio, ch341, cp210x and pl2303.
var bridges = []bridge{
	{"0403", "FTDI bridge"},
	{"1a86", "CH340 bridge"},
	{"10c4", "CP210x bridge"},
	{"067b", "PL2303 bridge"},
}

// receivers are vendors whose serial devices are satellite receivers.
var receivers = map[string]string{"1546": "GPS receiver", "091e": "GPS receiver"}

// Bridge names the kind of USB serial port that pens come with, "" when p is none
// of these: one of the known bridge chips, or the USB class for it (CDC-ACM).
func (p PortInfo) Bridge() string {
	for _, b := range bridges {
		if p.USB && p.VID == b.vid {
			return b.name
		}
	}
	if p.USB && (p.Driver == "cdc_acm" || strings.Contains(p.Name, "usbmodem")) {
		return "CDC-ACM port"
	}
	return ""
}

// What is p in a few words for people: its kind, and what it calls itself.
func (p PortInfo) What() string {
	kind := p.Bridge()
	switch {
	case p.Foreign != "":
		kind = p.Foreign
	case kind == "" && p.USB:
		kind = "USB port"
	case kind == "":
		return "port of the PC"
	}
	if p.Product != "" {
		return kind + " (" + p.Product + ")"
	}
	return kind
}

// ID is p's USB vendor and product.
func (p PortInfo) ID() USBID { return USBID{p.VID, p.PID} }
