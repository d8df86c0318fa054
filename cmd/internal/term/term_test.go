package term_test

import (
	"regexp"
	"strings"
	"testing"

	"penlog/cmd/internal/term"
	"penlog/session"
	"penlog/session/limits"
)

var escapes = regexp.MustCompile("\x1b\\[[0-9;]*[A-Za-z]")

func views() map[string]session.View {
	v := limits.Default().Ask(limits.Request{Zone: limits.Nose, Side: limits.Midline, Indication: limits.AcneScarRolling, PenMax: 2500, PenStep: 250})
	pen := session.View{Simulated: true, PenUp: true, Pen: "Penlog simulator Reference G1 (simulated) with a long name", Battery: 80, Mode: session.ModeGuarded,
		Open: true, Verdict: v, Ceiling: v.Allowed, Set: 750, Depth: 748, State: session.Active}
	ready := pen
	ready.Ready, ready.MotorOn, ready.Rate = true, true, 1170
	held := pen
	held.Set = 1500
	held.Broken = []session.RuleView{{RuleBroke: session.RuleBroke{Rule: session.DialAboveCeiling, Response: session.Hold, Value: 1500, Limit: 750},
		Words: session.DialAboveCeiling.Words()}}
	tripped := held
	tripped.State = session.Tripped
	tripped.Trip = &session.RuleView{RuleBroke: session.RuleBroke{Rule: session.DepthAboveCeiling, Response: session.Trip, Value: 1500, Limit: 750},
		Words: session.DepthAboveCeiling.Words()}
	paused := pen
	paused.State = session.Paused
	none := session.View{Set: -1, Depth: -1, Battery: -1}
	closed, quiet, foreign, draft := none, none, none, pen
	closed.Host = session.HostView{Port: "serial:///dev/ttyUSB7", PortWhy: "open serial:///dev/ttyUSB7: no such port", PortRemedy: "plug the pen in, or check the port's name"}
	quiet.Host = session.HostView{Port: "serial:///dev/ttyUSB7", PortOpen: true, Quiet: true}
	foreign.Host = quiet.Host
	foreign.Broken = []session.RuleView{{RuleBroke: session.RuleBroke{Rule: session.NotAPen, Response: session.Hold}, Words: session.NotAPen.Words()}}
	aside := none
	aside.Host = session.HostView{PortOpen: true, Aside: "session: journal of 0195e6c1, record 23: its contents were changed"}
	draft.State, draft.Checks = session.Draft, []session.Check{{Code: "pen", OK: true, Words: "the pen is connected"},
		{Code: "zone", Words: "zone and indication are chosen", Remedy: "choose zone and indication"}}
	watched := pen
	watched.Mode, watched.Accepted, watched.AcceptedBy, watched.Override = session.ModeStoppable, session.ModeStoppable, "op-1", &session.Overridden{Until: 1_800_000_000_000_000}
	watched.Totals.Zones = []session.ZoneTotal{{Place: session.Place{Zone: limits.Nose, Side: limits.Midline, Indication: limits.AcneScarRolling}, Passes: session.PassCount{Inferred: 3, Estimated: true}}}
	manual := none
	manual.Open, manual.State, manual.Verdict, manual.Ceiling, manual.Accepted, manual.Entered = true, session.Active, v, v.Allowed, session.ModeManual, 500
	refused := draft
	refused.State, refused.Verdict = session.Paused, limits.Verdict{}
	return map[string]session.View{"none": none, "ready": ready, "held": held, "tripped": tripped, "paused": paused,
		"closed": closed, "quiet": quiet, "foreign": foreign, "draft": draft, "aside": aside, "refused": refused, "watched": watched, "manual": manual}
}

// A picture is drawn over itself: its lines may not wrap, and their number may
// not change. SIMULATED may never be cut away.
func TestPictureKeepsItsShape(t *testing.T) {
	for width := range 201 {
		for _, color := range []bool{false, true} {
			for name, v := range views() {
				lines := term.Style{Color: color, Width: width}.Lines(&v)
				if len(lines) != 7 {
					t.Errorf("%s at %d columns: %d lines, want 7", name, width, len(lines))
				}
				most := width
				if width == 0 {
					most = 80
				}
				for _, l := range lines {
					if n := len([]rune(escapes.ReplaceAllString(l, ""))); n >= most {
						t.Errorf("%s at %d columns: %d in %q", name, width, n, l)
					}
				}
				if v.Simulated && most >= 25 && !strings.Contains(lines[0], "SIMULATED") {
					t.Errorf("%s at %d columns is not marked: %q", name, width, lines[0])
				}
			}
		}
	}
}

