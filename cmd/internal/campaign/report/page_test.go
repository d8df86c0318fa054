package report_test

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"penlog/cmd/internal/campaign"
	"penlog/cmd/internal/campaign/report"
	"penlog/cmd/internal/campaign/script"
	"penlog/protocol"
)

// somePlot lasts so many seconds: 100 strokes a second of 1.00 mm under 1.50 mm.
func somePlot(s int) *campaign.Plot {
	p := &campaign.Plot{}
	for i := range s * 100 {
		add(p, int64(i)*10_000, 1000, 1500)
	}
	return p
}

func add(p *campaign.Plot, at int64, depth, ceiling protocol.Micrometres) {
	p.At, p.Depth, p.Set = append(p.At, at), append(p.Depth, depth), append(p.Set, 1000)
	p.Ceiling, p.Limit, p.Driven = append(p.Ceiling, ceiling), append(p.Limit, 1500), append(p.Driven, true)
}

func failing(p *campaign.Plot, seconds float64, focus int64) report.Report {
	return report.Report{What: "campaign", Planned: 1, Played: 1, Failed: 1, Cases: []report.Case{{Name: "seed-1", Plot: p, VirtualS: seconds, FocusUS: focus,
		Violations: []campaign.Violation{{Rule: "too deep", At: protocol.Instant(focus)}}}}}
}

// The page begins with the verdict, names what failed in words, and has a plot, the
// command and the scenario of each.
func TestPageOfWhatFailed(t *testing.T) {
	s := samples()
	page := html(t, &s.Scenarios)
	last := -1
	for _, want := range []string{
		"May this release touch a patient?", `<p class="answer">No</p>`, "1 scenario of 3 did not do what has to be done.",
		"<h2>What failed</h2>", "wrong", "The dial is turned up, and nobody minds", "hazard D1",
		"expected: pen stopped by lapse within 1s", "it stopped by revoke", "expected: motor stays on for 3s",
		`<figure class="desk"><svg class="near"`, "rest, dial 2.00mm", "trip: depth above ceiling", `<svg class="whole"`, `<figure class="phone"><svg class="near"`,
		"pensim run wrong --seed 1 -v", "The smallest scenario", "penlog-scenario/1",
		"<details><summary>Log", "<h2>Scenarios</h2>", `<a href="#case-1">wrong</a>`, "The cable is pulled while the needles run", "pen stopped by lapse within 320ms", "Residual risk", "stopping",
	} {
		at := strings.Index(page[last+1:], want)
		if at < 0 {
			t.Fatalf("no %q after %q…", want, page[max(last, 0):min(max(last, 0)+60, len(page))])
		}
		last += 1 + at
	}
	camp := html(t, &s.Campaign)
	if n := strings.Count(camp, `<article class="card case"`); n != s.Campaign.Failed {
		t.Errorf("%d cases, %d failed", n, s.Campaign.Failed)
	}
}

// Nothing comes from elsewhere, and nothing runs.
func TestPageIsSelfContained(t *testing.T) {
	s := samples()
	h := hostileReport()
	for _, r := range []*report.Report{&s.Scenarios, &s.Campaign, &h} {
		page := html(t, r)
		if bad := regexp.MustCompile(`(?i)<script|<iframe|<object|<img|@import|url\(|\s(src|srcset|action)=|\son[a-z]+=|href="[^#d]|https?:`).FindString(page); bad != "" {
			t.Errorf("the page has %q", bad)
		}
		if !strings.Contains(page, `content="default-src 'none'; style-src 'unsafe-inline'; img-src data:"`) {
			t.Error("the page does not forbid what it does not need")
		}
	}
}

func TestPageMakesHostileTextHarmless(t *testing.T) {
	r := hostileReport()
	page := html(t, &r)
	kept(t, "hostile.html", page)
	if n := strings.Count(page, "&lt;/script&gt;&lt;script&gt;alert(1)"); n < 20 {
		t.Errorf("the text stands in %d places, want 20 at least", n)
	}
	if strings.Contains(page, "<b a=") || strings.Contains(page, "ZgotmplZ") {
		t.Error("text became an element, or the template refused it")
	}
	for i, r := range page {
		if r < 0x20 && r != '\n' && r != '\t' || r >= 0x7f && r < 0xa0 || r == '\u202e' || r == '\ufeff' {
			t.Fatalf("%U in …%q", r, page[max(0, i-40):i])
		}
	}
	wellFormed(t, page)
}

