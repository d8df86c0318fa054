package session

import (
	"fmt"
	"strings"

	"penlog/protocol"
)

// Command carries out what a person asks. Its outcome comes as the [Answer]
// with the ticket returned.
func (c *Cold) Command(cmd Command, now protocol.Instant, at protocol.At) uint64 {
	c.ticket++
	t := c.ticket
	// What is not UTF-8 would not come back from the record as it went in.
	cmd.By, cmd.Text, cmd.Patient = By(valid(string(cmd.By))), valid(cmd.Text), valid(cmd.Patient)
	events, err := c.decide(cmd, t, now)
	switch {
	case err != nil:
		c.answers = append(c.answers, Answer{Ticket: t, Err: err, View: c.View(now)})
		return t
	case events == nil: // Hot answers
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

func valid(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

// person checks that somebody is named, and nobody but a person.
func person(by By, do CommandKind) error {
	switch {
	case by == "":
		return &RefusedError{Code: "no_person", Words: "nobody is named for " + string(do), Remedy: "give the operator's name or badge in 'by'"}
	case by == Agent:
		return &RefusedError{Code: "no_person", Words: fmt.Sprintf("%q is this program's own name", by), Remedy: "give the operator's name or badge in 'by'"}
	case len(by) > maxName:
		return &RefusedError{Code: "too_long", Words: fmt.Sprintf("the name in 'by' has %d bytes", len(by)), Remedy: fmt.Sprintf("shorten it to %d", maxName)}
	}
	return nil
}

// decide gives the events of a command; none and no error when Hot is asked first.
func (c *Cold) decide(cmd Command, t uint64, now protocol.Instant) ([]Event, error) {
	if err := cmd.Do.known(); err != nil {
		return nil, err
	}
	if c.stalled(now) && cmd.Do != CmdStop && cmd.Do != CmdPause && cmd.Do != CmdAbort && cmd.Do != CmdAcknowledge {
		return nil, &RefusedError{Code: "record_stalled", Words: "the record can't be written", Remedy: "check the free space and the disk of this PC"}
	}
	if cmd.Do == CmdOpen {
		if c.open() {
			return nil, &RefusedError{Code: "session_open", Words: "a session is open already", Remedy: "finish, abort or interrupt it first"}
		}
		if err := person(cmd.By, cmd.Do); err != nil {
			return nil, err
		}
		if len(cmd.Patient) > maxName {
			return nil, &RefusedError{Code: "too_long", Words: fmt.Sprintf("the patient's id has %d bytes", len(cmd.Patient)), Remedy: fmt.Sprintf("shorten it to %d", maxName)}
		}
		return []Event{Opened{By: cmd.By, Agent: c.cfg.Version, Table: c.cfg.Limits.Version(), Hash: c.cfg.Limits.Hash(), Patient: cmd.Patient}}, nil
	}
	if cmd.Do == CmdLocate {
		switch {
		case c.pen == nil:
			return nil, &RefusedError{Code: "no_pen", Words: "no pen answers", Remedy: "plug the pen in and switch it on"}
		case !c.pen.Caps.Has(protocol.CapAnnounces):
			return nil, &RefusedError{Code: "unsupported", Words: "this pen has no light or sound to show itself by", Remedy: "follow its cable"}
		}
		c.orders = append(c.orders, Order{Kind: OrderLocate})
		c.answers = append(c.answers, Answer{Ticket: t, View: c.View(now)})
		return nil, nil
	}
	if c.proc == nil {
		return nil, &RefusedError{Code: "no_session", Words: "no session is open", Remedy: "open one"}
	}
	switch cmd.Do {
	case CmdAcknowledge:
		if c.proc.State != Tripped || c.proc.Trip == nil {
			return nil, refusedIn(c.proc.State, cmd.Do)
		}
		if err := person(cmd.By, cmd.Do); err != nil {
			return nil, err
		}
		c.acks = append(c.acks, ackWaiter{ticket: t, by: cmd.By})
		c.orders = append(c.orders, Order{Kind: OrderAcknowledge})
		return nil, nil
	case CmdAcceptPen:
		switch err := person(cmd.By, cmd.Do); {
		case err != nil:
			return nil, err
		case !c.open():
			return nil, refusedIn(c.proc.State, cmd.Do)
		case c.pen == nil:
			return nil, &RefusedError{Code: "no_pen", Words: "no pen answers", Remedy: "plug the pen in and switch it on, then accept it"}
		}
		c.orders = append(c.orders, Order{Kind: OrderAcceptPen})
		return []Event{Noted{By: cmd.By, Text: "the pen that answers now is accepted"}}, nil
	}
	return c.proc.Decide(cmd, c.cfg.Limits)
}

// begin opens a procedure, and gives it what is known of the pen.
func (c *Cold) begin(o Opened, now protocol.Instant, at protocol.At) {
	id := c.cfg.NewID(at)
	c.proc = NewProcedure(id)
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
	e.Totals = c.proc.Totals.clone()
	e.SignalSeq, e.SignalHead = c.signal.Seq, c.signal.Head
	src := c.proc.Source
	c.add(e, now, at)
	c.queue(chunk, src, now)
	return e
}
