package limits_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"penlog/protocol"
	"penlog/session/limits"
)

type pair struct {
	zone       limits.Zone
	indication limits.Indication
}

type cell struct{ low, high, limit, override protocol.Micrometres }

// handwritten reads testdata/matrix.txt. It shares no parser with the package.
func handwritten(t *testing.T) map[pair]cell {
	t.Helper()
	data, err := os.ReadFile("testdata/matrix.txt")
	if err != nil {
		t.Fatal(err)
	}
	hundredths := func(s string) protocol.Micrometres {
		var n protocol.Micrometres
		for _, c := range strings.Replace(s, ".", "", 1) {
			n = n*10 + protocol.Micrometres(c-'0')
		}
		return n * 10
	}
	byZone := map[string]limits.Zone{}
	for _, z := range limits.AllZones() {
		byZone[z.String()] = z
	}
	want := map[pair]cell{}
	var zones []limits.Zone
	for line := range strings.Lines(string(data)) {
		f := strings.Fields(line)
		switch {
		case len(f) == 0 || f[0][0] == '#':
		case line[0] != ' ':
			zones = nil
			for _, name := range f {
				z, ok := byZone[name]
				if !ok {
					t.Fatalf("matrix.txt names the zone %q", name)
				}
				zones = append(zones, z)
			}
		default:
			n := 0
			for _, i := range limits.AllIndications() {
				prefix, group := strings.CutSuffix(f[0], "*")
				if i.String() == f[0] || group && strings.HasPrefix(i.String(), prefix) {
					n++
					for _, z := range zones {
						want[pair{z, i}] = cell{hundredths(f[1]), hundredths(f[2]), hundredths(f[3]), hundredths(f[4])}
					}
				}
			}
			if n == 0 {
				t.Fatalf("matrix.txt names the indication %q", f[0])
			}
		}
	}
	return want
}

func TestEveryPairAllowsWhatDomainSays(t *testing.T) {
	want := handwritten(t)
	// DOMAIN 1.3: 3×13 acne scars, 16, 12, 8, 22 and 22 scars, 3×21, 1, 22.
	if len(want) != 205 {
		t.Fatalf("matrix.txt lists %d pairs, want 205", len(want))
	}
	table := limits.Default()
	for _, z := range limits.AllZones() {
		for _, i := range limits.AllIndications() {
			v := table.Ask(limits.Request{Zone: z, Indication: i})
			w, offered := want[pair{z, i}]
			if !offered {
				if !v.Refused || v.Reason != limits.NotOffered || v.Allowed != 0 || v.Limit != 0 || v.OverrideLimit != 0 {
					t.Errorf("%v × %v is not offered, but Ask() = %+v", z, i, v)
				}
				continue
			}
			got := cell{v.TypicalLow, v.TypicalHigh, v.Limit, v.OverrideLimit}
			if v.Refused || got != w || v.Allowed != w.limit {
				t.Errorf("%v × %v = %+v (allowed %v, refused %v), want %+v", z, i, got, v.Allowed, v.Reason, w)
			}
			// The override limit is reached, and not passed by a micrometre.
			at := &limits.Override{Zone: z, Side: limits.Left, Value: w.override}
			if v := table.Ask(limits.Request{Zone: z, Side: limits.Left, Indication: i, Override: at}); v.Allowed != w.override {
				t.Errorf("%v × %v under override to %v allows %v (%s)", z, i, w.override, v.Allowed, v.Reason)
			}
			over := &limits.Override{Zone: z, Side: limits.Left, Value: w.override + 1}
			if v := table.Ask(limits.Request{Zone: z, Side: limits.Left, Indication: i, Override: over}); v.Allowed != 0 || v.Reason != limits.OverrideTooDeep {
				t.Errorf("%v × %v under override to %v allows %v (%s)", z, i, over.Value, v.Allowed, v.Reason)
			}
		}
	}
}

func TestMatrixListsExactlyWhatIsOffered(t *testing.T) {
	want := handwritten(t)
	m := limits.Default().Matrix()
	seen := map[pair]bool{}
	for _, r := range m.Rows {
		p := pair{r.Zone, r.Indication}
		seen[p] = true
		if got := (cell{r.TypicalLow, r.TypicalHigh, r.Limit, r.OverrideLimit}); got != want[p] {
			t.Errorf("Matrix() has %v × %v = %+v, want %+v", r.Zone, r.Indication, got, want[p])
		}
		if len(r.Sources) == 0 || r.Confidence == "" || r.ZoneBasis == "" || r.IndicationBasis == "" {
			t.Errorf("Matrix() gives %v × %v no sources, confidence or basis: %+v", r.Zone, r.Indication, r)
		}
		for _, tag := range r.Sources {
			if m.Sources[tag] == "" {
				t.Errorf("Matrix() does not explain %q", tag)
			}
		}
		v := limits.Default().Ask(limits.Request{Zone: r.Zone, Indication: r.Indication})
		if v.BoundBy != r.LimitBoundBy {
			t.Errorf("%v × %v: verdict bound by %q, matrix by %q", r.Zone, r.Indication, v.BoundBy, r.LimitBoundBy)
		}
	}
	if len(seen) != len(want) || len(m.Rows) != len(want) {
		t.Errorf("Matrix() has %d rows, %d of them different, want %d", len(m.Rows), len(seen), len(want))
	}
	if m.HardStop != 2500 || m.Tolerance != 150 || len(m.NoGoAreas) != 8 || len(m.NoGoLesions) != 12 {
		t.Errorf("Matrix() = hard stop %v, tolerance %v, %d areas, %d lesions", m.HardStop, m.Tolerance, len(m.NoGoAreas), len(m.NoGoLesions))
	}
}

