package protocol

import "bytes"

// scratch is room for one payload. It stays on the caller's stack when the
// compiler can see that; host payloads are at most 30 bytes.
func (h *Host) scratch() []byte { return h.tmp[:0] }

// frame acts on one sound frame.
func (h *Host) frame(f *Frame, now Instant) {
	if f.Type >= 0x40 {
		h.stats.Unknown++ // a host's frame: our own echo, or another host on the line
		return
	}
	d := &h.dups[f.Type%16]
	mark := seen{f.Type, f.Seq, f.CRC}
	if *d == mark {
		h.stats.Duplicates++
		return
	}
	h.received++
	if f.Type != TypeWelcome {
		h.baudAt = 0 // the line's new speed works
	}
	malformed := h.stats.Malformed
	h.take(f, now)
	if h.stats.Malformed == malformed { // what is skipped is not remembered
		*d = mark
	}
}

// take acts on a frame that is no duplicate.
func (h *Host) take(f *Frame, now Instant) {
	switch f.Type {
	case TypeIdentity:
		h.identity(f.Payload, now)
	case TypeWelcome:
		h.welcome(f.Payload, now)
	case TypeReading:
		h.reading(f.Payload, now)
	case TypeStatus:
		var m Status
		if h.parsed(m.Parse(f.Payload), len(f.Payload) > statusSize) && h.hear(now) {
			h.permit.status(&m)
			h.notice(Notice{Kind: NoticeStatus, At: now, Status: m})
		}
	case TypeEvent:
		var m PenEvent
		if h.parsed(m.Parse(f.Payload), len(f.Payload) > eventSize) && h.hear(now) {
			h.penEvent(m, now)
		}
	case TypeRefusal:
		var m Refusal
		if h.parsed(m.Parse(f.Payload), len(f.Payload) > refusalSize) {
			h.stats.Refusals++
			h.notice(Notice{Kind: NoticeRefused, At: now, Refusal: m})
			if m.Of == TypeHello && m.Reason == RefusedBoot && h.link == LinkGreeting {
				h.boot = 0 // it rebooted since: ask whoever it is now
			}
			if m.Reason == RefusedNonce && h.link == LinkUp && int16(m.Seq-h.firstSeq) >= 0 {
				h.over(NoticeLost, now) // the pen has no session with us any more
				h.greet(now)
			}
		}
	case TypeSyncReply:
		var m SyncReply
		if !h.parsed(m.Parse(f.Payload), len(f.Payload) > syncReplySize) {
			return
		}
		if h.link != LinkUp || !h.sync.open || m.Token != h.sync.token {
			h.stats.Foreign++
			return
		}
		h.sync.open = false
		h.heardAt = now
		h.permit.revokeSyncs++
		h.clock.Exchange(h.sync.at, now, m.Received)
		h.newestAt = h.madeAt(h.seen)
	case TypeBusy:
		var m Busy
		if h.parsed(m.Parse(f.Payload), len(f.Payload) > busySize) && h.link == LinkGreeting {
			h.heardAt = now
			h.notice(Notice{Kind: NoticeBusy, At: now})
		}
	default:
		h.stats.Unknown++
		h.heardAt = now
	}
	if h.link == LinkListening {
		h.heardAt = now
		h.listen(now)
	}
}

// listen greets the pen once it made itself known: a device that only talks, or
// that another host has, gets no byte from us. Source: PROTOCOL.md §1.6.
func (h *Host) listen(now Instant) {
	switch {
	case h.known:
		h.strange = false
		h.greet(now)
	case !h.strange:
		h.strange, h.strangeAt = true, now
	case now.Sub(h.strangeAt) > announceMost:
		h.strangeAt = now
		h.notice(Notice{Kind: NoticeBusy, At: now})
	}
}

// parsed counts what a message's payload was like and reports whether it holds.
func (h *Host) parsed(err error, trailing bool) bool {
	if err != nil {
		h.stats.Malformed++
		return false
	}
	if trailing {
		h.stats.Trailing++
	}
	return true
}

// hear notes that the pen lives, and reports whether its session is up.
func (h *Host) hear(now Instant) bool {
	h.heardAt = now
	return h.link == LinkUp
}

func (h *Host) identity(p []byte, now Instant) {
	changed := h.idLen == 0 || !bytes.Equal(p, h.idRaw[:h.idLen])
	if changed {
		var id Identity
		err := id.Parse(p)
		if err == nil {
			err = id.spoken()
		}
		if err != nil {
			h.stats.Malformed++
			if h.link != LinkListening {
				h.lose(now)
			}
			h.known, h.strange = false, false // it is told for what it is
			h.notice(Notice{Kind: NoticeBadPen, At: now, Err: err})
			return
		}
		h.idLen = copy(h.idRaw[:], p)
		h.id = id
	}
	h.heardAt = now
	talks := h.id.Caps.Has(CapTalksOnly)
	h.known = !talks
	rebooted := h.boot != 0 && h.id.Boot != h.boot
	switch {
	case rebooted: // or another pen on the line
		h.over(NoticeRebooted, now)
		h.nonce, h.previous = 0, 0
	case h.link == LinkUp && changed:
		// The same boot, and another story: whatever was found out was of another
		// pen, or is so no more. Source: PROTOCOL.md §3.1.
		h.over(NoticeLost, now)
	case h.link == LinkUp:
		// The answer to a repeated hello, or the pen lost its host. The second
		// shows in its silence.
		return
	}
	switch {
	case talks:
		h.lose(now) // it gets no byte of ours
		h.boot, h.idFresh, h.welcomed, h.received, h.rate = h.id.Boot, true, true, 0, h.id.ReadingsMax
		h.up(now)
	case rebooted || h.link == LinkUp:
		h.boot = h.id.Boot
		h.greet(now)
	default:
		h.boot, h.idFresh = h.id.Boot, true
		h.come(now)
	}
}

