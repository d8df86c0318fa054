package session

import (
	"time"

	"penlog/protocol"
)

// CommitLease is how long signal that was committed lets permits be renewed.
// Source: DESIGN promise 7.
const CommitLease = 2 * time.Second

const (
	restop          = 100 * time.Millisecond // between stops while the motor stays on
	undrainable     = 100 * time.Millisecond // readings may wait unread this long before age is judged all the same
	unconfirmedMost = time.Second            // a ceiling is repeated every 50 ms
	heardMost       = 3 * time.Second        // a pen that was not heard for so long is gone
	strayMost       = 3 * time.Second        // bytes without a frame: no pen
	testsMost       = 3                      // that fail in a row before people are told
	backlogMost     = 64                     // notes that wait for room in the queue to Cold
)

// jump is by how much one clock may step against another.
const jump = 500 * time.Millisecond

// HotConfig is what a [Hot] is made from.
type HotConfig struct {
	Host protocol.HostConfig
	Seed [32]byte // of the host's nonces: random in life
	// Emit puts a note into the queue to Cold and reports whether it fitted. It
	// must not block. What does not fit holds the pen, since what can't be
	// recorded doesn't run.
	Emit func(*Note) bool
}

// Hot is the fast lane: bytes to verdict to bytes. It owns the host's end of
// the link and the guard. It is driven by one goroutine, reads no clock, waits
// for nothing and allocates nothing on the way of a reading:
//
//	hot.Receive(b, now)
//	hot.Do(order, now) // for each order that waits
//	hot.Tick(now, at, drained)
//	for hot.Output(&out) { … }
type Hot struct {
	host  *protocol.Host
	guard Guard
	emit  func(*Note) bool
	life  time.Duration

	wanted struct {
		ceiling protocol.Micrometres
		allow   bool
		record  bool
	}
	lease protocol.Instant

	mode      Mode
	shown     Mode   // as last told
	serial    string // vendor, model and serial of the pen this connection began with
	upAt      protocol.Instant
	proving   bool
	proveAt   protocol.Instant // not before
	failed    int              // tests in a row
	ready     bool             // permits are being renewed
	setting   protocol.Micrometres
	setAt     protocol.Instant // the ceiling was first sent
	inForce   bool             // a ceiling was sent in this host session and not revoked
	stopAt    protocol.Instant
	restopAt  protocol.Instant
	stopping  bool // a stop was sent, and the motor was on
	wasOn     bool
	granted   bool // a permit was sent in this host session
	released  bool // the pen was taken out of guarded mode at the pen
	parted    protocol.Instant
	conn      uint32 // number of the pen's session: a permit is wanted for this one or not at all
	apart     bool   // since parted the session of a pen that was up is gone
	waitingAt protocol.Instant
	undrained bool // since waitingAt what arrived was not all read
	strayAt   protocol.Instant
	stray     bool             // since strayAt bytes came and no frame
	heardAt   protocol.Instant // a sound frame, while no pen was up

	overflow bool   // a note found the queue to Cold full
	missed   uint32 // readings among them
	backlog  []Note // the others, oldest first; its room is never exceeded
	retell   bool   // even the backlog was full: broken rules are told anew

	lastNow  protocol.Instant
	lastAt   protocol.At
	haveTime bool
	notice   protocol.Notice // scratch
	note     Note            // scratch
	baud     uint32          // asked for and not yet taken
}

// NewHot returns a Hot that listens and allows nothing.
func NewHot(cfg HotConfig) *Hot { return newHot(cfg, protocol.NewHost(cfg.Host, cfg.Seed)) }

func newHot(cfg HotConfig, host *protocol.Host) *Hot {
	h := &Hot{host: host, emit: cfg.Emit, life: cfg.Host.Life, backlog: make([]Note, 0, backlogMost)}
	if h.life <= 0 {
		h.life = protocol.DefaultLife
	}
	h.life = min(h.life, protocol.MaxLife)
	h.guard.life, h.guard.period = h.life, 5*time.Millisecond
	return h
}

// Host gives the host's end, for its counts; the caller only reads it, on the
// goroutine that drives h.
func (h *Hot) Host() *protocol.Host { return h.host }

// Guard gives the guard, on the same terms.
func (h *Hot) Guard() *Guard { return &h.guard }

// Mode returns what Penlog can promise now.
func (h *Hot) Mode() Mode { return h.mode }

