package session

import (
	"time"

	"penlog/protocol"
)

// abortMost is how long an abort waits for the motor: what does not stop by then
// does not obey, or nobody can stop it.
const abortMost = time.Second

// aborting is an abort under way: the pen is told to stop, the record is sealed when
// its last strokes are in it. It dies with the process: the session then comes back
// paused.
type aborting struct {
	cmd     Command
	tickets []uint64 // who asked
	until   protocol.Instant
}

func (a *aborting) is() bool { return len(a.tickets) > 0 }

// moves reports whether the motor runs, or may start on a permit that the pen still
// has. From a pen without a link nothing more comes.
func (c *Cold) moves() bool {
	return c.pen != nil && c.have && (c.last.MotorOn() || c.last.Flags.Has(protocol.FlagPermit))
}

// abort stops the pen and lets the end wait for it. One that is refused stops it too.
func (c *Cold) abort(cmd *Command, t uint64, env *Env, now protocol.Instant, at protocol.At) error {
	if _, err := c.proc.Decide(*cmd, env); err != nil {
		return err
	}
	c.orders = append(c.orders, Order{Kind: OrderStop})
	if c.aborting.is() {
		c.aborting.tickets = append(c.aborting.tickets, t)
		return nil
	}
	c.aborting = aborting{cmd: *cmd, tickets: []uint64{t}, until: now.Add(abortMost)}
	to, _ := c.proc.State.Next(ActPause)
	c.add(PausedEvent{By: cmd.By, Why: "the session is aborted", To: to}, now, at)
	c.settle(now)
	return nil
}

// aborted ends the session that is being aborted.
func (c *Cold) aborted(now protocol.Instant, at protocol.At) {
	a := c.aborting
	c.aborting = aborting{}
	events, err := c.proc.Decide(a.cmd, c.env(at))
	if err != nil { // it could be, and nothing but an abort ends it meanwhile
		for _, t := range a.tickets {
			c.answers = append(c.answers, Answer{Ticket: t, Err: err, View: c.View(now)})
		}
		return
	}
	for i, e := range events {
		if end, ok := e.(Ended); ok {
			events[i] = c.end(end, now, at)
		} else {
			c.add(e, now, at)
		}
	}
	for _, t := range a.tickets {
		c.wait(t, events, now)
	}
	c.settle(now)
}
