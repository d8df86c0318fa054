package sim

import (
	"fmt"
	"time"

	"penlog/protocol"
)

// RigConfig says what hangs on a port.
type RigConfig struct {
	Pen Config

	// Up carries bytes from the pen, Down to it. Baud is the most that a line
	// carries: it goes at the pen's speed where that is slower. A Seed of 0 is
	// drawn from Seed below.
	Up, Down LineConfig
	Free     bool   // bytes to the pen take no time on the line, whatever its speed
	Port     string // its name; empty: port0
	Seed     uint64 // of all that is neither pen nor line; 0: the pen's

	// Delivered hears the bytes handed to the pen, just before the pen does. It
	// keeps nothing of b. Nil: nobody listens.
	Delivered func(b []byte, now protocol.Instant)
}

// Rig is all that hangs on one port, in time: the pen, the line both ways, the
// cable, and whatever else gets on the line. The host writes to it and reads
// from it; hands and scripts act on it; [Fault] of every kind goes into it. A
// method with a moment first does all that became due before it; an earlier
// moment than the last counts as the last. The bytes do not depend on how time
// is cut, as long as what is written and done is written and done at the same
// moments.
type Rig struct {
	cfg      RigConfig
	pen      *Pen
	up, down *Line
	now      protocol.Instant

	plugged bool
	port    string
	ports   int // names given so far
	rename  bool
	shown   uint64 // where the reading of Episode.Shown ends, in bytes written to up

	faults [faultKinds - penFaults][2]fault // up, down
	ends   []ending                         // the first to come first
	rng    rng
	loose  loose
	bus

	wakes protocol.Instant // what Wakes gave last
	fresh bool             // nothing but the pen has changed since
	buf   []byte
}

// ending is when a fault is cleared by itself.
type ending struct {
	at   protocol.Instant
	kind FaultKind
	way  Direction
}

// NewRig returns a rig with the cable in. The error is of [NewPen], or says
// which line can't be.
func NewRig(cfg RigConfig) (*Rig, error) {
	for _, l := range [...]*LineConfig{&cfg.Up, &cfg.Down} {
		if l.Delay < 0 || l.Jitter < 0 {
			return nil, fmt.Errorf("sim: new rig: a line's delay of %v and jitter of %v can't be", l.Delay, l.Jitter)
		}
	}
	pen, err := NewPen(cfg.Pen)
	if err != nil {
		return nil, err
	}
	if cfg.Seed == 0 {
		cfg.Seed = cfg.Pen.Seed
	}
	if cfg.Port == "" {
		cfg.Port = "port0"
	}
	r := &Rig{cfg: cfg, pen: pen, now: cfg.Pen.Origin, plugged: true, port: cfg.Port, rng: stream(cfg.Seed, forRig), loose: loose{next: Never}}
	r.bus = newBus(cfg.Seed)
	for i, l := range [...]*LineConfig{&cfg.Up, &cfg.Down} {
		if l.Seed == 0 {
			l.Seed = cfg.Seed<<1 + uint64(i)
		}
	}
	r.up, r.down = NewLine(cfg.Up), NewLine(cfg.Down)
	r.collect()
	return r, nil
}

// Pen is the pen, to look at. What is done to it directly is put on the line
// with the rig's next method; [Rig.Do], [Rig.Press] and [Rig.Hand] do it at once.
func (r *Rig) Pen() *Pen { return r.pen }

// Up is the line from the pen, to look at.
func (r *Rig) Up() *Line { return r.up }

// Down is the line to the pen, to look at.
func (r *Rig) Down() *Line { return r.down }

// Now is the last moment given.
func (r *Rig) Now() protocol.Instant { return r.now }

// Plugged reports whether the cable is in: whether the port is there.
func (r *Rig) Plugged() bool { return r.plugged }

// Port is the port's name, or the one that it had.
func (r *Rig) Port() string { return r.port }

// Shown is where the reading ends that obliges a host to stop the newest
// [Episode], as [LineStats.Written] of the line up counts; 0: none was sent yet.
func (r *Rig) Shown() uint64 { return r.shown }

// Wakes is when something next happens by itself, arrivals at the host's end aside.
func (r *Rig) Wakes() protocol.Instant {
	if r.fresh && !r.pen.stale {
		return r.wakes
	}
	next := min(r.pen.Next(), r.down.Next(), r.bus.next, r.loose.next)
	if len(r.ends) > 0 {
		next = min(next, r.ends[0].at)
	}
	r.wakes, r.fresh = next, true
	return next
}

// Next is when something next happens by itself, or bytes arrive at the host's end.
func (r *Rig) Next() protocol.Instant { return min(r.Wakes(), r.up.Next()) }