func TestPictureSaysWhatCounts(t *testing.T) {
	for name, want := range map[string][]string{
		"none":    {"No session", "no pen"},
		"ready":   {"Ready", "nose, midline", "depth 0.75 mm", "Max depth 0.75 mm", "117.0 Hz", "permit renewed", "mode guarded", "holds", "trips"},
		"held":    {"Waiting", "Turn the dial to 0.75 mm", "It is at 1.50 mm", "permit none"},
		"tripped": {"STOPPED", "Lift the pen", "1.50 mm, max 0.75 mm", "acknowledge"},
		"paused":  {"Paused", "Confirm patient, zone and max depth"},
		"closed":  {"No session", "no pen", "Plug the pen in, or check the port's name", "no such port"},
		"quiet":   {"Switch the pen on", "No pen is heard on serial:///dev/ttyUSB7"},
		"foreign": {"Check the port", "not as a pen does"},
		"aside":   {"No session", "an open session was altered", "Journal of 0195e6c1, record 23", "a new session can be opened"},
		"draft":   {"Choose zone and indication", "zone and indication are chosen"},
		"watched": {"Watched", "stoppable, not guarded", "OVERRIDE until", "passes ~3"},
		"manual":  {"Manual", "nothing is monitored", "entered 0.50 mm"},
		"refused": {"Paused", "Choose zone and indication"},
	} {
		v := views()[name]
		got := strings.Join(term.Style{}.Lines(&v), "\n")
		for _, w := range want {
			if !strings.Contains(got, w) {
				t.Errorf("%s does not say %q:\n%s", name, w, got)
			}
		}
	}
}

func TestClipCountsColumnsOnly(t *testing.T) {
	for _, tt := range []struct {
		in      string
		columns int
		want    string
	}{
		{"needles", 7, "needles"},
		{"needles", 6, "needl…"},
		{"\x1b[1mneedles\x1b[0m", 7, "\x1b[1mneedles\x1b[0m"},
		{"\x1b[1mneedles\x1b[0m", 6, "\x1b[1mneedl…\x1b[0m"},
		{"µm → mm", 5, "µm →…"},
		{"x", 0, ""},
		{"", 0, ""},
	} {
		if got := term.Clip(tt.in, tt.columns); got != tt.want {
			t.Errorf("Clip(%q, %d) = %q, want %q", tt.in, tt.columns, got, tt.want)
		}
	}
}

// What is drawn again starts where it began; text above moves it down.
func TestScreenDrawsOverItself(t *testing.T) {
	var sc term.Screen
	v := views()["ready"]
	first := sc.Draw(&v, "one", "two")
	if n := strings.Count(first, "\n"); n != 9 || strings.Contains(first, "\x1b[9A") {
		t.Errorf("the first picture has %d lines, want 9: %q", n, first)
	}
	if again := sc.Draw(&v, "one", "two"); !strings.HasPrefix(again, "\x1b[9A") {
		t.Errorf("the second picture does not start above: %q", again[:20])
	}
	if got, want := sc.Above("said\n"), "\r\x1b[9A\x1b[Jsaid\n"; got != want {
		t.Errorf("Above = %q, want %q", got, want)
	}
	if got, want := sc.Above(""), ""; got != want {
		t.Errorf("Above with nothing drawn = %q, want %q", got, want)
	}
}

// Two words of a line never run together.
func TestModeAndPenStandApart(t *testing.T) {
	for name, v := range views() {
		line := term.Style{Width: 120}.Lines(&v)[3]
		pen := "no pen"
		if v.PenUp {
			pen = "battery"
		}
		if !strings.Contains(line, " "+pen) {
			t.Errorf("%s: %q", name, line)
		}
	}
}
