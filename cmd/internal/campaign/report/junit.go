package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
)

// Bounds of what one test case says, so that systems that read it all into memory
// can: lines of its log, before and after the failure, and characters of a line.
const (
	junitBefore, junitAfter = 300, 100
	junitLine               = 500
	junitText               = 20_000 // characters of a message's text, or of a scenario
)

// The elements of JUnit XML that CI systems agree on. Jenkins' schema wants them in
// this order, and 'tests' to be the number of cases that follow.
type (
	junitSuites struct {
		XMLName  xml.Name   `xml:"testsuites"`
		Name     string     `xml:"name,attr"`
		Tests    int        `xml:"tests,attr"`
		Failures int        `xml:"failures,attr"`
		Errors   int        `xml:"errors,attr"`
		Time     string     `xml:"time,attr"`
		Suite    junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name       string          `xml:"name,attr"`
		Tests      int             `xml:"tests,attr"`
		Failures   int             `xml:"failures,attr"`
		Errors     int             `xml:"errors,attr"`
		Skipped    int             `xml:"skipped,attr"`
		Time       string          `xml:"time,attr"`
		Timestamp  string          `xml:"timestamp,attr"`
		Properties []junitProperty `xml:"properties>property"`
		Cases      []junitCase     `xml:"testcase"`
	}
	junitProperty struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}
	junitCase struct {
		Name    string        `xml:"name,attr"`
		Class   string        `xml:"classname,attr"`
		Time    string        `xml:"time,attr"`
		Error   *junitTrouble `xml:"error"`
		Failure *junitTrouble `xml:"failure"`
		Out     string        `xml:"system-out,omitempty"`
	}
	junitTrouble struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr"`
		Text    string `xml:",chardata"`
	}
)

// JUnit writes the report as JUnit XML, one suite. A scenario is a case of its own.
// Of a campaign each procedure that failed is one, and all the others together are
// one. A run that did not come to its end has one more case, in error. What a case
// has to say beside its failure is bounded: the JSON has all.
func (r *Report) JUnit(w io.Writer) error {
	s := junitSuite{Name: harmless(r.What), Time: secs(r.TookS), Timestamp: r.Begun.UTC().Format("2006-01-02T15:04:05")}
	v := r.Verdict()
	for _, p := range [...][2]string{
		{"version", r.Version}, {"command", r.Command}, {"only", r.Only}, {"cores", fmt.Sprint(r.Cores)},
		{"planned", fmt.Sprint(r.Planned)}, {"played", fmt.Sprint(r.Played)}, {"failed", fmt.Sprint(r.Failed)},
		{"interrupted", fmt.Sprint(r.Interrupted)}, {"virtual_s", fmt.Sprintf("%.3f", r.Counts.Virtual.Seconds())},
		{"faults_due", fmt.Sprint(total(r.Counts.Due))}, {"faults_missed", fmt.Sprint(total(r.Counts.Missed))},
		{"false_trips_per_1000_h", fmt.Sprintf("%.2f", r.perHours(r.Counts.FalseTrips))},
		{"false_holds_per_1000_h", fmt.Sprintf("%.2f", r.perHours(r.Counts.FalseHolds))},
		{"false_alarms_per_1000_h", fmt.Sprintf("%.2f", r.perHours(r.Counts.FalseAlarms))},
		{"exposure_mm_s", fmt.Sprintf("%.3f", mmS(total(r.Counts.Exposure)))}, {"verdict", v.Answer},
	} {
		s.Properties = append(s.Properties, junitProperty{p[0], harmless(clip(p[1], junitLine))})
	}
	seeds := map[string]int{}
	for i := range r.Cases {
		seeds[r.Cases[i].Name]++
	}
	for i := range r.Cases {
		c := &r.Cases[i]
		j := junitOf(c, r.What)
		if seeds[c.Name] > 1 {
			j.Name += fmt.Sprintf(" (seed %d)", c.Seed)
		}
		s.Cases = append(s.Cases, j)
	}
	if others := r.Played - len(r.Cases); others > 0 {
		s.Cases = append(s.Cases, junitCase{Name: "all other procedures", Class: harmless(r.What), Time: secs(r.TookS),
			Out: fmt.Sprintf("%d procedures in which every promise held", others)})
	}
	if r.Interrupted || r.Played == 0 {
		s.Cases = append(s.Cases, junitCase{Name: "played to the end", Class: harmless(r.What), Time: secs(0),
			Error: &junitTrouble{Message: harmless(r.end()), Type: "interrupted", Text: "What was not played says nothing: play it again."}})
	}
	for i := range s.Cases {
		s.Tests++
		if s.Cases[i].Error != nil {
			s.Errors++
		} else if s.Cases[i].Failure != nil {
			s.Failures++
		}
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(junitSuites{Name: "pensim", Tests: s.Tests, Failures: s.Failures, Errors: s.Errors, Time: s.Time, Suite: s}); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func secs(s float64) string { return fmt.Sprintf("%.3f", s) }

func junitOf(c *Case, what string) junitCase {
	class := what
	if c.Class != "" {
		class += "." + c.Class
	}
	j := junitCase{Name: harmless(clip(c.Name, junitLine)), Class: harmless(clip(class, junitLine)), Time: secs(c.TookS)}
	if c.OK {
		return j
	}
	lines := c.troubles()
	t := &junitTrouble{Message: harmless(clip(lines[0], junitLine)), Type: "expectation"}
	text := append(lines, "", "again: "+c.Replay)
	if c.Small != "" {
		text = append(text, "", "the smallest scenario that fails so:", c.Small)
	}
	t.Text = harmless(clip(strings.Join(text, "\n"), junitText))
	switch {
	case c.Error != "":
		t.Type, j.Error = "error", t
	case len(c.Violations) > 0:
		t.Type, j.Failure = "promise", t
	default:
		j.Failure = t
	}
	out := []string{harmless(clip(c.Title, junitLine)), fmt.Sprintf("pen %s, seed %d, %.1f s of virtual time, hazards %s", harmless(clip(c.Pen, junitLine)), c.Seed, c.VirtualS,
		harmless(clip(strings.Join(c.Hazards, ", "), junitLine)))}
	log, above, below := around(c.Log, failedLine(c.Log), junitBefore, junitAfter, junitLine)
	if above > 0 {
		out = append(out, fmt.Sprintf("… %d lines before are left out", above))
	}
	out = append(out, log...)
	if below > 0 {
		out = append(out, fmt.Sprintf("… %d lines after are left out", below))
	}
	j.Out = strings.Join(out, "\n")
	return j
}

// troubles says in lines what was wrong with a case that failed: at least one.
func (c *Case) troubles() []string {
	var lines []string
	if c.Error != "" {
		lines = append(lines, "it could not be played: "+c.Error)
	}
	for _, v := range c.Violations {
		lines = append(lines, fmt.Sprintf("broken at %.3f s: %s: %s", float64(v.At)/1e6, v.Rule, v.What))
	}
	for _, k := range c.Checks {
		if !k.OK {
			lines = append(lines, fmt.Sprintf("%s, expected: %s: %s", stepName(k.Step), k.Text, k.Why))
		}
	}
	if len(lines) == 0 {
		lines = append(lines, "it failed, and nothing says why")
	}
	return lines
}

// stepName says after which step something was expected.
func stepName(step int) string {
	if step < 0 {
		return "at the end"
	}
	return fmt.Sprintf("after step %d", step+1)
}

// mmS is an exposure in mm × s, of one in µm × ms.
func mmS(n uint64) float64 { return float64(n) / 1e6 }
