package device

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// sysfs lists the ports that /sys/class/tty shows. A tty without a device is
// virtual; one of type 0 is a place where a chip could be and none is.
// Source: Linux, Documentation/ABI/testing/sysfs-tty.
func (s System) sysfs(ctx context.Context) ([]PortInfo, error) {
	class := s.path("/sys/class/tty")
	entries, err := os.ReadDir(class)
	if err != nil {
		return nil, err
	}
	byID, byPath := s.links("/dev/serial/by-id"), s.links("/dev/serial/by-path")
	var ports []PortInfo
	for _, e := range entries {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		tty := filepath.Join(class, e.Name())
		at, err := filepath.EvalSymlinks(filepath.Join(tty, "device"))
		if err != nil || line(tty, "type") == "0" {
			continue
		}
		p := PortInfo{Name: "/dev/" + e.Name(), Driver: linked(at, "driver"), ByID: byID[e.Name()], ByPath: byPath[e.Name()], node: line(tty, "dev")}
		p.LatencyMS, _ = strconv.Atoi(line(at, "latency_timer"))
		if dir := usbDevice(at); dir != "" {
			s.usb(&p, dir)
		}
		ports = append(ports, p)
	}
	return ports, nil
}

// usbDevice is the folder of the USB device that the port at belongs to, "" when
// it belongs to none: one above the port of a CDC-ACM device, two above that of
// a bridge.
func usbDevice(at string) string {
	for range 4 {
		if line(at, "idVendor") != "" {
			return at
		}
		at = filepath.Dir(at)
	}
	return ""
}

// usb fills in what the USB device in dir is.
func (s System) usb(p *PortInfo, dir string) {
	p.USB = true
	p.VID, p.PID = fourDigits(line(dir, "idVendor")), fourDigits(line(dir, "idProduct"))
	p.Serial, p.Product, p.Manufacturer = line(dir, "serial"), line(dir, "product"), line(dir, "manufacturer")
	p.USBPath = filepath.Base(dir)
	if n := line(dir, "devnum"); n != "" {
		p.Plugged = line(dir, "busnum") + ":" + n // the kernel counts it up each time
	}
	p.usbNode = line(dir, "dev")
	p.Foreign = s.foreign(p, dir)
}

// modemDrivers are Linux's drivers for the serial ports of modems, and for what
// else a modem shows beside them.
var modemDrivers = []string{"option", "option1", "sierra", "qcserial", "hso", "ipw", "qmi_wwan", "cdc_mbim", "huawei_cdc_ncm", "sierra_net"}

const (
	classPrinter  = "07" // USB interface classes. Source: USB-IF, defined class codes
	classWireless = "e0"
)

// foreign says what p is when that is certainly no pen.
func (s System) foreign(p *PortInfo, dir string) string {
	if what := receivers[p.VID]; what != "" {
		return what
	}
	if slices.Contains(modemDrivers, p.Driver) {
		return "modem"
	}
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), filepath.Base(dir)+":") {
			continue
		}
		face := filepath.Join(dir, e.Name())
		switch class := line(face, "bInterfaceClass"); {
		case class == classPrinter:
			return "printer"
		case class == classWireless, slices.Contains(modemDrivers, linked(face, "driver")):
			return "modem"
		}
	}
	for _, node := range []string{p.node, p.usbNode} {
		db := s.udev(node)
		for key, value := range db.env {
			switch {
			case value == "" || value == "0":
			case key == "ID_MM_PORT_TYPE_GPS":
				return "GPS receiver"
			case key == "ID_MM_DEVICE_PROCESS", strings.HasPrefix(key, "ID_MM_PORT_TYPE_"):
				return "modem"
			}
		}
		if slices.ContainsFunc(db.links, func(l string) bool { return strings.HasPrefix(l, "gps") }) {
			return "GPS receiver"
		}
	}
	return ""
}

// links maps the name of a device file to the link in folder that leads there.
func (s System) links(folder string) map[string]string {
	to := map[string]string{}
	entries, _ := os.ReadDir(s.path(folder))
	for _, e := range entries {
		target, err := os.Readlink(filepath.Join(s.path(folder), e.Name()))
		if err == nil && to[filepath.Base(target)] == "" {
			to[filepath.Base(target)] = folder + "/" + e.Name()
		}
	}
	return to
}

// linked is the last part of where a link in dir leads, "" when there is none.
func linked(dir, name string) string {
	target, err := os.Readlink(filepath.Join(dir, name))
	if err != nil {
		return ""
	}
	return filepath.Base(target)
}

// line is the first line of a file in dir, "" when it can't be read.
func line(dir, name string) string {
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		return ""
	}
	first, _, _ := strings.Cut(string(b), "\n")
	return printable(first)
}
