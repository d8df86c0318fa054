package ports_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"penlog/cmd/internal/ports"
	"penlog/device"
	"penlog/protocol"
)

// soon is the promise: a pen that is plugged in is found within it.
const soon = 3 * time.Second

func TestFinderOpensThePortOnWhichAPenAnnouncesItself(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.plug(ch340("ttyUSB0", "1-1"), silent)
		d.plug(ch340("ttyUSB1", "1-2"), noise)
		d.plug(ftdi("ttyUSB2", "1-3", "A1"), pen("0001"))
		d.plug(device.PortInfo{Name: "/dev/ttyS0"}, pen("0002"))
		var log bytes.Buffer
		cfg := d.config()
		cfg.Log = slog.New(slog.NewTextHandler(&log, nil))
		port, took := d.find(ports.NewFinder(cfg), 0)
		defer port.Close()
		if at(port) != "ttyUSB2" || took > ports.ListenFor+20*time.Millisecond {
			t.Errorf("found %s after %v", at(port), took)
		}
		if got := d.opened(); got != "ttyUSB0 ttyUSB1 ttyUSB2" {
			t.Errorf("opened %q", got)
		}
		if n := d.openNow(); n != 1 {
			t.Errorf("%d ports are open, want the pen's", n)
		}
		// What was heard is there to be read: the guard need not wait for the next.
		b := make([]byte, 512)
		if n, err := port.Read(b); err != nil || !bytes.Equal(b[:n], announcement("0001")) {
			t.Errorf("the first read: % x, %v", b[:n], err)
		}
		if !strings.Contains(log.String(), "at=/dev/ttyUSB2 usb=0403:6001 usb_serial=A1 usb_path=1-3") {
			t.Errorf("logged %s", log.String())
		}
	})
}

func TestReplugUnderAnotherNameIsFoundWithoutOpeningForeignPorts(t *testing.T) {
	for _, tt := range []struct {
		name      string
		pen, then device.PortInfo
	}{
		{"with a serial, another name and socket", ftdi("ttyUSB0", "1-1", "A1"), ftdi("ttyUSB5", "2-4", "A1")},
		{"with a serial, the same name", ftdi("ttyUSB0", "1-1", "A1"), ftdi("ttyUSB0", "1-1", "A1")},
		{"without a serial, the same socket", ch340("ttyUSB0", "1-1"), ch340("ttyUSB5", "1-1")},
		{"without a serial, another socket", ch340("ttyUSB0", "1-1"), ch340("ttyUSB5", "1-9")},
		{"another pen", ftdi("ttyUSB0", "1-1", "A1"), ftdi("ttyUSB0", "1-1", "B2")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			atDesk(t, func(t *testing.T, d *desk) {
				d.plug(tt.pen, pen("0001"))
				d.plug(ch340("ttyUSB1", "1-2"), noise)
				d.plug(ch340("ttyUSB2", "1-3"), silent)
				f := ports.NewFinder(d.config())
				port, _ := d.find(f, soon)
				for i := range 40 { // at whatever moment of the search it comes back
					time.Sleep(5 * time.Second)
					d.unplug("ttyUSB0", "ttyUSB5")
					port.Close()
					d.opened()
					var plugged time.Time
					away := time.Duration(i) * 137 * time.Millisecond
					go func() {
						time.Sleep(away)
						plugged = time.Now()
						d.plug(tt.then, pen("0001"))
					}()
					port, _ = d.find(f, away+soon)
					if took := time.Since(plugged); took > soon {
						t.Errorf("away for %v, and found %v after it was back", away, took)
					}
					if got, want := d.opened(), strings.TrimPrefix(tt.then.Name, "/dev/"); got != want {
						t.Errorf("away for %v: opened %q, want %q alone", away, got, want)
					}
				}
				port.Close()
			})
		})
	}
}

