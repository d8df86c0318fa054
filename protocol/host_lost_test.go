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
