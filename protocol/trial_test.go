package protocol_test

import (
	"testing"
	"time"

	"penlog/protocol"
)

func TestProveBeginsOnlyWhereItCanShowSomething(t *testing.T) {
	p := newPair(t, testIdentity(), 0)
	if p.host.Prove(p.now) {
		t.Error("begun without a pen")
	}
	p.want(protocol.NoticeUp, 2*time.Second)
	p.mangle(func(m *protocol.Reading) { m.Flags |= protocol.Flags(protocol.MotorRunning) })
	p.step(10 * time.Millisecond)
	if p.host.Prove(p.now) {
		t.Error("begun with the motor on")
	}
	p.mangle(func(m *protocol.Reading) { m.Flags |= protocol.FlagReleased })
	p.step(10 * time.Millisecond)
	if p.host.Prove(p.now) {
		t.Error("begun with a released pen")
	}

	p = newPair(t, testIdentity(), 0)
	p.want(protocol.NoticeUp, 2*time.Second)
	p.step(50 * time.Millisecond)
	p.toPen = func(o *protocol.Outgoing) bool { return o.Lane != protocol.LaneRevoke }
	p.host.Revoke(p.now)
	for range 200 {
		p.step(time.Millisecond)
		if p.host.Prove(p.now) {
			t.Fatal("begun before the revoke is shown")
		}
	}
	p.toPen = nil
	p.want(protocol.NoticeRevoked, time.Second)
	if !p.host.Prove(p.now) {
		t.Error("not begun, and the revoke is shown")
	}
}

func TestProveFailsWhere(t *testing.T) {
	for _, tt := range []struct {
		name   string
		do     func(p *pair)
		want   protocol.NoticeKind
		within time.Duration
	}{
		{"the line loses every third frame", func(p *pair) {
			n := 0
			p.toPen = func(o *protocol.Outgoing) bool { n++; return n%3 != 0 || o.Lane == protocol.LanePermit }
		}, protocol.NoticeProven, 2 * time.Second},
		{"a press falls into the test", func(p *pair) {
			p.step(30 * time.Millisecond)
			if p.pen.PermitLeft() == 0 {
				t.Fatal("no permit in the test")
			}
			if r := p.pen.Press(p.up); r != protocol.StartNoPermit || p.pen.MotorOn() {
				t.Errorf("a press under a trial: %d, motor %v", r, p.pen.MotorOn())
			}
		}, protocol.NoticeProven, time.Second},
		{"a press starts a pen that takes a trial for more", func(p *pair) {
			p.step(30 * time.Millisecond)
			p.mangle(func(m *protocol.Reading) { m.Flags |= protocol.Flags(protocol.MotorRunning) })
		}, protocol.NoticeDisobeyed, time.Second},
		{"the pen shows no permit", func(p *pair) {
			p.mangle(func(m *protocol.Reading) { m.Flags &^= protocol.FlagPermit; m.PermitMS = 0 })
		}, protocol.NoticeUnproven, 4 * time.Second},
		{"the permit does not end", func(p *pair) {
			p.step(30 * time.Millisecond)
			p.mangle(func(m *protocol.Reading) { m.Flags |= protocol.FlagPermit })
		}, protocol.NoticeDisobeyed, time.Second},
		{"the permit ends before its time", func(p *pair) {
			p.step(30 * time.Millisecond)
			p.mangle(func(m *protocol.Reading) { m.Flags &^= protocol.FlagPermit })
		}, protocol.NoticeUnproven, time.Second},
		{"another ceiling shows", func(p *pair) {
			p.step(30 * time.Millisecond)
			p.mangle(func(m *protocol.Reading) { m.Ceiling = 2500 })
		}, protocol.NoticeUnproven, time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newPair(t, testIdentity(), 1<<32-2_000_000)
			p.want(protocol.NoticeUp, 2*time.Second)
			p.step(50 * time.Millisecond)
			if !p.host.Prove(p.now) {
				t.Fatal("not begun")
			}
			tt.do(p)
			p.want(tt.want, tt.within)
			if got := p.host.Proven(); got != (tt.want == protocol.NoticeProven) {
				t.Errorf("proven %v", got)
			}
		})
	}
}