// After sleep everything is plugged in again, under whatever names, and the pen's
// port may be the last.
func TestWakeFromSleepOpensNoForeignPort(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		gps := ch340("ttyUSB1", "1-2")
		d.plug(ftdi("ttyUSB0", "1-1", "A1"), pen("0001"))
		d.plug(gps, noise)
		f := ports.NewFinder(d.config())
		port, _ := d.find(f, 0)
		d.opened()
		time.Sleep(10 * time.Minute)
		d.unplug("ttyUSB0", "ttyUSB1")
		gps.Name = "/dev/ttyUSB0"
		d.plug(gps, noise) // the names are swapped
		port.Close()
		woke := time.Now()
		go func() {
			time.Sleep(1500 * time.Millisecond)
			d.plug(ftdi("ttyUSB1", "1-1", "A1"), pen("0001"))
		}()
		port, _ = d.find(f, 2*soon)
		if took := time.Since(woke); at(port) != "ttyUSB1" || took > 1500*time.Millisecond+soon {
			t.Errorf("found %s, %v after waking", at(port), took)
		}
		if got := d.opened(); got != "ttyUSB1" {
			t.Errorf("opened %q, want the pen's port alone", got)
		}
		port.Close()
		// When the pen stays away, what was plugged in again may be one: once.
		d.unplug("ttyUSB1")
		for range 20 {
			if _, err := f.Open(t.Context(), device.Address{}, device.Options{}); !errors.Is(err, ports.ErrNoPen) {
				t.Fatalf("Open() = %v", err)
			}
		}
		if got := d.opened(); got != "ttyUSB0" {
			t.Errorf("with the pen away opened %q, want the other once", got)
		}
	})
}

// Where the last pen was is listened to first, and alone: a device that was never
// here before, plugged in with it, is left alone.
func TestThePensOwnBridgeIsListenedToFirst(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.plug(ftdi("ttyUSB0", "1-1", "A1"), pen("0001"))
		f := ports.NewFinder(d.config())
		port, _ := d.find(f, 0)
		d.unplug("ttyUSB0")
		port.Close()
		d.opened()
		time.Sleep(time.Minute)
		d.plug(ftdi("ttyUSB0", "2-1", "X9"), noise)
		d.plug(ftdi("ttyUSB1", "2-2", "A1"), pen("0001")) // another socket, too
		port, _ = d.find(f, soon)
		if got := d.opened(); at(port) != "ttyUSB1" || got != "ttyUSB1" {
			t.Errorf("found %s, opened %q", at(port), got)
		}
		port.Close()
	})
}

// A pen that is switched off behind its bridge, and on again, is found although
// nothing was plugged in; also when another was used meanwhile.
func TestPenThatWasSwitchedOffIsFoundAgain(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.plug(ch340("ttyUSB0", "1-1"), pen("0001"))
		f := ports.NewFinder(d.config())
		port, _ := d.find(f, 0)
		d.becomes("ttyUSB0", silent)
		port.Close()
		for range 3 {
			if _, err := f.Open(t.Context(), device.Address{}, device.Options{}); !errors.Is(err, ports.ErrNoPen) {
				t.Fatalf("Open() = %v", err)
			}
		}
		d.becomes("ttyUSB0", pen("0001"))
		port, took := d.find(f, soon)
		if took > soon {
			t.Errorf("found after %v", took)
		}
		d.held["/dev/ttyUSB0"] = "minicom"
		port.Close()
		d.plug(ch340("ttyUSB1", "1-2"), pen("0002"))
		port, _ = d.find(f, soon)
		if at(port) != "ttyUSB1" {
			t.Fatalf("found %s", at(port))
		}
		time.Sleep(5 * time.Second)
		d.unplug("ttyUSB1")
		port.Close()
		d.held["/dev/ttyUSB0"] = ""
		if port, took = d.find(f, soon); at(port) != "ttyUSB0" || took > 2*time.Second {
			t.Errorf("found %s after %v", at(port), took)
		}
		port.Close()
	})
}

// Where the system does not count, what is missing from one list and there in the
// next was plugged in again.
func TestReplugIsSeenByTheListAlone(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.blind = true
		com := device.PortInfo{Name: "/dev/COM5", USB: true, VID: "0403", PID: "6001"}
		d.plug(com, silent)
		f := ports.NewFinder(d.config())
		for range 3 {
			if _, err := f.Open(t.Context(), device.Address{}, device.Options{}); !errors.Is(err, ports.ErrNoPen) {
				t.Fatalf("Open() = %v", err)
			}
		}
		d.unplug("COM5")
		if _, err := f.Open(t.Context(), device.Address{}, device.Options{}); !errors.Is(err, ports.ErrNoPen) {
			t.Fatalf("Open() = %v", err)
		}
		d.plug(com, pen("0001"))
		port, _ := d.find(f, soon)
		if got := d.opened(); got != "COM5 COM5" {
			t.Errorf("opened %q", got)
		}
		port.Close()
	})
}

