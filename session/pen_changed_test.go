package session_test

import (
	"testing"
	"time"

	"penlog/protocol"
	"penlog/session"
)

// Another serial without another boot, and without a word of the line: what was
// proved was proved by another pen.
func TestSerialThatChangesInMidSession(t *testing.T) {
	r := running(t)
	id := r.id
	id.Serial = "0002"
	r.hot.Receive(protocol.AppendFrame(nil, protocol.TypeIdentity, 60_000, id.Append(nil)), r.now)
	r.mangle = func(f *protocol.Frame, _ *protocol.Reading) bool {
		if f.Type == protocol.TypeIdentity {
			f.Payload = id.Append(nil)
		}
		return true
	}
	r.step(time.Millisecond)
	if r.hot.Ready() {
		t.Error("ready for a pen of another serial")
	}
	r.step(time.Second)
	if !r.hot.Guard().Broken(session.PenChanged) || r.hot.Ready() {
		t.Errorf("pen_changed %v, ready %v", r.hot.Guard().Broken(session.PenChanged), r.hot.Ready())
	}
}
