package passes

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"penlog/protocol"
)

// BinWidth is the width of a bin of [Depths], in µm: what people read, two decimals of a mm.
const BinWidth = 10

// Bin is how many strokes went so deep.
type Bin struct {
	Depth   protocol.Micrometres // the bin's lower edge, a multiple of BinWidth
	Strokes uint32
}

// Depths counts strokes by depth, the shallowest first. Its text is
// "1480:12,1490:30": the lower edge of each bin in µm, and its strokes.
type Depths []Bin

// Add counts n strokes of depth d; a negative depth counts as 0.
func (d *Depths) Add(depth protocol.Micrometres, n uint32) {
	if n == 0 {
		return
	}
	depth = max(depth, 0) / BinWidth * BinWidth
	i, ok := slices.BinarySearchFunc(*d, depth, func(b Bin, to protocol.Micrometres) int { return int(b.Depth) - int(to) })
	if ok {
		(*d)[i].Strokes += n
		return
	}
	*d = slices.Insert(*d, i, Bin{depth, n})
}

// Merge adds all that other counted.
func (d *Depths) Merge(other Depths) {
	for _, b := range other {
		d.Add(b.Depth, b.Strokes)
	}
}

// Strokes is how many were counted.
func (d Depths) Strokes() (n uint64) {
	for _, b := range d {
		n += uint64(b.Strokes)
	}
	return n
}

// Deepest is the lower edge of the deepest bin; 0 when none was counted.
func (d Depths) Deepest() protocol.Micrometres {
	if len(d) == 0 {
		return 0
	}
	return d[len(d)-1].Depth
}

// Above is how many went deeper than limit, by the bin's lower edge: never more
// than there were.
func (d Depths) Above(limit protocol.Micrometres) (n uint64) {
	for _, b := range d {
		if b.Depth > limit {
			n += uint64(b.Strokes)
		}
	}
	return n
}

// Percentile is the depth that p percent of the strokes did not exceed, to the
// width of a bin; 0 when none was counted.
func (d Depths) Percentile(p int) protocol.Micrometres {
	total := d.Strokes()
	if total == 0 {
		return 0
	}
	need := (total*uint64(p) + 99) / 100
	var n uint64
	for _, b := range d {
		if n += uint64(b.Strokes); n >= need {
			return b.Depth
		}
	}
	return d[len(d)-1].Depth
}

// MarshalText gives the bins as text.
func (d Depths) MarshalText() ([]byte, error) {
	out := make([]byte, 0, 9*len(d))
	for i, b := range d {
		if i > 0 {
			out = append(out, ',')
		}
		out = strconv.AppendInt(out, int64(b.Depth), 10)
		out = append(out, ':')
		out = strconv.AppendUint(out, uint64(b.Strokes), 10)
	}
	return out, nil
}

// UnmarshalText reads the bins back: rising, none empty.
func (d *Depths) UnmarshalText(b []byte) error {
	*d = nil
	for _, f := range fields(string(b)) {
		depth, strokes, ok := strings.Cut(f, ":")
		um, err := strconv.ParseUint(depth, 10, 16)
		n, err2 := strconv.ParseUint(strokes, 10, 32)
		bin := Bin{protocol.Micrometres(um), uint32(n)}
		if !ok || err != nil || err2 != nil || n == 0 || um%BinWidth != 0 || len(*d) > 0 && (*d)[len(*d)-1].Depth >= bin.Depth {
			*d = nil
			return fmt.Errorf("passes: %q is no bin of depths", f)
		}
		*d = append(*d, bin)
	}
	return nil
}

func fields(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}
