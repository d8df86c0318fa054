package report_test

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"penlog/cmd/internal/campaign"
	"penlog/cmd/internal/campaign/report"
	"penlog/cmd/internal/campaign/script"
	"penlog/cmd/internal/campaign/suite"
	"penlog/protocol"
)

// keep is where TestSamplePages leaves its pages, for people and for .ci/report.
var keep = flag.String("report.keep", "", "keep the pages of the tests in this folder")

// wrong is a scenario whose expectation is wrong.
const wrong = `format: penlog-scenario/1
title: The dial is turned up, and nobody minds
hazards: [D1]
pen: reference
hand: careful
seed: "1"
for: 20s
technician: arms
treat:
  - cheek acne_scar_rolling 1.25mm 3 passes
steps:
  - when: motor on
    after: 2s
    do: [rest, dial 2.00mm]
    expect:
      - pen stopped by lapse within 1s
      - motor stays on for 3s
expect:
  - record whole
`

func load(t *testing.T, text string) *script.Script {
	t.Helper()
	s, err := script.Load("wrong.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// sabotaged plays seeds in a world in which no revoke leaves the host.
func sabotaged(_ context.Context, s *script.Script, o campaign.Options) (campaign.Result, error) {
	o.Seams = campaign.Seams{Send: func(l protocol.Lane, _ []byte) bool { return l != protocol.LaneRevoke }}
	return campaign.Play(s, o), nil
}

// samples are true reports: one of scenarios, one of a campaign that found much.
var samples = sync.OnceValue(func() (out struct{ Scenarios, Campaign report.Report }) {
	bad, err := script.Load("wrong.yaml", []byte(wrong))
	if err != nil {
		panic(err)
	}
	all, err := suite.Read([]string{"cable-pulled-in-use", "dial-up-in-use"})
	if err != nil {
		panic(err)
	}
	all = append(all, bad)
	out.Scenarios = suite.Play(context.Background(), suite.Options{Many: len(all), All: true, Shrink: true,
		Jobs: func(i int) suite.Job {
			return suite.Job{Script: all[i], Replay: "pensim run " + all[i].Name + " --seed 1 -v"}
		}})
	out.Campaign = suite.Play(context.Background(), suite.Options{Many: 6, Player: sabotaged,
		Jobs: func(i int) suite.Job {
			draws := campaign.Draws{}
			if i%2 == 0 {
				draws.Class = campaign.Human // dials are turned up
			}
			s := campaign.Draw(uint64(i+1), draws)
			return suite.Job{Script: s, Class: s.About, Replay: "pensim campaign --seeds 4711 -x"}
		}})
	for _, r := range []*report.Report{&out.Scenarios, &out.Campaign} {
		r.Begun, r.TookS, r.Cores, r.Version = time.Date(2026, 11, 23, 15, 0, 0, 0, time.UTC), 12.5, 2, "0.3.0"
	}
	out.Scenarios.What, out.Scenarios.Command = "scenarios", "pensim run"
	out.Campaign.What, out.Campaign.Command = "campaign", "pensim campaign --seeds 1..6"
	return out
})

func html(t *testing.T, r *report.Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := r.HTML(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func kept(t *testing.T, name, page string) {
	t.Helper()
	if *keep == "" {
		return
	}
	if err := os.WriteFile(filepath.Join(*keep, name), []byte(page), 0o644); err != nil {
		t.Fatal(err)
	}
}

// A report is a page: of scenarios, of a campaign, of one in which all went well,
// of one in which nothing was played.
func TestSamplePages(t *testing.T) {
	s := samples()
	good := s.Campaign
	good.Cases, good.Failed, good.Planned, good.Played = nil, 0, 20_000, 20_000
	good.Counts.Missed, good.Counts.FalseTrips = nil, 0
	for name, r := range map[string]*report.Report{"scenarios.html": &s.Scenarios, "campaign.html": &s.Campaign, "good.html": &good, "empty.html": {What: "campaign", Planned: 5, Interrupted: true}} {
		page := html(t, r)
		kept(t, name, page)
		t.Logf("%s: %d bytes, %d of %d failed", name, len(page), r.Failed, r.Played)
	}
}
