package report

import (
	"fmt"
	"strings"

	"penlog/cmd/internal/campaign"
)

// What a campaign has to show before a release: the figures that a closing campaign
// is held to.
const (
	enough     = 20_000 // procedures, of everything that can be drawn
	falseTrips = 1.0    // per 1000 h, at most
)

// Verdict answers whether a release may touch a patient, as far as what was played
// can tell. Without anything played nothing is shown.
type Verdict struct {
	Answer string  `json:"answer"` // "no", "not shown", "as expected" (scenarios), "yes" (campaign)
	Words  string  `json:"words"`
	Points []Point `json:"points"` // what it rests on
}

// Point is one thing that has to be so.
type Point struct {
	Met  string `json:"met"` // "yes", "no", "open": too little was played
	Text string `json:"text"`
}

func point(ok bool, format string, args ...any) Point {
	p := Point{"no", fmt.Sprintf(format, args...)}
	if ok {
		p.Met = "yes"
	}
	return p
}

func open(ok bool, format string, args ...any) Point {
	p := point(ok, format, args...)
	if !ok {
		p.Met = "open"
	}
	return p
}

// Verdict judges the report.
func (r *Report) Verdict() Verdict {
	scenarios := r.What == "scenarios"
	var v Verdict
	if scenarios {
		v.Points = r.scenarioPoints()
	} else {
		v.Points = r.campaignPoints()
	}
	v.Points = append(v.Points, open(r.Played >= r.Planned && r.Played > 0, "%s", r.end()))
	if r.Only != "" {
		v.Points = append(v.Points, open(false, "Only a part was chosen: %s", r.Only))
	}
	var no, notYet int
	for _, p := range v.Points {
		switch p.Met {
		case "no":
			no++
		case "open":
			notYet++
		}
	}
	switch {
	case no > 0:
		v.Answer, v.Words = "no", "Something that has to hold does not."
		if r.Failed > 0 {
			v.Words = fmt.Sprintf("%s of %s did not do what has to be done.", counted(r.Failed, "scenario", "scenarios"), group(uint64(r.Played)))
			if !scenarios {
				v.Words = fmt.Sprintf("Promises were broken in %s of %s.", counted(r.Failed, "procedure", "procedures"), group(uint64(r.Played)))
			}
		}
	case notYet > 0:
		v.Answer, v.Words = "not shown", "Nothing speaks against it so far, and too little was played to say."
	case scenarios:
		v.Answer, v.Words = "as expected", fmt.Sprintf("Every scenario went as expected. A campaign of %s procedures is the other half of the answer.", group(enough))
	default:
		v.Answer, v.Words = "yes", "As far as a simulator can tell. The risk that remains is listed below."
	}
	return v
}

func (r *Report) end() string {
	switch {
	case r.Played == 0:
		return "Nothing was played"
	case r.Interrupted:
		return fmt.Sprintf("Stopped by hand after %s of %s", group(uint64(r.Played)), group(uint64(r.Planned)))
	case r.Played < r.Planned:
		return fmt.Sprintf("Stopped at the first that failed, after %s of %s", group(uint64(r.Played)), group(uint64(r.Planned)))
	}
	return "Played to the end: all " + group(uint64(r.Played))
}

func (r *Report) scenarioPoints() []Point {
	var broken, wrong, cut int
	for i := range r.Cases {
		switch c := &r.Cases[i]; {
		case c.Error != "":
			cut++
		case len(c.Violations) > 0:
			broken++
		case !c.OK:
			wrong++
		}
	}
	ps := []Point{
		point(broken == 0, "Promises: broken in %s", counted(broken, "scenario", "scenarios")),
		point(wrong+cut+broken == r.Failed && wrong == 0, "What has to follow: did not in %s", counted(wrong, "scenario", "scenarios")),
	}
	if cut > 0 {
		ps = append(ps, point(false, "%s could not be played", counted(cut, "scenario", "scenarios")))
	}
	return ps
}

func (r *Report) campaignPoints() []Point {
	c := &r.Counts
	due, missed := total(c.Due), total(c.Missed)
	rate := r.perHours(c.FalseTrips)
	frozen := c.FalseFound["trip readings_frozen"] + c.FalseFound["alarm readings_frozen"]
	ps := []Point{
		point(r.Failed == 0, "Promises: broken in %s", counted(r.Failed, "procedure", "procedures")),
		point(missed == 0, "Faults that show: %s had to be answered, %s not", group(due), were(missed)),
		r.allDue(),
		point(rate <= falseTrips, "Trips without a cause: %s per 1000 h, at most %.0f", figure(rate), falseTrips),
		point(frozen == 0, "Pens that live called frozen: %s", group(frozen)),
		open(r.Played >= enough, "Procedures: %s, at least %s", group(uint64(r.Played)), group(enough)),
	}
	if rate > falseTrips && r.Played < enough {
		ps[3].Met = "open" // one in an hour says little
	}
	return ps
}

// allDue is whether each fault that has to be answered was due: what never was shows
// nothing.
func (r *Report) allDue() Point {
	var never []string
	for _, verb := range campaign.Demanded() {
		if r.Counts.Due[verb] == 0 {
			never = append(never, verb)
		}
	}
	all := len(campaign.Demanded())
	if len(never) == 0 {
		return open(true, "Faults that have to be answered: each of %d was due", all)
	}
	const most = 6
	names := strings.Join(never[:min(len(never), most)], ", ")
	if len(never) > most {
		names += fmt.Sprintf(" and %d more", len(never)-most)
	}
	return open(false, "Faults that have to be answered: %d of %d were never due: %s", len(never), all, names)
}

// perHours is how many of n there were in 1000 h of virtual time.
func (r *Report) perHours(n uint64) float64 { return r.perHour(float64(n)) * 1000 }

func (r *Report) perHour(n float64) float64 {
	if r.Counts.Virtual <= 0 {
		return 0
	}
	return n / r.Counts.Virtual.Hours()
}

func total(m map[string]uint64) (n uint64) {
	for _, k := range m {
		n += k
	}
	return n
}

func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return group(uint64(n)) + " " + many
}

func were(n uint64) string {
	if n == 1 {
		return "1 was"
	}
	return group(n) + " were"
}

// group writes a number in groups of three digits, with thin spaces that don't break.
func group(n uint64) string {
	s := fmt.Sprint(n)
	if len(s) < 5 {
		return s
	}
	var b strings.Builder
	for i, d := range s {
		if i > 0 && (len(s)-i)%3 == 0 {
			b.WriteRune('\u202f')
		}
		b.WriteRune(d)
	}
	return b.String()
}

// ruleWords turns "trip depth_above_ceiling" into words.
func ruleWords(s string) string { return strings.ReplaceAll(s, "_", " ") }