// wellFormed holds the elements of a page against each other: each that is opened is
// closed, in turn.
func wellFormed(t *testing.T, page string) {
	t.Helper()
	void := map[string]bool{"meta": true, "link": true, "br": true, "!doctype": true}
	var stack []string
	for _, m := range regexp.MustCompile(`<(/?)([a-zA-Z!][a-zA-Z0-9]*)(?:"[^"]*"|[^">])*?(/?)>`).FindAllStringSubmatch(page, -1) {
		name := strings.ToLower(m[2])
		switch {
		case void[name] || m[3] == "/":
		case m[1] == "":
			stack = append(stack, name)
		case len(stack) == 0 || stack[len(stack)-1] != name:
			t.Fatalf("</%s> closes %v", name, stack)
		default:
			stack = stack[:len(stack)-1]
		}
	}
	if len(stack) > 0 {
		t.Fatalf("%v stay open", stack)
	}
}

func TestPagesAreWellFormed(t *testing.T) {
	s := samples()
	for _, r := range []*report.Report{&s.Scenarios, &s.Campaign, {What: "campaign"}, {What: "scenarios"}} {
		wellFormed(t, html(t, r))
	}
}

// Twenty failures, each with as much as there can be, stay under 2 MB.
func TestPageIsBounded(t *testing.T) {
	p := &campaign.Plot{}
	for i := range 200_000 {
		add(p, int64(i)*5000, protocol.Micrometres(500+i*7919%2500), protocol.Micrometres(i*104729%2000))
		p.Set[i], p.Driven[i], p.Limit[i] = protocol.Micrometres(i*31%2500), i%2 == 0, protocol.Micrometres(i*17%2000)
	}
	for i := range 5000 {
		p.Marks = append(p.Marks, campaign.Mark{At: int64(i) * 10_000, Kind: []string{"step", "trip", "hold", "broken"}[i%4], Text: strings.Repeat("something <happens> ", 50)})
	}
	var log []string
	for range 20_000 {
		log = append(log, strings.Repeat("log & log ", 40))
	}
	r := report.Report{What: "scenarios", Planned: 3000, Played: 3000, Failed: 1500}
	for i := range 3000 {
		c := report.Case{Name: fmt.Sprintf("case-%d", i), Title: strings.Repeat("title ", 100), VirtualS: 1000, OK: i%2 == 0}
		if !c.OK {
			c.Plot, c.Log, c.FocusUS = p, log, 30_000_000
			c.Script, c.Small = strings.Repeat("line: <of a scenario>\n", 10_000), strings.Repeat("line: <of a scenario>\n", 10_000)
			for range 50 {
				c.Violations = append(c.Violations, campaign.Violation{Rule: "rule", What: strings.Repeat("what ", 1000)})
			}
		}
		r.Cases = append(r.Cases, c)
	}
	page := html(t, &r)
	kept(t, "big.html", page)
	if len(page) > 2_000_000 {
		t.Errorf("%d bytes", len(page))
	}
	if n := strings.Count(page, "<article"); n != 20 {
		t.Errorf("%d cases are shown whole, want 20", n)
	}
	for _, want := range []string{"and 1180 more: the JSON report has them all", "and 2700 more: the JSON report has them all", "and 38 more", "There was no room on this page"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	t.Logf("%d bytes", len(page))
}

var (
	pathForm = regexp.MustCompile(`class="(strokes|over|ceiling|limit|dial)" d="([^"]*)"`)
	lineForm = regexp.MustCompile(`M([0-9.-]+) ([0-9.-]+)V([0-9.-]+)`)
)

// pathsOf gives the paths of the n-th plot of a page: near, whole, near, whole.
func pathsOf(t *testing.T, page string, n int) map[string]string {
	t.Helper()
	svgs := regexp.MustCompile(`(?s)<svg class="(near|whole)".*?</svg>`).FindAllString(page, -1)
	if len(svgs) <= n {
		t.Fatalf("%d plots", len(svgs))
	}
	out := map[string]string{}
	for _, m := range pathForm.FindAllStringSubmatch(svgs[n], -1) {
		out[m[1]] = m[2]
	}
	return out
}

// heights are how far the lines of a path reach, as shares of the plot's height.
func heights(t *testing.T, path string, bottom, inside float64) (out []float64) {
	t.Helper()
	for _, m := range lineForm.FindAllStringSubmatch(path, -1) {
		y, err := strconv.ParseFloat(m[3], 64)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, (bottom-y)/inside)
	}
	return out
}

