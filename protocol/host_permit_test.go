package protocol_test

import (
	"testing"
	"time"

	"penlog/protocol"
)

// sent collects what the host sends, by type.
type sent struct {
	at []protocol.Instant
	f  []protocol.Frame
}

// listen notes each frame of the type that the host sends; pass decides whether
// it arrives.
func (p *pair) listen(typ protocol.Type, pass func() bool) *sent {
	s := &sent{}
	before := p.toPen
	p.toPen = func(o *protocol.Outgoing) bool {
		var d protocol.Decoder
		var f protocol.Frame
		if _, ok := d.Next(o.Bytes(), &f); ok && f.Type == typ {
			f.Payload = append([]byte(nil), f.Payload...)
			s.at, s.f = append(s.at, p.now), append(s.f, f)
			return pass()
		}
		return before == nil || before(o)
	}
	return s
}

func yes() bool { return true }
func no() bool  { return false }

// mangle changes readings on their way to the host.
func (p *pair) mangle(change func(m *protocol.Reading)) {
	var m protocol.Reading
	p.rewrite(protocol.TypeReading, &m, func() { change(&m) })
}

// rewrite parses frames of one type into m on their way to the host, and sends
// what m is after change.
func (p *pair) rewrite(typ protocol.Type, m message, change func()) {
	p.replace(typ, func(payload []byte) []byte {
		if err := m.Parse(payload); err != nil {
			p.t.Fatal(err)
		}
		change()
		return m.Append(nil)
	})
}

// replace gives the frames of one type another payload on their way to the host.
func (p *pair) replace(typ protocol.Type, with func(payload []byte) []byte) {
	var dec protocol.Decoder
	p.toHost = func(b []byte) []byte {
		var out []byte
		var f protocol.Frame
		for ok := true; ok; {
			if b, ok = dec.Next(b, &f); !ok {
				break
			}
			payload := append([]byte(nil), f.Payload...)
			if f.Type == typ {
				payload = with(payload)
			}
			out = protocol.AppendFrame(out, f.Type, f.Seq, payload)
		}
		return out
	}
}

func (p *pair) has(k protocol.NoticeKind) bool {
	for _, n := range p.notices {
		if n.Kind == k {
			return true
		}
	}
	return false
}

func TestPermitsAreRenewedEvery50ms(t *testing.T) {
	p := newPair(t, testIdentity(), 1<<32-3_000_000)
	p.ready(1500)
	s := p.listen(protocol.TypePermit, yes)
	p.step(2 * time.Second)
	if n := len(s.at); n != 40 {
		t.Errorf("%d permits in 2 s, want 40", n)
	}
	for i := 1; i < len(s.at); i++ {
		if d := s.at[i].Sub(s.at[i-1]); d != 50*time.Millisecond {
			t.Errorf("renewed after %v", d)
		}
	}
	for _, f := range s.f {
		var m protocol.Permit
		if err := m.Parse(f.Payload); err != nil || m.LifeMS != 300 || m.Depth != 1500 || m.Generation != p.pen.Generation() {
			t.Fatalf("permit %+v, %v", m, err)
		}
	}
	if p.has(protocol.NoticeClockJump) || p.has(protocol.NoticeLost) {
		t.Errorf("%v", p.notices)
	}
}

func TestRevokeIsRepeatedEvery20msUntilTelemetryShowsIt(t *testing.T) {
	p := newPair(t, testIdentity(), 0)
	p.ready(1500)
	through := false
	s := p.listen(protocol.TypeRevoke, func() bool { return through })
	p.host.Revoke(p.now)
	p.step(200 * time.Millisecond)
	if n := len(s.at); n != 11 { // one at once, and ten more
		t.Errorf("%d revokes in 200 ms, want 11", n)
	}
	for i := 1; i < len(s.at); i++ {
		if d := s.at[i].Sub(s.at[i-1]); i > 1 && d != 20*time.Millisecond {
			t.Errorf("repeated after %v", d)
		}
		if string(s.f[i].Payload) != string(s.f[0].Payload) {
			t.Error("a repeat is another revoke")
		}
	}
	through = true
	p.want(protocol.NoticeRevoked, 50*time.Millisecond)
	n := len(s.at)
	p.step(time.Second)
	if len(s.at) != n {
		t.Errorf("%d revokes after telemetry showed it", len(s.at)-n)
	}
}

