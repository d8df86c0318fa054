package session_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"penlog/protocol"
	"penlog/session"
)

// hand drives a Guard with readings of a running pen, in pen time.
type hand struct {
	t     testing.TB
	g     session.Guard
	r     protocol.Reading
	every time.Duration
	now   protocol.Instant
	peaks []peakAt
}

type peakAt struct {
	tick protocol.Tick
	d    uint16
}

// newHand gives a guard with a ceiling of 1500 µm, a tolerance of 50 µm, and a
// pen that has run for a second at 1400 µm. from is its first tick and stroke.
func newHand(t testing.TB, rate uint16, change func(*protocol.Identity), from uint32) *hand {
	t.Helper()
	id := rigIdentity()
	if change != nil {
		change(&id)
	}
	h := &hand{t: t, every: time.Second / time.Duration(rate)}
	mode := session.ModeGuarded
	if !id.Caps.Has(protocol.CapPermits) {
		mode = session.ModeStoppable
	}
	h.g.Connect(&id, mode, rate)
	h.r = protocol.Reading{Tick: protocol.Tick(from), Strokes: from, Set: 1400, Measured: 1400, Peak: protocol.None, StrokeRate: 1000}
	h.see()
	h.g.Confirm(1500, h.now)
	h.r.Flags = protocol.MakeFlags(protocol.MotorRunning, 0, protocol.FlagContactKnown|protocol.FlagContact|protocol.FlagPermit)
	h.run(time.Second, 1400)
	h.quiet("after the first second")
	return h
}

func (h *hand) see() { h.g.Observe(&h.r, h.now) }

// stroke makes one stroke without a reading.
func (h *hand) stroke(d uint16) {
	h.r.Strokes++
	if d > 1500 {
		h.r.StrokesAbove++
	}
	h.r.Measured = d
	h.peaks = append(h.peaks, peakAt{h.r.Tick, d})
}

func (h *hand) tick(d time.Duration) {
	h.r.Tick += protocol.Tick(d / time.Microsecond)
	h.now = h.now.Add(d)
	h.r.Peak = protocol.None
	for _, p := range h.peaks {
		if h.r.Tick.Since(p.tick) <= 255*time.Millisecond && (h.r.Peak == protocol.None || p.d > h.r.Peak) {
			h.r.Peak = p.d
		}
	}
	if n := len(h.peaks); n > 100 {
		h.peaks = h.peaks[n-100:]
	}
}

// run lets the pen run with strokes of 10 ms, one reading every period.
func (h *hand) run(d time.Duration, depth uint16) {
	var since, stroke time.Duration
	for range d / time.Millisecond {
		h.tick(time.Millisecond)
		if stroke += time.Millisecond; stroke == 10*time.Millisecond {
			stroke = 0
			h.stroke(depth)
		}
		if since += time.Millisecond; since >= h.every {
			since -= h.every
			h.see()
		}
	}
}

// still shows the same state over and over.
func (h *hand) still(d time.Duration) {
	for range d / (5 * time.Millisecond) {
		h.tick(5 * time.Millisecond)
		h.see()
	}
}

// read makes one stroke of the depth and a reading of it.
func (h *hand) read(d uint16) {
	h.tick(10 * time.Millisecond)
	h.stroke(d)
	h.tick(0)
	h.see()
}

func (h *hand) quiet(when string) {
	h.t.Helper()
	if f := h.g.Tripped(); f.Rule != 0 || !h.g.MayRun() {
		h.t.Fatalf("%s: tripped %+v, may run %v", when, f, h.g.MayRun())
	}
}

func (h *hand) tripped(rule session.Rule, when string) {
	h.t.Helper()
	if f := h.g.Tripped(); f.Rule != rule {
		h.t.Fatalf("%s: tripped by %v, want %v", when, f.Rule, rule)
	}
}

func TestTwoStrokesAboveToleranceTripOneDoesNot(t *testing.T) {
	for _, from := range []uint32{0, 1<<32 - 1_000_500} { // over the wrap of tick and strokes, too
		h := newHand(t, 200, nil, from)
		for range 20 {
			h.read(1551) // one above
			h.quiet("one stroke above tolerance")
			h.read(1550) // at the tolerance
		}
		h.read(1551)
		h.see() // the same stroke once more
		h.quiet("the same stroke read twice")
		h.read(1551)
		h.tripped(session.DepthAboveCeiling, "two strokes above tolerance")
		if f := h.g.Tripped(); f.Value != 1551 || f.Limit != 1500 || !f.MotorOn {
			t.Errorf("cause %+v", f)
		}
	}
}

