package device_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"penlog/device"
	"penlog/device/devicetest"
)

// socket is a USB socket with or without a pen in it.
type socket struct {
	mu    sync.Mutex
	wire  *devicetest.Wire // nil while nothing is plugged in
	tries []time.Duration  // when it was tried to open, from begin on
	begin time.Time
	make  func() *devicetest.Wire // plugs a new pen in at each try
}

func (s *socket) open(_ context.Context, a device.Address, _ device.Options) (*device.Port, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tries = append(s.tries, time.Since(s.begin))
	if s.make != nil {
		s.wire = s.make()
	}
	if s.wire == nil {
		return nil, &device.OpenError{Addr: a, Kind: device.ErrNotFound, Detail: fmt.Sprint("try ", len(s.tries)), Remedy: "plug the pen in"}
	}
	return device.NewPort(a, s.wire), nil
}

func (s *socket) plug(w *devicetest.Wire) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wire = w
}

func (s *socket) opens() []time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.tries)
}

// keeping runs a keeper on s and returns it, what it logs, and a channel of what
// it calls back.
func keeping(t *testing.T, s *socket) (k *device.Keeper, logged *bytes.Buffer, news chan string, stop func()) {
	t.Helper()
	s.begin = time.Now()
	logged, news = new(bytes.Buffer), make(chan string, 10_000)
	k, err := device.NewKeeper(device.KeeperConfig{
		Addr:   address(t, "serial:///dev/ttyUSB0"),
		Opened: func(*device.Line) device.Handler { news <- "opened"; return stepper(idle) },
		Lost:   func(err error) { news <- "lost" },
		Log:    slog.New(slog.NewTextHandler(logged, nil)),
		Open:   s.open,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	end := make(chan error, 1)
	go func() { end <- k.Run(ctx) }()
	return k, logged, news, func() {
		t.Helper()
		cancel()
		if err := <-end; err != nil {
			t.Errorf("Keeper.Run() = %v", err)
		}
	}
}

// pass lets d pass and then everything settle.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// messages counts the log's lines by message.
func messages(logged *bytes.Buffer) map[string]int {
	count := map[string]int{}
	for line := range strings.Lines(logged.String()) {
		_, rest, _ := strings.Cut(line, `msg="`)
		msg, _, _ := strings.Cut(rest, `"`)
		count[msg]++
	}
	return count
}

func TestKeeperRetriesAtAGrowingPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &socket{}
		_, _, _, stop := keeping(t, s)
		pass(4 * time.Second)
		stop()
		want := []time.Duration{0, 100, 300, 700, 1500, 2500, 3500}
		for i := range want {
			want[i] *= time.Millisecond
		}
		if got := s.opens(); !slices.Equal(got, want) {
			t.Errorf("tried to open at %v, want %v", got, want)
		}
	})
}

func TestKeeperFindsAReplugWithinThreeSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &socket{}
		k, logged, news, stop := keeping(t, s)
		var w *devicetest.Wire
		for range 3 {
			pass(3*time.Hour + 333*time.Millisecond)
			w = devicetest.NewWire()
			plugged := time.Now()
			s.plug(w)
			if got := <-news; got != "opened" {
				t.Fatalf("called back %q, want opened", got)
			}
			if took := time.Since(plugged); took > 3*time.Second {
				t.Errorf("the pen was found %v after it was plugged in", took)
			}
			synctest.Wait()
			if st := k.Status(); !st.Open || st.Err != nil {
				t.Errorf("Status() = %+v, want open", st)
			}
			w.Send([]byte("reading"))
			pass(time.Minute)
			s.plug(nil)
			w.Unplug()
			if got := <-news; got != "lost" {
				t.Fatalf("called back %q, want lost", got)
			}
			soundly(t, w)
		}
		pass(time.Hour)
		st := k.Status()
		if st.Open || !errors.Is(st.Err, device.ErrNotFound) || st.Attempts < 3500 || time.Since(st.Since) < time.Hour {
			t.Errorf("Status() = %+v, want an hour of attempts that find no port", st)
		}
		stop()
		if got := k.Stats().BytesIn; got != 21 {
			t.Errorf("Stats().BytesIn = %d over three lines, want 21", got)
		}
		// Ten hours without a pen, three visits: one line of log for each change.
		want := map[string]int{"cannot open port": 4, "port open": 3, "port lost": 3}
		for msg, n := range messages(logged) {
			if n != want[msg] {
				t.Errorf("logged %q %d times, want %d:\n%s", msg, n, want[msg], logged)
			}
		}
	})
}

// Who opens may choose another port each time: the status names the one at hand.
func TestKeeperTellsWhichPortWasFound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var wires []*devicetest.Wire
		names := []string{"serial:///dev/ttyUSB0", "serial:///dev/ttyUSB1"}
		k, err := device.NewKeeper(device.KeeperConfig{
			Addr:   address(t, "auto"),
			Opened: func(*device.Line) device.Handler { return stepper(idle) },
			Open: func(_ context.Context, a device.Address, _ device.Options) (*device.Port, error) {
				if !a.Auto() || len(wires) == len(names) {
					return nil, errors.New("nothing is there")
				}
				wires = append(wires, devicetest.NewWire())
				return device.NewPort(address(t, names[len(wires)-1]), wires[len(wires)-1]), nil
			},
			Log: slog.New(slog.DiscardHandler),
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		end := make(chan error, 1)
		go func() { end <- k.Run(ctx) }()
		for i, want := range names {
			pass(time.Second)
			if st := k.Status(); !st.Open || st.Addr.String() != want {
				t.Errorf("Status() = %+v, want %s open", st, want)
			}
			wires[i].Unplug()
		}
		pass(time.Second)
		if st := k.Status(); st.Open || !st.Addr.Auto() {
			t.Errorf("Status() = %+v, want auto while none is open", st)
		}
		cancel()
		if err := <-end; err != nil {
			t.Error(err)
		}
	})
}

