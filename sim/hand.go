package sim

import "penlog/protocol"

// Task is a piece of work for a hand: so many passes at a depth. The hand knows
// nothing of limits: it dials what it was told, or fails to.
type Task struct {
	Depth  protocol.Micrometres
	Passes int
	Wait   protocol.Instant // before it begins, µs: the screen is read, the zone changed
	Skin   Skin
}

// Pass is a coverage of the zone in one direction, as it truly was (DOMAIN 3).
type Pass struct {
	Task       int // which of the plan, from 0
	Axis       protocol.Axis
	Begin, End protocol.Instant
	Glides     int
}

// HandConfig says whose hand it is and what it has to do.
type HandConfig struct {
	Style Style
	Seed  uint64
	Begin protocol.Instant
	Plan  []Task
}

// Hand works through its plan on a pen: dials, presses, glides, lifts, and
// presses again when the motor has stopped. It sees what a person sees: dial,
// motor, its own tip.
type Hand struct {
	cfg    HandConfig
	rng    rng
	at     protocol.Instant // its next move
	do     handState
	task   int
	pass   int
	glides int // left in this pass
	axis   protocol.Axis
	bounce protocol.Instant // contact breaks then; 0: not in this glide
	end    protocol.Instant // of this glide
	passes []Pass
	tries  int
	told   int // the task that others were last told of
}

type handState uint8

const (
	handReads  handState = iota // waits for the task to begin
	handDials                   // turns to the task's depth
	handChecks                  // looks at the dial
	handPress                   // starts the motor
	handTouch                   // begins a glide
	handGlide                   // in a glide
	handBreak                   // contact broken in a glide
	handLifts                   // between glides
	handStops                   // at the end of a task
	handDone
)

// passAxes are the directions that passes take in turn. Source: DOMAIN 3, Directions.
var passAxes = [...]protocol.Axis{protocol.AxisHorizontal, protocol.AxisVertical, protocol.AxisObliqueLeft, protocol.AxisObliqueRight}

// NewHand returns a hand that begins at cfg.Begin.
func NewHand(cfg HandConfig) *Hand {
	h := &Hand{cfg: cfg, rng: stream(cfg.Seed, forHand)}
	h.begin(cfg.Begin)
	return h
}

// Next is when the hand next moves; [Never] when its plan is done.
func (h *Hand) Next() protocol.Instant { return h.at }

// Done reports whether the plan is done.
func (h *Hand) Done() bool { return h.do == handDone }

// Passes returns the passes made so far, the last perhaps not yet over. The
// slice is the hand's.
func (h *Hand) Passes() []Pass { return h.passes }

// Task is the number of the task at hand, from 0: where the hand truly works.
func (h *Hand) Task() int { return h.task }

// Told is the task that the hand has told others of: [Hand.Task], unless it
// forgot to say that it went on to another zone ([Style.Stray]).
func (h *Hand) Told() int { return h.told }

func (h *Hand) wait(now protocol.Instant, ms int64) {
	h.at = now + protocol.Instant(max(ms, 1))*quantum
}

// begin takes up the next task, if there is one.
func (h *Hand) begin(now protocol.Instant) {
	if h.task >= len(h.cfg.Plan) {
		h.do, h.at, h.told = handDone, Never, h.task
		return
	}
	h.do, h.pass, h.glides = handReads, 0, 0
	if h.task == 0 || !h.rng.chance(h.cfg.Style.Stray) {
		h.told = h.task
	}
	h.at = now + max(h.cfg.Plan[h.task].Wait, 0)
}

// Act makes the moves that are due by now.
func (h *Hand) Act(p *Pen, now protocol.Instant) {
	for h.at <= now {
		h.move(p, h.at)
	}
}

func (h *Hand) move(p *Pen, now protocol.Instant) {
	s, r := &h.cfg.Style, &h.rng
	task := &h.cfg.Plan[h.task]
	switch h.do {
	case handReads:
		h.do = handDials
		if r.chance(s.Forget) {
			h.do = handPress
		}
		h.wait(now, r.draw(s.React))
	case handDials:
		to := task.Depth
		if r.chance(s.Slip) {
			to += p.knob.step * protocol.Micrometres(r.between(1, 3))
		}
		p.Dial(now, to)
		h.do = handChecks
		h.wait(now, r.draw(s.React)+1500)
	case handChecks:
		h.do = handPress
		if p.Set() != p.knob.nearest(task.Depth) {
			h.do = handDials
		}
		h.wait(now, r.draw(s.React))
	case handPress:
		if !p.Runs() {
			p.Press(now)
		}
		h.wait(now, r.draw(s.React))
		if p.Runs() {
			h.do, h.tries = handTouch, 0
			break
		}
		// It did not start: look at the dial again, then wait for longer.
		if h.tries++; h.tries%3 == 0 {
			h.do = handDials
		}
		h.wait(now, r.draw(s.React)+int64(min(h.tries, 10))*200)
	case handTouch:
		h.touch(p, now)
	case handGlide:
		h.glide(p, now)
	case handBreak:
		p.Contact(now, true)
		p.Glide(now, h.axis)
		h.do, h.at = handGlide, max(h.end, now+1)
	case handLifts:
		h.do = handTouch
		if !p.Runs() {
			h.do = handPress
		}
		h.wait(now, 1)
	case handStops:
		if p.Runs() {
			p.Press(now)
		}
		h.task++
		h.begin(now + quantum)
	}
}

// touch puts the tip on the skin and begins a glide, and a pass if it is the first.
func (h *Hand) touch(p *Pen, now protocol.Instant) {
	s, r := &h.cfg.Style, &h.rng
	if !p.Runs() {
		h.do = handPress
		h.wait(now, r.draw(s.React))
		return
	}
	if h.glides == 0 {
		h.glides = int(r.draw(s.Glides) * 100 / (100 - s.Overlap))
		h.axis = passAxes[h.pass%len(passAxes)]
		h.passes = append(h.passes, Pass{Task: h.task, Axis: h.axis, Begin: now})
	}
	p.Touch(now, h.cfg.Plan[h.task].Skin)
	p.Contact(now, true)
	p.Glide(now, h.axis)
	took := r.draw(s.Length) * 1000 / r.draw(s.Speed)
	if r.chance(s.Dwell) {
		took += r.draw(s.Stay)
	}
	h.do, h.end = handGlide, now+protocol.Instant(took)*quantum
	h.at, h.bounce = h.end, 0
	if r.chance(s.Bounce) {
		h.bounce = now + protocol.Instant(r.between(took/4, took*3/4))*quantum
		h.at = h.bounce
	}
}

// glide ends a glide or lets contact break in it. A hand whose motor has stopped
// notices at the end of its glide.
func (h *Hand) glide(p *Pen, now protocol.Instant) {
	s, r := &h.cfg.Style, &h.rng
	if h.bounce != 0 {
		h.bounce = 0
		p.Contact(now, false)
		h.do = handBreak
		h.wait(now, r.between(15, 120))
		return
	}
	last := &h.passes[len(h.passes)-1]
	last.End = now
	last.Glides++
	h.glides--
	lift := r.draw(s.Lift)
	h.do = handLifts
	if h.glides == 0 {
		h.pass++
		lift = r.draw(s.Turn)
		if h.pass >= h.cfg.Plan[h.task].Passes {
			h.do, lift = handStops, max(lift, r.draw(s.React))
		}
	}
	if lift > 0 {
		p.Contact(now, false)
	}
	h.wait(now, lift)
}
