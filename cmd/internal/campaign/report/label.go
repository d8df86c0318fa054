package report

import (
	"slices"
	"strings"

	"penlog/cmd/internal/campaign"
)

// label is a mark on a plot: a line down through it, and words above it when there
// is room for them.
type label struct {
	Kind   string
	X      string // of the line
	TextX  string
	TextY  int
	Anchor string // of the text: start or end
	Text   string // empty: no room
	Full   string
}

// Sizes of labels, in plot units.
const (
	lanes      = 5
	laneHeight = 16
	mostLabels = 50  // lines down through a plot: more is a wall
	titleLong  = 120 // characters of the words that a pointer shows
)

// weight says whose words go first when there is not room for all.
var weight = map[string]int{"broken": 5, "trip": 4, "alarm": 3, "step": 2, "hold": 2}

// label places the marks of the stretch and makes room for their words above the plot. Words stand in lanes, so that none
// overlap; what is graver is placed first, nearest to the plot.
func (g *plot) label(marks []campaign.Mark, f frame, x func(int64) float64) {
	var in []campaign.Mark
	for _, m := range marks {
		if m.At >= f.from && m.At <= f.to {
			in = append(in, m)
		}
	}
	slices.SortStableFunc(in, func(a, b campaign.Mark) int { return weight[b.Kind] - weight[a.Kind] })
	in = in[:min(len(in), mostLabels)]
	var taken [lanes][]stretch
	used := 0
	for _, m := range in {
		at := x(m.At)
		text := m.Kind + ": " + ruleWords(m.Text)
		if m.Kind == "step" {
			text = m.Text
			if _, deeds, ok := strings.Cut(text, ": "); ok {
				text = deeds // when it was, the plot shows
			}
		}
		l := label{Kind: kindOf(m.Kind), X: num(at), Full: harmless(clip(text, titleLong))}
		for _, most := range [...]int{f.labels, f.labels / 2, 8} { // fewer words before none
			short := harmless(clip(text, most))
			long := textWidth(short, m.Kind == "broken") + 8
			for _, left := range [...]bool{false, true} {
				s := stretch{at + 3, at + 3 + long}
				l.Anchor, l.TextX = "start", num(at+4)
				if left {
					s = stretch{at - 3 - long, at - 3}
					l.Anchor, l.TextX = "end", num(at-4)
				}
				lane := slices.IndexFunc(taken[:], func(t []stretch) bool {
					return !slices.ContainsFunc(t, func(t stretch) bool { return s.from < t.to && t.from < s.to })
				})
				if lane < 0 || s.from < 0 || s.to > float64(g.Right) {
					continue
				}
				taken[lane] = append(taken[lane], s)
				l.Text, l.TextY = short, lane // for now
				used = max(used, lane+1)
				break
			}
			if l.Text != "" {
				break
			}
		}
		g.Labels = append(g.Labels, l)
	}
	g.Top += used * laneHeight
	for i := range g.Labels {
		g.Labels[i].TextY = g.Top - 6 - g.Labels[i].TextY*laneHeight
	}
	slices.Reverse(g.Labels) // the gravest is drawn last, above the others
}

// textWidth is how wide a text of 11 units is at most, in the widest of the fonts
// that the page names (DejaVu Sans), bold or not.
func textWidth(s string, bold bool) float64 {
	w := 0.0
	for _, r := range s {
		switch {
		case strings.ContainsRune("ijlI.,:;'|!()[] tfr-", r):
			w += 5
		case strings.ContainsRune("mwMW@%—…", r) || r > 0x2000:
			w += 11.2
		case r >= 'A' && r <= 'Z':
			w += 8.8
		default:
			w += 7.2
		}
	}
	if bold {
		w *= 1.13
	}
	return w
}

// kindOf keeps the kinds that the page has a colour for.
func kindOf(k string) string {
	if weight[k] > 0 {
		return k
	}
	return "advisory"
}
