package campaign_test

import (
	"testing"

	"penlog/cmd/internal/campaign"
)

// A pen that goes on when its permit lapses shows nothing of it while permits come. In
// campaigns its host hangs in use, so that Penlog has to say something, and does.
func TestALapseThatIsIgnoredFallsDue(t *testing.T) {
	due, played := uint64(0), 0
	for seed := uint64(1); seed < 4000 && due < 2; seed++ {
		s := campaign.Draw(seed, campaign.Draws{Class: campaign.Ill})
		if len(s.Steps) == 0 || s.Steps[0].Do[0].Verb != "ignore-lapse" {
			continue
		}
		played++
		r := campaign.Play(s, campaign.Options{})
		if r.Failed() {
			report(t, &r)
		}
		due += r.Counts.Due["ignore-lapse"]
	}
	if due < 2 {
		t.Errorf("of %d pens that ignore a lapse it fell due with %d", played, due)
	}
}
