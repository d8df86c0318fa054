package captures

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"penlog/device/capture"
	"penlog/protocol"
	"penlog/session"
)

// Stored is a session as the store holds it.
type Stored struct {
	Records []session.Record
	Chunks  []session.SignalChunk
}

// ExportConfig is what [Export] can't know by itself.
type ExportConfig struct {
	ID       [8]byte  // of the capture: random
	Key      [32]byte // of the words for serial numbers: random
	Software string
}

// ErrNoPen is a session that no pen with a link took part in.
var ErrNoPen = errors.New("captures: no pen with a link took part in this session: there is nothing to capture")

// Export makes a capture from a stored session. The readings, the pen's events, what was wanted of the guard and when are the record's; the
// rest is made up around them: how the pen was greeted and tested, the frames of the
// host that telemetry shows the effect of, and as many questions for the time as the
// clock map needs to give the ages that were recorded.
//
// It knows no patient, person or zone: of the journal's events only numbers and
// moments are used. What it leaves open is listed in CAPTURE.md §6. The error is
// [ErrNoPen], or says which record can't be read.
func Export(s Stored, cfg ExportConfig) ([]byte, error) {
	x, err := newExporter(s, cfg)
	if err != nil {
		return nil, err
	}
	for i := range x.items {
		x.at = i
		x.item(&x.items[i])
	}
	x.record(x.now+1, capture.Record{Kind: capture.KindEnd, End: capture.EndClosed})
	return x.out, nil
}

// item is a thing of the record at its moment: an event or a sample.
type item struct {
	at     protocol.Instant
	wall   protocol.At   // of an event
	event  session.Event // nil: a sample
	sample session.Sample
	order  *session.Order // no event: it led to one that follows
	greet  *session.PenUp // no event: the pen of one that follows is greeted here
}

// exporter makes a capture of items in their order.
type exporter struct {
	cfg       ExportConfig
	items     []item
	asked     []item // orders, while the journal is read
	greetings []item
	at        int
	out       []byte
	now       protocol.Instant // of the newest record
	proc      *session.Procedure

	begun  protocol.At
	offset int64 // of the wall clock, told
	told   bool
	want   session.Order
	wanted bool
	conn   uint32
	link
}

func newExporter(s Stored, cfg ExportConfig) (*exporter, error) {
	x := &exporter{cfg: cfg}
	lives, err := x.events(s.Records)
	if err != nil {
		return nil, err
	}
	if err := x.samples(s.Chunks, lives); err != nil {
		return nil, err
	}
	x.promptly()
	// Of one moment, what was read comes before what followed from it.
	slices.SortStableFunc(x.items, func(a, b item) int {
		if c := cmp.Compare(a.at, b.at); c != 0 {
			return c
		}
		return cmp.Compare(rank(&a), rank(&b))
	})
	simulated := false
	for i := range x.items {
		if up, ok := x.items[i].event.(session.PenUp); ok {
			simulated = simulated || up.Simulated
			x.at = i
			g := item{at: x.items[i].at.Add(-5 * time.Millisecond), wall: x.items[i].wall, greet: &up}
			if x.proven() {
				g.at = x.items[i].at.Add(-leadIn)
			}
			x.greetings = append(x.greetings, g)
		}
	}
	if len(x.greetings) == 0 {
		return nil, ErrNoPen
	}
	x.items = slices.Concat(x.items, x.greetings, x.asked)
	slices.SortStableFunc(x.items, func(a, b item) int { return cmp.Compare(a.at, b.at) })
	x.now = x.items[0].at - 1
	h := capture.Header{Source: capture.SourceSession, Simulated: simulated, ID: cfg.ID, Part: 1, Begun: int64(x.begun), Software: cfg.Software}
	x.out = capture.AppendStart(nil, &h, int64(x.now))
	x.clock(x.now, x.offset)
	x.order(x.now, session.Order{Kind: session.OrderLease, Until: 1 << 52}) // that signal is on the disk is no matter here
	return x, nil
}

func rank(i *item) int {
	if i.event == nil {
		return 0
	}
	return 1
}

// mostMoment bounds the moments of a record: a century.
const mostMoment = 100 * 365 * 24 * 3600 * 1_000_000

// life is what one start of the agent adds to its moments, so that they go on
// from those before, and from when on it counts.
type life struct {
	from  protocol.At
	shift protocol.Instant
}

// events lists the journal's events. A monotonic clock that goes back is another
// agent's, which took the session up.
func (x *exporter) events(records []session.Record) ([]life, error) {
	lives := []life{{}}
	for i := range records {
		r := &records[i]
		e, _, err := session.DecodeEvent(r)
		if err != nil {
			continue // of a newer Penlog, or none: it moves no needle
		}
		if r.Mono < -mostMoment || r.Mono > mostMoment {
			return nil, fmt.Errorf("captures: record %d has the moment %d, which no clock shows", r.Seq, r.Mono)
		}
		if x.proc == nil {
			x.proc = session.NewProcedure(r.Session)
			lives[0].from = r.At
			x.begun, x.offset = r.At, int64(r.At)-int64(r.Mono)
		}
		l := &lives[len(lives)-1]
		if n := len(x.items); n > 0 && r.Mono+l.shift < x.items[n-1].at {
			last := &x.items[n-1]
			between := max(protocol.Instant(r.At-last.wall), 1_000_000)
			lives = append(lives, life{r.At, last.at + between - r.Mono})
			l = &lives[len(lives)-1]
		}
		x.items = append(x.items, item{at: r.Mono + l.shift, wall: r.At, event: e})
		x.before(&x.items[len(x.items)-1])
	}
	if len(x.items) == 0 {
		return nil, ErrNoPen
	}
	return lives, nil
}

