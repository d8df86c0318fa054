package device

import (
	"os"
	"strings"
)

// udevEntry is what udev's rules made of one device.
type udevEntry struct {
	known bool
	env   map[string]string
	links []string // further names below /dev
}

// udev reads udev's own record of a device, which is named by the number of its
// device file. Source: systemd, sd-device's /run/udev/data.
func (s System) udev(node string) udevEntry {
	var e udevEntry
	if node == "" {
		return e
	}
	b, err := os.ReadFile(s.path("/run/udev/data/c" + node))
	if err != nil {
		return e
	}
	e.known, e.env = true, map[string]string{}
	for text := range strings.Lines(string(b)) {
		kind, rest, ok := strings.Cut(strings.TrimSuffix(text, "\n"), ":")
		switch {
		case !ok:
		case kind == "E":
			key, value, _ := strings.Cut(rest, "=")
			e.env[key] = value
		case kind == "S":
			e.links = append(e.links, rest)
		}
	}
	return e
}

// udevSet reports whether a rule gave the port or its USB device this property.
func (s System) udevSet(p PortInfo, key string) bool {
	for _, node := range []string{p.node, p.usbNode} {
		if v := s.udev(node).env[key]; v != "" && v != "0" {
			return true
		}
	}
	return false
}

// The file that [UdevRules] belongs into, and the property by which it is seen
// that it is there. The number is before systemd's 73-seat-late.rules, which acts
// on the uaccess tag, and after 60-serial.rules.
const (
	UdevFile = "/etc/udev/rules.d/70-penlog.rules"
	udevMark = "ID_PENLOG"
)

const rulesHead = `# Penlog: who may open a pen's serial port, and who keeps off it. As root, write
# this to ` + UdevFile + `:
#
#   penlog ports --udev | sudo tee ` + UdevFile + `
#   sudo udevadm control --reload && sudo udevadm trigger
#
# then plug the pen in again.
#
# Whoever sits at this PC may use these ports (uaccess), and so may the group that
# the system gives to serial ports (dialout; on some systems uucp), which is for an
# agent that runs as a service. ModemManager, which would send commands to find out
# whether they are modems, leaves them alone. FTDI bridges hand bytes on after 1 ms
# instead of 16.

ACTION!="add|change|move|bind", GOTO="penlog_end"
`

// UdevRules is a udev rules file for the bridges that pens come with and for the
// ids in more: access for who sits at the PC, ModemManager kept off, FTDI's timer
// at 1 ms. Its head says where to put it.
func UdevRules(more []USBID) string {
	var b strings.Builder
	b.WriteString(rulesHead)
	for _, maker := range bridges {
		rule(&b, maker.name, `ATTR{idVendor}=="`+maker.vid+`"`, `ENV{ID_VENDOR_ID}=="`+maker.vid+`"`)
	}
	seen := map[USBID]bool{}
	for _, id := range more {
		if seen[id] {
			continue
		}
		seen[id] = true
		rule(&b, "allowed here: "+id.String(), `ATTR{idVendor}=="`+id.VID+`", ATTR{idProduct}=="`+id.PID+`"`,
			`ENV{ID_VENDOR_ID}=="`+id.VID+`", ENV{ID_MODEL_ID}=="`+id.PID+`"`)
	}
	b.WriteString("\n# FTDI's timer\n" + `SUBSYSTEM=="usb-serial", DRIVER=="ftdi_sio", ATTR{latency_timer}="1"` + "\n\n" + `LABEL="penlog_end"` + "\n")
	return b.String()
}

// rule writes the two rules of one kind of device: for the USB device, where
// ModemManager looks first, and for its ports.
func rule(b *strings.Builder, name, device, port string) {
	b.WriteString("\n# " + name + "\n" +
		`SUBSYSTEM=="usb", ENV{DEVTYPE}=="usb_device", ` + device + `, ENV{ID_MM_DEVICE_IGNORE}="1"` + "\n" +
		`SUBSYSTEM=="tty", SUBSYSTEMS=="usb", ` + port + `, MODE="0660", TAG+="uaccess", ENV{ID_MM_DEVICE_IGNORE}="1", ENV{` + udevMark + `}="1"` + "\n")
}
