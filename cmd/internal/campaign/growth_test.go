package campaign_test

import (
	"testing"
	"time"

	"penlog/cmd/internal/campaign"
	"penlog/cmd/internal/campaign/script"
)

// A long procedure holds no more memory than a short one, but for its record, and that
// grows with what is recorded and with nothing else: neither lane, whatever fails.
func TestMemoryDoesNotGrowWithTheProcedure(t *testing.T) {
	for _, class := range []campaign.Class{campaign.Human, campaign.Rough} {
		var of [2]campaign.Weight
		var peaks [2]campaign.Peaks
		for i, length := range []time.Duration{long * time.Minute, 6 * long * time.Minute} {
			s := campaign.Draw(11, campaign.Draws{Class: class, Length: length, Pen: "reference", Hand: "overlapping"})
			s.Technician = script.Follows // one procedure
			for len(s.Treat) < 40 {       // there is something to do until the end
				s.Treat = append(s.Treat, s.Treat[len(s.Treat)%2])
			}
			for k := range s.Treat {
				s.Treat[k].Passes = 20
			}
			r, w := campaign.Weigh(s, campaign.Options{})
			if r.Failed() {
				report(t, &r)
			}
			if of[i], peaks[i] = w, r.Counts.Peaks; w.Hot == 0 || w.Cold == 0 || w.Events == 0 {
				t.Fatalf("%s: nothing was weighed: %+v", class, w)
			}
			t.Logf("%s, %v: %+v, %d strokes, peaks %+v", class, length, w, r.Counts.Strokes, peaks[i])
		}
		a, b := of[0], of[1]
		if b.Hot > a.Hot {
			t.Errorf("%s: the fast lane came to %d bytes, then %d", class, a.Hot, b.Hot)
		}
		const most = 32 << 10 // a chunk of signal more or less, and views
		if b.Cold > a.Cold+most {
			t.Errorf("%s: the slow lane came to %d bytes without the record, then %d", class, a.Cold, b.Cold)
		}
		if x, y := a.Record/a.Events, b.Record/b.Events; y > x*3/2 {
			t.Errorf("%s: the record came to %d bytes an entry, then %d", class, x, y)
		}
	}
}