func TestCeilingIsRepeatedUntilTelemetryShowsIt(t *testing.T) {
	p := newPair(t, testIdentity(), 0)
	p.ready(1500)
	s := p.listen(protocol.TypeCeiling, no)
	permits := p.listen(protocol.TypePermit, yes)
	p.host.SetCeiling(750, p.now)
	p.host.Allow(true) // too early to mean anything
	p.step(500 * time.Millisecond)
	if n := len(s.at); n != 11 { // one at once, and ten more
		t.Errorf("%d ceilings in 500 ms, want 11", n)
	}
	if len(permits.at) != 0 {
		t.Errorf("%d permits before the ceiling was confirmed", len(permits.at))
	}
	if _, _, ok := p.host.Confirmed(); ok || p.host.Allowed() {
		t.Error("confirmed without telemetry")
	}
}

// The ceiling before shows the same depth: its generation tells them apart.
func TestSameDepthOfTheGenerationBeforeConfirmsNothing(t *testing.T) {
	p := newPair(t, testIdentity(), 0)
	p.ready(1500)
	p.listen(protocol.TypeCeiling, no)
	p.host.SetCeiling(1500, p.now)
	p.step(400 * time.Millisecond) // the old permit is gone, its ceiling is not
	if _, _, ok := p.host.Confirmed(); ok || p.has(protocol.NoticeConfirmed) {
		t.Error("confirmed by the ceiling before")
	}
}

func TestGenerationWithAnotherDepthConfirmsNothing(t *testing.T) {
	p := newPair(t, testIdentity(), 0)
	p.ready(1500)
	p.notices = nil
	p.mangle(func(m *protocol.Reading) { m.Ceiling = 2500 })
	p.host.SetCeiling(750, p.now)
	p.step(200 * time.Millisecond)
	if p.has(protocol.NoticeConfirmed) {
		t.Error("confirmed at another depth")
	}
}

// A motor on in the first reading after a gap, long past the last permit, needs
// no second look.
func TestMotorOnPastItsEndIsToldByTheFirstReading(t *testing.T) {
	p := newPair(t, testIdentity(), 0)
	p.ready(1500)
	p.pen.Press(p.up)
	p.step(200 * time.Millisecond)
	p.host.Allow(false)
	p.toHost = func([]byte) []byte { return nil }
	p.step(500 * time.Millisecond)
	p.notices = nil
	p.mangle(func(m *protocol.Reading) { m.Flags |= protocol.Flags(protocol.MotorRunning) })
	p.want(protocol.NoticeDisobeyed, 6*time.Millisecond)
}

