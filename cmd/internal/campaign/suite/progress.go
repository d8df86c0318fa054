package suite

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// Bar shows progress on a terminal as one line that is written over, elsewhere as
// a line every ten seconds. Tell it from one goroutine at a time.
type Bar struct {
	To    io.Writer
	Live  bool       // To is a terminal
	Width func() int // of it, in columns; nil, and what is not above 0: 80

	told time.Time
	long int // characters of the line that stands
}

// Tell shows p, not more often than eyes can follow.
func (b *Bar) Tell(p Progress) {
	every := 10 * time.Second
	if b.Live {
		every = 100 * time.Millisecond
	} else if b.told.IsZero() {
		b.told = time.Now()
	}
	if time.Since(b.told) < every && p.Played < p.Many {
		return
	}
	b.told = time.Now()
	if !b.Live {
		fmt.Fprintln(b.To, strings.Join(words(p), ", "))
		return
	}
	line, width := "", 80
	if b.Width != nil {
		if w := b.Width(); w > 0 {
			width = w
		}
	}
	width-- // a line that fills the last column wraps on some terminals
	line = fit(p, width)
	pad := max(min(b.long, width)-len([]rune(line)), 0)
	b.long = len([]rune(line))
	fmt.Fprintf(b.To, "\r%s%s", line, strings.Repeat(" ", pad))
}

// words are what there is to say, what matters most first.
func words(p Progress) []string {
	out := []string{fmt.Sprintf("%d of %d", p.Played, p.Many)}
	if p.Failed > 0 {
		out = append(out, fmt.Sprintf("%d FAILED", p.Failed))
	}
	if left := p.Left().Round(time.Second); left > 0 {
		out = append(out, fmt.Sprintf("%v left", left))
	}
	if p.Shrinking > 0 {
		out = append(out, fmt.Sprintf("making %d smaller", p.Shrinking))
	}
	return append(out, fmt.Sprintf("%.0f times life", p.Speed()))
}

// fit says as much as there is room for in so many columns: fewer words when it is
// narrow, and a bar in what is left.
func fit(p Progress, width int) string {
	var line string
	for i, w := range words(p) {
		if i > 0 {
			w = ", " + w
		}
		if len(line)+len(w) > width {
			break
		}
		line += w
	}
	cells := min(width-len(line)-3, 30)
	if cells < 8 {
		return line
	}
	share := 1.0
	if p.Many > 0 {
		share = min(float64(p.Played)/float64(p.Many), 1)
	}
	full := int(share * float64(cells))
	return "[" + strings.Repeat("#", full) + strings.Repeat(".", cells-full) + "] " + line
}

// Clear takes the line away, so that others can be written; the next Tell shows it anew.
func (b *Bar) Clear() {
	if b.Live && b.long > 0 {
		fmt.Fprintf(b.To, "\r%s\r", strings.Repeat(" ", b.long))
		b.long, b.told = 0, time.Time{}
	}
}

// End leaves the line.
func (b *Bar) End() {
	if b.Live && b.long > 0 {
		fmt.Fprintln(b.To)
		b.long = 0
	}
}
