package sim_test

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"penlog/protocol"
	"penlog/sim"
)

// What is due while the UART is busy leaves when it is free, not when something
// else happens.
func TestWhatWaitsForTheLineLeavesWhenItIsFree(t *testing.T) {
	p := newPen(t, "reference", nil)
	h := newHost(t, p)
	h.run(100 * ms)
	h.rate = 20
	h.hello() // answered by some 250 bytes
	before := p.Sent()
	p.Press(p.Now())
	if p.Sent() != before {
		t.Fatal("the press is told while the line is busy")
	}
	for h.now() < 160*ms && p.Sent() == before {
		p.Step(p.Now() + 100)
	}
	if at := p.Now() - 100*ms; p.Sent() == before || at > 26*ms || at < 15*ms {
		t.Errorf("the press was told %d µs after the hello", at)
	}
}

func TestThePermitsRestFallsWithTime(t *testing.T) {
	p := newPen(t, "reference-usb", nil)
	h := newHost(t, p)
	h.rate = 20
	h.greet(1500)
	h.renew = false
	h.permit()
	left, from := p.PermitLeft(), p.Now()
	for range 30 {
		p.Step(p.Now() + 1_234)
		if got, want := p.PermitLeft(), left-p.Now().Sub(from); got != want {
			t.Fatalf("%v left, want %v", got, want)
		}
	}
}

func TestNeedlesSwingBetweenTheThingsThatHappen(t *testing.T) {
	p, _ := running(t)
	at := p.Next()
	seen := map[protocol.Micrometres]bool{}
	for now := p.Now(); now < at+5*ms; now += 250 {
		p.Step(now)
		seen[p.Truth().Extension] = true
	}
	if len(seen) < 15 {
		t.Errorf("%d places of the tips in 5 ms and more", len(seen))
	}
}

func TestADisplayIsSetAtOnceHoweverOftenSomebodyAsked(t *testing.T) {
	p := newPen(t, "dermapen4-class", nil)
	p.Step(100 * ms)
	p.Next()
	p.Dial(p.Now(), 1500)
	if next := p.Next(); next > p.Now() {
		t.Errorf("the display follows at %d, now is %d", next, p.Now())
	}
	if p.Step(p.Now()); p.Set() != 1500 {
		t.Errorf("set is %v", p.Set())
	}
}

func TestWhatAFaultKeptRunningStopsWithIt(t *testing.T) {
	for _, k := range []sim.FaultKind{sim.FaultNoPermit, sim.FaultSelfStart, sim.FaultAckOnly, sim.FaultClaimsPermits} {
		p, h := running(t)
		p.Press(p.Now())
		h.run(200 * ms)
		inject(p, k, 0)
		if k != sim.FaultAckOnly {
			h.renew = false
			h.run(600 * ms)
		}
		switch k {
		case sim.FaultSelfStart:
			h.renew = true
			h.run(100 * ms)
			h.renew, h.alive = false, true
			h.run(10 * ms)
		default:
			p.Press(p.Now())
		}
		h.run(100 * ms)
		h.revoke()
		h.alive = true
		h.run(100 * ms)
		p.Clear(p.Now(), k)
		if h.run(200 * ms); p.Driven() {
			t.Errorf("%v: it runs on when the fault is gone", k)
		}
	}
}

func TestAPaceChangesWithoutAJump(t *testing.T) {
	p := newPen(t, "reference", func(c *sim.Config) { c.Drift = 5000 })
	p.Step(10_000 * ms)
	before := p.Uptime(p.Now())
	inject(p, sim.FaultDrift, -10_000)
	if after := p.Uptime(p.Now()); after != before || before != 10_050_000 {
		t.Errorf("its clock shows %d, then %d", before, after)
	}
	if up := p.Uptime(p.Now() + 1000*ms); up != before+990_000 {
		t.Errorf("a second later %d", up)
	}
}

func TestFrozenTwiceItShowsTheSecondTime(t *testing.T) {
	p, h := running(t)
	inject(p, sim.FaultFrozen, 0)
	h.run(100 * ms)
	old := h.reading
	p.Clear(p.Now(), sim.FaultFrozen)
	h.run(500 * ms)
	inject(p, sim.FaultFrozen, 0)
	if h.run(100 * ms); h.reading.Strokes < old.Strokes+40 {
		t.Errorf("frozen at %d strokes, the first time at %d", h.reading.Strokes, old.Strokes)
	}
}

