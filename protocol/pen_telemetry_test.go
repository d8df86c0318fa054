package protocol_test

import (
	"fmt"
	"testing"
	"time"

	"penlog/protocol"
)

// §4.3
func TestReadingsKeepTheirPeriodAndNeverCatchUp(t *testing.T) {
	r := newRig(t)
	r.hello() // 100/s
	for i := 1; i <= 50; i++ {
		at := protocol.Uptime(i) * 10 * ms
		if hs := r.run(at - 1); len(pick[protocol.Reading](hs)) != 0 {
			t.Fatalf("a reading before %d", at)
		}
		m := one[protocol.Reading](t, r.run(at))
		if m.Tick != at.Tick() {
			t.Fatalf("the reading at %d has tick %d", at, m.Tick)
		}
	}
	r.sync()
	r.jump(r.now + 305*ms) // nobody called for 30 periods
	r.p.Advance(r.now)
	if m := one[protocol.Reading](t, r.collect()); m.Tick != r.now.Tick() {
		t.Errorf("a late reading has tick %d at %d", m.Tick, r.now)
	}
	if hs := r.run(r.now + 10*ms - 1); len(pick[protocol.Reading](hs)) != 0 {
		t.Error("it makes up for what it missed")
	}
	one[protocol.Reading](t, r.run(r.now+1))
}

func TestUndrainedPenHoldsNoBacklog(t *testing.T) {
	r := newRig(t)
	r.hello()
	for range 90 {
		r.now += 10 * ms
		r.p.Advance(r.now)
	}
	hs := r.collect()
	if got := names(hs); got != "reading status" {
		t.Errorf("after 900 ms nobody took the output: %v", got)
	}
	if m := one[protocol.Reading](t, hs); m.Tick != r.now.Tick() {
		t.Errorf("the reading is of tick %d, at %d", m.Tick, r.now)
	}
}

// §4.4
func TestPromptReadingsComeAtOnceThenFiveMillisecondsApart(t *testing.T) {
	r := newRig(t)
	r.run(sec)
	r.hello()
	r.run(sec + 1234)
	one[protocol.Reading](t, r.ceiling(18, 1000)) // at once
	r.now += 100
	if hs := r.ceiling(19, 1000); len(hs) != 0 {
		t.Errorf("0.1 ms later: %v", names(hs))
	}
	if got, want := r.p.Next(), sec+1234+5*ms; got != want {
		t.Errorf("Next() = %d, want %d", got, want)
	}
	m := one[protocol.Reading](t, r.run(sec+1234+5*ms))
	if m.Generation != 19 {
		t.Errorf("it shows %+v", m)
	}
	// The schedule goes on one period after it.
	if hs := r.run(sec + 1234 + 15*ms - 1); len(hs) != 0 {
		t.Errorf("within the period after a prompt: %v", names(hs))
	}
	one[protocol.Reading](t, r.run(sec+1234+15*ms))
}

func TestEveryChangeOfPermitAndMotorIsPrompt(t *testing.T) {
	r := ready(t)
	step := func(what string, do func(), check func(m *protocol.Reading) bool) {
		t.Helper()
		r.ackAll()
		r.sync()
		r.run(r.now + 7*ms) // off the schedule of readings, past the last prompt's gap
		do()
		r.p.Advance(r.now)
		rs := pick[protocol.Reading](r.collect())
		if len(rs) != 1 || rs[0].Tick != r.now.Tick() || !check(rs[0]) {
			t.Errorf("%s: %+v", what, rs)
		}
	}
	step("permit", func() {
		r.p.Receive(r.wire(&protocol.Permit{Session: session, Generation: 18, Depth: 1000, SeenTick: r.now.Tick(), LifeMS: 500}), r.now)
	},
		func(m *protocol.Reading) bool { return m.PermitMS == 500 && m.Flags.Motor() == protocol.MotorOff })
	step("start", func() { r.p.Press(r.now) }, func(m *protocol.Reading) bool { return m.Flags.Motor() == protocol.MotorStarting })
	step("stop", func() { r.p.Press(r.now) }, func(m *protocol.Reading) bool { return m.Flags.Motor() == protocol.MotorStopping && m.PermitMS > 0 })
	step("clear", func() { r.p.Cleared(r.now) }, func(m *protocol.Reading) bool { return m.Flags.Motor() == protocol.MotorOff })
	step("release", func() { r.p.Release(r.now) }, func(m *protocol.Reading) bool { return m.Flags.Has(protocol.FlagReleased) && m.PermitMS == 0 })
	step("guard", func() { r.p.Guard(r.now) }, func(m *protocol.Reading) bool { return !m.Flags.Has(protocol.FlagReleased) })
	step("revoke", func() { r.p.Receive(r.wire(&protocol.Revoke{Session: session, Generation: 19}), r.now) },
		func(m *protocol.Reading) bool { return m.Generation == 19 && m.Ceiling == 0 })
	r.run(r.now + 20*ms)
	if n := len(pick[protocol.Reading](r.permit(300, 0))); n != 0 {
		t.Error("a refused permit shows a reading out of schedule")
	}
}

