package simpen

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"penlog/protocol"
	"penlog/sim"
)

// screen shows a person what the pen does: lines of what happened and, on a
// terminal, one line below of how things stand, with keys that drive the pen.
type screen struct {
	out   io.Writer
	live  bool // out is a terminal that takes a status line
	width func() int
	line  string // how things stand; empty: not known yet
	drawn string // what of it is on the screen
	keys  bool
}

// newScreen makes a screen and, when in is a terminal too, reads keys from it
// until leave is called, which gives the terminal back.
func newScreen(ctx context.Context, in io.Reader, out io.Writer, controls chan<- Control) (s *screen, leave func(), err error) {
	s = &screen{out: out, width: func() int { return 80 }}
	leave = func() {}
	if f, ok := out.(*os.File); ok && term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb" {
		s.live = true
		fd := int(f.Fd())
		s.width = func() int {
			if w, _, err := term.GetSize(fd); err == nil && w > 0 {
				return w
			}
			return 80
		}
	}
	f, ok := in.(*os.File)
	if !ok || !s.live || !term.IsTerminal(int(f.Fd())) {
		return s, leave, nil
	}
	fd := int(f.Fd())
	old, err := term.MakeRaw(fd)
	if err != nil {
		return nil, nil, fmt.Errorf("simpen: terminal: %w", err)
	}
	s.keys = true
	leave = func() { _ = term.Restore(fd, old) }
	k := &keys{}
	go func() { // ends with the input: a read of a terminal can't be called off
		var b [16]byte
		for {
			n, err := f.Read(b[:])
			if err != nil {
				return
			}
			for _, c := range b[:n] {
				ctrl, ok := k.press(c)
				if !ok {
					continue
				}
				select {
				case controls <- ctrl:
				case <-ctx.Done():
					return
				}
			}
		}
	}()
	return s, leave, nil
}

// keys turns keys into controls.
type keys struct{ contact, unplugged, glided bool }

func (k *keys) press(c byte) (Control, bool) {
	switch c {
	case ' ':
		return Control{Do: "press"}, true
	case '+', '=':
		return Control{Do: "step", UM: 1}, true
	case '-':
		return Control{Do: "step", UM: -1}, true
	case 'd':
		return Control{Do: "dial", UM: 10_000}, true
	case 'c':
		k.contact = !k.contact
		return Control{Do: "contact", On: k.contact}, true
	case 'g':
		k.glided = !k.glided
		axis := "vertical"
		if k.glided {
			axis = "horizontal"
		}
		return Control{Do: "glide", Axis: axis}, true
	case 'u':
		k.unplugged = !k.unplugged
		if k.unplugged {
			return Control{Do: "unplug"}, true
		}
		return Control{Do: "replug"}, true
	case 'n':
		return Control{Do: "noise", PerMillion: 10_000, MS: 2000}, true
	case 'q', 3, 4: // Ctrl-C and Ctrl-D come as bytes in raw mode
		return Control{Do: "quit"}, true
	}
	return Control{}, false
}

// see shows an observation.
func (s *screen) see(o Observation) {
	if o.See == "state" {
		s.line = status(o.State)
		s.draw()
		return
	}
	if text := say(&o); text != "" {
		s.wipe()
		fmt.Fprintf(s.out, "%9.3f s  %s%s", float64(o.At)/1e6, text, s.newline())
		if o.See == "ready" && s.keys {
			fmt.Fprint(s.out, "keys: space press · + - dial · d dial to the end · c contact · g glide · u unplug · n noise · q quit", s.newline())
		}
		s.draw()
	}
}

func (s *screen) newline() string {
	if s.keys {
		return "\r\n" // the terminal is raw
	}
	return "\n"
}

func (s *screen) wipe() {
	if s.drawn != "" {
		fmt.Fprint(s.out, "\r\x1b[K")
		s.drawn = ""
	}
}