func TestARigsPenIsAsFarAsTheRig(t *testing.T) {
	r := newRig(t, "reference", nil)
	for _, at := range []protocol.Instant{1, 777, 1000*ms + 1} {
		if r.Step(at); r.Pen().Now() != at || r.Now() != at {
			t.Errorf("at %d the pen is at %d, the rig at %d", at, r.Pen().Now(), r.Now())
		}
	}
}

func TestWhatIsUnderWayToThePenIsLostWithTheCableAndWithThePort(t *testing.T) {
	for _, what := range []func(*sim.Rig){
		func(r *sim.Rig) {
			r.Do(r.Now(), sim.Act{Do: sim.DoUnplug})
			r.Do(r.Now(), sim.Act{Do: sim.DoReplug})
		},
		func(r *sim.Rig) { r.HangUp(r.Now()) },
	} {
		heard := 0
		r := newRig(t, "reference", func(c *sim.RigConfig) {
			c.Up.Delay, c.Down.Delay = time.Second, time.Second
			c.Delivered = func(b []byte, _ protocol.Instant) { heard += len(b) }
		})
		r.Step(100 * ms)
		r.Write([]byte("abc"), 100*ms)
		what(r)
		if r.Up().Held() != 0 {
			t.Errorf("%d bytes of the pen's are still under way", r.Up().Held())
		}
		r.Write([]byte("d"), 100*ms)
		if r.Step(5000 * ms); heard != 1 || !r.Plugged() {
			t.Errorf("%d bytes came to the pen, want the one written after", heard)
		}
	}
}

func TestShownIsWhereTheObligingReadingEnds(t *testing.T) {
	r, h := runningRig(t, nil)
	r.Inject(r.Now(), sim.Fault{Kind: sim.FaultForeignTalk, Amount: 30}) // other bytes count too
	if r.Shown() != 0 {
		t.Errorf("shown at %d before anything was", r.Shown())
	}
	r.Do(r.Now(), sim.Act{Do: sim.DoDial, Depth: 2000})
	h.run(1000 * ms)
	end := int(r.Shown())
	if end == 0 || end > len(h.raw) {
		t.Fatalf("shown ends at %d of %d bytes", end, len(h.raw))
	}
	var f protocol.Frame
	var m protocol.Reading
	var d protocol.Decoder
	last := func(b []byte) (set uint16) {
		d = protocol.Decoder{}
		for ok := true; ok; {
			if b, ok = d.Next(b, &f); ok && f.Type == protocol.TypeReading && m.Parse(f.Payload) == nil {
				set = m.Set
			}
		}
		return set
	}
	if h.raw[end-1] != 0 || last(h.raw[:end]) <= 1500 || last(h.raw[:end-1]) > 1500 {
		t.Errorf("the newest reading there has the dial at %d, a byte earlier at %d", last(h.raw[:end]), last(h.raw[:end-1]))
	}
}

// The slower of pen and line decides.
func TestALineIsAsFastAsItCanAndThePenIs(t *testing.T) {
	took := func(profile string, baud uint32, free bool) (up, down protocol.Instant) {
		r := newRig(t, profile, func(c *sim.RigConfig) {
			c.Up.Baud, c.Down.Baud, c.Free = baud, baud, free
			c.Delivered = func(_ []byte, now protocol.Instant) { down = now - 1000*ms }
		})
		for r.Now() < 900*ms && up == 0 {
			if len(r.Read(nil, min(r.Next(), 900*ms))) > 0 {
				up = r.Now()
			}
		}
		r.Write(bytes.Repeat([]byte{0}, 64), 1000*ms)
		r.Step(2000 * ms)
		return up, down
	}
	const at115200, at9600 = 5555, 66_666 // µs for a packet of 64 bytes
	for _, tt := range []struct {
		profile  string
		baud     uint32
		free     bool
		up, down protocol.Instant
	}{
		{"reference", 0, false, at115200, at115200}, {"reference", 1_000_000, false, at115200, at115200},
		{"reference", 9600, false, at9600, at9600}, {"reference", 0, true, at115200, 0},
		{"reference-usb", 0, false, 0, 0}, {"reference-usb", 9600, false, at9600, at9600},
	} {
		up, down := took(tt.profile, tt.baud, tt.free)
		if up < tt.up || up > tt.up+2 || down < tt.down || down > tt.down+2 {
			t.Errorf("%+v: a packet takes %d µs up, %d down", tt, up, down)
		}
	}
}

