package simpen

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"penlog/session/limits"
	"penlog/session/limits/strictyaml"
	"penlog/sim"
)

// sentences are the controls in words, with an example of each.
var sentences = []struct{ verb, takes, about, example string }{
	{"press", "", "the start button, once: start or stop", "press"},
	{"dial", "DEPTH", "turn the ring to that depth, click by click", "dial 1.25mm"},
	{"step", "CLICKS", "turn it by so many clicks", "step -1"},
	{"contact", "on|off", "tip on the skin, or lifted", "contact on"},
	{"skin", "KIND", "what the tip is on: plain, soft, firm, bony", "skin bony"},
	{"glide", "AXIS", "a glide begins", "glide vertical"},
	{"speed", "HZ", "stroke rate wanted", "speed 110Hz"},
	{"cartridge", "in|out", "put it in, or take it out", "cartridge out"},
	{"release", "", "take the pen out of guarded mode, by the gesture at it", "release"},
	{"guard", "", "and back into it", "guard"},
	{"hand", "STYLE DEPTH PASSES|stop", "a hand works by itself, or lets go", "hand careful 1mm 2"},
	{"unplug", "", "pull the cable", "unplug"},
	{"replug", "", "put it in again", "replug"},
	{"fault", "NAME [AMOUNT]", "let something go wrong; the name alone does too", "fault line-noise 1000 up for 2s"},
	{"clear", "[NAME]", "take a fault away, or all of them", "clear stuck-sensor"},
	{"state", "", "how things stand", "state"},
	{"list", "[GROUP]", "the faults there are, and how a host can know them", "list sensor"},
	{"quit", "", "put the pen away", "quit"},
}

// ParseWords reads a control as people give it, such as
//
//	press
//	dial 1.25mm
//	fault line-noise 1000 up for 2s
//	stuck-sensor for 2s
//
// The error suggests what was likely meant.
func ParseWords(words []string) (Control, error) {
	p := &parser{words: words}
	c, err := p.control()
	if err == nil && len(p.words) > 0 {
		err = fmt.Errorf("%q is too much for %s", p.words[0], c.Do)
	}
	if err == nil {
		err = c.Check()
	}
	return c, err
}

// parser takes words from the front.
type parser struct{ words []string }

func (p *parser) next() string {
	if len(p.words) == 0 {
		return ""
	}
	w := p.words[0]
	p.words = p.words[1:]
	return w
}

// take takes the next word if it is one of those.
func (p *parser) take(words ...string) string {
	if len(p.words) > 0 && slices.Contains(words, p.words[0]) {
		return p.next()
	}
	return ""
}

// one takes a word that is one of those.
func (p *parser) one(what string, words ...string) (string, error) {
	w := p.next()
	if slices.Contains(words, w) {
		return w, nil
	}
	return "", wrongWord(what, w, words)
}

// wrongWord says which word was likely meant, or which there are.
func wrongWord(what, w string, words []string) error {
	if len([]rune(w)) > 64 {
		w = string([]rune(w)[:64]) + "…"
	}
	list := strings.Join(words, ", ")
	if w == "" {
		return fmt.Errorf("%s is missing: choose one of %s", what, list)
	}
	if near := strictyaml.Nearest(w, words); near != "" {
		return fmt.Errorf("no %s %q: did you mean %s?", what, w, near)
	}
	return fmt.Errorf("no %s %q: choose one of %s", what, w, list)
}

func (p *parser) number(what, unit string, lo, hi int64) (int64, error) {
	w := p.next()
	n, err := strconv.ParseInt(strings.TrimSuffix(w, unit), 10, 64)
	switch {
	case w == "":
		return 0, fmt.Errorf("%s is missing", what)
	case err != nil:
		return 0, fmt.Errorf("%s: %q is no whole number", what, w)
	case n < lo || n > hi:
		return 0, fmt.Errorf("%s is %d, want %d to %d", what, n, lo, hi)
	}
	return n, nil
}

