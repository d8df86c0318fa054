package device_test

import (
	"bytes"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"pgregory.net/rapid"

	"penlog/device"
)

// takeAll empties m.
func takeAll(m *device.Mailbox) (frames []string) {
	var buf [device.MaxFrame]byte
	for {
		n, ok := m.TryTake(&buf)
		if !ok {
			return frames
		}
		frames = append(frames, string(buf[:n]))
	}
}

func TestMailboxOrderAndDisplacement(t *testing.T) {
	for _, tt := range []struct {
		name string
		put  string // R1 revoke, C1 control, P1 permit
		want []string
		lost device.MailboxStats
	}{
		{"revoke, then control in order, then permit", "P1 C1 C2 R1 C3 P2", []string{"R1", "C1", "C2", "C3", "P2"}, device.MailboxStats{RevokedPermits: 1}},
		{"a revoke drops the permit that waits", "P1 R1", []string{"R1"}, device.MailboxStats{RevokedPermits: 1}},
		{"a permit after the revoke goes after it", "R1 P1", []string{"R1", "P1"}, device.MailboxStats{}},
		{"the latest revoke wins", "R1 R2", []string{"R2"}, device.MailboxStats{}},
		{"the latest permit wins and the other is counted", "P1 P2 P3", []string{"P3"}, device.MailboxStats{ReplacedPermits: 2}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := device.NewMailbox()
			for _, f := range bytes.Fields([]byte(tt.put)) {
				switch f[0] {
				case 'R':
					m.PutRevoke(f)
				case 'C':
					m.PutControl(f)
				case 'P':
					m.PutPermit(f)
				}
			}
			if got := takeAll(m); !slices.Equal(got, tt.want) {
				t.Errorf("took %q, want %q", got, tt.want)
			}
			if got := m.Stats(); got != tt.lost {
				t.Errorf("Stats() = %+v, want %+v", got, tt.lost)
			}
		})
	}
}

func TestMailboxIsBounded(t *testing.T) {
	m := device.NewMailbox()
	long := make([]byte, device.MaxFrame)
	for i := range device.MaxControl / device.MaxFrame {
		if !m.PutControl(long) {
			t.Fatalf("control frame %d was dropped from a queue with room", i)
		}
	}
	if m.PutControl([]byte("x")) {
		t.Error("a full queue took a frame")
	}
	if m.PutPermit(make([]byte, device.MaxFrame+1)) || m.PutRevoke(nil) || m.PutControl(nil) {
		t.Error("a frame that is too long or empty was taken")
	}
	want := device.MailboxStats{DroppedControl: 1, Refused: 3}
	if got := m.Stats(); got != want {
		t.Errorf("Stats() = %+v, want %+v", got, want)
	}
	if !m.PutRevoke(long) || !m.PutPermit(long) {
		t.Error("a full control queue kept a revoke or a permit out")
	}
	if got := len(takeAll(m)); got != 6 {
		t.Errorf("took %d frames, want 6", got)
	}
	m = device.NewMailbox()
	for range device.MaxControl { // frames of one byte: the queue counts bytes, not frames
		if !m.PutControl([]byte("x")) {
			t.Fatal("a control frame was dropped from a queue with room")
		}
	}
	if got := len(takeAll(m)); got != device.MaxControl {
		t.Errorf("took %d frames, want %d", got, device.MaxControl)
	}
}

func TestMailboxCopiesFrames(t *testing.T) {
	m := device.NewMailbox()
	frame := []byte("permit")
	m.PutPermit(frame)
	copy(frame, "XXXXXX")
	if got := takeAll(m); !slices.Equal(got, []string{"permit"}) {
		t.Errorf("took %q, want what the frame was when it was put", got)
	}
}

func TestMailboxRevokeThatIsRefusedStillDropsThePermit(t *testing.T) {
	m := device.NewMailbox()
	m.PutPermit([]byte("P1"))
	m.PutRevoke(make([]byte, device.MaxFrame+1))
	if got := takeAll(m); got != nil {
		t.Errorf("took %q after a revoke", got)
	}
}

