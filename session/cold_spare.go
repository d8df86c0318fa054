package session

import (
	"time"

	"penlog/protocol"
)

// full reports whether so many records wait that only what matters may join them.
func (c *Cold) full() bool { return len(c.records) >= maxPending }

// idle reports whether the procedure is the same without the event: how long a
// stop took, and a hold that comes and goes while the disk stands still. A
// hold that was recorded heals in the record.
func (c *Cold) idle(e Event) bool {
	switch e := e.(type) {
	case StopSeen:
		return true
	case RuleBroke:
		return e.Response != Trip
	case RuleHealed:
		return !c.proc.broken(e.Rule)
	}
	return false
}

// flicker is how often a rule broke of late.
type flicker struct {
	from   protocol.Instant
	times  int  // broken since
	spared bool // the newest breaking was not recorded
}

// flickers reports whether e is of a rule that broke more often within a second
// than people could follow: a dial that trembles, a pen that toggles a flag.
func (c *Cold) flickers(e Event, now protocol.Instant) bool {
	switch e := e.(type) {
	case RuleBroke:
		f := &c.flicker[e.Rule]
		if now.Sub(f.from) >= time.Second {
			f.from, f.times = now, 0
		}
		f.times++
		f.spared = f.times > flickerMost
		return f.spared
	case RuleHealed:
		return c.flicker[e.Rule].spared
	}
	return false
}

// dropped says how many entries were not recorded, and records what still holds.
func (c *Cold) dropped(now protocol.Instant, at protocol.At) {
	if c.shed > 0 {
		c.add(EntriesDropped{Entries: c.shed, Why: "they change nothing and came too fast for the record"}, now, at)
		c.shed, c.saidAt = 0, now
		for _, b := range c.holds { // spared when it broke, and still so
			if c.open() && !c.proc.broken(b.Rule) {
				b.To = c.proc.State
				c.record(b, now, at)
			}
		}
	}
}