// §4.5
func TestRateIsAgreedWithinThePenAndTheLine(t *testing.T) {
	uart := func(c *protocol.PenConfig) {
		c.Identity.Caps |= protocol.CapUART
		c.Identity.BaudMax = 921600
	}
	line := func(n int) func(*protocol.PenConfig) { return func(c *protocol.PenConfig) { c.LineBytes = n } }
	bounds := func(lo, hi uint16) func(*protocol.PenConfig) {
		return func(c *protocol.PenConfig) { c.Identity.ReadingsMin, c.Identity.ReadingsMax = lo, hi }
	}
	for _, tt := range []struct {
		name string
		cfg  []func(*protocol.PenConfig)
		want uint16
		baud uint32
		got  uint16
	}{
		{"as wanted", nil, 200, 0, 200},
		{"no more than the pen can", nil, 2000, 0, 1000},
		{"no fewer than 20 when guarded", nil, 5, 0, 20},
		{"none wanted", nil, 0, 0, 20},
		{"no fewer than the pen's least", []func(*protocol.PenConfig){bounds(60, 100)}, 5, 0, 60},
		{"a stoppable pen may be slow", []func(*protocol.PenConfig){caps(stoppable)}, 5, 0, 5},
		{"never 0", []func(*protocol.PenConfig){caps(stoppable), bounds(0, 9)}, 0, 0, 1},
		{"115200", []func(*protocol.PenConfig){uart}, 1000, 0, 202},
		{"230400", []func(*protocol.PenConfig){uart}, 1000, 230400, 408},
		{"460800", []func(*protocol.PenConfig){uart}, 1000, 460800, 819},
		{"576000", []func(*protocol.PenConfig){uart}, 1000, 576000, 1000},
		{"a UART whose line is slower than its baud", []func(*protocol.PenConfig){uart, line(5760)}, 1000, 0, 99},
		{"the same at another baud", []func(*protocol.PenConfig){uart, line(5760)}, 1000, 230400, 408},
		{"a line of 11520 bytes/s", []func(*protocol.PenConfig){line(11520)}, 1000, 0, 202},
		{"a line of 1920 bytes/s", []func(*protocol.PenConfig){line(1920)}, 1000, 0, 31},
		{"a line of 10 bytes/s", []func(*protocol.PenConfig){line(10)}, 1000, 0, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, tt.cfg...)
			m := hello()
			m.Rate, m.Baud = tt.want, tt.baud
			if w := one[protocol.Welcome](t, r.send(m)); w.Rate != tt.got || r.p.Rate() != tt.got {
				t.Errorf("Welcome.Rate = %d, Rate() = %d, want %d", w.Rate, r.p.Rate(), tt.got)
			}
		})
	}
}

