package session

import (
	"time"

	"penlog/protocol"
)

// strayed judges bytes that came while no pen was up: whether a pen sends them.
// frames is how many sound ones had come before.
func (h *Hot) strayed(frames uint64, now protocol.Instant) {
	switch {
	case h.host.Stats().Decoder.Frames != frames:
		h.stray, h.heardAt = false, now
	case !h.stray:
		h.stray, h.strayAt = true, now
	}
	h.guard.set(NotAPen, h.stray && now.Sub(h.strayAt) > strayMost, now)
	h.tell(now)
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
		g.Observe(&n.Reading, n.At)
		h.observeStop(&n.Reading, n.At)
		h.observeReleased(&n.Reading, n.At)
		h.note.Kind, h.note.At, h.note.Reading, h.note.Age, h.note.Lost, h.note.Dropped = NoteReading, n.At, n.Reading, n.Age, n.Lost, h.missed
		if len(h.backlog) == 0 && h.emit(&h.note) {
			h.missed = 0
		} else {
			h.overflow = true
			h.missed++
		}
		h.settle(now)
	case protocol.NoticeStatus:
		g.battery(&n.Status, now)
		h.say(Note{Kind: NoteStatus, At: n.At, Status: n.Status})
	case protocol.NoticeEvent:
		switch e := &n.Event; {
		case e.Kind == protocol.EventPressStart && protocol.StartResult(e.Arg) == protocol.StartRan:
			g.started(e.Tick)
		case e.Kind == protocol.EventMotorStopped:
			g.stopped()
		}
		if len(h.backlog) == 0 { // one that finds no room comes again
			h.note = Note{Kind: NoteEvent, At: n.At, Event: n.Event}
			h.emit(&h.note)
		}
	case protocol.NoticeUp:
		h.up(now)
	case protocol.NoticeLost:
		h.part(now)
		g.set(LinkLost, true, now)
		h.say(Note{Kind: NoteLost, At: now})
	case protocol.NoticeRebooted:
		if h.wasOn {
			g.set(PenRebooted, true, now)
		}
		h.part(now)
		h.say(Note{Kind: NoteLost, At: now})
	case protocol.NoticeClockJump:
		g.set(ClockJumped, true, now)
		h.say(Note{Kind: NoteClock, At: now})
		h.part(now)
	case protocol.NoticeConfirmed:
		g.confirmed(n.Ceiling)
		h.setting = 0
		h.say(Note{Kind: NoteConfirmed, At: now, Generation: n.Generation, Ceiling: n.Ceiling})
		h.host.Show(protocol.CueZoneSet)
	case protocol.NoticeProven:
		g.set(PenTestFailing, false, now)
		g.set(PenUnproven, false, now)
		g.set(ClockJumped, false, now)
		h.setMode(ModeGuarded)
	case protocol.NoticeUnproven:
		h.failed++
		g.set(PenTestFailing, h.failed >= testsMost, now)
		h.proving, h.proveAt = true, now.Add(time.Second)
	case protocol.NoticeDisobeyed:
		rule := PenDisobeys
		if r, ok := h.host.Newest(); ok && r.MotorOn() && !h.granted && h.mode == ModeGuarded {
			rule = MotorWithoutPermit
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
	h.upAt, h.apart, h.released = now, false, false
	h.conn++
	h.wanted.allow = false // until Cold wants it for this session
	switch {
	case id.Caps.Has(protocol.CapPermits):
		h.mode = ModeGuarded // in the table's eyes; not shown so until proven
		h.proving, h.proveAt = true, now
	case id.Caps.Has(protocol.CapStop):
		h.mode = ModeStoppable
	default:
		h.mode = ModeMonitor
	}
	g.connect(id, h.mode, h.host.Rate(), h.life, now)
	g.set(PenUnproven, h.mode == ModeGuarded, now)
	g.set(ClockJumped, g.Broken(ClockJumped) && h.mode == ModeGuarded, now)
	for _, r := range [...]Rule{LinkLost, PenBusy, PenSilent, PenInvalid, NotAPen, ReadingsStale} {
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
	h.shown = h.shownMode()
	h.say(Note{Kind: NoteUp, At: now, Identity: &copied, Mode: h.shownMode(), Conn: h.conn})
}

// name identifies the pen across connections. The pen's word counts, never the
// port's: USB serial numbers lie.
func (h *Hot) name() string {
	id := h.host.Identity()
	return id.Vendor + "\x00" + id.Model + "\x00" + id.Serial
}

// part is what the end of a session that was up leaves.
func (h *Hot) part(now protocol.Instant) {
	h.down(now)
	h.parted, h.apart, h.shown = now, true, ModeNone
}

// down forgets what belonged to a host session.
func (h *Hot) down(now protocol.Instant) {
	h.ready, h.inForce, h.setting, h.proving, h.stopping, h.wasOn, h.granted = false, false, 0, false, false, false, false
	h.failed = 0
	h.guard.set(PenTestFailing, false, now)
	h.guard.set(ReadingsStale, false, now)
	h.guard.have = false
}

// jumped reacts to a clock that stepped: a new session and a fresh clock map.
func (h *Hot) jumped(by time.Duration, now protocol.Instant) {
	h.guard.set(ClockJumped, true, now)
	h.say(Note{Kind: NoteClock, At: now, Took: by})
	if h.ready || h.wasOn || h.host.Testing() {
		h.host.Revoke(now)
	}
	if h.host.Link() == protocol.LinkUp {
		h.part(now)
	}
	h.host.Rehello(now)
}

// shownMode is the mode as people may see it: guarded only once proven.
func (h *Hot) shownMode() Mode {
	if h.host.Link() != protocol.LinkUp || h.mode == ModeGuarded && !h.host.Proven() {
		return ModeNone
	}
	return h.mode
}

// observeReleased follows the pen out of guarded mode, in which it is no more
// than stoppable, and back: then it has to earn 'guarded' anew.
func (h *Hot) observeReleased(r *protocol.Reading, at protocol.Instant) {
	out := r.Flags.Has(protocol.FlagReleased)
	if out == h.released || h.mode != ModeGuarded && h.mode != ModeStoppable || !h.host.Identity().Caps.Has(protocol.CapPermits) {
		return
	}
	h.released = out
	if out {
		if h.ready || r.MotorOn() {
			h.stop(at)
		}
		h.setReady(false, at)
		h.inForce, h.proving, h.setting = false, false, 0
		h.setMode(ModeStoppable)
		h.failed = 0
		h.guard.set(PenTestFailing, false, at)
		h.guard.confirmed(h.wanted.ceiling)
		return
	}
	h.setMode(ModeGuarded)
	h.guard.set(PenUnproven, true, at)
	h.proving, h.proveAt = true, at
}

func (h *Hot) setMode(m Mode) {
	h.mode = m
	h.guard.setMode(m)
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
