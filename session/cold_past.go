package session

import "penlog/protocol"

// past are sessions that are over and not the one at hand, as something is added
// to them.
type past struct {
	open  map[ID]*pastSession
	heads map[ID]uint64 // newest record of each that this process added to
}

type pastSession struct {
	proc  *Procedure
	chain Chain
}

// pastMost is how many are kept in memory.
const pastMost = 16

func (s *past) keep(p *Procedure, chain Chain) {
	if s.open == nil {
		s.open, s.heads = map[ID]*pastSession{}, map[ID]uint64{}
	}
	if _, ok := s.open[p.ID]; !ok && len(s.open) >= pastMost {
		for id := range s.open { // any: the store has them all
			delete(s.open, id)
			break
		}
	}
	s.open[p.ID] = &pastSession{p, chain}
	s.heads[p.ID] = max(s.heads[p.ID], chain.Seq)
}

// Knows reports whether a command for the session can be taken without its
// record being lent first.
func (c *Cold) Knows(id ID) bool {
	if c.proc != nil && c.proc.ID == id {
		return true
	}
	_, ok := c.past.open[id]
	return ok
}

// Lend gives the record of a session that is over, as the store has it, so that
// something can be added to it. One that misses what this process has added since
// is not taken.
func (c *Cold) Lend(p *Procedure, chain Chain) {
	if !c.Knows(p.ID) && p.State.Over() && chain.Seq >= c.past.heads[p.ID] {
		c.past.keep(p, chain)
	}
}

// isPast reports whether a command is for a session that is over: another than
// the one at hand, or that one after its end.
func (c *Cold) isPast(cmd *Command) bool {
	if cmd.Do == CmdOpen {
		return false
	}
	if cmd.Session != nil && (c.proc == nil || *cmd.Session != c.proc.ID) {
		return true
	}
	return c.proc != nil && c.proc.State.Over()
}

// target is the session that a command for a past one is for, nil when it is not known.
func (c *Cold) target(cmd *Command) (*Procedure, *Chain) {
	if cmd.Session == nil || c.proc != nil && *cmd.Session == c.proc.ID {
		return c.proc, &c.chain
	}
	if s, ok := c.past.open[*cmd.Session]; ok {
		return s.proc, &s.chain
	}
	return nil, nil
}

func (c *Cold) decidePast(cmd *Command, env *Env) ([]Event, error) {
	p, chain := c.target(cmd)
	switch {
	case p == nil:
		return nil, refuse("no_session", "there is no such session, or it is not over", "look it up in the list of sessions, then try again")
	case cmd.Do == CmdAcknowledge || cmd.Do == CmdAcceptPen:
		return nil, refusedIn(p.State, cmd.Do)
	case len(c.batches)+len(c.flying) >= maxInFlight:
		return nil, refuse("record_busy", "the record is being written", "try again in a moment")
	}
	env.World = World{}
	events, err := p.Decide(*cmd, env)
	for i, e := range events {
		if s, ok := e.(Signed); ok {
			s.Seq, s.Head = chain.Seq, chain.Head
			events[i] = s
		}
	}
	return events, err
}

// addToPast records events of a session that is over. Its seal stays: they follow it.
func (c *Cold) addToPast(cmd *Command, t uint64, events []Event, now protocol.Instant, at protocol.At) {
	p, chain := c.target(cmd)
	records := make([]Record, 0, len(events))
	for _, e := range events {
		records = append(records, seal(p, chain, e, now, at))
		c.tell(e)
	}
	c.batchSeq++
	c.batches = append(c.batches, Batch{Seq: c.batchSeq, Session: p.ID, Records: records, Source: p.Source})
	c.flying = append(c.flying, flight{seq: c.batchSeq, at: now, session: p.ID, record: chain.Seq})
	c.waiting = append(c.waiting, waiter{t, p.ID, chain.Seq, events})
	if c.past.heads == nil {
		c.past.heads = map[ID]uint64{}
	}
	c.past.heads[p.ID] = chain.Seq
}

// seal applies an event and gives its record.
func seal(p *Procedure, chain *Chain, e Event, now protocol.Instant, at protocol.At) Record {
	p.Apply(e, at)
	body, err := EncodeEvent(e, p.Source)
	if err != nil {
		panic(err) // every event is ours and encodes
	}
	r := Record{At: at, Mono: now, Kind: e.Kind(), Body: body}
	chain.Seal(&r)
	return r
}
