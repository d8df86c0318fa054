// Package agent wires the parts that keep one pen inside its depth limit: the
// port, the two lanes of the session, and the store. It is the only place that
// starts their goroutines and reads their clocks.
//
//	port reader ── Hot ──notes──▶ Cold ──batches──▶ store writer
//	port writer ◀─ mailbox   ◀─orders─┘  ◀─committed─┘
//
// Hot is driven by the goroutine that reads the open port, and while no port is
// open by one that ticks it; a mutex that nobody else holds keeps the two
// apart. Cold is driven by one goroutine. The queues between them are bounded:
// notes that do not fit hold the pen, orders that do not fit wait in Cold.
package agent

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"penlog/device"
	"penlog/device/capture"
	"penlog/protocol"
	"penlog/session"
	"penlog/session/cartridge"
	"penlog/session/clinic"
	"penlog/session/label"
	"penlog/session/limits"
	"penlog/session/policy"
	"penlog/store"
)

// Sizes of the queues. At 1000 readings a second the notes hold 2 s, the length
// of the commit lease: what does not run for want of a record stops when it is
// full, if it has not before.
const (
	notesCap    = 2048
	ordersCap   = 64
	commandsCap = 64
	idleTick    = 10 * time.Millisecond
	coldTick    = 20 * time.Millisecond
)

// Config is what an agent is made from.
type Config struct {
	Addr       device.Address
	Dir        string               // the data folder
	Limits     *limits.Table        // nil: the built-in one
	Policy     *policy.Policy       // nil: the built-in one
	Clinic     *clinic.Config       // nil: guarded pens only, nobody named
	Cartridges *cartridge.Catalogue // nil: the built-in one
	Labels     *label.Catalogue     // nil: the built-in ones
	Zone       *time.Location       // in which the clinic's days begin and end; nil: this PC's
	Version    string
	Rate       uint16 // readings per second to ask for; 0: 200
	Baud       uint32 // bits per second to ask a UART pen for; 0: leave the line
	Log        *slog.Logger
	// Open opens the port at each attempt; nil is device's own. For an Addr of auto
	// it is what looks for the pen.
	Open    func(context.Context, device.Address, device.Options) (*device.Port, error)
	NoPort  bool  // the pens of this room have no link: no port is opened
	Ballast int64 // bytes of the record's reserve for a full disk; 0: the store's default
	// Stall is handed to the store's writer: a slow disk in tests and rehearsals.
	Stall func()
	// Prioritize lets this process go before other programs until undo; nil: it
	// never does. [Prioritize] is the system's.
	Prioritize func() (undo func(), err error)
	// Inhibit keeps this PC from sleeping; nil: [device.InhibitSleep].
	Inhibit func(why string) (release func(), err error)
	// Capture, if not nil, is given all that passes the port, and the orders that
	// Hot was given. Run writes it, and ends it with everything else.
	Capture *capture.Writer
	// HoldUp, in tests and rehearsals only, is called at the start of each step
	// of the port's reader: a host that stalls sleeps here.
	HoldUp func()
}

// Agent is one running agent. Make it with [New], run it with [Agent.Run].
type Agent struct {
	cfg    Config
	log    *slog.Logger
	epoch  time.Time
	store  *store.Store
	writer *store.Writer
	keeper *device.Keeper

	notes    chan session.Note
	orders   chan session.Order
	commands chan request
	commits  chan uint64
	done     chan struct{} // closed when no command is taken any more
	ended    chan struct{} // closed when the last answer was given

	hotMu sync.Mutex
	hot   *session.Hot
	line  *device.Line   // the open one, nil while none is
	held  []session.Note // for Cold, until release
	// halted: the agent is ending, and nothing that Cold wants counts any more.
	halted bool
	order  []byte // scratch, for the capture

	cold      *session.Cold
	opened    session.ID // the session whose row the store has
	marked    session.Source
	waiting   map[uint64]chan session.Answer
	view      atomic.Pointer[session.View]
	watchers  watchers
	counts    counts
	ready     atomic.Bool
	awake     chan bool // wanted: true while permits may be wanted
	late      chan struct{}
	awakeErr  atomic.Pointer[string]
	awakeHeld atomic.Bool
	world     atomic.Pointer[session.World]
	aside     string   // why an open session was not taken up
	faults    struct { // belongs to the store's writer
		kind store.Kind
		told time.Time
		n    int // since told
	}
}

type request struct {
	cmd    session.Command
	lent   *lent // of a past session
	answer chan session.Answer
}