func TestTableOfRatesInTheDocument(t *testing.T) {
	want := map[uint32]uint32{19200: 31, 38400: 65, 57600: 99, 115200: 202, 230400: 408, 460800: 819, 576000: 1025, 921600: 1642}
	for baud, rate := range want {
		if got := protocol.MaxReadings(baud / 10); got != rate {
			t.Errorf("MaxReadings at %d baud = %d, want %d", baud, got, rate)
		}
		if used, have := rate*42+122, baud/10*3/4; used > have || used+42 <= have {
			t.Errorf("at %d baud %d readings/s use %d of %d bytes/s", baud, rate, used, have)
		}
	}
	m, s := protocol.Reading{}, protocol.Status{}
	if n := len(m.Append(nil)) + protocol.Overhead; n != 42 {
		t.Errorf("a reading is %d bytes on the wire", n)
	}
	if n := len(s.Append(nil)) + protocol.Overhead; n != 61 {
		t.Errorf("a status is %d bytes on the wire", n)
	}
}

func TestRateMessageIsTakenExactlyOrRefused(t *testing.T) {
	r := newRig(t, func(c *protocol.PenConfig) { c.LineBytes = 11520 })
	r.hello()
	for _, tt := range []struct {
		rate uint16
		ok   bool
	}{{50, true}, {20, true}, {19, false}, {0, false}, {202, true}, {203, false}, {65535, false}, {100, true}} {
		before := r.p.Rate()
		hs := r.send(&protocol.Rate{Session: session, Rate: tt.rate})
		if !tt.ok {
			wantRefusal(t, hs, protocol.TypeRate, protocol.RefusedRange)
			if r.p.Rate() != before {
				t.Errorf("rate %d: Rate() = %d", tt.rate, r.p.Rate())
			}
			continue
		}
		wantNoRefusal(t, hs)
		if r.p.Rate() != tt.rate {
			t.Errorf("rate %d: Rate() = %d", tt.rate, r.p.Rate())
		}
		r.run(r.now + 60*ms) // past what was scheduled before
		if n := len(pick[protocol.Reading](r.run(r.now + 500*ms))); n < int(tt.rate)/2-1 || n > int(tt.rate)/2+1 {
			t.Errorf("rate %d: %d readings in 500 ms", tt.rate, n)
		}
	}
}

func TestRateMessageIsJudgedByThePresentBaud(t *testing.T) {
	r := newRig(t, func(c *protocol.PenConfig) {
		c.Identity.Caps |= protocol.CapUART
		c.Identity.BaudMax, c.LineBytes = 230400, 5760
	})
	m := hello()
	m.Baud = 230400
	r.send(m)
	r.run(30 * ms)
	wantNoRefusal(t, r.send(&protocol.Rate{Session: session, Rate: 408}))
	wantRefusal(t, r.send(&protocol.Rate{Session: session, Rate: 409}), protocol.TypeRate, protocol.RefusedRange)
}

func TestFasterRateBeginsAtOnce(t *testing.T) {
	r := newRig(t)
	m := hello()
	m.Rate = 20
	r.send(m)
	r.run(5 * ms)
	r.send(&protocol.Rate{Session: session, Rate: 200})
	one[protocol.Reading](t, r.run(10*ms))
}

func TestSentCountsAllFramesAndSeqRisesByOne(t *testing.T) {
	r := running(t)
	for range 5 {
		r.sync()
		r.ceiling(1, 1)
		r.run(r.now + 150*ms)
	}
	for i, h := range r.log {
		if h.seq != uint16(i+1) {
			t.Fatalf("frame %d has seq %d", i, h.seq)
		}
		if m, ok := h.m.(*protocol.Reading); ok && m.Sent != uint32(i+1) {
			t.Fatalf("reading %d says %d were sent", i, m.Sent)
		}
		if m, ok := h.m.(*protocol.Status); ok && m.Sent != uint32(i+1) {
			t.Fatalf("status %d says %d were sent", i, m.Sent)
		}
	}
}