// However long a run is, its deepest stroke is on the plot at its depth, and what is
// above max depth is drawn as such, also while the needles come to rest.
func TestNoPeakIsLost(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(2, 8_000).Draw(rt, "points")
		peakAt := rapid.IntRange(0, n-1).Draw(rt, "peak at")
		peak := protocol.Micrometres(rapid.IntRange(1501, 3000).Draw(rt, "peak"))
		ended := rapid.Bool().Draw(rt, "the permit has ended")
		p := &campaign.Plot{}
		for i := range n {
			ceiling := protocol.Micrometres(1500)
			if ended && i >= peakAt && i > 0 {
				ceiling = 0
			}
			depth := protocol.Micrometres(1000 + i%400)
			if i == peakAt {
				depth = peak
			}
			add(p, int64(i)*5000, depth, ceiling)
		}
		end := p.At[n-1] + 5000
		r := failing(p, float64(end)/1e6, p.At[peakAt])
		page := html(t, &r)
		for i, shape := range []struct{ bottom, inside float64 }{{268, 250}, {88, 70}, {268, 250}, {88, 70}} {
			paths := pathsOf(t, page, i)
			// There are no labels: the plot begins at 18.
			want := float64(peak) / (float64(peak) * 1.06)
			got := 0.0
			for _, h := range heights(t, paths["strokes"], shape.bottom, shape.inside) {
				got = max(got, h)
			}
			if math.Abs(got-want) > 0.005 {
				rt.Fatalf("plot %d: the deepest stroke reaches %.4f of the height, want %.4f", i, got, want)
			}
			over := heights(t, paths["over"], shape.bottom, shape.inside)
			if len(over) != 1 && !(peakAt == 0 && ended) || len(over) == 1 && math.Abs(over[0]-want) > 0.005 {
				rt.Fatalf("plot %d: above max depth: %v", i, over)
			}
		}
	})
}

// Of strokes that share a column the one that is most above is drawn.
func TestTheWorstOfAColumnIsDrawn(t *testing.T) {
	p := &campaign.Plot{}
	for i := range 60_000 {
		add(p, int64(i)*10_000, 1000, 1500)
	}
	p.Depth[30_000], p.Depth[30_001], p.Depth[30_002] = 1600, 2000, 1700
	r := failing(p, 600, 300_000_000)
	over := heights(t, pathsOf(t, html(t, &r), 1)["over"], 88, 70)
	if len(over) != 1 || math.Abs(over[0]-1/1.06) > 0.01 {
		t.Errorf("above max depth: %v, want one line up to the deepest", over)
	}
}

// A stroke under the max depth is not drawn as one above it, however many share a
// column with the end of a lower one.
func TestNothingIsAboveThatWasNot(t *testing.T) {
	p := &campaign.Plot{}
	for i := range 4000 {
		ceiling := protocol.Micrometres(1500)
		if i%1000 < 500 {
			ceiling = 1000
		}
		add(p, int64(i)*5000, ceiling, ceiling)
	}
	r := failing(p, 20, 10_000_000)
	page := html(t, &r)
	for i := range 4 {
		if over := pathsOf(t, page, i)["over"]; over != "" {
			t.Errorf("plot %d: above max depth: %s", i, over)
		}
	}
	if !strings.Contains(page, "no stroke above a max depth in force") {
		t.Error("the plot does not say so in words")
	}
}

// Words of marks never overlap, by the width that their letters have in the widest font.
func TestLabelsDontOverlap(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		p := somePlot(4)
		for range rapid.IntRange(0, 60).Draw(rt, "marks") {
			p.Marks = append(p.Marks, campaign.Mark{At: rapid.Int64Range(0, 4_000_000).Draw(rt, "at"), Kind: rapid.SampledFrom([]string{"step", "trip", "hold", "broken", "alarm", "advisory"}).Draw(rt, "kind"),
				Text: strings.Repeat("w", rapid.IntRange(1, 80).Draw(rt, "long"))})
		}
		r := failing(p, 4, 2_000_000)
		page := html(t, &r)
		type box struct{ from, to float64 }
		for _, svg := range regexp.MustCompile(`(?s)<svg class="near".*?</svg>`).FindAllString(page, -1) {
			lanes := map[string][]box{}
			for _, m := range regexp.MustCompile(`<text x="([0-9.]+)" y="([0-9-]+)" text-anchor="(start|end)">([^<]*)</text></g>`).FindAllStringSubmatch(svg, -1) {
				x, _ := strconv.ParseFloat(m[1], 64)
				ws := strings.Count(m[4], "w")
				wide := float64(ws)*9 + float64(len([]rune(m[4]))-ws)*4.5
				b := box{x, x + wide}
				if m[3] == "end" {
					b = box{x - wide, x}
				}
				for _, o := range lanes[m[2]] {
					if b.from < o.to && o.from < b.to {
						rt.Fatalf("%v and %v overlap in the lane at %s", b, o, m[2])
					}
				}
				lanes[m[2]] = append(lanes[m[2]], b)
			}
		}
		// What was broken is always named.
		for _, m := range p.Marks {
			if m.Kind == "broken" && m.At <= 3_200_000 && !strings.Contains(page, `<g class="mark broken"><text`) {
				rt.Fatal("what was broken has no words")
			}
		}
	})
}

