package protocol

// Follower replays one end of a recorded link: it holds a [Host] that hears what a
// pen said to another run of a host, and gives it of that other run's frames what
// was drawn or counted there, so that the pen's answers are answers to it.
//
// Such a Host never says a word: its Output is always empty, and what it would
// have said comes out of [Follower.Would] alone. So it can't stand in for a live one.
type Follower struct{ h *Host }

// NewFollower returns a follower with a host of its own.
func NewFollower(cfg HostConfig) *Follower {
	h := NewHost(cfg, [32]byte{})
	h.mute = true
	return &Follower{h}
}

// Host returns the host that replays.
func (f *Follower) Host() *Host { return f.h }

// Would stores the next frame that the host would send in o and reports whether
// there was one.
func (f *Follower) Would(o *Outgoing) bool { return f.h.next(o) }

// Wrote gives the host a sound frame that the recorded host put on the line at now.
// Frames of other types than a host sends change nothing.
func (f *Follower) Wrote(fr *Frame, now Instant) { f.h.follow(fr, now) }

// follow takes over what the recorded host had drawn or counted for a frame.
func (h *Host) follow(f *Frame, now Instant) {
	p := &h.permit
	switch f.Type {
	case TypeHello:
		var m Hello
		if m.Parse(f.Payload) == nil && m.Nonce != h.nonce {
			h.followHello(&m, f.Seq, now)
		}
	case TypeSync:
		var m Sync
		if m.Parse(f.Payload) == nil && h.link == LinkUp && m.Nonce == h.nonce {
			if m.Token != h.sync.token {
				h.sync.count++
			}
			h.sync.token, h.sync.at, h.sync.open = m.Token, now, true
		}
	case TypeCeiling:
		var m Ceiling
		if m.Parse(f.Payload) == nil && m.Nonce == h.nonce && p.phase == phaseSetting && m.Depth == p.ceiling {
			p.gen, p.nextGen = m.Generation, m.Generation+1
		}
	case TypeRevoke:
		var m Revoke
		if m.Parse(f.Payload) == nil && m.Nonce == h.nonce && p.phase == phaseRevoking {
			p.gen, p.nextGen = m.Generation, m.Generation+1
		}
	case TypePermit:
		// The pen had it: by this one it may run, whatever this host would have sent.
		var m Permit
		if m.Parse(f.Payload) == nil && m.Nonce == h.nonce {
			if end := m.SeenTick + Tick(m.LifeMS)*1000; !p.haveBound || end.Since(p.bound) > 0 {
				p.bound, p.haveBound = end, true
			}
		}
	}
}

// followHello takes over the nonce and the first generation of a session.
func (h *Host) followHello(m *Hello, seq uint16, now Instant) {
	if h.link != LinkGreeting || h.welcomed { // the recorded host knew more, or decided otherwise
		if h.boot == 0 {
			h.boot = m.Boot
		}
		h.over(NoticeLost, now)
		h.greet(now)
	}
	h.nonce, h.firstSeq = m.Nonce, seq
	h.permit.reset(m.Generation)
}
