package replay

import (
	"penlog/cmd/internal/captures"
	"penlog/device/capture"
	"penlog/protocol"
	"penlog/session"
)

const (
	tick = protocol.Instant(10_000) // µs between turns of a live agent while nothing comes
	// ticksMost bounds the turns made up for one silence: 5 s of them. No timer of
	// Hot is longer.
	ticksMost = 500
)

// Line is one thing that the replay tells.
type Line struct {
	At    protocol.Instant // since the capture's first record
	Frame bool             // a frame that passed, and no event
	Text  string
}

// player drives Hot by one capture.
type player struct {
	hot    *session.Hot
	follow *protocol.Follower
	from   protocol.Instant // of the capture's first record
	now    protocol.Instant // of the newest turn
	offset int64
	open   bool // the port is
	turn   bool // a read was judged, its timers are still to run
	all    bool // what had arrived was read by it
	made   bool // turns are made up while nothing comes: the capture has none
	wire   *wireOrders
	conn   uint32 // the pen's session, by Hot's count
	skew   uint32 // what is added to a recorded one, where the beginning is missing
	skewed bool

	up, down  protocol.Decoder // frames for the listing, and of the host
	frames    bool             // list them
	emitted   func(Line)
	noted     func(*session.Note) // nil: nobody listens
	motor     motor
	heard     map[uint32]bool // ids of events told, of this boot
	agree     agreement
	stats     Stats
	lastFrame protocol.Frame
}

// Stats sums a replay up.
type Stats struct {
	Reads, Written     int // that brought or put bytes
	BytesIn, BytesOut  uint64
	Host               protocol.HostStats // of the core that replays
	Up, Down           map[protocol.Type]int
	Lost, Gaps         int // ports lost, gaps in the capture
	Permits, Would     int // that the recorded host sent; that the core would send
	Notes, Differences int
	Orders, OddOrders  int // recorded; of these, not known
	Guessed            int // orders made from the recorded host's frames
}

// play runs a capture. frames lists each frame that passed. noted hears each note.
func play(c *Capture, frames bool, tell func(Line), noted func(*session.Note)) Stats {
	p := &player{frames: frames, emitted: tell, noted: noted, made: c.Header.Source != capture.SourceLine, heard: map[uint32]bool{}}
	p.stats.Up, p.stats.Down = map[protocol.Type]int{}, map[protocol.Type]int{}
	p.hot, p.follow = session.NewFollowing(session.HotConfig{Emit: p.note})
	from, _ := c.span()
	p.from, p.now = protocol.Instant(from), protocol.Instant(from)
	p.skewed = c.Parts[0] == 1
	orders := false
	for i := len(c.Records) - 1; i >= 0; i-- {
		switch c.Records[i].Kind {
		case capture.KindClock:
			p.offset = c.Records[i].Offset // the first one holds before it, too
		case capture.KindOrder:
			orders = true
		}
	}
	if !orders || c.Parts[0] != 1 { // what was wanted before the beginning stands in no record
		p.wire = &wireOrders{p: p}
	}
	for i := range c.Records {
		p.record(&c.Records[i])
	}
	p.after(p.now + 1)
	p.agree.end(p)
	p.motor.end(p)
	p.stats.Host = p.hot.Host().Stats()
	return p.stats
}

func (p *player) tell(format string, args ...any) { p.line(false, format, args...) }

// record plays one record.
func (p *player) record(r *capture.Record) {
	at := protocol.Instant(r.Moment)
	if at > p.now || r.Kind != capture.KindOrder && r.Kind != capture.KindClock {
		p.after(at)
	}
	p.idle(at)
	p.now = max(p.now, at)
	switch r.Kind {
	case capture.KindOpened:
		p.open = true
		p.tell("port opened")
	case capture.KindLost:
		p.open = false
		p.stats.Lost++
		p.tell("port lost")
		p.hot.Lost(p.now)
		p.would()
		p.agree.lost()
		p.up, p.down = protocol.Decoder{}, protocol.Decoder{}
	case capture.KindPen:
		p.tell("on the line: %s %s, firmware %s%s", quoted(r.Pen.Vendor), quoted(r.Pen.Model), quoted(r.Pen.Firmware), simulated(r.Pen.Simulated))
	case capture.KindRead:
		p.read(r)
	case capture.KindWritten:
		p.written(r.Bytes)
	case capture.KindClock:
		p.offset = r.Offset
	case capture.KindGap:
		p.stats.Gaps++
		p.tell("gap: %d records, %d bytes, are not in the capture", r.Dropped, r.DroppedBytes)
	case capture.KindOrder:
		p.order(r.Bytes)
	}
}