// Revokes alone can use the generations up: then the next test opens a session.
func TestTestAfterGenerationsRanOut(t *testing.T) {
	p := newPair(t, testIdentity(), 0)
	p.want(protocol.NoticeUp, 2*time.Second)
	p.step(50 * time.Millisecond)
	for range 0x10000 {
		p.host.Revoke(p.now)
	}
	p.want(protocol.NoticeRevoked, time.Second)
	if p.host.Prove(p.now) {
		t.Fatal("begun without a generation")
	}
	p.drain()
	p.want(protocol.NoticeLost, time.Millisecond)
	p.want(protocol.NoticeUp, time.Second)
	p.step(50 * time.Millisecond)
	if !p.host.Prove(p.now) {
		t.Fatal("not begun in the new session")
	}
	p.want(protocol.NoticeProven, time.Second)
}

func TestNothingIsPermittedUnproven(t *testing.T) {
	p := newPair(t, testIdentity(), 0)
	s := p.listen(protocol.TypePermit, yes)
	p.want(protocol.NoticeUp, 2*time.Second)
	p.host.SetCeiling(1500, p.now)
	p.want(protocol.NoticeConfirmed, time.Second)
	p.host.Allow(true)
	p.step(time.Second)
	if len(s.at) != 0 || p.host.Allowed() {
		t.Errorf("%d permits for a pen that proved nothing", len(s.at))
	}
}

func TestReleasedPenEarnsItAnew(t *testing.T) {
	p := newPair(t, testIdentity(), 0)
	p.ready(1500)
	if !p.pen.Release(p.up) {
		t.Fatal("not released")
	}
	p.step(20 * time.Millisecond)
	if p.host.Proven() || p.host.Allowed() {
		t.Error("proven while released")
	}
	if !p.pen.Guard(p.up) {
		t.Fatal("not back")
	}
	p.step(100 * time.Millisecond)
	if p.host.Proven() || p.pen.PermitLeft() != 0 {
		t.Error("proven again without a test")
	}
}

// A permit that no reading showed was perhaps never there: its absence past the
// end proves nothing.
func TestPermitThatWasNeverSeenProvesNothing(t *testing.T) {
	p := newPair(t, testIdentity(), 0)
	p.want(protocol.NoticeUp, 2*time.Second)
	p.step(50 * time.Millisecond)
	p.notices = nil
	var till protocol.Instant
	p.listen(protocol.TypePermit, func() bool { till = p.now.Add(200 * time.Millisecond); return false })
	p.toHost = func(b []byte) []byte { // silent until the permit would have ended
		if p.now < till {
			return nil
		}
		return b
	}
	if !p.host.Prove(p.now) {
		t.Fatal("not begun")
	}
	p.want(protocol.NoticeUnproven, 5*time.Second)
	if p.host.Proven() || p.has(protocol.NoticeProven) {
		t.Error("proven by a permit that the pen never had")
	}
}

// However long the pen was out of guarded mode: no difference of ticks may have wrapped.
func TestPenReleasedForLongEarnsItAnew(t *testing.T) {
	for _, out := range []time.Duration{20 * time.Minute, 40 * time.Minute} {
		p := newPair(t, testIdentity(), 0)
		p.ready(1500)
		if !p.pen.Release(p.up) {
			t.Fatal("not released")
		}
		p.idle(out)
		if !p.pen.Guard(p.up) {
			t.Fatal("not back")
		}
		p.step(100 * time.Millisecond)
		p.notices = nil
		if !p.host.Prove(p.now) {
			t.Fatal("not begun")
		}
		p.want(protocol.NoticeProven, time.Second)
	}
}
