package demo

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"penlog/cmd/internal/simpen"
	"penlog/cmd/internal/term"
	"penlog/session"
)

// stage is where the visitor sees the demo: on a terminal captions that move up
// above a picture of the session, else plain lines. Any goroutine may use it.
type stage struct {
	mu    sync.Mutex
	out   io.Writer
	live  bool
	size  func() int // columns
	begun time.Time
	sc    term.Screen
	last  *picture
	err   error // the first write that failed
}

// picture is what the lower part of the screen shows.
type picture struct {
	view session.View
	pen  simpen.State
	seen bool // pen is known
	up   bool // the agent runs
}

func newStage(out io.Writer, live, color bool, size func() int) *stage {
	s := &stage{out: out, live: live, size: size, begun: time.Now()}
	if s.size == nil {
		s.size = func() int { return 80 }
	}
	s.sc.Color = live && color
	if live {
		s.write("\x1b[?25l") // no cursor
	}
	return s
}

// Kinds of captions.
const (
	asTitle  = "title"  // a new scene
	asText   = "text"   // what happens
	asFigure = "figure" // measured
	asGood   = "good"   // as it should be
	asBad    = "bad"    // not as it should be
	asAsk    = "ask"    // the visitor is asked
)

var marksOf = map[string]struct{ sign, color string }{
	asTitle: {"▸", "1;36"}, asText: {" ", ""}, asFigure: {"»", "1;33"}, asGood: {"✓", "32"}, asBad: {"✗", "1;31"}, asAsk: {"?", "1;35"},
}

// say prints a caption. On a pipe every line carries the mark of the simulation.
func (s *stage) say(kind, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	mark := marksOf[kind]
	at := time.Since(s.begun).Seconds()
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.live {
		s.write(fmt.Sprintf("SIM %5.1f s %s %s\n", at, mark.sign, text))
		return
	}
	var b strings.Builder
	indent := "  "
	if kind == asTitle {
		indent = ""
	}
	s.sc.Width = s.size()
	for i, line := range wrap(text, max(s.sc.Width-len(indent)-3, 20)) {
		sign := mark.sign
		if i > 0 {
			sign = " "
		}
		b.WriteString(paint(s.sc.Color, mark.color, indent+sign+" "+line) + "\n")
	}
	s.write(s.sc.Above(b.String()))
	s.drawLocked()
}

// draw shows the picture, when there is a terminal.
func (s *stage) draw(p picture) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = &p
	s.drawLocked()
}

func (s *stage) drawLocked() {
	if !s.live || s.last == nil {
		return
	}
	s.sc.Width = s.size()
	v := s.last.view
	if !s.last.up {
		v.Ready, v.MotorOn = false, false // of a dead agent's last word, this would be a lie
	}
	s.write(s.sc.Draw(&v, s.extra(s.last)...))
}

// keyHelp is the last line of the screen, always there: key and what it does.
var keyHelp = [...][2]string{{"u", "unplug"}, {"n", "noise"}, {"d", "dial 2.5"}, {"k", "kill agent"}, {"space", "press"}, {"r", "resume"}, {"q", "quit"}}

// extra are the lines below the agent's view: the pen as it truly is, and the keys.
func (s *stage) extra(p *picture) []string {
	w, color := s.sc.Width-1, s.sc.Color
	rule := paint(color, "90", strings.Repeat("─", max(w, 0)))
	if !p.up {
		rule = paint(color, "1;97;41", fit(" The agent is dead: what stands above is the last that it showed", w))
	}
	keys := "SIMULATED"
	colored := paint(color, "1;35", keys)
	for _, k := range keyHelp {
		keys += " " + k[0] + " " + k[1]
		colored += " " + paint(color, "1;7", k[0]) + " " + k[1]
	}
	if cut(keys, w) != keys {
		colored = cut(keys, w)
	}
	return []string{rule, paint(color, "36", cut(penLine(p), w)), colored}
}

// penLine is what is true at the pen, whatever any host believes.
func penLine(p *picture) string {
	if !p.seen {
		return "pen │ not there yet"
	}
	st := &p.pen
	either := func(on bool, yes, no string) string {
		if on {
			return yes
		}
		return no
	}
	permit := "no permit    "
	if st.PermitMS > 0 {
		permit = fmt.Sprintf("permit %3d ms", st.PermitMS)
	}
	where := either(st.Contact, "on skin", "in air")
	switch {
	case !st.Plugged:
		where = "CABLE OUT"
	case st.Noise:
		where = "NOISE"
	}
	return fmt.Sprintf("pen │ %s │ motor %s │ needles %-7s │ dial %s │ %s", permit,
		either(st.Motor, "ON ", "off"), either(st.Clear, "clear", mm(st.DeepestUM)), mm(st.SetUM), where)
}

// fit makes text so many columns wide.
func fit(text string, columns int) string {
	text = cut(text, columns)
	return text + strings.Repeat(" ", max(0, columns-len([]rune(text))))
}

// end leaves the cursor below the picture.
func (s *stage) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.live {
		s.write(s.sc.Above("") + "\x1b[?25h")
		s.last = nil
	}
}

func (s *stage) write(text string) {
	if _, err := io.WriteString(s.out, text); err != nil && s.err == nil {
		s.err = err
	}
}

func paint(on bool, code, text string) string {
	if !on || code == "" || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// cut shortens text to so many columns.
func cut(text string, columns int) string {
	if r := []rune(text); len(r) > columns && columns > 0 {
		return string(r[:columns-1]) + "…"
	}
	return text
}

// wrap breaks text into lines of at most so many columns, between words.
func wrap(text string, columns int) []string {
	var out []string
	line, n := "", 0
	for _, word := range strings.Fields(text) {
		w := len([]rune(word))
		switch {
		case line == "":
			line, n = word, w
		case n+1+w > columns:
			out = append(out, line)
			line, n = word, w
		default:
			line, n = line+" "+word, n+1+w
		}
	}
	return append(out, line)
}

// NewlineWriter writes "\n" as "\r\n", as a terminal in raw mode needs it.
type NewlineWriter struct{ W io.Writer }

func (w NewlineWriter) Write(p []byte) (int, error) {
	if _, err := io.WriteString(w.W, strings.ReplaceAll(string(p), "\n", "\r\n")); err != nil {
		return 0, err
	}
	return len(p), nil
}
