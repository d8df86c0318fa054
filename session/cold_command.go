package session

import (
	"encoding/json"
	"slices"

	"penlog/protocol"
	"penlog/session/passes"
)

// Command carries out what a person asks. Its outcome comes as the [Answer]
// with the ticket returned.
func (c *Cold) Command(cmd Command, now protocol.Instant, at protocol.At) uint64 {
	c.ticket++
	t := c.ticket
	events, err := c.decide(&cmd, t, now, at)
	switch {
	case err != nil:
		c.answers = append(c.answers, Answer{Ticket: t, Err: err, View: c.View(now)})
		if cmd.Do == CmdStop || cmd.Do == CmdPause || cmd.Do == CmdAbort {
			c.orders = append(c.orders, Order{Kind: OrderStop}) // whatever is wrong with the words, somebody wants it to stop
		}
		return t
	case events == nil: // Hot answers
		return t
	case c.isPast(&cmd):
		c.addToPast(&cmd, t, events, now, at)
		return t
	}
	for i, e := range events {
		if o, ok := e.(Opened); ok {
			c.begin(o, now, at)
			continue
		}
		if end, ok := e.(Ended); ok {
			events[i] = c.end(end, now, at)
			continue
		}
		c.add(e, now, at)
	}
	c.wait(t, events, now)
	c.settle(now)
	if cmd.Do == CmdStop || cmd.Do == CmdPause || cmd.Do == CmdAbort || cmd.Do == CmdFinish {
		c.orders = append(c.orders, Order{Kind: OrderStop}) // whatever the pen is running on
	}
	return t
}

// wait answers the ticket when all that was recorded up to now is on disk.
func (c *Cold) wait(t uint64, events []Event, now protocol.Instant) {
	if c.committed >= c.chain.Seq {
		c.answers = append(c.answers, Answer{Ticket: t, Events: events, View: c.View(now)})
		return
	}
	c.waiting = append(c.waiting, waiter{t, c.chain.Session, c.chain.Seq, events})
	c.flushNow = true
}

// clean is the command as it would come back from the record: what is not UTF-8
// would not.
func (c *Command) clean() error {
	b, err := json.Marshal(c)
	back := Command{History: c.History}
	if err == nil {
		err = json.Unmarshal(b, &back)
	}
	if err != nil {
		return refuse("bad_value", "the command can't be recorded: "+err.Error(), "use the codes and figures that there are")
	}
	*c = back
	return nil
}

// inHaste are taken though the record stands still: to stop comes first.
var inHaste = []CommandKind{CmdStop, CmdPause, CmdAbort, CmdAcknowledge}

// decide gives the events of a command; none and no error when Hot is asked first.
func (c *Cold) decide(cmd *Command, t uint64, now protocol.Instant, at protocol.At) ([]Event, error) {
	spec, err := cmd.Do.known()
	if err != nil {
		return nil, err
	}
	if err := cmd.clean(); err != nil {
		return nil, err
	}
	env := c.env(at)
	if c.open() && (cmd.Do == CmdStop || cmd.Do == CmdPause) {
		cmd.Session = nil // they are for what runs, whatever is on the screen of who asks
	}
	switch {
	case c.stalled(now) && !slices.Contains(inHaste, cmd.Do):
		return nil, refuse("record_stalled", "the record can't be written", "check the free space and the disk of this PC")
	case cmd.Do == CmdOpen:
		return c.opening(cmd, &spec, env)
	case cmd.Do == CmdLocate:
		return nil, c.locate(t, now)
	case c.isPast(cmd):
		return c.decidePast(cmd, env)
	case c.proc == nil:
		return nil, refuse("no_session", "no session is open", "open one")
	case cmd.Do == CmdAbort && c.open() && c.moves():
		return nil, c.abort(cmd, t, env, now, at)
	case c.aborting.is() && cmd.Do != CmdMute && !slices.Contains(inHaste, cmd.Do):
		return nil, refuse("session_ends", "the session is being aborted", "wait a second, until the motor has stopped")
	case cmd.Do == CmdResume && c.proc.HigherAt != 0 && now > c.actUntil:
		return nil, tooLate() // by the monotonic clock, whatever the wall clock does
	case cmd.Do == CmdAcknowledge:
		if c.proc.State != Tripped || c.proc.Trip == nil {
			return nil, refusedIn(c.proc.State, cmd.Do)
		}
		if err := authorise(cmd, &spec, env); err != nil {
			return nil, err
		}
		c.acks = append(c.acks, ackWaiter{ticket: t, by: cmd.By})
		c.orders = append(c.orders, Order{Kind: OrderAcknowledge})
		return nil, nil
	case cmd.Do == CmdAcceptPen:
		switch err := authorise(cmd, &spec, env); {
		case err != nil:
			return nil, err
		case !c.open():
			return nil, refusedIn(c.proc.State, cmd.Do)
		case c.pen == nil:
			return nil, refuse("no_pen", "no pen answers", "plug the pen in and switch it on, then accept it")
		}
		c.orders = append(c.orders, Order{Kind: OrderAcceptPen})
		return []Event{Noted{By: cmd.By, Text: "the pen that answers now is accepted"}}, nil
	}
	return c.proc.Decide(*cmd, env)
}

