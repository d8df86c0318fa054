package report_test

import (
	"strings"
	"testing"
	"time"

	"penlog/cmd/internal/campaign"
	"penlog/cmd/internal/campaign/report"
	"penlog/cmd/internal/campaign/script"
)

// What a report answers to whether a release may touch a patient.
func TestVerdict(t *testing.T) {
	due := func() map[string]uint64 {
		m := map[string]uint64{}
		for _, verb := range campaign.Demanded() {
			m[verb] = 1
		}
		return m
	}
	whole := func(change func(r *report.Report)) report.Report {
		r := report.Report{What: "campaign", Planned: 20_000, Played: 20_000, Counts: campaign.Counts{Virtual: 400 * time.Hour, Due: due()}}
		change(&r)
		return r
	}
	scenarios := func(c report.Case) report.Report {
		r := report.Report{What: "scenarios", Planned: 1, Played: 1, Cases: []report.Case{c}}
		if !c.OK {
			r.Failed = 1
		}
		return r
	}
	for _, tt := range []struct {
		name   string
		r      report.Report
		answer string
		say    string
	}{
		{"all is well", whole(func(*report.Report) {}), "yes", "As far as a simulator can tell"},
		{"a promise was broken", whole(func(r *report.Report) { r.Failed = 1 }), "no", "Promises were broken in 1 procedure of 20\u202f000"},
		{"a fault was missed", whole(func(r *report.Report) { r.Counts.Missed = map[string]uint64{"mute": 1} }), "no", "had to be answered, 1 was not"},
		{"a fault was never due", whole(func(r *report.Report) { delete(r.Counts.Due, "ignore-lapse") }), "not shown", "were never due: ignore-lapse"},
		{"none was due", whole(func(r *report.Report) { r.Counts.Due = nil }), "not shown", "more"},
		{"false trips above the goal", whole(func(r *report.Report) { r.Counts.FalseTrips = 1 }), "no", "2.50 per 1000 h, at most 1"},
		{"false trips at the goal", whole(func(r *report.Report) { r.Counts.FalseTrips, r.Counts.Virtual = 1, 1000*time.Hour }), "yes", ""},
		{"a pen that lives was called frozen", whole(func(r *report.Report) { r.Counts.FalseFound = map[string]uint64{"alarm readings_frozen": 1} }), "no", "called frozen: 1"},
		{"too few", whole(func(r *report.Report) { r.Planned, r.Played = 19_999, 19_999 }), "not shown", "19\u202f999, at least 20\u202f000"},
		{"too few, one false trip", whole(func(r *report.Report) { r.Planned, r.Played, r.Counts.FalseTrips = 10, 10, 1 }), "not shown", ""},
		{"too few, and a promise was broken", whole(func(r *report.Report) { r.Planned, r.Played, r.Failed = 10, 10, 2 }), "no", "2 procedures of 10"},
		{"stopped by hand", whole(func(r *report.Report) { r.Planned, r.Interrupted = 30_000, true }), "not shown", "Stopped by hand after 20\u202f000 of 30\u202f000"},
		{"only a part", whole(func(r *report.Report) { r.Only = "--class human" }), "not shown", "Only a part was chosen: --class human"},
		{"nothing", report.Report{What: "campaign"}, "not shown", "Nothing was played"},
		{"no scenario", report.Report{What: "scenarios"}, "not shown", "Nothing was played"},
		{"the zero value", report.Report{}, "not shown", "Nothing was played"},
		{"a scenario went well", scenarios(report.Case{OK: true}), "as expected", "the other half"},
		{"one did not", scenarios(report.Case{Checks: []script.Check{{}}}), "no", "1 scenario of 1"},
		{"one broke a promise", scenarios(report.Case{Violations: []campaign.Violation{{}}}), "no", "Promises: broken in 1 scenario"},
		{"one could not be played", scenarios(report.Case{Error: "x"}), "no", "1 scenario could not be played"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v := tt.r.Verdict()
			all := v.Words
			for _, p := range v.Points {
				all += "\n" + p.Text
			}
			if v.Answer != tt.answer || !strings.Contains(all, tt.say) {
				t.Errorf("%s: %s\nwant %s: …%s…", v.Answer, all, tt.answer, tt.say)
			}
		})
	}
}