func TestOneStrokeFarAboveTripsAtOnce(t *testing.T) {
	h := newHand(t, 200, nil, 0)
	h.read(1800)
	h.quiet("one stroke at +300 µm")
	h.read(1500)
	h.read(1801)
	h.tripped(session.DepthAboveCeiling, "one stroke at +301 µm")
}

func TestSetDepthAboveCeilingTripsAtOnce(t *testing.T) {
	h := newHand(t, 200, nil, 0)
	h.r.Set = 1500
	h.read(1400)
	h.quiet("set to the ceiling")
	h.r.Set = 1501
	h.see()
	h.tripped(session.DepthAboveCeiling, "set 1 µm above the ceiling")
}

func TestLostReadingsDontHideAnExceedance(t *testing.T) {
	for _, tt := range []struct {
		name   string
		deep   []uint16 // strokes that no reading shows
		rate   bool     // the pen counts no strokes above
		repeat int
		trip   bool
	}{
		{"one far above", []uint16{1801}, false, 1, true},
		{"two above tolerance", []uint16{1551, 1560}, false, 1, true},
		{"one above tolerance", []uint16{1551}, false, 1, false},
		{"several within tolerance", []uint16{1550, 1540, 1545}, false, 1, false},
		{"two above, uncounted, once", []uint16{1551, 1551}, true, 1, false},
		{"two above, uncounted, again and again", []uint16{1551, 1551}, true, 14, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHand(t, 200, nil, 1<<32-1_200_000)
			for range tt.repeat {
				for _, d := range tt.deep {
					h.tick(10 * time.Millisecond)
					h.stroke(d)
				}
				if tt.rate {
					h.r.StrokesAbove = 0
				}
				h.tick(10 * time.Millisecond)
				h.stroke(1400)
				h.tick(0)
				h.see()
			}
			if got := h.g.Tripped().Rule == session.DepthAboveCeiling; got != tt.trip {
				t.Errorf("tripped %v, want %v", got, tt.trip)
			}
		})
	}
}

func TestMeasuredAgainstSetTripsAfterASecond(t *testing.T) {
	for _, tt := range []struct {
		set  uint16
		dur  time.Duration
		trip bool
	}{{1701 - 600, 2 * time.Second, false}, {1100, 3 * time.Second, false}, {1099, 1100 * time.Millisecond, true}, {1099, 950 * time.Millisecond, false}} {
		h := newHand(t, 200, nil, 0)
		h.r.Set = tt.set
		h.run(tt.dur, 1400)
		if got := h.g.Tripped().Rule == session.DepthUnverifiable; got != tt.trip {
			t.Errorf("set %d for %v: tripped %v, want %v", tt.set, tt.dur, got, tt.trip)
		}
	}
	h := newHand(t, 200, nil, 0)
	h.r.Set = 1000
	h.r.Flags &^= protocol.FlagContact
	h.run(3*time.Second, 1400)
	h.quiet("apart, but in the air")
	h.r.Flags &^= protocol.FlagContactKnown
	h.run(1100*time.Millisecond, 1400)
	h.tripped(session.DepthUnverifiable, "where contact is not known it counts as contact")
}

func TestStaleByRate(t *testing.T) {
	for _, tt := range []struct {
		rate    uint16
		guarded bool
		want    time.Duration
	}{
		{1000, true, 150 * time.Millisecond}, {200, true, 150 * time.Millisecond}, {20, true, 150 * time.Millisecond},
		{15, true, 200 * time.Millisecond}, {10, true, 250 * time.Millisecond}, {2, true, 250 * time.Millisecond},
		{10, false, 300 * time.Millisecond}, {1, false, 3 * time.Second},
	} {
		id := rigIdentity()
		m := session.ModeGuarded
		if !tt.guarded {
			m = session.ModeStoppable
		}
		var g session.Guard
		g.Connect(&id, m, tt.rate)
		if got := g.StaleAfter(); got.Round(time.Microsecond*100) != tt.want {
			t.Errorf("%d readings/s, %v: stale after %v, want %v", tt.rate, m, got, tt.want)
		}
		d := g.StaleAfter()
		g.Age(d, 0)
		if g.Broken(session.ReadingsStale) {
			t.Error("stale at the bound itself")
		}
		g.Age(d+time.Microsecond, 0)
		if !g.Broken(session.ReadingsStale) || g.MayRun() {
			t.Error("not stale 1 µs above the bound")
		}
		g.Age(d, 0)
		if !g.MayRun() {
			t.Error("it does not heal")
		}
	}
}