// draw shows how things stand, cut to the width of the terminal, if that changed.
func (s *screen) draw() {
	if !s.live || s.line == "" {
		return
	}
	line := []rune(s.line)
	if w := s.width() - 1; len(line) > w {
		line = line[:max(w, 0)]
	}
	if string(line) != s.drawn {
		s.drawn = string(line)
		fmt.Fprintf(s.out, "\r%s\x1b[K", s.drawn)
	}
}

// end leaves the cursor at the beginning of an empty line.
func (s *screen) end() { s.wipe() }

// status is the line of how things stand.
func status(st *State) string {
	word := func(on bool, yes, no string) string {
		if on {
			return yes
		}
		return no
	}
	mm := func(um int32) string { return protocol.Micrometres(um).MM() }
	ceiling := "no ceiling"
	if st.CeilingUM > 0 {
		ceiling = "max " + mm(st.CeilingUM)
	}
	parts := []string{
		"SIMULATED",
		word(!st.Plugged, "unplugged", word(st.Host, fmt.Sprintf("host %d/s", st.Readings), "no host")),
		"dial " + mm(st.SetUM), ceiling,
		word(st.PermitMS > 0, fmt.Sprintf("permit %3d ms", st.PermitMS), "no permit"),
		word(st.Motor, "motor ON", word(st.Clear, "motor off", "stopping")),
		word(st.Contact, "on skin", "in air"),
		fmt.Sprintf("%d strokes", st.Strokes),
	}
	if st.Noise {
		parts = append(parts, "NOISE")
	}
	if st.Lost > 0 {
		parts = append(parts, fmt.Sprintf("%d bytes unread", st.Lost))
	}
	return strings.Join(parts, " · ")
}

// say puts an observation into words; empty: not worth any.
func say(o *Observation) string {
	ms := func(us int64) string { return fmt.Sprintf("%.1f ms", float64(us)/1000) }
	switch o.See {
	case "ready":
		r := o.Ready
		at := r.Listens
		if r.Device != "" && !strings.HasSuffix(at, r.Device) {
			at += " (" + r.Device + ")"
		}
		return fmt.Sprintf("%s %s, serial %s, listens at %s", r.Vendor, r.Model, r.Serial, at)
	case "moved":
		return "found at " + o.Listens + " from now on"
	case "press":
		return map[string]string{"ran": "press: the motor starts", "no_permit": "press: no permit, the motor stays off",
			"depth_above": "press: the dial is above the ceiling", "fault": "press: a fault forbids it", "stop": "press: stop"}[o.Result]
	case "motor":
		if !*o.On {
			return "motor off: " + o.Cause
		}
	case "clear":
		return "needles clear " + ms(o.StopUS) + " after the motor lost power"
	case "permit":
		if *o.On {
			return "permit to " + protocol.Micrometres(o.Ceiling).MM()
		}
		if o.Lapsed {
			return "permit died of age"
		}
		return "permit ended"
	case "host":
		if *o.On {
			return "a host is here"
		}
		return "the host is gone"
	case "host_silent":
		return fmt.Sprintf("host silent: the permit died %s after the newest one came, needles clear after %s",
			ms(o.Silent.DiedAfterUS), ms(o.Silent.ClearAfter))
	case "over_limit":
		v := o.Over
		text := fmt.Sprintf("above max %s: deepest %s, %d strokes", protocol.Micrometres(v.CeilingUM).MM(), protocol.Micrometres(v.DeepestUM).MM(), v.Strokes)
		if v.ToClearUS > 0 {
			text += fmt.Sprintf("; reading to needles clear %s, strokes after it: %d", ms(v.ToClearUS), v.StrokesAfter)
		}
		return text
	case "plug":
		if *o.On {
			return "line open"
		}
		return "line gone"
	case "boot":
		return "booted"
	case "refused":
		return "refused " + o.Of + ": " + o.Why
	}
	return ""
}

// step is where the dial comes to rest, some clicks on.
func step(p *sim.Pen, clicks int32) protocol.Micrometres {
	one := protocol.Micrometres(max(p.Identity().DepthStep, 10))
	return max(p.Wanted()+one*protocol.Micrometres(clicks), 0)
}
