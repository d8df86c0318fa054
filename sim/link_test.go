package sim_test

import (
	"testing"
	"time"

	"penlog/protocol"
	"penlog/sim"
)

// link is a pen, two lines and the host's end of the protocol, all in one
// virtual time: what a campaign is made of, without guard and record.
type link struct {
	pen   *sim.Pen
	host  *protocol.Host
	down  *sim.Line // pen to host
	up    *sim.Line
	buf   []byte
	lost  protocol.Instant // the host does nothing before: it sleeps
	notes map[protocol.NoticeKind]int
}

func newLink(t testing.TB, seed uint64, noise sim.LineFaults) *link {
	line := sim.LineConfig{Baud: 115200, Delay: 500 * time.Microsecond, Jitter: 3 * time.Millisecond, Seed: seed, Faults: noise}
	l := &link{
		pen:   newPen(t, "reference", func(c *sim.Config) { c.Seed = seed }),
		host:  protocol.NewHost(protocol.HostConfig{}, [32]byte{byte(seed), 1}),
		down:  sim.NewLine(line),
		notes: map[protocol.NoticeKind]int{},
	}
	line.Seed++
	l.up = sim.NewLine(line)
	return l
}

func (l *link) run(until protocol.Instant) {
	for now := l.pen.Now(); now < until; {
		next := min(until, now+ms, l.pen.Next(), l.up.Next())
		if now >= l.lost {
			next = min(next, l.down.Next())
		}
		now = max(now, next)
		l.pen.Step(now)
		if b := l.up.Read(l.buf[:0], now); len(b) > 0 {
			l.pen.Receive(b, now)
		}
		if b := l.pen.AppendOutput(l.buf[:0]); len(b) > 0 {
			l.buf = b
			l.down.Write(b, now)
		}
		if now < l.lost {
			continue
		}
		var n protocol.Notice
		for b := l.down.Read(l.buf[:0], now); len(b) > 0; {
			b = l.host.Receive(b, now)
			for l.host.Notice(&n) {
				l.notes[n.Kind]++
			}
		}
		l.host.Advance(now)
		for l.host.Notice(&n) {
			l.notes[n.Kind]++
		}
		var o protocol.Outgoing
		for l.host.Output(&o) {
			l.up.Write(o.Bytes(), now)
		}
	}
}

// ready brings the pen to the moment before the press: proven, with a ceiling
// confirmed and a permit.
func (l *link) ready(t testing.TB, ceiling protocol.Micrometres) {
	t.Helper()
	until := func(what string, done func() bool) {
		t.Helper()
		for end := l.pen.Now() + 10_000*ms; !done(); l.run(l.pen.Now() + ms) {
			if l.pen.Now() > end {
				t.Fatalf("not %s within 10 s; the host learnt %v", what, l.notes)
			}
		}
	}
	until("up", func() bool { return l.host.Link() == protocol.LinkUp })
	until("proving", func() bool { return l.host.Prove(l.pen.Now()) })
	until("proven", l.host.Proven)
	until("setting", func() bool { return l.host.SetCeiling(ceiling, l.pen.Now()) != 0 })
	until("confirmed", func() bool { _, _, ok := l.host.Confirmed(); return ok })
	l.host.Allow(true)
	until("permitted", func() bool { return l.pen.PermitLeft() > 0 })
}

// The agent's end of the link brings a pen up over lines that damage one byte in
// ten thousand, keeps it running without a false stop, and stops it in time.
func TestTheAgentsEndOfTheLinkGuardsASimulatedPen(t *testing.T) {
	for seed := range uint64(20) {
		l := newLink(t, seed, sim.LineFaults{Flip: 30, Drop: 30, Insert: 30})
		l.pen.Dial(0, 1500)
		l.ready(t, 1500)
		l.run(l.pen.Now() + 1000*ms) // the dial is there
		if r := l.pen.Press(l.pen.Now()); r != protocol.StartRan {
			t.Fatalf("seed %d: press: %v", seed, r)
		}
		l.pen.Contact(l.pen.Now(), true)
		l.run(l.pen.Now() + 10_000*ms)
		if tr := l.pen.Truth(); !tr.Driven || tr.Starts != 1 || tr.Episodes != 0 {
			t.Fatalf("seed %d: truth %+v, want an unbroken run", seed, tr)
		}
		l.host.Revoke(l.pen.Now())
		from := l.pen.Now()
		l.run(from + 100*ms)
		if tr := l.pen.Truth(); !tr.Clear || tr.Unpermitted != 0 {
			t.Fatalf("seed %d: truth %+v, want it clear 100 ms after a revoke", seed, tr)
		}
	}
}

// A host that sleeps loses the pen, and no byte is needed for that.
func TestAHostThatSleepsLosesThePen(t *testing.T) {
	l := newLink(t, 1, sim.LineFaults{})
	l.ready(t, 1500)
	l.pen.Press(l.pen.Now())
	l.run(l.pen.Now() + 1000*ms)
	if !l.pen.Runs() {
		t.Fatal("the motor does not run")
	}
	l.lost = l.pen.Now() + 2000*ms
	l.run(l.pen.Now() + 360*ms)
	if tr := l.pen.Truth(); !tr.Clear || tr.Unpermitted != 0 {
		t.Errorf("truth %+v, want it clear within life and stop time", tr)
	}
	l.run(l.pen.Now() + 4000*ms)
	if l.pen.Runs() {
		t.Error("it runs again, unpressed")
	}
}

// BenchmarkLink is a pen that runs on skin at 200 readings a second, its two
// lines at 115200 baud and the host's end of the link.
func BenchmarkLink(b *testing.B) {
	l := newLink(b, 1, sim.LineFaults{})
	l.ready(b, 1500)
	l.pen.Press(l.pen.Now())
	l.pen.Contact(l.pen.Now(), true)
	b.ReportAllocs()
	for b.Loop() {
		l.run(l.pen.Now() + 1000*ms)
	}
	if !l.pen.Runs() {
		b.Fatal("the motor does not run")
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "virtual-s/s")
}
