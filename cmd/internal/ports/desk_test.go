package ports_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"penlog/cmd/internal/ports"
	"penlog/device"
	"penlog/device/devicetest"
	"penlog/protocol"
	"penlog/sim"
)

// desk is a PC in memory, in a synctest bubble: what is plugged in, what is behind
// it, and what was done to it.
type desk struct {
	t       *testing.T
	begin   time.Time
	written atomic.Int64 // bytes, to whatever
	over    atomic.Bool  // the test is: gadgets fall silent

	mu      sync.Mutex
	plugged int
	blind   bool // the system does not count how often something is plugged in
	ports   []device.PortInfo
	behind  map[string]gadget // by the port's name
	held    map[string]string // by the port's name: the program
	refuse  func(name string) error
	opens   []string // names, in order
	lists   []time.Duration
	wires   []*devicetest.Wire
	listErr error
}

// gadget is what is behind a port.
type gadget struct {
	pen   string        // its serial; empty: no pen
	phase time.Duration // of a pen's first announcement, from the opening on; it goes on each second
	says  []byte        // sent ten times a second; after a pen's first announcement no more
	hangs bool          // reading it hangs
}

// counted counts what is written to a wire.
type counted struct {
	*devicetest.Wire
	n *atomic.Int64
}

func (c counted) Write(b []byte) (int, error) { c.n.Add(int64(len(b))); return c.Wire.Write(b) }

func newDesk(t *testing.T) *desk {
	return &desk{t: t, begin: time.Now(), behind: map[string]gadget{}, held: map[string]string{}}
}

// ch340 is a port with a bridge that has no serial; socket is its USB path.
func ch340(name, socket string) device.PortInfo {
	return device.PortInfo{Name: "/dev/" + name, USB: true, VID: "1a86", PID: "7523", USBPath: socket, Driver: "ch341-uart"}
}

// ftdi is a port with a bridge that has a serial.
func ftdi(name, socket, serial string) device.PortInfo {
	return device.PortInfo{Name: "/dev/" + name, USB: true, VID: "0403", PID: "6001", Serial: serial, USBPath: socket, Driver: "ftdi_sio"}
}

func (d *desk) plug(p device.PortInfo, g gadget) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.plugged++
	if !d.blind {
		p.Plugged = fmt.Sprint("1:", d.plugged)
	}
	d.ports = append(d.ports, p)
	d.behind[p.Name] = g
}

// becomes changes what is behind a port, without unplugging it.
func (d *desk) becomes(name string, g gadget) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.behind["/dev/"+name] = g
}

func (d *desk) unplug(names ...string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ports = slices.DeleteFunc(d.ports, func(p device.PortInfo) bool { return slices.Contains(names, strings.TrimPrefix(p.Name, "/dev/")) })
}

// config is a finder's for this desk.
func (d *desk) config(allowed ...device.USBID) ports.Config {
	return ports.Config{Allowed: allowed, Log: slog.New(slog.DiscardHandler), List: d.list, Holders: d.holders, Open: d.open}
}

func (d *desk) list(context.Context) ([]device.PortInfo, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lists = append(d.lists, time.Since(d.begin))
	return slices.Clone(d.ports), d.listErr
}

func (d *desk) holders(p device.PortInfo) []device.Holder {
	d.mu.Lock()
	defer d.mu.Unlock()
	if who := d.held[p.Name]; who != "" {
		return []device.Holder{{PID: 711, Program: who}}
	}
	return nil
}

func (d *desk) open(_ context.Context, a device.Address, _ device.Options) (*device.Port, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	name := strings.TrimPrefix(a.String(), "serial://")
	d.opens = append(d.opens, strings.TrimPrefix(name, "/dev/"))
	if d.refuse != nil {
		if err := d.refuse(name); err != nil {
			return nil, err
		}
	}
	if !slices.ContainsFunc(d.ports, func(p device.PortInfo) bool { return p.Name == name }) {
		return nil, &device.OpenError{Addr: a, Kind: device.ErrNotFound, Remedy: "plug the pen in"}
	}
	w := devicetest.NewWire()
	d.wires = append(d.wires, w)
	go d.behind[name].live(w, &d.over)
	return device.NewPort(a, counted{w, &d.written}), nil
}

// opened returns the names that were opened since the last call, sorted.
func (d *desk) opened() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	names := slices.Sorted(slices.Values(d.opens))
	d.opens = nil
	return strings.Join(names, " ")
}

// live sends what the gadget sends until the port is closed.
func (g gadget) live(w *devicetest.Wire, over *atomic.Bool) {
	w.HangRead(g.hangs)
	begin := time.Now()
	next := g.phase
	for ; !w.Closed() && !over.Load(); time.Sleep(10 * time.Millisecond) {
		at := time.Since(begin)
		switch {
		case g.pen != "" && at >= next:
			w.Send(announcement(g.pen))
			next += time.Second
		case g.says != nil && (g.pen == "" || at < g.phase) && at%(100*time.Millisecond) == 0:
			w.Send(g.says)
		}
		if g.hangs && at > time.Hour {
			w.HangRead(false)
		}
	}
}

// announcement is the identity that a pen with this serial sends.
func announcement(serial string) []byte {
	p, err := sim.ProfileByName("reference")
	if err != nil {
		panic(err)
	}
	id := p.Identity
	id.Boot, id.Serial = 7, serial
	return protocol.AppendFrame(nil, protocol.TypeIdentity, 1, id.Append(nil))
}

// reading is a frame that a pen with a host sends.
func reading() []byte {
	return protocol.AppendFrame(nil, protocol.TypeReading, 1, (&protocol.Reading{}).Append(nil))
}

var (
	silent = gadget{}
	noise  = gadget{says: []byte("$GPGGA,123519,4807.038,N*47\r\n\x00\x01\x02\x00")}
)

func pen(serial string) gadget { return gadget{pen: serial, phase: 400 * time.Millisecond} }

// atDesk runs a test in a bubble, and ends it with what must always hold: nothing
// was written to any port, and no handle was misused.
func atDesk(t *testing.T, f func(t *testing.T, d *desk)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		defer func() { d.over.Store(true); time.Sleep(time.Second) }()
		f(t, d)
		synctest.Wait()
		if n := d.written.Load(); n != 0 {
			t.Errorf("%d bytes were written", n)
		}
		for _, w := range d.wires {
			if m := w.Misuse(); m != nil {
				t.Errorf("a handle was misused: %q", m)
			}
		}
		if n := d.openNow(); n != 0 {
			t.Errorf("%d ports were left open", n)
		}
	})
}

// openNow is how many ports are open.
func (d *desk) openNow() (n int) {
	for _, w := range d.wires {
		if !w.Closed() {
			n++
		}
	}
	return n
}

// find searches as a keeper does, at most 1 s apart, until a pen is found or
// limit has passed. It returns how long that took.
func (d *desk) find(f *ports.Finder, limit time.Duration) (*device.Port, time.Duration) {
	d.t.Helper()
	begin := time.Now()
	for {
		port, err := f.Open(d.t.Context(), device.Address{}, device.Options{})
		took := time.Since(begin)
		if err == nil {
			return port, took
		}
		if took > limit {
			d.t.Fatalf("no pen within %v: %v", limit, err)
		}
		time.Sleep(time.Second)
	}
}

// at is the name of the port that was found.
func at(p *device.Port) string { return strings.TrimPrefix(p.Addr().String(), "serial:///dev/") }
