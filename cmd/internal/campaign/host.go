package campaign

import (
	"encoding/binary"
	"time"

	"penlog/cmd/internal/campaign/script"
	"penlog/protocol"
	"penlog/session"
)

// Figures of the agent as it runs live: cmd/internal/agent and device.
const (
	readSize    = 1024
	readTimeout = 10 * time.Millisecond
	coldTick    = 20 * time.Millisecond
	ttySize     = 4095 // what a terminal's driver holds
	stallGap    = 20 * time.Millisecond
	stallQuiet  = 10 * time.Millisecond
	ordersCap   = 64
	controlCap  = 1024
)

// host is the agent's process on its PC.
type host struct {
	w     *world
	rng   rng
	alive bool
	lives int
	epoch protocol.Instant // the world's time at which its monotonic clock began

	hot    *session.Hot
	cold   *session.Cold
	notes  []session.Note
	cap    int              // notes that find room on their way to the slow lane
	room   int              // of them, now
	roomAt protocol.Instant // until then
	orders []session.Order
	acked  []uint64 // commits that Cold has not heard of
	asked  []session.Command
	handed folds // of what was handed to the disk

	port       bool
	tty        []byte
	box        mailbox
	hotAt      protocol.Instant
	coldAt     protocol.Instant
	writeAt    protocol.Instant
	hotStall   protocol.Instant
	coldStall  protocol.Instant
	preempted  protocol.Instant // the slow lane, between two things that waited, until then
	lastRead   protocol.Instant
	quietTill  protocol.Instant
	drainedAt  protocol.Instant // Hot last took its orders
	drainedWas protocol.Instant // and the time before that
	lag        time.Duration    // longest wake-up in normal times

	// What is taken from the lanes, kept here so that taking it makes no garbage.
	out    protocol.Outgoing
	batch  session.Batch
	order  session.Order
	answer session.Answer
}

// mailbox is device.Mailbox without its goroutines: of permits and revokes only
// the newest waits, and a revoke displaces a permit. Put reports whether there was room.
type mailbox struct {
	revoke, permit []byte
	control        []byte
	sizes          []int
}

func (m *mailbox) put(o *protocol.Outgoing) bool {
	b := o.Bytes()
	switch o.Lane {
	case protocol.LaneRevoke:
		m.permit = m.permit[:0]
		m.revoke = append(m.revoke[:0], b...)
	case protocol.LanePermit:
		m.permit = append(m.permit[:0], b...)
	default:
		if len(m.control)+len(b) > controlCap {
			return false
		}
		m.control, m.sizes = append(m.control, b...), append(m.sizes, len(b))
	}
	return true
}

func (m *mailbox) clear() { *m = mailbox{} }

// mono is the agent's own clock.
func (h *host) mono(now protocol.Instant) protocol.Instant { return now - h.epoch }

// start begins a life of the agent, taking up what the disk holds.
func (h *host) start(now protocol.Instant) {
	w := h.w
	h.alive, h.lives = true, h.lives+1
	h.epoch = now - protocol.Instant(h.rng.below(1_000_000))
	h.notes, h.orders, h.acked, h.asked = nil, nil, nil, nil
	h.box.clear()
	h.tty = h.tty[:0]
	h.hotStall, h.coldStall, h.preempted, h.lastRead, h.quietTill, h.drainedAt, h.drainedWas = 0, 0, 0, now, now.Add(stallQuiet), now, now
	var seed [32]byte
	for i := 0; i < 32; i += 8 {
		binary.LittleEndian.PutUint64(seed[i:], h.rng.next())
	}
	h.hot = session.NewHot(session.HotConfig{Host: protocol.HostConfig{Life: w.opts.Seams.Life}, Seed: seed, Emit: h.emit})
	h.cold = session.NewCold(session.ColdConfig{Limits: w.table, Clinic: w.room(), Version: "campaign", NewID: w.newID, Zone: &w.zone})
	h.handed = folds{}
	w.judge.oracle.started()
	w.disk.opens(now)
	if s := w.disk.open(); s != nil {
		p := s.refold()
		h.cold.Restore(p, s.chain, s.signal, s.tail(p), h.mono(now), w.wall(now))
		w.judge.restored(h.cold.Procedure())
	}
	h.hotAt, h.coldAt, h.writeAt = now.Add(readTimeout), now, never
	w.saw(script.Sight{Kind: script.SawAgent, On: true})
	w.sawSession()
}

