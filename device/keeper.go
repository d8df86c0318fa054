package device

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"
)

const (
	firstRetry = 100 * time.Millisecond
	lastRetry  = time.Second // so a pen that is plugged in again is found within 3 s
	// settled is how long a line must hold for the next retry to be a first one.
	settled = time.Second
	// maxStuck is how many handles may hang at once before no more are opened.
	maxStuck = 4
)

// KeeperConfig says what a [Keeper] keeps open.
type KeeperConfig struct {
	Addr    Address
	Options Options

	// Opened is called with each line that was opened, before its first read,
	// and returns the handler for it. A handler serves one line.
	Opened func(*Line) Handler
	// Lost is called when a line that was opened is over for another reason than
	// the end of Run's context. Nothing calls its handler any more. May be nil.
	Lost func(error)

	// Log takes what changes, and nothing while nothing does; nil is slog.Default.
	Log *slog.Logger
	// Open opens the port; nil is [Open]. It is called for each attempt, so it may
	// look for the port anew each time, and return one of another address than
	// Addr: for an Addr of auto it must be given. It is never called while a port
	// is open, and may take as long as the search does.
	Open func(context.Context, Address, Options) (*Port, error)
}

// Keeper keeps one port open: it opens, runs a [Line], and tries again when
// that ends, after 100 ms at first and 1 s at most, for as long as it is run.
type Keeper struct {
	cfg KeeperConfig
	log journal

	mu     sync.Mutex
	status Status
	line   *Line // nil while none is open
	past   Stats // of the lines before
	stuck  []<-chan struct{}
}

// Status is what a person wants to know about the port.
type Status struct {
	Open     bool
	Addr     Address   // of the open port, or else the one that is kept
	Since    time.Time // of Open, or of its absence
	Attempts uint64    // to open, since Since
	Err      error     // why the port is not open; nil while it is, and before the first attempt
	Stuck    int       // abandoned handles that still hang
}

// NewKeeper checks cfg.
func NewKeeper(cfg KeeperConfig) (*Keeper, error) {
	switch {
	case cfg.Addr == Address{}:
		return nil, errors.New("device: keeper: Addr names no port")
	case cfg.Addr.Auto() && cfg.Open == nil:
		return nil, errors.New("device: keeper: Addr is auto and Open is nil, nobody would look for the port")
	case cfg.Opened == nil:
		return nil, errors.New("device: keeper: Opened is nil, nobody would take what arrives")
	}
	if cfg.Options.Baud != 0 {
		if err := checkBaud(cfg.Options.Baud); err != nil {
			return nil, err
		}
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	if cfg.Open == nil {
		cfg.Open = Open
	}
	return &Keeper{cfg: cfg, log: journal{log: cfg.Log.With("port", cfg.Addr.String())}, status: Status{Addr: cfg.Addr}}, nil
}

// Status is a snapshot; any goroutine may ask at any time.
func (k *Keeper) Status() Status {
	k.mu.Lock()
	defer k.mu.Unlock()
	s := k.status
	s.Stuck = k.stuckLocked()
	return s
}

// Stats is the sum over all lines so far, the open one included.
func (k *Keeper) Stats() Stats {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.line == nil {
		return k.past
	}
	return k.past.plus(k.line.Stats())
}

// Run keeps the port open until ctx ends. It returns nil then, or the
// [*AbandonedError] of a port that hung at the very end.
func (k *Keeper) Run(ctx context.Context) error {
	k.mu.Lock()
	k.status = Status{Addr: k.cfg.Addr, Since: time.Now()}
	k.mu.Unlock()
	var pace pace
	for {
		lived, err := k.once(ctx)
		if ctx.Err() != nil {
			if errors.Is(err, ErrAbandoned) {
				return err
			}
			return nil
		}
		timer := time.NewTimer(pace.next(lived))
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		}
	}
}

// once opens the port and runs a line over it to its end. It returns how long
// the line lived, and why there is none any more.
func (k *Keeper) once(ctx context.Context) (lived time.Duration, err error) {
	k.mu.Lock()
	k.status.Attempts++
	full := k.stuckLocked() >= maxStuck
	last := k.status.Err
	k.mu.Unlock()
	if full {
		return 0, last // opening more would leak a thread and a handle each time
	}
	port, err := k.cfg.Open(ctx, k.cfg.Addr, k.cfg.Options)
	if err != nil {
		k.unopened(ctx, err)
		return 0, err
	}
	line := NewLine(port)
	handler := k.cfg.Opened(line)
	begin := time.Now()
	k.mu.Lock()
	k.line, k.status = line, Status{Open: true, Addr: line.Addr(), Since: begin}
	k.mu.Unlock()
	over := k.log.opened()
	err = line.Run(ctx, handler)
	over()
	lived = time.Since(begin)
	k.mu.Lock()
	k.line, k.past = nil, k.past.plus(line.Stats())
	k.status = Status{Addr: k.cfg.Addr, Since: time.Now(), Err: err}
	if _, ok := errors.AsType[*AbandonedError](err); ok {
		k.stuck = append(k.stuck, line.Released())
	}
	k.mu.Unlock()
	if ctx.Err() == nil {
		k.log.lost(err, lived)
		if k.cfg.Lost != nil {
			k.cfg.Lost(err)
		}
	}
	return lived, err
}

// unopened notes an attempt to open that failed.
func (k *Keeper) unopened(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	k.mu.Lock()
	k.status.Err = err
	if oe, ok := errors.AsType[*OpenError](err); ok && oe.pending != nil {
		k.stuck = append(k.stuck, oe.pending)
	}
	k.mu.Unlock()
	k.log.failed(err)
}

// stuckLocked forgets the handles that have come back and counts the others.
func (k *Keeper) stuckLocked() int {
	still := k.stuck[:0]
	for _, released := range k.stuck {
		select {
		case <-released:
		default:
			still = append(still, released)
		}
	}
	k.stuck = still
	return len(still)
}

// pace is how long to wait before the next attempt.
type pace struct{ wait time.Duration }

// next doubles the wait, and starts over after a line that held.
func (p *pace) next(lived time.Duration) time.Duration {
	if lived >= settled || p.wait == 0 {
		p.wait = firstRetry
	} else {
		p.wait = min(2*p.wait, lastRetry)
	}
	return p.wait
}
