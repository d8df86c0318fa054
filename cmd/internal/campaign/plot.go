package campaign

import "penlog/protocol"

// Plot is what the needles did under which max depth, for people to look at. The
// slices are of one length; times are µs from the beginning of the script.
type Plot struct {
	At      []int64                `json:"at_us"`
	Depth   []protocol.Micrometres `json:"depth_um"`   // greatest extension since the moment before; 0: none
	Set     []protocol.Micrometres `json:"set_um"`     // the dial
	Ceiling []protocol.Micrometres `json:"ceiling_um"` // in force at the pen; 0: none
	Limit   []protocol.Micrometres `json:"limit_um"`   // of the zone that was chosen; 0: none
	Driven  []bool                 `json:"driven"`
	Marks   []Mark                 `json:"marks"` // steps, answers of the guard, what was broken
}

// Mark is something that happened at a moment of a plot.
type Mark struct {
	At   int64  `json:"at_us"`
	Kind string `json:"kind"` // "step", "trip", "hold", "alarm", "broken"
	Text string `json:"text"`
}

// maxPlot bounds a plot's points: later ones are left out.
const maxPlot = 200_000

// plotEvery is the least time between two points, µs, while nothing changes but depth.
const plotEvery = 5000

// plot adds a point when something changed.
func (w *world) plot() {
	p := w.res.Plot
	if p == nil || len(p.At) >= maxPlot {
		return
	}
	at := int64(w.now - w.begin)
	depth := protocol.Micrometres(0)
	if n := w.pen.Strokes(); n != w.plotted {
		w.plotted, depth = n, w.pen.Last()
	}
	ceiling := w.judge.ceiling
	if ceiling <= testDepth {
		ceiling = 0
	}
	limit := protocol.Micrometres(0)
	if h := &w.host; h.alive {
		if q := h.cold.Procedure(); q != nil && q.Chosen && !q.State.Over() {
			limit = q.Verdict.Allowed
		}
	}
	if i := len(p.At) - 1; i >= 0 {
		same := p.Set[i] == w.pen.Set() && p.Ceiling[i] == ceiling && p.Limit[i] == limit && p.Driven[i] == w.pen.Driven()
		if same && depth == 0 {
			return
		}
		if same && at-p.At[i] < plotEvery {
			p.Depth[i] = max(p.Depth[i], depth)
			return
		}
	}
	p.At = append(p.At, at)
	p.Depth = append(p.Depth, depth)
	p.Set = append(p.Set, w.pen.Set())
	p.Ceiling = append(p.Ceiling, ceiling)
	p.Limit = append(p.Limit, limit)
	p.Driven = append(p.Driven, w.pen.Driven())
}

// mark adds a mark to the plot, if there is one.
func (w *world) mark(kind, text string) {
	if p := w.res.Plot; p != nil && len(p.Marks) < maxPlot {
		p.Marks = append(p.Marks, Mark{int64(w.now - w.begin), kind, text})
	}
}