// kill ends it between two instructions.
func (h *host) kill() {
	h.alive, h.hot, h.cold = false, nil, nil
	h.hotAt, h.coldAt, h.writeAt = never, never, never
	h.box.clear()
	h.port = false
}

// emit is the bounded queue from Hot to Cold.
func (h *host) emit(n *session.Note) bool {
	if len(h.notes) >= h.room {
		h.w.judge.noRoom(n)
		h.w.judge.refuses("a note to Cold")
		return false
	}
	h.w.judge.told(n)
	if f := h.w.opts.Seams.Note; f != nil && !f(n) {
		return true
	}
	h.notes = append(h.notes, *n)
	if n.Kind == session.NoteReading {
		if m := h.w.opts.Meter; m != nil {
			m.Readings++
		}
		h.w.judge.oracle.aged(n)
		h.w.judge.unkept = append(h.w.judge.unkept, n.At+h.epoch)
	}
	h.wakeCold()
	return true
}

func (h *host) wakeCold() {
	at := max(h.rng.after(h.w.now, 10*time.Microsecond, h.lag/2).Add(h.w.opts.Seams.Lag), h.coldStall)
	h.coldAt = min(h.coldAt, at)
}

// arrived puts bytes into the terminal's buffer and wakes the reader.
func (h *host) arrived(b []byte, now protocol.Instant) {
	if !h.port {
		return
	}
	room := ttySize - len(h.tty)
	if room < len(b) {
		h.w.logf("terminal overflows by %d bytes", len(b)-room)
		h.w.judge.refuses("bytes at the port")
		b = b[:room]
	}
	h.tty = append(h.tty, b...)
	h.w.peak(&h.w.res.Counts.Peaks.TTY, len(h.tty))
	if h.alive {
		h.hotAt = min(h.hotAt, max(h.rng.after(now, 20*time.Microsecond, h.lag), h.hotStall))
	}
}

// stepHot is one turn of the port's reader, or of the ticker while no port is open.
func (h *host) stepHot(now protocol.Instant) {
	if now < h.hotStall {
		h.hotAt = h.hotStall
		return
	}
	n := min(len(h.tty), readSize)
	drained := false
	if h.port {
		if now.Sub(h.lastRead) > stallGap {
			h.quietTill = now.Add(stallQuiet)
		}
		h.lastRead = now
		drained = n == len(h.tty) && n < readSize && now >= h.quietTill
	}
	m := h.mono(now)
	if n > 0 {
		b := h.tty[:n]
		if f := h.w.opts.Seams.Heard; f != nil {
			b = f(b)
		}
		h.w.judge.oracle.heard(b, now)
		h.hot.Wake(m, h.w.wall(now))
		h.hot.Receive(b, m)
		h.tty = h.tty[:copy(h.tty, h.tty[n:])]
		h.post(now)
	}
	for i := range h.orders {
		h.w.judge.oracle.ordered(&h.orders[i])
		h.hot.Do(h.orders[i], m)
	}
	h.orders, h.drainedWas, h.drainedAt = h.orders[:0], h.drainedAt, now
	h.hot.Tick(m, h.w.wall(now), drained)
	h.post(now)
	h.w.judge.oracle.stepped(now, m, h.w.wall(now), drained)
	h.w.judge.lane.turned(&h.w.judge.oracle)
	h.hotAt = now.Add(readTimeout + h.rng.span(0, h.lag))
	if len(h.tty) > 0 {
		h.hotAt = h.rng.after(now, 10*time.Microsecond, 200*time.Microsecond)
	}
}

// post moves frames from Hot to the mailbox.
func (h *host) post(now protocol.Instant) {
	o := &h.out
	for h.hot.Output(o) {
		h.w.judge.oracle.left(o, now)
		if !h.port {
			continue
		}
		was := h.w.opts.Meter.enter(LayerJudge)
		h.w.judge.sent(o, now)
		h.w.opts.Meter.enter(was)
		if f := h.w.opts.Seams.Send; f != nil && !f(o.Lane, o.Bytes()) {
			continue
		}
		if !h.box.put(o) {
			h.w.judge.refuses("a frame that leaves Hot")
		}
		h.writeAt = min(h.writeAt, h.rng.after(now, 5*time.Microsecond, h.lag/4))
	}
}

