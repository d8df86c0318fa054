package simpen

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"penlog/protocol"
)

// ReplayReport is what came of it.
type ReplayReport struct {
	Length         time.Duration // of the capture
	Took           time.Duration
	Bytes, Lost    uint64 // to the host; of these, that nobody read
	Dropped        int    // frames that answered the recorded host alone
	Recorded, Host HostReport
}

// HostReport is what a host sent.
type HostReport struct {
	Frames   map[protocol.Type]int
	Ceilings []protocol.Micrometres // one for each generation, those of tests included
	Revokes  int                    // generations
}

func (r *player) report() ReplayReport {
	c := r.cfg.Capture.Records
	out := ReplayReport{Took: time.Since(r.begun), Bytes: r.bytes, Lost: r.lost, Dropped: r.dropped,
		Recorded: r.recorded.report(), Host: r.live.report()}
	if len(c) > 0 {
		out.Length = time.Duration(c[len(c)-1].Moment-c[0].Moment) * time.Microsecond
	}
	if r.conn != nil {
		w, l := r.conn.out.counts()
		out.Bytes, out.Lost = out.Bytes+w, out.Lost+l
	}
	return out
}

func (p *party) report() HostReport {
	out := HostReport{Frames: maps.Clone(p.kinds), Revokes: p.revoked}
	for _, d := range p.asked {
		out.Ceilings = append(out.Ceilings, protocol.Micrometres(d))
	}
	return out
}

// Write says what came of it, in lines.
func (o *ReplayReport) Write(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "played %.1f s in %.1f s: %d bytes, %d of them not read; %d frames left out that answered the recorded host alone\n",
		o.Length.Seconds(), o.Took.Seconds(), o.Bytes, o.Lost, o.Dropped)
	types := map[protocol.Type]bool{}
	for t := range o.Recorded.Frames {
		types[t] = true
	}
	for t := range o.Host.Frames {
		types[t] = true
	}
	b.WriteString("frames of this host, and of the recorded one:")
	for i, t := range slices.Sorted(maps.Keys(types)) {
		sep := ""
		if i > 0 {
			sep = ","
		}
		fmt.Fprintf(&b, "%s %v %d and %d", sep, t, o.Host.Frames[t], o.Recorded.Frames[t])
	}
	if len(types) == 0 {
		b.WriteString(" none")
	}
	fmt.Fprintf(&b, "\nceilings of this host: %s\nof the recorded one:   %s\n", depths(o.Host.Ceilings), depths(o.Recorded.Ceilings))
	if o.Same() {
		b.WriteString("both decided the same\n")
	} else {
		fmt.Fprintf(&b, "they decided differently: %d ceilings and %d stops, against %d and %d\n",
			len(o.Host.Ceilings), o.Host.Revokes, len(o.Recorded.Ceilings), o.Recorded.Revokes)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// Same reports whether both hosts set the same ceilings in their order, and stopped
// as often.
func (o *ReplayReport) Same() bool {
	return slices.Equal(o.Host.Ceilings, o.Recorded.Ceilings) && o.Host.Revokes == o.Recorded.Revokes
}

func depths(d []protocol.Micrometres) string {
	if len(d) == 0 {
		return "none"
	}
	var out []string
	for _, d := range d {
		if d <= protocol.TrialCeiling {
			out = append(out, "test")
		} else {
			out = append(out, d.MM())
		}
	}
	return strings.Join(out, ", ")
}
