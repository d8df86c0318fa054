package campaign

import (
	"time"

	"penlog/cmd/internal/campaign/script"
	"penlog/protocol"
	"penlog/session"
	"penlog/sim"
)

// seen is what was told as seen last, so that only changes are.
type seen struct {
	state   session.State
	open    bool
	mode    session.Mode
	contact bool
	strokes uint64
	since   protocol.Instant // the stroke before
}

// saw tells conductor and examiner what is seen now.
func (w *world) saw(s script.Sight) {
	if s.At == 0 {
		s.At = w.now
	}
	if w.steps == nil {
		return // the world is being made
	}
	w.steps.See(&s)
	w.due = min(w.due, w.steps.Next())
	w.exam.See(&s)
}

// sawPen tells what truly happened at the pen.
func (w *world) sawPen(e *sim.Event) {
	if s, ok := penSight(e); ok {
		w.saw(s)
	}
}

// sawEvent tells what the agent decided.
func (w *world) sawEvent(e session.Event) {
	if s, ok := EventSight(e); ok {
		w.saw(s)
	}
}

// sawSession tells in which state the session is, when that is news.
func (w *world) sawSession() {
	h := &w.host
	var state session.State
	p := h.cold.Procedure()
	if p != nil {
		state = p.State
	}
	if open := p != nil; open != w.seen.open || state != w.seen.state {
		w.seen.open, w.seen.state = open, state
		w.saw(script.Sight{Kind: script.SawState, State: state})
	}
	if p == nil {
		return
	}
	mode := p.Mode
	if p.Accepted == session.ModeManual && p.Declared && !p.PenUp { // a person says so, no link does
		mode = session.ModeManual
	}
	if mode != w.seen.mode {
		w.seen.mode = mode
		w.saw(script.Sight{Kind: script.SawMode, Mode: mode})
	}
}

// strokes follows the needles: what they did above the max depth and above the
// limit of the skin that they were in.
func (w *world) strokes() {
	if on := w.pen.InContact(); on != w.seen.contact {
		w.seen.contact = on
		w.judge.dose.touched(w.judge.tick(w.now))
		w.saw(script.Sight{Kind: script.SawContact, On: on})
	}
	n := w.pen.Strokes()
	if n == w.seen.strokes {
		return
	}
	took := strokeTook(w.now, w.seen.since)
	w.seen.strokes, w.seen.since = n, w.now
	deep := w.pen.Last()
	w.judge.dose.stroke(n, w.pen.SkinStrokes())
	w.judge.dose.deep.stroke(n, deep)
	if w.pen.Driven() && (w.exam.Strokes() || w.steps.Strokes()) {
		w.saw(script.Sight{Kind: script.SawStroke, Depth: overBy(deep, w.judge.was)})
	}
	w.expose(deep, took)
}

// expose counts needles that were deeper than the skin they were in allows, after
// the fact that made it so.
func (w *world) expose(deep protocol.Micrometres, took int64) {
	if len(w.tech.treat) == 0 || !w.pen.InContact() {
		return
	}
	t := &w.tech.treat[min(w.holder.Task(), len(w.tech.treat)-1)]
	truly := skin(t)
	limit := w.depths.limit(truly, t.Indication)
	tolerance := w.judge.id.Tolerance()
	if deep <= limit+tolerance {
		return
	}
	why := ""
	p := (*session.Procedure)(nil)
	if w.host.alive {
		p = w.host.cold.Procedure()
	}
	switch {
	case deep > w.judge.was+tolerance && w.judge.was > testDepth && w.judge.unseen != "":
		why = w.judge.unseen // a fault that nothing on the wire shows
	case deep > w.judge.was+tolerance && w.judge.was > testDepth:
		why = "stopping"
	case p != nil && p.Override != nil:
		why = "override"
	case p != nil && p.Chosen && (p.Verdict.Zone != truly || p.Verdict.Indication != t.Indication):
		why = "wrong zone"
	case !w.judge.guarded || w.pen.Released():
		why = "a pen that nobody stops"
	case w.judge.unseen != "":
		why = w.judge.unseen
	case w.judge.was <= testDepth, w.judge.breaksByItself("needles without permit"):
		why = "without a permit"
	case p == nil || !p.Chosen || w.now.Sub(w.judge.zoneAt) < 2*time.Second:
		why = "another zone than before" // the needles are not clear since
	default:
		why = "above the limit of the zone"
		w.judge.blame("limit", "strokes of %v under a ceiling of %v in %v, where %v allows %v", deep, w.judge.was, truly, t.Indication, limit)
	}
	amount := uint64(int64(deep-limit) * took / 1000)
	w.judge.exposure += amount
	w.res.Counts.Exposure = tally(w.res.Counts.Exposure, map[string]uint64{why: amount})
}
