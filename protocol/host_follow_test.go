package protocol_test

import (
	"testing"

	"penlog/protocol"
)

// follow feeds a follower one frame of the recorded host.
func follow(f *protocol.Follower, typ protocol.Type, seq uint16, payload []byte, now protocol.Instant) {
	f.Wrote(&protocol.Frame{Type: typ, Seq: seq, Payload: payload}, now)
}

// hear feeds its host frames of the pen and gives the notices.
func hear(f *protocol.Follower, now protocol.Instant, frames ...[]byte) (out []protocol.Notice) {
	var n protocol.Notice
	for _, b := range frames {
		for len(b) > 0 {
			b = f.Host().Receive(b, now)
			for f.Host().Notice(&n) {
				out = append(out, n)
			}
		}
	}
	f.Host().Advance(now)
	for f.Host().Notice(&n) {
		out = append(out, n)
	}
	return out
}

func has(notices []protocol.Notice, k protocol.NoticeKind) bool {
	for _, n := range notices {
		if n.Kind == k {
			return true
		}
	}
	return false
}

// followed is a follower whose pen is up under a nonce that another host drew.
func followed(t *testing.T) (*protocol.Follower, protocol.Session) {
	t.Helper()
	f := protocol.NewFollower(protocol.HostConfig{})
	id := protocol.Identity{MinVersion: 1, MaxVersion: 1, Boot: 9, Caps: protocol.CapMeasured | protocol.CapPermits | protocol.CapStop | protocol.CapParks,
		DepthMax: 2500, ReadingsMax: 200, StopMS: 50, Vendor: "v", Model: "m", Serial: "s"}
	hear(f, 1000, protocol.AppendFrame(nil, protocol.TypeIdentity, 1, id.Append(nil)))
	s := protocol.Session{Nonce: 0xabcdef, Boot: 9}
	hello := protocol.Hello{Nonce: s.Nonce, Boot: 9, MinVersion: 1, MaxVersion: 1, Generation: 500}
	follow(f, protocol.TypeHello, 1, hello.Append(nil), 1100)
	welcome := protocol.Welcome{Nonce: s.Nonce, Boot: 9, Tick: 1200, Generation: 500, Rate: 200}
	if n := hear(f, 1200, protocol.AppendFrame(nil, protocol.TypeWelcome, 2, welcome.Append(nil))); !has(n, protocol.NoticeUp) {
		t.Fatalf("the pen's answer to the recorded hello brings nothing up: %+v", n)
	}
	return f, s
}

func TestFollowerTakesWhatWasDrawn(t *testing.T) {
	f, s := followed(t)
	// The recorded host's question: the pen's answer to it is an exchange.
	q := protocol.Sync{Session: s, Token: 77}
	follow(f, protocol.TypeSync, 2, q.Append(nil), 2000)
	a := protocol.SyncReply{Token: 77, Received: 2100, Sent: 2100}
	hear(f, 2200, protocol.AppendFrame(nil, protocol.TypeSyncReply, 3, a.Append(nil)))
	if n := f.Host().Stats().Foreign; n != 0 {
		t.Errorf("%d frames count as foreign, want 0", n)
	}
	// A ceiling that both set goes by the recorded one's generation.
	if gen := f.Host().SetCeiling(1000, 3000); gen == 0 {
		t.Fatal("SetCeiling() = 0")
	}
	c := protocol.Ceiling{Session: s, Generation: 640, Depth: 1000}
	follow(f, protocol.TypeCeiling, 3, c.Append(nil), 3100)
	r := protocol.Reading{Tick: 3200, Sent: 1, Generation: 640, Ceiling: 1000, Set: protocol.None, Measured: protocol.None, Peak: protocol.None}
	if n := hear(f, 3200, protocol.AppendFrame(nil, protocol.TypeReading, 4, r.Append(nil))); !has(n, protocol.NoticeConfirmed) {
		t.Errorf("telemetry shows the recorded generation, and nothing is confirmed: %+v", n)
	}
	// The pen shows a permit that the recorded host sent: it obeys.
	p := protocol.Permit{Session: s, Generation: 640, Depth: 1000, SeenTick: 3200, LifeMS: 300}
	follow(f, protocol.TypePermit, 4, p.Append(nil), 3300)
	r.Tick, r.Sent, r.Flags, r.PermitMS = 13_200, 2, protocol.MakeFlags(protocol.MotorRunning, 0, protocol.FlagPermit), 290
	for i := range 5 {
		r.Tick, r.Sent, r.Strokes = r.Tick+50_000, r.Sent+1, r.Strokes+5
		if n := hear(f, protocol.Instant(r.Tick), protocol.AppendFrame(nil, protocol.TypeReading, uint16(5+i), r.Append(nil))); has(n, protocol.NoticeDisobeyed) {
			t.Fatalf("a motor on by a recorded permit counts as disobedience at tick %d", r.Tick)
		}
	}
	r.Tick, r.Sent = 500_000, r.Sent+1 // long after its end
	if n := hear(f, 500_000, protocol.AppendFrame(nil, protocol.TypeReading, 20, r.Append(nil))); !has(n, protocol.NoticeDisobeyed) {
		t.Error("a motor on past the recorded permit's end is no disobedience")
	}
}

