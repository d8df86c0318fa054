package simpen

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"penlog/cmd/internal/replay"
	"penlog/device/capture"
	"penlog/protocol"
)

// ErrNobody is a replay for which no host said hello, or read.
var ErrNobody = errors.New("simpen: nobody took the pen")

const (
	announceEvery = time.Second            // PROTOCOL.md §5.1
	helloPatience = 60 * time.Second       // for the first host; it may have to be started
	againPatience = 5 * time.Second        // for one that said hello before
	roomPatience  = 2 * time.Second        // for a reader, at full speed
	lonelyHello   = 300 * time.Millisecond // until a hello counts as one that the recorded host did not say
)

// ReplayConfig says what is played, and where.
type ReplayConfig struct {
	Capture   *replay.Capture
	PTY       string  // path of the link to make; "-": no link, only the terminal itself
	Speed     float64 // 1: as it was; 0: as fast as it is read
	Verbatim  bool    // the recorded bytes as they are: no host with a session of its own takes them for answers
	ReadyFile string
	Ready     func(Ready) // told where the pen is; may be nil
}

// Replay plays the pen's side of a capture on a pseudo-terminal. It waits for the
// host at hand where the recorded one said hello, says meanwhile who is there as a pen
// without a host does, and answers the host's questions for the time by itself. It
// returns when the capture is at its end, or ctx.
func Replay(ctx context.Context, cfg ReplayConfig) (ReplayReport, error) {
	path := cfg.PTY
	if path == "-" {
		path = ""
	}
	in := make(chan inbound, 256)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	end, err := newPTY(ctx, path, in)
	if err != nil {
		return ReplayReport{}, err
	}
	r := &player{cfg: cfg, end: end, in: in, begun: time.Now(), puppet: newPuppet(cfg.Verbatim)}
	defer func() {
		stop()
		r.unplug()
	}()
	err = r.play(ctx)
	if ctx.Err() != nil && err == nil {
		err = context.Cause(ctx)
	}
	return r.report(), err
}

// player is one Replay. Its goroutine owns all of it.
type player struct {
	cfg    ReplayConfig
	end    endpoint
	in     chan inbound
	begun  time.Time
	conn   *conn
	plugin bool
	told   bool
	*puppet

	from    int64 // moment of the first record
	shift   time.Duration
	bytes   uint64 // of lines that are gone
	lost    uint64
	pushed  uint64 // to the open line
	pending bool   // the host at hand said hello, and the recorded one has not yet
	asked   time.Time
}

func (r *player) now() int64 { return time.Since(r.begun).Microseconds() }

// play plays the records.
func (r *player) play(ctx context.Context) error {
	records := r.cfg.Capture.Records
	if len(records) == 0 {
		return errors.New("simpen: there is nothing in this capture")
	}
	r.from = records[0].Moment
	r.findIdentity(records)
	for i := range records {
		rec := &records[i]
		if err := r.until(ctx, rec.Moment); err != nil {
			return err
		}
		switch rec.Kind {
		case capture.KindOpened:
			if err := r.plug(); err != nil {
				return err
			}
		case capture.KindLost:
			r.unplug()
		case capture.KindRead:
			if err := r.plug(); err != nil { // of a part without its beginning
				return err
			}
			r.puppet.read(rec.Bytes, r.now())
			if err := r.send(ctx); err != nil {
				return err
			}
		case capture.KindWritten:
			if err := r.written(ctx, rec.Bytes); err != nil {
				return err
			}
		}
	}
	return r.drain(ctx)
}

// findIdentity takes the first identity of the capture, to announce.
func (r *player) findIdentity(records []capture.Record) {
	var d protocol.Decoder
	var f protocol.Frame
	for i := range records {
		if records[i].Kind != capture.KindRead {
			continue
		}
		for b, ok := records[i].Bytes, true; ok; {
			if b, ok = d.Next(b, &f); ok && f.Type == protocol.TypeIdentity {
				r.id = slices.Clone(f.Payload)
				return
			}
		}
	}
}

// unasked answers a hello that the recorded host does not say: its welcome is made up.
func (r *player) unasked() {
	if r.pending && r.recorded.greeted && !r.cfg.Verbatim && time.Since(r.asked) > lonelyHello {
		r.pending = false
		r.welcomeNow(r.now())
		r.push()
	}
}

// until lets time pass up to a moment of the capture.
func (r *player) until(ctx context.Context, moment int64) error {
	if r.cfg.Speed == 0 {
		return r.pass(ctx, 0, nil)
	}
	due := time.Duration(float64(moment-r.from)*float64(time.Microsecond)/r.cfg.Speed) + r.shift
	return r.pass(ctx, due-time.Since(r.begun), nil)
}

