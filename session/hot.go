package session

import (
	"time"

	"penlog/protocol"
)

// CommitLease is how long signal that was committed lets permits be renewed.
// Source: DESIGN promise 7.
const CommitLease = 2 * time.Second

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
	}
	lease protocol.Instant

	mode       Mode
	serial     string // vendor, model and serial of the pen this connection began with
	upAt       protocol.Instant
	proving    bool
	proveAt    protocol.Instant // not before
	ready      bool             // permits are being renewed
	setting    protocol.Micrometres
	inForce    bool // a ceiling was sent in this host session and not revoked
	stopAt     protocol.Instant
	stopping   bool // a stop was sent, and the motor was on
	wasOn      bool
	lastPermit protocol.Instant
	granted    bool // a permit was sent in this host session
	overflow   bool

	lastNow  protocol.Instant
	lastAt   protocol.At
	haveTime bool
	notice   protocol.Notice // scratch
	note     Note            // scratch
	baud     uint32          // asked for and not yet taken
}

// NewHot returns a Hot that listens and allows nothing.
func NewHot(cfg HotConfig) *Hot {
	h := &Hot{host: protocol.NewHost(cfg.Host, cfg.Seed), emit: cfg.Emit, life: cfg.Host.Life}
	if h.life <= 0 {
		h.life = protocol.DefaultLife
	}
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
	for len(b) > 0 {
		b = h.host.Receive(b, now)
		h.drain(now)
	}
	h.settle(now)
}

// Tick runs the timers. drained says that what had arrived by now was read, so
// that age is the pen's or the line's doing and not this program's.
func (h *Hot) Tick(now protocol.Instant, at protocol.At, drained bool) {
	if h.haveTime {
		if d := at.Sub(h.lastAt) - now.Sub(h.lastNow); d > jump || d < -jump {
			h.jumped(d, now)
		}
	}
	h.lastNow, h.lastAt, h.haveTime = now, at, true

	h.host.Advance(now)
	h.drain(now)
	if h.host.Link() == protocol.LinkUp {
		if drained {
			age := now.Sub(h.upAt)
			if r, ok := h.host.Newest(); ok {
				age = h.host.Clock().Age(r.Tick, now)
			}
			h.guard.age(age, now)
		}
		if h.proving && now >= h.proveAt && h.host.Prove(now) {
			h.proving = false
		}
	}
	h.guard.set(RecordStalled, h.overflow || h.wanted.allow && now > h.lease, now)
	if h.stopping && h.wasOn && now.Sub(h.stopAt) > h.life+h.stopTime() && h.host.Link() == protocol.LinkUp && !h.guard.Broken(ReadingsStale) {
		h.guard.set(StopUnconfirmed, true, now)
	}
	h.settle(now)
}

// Lost tells that the port went.
func (h *Hot) Lost(now protocol.Instant) {
	h.host.PortLost(now)
	h.drain(now)
	h.settle(now)
}

// Do carries out an order of Cold.
func (h *Hot) Do(o Order, now protocol.Instant) {
	switch o.Kind {
	case OrderWant:
		h.wanted.ceiling, h.wanted.allow = o.Ceiling, o.Allow
		h.guard.want(o.Ceiling, now)
		if h.mode != ModeGuarded && h.mode != ModeStoppable {
			h.guard.confirmed(o.Ceiling) // nothing will confirm it
		}
	case OrderLease:
		h.lease = max(h.lease, o.Until)
		h.overflow = false
	case OrderAcknowledge:
		err := h.guard.acknowledge(h.host.Link() == protocol.LinkUp)
		h.say(Note{Kind: NoteAcked, At: now, Err: err})
	case OrderAcceptPen:
		h.serial = h.name()
		h.guard.set(PenChanged, false, now)
	case OrderLocate:
		h.host.Locate(3000)
	}
	h.settle(now)
}

// drain acts on what the host's end learnt.
func (h *Hot) drain(now protocol.Instant) {
	n := &h.notice
	for h.host.Notice(n) {
		h.heed(n, now)
	}
}

func (h *Hot) heed(n *protocol.Notice, now protocol.Instant) {
	g := &h.guard
	switch n.Kind {
	case protocol.NoticeReading:
		g.Observe(&n.Reading, n.Lost, n.At)
		h.observeStop(&n.Reading, n.At)
		h.note.Kind, h.note.At, h.note.Reading, h.note.Age, h.note.Lost = NoteReading, n.At, n.Reading, n.Age, n.Lost
		h.sayNote()
		h.settle(now)
	case protocol.NoticeStatus:
		g.battery(&n.Status, now)
		h.say(Note{Kind: NoteStatus, At: n.At, Status: n.Status})
	case protocol.NoticeEvent:
		h.say(Note{Kind: NoteEvent, At: n.At, Event: n.Event})
	case protocol.NoticeUp:
		h.up(now)
	case protocol.NoticeLost:
		h.down(now)
		g.set(LinkLost, true, now)
		h.say(Note{Kind: NoteLost, At: now})
	case protocol.NoticeRebooted:
		if h.wasOn {
			g.set(PenRebooted, true, now)
		}
		h.down(now)
		h.say(Note{Kind: NoteLost, At: now})
	case protocol.NoticeClockJump:
		h.jumped(0, now)
	case protocol.NoticeConfirmed:
		g.confirmed(n.Ceiling)
		h.setting = 0
		h.say(Note{Kind: NoteConfirmed, At: now, Generation: n.Generation, Ceiling: n.Ceiling})
		h.host.Show(protocol.CueZoneSet)
	case protocol.NoticeProven:
		g.set(PenUnproven, false, now)
		g.set(ClockJumped, false, now)
		h.setMode(ModeGuarded, now)
	case protocol.NoticeUnproven:
		h.proving, h.proveAt = true, now.Add(time.Second)
	case protocol.NoticeDisobeyed:
		rule := MotorWithoutPermit
		if h.granted {
			rule = PenDisobeys
		}
		g.set(rule, true, now)
		g.set(PenUnproven, true, now)
	case protocol.NoticeBusy:
		g.set(PenBusy, true, now)
	case protocol.NoticeNoAnswer:
		g.set(PenSilent, true, now)
	case protocol.NoticeBadPen:
		g.set(PenInvalid, true, now)
	case protocol.NoticeRefused:
		h.say(Note{Kind: NoteRefused, At: now, Refusal: n.Refusal})
	case protocol.NoticeBaud:
		h.baud = n.Baud
	}
}

