package protocol

import "time"

// obeySlack is what a pen may be late beside its own stop time. Source: PROTOCOL.md §7.5.
const obeySlack = 20 * time.Millisecond

// What makes a pen one that does not obey. Source: PROTOCOL.md §7.5.
const (
	hiddenMost   = 3 // readings with the motor off between which strokes rose
	hiddenWithin = time.Second
	deafMost     = time.Second // a revoke that is not shown
	deafSyncs    = 2           // while so many syncs were answered
)

// phase is where the host is with ceiling and permit. Source: PROTOCOL.md §7.3.
type phase uint8

const (
	phaseNone      phase = iota // no ceiling in this session
	phaseSetting                // ceiling sent, telemetry does not show it yet
	phaseConfirmed              // telemetry showed generation and ceiling
	phaseRevoking               // revoke sent, telemetry does not show it yet
)

// permits is the host's half of ceilings, permits and revokes.
type permits struct {
	first, nextGen uint16
	gen            uint16 // of the newest ceiling or revoke sent
	shownGen       uint16 // the highest that telemetry showed
	phase          phase
	ceiling        uint16
	sentAt         Instant // of the newest ceiling or revoke
	allowed        bool
	renewedAt      Instant
	renewed        bool

	// From this pen tick on, stop time and slack added, the motor must be off.
	bound     Tick
	haveBound bool

	trial

	// Since when, by the pen's ticks, the motor is on though telemetry shows no
	// permit, or a stop: it may take its stop time to come to rest.
	bareAt Tick
	bare   bool
	halted bool // telemetry showed a revoke or a new ceiling, and the motor was not seen off since

	// Since when a revoke was not shown, under which generation it began, and how
	// many answers of the pen came meanwhile.
	revokeAt    Instant
	revokeGen   uint16
	revokeSyncs int

	// The reading before: its motor off, its strokes; and how often of late
	// strokes rose from one such reading to the next.
	still    bool
	strokes  uint32
	hidden   int
	hiddenAt Tick

	presses
	rest

	disobeyed [4]uint32 // boots that did not obey, newest first
}

// reset forgets the session's ceilings and permits, to begin anew after first.
func (p *permits) reset(first uint16) {
	*p = permits{first: first, nextGen: first + 1, disobeyed: p.disobeyed}
}

// SetCeiling begins to set the ceiling d under a new generation, which ends any
// permit, and returns the generation; NoticeConfirmed tells that telemetry shows
// both. It returns 0 when that can't be now: the link is not up, d is out of
// range (2 to 65534 µm; 1 is the trial's), or generations ran out and a new session is being
// opened. Permits are not allowed until [Host.Allow].
func (h *Host) SetCeiling(d Micrometres, now Instant) uint16 {
	p := &h.permit
	if h.link != LinkUp || d <= TrialCeiling || d >= None {
		return 0
	}
	if h.ranOut(now) {
		return 0
	}
	p.test = testNone
	h.setCeiling(uint16(d), now)
	return p.gen
}

// ranOut opens a new session when no generation is left for another ceiling, and
// reports whether it did. Source: PROTOCOL.md §7.8.
func (h *Host) ranOut(now Instant) bool {
	if h.permit.nextGen < lastGenerat {
		return false
	}
	h.over(NoticeLost, now)
	h.greet(now)
	return true
}

func (h *Host) setCeiling(d uint16, now Instant) {
	p := &h.permit
	p.gen = p.nextGen
	p.nextGen++
	p.phase, p.ceiling, p.allowed, p.renewed = phaseSetting, d, false, false
	p.await(h.seen)
	h.purgePermits()
	h.sendCeiling(now)
}

func (h *Host) sendCeiling(now Instant) {
	p := &h.permit
	p.sentAt = now
	m := Ceiling{h.session(), p.gen, p.ceiling}
	h.send(LaneControl, TypeCeiling, m.Append(h.scratch()))
}

// Confirmed returns the ceiling that telemetry showed to be in force, and its
// generation; false while none is.
func (h *Host) Confirmed() (generation uint16, ceiling Micrometres, ok bool) {
	p := &h.permit
	if h.link != LinkUp || p.phase != phaseConfirmed || p.test != testNone {
		return 0, 0, false
	}
	return p.gen, Micrometres(p.ceiling), true
}

// Allow says whether permits may be renewed. It takes effect only for a
// confirmed ceiling and a proven pen whose motor has come to rest from the
// generation before, and ends with every new generation.
func (h *Host) Allow(on bool) { h.permit.allowed = on }

