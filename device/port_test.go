package device_test

import (
	"bytes"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"penlog/device"
	"penlog/device/devicetest"
)

// soundly fails the test if a real handle would have punished what was done to w.
func soundly(t *testing.T, w *devicetest.Wire) {
	t.Helper()
	if m := w.Misuse(); m != nil {
		t.Errorf("the handle was misused: %q", m)
	}
}

func TestShortWritesAreContinuedAndCounted(t *testing.T) {
	w := devicetest.NewWire()
	w.ShortWrites(7)
	p := w.Port()
	frame := bytes.Repeat([]byte("frame"), 20)
	if n, err := p.Write(frame); n != len(frame) || err != nil {
		t.Errorf("Write() = %d, %v, want %d", n, err, len(frame))
	}
	if got := w.Received(1); !bytes.Equal(got, frame) {
		t.Errorf("the pen got %q", got)
	}
	if got := p.ShortWrites(); got != 14 {
		t.Errorf("ShortWrites() = %d, want 14", got)
	}
}

func TestClosingWaitsForTheCallsInside(t *testing.T) {
	for _, op := range []string{"Read", "Write"} {
		synctest.Test(t, func(t *testing.T) {
			w := devicetest.NewWire()
			p := w.Port()
			w.HangRead(true)
			w.HangWrite(true)
			inside := make(chan error, 1)
			go func() {
				var err error
				if op == "Read" {
					_, err = p.Read(make([]byte, 1))
				} else {
					_, err = p.Write([]byte("frame"))
				}
				inside <- err
			}()
			w.WaitInside(op)
			go func() {
				time.Sleep(999 * time.Millisecond)
				w.HangRead(false)
				w.HangWrite(false)
			}()
			begin := time.Now()
			if err := p.Close(); err != nil {
				t.Errorf("%s: Close() = %v, want nil, since the call came back in time", op, err)
			}
			if took := time.Since(begin); took != 999*time.Millisecond {
				t.Errorf("%s: Close() took %v, want 999ms", op, took)
			}
			// A Write that went out whole says so; a Read that brought nothing was ended by us.
			if err := <-inside; op == "Read" && err != device.ErrClosed || op == "Write" && err != nil {
				t.Errorf("%s during Close = %v", op, err)
			}
			soundly(t, w)
		})
	}
}

func TestAHangingCallIsNamedAndItsPortLeftUnclosed(t *testing.T) {
	for _, tt := range []struct {
		op   string
		hang func(w *devicetest.Wire, on bool)
		call func(p *device.Port)
	}{
		{device.OpRead, (*devicetest.Wire).HangRead, func(p *device.Port) { p.Read(make([]byte, 1)) }},
		{device.OpWrite, (*devicetest.Wire).HangWrite, func(p *device.Port) { p.Write([]byte("frame")) }},
		{device.OpClose, (*devicetest.Wire).HangClose, func(p *device.Port) {}},
	} {
		t.Run(tt.op, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := devicetest.NewWire()
				p := w.Port()
				tt.hang(w, true)
				go tt.call(p)
				synctest.Wait()
				begin := time.Now()
				gone, ok := errors.AsType[*device.AbandonedError](p.Close())
				if !ok || gone.Op != tt.op || time.Since(begin) != device.StuckAfter {
					t.Fatalf("Close() = %v after %v, want an AbandonedError naming %q after %v", gone, time.Since(begin), tt.op, device.StuckAfter)
				}
				if w.Closed() {
					t.Error("the handle was closed with a call inside")
				}
				if _, err := p.Write([]byte("x")); err != device.ErrClosed {
					t.Errorf("Write() to an abandoned port = %v", err)
				}
				tt.hang(w, false)
				<-p.Released()
				if !w.Closed() {
					t.Error("the call came back and the handle is still open")
				}
				soundly(t, w)
			})
		})
	}
}

func TestAWriteEndsInTheMiddleWhenThePortCloses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := devicetest.NewWire()
		w.ShortWrites(10)
		w.HangWrite(true)
		p := w.Port()
		wrote := make(chan error, 1)
		go func() { _, err := p.Write(make([]byte, 100)); wrote <- err }()
		w.WaitInside("Write")
		go func() { synctest.Wait(); w.HangWrite(false) }()
		p.Close()
		if err := <-wrote; err != device.ErrClosed {
			t.Errorf("Write() = %v, want %v", err, device.ErrClosed)
		}
		if got := w.Received(0); len(got) != 10 {
			t.Errorf("%d bytes went out, want only the 10 that were inside when the gate shut", len(got))
		}
		soundly(t, w)
	})
}

func TestSettingTheSpeedIsAloneInside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := devicetest.NewWire()
		p := w.Port()
		stop := make(chan struct{})
		for range 2 {
			go func() {
				for {
					select {
					case <-stop:
						return
					default:
						p.Read(make([]byte, 8))
					}
				}
			}()
		}
		for baud := 9600; baud < 9700; baud += 10 {
			if err := p.SetBaud(baud); err != nil || w.Baud() != baud {
				t.Errorf("SetBaud(%d) = %v, the wire is at %d", baud, err, w.Baud())
			}
		}
		close(stop)
		p.Close()
		soundly(t, w)
	})
}

func TestSettingTheSpeedGivesUpWhenThePortCloses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := devicetest.NewWire()
		p := w.Port()
		w.HangWrite(true)
		go p.Write([]byte("frame"))
		w.WaitInside("Write")
		set := make(chan error, 2)
		for range 2 {
			go func() { set <- p.SetBaud(9600) }()
		}
		synctest.Wait()
		go p.Close()
		for range 2 {
			if err := <-set; err != device.ErrClosed {
				t.Errorf("SetBaud() on a closing port = %v, want %v", err, device.ErrClosed)
			}
		}
		w.HangWrite(false)
		<-p.Released()
		soundly(t, w)
	})
}

func TestReadersAndWritersTakeTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := devicetest.NewWire()
		p := w.Port()
		w.HangRead(true)
		w.HangWrite(true)
		for range 3 {
			go p.Write([]byte("frame"))
			go p.Read(make([]byte, 1))
		}
		synctest.Wait()
		w.HangRead(false)
		w.HangWrite(false)
		w.Received(15)
		p.Close()
		soundly(t, w)
	})
}

// Who listened on a port and hands it on gives back what was heard.
func TestWhatWasHeardBeforeIsReadFirst(t *testing.T) {
	w := devicetest.NewWire()
	p := w.Port()
	p.Unread([]byte("second "))
	p.Unread([]byte("first "))
	w.Send([]byte("third"))
	var got []byte
	for len(got) < len("first second third") {
		b := make([]byte, 4)
		n, err := p.Read(b)
		if err != nil {
			t.Fatalf("Read() = %v after %q", err, got)
		}
		got = append(got, b[:n]...)
	}
	if string(got) != "first second third" {
		t.Errorf("read %q", got)
	}
	p.Unread([]byte("late"))
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if n, err := p.Read(make([]byte, 4)); n != 0 || err != device.ErrClosed {
		t.Errorf("Read() of a closed port = %d, %v, want %v", n, err, device.ErrClosed)
	}
	soundly(t, w)
}
