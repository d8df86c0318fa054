package device_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"penlog/device"
	"penlog/device/devicetest"
)

// stepper is a handler out of a function, which is called once for each read.
func stepper(f func(b []byte, drained bool)) device.Handler { return &stepping{f: f} }

type stepping struct {
	f func(b []byte, drained bool)
	b []byte
}

func (s *stepping) Step(b []byte)      { s.b = b }
func (s *stepping) After(drained bool) { s.f(s.b, drained) }

func idle([]byte, bool) {}

// started runs a line over w and returns it with the channel of Run's result.
func started(ctx context.Context, w *devicetest.Wire, h device.Handler) (*device.Line, chan error) {
	l := device.NewLine(w.Port())
	end := make(chan error, 1)
	go func() { end <- l.Run(ctx, h) }()
	return l, end
}

func TestLineStepsOnEveryReadTimeoutsIncluded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := devicetest.NewWire()
		ctx, cancel := context.WithCancel(t.Context())
		begin := time.Now()
		var steps []string
		_, end := started(ctx, w, stepper(func(b []byte, drained bool) {
			steps = append(steps, fmt.Sprintf("%v %q %v", time.Since(begin), b, drained))
		}))
		time.Sleep(25 * time.Millisecond)
		w.Send([]byte("reading"))
		time.Sleep(6 * time.Millisecond)
		cancel()
		if err := <-end; err != nil {
			t.Errorf("Run() = %v, want nil after its context ended", err)
		}
		want := `10ms "" true, 20ms "" true, 25ms "reading" true`
		if got := strings.Join(steps, ", "); got != want {
			t.Errorf("steps: %s\nwant:  %s", got, want)
		}
		if !w.Closed() {
			t.Error("Run returned before the port was closed")
		}
		soundly(t, w)
	})
}

func TestLineWritesWhatTheHandlerPuts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := devicetest.NewWire()
		ctx, cancel := context.WithCancel(t.Context())
		l := device.NewLine(w.Port())
		end := make(chan error, 1)
		go func() {
			end <- l.Run(ctx, stepper(func(b []byte, _ bool) {
				if len(b) > 0 {
					l.Out().PutPermit([]byte("permit"))
					l.Out().PutRevoke([]byte("revoke"))
					l.Out().PutControl([]byte("control"))
				}
			}))
		}()
		w.Send([]byte("over the limit"))
		if got := string(w.Received(13)); got != "revokecontrol" {
			t.Errorf("the pen got %q, want the revoke, then the control frame, no permit", got)
		}
		cancel()
		<-end
		s := l.Stats()
		if s.BytesIn != 14 || s.BytesOut != 13 || s.Writes != 2 || s.Mailbox.RevokedPermits != 1 || s.Reads != s.Timeouts+1 {
			t.Errorf("Stats() = %+v", s)
		}
	})
}

// Who records hears what went out and when, in its order, and not what did not.
func TestLineTellsWhatItWrote(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := devicetest.NewWire()
		ctx, cancel := context.WithCancel(t.Context())
		l := device.NewLine(w.Port())
		begin := time.Now()
		var wrote []string
		l.OnWrite(func(begun time.Time, b []byte) { wrote = append(wrote, fmt.Sprintf("%v %s", begun.Sub(begin), b)) })
		end := make(chan error, 1)
		go func() {
			end <- l.Run(ctx, stepper(func(b []byte, _ bool) {
				if len(b) > 0 {
					l.Out().PutPermit([]byte("permit"))
					l.Out().PutRevoke([]byte("revoke"))
					l.Out().PutControl([]byte("control"))
				}
			}))
		}()
		time.Sleep(3 * time.Millisecond)
		w.Send([]byte("over the limit"))
		w.Received(13)
		synctest.Wait()
		cancel()
		<-end
		if got, want := strings.Join(wrote, ", "), "3ms revoke, 3ms control"; got != want {
			t.Errorf("told %q, want %q", got, want)
		}
	})
}

func TestLineSendsStopsAndNoPermitWhenItEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := devicetest.NewWire()
		w.HangWrite(true)
		ctx, cancel := context.WithCancel(t.Context())
		l, end := started(ctx, w, stepper(idle))
		l.Out().PutControl([]byte("first,"))
		w.WaitInside("Write")
		l.Out().PutControl([]byte("control"))
		l.Out().PutRevoke([]byte("revoke,"))
		l.Out().PutPermit([]byte("permit"))
		cancel()
		synctest.Wait()
		w.HangWrite(false)
		if err := <-end; err != nil {
			t.Errorf("Run() = %v", err)
		}
		if got := string(w.Received(0)); got != "first,revoke,control" {
			t.Errorf("the pen got %q", got)
		}
		soundly(t, w)
	})
}

