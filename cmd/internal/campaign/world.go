package campaign

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"time"

	"penlog/cmd/internal/campaign/script"
	"penlog/protocol"
	"penlog/session"
	"penlog/session/limits"
	"penlog/sim"
)

const never = sim.Never

// world is one run.
type world struct {
	script *script.Script
	opts   Options
	human  bool
	table  *limits.Table
	rng    rng
	now    protocol.Instant
	begin  protocol.Instant
	end    protocol.Instant
	due    protocol.Instant // something else than what hangs on the port has its moment

	rig     *sim.Rig
	pen     *sim.Pen      // of rig
	delay   time.Duration // of both lines together, at most, when nothing is wrong with them
	holder  Holder
	altered int // bytes of the record that are changed at the end
	facts   session.World
	rules   clinicRules
	host    host
	disk    disk
	tech    tech
	judge   judge

	steps    *script.Conductor
	exam     *script.Examiner
	todo     []later
	wallOff  int64
	base     protocol.At
	zone     time.Location // local time
	ids      byte
	plugged  bool
	asleep   protocol.Instant // the PC, until then
	depths   depths
	portName string
	plotted  uint64 // strokes

	seen   seen
	events []sim.Event
	buf    []byte
	res    Result
}

// later is something that follows from a deed.
type later struct {
	at protocol.Instant
	do func()
}

// Play plays a script and judges it.
func Play(s *script.Script, o Options) Result {
	w := newWorld(s, o)
	w.run()
	return w.finish()
}

// newWorld makes the world of a script. What the script leaves open is drawn from
// its seed, in streams of their own: a step more or less shifts none of it.
func newWorld(s *script.Script, o Options) *world {
	seed := s.Seed
	w := &world{script: s, opts: o, human: s.Human(), rng: stream(seed, forWorld), table: limits.Default(), depths: depths{table: limits.Default()}, now: 1_000_000, begin: 1_000_000,
		base: 1_790_000_000_000_000, plugged: true}
	if !s.Wall.IsZero() {
		w.base = protocol.At(s.Wall.UnixMicro()) - protocol.At(w.now)
	}
	w.end = w.now.Add(s.Length)
	w.zone = *time.FixedZone("clinic", 0)
	r := stream(seed, forRoom)
	w.makeRig(&r)
	w.tech = newTech(w)
	w.holder = NewHolder(s, w.tech.treat, w.pen, w.now)
	w.disk = disk{reserve: reserve{held: true}, rng: stream(seed, forDisk), usual: pick(&r, []time.Duration{3 * time.Millisecond, 12 * time.Millisecond, 30 * time.Millisecond})}
	w.disk.slow = w.disk.usual
	w.host = host{w: w, rng: stream(seed, forHost), cap: 4096, port: w.plugged, lag: pick(&r, []time.Duration{200 * time.Microsecond, time.Millisecond, 3 * time.Millisecond})}
	if !w.human && r.chance(25) {
		w.host.cap = 64 << r.below(2)
	}
	w.host.room = w.host.cap
	w.res = Result{Script: s, Human: w.human}
	if o.Plot {
		w.res.Plot = &Plot{}
	}
	w.steps = script.NewConductor(s, w.begin)
	w.exam = script.NewExaminer(s, w.begin)
	w.judge = newJudge(w)
	w.host.start(w.now)
	return w
}

// makeRig lays the cable and hangs the pen on it.
func (w *world) makeRig(r *rng) {
	s := w.script
	pen, err := PenOf(s)
	if err != nil {
		panic(err) // scripts are checked where they are read
	}
	pen.Origin = w.now
	line := func() sim.LineConfig {
		c := sim.LineConfig{Delay: r.span(0, 2*time.Millisecond), Jitter: r.span(0, 2*time.Millisecond), Queue: 4096, Packet: pick(r, []int{8, 64, 512})}
		w.delay += c.Delay + c.Jitter
		return c
	}
	w.rig, err = sim.NewRig(sim.RigConfig{
		Pen: pen, Up: line(), Down: line(), Seed: s.Seed ^ forLines<<32,
		Delivered: func(b []byte, now protocol.Instant) { w.judge.delivered(b, now) },
	})
	if err != nil {
		panic(err)
	}
	w.pen = w.rig.Pen()
	if s.Pen == script.NoPen { // one hangs there all the same, and nothing can hear it
		w.plugged = false
		if err := w.rig.Inject(w.now, sim.Fault{Kind: sim.FaultUnplugged}); err != nil {
			panic(err)
		}
	}
	w.rig.TakeEvents(nil) // its first boot is no news
	if f := w.opts.Seams.Pen; f != nil {
		f(w.pen)
	}
}

func (w *world) newID(protocol.At) session.ID {
	w.ids++
	id := session.ID{15: w.ids}
	binary.BigEndian.PutUint64(id[:], w.script.Seed)
	return id
}

func (w *world) wall(now protocol.Instant) protocol.At {
	return w.base + protocol.At(int64(now)+w.wallOff)
}

func (w *world) peak(p *int, n int) { *p = max(*p, n) }

func (w *world) logf(format string, args ...any) {
	s := fmt.Sprintf("%10.6f ", seconds(w.now)) + fmt.Sprintf(format, args...)
	w.res.Log = append(w.res.Log, s)
	if w.opts.Trace != nil {
		w.opts.Trace(w.now, s[11:])
	}
}

func (w *world) after(d time.Duration, do func()) {
	w.todo = append(w.todo, later{w.now.Add(d), do})
}

