package campaign_test

import (
	"strings"
	"sync"
	"testing"

	"penlog/cmd/internal/campaign"
	"penlog/cmd/internal/campaign/script"
	"penlog/protocol"
)

// Who plans goes beyond the plan now and then, dwells, and notices late where it truly
// was: the judge has something to hold against its own account.
func TestPlansAreExceededAndZonesCorrected(t *testing.T) {
	var mu sync.Mutex
	found := map[string]int{}
	each(figures, 1, func(seed uint64) {
		s := campaign.Draw(seed, campaign.Draws{Class: campaign.Human})
		if s.Technician != script.Plans {
			return
		}
		r := campaign.Play(s, campaign.Options{})
		mu.Lock()
		defer mu.Unlock()
		if r.Failed() {
			report(t, &r)
		}
		found["plans"]++
		for k, n := range r.Counts.Found {
			found[k] += int(n)
		}
		for _, l := range r.Log {
			switch {
			case strings.HasSuffix(l, "found late: true"):
				found["late"]++
			case strings.HasSuffix(l, "found late: false"):
				found["moved"]++
			}
		}
	})
	t.Logf("%d plans: %d cues of density, %d of passes; %d times something was moved, %d times found late as well", found["plans"],
		found["advisory density_above_plan"], found["advisory passes_above_plan"], found["moved"]+found["late"], found["late"])
	for _, what := range []string{"plans", "advisory density_above_plan", "advisory passes_above_plan", "moved", "late"} {
		if found[what] == 0 && everyRule {
			t.Errorf("%s: nothing of it in %d seeds", what, figures)
		}
	}
}

// The judge can fail: a glide that the slow lane is not told of makes it tell of a spot
// on which nobody stayed, one that was not made hides one.
func TestTheJudgeHoldsDwellAgainstWhatWasHeard(t *testing.T) {
	for _, tt := range []struct {
		name, rule, hand string
		bend             func(r *protocol.Reading)
	}{
		{"glides that nobody counts", "false dwell", "pauseless", func(r *protocol.Reading) { r.Glides = 1 }},
		{"a glide with each reading", "unsaid dwell", "dwelling", func(r *protocol.Reading) { r.Glides = uint8(r.Sent) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			finds(t, 30, []string{tt.rule}, func(seed uint64) campaign.Result {
				s := campaign.Draw(seed, campaign.Draws{Class: campaign.Human, Hand: tt.hand, Pen: "reference"})
				s.Technician = script.Follows
				return campaign.Play(s, bent(tt.bend))
			})
		})
	}
}