// New opens the data folder and takes up a session that a dead agent left.
func New(ctx context.Context, cfg Config) (*Agent, error) {
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	if cfg.NoPort {
		cfg.Open = func(ctx context.Context, _ device.Address, _ device.Options) (*device.Port, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}
	}
	if cfg.Inhibit == nil {
		cfg.Inhibit = device.InhibitSleep
	}
	if cfg.Zone == nil {
		cfg.Zone = time.Local
	}
	if cfg.Clinic == nil {
		cfg.Clinic = clinic.Default()
	}
	a := &Agent{
		cfg: cfg, log: cfg.Log, epoch: time.Now(),
		notes: make(chan session.Note, notesCap), orders: make(chan session.Order, ordersCap),
		commands: make(chan request, commandsCap), commits: make(chan uint64, 2*store.DefaultQueue),
		done: make(chan struct{}), ended: make(chan struct{}), awake: make(chan bool, 1), late: make(chan struct{}, 1), waiting: map[uint64]chan session.Answer{},
	}
	var seed [32]byte
	rand.Read(seed[:])
	a.hot = session.NewHot(session.HotConfig{
		Host: protocol.HostConfig{Rate: cfg.Rate, Baud: cfg.Baud}, Seed: seed, Emit: a.emit,
	})
	st, err := store.Open(ctx, cfg.Dir, store.Options{BallastBytes: cfg.Ballast})
	if err != nil {
		return nil, err
	}
	a.store = st
	if cfg.Limits == nil {
		cfg.Limits = limits.Default()
	}
	a.cold = session.NewCold(session.ColdConfig{Limits: cfg.Limits, Policy: cfg.Policy, Clinic: cfg.Clinic,
		Cartridges: cfg.Cartridges, Zone: cfg.Zone, Version: cfg.Version, NewID: newID})
	if err := a.open(ctx); err != nil {
		return nil, errors.Join(err, st.Close())
	}
	return a, nil
}

func (a *Agent) open(ctx context.Context) (err error) {
	if a.writer, err = a.store.Writer(store.WriterOptions{OnCommit: a.committed, OnFault: a.fault, Stall: a.cfg.Stall}); err != nil {
		return err
	}
	if a.keeper, err = device.NewKeeper(device.KeeperConfig{
		Addr: a.cfg.Addr, Options: device.Options{}, Opened: a.lineOpened, Lost: a.lineLost, Log: a.log, Open: a.cfg.Open,
	}); err != nil {
		return err
	}
	if err := a.restore(ctx); err != nil {
		return err
	}
	a.cold.Reserve(a.writer.Ballast() == store.BallastHeld)
	a.look()
	return nil
}

// restore takes up the session that nothing has closed. There is at most one,
// since opening is refused while another is under way. One that was altered is
// neither believed nor changed: it stays as it is, and the room goes on without.
func (a *Agent) restore(ctx context.Context) error {
	left, err := a.store.Unfinished(ctx, session.ClosingKinds()...)
	if err != nil || len(left) == 0 {
		return err
	}
	in := left[len(left)-1]
	if len(left) > 1 {
		a.log.Warn("older sessions were never closed; they stay as they are", "sessions", len(left)-1)
	}
	switch err := a.takeUp(ctx, in.ID); {
	case errors.Is(err, session.ErrChain):
		a.aside = err.Error()
		a.log.Error("an open session was altered; it stays as it is, and a new one can be opened", "session", in.ID.String(), "err", err)
		return nil
	case err != nil:
		return fmt.Errorf("agent: session %v can't be taken up: %w", in.ID, err)
	}
	return nil
}

func (a *Agent) takeUp(ctx context.Context, id session.ID) error {
	p, _, err := a.fold(ctx, id)
	if err != nil {
		return err
	}
	chain, signal, err := a.store.Heads(ctx, id)
	if err != nil {
		return err
	}
	tail, err := a.tail(ctx, p)
	if err != nil {
		return err
	}
	a.opened, a.marked = id, p.Source
	a.counts.inZone(p.Verdict.Zone)
	a.cold.Restore(p, chain, signal, tail, a.now(), wall())
	a.flush()
	a.log.Info("session taken up", "session", id.String(), "state", a.cold.Procedure().State.String(), "records", p.Events)
	return nil
}

// tail returns what the end of the session's signal tells.
func (a *Agent) tail(ctx context.Context, p *session.Procedure) (*session.Tail, error) {
	t := session.NewTail(p)
	for chunk, err := range a.store.Chunks(ctx, p.ID) {
		if err == nil {
			err = t.Take(&chunk)
		}
		if err != nil {
			return nil, err
		}
	}
	return t, nil
}

// newID gives a UUIDv7.
func newID(protocol.At) session.ID {
	id, err := uuid.NewV7()
	if err != nil {
		panic(err) // no randomness: nothing here may go on
	}
	return session.ID(id)
}

// now is the agent's monotonic clock.
func (a *Agent) now() protocol.Instant { return a.since(time.Now()) }