func TestRevokePurgesAWaitingPermitAndOvertakes(t *testing.T) {
	p := newPair(t, testIdentity(), 0)
	p.ready(1500)
	var o protocol.Outgoing
	waiting := func() (out []protocol.Lane) {
		for p.host.Output(&o) {
			out = append(out, o.Lane)
		}
		return out
	}
	for range 60 {
		p.now = p.now.Add(time.Millisecond)
		p.host.Advance(p.now)
	}
	for range 40 { // more than the outbox holds
		p.host.Show(protocol.CueReady)
	}
	p.host.Revoke(p.now)
	lanes := waiting()
	if len(lanes) == 0 || lanes[0] != protocol.LaneRevoke {
		t.Fatalf("a revoke behind a full outbox: %v", lanes)
	}
	for _, l := range lanes[1:] {
		if l != protocol.LaneControl {
			t.Errorf("lane %v left behind a revoke", l)
		}
	}
	for range 40 { // full, and no permit to take the place of
		p.host.Show(protocol.CueReady)
	}
	p.host.Revoke(p.now)
	if lanes := waiting(); len(lanes) == 0 || lanes[0] != protocol.LaneRevoke {
		t.Fatalf("no revoke from a full outbox: %v", lanes)
	}
	for range 30 {
		p.now = p.now.Add(20 * time.Millisecond)
		p.host.Advance(p.now)
	}
	n := 0
	for _, l := range waiting() {
		if l == protocol.LaneRevoke {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d revokes wait, want the newest alone", n)
	}
}

func TestGenerationsRunOut(t *testing.T) {
	p := newPair(t, testIdentity(), 0)
	p.ready(1500)
	sets := 0
	for range 70_000 {
		if p.host.SetCeiling(1000, p.now) == 0 {
			break
		}
		sets++
	}
	if sets < 0x7fef || sets >= 0xfff0 {
		t.Fatalf("%d ceilings before a new session", sets)
	}
	p.notices = nil
	p.drain()
	p.want(protocol.NoticeLost, 10*time.Millisecond)
	p.want(protocol.NoticeUp, time.Second)
	if p.host.Proven() {
		t.Error("a new session is guarded without a test")
	}
	p.step(50 * time.Millisecond)
	p.host.Prove(p.now)
	p.want(protocol.NoticeProven, time.Second)
	for range 0x10000 { // a revoke never runs out
		p.host.Revoke(p.now)
	}
	p.want(protocol.NoticeRevoked, time.Second)
}

func TestConfirmedCeilingThatChangesIsNotConfirmed(t *testing.T) {
	p := newPair(t, testIdentity(), 0)
	p.ready(1500)
	p.mangle(func(m *protocol.Reading) { m.Ceiling = 2500 })
	p.step(20 * time.Millisecond)
	if _, _, ok := p.host.Confirmed(); ok || p.host.Allowed() {
		t.Error("permits go on though telemetry shows another ceiling")
	}
}

func TestNoReadingNoRenewalOfWhatWasSeen(t *testing.T) {
	p := newPair(t, testIdentity(), 0)
	p.ready(1500)
	p.pen.Press(p.up)
	p.step(200 * time.Millisecond)
	p.toHost = func([]byte) []byte { return nil } // the host hears nothing, the pen everything
	var off time.Duration
	for ms := range 500 {
		p.step(time.Millisecond)
		if !p.pen.MotorOn() {
			off = time.Duration(ms) * time.Millisecond
			break
		}
	}
	if off == 0 || off > 300*time.Millisecond {
		t.Errorf("motor off %v after the last reading heard, want at most 300 ms however often it is renewed", off)
	}
}

func TestSessionThatThePenForgotIsToldAsLost(t *testing.T) {
	p := newPair(t, testIdentity(), 0)
	p.ready(1500)
	p.notices = nil
	p.toPen = func(*protocol.Outgoing) bool { return false }
	p.step(1500 * time.Millisecond) // the pen forgets us, and says so by announcing itself
	p.toPen = nil
	p.want(protocol.NoticeLost, time.Second)
	p.want(protocol.NoticeUp, time.Second)
	if p.host.Proven() {
		t.Error("proven in a new session")
	}
}

func TestLinkLostWhileGreetingIsTold(t *testing.T) {
	p := newPair(t, testIdentity(), 0)
	p.ready(1500)
	p.notices = nil
	p.host.Rehello(p.now)
	p.host.PortLost(p.now)
	p.drain()
	p.want(protocol.NoticeLost, time.Millisecond)
	if p.host.Link() != protocol.LinkListening {
		t.Error(p.host.Link())
	}
}

func TestEventsOfAnotherBootAreNotTakenForKnown(t *testing.T) {
	p := newPair(t, testIdentity(), 0)
	p.want(protocol.NoticeUp, 2*time.Second)
	for range 5 {
		p.pen.Press(p.up)
		p.host.AckEvent(p.want(protocol.NoticeEvent, time.Second).Event.ID)
	}
	p.host.PortLost(p.now)
	id := testIdentity()
	id.Boot++
	pen, err := protocol.NewPen(protocol.PenConfig{Identity: id})
	if err != nil {
		t.Fatal(err)
	}
	p.pen, p.up = pen, 0
	p.notices = nil
	p.want(protocol.NoticeUp, 2*time.Second)
	p.pen.Press(p.up)
	if n := p.want(protocol.NoticeEvent, time.Second); n.Event.ID != 1 {
		t.Errorf("event %d", n.Event.ID)
	}
}

func TestEventIsToldUntilItIsAcknowledged(t *testing.T) {
	p := newPair(t, testIdentity(), 0)
	p.want(protocol.NoticeUp, 2*time.Second)
	arrives := false
	acks := p.listen(protocol.TypeEventAck, func() bool { return arrives })
	p.pen.Button(p.up, false)
	p.pen.Button(p.up, true)
	p.step(time.Second)
	if n := len(p.notices); n < 8 || len(acks.at) != 0 {
		t.Errorf("told %d times in 10 repeats, %d acknowledgements of what nobody recorded", n, len(acks.at))
	}
	for _, n := range p.notices {
		if n.Kind != protocol.NoticeEvent || n.Event.ID != 1 {
			t.Fatalf("%+v", n)
		}
	}
	p.notices = nil
	p.host.AckEvent(1)
	p.step(time.Second)
	if p.has(protocol.NoticeEvent) || len(acks.at) < 8 {
		t.Errorf("told again, or %d acknowledgements of 10 repeats", len(acks.at))
	}
	arrives = true
	if n := p.want(protocol.NoticeEvent, time.Second); n.Event.ID != 2 {
		t.Errorf("%+v", n)
	}
}

// An acknowledgement is of one event and all before it.
func TestEventThatWasAcknowledgedIsAcknowledgedAgain(t *testing.T) {
	p := newPair(t, testIdentity(), 0)
	p.want(protocol.NoticeUp, 2*time.Second)
	acks := p.listen(protocol.TypeEventAck, no)
	p.host.AckEvent(2)
	p.host.AckEvent(1)
	p.step(10 * time.Millisecond)
	for id := range uint32(2) {
		m := protocol.PenEvent{ID: id + 1, Kind: protocol.EventButton, Arg: 1}
		p.host.Receive(protocol.AppendFrame(nil, protocol.TypeEvent, uint16(9000+id), m.Append(nil)), p.now)
		p.drain()
	}
	p.step(10 * time.Millisecond)
	if p.has(protocol.NoticeEvent) || len(acks.at) != 4 {
		t.Errorf("told again, or %d acknowledgements of 4", len(acks.at))
	}
}

// What is too short is not remembered: the same bytes are malformed each time, and
// a frame that came before is still known.
func TestShortFrameIsNoDuplicate(t *testing.T) {
	p := newPair(t, testIdentity(), 0)
	p.want(protocol.NoticeUp, 2*time.Second)
	before := p.host.Stats()
	m := protocol.PenEvent{ID: 1, Kind: protocol.EventButton, Arg: 1}
	whole := protocol.AppendFrame(nil, protocol.TypeEvent, 9000, m.Append(nil))
	short := protocol.AppendFrame(nil, protocol.TypeEvent, 9001, m.Append(nil)[:5])
	for _, f := range [][]byte{whole, short, short, whole} {
		p.host.Receive(f, p.now)
		p.drain()
	}
	if s := p.host.Stats(); s.Malformed != before.Malformed+2 || s.Duplicates != before.Duplicates+1 {
		t.Errorf("%d malformed, %d duplicates", s.Malformed-before.Malformed, s.Duplicates-before.Duplicates)
	}
}

// Only what is whole, and of a pen whose session is up, is told.
func TestWhatIsShortOrBeforeTheSessionIsNotTold(t *testing.T) {
	event := protocol.PenEvent{ID: 1, Kind: protocol.EventButton, Arg: 1}
	status := protocol.Status{Battery: 50}
	for typ, payload := range map[protocol.Type][]byte{protocol.TypeEvent: event.Append(nil), protocol.TypeStatus: status.Append(nil)} {
		told := func(h *protocol.Host) bool {
			var n protocol.Notice
			found := false
			for h.Notice(&n) {
				found = found || n.Kind == protocol.NoticeEvent || n.Kind == protocol.NoticeStatus
			}
			return found
		}
		p := newPair(t, testIdentity(), 0)
		p.host.Receive(protocol.AppendFrame(nil, typ, 8999, payload), p.now)
		if told(p.host) {
			t.Errorf("%v is told before there is a session", typ)
		}
		p.want(protocol.NoticeUp, 2*time.Second)
		p.host.Receive(protocol.AppendFrame(nil, typ, 9000, payload[:len(payload)-1]), p.now)
		if told(p.host) {
			t.Errorf("%v is told, and it is cut short", typ)
		}
		p.host.Receive(protocol.AppendFrame(nil, typ, 9001, payload), p.now)
		if !told(p.host) {
			t.Errorf("%v is not told", typ)
		}
	}
}

func TestNoEventIsAcknowledgedToAPenThatIsGone(t *testing.T) {
	p := newPair(t, testIdentity(), 0)
	p.want(protocol.NoticeUp, 2*time.Second)
	p.host.PortLost(p.now)
	p.host.AckEvent(1)
	var o protocol.Outgoing
	if p.host.Output(&o) {
		t.Errorf("% x to nobody", o.Bytes())
	}
	p.pen.Button(p.up, false)
	if n := p.want(protocol.NoticeEvent, 4*time.Second); n.Event.ID != 1 {
		t.Errorf("%+v", n)
	}
}

func TestLostDuplicatedAndLateFramesAreCounted(t *testing.T) {
	p := newPair(t, testIdentity(), 0)
	p.want(protocol.NoticeUp, 2*time.Second)
	p.step(100 * time.Millisecond)
	was := p.host.Stats()
	p.toHost = func([]byte) []byte { return nil }
	p.step(50 * time.Millisecond) // ten readings
	p.toHost = nil
	p.step(50 * time.Millisecond)
	if n := p.host.Stats().Lost - was.Lost; n < 9 || n > 11 {
		t.Errorf("%d lost, want 10", n)
	}
	was = p.host.Stats()
	p.toHost = func(b []byte) []byte { return append(b, b...) }
	p.step(100 * time.Millisecond)
	p.toHost = nil
	if s := p.host.Stats(); s.Duplicates-was.Duplicates < 18 || s.Lost != was.Lost || s.Readings-was.Readings > 21 {
		t.Errorf("%d duplicates, %d readings, %d lost", s.Duplicates-was.Duplicates, s.Readings-was.Readings, s.Lost-was.Lost)
	}
	var held []byte
	was = p.host.Stats()
	p.toHost = func(b []byte) []byte {
		if len(b) == 0 {
			return nil
		}
		out := held
		held = nil
		if out == nil { // every second frame comes after its successor
			held = append([]byte(nil), b...)
			return nil
		}
		return append(append([]byte(nil), b...), out...)
	}
	p.step(100 * time.Millisecond)
	if s := p.host.Stats(); s.Late == was.Late || p.has(protocol.NoticeClockJump) {
		t.Errorf("late %d", s.Late-was.Late)
	}
}

func TestWelcomeToAnEarlierHelloDoesNotMakeReadingsYounger(t *testing.T) {
	p := newPair(t, testIdentity(), 0)
	type late struct {
		due protocol.Instant
		b   []byte
	}
	var line []late
	var held protocol.Instant
	p.toHost = func(b []byte) []byte {
		if held == 0 {
			if len(b) > 0 {
				held = p.now.Add(270 * time.Millisecond) // greeted at once, and again before that
			}
			return b
		}
		if len(b) > 0 { // 30 ms on the way, and nothing arrives before held
			line = append(line, late{max(held, p.now.Add(30*time.Millisecond)), append([]byte(nil), b...)})
		}
		var out []byte
		for len(line) > 0 && line[0].due <= p.now {
			out = append(out, line[0].b...)
			line = line[1:]
		}
		return out
	}
	n := 0
	for range 500 {
		p.step(time.Millisecond)
		if r, ok := p.host.Newest(); ok {
			n++
			truth := time.Duration(uint64(p.up)-uint64(r.Tick)) * time.Microsecond
			if age := p.host.Age(r.Tick, p.now); age < truth-2*time.Microsecond {
				t.Fatalf("age %v, true %v", age, truth)
			}
		}
	}
	if s := p.host.Stats(); n < 100 || s.Hellos < 2 {
		t.Errorf("%d readings judged, %d hellos", n, s.Hellos)
	}
}

func TestBaudThatStaysSilentIsGivenUp(t *testing.T) {
	id := testIdentity()
	id.Caps |= protocol.CapUART
	id.BaudMax = 921600
	p := newPair(t, id, 0)
	p.host = protocol.NewHost(protocol.HostConfig{Baud: 921600}, [32]byte{2})
	p.toHost = func(b []byte) []byte {
		if p.pen.Baud() != protocol.BootBaud {
			return nil // the adapter does not manage that
		}
		return b
	}
	hello := p.listen(protocol.TypeHello, yes)
	welcome := func(b []byte) []byte { return b }
	p.toHost, welcome = welcome, p.toHost
	if n := p.want(protocol.NoticeBaud, 2*time.Second); n.Baud != 921600 {
		t.Fatalf("baud %d", n.Baud)
	}
	p.toHost = welcome
	at := p.now
	if n := p.want(protocol.NoticeBaud, time.Second); n.Baud != protocol.BootBaud || p.now.Sub(at) > 510*time.Millisecond {
		t.Errorf("baud %d after %v", n.Baud, p.now.Sub(at))
	}
	p.want(protocol.NoticeUp, 3*time.Second)
	var m protocol.Hello
	if err := m.Parse(hello.f[len(hello.f)-1].Payload); err != nil || m.Baud != 0 {
		t.Errorf("asks for %d baud again", m.Baud)
	}
}

func TestStoppablePenThatIgnoresAShownStopDisobeys(t *testing.T) {
	id := testIdentity()
	id.Caps &^= protocol.CapPermits
	p := newPair(t, id, 0)
	p.want(protocol.NoticeUp, 2*time.Second)
	p.pen.Press(p.up)
	p.step(100 * time.Millisecond)
	p.host.Revoke(p.now)
	p.step(100 * time.Millisecond)
	if p.has(protocol.NoticeDisobeyed) {
		t.Fatal("it stopped as told")
	}
	p.pen.Press(p.up) // its right
	p.step(200 * time.Millisecond)
	if p.has(protocol.NoticeDisobeyed) {
		t.Fatal("a fresh press is no disobedience")
	}
	p.mangle(func(m *protocol.Reading) { m.Flags = m.Flags&^3 | protocol.Flags(protocol.MotorRunning) })
	p.host.Revoke(p.now)
	p.want(protocol.NoticeDisobeyed, 100*time.Millisecond)
	if !p.host.Disobeyed() {
		t.Error("not remembered")
	}
}

// A pen that runs and says that it rests is found by its strokes; runs that no
// reading showed are none of that.
func TestPenThatHidesThatItRunsDisobeys(t *testing.T) {
	for _, tt := range []struct {
		name  string
		rises int // readings from one to the next of which strokes rise, every 100 ms
		want  bool
	}{{"two unseen runs", 2, false}, {"strokes that go on", 3, true}} {
		t.Run(tt.name, func(t *testing.T) {
			p := newPair(t, testIdentity(), 0)
			p.ready(1500)
			strokes, rises, begun := uint32(0), 0, p.now
			p.mangle(func(m *protocol.Reading) {
				if p.now.Sub(begun) > 100*time.Millisecond && rises < tt.rises {
					begun = p.now
					rises++
					strokes += 9
				}
				m.Strokes += strokes
			})
			p.step(2 * time.Second)
			if got := p.has(protocol.NoticeDisobeyed); got != tt.want || p.host.Disobeyed() != tt.want {
				t.Errorf("disobeyed %v, want %v", got, tt.want)
			}
			if tt.want && p.pen.PermitLeft() > 0 {
				t.Error("still permitted")
			}
		})
	}
}

// A revoke that is never shown is disobedience when the line carries our frames,
// and only then.
func TestPenThatNeverShowsARevokeDisobeys(t *testing.T) {
	for _, tt := range []struct {
		name string
		lost func(*protocol.Outgoing) bool
		want bool
	}{
		{"it answers all else", func(o *protocol.Outgoing) bool { return o.Lane == protocol.LaneRevoke }, true},
		{"the line is dead that way", func(*protocol.Outgoing) bool { return true }, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newPair(t, testIdentity(), 0)
			p.ready(1500)
			p.step(time.Second) // the clocks are mapped: syncs are slow
			p.toPen = func(o *protocol.Outgoing) bool { return !tt.lost(o) }
			p.host.Revoke(p.now)
			p.step(950 * time.Millisecond)
			if p.has(protocol.NoticeDisobeyed) || !p.host.Revoking() {
				t.Fatal("judged too early, or the revoke is shown")
			}
			p.step(time.Second)
			if got := p.has(protocol.NoticeDisobeyed); got != tt.want {
				t.Errorf("disobeyed %v, want %v", got, tt.want)
			}
		})
	}
}

