package replay_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"penlog/cmd/internal/replay"
	"penlog/device/capture"
	"penlog/protocol"
	"penlog/session"
)

var update = flag.Bool("update", false, "make the captures and their goldens anew")

// scene is one capture.
type scene struct {
	name    string // of the file; what happens
	profile string
	uptime  protocol.Uptime
	length  time.Duration
	steps   []step
	rate    uint16 // readings a second; 0: 25, which keeps the files small
	cut     bool   // the file ends in the middle of a record
	// breaks are rules that must break on the way, in their order, for the capture
	// to be worth its name.
	breaks []session.Rule
}

// treat are the steps of an ordinary beginning: 1.00 mm, and a press that runs.
func treat(more ...step) []step {
	return append([]step{at(400, wants(1000, true)), at(800, touch), at(820, press)}, more...)
}

const s3, s4 = 3 * time.Second, 4 * time.Second

var scenes = []scene{
	{name: "treatment", length: s4, steps: treat(at(1800, lift), at(1900, press), at(2400, wants(1500, true)), at(2900, press), at(3500, press))},
	{name: "depth-above-measured", length: s4, steps: treat(at(1500, fault("deep", 600)), at(2200, well("deep")), at(2600, ack), at(3000, press), at(3600, press)),
		breaks: []session.Rule{session.DepthAboveCeiling}},
	{name: "depth-creeps", length: s3, steps: treat(at(1200, fault("creep", 400))), breaks: []session.Rule{session.DepthAboveCeiling}},
	{name: "dial-above-ceiling", length: s3, steps: []step{at(300, dial(1000)), at(400, wants(500, true)), at(800, press), at(1200, dial(500)), at(2000, press), at(2700, press)},
		breaks: []session.Rule{session.DialAboveCeiling}},
	{name: "set-depth-above", profile: "set-only", length: s3, steps: treat(at(1500, dial(2000)), at(2600, dial(1000))), breaks: []session.Rule{session.DepthAboveCeiling}},
	{name: "noise", length: s4, steps: treat(at(1200, fault("line-noise", 15_000)), at(2500, well("line-noise")), at(3500, press))},
	{name: "lost-frames", length: s4, steps: treat(at(1000, fault("lose-frames", 150_000)), at(3000, well("lose-frames")), at(3500, press))},
	{name: "cable-pulled-and-back", length: 5 * time.Second, steps: treat(at(1500, unplug), at(2600, replug), at(3900, wants(1000, true)), at(4200, press), at(4800, press)),
		breaks: []session.Rule{session.LinkLost}},
	{name: "pen-reboots", length: s4, steps: treat(at(1500, fault("reboot", 0)), at(3000, ack), at(3400, wants(1000, true))), breaks: []session.Rule{session.PenRebooted}},
	{name: "readings-frozen", length: s3, steps: treat(at(1500, fault("frozen", 0))), breaks: []session.Rule{session.ReadingsFrozen}},
	{name: "pen-lies", length: s4, steps: treat(at(1500, fault("lies-counting", 0)), at(1600, wants(0, false))), breaks: []session.Rule{session.PenDisobeys}},
	{name: "pen-ignores-revoke", length: s3, steps: treat(at(1500, fault("motor-stuck", 0)), at(1600, wants(0, false))), breaks: []session.Rule{session.PenDisobeys}},
	{name: "motor-without-permit", length: s3, steps: []step{at(300, fault("no-permit", 0)), at(500, press), at(1500, press)}, breaks: []session.Rule{session.MotorWithoutPermit}},
	{name: "foreign-device", length: 5 * time.Second, steps: []step{at(0, fault("foreign", 0))}, breaks: []session.Rule{session.NotAPen}},
	{name: "newer-protocol", length: s3, steps: []step{at(0, fault("newer-version", 0))}},
	{name: "silent-pen", length: 5 * time.Second, steps: []step{at(0, fault("ignore-hello", 0))}, breaks: []session.Rule{session.PenSilent}},
	{name: "stoppable-pen", profile: "stoppable", length: s3, steps: []step{at(400, wants(1000, true)), at(800, touch), at(820, press), at(1500, fault("deep", 600))},
		breaks: []session.Rule{session.DepthAboveCeiling}},
	{name: "monitor-only-pen", profile: "monitor-only", length: s3, steps: []step{at(400, wants(1000, true)), at(800, touch), at(820, press), at(1500, fault("deep", 600)), at(2300, press)},
		breaks: []session.Rule{session.DepthAboveCeiling}},
	{name: "permit-lapses", length: s4, steps: treat(at(1500, stall(700*time.Millisecond)), at(2600, press), at(3300, press))},
	{name: "host-stalls", rate: 200, length: 2 * time.Second, steps: treat(at(1200, stall(290*time.Millisecond)))},
	{name: "paused", length: s4, steps: treat(at(1500, wants(1000, false)), at(2300, press), at(2600, wants(1000, true)), at(3000, press))},
	{name: "zone-left", length: s4, steps: treat(at(1500, wants(0, false)), at(3200, wants(500, true)), at(3500, press))},
	{name: "record-stalls", length: s4, steps: treat(at(1000, func(s *stage) { s.leased = protocol.Instant(1) << 50 })), breaks: []session.Rule{session.RecordStalled}},
	{name: "clock-set-back", length: s4, steps: treat(at(1500, clock(-time.Hour)), at(2600, wants(1000, true)), at(2900, press), at(3500, press)), breaks: []session.Rule{session.ClockJumped}},
	{name: "pen-clock-jumps", length: s3, steps: treat(at(1500, fault("tick-jump", 700_000))), breaks: []session.Rule{session.ClockJumped}},
	{name: "tick-wraps", uptime: 1<<32 - 1_800_000, length: s3, steps: treat(at(2500, press))},
	{name: "another-pen", length: s4, steps: treat(at(1300, press), at(1500, fault("other-pen", 0)), at(1600, unplug), at(2000, replug), at(2900, accept), at(3100, wants(1000, true))),
		breaks: []session.Rule{session.PenChanged}},
	{name: "released-at-the-pen", length: s3, steps: []step{at(400, wants(1000, true)), at(1000, release), at(1500, press), at(2000, wants(0, false))}, breaks: []session.Rule{session.PenReleased}},
	{name: "host-killed", length: 1200 * time.Millisecond, steps: treat(), cut: true},
}

