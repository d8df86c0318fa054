package sim_test

import (
	"testing"
	"time"

	"penlog/protocol"
	"penlog/sim"
)

const ms = protocol.Instant(1000)

// host is the least of a host that keeps a pen running: not the agent's, so that
// these tests stand alone. It talks to the pen without any line between.
type host struct {
	tb      testing.TB
	pen     *sim.Pen
	dec     protocol.Decoder
	session protocol.Session
	gen     uint16
	ceiling protocol.Micrometres
	renew   bool // permits, every 50 ms
	alive   bool // else shows that it lives, as often
	seq     uint16
	next    protocol.Instant
	seen    protocol.Tick
	rate    uint16
	loss    func() bool // loses the pen's frame
	silent  bool        // acknowledges no events

	identity  protocol.Identity
	welcomes  int
	reading   protocol.Reading
	readings  []protocol.Reading
	status    protocol.Status
	events    []protocol.PenEvent
	raw       []byte
	onReading func(*protocol.Reading)
}

func newPen(tb testing.TB, profile string, change func(*sim.Config)) *sim.Pen {
	tb.Helper()
	f, err := sim.ProfileByName(profile)
	if err != nil {
		tb.Fatal(err)
	}
	cfg := sim.Config{Profile: f, Seed: 7}
	if change != nil {
		change(&cfg)
	}
	p, err := sim.NewPen(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

func newHost(tb testing.TB, p *sim.Pen) *host {
	return &host{tb: tb, pen: p, gen: 1, rate: 200, session: protocol.Session{Nonce: 77}}
}

// greet brings the session up with a ceiling and a permit.
func greet(tb testing.TB, p *sim.Pen, ceiling protocol.Micrometres) *host {
	tb.Helper()
	h := newHost(tb, p)
	h.run(20 * ms)
	h.hello()
	h.run(20 * ms)
	if h.welcomes == 0 {
		tb.Fatal("no welcome")
	}
	h.setCeiling(ceiling)
	h.renew = true
	h.run(100 * ms)
	return h
}

func (h *host) send(t protocol.Type, payload []byte) {
	h.seq++
	h.pen.Receive(protocol.AppendFrame(nil, t, h.seq, payload), h.pen.Now())
	h.listen()
}

func (h *host) hello() {
	m := protocol.Hello{Nonce: h.session.Nonce, MinVersion: 1, MaxVersion: 1, Generation: h.gen, Rate: h.rate}
	h.send(protocol.TypeHello, m.Append(nil))
}

func (h *host) setCeiling(d protocol.Micrometres) {
	h.gen++
	h.ceiling = d
	m := protocol.Ceiling{Session: h.session, Generation: h.gen, Depth: uint16(d)}
	h.send(protocol.TypeCeiling, m.Append(nil))
}

func (h *host) permit() {
	m := protocol.Permit{Session: h.session, Generation: h.gen, Depth: uint16(h.ceiling), SeenTick: h.seen, LifeMS: 300}
	h.send(protocol.TypePermit, m.Append(nil))
}

func (h *host) revoke() {
	h.gen++
	h.renew = false
	m := protocol.Revoke{Session: h.session, Generation: h.gen}
	h.send(protocol.TypeRevoke, m.Append(nil))
}

func (h *host) listen() {
	b := h.pen.AppendOutput(nil)
	h.raw = append(h.raw, b...)
	var f protocol.Frame
	for ok := true; ok; {
		if b, ok = h.dec.Next(b, &f); !ok || h.loss != nil && h.loss() {
			continue
		}
		switch f.Type {
		case protocol.TypeIdentity:
			if err := h.identity.Parse(f.Payload); err != nil {
				h.tb.Fatal(err)
			}
			h.session.Boot = h.identity.Boot
		case protocol.TypeWelcome:
			h.welcomes++
		case protocol.TypeReading:
			if err := h.reading.Parse(f.Payload); err != nil {
				h.tb.Fatal(err)
			}
			h.seen = h.reading.Tick
			h.readings = append(h.readings, h.reading)
			if h.onReading != nil {
				h.onReading(&h.reading)
			}
		case protocol.TypeStatus:
			if err := h.status.Parse(f.Payload); err != nil {
				h.tb.Fatal(err)
			}
		case protocol.TypeEvent:
			var e protocol.PenEvent
			if err := e.Parse(f.Payload); err != nil {
				h.tb.Fatal(err)
			}
			h.events = append(h.events, e)
			if h.silent {
				continue
			}
			m := protocol.EventAck{Session: h.session, ID: e.ID}
			h.send(protocol.TypeEventAck, m.Append(nil))
		}
	}
}

// run lets time pass, renewing the permit every 50 ms and stopping at each thing
// the pen does.
func (h *host) run(d protocol.Instant) {
	end := h.pen.Now() + d
	for h.pen.Now() < end {
		to := min(end, h.pen.Next())
		if h.renew || h.alive {
			to = min(to, max(h.next, h.pen.Now()))
		}
		h.pen.Step(to)
		h.listen()
		if (h.renew || h.alive) && h.pen.Now() >= h.next {
			h.next = h.pen.Now() + 50*ms
			if h.renew {
				h.permit()
			} else {
				m := protocol.Sync{Session: h.session, Token: 1}
				h.send(protocol.TypeSync, m.Append(nil))
			}
		}
	}
}

// start presses and waits for full speed.
func (h *host) start() {
	h.tb.Helper()
	if r := h.pen.Press(h.pen.Now()); r != protocol.StartRan {
		h.tb.Fatalf("Press() = %v, want %v", r, protocol.StartRan)
	}
	h.run(500 * ms)
}

func between(tb testing.TB, what string, got, lo, hi time.Duration) {
	tb.Helper()
	if got < lo || got > hi {
		tb.Errorf("%s is %v, want %v to %v", what, got, lo, hi)
	}
}
