package campaign

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"time"

	"penlog/protocol"
	"penlog/session"
	"penlog/session/limits"
	"penlog/sim"
)

const never = sim.Never

// guarded are the profiles of pens that take permits.
var guarded = []string{"reference", "reference-usb", "enforcing", "exceed-class", "dermapen4-class", "set-only"}

// world is one run.
type world struct {
	cfg   Config
	class Class
	table *limits.Table
	rng   rng
	now   protocol.Instant
	end   protocol.Instant

	pen   *sim.Pen
	up    *sim.Line     // pen to host
	down  *sim.Line     // host to pen
	delay time.Duration // of both together, at most
	hand  *sim.Hand
	host  host
	disk  disk
	tech  tech
	judge judge

	plan    []mishap
	place   int
	todo    []later
	wallOff int64
	base    protocol.At
	ids     byte
	lastAct bool
	noised  [2]protocol.Instant // until when
	cutTill protocol.Instant
	old     []byte           // what the host sent lately
	faulted bool             // a fault of Config's is in force
	sickAt  protocol.Instant // since when; 0: not yet to come

	events []sim.Event
	buf    []byte
	res    Result
}

// later is something that follows from a mishap.
type later struct {
	at protocol.Instant
	do func()
}

// Run plays the procedure of a seed and judges it.
func Run(seed uint64, cfg Config) Result {
	w := newWorld(seed, cfg)
	w.run()
	return w.finish()
}

func newWorld(seed uint64, cfg Config) *world {
	r := stream(seed, forWorld)
	w := &world{cfg: cfg, rng: r, table: limits.Default(), now: 1_000_000, base: 1_790_000_000_000_000}
	r = stream(seed, forPlan)
	if r.chance(33) {
		w.class = Clean
	}
	if cfg.Class != nil {
		w.class = *cfg.Class
	}
	length := cfg.Length
	if l := r.span(30*time.Second, 120*time.Second); length == 0 {
		length = l
	}
	w.end = w.now.Add(length)
	name := pick(&r, guarded)
	if cfg.Profile != "" {
		name = cfg.Profile
	}
	profile, err := sim.ProfileByName(name)
	if err != nil {
		panic(err) // a word of ours
	}
	pc := sim.Config{Profile: profile, Seed: seed, Origin: w.now, Drift: int64(r.below(401) - 200)}
	if r.chance(30) {
		pc.Drift = int64(r.below(40_001) - 20_000)
	}
	if r.chance(30) { // the tick wraps on the way
		pc.Uptime = protocol.Uptime(1<<32 - int64(r.below(30_000_000)))
	}
	if w.pen, err = sim.NewPen(pc); err != nil {
		panic(err)
	}
	w.pen.TakeEvents(nil) // its first boot is no news
	if cfg.Seams.Pen != nil {
		cfg.Seams.Pen(w.pen)
	}
	w.res = Result{Seed: seed, Class: w.class, Profile: name, Length: length}
	w.lines(seed, &r)

	id := w.pen.Identity()
	w.tech = tech{w: w, rng: stream(seed, forTech), at: r.after(w.now, 100*time.Millisecond, 2*time.Second), task: -1,
		sites: newSites(&r, w.table, &id), waiting: map[uint64]session.CommandKind{}}
	var tasks []sim.Task
	for _, s := range w.tech.sites {
		tasks = append(tasks, sim.Task{Depth: s.depth, Passes: 1, Wait: protocol.Instant(r.span(500*time.Millisecond, 3*time.Second) / time.Microsecond)})
	}
	for len(tasks) < 8 { // the hand goes on where it was
		tasks = append(tasks, tasks[len(w.tech.sites)-1])
	}
	style := pick(&r, sim.Styles())
	if cfg.Hand != "" {
		if style, err = sim.StyleByName(cfg.Hand); err != nil {
			panic(err)
		}
	}
	w.hand = sim.NewHand(sim.HandConfig{Style: style, Seed: seed, Begin: w.now, Plan: tasks})
	w.lastAct = r.chance(70)

	w.disk = disk{rng: stream(seed, forDisk), slow: pick(&r, []time.Duration{3 * time.Millisecond, 12 * time.Millisecond, 30 * time.Millisecond})}
	w.host = host{w: w, rng: stream(seed, forHost), cap: 4096, port: true, lag: pick(&r, []time.Duration{200 * time.Microsecond, time.Millisecond, 3 * time.Millisecond})}
	if w.class == Rough && r.chance(20) {
		w.host.cap = 64 << r.below(3)
	}
	w.judge = newJudge(w, pc)
	w.host.start(w.now)
	if !cfg.Quiet {
		w.plan = newPlan(&r, w.class, w.now.Add(4*time.Second), w.end)
	}
	for i := range w.plan {
		w.res.Mishaps = append(w.res.Mishaps, w.plan[i].String())
	}
	return w
}

