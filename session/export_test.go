package session

import (
	"time"

	"penlog/protocol"
)

// Connect begins anew with a pen.
func (g *Guard) Connect(id *protocol.Identity, m Mode, rate uint16) {
	g.connect(id, m, rate, protocol.DefaultLife, 0)
}

// Confirm puts the ceiling in force, and judges the dial by it.
func (g *Guard) Confirm(d protocol.Micrometres, now protocol.Instant) {
	g.want(d, now)
	g.confirmed(d)
}

// Age judges how old the newest reading is.
func (g *Guard) Age(age time.Duration, now protocol.Instant) { g.age(age, now) }

// Battery judges a status.
func (g *Guard) Battery(s *protocol.Status) { g.battery(s, 0) }

// Started and Stopped take the pen's word of its motor.
func (g *Guard) Started(at protocol.Tick) { g.started(at) }

// Stopped says that the motor came to rest.
func (g *Guard) Stopped() { g.stopped() }

// Next hands out findings.
func (g *Guard) Next(f *Finding) bool { return g.next(f) }

// Acknowledge unlatches the trip when its cause is gone.
func (g *Guard) Acknowledge(linkUp bool) error { return g.acknowledge(linkUp) }

// Decoders names the kinds of event that can be read back.
func Decoders() []string {
	var out []string
	for k := range kinds {
		out = append(out, k)
	}
	return out
}

// States, Acts and Edge give the machine to tests.
func States() (out []State) {
	for s := State(0); s < stateCount; s++ {
		out = append(out, s)
	}
	return out
}

// Acts gives every act.
func Acts() (out []Act) {
	for a := Act(0); a < actCount; a++ {
		out = append(out, a)
	}
	return out
}

// Retotal counts every zone anew.
func Retotal(p *Procedure) { p.retotal() }
