//go:build unix

package device_test

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"penlog/device"
	"penlog/device/devicetest"
)

// pc is a PC with these devices plugged in.
func pc(t *testing.T, devs ...devicetest.Dev) *devicetest.Tree {
	t.Helper()
	tree, err := devicetest.NewTree(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range devs {
		done(t, tree.Plug(d))
	}
	return tree
}

func done(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func listed(t *testing.T, s device.System) []device.PortInfo {
	t.Helper()
	ports, err := s.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return ports
}

var (
	ftdi = devicetest.Dev{Name: "ttyUSB0", Path: "1-2", ID: "0403:6001", Serial: "A50285BI", Product: "FT232R USB UART",
		Driver: "ftdi_sio", LatencyMS: 16, Env: []string{"ID_MM_CANDIDATE=1"}}
	ch340 = devicetest.Dev{Name: "ttyUSB1", Path: "1-3", ID: "1a86:7523", Product: "USB Serial", Driver: "ch341-uart"}
	twin  = devicetest.Dev{Name: "ttyUSB10", Path: "1-4.1", ID: "1a86:7523", Product: "USB Serial", Driver: "ch341-uart"}
	acm   = devicetest.Dev{Name: "ttyACM0", Path: "1-5", ID: "2E8A:000a", Serial: "E661", Product: "Pen\x1b[31m", Driver: "cdc_acm"}
)

func TestListTellsWhatIsThere(t *testing.T) {
	nine := ch340
	nine.Name = "ttyUSB9"
	tree := pc(t, twin, ftdi, nine, acm)
	done(t, tree.Board("ttyS0", true))
	done(t, tree.Board("ttyS1", false))
	want := []device.PortInfo{
		{Name: "/dev/ttyACM0", USB: true, VID: "2e8a", PID: "000a", Serial: "E661", Product: "Pen?[31m", USBPath: "1-5", Driver: "cdc_acm",
			ByID: "/dev/serial/by-id/usb-2E8A_000a_E661-if00-port0", Plugged: "1:14"},
		{Name: "/dev/ttyS0"},
		{Name: "/dev/ttyUSB0", USB: true, VID: "0403", PID: "6001", Serial: "A50285BI", Product: "FT232R USB UART", USBPath: "1-2", Driver: "ftdi_sio",
			ByID: "/dev/serial/by-id/usb-0403_6001_A50285BI-if00-port0", LatencyMS: 16, Plugged: "1:12"},
		// Twins without a serial: one link for both, and the socket tells them apart.
		{Name: "/dev/ttyUSB9", USB: true, VID: "1a86", PID: "7523", Product: "USB Serial", USBPath: "1-3", Driver: "ch341-uart",
			ByID: "/dev/serial/by-id/usb-1a86_7523_-if00-port0", Plugged: "1:13"},
		{Name: "/dev/ttyUSB10", USB: true, VID: "1a86", PID: "7523", Product: "USB Serial", USBPath: "1-4.1", Driver: "ch341-uart", Plugged: "1:11"},
	}
	got := listed(t, tree.System())
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(device.PortInfo{})); diff != "" {
		t.Errorf("List() (-want +got):\n%s", diff)
	}
	for i, words := range []string{"CDC-ACM port (Pen?[31m)", "port of the PC", "FTDI bridge (FT232R USB UART)", "CH340 bridge (USB Serial)"} {
		if w := got[i].What(); w != words {
			t.Errorf("%s is %q, want %q", got[i].Name, w, words)
		}
	}
	if a, err := got[0].Address(); err != nil || a.String() != "serial:///dev/ttyACM0" {
		t.Errorf("Address() = %v, %v", a, err)
	}
}

func TestAReplugIsAnotherToTheList(t *testing.T) {
	tree := pc(t, ftdi)
	before := listed(t, tree.System())[0]
	done(t, tree.Unplug("1-2", "ttyUSB0"))
	if got := listed(t, tree.System()); len(got) != 0 {
		t.Fatalf("unplugged, and listed %+v", got)
	}
	again := ftdi
	again.Name = "ttyUSB1"
	done(t, tree.Plug(again))
	after := listed(t, tree.System())[0]
	if after.Name != "/dev/ttyUSB1" || after.Serial != before.Serial || after.USBPath != before.USBPath || after.Plugged == before.Plugged {
		t.Errorf("plugged in again: %+v, before %+v", after, before)
	}
}

func TestWhatIsCertainlyNoPenIsToldSo(t *testing.T) {
	for _, tt := range []struct {
		want string
		dev  devicetest.Dev
	}{
		{"modem", devicetest.Dev{ID: "2c7c:0125", Driver: "option1"}},
		{"modem", devicetest.Dev{ID: "1bc7:1201", Driver: "cdc_acm", Faces: []string{"ff", "e0"}}},
		{"modem", devicetest.Dev{ID: "1a86:7523", Driver: "ch341-uart", Env: []string{"ID_MM_CANDIDATE=1", "ID_MM_PORT_TYPE_AT_PRIMARY=1"}}},
		{"modem", devicetest.Dev{ID: "1a86:7523", Driver: "ch341-uart", DeviceEnv: []string{"ID_MM_DEVICE_PROCESS=1"}}},
		{"GPS receiver", devicetest.Dev{ID: "1546:01a8", Driver: "cdc_acm"}},
		{"GPS receiver", devicetest.Dev{ID: "067b:2303", Driver: "pl2303", Env: []string{"ID_MM_PORT_TYPE_GPS=1"}}},
		{"GPS receiver", devicetest.Dev{ID: "067b:2303", Driver: "pl2303", Env: []string{"X=1\nS:gps0"}}},
		{"printer", devicetest.Dev{ID: "04b8:0202", Driver: "cdc_acm", Faces: []string{"07"}}},
		{"", devicetest.Dev{ID: "067b:2303", Driver: "pl2303", Env: []string{"ID_MM_CANDIDATE=1", "ID_MM_DEVICE_IGNORE=1", "ID_MM_DEVICE_PROCESS=0"}}},
		{"", devicetest.Dev{ID: "2e8a:000a", Driver: "cdc_acm", Faces: []string{"0a", "08"}}},
	} {
		tt.dev.Name, tt.dev.Path = "ttyX0", "1-1"
		if got := listed(t, pc(t, tt.dev).System())[0].Foreign; got != tt.want {
			t.Errorf("%+v is %q, want %q", tt.dev, got, tt.want)
		}
	}
}

// codes are what Diagnose found, in its order.
func codes(found []device.Finding) string {
	var c []string
	for _, f := range found {
		c = append(c, f.Code)
	}
	return strings.Join(c, " ")
}

func TestDiagnoseNamesWhatIsMissingAndTheRemedy(t *testing.T) {
	open := func(string) (device.Node, error) { return device.Node{May: true}, nil }
	ruled := []string{"ID_PENLOG=1", "ID_MM_DEVICE_IGNORE=1"}
	for _, tt := range []struct {
		name   string
		dev    devicetest.Dev
		node   func(string) (device.Node, error)
		run    func(*devicetest.Tree) error
		codes  string
		words  string // of the first
		remedy string
		blocks bool
	}{
		{name: "nothing", dev: devicetest.Dev{ID: "0403:6001", Driver: "ftdi_sio", LatencyMS: 1, Env: ruled}, codes: "open_may_restart", words: "may restart"},
		{name: "not in the group", dev: ch340, node: func(string) (device.Node, error) { return device.Node{GID: 20, Group: true}, nil },
			codes: "no_permission open_may_restart", words: "only the group dialout may", remedy: "sudo usermod -aG dialout $USER", blocks: true},
		{name: "a group without a name", dev: ch340, node: func(string) (device.Node, error) { return device.Node{GID: 986, Group: true}, nil },
			codes: "no_permission open_may_restart", words: "only the group 986 may", remedy: "usermod -aG 986", blocks: true},
		{name: "root's alone", dev: ch340, node: func(string) (device.Node, error) { return device.Node{GID: 0, Group: true}, nil },
			codes: "no_permission open_may_restart", words: "only root", remedy: "penlog ports --udev | sudo tee", blocks: true},
		{name: "a group that may not", dev: ch340, node: func(string) (device.Node, error) { return device.Node{GID: 20}, nil },
			codes: "no_permission open_may_restart", words: "only root", blocks: true},
		{name: "no file", dev: ch340, node: func(string) (device.Node, error) { return device.Node{}, fs.ErrNotExist },
			codes: "no_device_file open_may_restart", words: "/dev/ttyX0 is not there", remedy: "container", blocks: true},
		{name: "a system that can't tell", dev: ch340, node: func(string) (device.Node, error) { return device.Node{}, errors.ErrUnsupported },
			codes: "open_may_restart", words: "may restart"},
		{name: "held", dev: ch340, run: func(tree *devicetest.Tree) error { return tree.Run(711, "minicom", "/dev/null", "/dev/ttyX0") },
			codes: "held open_may_restart", words: "in use by minicom (process 711)", remedy: "close that program", blocks: true},
		{name: "ModemManager", dev: ch340, run: func(tree *devicetest.Tree) error { return tree.Run(712, "ModemManager") },
			codes: "modem_manager open_may_restart", words: "ModemManager runs", remedy: "penlog ports --udev | sudo tee /etc/udev/rules.d/70-penlog.rules"},
		{name: "ModemManager, told to keep off the device", dev: devicetest.Dev{ID: "1a86:7523", Driver: "ch341-uart", DeviceEnv: []string{"ID_MM_DEVICE_IGNORE=1"}},
			run: func(tree *devicetest.Tree) error { return tree.Run(712, "ModemManager") }, codes: "open_may_restart", words: "may restart"},
		{name: "no rules", dev: devicetest.Dev{ID: "2e8a:000a", Driver: "cdc_acm", Env: []string{"ID_MM_CANDIDATE=1"}},
			codes: "no_udev_rule open_may_restart", words: "not installed", remedy: "penlog ports --udev --usb 2e8a:000a | sudo tee"},
		{name: "FTDI's timer", dev: ftdi, codes: "ftdi_latency no_udev_rule open_may_restart", words: "up to 16 ms",
			remedy: "echo 1 | sudo tee /sys/class/tty/ttyX0/device/latency_timer"},
		{name: "a modem", dev: devicetest.Dev{ID: "2c7c:0125", Driver: "option1", Env: []string{"ID_MM_CANDIDATE=1"}},
			run:   func(tree *devicetest.Tree) error { return tree.Run(712, "ModemManager") },
			codes: ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.dev.Name, tt.dev.Path = "ttyX0", "1-1"
			tree := pc(t, tt.dev)
			if tt.run != nil {
				done(t, tt.run(tree))
			}
			s := tree.System()
			if s.Node = tt.node; s.Node == nil {
				s.Node = open
			}
			found := s.Diagnose(listed(t, s)[0])
			if got := codes(found); got != tt.codes {
				t.Fatalf("found %q, want %q", got, tt.codes)
			}
			if len(found) == 0 {
				return
			}
			if f := found[0]; !strings.Contains(f.Words, tt.words) || !strings.Contains(f.Remedy, tt.remedy) || f.Blocks != tt.blocks {
				t.Errorf("found %+v, want %q, %q", f, tt.words, tt.remedy)
			}
		})
	}
}