func (p *parser) depth() (int32, error) {
	w := p.next()
	if w == "" {
		return 0, fmt.Errorf(`depth is missing: write it like 1.25mm or 1250um`)
	}
	if w == "0" || w == "0mm" || w == "0um" || w == "0µm" {
		return 0, nil
	}
	d, err := limits.ParseDepth(w)
	if err != nil {
		return 0, err
	}
	return int32(d), nil
}

func (p *parser) control() (c Control, err error) {
	verb := p.next()
	c.Do = verb
	switch verb {
	case "press", "unplug", "replug", "state", "quit":
	case "dial":
		c.UM, err = p.depth()
	case "step":
		var n int64
		n, err = p.number("clicks", "", -100, 100)
		c.UM = int32(n)
	case "contact":
		var w string
		w, err = p.one("contact", "on", "off")
		c.On = w == "on"
	case "skin":
		c.Name = p.next()
	case "glide":
		c.Axis, err = p.one("axis", "horizontal", "vertical", "oblique_left", "oblique_right", "circular", "stamp")
	case "speed":
		var n int64
		n, err = p.number("stroke rate", "Hz", 1, 1000)
		c.Hz = uint16(n)
	case "cartridge":
		var w string
		w, err = p.one("cartridge", "in", "out")
		c.On = w == "in"
	case "release", "guard":
		c.Do, c.On = "release", verb == "release"
	case "hand":
		err = p.hand(&c)
	case "clear":
		c.Name = p.next()
	case "fault":
		err = p.fault(&c, p.next())
	default:
		err = p.fault(&c, verb)
		if c.Name == "" {
			var verbs []string
			for i := range sentences {
				verbs = append(verbs, sentences[i].verb)
			}
			if _, bad := sim.FaultByName(verb); bad != nil && strictyaml.Nearest(verb, verbs) == "" && strings.Contains(bad.Error(), "did you mean") {
				return c, bad
			}
			return c, wrongWord("control", verb, verbs)
		}
	}
	return c, err
}

func (p *parser) hand(c *Control) error {
	if p.take("stop") != "" {
		return nil
	}
	var names []string
	for _, s := range sim.Styles() {
		names = append(names, s.Name)
	}
	var err error
	if c.Style, err = p.one("hand", names...); err != nil {
		return err
	}
	if c.UM, err = p.depth(); err != nil {
		return err
	}
	n, err := p.number("passes", "", 1, 100)
	c.Passes, c.Seed = int(n), 1
	return err
}

// fault reads NAME [AMOUNT] [up|down|both] [for SPAN] [TEXT]; c.Name stays empty
// when there is no such fault.
func (p *parser) fault(c *Control, name string) error {
	f, err := sim.FaultByName(name)
	if err != nil {
		if name == "" {
			return fmt.Errorf("which fault is missing: pensim ctl list says what there is")
		}
		return err
	}
	c.Do, c.Name = "fault", name
	i := f.Kind.Info()
	if len(p.words) > 0 && strings.ContainsAny(p.words[0][:min(1, len(p.words[0]))], "-+0123456789") {
		if i.Unit == "" {
			return fmt.Errorf("%s takes no amount: leave out %q", name, p.words[0])
		}
		unit := i.Unit
		if strings.HasSuffix(p.words[0], strings.ReplaceAll(unit, "µ", "u")) {
			unit = strings.ReplaceAll(unit, "µ", "u")
		}
		if c.Amount, err = p.number("amount in "+i.Unit, unit, i.Min, i.Max); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	c.Direction = p.take("up", "down", "both")
	if p.take("for") != "" {
		w := p.next()
		d, err := time.ParseDuration(w)
		if err != nil || d < time.Millisecond || d > 24*time.Hour {
			return fmt.Errorf("%s: how long is %q: write a time from 1ms to 24h, like 500ms or 2s", name, w)
		}
		c.MS = d.Milliseconds()
	}
	if f.Kind == sim.FaultOtherPen {
		c.Text = p.next()
	}
	return nil
}
