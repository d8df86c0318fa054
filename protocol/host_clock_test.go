package protocol_test

import (
	"testing"
	"time"

	"penlog/protocol"
)

// shift moves the ticks of the pen's readings and syncs by d from now on.
func (p *pair) shift(d time.Duration) {
	by := protocol.Tick(d / time.Microsecond)
	var r protocol.Reading
	p.rewrite(protocol.TypeReading, &r, func() { r.Tick += by })
}

// A clock that jumped makes every age a lie: a new session, a new map.
func TestClockThatJumpsOpensANewSession(t *testing.T) {
	for _, tt := range []struct {
		name   string
		do     func(p *pair)
		within time.Duration
	}{
		{"the pen's, back", func(p *pair) { p.shift(-10 * time.Second) }, 10 * time.Millisecond},
		{"the pen's, back by more than it counts apart from late", func(p *pair) { p.shift(-510 * time.Millisecond) }, 10 * time.Millisecond},
		{"the pen's, ahead", func(p *pair) { p.shift(10 * time.Second) }, 10 * time.Millisecond},
		{"the pen's, ahead by half a second", func(p *pair) { p.shift(510 * time.Millisecond) }, 10 * time.Millisecond},
		{"the host's, ahead, by less than the pen waits", func(p *pair) { p.now = p.now.Add(700 * time.Millisecond) }, 2100 * time.Millisecond},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newPair(t, testIdentity(), 20_000_000)
			p.ready(1500)
			p.step(10 * time.Second) // the map has seen the rate of the pen's clock
			p.notices = nil
			tt.do(p)
			p.want(protocol.NoticeClockJump, tt.within)
			p.toHost = nil
			p.want(protocol.NoticeUp, time.Second)
			if p.host.Proven() || p.pen.PermitLeft() != 0 {
				t.Error("what was proved before the jump counts after it")
			}
		})
	}
	t.Run("a stall of 600 ms is none", func(t *testing.T) {
		p := newPair(t, testIdentity(), 20_000_000)
		p.ready(1500)
		var held []byte
		p.toHost = func(b []byte) []byte { held = append(held, b...); return nil }
		p.step(600 * time.Millisecond)
		p.toHost = func(b []byte) []byte { b = append(held, b...); held = nil; return b }
		p.step(3 * time.Second)
		if p.has(protocol.NoticeClockJump) || p.host.Link() != protocol.LinkUp {
			t.Errorf("notices %v", p.notices)
		}
	})
}

// However long the pen lay idle: no difference of ticks may have wrapped.
func TestPenThatLayIdleForLong(t *testing.T) {
	for _, idle := range []time.Duration{36 * time.Minute, 75 * time.Minute} {
		p := newPair(t, testIdentity(), 0)
		p.ready(1500)
		p.host.Revoke(p.now)
		p.idle(idle)
		if p.host.SetCeiling(1000, p.now) == 0 {
			t.Fatal("refused")
		}
		p.want(protocol.NoticeConfirmed, time.Second)
		p.host.Allow(true)
		p.step(100 * time.Millisecond)
		if p.pen.Press(p.up) != protocol.StartRan {
			t.Errorf("idle for %v: no permit", idle)
		}
		p.step(time.Second)
		p.host.Revoke(p.now)
		p.notices = nil
		p.step(time.Second)
		if p.has(protocol.NoticeDisobeyed) {
			t.Errorf("idle for %v: disobeyed", idle)
		}
	}
}

// The end of the last permit is remembered for as long as nothing new is granted.
func TestPermitShownLongPastItsEndDisobeys(t *testing.T) {
	p := newPair(t, testIdentity(), 0)
	p.ready(1500)
	p.host.Allow(false)
	p.idle(40 * time.Minute)
	if p.has(protocol.NoticeDisobeyed) {
		t.Fatal("disobeyed at rest")
	}
	p.mangle(func(m *protocol.Reading) { m.Flags |= protocol.FlagPermit; m.PermitMS = 100 })
	p.want(protocol.NoticeDisobeyed, 10*time.Millisecond)
	if !p.host.Revoking() {
		t.Error("it shows a permit that nobody gave, and nobody takes it back")
	}
}