// lines lays the cable.
func (w *world) lines(seed uint64, r *rng) {
	one := func(purpose uint64) *sim.Line {
		c := sim.LineConfig{Delay: r.span(0, 2*time.Millisecond), Jitter: r.span(0, 2*time.Millisecond), Queue: 4096,
			Packet: pick(r, []int{8, 64, 512}), Seed: seed ^ purpose<<32}
		w.delay += c.Delay + c.Jitter
		return sim.NewLine(c)
	}
	w.up, w.down = one(forLines), one(forLines+1)
}

func (w *world) newID(protocol.At) session.ID {
	w.ids++
	id := session.ID{15: w.ids}
	binary.BigEndian.PutUint64(id[:], w.res.Seed)
	return id
}

func (w *world) wall(now protocol.Instant) protocol.At {
	return w.base + protocol.At(int64(now)+w.wallOff)
}

func (w *world) peak(p *int, n int) { *p = max(*p, n) }

func (w *world) logf(format string, args ...any) {
	s := fmt.Sprintf("%10.6f ", seconds(w.now)) + fmt.Sprintf(format, args...)
	w.res.Log = append(w.res.Log, s)
	if w.cfg.Trace != nil {
		w.cfg.Trace(w.now, s[11:])
	}
}

func (w *world) after(d time.Duration, do func()) {
	w.todo = append(w.todo, later{w.now.Add(d), do})
}

// run moves the world from one thing that happens to the next.
func (w *world) run() {
	for w.now < w.end && len(w.res.Violations) < 5 {
		h := &w.host
		t := min(w.pen.Next(), w.up.Next(), w.down.Next(), h.hotAt, h.coldAt, h.writeAt, w.disk.next(), w.hand.Next(), w.tech.at, w.end)
		if w.place < len(w.plan) {
			t = min(t, w.plan[w.place].at)
		}
		for i := range w.todo {
			t = min(t, w.todo[i].at)
		}
		if w.res.Counts.Steps++; t <= w.now && w.res.Counts.Steps%64 == 0 {
			t = w.now + 1 // whatever waits for time to pass gets it
		}
		w.now = max(w.now, t)
		w.step()
		w.judge.check()
	}
}

// step does everything due now.
func (w *world) step() {
	now, h := w.now, &w.host
	w.pen.Step(now)
	w.fromPen()
	if w.down.Next() <= now {
		if b := w.down.Read(w.buf[:0], now); len(b) > 0 {
			w.judge.delivered(b)
			w.pen.Receive(b, now)
			w.fromPen()
			w.buf = b
		}
	}
	if w.up.Next() <= now {
		w.buf = w.up.Read(w.buf[:0], now)
		h.arrived(w.buf, now)
	}
	if w.hand.Next() <= now {
		w.hand.Act(w.pen, now)
		w.fromPen()
	}
	for w.place < len(w.plan) && w.plan[w.place].at <= now {
		if !w.cfg.Skip[w.place] {
			w.befall(&w.plan[w.place])
		}
		w.place++
	}
	for i := 0; i < len(w.todo); {
		if l := w.todo[i]; l.at <= now {
			w.todo = append(w.todo[:i], w.todo[i+1:]...)
			l.do()
		} else {
			i++
		}
	}
	if h.hotAt <= now {
		h.stepHot(now)
	}
	if h.writeAt <= now {
		h.stepWrite(now)
	}
	for w.disk.next() <= now {
		wr := w.disk.queue[0]
		w.disk.queue = w.disk.queue[1:]
		w.judge.durable(w.disk.keep(&wr))
		if h.alive && wr.life == h.lives && !w.cfg.Seams.Early {
			h.acked = append(h.acked, wr.batch.Seq)
			h.wakeCold()
		}
	}
	if h.coldAt <= now {
		h.stepCold(now)
	}
	if w.tech.at <= now {
		w.tech.act(now)
	}
}

// fromPen puts what the pen sent on the line.
func (w *world) fromPen() {
	if b := w.pen.AppendOutput(w.buf[:0]); len(b) > 0 {
		w.up.SetBaud(w.pen.Baud())
		w.up.Write(b, w.now)
		w.peak(&w.res.Counts.Peaks.Line, w.up.Held())
		w.buf = b
	}
	w.events = w.pen.TakeEvents(w.events[:0])
	for i := range w.events {
		w.judge.happened(&w.events[i])
	}
}

// toPen puts a frame of the host's on the line.
func (w *world) toPen(b []byte, now protocol.Instant) {
	if w.cfg.Trace != nil {
		w.traceFrame("host sends", b)
	}
	w.down.SetBaud(w.pen.Baud())
	w.down.Write(b, now)
	w.peak(&w.res.Counts.Peaks.Line, w.down.Held())
	if len(w.old) > 4096 {
		w.old = w.old[:0]
	}
	w.old = append(w.old, b...)
}

func (w *world) traceFrame(who string, b []byte) {
	var d protocol.Decoder
	var f protocol.Frame
	for ok := true; ok; {
		if b, ok = d.Next(b, &f); ok {
			w.cfg.Trace(w.now, fmt.Sprintf("%s %v % x", who, f.Type, f.Payload))
		}
	}
}

// finish judges the record and closes the result.
func (w *world) finish() Result {
	w.judge.finish()
	t := w.pen.Truth()
	c := &w.res.Counts
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