// So it is of one that showed those before it: while it does not obey, revoke follows on
// revoke, and each of them counts from when the one before it was shown.
func TestPenThatShowsNoMoreRevokesDisobeys(t *testing.T) {
	p := newPair(t, testIdentity(), 0)
	p.ready(1500)
	p.step(time.Second)
	lost := false
	p.toPen = func(o *protocol.Outgoing) bool { return !lost || o.Lane != protocol.LaneRevoke }
	runs := true
	p.mangle(func(m *protocol.Reading) { // its motor goes on though it says that it took the stop
		if runs {
			m.Flags |= protocol.Flags(protocol.MotorRunning)
		}
	})
	p.host.Revoke(p.now)
	p.step(2 * time.Second)
	if !p.has(protocol.NoticeDisobeyed) {
		t.Fatal("a motor that runs on is not told")
	}
	lost = true
	p.host.Revoke(p.now)
	p.step(200 * time.Millisecond)
	runs = false // at rest, and deaf to what stops it
	p.step(200 * time.Millisecond)
	p.notices = nil
	p.step(1500 * time.Millisecond)
	if !p.has(protocol.NoticeDisobeyed) {
		t.Error("at rest it shows no revoke for more than a second, and nobody is told")
	}
}

// A pen that was told to stop gets no permit before it was seen at rest, or a
// press in the moment it comes to rest would look like a motor that never did.
func TestNoPermitUntilTheMotorWasSeenOff(t *testing.T) {
	for after := range 60 {
		p := newPair(t, testIdentity(), 0)
		p.ready(1500)
		if p.pen.Press(p.up) != protocol.StartRan {
			t.Fatal("not started")
		}
		p.step(200 * time.Millisecond)
		p.host.Revoke(p.now)
		p.step(5 * time.Millisecond)
		if !p.host.Halting() {
			t.Fatal("the stop was not seen")
		}
		p.host.SetCeiling(1500, p.now)
		p.host.Allow(true)
		for i := range 200 {
			p.step(time.Millisecond)
			p.host.Allow(true)
			if p.host.Halting() && (p.pen.PermitLeft() > 0 || p.host.Allowed()) {
				t.Fatal("permitted before the motor was seen off")
			}
			if i == after {
				p.pen.Press(p.up)
			}
		}
		if p.has(protocol.NoticeDisobeyed) || p.pen.PermitLeft() == 0 {
			t.Errorf("a press %d ms later: disobeyed %v, permit %v", after, p.has(protocol.NoticeDisobeyed), p.pen.PermitLeft())
		}
	}
}