// A revoke that both sent goes by the recorded one's generation; one that this host
// did not send changes nothing.
func TestFollowerTakesTheGenerationOfARevoke(t *testing.T) {
	for _, revokes := range []bool{true, false} {
		f, s := followed(t)
		if revokes {
			f.Host().Revoke(3000)
		}
		m := protocol.Revoke{Session: s, Generation: 700}
		follow(f, protocol.TypeRevoke, 3, m.Append(nil), 3100)
		r := protocol.Reading{Tick: 3200, Sent: 1, Generation: 640, Set: protocol.None, Measured: protocol.None, Peak: protocol.None}
		if n := hear(f, 3200, protocol.AppendFrame(nil, protocol.TypeReading, 4, r.Append(nil))); has(n, protocol.NoticeRevoked) {
			t.Errorf("revoked %t: an older generation shows the recorded revoke", revokes)
		}
		r.Tick, r.Sent, r.Generation = 3300, 2, 700
		if n := hear(f, 3300, protocol.AppendFrame(nil, protocol.TypeReading, 5, r.Append(nil))); has(n, protocol.NoticeRevoked) != revokes {
			t.Errorf("revoked %t: told that the pen shows it: %t", revokes, !revokes)
		}
		gen := f.Host().SetCeiling(1000, 4000)
		if revokes != (gen == 701) {
			t.Errorf("revoked %t: the next generation is %d", revokes, gen)
		}
	}
}

// A recorded host that began a new session takes the follower with it.
func TestFollowerFollowsANewSession(t *testing.T) {
	f, s := followed(t)
	hello := protocol.Hello{Nonce: 0x1234, Boot: s.Boot, Previous: s.Nonce, MinVersion: 1, MaxVersion: 1, Generation: 9}
	follow(f, protocol.TypeHello, 9, hello.Append(nil), 5000)
	if l := f.Host().Link(); l != protocol.LinkGreeting {
		t.Errorf("the link is %v, want greeting", l)
	}
	follow(f, protocol.TypeHello, 10, hello.Append(nil), 5500) // the same once more
	welcome := protocol.Welcome{Nonce: 0x1234, Boot: s.Boot, Tick: 6000, Generation: 9, Rate: 200}
	if n := hear(f, 6000, protocol.AppendFrame(nil, protocol.TypeWelcome, 30, welcome.Append(nil))); !has(n, protocol.NoticeUp) {
		t.Errorf("the new session does not come up: %+v", n)
	}
}

// What another session's frames hold is not taken over, and junk changes nothing.
func TestFollowerTakesNoForeignFrames(t *testing.T) {
	f, s := followed(t)
	f.Host().SetCeiling(1000, 3000)
	s.Nonce++
	c := protocol.Ceiling{Session: s, Generation: 640, Depth: 1000}
	follow(f, protocol.TypeCeiling, 3, c.Append(nil), 3100)
	for _, typ := range []protocol.Type{protocol.TypeHello, protocol.TypeSync, protocol.TypeCeiling, protocol.TypeRevoke, protocol.TypePermit, protocol.TypeReading, 0xff} {
		follow(f, typ, 4, []byte{1, 2, 3}, 3200)
	}
	r := protocol.Reading{Tick: 3300, Sent: 1, Generation: 640, Ceiling: 1000}
	if n := hear(f, 3300, protocol.AppendFrame(nil, protocol.TypeReading, 4, r.Append(nil))); has(n, protocol.NoticeConfirmed) {
		t.Error("a ceiling of another session was taken over")
	}
}

// However it is driven, a follower's host has nothing to send: what it would send
// comes out elsewhere.
func TestFollowerIsMute(t *testing.T) {
	f, _ := followed(t)
	f.Host().SetCeiling(1000, 3000)
	f.Host().Revoke(3100)
	f.Host().Locate(500)
	var o protocol.Outgoing
	if f.Host().Output(&o) {
		t.Errorf("Output() gives % x", o.Bytes())
	}
	n := 0
	for f.Would(&o) {
		n++
	}
	if n == 0 {
		t.Error("Would() gives nothing")
	}
}
