package replay

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"penlog/device/capture"
	"penlog/protocol"
)

// Options say what a replay prints.
type Options struct {
	Frames bool // each frame that passed, too
}

// Write replays c and writes what it finds to w. Its error is w's.
func Write(w io.Writer, c *Capture, o Options) (Stats, error) {
	out := &printer{w: w}
	from, to := c.span()
	out.printf("capture %s, from a %v%s, written by %s\n", c.Header.Name(), c.Header.Source, simulated(c.Simulated()), quoted(c.Header.Software))
	out.printf("begun %s, %s long, %s, %d records\n", protocol.At(c.Header.Begun), seconds(to-from), parts(c.Parts), len(c.Records))
	for _, s := range c.Problems {
		out.printf("! %s\n", s)
	}
	out.printf("\n")
	st := play(c, o.Frames, func(l Line) {
		out.printf("%12s  %s\n", seconds(int64(l.At)), l.Text)
	}, nil)
	out.printf("\n")
	out.stats(c, &st)
	return st, out.err
}

func (o *printer) stats(c *Capture, s *Stats) {
	h, d := &s.Host, &s.Host.Decoder
	o.printf("from the pen: %d bytes in %d reads, %s\n", s.BytesIn, s.Reads, types(s.Up))
	o.printf("from the host: %d bytes in %d writes, %s\n", s.BytesOut, s.Written, types(s.Down))
	o.printf("link: %d readings, %d frames lost, %d damaged (%d bytes), %d of another version, %d twice, %d late, %d malformed, %d unknown, %d foreign, %d refusals\n",
		h.Readings, h.Lost, d.Damaged(), d.NoiseBytes, d.BadVersion, h.Duplicates, h.Late, h.Malformed, h.Unknown, h.Foreign, h.Refusals)
	o.printf("permits: the recorded host sent %d, the core would send %d\n", s.Permits, s.Would)
	if s.Guessed > 0 {
		o.printf("orders: %d were guessed from the host's frames, where the capture holds none\n", s.Guessed)
	}
	if s.OddOrders > 0 {
		o.printf("orders: %d, of which %d are of a kind that this program does not know\n", s.Orders, s.OddOrders)
	}
	if s.Gaps > 0 {
		o.printf("gaps: %d; what the core does behind one may differ for it\n", s.Gaps)
	}
	if s.Differences > 0 {
		o.printf("differences: %d decisions are not those of the recorded host\n", s.Differences)
	}
	if c.Header.Source == capture.SourceSession {
		o.printf("made from a stored session: what the host sent is made up from the journal\n")
	}
}

// printer keeps the first error.
type printer struct {
	w   io.Writer
	err error
}

func (o *printer) printf(format string, args ...any) {
	if o.err == nil {
		_, o.err = fmt.Fprintf(o.w, format, args...)
	}
}

func parts(p []uint32) string {
	if len(p) == 1 && p[0] == 1 {
		return "1 part"
	}
	if len(p) == 1 {
		return fmt.Sprintf("part %d alone", p[0])
	}
	return fmt.Sprintf("parts %d to %d", p[0], p[len(p)-1])
}

func seconds(us int64) string {
	d := time.Duration(us) * time.Microsecond
	return fmt.Sprintf("%d.%06d s", d/time.Second, max(d%time.Second, 0)/time.Microsecond)
}

// types lists how many frames there were of each type.
func types(n map[protocol.Type]int) string {
	if len(n) == 0 {
		return "no frames"
	}
	var out []string
	for _, t := range slices.Sorted(maps.Keys(n)) {
		out = append(out, fmt.Sprintf("%d %v", n[t], t))
	}
	return strings.Join(out, ", ")
}