func TestFrozen(t *testing.T) {
	h := newHand(t, 200, nil, 0)
	h.still(495 * time.Millisecond)
	h.quiet("495 ms without a stroke")
	h.still(15 * time.Millisecond)
	h.tripped(session.ReadingsFrozen, "510 ms without a stroke")

	slow := newHand(t, 200, func(id *protocol.Identity) { id.RateMin = 100 }, 0)
	slow.r.StrokeRate = 120 // 12 Hz: ten strokes take 833 ms
	slow.still(825 * time.Millisecond)
	slow.quiet("ten strokes of a slow pen")
	slow.still(20 * time.Millisecond)
	slow.tripped(session.ReadingsFrozen, "more than ten")

	liar := newHand(t, 200, func(id *protocol.Identity) { id.RateMin = 0 }, 0)
	liar.r.StrokeRate = 1 // a stroke in ten seconds
	liar.still(1990 * time.Millisecond)
	liar.quiet("a very slow pen")
	liar.still(20 * time.Millisecond)
	liar.tripped(session.ReadingsFrozen, "2 s, however slow the pen says it is")

	for _, m := range []protocol.MotorState{protocol.MotorStarting, protocol.MotorStopping} {
		h := newHand(t, 200, nil, 0)
		h.r.Flags = protocol.MakeFlags(m, 0, protocol.FlagPermit)
		h.still(2900 * time.Millisecond)
		h.quiet("spin-up and spin-down")
		h.still(200 * time.Millisecond)
		h.tripped(session.ReadingsFrozen, fmt.Sprintf("motor %d for 3 s and no stroke", m))
	}
}

// Readings that stood still before the motor ran look like a pen at rest: only
// the pen's word of the press tells.
func TestFrozenAtRest(t *testing.T) {
	const at = 5 * time.Millisecond
	rest := func(rate uint16) *hand {
		h := newHand(t, rate, nil, 1<<32-1_500_000)
		h.r.Flags = protocol.MakeFlags(protocol.MotorOff, 0, protocol.FlagContactKnown|protocol.FlagPermit)
		h.still(300 * time.Millisecond)
		return h
	}
	h := rest(200)
	h.g.Started(h.r.Tick + 3000)
	h.still(500 * time.Millisecond)
	h.quiet("500 ms after the press")
	h.still(at)
	h.tripped(session.ReadingsFrozen, "505 ms after the press")
	var gone *session.NotGoneError
	if err := h.g.Acknowledge(true); !errors.As(err, &gone) {
		t.Errorf("acknowledged while the pen says that it runs: %v", err)
	}
	h.g.Stopped()
	h.still(at)
	if err := h.g.Acknowledge(true); err != nil {
		t.Errorf("after its word that it came to rest: %v", err)
	}
	h.still(time.Second)
	h.quiet("acknowledged")

	h = rest(200) // the record stands still, so that the pen tells of it again and again
	press := h.r.Tick + 3000
	for range 5 {
		h.g.Started(press)
		h.still(100 * time.Millisecond)
	}
	h.quiet("500 ms after a press that is told again")
	h.g.Started(press)
	h.still(at)
	h.tripped(session.ReadingsFrozen, "505 ms after a press that is told again")

	for name, do := range map[string]func(h *hand){
		"it came to rest": func(h *hand) { h.g.Started(h.r.Tick); h.still(400 * time.Millisecond); h.g.Stopped() },
		"a reading shows it": func(h *hand) {
			h.g.Started(h.r.Tick)
			h.still(at)
			h.r.Flags = protocol.MakeFlags(protocol.MotorStarting, 0, protocol.FlagPermit)
			h.still(at)
			h.r.Flags = 0
		},
		"its strokes show it": func(h *hand) { h.g.Started(h.r.Tick); h.tick(400 * time.Millisecond); h.r.Strokes++; h.see() },
		"shown before it was said": func(h *hand) {
			from := h.r.Tick + 1000
			h.run(50*time.Millisecond, 1400)
			h.still(at)
			h.g.Started(from)
		},
		"told too late":    func(h *hand) { h.g.Started(h.r.Tick - 261_000) },
		"of another pen":   func(h *hand) { h.g.Started(h.r.Tick); id := rigIdentity(); h.g.Connect(&id, session.ModeGuarded, 200) },
		"before a reading": func(h *hand) { id := rigIdentity(); h.g.Connect(&id, session.ModeGuarded, 200); h.g.Started(h.r.Tick) },
	} {
		h := rest(200)
		do(h)
		h.still(2 * time.Second)
		h.quiet(name)
	}
}