// Allowed reports whether permits are being renewed.
func (h *Host) Allowed() bool {
	p := &h.permit
	return p.allowed && p.proven && p.phase == phaseConfirmed && p.test == testNone && !p.halted && h.link == LinkUp
}

// Halting reports whether telemetry showed a revoke or a new ceiling with the
// motor on, and has not shown it off since. No permit is sent meanwhile: a motor
// that comes to rest and one that a press has started again would look the same.
func (h *Host) Halting() bool { return h.permit.halted && h.link == LinkUp }

// Disobeyed reports whether the present boot of the pen ran when it must not:
// it is never guarded again.
func (h *Host) Disobeyed() bool {
	for _, b := range h.permit.disobeyed {
		if b != 0 && b == h.boot {
			return true
		}
	}
	return false
}

// Revoke ends any permit under a new generation, and any that waits to be sent,
// and repeats itself every 20 ms until telemetry shows it. A pen that takes stop
// but no permits stops. It returns the generation, 0 when the link is not up:
// then nothing is in force that renewal does not end.
func (h *Host) Revoke(now Instant) uint16 {
	p := &h.permit
	p.allowed = false
	h.purgePermits()
	if h.link != LinkUp {
		return 0
	}
	p.gen = p.nextGen
	if p.nextGen < 0xffff {
		p.nextGen++
	}
	if p.phase != phaseRevoking {
		p.revokeAt, p.revokeGen, p.revokeSyncs = now, p.gen, 0
	}
	p.phase, p.test = phaseRevoking, testNone
	p.await(h.seen)
	h.sendRevoke(now)
	return p.gen
}

func (h *Host) sendRevoke(now Instant) {
	p := &h.permit
	p.sentAt = now
	h.stats.Revokes++
	m := Revoke{h.session(), p.gen}
	h.send(LaneRevoke, TypeRevoke, m.Append(h.scratch()))
}

// purgePermits takes permits that wait in the outbox back.
func (h *Host) purgePermits() {
	h.purge(func(l Lane) bool { return l == LanePermit })
}

// grant sends a permit that dies life after the newest tick seen.
func (h *Host) grant(life time.Duration, now Instant) {
	p := &h.permit
	p.renewedAt, p.renewed = now, true
	h.stats.Permits++
	end := h.seen + Tick(life/time.Microsecond)
	if !p.haveBound || end.Since(p.bound) > 0 {
		p.bound, p.haveBound = end, true
	}
	m := Permit{h.session(), p.gen, p.ceiling, h.seen, uint16(life / time.Millisecond)}
	h.send(LanePermit, TypePermit, m.Append(h.scratch()))
}

// advancePermit repeats what telemetry has not shown yet, and renews.
func (h *Host) advancePermit(now Instant) {
	p := &h.permit
	switch p.phase {
	case phaseSetting:
		if now.Sub(p.sentAt) >= ceilingRepeat {
			h.sendCeiling(now)
		}
	case phaseRevoking:
		if now.Sub(p.sentAt) >= revokeRepeat {
			h.sendRevoke(now)
		}
	case phaseConfirmed:
		if h.Allowed() && h.haveSeen && (!p.renewed || now.Sub(p.renewedAt) >= h.cfg.Renew) {
			h.grant(h.cfg.Life, now)
		}
	}
	h.advanceTest(now)
}

// observePermit compares a reading with what was granted.
func (h *Host) observePermit(m *Reading, now Instant) {
	p := &h.permit
	permit := m.Flags.Has(FlagPermit)
	if m.Generation < p.shownGen {
		// Generations only rise in a session at the pen (§6.2): it lost us, and a
		// hello of ours that was late on the line opened a session anew.
		h.over(NoticeLost, now)
		h.greet(now)
		return
	}
	p.shownGen = m.Generation
	if m.Flags.Has(FlagReleased) {
		p.proven = false // it is earned anew when the pen is back
	}
	if (p.phase == phaseRevoking || p.phase == phaseSetting) && m.Generation == p.gen {
		p.shown(m.Tick) // it has taken what ends every permit, whatever it says of permits
	}
	if p.phase == phaseRevoking && m.Generation >= p.revokeGen && m.Generation < p.gen {
		p.revokeAt, p.revokeGen, p.revokeSyncs = now, p.gen, 0 // it showed one of the run; from now on the newest counts
	}
	if h.disobeys(m, now) {
		return
	}
	switch p.phase {
	case phaseSetting:
		if m.Generation == p.gen && m.Ceiling == p.ceiling && !permit {
			p.phase, p.halted = phaseConfirmed, m.MotorOn()
			if p.test == testSetting {
				h.grantTest(now)
				return
			}
			h.notice(Notice{Kind: NoticeConfirmed, At: now, Generation: p.gen, Ceiling: Micrometres(p.ceiling)})
		}
	case phaseConfirmed:
		// Confirmed once is not confirmed for ever: it is set anew.
		if m.Generation != p.gen || m.Ceiling != p.ceiling {
			p.phase, p.allowed = phaseNone, false
			h.purgePermits()
		}
	case phaseRevoking:
		if m.Generation == p.gen && !permit {
			p.phase, p.halted = phaseNone, m.MotorOn()
			h.notice(Notice{Kind: NoticeRevoked, At: now, Generation: p.gen})
		}
	}
	h.observeTest(m, now)
}

