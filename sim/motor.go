package sim

import "penlog/protocol"

// motorState is what the motor truly does.
type motorState uint8

const (
	parked     motorState = iota // stands, needles behind the skin-contact plane
	driven                       // under power
	braking                      // no power, slowing down; strokes go on
	retracting                   // stands, a spring draws the needles back
)

// motorEvent is what the end of a segment brought.
type motorEvent uint8

const (
	noEvent motorEvent = iota
	stroke             // a stroke is complete: the needles are drawn back
	stands             // braking is over
	cleared            // the needles are clear for good
)

const (
	quantum   = protocol.Instant(1000) // µs between changes of rate while it rises or falls
	oneStroke = int64(1_000_000_000)   // phase of one stroke
)

// motor turns the needles, one stroke a turn (DOMAIN 2, unit traps). Its rate is
// constant in segments: a stroke's when it has settled, a quantum's when not.
type motor struct {
	state  motorState
	at     protocol.Instant // phase holds at
	rate   int64            // thousandths of a stroke per second
	phase  int64            // of the stroke, 10⁻⁹; rate × µs adds to it
	target int64            // rate under power
	rise   int64            // time constant, ms
	ripple int64            // ppm
	fall   int64            // rate lost per quantum when braking
	turned bool             // it made a stroke since it has power
	tick   protocol.Instant // next change of rate; Never when settled
	end    protocol.Instant // of braking or retracting
	rng    rng
}

// start puts power on the motor, from rest or from braking.
func (m *motor) start() {
	m.state, m.tick, m.turned = driven, m.at+quantum, false
}

// brake takes the power away; the motor stands after that time.
func (m *motor) brake(took protocol.Instant) {
	took = max(took, quantum)
	m.state, m.tick, m.end = braking, m.at+quantum, m.at+took
	m.fall = (m.rate*int64(quantum) + int64(took) - 1) / int64(took)
}

// retract lets the spring draw the needles back in that time.
func (m *motor) retract(took protocol.Instant) {
	m.state, m.rate, m.tick, m.end = retracting, 0, Never, m.at+took
}

// next is when the present segment ends.
func (m *motor) next() protocol.Instant {
	switch m.state {
	case parked:
		return Never
	case retracting:
		return m.end
	}
	next := m.tick
	if m.state == braking {
		next = min(next, m.end)
	}
	if m.rate > 0 {
		next = min(next, m.at+protocol.Instant((oneStroke-m.phase+m.rate-1)/m.rate))
	}
	return next
}

// run turns the motor up to a moment no later than next, and says what the end
// of the segment brought. A stroke that ends where braking ends comes first.
func (m *motor) run(to protocol.Instant) motorEvent {
	if to > m.at {
		if m.state == driven || m.state == braking {
			m.phase += m.rate * int64(to-m.at)
		}
		m.at = to
	}
	if m.phase >= oneStroke {
		m.phase -= oneStroke
		m.turned = true
		if m.state == driven && m.tick == Never {
			m.settle()
		}
		return stroke
	}
	if m.state == driven && to >= m.tick {
		m.change()
	} else if m.state == braking && to >= m.end {
		m.rate = 0
		return stands
	} else if m.state == braking && to >= m.tick {
		m.rate, m.tick = max(m.rate-m.fall, 0), m.tick+quantum
	} else if m.state == retracting && to >= m.end {
		m.state, m.phase = parked, 0
		return cleared
	}
	return noEvent
}

// change brings the rate nearer to its target.
func (m *motor) change() {
	gap := m.target - m.rate
	if max(gap, -gap) <= m.target/100 {
		m.settle()
		return
	}
	step := gap / m.rise
	if step == 0 {
		step = 1
	}
	m.rate, m.tick = m.rate+step, m.tick+quantum
}

// settle gives the coming stroke its rate, or begins a slow change to a target
// that has moved away.
func (m *motor) settle() {
	gap := m.target - m.rate
	if max(gap, -gap) > m.target/20 {
		m.tick = m.at + quantum
		return
	}
	m.rate = m.target + m.rng.normal(m.target/1000*m.ripple/1000)
	m.tick = Never
}

// draw returns how far the needles are drawn back from their greatest extension,
// in millionths of the travel: all at phase 0, none at half a stroke. A parabola
// on each half turn stands for the cosine, within 6 %.
func (m *motor) draw() int64 {
	if m.state == parked {
		return 1_000_000
	}
	x := m.phase - oneStroke/2 // −½ … ½
	if x < 0 {
		x = -x
	}
	u := x / 500 // 0 … 1,000,000
	if u <= 500_000 {
		return 2 * u * u / 1_000_000
	}
	v := 1_000_000 - u
	return 1_000_000 - 2*v*v/1_000_000
}