func TestDepthThatVariesByThePensWord(t *testing.T) {
	varies := func(id *protocol.Identity) { id.Caps |= protocol.CapVaries }
	h := newHand(t, 200, varies, 0)
	h.run(3900*time.Millisecond, 1400) // a second ran already
	h.quiet("4.9 s of the same depth")
	h.run(300*time.Millisecond, 1400)
	h.tripped(session.ReadingsFrozen, "5 s of the same depth")

	h = newHand(t, 200, nil, 0)
	h.run(20*time.Second, 1400)
	h.quiet("a constant depth of a pen that never promised otherwise")

	h = newHand(t, 200, varies, 0)
	h.r.Flags &^= protocol.FlagContact
	h.run(20*time.Second, 1400)
	h.quiet("in the air a depth may stay")

	h = newHand(t, 200, func(id *protocol.Identity) {
		id.Caps = id.Caps&^(protocol.CapPermits|protocol.CapStop) | protocol.CapVaries
	}, 0)
	for range 2000 {
		h.tick(5 * time.Millisecond)
		h.r.Strokes++
		h.r.Strokes -= uint32(h.now/5000) % 2
		h.r.Measured = protocol.None
		h.see()
	}
	if !h.g.Broken(session.DepthMissing) || h.g.Broken(session.ReadingsFrozen) {
		t.Errorf("10 s without a depth: missing %v, frozen %v", h.g.Broken(session.DepthMissing), h.g.Broken(session.ReadingsFrozen))
	}
}

func TestImpossibleReadings(t *testing.T) {
	for _, tt := range []struct {
		name string
		do   func(*hand)
		trip bool
	}{
		{"strokes fall", func(h *hand) { h.r.Strokes-- }, true},
		{"strokes fall by half of their range", func(h *hand) { h.r.Strokes -= 1 << 31 }, true},
		{"four strokes in 5 ms", func(h *hand) { h.r.Strokes += 4 }, true},
		{"three strokes in 5 ms: one reading late, one early", func(h *hand) { h.r.Strokes += 3 }, false},
		{"depth 500 µm beyond the pen", func(h *hand) { h.r.Set, h.r.Measured, h.r.Peak = 1400, 3000, 1400 }, false},
		{"depth 501 µm beyond the pen", func(h *hand) { h.r.Measured, h.r.Peak = 3001, 1400 }, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHand(t, 200, nil, 1<<32-1_000_100)
			h.tick(5 * time.Millisecond)
			tt.do(h)
			h.see()
			if got := h.g.Broken(session.ReadingsImpossible); got != tt.trip {
				t.Errorf("impossible %v, want %v", got, tt.trip)
			}
		})
	}
}

func TestRateOfStrokesOverALongGap(t *testing.T) {
	h := newHand(t, 200, nil, 1<<32-1_100_000)
	h.tick(900 * time.Millisecond) // readings lost, over the wraps
	for range 90 {
		h.stroke(1400)
	}
	h.see()
	h.quiet("90 strokes in 900 ms")
	h.tick(900 * time.Millisecond)
	h.r.Strokes += 140 // 120/s × 5/4 × 0.9 s + 3 = 138
	h.see()
	h.tripped(session.ReadingsImpossible, "140 strokes in 900 ms of a pen of 120/s")
}

