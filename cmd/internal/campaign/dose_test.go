package campaign_test

import (
	"sync"
	"testing"
	"time"

	"penlog/cmd/internal/campaign"
	"penlog/cmd/internal/campaign/script"
	"penlog/protocol"
	"penlog/sim"
)

// Totals of strokes are exact with one frame in ten lost, both ways, from before the
// first session to the end; and each zone's, and those in contact but for what the
// readings that came can't tell: the judge holds these against the truth.
func TestStrokesAreExactWithATenthOfTheFramesLost(t *testing.T) {
	exact, err := script.ParseExpect("strokes exact")
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var strokes, lost uint64
	idle := 0
	each(figures, 1, func(seed uint64) {
		s := campaign.Draw(seed, campaign.Draws{Class: campaign.Human, Quiet: true, Length: 30 * time.Second})
		s.Technician = script.Follows
		s.Steps = []script.Step{{Do: []script.Deed{{Verb: sim.FaultLoseFrames.String(), Amount: 100_000}}}}
		s.Expect = []script.Expect{exact}
		r := campaign.Play(s, campaign.Options{})
		mu.Lock()
		defer mu.Unlock()
		if r.Failed() {
			report(t, &r)
		}
		if r.Counts.Strokes == 0 {
			idle++
		}
		strokes += r.Counts.Strokes
		lost += r.Counts.Done["lose-frames"]
	})
	t.Logf("%d seeds, %d strokes", figures, strokes)
	if strokes < figures*500 || lost != figures || idle > figures/10 {
		t.Errorf("%d strokes in %d seeds, %d of them without any: too few to say so", strokes, figures, idle)
	}
}

// The judge can fail: strokes in contact that count as others, in the zone before or
// twice, are found by what is true.
func TestTheJudgeHoldsContactAgainstTheTruth(t *testing.T) {
	for _, tt := range []struct {
		name, rule string
		bend       func(r *protocol.Reading)
	}{
		{"contact is felt nowhere", "contact", func(r *protocol.Reading) { r.Flags &^= protocol.FlagContact }},
		{"contact is felt in the air", "contact", func(r *protocol.Reading) {
			if r.MotorOn() { // else nothing can be chosen
				r.Flags |= protocol.FlagContact
			}
		}},
		{"a stroke in 64 is counted twice", "zone strokes", func(r *protocol.Reading) { r.Strokes += r.Strokes / 64 }},
		{"the count stands still by turns", "zone strokes", func(r *protocol.Reading) { r.Strokes &^= 63 }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			finds(t, 20, []string{tt.rule}, func(seed uint64) campaign.Result {
				return campaign.Play(campaign.Draw(seed, campaign.Draws{Class: campaign.Human}), bent(func(r *protocol.Reading) {
					if r.Flags.Has(protocol.FlagContactKnown) {
						tt.bend(r)
					}
				}))
			})
		})
	}
}