// up begins with a pen whose session is open.
func (h *Hot) up(now protocol.Instant) {
	g, id := &h.guard, h.host.Identity()
	h.down(now)
	h.upAt = now
	switch {
	case id.Caps.Has(protocol.CapPermits):
		h.mode = ModeGuarded // in the table's eyes; not shown so until proven
		h.proving, h.proveAt = true, now
	case id.Caps.Has(protocol.CapStop):
		h.mode = ModeStoppable
	default:
		h.mode = ModeMonitor
	}
	g.connect(id, h.mode, h.host.Rate(), h.life)
	g.set(PenUnproven, h.mode == ModeGuarded, now)
	g.set(ClockJumped, g.Broken(ClockJumped) && h.mode == ModeGuarded, now)
	for _, r := range [...]Rule{LinkLost, PenBusy, PenSilent, PenInvalid, ReadingsStale} {
		g.set(r, false, now)
	}
	if h.serial == "" {
		h.serial = h.name()
	}
	g.set(PenChanged, h.serial != h.name(), now)
	if h.mode != ModeGuarded && h.wanted.ceiling > 0 {
		g.confirmed(h.wanted.ceiling)
	}
	copied := *id
	h.say(Note{Kind: NoteUp, At: now, Identity: &copied, Mode: h.shownMode()})
}

// name identifies the pen across connections. The pen's word counts, never the
// port's: USB serial numbers lie.
func (h *Hot) name() string {
	id := h.host.Identity()
	return id.Vendor + "\x00" + id.Model + "\x00" + id.Serial
}

// down forgets what belonged to a host session.
func (h *Hot) down(now protocol.Instant) {
	h.ready, h.inForce, h.setting, h.proving, h.stopping, h.wasOn, h.granted = false, false, 0, false, false, false, false
	h.guard.set(ReadingsStale, false, now)
	h.guard.have = false
}

// jumped reacts to a clock that stepped: a new session and a fresh clock map.
func (h *Hot) jumped(by time.Duration, now protocol.Instant) {
	h.guard.set(ClockJumped, true, now)
	h.say(Note{Kind: NoteClock, At: now, Took: by})
	if h.ready || h.wasOn {
		h.host.Revoke(now)
	}
	h.down(now)
	h.host.Rehello(now)
}

// shownMode is the mode as people may see it: guarded only once proven.
func (h *Hot) shownMode() Mode {
	if h.mode == ModeGuarded && !h.host.Proven() {
		return ModeNone
	}
	return h.mode
}

func (h *Hot) setMode(m Mode, now protocol.Instant) {
	h.mode = m
	h.guard.setMode(m)
	h.say(Note{Kind: NoteMode, At: now, Mode: h.shownMode()})
}

func (h *Hot) stopTime() time.Duration {
	return time.Duration(h.host.Identity().StopMS) * time.Millisecond
}

// observeStop follows the motor to see a stop through.
func (h *Hot) observeStop(r *protocol.Reading, at protocol.Instant) {
	h.wasOn = r.MotorOn()
	if h.stopping && !h.wasOn {
		h.stopping = false
		h.guard.set(StopUnconfirmed, false, at)
		h.say(Note{Kind: NoteStopped, At: at, Took: at.Sub(h.stopAt)})
	}
}

// settle brings the link in line with what is wanted and what the guard allows.
// A stop comes first, whatever else is to do.
func (h *Hot) settle(now protocol.Instant) {
	g := &h.guard
	up := h.host.Link() == protocol.LinkUp
	may := g.MayRun() && h.host.Proven()
	switch {
	case !up:
		h.setReady(false, now)
	case h.wanted.ceiling == 0 || g.tripped != 0 || !g.MayRun() || h.ready && !h.wanted.allow:
		if h.ready || h.inForce || h.mode == ModeStoppable && h.wasOn && !h.stopping {
			h.stop(now)
		}
		h.setReady(false, now)
	case may:
		_, c, ok := h.host.Confirmed()
		if !ok || c != h.wanted.ceiling {
			if h.setting != h.wanted.ceiling && h.host.SetCeiling(h.wanted.ceiling, now) != 0 {
				h.setting, h.inForce = h.wanted.ceiling, true
			}
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
	h.tell()
}

// stop revokes what is in force.
func (h *Hot) stop(now protocol.Instant) {
	h.host.Revoke(now)
	h.inForce, h.setting = false, 0
	if h.wasOn {
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

// tell passes the guard's findings on.
func (h *Hot) tell() {
	var f Finding
	for h.guard.next(&f) {
		h.say(Note{Kind: NoteFinding, At: f.At, Finding: f})
	}
}

func (h *Hot) say(n Note) {
	h.note = n
	h.sayNote()
}

func (h *Hot) sayNote() {
	if !h.emit(&h.note) {
		h.overflow = true
	}
	h.note = Note{}
}