func TestEachDirectionHasItsOwnEnd(t *testing.T) {
	r := newRig(t, "reference", func(c *sim.RigConfig) { c.Up.Faults.Lose = 1_000_000 })
	strike(t, r, sim.Fault{Kind: sim.FaultDelay, Way: sim.Down})
	strike(t, r, sim.Fault{Kind: sim.FaultDelay, Way: sim.Up, For: time.Second})
	strike(t, r, sim.Fault{Kind: sim.FaultJitter, Way: sim.Up})
	strike(t, r, sim.Fault{Kind: sim.FaultJitter, Way: sim.Down, For: time.Second})
	strike(t, r, sim.Fault{Kind: sim.FaultEcho, For: time.Second})
	r.Step(1500 * ms)
	want := []sim.Fault{{Kind: sim.FaultDelay, Amount: 50, Way: sim.Down}, {Kind: sim.FaultJitter, Amount: 20, Way: sim.Up}}
	if got := r.Active(nil); !slices.Equal(got, want) {
		t.Errorf("in force: %v, want %v", got, want)
	}
	r.Clear(r.Now(), sim.FaultDelay)
	if n := len(r.Read(nil, 5000*ms)); n != 0 || r.Up().Stats().Lost < 4 {
		t.Errorf("%d bytes came up a line that loses all by itself", n)
	}
}

func TestAReplayHoldsNoMoreThanItMayAndKeepsTheOrderOfTime(t *testing.T) {
	var at []protocol.Instant
	r := newRig(t, "reference-usb", func(c *sim.RigConfig) {
		c.Delivered = func(b []byte, now protocol.Instant) {
			for range types(b) {
				at = append(at, now)
			}
		}
	})
	strike(t, r, sim.Fault{Kind: sim.FaultReplayPermits, Amount: 1000})
	strike(t, r, sim.Fault{Kind: sim.FaultReplayFrames, Amount: 100})
	m := protocol.Permit{LifeMS: 1}
	b := protocol.AppendFrame(nil, protocol.TypePermit, 1, m.Append(nil))
	r.Write(b, 2000*ms)
	r.Step(4000 * ms)
	if len(at) != 3 || at[0] != 2000*ms || at[1] != 2100*ms || at[2] != 3000*ms {
		t.Errorf("it came at %v", at)
	}
	r.Clear(r.Now(), sim.FaultReplayPermits)
	at = nil
	for range 5000 {
		r.Write(b, r.Now())
		r.Step(r.Now() + 1)
	}
	r.Step(r.Now() + 1000*ms)
	if len(at) != 5000+4096 {
		t.Errorf("%d frames came, want those written and 4096 more", len(at))
	}
}

func TestASecondPenGreetsWhenItComes(t *testing.T) {
	r := newRig(t, "reference", nil)
	r.Read(nil, 500*ms)
	strike(t, r, sim.Fault{Kind: sim.FaultSecondPen})
	if got := serials(r.Read(nil, 560*ms)); len(got) != 1 || got[r.Pen().Identity().Serial] != 0 {
		t.Errorf("within 60 ms %v greeted", got)
	}
}

func TestAFaultClearedWhileTheCableIsOutPutsItBack(t *testing.T) {
	r := newRig(t, "reference", nil)
	strike(t, r, sim.Fault{Kind: sim.FaultLooseContact, Amount: 500})
	for r.Plugged() && r.Now() < 10_000*ms {
		r.Step(r.Now() + ms)
	}
	if r.Plugged() {
		t.Fatal("it never slips out")
	}
	if r.Clear(r.Now(), sim.FaultLooseContact); !r.Plugged() {
		t.Error("it stays out")
	}
}

func TestABurstEndsOnItsBeat(t *testing.T) {
	l := sim.NewLine(sim.LineConfig{Faults: sim.LineFaults{Batch: 100 * time.Millisecond}})
	for _, tt := range []struct{ written, arrives protocol.Instant }{{1, 100 * ms}, {100 * ms, 100 * ms}, {100*ms + 1, 200 * ms}} {
		l.Write([]byte("x"), tt.written)
		if got := l.Next(); got != tt.arrives {
			t.Errorf("written at %d it arrives at %d, want %d", tt.written, got, tt.arrives)
		}
		l.Read(nil, l.Next())
	}
}
