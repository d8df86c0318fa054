package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"penlog/cmd/internal/campaign"
	"penlog/protocol"
)

// plot is a stretch of a [campaign.Plot] as SVG shapes, in units of its own.
type plot struct {
	Width, Height, Left, Right, Top, Bottom int

	Strokes string // paths: a line per stroke, from the skin to its depth
	Over    string // the part of them above max depth
	Ceiling string
	Limit   string
	Dial    string
	Motor   []span
	X, Y    []tick
	Labels  []label
	Says    string
}

// stopping is how long strokes after the end of a max depth still belong to it, µs:
// longer than needles take to stop.
const stopping = 1_000_000

// mostLines bounds what the lines of a plot take, bytes: real ones take a tenth.
const mostLines = 8000

// span is a stretch of time in plot units.
type span struct{ X, Width string }

type tick struct{ At, Text string }

// frame is the shape of a plot: from and to are µs from the beginning.
type frame struct {
	width, inside int // the height is that of the inside, labels and axis
	from, to      int64
	columns       int     // strokes are drawn in so many, the deepest of each
	labels        int     // characters of a label, at most; 0: none
	unit          float64 // within it a value that changes is its least and greatest; 0: 1
}

const plotLeft, plotRight, plotTop, plotBottom = 46, 12, 18, 24

// draw draws the stretch of p that f shows; until is where the run ended. Each
// column shows its deepest stroke, and the one that is most above max depth: no peak
// is lost, however long the stretch. Values hold until the next point.
func draw(p *campaign.Plot, f frame, until int64) plot {
	g := plot{Width: f.width, Left: plotLeft, Right: f.width - plotRight, Top: plotTop}
	n := min(len(p.At), len(p.Depth), len(p.Set), len(p.Ceiling), len(p.Limit), len(p.Driven))
	f.to = max(f.to, f.from+1000)
	x := func(at int64) float64 {
		at = min(max(at, f.from), f.to)
		return plotLeft + float64(at-f.from)/float64(f.to-f.from)*float64(g.Right-g.Left)
	}
	if f.labels > 0 {
		g.label(p.Marks, f, x)
	}
	g.Bottom = g.Top + f.inside
	g.Height = g.Bottom + plotBottom
	top := protocol.Micrometres(500)
	for i := range n {
		if next := endOf(p, i, n, until); next >= f.from && p.At[i] <= f.to {
			top = max(top, p.Depth[i], p.Set[i], p.Ceiling[i], p.Limit[i])
		}
	}
	top = min(top, 10_000) // nothing that needles do
	full := float64(top) * 1.06
	y := func(d protocol.Micrometres) float64 {
		return float64(g.Bottom) - min(float64(max(d, 0))/full, 1)*float64(g.Bottom-g.Top)
	}

	var strokes, over []protocol.Micrometres // by column
	strokes, over = make([]protocol.Micrometres, f.columns+1), make([]protocol.Micrometres, f.columns+1)
	ends := make([]protocol.Micrometres, f.columns+1) // the max depth under which over is
	f.unit = max(f.unit, 1)
	dial, ceiling, limit := line{x: x, y: y, unit: f.unit}, line{x: x, y: y, unit: f.unit}, line{x: x, y: y, unit: f.unit}
	var on stretch                       // the motor
	var excess, was protocol.Micrometres // was: the max depth, or the one that ended while the needles came to rest
	var wasTill int64
	for i := range n {
		at, next := p.At[i], endOf(p, i, n, until)
		if p.Ceiling[i] > 0 {
			was, wasTill = p.Ceiling[i], next+stopping
		} else if at > wasTill {
			was = 0
		}
		if next < f.from || at > f.to {
			continue
		}
		dial.to(at, p.Set[i])
		ceiling.to(at, p.Ceiling[i])
		limit.to(at, p.Limit[i])
		if p.Driven[i] && next > at {
			switch from, to := x(at), x(next); {
			case from-on.to < 1.5 && on.to > 0:
				on.to = to
			default:
				g.motor(on)
				on = stretch{from, to}
			}
		}
		if d := p.Depth[i]; d > 0 && at >= f.from {
			c := int(float64(f.columns) * float64(at-f.from) / float64(f.to-f.from))
			strokes[c] = max(strokes[c], d)
			if e := d - was; was > 0 && e > 0 {
				excess = max(excess, e)
				if e > over[c]-ends[c] {
					over[c], ends[c] = d, was
				}
			}
		}
		if i == n-1 || p.At[i+1] > f.to {
			end := min(next, f.to)
			dial.end(end)
			ceiling.end(end)
			limit.end(end)
		}
	}
	g.Dial, g.Ceiling, g.Limit = dial.d.String(), ceiling.d.String(), limit.d.String()
	if len(g.Dial)+len(g.Ceiling)+len(g.Limit) > mostLines && f.unit < float64(f.width) {
		f.unit *= 4
		return draw(p, f, until)
	}
	g.motor(on)
	step := float64(g.Right-g.Left) / float64(f.columns)
	var s, o strings.Builder
	for c := range strokes {
		at := plotLeft + (float64(c)+0.5)*step
		if at > float64(g.Right) {
			at = float64(g.Right)
		}
		if strokes[c] > 0 {
			fmt.Fprintf(&s, "M%s %dV%s", num(at), g.Bottom, num(y(strokes[c])))
		}
		if over[c] > 0 {
			fmt.Fprintf(&o, "M%s %sV%s", num(at), num(y(ends[c])), num(y(over[c])))
		}
	}
	g.Strokes, g.Over = s.String(), o.String()
	g.axes(f, x, y, top)
	g.Says = fmt.Sprintf("Depth and max depth from %.3f s to %.3f s: ", float64(f.from)/1e6, float64(f.to)/1e6)
	if excess > 0 {
		g.Says += fmt.Sprintf("needles up to %s mm above max depth", mm(excess))
	} else {
		g.Says += "no stroke above a max depth in force"
	}
	return g
}

