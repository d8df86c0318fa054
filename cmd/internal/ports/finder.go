package ports

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"penlog/device"
)

const (
	// listEvery is the time between two looks at what is plugged in.
	listEvery = time.Second
	// listenAgain is how long a port that was silent once is listened to from then
	// on, if it may be opened again at all: a pen that opening restarts needs time.
	listenAgain = 5 * time.Second
)

// Config is what a [Finder] is made from. The zero Config is this PC.
type Config struct {
	// Allowed are USB ids that may be listened to though they are of no kind that
	// pens come with, and again and again though nothing was heard.
	Allowed []device.USBID
	Log     *slog.Logger // nil: slog.Default

	// What tests replace. Nil: device's own.
	List    func(context.Context) ([]device.PortInfo, error)
	Holders func(device.PortInfo) []device.Holder
	Open    func(context.Context, device.Address, device.Options) (*device.Port, error)
}

func (c Config) withDefaults() Config {
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.List == nil {
		c.List = device.List
	}
	if c.Holders == nil {
		c.Holders = device.System{}.Holders
	}
	if c.Open == nil {
		c.Open = device.Open
	}
	return c
}

// Finder opens the one port on which a pen announces itself. It is made for
// [device.KeeperConfig.Open]: each call of [Finder.Open] is a search.
type Finder struct {
	cfg Config

	mu     sync.Mutex // held during a search
	memory memory
	ports  []device.PortInfo // as listed last
	listAt time.Time
	told   thing // the port that was logged last
}

// NewFinder returns a finder that has seen nothing yet.
func NewFinder(cfg Config) *Finder {
	return &Finder{cfg: cfg.withDefaults(), memory: memory{
		no: map[plug]bool{}, hung: map[plug]bool{}, silent: map[plug]bool{}, things: map[thing]bool{},
	}}
}

// Open looks for a pen and returns its port, open, with the announcement as the
// first thing to read. It looks at what is plugged in at most once a second, also
// over several calls, listens to all ports that may be opened at once, and writes
// to none. Where the last pen was, it listens first, and if that is heard, nowhere
// else.
//
// An [*device.OpenError] says what was found instead: [ErrNoPen], or [ErrTwoPens]
// when it would have to guess. The address is not asked: it is auto.
func (f *Finder) Open(ctx context.Context, _ device.Address, o device.Options) (*device.Port, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.memory.began(time.Now())
	s := &search{f: f, options: o, results: make(chan *ear), ears: map[plug]*ear{}}
	earsCtx, stop := context.WithCancel(ctx)
	s.ctx = earsCtx
	defer func() { stop(); s.end() }()
	for {
		now := time.Now()
		if now.Sub(f.listAt) >= listEvery {
			if err := s.list(ctx, now); err != nil {
				return nil, err
			}
		}
		s.listen(now)
		if port, done, err := s.decide(now); done {
			return port, err
		}
		timer := time.NewTimer(s.next(now))
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil, fmt.Errorf("device: open %v: %w", auto, context.Cause(ctx))
		case e := <-s.results:
			s.settle(e)
		case <-timer.C:
		}
		timer.Stop()
	}
}

// search is one call of Open. Its goroutine owns all of it.
type search struct {
	f       *Finder
	ctx     context.Context // of the ears
	options device.Options
	looked  bool // what is plugged in was listed since the search began
	ears    map[plug]*ear
	running int
	results chan *ear // those that are done
}

// ear is one port that is listened to.
type ear struct {
	since time.Time
	done  bool
	heard Heard
	port  *device.Port // open, if a pen announced itself and nobody took it yet
}

// list looks at what is plugged in.
func (s *search) list(ctx context.Context, now time.Time) error {
	ports, err := s.f.cfg.List(ctx)
	s.f.listAt = now
	if err != nil {
		if ctx.Err() != nil {
			return fmt.Errorf("device: open %v: %w", auto, context.Cause(ctx))
		}
		return failure(ErrNoPen, err.Error(), "name the pen's port with --port serial://…")
	}
	s.f.ports, s.looked = ports, true
	s.f.memory.listed(ports)
	return nil
}

