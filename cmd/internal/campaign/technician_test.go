package campaign_test

import (
	"testing"
	"time"

	"penlog/cmd/internal/campaign"
	"penlog/cmd/internal/campaign/script"
	"penlog/session"
	"penlog/session/limits"
	"penlog/sim"
)

// What a technician asks for follows from what the screen shows, and from nothing else.
func TestATechnicianFollowsTheScreen(t *testing.T) {
	treat := []script.Treat{{Zone: limits.Cheek, Indication: limits.AcneScarRolling, Depth: 1250, Passes: 1},
		{Zone: limits.Nose, Indication: limits.AcneScarRolling, Depth: 500, Passes: 1}}
	green := []session.Check{{Code: "mode", OK: true}, {Code: "press", OK: true}}
	for _, tt := range []struct {
		name   string
		how    script.Technic
		screen campaign.Screen
		want   []session.CommandKind
		rest   bool
	}{
		{"nothing is open", script.Follows, campaign.Screen{Left: time.Minute}, []session.CommandKind{session.CmdOpen, session.CmdDescribe, session.CmdScreen,
			session.CmdConsent, session.CmdAnaesthetic, session.CmdCartridge, session.CmdAlarmHeard}, false},
		{"the one before is over", script.Follows, campaign.Screen{There: true, State: session.Completed, Left: 5 * time.Second}, nil, false},
		{"no zone", script.Arms, campaign.Screen{There: true, Left: time.Minute}, []session.CommandKind{session.CmdChoose}, false},
		{"all is green", script.Follows, campaign.Screen{There: true, Chosen: true, Task: -1, Left: time.Minute, Checks: func() []session.Check { return green }}, []session.CommandKind{session.CmdArm}, false},
		{"paused", script.Follows, campaign.Screen{There: true, State: session.Paused, Chosen: true, Task: -1, Left: time.Minute, Checks: func() []session.Check { return green }}, []session.CommandKind{session.CmdResume}, false},
		{"a check is red", script.Follows, campaign.Screen{There: true, Chosen: true, Task: -1, Left: time.Minute,
			Checks: func() []session.Check { return []session.Check{{Code: "press"}} }}, nil, false},
		{"a pen that takes no permits", script.Follows, campaign.Screen{There: true, Chosen: true, Mode: session.ModeStoppable, Task: -1, Left: time.Minute,
			Checks: func() []session.Check { return []session.Check{{Code: "mode"}} }}, []session.CommandKind{session.CmdAcceptMode}, false},
		{"no pen yet", script.Follows, campaign.Screen{There: true, Chosen: true, Task: -1, Left: time.Minute,
			Checks: func() []session.Check { return []session.Check{{Code: "mode"}} }}, nil, false},
		{"another cartridge", script.Follows, campaign.Screen{There: true, Chosen: true, Task: -1, Permits: true, Left: time.Minute,
			Checks: func() []session.Check { return []session.Check{{Code: "cartridge"}} }}, []session.CommandKind{session.CmdCartridge}, false},
		{"stopped", script.Follows, campaign.Screen{There: true, State: session.Tripped, Left: time.Minute}, []session.CommandKind{session.CmdAcknowledge}, false},
		{"the hand went on", script.Follows, campaign.Screen{There: true, State: session.Armed, Chosen: true, Task: 1, Left: time.Minute}, []session.CommandKind{session.CmdChoose}, false},
		{"the hand went on, and runs", script.Follows, campaign.Screen{There: true, State: session.Active, Chosen: true, Running: true, Task: 1, Left: time.Minute}, nil, false},
		{"near the end, running", script.Follows, campaign.Screen{There: true, State: session.Active, Chosen: true, Running: true, Left: 7 * time.Second}, nil, true},
		{"near the end, still", script.Follows, campaign.Screen{There: true, State: session.Armed, Chosen: true, Left: 7 * time.Second}, []session.CommandKind{session.CmdFinish}, true},
		{"near the end, who only arms", script.Arms, campaign.Screen{There: true, State: session.Armed, Chosen: true, Left: 7 * time.Second}, nil, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := &script.Script{Seed: 7, Technician: tt.how, Treat: treat}
			tech := campaign.NewTechnician(s, sim.Profiles()[0].Identity, limits.Default(), 0)
			m := tech.Act(&tt.screen)
			if len(m.Ask) != len(tt.want) || m.Rest != tt.rest {
				t.Fatalf("asks for %+v, rest %t, want %v", m.Ask, m.Rest, tt.want)
			}
			for i, c := range m.Ask {
				if c.Do != tt.want[i] {
					t.Errorf("asks for %s, want %s", c.Do, tt.want[i])
				}
				if c.Do == session.CmdChoose && (c.Zone != treat[max(tt.screen.Task, 0)].Zone || c.Indication != limits.AcneScarRolling) {
					t.Errorf("chooses %v for %v", c.Zone, c.Indication)
				}
			}
		})
	}
}

// Who only arms does it once, who waits never looks, and who is called back does again.
func TestWhenATechnicianLooks(t *testing.T) {
	s := &script.Script{Seed: 7, Technician: script.Arms, Treat: []script.Treat{{Zone: limits.Cheek, Indication: limits.AcneScarRolling}}}
	tech := campaign.NewTechnician(s, sim.Profiles()[0].Identity, limits.Default(), 0)
	if at := tech.Next(); at < 100_000 || at > 2_000_000 {
		t.Errorf("looks first at %v", at)
	}
	if !tech.Looks(2_000_000) || tech.Next() < 2_300_000 || tech.Next() > 3_500_000 {
		t.Errorf("looks next at %v", tech.Next())
	}
	armed := campaign.Screen{There: true, State: session.Armed, Chosen: true, Task: -1, Left: time.Minute}
	tech.Act(&armed)
	if tech.Looks(4_000_000) || tech.Next() != script.Never {
		t.Errorf("looks again at %v, though all that there was to do is done", tech.Next())
	}
	tech.Watch(5_000_000)
	if !tech.Looks(tech.Next()) {
		t.Error("does not look when called back")
	}
	tech.Leave()
	if tech.Looks(tech.Next()) {
		t.Error("looks, though told to leave")
	}
	if d := tech.Treat()[0].Depth; d <= 0 || d > limits.HardStop {
		t.Errorf("the hand is told %v", d)
	}
}
