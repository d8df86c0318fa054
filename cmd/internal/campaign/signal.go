package campaign

import (
	"slices"

	"penlog/protocol"
	"penlog/session"
)

// signal holds the durable signal, sample by sample, against the readings that the
// slow lane was told of. Taking every sample apart costs as much as making it: that
// is done with some of the seeds.
type signal struct {
	on      bool
	session session.ID
	due     []session.Sample // that no chunk has yet, the oldest first
	skipped uint64           // that a chunk left out
	lost    uint64           // of which the record says that they are
	torn    bool             // an agent died in this session, and what it had not written with it
}

// signalSeeds is one in how many seeds: little enough for no cost, and enough that a
// rule missing is found by some.
const signalSeeds = 16

// told takes in a reading of a session, as the slow lane is told of it.
func (g *signal) told(p *session.Procedure, n *session.Note) {
	if !g.on || p.Foreign {
		return
	}
	if g.session != p.ID {
		*g = signal{on: true, session: p.ID}
	}
	g.due = append(g.due, session.Sample{Arrived: n.At, Age: int32(min(n.Age.Microseconds(), 1<<31-1)), Reading: n.Reading})
}

// killed: what was not durable is gone.
func (g *signal) killed() { g.due, g.torn = nil, true }

// kept judges a batch that is durable now.
func (j *judge) kept(b *session.Batch, events []session.Event) {
	g := &j.signal
	if !g.on || b.Session != g.session {
		return
	}
	if b.Chunk != nil {
		samples, _ := session.Samples(b.Chunk.Body) // what can't be read, the disk says
		for i := range samples {
			k := slices.Index(g.due, samples[i])
			if k < 0 && !g.torn {
				j.blame("signal", "a durable sample of tick %d is none of the readings that were heard", samples[i].Reading.Tick)
				return
			}
			g.skipped += uint64(max(k, 0))
			g.due = g.due[k+1:]
		}
	}
	for _, e := range events {
		switch e := e.(type) {
		case session.SignalGap:
			g.lost += uint64(e.Readings)
		case session.Ended:
			if missing := g.skipped + uint64(len(g.due)); missing > g.lost && !g.torn {
				j.blame("signal", "%d readings are in no chunk, and the record tells of %d that are lost", missing, g.lost)
			}
			g.due = nil
		}
	}
}

// arrived is when the newest sample of a chunk came, by the agent's clock; 0 for none.
func arrived(c *session.SignalChunk) protocol.Instant {
	if c.Count == 0 || len(c.Body)%int(c.Count) != 0 {
		return 0
	}
	newest, err := session.Samples(c.Body[len(c.Body)-len(c.Body)/int(c.Count):])
	if err != nil || len(newest) != 1 {
		return 0
	}
	return newest[0].Arrived
}
