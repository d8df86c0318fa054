package simpen

import (
	"context"
	"time"

	"penlog/protocol"
	"penlog/sim"
)

// runner is one Run. Its goroutine owns all of it.
type runner struct {
	cfg   Config
	rig   *sim.Rig
	pen   *sim.Pen // of the rig, to look at
	end   endpoint
	in    chan inbound
	asks  chan Control // from the control endpoint
	desk  *desk        // the control endpoint; nil: none
	start time.Time
	conn  *conn // open line; nil: none

	opening       bool   // a terminal is there and its line about to open: bytes wait for it
	absent        bool   // the cable is in and no client at its end
	out           bool   // the endpoint is down, since the cable is out
	port          string // the rig's name of it, as last seen
	lost, written uint64 // of lines that are gone
	pushed        protocol.Instant
	nextState     protocol.Instant
	script        []timed
	hand          *sim.Hand

	over    uint64           // the episode that is followed
	aimed   bool             // its reading's end has been marked
	heard   protocol.Instant // bytes were handed to the pen, last
	revoke  protocol.Instant // arrival of the bytes that stopped the motor
	lapse   Silence
	lapsing bool

	events []sim.Event
	buf    []byte
	quit   bool
}

// timed is a control that waits for its moment.
type timed struct {
	at protocol.Instant
	c  Control
}

func (r *runner) instant(t time.Time) protocol.Instant {
	return protocol.Instant(t.Sub(r.start) / time.Microsecond)
}

// loop runs the pen until ctx is done or a quit.
func (r *runner) loop(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	controls := r.cfg.Controls
	var wake <-chan struct{}
	if r.cfg.Player != nil {
		wake = r.cfg.Player.Wake()
	}
	for !r.quit {
		select {
		case <-ctx.Done():
			return nil
		case i := <-r.in:
			r.take(i)
		case c, ok := <-controls:
			if !ok {
				controls = nil
				break
			}
			r.advance(r.instant(time.Now()))
			r.control(c)
		case c := <-r.asks:
			r.advance(r.instant(time.Now()))
			r.control(c)
		case <-wake:
		case <-timer.C:
		}
		for more := true; more; { // what has arrived comes before what falls due
			select {
			case i := <-r.in:
				r.take(i)
			default:
				more = false
			}
		}
		now := r.instant(time.Now())
		r.advance(now)
		timer.Reset(max(0, time.Until(r.start.Add(time.Duration(r.next())*time.Microsecond))))
	}
	return nil
}

// next is when something falls due, at most a second ahead.
func (r *runner) next() protocol.Instant {
	next := min(r.rig.Wakes(), r.rig.Now().Add(time.Second))
	if !r.opening {
		next = min(next, r.rig.Up().Next())
	}
	if len(r.script) > 0 {
		next = min(next, r.script[0].at)
	}
	if r.hand != nil {
		next = min(next, r.hand.Next())
	}
	if r.cfg.Player != nil {
		next = min(next, r.cfg.Player.Next())
	}
	if r.cfg.StateEach > 0 {
		next = min(next, r.nextState)
	}
	return next
}

// take deals with what came from the line.
func (r *runner) take(i inbound) {
	at := r.instant(i.at)
	switch {
	case i.open && i.conn.closed.Load():
	case i.open:
		r.advance(at)
		if r.conn != nil {
			r.hangUp()
		}
		r.conn, r.opening, r.absent = i.conn, false, false
		r.rig.Do(at, sim.Act{Do: sim.DoReplug})
		r.plugged(true)
	case i.conn != r.conn:
	case i.bytes == nil:
		r.advance(at)
		r.hangUp()
		r.absent = true
		r.rig.Do(at, sim.Act{Do: sim.DoUnplug})
		r.plugged(false)
	default:
		r.advance(at)
		r.rig.Write(i.bytes, r.rig.Now())
		r.advance(at)
	}
}

// hangUp forgets a line that is gone, and what is under way on it.
func (r *runner) hangUp() {
	w, l := r.conn.out.counts()
	r.written, r.lost = r.written+w, r.lost+l
	r.conn = nil
	r.rig.HangUp(r.rig.Now())
}

// advance brings the world to now, each thing in its order.
func (r *runner) advance(now protocol.Instant) {
	for {
		t := r.rig.Wakes()
		if len(r.script) > 0 {
			t = min(t, r.script[0].at)
		}
		if r.hand != nil {
			t = min(t, r.hand.Next())
		}
		if r.cfg.Player != nil {
			t = min(t, r.cfg.Player.Next())
		}
		if t > now {
			break
		}
		t = max(t, r.rig.Now())
		r.rig.Step(t)
		r.look()
		if r.hand != nil {
			r.rig.Hand(r.hand, t)
		}
		for len(r.script) > 0 && r.script[0].at <= t {
			c := r.script[0].c
			r.script = r.script[1:]
			r.control(c)
		}
		r.look()
		r.play()
	}
	r.rig.Step(now)
	r.look()
	r.play()
	r.send(now)
	if r.cfg.StateEach > 0 && now >= r.nextState {
		r.nextState = now.Add(r.cfg.StateEach)
		r.state()
	}
}

// look tells what happened at the pen, and moves the endpoint with the cable.
func (r *runner) look() {
	r.events = r.rig.TakeEvents(r.events[:0])
	for i := range r.events {
		r.happened(&r.events[i])
		if r.cfg.Player != nil {
			r.cfg.Player.Saw(&r.events[i])
		}
	}
	if out := r.rig.Has(sim.FaultUnplugged) || !r.rig.Plugged() && !r.absent; out != r.out {
		if out {
			r.pull()
			return
		}
		name := r.port
		err := r.put()
		if err == nil && r.port != name {
			err = r.ready("moved")
		}
		if err != nil {
			r.see(Observation{See: "refused", Of: "replug", Why: err.Error()})
		}
	}
}

// send hands what has left the pen's end by now to the system.
func (r *runner) send(now protocol.Instant) {
	if r.opening {
		return
	}
	up := r.rig.Up()
	before := up.Departed()
	b := r.rig.Read(r.buf[:0], now)
	if len(b) == 0 {
		return
	}
	r.buf = b
	if r.conn == nil {
		r.lost += uint64(len(b))
		return
	}
	if stale := 500 * time.Millisecond; !r.pen.Hosted() && now-r.pushed > protocol.Instant(stale/time.Microsecond) || r.conn.out.stuck(stale) {
		r.end.drain()
	}
	r.pushed = now
	mark := 0
	if r.pen.Episode().Shown != 0 {
		if n := r.pen.Truth().Episodes; r.over != n {
			r.over, r.aimed = n, false
		}
		// Where the reading ends, counted as the line counts.
		if end := r.rig.Shown(); !r.aimed && end != 0 && up.Departed() >= end {
			r.aimed = true
			mark = max(1, len(b)-int(up.Departed()-max(end, before)))
		}
	}
	r.conn.out.push(b, mark)
}