func TestDepthMissing(t *testing.T) {
	h := newHand(t, 200, nil, 0)
	h.r.Measured = protocol.None
	for range 100 {
		h.tick(5 * time.Millisecond)
		h.r.Strokes++
		h.r.Strokes -= uint32(h.now/5000) % 2
		h.see()
	}
	h.quiet("500 ms without a depth")
	for range 4 {
		h.tick(5 * time.Millisecond)
		h.see()
	}
	h.tripped(session.DepthMissing, "more than 500 ms without a depth")
}

func TestBattery(t *testing.T) {
	var g session.Guard
	for b, low := range map[uint8]bool{0: true, 15: true, 16: false, 100: false, 0xff: false} {
		g.Battery(&protocol.Status{Battery: b})
		if g.Broken(session.BatteryLow) != low || !g.MayRun() {
			t.Errorf("battery %d: low %v, may run %v", b, !low, g.MayRun())
		}
	}
}

func TestNoFalseTrips(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*protocol.Identity)
		do     func(h *hand)
	}{
		{"a pen that reports set depth alone", func(id *protocol.Identity) { id.Caps &^= protocol.CapMeasured; id.Accuracy = 0 }, func(h *hand) {
			h.r.Measured, h.r.Peak = protocol.None, protocol.None
			for range 2000 {
				h.r.Tick += 5000
				h.r.Strokes += uint32(h.r.Tick) / 5000 % 2
				h.see()
			}
		}},
		{"a resolution of 50 µm", func(id *protocol.Identity) { id.Resolution, id.Accuracy = 50, 50 }, func(h *hand) {
			for i := range 500 {
				h.read([]uint16{1500, 1550, 1550, 1450}[i%4])
			}
		}},
		{"spin-up and spin-down", nil, func(h *hand) {
			for range 20 {
				for _, m := range []protocol.MotorState{3, 0, 1, 2} {
					h.r.Flags = protocol.MakeFlags(m, 0, h.r.Flags&^3)
					h.r.StrokeRate = protocol.DeciHertz(m%3) * 500
					for range 60 {
						h.tick(5 * time.Millisecond)
						if m == 2 {
							h.stroke(1400)
							h.tick(5 * time.Millisecond)
						}
						h.see()
					}
				}
			}
		}},
		{"a first reading with old counts after a reconnect", nil, func(h *hand) {
			id := rigIdentity()
			h.g.Connect(&id, session.ModeGuarded, 200)
			h.r.Flags &^= 3
			h.r.Strokes, h.r.StrokesAbove, h.r.Tick, h.r.Peak, h.r.Measured = 7, 60000, 12, 2500, 2500
			h.see()
			h.tick(5 * time.Millisecond)
			h.see()
		}},
		{"twenty readings a second", nil, func(h *hand) { h.every = 50 * time.Millisecond; h.run(5*time.Second, 1500) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHand(t, 200, tt.change, 0)
			tt.do(h)
			h.quiet("at the end")
		})
	}
}

func TestLowerCeilingRightAfterAStop(t *testing.T) {
	h := newHand(t, 200, nil, 0)
	h.r.Flags &^= 3
	h.r.Set = 700
	h.tick(5 * time.Millisecond)
	h.see() // off; the peak still holds 1400
	h.g.Confirm(750, h.now)
	h.r.Flags |= protocol.Flags(protocol.MotorRunning)
	h.r.Measured = 700
	h.run(time.Second, 700)
	h.quiet("the peak of the zone before")
	h.read(1051)
	h.tripped(session.DepthAboveCeiling, "one stroke at +301 µm")
}

// A press in the moment of a zone change: the pen stops at the new ceiling, and
// the strokes in which it comes to rest are of the ceiling before.
func TestCeilingThatFallsWhileTheMotorComesToRest(t *testing.T) {
	h := newHand(t, 200, nil, 0)
	h.g.Confirm(750, h.now)
	h.r.Flags = h.r.Flags&^3 | protocol.Flags(protocol.MotorStopping)
	h.read(1400)
	h.read(1400)
	h.quiet("coming to rest")
	h.read(1600)
	h.read(1600)
	h.tripped(session.DepthAboveCeiling, "above even the ceiling before")

	h = newHand(t, 200, nil, 0)
	h.g.Confirm(750, h.now)
	h.r.Flags &^= 3
	h.r.Set = 700
	h.tick(10 * time.Millisecond)
	h.see()
	h.r.Flags |= protocol.Flags(protocol.MotorRunning)
	h.read(801)
	h.read(801)
	h.tripped(session.DepthAboveCeiling, "the new ceiling counts once the motor was off")
}