func TestAFileThatIsNotThereBlocks(t *testing.T) {
	tree := pc(t, ch340)
	p := listed(t, tree.System())[0]
	if got := codes(tree.System().Diagnose(p)); got != "open_may_restart" {
		t.Errorf("found %q", got)
	}
	done(t, tree.Unplug("", "ttyUSB1"))
	if got := codes(tree.System().Diagnose(p)); got != "no_device_file open_may_restart" {
		t.Errorf("without its file found %q", got)
	}
}

func TestHoldersAreReadFromFilesAndLocks(t *testing.T) {
	tree := pc(t, ch340, twin)
	ports := listed(t, tree.System())
	done(t, tree.Run(100, "bash", "/dev/pts/1"))
	done(t, tree.Run(200, "screen", "/dev/ttyUSB1"))
	done(t, tree.Run(300, "gammu"))
	done(t, tree.Run(400, "other", "/dev/ttyUSB10"))
	for _, tt := range []struct {
		name, folder, text string
		want               []device.Holder
	}{
		{"a lock as text", "run/lock", "       300\n", []device.Holder{{200, "screen"}, {300, "gammu"}}},
		{"a lock in four bytes", "var/lock", "\x2c\x01\x00\x00", []device.Holder{{200, "screen"}, {300, "gammu"}}},
		{"of who is gone", "var/lock", "        999\n", []device.Holder{{200, "screen"}}},
		{"that says nothing", "run/lock", "?", []device.Holder{{200, "screen"}}},
		{"of who has it open", "run/lock", "200", []device.Holder{{200, "screen"}}},
	} {
		done(t, tree.Lock("run/lock", "ttyUSB1", ""))
		done(t, tree.Lock("var/lock", "ttyUSB1", ""))
		done(t, tree.Lock(tt.folder, "ttyUSB1", tt.text))
		if got := tree.System().Holders(ports[0]); !slices.Equal(got, tt.want) {
			t.Errorf("%s: held by %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestThisPCIsListedAndLookedAt(t *testing.T) {
	ports, err := device.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range ports {
		device.Diagnose(p)
		device.System{}.Holders(p)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := pc(t, ftdi).System().List(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("List() with a context that has ended: %v", err)
	}
	if _, err := (device.System{Root: t.TempDir()}).List(t.Context()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("List() without /sys: %v", err)
	}
}
