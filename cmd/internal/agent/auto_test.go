package agent_test

import (
	"context"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"penlog/cmd/internal/agent"
	"penlog/cmd/internal/ports"
	"penlog/cmd/internal/simpen"
	"penlog/device"
	"penlog/session"
)

// socket is what a finder sees of a PC whose ports are pseudo-terminals.
type socket struct {
	mu     sync.Mutex
	count  int
	ports  []device.PortInfo
	opened []string
}

// plug makes a terminal look like a USB port, with a bridge that has this serial.
func (s *socket) plug(name, serial string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count++
	s.ports = append(s.ports, device.PortInfo{Name: name, USB: true, VID: "0403", PID: "6001", Serial: serial, Plugged: string(rune('a' + s.count))})
}

func (s *socket) unplug(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, p := range s.ports {
		if p.Name == name {
			s.ports = append(s.ports[:i:i], s.ports[i+1:]...)
			return
		}
	}
}

func (s *socket) list(context.Context) ([]device.PortInfo, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ports, nil
}

func (s *socket) open(ctx context.Context, a device.Address, o device.Options) (*device.Port, error) {
	s.mu.Lock()
	s.opened = append(s.opened, a.String())
	s.mu.Unlock()
	return device.Open(ctx, a, o)
}

// opens counts how often a terminal was opened.
func (s *socket) opens(name string) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, o := range s.opened {
		if o == "serial://"+name {
			n++
		}
	}
	return n
}

// auto makes the room's agent look for its pen.
func (s *socket) auto(r *room) {
	r.change = func(c *agent.Config) {
		var err error
		if c.Addr, err = device.ParseAddress("auto"); err != nil {
			r.t.Fatal(err)
		}
		c.Open = ports.NewFinder(ports.Config{Log: c.Log, List: s.list, Open: s.open,
			Holders: func(device.PortInfo) []device.Holder { return nil }}).Open
	}
}

// A pen among other devices is found, guarded, lost, found again under another
// name, and guarded again; the others never get a byte.
func TestAutoFindsThePenAndFindsItAgain(t *testing.T) {
	r := &room{t: t, dir: filepath.Join(t.TempDir(), "record")}
	s := &socket{}
	foreign := r.other()
	foreignName := r.device
	s.plug(foreignName, "GPS")
	var got struct {
		sync.Mutex
		bytes []byte
	}
	go func() { // ends when the terminal is closed
		b := make([]byte, 256)
		for {
			n, err := foreign.Read(b)
			got.Lock()
			got.bytes = append(got.bytes, b[:n]...)
			got.Unlock()
			if err != nil {
				return
			}
		}
	}()
	ctx, cancel := context.WithCancel(t.Context())
	talked := make(chan struct{})
	go func() {
		defer close(talked)
		for tick := time.NewTicker(50 * time.Millisecond); ctx.Err() == nil; <-tick.C {
			foreign.WriteString("$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47\r\n\x00AT\r\x00")
		}
	}()
	defer func() { cancel(); <-talked }()
	r.startPen()
	s.plug(r.device, "PEN")
	s.auto(r)
	first := r.device
	r.startAgent()
	r.must(session.Command{Do: session.CmdOpen})
	v := r.until("guarded", guarded)
	if v.Host.Port != "serial://"+first || !v.Host.PortOpen {
		t.Errorf("guards %+v, want %s", v.Host, first)
	}
	for range 2 {
		old, pull := r.device, r.controls
		r.startPen() // on another terminal, not plugged in yet
		pull <- simpen.Control{Do: "unplug"}
		s.unplug(old)
		v = r.until("lost", func(v session.View) bool { return !v.PenUp && !v.Host.PortOpen })
		if v.Host.Port != "auto" {
			t.Errorf("while the pen is away the port is %q", v.Host.Port)
		}
		plugged := time.Now()
		s.plug(r.device, "PEN")
		v = r.until("found", func(v session.View) bool { return v.Host.PortOpen })
		if took := time.Since(plugged); took > 3*time.Second || v.Host.Port != "serial://"+r.device || r.device == old {
			t.Errorf("found %s after %v, want %s within 3 s", v.Host.Port, took, r.device)
		}
		r.until("guarded again", guarded)
	}
	if n := s.opens(foreignName); n != 1 {
		t.Errorf("the foreign device was opened %d times", n)
	}
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	got.Lock()
	defer got.Unlock()
	if len(got.bytes) != 0 {
		t.Errorf("the foreign device got % x", got.bytes)
	}
}

// Two pens: the agent guards neither and says so where people look.
func TestAutoRefusesToGuess(t *testing.T) {
	r := &room{t: t, dir: filepath.Join(t.TempDir(), "record")}
	s := &socket{}
	r.startPen()
	s.plug(r.device, "A")
	one := r.device
	r.startPen()
	s.plug(r.device, "B")
	s.auto(r)
	r.startAgent()
	v := r.until("why", func(v session.View) bool { return v.Host.PortWhy != "" })
	if v.Host.PortOpen || v.PenUp {
		t.Errorf("guards one of two: %+v", v.Host)
	}
	for _, want := range []string{"more than one pen announces itself", one, r.device, "serial SIM-000011"} {
		if !strings.Contains(v.Host.PortWhy, want) {
			t.Errorf("the screen says %q, which lacks %q", v.Host.PortWhy, want)
		}
	}
	if !strings.Contains(v.Host.PortRemedy, "unplug all but one, or name one: --port serial://") {
		t.Errorf("the screen's remedy is %q", v.Host.PortRemedy)
	}
	s.unplug(one)
	v = r.until("guarded", func(v session.View) bool { return v.Host.PortOpen && v.PenUp })
	if v.Host.Port != "serial://"+r.device {
		t.Errorf("guards %s, want %s", v.Host.Port, r.device)
	}
}
