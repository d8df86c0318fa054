package metrics_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"penlog/cmd/internal/agent"
	"penlog/cmd/internal/metrics"
	"penlog/device"
	"penlog/device/capture"
	"penlog/protocol"
	"penlog/session"
)

// fake is an agent at one moment.
type fake struct {
	counts agent.Counts
	ready  error
}

func (f *fake) Counts() agent.Counts { return f.counts }
func (f *fake) Ready() error         { return f.ready }

func busy() *fake {
	h := agent.Histogram{Bounds: []float64{.001, .01}, Counts: []uint64{3, 2, 1}, Sum: 0.05, N: 6}
	c := agent.Counts{Link: protocol.LinkUp, Ready: true, Decide: h, Stop: h, Commit: h, Age: h,
		Findings: map[session.Rule]map[session.Response]uint64{},
		Ended:    map[session.State]uint64{session.Completed: 4}, Strokes: 1234,
		View: session.View{Open: true, State: session.Tripped, Mode: session.ModeGuarded, PenUp: true, Simulated: true, Set: 1500,
			Depth: 1620, Ceiling: 1500, Rate: 1170, Battery: 80, Pen: "Vendor Model serial-77",
			Broken: []session.RuleView{{RuleBroke: session.RuleBroke{Rule: session.DepthAboveCeiling, Response: session.Trip}}}}}
	c.Host.Decoder.BadChecksum = 7
	c.Alias, c.Visits = "pen-2", agent.Visits{Overrides: 3, Cartridges: 9, Passes: 40, Late: 1, Zones: map[string]agent.ZoneCounts{}}
	for _, z := range []string{"cheek", "nose", "forehead", "chin", agent.ZoneOther} {
		depth := agent.Histogram{Bounds: []float64{.0005, .001, .0015, .002}, Counts: []uint64{1, 2, 3, 0, 1}, Sum: 0.006, N: 7}
		c.Visits.Zones[z] = agent.ZoneCounts{Depth: depth, Rate: agent.Histogram{Bounds: []float64{75, 100, 125}, Counts: []uint64{1, 2, 3, 1}, Sum: 700, N: 7}}
	}
	for _, r := range session.Rules() {
		c.Findings[r] = map[session.Response]uint64{session.Hold: 1}
	}
	c.Findings[session.DepthAboveCeiling] = map[session.Response]uint64{session.Trip: 2}
	return &fake{counts: c}
}

func scrape(t *testing.T, f *fake) string {
	t.Helper()
	w := httptest.NewRecorder()
	metrics.Handler(f, "1.2.3").ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	b, err := io.ReadAll(w.Body)
	if err != nil || w.Code != 200 {
		t.Fatalf("scrape: status %d, %v: %s", w.Code, err, b)
	}
	return string(b)
}

func TestMetricsAreLintClean(t *testing.T) {
	problems, err := promlint.New(strings.NewReader(scrape(t, busy()))).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

// Capturing shows only where something is to be captured, and that it has stopped.
func TestMetricsOfCapturing(t *testing.T) {
	f := busy()
	if text := scrape(t, f); strings.Contains(text, "penlog_capture") {
		t.Error("an agent that captures nothing has metrics of it")
	}
	f.counts.Captures, f.counts.Capture = true, capture.Status{Written: 4096, Dropped: 3, Path: "room/20260101T000000Z-0011223344556677-0001.pencap"}
	text := scrape(t, f)
	for _, want := range []string{"penlog_capture_running 1", "penlog_capture_written_bytes_total 4096", "penlog_capture_dropped_records_total 3"} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("no line %q", want)
		}
	}
	f.counts.Capture.Err = capture.ErrStopped
	if text := scrape(t, f); !strings.Contains(text, "penlog_capture_running 0\n") {
		t.Error("a capture that has stopped shows as running")
	}
}