// stepWrite is one turn of the port's writer.
func (h *host) stepWrite(now protocol.Instant) {
	h.writeAt = never
	if now < h.hotStall && now < h.coldStall { // the whole process stands
		h.writeAt = h.hotStall
		return
	}
	m := &h.box
	if len(m.revoke) > 0 {
		h.w.toPen(m.revoke, now)
	}
	b := m.control
	for _, n := range m.sizes {
		h.w.toPen(b[:n], now)
		b = b[n:]
	}
	if len(m.permit) > 0 {
		h.w.toPen(m.permit, now)
	}
	m.revoke, m.permit, m.control, m.sizes = m.revoke[:0], m.permit[:0], m.control[:0], m.sizes[:0]
}

// stepCold is one turn of the slow lane: one of what waits, as chance has it and a
// select has. What else waits has its turn a moment later, so that the fast lane may
// have one in between.
func (h *host) stepCold(now protocol.Instant) {
	if until := max(h.coldStall, h.preempted); now < until {
		h.coldAt = until
		return
	}
	h.coldAt = now.Add(coldTick + h.w.opts.Seams.Lag)
	m, at := h.mono(now), h.w.wall(now)
	if p := h.cold.Procedure(); h.w.opts.Seams.Resume && h.lives > 1 && p != nil && p.State == session.Paused {
		h.asked = append(h.asked, session.Command{Do: session.CmdResume, By: technician})
	}
	h.w.peak(&h.w.res.Counts.Peaks.Notes, len(h.notes))
	h.w.judge.queued()
	lane, waiting := -1, 0
	for i, n := range [...]int{len(h.notes), len(h.acked), len(h.asked)} {
		if n == 0 {
			continue
		}
		if waiting++; h.rng.below(waiting) == 0 {
			lane = i
		}
	}
	if waiting > 1 {
		h.coldAt = h.between(now)
	}
	switch lane {
	case 0:
		for j := range h.notes {
			was := h.w.opts.Meter.enter(LayerJudge)
			h.w.judge.noted(&h.notes[j], h.cold)
			h.w.opts.Meter.enter(was)
			h.cold.Note(&h.notes[j], m, at)
		}
		h.notes = h.notes[:0]
	case 1:
		for _, seq := range h.acked {
			h.cold.Committed(seq, m)
		}
		h.acked = h.acked[:0]
	case 2:
		for _, c := range h.asked {
			h.w.tech.gave(h.cold.Command(c, m, at), c)
			h.w.judge.asksToStop(c.Do)
		}
		h.asked = h.asked[:0]
	}
	h.flush(now)
}

// between is when the slow lane goes on after one of several things that waited: at
// once, or, where something else has the processor, some milliseconds later. A lane
// that hung until just now has seldom all of it.
func (h *host) between(now protocol.Instant) protocol.Instant {
	busy := 10
	if now.Sub(h.coldStall) < 20*time.Millisecond {
		busy = 60
	}
	if h.rng.chance(busy) {
		h.preempted = h.rng.after(now, time.Millisecond, 15*time.Millisecond)
		return h.preempted
	}
	return h.rng.after(now, time.Microsecond, 50*time.Microsecond)
}

// flush moves what Cold has to tell to where it goes.
func (h *host) flush(now protocol.Instant) {
	w := h.w
	h.cold.Reserve(w.disk.reserve.held)
	h.cold.Tick(h.mono(now), w.wall(now))
	for b := &h.batch; h.cold.Batch(b); {
		if f := w.opts.Seams.Corrupt; f != nil {
			for i := range b.Records {
				f(&b.Records[i])
			}
		}
		was := w.opts.Meter.enter(LayerJudge)
		w.disk.submit(*b, w.judge.handed(b), now, h.lives, h.epoch)
		w.opts.Meter.enter(was)
		w.peak(&w.res.Counts.Peaks.Flying, len(w.disk.queue))
		if w.opts.Seams.Early {
			h.acked = append(h.acked, b.Seq)
		}
	}
	for len(h.orders) < ordersCap {
		o := &h.order
		if !h.cold.Order(o) {
			break
		}
		if f := w.opts.Seams.Order; f == nil || f(o) {
			h.orders = append(h.orders, *o)
		}
	}
	w.peak(&w.res.Counts.Peaks.Orders, len(h.orders))
	w.judge.loaded()
	w.judge.folded()
	if events := h.cold.Events(); len(events) > 0 {
		for _, e := range events {
			w.judge.event(e)
			w.sawEvent(e)
		}
		w.judge.remembers(h.cold.Procedure())
		w.judge.cued(h.cold.Procedure())
		w.judge.stands(h.cold.Procedure())
	}
	w.sawSession()
	for a := &h.answer; h.cold.Answer(a); {
		w.tech.answered(a)
	}
}
