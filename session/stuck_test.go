package session_test

import (
	"testing"
	"time"

	"penlog/protocol"
	"penlog/session"
	"penlog/session/limits"
)

// A careful hand lifts the pen every second or two. A depth that stands still is
// found all the same: time in contact adds up over the lifts. Found by the
// campaign: of a stuck sensor's 7 runs none was found.
func TestAStuckSensorIsFoundThoughTheHandLifts(t *testing.T) {
	for _, tt := range []struct {
		name  string
		lives bool
	}{{"stuck", false}, {"alive", true}} {
		t.Run(tt.name, func(t *testing.T) {
			id := rigIdentity()
			id.Caps |= protocol.CapVaries
			r := newRig(t, id)
			r.treat(limits.Cheek, limits.AcneScarRolling)
			r.press()
			for i := range 4 {
				for range 15 {
					r.contact = true
					if tt.lives {
						r.depth = protocol.Micrometres(490 + 10*(i%2))
					}
					r.step(100 * time.Millisecond)
				}
				r.contact = false
				r.step(400 * time.Millisecond)
			}
			if f, ok := r.found(session.ReadingsFrozen); ok == tt.lives {
				t.Errorf("after 6 s in contact in four glides: found %t (%+v)", ok, f)
			}
		})
	}
}
