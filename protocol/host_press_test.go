package protocol_test

import (
	"testing"
	"time"

	"penlog/protocol"
)

// A guarded pen whose readings show the motor on, with a permit in force, and
// whether the host takes that for a run that nobody started.
func TestRunThatNobodyStartedIsDisobedience(t *testing.T) {
	const most = 1000 * time.Millisecond
	ran := func(p *pair, id uint32, back time.Duration) {
		m := protocol.PenEvent{ID: id, Tick: protocol.Tick(p.up) - protocol.Tick(back/time.Microsecond), Kind: protocol.EventPressStart, Arg: uint16(protocol.StartRan)}
		p.says(protocol.TypeEvent, m.Append(nil))
	}
	other := func(p *pair, id uint32) {
		m := protocol.PenEvent{ID: id, Tick: protocol.Tick(p.up), Kind: protocol.EventButton, Arg: 1}
		p.says(protocol.TypeEvent, m.Append(nil))
	}
	for name, tt := range map[string]struct {
		do   func(p *pair, on *bool)
		want bool
	}{
		"nothing tells of a press": {func(p *pair, on *bool) { *on = true; p.step(most + 20*time.Millisecond) }, true},
		"not yet a second": {func(p *pair, on *bool) {
			*on = true
			p.step(most - 20*time.Millisecond)
			*on = false
			p.step(time.Second)
		}, false},
		"a press that ran": {func(p *pair, on *bool) { *on = true; ran(p, 1, 0); p.step(5 * time.Second) }, false},
		"told after 900 ms": {func(p *pair, on *bool) {
			*on = true
			p.step(900 * time.Millisecond)
			ran(p, 1, 900*time.Millisecond)
			p.step(5 * time.Second)
		}, false},
		"its event overtakes the last reading at rest": {func(p *pair, on *bool) {
			ran(p, 1, 0)
			p.step(20 * time.Millisecond)
			*on = true
			p.step(5 * time.Second)
		}, false},
		"a press that ran nothing": {func(p *pair, on *bool) {
			*on = true
			m := protocol.PenEvent{ID: 1, Tick: protocol.Tick(p.up), Kind: protocol.EventPressStart, Arg: uint16(protocol.StartNoPermit)}
			p.says(protocol.TypeEvent, m.Append(nil))
			p.step(most + 20*time.Millisecond)
		}, true},
		"the press of the run before": {func(p *pair, on *bool) {
			*on = true
			ran(p, 1, 0)
			p.step(200 * time.Millisecond)
			*on = false
			p.step(200 * time.Millisecond)
			*on = true
			p.step(most + 20*time.Millisecond)
		}, true},
		"told late, and of a run before": {func(p *pair, on *bool) {
			*on = true
			ran(p, 1, 500*time.Millisecond)
			p.step(most + 20*time.Millisecond)
		}, true},
		"other events wait for their acknowledgement": {func(p *pair, on *bool) {
			*on = true
			for range 30 {
				other(p, 1)
				p.step(100 * time.Millisecond)
			}
			ran(p, 2, 3*time.Second)
			p.step(5 * time.Second)
		}, false},
		"acknowledged ones that come again": {func(p *pair, on *bool) {
			other(p, 1)
			p.host.AckEvent(1)
			*on = true
			for range 30 {
				other(p, 1)
				p.step(100 * time.Millisecond)
			}
		}, false},
		"two short runs": {func(p *pair, on *bool) {
			for range 2 {
				*on = true
				p.step(600 * time.Millisecond)
				*on = false
				p.step(200 * time.Millisecond)
			}
		}, false},
		"the pen has lost events": {func(p *pair, on *bool) {
			*on = true
			p.step(500 * time.Millisecond)
			m := protocol.Status{Battery: 0xff, EventsLost: 1}
			p.says(protocol.TypeStatus, m.Append(nil))
			p.step(time.Second)
		}, false},
		"it had lost some before": {func(p *pair, on *bool) {
			m := protocol.Status{Battery: 0xff, EventsLost: 1}
			p.says(protocol.TypeStatus, m.Append(nil))
			p.step(time.Second)
			*on = true
			for range 11 {
				p.step(100 * time.Millisecond)
				p.says(protocol.TypeStatus, m.Append(nil))
			}
		}, true},
		"few readings come": {func(p *pair, on *bool) {
			*on = true
			n := 0
			keep := p.toHost
			p.toHost = func(b []byte) []byte { // one millisecond in 150 is heard
				if n++; n%150 > 0 {
					return nil
				}
				return keep(b)
			}
			p.step(1900 * time.Millisecond)
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPair(t, testIdentity(), 1<<32-3_000_000) // its ticks wrap on the way
			p.ready(1500)
			on := false
			p.mangle(func(m *protocol.Reading) {
				if on {
					m.Flags = protocol.MakeFlags(protocol.MotorRunning, 0, protocol.FlagPermit)
				}
			})
			p.toHost = without(protocol.TypeStatus, p.toHost)
			p.step(300 * time.Millisecond)
			tt.do(p, &on)
			if got := p.host.Disobeyed(); got != tt.want {
				t.Errorf("disobeyed %v, want %v", got, tt.want)
			}
		})
	}
}

