package report

import (
	"fmt"
	"strings"
)

// tiles are the figures that come first.
func (r *Report) tiles() []tile {
	c := &r.Counts
	due, missed := total(c.Due), total(c.Missed)
	ts := []tile{
		{group(uint64(r.Played)), "of " + group(uint64(r.Planned)), "played", ""},
		{spent(c.Virtual.Seconds()), "", fmt.Sprintf("virtual time, %.0f× life", c.Virtual.Seconds()/max(r.TookS, 1e-9)), ""},
		{group(uint64(r.Failed)), "", "failed", tone(r.Failed > 0, "bad", "good")},
		{group(missed), "of " + group(due), "faults unanswered", tone(missed > 0, "bad", tone(due > 0, "good", ""))},
		{stopMS(c.Episodes, float64(c.WorstStop)/1e6), "ms", "slowest stop, from reading to needles clear", ""},
	}
	if n := total(c.Owed); n > 0 {
		ts = append(ts, tile{group(n), "", "findings that the oracle asked for, and got", ""})
	}
	if c.Cut > 0 {
		ts = append(ts, tile{group(c.Cut), "", "expectations owed: cut before they were due", "open"})
	}
	if r.What != "scenarios" { // in an hour or less a rate says nothing
		rate := r.perHours(c.FalseTrips)
		ts = append(ts,
			tile{figure(rate), "per 1000 h", "trips without a cause", tone(rate > falseTrips, "open", "good")},
			tile{figure(r.perHours(c.FalseHolds)), "per 1000 h", "holds without a cause", ""},
			tile{figure(r.perHours(c.FalseAlarms)), "per 1000 h", "alarms without a cause", ""})
	}
	return append(ts, tile{figure(mmS(total(c.Exposure))), "mm × s", "above the skin's limit: residual risk", ""})
}

// figure writes a figure with as many digits as say something.
func figure(f float64) string {
	switch {
	case f >= 1000:
		return group(uint64(f + 0.5))
	case f >= 100:
		return fmt.Sprintf("%.0f", f)
	}
	return fmt.Sprintf("%.2f", f)
}

func tone(is bool, yes, no string) string {
	if is {
		return yes
	}
	return no
}

func stopMS(episodes uint64, ms float64) string {
	if episodes == 0 || ms <= 0 {
		return "–"
	}
	return fmt.Sprintf("%.0f", ms)
}

// faults are what had to be answered, those that were not first.
func (r *Report) faults() []faultRow {
	due := r.Counts.Due
	var out []faultRow
	row := func(k string) {
		d, m := max(due[k], r.Counts.Missed[k]), r.Counts.Missed[k]
		out = append(out, faultRow{Name: harmless(clip(k, 80)), Due: group(d), Missed: group(m), Percent: int((d - m) * 100 / max(d, 1)), Bad: m > 0})
	}
	missed := byCount(r.Counts.Missed)
	for _, k := range missed {
		if r.Counts.Missed[k] > 0 {
			row(k)
		}
	}
	for _, k := range byCount(due) {
		if r.Counts.Missed[k] == 0 {
			row(k)
		}
	}
	return out[:min(len(out), pageRows)]
}

// answers are the guard's trips and holds, by rule.
func (r *Report) answers() []answerRow {
	c := &r.Counts
	var out []answerRow
	for _, kind := range []string{"trip", "hold"} {
		for _, k := range byCount(c.Found) {
			rule, ok := strings.CutPrefix(k, kind+" ")
			if !ok || len(out) >= pageRows {
				continue
			}
			n := c.FalseFound[k]
			out = append(out, answerRow{Kind: kind, Name: harmless(clip(ruleWords(rule), 80)), Count: group(c.Found[k]), False: group(n), Rate: figure(r.perHours(n)), Bad: n > 0})
		}
	}
	return out
}

// risks are what remains when all went as it should.
func (r *Report) risks() []riskRow {
	var out []riskRow
	for _, k := range byCount(r.Counts.Exposure) {
		x, n := RiskOf(k), r.Counts.Exposure[k]
		out = append(out, riskRow{harmless(clip(k, 80)), x.About, x.Hazards, figure(mmS(n)), figure(r.perHour(mmS(n)))})
	}
	return out[:min(len(out), pageRows)]
}