func TestMatrixRowsNameRulesAndExceptions(t *testing.T) {
	rows := map[pair]limits.Row{}
	for _, r := range limits.Default().Matrix().Rows {
		rows[pair{r.Zone, r.Indication}] = r
	}
	for _, tt := range []struct {
		pair
		typical, limit, override limits.Rule
	}{
		{pair{limits.Forehead, limits.AcneScarBoxcar}, limits.RuleZoneLimit, limits.RuleZoneLimit, limits.RuleZoneOverrideLimit},
		{pair{limits.Cheek, limits.FineLines}, "typical_range", limits.RuleIndicationLimit, limits.RuleIndicationOverrideLimit},
		{pair{limits.Cheek, limits.AcneScarBoxcar}, "typical_range", limits.RuleZoneLimit, limits.RuleZoneOverrideLimit}, // ties: the zone comes first
		{pair{limits.Hand, limits.Hyperpigmentation}, "typical_range", limits.RuleZoneLimit, limits.RuleZoneOverrideLimit},
	} {
		r := rows[tt.pair]
		if r.TypicalBoundBy != tt.typical || r.LimitBoundBy != tt.limit || r.OverrideBoundBy != tt.override {
			t.Errorf("%v × %v bound by %q, %q, %q, want %q, %q, %q", tt.zone, tt.indication,
				r.TypicalBoundBy, r.LimitBoundBy, r.OverrideBoundBy, tt.typical, tt.limit, tt.override)
		}
	}
	neck := rows[pair{limits.Neck, limits.FineLines}].OverrideIf
	want := []limits.Exception{{
		Label: limits.LabelNeckWrinkles, Limit: 1000, LimitBoundBy: limits.RuleZoneLimit, OverrideLimit: 2500,
		OverrideBoundBy: limits.RuleZoneOverrideLimit, Notes: []string{"only with a device labelled for neck wrinkles"}, Sources: []string{"F*"},
	}}
	if diff := cmp.Diff(want, neck); diff != "" {
		t.Errorf("neck × fine lines, override_if (-want +got):\n%s", diff)
	}
	back := rows[pair{limits.Back, limits.Striae}].LowerAt
	if len(back) != 2 || back[0].Site != limits.Spine || back[0].Limit != 1000 || back[0].OverrideLimit != 1000 || back[1].Site != limits.Scapula {
		t.Errorf("back × striae, lower_at = %+v", back)
	}
	nose := rows[pair{limits.Nose, limits.BurnScar}].OverrideIf
	if len(nose) != 1 || nose[0].Site != limits.NoseAlaSidewall || nose[0].OverrideLimit != 1500 || nose[0].Limit != 750 {
		t.Errorf("nose × burn scar, override_if = %+v", nose)
	}
	if r := rows[pair{limits.Nose, limits.UnevenTone}]; len(r.OverrideIf) != 1 || r.OverrideIf[0].OverrideLimit != 1000 {
		t.Errorf("nose × uneven tone, override_if = %+v, want 1000 µm from the indication", r.OverrideIf)
	}
	for p, r := range rows {
		if len(r.OverrideIf) > 0 && p.zone != limits.Nose && p != (pair{limits.Neck, limits.FineLines}) {
			t.Errorf("%v × %v has an exception that raises: %+v", p.zone, p.indication, r.OverrideIf)
		}
	}
	if r := rows[pair{limits.Cheek, limits.AcneScarIcepick}]; r.EvaluatedBound != 1500 {
		t.Errorf("cheek × ice-pick: evaluated bound %v, want 1500", r.EvaluatedBound)
	}
	if r := rows[pair{limits.Arm, limits.AcneScarIcepick}]; r.EvaluatedBound != 0 {
		t.Errorf("arm × ice-pick: evaluated bound %v, want none: it was evaluated on the face", r.EvaluatedBound)
	}
}

func TestMatrixEncodesTheSameEachTime(t *testing.T) {
	first, err := json.Marshal(limits.Default().Matrix())
	if err != nil {
		t.Fatal(err)
	}
	second, err := json.Marshal(reload(t, string(limits.DefaultYAML())).Matrix())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(first), string(second)); diff != "" {
		t.Errorf("two encodings differ:\n%s", diff)
	}
	for _, key := range []string{`"limit_um":1000`, `"override_limit_um":1500`, `"limit_bound_by":"zone_limit"`, `"hard_stop_um":2500`} {
		if !strings.Contains(string(first), key) {
			t.Errorf("the encoding lacks %s", key)
		}
	}
}

func reload(t *testing.T, text string) *limits.Table {
	t.Helper()
	table, err := limits.Load("test.yaml", []byte(text))
	if err != nil {
		t.Fatalf("Load() failed:\n%v", err)
	}
	return table
}
