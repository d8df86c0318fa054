package devicetest

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"penlog/device"
)

// Tree is a folder that stands for / of a Linux PC, for [device.System]: sys,
// dev, proc, run and etc, as far as ports need them. Its ports are files that
// nobody can talk to. It is made up after what real systems show.
type Tree struct {
	Root string
	plug int // how often something was plugged in
}

// Dev is a USB device to plug into a [Tree]. Zero fields are things that it does
// not have, or does not tell.
type Dev struct {
	Name      string // of its port: ttyUSB0, ttyACM0
	Path      string // its socket, e.g. 1-2
	ID        string // vendor:product
	Serial    string
	Product   string
	Driver    string   // of the port; ftdi_sio and cdc_acm are known to sit where they do
	LatencyMS int      // its latency_timer; 0: none
	Env       []string // KEY=VALUE of udev for its port; nil: udev knows nothing of it
	DeviceEnv []string // the same for the USB device
	Faces     []string // classes of further interfaces, e.g. 07
}

// NewTree makes an empty PC in root.
func NewTree(root string) (*Tree, error) {
	t := &Tree{Root: root}
	err := t.write("etc/group", "root:x:0:\ndialout:x:20:\n")
	for _, dir := range []string{"sys/class/tty", "dev/serial/by-id", "dev/serial/by-path", "proc"} {
		if err == nil {
			err = os.MkdirAll(t.path(dir), 0o755)
		}
	}
	return t, err
}

// System is the PC, as package device looks at it.
func (t *Tree) System() device.System { return device.System{Root: t.Root} }

// Plug plugs d in. The same device, plugged in again, is another to the kernel.
func (t *Tree) Plug(d Dev) error {
	t.plug++
	vid, pid, _ := strings.Cut(d.ID, ":")
	dir := "sys/devices/pci0/usb1/" + d.Path
	port := dir + "/" + d.Path + ":1.0" // of a CDC-ACM device, its interface
	bus := "usb"
	if d.Driver != "cdc_acm" {
		port, bus = port+"/"+d.Name, "usb-serial"
	}
	minor := strconv.Itoa(t.plug)
	files := map[string]string{
		dir + "/idVendor": vid, dir + "/idProduct": pid, dir + "/busnum": "1", dir + "/devnum": strconv.Itoa(10 + t.plug),
		dir + "/dev": "189:" + minor, dir + "/" + d.Path + ":1.0/bInterfaceClass": "ff", port + "/tty/" + d.Name + "/dev": "188:" + minor,
	}
	for i, class := range d.Faces {
		files[fmt.Sprintf("%s/%s:1.%d/bInterfaceClass", dir, d.Path, i+1)] = class
	}
	for name, text := range map[string]string{"serial": d.Serial, "product": d.Product} {
		if text != "" {
			files[dir+"/"+name] = text
		}
	}
	if d.LatencyMS != 0 {
		files[port+"/latency_timer"] = strconv.Itoa(d.LatencyMS)
	}
	for name, text := range files {
		if err := t.write(name, text+"\n"); err != nil {
			return err
		}
	}
	for node, env := range map[string][]string{"188:" + minor: d.Env, "189:" + minor: d.DeviceEnv} {
		if env == nil {
			continue
		}
		if err := t.write("run/udev/data/c"+node, "I:1\nE:"+strings.Join(env, "\nE:")+"\nG:systemd\n"); err != nil {
			return err
		}
	}
	byID := "dev/serial/by-id/usb-" + strings.ReplaceAll(d.ID, ":", "_") + "_" + d.Serial + "-if00-port0"
	for _, l := range [][2]string{
		{"../../bus/" + bus + "/drivers/" + d.Driver, port + "/driver"},
		{"../..", port + "/tty/" + d.Name + "/device"},
		{"../../" + port[len("sys/"):] + "/tty/" + d.Name, "sys/class/tty/" + d.Name},
		{"../../" + d.Name, byID}, // of twins the last, as udev does it
	} {
		if err := t.link(l[0], l[1]); err != nil {
			return err
		}
	}
	return t.write("dev/"+d.Name, "")
}

// Board puts a port on the PC's own board: a real one, or the place for one.
func (t *Tree) Board(name string, real bool) error {
	kind := map[bool]string{true: "4", false: "0"}[real]
	dir := "sys/devices/platform/serial8250/tty/" + name
	if err := t.write(dir+"/type", kind+"\n"); err != nil {
		return err
	}
	if err := t.link("../..", dir+"/device"); err != nil {
		return err
	}
	if err := t.link("../../"+dir[len("sys/"):], "sys/class/tty/"+name); err != nil {
		return err
	}
	return t.write("dev/"+name, "")
}

// Unplug pulls the device in a socket whose port has this name.
func (t *Tree) Unplug(path, name string) error {
	for _, gone := range []string{"sys/class/tty/" + name, "sys/devices/pci0/usb1/" + path, "dev/" + name} {
		if err := os.RemoveAll(t.path(gone)); err != nil {
			return err
		}
	}
	return nil
}

// Run starts a process that has files open.
func (t *Tree) Run(pid int, program string, open ...string) error {
	dir := "proc/" + strconv.Itoa(pid)
	if err := t.write(dir+"/comm", program+"\n"); err != nil {
		return err
	}
	for i, name := range open {
		if err := t.link(name, dir+"/fd/"+strconv.Itoa(i+3)); err != nil {
			return err
		}
	}
	return nil
}

// Lock leaves a lock file in folder, e.g. run/lock, with this text.
func (t *Tree) Lock(folder, name, text string) error {
	return t.write(folder+"/LCK.."+name, text)
}

func (t *Tree) path(name string) string { return filepath.Join(t.Root, filepath.FromSlash(name)) }

func (t *Tree) write(name, text string) error {
	if err := os.MkdirAll(filepath.Dir(t.path(name)), 0o755); err != nil {
		return err
	}
	return os.WriteFile(t.path(name), []byte(text), 0o644)
}

// link makes a link at name, in place of one that is there.
func (t *Tree) link(to, name string) error {
	if err := os.MkdirAll(filepath.Dir(t.path(name)), 0o755); err != nil {
		return err
	}
	if err := os.Remove(t.path(name)); err != nil && !os.IsNotExist(err) {
		return err
	}
	return os.Symlink(to, t.path(name))
}
