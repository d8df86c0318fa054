package report_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"penlog/cmd/internal/campaign"
	"penlog/cmd/internal/campaign/report"
	"penlog/cmd/internal/campaign/script"
	"penlog/protocol"
)

var update = flag.Bool("report.update", false, "write the goldens anew")

func asJSON(t *testing.T, r *report.Report) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := r.JSON(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func small() report.Report {
	return report.Report{
		What: "scenarios", Version: "0.2.0", Command: "pensim run -k dial", Only: "-k dial", Begun: time.Date(2026, 11, 23, 15, 4, 5, 0, time.UTC),
		TookS: 1.5, Cores: 2, Planned: 2, Played: 2, Failed: 1,
		Cases: []report.Case{
			{Name: "fine", Title: "All is well", Pen: "reference", Seed: 1, OK: true, TookS: 0.5, VirtualS: 30, Replay: "pensim run fine --seed 1 -v",
				Checks: []script.Check{{Step: 0, Text: "motor on", OK: true, Took: 3 * time.Millisecond}}},
			{Name: "bad", Title: "The dial <is> turned up", Class: "ill", Hazards: []string{"D1"}, Pen: "reference", Seed: 7, TookS: 1, VirtualS: 12, FocusUS: 6_000_000, Replay: "pensim run bad --seed 7 -v",
				Violations: []campaign.Violation{{Rule: "too deep", At: 6_000_000, What: "strokes of 2000 µm under a ceiling of 1500 µm for 1s"}},
				Checks:     []script.Check{{Step: -1, Text: "no trip", Why: "trip depth_above_ceiling"}},
				Script:     "format: penlog-scenario/1\n", Small: "format: penlog-scenario/1\n", Log: []string{"  6.000000 VIOLATION too deep"},
				Plot: &campaign.Plot{At: []int64{0, 10_000}, Depth: []protocol.Micrometres{0, 1500}, Set: []protocol.Micrometres{1500, 1500}, Ceiling: []protocol.Micrometres{0, 1500},
					Limit: []protocol.Micrometres{1500, 1500}, Driven: []bool{false, true}, Marks: []campaign.Mark{{At: 10_000, Kind: "step", Text: "dial 2.00mm"}}}},
		},
		Counts: campaign.Counts{Steps: 9, Strokes: 100, WorstStop: 42 * time.Millisecond, Virtual: 42 * time.Second, Runs: 2, Trips: 1,
			Found: map[string]uint64{"trip depth_above_ceiling": 1}, Exposure: map[string]uint64{"stopping": 12_000}, Peaks: campaign.Peaks{Notes: 3, TTY: 64}},
	}
}

// Names of fields are a promise to programs: a change here is a change of the format.
func TestJSONOfASmallReport(t *testing.T) {
	r := small()
	got := asJSON(t, &r)
	golden := filepath.Join("testdata", "small.json")
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("want -, got +; -report.update writes it anew:\n%s", diff)
	}
}

func TestJSONReadsBackAsItWas(t *testing.T) {
	s := samples()
	sm := small()
	for _, r := range []*report.Report{&sm, &s.Scenarios, &s.Campaign} {
		var back report.Report
		data := asJSON(t, r)
		if err := json.Unmarshal(data, &back); err != nil {
			t.Fatal(err)
		}
		if again := asJSON(t, &back); !bytes.Equal(data, again) {
			t.Errorf("written again it is another: %s", cmp.Diff(string(data), string(again)))
		}
		if back.Counts.Virtual != r.Counts.Virtual || back.Counts.Steps != r.Counts.Steps || len(back.Cases) != len(r.Cases) {
			t.Errorf("read back: %+v", back.Counts)
		}
	}
}

// Every figure travels, under a name of its own in lower case.
func TestEveryCountTravels(t *testing.T) {
	var c campaign.Counts
	v := reflect.ValueOf(&c).Elem()
	for i := range v.NumField() {
		switch f := v.Field(i); f.Kind() {
		case reflect.Uint64:
			f.SetUint(uint64(i + 1))
		case reflect.Int64:
			f.SetInt(int64(i + 1))
		case reflect.Map:
			f.Set(reflect.ValueOf(map[string]uint64{"x": uint64(i + 1)}))
		case reflect.Struct:
			for k := range f.NumField() {
				f.Field(k).SetInt(int64(100 + k))
			}
		default:
			t.Fatalf("a field of kind %v", f.Kind())
		}
	}
	data, err := json.Marshal(&c)
	if err != nil {
		t.Fatal(err)
	}
	var back campaign.Counts
	var names map[string]any
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(back, c) {
		t.Errorf("read back %+v, want %+v", back, c)
	}
	if err := json.Unmarshal(data, &names); err != nil {
		t.Fatal(err)
	}
	for n := range names {
		if n != strings.ToLower(n) {
			t.Errorf("the name %q is not in lower case", n)
		}
	}
	if len(names) != v.NumField() {
		t.Errorf("%d names for %d fields", len(names), v.NumField())
	}
}

func TestJSONHasNoNulls(t *testing.T) {
	data := asJSON(t, &report.Report{What: "campaign"})
	if bytes.Contains(data, []byte("null")) {
		t.Errorf("%s", data)
	}
	if !json.Valid(data) || !bytes.Contains(data, []byte(`"format": "penlog-report/1"`)) {
		t.Errorf("%s", data)
	}
}

func TestJSONOfHostileTextIsJSON(t *testing.T) {
	r := hostileReport()
	if data := asJSON(t, &r); !json.Valid(data) {
		t.Errorf("%s", data)
	}
}