// A device that only talks, or that another host has, gets no byte of ours.
func TestTalkOnlyPenHasAnAgeAndIsAskedNothing(t *testing.T) {
	id := testIdentity()
	id.Caps = protocol.CapTalksOnly | protocol.CapSet
	p := newPair(t, id, 0)
	sent := 0
	p.toPen = func(*protocol.Outgoing) bool { sent++; return true }
	first := true
	p.toHost = func(b []byte) []byte { // the first identity is lost: a reading is heard before
		if len(b) > 0 && first {
			first = false
			return nil
		}
		return b
	}
	p.want(protocol.NoticeUp, 2*time.Second)
	m := protocol.PenEvent{ID: 1, Kind: protocol.EventButton, Arg: 1} // against §4.7
	p.host.Receive(protocol.AppendFrame(nil, protocol.TypeEvent, 9000, m.Append(nil)), p.now)
	p.host.AckEvent(1)
	p.step(time.Second)
	r, ok := p.host.Newest()
	if !ok || p.host.Age(r.Tick, p.now) > 20*time.Millisecond {
		t.Errorf("age %v", p.host.Age(r.Tick, p.now))
	}
	if p.host.Stats().Readings == 0 || sent != 0 {
		t.Errorf("%d readings, %d frames to a pen that never listens", p.host.Stats().Readings, sent)
	}
}

