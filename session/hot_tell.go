package session

import "penlog/protocol"

// tell passes on what changed: the guard's findings, and the mode.
func (h *Hot) tell(now protocol.Instant) {
	var f Finding
	for h.guard.next(&f) {
		h.say(Note{Kind: NoteFinding, At: f.At, Finding: f})
	}
	if m := h.shownMode(); m != h.shown && h.host.Link() == protocol.LinkUp {
		h.shown = m
		h.say(Note{Kind: NoteMode, At: now, Mode: m})
	}
}

// say puts a note into the queue to Cold, behind those that wait for room.
func (h *Hot) say(n Note) {
	if len(h.backlog) == 0 {
		h.note = n
		if h.emit(&h.note) {
			return
		}
		h.overflow = true
	}
	if len(h.backlog) < cap(h.backlog) {
		h.backlog = append(h.backlog, n)
	} else {
		h.retell = true
	}
}

// flush tries again to pass on what found the queue full. When even the
// backlog was, Cold learns the present state of each rule, and that the
// pen's session can't be vouched for.
func (h *Hot) flush() {
	for len(h.backlog) > 0 {
		h.note = h.backlog[0]
		if !h.emit(&h.note) {
			return
		}
		h.backlog = h.backlog[:copy(h.backlog, h.backlog[1:])]
	}
	if h.retell {
		h.retell = false
		h.retellAll()
	}
	if len(h.backlog) == 0 && h.missed == 0 && !h.wanted.record && !h.wanted.allow {
		h.overflow = false // nothing of it was to be recorded, so no lease will come to end it
	}
}

// retellAll brings Cold up to date after notes were lost.
func (h *Hot) retellAll() {
	g := &h.guard
	h.say(Note{Kind: NoteLost, At: h.lastNow})
	for _, r := range Rules() {
		f := Finding{Rule: r, Response: r.Respond(g.mode, g.source), On: g.Broken(r), At: h.lastNow, MotorOn: h.wasOn}
		if r == g.tripped {
			f = g.cause
			f.On = true
		}
		h.say(Note{Kind: NoteFinding, At: h.lastNow, Finding: f})
	}
	if h.host.Link() == protocol.LinkUp {
		copied := *h.host.Identity()
		h.shown = h.shownMode()
		h.say(Note{Kind: NoteUp, At: h.lastNow, Identity: &copied, Mode: h.shown, Conn: h.conn})
		h.say(Note{Kind: NoteReady, At: h.lastNow, On: h.ready, Ceiling: h.wanted.ceiling})
	}
	acked := Note{Kind: NoteAcked, At: h.lastNow} // who waits for an answer may have missed it
	if g.tripped != 0 {
		acked.Err = &NotGoneError{g.tripped, "this program was too busy: acknowledge again"}
	}
	h.say(acked)
}
