package protocol

import "time"

// The test by which a pen earns 'guarded'. Source: PROTOCOL.md §7.4.
const (
	testLife  = 150 * time.Millisecond
	testWait  = time.Second // for each of its steps
	testTries = 3
)

// step is where a trial is.
type step uint8

const (
	testNone step = iota
	testSetting
	testGranted // one permit sent
	testSeen    // telemetry showed it
)

// trial is the test by which a pen earns 'guarded': a ceiling that starts no
// motor, one permit, seen in telemetry, left to lapse, seen gone.
type trial struct {
	test      step
	testAt    Instant
	testTries int
	proven    bool
}

// Proven reports whether this pen earned 'guarded' in this session.
func (h *Host) Proven() bool { return h.permit.proven && h.link == LinkUp }

// Testing reports whether the test by which a pen earns 'guarded' is under way.
func (h *Host) Testing() bool { return h.permit.test != testNone }

// Prove begins the test: with the motor off, one permit with a ceiling of 1 µm,
// seen in telemetry, left to lapse, seen gone. NoticeProven, NoticeUnproven or
// NoticeDisobeyed tells the outcome. It reports whether the test began: not when
// the motor is on, the pen takes no permits, is released from guarded mode, or
// disobeyed in this boot; nor before a revoke is shown, or when generations ran out and
// a new session is being opened.
func (h *Host) Prove(now Instant) bool {
	p := &h.permit
	if h.link != LinkUp || !h.haveSeen || h.newest.MotorOn() || !h.id.Caps.Has(CapPermits) ||
		h.newest.Flags.Has(FlagReleased) || h.Disobeyed() || p.phase == phaseRevoking || h.ranOut(now) {
		return false
	}
	p.proven, p.testTries = false, 0
	h.beginTest(now)
	return true
}

func (h *Host) beginTest(now Instant) {
	p := &h.permit
	p.testTries++
	p.test, p.testAt = testSetting, now
	h.setCeiling(TrialCeiling, now)
}

// grantTest sends the test's one permit: its ceiling is confirmed.
func (h *Host) grantTest(now Instant) {
	h.permit.test, h.permit.testAt = testGranted, now
	h.grant(testLife, now)
}

// advanceTest begins a test that shows nothing again, or gives up.
func (h *Host) advanceTest(now Instant) {
	p := &h.permit
	if p.test == testNone || now.Sub(p.testAt) <= testWait {
		return
	}
	if p.testTries < testTries && !h.newest.MotorOn() && p.nextGen < lastGenerat {
		h.beginTest(now)
		return
	}
	h.failTest(now)
}

func (h *Host) failTest(now Instant) {
	h.Revoke(now)
	h.notice(Notice{Kind: NoticeUnproven, At: now})
}

// observeTest compares a reading with what the test waits for.
func (h *Host) observeTest(m *Reading, now Instant) {
	p := &h.permit
	permit := m.Flags.Has(FlagPermit)
	switch {
	case p.test == testNone:
	case m.MotorOn() || p.phase == phaseNone || m.Flags.Has(FlagReleased):
		h.failTest(now) // the motor ran, or what was set is gone: nothing was learnt
	case p.test == testGranted && permit:
		p.test, p.testAt = testSeen, now
	case p.test == testSeen && !permit && m.Tick.Since(p.bound) >= 0:
		p.test, p.proven = testNone, true
		p.phase = phaseNone
		h.notice(Notice{Kind: NoticeProven, At: now})
	case p.test == testSeen && !permit:
		h.failTest(now) // gone before its time: not by age
	}
}