func TestFinderRefusesToGuessBetweenTwoPens(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.plug(ch340("ttyUSB0", "1-1"), gadget{pen: "0001", phase: 10 * time.Millisecond})
		d.plug(ch340("ttyUSB1", "1-2"), gadget{pen: "0002", phase: 1090 * time.Millisecond}) // as late as any
		f := ports.NewFinder(d.config())
		port, err := f.Open(t.Context(), device.Address{}, device.Options{})
		if port != nil || !errors.Is(err, ports.ErrTwoPens) {
			t.Fatalf("Open() = %v, %v", port, err)
		}
		for _, want := range []string{"/dev/ttyUSB0: Penlog simulator Reference G1 (simulated), serial 0001", "/dev/ttyUSB1: Penlog simulator Reference G1 (simulated), serial 0002",
			"; unplug all but one, or name one: --port serial:///dev/ttyUSB0"} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%v\nlacks %q", err, want)
			}
		}
		if n := d.openNow(); n != 0 {
			t.Errorf("%d ports stay open", n)
		}
		d.unplug("ttyUSB0")
		port, _ = d.find(f, soon)
		if at(port) != "ttyUSB1" {
			t.Errorf("found %s", at(port))
		}
		port.Close()
	})
}

// Twins of one maker, without serials, cannot be told apart but by where they are.
func TestTwoBridgesWithoutSerial(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.plug(ch340("ttyUSB0", "1-1"), noise)
		d.plug(ch340("ttyUSB1", "1-2"), pen("0001"))
		f := ports.NewFinder(d.config())
		port, _ := d.find(f, 0)
		if at(port) != "ttyUSB1" {
			t.Fatalf("found %s", at(port))
		}
		// Both are pulled, and come back with their names swapped.
		d.unplug("ttyUSB0", "ttyUSB1")
		port.Close()
		d.opened()
		d.plug(ch340("ttyUSB0", "1-2"), pen("0001"))
		d.plug(ch340("ttyUSB1", "1-1"), noise)
		port, _ = d.find(f, soon)
		if got := d.opened(); at(port) != "ttyUSB0" || got != "ttyUSB0" {
			t.Errorf("found %s, opened %q", at(port), got)
		}
		port.Close()
	})
}

func TestFinderLeavesForeignDevicesAndOthersPortsAlone(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		modem := ch340("ttyUSB0", "1-1")
		modem.Foreign = "modem"
		strange := device.PortInfo{Name: "/dev/ttyUSB1", USB: true, VID: "1234", PID: "00ff", USBPath: "1-2", Driver: "mct_u232"}
		d.plug(modem, pen("0001"))
		d.plug(strange, pen("0002"))
		d.plug(ch340("ttyUSB2", "1-3"), pen("0003"))
		d.held["/dev/ttyUSB2"] = "minicom"
		f := ports.NewFinder(d.config())
		_, err := f.Open(t.Context(), device.Address{}, device.Options{})
		want := "device: open auto: no pen was found (/dev/ttyUSB0 is a modem, /dev/ttyUSB1 is a USB port of a kind that is not known, " +
			"/dev/ttyUSB2 is in use by minicom (process 711)); close the program that uses the pen's port (`penlog ports` tells more)"
		if err == nil || err.Error() != want {
			t.Errorf("Open() = %v\nwant %s", err, want)
		}
		if got := d.opened(); got != "" {
			t.Errorf("opened %q", got)
		}
		d.held["/dev/ttyUSB2"] = ""
		port, _ := d.find(f, soon)
		if at(port) != "ttyUSB2" {
			t.Errorf("found %s once it was free", at(port))
		}
		port.Close()
		// What the clinic allows is listened to, whatever it is.
		for _, allowed := range []device.PortInfo{modem, strange} {
			d.opened()
			f := ports.NewFinder(d.config(allowed.ID()))
			d.held["/dev/ttyUSB2"], d.held["/dev/ttyS9"] = "minicom", ""
			d.unplug("ttyUSB0", "ttyUSB1", "ttyUSB2")
			d.plug(allowed, pen("0001"))
			port, _ := d.find(f, soon)
			if at(port) != strings.TrimPrefix(allowed.Name, "/dev/") {
				t.Errorf("found %s", at(port))
			}
			port.Close()
		}
	})
}

