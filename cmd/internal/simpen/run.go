package simpen

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"penlog/protocol"
	"penlog/sim"
)

// Config says which pen is offered, and where. Either PTY or Listen is given.
type Config struct {
	Pen       sim.Config
	PTY       string // path of the link to make; "-": no link, only the terminal itself
	Listen    string // TCP address; port 0 takes a free one
	Baud      int    // bits per second; 0: no UART, bytes leave at once
	ReadyFile string // written when the pen can be found; empty: none
	Ctl       string // where [Control]s are taken too: a path for a socket or a loopback host:port; empty: nowhere
	For       time.Duration
	StateEach time.Duration // between states observed without being asked; 0: none

	// Controls are carried out in order; a quit ends Run. Nil: none.
	Controls <-chan Control
	// Observe is called from Run's goroutine for all that is seen; it must not
	// block for long. Nil: nobody looks.
	Observe func(Observation)
	// Player plays something on the rig beside all that. Nil: nobody does.
	Player Player
}

// ErrConfig reports a [Config] that can't be run: a wrong use of the program.
var ErrConfig = errors.New("simpen: config")

// WithBaud returns the pen's configuration for a line of that speed: a UART pen
// offers no more than that in hello, and below the protocol's boot speed its
// readings are fewer. 0 makes a pen without a UART of it, at any speed.
func WithBaud(c sim.Config, baud int) (sim.Config, error) {
	id := &c.Profile.Identity
	switch {
	case baud < 0 || baud > 12_000_000:
		return c, fmt.Errorf("%w: baud %d: want 0 to 12000000", ErrConfig, baud)
	case baud == 0:
		id.Caps &^= protocol.CapUART
		id.BaudMax = 0
	case id.Caps.Has(protocol.CapUART):
		id.BaudMax = max(uint32(baud), protocol.BootBaud)
		if baud < protocol.BootBaud {
			c.Line = baud / 10
		}
	default:
		c.Line = baud / 10
	}
	return c, nil
}

// Run offers the pen until ctx is done, Config.For has passed or a control says
// quit, which are no errors. It returns when all it started has ended and the
// link at Config.PTY is gone.
func Run(ctx context.Context, cfg Config) error {
	if (cfg.PTY == "") == (cfg.Listen == "") {
		return fmt.Errorf("%w: give a path for a terminal or an address to listen on, one of them", ErrConfig)
	}
	pc, err := WithBaud(cfg.Pen, cfg.Baud)
	if err != nil {
		return err
	}
	r := &runner{cfg: cfg, start: time.Now(), in: make(chan inbound, 256), asks: make(chan Control)}
	if cfg.Player != nil {
		cfg.Player.Begin(r.start)
	}
	r.rig, err = sim.NewRig(sim.RigConfig{Pen: pc, Free: true,
		Up:        sim.LineConfig{Baud: uint32(cfg.Baud), Seed: cfg.Pen.Seed, Packet: 32},
		Down:      sim.LineConfig{Seed: cfg.Pen.Seed + 1},
		Delivered: r.delivered})
	if err != nil {
		return fmt.Errorf("%w: %w", ErrConfig, err)
	}
	r.pen, r.port = r.rig.Pen(), r.rig.Port()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	if cfg.For > 0 {
		ctx, stop = context.WithTimeout(ctx, cfg.For)
		defer stop()
	}
	if cfg.Listen != "" {
		r.end = newTCP(ctx, cfg.Listen, r.in)
	} else {
		path := cfg.PTY
		if path == "-" {
			path = ""
		}
		if r.end, err = newPTY(ctx, path, r.in); err != nil {
			return err
		}
	}
	if cfg.Ctl != "" {
		if r.desk, err = openDesk(ctx, cfg.Ctl, r.asks); err != nil {
			return err
		}
		defer r.desk.close()
		defer stop()
	}
	r.out = true // until it is put in
	if err := r.put(); err != nil {
		return err
	}
	defer r.end.unplug()
	defer stop()
	if err := r.ready("ready"); err != nil {
		return err
	}
	if cfg.ReadyFile != "" {
		defer os.Remove(cfg.ReadyFile)
	}
	return r.loop(ctx)
}

// put puts the cable in: hosts find the pen from now on.
func (r *runner) put() error {
	if p := r.rig.Port(); p != r.port {
		r.end.rename(strings.TrimPrefix(p, r.port))
		r.port = p
	}
	if err := r.end.plug(); err != nil {
		r.rig.Do(r.rig.Now(), sim.Act{Do: sim.DoUnplug})
		return err
	}
	r.out = false
	if r.opening = r.cfg.Listen == ""; !r.opening {
		r.absent = true // until a client comes
		r.rig.Do(r.rig.Now(), sim.Act{Do: sim.DoUnplug})
	}
	return nil
}

// pull takes the cable out: nothing is found where the pen was.
func (r *runner) pull() {
	r.end.unplug()
	r.out, r.opening, r.absent = true, false, false
	if r.conn != nil {
		r.hangUp()
		r.plugged(false)
	}
}

// ready tells where the pen is, as ready or as moved.
func (r *runner) ready(see string) error {
	id := r.pen.Identity()
	m := Ready{PID: os.Getpid(), Profile: r.pen.Profile().Name, Vendor: id.Vendor, Model: id.Model, Serial: id.Serial, Baud: r.cfg.Baud}
	m.Listens, m.Device = r.end.where()
	if r.desk != nil {
		m.Control = r.desk.where
	}
	if r.cfg.ReadyFile != "" {
		if err := writeReady(r.cfg.ReadyFile, m); err != nil {
			return err
		}
	}
	r.see(Observation{See: see, Ready: &m})
	return nil
}

// writeReady writes the file whole or not at all: who sees it can read it.
func writeReady(path string, m Ready) error {
	b, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("simpen: ready file: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("simpen: ready file: %w", err)
	}
	_, err = f.Write(append(b, '\n'))
	err = errors.Join(err, f.Chmod(0o644), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
		return fmt.Errorf("simpen: ready file: %w", err)
	}
	return nil
}
