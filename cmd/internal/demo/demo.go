package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"penlog/cmd/internal/simpen"
	"penlog/cmd/internal/term"
	"penlog/session"
)

// Config is what a demo is made from.
type Config struct {
	Self Program // this program: it is started again as agent and as pen
	// Agent and Pen are the arguments that make it one, before their flags. Both
	// end when their standard input does.
	Agent, Pen []string
	Dir        string // where the record goes; empty: a folder of the demo's own
	Seed       uint64
	For        time.Duration // the whole demo ends by then; 0: it takes its time

	Out   io.Writer
	Live  bool       // Out is a terminal to draw on
	Color bool       // and it has colours
	Size  func() int // its columns
	// Keys are the visitor's; nil: there is no visitor, and the script shows what
	// the keys would. A closed channel counts as q.
	Keys <-chan byte
}

// Figures of the demo's time.
const (
	closing  = 4 * time.Second // kept of For for a clean end, at most a third of it
	fullTime = 75 * time.Second
	playTime = 3 * time.Minute // without a key
	endTime  = 20 * time.Second
)

// demo is one run. The goroutine of Run drives it; world and stage are shared.
type demo struct {
	cfg    Config
	ctx    context.Context // of the script: ends with q, Ctrl-C or For
	quit   context.CancelFunc
	stage  *stage
	world  *world
	base   string // the demo's own folder
	dir    string // the record's
	agent  *agent // nil while none runs
	pen    *pen
	ending atomic.Bool
	keys   chan byte
	playin bool // the script is over, the visitor plays
	polled sync.WaitGroup

	id        session.ID // of the session, once it is open
	ledger    ledger
	begun     time.Time
	failed    []string // expectations that were not met
	met       int
	disturbed int      // times this PC was too busy
	missing   []string // scenes that were not played
}

// Run plays the demo to its end. The error says what should have been and was
// not; a demo that the visitor or the clock ended early is no error.
func Run(ctx context.Context, cfg Config) error {
	d := &demo{cfg: cfg, world: newWorld(), begun: time.Now(), keys: make(chan byte, 16)}
	d.stage = newStage(cfg.Out, cfg.Live, cfg.Color, cfg.Size)
	defer d.stage.end()
	d.stage.say(asTitle, "Penlog demo, SIMULATED: a simulated pen, a real agent, a real record (seed %d)", cfg.Seed)
	if err := d.folders(); err != nil {
		return err
	}
	defer d.tidy()

	ctx, d.quit = context.WithCancel(ctx)
	defer d.quit()
	d.ctx = ctx
	if cfg.For > 0 {
		var stop context.CancelFunc
		d.ctx, stop = context.WithDeadline(ctx, d.begun.Add(cfg.For-min(closing, cfg.For/3)))
		defer stop()
	}
	defer d.polled.Wait()
	pollCtx, stopPolling := context.WithCancel(context.WithoutCancel(ctx))
	defer stopPolling()
	if cfg.Keys != nil {
		d.polled.Go(func() { d.readKeys(pollCtx) })
	}
	err := d.play(pollCtx)
	switch cut := d.ctx.Err(); {
	case err == nil:
	case cut != nil && (errors.Is(err, cut) || errors.Is(err, context.Canceled)):
	default:
		d.fail("%s", bare(err))
	}
	d.end(context.WithoutCancel(ctx))
	if len(d.failed) > 0 {
		return fmt.Errorf("demo: %s not as expected", plural(len(d.failed), "thing"))
	}
	return nil
}

// folders makes the demo's own folder and says where the record goes. A folder
// that holds anything is refused: it could be a clinic's.
func (d *demo) folders() error {
	if d.cfg.Dir != "" {
		abs, err := filepath.Abs(d.cfg.Dir)
		if err != nil {
			return fmt.Errorf("demo: --dir: %w", err)
		}
		d.dir = abs
		switch list, err := os.ReadDir(abs); {
		case err == nil && len(list) > 0:
			return fmt.Errorf("demo: --dir %s is not empty: name a new or empty folder, a clinic's record is never used", d.cfg.Dir)
		case err != nil && !errors.Is(err, fs.ErrNotExist):
			return fmt.Errorf("demo: --dir: %w", err)
		}
		if _, err := os.Stat(filepath.Dir(abs)); err != nil {
			return fmt.Errorf("demo: --dir: %w: make the folder above it first", err)
		}
	}
	base, err := os.MkdirTemp("", "penlog-demo-")
	if err != nil {
		return fmt.Errorf("demo: a temporary folder: %w", err)
	}
	d.base = base
	if d.dir == "" {
		d.dir = filepath.Join(base, "record")
	}
	return nil
}