func TestAPermitBehindAStuckWriterDiesWithTheRevoke(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := devicetest.NewWire()
		w.HangWrite(true)
		ctx, cancel := context.WithCancel(t.Context())
		l, end := started(ctx, w, stepper(idle))
		l.Out().PutControl([]byte("stuck,"))
		w.WaitInside("Write")
		l.Out().PutPermit([]byte("permit 1"))
		l.Out().PutRevoke([]byte("revoke"))
		w.HangWrite(false)
		if got := string(w.Received(12)); got != "stuck,revoke" {
			t.Errorf("the pen got %q", got)
		}
		cancel()
		<-end
	})
}

func TestALostLinkIsReturnedOnceAndClassified(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := devicetest.NewWire()
		l, end := started(t.Context(), w, stepper(idle))
		time.Sleep(15 * time.Millisecond)
		w.Unplug()
		err := <-end
		lost, ok := errors.AsType[*device.LostError](err)
		if !ok || lost.Op != device.OpRead || !strings.Contains(err.Error(), "check the cable") {
			t.Errorf("Run() = %v, want a LostError by the read that says what to do", err)
		}
		if errors.Is(err, devicetest.ErrUnplugged) {
			t.Errorf("Run() = %v hands the handle's own error on", err)
		}
		if l.Out().PutPermit([]byte("permit")) {
			t.Error("the mailbox of a lost line took a frame")
		}
		if err := l.Run(t.Context(), stepper(idle)); err == nil {
			t.Error("a line ran twice")
		}
		soundly(t, w)
	})
}

func TestAPortThatVanishesInTheMiddleOfAWriteIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := devicetest.NewWire()
		w.HangWrite(true)
		l, end := started(t.Context(), w, stepper(idle))
		l.Out().PutPermit([]byte("permit"))
		w.WaitInside("Write")
		w.Unplug()
		if err := <-end; !errors.Is(err, device.ErrLost) || errors.Is(err, device.ErrAbandoned) {
			t.Errorf("Run() = %v, want %v", err, device.ErrLost)
		}
		soundly(t, w)
	})
}

// The watchdog: whatever hangs, Run returns within 1.1 s and says what it was.
func TestTheWatchdogGivesUpWhatHangs(t *testing.T) {
	for _, tt := range []struct {
		op         string
		hang       func(w *devicetest.Wire, on bool)
		sent, late string // written before Run returned, and after
	}{
		{device.OpRead, (*devicetest.Wire).HangRead, "controlrevoke", ""},
		{device.OpWrite, (*devicetest.Wire).HangWrite, "", "control"},
	} {
		t.Run(tt.op, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := devicetest.NewWire()
				var steps int
				l, end := started(t.Context(), w, stepper(func([]byte, bool) { steps++ }))
				time.Sleep(55 * time.Millisecond)
				tt.hang(w, true)
				begin := time.Now()
				l.Out().PutControl([]byte("control"))
				synctest.Wait()
				l.Out().PutRevoke([]byte("revoke"))
				err := <-end
				took := time.Since(begin)
				gone, ok := errors.AsType[*device.AbandonedError](err)
				if !ok || gone.Op != tt.op || gone.Err != nil {
					t.Fatalf("Run() = %v, want an AbandonedError naming %q", err, tt.op)
				}
				if took < device.StuckAfter || took > device.StuckAfter+150*time.Millisecond {
					t.Errorf("Run() gave up after %v, want 1 s to 1.15 s", took)
				}
				if w.Closed() {
					t.Error("the port was closed with a call inside")
				}
				if got := l.Stats().Abandoned; got != 1 {
					t.Errorf("Stats().Abandoned = %d, want 1", got)
				}
				// What hung comes back: it must not step, must not write.
				if got := string(w.Received(0)); got != tt.sent {
					t.Errorf("the pen got %q while something hung, want %q", got, tt.sent)
				}
				w.Send([]byte("late"))
				before := steps
				tt.hang(w, false)
				synctest.Wait()
				if steps != before {
					t.Errorf("%d steps after Run had returned", steps-before)
				}
				if got := string(w.Received(0)); got != tt.late {
					t.Errorf("%q was written after Run had returned, want %q, what was inside", got, tt.late)
				}
				if !w.Closed() {
					t.Error("nothing hangs any more and the port is still open")
				}
				soundly(t, w)
			})
		})
	}
}

// hanging hangs in its third call.
type hanging struct {
	after bool // of After, not of Step
	calls int
	hang  chan struct{}
}

func (h *hanging) Step([]byte) { h.call(false) }
func (h *hanging) After(bool)  { h.call(true) }

func (h *hanging) call(after bool) {
	if h.calls++; h.calls >= 3 && after == h.after {
		<-h.hang
	}
}

