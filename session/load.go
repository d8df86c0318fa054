package session

// Load is how much waits inside a [Cold] or a [Hot] at one moment, for those who
// watch that nothing grows.
type Load struct {
	Records int // entries not yet in a batch
	Batches int // not yet committed, handed out or not
	Signal  int // bytes of readings not yet in a chunk
	Stream  int // events that nobody has taken
	Orders  int // to Hot, likewise
	Answers int // to people, likewise; and those who wait for a commit
	Boots   int // of which counters are kept
	Held    int // sessions that are over, and kept
	Notes   int // that found no room in the queue to Cold
}

// loadMost are the bounds of a [Load]. Records and batches have room for what matters
// and joins a full queue: trips, what people do, pens that come and go.
var loadMost = Load{Records: maxPending + 1024, Batches: maxInFlight + 4, Signal: maxChunkBody + sampleSize, Stream: maxStream, Orders: 256, Answers: 256,
	Boots: 2 * maxKnown, Held: pastMost, Notes: backlogMost}

// Over names what is above its bound, with both figures; empty: nothing is.
func (l *Load) Over() (what string, got, most int) {
	m := loadMost
	for _, x := range &[...]struct {
		what      string
		got, most int
	}{{"entries", l.Records, m.Records}, {"batches", l.Batches, m.Batches}, {"bytes of signal", l.Signal, m.Signal}, {"events", l.Stream, m.Stream}, {"orders", l.Orders, m.Orders},
		{"answers", l.Answers, m.Answers}, {"boots", l.Boots, m.Boots}, {"sessions", l.Held, m.Held}, {"notes", l.Notes, m.Notes}} {
		if x.got > x.most {
			return x.what, x.got, x.most
		}
	}
	return "", 0, 0
}

// Load tells how much waits; what is Hot's is 0. On the goroutine that drives c.
func (c *Cold) Load() Load {
	return Load{Records: len(c.records), Batches: len(c.batches) + len(c.flying), Signal: len(c.body), Stream: len(c.events), Orders: len(c.orders),
		Answers: len(c.answers) + len(c.waiting) + len(c.acks), Boots: max(len(c.known), len(c.heard), len(c.lostEvents)), Held: len(c.past.open)}
}

// Load tells how much waits; what is Cold's is 0. On the goroutine that drives h.
func (h *Hot) Load() Load { return Load{Notes: len(h.backlog)} }