func (c *Cold) opening(cmd *Command, spec *CommandSpec, env *Env) ([]Event, error) {
	if c.open() {
		return nil, refuse("session_open", "a session is open already", "finish, abort or interrupt it first")
	}
	if err := authorise(cmd, spec, env); err != nil {
		return nil, err
	}
	cfg := &c.cfg
	return []Event{Opened{By: cmd.By, Agent: cfg.Version, Table: cfg.Limits.Version(), Hash: cfg.Limits.Hash(), Patient: cmd.Patient,
		Policy: Edition{env.Policy.Version(), env.Policy.Hash()}, Clinic: Edition{cfg.Clinic.Version(), cfg.Clinic.Hash()},
		Cartridges: Edition{env.Cartridges.Version(), env.Cartridges.Hash()}, Labels: Edition{env.Labels.Version(), env.Labels.Hash()}, Room: cfg.Clinic.Room(), History: cmd.History}}, nil
}

func (c *Cold) locate(t uint64, now protocol.Instant) error {
	switch {
	case c.pen == nil:
		return refuse("no_pen", "no pen answers", "plug the pen in and switch it on")
	case !c.pen.Caps.Has(protocol.CapAnnounces):
		return refuse("unsupported", "this pen has no light or sound to show itself by", "follow its cable")
	}
	c.orders = append(c.orders, Order{Kind: OrderLocate})
	c.answers = append(c.answers, Answer{Ticket: t, View: c.View(now)})
	return nil
}

// begin opens a procedure, and gives it what is known of the pen.
func (c *Cold) begin(o Opened, now protocol.Instant, at protocol.At) {
	id := c.cfg.NewID(at)
	if c.proc != nil {
		c.past.keep(c.proc, c.chain)
	}
	c.proc = NewProcedure(id)
	c.track = passes.Tracker{}
	if c.have {
		c.track.See(&c.last) // from which the strokes of a motor that runs are counted
	}
	c.chain, c.signal, c.committed = Chain{Session: id}, Chain{Session: id}, 0
	c.body, c.count, c.lost, c.verdictSeq = nil, 0, 0, 0
	c.openedAt = now
	c.shed, c.saidAt, c.flicker = 0, 0, [ruleEnd]flicker{}
	c.known, c.prior, c.run = nil, nil, run{}                // what was before is not of this session
	c.orders = append(c.orders, Order{Kind: OrderAcceptPen}) // a session begins with the pen at hand
	c.add(o, now, at)
	if c.pen != nil {
		c.add(c.penUp(), now, at)
		c.add(ModeChanged{c.mode}, now, at)
		c.cartridge(c.needles, now, at)
	}
	for _, b := range c.holds {
		if b.Response != Trip {
			b.To = c.proc.State
			c.add(b, now, at)
		}
	}
	if c.trip != nil { // of before: it is acknowledged in this session
		b := *c.trip
		b.To = Tripped
		c.add(b, now, at)
	}
}

// end closes signal and record. The last record holds the head of the signal.
func (c *Cold) end(e Ended, now protocol.Instant, at protocol.At) Ended {
	c.rest(now, at)
	c.gap(now, at)
	c.dropped(now, at)
	chunk := c.chunk()
	c.holds = slices.DeleteFunc(c.holds, func(b RuleBroke) bool { return b.Rule.cold() }) // they are of this session
	e.Totals = c.proc.Totals.clone()
	e.SignalSeq, e.SignalHead = c.signal.Seq, c.signal.Head
	src := c.proc.Source
	c.add(e, now, at)
	c.queue(chunk, src, now)
	return e
}