func TestPenOfAnotherHostIsLeftAlone(t *testing.T) {
	p := newPair(t, testIdentity(), 0)
	p.ready(1500)
	other := p.host
	p.host = protocol.NewHost(protocol.HostConfig{}, [32]byte{2})
	sent := 0
	p.toPen = func(*protocol.Outgoing) bool { sent++; return false }
	keep := func(d time.Duration) { // the first host goes on
		for range d / time.Millisecond {
			now := p.now
			p.toHost = func(b []byte) []byte {
				for rest := b; len(rest) > 0; {
					rest = other.Receive(rest, now)
					var n protocol.Notice
					for other.Notice(&n) {
					}
				}
				return b
			}
			p.step(time.Millisecond)
			other.Advance(p.now)
			var o protocol.Outgoing
			for other.Output(&o) {
				p.pen.Receive(o.Bytes(), p.up)
			}
		}
	}
	p.notices = nil
	keep(1900 * time.Millisecond)
	if p.has(protocol.NoticeBusy) {
		t.Error("busy before the pen's announcement could have been missed")
	}
	keep(200 * time.Millisecond)
	if !p.has(protocol.NoticeBusy) || sent != 0 || p.host.Link() != protocol.LinkListening {
		t.Errorf("notices %v, %d frames sent, link %v", p.notices, sent, p.host.Link())
	}
	// The other goes: the pen announces itself, and is greeted.
	p.toPen, p.toHost, p.notices = nil, nil, nil
	p.want(protocol.NoticeUp, 1200*time.Millisecond)
}

