package agent_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"penlog/cmd/internal/agent"
	"penlog/cmd/internal/captures"
	"penlog/cmd/internal/replay"
	"penlog/cmd/internal/simpen"
	"penlog/device/capture"
	"penlog/session"
	"penlog/session/rehearsal"
)

// capturing has an agent capture into a folder.
func capturing(t *testing.T, change func(*capture.Config)) (dir string, set func(*agent.Config)) {
	dir = t.TempDir()
	cfg := capture.Config{Dir: dir, Software: "penlog test", Sieve: captures.NewSieve()}
	if change != nil {
		change(&cfg)
	}
	w, err := capture.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return dir, func(c *agent.Config) { c.Capture = w }
}

// A treatment over a real terminal is captured with both directions, and its replay
// breaks the rules that broke, with the same decisions; nobody and no pen's number is
// in it.
func TestCaptureOfATreatmentReplaysToItsRecord(t *testing.T) {
	r := &room{t: t, dir: filepath.Join(t.TempDir(), "record")}
	dir, set := capturing(t, nil)
	r.change = set
	r.startPen()
	r.startAgent()
	r.run()
	r.running("strokes", func(v session.View) bool { return v.Strokes > 60 })
	r.controls <- simpen.Control{Do: "fault", Name: "deep", Amount: 1000}
	r.running("tripped", func(v session.View) bool { return v.State == session.Tripped && !v.MotorOn })
	r.controls <- simpen.Control{Do: "clear", Name: "deep"}
	r.must(session.Command{Do: session.CmdAcknowledge})
	r.controls <- simpen.Control{Do: "unplug"}
	r.until("unplugged", func(v session.View) bool { return !v.PenUp })
	r.controls <- simpen.Control{Do: "replug"}
	r.until("guarded again", guarded)
	r.must(session.Command{Do: session.CmdResume})
	r.until("ready again", ready)
	r.must(session.Command{Do: session.CmdFinish})
	records := r.verify()

	names, err := filepath.Glob(filepath.Join(dir, "*"+capture.Suffix))
	if err != nil || len(names) != 1 {
		t.Fatalf("captures %v, %v", names, err)
	}
	all, err := replay.Load(names)
	if err != nil {
		t.Fatal(err)
	}
	c := all[0]
	if len(c.Problems) > 0 || !c.Ended || !c.Simulated() {
		t.Errorf("the capture has problems %q, ended %v, simulated %v", c.Problems, c.Ended, c.Simulated())
	}
	var out bytes.Buffer
	stats, err := replay.Write(&out, c, replay.Options{})
	if err != nil {
		t.Fatal(err)
	}
	text := out.String()
	if stats.Orders == 0 || stats.Guessed > 0 || stats.OddOrders > 0 {
		t.Errorf("%d orders, %d not known, %d guessed", stats.Orders, stats.OddOrders, stats.Guessed)
	}
	if stats.Differences > 0 || stats.Lost == 0 || stats.Permits == 0 {
		t.Errorf("%d differences, %d ports lost, %d permits:\n%s", stats.Differences, stats.Lost, stats.Permits, text)
	}
	var want, got []string
	for i := range records {
		if e, _, err := session.DecodeEvent(&records[i]); err == nil {
			if b, ok := e.(session.RuleBroke); ok && b.Response == session.Trip {
				want = append(want, b.Rule.String())
			}
		}
	}
	for l := range strings.Lines(text) {
		if _, rest, ok := strings.Cut(l, "  trip: "); ok {
			rule, _, _ := strings.Cut(strings.TrimSpace(rest), ",")
			got = append(got, rule)
		}
	}
	if !slices.Equal(got, want) || len(want) == 0 {
		t.Errorf("replayed trips %v, recorded %v:\n%s", got, want, text)
	}
	data, err := os.ReadFile(names[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{rehearsal.Patient, "op-1", "cheek", "acne", "SIM-", r.device, r.dir} {
		if bytes.Contains(data, []byte(word)) {
			t.Errorf("the capture holds %q", word)
		}
	}
}

// deaf is a disk that is full.
type deaf struct{}

func (deaf) Write(b []byte) (int, error) { return 0, errors.New("no space left on device") }
func (deaf) Close() error                { return nil }

// A capture that can't be written any more ends, is told, and stops nobody.
func TestFullDiskOfCapturesStopsNobody(t *testing.T) {
	r := &room{t: t, dir: filepath.Join(t.TempDir(), "record")}
	first := true
	_, r.change = capturing(t, func(c *capture.Config) {
		c.Create = func(path string) (capture.File, error) {
			if first { // the header still fits
				first = false
				return new(roomy), nil
			}
			return deaf{}, nil
		}
		c.FileMost, c.TotalMost = 8<<10, 1<<20
	})
	r.startPen()
	r.startAgent()
	r.run()
	r.until("capturing has stopped", func(session.View) bool {
		s, on := r.agent.Capturing()
		return on && errors.Is(s.Err, capture.ErrStopped)
	})
	r.running("strokes all the same", func(v session.View) bool { return v.Strokes > 60 && v.MotorOn })
	if log := r.log.String(); strings.Count(log, "nothing is captured any more") != 1 || !strings.Contains(log, "free some space") {
		t.Errorf("told: %s", log)
	}
	r.must(session.Command{Do: session.CmdStop})
	r.verify()
}

// roomy is a disk with room.
type roomy struct{}

func (roomy) Write(b []byte) (int, error) { return len(b), nil }
func (roomy) Close() error                { return nil }