// Between two readings of a slow pen strokes go unseen.
func TestStrokesBetweenReadingsOfASlowPen(t *testing.T) {
	h := newHand(t, 20, nil, 0)
	for range 4 {
		h.tick(10 * time.Millisecond)
		h.stroke(1600)
	}
	h.tick(10 * time.Millisecond)
	h.stroke(1400)
	h.tick(0)
	h.see()
	h.tripped(session.DepthAboveCeiling, "four of five strokes deep, none of them read")
}

func TestFirstCauseStays(t *testing.T) {
	h := newHand(t, 200, nil, 0)
	h.read(1900)
	h.r.Flags |= protocol.FlagFault
	h.tick(5 * time.Millisecond)
	h.see()
	h.tripped(session.DepthAboveCeiling, "a fault behind it")
	if !h.g.Broken(session.PenFault) {
		t.Error("the fault is not known")
	}
}

func TestAcknowledgeRefusedWhileTheCauseRemains(t *testing.T) {
	off := func(h *hand) { h.r.Flags &^= 3; h.tick(5 * time.Millisecond); h.see() }
	for _, tt := range []struct {
		name  string
		trip  func(*hand)
		still func(*hand)
		gone  func(*hand)
	}{
		{"motor on", func(h *hand) { h.read(1900) }, func(*hand) {}, off},
		{"dial above", func(h *hand) { h.r.Set = 1600; h.see() }, off, func(h *hand) { h.r.Set = 1500; off(h) }},
		{"stale", func(h *hand) { h.read(1900); off(h) }, func(h *hand) { h.g.Age(time.Second, h.now) }, func(h *hand) { h.g.Age(0, h.now) }},
		{"fault stays", func(h *hand) { h.r.Flags |= protocol.FlagFault; h.tick(5000); h.see() }, off, func(h *hand) { h.r.Flags &^= protocol.FlagFault; off(h) }},
		{"still impossible", func(h *hand) { h.tick(5 * time.Millisecond); h.r.Measured = 4000; h.see() }, off, func(h *hand) { h.r.Measured = 1400; off(h) }},
		{"nothing read since the link is up", func(h *hand) {
			h.read(1900)
			id := rigIdentity()
			h.g.Connect(&id, session.ModeGuarded, 200)
		}, func(*hand) {}, off},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHand(t, 200, nil, 0)
			tt.trip(h)
			if h.g.Tripped().Rule == 0 {
				t.Fatal("not tripped")
			}
			tt.still(h)
			if err := h.g.Acknowledge(true); err == nil || h.g.Tripped().Rule == 0 {
				t.Errorf("acknowledged while the cause remains")
			} else if len(err.Error()) < 30 {
				t.Errorf("%q says no reason", err)
			}
			tt.gone(h)
			if err := h.g.Acknowledge(true); err != nil || h.g.Tripped().Rule != 0 {
				t.Errorf("not acknowledged when it is gone: %v", err)
			}
			h.quiet("acknowledged")
		})
	}
}

// An alarm about a pen that can't be stopped must not hide the trip of the next.
func TestAlarmOfOnePenDoesNotHideTheTripOfTheNext(t *testing.T) {
	id := rigIdentity()
	id.Caps &^= protocol.CapPermits | protocol.CapStop
	var g session.Guard
	g.Connect(&id, session.ModeMonitor, 200)
	g.Confirm(1500, 0)
	r := protocol.Reading{Flags: protocol.Flags(protocol.MotorRunning), Set: 2000, Measured: 100, Peak: protocol.None}
	g.Observe(&r, 0)
	if !g.Broken(session.DepthAboveCeiling) || g.Tripped().Rule != 0 {
		t.Fatal("no alarm")
	}
	id = rigIdentity()
	g.Connect(&id, session.ModeGuarded, 200)
	g.Observe(&r, 1)
	if g.Tripped().Rule != session.DepthAboveCeiling {
		t.Errorf("tripped by %v, want depth_above_ceiling", g.Tripped().Rule)
	}
}