func TestStatusTwiceASecondAndAtOnceOnAChangeOfFaults(t *testing.T) {
	r := newRig(t)
	r.hello()
	for i := range 3 {
		at := protocol.Uptime(i+1) * 500 * ms
		r.run(at - 1)
		r.sync()
		r.collect()
		n := len(pick[protocol.Status](r.log))
		if n != i+1 {
			t.Fatalf("%d statuses before %d", n, at)
		}
		r.run(at)
		if len(pick[protocol.Status](r.log)) != i+2 {
			t.Fatalf("no status at %d", at)
		}
	}
	r.now += 33 * ms
	r.p.Sense(r.now, protocol.Sensors{Faults: protocol.FaultTemperature, Battery: 40, CurrentMA: 5, Cartridge: true, NeedleLength: 1500, NeedleCount: 12})
	s := one[protocol.Status](t, r.collect())
	if s.Faults != protocol.FaultTemperature || s.Battery != 40 || s.CurrentMA != 5 || s.NeedleLength != 1500 || s.NeedleCount != 12 || s.Tick != r.now.Tick() {
		t.Errorf("Status = %+v", s)
	}
	r.now += 5 * ms
	r.p.Sense(r.now, protocol.Sensors{Faults: protocol.FaultTemperature | protocol.FaultCartridge, FaultDetail: 3})
	r.p.Sense(r.now, protocol.Sensors{Faults: protocol.FaultTemperature, FaultDetail: 3})
	r.ackAll()
	faults := 0
	for _, e := range r.events() {
		if e.Kind == protocol.EventFault {
			faults++
		}
	}
	if faults != 2 {
		t.Errorf("%d events of two faults that came and one that went", faults)
	}
	r.now += 5 * ms
	r.p.Sense(r.now, protocol.Sensors{Faults: protocol.FaultTemperature, Battery: 39})
	if n := len(pick[protocol.Status](r.collect())); n != 0 {
		t.Error("a status without a change of faults")
	}
}

func TestStatusCountsTheWrapsOfTheTickAndTheFramesReceived(t *testing.T) {
	const wrap = protocol.Uptime(1) << 32
	r := newRig(t)
	r.bytes([]byte("\x00noise\x00more noise\x00"))
	m := hello()
	for _, tt := range []struct {
		at   protocol.Uptime
		want uint16
	}{{wrap - 1, 0}, {wrap, 1}, {5*wrap + 3, 5}} {
		r.jump(tt.at)
		m.Previous, m.Nonce = m.Nonce, uint64(tt.at)
		s := one[protocol.Status](t, r.send(m))
		if s.TickWraps != tt.want || s.Tick != tt.at.Tick() {
			t.Errorf("at %d: TickWraps = %d, Tick = %d", tt.at, s.TickWraps, s.Tick)
		}
		if s.FramesBad != 2 {
			t.Errorf("FramesBad = %d", s.FramesBad)
		}
	}
	if got := r.p.Stats().Decoder.Frames; got != 3 {
		t.Errorf("%d frames received", got)
	}
}

// §4.6
func TestSyncIsAnsweredWithTheTicksOfArrivalAndSending(t *testing.T) {
	r := newRig(t)
	r.hello()
	r.now = 5*sec/10 + 77
	r.p.Receive(r.wire(&protocol.Sync{Session: session, Token: 0xdeadbeef}), r.now)
	arrived := r.now
	r.now += 900
	r.p.Advance(r.now)
	got := one[protocol.SyncReply](t, r.collect())
	want := protocol.SyncReply{Token: 0xdeadbeef, Received: arrived.Tick(), Sent: r.now.Tick()}
	if *got != want {
		t.Errorf("SyncReply = %+v, want %+v", *got, want)
	}
	for i := range 20 { // more at once than anyone asks
		r.p.Receive(r.wire(&protocol.Sync{Session: session, Token: uint32(i)}), r.now)
	}
	if n := len(pick[protocol.SyncReply](r.collect())); n != 8 {
		t.Errorf("%d replies to 20 syncs at once, want 8", n)
	}
}

