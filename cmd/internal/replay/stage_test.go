package replay_test

import (
	"encoding/binary"
	"testing"
	"time"

	"penlog/cmd/internal/captures"
	"penlog/device/capture"
	"penlog/protocol"
	"penlog/session"
	"penlog/sim"
)

// stage plays a live Hot against a simulated rig in virtual time, as an agent
// drives it, and captures it as an agent does. It gives the same bytes each time.
type stage struct {
	t    *testing.T
	rig  *sim.Rig
	hot  *session.Hot
	file []byte
	live []session.Note // what Hot told

	now    protocol.Instant
	epoch  protocol.Instant
	wall   int64 // offset of the wall clock
	told   int64
	open   bool
	stalls protocol.Instant // no turn before
	conn   uint32
	want   session.Order
	leased protocol.Instant
	orders []session.Order
	buf    []byte
	steps  []step
	each   func(*stage) // before each turn; nil: nothing
}

// step is what happens at a moment of a script.
type step struct {
	at time.Duration
	do func(*stage)
}

const (
	turnEvery  = 20 * time.Millisecond // a read that waits in vain
	wakes      = 150 * time.Microsecond
	begunAt    = 1_790_000_000_000_000 // UTC µs
	stageEpoch = 5_000_000
)

// newStage lays the rig out. Few readings a second keep the captures small.
func newStage(t *testing.T, profile string, uptime protocol.Uptime, rate uint16) *stage {
	t.Helper()
	p, err := sim.ProfileByName(profile)
	if err != nil {
		t.Fatal(err)
	}
	p.Identity.ReadingsMax = rate
	p.Identity.ReadingsMin = min(p.Identity.ReadingsMin, rate)
	s := &stage{t: t, now: stageEpoch, epoch: stageEpoch, wall: begunAt - stageEpoch}
	if s.rig, err = sim.NewRig(sim.RigConfig{Pen: sim.Config{Profile: p, Seed: 7, Origin: s.now, Uptime: uptime},
		Up: sim.LineConfig{Delay: time.Millisecond}, Down: sim.LineConfig{Delay: time.Millisecond}}); err != nil {
		t.Fatal(err)
	}
	var seed [32]byte
	binary.LittleEndian.PutUint64(seed[:], 4711)
	s.hot = session.NewHot(session.HotConfig{Host: protocol.HostConfig{Rate: rate}, Seed: seed, Emit: func(n *session.Note) bool {
		s.live = append(s.live, *n)
		switch n.Kind {
		case session.NoteUp:
			s.conn = n.Conn
		case session.NoteEvent: // it is on the disk at once
			s.orders = append(s.orders, session.Order{Kind: session.OrderAckEvent, ID: n.Event.ID, Conn: s.conn})
		}
		return true
	}})
	h := capture.Header{Source: capture.SourceLine, Simulated: true, ID: [8]byte{0xca, 0xfe}, Part: 1, Begun: begunAt, Software: "penlog stage"}
	s.file = capture.AppendStart(nil, &h, s.mono())
	return s
}

func (s *stage) mono() int64 { return int64(s.now) }

func (s *stage) record(r capture.Record) {
	r.Moment = s.mono()
	s.file = capture.AppendRecord(s.file, &r)
}

// run plays the steps, which are in order, for so long.
func (s *stage) run(length time.Duration, steps ...step) {
	s.steps = steps
	end := s.now.Add(length)
	s.plug()
	turn := s.now.Add(turnEvery)
	for s.now < end {
		next := min(s.rig.Wakes(), turn, end)
		if len(s.steps) > 0 {
			next = min(next, s.epoch.Add(s.steps[0].at))
		}
		if s.open && len(s.buf) == 0 && s.now >= s.stalls {
			if up := s.rig.Up().Next(); up < turn {
				next = min(next, up)
			}
		}
		s.now = max(s.now, next)
		s.rig.Step(s.now)
		for len(s.steps) > 0 && s.epoch.Add(s.steps[0].at) <= s.now {
			do := s.steps[0].do
			s.steps = s.steps[1:]
			do(s)
		}
		if s.open != s.rig.Plugged() {
			if s.open {
				s.lose()
			} else {
				s.plug()
			}
		}
		if s.open && s.now >= s.stalls && len(s.buf) == 0 {
			if s.buf = s.rig.Read(s.buf, s.now); len(s.buf) > 0 {
				turn = min(turn, s.now.Add(wakes))
			}
		}
		if s.now >= turn {
			if s.now < s.stalls {
				turn = s.stalls
				continue
			}
			if s.each != nil {
				s.each(s)
			}
			s.turn()
			turn = s.now.Add(turnEvery)
			if len(s.buf) > 0 {
				turn = s.now.Add(wakes)
			}
		}
	}
	s.record(capture.Record{Kind: capture.KindEnd, End: capture.EndClosed})
}

