// Package term shows a view of the agent on a terminal: one glance tells zone,
// depth against max depth, whether the pen may run, and what is in the way.
package term

import (
	"fmt"
	"strings"
	"time"

	"penlog/protocol"
	"penlog/session"
)

// Style says how much a terminal can show.
type Style struct {
	Color bool
	Width int // columns; 0: 80
}

func (s Style) columns() int {
	if s.Width <= 0 {
		return 80
	}
	return s.Width
}

func (s Style) paint(code, text string) string {
	if !s.Color || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// Colours follow IEC 60601-1-8: red high, yellow medium, cyan low.
const (
	red    = "1;97;41"
	yellow = "1;30;43"
	cyan   = "36"
	green  = "1;30;42"
	grey   = "90"
	bold   = "1"
)

// Lines draws the view, always with the same number of lines, so that it can be
// drawn over itself.
func (s Style) Lines(v *session.View) []string {
	width := s.columns()
	sim := ""
	if v.Simulated {
		sim = s.paint("1;35", "  SIMULATED")
	}
	pen := "no pen"
	if v.PenUp {
		pen = v.Pen
		if v.Battery >= 0 {
			pen = fmt.Sprintf("battery %d %% · %s", v.Battery, pen)
		}
	}
	permit := "none"
	if v.Ready {
		permit = "renewed"
	}
	out := []string{
		s.badge(v) + "  " + s.paint(bold, Clip(where(v), width-25)) + sim,
		"  " + s.gauge(v, min(width-40, gaugeCells)),
		fmt.Sprintf("  stroke rate %-18s strokes %-6d passes %-3s holds %-3d trips %d", rate(v), v.Strokes, passes(v), v.Totals.Holds, v.Totals.Trips),
		fmt.Sprintf("  permit %-8s mode %-15s ", permit, modeOf(v)) + s.paint(grey, pen),
	}
	out = append(out, s.prompt(v)...)
	for i := range out {
		out[i] = Clip(out[i], width-1)
	}
	return out
}

// gaugeCells is the widest gauge; under leastCells there is none.
const gaugeCells, leastCells = 40, 6

// Clip shortens a line to so many columns, escape sequences not counted. A line
// that were longer would wrap, and the picture could not be drawn over itself.
func Clip(line string, columns int) string {
	var b strings.Builder
	n, last := 0, 0
	escape, painted := false, false
	for i, r := range line {
		switch {
		case r == '\x1b':
			escape, painted = true, true
		case escape:
			escape = r != 'm'
		default:
			if n++; n == columns {
				last = i
			}
		}
	}
	if n <= columns {
		return line
	}
	if columns <= 0 {
		return ""
	}
	b.WriteString(line[:last] + "…")
	if painted {
		b.WriteString("\x1b[0m")
	}
	return b.String()
}

// badge is the word that counts most.
func (s Style) badge(v *session.View) string {
	switch {
	case v.Trip != nil:
		code := yellow
		if v.Trip.Words.Priority == session.PriorityHigh {
			code = red
		}
		return s.paint(code, " STOPPED   ")
	case !v.Open:
		return s.paint(grey, " No session")
	case v.Ready:
		return s.paint(green, " Ready     ")
	case v.Accepted > session.ModeGuarded && v.State.MayPermit() && len(holding(v)) == 0:
		if v.Accepted == session.ModeManual {
			return s.paint(yellow, " Manual    ")
		}
		return s.paint(yellow, " Watched   ") // nothing holds this pen back
	case len(holding(v)) > 0:
		return s.paint(cyan, " Waiting   ")
	case v.State == session.Paused:
		return s.paint(cyan, " Paused    ")
	}
	return s.paint(grey, " Not ready ")
}

func where(v *session.View) string {
	if !v.Open || v.Verdict.Zone == 0 {
		return ""
	}
	w := v.Verdict.Zone.Name()
	if v.Verdict.Side != 0 {
		w += ", " + v.Verdict.Side.Name()
	}
	w += " · " + v.Verdict.Indication.Name()
	if o := v.Override; o != nil {
		w += " · OVERRIDE until " + o.Until.Time().Local().Format("15:04")
	}
	return w
}

// passes is the count that people go by in the zone at hand; "~" where it is
// estimated, since the pen does not tell its axis.
func passes(v *session.View) string {
	for _, z := range v.Totals.Zones {
		if z.Zone == v.Verdict.Zone && z.Side == v.Verdict.Side && z.Site == v.Verdict.Site && z.Indication == v.Verdict.Indication {
			n := fmt.Sprint(z.Passes.Shown())
			if z.Passes.Estimated && z.Passes.Marked+z.Passes.Entered == 0 {
				n = "~" + n
			}
			return n
		}
	}
	return "0"
}

// modeOf is the mode as people read it: what was accepted stands there throughout.
func modeOf(v *session.View) string {
	switch {
	case v.Accepted == session.ModeManual && !v.PenUp:
		return "manual: nothing is monitored"
	case v.Accepted > session.ModeGuarded && v.Accepted == v.Mode:
		return modeWords(v.Mode) + ", not guarded"
	}
	return modeWords(v.Mode)
}

// gauge draws depth against max depth.
func (s Style) gauge(v *session.View, cells int) string {
	d, what := v.Depth, "depth"
	if d < 0 || !v.MotorOn {
		d, what = v.Set, "set  "
	}
	if v.Accepted == session.ModeManual && v.Entered > 0 {
		d, what = v.Entered, "entered"
	}
	if d < 0 {
		return "depth not reported"
	}
	text := fmt.Sprintf("%s %s", what, d.MM())
	switch {
	case v.Ceiling <= 0:
		return text
	case cells < leastCells:
		return text + ", max " + v.Ceiling.MM()
	}
	full := v.Ceiling * 3 / 2
	n := int(protocol.Micrometres(cells) * min(d, full) / full)
	mark := cells * 2 / 3
	bar := []rune(strings.Repeat("█", n) + strings.Repeat("░", cells-n))
	bar[mark] = '┃'
	code := "32"
	if d > v.Ceiling {
		code = "31"
	}
	return fmt.Sprintf("%s %s  Max depth %s", text, s.paint(code, string(bar)), v.Ceiling.MM())
}

func rate(v *session.View) string {
	if !v.MotorOn {
		return "motor off"
	}
	return v.Rate.String()
}

func modeWords(m session.Mode) string {
	if m == session.ModeNone {
		return "not guarded yet"
	}
	return strings.ReplaceAll(m.String(), "_", " ")
}

// holding lists what is in the way, without trips.
func holding(v *session.View) []session.RuleView {
	var out []session.RuleView
	for _, b := range v.Broken {
		if b.Response == session.Hold || b.Response == session.Alarm {
			out = append(out, b)
		}
	}
	return out
}

// Prompt says what to do, why, and what clears it; empty when nothing is in the way.
func Prompt(v *session.View) (act, cause, remedy string) {
	switch h := holding(v); {
	case v.Trip != nil:
		w := v.Trip.Words
		cause = w.Cause
		if v.Trip.Limit > 0 {
			cause += fmt.Sprintf(": %s, max %s", v.Trip.Value.MM(), v.Trip.Limit.MM())
		}
		return w.Act, cause, w.Remedy
	case len(h) > 0:
		w := h[0].Words
		if h[0].Rule == session.DialAboveCeiling && v.Verdict.Settable > 0 {
			return "Turn the dial to " + v.Verdict.Settable.MM(), "It is at " + h[0].Value.MM() + ", above the max depth of this zone", w.Remedy
		}
		return w.Act, w.Cause, w.Remedy
	case !v.PenUp && v.Host.PortWhy != "":
		remedy := v.Host.PortRemedy
		if remedy == "" {
			remedy = "plug the pen in"
		}
		return upper(remedy), upper(v.Host.PortWhy), ""
	case v.Host.Quiet:
		return "Switch the pen on", "No pen is heard on " + v.Host.Port, "If it is on: check its cable, and that this is its port"
	case !v.Open && v.Host.Aside != "":
		return "Tell who looks after this PC: an open session was altered", upper(strings.TrimPrefix(v.Host.Aside, "session: ")), "It stays in the record as it is; a new session can be opened"
	case v.Open && (v.State == session.Draft || v.State == session.Paused):
		for _, c := range v.Checks {
			if !c.OK {
				return upper(c.Remedy), "Not yet so: " + c.Words, ""
			}
		}
		if v.State == session.Paused {
			return "Confirm patient, zone and max depth, then resume", "", ""
		}
		return "Time-out: confirm patient, zone and max depth", "", ""
	}
	return "", "", ""
}

// upper begins a sentence.
func upper(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// prompt is what to do, in three lines.
func (s Style) prompt(v *session.View) []string {
	act, cause, remedy := Prompt(v)
	return []string{"  " + s.paint(bold, act), "  " + cause, "  " + s.paint(grey, remedy)}
}

// Line is the view in one line, for a log or a pipe.
func Line(v *session.View) string {
	s := Style{}
	parts := []string{strings.TrimSpace(s.badge(v))}
	if w := where(v); w != "" {
		parts = append(parts, w, "max "+v.Ceiling.MM())
	}
	if v.Set >= 0 {
		parts = append(parts, "set "+v.Set.MM())
	}
	parts = append(parts, "mode "+modeOf(v))
	if v.Trip != nil {
		parts = append(parts, v.Trip.Rule.String())
	}
	for _, h := range holding(v) {
		parts = append(parts, h.Rule.String())
	}
	switch {
	case v.PenUp:
	case v.Host.PortWhy != "":
		parts = append(parts, v.Host.PortWhy)
	case v.Host.Quiet:
		parts = append(parts, "no pen is heard on "+v.Host.Port)
	}
	if !v.Open && v.Host.Aside != "" {
		parts = append(parts, "an open session was altered")
	}
	if v.Simulated {
		parts = append(parts, "SIMULATED")
	}
	return strings.Join(parts, " · ")
}

// Screen draws a view over the last one.
type Screen struct {
	Style
	drawn int
}

// Draw returns the bytes that draw the view, with extra lines below, over what
// was drawn last.
func (sc *Screen) Draw(v *session.View, extra ...string) string {
	lines := sc.Lines(v)
	for _, l := range extra {
		lines = append(lines, Clip(l, sc.columns()-1))
	}
	var b strings.Builder
	if sc.drawn > 0 {
		fmt.Fprintf(&b, "\x1b[%dA", sc.drawn)
	}
	for _, l := range lines {
		b.WriteString("\r\x1b[K" + l + "\n")
	}
	if sc.drawn > len(lines) {
		b.WriteString("\x1b[J")
	}
	sc.drawn = len(lines)
	return b.String()
}

// Above returns the bytes that print text above the drawing, which then moves
// down; without a text they only wipe the drawing.
func (sc *Screen) Above(text string) string {
	var b strings.Builder
	if sc.drawn > 0 {
		fmt.Fprintf(&b, "\r\x1b[%dA\x1b[J", sc.drawn)
		sc.drawn = 0
	}
	if text = strings.TrimRight(text, "\n"); text != "" {
		b.WriteString(text + "\n")
	}
	return b.String()
}

// Every is how often a terminal is drawn.
const Every = 100 * time.Millisecond