// A page is made of whatever a plot holds.
func TestPageOfOddPlots(t *testing.T) {
	for name, p := range map[string]*campaign.Plot{
		"empty":           {},
		"one point":       {At: []int64{0}, Depth: []protocol.Micrometres{5}, Set: []protocol.Micrometres{5}, Ceiling: []protocol.Micrometres{5}, Limit: []protocol.Micrometres{5}, Driven: []bool{true}},
		"unequal lengths": {At: []int64{0, 1, 2}, Depth: []protocol.Micrometres{5}},
		"backwards": {At: []int64{9, 5, 1}, Depth: []protocol.Micrometres{5, -6, 1 << 30}, Set: []protocol.Micrometres{1, 2, 3}, Ceiling: []protocol.Micrometres{-1, 0, 1},
			Limit: []protocol.Micrometres{0, 0, 0}, Driven: []bool{true, true, true}},
		"far":         {At: []int64{math.MinInt64 / 4, math.MaxInt64 / 4}, Depth: make([]protocol.Micrometres, 2), Set: make([]protocol.Micrometres, 2), Ceiling: make([]protocol.Micrometres, 2), Limit: make([]protocol.Micrometres, 2), Driven: make([]bool, 2)},
		"before zero": {At: []int64{-5_000_000, 0}, Depth: make([]protocol.Micrometres, 2), Set: make([]protocol.Micrometres, 2), Ceiling: make([]protocol.Micrometres, 2), Limit: make([]protocol.Micrometres, 2), Driven: make([]bool, 2)},
	} {
		for _, focus := range []int64{0, 1, -5, math.MaxInt64 / 8} {
			r := failing(p, 1, focus)
			page := html(t, &r)
			wellFormed(t, page)
			if strings.Contains(page, "NaN") || strings.Contains(page, "Inf") {
				t.Errorf("%s, focus %d: a coordinate is no number", name, focus)
			}
			if len(page) > 200_000 {
				t.Errorf("%s, focus %d: %d bytes", name, focus, len(page))
			}
		}
	}
}

// A case shows the moment of its first failure.
func TestFocus(t *testing.T) {
	s := load(t, wrong)
	r := campaign.Play(s, campaign.Options{Plot: true})
	c := report.CaseOf(&r, time.Second, "again")
	var step int64
	for _, m := range r.Plot.Marks {
		if m.Kind == "step" {
			step = m.At
		}
	}
	if want := step + 1_000_000; c.FocusUS != want || step == 0 {
		t.Errorf("it failed at %d µs, want %d: the step and what was expected within a second", c.FocusUS, want)
	}
	r.Violations = []campaign.Violation{{Rule: "fold", At: 4_500_000}}
	c = report.CaseOf(&r, time.Second, "again")
	if c.FocusUS != 3_500_000 || c.Violations[0].At != 3_500_000 || r.Violations[0].At != 4_500_000 {
		t.Errorf("focus %d, at %d, want 3.5 s from the beginning, and the result left as it is", c.FocusUS, c.Violations[0].At)
	}
	r.Violations, r.Checks = nil, []script.Check{{Step: -1, Text: "record whole"}}
	if c = report.CaseOf(&r, time.Second, "again"); c.FocusUS != r.Counts.Virtual.Microseconds() {
		t.Errorf("focus %d, want the end", c.FocusUS)
	}
}

// Log and plot count from the same moment.
func TestLogCountsFromTheBeginning(t *testing.T) {
	s := load(t, wrong)
	r := campaign.Play(s, campaign.Options{Plot: true})
	c := report.CaseOf(&r, time.Second, "again")
	for _, l := range c.Log {
		if at, ok := strings.CutSuffix(strings.TrimSpace(l), " step 0: "+s.Steps[0].String()); ok {
			got, err := strconv.ParseFloat(at, 64)
			if want := float64(r.Plot.Marks[0].At) / 1e6; err != nil || math.Abs(got-want) > 1e-5 {
				t.Errorf("the step is at %s in the log (%v), at %f in the plot", at, err, want)
			}
			return
		}
	}
	t.Errorf("the step is not in the log: %q", c.Log)
}
