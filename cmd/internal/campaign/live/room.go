package live

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"penlog/cmd/internal/campaign"
	"penlog/cmd/internal/campaign/script"
	"penlog/cmd/internal/simpen"
	"penlog/protocol"
	"penlog/session"
)

// Config says which agent it is, and where its pen hangs.
type Config struct {
	URL    string // of its API
	Secret string // of this start, from its ready file
	Dir    string // its data folder, to read the record back; empty: what only that shows can't be told
	PTY    string // path of the link that the agent was given as --port serial://PATH

	// Technician and Clinician are who scripts speak of, by their names in the
	// clinic's file; empty: tech and doc.
	Technician, Clinician session.By
	// AbortOpen ends a session that was left open before; else it is refused.
	AbortOpen bool
}

// ErrConfig is wrapped by errors that come from how it was called.
var ErrConfig = errors.New("live")

// Room is an agent with a place for a pen. One goroutine plays in it.
type Room struct {
	cfg  Config
	http *http.Client
}

// Open looks at the agent, and says what stands in the way of playing against it:
// errors wrap [ErrConfig] or [ErrAgent].
func Open(ctx context.Context, cfg Config) (*Room, error) {
	u, err := url.Parse(cfg.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("%w: %q is no address of an agent: write it as it prints it, like http://127.0.0.1:9477", ErrConfig, cfg.URL)
	}
	if cfg.PTY == "" {
		return nil, fmt.Errorf("%w: where is the pen to be? Give --pty PATH, the path that the agent was started with as --port serial://PATH", ErrConfig)
	}
	if cfg.Secret == "" {
		return nil, fmt.Errorf("%w: commands need the secret of this start of the agent: give its ready file with --ready-file, or the secret with --secret-file or in PENLOG_SECRET", ErrConfig)
	}
	if cfg.PTY, err = filepath.Abs(cfg.PTY); err != nil {
		return nil, fmt.Errorf("%w: --pty: %w", ErrConfig, err)
	}
	if strings.HasPrefix(cfg.PTY, "/dev/") && !strings.HasPrefix(cfg.PTY, "/dev/shm/") {
		return nil, fmt.Errorf("%w: %s is a name of the system's, where a real pen may come: start the agent with another, like serial:///tmp/pen", ErrConfig, cfg.PTY)
	}
	if cfg.Technician == "" {
		cfg.Technician = campaign.ByTechnician
	}
	if cfg.Clinician == "" {
		cfg.Clinician = campaign.ByClinician
	}
	cfg.URL = strings.TrimRight(cfg.URL, "/")
	r := &Room{cfg: cfg, http: &http.Client{}}
	v, err := r.view(ctx)
	if err != nil {
		return nil, err
	}
	if err := r.reads(&v); err != nil {
		return nil, err
	}
	// Without a zone it is refused; whether by the secret is what is asked.
	var refused *session.RefusedError
	if _, err := r.ask(ctx, session.Command{Do: session.CmdChoose, By: cfg.Technician}); err != nil && !errors.As(err, &refused) || errors.Is(err, ErrAgent) {
		return nil, err
	}
	return r, r.clear(ctx, &v)
}

// reads refuses an agent that reads another port.
func (r *Room) reads(v *session.View) error {
	path, serial := strings.CutPrefix(v.Host.Port, "serial://")
	if serial && same(path, r.cfg.PTY) {
		return nil
	}
	return agentf("reads %s and the pen would be at %s: start it with --port serial://%s", v.Host.Port, r.cfg.PTY, r.cfg.PTY)
}

// same reports whether two paths are of one place, links to their folders aside.
func same(a, b string) bool {
	for _, p := range []*string{&a, &b} {
		if dir, err := filepath.EvalSymlinks(filepath.Dir(*p)); err == nil {
			*p = filepath.Join(dir, filepath.Base(*p))
		}
	}
	return filepath.Clean(a) == filepath.Clean(b)
}

// clear makes sure that no session is open.
func (r *Room) clear(ctx context.Context, v *session.View) error {
	switch {
	case !v.Open:
		return nil
	case !v.Simulated:
		return agentf("has a session open that is not marked as simulated: finish it in Penlog; nothing here touches it")
	case !r.cfg.AbortOpen:
		return agentf("has a session open, %v: finish or abort it first, or let it be aborted with --abort-open", v.State)
	}
	if _, err := r.ask(ctx, session.Command{Do: session.CmdAbort, By: r.cfg.Technician}); err != nil {
		return fmt.Errorf("the session that was open can't be aborted: %w", err)
	}
	return nil
}

// Play plays a script to its end, in its own time and a few seconds more. When ctx
// ends, pen and session are ended first, and its error is returned. Any other error
// says why nothing can be said of the script.
func (r *Room) Play(ctx context.Context, s *script.Script, o campaign.Options) (campaign.Result, error) {
	none := campaign.Result{Script: s}
	if why := Impossible(s); why != "" {
		return none, fmt.Errorf("it can't be played live: %s", why)
	}
	v, err := r.view(ctx)
	if err != nil {
		return none, err
	}
	if err := r.clear(ctx, &v); err != nil {
		return none, err
	}
	if err := r.unplugged(ctx, &v); err != nil {
		return none, err
	}
	pen, err := campaign.PenOf(s)
	if err != nil {
		return none, err
	}
	pen.Boots = uint64(time.Now().UnixMicro()) // the agent has heard of others with this serial number
	baud := 0
	if pen.Profile.Identity.Caps.Has(protocol.CapUART) {
		baud = protocol.BootBaud
	}
	// The player ends what is under way when ctx does; then it stops.
	run, stop := context.WithCancel(context.WithoutCancel(ctx))
	p := newPlayer(r, s, o, &v, stop)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer stop()
	wg.Go(func() {
		select {
		case <-ctx.Done():
			p.inbox.put(news{at: time.Now(), err: ctx.Err()})
		case <-run.Done():
		}
	})
	wg.Go(func() {
		err := r.stream(run, func(at time.Time, f *frame, events []session.Event) {
			p.inbox.put(news{at: at, frame: f, events: events})
		})
		p.inbox.put(news{at: time.Now(), err: err, gone: true})
	})
	wg.Go(func() { r.asker(run, p) })
	if err := simpen.Run(run, simpen.Config{Pen: pen, PTY: r.cfg.PTY, Baud: baud, Player: p}); err != nil {
		return none, err
	}
	if p.err != nil {
		return p.res, p.err
	}
	return p.finish(context.WithoutCancel(ctx)), nil
}

// asker gives the player's commands, one after the other.
func (r *Room) asker(ctx context.Context, p *player) {
	for {
		select {
		case <-ctx.Done():
			return
		case c := <-p.asks:
			v, err := r.ask(ctx, c)
			p.inbox.put(news{at: time.Now(), did: c.Do, view: v, err: err})
		}
	}
}

// unplugged waits until the agent has no port open: the pen of the script before is
// gone, and no other is there.
func (r *Room) unplugged(ctx context.Context, v *session.View) error {
	const patience = 10 * time.Second
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for v.Host.PortOpen {
		select {
		case <-ctx.Done():
			return agentf("has a pen at %s already: end what is there, a pen of another program perhaps", r.cfg.PTY)
		case <-again.C:
		}
		now, err := r.view(ctx)
		if err != nil && ctx.Err() == nil {
			return err
		} else if err == nil {
			*v = now
		}
	}
	return nil
}