// tidy removes what is of no more use; a record stays.
func (d *demo) tidy() {
	os.Remove(filepath.Join(d.base, "agent.json"))
	os.Remove(filepath.Join(d.base, "pen"))
	os.Remove(d.base) // stays when the record is in it
}

// start starts the pen, and the agent on it.
func (d *demo) start(poll context.Context) error {
	args := slices.Concat(d.cfg.Pen, []string{"--control", "--seed", strconv.FormatUint(d.cfg.Seed, 10)}, penAddress(filepath.Join(d.base, "pen")))
	p, err := startPen(d.ctx, d.world, d.cfg.Self, args, func(p *pen) { d.gone(p.child) })
	if err != nil {
		return err
	}
	d.pen = p
	d.polled.Go(func() { d.poll(poll) })
	var name string
	d.world.look(func() {
		r := d.world.saw(marks{}, func(o *simpen.Observation) bool { return o.See == "ready" })
		name = fmt.Sprintf("%s %s, serial %s", r.Vendor, r.Model, r.Serial)
	})
	d.say(asText, "pen    %s, process %d, at %s", name, p.cmd.Process.Pid, p.at)
	if err := d.startAgent(); err != nil {
		return err
	}
	d.say(asText, "agent  process %d, API and metrics at %s", d.agent.cmd.Process.Pid, d.agent.url)
	d.say(asText, "record %s", d.dir)
	return nil
}

func (d *demo) startAgent() error {
	d.world.tell(func() { d.world.views = 0 })
	args := slices.Concat(d.cfg.Agent, []string{"--port", d.pen.at, "--dir", d.dir, "--listen", "127.0.0.1:0", "--quiet"})
	a, err := startAgent(d.ctx, d.world, d.cfg.Self, args, filepath.Join(d.base, "agent.json"), func(a *agent) { d.gone(a.child) })
	if err != nil {
		return err
	}
	d.agent = a
	return nil
}

// gone tells the world of a child that ended though nobody asked.
func (d *demo) gone(c *child) {
	if d.ending.Load() || c.asked.Load() {
		return
	}
	err := c.why()
	if err == nil {
		err = fmt.Errorf("demo: the %s ended by itself", c.name)
	}
	d.world.tell(func() { d.world.dead = err })
}

// poll asks the pen how it stands, and draws.
func (d *demo) poll(ctx context.Context) {
	t := time.NewTicker(term.Every)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		if d.pen.do(simpen.Control{Do: "state"}) != nil {
			return
		}
		if d.cfg.Live {
			var p picture
			d.world.look(func() {
				p.view, p.pen, p.seen, p.up = d.world.view, d.world.pen, d.world.states > 0, !d.world.down
			})
			d.stage.draw(p)
		}
	}
}

// readKeys hands keys on; q and Ctrl-C act at once.
func (d *demo) readKeys(ctx context.Context) {
	for {
		select {
		case k, ok := <-d.cfg.Keys:
			if !ok || k == 'q' || k == 'Q' || k == 3 || k == 4 {
				d.quit()
				return
			}
			select {
			case d.keys <- k:
			default: // more keys than a person means
			}
		case <-ctx.Done():
			return
		}
	}
}

func (d *demo) say(kind, format string, args ...any) { d.stage.say(kind, format, args...) }

// fail notes something that is not as it should be.
func (d *demo) fail(format string, args ...any) {
	d.failed = append(d.failed, fmt.Sprintf(format, args...))
	d.say(asBad, format, args...)
}

// expect shows whether something is as it should be.
func (d *demo) expect(ok bool, format string, args ...any) {
	if ok {
		d.met++
		d.say(asGood, format, args...)
		return
	}
	d.fail("not so: "+format, args...)
}

// pause leaves a visitor the time to read. Without one it does not wait.
func (d *demo) pause(t time.Duration) error {
	if !d.cfg.Live {
		return d.ctx.Err()
	}
	if d.cfg.For > 0 {
		t = min(t, t*d.cfg.For/fullTime)
	}
	select {
	case <-time.After(t):
		return nil
	case <-d.ctx.Done():
		return d.ctx.Err()
	}
}

func (d *demo) until(what string, ok func() bool) error { return d.world.until(d.ctx, what, ok) }

// ask gives a command, and keeps in the ledger what was acknowledged.
func (d *demo) ask(cmd session.Command) ([]session.Event, error) {
	return d.askIn(d.ctx, cmd)
}

func (d *demo) askIn(ctx context.Context, cmd session.Command) ([]session.Event, error) {
	if d.agent == nil {
		return nil, errors.New("demo: the agent does not run")
	}
	events, err := d.agent.do(ctx, d.world, cmd)
	if err != nil {
		return nil, err
	}
	d.ledger.acked = append(d.ledger.acked, events...)
	return events, nil
}

