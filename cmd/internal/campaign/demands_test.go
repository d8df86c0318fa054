package campaign_test

import (
	"slices"
	"strings"
	"testing"

	"penlog/cmd/internal/campaign"
	"penlog/cmd/internal/campaign/script"
	"penlog/session"
	"penlog/sim"
)

// asked are the troubles that a host can know of, and that no campaign demands an answer
// to by their own name: who asks for it instead. "oracle" names rules that the oracle owes
// from the readings alone, "scenario" one that expects an answer, "nothing" why none has
// to come.
var asked = map[string][2]string{
	"ignore-revoke":    {"oracle", "pen_disobeys stop_unconfirmed"},
	"ignore-ceiling":   {"scenario", "pen-ignores-a-lower-ceiling"},
	"ignore-hello":     {"oracle", "pen_silent"},
	"slow-stop":        {"oracle", "pen_disobeys stop_unconfirmed"},
	"deep":             {"oracle", "depth_above_ceiling depth_unverifiable"},
	"creep":            {"oracle", "depth_above_ceiling depth_unverifiable readings_impossible"},
	"drive-stuck":      {"oracle", "depth_above_ceiling depth_unverifiable"},
	"sparse":           {"oracle", "readings_stale"},
	"shows-ceiling":    {"oracle", "ceiling_unconfirmed pen_test_failing"},
	"ends-early":       {"scenario", "permits-end-too-early"},
	"tick-wrap":        {"oracle", "clock_jumped"},
	"drift":            {"nothing", "up to 2 % is lawful: PROTOCOL.md §4.2"},
	"sensor-drift":     {"oracle", "depth_above_ceiling depth_unverifiable"},
	"sensor-noise":     {"oracle", "depth_above_ceiling"},
	"cartridge-length": {"scenario", "shorter-cartridge-by-the-pens-word"},
	"dial-missing":     {"oracle", "depth_missing"},

	"line-noise":       {"oracle", "readings_stale link_lost not_a_pen"},
	"flip-bits":        {"oracle", "readings_stale link_lost not_a_pen"},
	"drop-bytes":       {"oracle", "readings_stale link_lost not_a_pen"},
	"repeat-bytes":     {"oracle", "readings_stale link_lost not_a_pen"},
	"swap-bytes":       {"oracle", "readings_stale link_lost not_a_pen"},
	"insert-bytes":     {"oracle", "readings_stale link_lost not_a_pen"},
	"lose-frames":      {"oracle", "readings_stale link_lost"},
	"duplicate-frames": {"nothing", "a frame that comes twice counts once: PROTOCOL.md §2.6"},
	"reorder-frames":   {"nothing", "one that comes too late is refused, or an old reading"},
	"delay":            {"oracle", "readings_stale"},
	"jitter":           {"nothing", "permits rest on the newest tick; what is too old is stale, as with delay"},
	"burst":            {"oracle", "readings_stale"},
	"stall":            {"oracle", "readings_stale link_lost"},
	"other-name":       {"nothing", "it is the same pen, found again by its serial number"},
	"other-pen":        {"oracle", "pen_changed"},
	"loose-contact":    {"oracle", "readings_stale link_lost"},
	"echo":             {"nothing", "frames that only hosts send are none of a pen's"},
	"replay-permits":   {"nothing", "the pen refuses them; what it truly permits is judged"},
	"replay-frames":    {"nothing", "the pen refuses them; what it truly permits is judged"},
	"second-host":      {"oracle", "pen_busy link_lost"},
	"other-host":       {"scenario", "another-host-keeps-the-pen"},
	"foreign-talk":     {"nothing", "it costs frames that are stale when they are missed"},

	"agent-stall":  {"oracle", "readings_stale link_lost"},
	"hot-stall":    {"oracle", "readings_stale link_lost"},
	"cold-stall":   {"scenario", "slow-lane-hangs"},
	"short-queue":  {"scenario", "queue-between-the-lanes-fills"},
	"agent-killed": {"nothing", "the session comes back paused: that nothing is permitted unconfirmed is judged"},
	"disk-slow":    {"nothing", "what is not durable for 2 s permits nothing, which is judged"},
}

// Whatever goes wrong and can be seen is demanded an answer to, by somebody: a new fault
// without one is found here.
func TestWhatCanBeSeenIsAskedFor(t *testing.T) {
	builtin, err := script.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range script.Verbs() {
		if v.Human() || v.Name == "clear" {
			continue
		}
		if !campaign.Answered(&v) {
			t.Errorf("%s: the judge does not know what it may excuse", v.Name)
		}
		seen := v.Observable
		if v.Group == script.GroupRoom {
			seen = v.Fault.Info().Observable
		}
		by, listed := asked[v.Name]
		switch {
		case seen && !listed && !campaign.Asked(&v):
			t.Errorf("%s can be seen, and nobody asks for an answer to it", v.Name)
		case listed && (!seen || campaign.Asked(&v)):
			t.Errorf("%s is listed, and it is demanded by its own name, or can't be seen", v.Name)
		}
		switch by[0] {
		case "oracle":
			for _, name := range strings.Fields(by[1]) {
				if !slices.ContainsFunc(session.Rules(), func(r session.Rule) bool { return r.String() == name }) {
					t.Errorf("%s: there is no rule %s", v.Name, name)
				}
			}
		case "scenario":
			if !slices.ContainsFunc(builtin, func(s *script.Script) bool { return s.Name == by[1] && expects(s, v.Name) }) {
				t.Errorf("%s: no scenario %s has it and expects an answer", v.Name, by[1])
			}
		case "nothing":
			if by[1] == "" {
				t.Errorf("%s: no reason is given", v.Name)
			}
		}
	}
	for name := range asked {
		if script.VerbByName(name) == nil {
			t.Errorf("%s is listed, and there is no such trouble", name)
		}
	}
	if n := len(sim.Faults()); n == 0 {
		t.Error("sim has no faults")
	}
}

// expects reports whether a scenario expects something after that deed.
func expects(s *script.Script, verb string) bool {
	done := false
	for i := range s.Steps {
		done = done || slices.ContainsFunc(s.Steps[i].Do, func(d script.Deed) bool { return d.Verb == verb })
		if done && len(s.Steps[i].Expect) > 0 {
			return true
		}
	}
	return false
}