// Ready reports whether permits are being renewed.
func (h *Hot) Ready() bool { return h.ready }

// Moving reports whether the newest reading of a pen that is up shows its motor
// on, or a stop is still to be seen through.
func (h *Hot) Moving() bool {
	return h.host.Link() == protocol.LinkUp && (h.wasOn || h.stopping)
}

// Baud returns a line speed to set on the port, once.
func (h *Hot) Baud() (uint32, bool) {
	b := h.baud
	h.baud = 0
	return b, b != 0
}

// Output stores the next frame for the port in o and reports whether there was one.
func (h *Hot) Output(o *protocol.Outgoing) bool { return h.host.Output(o) }

// Receive judges bytes that came off the line, and answers what must not wait.
func (h *Hot) Receive(b []byte, now protocol.Instant) {
	if len(b) > 0 && h.host.Link() != protocol.LinkUp {
		defer h.strayed(h.host.Stats().Decoder.Frames, now)
	}
	for len(b) > 0 {
		b = h.host.Receive(b, now)
		h.drain(now)
	}
	h.settle(now)
}

// Wake compares the two clocks. It comes before what was read is taken in: what
// waited while the PC slept is fresh by a clock that stood still meanwhile, and no
// permit may rest on it.
func (h *Hot) Wake(now protocol.Instant, at protocol.At) {
	if h.haveTime {
		if d := at.Sub(h.lastAt) - now.Sub(h.lastNow); d > jump || d < -jump {
			h.jumped(d, now)
		}
	}
	h.lastNow, h.lastAt, h.haveTime = now, at, true
}

// Tick runs the timers. drained says that what had arrived by now was read, so
// that age is the pen's or the line's doing and not this program's.
func (h *Hot) Tick(now protocol.Instant, at protocol.At, drained bool) {
	h.Wake(now, at)
	h.flush()

	h.host.Advance(now)
	h.drain(now)
	if drained {
		h.undrained = false
	} else if !h.undrained {
		h.undrained, h.waitingAt = true, now
	}
	if h.host.Link() == protocol.LinkUp {
		if drained || now.Sub(h.waitingAt) > undrainable {
			age := now.Sub(h.upAt)
			if a, ok := h.host.NewestAge(now); ok {
				age = a
			}
			h.guard.age(age, now)
		}
		if h.proving && now >= h.proveAt && h.mayProve() && h.host.Prove(now) {
			h.proving = false
		}
	} else {
		if h.apart && now.Sub(h.parted) > time.Second {
			h.guard.set(LinkLost, true, now)
		}
		if now.Sub(h.heardAt) > heardMost {
			h.gone(now)
		}
	}
	if h.stopping && h.wasOn && now.Sub(h.stopAt) > h.life+h.stopTime() && h.host.Link() == protocol.LinkUp && !h.guard.Broken(ReadingsStale) {
		h.guard.set(StopUnconfirmed, true, now)
	}
	h.settle(now)
}

// Lost tells that the port went.
func (h *Hot) Lost(now protocol.Instant) {
	h.host.PortLost(now)
	h.drain(now)
	if h.apart {
		h.guard.set(LinkLost, true, now)
	}
	h.guard.set(NotAPen, false, now)
	h.stray = false
	h.gone(now)
	h.settle(now)
}

// gone ends what was said of a pen that is heard no more.
func (h *Hot) gone(now protocol.Instant) {
	for _, r := range [...]Rule{PenBusy, PenSilent, PenInvalid} {
		h.guard.set(r, false, now)
	}
}

// mayProve reports whether the pen may be given the test's permit: it is a
// permit, if a short and shallow one, so no trip may be latched and nothing
// unwatched or unrecorded. That the motor is off, and no stop still to be seen
// through, [protocol.Host.Prove] asks by itself.
func (h *Hot) mayProve() bool {
	g := &h.guard
	return g.tripped == 0 && !h.overflow && !g.Broken(ReadingsStale) && !g.Broken(PenNotWell)
}