// listen begins to listen where that may be done and was not in this search. Where
// the last pen was comes first and, unless that stays silent, alone.
func (s *search) listen(now time.Time) {
	if !s.looked {
		return
	}
	m := &s.f.memory
	var first, rest []device.PortInfo
	for _, p := range s.f.ports {
		if e := s.ears[plugOf(p)]; e != nil {
			if waiting := !e.done && now.Sub(e.since) < ListenFor; m.isPens(p) && (waiting || e.port != nil) {
				return
			}
			continue
		}
		switch {
		case s.aside(p, now).Why != "":
		case m.isPens(p):
			first = append(first, p)
		default:
			rest = append(rest, p)
		}
	}
	if len(first) > 0 {
		rest = first
	}
	for _, p := range rest {
		s.begin(p, now)
	}
}

// aside says why p is not listened to in this search.
func (s *search) aside(p device.PortInfo, now time.Time) Aside {
	mine := slices.Contains(s.f.cfg.Allowed, p.ID())
	if a := May(p, s.f.cfg.Allowed, nil); a.Why != "" {
		return a
	}
	if a := s.f.memory.aside(p, mine, now); a.Why != "" {
		return a
	}
	return May(p, s.f.cfg.Allowed, s.f.cfg.Holders(p)) // looks through all processes: last
}

func (s *search) begin(p device.PortInfo, now time.Time) {
	e := &ear{since: now, heard: Heard{Port: p}}
	s.ears[plugOf(p)] = e
	s.running++
	most := ListenFor
	if s.f.memory.silent[plugOf(p)] {
		most = listenAgain
	}
	ctx, open, options, results := s.ctx, s.f.cfg.Open, s.options, s.results
	go func() {
		h, port := hear(ctx, open, p, options, most)
		results <- &ear{since: now, done: true, heard: h, port: port} // settle or end takes it
	}()
}

// settle takes what an ear heard.
func (s *search) settle(e *ear) {
	p := e.heard.Port
	k := plugOf(p)
	s.running--
	s.ears[k] = e
	m := &s.f.memory
	switch err := e.heard.Err; {
	case e.port != nil, e.heard.Frames > 0:
		delete(m.silent, k)
	case errors.Is(err, device.ErrAbandoned), errors.Is(err, device.ErrNoAnswer):
		m.hung[k] = true
	case err != nil, e.heard.took < heardOut: // not opened, pulled out, or called off: the next search asks again
	default:
		m.nobodys(p)
		m.silent[k] = true
	}
}

// end waits for the ears, which were told to stop, and closes what nobody took.
func (s *search) end() {
	for s.running > 0 {
		s.settle(<-s.results)
	}
	for _, e := range s.ears {
		if e.port != nil {
			e.port.Close()
		}
	}
}

// young reports whether some ear still runs that has not listened for as long as
// every port is: it may yet hear a second pen. wait is until none is.
func (s *search) young(now time.Time) (wait time.Duration, young bool) {
	for _, e := range s.ears {
		if left := ListenFor - now.Sub(e.since); !e.done && left > 0 {
			wait, young = max(wait, left), true
		}
	}
	return wait, young
}

// next is how long nothing can be decided unless an ear is done.
func (s *search) next(now time.Time) time.Duration {
	wait := max(listEvery-now.Sub(s.f.listAt), 0)
	if left, young := s.young(now); young {
		wait = min(wait, left)
	}
	return wait
}

// decide ends the search, if it can be.
func (s *search) decide(now time.Time) (port *device.Port, done bool, err error) {
	var found []*ear
	for _, e := range s.ears {
		if e.port != nil {
			found = append(found, e)
		}
	}
	_, young := s.young(now)
	switch {
	case len(found) == 0 && s.looked && s.running == 0:
		return nil, true, s.nothing(now)
	case len(found) == 0 || young:
		return nil, false, nil
	case len(found) > 1:
		return nil, true, twoPens(found)
	}
	e := found[0]
	port, e.port = e.port, nil // end leaves it open
	port.Unread(e.heard.frame)
	s.f.memory.pens(e.heard.Port)
	if p := e.heard.Port; s.f.told != thingOf(p) {
		s.f.told = thingOf(p)
		s.f.cfg.Log.Info("pen found", "at", p.Name, "usb", p.ID().String(), "usb_serial", p.Serial, "usb_path", p.USBPath)
	}
	return port, true, nil
}
