package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
	"time"
)

//go:embed page.html
var pageText string

var pageTemplate = template.Must(template.New("page").Parse(pageText))

// Bounds of the page, so that it opens at once on a phone.
const (
	pageWhole              = 20  // cases that failed, shown with plot and log
	pageRows               = 300 // rows of a table
	pageBefore, pageAfter  = 140, 40
	pageLine, pageText_    = 160, 6000 // characters of a line of log; of a scenario
	pageBytes              = 1_200_000 // of plots, logs and scenarios together
	pageMarks, pageTrouble = 40, 12
)

// page is what the page's template shows. All text in it is harmless.
type page struct {
	Title, Lead, Command, Only string
	Verdict                    Verdict
	Answer, Tone               string
	Tiles                      []tile
	Faults                     []faultRow
	Answers                    []answerRow
	Risks                      []riskRow
	Failed                     []failedCase
	Rest                       []caseRow // that failed, too, and are not shown whole
	RestMore                   int
	All                        []caseRow // of scenarios
	AllMore                    int
	Scenarios                  bool
	Campaign                   bool
}

// tile is one figure.
type tile struct{ Value, Unit, Name, Tone string }

type faultRow struct {
	Name, Due, Missed string
	Percent           int // answered
	Bad               bool
}

type answerRow struct {
	Kind, Name, Count, False, Rate string
	Bad                            bool
}

type riskRow struct{ Why, About, Hazards, Amount, PerHour string }

type caseRow struct {
	Name, Title, Hazards, Pen, Class, Took, Replay, What, ID string
	OK                                                       bool
	Checks                                                   []checkRow
}

type checkRow struct {
	OK              bool
	Where, Text     string
	Took, Why, Mark string
}

// failedCase is one case that failed, shown whole.
type failedCase struct {
	caseRow
	Seed               uint64
	Virtual            string
	Troubles           []trouble
	MoreTroubles       int
	Small, Script      string
	Plots              []plots // the same, wide and narrow
	Marks              []markRow
	MoreMarks          int
	Log                string
	LogAbove, LogBelow int
	NoRoom             bool // for plot, log and scenario
}

// plots are one failure for one width of screen: the moments around it, and the
// whole run with these marked.
type plots struct {
	Class, FocusX, FocusWidth string
	Near, Whole               plot
}

// bytes is about how many the plots, the log and the scenarios take on the page.
func (f *failedCase) bytes() int {
	n := 0
	for _, s := range []string{f.Log, f.Script, f.Small} {
		n += len(template.HTMLEscapeString(s))
	}
	for i := range f.Plots {
		for _, g := range []*plot{&f.Plots[i].Near, &f.Plots[i].Whole} {
			n += len(g.Strokes) + len(g.Over) + len(g.Ceiling) + len(g.Limit) + len(g.Dial) + 70*len(g.Motor)
			for _, l := range g.Labels {
				n += 250 + len(template.HTMLEscapeString(l.Full)) + len(template.HTMLEscapeString(l.Text))
			}
		}
	}
	return n
}

// trouble is what was wrong, in words.
type trouble struct{ When, What, Why string }

type markRow struct{ At, Kind, Text string }

// HTML writes the report as one page that needs nothing else: no network, no other
// file, no script. Cases beyond the first 20 that failed are named, not shown.
func (r *Report) HTML(w io.Writer) error {
	p := r.page()
	return pageTemplate.Execute(w, &p)
}

func (r *Report) page() page {
	p := page{Verdict: r.Verdict(), Command: harmless(clip(r.Command, 1000)), Only: harmless(clip(r.Only, 1000)),
		Scenarios: r.What == "scenarios", Campaign: r.What != "scenarios"}
	p.Title = "Campaign"
	if p.Scenarios {
		p.Title = "Scenarios"
	}
	p.Lead = fmt.Sprintf("Penlog %s · %s · %s · %s", harmless(clip(r.Version, 100)), r.Begun.UTC().Format("2 January 2006, 15:04 UTC"),
		spent(r.TookS), counted(r.Cores, "core", "cores"))
	p.Answer, p.Tone = map[string]string{"no": "No", "not shown": "Not shown yet", "as expected": "As expected", "yes": "Yes"}[p.Verdict.Answer],
		map[string]string{"no": "bad", "not shown": "open", "as expected": "good", "yes": "good"}[p.Verdict.Answer]
	for i := range p.Verdict.Points {
		p.Verdict.Points[i].Text = harmless(clip(p.Verdict.Points[i].Text, 400))
	}
	p.Tiles = r.tiles()
	p.Faults, p.Answers, p.Risks = r.faults(), r.answers(), r.risks()
	room := pageBytes
	for i := range r.Cases {
		c := &r.Cases[i]
		if !c.OK && len(p.Failed) < pageWhole {
			f := wholeOf(c, fmt.Sprintf("case-%d", len(p.Failed)+1))
			if n := f.bytes(); n <= room {
				room -= n
			} else {
				f.Plots, f.Marks, f.MoreMarks, f.Log, f.Script, f.Small, f.NoRoom = nil, nil, 0, "", "", "", true
			}
			p.Failed = append(p.Failed, f)
			continue
		}
		if !c.OK {
			if len(p.Rest) < pageRows {
				p.Rest = append(p.Rest, rowOf(c))
			} else {
				p.RestMore++
			}
		}
	}
	if p.Scenarios {
		p.All, p.AllMore = r.rows(p.Failed)
	}
	return p
}

// rows lists scenarios, those that failed first.
func (r *Report) rows(whole []failedCase) (rows []caseRow, more int) {
	shown := 0
	for _, ok := range []bool{false, true} {
		for i := range r.Cases {
			c := &r.Cases[i]
			if c.OK != ok {
				continue
			}
			if len(rows) >= pageRows {
				more++
				continue
			}
			row := rowOf(c)
			if !ok && shown < len(whole) {
				row.ID = whole[shown].ID
				shown++
			}
			rows = append(rows, row)
		}
	}
	return rows, more
}

