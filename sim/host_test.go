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
	rig     *sim.Rig // that the pen hangs on; nil: it talks to the pen itself
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
	return newHost(tb, p).greet(ceiling)
}

func (h *host) greet(ceiling protocol.Micrometres) *host {
	tb := h.tb
	tb.Helper()
	h.run(20 * ms)
	h.hello()
	if h.run(20 * ms); h.rig != nil {
		h.run(60 * ms) // the line takes its time
	}
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
	if b := protocol.AppendFrame(nil, t, h.seq, payload); h.rig != nil {
		h.rig.Write(b, h.rig.Now())
	} else {
		h.pen.Receive(b, h.pen.Now())
	}
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
	var b []byte
	if h.rig != nil {
		b = h.rig.Read(nil, h.rig.Now())
	} else {
		b = h.pen.AppendOutput(nil)
	}
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
	end := h.now() + d
	for h.now() < end {
		to := min(end, max(h.due(), h.now()))
		if h.renew || h.alive {
			to = min(to, max(h.next, h.now()))
		}
		h.step(to)
		h.listen()
		if (h.renew || h.alive) && h.now() >= h.next {
			h.next = h.now() + 50*ms
			if h.renew {
				h.permit()
			} else {
				m := protocol.Sync{Session: h.session, Token: 1}
				h.send(protocol.TypeSync, m.Append(nil))
			}
		}
	}
}

func (h *host) now() protocol.Instant {
	if h.rig != nil {
		return h.rig.Now()
	}
	return h.pen.Now()
}

func (h *host) due() protocol.Instant {
	if h.rig != nil {
		return h.rig.Next()
	}
	return h.pen.Next()
}

func (h *host) step(to protocol.Instant) {
	if h.rig != nil {
		h.rig.Step(to)
	} else {
		h.pen.Step(to)
	}
}

// start presses and waits for full speed.
func (h *host) start() {
	h.tb.Helper()
	press := h.pen.Press
	if h.rig != nil {
		press = h.rig.Press
	}
	if r := press(h.now()); r != protocol.StartRan {
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
