package api

import "testing"

// A client that does not take its frames is dropped once its queue is full; the
// others get every frame, in order.
func TestSlowClientIsDropped(t *testing.T) {
	f := feed{clients: map[chan []byte]struct{}{}, running: true} // nothing runs beside the test
	slow, quick := f.join(), f.join()
	for i := range byte(3 * streamBehind) {
		if !f.send([]byte{i}) {
			t.Fatal("no client left")
		}
		if got := <-quick; got[0] != i {
			t.Fatalf("frame %d where %d was sent", got[0], i)
		}
	}
	taken := 0
	for range slow {
		taken++
	}
	if taken != streamBehind {
		t.Errorf("the slow client was left %d frames, want %d", taken, streamBehind)
	}
	f.leave(slow)
	if !f.send(nil) {
		t.Error("the quick client was dropped with it")
	}
	if f.leave(quick); f.send([]byte{1}) || f.running {
		t.Error("the feed runs on without clients")
	}
}