func TestFinderTriesANewPortAgainUntilUdevHandsItOver(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		refused := func(string) error {
			return &device.OpenError{Kind: device.ErrPermission, Remedy: "add this user to the group dialout"}
		}
		d.plug(ch340("ttyUSB0", "1-1"), pen("0001"))
		d.refuse = refused
		f := ports.NewFinder(d.config())
		_, err := f.Open(t.Context(), device.Address{}, device.Options{})
		if want := "/dev/ttyUSB0 can't be opened: permission denied); add this user to the group dialout"; err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Open() = %v, want %q", err, want)
		}
		begin := time.Now()
		d.refuse = func(name string) error {
			if time.Since(begin) < 300*time.Millisecond {
				return refused(name)
			}
			return nil
		}
		time.Sleep(time.Second) // as a keeper waits
		begin = time.Now()
		port, took := d.find(f, 0)
		if at(port) != "ttyUSB0" || took > time.Second {
			t.Errorf("found %s after %v", at(port), took)
		}
		port.Close()
	})
}

// A port in which a call hangs is given up, also one that would be listened to
// again, and holds up nobody.
func TestPortThatHangsIsNotOpenedAgain(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		bad := ftdi("ttyUSB0", "1-1", "A1")
		d.plug(bad, gadget{hangs: true})
		f := ports.NewFinder(d.config(bad.ID()))
		for range 3 {
			if _, err := f.Open(t.Context(), device.Address{}, device.Options{}); !errors.Is(err, ports.ErrNoPen) {
				t.Fatalf("Open() = %v", err)
			}
		}
		if got := d.opened(); got != "ttyUSB0" {
			t.Errorf("opened %q, want it once", got)
		}
		_, err := f.Open(t.Context(), device.Address{}, device.Options{})
		if err == nil || !strings.Contains(err.Error(), "ttyUSB0 does not answer the system); unplug the pen and plug it in again") {
			t.Errorf("Open() = %v", err)
		}
		d.plug(ch340("ttyUSB1", "1-2"), pen("0001"))
		port, _ := d.find(f, soon)
		port.Close()
		time.Sleep(2 * time.Hour) // the call comes back
	})
}

func TestFinderLooksAtMostOnceASecondAndOpensNothingTwice(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.plug(ch340("ttyUSB0", "1-1"), silent)
		f := ports.NewFinder(d.config())
		for end := time.Now().Add(time.Hour); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
			if _, err := f.Open(t.Context(), device.Address{}, device.Options{}); !errors.Is(err, ports.ErrNoPen) {
				t.Fatalf("Open() = %v", err)
			}
		}
		if got := d.opened(); got != "ttyUSB0" {
			t.Errorf("opened %q", got)
		}
		if len(d.lists) < 3000 {
			t.Errorf("looked %d times in an hour", len(d.lists))
		}
		for i, at := range d.lists[1:] {
			if gap := at - d.lists[i]; gap < time.Second {
				t.Fatalf("looked twice within %v", gap)
			}
		}
	})
}

// An allowed port that opening restarts is listened to for longer from the second
// time on.
func TestAllowedPortThatIsSilentIsListenedToAgain(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		p := ftdi("ttyUSB0", "1-1", "")
		d.plug(p, gadget{pen: "0001", phase: 2500 * time.Millisecond})
		f := ports.NewFinder(d.config(p.ID()))
		port, took := d.find(f, 10*time.Second)
		if got := d.opened(); got != "ttyUSB0 ttyUSB0" || took > 7*time.Second {
			t.Errorf("found after %v, opened %q", took, got)
		}
		port.Close()
		// Meanwhile it holds up no other.
		d.unplug("ttyUSB0")
		d.plug(p, silent)
		f = ports.NewFinder(d.config(p.ID()))
		if _, err := f.Open(t.Context(), device.Address{}, device.Options{}); err == nil {
			t.Fatal("a silent port was taken for a pen's")
		}
		var plugged time.Time
		go func() {
			time.Sleep(1700 * time.Millisecond)
			plugged = time.Now()
			d.plug(ch340("ttyUSB1", "1-2"), pen("0002"))
		}()
		port, _ = d.find(f, 2*soon)
		if took := time.Since(plugged); at(port) != "ttyUSB1" || took > soon {
			t.Errorf("found %s after %v", at(port), took)
		}
		port.Close()
	})
}