// end brings everything to its end and says what it came to, however the script
// ended.
func (d *demo) end(ctx context.Context) {
	ctx, stop := context.WithTimeout(ctx, endTime)
	defer stop()
	d.say(asTitle, "The end")
	if d.agent != nil {
		d.close(ctx)
	}
	unpermitted := d.lastOfPen(ctx)
	d.ending.Store(true)
	if d.agent != nil {
		if err := d.agent.end(); err != nil {
			d.fail("%s", bare(err))
		}
	}
	if d.pen != nil {
		if err := d.pen.end(); err != nil {
			d.fail("%s", bare(err))
		}
	}
	if d.id != (session.ID{}) {
		d.summary(ctx, unpermitted)
	}
	if len(d.missing) > 0 {
		d.say(asText, "not shown, since it ended early: %s", join(d.missing))
	}
	if n := len(d.failed); n > 0 {
		d.say(asBad, "%s not as expected:", plural(n, "thing"))
		for _, f := range d.failed {
			d.say(asBad, "%s", f)
		}
	} else if d.met == 0 {
		d.say(asText, "it ended before anything could be shown")
	} else {
		d.say(asGood, "everything went as it should: %s", plural(d.met, "expectation"))
	}
}

// close ends a session that is still open: finished when the visitor has played,
// aborted when the script was cut short.
func (d *demo) close(ctx context.Context) {
	v := d.world.now()
	if d.id == (session.ID{}) || !v.Open {
		return
	}
	if d.pen != nil {
		d.pen.do(simpen.Control{Do: "contact"})
		var on bool
		d.world.look(func() { on = d.world.motor })
		if on {
			d.pen.do(simpen.Control{Do: "press"})
			if err := d.world.until(ctx, "the motor is off", func() bool { return !d.world.motor && !d.world.view.MotorOn }); err != nil {
				d.fail("%s", bare(err))
			}
		}
	}
	cmd := session.Command{Do: session.CmdAbort, Text: "the demo ended early"}
	if d.playin && v.Trip == nil {
		cmd = session.Command{Do: session.CmdFinish}
	}
	if _, err := d.askIn(ctx, cmd); err != nil {
		d.fail("the session could not be closed: %s", bare(err))
	}
}

// lastOfPen asks the pen for its own count of what must not happen: time under
// power without a permit, µs. −1: it did not say.
func (d *demo) lastOfPen(ctx context.Context) int64 {
	if d.pen == nil {
		return -1
	}
	before, us := 0, int64(-1)
	d.world.look(func() { before = d.world.states })
	if d.pen.do(simpen.Control{Do: "state"}) != nil {
		return -1
	}
	if d.world.until(ctx, "the pen says how it stands", func() bool { return d.world.states > before }) == nil {
		d.world.look(func() { us = d.world.pen.UnpermitUS })
	}
	return us
}

// summary reads the record back, as anyone could, and shows what it came to.
func (d *demo) summary(ctx context.Context, unpermitted int64) {
	v, err := verify(ctx, d.dir, d.id)
	if err != nil {
		d.fail("%s", bare(err))
		return
	}
	if v.ended != nil {
		d.say(asText, "session %v, SIMULATED: %v", d.id, v.ended.As)
		for _, line := range totalsWords(&v.ended.Totals) {
			d.say(asText, "%s", line)
		}
	} else if d.agent == nil {
		d.say(asText, "the session stays open in the record, since it ended with the agent dead: an agent on that folder takes it up, paused")
	} else {
		d.fail("the session was not closed")
	}
	d.expect(true, "record verified: %s, %s, %s of signal, every byte in its chain",
		plural(v.Sessions, "session"), plural(int(v.Records), "event"), plural(int(v.Chunks), "chunk"))
	d.expect(v.marked, "the record says that it is simulated, in every event")
	switch {
	case unpermitted < 0:
		d.fail("the pen did not say how long its motor was under power without a permit")
	default:
		d.expect(unpermitted == 0, "the motor was under power without a permit for %s, by the pen's own count", ms(unpermitted))
	}
	if len(d.missing) == 0 {
		d.expect(v.trips >= 1 && v.holds >= 1 && v.kinds[session.ZoneRefused{}.Kind()] >= 1,
			"in the record: %s, %s, %s refused", plural(v.trips, "trip"), plural(v.holds, "hold"), plural(v.kinds[session.ZoneRefused{}.Kind()], "zone"))
	}
	d.say(asText, "the record is kept in %s; look at it:", d.dir)
	d.say(asText, "penlog session show last --dir %s", d.dir)
}

func join(list []string) string {
	out := ""
	for i, s := range list {
		if i > 0 {
			out += ", "
		}
		out += s
	}
	return out
}
