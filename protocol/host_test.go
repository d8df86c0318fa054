package protocol_test

import (
	"testing"
	"time"

	"penlog/protocol"
)

// pair is a host and a pen joined by a cable without delay, stepped 1 ms at a
// time. The pen's clock started bootAt µs before the host's.
type pair struct {
	t       *testing.T
	host    *protocol.Host
	pen     *protocol.Pen
	now     protocol.Instant
	up      protocol.Uptime
	notices []protocol.Notice
	toPen   func(o *protocol.Outgoing) bool // false: lost on the way
	toHost  func(b []byte) []byte
	out     []byte
	motor   protocol.MotorState
	offAt   protocol.Instant // when the simulated motor comes to rest
}

func testIdentity() protocol.Identity {
	return protocol.Identity{
		MinVersion: 1, MaxVersion: 1, Boot: 77,
		Caps: protocol.CapPermits | protocol.CapStop | protocol.CapParks | protocol.CapSet | protocol.CapMeasured |
			protocol.CapContact | protocol.CapSimulated | protocol.CapAnnounces,
		DepthMin: 250, DepthMax: 2500, DepthStep: 250, Resolution: 10, Accuracy: 50,
		RateMin: 1170, RateMax: 1170, StopMS: 40, ReadingsMin: 20, ReadingsMax: 1000,
		NeedleCount: 14, Vendor: "Test", Model: "T1", Serial: "0001", Firmware: "1.0",
	}
}

func newPair(t *testing.T, id protocol.Identity, up protocol.Uptime) *pair {
	t.Helper()
	pen, err := protocol.NewPen(protocol.PenConfig{Identity: id})
	if err != nil {
		t.Fatal(err)
	}
	p := &pair{t: t, host: protocol.NewHost(protocol.HostConfig{}, [32]byte{1}), pen: pen, up: up, now: 1_000_000}
	p.pen.Sense(up, p.sensors())
	return p
}

func (p *pair) sensors() protocol.Sensors {
	return protocol.Sensors{Set: 500, Motor: p.motor, Retracted: p.motor == protocol.MotorOff,
		CurrentMA: protocol.None, Battery: 0xff}
}

// step moves both ends on by d, in steps of 1 ms.
func (p *pair) step(d time.Duration) {
	for range d / time.Millisecond {
		p.tick(time.Millisecond)
	}
}

// idle is step for a long time in which nothing happens.
func (p *pair) idle(d time.Duration) {
	for range d / (50 * time.Millisecond) {
		p.tick(50 * time.Millisecond)
	}
}

func (p *pair) tick(d time.Duration) {
	p.now, p.up = p.now.Add(d), p.up.Add(d)
	was := p.motor
	switch on := p.pen.MotorOn(); {
	case on:
		p.motor = protocol.MotorRunning
	case was == protocol.MotorRunning:
		p.motor, p.offAt = protocol.MotorStopping, p.now.Add(20*time.Millisecond)
	case was == protocol.MotorStopping && p.now >= p.offAt:
		p.motor = protocol.MotorOff
		p.pen.Cleared(p.up)
	}
	if p.motor != was {
		p.pen.Sense(p.up, p.sensors())
	}
	p.pen.Advance(p.up)
	b := p.pen.AppendOutput(p.out[:0])
	p.out = b
	if p.toHost != nil {
		b = p.toHost(b)
	}
	for len(b) > 0 {
		b = p.host.Receive(b, p.now)
		p.drain()
	}
	p.host.Advance(p.now)
	p.drain()
	var o protocol.Outgoing
	for p.host.Output(&o) {
		if p.toPen == nil || p.toPen(&o) {
			p.pen.Receive(o.Bytes(), p.up)
		}
	}
}

func (p *pair) drain() {
	if r, ok := p.host.Newest(); ok { // in whatever a test does
		if got, there := p.host.NewestAge(p.now); !there || got != p.host.Age(r.Tick, p.now) {
			p.t.Errorf("at %d the newest reading is %v old, by the clock map %v", p.now, got, p.host.Age(r.Tick, p.now))
		}
	}
	var n protocol.Notice
	for p.host.Notice(&n) {
		if n.Kind != protocol.NoticeReading && n.Kind != protocol.NoticeStatus {
			p.notices = append(p.notices, n)
		}
	}
}

// want steps until the notice comes, at most for d.
func (p *pair) want(k protocol.NoticeKind, d time.Duration) protocol.Notice {
	p.t.Helper()
	for range d / time.Millisecond {
		for i, n := range p.notices {
			if n.Kind == k {
				p.notices = p.notices[i+1:]
				return n
			}
		}
		p.step(time.Millisecond)
	}
	p.t.Fatalf("no notice %d within %v; had %v, link %v, stats %+v, pen %+v", k, d, p.notices, p.host.Link(), p.host.Stats(), p.pen.Stats())
	return protocol.Notice{}
}

// ready brings a pair to a proven pen with a confirmed ceiling and permits
// being renewed.
func (p *pair) ready(ceiling protocol.Micrometres) {
	p.t.Helper()
	p.want(protocol.NoticeUp, 2*time.Second)
	p.step(50 * time.Millisecond)
	if !p.host.Prove(p.now) {
		p.t.Fatal("Prove refused with the motor off")
	}
	p.want(protocol.NoticeProven, time.Second)
	if p.host.SetCeiling(ceiling, p.now) == 0 {
		p.t.Fatal("SetCeiling refused")
	}
	p.want(protocol.NoticeConfirmed, time.Second)
	p.host.Allow(true)
	p.step(20 * time.Millisecond)
}