// After an agent was restarted its pen still sends readings for a second.
func TestPenThatHasJustLostItsHostIsWaitedFor(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.plug(ch340("ttyUSB0", "1-1"), gadget{pen: "0001", phase: 1900 * time.Millisecond, says: reading()})
		f := ports.NewFinder(d.config())
		port, took := d.find(f, 0)
		if at(port) != "ttyUSB0" || took > soon {
			t.Errorf("found %s after %v", at(port), took)
		}
		port.Close()
		// One that another host has is told so, and asked again each time.
		d.unplug("ttyUSB0")
		d.plug(ch340("ttyUSB0", "1-1"), gadget{says: reading()})
		d.opened()
		f = ports.NewFinder(d.config())
		for range 2 {
			if _, err := f.Open(t.Context(), device.Address{}, device.Options{}); err == nil || !strings.Contains(err.Error(), "another host has the pen") {
				t.Errorf("Open() = %v", err)
			}
		}
		if got := d.opened(); got != "ttyUSB0 ttyUSB0" {
			t.Errorf("opened %q", got)
		}
	})
}

func TestWhatAHostSendsIsNoAnnouncement(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.plug(ch340("ttyUSB0", "1-1"), gadget{says: protocol.AppendFrame(nil, protocol.TypeHello, 1, (&protocol.Hello{Nonce: 5}).Append(nil))})
		_, err := ports.NewFinder(d.config()).Open(t.Context(), device.Address{}, device.Options{})
		if err == nil || !strings.Contains(err.Error(), "sends something that is not PenLink") {
			t.Errorf("Open() = %v", err)
		}
	})
}

func TestSearchEndsWithItsContext(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.plug(ch340("ttyUSB0", "1-1"), pen("0001"))
		d.plug(ch340("ttyUSB1", "1-2"), silent)
		ctx, cancel := context.WithTimeout(t.Context(), 700*time.Millisecond)
		defer cancel()
		begin := time.Now()
		port, err := ports.NewFinder(d.config()).Open(ctx, device.Address{}, device.Options{})
		if took := time.Since(begin); port != nil || !errors.Is(err, context.DeadlineExceeded) || took > 720*time.Millisecond {
			t.Errorf("Open() = %v, %v after %v", port, err, took)
		}
		// What was listened to for too short a time is no stranger for that.
		d.becomes("ttyUSB1", pen("0002"))
		d.unplug("ttyUSB0")
		f := ports.NewFinder(d.config())
		ctx, cancel = context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		if _, err := f.Open(ctx, device.Address{}, device.Options{}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Open() = %v", err)
		}
		port, _ = d.find(f, soon)
		if at(port) != "ttyUSB1" {
			t.Errorf("found %s", at(port))
		}
		port.Close()
	})
}

func TestSystemThatCannotListIsToldSo(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.listErr = errors.New("device: list ports: no /sys")
		_, err := ports.NewFinder(d.config()).Open(t.Context(), device.Address{}, device.Options{})
		if !errors.Is(err, ports.ErrNoPen) || !strings.Contains(err.Error(), "no /sys); name the pen's port with --port serial://") {
			t.Errorf("Open() = %v", err)
		}
		d.listErr = nil
		_, err = ports.NewFinder(d.config()).Open(t.Context(), device.Address{}, device.Options{})
		if err == nil || err.Error() != "device: open auto: no pen was found (no USB serial port is there); plug the pen in and switch it on" {
			t.Errorf("Open() = %v", err)
		}
	})
}

func TestListenTellsWhatEachPortSays(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.plug(ch340("ttyUSB0", "1-1"), silent)
		d.plug(ch340("ttyUSB1", "1-2"), noise)
		d.plug(ch340("ttyUSB2", "1-3"), pen("0001"))
		d.plug(ch340("ttyUSB3", "1-4"), gadget{says: reading()})
		all, _ := d.list(t.Context())
		all = append(all, ch340("ttyUSB9", "1-9"))
		var got []string
		for _, h := range ports.Listen(t.Context(), d.config(), all) {
			got = append(got, h.Words())
		}
		want := []string{"is silent", "sends something that is not PenLink", "announces Penlog simulator Reference G1 (simulated), serial 0001",
			"speaks PenLink and does not announce itself: another host has the pen", "can't be opened: no such port"}
		if !slices.Equal(got, want) {
			t.Errorf("heard %q, want %q", got, want)
		}
	})
}
