package device

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
)

// What [Diagnose] can find.
const (
	FindNoFile       = "no_device_file"
	FindNoPermission = "no_permission"
	FindHeld         = "held"
	FindModemManager = "modem_manager"
	FindLatency      = "ftdi_latency"
	FindNoRule       = "no_udev_rule"
	FindOpenResets   = "open_may_restart"
)

// Finding is one thing about a port that a person may want to mend, or to know.
type Finding struct {
	Code   string `json:"code"`
	Words  string `json:"words"`
	Remedy string `json:"remedy,omitempty"` // what to do; empty: nothing has to be done
	Blocks bool   `json:"blocks"`           // the port can't be opened as long as it is so
}

// installRules is how the udev rules for p get where they belong.
func installRules(p PortInfo) string {
	command := "penlog ports --udev"
	if p.USB && !slices.ContainsFunc(bridges, func(b bridge) bool { return b.vid == p.VID }) {
		command += " --usb " + p.ID().String()
	}
	return command + " | sudo tee " + UdevFile + " && sudo udevadm control --reload && sudo udevadm trigger, then plug it in again"
}

// Diagnose is [Diagnose] on s. What another user's process holds is not seen;
// see [System.Holders].
func (s System) Diagnose(p PortInfo) []Finding {
	var found []Finding
	add := func(ok bool, f Finding) {
		if ok {
			found = append(found, f)
		}
	}
	f, ok := s.permission(p)
	add(ok, f)
	for _, h := range s.Holders(p) {
		add(true, Finding{FindHeld, "in use by " + h.String(), "close that program, or choose another port", true})
	}
	if !p.USB {
		return found
	}
	rules := s.udev(p.node).known
	add(p.Foreign == "" && s.runs("ModemManager") && !s.udevSet(p, "ID_MM_DEVICE_IGNORE"),
		Finding{Code: FindModemManager, Words: "ModemManager runs and may write to it after it is plugged in", Remedy: installRules(p)})
	add(p.LatencyMS > 1, Finding{Code: FindLatency, Words: fmt.Sprintf("the bridge keeps bytes back for up to %d ms", p.LatencyMS),
		Remedy: "echo 1 | sudo tee /sys/class/tty/" + path.Base(p.Name) + "/device/latency_timer (Penlog's udev rules do it each time)"})
	add(p.VID == "0403" && strings.HasPrefix(p.Name, "COM"), Finding{Code: FindLatency, Words: "the bridge keeps bytes back for up to 16 ms, unless that was changed",
		Remedy: "in Device Manager, under the port's advanced settings, set the latency timer to 1 ms"})
	add(p.Foreign == "" && rules && !s.udevSet(p, udevMark),
		Finding{Code: FindNoRule, Words: "Penlog's udev rules are not installed, or not for this kind of port", Remedy: installRules(p)})
	add(p.Foreign == "", Finding{Code: FindOpenResets, Words: "opening it pulses DTR and RTS, which may restart what is behind it"})
	return found
}

// permission finds why this process may not open p.
func (s System) permission(p PortInfo) (Finding, bool) {
	ask := s.Node
	if ask == nil {
		ask = nodeOf
	}
	n, err := ask(s.path(p.Name))
	switch {
	case errors.Is(err, errors.ErrUnsupported):
		return Finding{}, false // only opening it tells
	case errors.Is(err, fs.ErrNotExist):
		return Finding{FindNoFile, "the system knows it, but " + p.Name + " is not there", "unplug it and plug it in again; in a container, hand the device in", true}, true
	case err != nil:
		return Finding{FindNoPermission, "this user may not look at it: " + err.Error(), installRules(p), true}, true
	case n.May:
		return Finding{}, false
	case !n.Group || n.GID == 0:
		return Finding{FindNoPermission, "no permission: only root may open it", installRules(p), true}, true
	}
	group := s.group(n.GID)
	return Finding{FindNoPermission, "no permission: only the group " + group + " may open it",
		"sudo usermod -aG " + group + " $USER, then log out and in again", true}, true
}

// group is the name of a group, or its number.
func (s System) group(gid int) string {
	b, _ := os.ReadFile(s.path("/etc/group"))
	for text := range strings.Lines(string(b)) {
		if f := strings.Split(text, ":"); len(f) >= 3 && f[2] == strconv.Itoa(gid) {
			return f[0]
		}
	}
	return strconv.Itoa(gid)
}
