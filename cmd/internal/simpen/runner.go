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
	pen   *sim.Pen
	end   endpoint
	in    chan inbound
	start time.Time
	conn  *conn     // open line; nil: none
	tx    *sim.Line // pen to host, at its baud
	rx    *sim.Line // host to pen

	opening       bool   // a terminal is there and its line about to open: bytes wait for it
	lost, written uint64 // of lines that are gone
	pushed        protocol.Instant
	noiseEnd      protocol.Instant
	nextState     protocol.Instant
	script        []timed
	hand          *sim.Hand

	over    uint64           // the episode that is followed
	aimed   bool             // its reading's end has been marked
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
	next := min(r.pen.Next(), r.rx.Next(), r.pen.Now().Add(time.Second))
	if !r.opening {
		next = min(next, r.tx.Next())
	}
	if len(r.script) > 0 {
		next = min(next, r.script[0].at)
	}
	if r.hand != nil {
		next = min(next, r.hand.Next())
	}
	if r.noiseEnd != 0 {
		next = min(next, r.noiseEnd)
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
		r.conn, r.opening = i.conn, false
		r.pen.Replug(at)
		r.plugged(true)
	case i.conn != r.conn:
	case i.bytes == nil:
		r.advance(at)
		r.hangUp()
		r.pen.Unplug(at)
		r.plugged(false)
	default:
		r.advance(at)
		r.rx.Write(i.bytes, at)
		r.advance(at)
	}
}

// hangUp forgets a line that is gone, and what is under way on it.
func (r *runner) hangUp() {
	w, l := r.conn.out.counts()
	r.written, r.lost = r.written+w, r.lost+l
	r.conn = nil
	r.tx.Cut()
	r.rx.Cut()
	r.tx.Mend()
	r.rx.Mend()
}

// advance brings the world to now, each thing in its order.
func (r *runner) advance(now protocol.Instant) {
	for {
		t := min(r.pen.Next(), r.rx.Next())
		if len(r.script) > 0 {
			t = min(t, r.script[0].at)
		}
		if r.hand != nil {
			t = min(t, r.hand.Next())
		}
		if t > now {
			break
		}
		t = max(t, r.pen.Now())
		r.pen.Step(t)
		r.said(t)
		r.heard(t)
		if r.hand != nil {
			r.hand.Act(r.pen, t)
		}
		for len(r.script) > 0 && r.script[0].at <= t {
			c := r.script[0].c
			r.script = r.script[1:]
			r.control(c)
		}
		r.said(t)
	}
	r.pen.Step(now)
	r.said(now)
	r.send(now)
	if r.noiseEnd != 0 && now >= r.noiseEnd {
		r.noiseEnd = 0
		r.tx.SetFaults(sim.LineFaults{})
		r.rx.SetFaults(sim.LineFaults{})
	}
	if r.cfg.StateEach > 0 && now >= r.nextState {
		r.nextState = now.Add(r.cfg.StateEach)
		r.state()
	}
}

// heard gives the pen what has come through the line, and notes when it was a stop.
func (r *runner) heard(t protocol.Instant) {
	b := r.rx.Read(r.buf[:0], t)
	if len(b) == 0 {
		return
	}
	ran := r.pen.Truth().Driven
	r.pen.Receive(b, t)
	if ran && !r.pen.Truth().Driven {
		r.revoke = t
	}
	r.buf = b
}

// said puts what the pen sent on the line, and looks at what it did.
func (r *runner) said(t protocol.Instant) {
	if b := r.pen.AppendOutput(r.buf[:0]); len(b) > 0 {
		r.buf = b
		baud := uint32(r.cfg.Baud)
		if fast := r.pen.Baud(); fast != 0 {
			baud = min(baud, fast)
		}
		r.tx.SetBaud(baud)
		r.tx.Write(b, t)
	}
	r.events = r.pen.TakeEvents(r.events[:0])
	for i := range r.events {
		r.happened(&r.events[i])
	}
}

// send hands what has left the pen's end by now to the system.
func (r *runner) send(now protocol.Instant) {
	if r.opening {
		return
	}
	before := r.tx.Departed()
	b := r.tx.Read(r.buf[:0], now)
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
	if tr := r.pen.Truth(); tr.Episode.Shown != 0 {
		if r.over != tr.Episodes {
			r.over, r.aimed = tr.Episodes, false
		}
		// Where the reading ends, counted as the line counts.
		end := tr.Episode.Offset - (r.pen.Sent() - r.tx.Stats().Written)
		if !r.aimed && r.tx.Departed() >= end {
			r.aimed = true
			mark = max(1, len(b)-int(r.tx.Departed()-max(end, before)))
		}
	}
	r.conn.out.push(b, mark)
}
