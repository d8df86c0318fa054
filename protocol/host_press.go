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

// rest is what a pen's word says of a motor that was told to stop and that no reading
// has shown off since. Whoever presses a pen that takes no permits within a reading
// after its stop makes it run on by every reading. Its word counts for one such stop in a
// row: a reading has to show the motor off before it counts again.
type rest struct {
	after Tick // newest when the stop left
	came  bool // the motor came to rest since
	spent bool // it did so for a stop before this one
}

// await begins with a stop that leaves when the newest reading is of tick seen.
func (r *rest) await(seen Tick) { *r = rest{after: seen, spent: r.spent || r.came} }

// event takes in what the pen tells.
func (r *rest) event(m *PenEvent) {
	if m.Kind != EventMotorStopped || m.Tick.Since(r.after) <= 0 {
		return
	}
	switch StopCause(m.Arg) {
	case StopRevoke, StopCeiling, StopHello: // the host's doing
		r.came = !r.spent
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