func TestMetricsAreInBaseUnits(t *testing.T) {
	text := scrape(t, busy())
	for _, want := range []string{
		"penlog_needle_depth_metres 0.00162", "penlog_ceiling_depth_metres 0.0015", "penlog_set_depth_metres 0.0015",
		"penlog_stroke_rate_hertz 117", "penlog_pen_battery_ratio 0.8", "penlog_strokes_total 1234",
		`penlog_guard_findings_total{response="trip",rule="depth_above_ceiling"} 2`,
		`penlog_guard_broken{response="trip",rule="depth_above_ceiling"} 1`,
		`penlog_frames_damaged_total{why="checksum"} 7`, `penlog_pen_mode{mode="guarded"} 1`, `penlog_pen_mode{mode="none"} 0`,
		`penlog_sessions_ended_total{outcome="completed"} 4`, `penlog_session_state{state="tripped"} 1`, "penlog_pen_simulated 1",
		`penlog_stop_seconds_bucket{le="0.01"} 5`, "penlog_stop_seconds_count 6", "penlog_ready 1",
		"penlog_overrides_total 3", "penlog_cartridges_used_total 9", "penlog_passes_marked_total 40", "penlog_exceedances_found_late_total 1", `penlog_pen_info{pen="pen-2"} 1`,
		`penlog_stroke_depth_metres_bucket{zone="cheek",le="0.0015"} 6`, `penlog_stroke_depth_metres_count{zone="other"} 7`,
	} {
		if !slices.Contains(strings.Split(text, "\n"), want) {
			t.Errorf("no line %q", want)
		}
	}
}

func TestSeriesOfAPenThatIsGoneGoWithIt(t *testing.T) {
	f := busy()
	f.counts.View.PenUp, f.counts.View.Mode = false, session.ModeNone
	f.ready = errors.New("stopping")
	text := scrape(t, f)
	for _, gone := range []string{"penlog_needle_depth_metres", "penlog_set_depth_metres", "penlog_stroke_rate_hertz", "penlog_pen_battery_ratio", "penlog_pen_simulated", "penlog_pen_info"} {
		if strings.Contains(text, gone) {
			t.Errorf("%s is still there", gone)
		}
	}
	if !strings.Contains(text, "penlog_ready 0\n") || !strings.Contains(text, `penlog_pen_mode{mode="none"} 1`) {
		t.Error("the agent that is not ready, with no pen, is not shown so")
	}
}

func TestNoSeriesNamesAPenAPersonOrASession(t *testing.T) {
	f := busy()
	f.counts.View.Session = session.ID{0xab, 0xcd}
	text := scrape(t, f)
	for _, private := range []string{"serial-77", "Vendor", "abcd0000"} {
		if strings.Contains(text, private) {
			t.Errorf("the metrics hold %q", private)
		}
	}
}

// The most that one pen can make: every rule broke, in as many zones as are kept
// apart, with the histograms that an agent has.
func TestSeriesAreFew(t *testing.T) {
	a, err := agent.New(t.Context(), agent.Config{NoPort: true, Dir: filepath.Join(t.TempDir(), "record"), Log: slog.New(slog.DiscardHandler), Addr: auto(t)})
	if err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := a.Run(ended); err != nil {
		t.Fatal(err)
	}
	f, real := busy(), a.Counts()
	f.counts.Decide, f.counts.Stop, f.counts.Commit, f.counts.Age = real.Decide, real.Stop, real.Commit, real.Age
	f.counts.View.Accepted = session.ModeStoppable
	n := 0
	for line := range strings.Lines(scrape(t, f)) {
		if strings.HasPrefix(line, "penlog_") {
			n++
		}
	}
	if n > 200 {
		t.Errorf("%d series, want at most 200", n)
	}
	t.Logf("%d series", n)
}

func auto(t *testing.T) device.Address {
	addr, err := device.ParseAddress("auto")
	if err != nil {
		t.Fatal(err)
	}
	return addr
}