// §8.1, §8.2
func TestOnlyTheOldestEventIsSentAndRepeatedUntilAcknowledged(t *testing.T) {
	r := newRig(t)
	r.hello()
	r.run(10*ms + 1)
	r.p.Button(r.now, false)
	e := one[protocol.PenEvent](t, r.collect())
	if *e != (protocol.PenEvent{ID: 1, Tick: r.now.Tick(), Kind: protocol.EventButton, Arg: 1}) {
		t.Errorf("event %+v", e)
	}
	r.p.Button(r.now+ms, true)
	begin := r.now
	for i := range 5 {
		at := begin + protocol.Uptime(i+1)*100*ms
		if n := len(pick[protocol.PenEvent](r.run(at - 1))); n != 0 {
			t.Fatalf("%d events before %d", n, at)
		}
		if e := one[protocol.PenEvent](t, r.run(at)); e.ID != 1 || e.Tick != begin.Tick() {
			t.Fatalf("at %d: %+v", at, e)
		}
		r.sync()
	}
	for _, id := range []uint32{0, 2, 3, 0xffffffff} {
		if hs := r.send(&protocol.EventAck{Session: session, ID: id}); len(pick[protocol.PenEvent](hs)) != 0 {
			t.Errorf("ack of %d took the oldest off", id)
		} else {
			wantNoRefusal(t, hs)
		}
	}
	if e := one[protocol.PenEvent](t, r.send(&protocol.EventAck{Session: session, ID: 1})); e.ID != 2 || e.Arg != 2 || e.Tick != (begin+ms).Tick() {
		t.Errorf("after the ack: %+v", e)
	}
	r.send(&protocol.EventAck{Session: session, ID: 1}) // late, and a repeat
	r.send(&protocol.EventAck{Session: session, ID: 2})
	r.run(r.now + 300*ms)
	r.sync()
	if n := len(pick[protocol.PenEvent](r.run(r.now + 500*ms))); n != 0 {
		t.Errorf("%d events after all were acknowledged", n)
	}
}

// §8.1, §8.3
func TestEventsWaitForAHostAndTheNewestAreDropped(t *testing.T) {
	r := newRig(t)
	r.run(sec)
	for range 20 {
		r.now += ms
		r.p.Press(r.now)
	}
	if got := r.p.Stats().EventsLost; got != 4 {
		t.Errorf("EventsLost = %d", got)
	}
	hs := r.send(hello())
	if s := one[protocol.Status](t, hs); s.EventsLost != 4 {
		t.Errorf("Status.EventsLost = %d", s.EventsLost)
	}
	if e := one[protocol.PenEvent](t, hs); e.ID != 1 || e.Tick != (sec+ms).Tick() {
		t.Errorf("first event %+v", e)
	}
	m := hello()
	m.Nonce, m.Previous = 5, nonce
	if e := one[protocol.PenEvent](t, r.send(m)); e.ID != 1 {
		t.Errorf("a new session begins with %+v", e)
	}
	for id := uint32(1); id <= 16; id++ {
		hs := r.send(&protocol.EventAck{Session: protocol.Session{Nonce: 5, Boot: boot}, ID: id})
		if id < 16 {
			if e := one[protocol.PenEvent](t, hs); e.ID != id+1 || e.Tick != (sec+protocol.Uptime(id+1)*ms).Tick() {
				t.Fatalf("after ack %d: %+v", id, e)
			}
		} else if n := len(pick[protocol.PenEvent](hs)); n != 0 {
			t.Errorf("%d events too many", n)
		}
	}
	r.p.Button(r.now, false)
	if e := one[protocol.PenEvent](t, r.collect()); e.ID != 17 {
		t.Errorf("the next event has id %d: dropped ones took one", e.ID)
	}
}

func TestCartridgeChangesAreEventsAfterTheFirstLook(t *testing.T) {
	r := newRig(t)
	r.hello()
	in := protocol.Sensors{Cartridge: true, NeedleLength: 1500}
	r.p.Sense(r.now, in) // at boot it was in
	r.p.Sense(r.now, in)
	r.p.Sense(r.now, protocol.Sensors{})
	r.p.Sense(r.now, protocol.Sensors{})
	r.p.Sense(r.now, in)
	r.ackAll()
	var got []string
	for _, e := range r.events() {
		got = append(got, fmt.Sprint(e.ID, e.Kind, e.Arg))
	}
	if want := "[1 5 0 2 4 1500]"; fmt.Sprint(got) != want {
		t.Errorf("events %v, want %v", got, want)
	}
}

