package simpen

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"penlog/protocol"
	"penlog/sim"
)

// Control tells the pen's surroundings what to do. The package comment lists
// what there is.
type Control struct {
	Do         string    `json:"do"`
	UM         int32     `json:"um,omitempty"`
	On         bool      `json:"on,omitempty"`
	Axis       string    `json:"axis,omitempty"`
	Hz         uint16    `json:"hz,omitempty"`
	MS         int64     `json:"ms,omitempty"`
	PerMillion int64     `json:"per_million,omitempty"`
	Name       string    `json:"name,omitempty"`
	Amount     int64     `json:"amount,omitempty"`
	Direction  string    `json:"direction,omitempty"`
	Text       string    `json:"text,omitempty"`
	Style      string    `json:"style,omitempty"`
	Passes     int       `json:"passes,omitempty"`
	Seed       uint64    `json:"seed,omitempty"`
	AfterMS    int64     `json:"after_ms,omitempty"`
	Steps      []Control `json:"steps,omitempty"`

	// Bad, when not empty, is why the line that was read is no control at all.
	Bad string `json:"-"`

	answer chan<- Observation // has room for one; nil: nobody waits
}

var axes = map[string]protocol.Axis{
	"": protocol.AxisUnknown, "horizontal": protocol.AxisHorizontal, "vertical": protocol.AxisVertical,
	"oblique_left": protocol.AxisObliqueLeft, "oblique_right": protocol.AxisObliqueRight,
	"circular": protocol.AxisCircular, "stamp": protocol.AxisStamp,
}

// words are the controls and what each needs.
var words = map[string]func(*Control) error{
	"press": nil, "cartridge": nil, "release": nil, "contact": nil, "unplug": nil, "replug": nil, "state": nil, "quit": nil,
	"dial": func(c *Control) error { return within("um", int64(c.UM), 0, 10_000) },
	"step": func(c *Control) error { return within("um", int64(c.UM), -100, 100) },
	"glide": func(c *Control) error {
		if _, ok := axes[c.Axis]; !ok {
			return fmt.Errorf("axis %q is none of horizontal, vertical, oblique_left, oblique_right, circular, stamp", c.Axis)
		}
		return nil
	},
	"speed": func(c *Control) error { return within("hz", int64(c.Hz), 1, 1000) },
	"noise": func(c *Control) error {
		return errors.Join(within("per_million", c.PerMillion, 0, 1_000_000), within("ms", c.MS, 0, 3_600_000))
	},
	"stall": func(c *Control) error { return within("ms", c.MS, 1, 60_000) },
	"fault": func(c *Control) error { _, err := c.fault(); return err },
	"clear": func(c *Control) error {
		if c.Name == "" { // all of them
			return nil
		}
		_, err := sim.FaultByName(c.Name)
		return err
	},
	"skin": func(c *Control) error { _, err := sim.SkinByName(c.Name); return err },
	"hand": func(c *Control) error {
		if c.Passes == 0 {
			return nil
		}
		_, err := sim.StyleByName(c.Style)
		return errors.Join(err, within("um", int64(c.UM), 1, 10_000), within("passes", int64(c.Passes), 0, 100))
	},
	"script": nil,
}

// fault is the fault that c names.
func (c *Control) fault() (sim.Fault, error) {
	f, err := sim.FaultByName(c.Name)
	if err != nil {
		return f, err
	}
	way, err := sim.DirectionByName(c.Direction)
	if err == nil {
		err = within("ms", c.MS, 0, 24*3_600_000)
	}
	f.Amount, f.Way, f.For, f.Text = c.Amount, way, ms(c.MS), c.Text
	return f, errors.Join(err, f.Check())
}

func within(field string, got, lo, hi int64) error {
	if got < lo || got > hi {
		return fmt.Errorf("%s is %d, want %d to %d", field, got, lo, hi)
	}
	return nil
}

// Check reports why c can't be carried out, if so.
func (c *Control) Check() error {
	if c.Bad != "" {
		return errors.New(c.Bad)
	}
	check, ok := words[c.Do]
	if !ok {
		return fmt.Errorf("no control %q", c.Do)
	}
	if check != nil {
		if err := check(c); err != nil {
			return err
		}
	}
	for i := range c.Steps {
		s := &c.Steps[i]
		err := s.Check()
		if s.Do == "script" {
			err = errors.New("a script in a script")
		}
		if err = errors.Join(err, within("after_ms", s.AfterMS, 0, 24*3_600_000)); err != nil {
			return fmt.Errorf("step %d: %w", i+1, err)
		}
	}
	return nil
}

// maxControl is the longest line of control, in bytes.
const maxControl = 1 << 20

// ReadControls reads controls from r, one JSON object a line, and sends them to
// out until r ends, when it sends a quit, or ctx is done. A line that is no
// control is sent too, with Bad set.
func ReadControls(ctx context.Context, r io.Reader, out chan<- Control) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxControl)
	send := func(c Control) bool {
		select {
		case out <- c:
			return true
		case <-ctx.Done():
			return false
		}
	}
	for lines.Scan() {
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 {
			continue
		}
		if !send(parseControl(line)) {
			return
		}
	}
	if err := lines.Err(); err != nil {
		send(Control{Bad: "reading controls: " + err.Error()})
	}
	send(Control{Do: "quit"})
}

// parseControl reads one line; what is no control has Bad set.
func parseControl(line []byte) Control {
	var c Control
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	err := d.Decode(&c)
	if err == nil {
		if _, more := d.Token(); more != io.EOF {
			err = errors.New("more than one JSON value on the line")
		}
	}
	if err != nil {
		c = Control{Do: c.Do, Bad: "not a control: " + strings.TrimPrefix(err.Error(), "json: ")}
	}
	return c
}