func TestHostPenFirstTreatment(t *testing.T) {
	for _, up := range []protocol.Uptime{0, 1<<32 - 3_000_000} { // plain, and over the tick's wrap
		p := newPair(t, testIdentity(), up)
		p.ready(1500)
		if got := p.pen.Ceiling(); got != 1500 {
			t.Fatalf("pen's ceiling %v, want 1500 µm", got)
		}
		if r := p.pen.Press(p.up); r != protocol.StartRan {
			t.Fatalf("press under a permit: %v", r)
		}
		p.step(5 * time.Second)
		if !p.pen.MotorOn() || p.host.Disobeyed() {
			t.Fatalf("after 5 s of renewal: motor %v, disobeyed %v", p.pen.MotorOn(), p.host.Disobeyed())
		}
		p.host.Revoke(p.now)
		p.step(2 * time.Millisecond)
		if p.pen.MotorOn() {
			t.Error("motor still on 2 ms after the revoke")
		}
		p.want(protocol.NoticeRevoked, 100*time.Millisecond)
		if s := p.host.Stats(); s.Lost != 0 || s.Duplicates != 0 || s.Foreign != 0 || s.Malformed != 0 || s.Refusals != 0 || s.Dropped != 0 {
			t.Errorf("on a sound line: %+v", s)
		}
	}
}

// A pen that says of itself what no guarded pen may be is not taken at all, not
// even for stoppable: its word is worth nothing.
func TestNoSessionOnAnIdentityThatCannotBe(t *testing.T) {
	for name, change := range map[string]func(m *protocol.Identity){
		"65 s to stop":  func(m *protocol.Identity) { m.StopMS = 65535 },
		"no parking":    func(m *protocol.Identity) { m.Caps &^= protocol.CapParks },
		"no depth":      func(m *protocol.Identity) { m.Caps &^= protocol.CapSet | protocol.CapMeasured },
		"few readings":  func(m *protocol.Identity) { m.ReadingsMin, m.ReadingsMax = 1, 10 },
		"no stop":       func(m *protocol.Identity) { m.Caps &^= protocol.CapStop },
		"later version": func(m *protocol.Identity) { m.MinVersion, m.MaxVersion = 2, 3 },
		"another range": func(m *protocol.Identity) { m.DepthMax = 0 },
	} {
		p := newPair(t, testIdentity(), 0)
		p.replace(protocol.TypeIdentity, func([]byte) []byte {
			id := testIdentity()
			change(&id)
			return id.Append(nil)
		})
		sent := p.listen(protocol.TypeHello, yes)
		p.want(protocol.NoticeBadPen, 1200*time.Millisecond)
		p.step(3 * time.Second)
		if p.host.Link() != protocol.LinkListening || len(sent.at) != 0 {
			t.Errorf("%s: link %v, %d hellos", name, p.host.Link(), len(sent.at))
		}
	}
}

func TestHostDeadMeansMotorOffInLifeAfterTheTickSeen(t *testing.T) {
	p := newPair(t, testIdentity(), 0)
	p.ready(1500)
	p.pen.Press(p.up)
	p.step(time.Second)
	dead := p.up
	p.toPen = func(*protocol.Outgoing) bool { return false }
	var off protocol.Uptime
	for range 400 {
		p.step(time.Millisecond)
		if !p.pen.MotorOn() && off == 0 {
			off = p.up
		}
	}
	if d := time.Duration(off-dead) * time.Microsecond; off == 0 || d > protocol.DefaultLife {
		t.Errorf("motor off %v after the host's last word (0: never), want at most %v", d, protocol.DefaultLife)
	}
}

func TestPenThatTakesTheRevokeAndKeepsItsPermitDisobeys(t *testing.T) {
	p := newPair(t, testIdentity(), 0)
	p.ready(1500)
	p.pen.Press(p.up)
	p.step(500 * time.Millisecond)
	gen := p.host.Revoke(p.now)
	revoked := p.now
	var d protocol.Decoder
	var f protocol.Frame
	p.toHost = func(b []byte) []byte { // its readings show the revoke's generation, and a permit all the same
		var out []byte
		for rest, ok := b, true; ok; {
			if rest, ok = d.Next(rest, &f); !ok {
				break
			}
			payload := append([]byte(nil), f.Payload...)
			var m protocol.Reading
			if f.Type == protocol.TypeReading && m.Parse(payload) == nil && m.Generation == gen {
				m.Flags = protocol.MakeFlags(protocol.MotorRunning, 0, m.Flags|protocol.FlagPermit)
				m.PermitMS = 100
				payload = m.Append(nil)
			}
			out = protocol.AppendFrame(out, f.Type, f.Seq, payload)
		}
		return out
	}
	n := p.want(protocol.NoticeDisobeyed, 300*time.Millisecond)
	if took := n.At.Sub(revoked); took > 60*time.Millisecond {
		t.Errorf("found after %v: a permit held 20 ms past a shown revoke is enough", took)
	}
	if p.host.Proven() {
		t.Error("still guarded")
	}
}