// says lets the pen say something more.
func (p *pair) says(typ protocol.Type, payload []byte) {
	p.host.Receive(protocol.AppendFrame(nil, typ, uint16(p.now), payload), p.now)
	p.drain()
}

// without takes the frames of a type out of what next is given.
func without(typ protocol.Type, next func([]byte) []byte) func([]byte) []byte {
	var dec protocol.Decoder
	return func(b []byte) []byte {
		var out []byte
		var f protocol.Frame
		for ok := true; ok; {
			if b, ok = dec.Next(b, &f); ok && f.Type != typ {
				out = protocol.AppendFrame(out, f.Type, f.Seq, f.Payload)
			}
		}
		return next(out)
	}
}

// A pen that takes no permits is nobody's to start but the hand's, and a run that
// was under way when the session began may have had its press before.
func TestRunsThatNeedNoPress(t *testing.T) {
	id := testIdentity()
	id.Caps &^= protocol.CapPermits
	p := newPair(t, id, 0)
	p.want(protocol.NoticeUp, 2*time.Second)
	p.step(100 * time.Millisecond)
	p.mangle(func(m *protocol.Reading) { m.Flags = protocol.MakeFlags(protocol.MotorRunning, 0, 0) })
	p.step(3 * time.Second)
	if p.host.Disobeyed() {
		t.Error("a pen without permits runs, and counts as one that does not obey")
	}

	f, s := followed(t)
	r := protocol.Reading{Tick: 3200, Generation: 640, Ceiling: 1000, Flags: protocol.MakeFlags(protocol.MotorRunning, 0, protocol.FlagPermit)}
	follow(f, protocol.TypeCeiling, 3, (&protocol.Ceiling{Session: s, Generation: 640, Depth: 1000}).Append(nil), 3100)
	for i := range 60 {
		follow(f, protocol.TypePermit, uint16(4+i), (&protocol.Permit{Session: s, Generation: 640, Depth: 1000, SeenTick: r.Tick, LifeMS: 300}).Append(nil), protocol.Instant(r.Tick))
		r.Tick, r.Sent, r.Strokes = r.Tick+50_000, r.Sent+1, r.Strokes+5
		if n := hear(f, protocol.Instant(r.Tick), protocol.AppendFrame(nil, protocol.TypeReading, uint16(5+i), r.Append(nil))); has(n, protocol.NoticeDisobeyed) {
			t.Fatalf("a run that was under way counts as disobedience after %d readings", i)
		}
	}
}