// run moves the world from one thing that happens to the next.
func (w *world) run() {
	w.plan()
	for w.now < w.end && len(w.res.Violations) < 5 {
		rig := w.rig.Next()
		t := min(w.due, rig)
		if w.opts.Stop != nil && w.res.Counts.Steps%8192 == 0 && w.opts.Stop() {
			return
		}
		if w.res.Counts.Steps++; t <= w.now && w.res.Counts.Steps%64 == 0 {
			t = w.now + 1 // whatever waits for time to pass gets it
		}
		w.now = max(w.now, t)
		w.step(rig <= w.now)
		was := w.opts.Meter.enter(LayerJudge)
		w.judge.check()
		if w.res.Plot != nil {
			w.plot()
		}
		w.opts.Meter.enter(was)
	}
}

// plan finds out when something else than what hangs on the port has its moment.
// Between two of them only what is seen and bytes that arrive bring one nearer.
func (w *world) plan() {
	h := &w.host
	w.due = min(h.hotAt, h.coldAt, h.writeAt, w.disk.next(), w.tech.at, w.steps.Next(), w.holder.Next(), w.end)
	for i := range w.todo {
		w.due = min(w.due, w.todo[i].at)
	}
}

// step does everything due now. rig says that something is at what hangs on the port:
// else time passes there with the next that is.
func (w *world) step(rig bool) {
	now, h, m := w.now, &w.host, w.opts.Meter
	w.buf = w.buf[:0]
	if rig {
		m.enter(LayerRig)
		w.buf = w.rig.Read(w.buf, now)
	}
	m.enter(LayerJudge)
	news := w.look()
	m.enter(LayerRig)
	if len(w.buf) > 0 {
		h.arrived(w.buf, now)
	}
	if now < w.due && !news { // bytes moved, or the pen did something that nobody sees yet
		w.due = min(w.due, h.hotAt)
		m.enter(LayerLoop)
		return
	}
	m.enter(LayerPeople)
	if w.holder.Next() <= now {
		w.holder.Move(w.rig, now)
		w.look()
	}
	for {
		i, ok := w.steps.Due(now)
		if !ok {
			break
		}
		w.perform(i)
	}
	for i := 0; i < len(w.todo); {
		if l := w.todo[i]; l.at <= now {
			w.todo = append(w.todo[:i], w.todo[i+1:]...)
			l.do()
		} else {
			i++
		}
	}
	m.enter(LayerHot)
	if h.hotAt <= now {
		h.stepHot(now)
	}
	m.enter(LayerRig)
	if h.writeAt <= now {
		h.stepWrite(now)
	}
	m.enter(LayerStore)
	for w.disk.next() <= now {
		wr, ok := w.disk.take(now)
		if !ok {
			continue
		}
		w.judge.durable(w.disk.keep(&wr))
		w.judge.kept(&wr.batch, wr.events)
		w.judge.keptEvents(wr.events)
		if h.alive && wr.life == h.lives && !w.opts.Seams.Early {
			h.acked = append(h.acked, wr.batch.Seq)
			h.wakeCold()
		}
	}
	m.enter(LayerCold)
	if h.coldAt <= now {
		h.stepCold(now)
	}
	m.enter(LayerPeople)
	if w.tech.at <= now {
		w.tech.act(now)
	}
	m.enter(LayerLoop)
	w.plan()
}

// look takes note of what happened at the pen and at the cable, and reports
// whether anything did.
func (w *world) look() bool {
	in := w.rig.Plugged()
	if !w.pen.Happened() && in == w.plugged {
		return false
	}
	w.events = w.rig.TakeEvents(w.events[:0])
	for i := range w.events {
		w.judge.happened(&w.events[i])
		w.sawPen(&w.events[i])
	}
	if in != w.plugged {
		w.plugged = in
		w.cable(in)
	}
	return true
}

// toPen puts a frame of the host's on the line.
func (w *world) toPen(b []byte, now protocol.Instant) {
	if w.opts.Trace != nil {
		w.traceFrame("host sends", b)
	}
	w.rig.Write(b, now)
	w.peak(&w.res.Counts.Peaks.Line, max(w.rig.Down().Held(), w.rig.Up().Held()))
}

func (w *world) traceFrame(who string, b []byte) {
	var d protocol.Decoder
	var f protocol.Frame
	for ok := true; ok; {
		if b, ok = d.Next(b, &f); ok {
			w.opts.Trace(w.now, fmt.Sprintf("%s %v % x", who, f.Type, f.Payload))
		}
	}
}

// finish judges the record and closes the result.
func (w *world) finish() Result {
	w.opts.Meter.enter(LayerJudge)
	end := w.judge.finish()
	w.opts.Meter.stop()
	end.Altered = w.alter()
	w.res.Checks = w.exam.Finish(w.now, end, w.steps.Begun())
	w.rig.Step(w.now)
	for i := range w.res.Checks {
		if w.res.Checks[i].Owed {
			w.res.Counts.Cut++
		}
	}
	t := w.pen.Truth()
	c := &w.res.Counts
	c.Runs, c.Virtual = 1, w.now.Sub(w.begin)
	c.Strokes, c.Starts, c.Episodes = t.Strokes, t.Starts, t.Episodes
	h := fnv.New64a()
	for _, l := range w.res.Log {
		h.Write([]byte(l))
	}
	for _, s := range w.disk.kept {
		h.Write(s.chain.Head[:])
		h.Write(s.signal.Head[:])
	}
	fmt.Fprintf(h, "%+v %+v", *c, t)
	w.res.Hash = h.Sum64()
	return w.res
}