// endOf is until when the i-th point holds.
func endOf(p *campaign.Plot, i, n int, until int64) int64 {
	if i+1 < n {
		return p.At[i+1]
	}
	return max(until, p.At[i])
}

// motor adds a stretch in which the motor had power.
func (g *plot) motor(s stretch) {
	if s.to > 0 {
		g.Motor = append(g.Motor, span{num(s.from), num(max(s.to-s.from, 0.3))})
	}
}

// stretch is one along an axis.
type stretch struct{ from, to float64 }

// line draws a value that holds until the next; 0 is none. Within a unit it
// draws the least and the greatest alone.
type line struct {
	x         func(int64) float64
	y         func(protocol.Micrometres) float64
	d         strings.Builder
	v         protocol.Micrometres
	unit      float64
	col       int
	low, high protocol.Micrometres
	busy      bool
}

func (l *line) to(at int64, v protocol.Micrometres) {
	if v == l.v {
		return
	}
	x := l.x(at)
	if l.busy && int(x/l.unit) == l.col { // one more change in this unit: seen when it is left
		l.reach(v)
		l.v = v
		return
	}
	l.leave()
	if l.v > 0 {
		fmt.Fprintf(&l.d, "H%s", num(x))
	}
	l.col, l.busy = int(x/l.unit), true
	l.low, l.high = max(l.v, v), max(l.v, v)
	l.reach(l.v)
	l.reach(v)
	switch {
	case v > 0 && l.v > 0:
		fmt.Fprintf(&l.d, "V%s", num(l.y(v)))
	case v > 0:
		fmt.Fprintf(&l.d, "M%s %s", num(x), num(l.y(v)))
	}
	l.v = v
}

// reach takes note of a value in this unit.
func (l *line) reach(v protocol.Micrometres) {
	if v > 0 {
		l.low, l.high = min(l.low, v), max(l.high, v)
	}
}

// leave draws what changed more than once in a unit.
func (l *line) leave() {
	if l.busy && (l.low < l.v || l.high > l.v) && l.high > 0 {
		x := (float64(l.col) + 0.5) * l.unit
		fmt.Fprintf(&l.d, "M%s %sV%s", num(x), num(l.y(l.low)), num(l.y(l.high)))
		if l.v > 0 {
			fmt.Fprintf(&l.d, "M%s %s", num(x), num(l.y(l.v)))
		}
	}
	l.busy = false
}

func (l *line) end(at int64) {
	l.leave()
	if l.v > 0 {
		fmt.Fprintf(&l.d, "H%s", num(l.x(at)))
	}
}

// axes puts ticks at round seconds and depths.
func (g *plot) axes(f frame, x func(int64) float64, y func(protocol.Micrometres) float64, top protocol.Micrometres) {
	every := protocol.Micrometres(250)
	for _, e := range []protocol.Micrometres{500, 1000, 2000} {
		if top/every > 8 || float64(g.Bottom-g.Top)/float64(top)*float64(every) < 16 {
			every = e
		}
	}
	for d := protocol.Micrometres(0); d <= top; d += every {
		g.Y = append(g.Y, tick{num(y(d)), mm(d)})
	}
	want := float64(f.to-f.from) / 1e6 / max(float64(f.width)/105, 1)
	pace := math.Pow(10, math.Floor(math.Log10(want)))
	for _, k := range []float64{2, 5, 10} {
		if pace*k >= want {
			pace *= k
			break
		}
	}
	digits := max(0, int(math.Ceil(-math.Log10(pace)-1e-9)))
	us := int64(math.Round(pace * 1e6))
	for at := (f.from + us - 1) / us * us; at <= f.to; at += us {
		if at >= 0 {
			g.X = append(g.X, tick{num(x(at)), strconv.FormatFloat(float64(at)/1e6, 'f', digits, 64) + " s"})
		}
	}
}

// mm writes a depth as people read it.
func mm(d protocol.Micrometres) string { return strconv.FormatFloat(float64(d)/1000, 'f', 2, 64) }

// num writes a coordinate, short.
func num(f float64) string {
	return strings.TrimSuffix(strconv.FormatFloat(f, 'f', 1, 64), ".0")
}

// Inner is the height of the plot's inside; XText and YText are where the words of
// the axes stand.
func (g plot) Inner() int { return g.Bottom - g.Top }
func (g plot) XText() int { return g.Bottom + 15 }
func (g plot) YText() int { return g.Left - 6 }