// A pen without permits that was told to stop may be pressed again before any reading
// shows it at rest: its word that it stopped tells it from one that does not. Its word
// counts once: a pen that goes on saying so, and is never seen at rest, does not obey.
func TestPressedAgainRightAfterAStop(t *testing.T) {
	id := testIdentity()
	id.Caps &^= protocol.CapPermits
	id.ReadingsMin, id.ReadingsMax = 10, 10
	runs := func(t *testing.T) *pair {
		p := newPair(t, id, 1<<32-700_000) // its ticks wrap on the way
		p.want(protocol.NoticeUp, 2*time.Second)
		p.step(100 * time.Millisecond)
		if p.pen.Press(p.up) != protocol.StartRan {
			t.Fatal("not started")
		}
		p.acks(300 * time.Millisecond)
		p.mangle(func(m *protocol.Reading) { m.Flags = m.Flags&^3 | protocol.Flags(protocol.MotorRunning) }) // none shows it at rest
		p.host.Revoke(p.now)
		return p
	}
	tried := 0
	for after := range 120 {
		p := runs(t)
		p.step(time.Duration(after) * time.Millisecond)
		if p.pen.Press(p.up) != protocol.StartRan {
			continue // it was not at rest yet
		}
		tried++
		p.step(3 * time.Second)
		if p.has(protocol.NoticeDisobeyed) {
			t.Errorf("pressed again %d ms after the stop was asked for, it counts as a pen that does not obey", after)
		}
	}
	if tried < 50 {
		t.Errorf("%d presses started it", tried)
	}

	for _, c := range []protocol.StopCause{protocol.StopRevoke, protocol.StopCeiling, protocol.StopHello} {
		p := runs(t)
		p.stopCause(c)
		p.step(60 * time.Millisecond)
		p.pen.Press(p.up)
		if p.step(3 * time.Second); p.has(protocol.NoticeDisobeyed) {
			t.Errorf("stopped for cause %d, it counts as a pen that does not obey", c)
		}
	}

	p := runs(t)
	unseen := p.toHost
	for range 3 { // each time that it was seen at rest its word counts anew
		p.acks(40 * time.Millisecond)
		p.pen.Press(p.up)
		p.acks(500 * time.Millisecond)
		p.toHost = nil
		p.host.Revoke(p.now)
		p.acks(500 * time.Millisecond)
		p.pen.Press(p.up)
		p.acks(500 * time.Millisecond)
		p.toHost = unseen
		p.host.Revoke(p.now)
	}
	if p.host.Disobeyed() {
		t.Error("pressed again after each stop, and seen at rest between them, it counts as a pen that does not obey")
	}
	for _, tell := range []func(p *pair){func(p *pair) { p.host.Revoke(p.now) }, func(p *pair) { p.host.SetCeiling(1000, p.now) }} {
		p := runs(t)
		for i := range uint32(20) { // it says so at each stop
			p.step(40 * time.Millisecond)
			m := protocol.PenEvent{ID: 3 + i, Tick: protocol.Tick(p.up), Kind: protocol.EventMotorStopped, Arg: uint16(protocol.StopRevoke)}
			p.says(protocol.TypeEvent, m.Append(nil))
			p.step(110 * time.Millisecond)
			tell(p)
		}
		if !p.has(protocol.NoticeDisobeyed) {
			t.Error("it says at each of several stops that it came to rest, no reading shows it, and it counts as a pen that obeys")
		}
	}
	for _, tt := range []struct {
		name string
		do   func(p *pair)
	}{
		{"it says nothing", func(p *pair) { p.toHost = without(protocol.TypeEvent, p.toHost) }},
		{"stopped by a press", func(p *pair) { p.stopCause(protocol.StopPress) }},
		{"stopped before it was told to", func(p *pair) { p.stoppedAt(-400 * time.Millisecond) }},
	} {
		p := runs(t)
		tt.do(p)
		p.step(60 * time.Millisecond)
		p.pen.Press(p.up)
		p.step(3 * time.Second)
		if !p.has(protocol.NoticeDisobeyed) {
			t.Errorf("%s: it counts as a pen that obeys", tt.name)
		}
	}
}

// acks steps and acknowledges what the pen tells.
func (p *pair) acks(d time.Duration) {
	for range d / time.Millisecond {
		p.step(time.Millisecond)
		for _, n := range p.notices {
			if n.Kind == protocol.NoticeEvent {
				p.host.AckEvent(n.Event.ID)
			}
		}
		p.notices = nil
	}
}

// stopCause gives what the pen tells of its stops another cause.
func (p *pair) stopCause(c protocol.StopCause) {
	p.stops(func(m *protocol.PenEvent) { m.Arg = uint16(c) })
}

// stoppedAt makes what the pen tells of its stops older, or newer.
func (p *pair) stoppedAt(by time.Duration) {
	p.stops(func(m *protocol.PenEvent) { m.Tick += protocol.Tick(by / time.Microsecond) })
}

func (p *pair) stops(change func(m *protocol.PenEvent)) {
	readings := p.toHost
	var m protocol.PenEvent
	p.rewrite(protocol.TypeEvent, &m, func() {
		if m.Kind == protocol.EventMotorStopped {
			change(&m)
		}
	})
	events := p.toHost
	p.toHost = func(b []byte) []byte { return events(readings(b)) }
}
