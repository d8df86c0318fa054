package suite_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"penlog/cmd/internal/campaign"
	"penlog/cmd/internal/campaign/script"
	"penlog/cmd/internal/campaign/suite"
)

// When a campaign is over, nothing of it runs on: played to its end, at the first that
// fails, and stopped in the middle of what it plays. A bubble ends only with its last
// goroutine, and says so of one that waits for ever.
func TestACampaignLeavesNoGoroutine(t *testing.T) {
	draw := func(i int) suite.Job {
		return suite.Job{Script: campaign.Draw(uint64(i)+1, campaign.Draws{Length: 3 * time.Second})}
	}
	for _, tt := range []struct {
		name   string
		stop   bool
		many   int
		cancel int // after so many; 0: never
		fail   int // from this one on; 0: none does
		played int
	}{
		{"to its end", false, 6, 0, 0, 6},
		{"at the first that fails", true, 1000, 0, 3, 0},
		{"stopped by hand", false, 1_000_000, 4, 0, 0},
		{"stopped before it begins", false, 1000, -1, 0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if tt.cancel < 0 {
					cancel()
				}
				r := suite.Play(ctx, suite.Options{Many: tt.many, Cores: 3, Stop: tt.stop, Jobs: draw, Shrink: true,
					Player: func(ctx context.Context, s *script.Script, o campaign.Options) (campaign.Result, error) {
						if tt.fail > 0 && s.Seed > uint64(tt.fail) {
							return broken(s), nil
						}
						return campaign.Play(s, o), ctx.Err()
					},
					Tell: func(p suite.Progress) {
						if p.Played == tt.cancel {
							cancel()
						}
					}})
				if tt.played > 0 && r.Played != tt.played || tt.played == 0 && r.Played > 20 {
					t.Errorf("%d were played", r.Played)
				}
				cancel()
				synctest.Wait() // whatever was stopped has ended by now, or waits for ever
			})
		})
	}
}