// shown notes that telemetry of tick t showed a stop: no permit sent before
// counts from there on, so the motor has its stop time from now.
func (p *permits) shown(t Tick) {
	if !p.haveBound || t.Since(p.bound) < 0 {
		p.bound, p.haveBound = t, true
	}
}

// disobeys judges whether the pen runs, or holds a permit, though it must not,
// and says so. Source: PROTOCOL.md §6.1, §6.4, §7.5.
func (h *Host) disobeys(m *Reading, now Instant) bool {
	p := &h.permit
	stop := time.Duration(h.id.StopMS)*time.Millisecond + obeySlack
	permit, on := m.Flags.Has(FlagPermit), m.MotorOn()
	guarded := h.id.Caps.Has(CapPermits) && !m.Flags.Has(FlagReleased)
	bad := p.hides(m) // first, since it follows every reading
	unasked := p.unasked(m)
	if guarded {
		if !p.haveBound {
			p.bound, p.haveBound = m.Tick, true // hello ended whatever ran before
		}
		over := m.Tick.Since(p.bound)
		bad = bad || permit && over > obeySlack || on && over > stop
		if over > 20*time.Minute {
			p.bound = m.Tick - Tick(time.Minute/time.Microsecond) // before the difference wraps
		}
	}
	// A motor on without a permit by the pen's own word, or after a stop that
	// it has shown, must come to rest within its stop time.
	if !on {
		p.halted, p.rest = false, rest{}
	}
	if p.came && !guarded { // it stands in no reading; what runs was started anew
		p.halted = false
	}
	if on && (guarded && !permit || p.halted) {
		if !p.bare {
			p.bare, p.bareAt = true, m.Tick
		}
		bad = bad || m.Tick.Since(p.bareAt) > stop
	} else {
		p.bare = false
	}
	bad = bad || p.deaf(m, now) || guarded && unasked || guarded && on && p.test != testNone
	if bad {
		h.disobey(now)
	}
	return bad
}

// hides reports whether strokes rise though the motor shows as off, for the
// third time within a second: more than runs that no reading showed can make.
func (p *permits) hides(m *Reading) bool {
	still := !m.MotorOn()
	rose := still && p.still && int32(m.Strokes-p.strokes) > 0
	p.still, p.strokes = still, m.Strokes
	if !rose {
		return false
	}
	if p.hidden == 0 || m.Tick.Since(p.hiddenAt) > hiddenWithin {
		p.hidden, p.hiddenAt = 0, m.Tick
	}
	p.hidden++
	return p.hidden >= hiddenMost
}

// deaf reports whether a revoke is not shown for a second, though the pen
// answered other frames of ours meanwhile, so that the line carries them.
func (p *permits) deaf(m *Reading, now Instant) bool {
	return p.phase == phaseRevoking && m.Generation < p.revokeGen &&
		now.Sub(p.revokeAt) > deafMost && p.revokeSyncs >= deafSyncs
}

// Revoking reports whether a revoke is on its way: sent, and not yet shown.
func (h *Host) Revoking() bool { return h.permit.phase == phaseRevoking && h.link == LinkUp }

// disobey notes that the pen ran, or held a permit, past the end.
func (h *Host) disobey(now Instant) {
	p := &h.permit
	if !h.Disobeyed() {
		copy(p.disobeyed[1:], p.disobeyed[:])
		p.disobeyed[0] = h.boot
	}
	p.proven = false
	if p.phase != phaseRevoking && now.Sub(p.sentAt) >= revokeRepeat {
		h.Revoke(now)
	} else {
		p.allowed = false
	}
	h.notice(Notice{Kind: NoticeDisobeyed, At: now})
}
