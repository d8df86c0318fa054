package passes

import (
	"fmt"
	"strconv"
	"strings"

	"penlog/protocol"
)

// Glides are n glides along one axis, one after another.
type Glides struct {
	Axis protocol.Axis
	N    uint32
	// Lift is how long the tip was off the skin before the first of them, ms; it
	// is kept where the pen does not tell the axis, and 0 otherwise.
	Lift uint32
}

// Course is the order in which glides were made. Its text is "horizontal:8,vertical:7",
// with "@450" behind a count for a lift of 450 ms before it.
type Course []Glides

var axisNames = [...]string{"unknown", "horizontal", "vertical", "oblique_left", "oblique_right", "circular", "stamp"}

// AxisName is the code of an axis. Source: DOMAIN 7, direction.
func AxisName(a protocol.Axis) string {
	if int(a) < len(axisNames) {
		return axisNames[a]
	}
	return axisNames[0]
}

// add appends glides. Those along the same known axis join the ones before.
func (c *Course) add(axis protocol.Axis, n, lift uint32) {
	if int(axis) >= len(axisNames) {
		axis = protocol.AxisUnknown
	}
	if last := len(*c) - 1; last >= 0 && (*c)[last].Axis == axis && (axis != protocol.AxisUnknown || lift == 0) {
		(*c)[last].N += n
		return
	}
	if axis != protocol.AxisUnknown {
		lift = 0
	}
	*c = append(*c, Glides{axis, n, lift})
}

// Join appends what came after, as if it had been seen as one.
func (c *Course) Join(after Course) {
	for _, g := range after {
		c.add(g.Axis, g.N, g.Lift)
	}
}

// Glides is how many they are.
func (c Course) Glides() (n uint64) {
	for _, g := range c {
		n += uint64(g.N)
	}
	return n
}

// MarshalText gives the course as text.
func (c Course) MarshalText() ([]byte, error) {
	var b []byte
	for i, g := range c {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, AxisName(g.Axis)...)
		b = append(b, ':')
		b = strconv.AppendUint(b, uint64(g.N), 10)
		if g.Lift > 0 {
			b = append(b, '@')
			b = strconv.AppendUint(b, uint64(g.Lift), 10)
		}
	}
	return b, nil
}

// UnmarshalText reads a course back.
func (c *Course) UnmarshalText(b []byte) error {
	*c = nil
	for _, f := range fields(string(b)) {
		g, ok := parseGlides(f)
		if !ok {
			*c = nil
			return fmt.Errorf("passes: %q are no glides", f)
		}
		*c = append(*c, g)
	}
	return nil
}

func parseGlides(f string) (g Glides, ok bool) {
	name, rest, _ := strings.Cut(f, ":")
	count, lift, lifted := strings.Cut(rest, "@")
	n, err := strconv.ParseUint(count, 10, 32)
	if err != nil || n == 0 {
		return g, false
	}
	g.N = uint32(n)
	if lifted {
		ms, err := strconv.ParseUint(lift, 10, 32)
		if err != nil || ms == 0 || name != axisNames[0] {
			return g, false
		}
		g.Lift = uint32(ms)
	}
	for a, known := range axisNames {
		if known == name {
			g.Axis = protocol.Axis(a)
			return g, true
		}
	}
	return g, false
}