// §8.4, §8.5
func TestLocateAndCues(t *testing.T) {
	r := newRig(t)
	r.hello()
	r.send(&protocol.Locate{Session: session, DurationMS: 700})
	if !r.p.Located() {
		t.Fatal("not located")
	}
	r.run(700*ms - 1)
	if !r.p.Located() {
		t.Error("it ended too soon")
	}
	if r.run(700 * ms); r.p.Located() {
		t.Error("it did not end")
	}
	r.send(&protocol.Locate{Session: session, DurationMS: 60000})
	r.send(&protocol.Locate{Session: session, DurationMS: 0})
	if r.p.Located() {
		t.Error("0 ms does not stop it")
	}
	for c := protocol.CueNone; c <= protocol.CueZoneSet; c++ {
		wantNoRefusal(t, r.send(&protocol.Signal{Session: session, Cue: c}))
		if r.p.Cue() != c {
			t.Errorf("Cue() = %d, want %d", r.p.Cue(), c)
		}
	}
	wantRefusal(t, r.send(&protocol.Signal{Session: session, Cue: protocol.CueZoneSet + 1}), protocol.TypeSignal, protocol.RefusedRange)
	if r.p.Cue() != protocol.CueZoneSet {
		t.Errorf("a refused cue shows as %d", r.p.Cue())
	}
	r.send(&protocol.Locate{Session: session, DurationMS: 60000})
	m := hello()
	m.Nonce, m.Previous = 9, nonce
	r.send(m)
	if r.p.Cue() != protocol.CueNone || r.p.Located() {
		t.Error("cue or locating outlived the session")
	}

	dull := newRig(t, caps(listening))
	dull.hello()
	wantRefusal(t, dull.send(&protocol.Locate{Session: session, DurationMS: 5}), protocol.TypeLocate, protocol.RefusedUnsupported)
	wantRefusal(t, dull.send(&protocol.Signal{Session: session, Cue: 1}), protocol.TypeSignal, protocol.RefusedUnsupported)
}

// §3.3, §3.4
func TestStrokesAboveCountStrictlyAboveTheConfirmedCeiling(t *testing.T) {
	above := func(r *rig) uint32 {
		r.now += 20 * ms
		r.p.Sense(r.now, protocol.Sensors{Faults: uint32(r.now) << 8}) // any status
		ss := pick[protocol.Status](r.collect())
		return ss[len(ss)-1].StrokesAbove
	}
	r := newRig(t)
	r.hello()
	r.p.Stroke(r.now, 2500)
	if got := above(r); got != 0 {
		t.Errorf("%d above no ceiling", got)
	}
	r.ceiling(18, 1000)
	for _, d := range []protocol.Micrometres{999, 1000, 1001, 1002} {
		r.p.Stroke(r.now, d)
	}
	if got := above(r); got != 2 {
		t.Errorf("%d above 1000 µm, want 2", got)
	}
	r.ceiling(19, 1001)
	r.p.Stroke(r.now, 1001)
	r.p.Stroke(r.now, 1002)
	if got := above(r); got != 3 {
		t.Errorf("%d after a higher ceiling, want 3", got)
	}
	r.revoke(20)
	r.p.Stroke(r.now, 2500)
	if got := above(r); got != 3 {
		t.Errorf("%d after a revoke, want 3: there is no ceiling", got)
	}
	for name, stop := range map[string]func(*rig){
		"a revoke": func(r *rig) { r.revoke(19) },
		"a hello": func(r *rig) {
			r.send(&protocol.Hello{Nonce: session.Nonce + 1, Previous: session.Nonce, MinVersion: 1, MaxVersion: 1, Generation: 40, Rate: 100})
		},
		"its host's silence": func(r *rig) { r.run(r.now + 1100*ms) },
	} {
		r := running(t)
		stop(r)
		if r.p.MotorOn() || r.p.Ceiling() != 0 {
			t.Fatalf("%s stopped nothing", name)
		}
		r.p.Stroke(r.now, 1001)
		r.p.Stroke(r.now, 1000)
		r.p.Cleared(r.now)
		r.p.Stroke(r.now, 2500)
		r.send(&protocol.Hello{Nonce: 99, Previous: session.Nonce + 1, MinVersion: 1, MaxVersion: 1, Generation: 50, Rate: 100})
		r.send(&protocol.Hello{Nonce: 99, Previous: session.Nonce, MinVersion: 1, MaxVersion: 1, Generation: 50, Rate: 100})
		if got := above(r); got != 1 {
			t.Errorf("%d strokes above on the way to rest after %s, want 1", got, name)
		}
	}

	set := ready(t, caps(protocol.CapStop|protocol.CapSet))
	set.p.Stroke(set.now, 2500)
	if got := above(set); got != 0 {
		t.Errorf("%d above without measured depth", got)
	}
	rs := pick[protocol.Reading](set.ceiling(18, 1000))
	if len(rs) != 1 || rs[0].Measured != protocol.None || rs[0].Peak != protocol.None || rs[0].Strokes != 1 {
		t.Errorf("a pen without measured depth shows %+v", rs)
	}
}