// play plays a scene live.
func (c *scene) play(t *testing.T) *stage {
	profile := c.profile
	if profile == "" {
		profile = "reference"
	}
	rate := c.rate
	if rate == 0 {
		rate = 25
	}
	s := newStage(t, profile, c.uptime, rate)
	s.run(c.length, c.steps...)
	if c.cut {
		s.file = s.file[:len(s.file)-40]
	}
	return s
}

func folder(name string) string { return filepath.Join("testdata", name) }

// TestCaptures replays each capture in testdata and compares what is found with its
// golden. `go test ./cmd/internal/replay -run Captures -update` makes both anew; what
// that changed shows in the goldens.
func TestCaptures(t *testing.T) {
	if *update {
		remake(t)
	}
	names, err := filepath.Glob(folder("*" + capture.Suffix))
	if err != nil || len(names) < 15 {
		t.Fatalf("%d captures, %v", len(names), err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), capture.Suffix), func(t *testing.T) {
			got := replayed(t, name)
			golden := strings.TrimSuffix(name, capture.Suffix) + ".golden"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := replay.Diff(golden, string(want), "this replay", got); diff != "" {
				t.Errorf("the replay differs; if that was meant, give -update\n%s", diff)
			}
		})
	}
}

// remake makes the captures of all scenes anew.
func remake(t *testing.T) {
	for i := range scenes {
		if err := os.WriteFile(folder(scenes[i].name+capture.Suffix), scenes[i].play(t).file, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	remakeExported(t)
}

func replayed(t *testing.T, paths ...string) string {
	t.Helper()
	all, err := replay.Load(paths)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	for _, c := range all {
		if _, err := replay.Write(&out, c, replay.Options{}); err != nil {
			t.Fatal(err)
		}
	}
	return out.String()
}

// load loads a file's bytes.
func load(t *testing.T, file []byte) *replay.Capture {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.pencap")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	all, err := replay.Load([]string{path})
	if err != nil || len(all) != 1 {
		t.Fatalf("Load() = %d captures, %v", len(all), err)
	}
	return all[0]
}

// A replay gives Hot's notes as they were live, to the last µs of the last age, and
// the core decides what the live one did.
func TestReplayIsWhatHappened(t *testing.T) {
	for i := range scenes {
		c := &scenes[i]
		t.Run(c.name, func(t *testing.T) {
			s := c.play(t)
			live := s.live
			got, stats := replay.Notes(load(t, s.file))
			if c.cut {
				live = live[:min(len(live), len(got))]
				if len(got) == 0 {
					t.Fatal("nothing of a capture that was cut is replayed")
				}
			}
			for i := range max(len(live), len(got)) {
				var a, b session.Note
				if i < len(live) {
					a = live[i]
				}
				if i < len(got) {
					b = got[i]
				}
				if !alike(a, b) {
					t.Fatalf("note %d of %d is, replayed\n%+v\nand was, live\n%+v", i, len(live), b, a)
				}
			}
			if stats.Differences != 0 {
				t.Errorf("%d decisions differ from those of the host that was recorded", stats.Differences)
			}
			if d := stats.Would - stats.Permits; d != 0 && !c.cut {
				t.Errorf("the core would send %d permits more than were recorded", d)
			}
			broke := 0
			for i := range live {
				if f := &live[i].Finding; live[i].Kind == session.NoteFinding && f.On && broke < len(c.breaks) && f.Rule == c.breaks[broke] {
					broke++
				}
			}
			if broke < len(c.breaks) {
				t.Errorf("%v did not break: the scene shows nothing", c.breaks[broke])
			}
		})
	}
}

func alike(a, b session.Note) bool {
	if (a.Identity == nil) != (b.Identity == nil) || (a.Err == nil) != (b.Err == nil) {
		return false
	}
	if a.Identity != nil && *a.Identity != *b.Identity || a.Err != nil && a.Err.Error() != b.Err.Error() {
		return false
	}
	a.Identity, b.Identity, a.Err, b.Err = nil, nil, nil, nil
	return a == b
}
