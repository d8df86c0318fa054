package session_test

import (
	"testing"
	"time"

	"penlog/protocol"
	"penlog/session"
)

// again connects the same pen anew: its readings go on where they were.
func (h *hand) again() {
	id := rigIdentity()
	h.g.Connect(&id, session.ModeGuarded, 200)
}

// unread makes two strokes and a reading of the second, with the peak given, of
// a pen that does not count strokes above its ceiling.
func (h *hand) unread(d, peak uint16) {
	for range 2 {
		h.tick(10 * time.Millisecond)
		h.stroke(d)
	}
	h.r.StrokesAbove, h.r.Peak = 0, peak
	h.see()
}

// What the guard counts up to a trip is of one connection: half of it before a
// reconnect and half of it after are no cause.
func TestReconnectForgetsHalfOfATrip(t *testing.T) {
	for _, tt := range []struct {
		name          string
		before, after func(h *hand)
	}{
		{"one stroke above", func(h *hand) { h.read(1551) }, func(h *hand) {
			h.read(1400) // the first reading of a connection shows no stroke of its own
			h.read(1551)
		}},
		{"a high peak of strokes from before", func(*hand) {}, func(h *hand) {
			h.r.Peak = 1900
			h.see()
			h.tick(5 * time.Millisecond)
			h.r.Peak = 1900
			h.see()
		}},
		{"a high peak for a while", func(h *hand) { h.unread(1400, 1600) }, func(h *hand) {
			for range 30 {
				h.unread(1400, protocol.None) // so long that the peak counts again
			}
			h.unread(1400, 1600)
		}},
		{"depth apart from the dial for a while", func(h *hand) { h.r.Set = 1000; h.run(900*time.Millisecond, 1400) },
			func(h *hand) { h.run(200*time.Millisecond, 1400) }},
		{"no depth for a while", func(h *hand) { h.r.Measured = protocol.None; h.silent(450 * time.Millisecond) },
			func(h *hand) { h.silent(100 * time.Millisecond) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHand(t, 200, nil, 0)
			tt.before(h)
			h.quiet("before")
			h.again()
			tt.after(h)
			h.quiet("after the reconnect")
		})
	}
}

// silent lets the pen run without telling a depth.
func (h *hand) silent(d time.Duration) {
	for range d / (10 * time.Millisecond) {
		h.tick(10 * time.Millisecond)
		h.r.Strokes++
		h.see()
	}
}

// A ceiling that was confirmed while the motor came to rest is the one in force
// on the next connection, even when no reading showed the motor off.
func TestCeilingThatWasComingIsInForceAfterAReconnect(t *testing.T) {
	h := newHand(t, 200, nil, 0)
	h.g.Confirm(750, h.now)
	h.r.Set = 700
	h.again()
	h.read(700)
	h.quiet("within the new ceiling")
	h.read(1100)
	h.tripped(session.DepthAboveCeiling, "one stroke at 350 µm above the new ceiling")
}

// A pen that can only be stopped may run while its ceiling changes: strokes that
// were above the old one count nothing towards a trip by the new.
func TestHalfOfATripByTheCeilingBeforeIsForgotten(t *testing.T) {
	for _, tt := range []struct {
		name          string
		before, after func(h *hand)
	}{
		{"one stroke above each", func(h *hand) { h.read(1551) }, func(h *hand) { h.read(1651) }},
		{"a high peak for a while", func(h *hand) { h.unread(1400, 1600) }, func(h *hand) {
			for range 30 {
				h.unread(1400, protocol.None)
			}
			h.unread(1400, 1700)
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHand(t, 200, func(id *protocol.Identity) { id.Caps &^= protocol.CapPermits }, 0)
			tt.before(h)
			h.quiet("before")
			h.g.Confirm(1600, h.now)
			tt.after(h)
			h.quiet("after the new ceiling")
		})
	}
}

