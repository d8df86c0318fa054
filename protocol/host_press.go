package protocol

import "time"

// When a motor that is on counts as started by nobody. Source: PROTOCOL.md §7.5.
const (
	unaskedMost = time.Second           // on, by the ticks of readings
	unaskedStep = 50 * time.Millisecond // what two readings count for at most, however far apart
	pressSkew   = 100 * time.Millisecond
)

// presses is what the host knows of who started the motor: a guarded pen's runs
// begin with a press, of which its event tells. Ticks are the pen's.
type presses struct {
	off   bool // a reading of this session showed the motor off, the last time at
	offAt Tick
	last  Tick          // of the newest reading
	ran   bool          // a press started the motor since, at
	ranAt Tick          // or may have: the pen has lost events
	alone time.Duration // the motor is on, no press is known, and no event came in that time

	lost uint16 // events that the pen says it has lost
}

// event takes in what the pen tells, be it for the first time or again: the next
// event waits until this one is acknowledged.
func (p *presses) event(m *PenEvent) {
	p.alone = 0
	if m.Kind == EventPressStart && StartResult(m.Arg) == StartRan && (!p.off || m.Tick.Since(p.offAt) > -pressSkew) {
		p.ran, p.ranAt = true, m.Tick
	}
}

// status takes in how many events the pen has lost: the press may be among them.
func (p *presses) status(m *Status) {
	if m.EventsLost != p.lost {
		p.ran, p.ranAt, p.lost = true, p.last, m.EventsLost
	}
}

// unasked reports whether the motor has been on for a second and nothing tells of
// a press that started it.
func (p *presses) unasked(m *Reading) bool {
	step := min(m.Tick.Since(p.last), unaskedStep)
	p.last = m.Tick
	if !m.MotorOn() {
		p.off, p.offAt, p.alone = true, m.Tick, 0
		p.ran = p.ran && m.Tick.Since(p.ranAt) <= pressSkew // its event may overtake a reading made before
		return false
	}
	if !p.off || p.ran {
		return false
	}
	p.alone += step
	return p.alone > unaskedMost
}