// toTell is how long it takes, at most, from what Hot does to the journal's event of it.
const toTell = 30 * time.Millisecond

// before lists the order that led to an event which the journal has only once Hot
// has carried it out.
func (x *exporter) before(i *item) {
	o := session.Order{}
	switch e := i.event.(type) {
	case session.Acknowledged:
		o.Kind = session.OrderAcknowledge
	case session.RuleHealed:
		if e.Rule != session.PenChanged {
			return
		}
		o.Kind = session.OrderAcceptPen
	default:
		return
	}
	x.asked = append(x.asked, item{at: i.at.Add(-toTell), wall: i.wall, order: &o})
}

// samples lists the readings.
func (x *exporter) samples(chunks []session.SignalChunk, lives []life) error {
	for i := range chunks {
		c := &chunks[i]
		k := 0
		for k+1 < len(lives) && lives[k+1].from <= c.To {
			k++
		}
		got, err := session.Samples(c.Body)
		if err != nil {
			return fmt.Errorf("captures: signal chunk %d: %w", c.Seq, err)
		}
		for _, s := range got {
			if s.Arrived < -mostMoment || s.Arrived > mostMoment {
				return fmt.Errorf("captures: signal chunk %d has a reading of the moment %d, which no clock shows", c.Seq, s.Arrived)
			}
			s.Arrived += lives[k].shift
			x.items = append(x.items, item{at: s.Arrived, sample: s})
		}
	}
	return nil
}

// promptly moves the pen's events to the first reading made after them: the journal
// has them only once a slow lane that may have hung took them in.
func (x *exporter) promptly() {
	const most = 10 * time.Second
	from := protocol.Instant(0) // the pen of that event came then
	next := slices.IndexFunc(x.items, func(i item) bool { return i.event == nil })
	if next < 0 {
		return
	}
	samples := x.items[next:]
	for i := range x.items[:next] {
		e := &x.items[i]
		switch a := e.event.(type) {
		case session.PenUp:
			from = e.at
		case session.PenActed:
			first := max(from, e.at.Add(-most))
			k, _ := slices.BinarySearchFunc(samples, first, func(s item, at protocol.Instant) int { return cmp.Compare(s.at, at) })
			for ; k < len(samples) && samples[k].at < e.at; k++ {
				if since := samples[k].sample.Reading.Tick.Since(protocol.Tick(a.Tick)); since >= 0 && since < most {
					e.wall, e.at = e.wall-protocol.At(e.at-samples[k].at), samples[k].at
				}
			}
		}
	}
}

// record appends a record, no earlier than the one before it.
func (x *exporter) record(at protocol.Instant, r capture.Record) {
	x.now = max(x.now, at)
	r.Moment = int64(x.now)
	x.out = capture.AppendRecord(x.out, &r)
}

func (x *exporter) order(at protocol.Instant, o session.Order) {
	x.record(at, capture.Record{Kind: capture.KindOrder, Bytes: AppendOrder(nil, &o)})
}

func (x *exporter) clock(at protocol.Instant, offset int64) {
	if d := offset - x.offset; x.told && -1000 < d && d < 1000 {
		return
	}
	x.offset, x.told = offset, true
	x.record(at, capture.Record{Kind: capture.KindClock, Offset: offset})
}

// item plays one thing of the record.
func (x *exporter) item(i *item) {
	switch {
	case i.greet != nil:
		x.conn++
		x.greet(i.greet, i.at)
		return
	case i.order != nil:
		x.order(i.at, *i.order)
		return
	case i.event == nil:
		x.sample(&i.sample)
		return
	}
	x.clock(i.at, int64(i.wall)-int64(i.at))
	switch e := i.event.(type) {
	case session.PenDown:
		x.down(i.at)
	case session.PenActed:
		x.acted(&e, i.at)
	case session.SignalGap:
		x.record(i.at, capture.Record{Kind: capture.KindGap, Dropped: e.Readings})
	}
	x.proc.Apply(i.event, i.wall)
	x.desire(i.at)
}

// desire orders what was wanted from here on, as the procedure says it.
func (x *exporter) desire(at protocol.Instant) {
	w := session.Order{Kind: session.OrderWant, Conn: x.conn, Record: !x.proc.State.Over() && !x.proc.Foreign}
	w.Ceiling, w.Allow = x.proc.Desire()
	if !x.wanted || w != x.want {
		x.want, x.wanted = w, true
		x.order(at, w)
	}
}