func TestDepthAboveCeilingHealsWithTheMotorOff(t *testing.T) {
	id := rigIdentity()
	id.Caps &^= protocol.CapPermits | protocol.CapStop
	var g session.Guard
	g.Connect(&id, session.ModeMonitor, 200)
	g.Confirm(1500, 0)
	on := protocol.Reading{Flags: protocol.Flags(protocol.MotorRunning), Set: 2000, Measured: 1000, Peak: protocol.None}
	off := on
	off.Flags = 0
	for n := range 3 {
		g.Observe(&on, 0)
		if !g.Broken(session.DepthAboveCeiling) {
			t.Fatalf("run %d: no alarm", n)
		}
		g.Observe(&off, 0)
		if g.Broken(session.DepthAboveCeiling) {
			t.Fatalf("run %d: 'motor on and too deep' stands with the motor off", n)
		}
	}
	alarms := 0
	for f := (session.Finding{}); g.Next(&f); {
		if f.Rule == session.DepthAboveCeiling && f.On {
			alarms++
		}
	}
	if alarms != 3 {
		t.Errorf("%d alarms of three runs", alarms)
	}
}

// A lower ceiling holds at once by the dial that the newest reading showed.
func TestDialIsJudgedWithTheWishItself(t *testing.T) {
	h := newHand(t, 200, nil, 0)
	h.r.Flags &^= 3
	h.tick(5 * time.Millisecond)
	h.see()
	h.g.Confirm(750, h.now)
	if !h.g.Broken(session.DialAboveCeiling) || h.g.MayRun() {
		t.Error("a dial at 1400 µm does not hold a ceiling of 750 µm until the next reading")
	}
	h.g.Confirm(1500, h.now)
	if !h.g.MayRun() {
		t.Error("nor is it over at once")
	}
}

// Each cause behind the first is acknowledged with it, and so trips anew.
func TestLaterCauseTripsAnewAfterItWasAcknowledged(t *testing.T) {
	r := running(t)
	g := r.hot.Guard()
	r.flag(protocol.FlagFault)
	r.forced = true
	r.step(500 * time.Millisecond)
	if g.Tripped().Rule != session.PenFault || !g.Broken(session.PenDisobeys) {
		t.Fatalf("tripped by %v, findings %+v", g.Tripped().Rule, r.findings)
	}
	r.mangle, r.forced = nil, false
	r.step(300 * time.Millisecond)
	r.must(session.Command{Do: session.CmdAcknowledge})
	if g.Broken(session.PenDisobeys) {
		t.Error("acknowledged, and still there")
	}
	r.forced, r.extra = true, 0
	r.step(300 * time.Millisecond)
	if g.Tripped().Rule != session.PenDisobeys {
		t.Errorf("it disobeys again: tripped by %v", g.Tripped().Rule)
	}
}

// A reboot behind another cause, of a pen that comes back as one that only
// talks: what is left of it is an alarm, over with the next start of the motor.
func TestAlarmOfARebootEndsWithTheNextStart(t *testing.T) {
	r := running(t)
	g := r.hot.Guard()
	r.depth, r.forced = 1900, true
	r.until(100*time.Millisecond, "trip", func(v session.View) bool { return v.Trip != nil })
	r.depth = 0
	r.id.Caps &^= protocol.CapPermits | protocol.CapStop
	r.reboot()
	r.until(time.Second, "reboot", func(session.View) bool { return g.Broken(session.PenRebooted) })
	r.forced = false
	r.until(3*time.Second, "monitored", func(v session.View) bool { return v.Mode == session.ModeMonitor })
	r.step(100 * time.Millisecond)
	r.must(session.Command{Do: session.CmdAcknowledge})
	if g.Tripped().Rule != 0 || !g.Broken(session.PenRebooted) {
		t.Fatalf("tripped by %v, rebooted %v", g.Tripped().Rule, g.Broken(session.PenRebooted))
	}
	r.press()
	r.step(50 * time.Millisecond)
	if !r.pen.MotorOn() || g.Broken(session.PenRebooted) {
		t.Errorf("started again: motor %v, the alarm of the reboot still on: %v", r.pen.MotorOn(), g.Broken(session.PenRebooted))
	}
}
