package script

import (
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	"penlog/protocol"
	"penlog/session"
	"penlog/session/limits"
)

// People of a script's clinic.
const (
	Technician = session.By("technician")
	Clinician  = session.By("clinician")
)

// command takes a command of Penlog's: in words, or as the JSON object that the
// agent's API takes.
func (w *words) command() (c session.Command, bad *WordError) {
	if strings.HasPrefix(w.peek(), "{") {
		return w.object()
	}
	do, bad := w.one("command", commandNames())
	if bad != nil {
		return c, bad
	}
	c.Do = session.CommandKind(do)
	spec, _ := c.Do.Spec()
	needs := func(f string) bool { return slices.Contains(spec.Needs, f) }
	takes := func(f string) bool { return slices.Contains(spec.Takes, f) }
	for _, f := range spec.Needs {
		if !slices.Contains([]string{"zone", "side", "indication", "value_um", "mode", "code", "text"}, f) {
			return c, w.bad(do, fmt.Sprintf("%s takes %q, for which there are no words", do, f), "write it as the JSON object that the API takes")
		}
	}
	switch {
	case needs("zone"):
		p, bad := w.place(needs("indication"))
		if bad != nil {
			return c, bad
		}
		c.Zone, c.Side, c.Indication = p.Zone, p.Side, p.Indication
	case needs("mode"):
		m, bad := w.one("mode", []string{"guarded", "stoppable", "monitor_only", "manual"})
		if bad != nil {
			return c, bad
		}
		if err := c.Mode.UnmarshalText([]byte(m)); err != nil {
			return c, w.bad(m, err.Error(), "")
		}
	}
	if needs("value_um") {
		if c.Value, bad = w.depth(); bad != nil {
			return c, bad
		}
	}
	if takes("wanted_um") && w.take("wanted") != "" {
		if c.Wanted, bad = w.depth(); bad != nil {
			return c, bad
		}
	}
	if takes("code") && w.take("code") != "" {
		c.Code = w.next()
	}
	if w.take("by") != "" {
		who, bad := w.one("person", []string{string(Technician), string(Clinician)})
		if bad != nil {
			return c, bad
		}
		c.By = session.By(who)
	}
	if takes("text") && w.take("because") != "" {
		c.Text = w.rest()
	}
	if needs("text") && c.Text == "" {
		return c, w.bad("", do+" takes a reason", "end it with 'because' and the reason")
	}
	return c, nil
}

// object takes a command as JSON.
func (w *words) object() (c session.Command, bad *WordError) {
	text := w.rest()
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	err := d.Decode(&c)
	if err == nil {
		if _, more := d.Token(); more != io.EOF {
			err = fmt.Errorf("there is more behind the object")
		}
	}
	if err != nil {
		return c, w.bad(text, "this is no command: "+strings.TrimPrefix(err.Error(), "json: "), "write it as the API's document says")
	}
	if _, ok := c.Do.Spec(); !ok {
		return c, w.unknown("command", string(c.Do), commandNames())
	}
	return c, nil
}

// commandWords writes what [words.command] reads: words where they say all.
func commandWords(c *session.Command) string {
	out := []string{string(c.Do)}
	if c.Zone != limits.ZoneNone {
		out = append(out, c.Zone.String())
		if c.Side != limits.SideNone {
			out = append(out, c.Side.String())
		}
		if c.Indication != limits.IndicationNone {
			out = append(out, c.Indication.String())
		}
	}
	if c.Mode != session.ModeNone {
		out = append(out, c.Mode.String())
	}
	for _, d := range []struct {
		word string
		d    protocol.Micrometres
	}{{"", c.Value}, {"wanted", c.Wanted}} {
		if d.d != 0 {
			out = append(out, strings.TrimSpace(d.word+" "+mm(d.d)))
		}
	}
	if c.Code != "" {
		out = append(out, "code", c.Code)
	}
	if c.By != "" {
		out = append(out, "by", string(c.By))
	}
	if c.Text != "" {
		out = append(out, "because", c.Text)
	}
	text := strings.Join(out, " ")
	w := words{text: text}
	if back, bad := w.command(); bad == nil && w.peek() == "" && reflect.DeepEqual(back, *c) {
		return text
	}
	b, err := json.Marshal(c)
	if err != nil {
		return text // a command that can't be written was never read
	}
	return string(b)
}
