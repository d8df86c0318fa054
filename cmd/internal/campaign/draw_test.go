package campaign_test

import (
	"testing"

	"penlog/cmd/internal/campaign"
	"penlog/cmd/internal/campaign/script"
)

// Each scenario is shown by its share of seeds, and one that is new takes some from each
// of the others: whatever else a seed showed it goes on showing.
func TestWhatASeedShowsOutlivesOtherScenarios(t *testing.T) {
	all, err := script.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	const each = 100
	shown, before := map[string]int{}, all[1:]
	for seed := range uint64(each * len(all)) {
		now, was := campaign.Showing(all, seed), campaign.Showing(before, seed)
		shown[now.Name]++
		if now != was && now != all[0] {
			t.Fatalf("seed %d showed %s, and shows %s since %s is there", seed, was.Name, now.Name, all[0].Name)
		}
	}
	for _, s := range all {
		if n := shown[s.Name]; n < each/2 || n > each*3/2 {
			t.Errorf("%s is shown %d times in %d seeds of %d scenarios", s.Name, n, each*len(all), len(all))
		}
	}
}
