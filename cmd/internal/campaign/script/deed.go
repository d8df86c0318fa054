package script

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"penlog/protocol"
	"penlog/session"
	"penlog/sim"
)

// Deed is one thing that is done in a script: a verb with what it takes.
type Deed struct {
	Verb   string
	Amount int64                // TakesAmount, in the verb's unit
	Depth  protocol.Micrometres // TakesDepth
	For    time.Duration        // TakesFor; 0: until it is cleared, or over at once
	Way    sim.Direction        // TakesDirection
	Text   string               // TakesText, TakesStyle, TakesVerb, TakesFact
	Ask    session.Command      // TakesCommand; By is filled in by whoever plays it
}

// Is returns the deed's verb; nil when there is none of that name.
func (d *Deed) Is() *Verb { return VerbByName(d.Verb) }

// ParseDeed reads the sentence of a deed, such as
//
//	dial 2.00mm
//	stuck-sensor for 2s
//	line-noise 1000 up for 2s
//	other-pen B-2 for 10s
//	clear stuck-sensor
//	ask choose nose acne_scar_rolling
//	pc-check clock bad
//
// The error is a *[WordError].
func ParseDeed(text string) (Deed, error) {
	w := &words{text: text}
	d, bad := w.deed()
	if bad == nil {
		bad = w.end()
	}
	if bad != nil {
		return Deed{}, bad
	}
	return d, nil
}

func (w *words) deed() (d Deed, bad *WordError) {
	if d.Verb, bad = w.one("thing to do", verbNames()); bad != nil {
		return d, bad
	}
	v := VerbByName(d.Verb)
	if v.Takes.Has(TakesCommand) {
		d.Ask, bad = w.command()
		return d, bad
	}
	d.Amount, d.For = v.Amount, v.Span
	if v.Takes.Has(TakesDepth) {
		if d.Depth, bad = w.depth(); bad != nil {
			return d, bad
		}
	}
	if v.Takes.Has(TakesStyle) {
		if d.Text, bad = w.one("hand", styleNames()); bad != nil {
			return d, bad
		}
	}
	if v.Takes.Has(TakesVerb) {
		if d.Text, bad = w.one("fault", clearable()); bad != nil {
			return d, bad
		}
	}
	if v.Takes.Has(TakesFact) {
		fact, bad := w.one("fact about the PC", []string{"clock", "record", "awake"})
		if bad != nil {
			return d, bad
		}
		stands, bad := w.one("way that it stands", []string{"good", "bad", "unknown"})
		if bad != nil {
			return d, bad
		}
		d.Text = fact + " " + stands
	}
	if p := w.peek(); v.Takes.Has(TakesAmount) && p != "" && strings.ContainsAny(p[:1], "-+0123456789") {
		if d.Amount, bad = w.amount(v); bad != nil {
			return d, bad
		}
	}
	if v.Takes.Has(TakesDirection) {
		switch w.take("up", "down", "both") {
		case "up":
			d.Way = sim.Up
		case "down":
			d.Way = sim.Down
		}
	}
	if bad = w.serial(v, &d); bad != nil {
		return d, bad
	}
	if v.Takes.Has(TakesFor) && w.take("for") != "" {
		if d.For, bad = w.span("for"); bad != nil {
			return d, bad
		}
		if d.For < v.Least || v.Most != 0 && d.For > v.Most {
			return d, w.bad(d.For.String(), fmt.Sprintf("%s lasts from %v to %v", v.Name, v.Least, v.Most), "give a time in between")
		}
	}
	if v.Takes.Has(TakesFor) && d.For == 0 && v.Least > 0 && v.Group == GroupPC {
		return d, w.bad("", fmt.Sprintf("how long is missing for %s", v.Name), "write 'for' and a time, as in: "+v.Name+" for 500ms")
	}
	return d, w.serial(v, &d)
}

// serial takes the serial number of another pen, if one is named and none was.
func (w *words) serial(v *Verb, d *Deed) *WordError {
	if p := w.peek(); !v.Takes.Has(TakesText) || d.Text != "" || p == "" || p == "for" {
		return nil
	}
	s := w.next()
	if !serialForm.MatchString(s) {
		return w.bad(s, fmt.Sprintf("%q is no serial number", s), "write up to 32 letters, digits, dots, dashes and strokes, like: "+v.Name+" B-2")
	}
	d.Text = s
	return nil
}

// serialForm is how serial numbers are spelt here. Source: PROTOCOL.md §3.1.
var serialForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._/-]{0,31}$`)

// amount takes a number, perhaps with the verb's unit behind it.
func (w *words) amount(v *Verb) (int64, *WordError) {
	s := w.next()
	unit := strings.ReplaceAll(v.Unit, "µ", "u")
	number := strings.TrimSuffix(strings.ReplaceAll(s, "µ", "u"), unit)
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		if um, ok := micrometres(s); ok && unit == "um" {
			n, err = um, nil
		}
	}
	if err != nil {
		return 0, w.bad(s, fmt.Sprintf("%q is no whole number of %s", s, plural(v.Unit)), fmt.Sprintf("write it like %d%s", v.Amount, wordUnit(v.Unit)))
	}
	if n < v.Min || n > v.Max {
		return 0, w.bad(s, fmt.Sprintf("%s goes from %d to %d %s", v.Name, v.Min, v.Max, v.Unit), "give a number in between")
	}
	return n, nil
}

func plural(unit string) string {
	if unit == "" {
		return "anything"
	}
	return unit
}

// wordUnit is how a unit is written behind a number: only those without a space are.
func wordUnit(unit string) string {
	if strings.ContainsAny(unit, " ") {
		return ""
	}
	return strings.ReplaceAll(unit, "µ", "u")
}

// String writes the sentence that [ParseDeed] reads.
func (d Deed) String() string {
	v := d.Is()
	if v == nil {
		return d.Verb
	}
	out := []string{d.Verb}
	add := func(s string) { out = append(out, s) }
	if v.Takes.Has(TakesCommand) {
		return strings.Join(append(out, commandWords(&d.Ask)), " ")
	}
	if v.Takes.Has(TakesDepth) {
		add(mm(d.Depth))
	}
	if v.Takes.Has(TakesStyle) || v.Takes.Has(TakesVerb) || v.Takes.Has(TakesFact) {
		add(d.Text)
	}
	if v.Takes.Has(TakesAmount) && d.Amount != v.Amount {
		add(strconv.FormatInt(d.Amount, 10) + wordUnit(v.Unit))
	}
	if v.Takes.Has(TakesDirection) && d.Way != sim.BothWays {
		add(d.Way.String())
	}
	if v.Takes.Has(TakesFor) && d.For != v.Span {
		add("for")
		add(d.For.String())
	}
	if v.Takes.Has(TakesText) && d.Text != "" {
		add(d.Text)
	}
	return strings.Join(out, " ")
}

func styleNames() []string {
	var out []string
	for _, s := range sim.Styles() {
		out = append(out, s.Name)
	}
	return out
}