// read is the first half of a turn: what came is judged. The orders and the clock
// that stand behind it in the capture belong to the turn, and then come the timers.
func (p *player) read(r *capture.Record) {
	p.turn, p.all = true, r.Drained
	if len(r.Bytes) == 0 {
		return
	}
	p.stats.Reads++
	p.stats.BytesIn += uint64(len(r.Bytes))
	for b, ok := r.Bytes, true; ok; {
		if b, ok = p.up.Next(b, &p.lastFrame); ok {
			p.stats.Up[p.lastFrame.Type]++
			if p.frames {
				p.line(true, "pen   %s", frameWords(&p.lastFrame))
			}
		}
	}
	p.hot.Wake(p.now, protocol.At(int64(p.now)+p.offset))
	p.hot.Receive(r.Bytes, p.now)
	p.would()
}

// after runs the timers of the turn that is open, before anything at the moment
// at happens.
func (p *player) after(at protocol.Instant) {
	if p.turn {
		p.turn = false
		p.tick(p.now, p.all)
	}
	p.agree.check(p, at)
}

func (p *player) tick(now protocol.Instant, drained bool) {
	p.hot.Tick(now, protocol.At(int64(now)+p.offset), drained)
	p.would()
	p.hot.Baud()
}

// idle makes turns up until at, where a live agent would have had some that the
// capture does not hold: while no port is open, and throughout one that was not heard
// on a line.
func (p *player) idle(at protocol.Instant) {
	if p.open && !p.made {
		return
	}
	if n := (at - p.now) / tick; n > ticksMost {
		p.now += (n - ticksMost) * tick
	}
	for at-p.now > tick {
		p.now += tick
		p.tick(p.now, p.open)
		p.agree.check(p, p.now)
	}
}

// written takes in what the recorded host put on the line.
func (p *player) written(b []byte) {
	p.stats.Written++
	p.stats.BytesOut += uint64(len(b))
	for ok := true; ok; {
		var f protocol.Frame
		if b, ok = p.down.Next(b, &f); !ok {
			break
		}
		p.stats.Down[f.Type]++
		if p.frames {
			p.line(true, "host  %s", frameWords(&f))
		}
		if f.Type == protocol.TypePermit {
			p.stats.Permits++
		}
		p.wire.heed(&f)
		p.follow.Wrote(&f, p.now)
		p.would()
		p.agree.sent(p, &f)
	}
}

// order gives Hot what Cold gave it.
func (p *player) order(b []byte) {
	o, err := captures.ParseOrder(b)
	if p.stats.Orders++; err != nil {
		p.stats.OddOrders++
		return
	}
	if o.Kind == session.OrderWant {
		p.wire = nil // from here on it is known
	}
	if !p.skewed && o.Conn != 0 && p.conn != 0 {
		p.skew, p.skewed = p.conn-o.Conn, true
	}
	o.Conn += p.skew
	if p.made {
		o.Conn = p.conn // it was made up for this very place
	}
	if p.frames {
		p.line(true, "order %s", orderWords(&o))
	}
	p.do(o)
}

func (p *player) do(o session.Order) {
	p.hot.Do(o, p.now)
	p.would()
}

// would takes what the core would send.
func (p *player) would() {
	var o protocol.Outgoing
	for p.follow.Would(&o) {
		var d protocol.Decoder
		var f protocol.Frame
		if _, ok := d.Next(o.Bytes(), &f); ok {
			if f.Type == protocol.TypePermit {
				p.stats.Would++
			}
			p.agree.would(p, &f)
		}
	}
}