func TestAHandlerThatHangsIsGivenUpAndNeverCalledAgain(t *testing.T) {
	for after, calls := range map[bool]int{false: 3, true: 4} {
		synctest.Test(t, func(t *testing.T) {
			w := devicetest.NewWire()
			h := &hanging{after: after, hang: make(chan struct{})}
			l, end := started(t.Context(), w, h)
			err := <-end
			gone, ok := errors.AsType[*device.AbandonedError](err)
			if !ok || gone.Op != device.OpStep || !strings.Contains(err.Error(), "handler") {
				t.Fatalf("Run() = %v, want an AbandonedError naming the handler", err)
			}
			if !w.Closed() {
				t.Error("nobody was inside the port, and it is still open")
			}
			if got := l.Stats().Abandoned; got != 1 {
				t.Errorf("Stats().Abandoned = %d, want 1", got)
			}
			close(h.hang)
			synctest.Wait()
			if h.calls != calls {
				t.Errorf("in After %v: the handler was called %d times, want %d", after, h.calls, calls)
			}
			soundly(t, w)
		})
	}
}

func TestALostLinkThatCannotBeClosedIsBoth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := devicetest.NewWire()
		w.HangClose(true)
		_, end := started(t.Context(), w, stepper(idle))
		time.Sleep(15 * time.Millisecond)
		w.Unplug()
		err := <-end
		gone, ok := errors.AsType[*device.AbandonedError](err)
		if !ok || gone.Op != device.OpClose || !errors.Is(err, device.ErrLost) {
			t.Errorf("Run() = %v, want an AbandonedError about the close, because the link was lost", err)
		}
		w.HangClose(false)
	})
}

// A reader that never quite hangs is left alone, however slow it is.
func TestTheWatchdogLeavesSlowPortsAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := devicetest.NewWire()
		ctx, cancel := context.WithCancel(t.Context())
		l, end := started(ctx, w, stepper(idle))
		for range 20 {
			w.HangRead(true)
			time.Sleep(980 * time.Millisecond)
			w.HangRead(false)
			time.Sleep(20 * time.Millisecond)
		}
		cancel()
		if err := <-end; err != nil {
			t.Errorf("Run() = %v", err)
		}
		if got := l.Stats().LongestGap; got < 980*time.Millisecond || got > 1010*time.Millisecond {
			t.Errorf("Stats().LongestGap = %v, want about 990ms", got)
		}
	})
}

// A PC that was asleep for an hour wakes up to one tick of the watchdog: only its
// own ticks count, so nobody is blamed for having slept as well.
func TestTheWatchdogCountsItsOwnTicks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p device.Patience
		p.Enter()
		for i := range 10 {
			if op := p.Tick(); op != "" {
				t.Fatalf("tick %d blames the %s", i, op)
			}
			time.Sleep(time.Hour)
		}
		if op := p.Tick(); op != device.OpRead {
			t.Errorf("the tenth tick after the first look blames %q, want %q", op, device.OpRead)
		}
	})
}

func TestLineMayBeAskedFromAnywhere(t *testing.T) {
	w := devicetest.NewWire()
	ctx, cancel := context.WithCancel(t.Context())
	l, end := started(ctx, w, stepper(idle))
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for range 200 {
				l.Out().PutPermit([]byte("permit"))
				l.Stats()
				w.Send([]byte("x"))
			}
		})
	}
	wg.Go(func() {
		for range 5 {
			if err := l.SetBaud(57600); err != nil {
				t.Errorf("SetBaud() = %v", err)
			}
		}
	})
	wg.Wait()
	cancel()
	if err := <-end; err != nil {
		t.Errorf("Run() = %v", err)
	}
	soundly(t, w)
}

// afters answers each read and looks, after it, whether the answer was sent.
type afters struct {
	l           *device.Line
	w           *devicetest.Wire
	steps, sent int
	written     int
	asked       bool
	done        chan struct{}
}

func (h *afters) Step(b []byte) {
	if len(b) > 0 {
		h.asked = true
		h.l.Out().PutRevoke([]byte{1})
	}
}

func (h *afters) After(bool) {
	if !h.asked || h.steps == 200 {
		return
	}
	h.steps++
	if h.written += len(h.w.Received(0)); h.written == h.steps {
		h.sent++
	}
	h.asked = false
	h.w.Send([]byte{0})
	if h.steps == 200 {
		close(h.done)
	}
}

// What can wait does not come before the answer: on one processor, where nobody
// else could take the writer. A scheduler promises nothing, so now and then it does.
func TestLineWritesBeforeWhatCanWait(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	w := devicetest.NewWire()
	l := device.NewLine(w.Port())
	h := &afters{l: l, w: w, done: make(chan struct{})}
	ctx, cancel := context.WithCancel(t.Context())
	end := make(chan error, 1)
	go func() { end <- l.Run(ctx, h) }()
	w.Send([]byte{0})
	select {
	case <-h.done:
	case <-time.After(time.Minute):
		t.Error("an answer was never written")
	}
	cancel()
	<-end
	if h.sent < 100 {
		t.Errorf("%d of 200 answers were written before After", h.sent)
	}
}
