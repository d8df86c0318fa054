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
	Live  bool // To is a terminal
	Width int  // of it; 0: 80

	told time.Time
	long int
}

// Tell shows p, not more often than eyes can follow.
func (b *Bar) Tell(p Progress) {
	every := 10 * time.Second
	if b.Live {
		every = 100 * time.Millisecond
	}
	if b.told.IsZero() && !b.Live {
		b.told = time.Now()
	}
	if time.Since(b.told) < every && p.Played < p.Many {
		return
	}
	b.told = time.Now()
	line := b.line(p)
	if !b.Live {
		fmt.Fprintln(b.To, line)
		return
	}
	pad := max(b.long-len([]rune(line)), 0)
	b.long = len([]rune(line))
	fmt.Fprintf(b.To, "\r%s%s", line, strings.Repeat(" ", pad))
}

func (b *Bar) line(p Progress) string {
	share := 1.0
	if p.Many > 0 {
		share = float64(p.Played) / float64(p.Many)
	}
	tail := fmt.Sprintf(" %d of %d, %.0f times life", p.Played, p.Many, p.Speed())
	if left := p.Left().Round(time.Second); left > 0 {
		tail += fmt.Sprintf(", %v left", left)
	}
	if p.Failed > 0 {
		tail += fmt.Sprintf(", %d FAILED", p.Failed)
	}
	width := b.Width
	if width == 0 {
		width = 80
	}
	cells := min(max(width-len(tail)-3, 0), 30)
	if !b.Live || cells < 8 {
		return strings.TrimSpace(tail)
	}
	full := int(share * float64(cells))
	return "[" + strings.Repeat("#", full) + strings.Repeat(".", cells-full) + "]" + tail
}

// End leaves the line.
func (b *Bar) End() {
	if b.Live && b.long > 0 {
		fmt.Fprintln(b.To)
	}
}
