package campaign_test

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"penlog/cmd/internal/campaign"
	"penlog/session"
)

// What the guard finds and nobody records is missed by its name: with every
// finding lost on its way to the record, the oracle asks for each rule that a
// drawn fault can break.
func TestTheOracleAsksForEachRuleByName(t *testing.T) {
	want := []session.Rule{session.DepthAboveCeiling, session.PenDisobeys, session.MotorWithoutPermit, session.StopUnconfirmed, session.PenRebooted,
		session.ReadingsFrozen, session.ReadingsImpossible, session.DepthMissing, session.PenFault, session.DialAboveCeiling,
		session.ReadingsStale, session.LinkLost, session.PenUnproven, session.PenNotWell, session.PenBusy, session.PenSilent, session.PenInvalid,
		session.NotAPen, session.ClockJumped, session.BatteryLow}
	if !everyRule {
		want = []session.Rule{session.ReadingsStale, session.LinkLost, session.PenUnproven} // they come at once
	}
	missing := map[string]bool{}
	for _, r := range want {
		missing["unsaid "+r.String()] = true
	}
	const most = 600
	var mu sync.Mutex
	needed := 0
	each(most, 1, func(seed uint64) {
		mu.Lock()
		left := maps.Clone(missing)
		mu.Unlock()
		if len(left) == 0 {
			return
		}
		lost := func(n *session.Note) bool {
			return n.Kind != session.NoteFinding || !left["unsaid "+n.Finding.Rule.String()]
		}
		r := campaign.Play(campaign.Draw(seed, campaign.Draws{Class: campaign.Ill}), campaign.Options{Seams: campaign.Seams{Note: lost}})
		mu.Lock()
		defer mu.Unlock()
		for _, v := range r.Violations {
			if !strings.HasPrefix(v.Rule, "unsaid ") {
				continue
			}
			if !left[v.Rule] {
				t.Errorf("seed %d: %s, which was not lost", seed, v.Rule)
			}
			if missing[v.Rule] {
				needed = max(needed, int(seed))
			}
			delete(missing, v.Rule)
		}
	})
	if len(missing) > 0 {
		t.Errorf("in %d seeds the oracle did not ask for %v", most, slices.Sorted(maps.Keys(missing)))
	}
	t.Logf("%d rules within %d seeds", len(want), needed)
}