func TestMeasuredIsTheLastStrokeAndPeakTheGreatestOf250ms(t *testing.T) {
	r := newRig(t)
	r.hello()
	read := func(at protocol.Uptime) (uint16, uint16) {
		r.run(at)
		rs := pick[protocol.Reading](r.log)
		m := rs[len(rs)-1]
		if m.Tick != at.Tick() {
			t.Fatalf("no reading at %d", at)
		}
		return m.Measured, m.Peak
	}
	want := func(at protocol.Uptime, measured, peak uint16) {
		t.Helper()
		if m, p := read(at); m != measured || p != peak {
			t.Errorf("at %d ms: measured %d, peak %d; want %d, %d", at/ms, m, p, measured, peak)
		}
	}
	want(10*ms, protocol.None, protocol.None)
	r.p.Stroke(12*ms, 800)
	r.p.Stroke(15*ms, 1400)
	r.p.Stroke(18*ms, 700)
	want(20*ms, 700, 1400)
	for at := 30 * ms; at <= 400*ms; at += 10 * ms {
		r.p.Stroke(at-2*ms, 700)
		r.p.Stroke(at-ms, 650)
		switch m, p := read(at); {
		case m != 650:
			t.Fatalf("at %d ms measured is %d", at/ms, m)
		case at <= 265*ms && p != 1400:
			t.Fatalf("at %d ms the peak of 15 ms is forgotten: %d", at/ms, p)
		case at > 275*ms && p != 700:
			t.Fatalf("at %d ms the peak is %d", at/ms, p)
		}
	}
	r.sync()
	want(640*ms, 650, 700)
	want(660*ms, 650, protocol.None)
	r.p.Stroke(661*ms, -5)
	want(670*ms, 0, 0)
	r.p.Stroke(671*ms, 70000)
	want(680*ms, 65534, 65534)
}

func TestUnpermittedStrokesAreThoseOutsideAPermitAndItsStopTime(t *testing.T) {
	r := running(t, func(c *protocol.PenConfig) { c.Lifetime, c.Unpermitted = 1000, 10 }) // stop_ms 80, permit until 1300 ms
	r.p.Stroke(1200*ms, 700)
	r.p.Stroke(1300*ms, 700)
	r.p.Stroke(1380*ms, 700)
	if got := r.p.Counters(); got.Lifetime != 1003 || got.Unpermitted != 10 {
		t.Errorf("Counters() = %+v within the stop time", got)
	}
	r.p.Stroke(1380*ms+1, 700)
	if got := r.p.Counters(); got.Lifetime != 1004 || got.Unpermitted != 11 {
		t.Errorf("Counters() = %+v after it", got)
	}
	late := running(t) // its first call after the death is 10 µs past the stop time
	late.p.Stroke(1380*ms+10, 700)
	if got := late.p.Counters(); got.Unpermitted != 1 {
		t.Errorf("Counters() = %+v when called late: the permit ended at its deadline", got)
	}
	free := newRig(t, caps(stoppable))
	free.p.Press(0)
	free.p.Stroke(1, 700)
	if got := free.p.Counters(); got.Unpermitted != 1 {
		t.Errorf("a pen without permits: %+v", got)
	}
}

