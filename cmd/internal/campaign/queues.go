package campaign

// queues are how much waits where something can be refused or overflow.
type queues struct {
	Notes  int // to the slow lane
	Orders int // to the fast lane
	Flying int // batches on their way to the disk
	TTY    int // bytes at the port
	Line   int // bytes on their way, one way
}

// short are the queues while nothing is wrong: some times what they come to in a
// campaign of people alone, and far below what the places hold that refuse more.
var short = queues{Notes: 32, Orders: 16, Flying: toDisk, TTY: 1024, Line: 1024}

// flyingMost is how many batches may be on their way whatever happens: those that Cold
// hands over before it waits, with the end and the beginning of a session.
const flyingMost = toDisk + 2

// over names what is longer than in m, with both lengths; empty: nothing is.
func (q *queues) over(m *queues) (what string, got, most int) {
	for _, x := range [...]struct {
		what      string
		got, most int
	}{
		{"notes to Cold", q.Notes, m.Notes}, {"orders to Hot", q.Orders, m.Orders}, {"batches on their way to the disk", q.Flying, m.Flying},
		{"bytes at the port", q.TTY, m.TTY}, {"bytes on the line", q.Line, m.Line},
	} {
		if x.got > x.most {
			return x.what, x.got, x.most
		}
	}
	return "", 0, 0
}

// queued judges how much waits as the slow lane takes its turn: what can't be refused
// by its bound, all of it by what there is while nothing is wrong.
func (j *judge) queued() {
	w, h := j.w, &j.w.host
	q := queues{len(h.notes), len(h.orders), len(w.disk.queue), len(h.tty), max(w.rig.Down().Held(), w.rig.Up().Held())}
	if q.Flying > flyingMost {
		j.blame("bounds", "%d batches are on their way to the disk, the bound is %d", q.Flying, flyingMost)
	}
	if what, got, most := q.over(&short); what != "" && j.settled(calm) {
		j.blame("bounds", "nothing is wrong, and %d %s wait, more than %d", got, what, most)
	}
}

// refuses judges that something found no room: while nothing is wrong all has some.
func (j *judge) refuses(what string) {
	if j.settled(calm) {
		j.blame("bounds", "nothing is wrong, and there is no room for %s", what)
	}
}

// loaded judges how much waits inside the two lanes, by the bounds that they state.
func (j *judge) loaded() {
	h, p := &j.w.host, &j.w.res.Counts.Peaks
	both := h.cold.Load()
	both.Notes = h.hot.Load().Notes // what is Hot's is 0 in Cold's, and the other way round
	p.Records, p.Signal, p.Backlog = max(p.Records, both.Records), max(p.Signal, both.Signal), max(p.Backlog, both.Notes)
	if what, got, most := both.Over(); what != "" {
		j.blame("bounds", "%d %s wait, the bound is %d", got, what, most)
	}
}