// A line that was dead for a second brings a pen that still has its host: it is
// greeted at its first frame, without the wait for an announcement.
func TestPenOfThisLineIsGreetedAtItsFirstFrame(t *testing.T) {
	p := newPair(t, testIdentity(), 0)
	p.ready(1500)
	p.toHost = func([]byte) []byte { return nil }
	p.want(protocol.NoticeLost, 1100*time.Millisecond)
	p.toHost = nil
	p.want(protocol.NoticeUp, 100*time.Millisecond)
}

func TestWelcomeOfAnotherHelloOpensNothing(t *testing.T) {
	for name, change := range map[string]func(m *protocol.Welcome){
		"nonce":      func(m *protocol.Welcome) { m.Nonce++ },
		"boot":       func(m *protocol.Welcome) { m.Boot++ },
		"generation": func(m *protocol.Welcome) { m.Generation++ },
	} {
		p := newPair(t, testIdentity(), 0)
		var m protocol.Welcome
		p.rewrite(protocol.TypeWelcome, &m, func() { change(&m) })
		p.step(2 * time.Second)
		if p.host.Link() == protocol.LinkUp || p.host.Stats().Foreign == 0 {
			t.Errorf("a welcome with another %s: link %v", name, p.host.Link())
		}
	}
}

// While telemetry still shows a permit, what ends every permit has not taken
// hold, whatever generation it shows.
func TestCeilingOrRevokeShownBesideAPermitIsNotInForce(t *testing.T) {
	for name, do := range map[string]func(p *pair){
		"ceiling": func(p *pair) { p.host.SetCeiling(750, p.now) },
		"revoke":  func(p *pair) { p.host.Revoke(p.now) },
	} {
		p := newPair(t, testIdentity(), 0)
		p.ready(1500)
		p.notices = nil
		p.mangle(func(m *protocol.Reading) { m.Flags |= protocol.FlagPermit; m.PermitMS = 100 })
		do(p)
		p.step(15 * time.Millisecond) // not yet disobedience
		if p.has(protocol.NoticeConfirmed) || p.has(protocol.NoticeRevoked) || p.has(protocol.NoticeDisobeyed) {
			t.Errorf("%s: notices %v", name, p.notices)
		}
		p.toHost = nil
		p.step(10 * time.Millisecond)
		if !p.has(protocol.NoticeConfirmed) && !p.has(protocol.NoticeRevoked) {
			t.Errorf("%s: never in force, notices %v", name, p.notices)
		}
	}
}

func TestLifeOfAPermitIsBounded(t *testing.T) {
	p := newPair(t, testIdentity(), 0)
	p.host = protocol.NewHost(protocol.HostConfig{Life: 800 * time.Millisecond}, [32]byte{1})
	permits := p.listen(protocol.TypePermit, yes)
	p.ready(1500)
	p.step(time.Second)
	var m protocol.Permit
	if err := m.Parse(permits.f[len(permits.f)-1].Payload); err != nil || m.LifeMS != 500 {
		t.Errorf("a life of 800 ms was asked for, the permit says %d ms, %v; want 500", m.LifeMS, err)
	}
}