// Do carries out an order of Cold.
func (h *Hot) Do(o Order, now protocol.Instant) {
	switch o.Kind {
	case OrderWant:
		// A permit that was wanted before this session of the pen was known of is
		// one that nobody has confirmed for it.
		h.wanted.ceiling, h.wanted.allow = o.Ceiling, o.Allow && o.Conn == h.conn
		if o.Record && !h.wanted.record {
			h.lease = max(h.lease, now.Add(CommitLease)) // the first commit is due by then
		}
		h.wanted.record = o.Record
		h.guard.want(o.Ceiling, now)
		if h.mode != ModeGuarded {
			h.guard.confirmed(o.Ceiling) // nothing will confirm it
		}
	case OrderLease:
		h.lease = max(h.lease, o.Until)
		h.overflow = len(h.backlog) > 0 || h.retell
	case OrderAcknowledge:
		err := h.guard.acknowledge(h.host.Link() == protocol.LinkUp)
		h.say(Note{Kind: NoteAcked, At: now, Err: err})
	case OrderAcceptPen:
		h.serial = ""
		if h.host.Link() == protocol.LinkUp {
			h.serial = h.name()
		}
		h.guard.set(PenChanged, false, now)
	case OrderReserve:
		h.guard.set(DiskFull, !o.Allow, now)
	case OrderAckEvent:
		if o.Conn == h.conn {
			h.host.AckEvent(o.ID)
		}
	case OrderLocate:
		h.host.Locate(3000)
	case OrderStop:
		if h.host.Link() == protocol.LinkUp && (h.mode == ModeGuarded || h.mode == ModeStoppable) {
			h.stop(now)
			h.setReady(false, now)
		}
	}
	h.settle(now)
}

// settle brings the link in line with what is wanted and what the guard allows.
// A stop comes first, whatever else is to do.
func (h *Hot) settle(now protocol.Instant) {
	g := &h.guard
	up := h.host.Link() == protocol.LinkUp
	// Judged here and not with the timers, so that what a reading lets begin does not begin after the lease.
	// Where no readings come there is nothing to commit.
	due := h.wanted.allow || h.wanted.record && up && !g.Broken(ReadingsStale)
	g.set(RecordStalled, h.overflow || due && now > h.lease, now)
	g.set(MotorUnwanted, up && h.wasOn && h.wanted.record && !h.wanted.allow, now)
	may := g.MayRun() && h.host.Proven()
	switch {
	case !up:
		h.setReady(false, now)
	case h.wanted.ceiling == 0 || !g.MayRun() || h.ready && !h.wanted.allow:
		switch {
		case h.ready || h.inForce || g.tripped != 0 && h.host.Testing():
			h.stop(now)
		case h.mode != ModeGuarded && h.mode != ModeStoppable || !h.wasOn:
		case !h.stopping && (h.mode == ModeStoppable || g.tripped != 0), h.stopping && now.Sub(h.restopAt) >= restop:
			h.stop(now)
		}
		h.setReady(false, now)
	case may:
		if h.host.Revoking() {
			h.setReady(false, now) // one thing at a time: a revoke repeats faster than a ceiling
			break
		}
		_, c, ok := h.host.Confirmed()
		if !ok || c != h.wanted.ceiling {
			if h.setting != h.wanted.ceiling && h.host.SetCeiling(h.wanted.ceiling, now) != 0 {
				h.setting, h.setAt, h.inForce = h.wanted.ceiling, now, true
			}
			h.setReady(false, now)
			break
		}
		if h.host.Halting() {
			h.setReady(false, now)
			break
		}
		if h.wanted.allow && !h.ready {
			h.host.Allow(true)
			h.host.Advance(now)
			h.granted = true
		}
		h.setReady(h.wanted.allow, now)
	}
	g.set(CeilingUnconfirmed, h.setting != 0 && now.Sub(h.setAt) > unconfirmedMost, now)
	h.tell(now)
}

// stop revokes what is in force.
func (h *Hot) stop(now protocol.Instant) {
	h.host.Revoke(now)
	h.inForce, h.setting = false, 0
	h.restopAt = now
	if h.mode == ModeGuarded && !h.host.Proven() {
		h.proving, h.proveAt = true, now.Add(time.Second) // the test, if any, ends with it
	}
	if h.wasOn && !h.stopping {
		h.stopping, h.stopAt = true, now
	}
	if h.guard.tripped != 0 {
		h.host.Show(protocol.CueTrip)
	} else {
		h.host.Show(protocol.CueHold)
	}
}

func (h *Hot) setReady(on bool, now protocol.Instant) {
	if h.ready == on {
		return
	}
	h.ready = on
	if on {
		h.host.Show(protocol.CueReady)
	}
	h.say(Note{Kind: NoteReady, At: now, On: on, Ceiling: h.wanted.ceiling})
}