// pass takes what the host sends for so long, or until done says so.
func (r *player) pass(ctx context.Context, d time.Duration, done func() bool) error {
	timer := time.NewTimer(max(d, 0))
	defer timer.Stop()
	for done == nil || !done() {
		r.unasked()
		select { // what has come is taken, however late it is
		case i := <-r.in:
			r.takeIn(i)
			continue
		default:
		}
		if d <= 0 {
			return ctx.Err()
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case i := <-r.in:
			r.takeIn(i)
		case <-timer.C:
			return nil
		}
	}
	return ctx.Err()
}

func (r *player) takeIn(i inbound) {
	switch {
	case i.open && !i.conn.closed.Load():
		r.conn, r.pushed = i.conn, 0
	case i.conn != r.conn || i.bytes == nil:
	default:
		if r.puppet.host(i.bytes, r.now()) {
			r.pending, r.asked = true, time.Now()
		}
		r.push()
	}
}

// written is the recorded host's turn. Where it said hello, the host at hand has to.
func (r *player) written(ctx context.Context, b []byte) error {
	var d protocol.Decoder
	var f protocol.Frame
	for ok := true; ok; {
		if b, ok = d.Next(b, &f); !ok {
			break
		}
		if !r.recorded.take(&f) || r.cfg.Verbatim {
			continue
		}
		patience := againPatience
		if !r.live.greeted {
			patience = helloPatience
		}
		if !r.pending {
			if err := r.await(ctx, patience); err != nil {
				return err
			}
		}
		r.pending = false
	}
	return nil
}

// await waits for a hello, and announces the pen meanwhile. The capture stands still.
func (r *player) await(ctx context.Context, patience time.Duration) error {
	begun := time.Now()
	first := !r.live.greeted
	for time.Since(begun) < patience {
		r.announce()
		r.push()
		if err := r.pass(ctx, announceEvery, func() bool { return r.pending }); err != nil {
			return err
		}
		if r.pending {
			r.shift += time.Since(begun)
			return nil
		}
	}
	r.shift += time.Since(begun)
	if first {
		return fmt.Errorf("%w: no host said hello within %v", ErrNobody, patience)
	}
	return nil // it knows the pen already
}

// send puts what the puppet says on the line; at full speed it waits for room.
func (r *player) send(ctx context.Context) error {
	if r.cfg.Speed != 0 || r.conn == nil {
		r.push()
		return nil
	}
	for begun := time.Now(); r.waiting()+len(r.puppet.out) > outboxSize; {
		if time.Since(begun) > roomPatience {
			return fmt.Errorf("%w: for %v nobody read", ErrNobody, roomPatience)
		}
		if err := r.pass(ctx, time.Millisecond, func() bool { return false }); err != nil {
			return err
		}
	}
	r.push()
	return nil
}

// waiting is how many bytes the open line has not taken yet.
func (r *player) waiting() int {
	written, lost := r.conn.out.counts()
	return int(r.pushed - written - lost)
}

func (r *player) push() {
	b := r.puppet.take()
	if len(b) == 0 {
		return
	}
	if r.conn == nil {
		r.lost += uint64(len(b))
		return
	}
	r.pushed += uint64(len(b))
	r.conn.out.push(b, 0)
}

// drain lets what waits go out at the end, and be read.
func (r *player) drain(ctx context.Context) error {
	for begun := time.Now(); r.conn != nil && (r.waiting() > 0 || r.end.unread()) && time.Since(begun) < roomPatience; {
		if err := r.pass(ctx, 10*time.Millisecond, func() bool { return false }); err != nil {
			return err
		}
	}
	return nil
}

func (r *player) plug() error {
	if r.plugin {
		return nil
	}
	if err := r.end.plug(); err != nil {
		return err
	}
	r.plugin = true
	for { // its line is open at once
		if i := <-r.in; i.open && !i.conn.closed.Load() {
			r.conn, r.pushed = i.conn, 0
			break
		}
	}
	if r.told {
		return nil
	}
	r.told = true
	m := Ready{PID: os.Getpid()}
	m.Listens, m.Device = r.end.where()
	if r.cfg.Ready != nil {
		r.cfg.Ready(m)
	}
	if r.cfg.ReadyFile != "" {
		return writeReady(r.cfg.ReadyFile, m)
	}
	return nil
}

func (r *player) unplug() {
	if !r.plugin {
		return
	}
	w, l := r.conn.out.counts()
	r.bytes, r.lost = r.bytes+w, r.lost+l
	r.conn, r.plugin = nil, false
	r.live.greeted, r.recorded.greeted, r.pending = false, false, false
	r.end.unplug()
}