func TestGuardAllocatesNothing(t *testing.T) {
	h := newHand(t, 200, nil, 0)
	if n := testing.AllocsPerRun(1000, func() { h.r.Tick += 5000; h.r.Strokes += uint32(h.r.Tick) / 5000 % 2; h.see() }); n != 0 {
		t.Errorf("%v allocations a reading", n)
	}
	var f session.Finding
	h.r.Flags = 0
	h.see()
	if n := testing.AllocsPerRun(1000, func() {
		h.r.Tick += 5000
		h.r.Set = 3000 - h.r.Set // breaks and heals
		h.see()
		for h.g.Next(&f) {
		}
	}); n != 0 {
		t.Errorf("%v allocations a finding", n)
	}
}

func BenchmarkGuardReading(b *testing.B) {
	h := newHand(b, 200, nil, 0)
	b.ReportAllocs()
	for b.Loop() {
		h.r.Tick += 5000
		h.r.Strokes += uint32(h.r.Tick) / 5000 % 2
		h.r.Measured = 1400 + uint16(h.r.Tick)%64
		h.see()
	}
}

// Where a pen reports no peak, or the peak may be of before, the stroke itself
// still counts.
func TestOneStrokeFarAboveTripsWithoutAPeak(t *testing.T) {
	h := newHand(t, 200, nil, 0)
	h.tick(10 * time.Millisecond)
	h.stroke(1800)
	h.r.Peak = protocol.None
	h.see()
	h.quiet("one stroke at +300 µm")
	h.stroke(1400)
	h.tick(10 * time.Millisecond)
	h.r.Peak = protocol.None
	h.see()
	h.stroke(1801)
	h.tick(10 * time.Millisecond)
	h.r.Peak = protocol.None
	h.see()
	h.tripped(session.DepthAboveCeiling, "one stroke at +301 µm, no peak")
}

func TestPenThatPromisesNoDepthIsNamedFromItsFirstReading(t *testing.T) {
	id := rigIdentity()
	id.Caps &^= protocol.CapMeasured | protocol.CapSet
	var g session.Guard
	g.Connect(&id, session.ModeGuarded, 200)
	r := protocol.Reading{Flags: protocol.Flags(protocol.MotorRunning), Set: protocol.None, Measured: protocol.None, Peak: protocol.None}
	g.Observe(&r, 0)
	if !g.Broken(session.DepthMissing) || g.MayRun() {
		t.Error("a guarded pen without a depth may run, if its motor is on from the first reading")
	}
}

// A count that falls is impossible, and says nothing of the needles: under a
// ceiling that has come down, with the motor off, it is not an exceedance.
func TestCountThatFallsIsNoExceedance(t *testing.T) {
	h := newHand(t, 200, nil, 5000)
	h.r.Flags = protocol.MakeFlags(protocol.MotorOff, 0, protocol.FlagContactKnown)
	h.tick(time.Second)
	h.see()
	h.r.Set = 500
	h.tick(5 * time.Millisecond)
	h.see()
	h.g.Confirm(750, h.now)
	h.tick(5 * time.Millisecond)
	h.see()
	h.quiet("at rest under the lower ceiling")
	h.r.Strokes -= 1000
	h.tick(5 * time.Millisecond)
	h.see()
	if h.g.Broken(session.DepthAboveCeiling) {
		t.Error("an exceedance of needles at rest")
	}
	h.tripped(session.ReadingsImpossible, "the count fell")
}

// A dial that is no longer shown was not turned down: the hold stays until it is
// shown at or below the ceiling.
func TestDialThatIsNoLongerShownDoesNotHeal(t *testing.T) {
	h := newHand(t, 200, nil, 5000)
	h.r.Flags = protocol.MakeFlags(protocol.MotorOff, 0, protocol.FlagContactKnown)
	see := func(set uint16) bool {
		h.r.Set = set
		h.tick(5 * time.Millisecond)
		h.see()
		return h.g.Broken(session.DialAboveCeiling)
	}
	if see(500); h.g.Broken(session.DialAboveCeiling) {
		t.Fatal("held below the ceiling")
	}
	for _, tt := range []struct {
		set  uint16
		want bool
	}{{2000, true}, {protocol.None, true}, {protocol.None, true}, {1500, false}, {protocol.None, false}} {
		if got := see(tt.set); got != tt.want {
			t.Errorf("set %d: broken %v, want %v", tt.set, got, tt.want)
		}
	}
}
