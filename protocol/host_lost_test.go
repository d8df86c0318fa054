package protocol_test

import (
	"testing"
	"time"

	"penlog/protocol"
)

// A pen that lost its host and was won back by a late copy of the session's own
// hello looks like the same session, but nothing confirmed in it is left and
// nobody was asked: the host opens a new one and says that the old is lost.
// Found by the campaign, seeds 1112 and 1335.
func TestASessionReopenedByALateHelloIsLost(t *testing.T) {
	p := newPair(t, testIdentity(), 0)
	var hello []byte
	p.toPen = func(o *protocol.Outgoing) bool {
		var d protocol.Decoder
		var f protocol.Frame
		if _, ok := d.Next(o.Bytes(), &f); ok && f.Type == protocol.TypeHello {
			hello = protocol.AppendFrame(nil, f.Type, f.Seq-1, f.Payload) // one of its repeats
		}
		return true
	}
	p.ready(1500)
	p.notices = nil
	p.toPen = func(*protocol.Outgoing) bool { return false }
	p.step(1010 * time.Millisecond)
	if p.pen.Hosted() {
		t.Fatal("the pen keeps a silent host")
	}
	p.pen.Receive(hello, p.up)
	if !p.pen.Hosted() {
		t.Fatal("the pen refused the late hello")
	}
	p.toPen = nil
	p.step(5 * time.Millisecond)
	p.want(protocol.NoticeLost, 100*time.Millisecond)
	p.want(protocol.NoticeUp, time.Second)
	if p.host.Proven() || p.host.Allowed() || p.pen.Ceiling() != 0 {
		t.Errorf("proven %t, allowed %t, ceiling %v in the new session", p.host.Proven(), p.host.Allowed(), p.pen.Ceiling())
	}
}

// A host that slept longer than the pen waits knows that by its own clock, also
// when nothing that it hears afterwards shows it: what the pen said meanwhile
// overflowed a buffer. Found by the campaign, seed 1820.
func TestAHostThatOversleptOpensANewSession(t *testing.T) {
	for _, tt := range []struct {
		sleep time.Duration
		lost  bool
	}{{900 * time.Millisecond, false}, {1100 * time.Millisecond, true}} {
		p := newPair(t, testIdentity(), 0)
		var hello []byte
		p.toPen = func(o *protocol.Outgoing) bool {
			var d protocol.Decoder
			var f protocol.Frame
			if _, ok := d.Next(o.Bytes(), &f); ok && f.Type == protocol.TypeHello {
				hello = protocol.AppendFrame(nil, f.Type, f.Seq-1, f.Payload)
			}
			return true
		}
		p.ready(1500)
		p.notices = nil
		up := p.up
		p.pen.Advance(p.up.Add(100 * time.Millisecond))
		waiting := p.pen.AppendOutput(nil) // in the buffer that overflowed behind it
		p.now, p.up = p.now.Add(tt.sleep), p.up.Add(tt.sleep)
		p.pen.Advance(p.up)
		p.pen.Receive(hello, p.up)
		for len(waiting) > 0 {
			waiting = p.host.Receive(waiting, p.now)
			p.drain()
		}
		p.host.Revoke(p.now) // brings the pen's generation up to date
		for o := (protocol.Outgoing{}); p.host.Output(&o); {
			p.pen.Receive(o.Bytes(), p.up)
		}
		p.pen.Advance(p.up)
		p.pen.AppendOutput(nil) // nobody reads it
		p.step(5 * time.Millisecond)
		lost := false
		for _, n := range p.notices {
			lost = lost || n.Kind == protocol.NoticeLost
		}
		if lost != tt.lost {
			t.Errorf("asleep from %d for %v: told that the session is lost: %t", up, tt.sleep, lost)
		}
	}
}

// tell gives the host an identity as the pen's own.
func (p *pair) tell(id protocol.Identity) {
	p.host.Receive(protocol.AppendFrame(nil, protocol.TypeIdentity, 60_000, id.Append(nil)), p.now)
	p.drain()
}

// Under the same boot, too: what was proved was proved by a pen of that name and
// of those stop times.
func TestAnotherIdentityInMidSessionEndsIt(t *testing.T) {
	for name, change := range map[string]func(m *protocol.Identity){
		"serial":    func(m *protocol.Identity) { m.Serial = "0002" },
		"stop time": func(m *protocol.Identity) { m.StopMS = 100 },
		"accuracy":  func(m *protocol.Identity) { m.Accuracy = 150 },
	} {
		p := newPair(t, testIdentity(), 0)
		p.ready(1500)
		id := testIdentity()
		p.tell(id)
		if p.host.Link() != protocol.LinkUp || !p.host.Proven() {
			t.Fatalf("%s: its own identity once more ends the session", name)
		}
		change(&id)
		p.notices = nil
		p.tell(id)
		if p.host.Proven() || p.host.Allowed() || p.host.Link() == protocol.LinkUp {
			t.Errorf("%s: still up", name)
		}
		p.want(protocol.NoticeLost, time.Millisecond)
		p.want(protocol.NoticeUp, time.Second)
		if p.host.Proven() {
			t.Errorf("%s: proven without a test", name)
		}
	}
}

func TestIdentityThatCannotBeInMidSessionEndsIt(t *testing.T) {
	p := newPair(t, testIdentity(), 0)
	p.ready(1500)
	p.notices = nil
	id := testIdentity()
	id.StopMS = 65535
	hellos := p.listen(protocol.TypeHello, no)
	p.tell(id)
	p.want(protocol.NoticeLost, time.Millisecond)
	p.want(protocol.NoticeBadPen, time.Millisecond)
	p.step(900 * time.Millisecond)
	if p.host.Link() != protocol.LinkListening || len(hellos.at) != 0 {
		t.Errorf("link %v, %d hellos", p.host.Link(), len(hellos.at))
	}
}

func TestTalkOnlyPenThatRebootsGetsNoByte(t *testing.T) {
	id := testIdentity()
	id.Caps = protocol.CapTalksOnly | protocol.CapSet
	for _, tt := range []struct {
		name   string
		change func(m *protocol.Identity)
		end    protocol.NoticeKind
	}{
		{"another boot", func(m *protocol.Identity) { m.Boot++ }, protocol.NoticeRebooted},
		{"another serial", func(m *protocol.Identity) { m.Serial = "0002" }, protocol.NoticeLost},
	} {
		p := newPair(t, id, 0)
		sent := 0
		p.toPen = func(*protocol.Outgoing) bool { sent++; return true }
		p.want(protocol.NoticeUp, 2*time.Second)
		p.step(time.Second)
		p.notices = nil
		other := id
		tt.change(&other)
		p.tell(other)
		p.replace(protocol.TypeIdentity, func([]byte) []byte { return other.Append(nil) })
		p.want(tt.end, time.Millisecond)
		p.want(protocol.NoticeUp, time.Millisecond)
		p.step(3 * time.Second)
		if sent != 0 || p.host.Link() != protocol.LinkUp || *p.host.Identity() != other || p.has(protocol.NoticeLost) {
			t.Errorf("%s: %d frames sent, link %v, notices %v", tt.name, sent, p.host.Link(), p.notices)
		}
	}
}
