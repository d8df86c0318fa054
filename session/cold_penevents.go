package session

import (
	"fmt"
	"time"

	"penlog/protocol"
	"penlog/session/clinic"
)

var penEventNames = map[protocol.EventKind]string{
	protocol.EventButton: "button", protocol.EventPressStart: "press_start", protocol.EventMotorStopped: "motor_stopped",
	protocol.EventCartridgeIn: "cartridge_in", protocol.EventCartridgeOut: "cartridge_out", protocol.EventFault: "fault",
	protocol.EventReleased: "released", protocol.EventGuarded: "guarded", protocol.EventOwnStop: "own_stop",
}

// penEvent takes in what happened at the pen, which repeats it until it is on
// disk. Nobody's record takes what happened before the session.
func (c *Cold) penEvent(e *protocol.PenEvent, now protocol.Instant, at protocol.At) {
	if c.pen == nil || !c.have {
		return // the next repeat comes with readings
	}
	up := c.penUp()
	boot := up.boot()
	switch {
	case e.ID <= c.heard[boot]:
		if c.acting.record == 0 {
			c.ackEvent(e.ID) // that it is on disk was lost on the way to the pen
		}
		return
	case !c.open() || c.proc.Foreign || c.before(e):
		if e.Kind == protocol.EventCartridgeIn {
			c.needles = protocol.Micrometres(e.Arg)
		}
		c.ackEvent(e.ID)
		return
	}
	if e.Kind == protocol.EventCartridgeIn {
		defer c.cartridge(protocol.Micrometres(e.Arg), now, at)
	}
	if c.acting.record > 0 {
		return // one at a time: the one before it is not on disk yet
	}
	name, ok := penEventNames[e.Kind]
	if !ok {
		name = fmt.Sprintf("event %d", e.Kind)
	}
	c.add(PenActed{ID: e.ID, What: name, Arg: int(e.Arg), Tick: uint32(e.Tick)}, now, at)
	c.heard.hear(boot, e.ID)
	c.acting = acting{e.ID, c.conn, c.chain.Session, c.chain.Seq}
	c.pressed(e, now, at)
	if !c.proc.PressTested && c.still(e) {
		c.add(PressTested{e.ID}, now, at)
	}
}

// pressed does what a press of the pen's button means in this clinic, and pauses
// when the cartridge goes: what comes next is another, which nobody has named.
func (c *Cold) pressed(e *protocol.PenEvent, now protocol.Instant, at protocol.At) {
	p := c.proc
	switch {
	case e.Kind == protocol.EventCartridgeOut && p.State.MayPermit():
		c.lose("the cartridge was taken out", now, at)
	case e.Kind != protocol.EventButton || e.Arg != 1:
	case c.cfg.Clinic.Button() == clinic.PassMark && p.Here != (Place{}):
		c.add(PassMarked{By: p.Operator, Delta: 1, Button: e.ID}, now, at)
	case c.cfg.Clinic.Button() == clinic.Pause:
		if to, ok := p.State.Next(ActPause); ok {
			c.add(PausedEvent{By: p.Operator, Why: "paused at the pen", To: to}, now, at)
			c.orders = append(c.orders, Order{Kind: OrderStop})
		}
	}
}

// acting is an event of the pen that is on its way to the disk.
type acting struct {
	id      uint32
	conn    uint32
	session ID
	record  uint64 // 0: none is
}

// ackEvent lets the pen forget its event.
func (c *Cold) ackEvent(id uint32) {
	c.orders = append(c.orders, Order{Kind: OrderAckEvent, ID: id, Conn: c.conn})
}

// beforeMost is by how much the age of an event may be off.
const beforeMost = 100 * time.Millisecond

// before reports whether e happened before the session was opened. The pen's
// ticks reach back 35 minutes: what lies ahead of its newest reading is older.
func (c *Cold) before(e *protocol.PenEvent) bool {
	d := e.Tick.Since(c.last.Tick)
	return d > time.Second || c.lastAt.Add(d+beforeMost) < c.openedAt
}

// still reports whether e is a press that found no permit, not even a trial's,
// and left the motor still: the proof that arming asks for. What counts is how
// things were when it happened, which may be a while ago.
func (c *Cold) still(e *protocol.PenEvent) bool {
	return e.Kind == protocol.EventPressStart && protocol.StartResult(e.Arg) == protocol.StartNoPermit &&
		!c.ready && c.calm && e.Tick.Since(c.calmFrom) >= 0
}

// eventsLost records that the pen had no room for events: n of them since boot.
func (c *Cold) eventsLost(n uint16, now protocol.Instant, at protocol.At) {
	up := c.penUp()
	boot := up.boot()
	was, known := c.lostEvents[boot]
	c.lostEvents.hear(boot, uint32(n))
	if uint32(n) <= was || !c.open() || c.proc.Foreign {
		return
	}
	why := "the pen had no room for them"
	if !known {
		why += " since it was switched on"
	}
	c.add(EntriesDropped{Entries: uint32(n) - was, Why: why}, now, at)
}
