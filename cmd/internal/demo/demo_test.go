package demo

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"penlog/cmd/internal/simpen"
	"penlog/session"
	"penlog/store"
)

func TestMeasuredNumbersSayFromWhereToWhere(t *testing.T) {
	over := simpen.OverLimit{CeilingUM: 1500, DeepestUM: 1764, OvershootUM: 264, Strokes: 4, StrokesAfter: 3, Cause: "revoke",
		BeganUS: 1_000_000, FrameUS: 1_002_000, WrittenUS: 1_002_500, RevokeUS: 1_003_700, MotorOffUS: 1_003_750, ClearUS: 1_043_000}
	unread := over
	unread.RevokeUS, unread.Cause = 0, "lapse"
	down := over
	down.Cause = ""
	for _, tt := range []struct {
		name string
		in   simpen.OverLimit
		want []string
	}{
		{"stopped by the agent", over, []string{
			"over-limit reading → needles stopped: 41 ms; overshoot 0.26 mm; strokes after: 3",
			"of these, reading written at the pen → stop read back there: 1.2 ms; → motor off: 1.2 ms; from there → needles clear of the skin: 39 ms"}},
		{"stopped by the permit's death", unread, []string{
			"over-limit reading → needles stopped: 41 ms; overshoot 0.26 mm; strokes after: 3",
			"of these, reading written at the pen → stop read back there: not measured; → motor off: 1.2 ms; from there → needles clear of the skin: 39 ms"}},
		{"came down by itself", down, []string{"above max 1.50 mm for a moment, deepest 1.76 mm; it came down without a stop"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := overWords(&tt.in); !slices.Equal(got, tt.want) {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
	got := silenceWords(&simpen.Silence{PermitUS: 5, DiedAfterUS: 287_000, ClearAfter: 328_000})
	if want := "permit died 287 ms after the newest one arrived, needles clear 41 ms later"; got != want {
		t.Errorf("silence: got %q, want %q", got, want)
	}
	for us, want := range map[int64]string{0: "0 ms", 635: "635 µs", 1250: "1.2 ms", 9_999: "9.9 ms", 41_499: "41 ms", 286_500: "287 ms"} {
		if got := ms(us); got != want {
			t.Errorf("ms(%d) = %q, want %q", us, got, want)
		}
	}
}

func TestTheAgentsFiguresAreOfThisStopAlone(t *testing.T) {
	before := map[string]float64{"penlog_stop_decision_seconds_sum": 0.5, "penlog_stop_decision_seconds_count": 3}
	after := map[string]float64{"penlog_stop_decision_seconds_sum": 0.50003, "penlog_stop_decision_seconds_count": 5}
	got := agentWords(before, after, 6_140)
	if want := "the agent's own figures: bytes read → stop handed to the port 15 µs; stop → motor off in telemetry 6.1 ms"; got != want && got != strings.Replace(want, "15 µs", "14 µs", 1) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := agentWords(after, after, 6_140); !strings.Contains(got, "not measured") {
		t.Errorf("without a decision: %q", got)
	}
}

func TestMetricsAreAddedUpOverTheirLabels(t *testing.T) {
	m := parseMetrics("# HELP a b\na_total{why=\"x y\"} 3\na_total{why=\"z\"} 4\na_totals 9\nb 1.5e-05\n\nbad line\n")
	if got := sum(m, "a_total"); got != 7 {
		t.Errorf("a_total = %v, want 7", got)
	}
	if got := sum(m, "b"); got != 1.5e-05 {
		t.Errorf("b = %v, want 1.5e-05", got)
	}
}

// What was not as expected is listed, and makes the demo fail.
func TestUnmetExpectationsAreListed(t *testing.T) {
	var out bytes.Buffer
	d := &demo{ctx: t.Context(), world: newWorld(), begun: time.Now()}
	d.stage = newStage(&out, false, false, nil)
	d.expect(true, "the pen stayed still")
	d.expect(false, "in the record: %s", plural(0, "trip"))
	d.fail("the pen did not stop")
	d.end(t.Context())
	want := []string{"✓ the pen stayed still", "✗ not so: in the record: 0 trips", "✗ the pen did not stop", "▸ The end",
		"✗ 2 things not as expected:", "✗ not so: in the record: 0 trips", "✗ the pen did not stop"}
	var got []string
	for line := range strings.Lines(out.String()) {
		if !strings.HasPrefix(line, "SIM ") {
			t.Errorf("a line without the mark of the simulation: %q", line)
		}
		_, text, _ := strings.Cut(line, " s ")
		got = append(got, strings.TrimSpace(text))
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// A state that never comes ends in words, and a child that dies ends the wait.
func TestWaitingEndsWhenAChildDies(t *testing.T) {
	w := newWorld()
	gone := errors.New("demo: the agent ended")
	done := make(chan error, 1)
	go func() { done <- w.until(t.Context(), "the pen is ready", func() bool { return w.view.Ready }) }()
	w.tell(func() { w.dead = gone })
	if err := <-done; !errors.Is(err, gone) {
		t.Errorf("until = %v, want %v", err, gone)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	w = newWorld()
	if err := w.until(ctx, "x", func() bool { return false }); !errors.Is(err, context.Canceled) {
		t.Errorf("until = %v, want context.Canceled", err)
	}
}

func TestAnOlderViewNeverReplacesANewerOne(t *testing.T) {
	w := newWorld()
	id := session.ID{1}
	w.show(&session.View{Session: id, Events: 7, Committed: 7, State: session.Paused})
	w.show(&session.View{Session: id, Events: 6, Committed: 6, State: session.Tripped})
	if w.view.State != session.Paused || w.top != 7 {
		t.Errorf("state %v, committed %d; want paused, 7", w.view.State, w.top)
	}
}

// record writes the events as one session into dir.
func record(t *testing.T, dir string, id session.ID, events ...session.Event) {
	t.Helper()
	st, err := store.Open(t.Context(), dir, store.Options{BallastBytes: 4096})
	if err != nil {
		t.Fatal(err)
	}
	w, err := st.Writer(store.WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	b := store.Batch{Open: &store.Opening{ID: id, At: 1, Simulated: true}}
	chain := session.Chain{Session: id}
	for i, e := range events {
		body, err := session.EncodeEvent(e, session.SourceSimulator)
		if err != nil {
			t.Fatal(err)
		}
		r := session.Record{At: 1, Kind: e.Kind(), Body: body}
		r.Mono = r.Mono.Add(time.Duration(i) * time.Millisecond)
		chain.Seal(&r)
		b.Records = append(b.Records, r)
	}
	if err := w.Submit(b); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop() // it writes what is queued, then ends
	if err := errors.Join(w.Run(ctx), st.Close()); err != nil {
		t.Fatal(err)
	}
}

// The count of what was acknowledged is worth nothing if a loss would not show.
func TestTheLedgerFindsWhatIsLost(t *testing.T) {
	id := session.ID{15: 1}
	opened := session.Opened{By: technician, Agent: "1"}
	first, second := session.Noted{By: technician, Text: "<first> & more"}, session.Noted{By: technician, Text: "second"}
	paused := session.PausedEvent{By: technician, Why: "paused", To: session.Draft}
	dir := filepath.Join(t.TempDir(), "record")
	record(t, dir, id, opened, first, paused, second)
	for _, tt := range []struct {
		name  string
		in    ledger
		acked int
		lost  string
	}{
		{"all there", ledger{[]session.Event{opened, first, second}, 4}, 3, ""},
		{"one is missing", ledger{[]session.Event{opened, first, session.Noted{By: technician, Text: "third"}}, 4}, 2, "acknowledged and not in the record: noted"},
		{"in another order", ledger{[]session.Event{opened, second, first}, 4}, 2, "acknowledged and not in the record: noted"},
		{"the end is cut off", ledger{[]session.Event{opened}, 5}, 1, "5 records were shown as on the disk, 4 are there"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f, err := tt.in.check(t.Context(), dir, id)
			if err != nil {
				t.Fatal(err)
			}
			if f.acked != tt.acked || f.records != 4 || strings.Join(f.lost, "; ") != tt.lost {
				t.Errorf("found %d acknowledged of %d records, lost %q; want %d of 4, %q", f.acked, f.records, f.lost, tt.acked, tt.lost)
			}
		})
	}
	v, err := verify(t.Context(), dir, id)
	if err != nil || !v.marked || v.Records != 4 {
		t.Errorf("verify = %+v, %v; want 4 records, marked", v, err)
	}
}

func TestAClinicsFolderIsRefused(t *testing.T) {
	full := t.TempDir()
	if err := os.WriteFile(filepath.Join(full, "penlog.db"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for dir, want := range map[string]string{
		full:                                    "is not empty",
		filepath.Join(full, "penlog.db"):        "not a directory",
		filepath.Join(t.TempDir(), "no", "dir"): "make the folder above it first",
	} {
		var out bytes.Buffer
		err := Run(t.Context(), Config{Dir: dir, Out: &out})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("--dir %s: %v, want %q", dir, err, want)
		}
	}
}

// A program that is no Penlog, or one that fails at once, ends in words.
func TestAChildThatCantStartIsExplained(t *testing.T) {
	var out bytes.Buffer
	err := Run(t.Context(), Config{Self: Program{Path: filepath.Join(t.TempDir(), "nothing")}, Out: &out})
	if err == nil || !strings.Contains(out.String(), "✗ the simulated pen can't be started") {
		t.Errorf("err %v, output %s", err, out.String())
	}
}

func TestWrapKeepsWordsAndWidth(t *testing.T) {
	text := "Refused: periorbital is not offered for acne scars; the pen has no permit"
	lines := wrap(text, 20)
	if got := strings.Join(lines, " "); got != text {
		t.Errorf("got %q, want %q", got, text)
	}
	for _, l := range lines {
		if n := len([]rune(l)); n > 20 {
			t.Errorf("%q has %d columns", l, n)
		}
	}
}