func TestKeeperDoesNotFloodTheLogWhenAPenFlickers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &socket{make: func() *devicetest.Wire { // opens, and is lost at once
			w := devicetest.NewWire()
			w.Unplug()
			return w
		}}
		_, logged, news, stop := keeping(t, s)
		pass(time.Hour)
		if n := len(news); n < 2*3500 {
			t.Errorf("%d callbacks in an hour of flicker, want each of them", n)
		}
		if n := strings.Count(logged.String(), "\n"); n > 3 {
			t.Errorf("%d lines of log:\n%.1000s", n, logged)
		}
		// Unplugged for good, that is said after a while; and so is a steady pen.
		s.mu.Lock()
		s.make, s.wire = nil, nil
		s.mu.Unlock()
		pass(time.Minute)
		s.plug(devicetest.NewWire())
		pass(time.Minute)
		stop()
		got := messages(logged)
		if got["cannot open port"] != 1 || got["port open"] != 2 {
			t.Errorf("logged %v, want the missing and then the steady port to be told", got)
		}
	})
}

func TestKeeperStopsOpeningWhenTooManyPortsHang(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var hung []*devicetest.Wire
		s := &socket{make: func() *devicetest.Wire {
			w := devicetest.NewWire()
			w.HangRead(true)
			hung = append(hung, w)
			return w
		}}
		k, logged, _, stop := keeping(t, s)
		pass(time.Hour)
		if len(hung) != 4 {
			t.Fatalf("%d hanging ports were opened in an hour, want 4 and no more", len(hung))
		}
		st := k.Status()
		if st.Stuck != 4 || !errors.Is(st.Err, device.ErrAbandoned) || k.Stats().Abandoned != 4 {
			t.Errorf("Status() = %+v, Abandoned %d", st, k.Stats().Abandoned)
		}
		if got := messages(logged)["port abandoned"]; got == 0 || got > 4 {
			t.Errorf("logged %d abandoned ports:\n%s", got, logged)
		}
		s.mu.Lock()
		s.make = devicetest.NewWire
		s.mu.Unlock()
		hung[2].HangRead(false) // one comes back: that is room for another
		pass(2 * time.Second)
		if st := k.Status(); !st.Open || st.Stuck != 3 {
			t.Errorf("Status() = %+v, want an open port beside 3 that hang", st)
		}
		stop()
		for _, w := range hung {
			w.HangRead(false)
		}
	})
}

func TestKeeperSurvivesUnpluggingInTheMiddleOfWrites(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &socket{}
		var wires []*devicetest.Wire
		s.make = func() *devicetest.Wire {
			w := devicetest.NewWire()
			w.ShortWrites(3)
			wires = append(wires, w)
			return w
		}
		s.begin = time.Now()
		k, err := device.NewKeeper(device.KeeperConfig{
			Addr: address(t, "serial:///dev/ttyUSB0"),
			Opened: func(l *device.Line) device.Handler {
				return stepper(func([]byte, bool) {
					l.Out().PutPermit(bytes.Repeat([]byte("permit"), 10))
					l.Out().PutControl([]byte("control"))
				})
			},
			Open: s.open,
			Log:  slog.New(slog.DiscardHandler),
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		end := make(chan error, 1)
		go func() { end <- k.Run(ctx) }()
		for i := range 30 {
			pass(1500 * time.Millisecond)
			w := wires[len(wires)-1]
			if i%2 == 0 {
				w.HangWrite(true)
				pass(20 * time.Millisecond)
			}
			w.Unplug()
		}
		cancel()
		if err := <-end; err != nil {
			t.Errorf("Run() = %v", err)
		}
		for _, w := range wires {
			soundly(t, w)
			if !w.Closed() {
				t.Error("an unplugged port was left open")
			}
		}
	})
}

func TestNewKeeperNamesTheWrongField(t *testing.T) {
	opened := func(*device.Line) device.Handler { return stepper(idle) }
	for _, tt := range []struct {
		cfg  device.KeeperConfig
		want string
	}{
		{device.KeeperConfig{Opened: opened}, "Addr"},
		{device.KeeperConfig{Addr: address(t, "serial://COM5")}, "Opened"},
		{device.KeeperConfig{Addr: address(t, "auto"), Opened: opened}, "Open is nil"},
		{device.KeeperConfig{Addr: address(t, "serial://COM5"), Opened: opened, Options: device.Options{Baud: 7}}, "7 baud"},
	} {
		if _, err := device.NewKeeper(tt.cfg); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("NewKeeper(%+v) = %v, want an error about %s", tt.cfg.Options, err, tt.want)
		}
	}
}
