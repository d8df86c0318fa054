package campaign_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"penlog/cmd/internal/campaign"
	"penlog/sim"
)

// A pen that fails in a way that can be seen from outside is found, by the
// trip that its fault calls for, and the needles are clear within the budget
// where the pen can still be stopped.
func TestObservablePenFaultsAreFound(t *testing.T) {
	class := campaign.Clean
	loose := []string{"motor without permit", "needles without permit", "start without press", "host lost", "stop budget", "too deep"}
	for _, tt := range []struct {
		fault   sim.Fault
		profile string
		trips   []string      // any of them
		breaks  []string      // promises that this pen itself breaks
		stall   time.Duration // an occasion to disobey
	}{
		{sim.Fault{Kind: sim.FaultDeep, Amount: 600}, "reference", []string{"depth_above_ceiling", "depth_unverifiable"}, nil, 0},
		{sim.Fault{Kind: sim.FaultDeep, Amount: 600}, "enforcing", []string{"depth_above_ceiling", "depth_unverifiable"}, nil, 0},
		{sim.Fault{Kind: sim.FaultCreep, Amount: 200}, "exceed-class", []string{"depth_above_ceiling", "depth_unverifiable"}, nil, 0},
		{sim.Fault{Kind: sim.FaultCreep, Amount: 200}, "reference-usb", []string{"depth_above_ceiling", "depth_unverifiable"}, nil, 0},
		{sim.Fault{Kind: sim.FaultStuckSensor}, "reference", []string{"readings_frozen", "depth_unverifiable"}, nil, 0},
		{sim.Fault{Kind: sim.FaultIgnoreLapse}, "set-only", []string{"pen_disobeys", "motor_without_permit", "stop_unconfirmed"}, loose, 800 * time.Millisecond},
		{sim.Fault{Kind: sim.FaultMotorStuck}, "reference", []string{"pen_disobeys", "stop_unconfirmed"}, loose, 800 * time.Millisecond},
		{sim.Fault{Kind: sim.FaultNoPermit}, "reference", []string{"pen_disobeys", "motor_without_permit"}, loose, 800 * time.Millisecond},
		{sim.Fault{Kind: sim.FaultReboot}, "reference", []string{"pen_rebooted"}, nil, 0},
		{sim.Fault{Kind: sim.FaultBackwards}, "reference", []string{"readings_impossible"}, nil, 0},
		{sim.Fault{Kind: sim.FaultReports}, "dermapen4-class", []string{"pen_fault"}, nil, 0},
	} {
		t.Run(tt.fault.Kind.String()+" "+tt.profile, func(t *testing.T) {
			const runs = ofEach
			var mu sync.Mutex
			found, ran := 0, 0
			each(runs, 1, func(seed uint64) {
				r := campaign.Run(seed, campaign.Config{Class: &class, Quiet: true, Profile: tt.profile, Hand: "careful", Length: 60 * time.Second, Stall: tt.stall,
					Faults: []campaign.Timed{{Fault: tt.fault, After: time.Duration(200+150*seed) * time.Millisecond}}})
				mu.Lock()
				defer mu.Unlock()
				for _, v := range r.Violations {
					if !slices.Contains(tt.breaks, v.Rule) {
						report(t, &r)
						break
					}
				}
				if !slices.ContainsFunc(r.Log, func(l string) bool { return strings.Contains(l, "fault: ") && strings.Contains(l, "motor on true") }) {
					return // the motor never ran
				}
				ran++
				for _, rule := range tt.trips {
					if r.Counts.Found[rule] > 0 {
						found++
						return
					}
				}
				t.Errorf("seed %d: %v, trips %v", seed, tt.fault.Kind, r.Counts.Found)
			})
			if ran < runs/2 {
				t.Errorf("the motor ran in %d of %d runs", ran, runs)
			}
			t.Logf("found in %d of %d", found, ran)
		})
	}
}