// turn is one turn of the goroutine that owns Hot.
func (s *stage) turn() {
	drained := false
	if s.open {
		s.buf = s.rig.Read(s.buf, s.now) // what came since it was woken
		n := min(len(s.buf), capture.MostBytes)
		drained = n == len(s.buf)
		s.clock()
		s.record(capture.Record{Kind: capture.KindRead, Bytes: s.buf[:n], Drained: drained})
		if n > 0 {
			s.hot.Wake(s.now, protocol.At(int64(s.now)+s.wall))
			s.hot.Receive(s.buf[:n], s.now)
			s.buf = append(s.buf[:0], s.buf[n:]...)
			s.send()
		}
	}
	if s.want.Record && s.now >= s.leased {
		s.leased = s.now.Add(500 * time.Millisecond)
		s.orders = append(s.orders, session.Order{Kind: session.OrderLease, Until: s.now.Add(2 * time.Second)})
	}
	orders := s.orders
	s.orders = nil // what Hot tells now is for the next turn
	for i := range orders {
		s.record(capture.Record{Kind: capture.KindOrder, Bytes: captures.AppendOrder(nil, &orders[i])})
		s.hot.Do(orders[i], s.now)
	}
	s.clock()
	s.hot.Tick(s.now, protocol.At(int64(s.now)+s.wall), drained)
	s.send()
}

// clock records how far apart the clocks are, when that is news.
func (s *stage) clock() {
	if s.wall != s.told {
		s.told = s.wall
		s.record(capture.Record{Kind: capture.KindClock, Offset: s.wall})
	}
}

// send writes what Hot says, at once: no permit is ever displaced here.
func (s *stage) send() {
	var o protocol.Outgoing
	for s.hot.Output(&o) {
		if s.open {
			s.record(capture.Record{Kind: capture.KindWritten, Bytes: o.Bytes()})
			s.rig.Write(o.Bytes(), s.now)
		}
	}
}

func (s *stage) plug() {
	s.open = true
	s.record(capture.Record{Kind: capture.KindOpened})
}

func (s *stage) lose() {
	s.open = false
	s.buf = s.buf[:0]
	s.record(capture.Record{Kind: capture.KindLost})
	s.hot.Lost(s.now)
	s.send()
}

// What scripts are made of.

func at(ms int, do func(*stage)) step { return step{time.Duration(ms) * time.Millisecond, do} }

func order(o session.Order) func(*stage) {
	return func(s *stage) { s.orders = append(s.orders, o) }
}

// wants orders a ceiling, and permits if allow is set.
func wants(um protocol.Micrometres, allow bool) func(*stage) {
	return func(s *stage) {
		s.want = session.Order{Kind: session.OrderWant, Ceiling: um, Allow: allow, Record: true, Conn: s.conn}
		s.orders = append(s.orders, s.want)
	}
}

func acts(a sim.Act) func(*stage) { return func(s *stage) { s.rig.Do(s.now, a) } }

var (
	press   = acts(sim.Act{Do: sim.DoPress})
	touch   = acts(sim.Act{Do: sim.DoContact, On: true})
	lift    = acts(sim.Act{Do: sim.DoContact})
	unplug  = acts(sim.Act{Do: sim.DoUnplug})
	replug  = acts(sim.Act{Do: sim.DoReplug})
	ack     = order(session.Order{Kind: session.OrderAcknowledge})
	accept  = order(session.Order{Kind: session.OrderAcceptPen})
	release = acts(sim.Act{Do: sim.DoRelease, On: true})
)

func dial(um protocol.Micrometres) func(*stage) {
	return acts(sim.Act{Do: sim.DoDial, Depth: um})
}

// fault puts a fault of the simulator in force; amount 0 is its usual one.
func fault(name string, amount int64) func(*stage) {
	return func(s *stage) {
		s.t.Helper()
		f, err := sim.FaultByName(name)
		if err != nil {
			s.t.Fatal(err)
		}
		f.Amount = amount
		if err := s.rig.Inject(s.now, f); err != nil {
			s.t.Fatal(err)
		}
	}
}

func well(name string) func(*stage) {
	return func(s *stage) {
		f, err := sim.FaultByName(name)
		if err != nil {
			s.t.Fatal(err)
		}
		s.rig.Clear(s.now, f.Kind)
	}
}

// stall stops the host's goroutine for so long.
func stall(d time.Duration) func(*stage) { return func(s *stage) { s.stalls = s.now.Add(d) } }

// clock moves the wall clock.
func clock(d time.Duration) func(*stage) { return func(s *stage) { s.wall += d.Microseconds() } }