func TestMailboxCloseKeepsStopsAndDropsPermits(t *testing.T) {
	m := device.NewMailbox()
	m.PutPermit([]byte("P1"))
	m.PutControl([]byte("C1"))
	m.Close()
	if m.PutPermit([]byte("P2")) || m.PutRevoke([]byte("R2")) {
		t.Error("a closed mailbox took a frame")
	}
	var buf [device.MaxFrame]byte
	if n, ok := m.Take(&buf); !ok || string(buf[:n]) != "C1" {
		t.Errorf("Take() = %q, %v, want the control frame that waited", buf[:n], ok)
	}
	if n, ok := m.Take(&buf); ok {
		t.Errorf("Take() from a closed, empty mailbox = %q", buf[:n])
	}
}

func TestMailboxTakeWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := device.NewMailbox()
		took := make(chan string)
		go func() {
			defer close(took)
			var buf [device.MaxFrame]byte
			for {
				n, ok := m.Take(&buf)
				if !ok {
					return
				}
				took <- string(buf[:n])
			}
		}()
		synctest.Wait() // it sleeps
		for i := range 3 {
			want := fmt.Sprint("P", i)
			m.PutPermit([]byte(want))
			if got := <-took; got != want {
				t.Errorf("Take() = %q, want %q", got, want)
			}
		}
		m.Close()
		if got, open := <-took; open {
			t.Errorf("Take() after Close = %q", got)
		}
	})
}

// A permit is never sent after a revoke that was put later than it, however puts
// and takes are mixed; and control frames keep their order.
func TestMailboxAgainstAModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := device.NewMailbox()
		var revoke, permit string
		var control []string
		queued, seq := 0, 0
		var buf [device.MaxFrame]byte
		next := func() string {
			seq++
			return fmt.Sprintf("%0*d", rapid.IntRange(6, device.MaxFrame).Draw(t, "size"), seq)
		}
		t.Repeat(map[string]func(*rapid.T){
			"revoke": func(*rapid.T) { revoke, permit = next(), ""; m.PutRevoke([]byte(revoke)) },
			"permit": func(*rapid.T) { permit = next(); m.PutPermit([]byte(permit)) },
			"control": func(t *rapid.T) {
				f := next()
				room := queued+len(f) <= device.MaxControl
				if got := m.PutControl([]byte(f)); got != room {
					t.Fatalf("PutControl of %d bytes beside %d = %v, want %v", len(f), queued, got, room)
				}
				if room {
					control = append(control, f)
					queued += len(f)
				}
			},
			"take": func(t *rapid.T) {
				want := permit
				switch {
				case revoke != "":
					want, revoke = revoke, ""
				case len(control) > 0:
					want, control = control[0], control[1:]
					queued -= len(want)
				default:
					permit = ""
				}
				n, ok := m.TryTake(&buf)
				if got := string(buf[:n]); got != want || ok != (want != "") {
					t.Fatalf("TryTake() = %q, %v, want %q", got, ok, want)
				}
			},
		})
	})
}

func TestMailboxUnderContention(t *testing.T) {
	m := device.NewMailbox()
	var wg sync.WaitGroup
	for _, put := range []func([]byte) bool{m.PutRevoke, m.PutControl, m.PutPermit} {
		wg.Go(func() {
			for range 5000 {
				put(bytes.Repeat([]byte{'z'}, 40))
			}
		})
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		var buf [device.MaxFrame]byte
		for {
			n, ok := m.Take(&buf)
			if !ok {
				return
			}
			if n != 40 || bytes.Count(buf[:n], []byte{'z'}) != n {
				t.Errorf("took %q", buf[:n])
			}
		}
	}()
	wg.Wait()
	m.Close()
	<-done
}

func TestMailboxDoesNotAllocate(t *testing.T) {
	m := device.NewMailbox()
	frame := make([]byte, 64)
	var buf [device.MaxFrame]byte
	got := testing.AllocsPerRun(1000, func() {
		m.PutPermit(frame)
		m.PutControl(frame)
		m.PutRevoke(frame)
		for {
			if _, ok := m.TryTake(&buf); !ok {
				break
			}
		}
	})
	if got != 0 {
		t.Errorf("%v allocations for three frames, want 0", got)
	}
}

func BenchmarkMailboxPut(b *testing.B) {
	m := device.NewMailbox()
	frame := make([]byte, 64)
	b.ReportAllocs()
	for b.Loop() {
		m.PutPermit(frame)
	}
}

func BenchmarkMailboxPutTake(b *testing.B) {
	m := device.NewMailbox()
	frame := make([]byte, 64)
	var buf [device.MaxFrame]byte
	b.ReportAllocs()
	for b.Loop() {
		m.PutPermit(frame)
		m.TryTake(&buf)
	}
}
