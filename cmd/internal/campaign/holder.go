package campaign

import (
	"time"

	"penlog/cmd/internal/campaign/script"
	"penlog/protocol"
	"penlog/sim"
)

// Holder is who has the pen in hand: it works through what is treated, and does
// what steps say. The virtual world and a live one have the same.
type Holder struct {
	script *script.Script
	treat  []script.Treat
	hand   *sim.Hand
	works  bool // moves by itself
	passed int  // tasks that hands before it had done
}

// NewHolder gives the pen to the hand that the script names, with what a
// [Technician] treats before it.
func NewHolder(s *script.Script, treat []script.Treat, pen *sim.Pen, now protocol.Instant) Holder {
	h := Holder{script: s, treat: treat, works: s.Hand != "none"}
	h.take(s.Hand, pen, now)
	return h
}

// take gives the pen to a hand of that style, which has the rest of the work before it.
func (h *Holder) take(name string, pen *sim.Pen, now protocol.Instant) {
	if name == "" || name == "none" {
		name = sim.Styles()[0].Name
	}
	style, err := sim.StyleByName(name)
	if err != nil {
		panic(err) // scripts are checked where they are read
	}
	r := stream(h.script.Seed, forTasks)
	var tasks []sim.Task
	for _, t := range h.treat {
		tasks = append(tasks, sim.Task{Depth: t.Depth, Passes: max(t.Passes, 1), Wait: protocol.Instant(r.span(500*time.Millisecond, 3*time.Second) / time.Microsecond)})
	}
	for n := len(tasks); n > 0 && len(tasks) < 8; { // the hand goes on where it was
		tasks = append(tasks, tasks[n-1])
	}
	if h.hand != nil && len(tasks) > 0 {
		h.passed += min(h.hand.Task(), len(tasks)-1-h.passed)
		tasks = tasks[h.passed:]
	}
	if len(tasks) == 0 {
		h.works = false
		tasks = []sim.Task{{Depth: pen.Set(), Passes: 1}}
	}
	h.hand = sim.NewHand(sim.HandConfig{Style: style, Seed: h.script.Seed, Begin: now, Plan: tasks})
}

// Task is the place of the treatment that the hand is at.
func (h *Holder) Task() int { return h.passed + h.hand.Task() }

// Next is when the hand next moves; [script.Never] when it does not by itself.
func (h *Holder) Next() protocol.Instant {
	if !h.works {
		return never
	}
	return h.hand.Next()
}

// Move lets the hand make the moves that are due.
func (h *Holder) Move(rig *sim.Rig, now protocol.Instant) {
	if h.Next() <= now {
		rig.Hand(h.hand, now)
	}
}

// Rest lets it do nothing by itself from now on.
func (h *Holder) Rest() { h.works = false }

// Do does a deed of [script.GroupHand], under the max depth that the pen was told.
// Where a part of it comes later, it is returned with how much later that is.
func (h *Holder) Do(rig *sim.Rig, d *script.Deed, ceiling protocol.Micrometres, now protocol.Instant) (later time.Duration, then sim.Act) {
	switch d.Verb {
	case "press":
		rig.Press(now)
	case "dial":
		rig.Do(now, sim.Act{Do: sim.DoDial, Depth: d.Depth})
	case "dial-up":
		id := rig.Pen().Identity()
		back := rig.Pen().Set()
		to := max(ceiling, back) + protocol.Micrometres(max(id.DepthStep, 50))*protocol.Micrometres(d.Amount)
		rig.Do(now, sim.Act{Do: sim.DoDial, Depth: to})
		return d.For, sim.Act{Do: sim.DoDial, Depth: back}
	case "touch", "lift":
		rig.Do(now, sim.Act{Do: sim.DoContact, On: d.Verb == "touch"})
	case "glide":
		rig.Do(now, sim.Act{Do: sim.DoGlide, Axis: protocol.AxisHorizontal})
	case "guard-again":
		rig.Do(now, sim.Act{Do: sim.DoRelease})
	case "rest":
		h.works = false
	case "work":
		h.works = true
	case "hand":
		h.works = true
		h.take(d.Text, rig.Pen(), now)
	}
	return 0, sim.Act{}
}

// PenOf is the pen of a script, at the beginning.
func PenOf(s *script.Script) (sim.Config, error) {
	name := s.Pen
	if name == "" || name == script.NoPen {
		name = sim.Profiles()[0].Name
	}
	profile, err := sim.ProfileByName(name)
	if s.Set > 0 {
		profile.SetDepth = s.Set
	}
	return sim.Config{Profile: profile, Seed: s.Seed, Drift: s.Drift, Uptime: s.Uptime}, err
}