func (h *Host) welcome(p []byte, now Instant) {
	var m Welcome
	if !h.parsed(m.Parse(p), len(p) > welcomeSize) {
		return
	}
	if h.link != LinkGreeting || m.Nonce != h.nonce || m.Generation != h.permit.first || (h.boot != 0 && m.Boot != h.boot) {
		h.stats.Foreign++
		return
	}
	h.heardAt = now
	if h.welcomed {
		return
	}
	h.welcomed, h.boot = true, m.Boot
	h.rate = m.Rate
	h.clock.Exchange(h.firstAt, now, m.Tick)
	if m.Baud != 0 && m.Baud != h.baud {
		h.baud, h.baudAt = m.Baud, now
		h.notice(Notice{Kind: NoticeBaud, At: now, Baud: m.Baud})
	}
	if h.id.Boot == m.Boot && h.idLen > 0 {
		h.idFresh = true // heard before the hello
	}
	h.come(now)
}

// come brings the link up once both welcome and identity are here.
func (h *Host) come(now Instant) {
	if h.link != LinkGreeting || !h.welcomed || !h.idFresh {
		return
	}
	h.sync.at = now.Add(-syncFast)
	h.received, h.haveSeen = 0, false
	h.up(now)
}

func (h *Host) reading(p []byte, now Instant) {
	n := Notice{Kind: NoticeReading, At: now}
	m := &n.Reading
	if !h.parsed(m.Parse(p), len(p) > readingSize) || !h.hear(now) {
		return
	}
	if h.haveSeen {
		step := m.Tick.Since(h.seen)
		if step <= 0 && -step < clockJump {
			h.stats.Late++
			return
		}
		early := h.clock.at(m.Tick).Sub(now)
		if step < 0 || early > clockJump {
			h.jumped(now)
			return
		}
		// Readings that stay later than a stall explains: the pen's clock was
		// set back, or ours ran on while it slept.
		if -early > clockJump {
			if !h.late {
				h.late, h.lateSince = true, now
			} else if now.Sub(h.lateSince) > clockLateFor {
				h.jumped(now)
				return
			}
		} else {
			h.late = false
		}
	}
	h.clock.Observe(m.Tick, now)
	h.newestAt = h.madeAt(m.Tick)
	n.Age = max(now.Sub(h.newestAt), 0)
	n.Lost = h.countLost(m.Sent)
	h.seen, h.haveSeen, h.newest = m.Tick, true, *m
	h.stats.Readings++
	h.notice(n)
	h.observePermit(&h.newest, now)
}

// jumped opens a new session with the pen it has, and a fresh clock map.
func (h *Host) jumped(now Instant) {
	h.notice(Notice{Kind: NoticeClockJump, At: now})
	h.greet(now)
}

// countLost compares the pen's count of frames with ours and returns how many
// more were lost since the reading before.
func (h *Host) countLost(sent uint32) uint32 {
	if !h.haveSeen {
		h.sentBase, h.received, h.lostBefore = sent, 0, 0
		return 0
	}
	lost := sent - h.sentBase - h.received
	if int32(lost-h.lostBefore) <= 0 {
		return 0 // frames that overtook each other make it shrink for a moment
	}
	n := lost - h.lostBefore
	h.lostBefore = lost
	h.stats.Lost += uint64(n)
	return n
}

// penEvent tells an event each time it is heard until it is acknowledged. One
// that was, is acknowledged again: that of the first time was lost.
func (h *Host) penEvent(m PenEvent, now Instant) {
	h.permit.presses.event(&m)
	h.permit.rest.event(&m)
	if m.ID > h.event { // ids of one boot only rise; PROTOCOL.md §8.1
		h.notice(Notice{Kind: NoticeEvent, At: now, Event: m})
		return
	}
	h.ackEvent(m.ID)
}

// AckEvent tells the pen that its event id, and so all before it, is where
// nothing can lose it: the pen forgets it. Without a pen that is up it does nothing.
// Source: PROTOCOL.md §7.7.
func (h *Host) AckEvent(id uint32) {
	if h.link != LinkUp {
		return
	}
	h.event = max(h.event, id)
	h.ackEvent(id)
}

func (h *Host) ackEvent(id uint32) {
	if h.id.Caps.Has(CapTalksOnly) {
		return
	}
	ack := EventAck{h.session(), id}
	h.send(LaneControl, TypeEventAck, ack.Append(h.scratch()))
}

// Locate asks the pen to show itself for the time given, in ms.
func (h *Host) Locate(ms uint16) {
	if h.link == LinkUp && !h.id.Caps.Has(CapTalksOnly) {
		m := Locate{h.session(), ms}
		h.send(LaneControl, TypeLocate, m.Append(h.scratch()))
	}
}

// Show gives the pen a cue to show.
func (h *Host) Show(c Cue) {
	if h.link == LinkUp && h.id.Caps.Has(CapAnnounces) {
		m := Signal{h.session(), c}
		h.send(LaneControl, TypeSignal, m.Append(h.scratch()))
	}
}