func rowOf(c *Case) caseRow {
	row := caseRow{Name: harmless(clip(c.Name, 100)), Title: harmless(clip(c.Title, 120)), Hazards: harmless(clip(strings.Join(c.Hazards, " "), 60)), Pen: harmless(clip(c.Pen, 60)),
		Class: harmless(clip(c.Class, 60)), Took: spent(c.TookS), Replay: harmless(clip(c.Replay, 1000)), OK: c.OK}
	if !c.OK {
		row.What = harmless(clip(c.troubles()[0], 300))
	}
	for _, k := range c.Checks[:min(len(c.Checks), 60)] {
		row.Checks = append(row.Checks, checkRow{OK: k.OK, Where: stepName(k.Step), Text: harmless(clip(k.Text, 200)), Why: harmless(clip(k.Why, 300)), Took: checkTook(k.Step, k.OK, k.Took)})
	}
	return row
}

func checkTook(step int, ok bool, took time.Duration) string {
	if !ok || step < 0 || took <= 0 {
		return ""
	}
	return brief(took)
}

func wholeOf(c *Case, id string) failedCase {
	f := failedCase{caseRow: rowOf(c), Seed: c.Seed, Virtual: fmt.Sprintf("%.1f s", c.VirtualS),
		Small: harmless(clip(c.Small, pageText_)), Script: harmless(clip(c.Script, pageText_))}
	f.ID = id
	if c.Error != "" {
		f.Troubles = append(f.Troubles, trouble{"", "it could not be played to its end", harmless(clip(c.Error, 2000))})
	}
	for _, v := range c.Violations {
		f.Troubles = append(f.Troubles, trouble{fmt.Sprintf("%.3f s", float64(v.At)/1e6), harmless(clip(v.Rule, 200)), harmless(clip(v.What, 500))})
	}
	for _, k := range c.Checks {
		if !k.OK {
			f.Troubles = append(f.Troubles, trouble{stepName(k.Step), "expected: " + harmless(clip(k.Text, 200)), harmless(clip(k.Why, 500))})
		}
	}
	if n := len(f.Troubles) - pageTrouble; n > 0 {
		f.Troubles, f.MoreTroubles = f.Troubles[:pageTrouble], n
	}
	if c.Plot != nil && len(c.Plot.At) > 0 {
		f.plots(c)
	}
	log, above, below := around(c.Log, failedLine(c.Log), pageBefore, pageAfter, pageLine)
	f.Log, f.LogAbove, f.LogBelow = strings.Join(log, "\n"), above, below
	return f
}

// plots draws the moments around the failure, and the whole run below it.
func (f *failedCase) plots(c *Case) {
	end := max(int64(c.VirtualS*1e6), c.Plot.At[len(c.Plot.At)-1])
	from, to := window(c, end)
	for _, size := range [...]struct {
		class                string
		width, columns, long int
	}{{"desk", 860, 1000, 44}, {"phone", 350, 280, 22}} {
		p := plots{Class: size.class}
		p.Near = draw(c.Plot, frame{width: size.width, inside: 250, from: from, to: to, columns: size.columns, labels: size.long}, end)
		p.Whole = draw(c.Plot, frame{width: size.width, inside: 70, from: 0, to: end, columns: size.width * 2 / 3}, end)
		scale := float64(p.Whole.Right-p.Whole.Left) / float64(max(end, 1))
		p.FocusX, p.FocusWidth = num(plotLeft+float64(from)*scale), num(max(float64(to-from)*scale, 2))
		f.Plots = append(f.Plots, p)
	}
	for _, m := range c.Plot.Marks {
		if m.At < from || m.At > to {
			continue
		}
		if len(f.Marks) == pageMarks {
			f.MoreMarks++
			continue
		}
		text := m.Text
		if m.Kind != "step" {
			text = ruleWords(text)
		}
		f.Marks = append(f.Marks, markRow{fmt.Sprintf("%.3f", float64(m.At)/1e6), kindOf(m.Kind), harmless(clip(text, 300))})
	}
}

// window is the stretch around the failure: from the last step before it, when that
// is not long ago, to a while after it.
func window(c *Case, end int64) (from, to int64) {
	at := min(max(c.FocusUS, 0), end)
	from, to = at-2_000_000, min(at+1_200_000, end)
	for i := len(c.Plot.Marks) - 1; i >= 0; i-- {
		if m := c.Plot.Marks[i]; m.Kind == "step" && m.At <= at {
			if at-m.At < 25_000_000 {
				from = min(from, m.At-(at-m.At)/8-300_000)
			}
			break
		}
	}
	return max(from, 0), max(to, from+1000)
}

// byCount gives the keys of m, the greatest figure first.
func byCount(m map[string]uint64) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b string) int {
		switch {
		case m[a] > m[b]:
			return -1
		case m[a] < m[b]:
			return 1
		}
		return strings.Compare(a, b)
	})
	return keys
}

// spent writes real seconds for people.
func spent(s float64) string {
	switch {
	case s < 1:
		return fmt.Sprintf("%.0f ms", s*1000)
	case s < 120:
		return fmt.Sprintf("%.1f s", s)
	case s < 2*3600:
		return fmt.Sprintf("%.0f min", s/60)
	}
	return fmt.Sprintf("%.1f h", s/3600)
}

// brief writes a duration with as many digits as matter.
func brief(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%.1f ms", float64(d)/1e6)
	case d < 100*time.Second:
		return fmt.Sprintf("%.2f s", d.Seconds())
	}
	return d.Round(time.Second).String()
}