// Step lets time pass.
func (r *Rig) Step(now protocol.Instant) {
	r.collect()
	for {
		t := r.Wakes()
		if t > now {
			break
		}
		r.turn(max(t, r.now))
	}
	if now > r.now {
		r.now = now
		r.pen.Step(now)
	}
}

// turn does everything due at t, no later than Wakes.
func (r *Rig) turn(t protocol.Instant) {
	r.now, r.fresh = t, false
	r.pen.Step(t)
	r.collect()
	if len(r.ends) > 0 {
		r.expire()
	}
	if r.loose.next <= t {
		r.wobble()
	}
	if r.bus.next <= t {
		r.meddle()
	}
	if r.down.Next() <= t {
		r.buf = r.down.Read(r.buf[:0], t)
		r.deliver(r.buf)
	}
}

// deliver hands bytes to what is on the far end.
func (r *Rig) deliver(b []byte) {
	if len(b) == 0 {
		return
	}
	if r.cfg.Delivered != nil {
		r.cfg.Delivered(b, r.now)
	}
	r.pen.Receive(b, r.now)
	r.overhear(b)
	r.collect()
}

// collect puts what the pen has sent on the line.
func (r *Rig) collect() {
	if len(r.pen.out) == 0 {
		return
	}
	before := r.pen.sent - uint64(len(r.pen.out))
	r.up.SetBaud(slower(r.cfg.Up.Baud, r.pen.baud))
	if e := &r.pen.episode; e.Offset > before && e.Offset <= r.pen.sent {
		r.shown = r.up.stats.Written + e.Offset - before
	} else if e.Offset == 0 {
		r.shown = 0
	}
	r.up.Write(r.pen.out, r.now)
	r.pen.out = r.pen.out[:0]
}

// slower is the lower of two speeds, of which 0 is none.
func slower(a, b uint32) uint32 {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

// Write sends bytes from the host, one or more whole frames. It keeps nothing of
// b. Without a cable they are lost.
func (r *Rig) Write(b []byte, now protocol.Instant) {
	r.Step(now)
	r.sniff(b)
	r.send(b)
}

// send puts bytes for the pen on the line.
func (r *Rig) send(b []byte) {
	r.fresh = false
	if !r.cfg.Free {
		r.down.SetBaud(slower(r.cfg.Down.Baud, r.pen.Baud()))
	}
	r.down.Write(b, r.now)
}

// Read appends to dst what has arrived at the host's end by now and returns it.
func (r *Rig) Read(dst []byte, now protocol.Instant) []byte {
	r.Step(now)
	if r.up.Next() > r.now {
		return dst
	}
	return r.up.Read(dst, r.now)
}

// TakeEvents appends to dst what happened at the pen since the last call and
// returns it: the newest 256 if there was more.
func (r *Rig) TakeEvents(dst []Event) []Event { return r.pen.TakeEvents(dst) }

// Press presses the pen's button; see [Pen.Press].
func (r *Rig) Press(now protocol.Instant) protocol.StartResult {
	r.Step(now)
	res := r.pen.Press(r.now)
	r.collect()
	return res
}

// Hand lets a hand make the moves that are due.
func (r *Rig) Hand(h *Hand, now protocol.Instant) {
	r.Step(now)
	h.Act(r.pen, r.now)
	r.collect()
}

// Do does what a says, the cable included.
func (r *Rig) Do(now protocol.Instant, a Act) {
	r.Step(now)
	r.fresh = false
	switch a.Do {
	case DoUnplug:
		r.pull()
	case DoReplug:
		r.plug()
	default:
		r.pen.Do(r.now, a)
		r.collect()
	}
}

// pull takes the cable out: what is on the way is lost.
func (r *Rig) pull() {
	if !r.plugged {
		return
	}
	r.plugged = false
	r.pen.Unplug(r.now)
	r.up.Cut()
	r.down.Cut()
}

// plug puts it in again.
func (r *Rig) plug() {
	if r.plugged {
		return
	}
	r.plugged = true
	r.faults[FaultUnplugged-penFaults] = [2]fault{}
	if r.rename {
		r.rename = false
		r.faults[FaultOtherName-penFaults] = [2]fault{}
		r.ports++
		r.port = fmt.Sprintf("%s.%d", r.cfg.Port, r.ports)
	}
	r.up.Mend()
	r.down.Mend()
	r.pen.Replug(r.now)
	r.collect()
}

// HangUp closes the port at the host's end while the cable stays in: what is
// under way, either way, is lost.
func (r *Rig) HangUp(now protocol.Instant) {
	r.Step(now)
	r.fresh = false
	for _, l := range [...]*Line{r.up, r.down} {
		cut := l.cut
		l.Cut()
		l.cut = cut
	}
}

// ms is so many milliseconds.
func ms(n int64) time.Duration { return time.Duration(n) * time.Millisecond }