func TestCountersWrapAsTheirFieldsAre(t *testing.T) {
	r := ready(t, func(c *protocol.PenConfig) { c.Lifetime = 0xffffffff })
	for range 65540 {
		r.p.Stroke(r.now, 2000)
	}
	r.p.Sense(r.now, protocol.Sensors{Glides: 0x1ff, Faults: 1 << 20})
	r.run(r.now + 10*ms)
	rs, ss := pick[protocol.Reading](r.log), pick[protocol.Status](r.log)
	m, s := rs[len(rs)-1], ss[len(ss)-1]
	if m.Strokes != 65540 || m.StrokesAbove != 4 || s.StrokesAbove != 65540 || m.Glides != 0xff || s.Glides != 0x1ff || s.Lifetime != 65539 {
		t.Errorf("reading %+v, status %+v", m, s)
	}
}

func TestFlagsShowWhatIsSensed(t *testing.T) {
	for _, tt := range []struct {
		s    protocol.Sensors
		want protocol.Flags
	}{
		{protocol.Sensors{}, 0},
		{protocol.Sensors{Contact: true}, 0}, // not known
		{protocol.Sensors{ContactKnown: true}, protocol.FlagContactKnown},
		{protocol.Sensors{ContactKnown: true, Contact: true}, protocol.FlagContactKnown | protocol.FlagContact},
		{protocol.Sensors{Axis: protocol.AxisStamp, Retracted: true, Cartridge: true}, protocol.MakeFlags(0, protocol.AxisStamp, protocol.FlagRetracted|protocol.FlagCartridge)},
		{protocol.Sensors{Faults: 1 << 7}, protocol.FlagFault},
		{protocol.Sensors{Faults: 0xffffff00}, 0},                                                         // a maker's warnings forbid nothing
		{protocol.Sensors{Motor: protocol.MotorRunning}, protocol.MakeFlags(protocol.MotorRunning, 0, 0)}, // against the drive
	} {
		r := newRig(t)
		r.hello()
		r.p.Sense(r.now, tt.s)
		if m := one[protocol.Reading](t, r.run(10*ms)); m.Flags != tt.want {
			t.Errorf("%+v shows as %#x, want %#x", tt.s, m.Flags, tt.want)
		}
	}
	r := running(t)
	r.p.Sense(r.now, protocol.Sensors{Motor: protocol.MotorRunning, Set: 750, StrokeRate: 1170})
	rs := pick[protocol.Reading](r.run(r.now + 10*ms))
	if m := rs[len(rs)-1]; m.Flags.Motor() != protocol.MotorRunning || m.Set != 750 || m.StrokeRate != 1170 {
		t.Errorf("running shows as %+v", m)
	}
}

func TestEarlierTimesCountAsTheLast(t *testing.T) {
	r := running(t)
	r.p.Advance(1200 * ms)
	r.p.Advance(5)
	if got := r.p.PermitLeft(); got != 100*time.Millisecond {
		t.Errorf("PermitLeft() = %v after the clock was given back", got)
	}
}

func TestPenAllocatesNothing(t *testing.T) {
	r := running(t)
	buf := make([]byte, 0, 4096)
	in := make([]byte, 0, 256)
	seq := uint16(1000)
	m := protocol.Permit{Session: session, Generation: 18, Depth: 1000, LifeMS: 300}
	if n := testing.AllocsPerRun(200, func() {
		r.now += 5 * ms
		m.SeenTick = r.now.Tick()
		seq++
		in = protocol.AppendFrame(in[:0], protocol.TypePermit, seq, m.Append(buf[:0]))
		r.p.Receive(in, r.now)
		r.p.Stroke(r.now, 700)
		r.p.Advance(r.now)
		buf = r.p.AppendOutput(buf[:0])
	}); n != 0 {
		t.Errorf("a pen at work allocates %v times", n)
	}
	if !r.p.MotorOn() {
		t.Error("it was not at work")
	}
}