func (a *Agent) since(t time.Time) protocol.Instant {
	return protocol.Instant(t.Sub(a.epoch) / time.Microsecond)
}

// wall is the wall clock, without a monotonic part.
func wall() protocol.At { return wallAt(time.Now()) }

// wallAt is what it showed when t was read.
func wallAt(t time.Time) protocol.At { return protocol.At(t.UnixMicro()) }

// Run keeps the pen and the record until ctx ends, then stops the pen, writes
// what is left and closes the store. It returns when everything it started has.
func (a *Agent) Run(ctx context.Context) error {
	// The pen's side ends first, then Cold, then the writer, so that what the
	// ending of one tells is still recorded by the next.
	penCtx, stopPen := context.WithCancel(context.WithoutCancel(ctx))
	defer stopPen()
	coldCtx, stopCold := context.WithCancel(context.WithoutCancel(ctx))
	defer stopCold()
	writeCtx, stopWriter := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWriter()

	wrote, cooled, kept, idled := make(chan error, 1), make(chan struct{}), make(chan error, 1), make(chan struct{})
	go func() { wrote <- a.writer.Run(writeCtx) }()
	go func() { defer close(cooled); a.runCold(coldCtx) }()
	go func() { kept <- a.keeper.Run(penCtx) }()
	go func() { defer close(idled); a.runIdle(penCtx) }()
	slept := make(chan struct{})
	go func() { defer close(slept); a.runAwake(coldCtx) }()
	calmed := make(chan struct{})
	go func() { defer close(calmed); a.runPriority(coldCtx) }()
	looked := make(chan struct{})
	go func() { defer close(looked); a.runWorld(coldCtx) }()
	captured := make(chan struct{})
	go func() { defer close(captured); a.runCapture(coldCtx) }()
	a.ready.Store(true)

	var err error
	select {
	case <-ctx.Done():
	case err = <-wrote:
		err = fmt.Errorf("agent: the record can't be written any more: %w", err)
		wrote = nil
	}
	a.ready.Store(false)
	a.halt()
	a.awaitStill()
	stopPen()
	err = errors.Join(err, <-kept)
	<-idled
	a.hotMu.Lock()
	a.release() // what the line's last step left
	a.hotMu.Unlock()
	stopCold()
	<-cooled
	<-slept
	<-calmed
	<-looked
	<-captured
	stopWriter()
	if wrote != nil {
		err = errors.Join(err, <-wrote)
	}
	a.drainCommits()
	close(a.ended)
	return errors.Join(err, a.store.Close())
}

// Asked is a command that was given, and is answered when its events are on the disk.
type Asked struct {
	answer chan session.Answer
	ended  <-chan struct{}
}

// Do gives a command and waits until its events are on the disk. The error is a
// *[session.RefusedError] when it was refused.
func (a *Agent) Do(ctx context.Context, cmd session.Command) (session.Answer, error) {
	q, err := a.Ask(ctx, cmd)
	if err != nil {
		return session.Answer{Err: err}, err
	}
	return q.Answer(ctx)
}

// Ask gives a command and does not wait for its answer. With an error the command
// was not given and never will be.
func (a *Agent) Ask(ctx context.Context, cmd session.Command) (*Asked, error) {
	l, err := a.lookUp(ctx, &cmd)
	if err != nil {
		return nil, err
	}
	r := request{cmd, l, make(chan session.Answer, 1)}
	select {
	case a.commands <- r:
		return &Asked{r.answer, a.ended}, nil
	case <-a.done:
		return nil, errors.New("agent: it is stopping")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Answer waits for the answer. When ctx ends first, nothing is known of the
// command's fate: it may still be carried out, and Answer may be asked again.
func (q *Asked) Answer(ctx context.Context) (session.Answer, error) {
	select {
	case ans := <-q.answer:
		return ans, ans.Err
	case <-ctx.Done():
		return session.Answer{}, ctx.Err()
	case <-q.ended:
	}
	select {
	case ans := <-q.answer: // it came with the end
		return ans, ans.Err
	default:
		return session.Answer{}, errors.New("agent: it stopped before this was on the disk")
	}
}

// Policy is what is asked of a patient in this room.
func (a *Agent) Policy() *policy.Policy {
	if a.cfg.Policy == nil {
		return policy.Default()
	}
	return a.cfg.Policy
}

// Cartridges is what this room knows of cartridges.
func (a *Agent) Cartridges() *cartridge.Catalogue {
	if a.cfg.Cartridges == nil {
		return cartridge.Default()
	}
	return a.cfg.Cartridges
}

// View returns what people see, at most 20 ms old. Any goroutine may ask.
func (a *Agent) View() session.View { return *a.view.Load() }
