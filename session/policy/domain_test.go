package policy_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"penlog/protocol"
	"penlog/session/limits"
	"penlog/session/policy"
)

// screening is DOMAIN 4 row by row: the questions or the rules that a row became.
var screening = []struct {
	row, action string
	lifted      bool // by a clinician
	codes       string
	sources     string // of the row; each question cites some of them
}{
	{"active cold sore or herpes, active inflammatory acne or infection, rash", "block", false, "cold_sore active_acne infection rash", "S F1"},
	{"herpes history", "caution", false, "herpes_history", "F1"},
	{"isotretinoin now or last 6 months", "block", true, "isotretinoin", "F1 V11 V12"},
	{"keloid or abnormal scarring history", "clearance", false, "abnormal_scarring_history", "F1 S"},
	{"eczema, psoriasis, vitiligo, autoimmune disease", "clearance", false, "skin_or_autoimmune_disease", "F1 S"},
	{"bleeding or clotting disorder, anticoagulant", "clearance", false, "bleeding_disorder anticoagulant", "F1"},
	{"immune deficiency or suppression, uncontrolled diabetes, hepatitis or HIV", "clearance", false, "immune_deficiency uncontrolled_diabetes bloodborne_infection", "F1"},
	{"malignancy, chemo-, radiotherapy, steroids, recent radiation", "block", true, "malignancy recent_radiation", "F1 S"},
	{"pregnancy or breastfeeding", "clearance", false, "pregnancy_breastfeeding", "F1 S"},
	{"allergy to stainless steel, metals, local anaesthetics", "block", false, "metal_allergy anaesthetic_allergy", "F1 P21"},
	{"actinic keratosis, wart, mole, birthmark, keloid in zone", "caution", false, "lesion_in_zone", "F1"},
	{"darker phototype", "rule", false, "darker_phototype darker_phototype_first_session", "F1 P21"},
	{"tan, or sun planned", "caution", false, "tan_or_sun", "F1"},
	{"age below label", "rule", false, "age_below_label", "F1 F*"},
	{"scleroderma or collagen vascular disease, cardiac abnormality", "clearance", false, "collagen_vascular_disease cardiac_abnormality", "V12 M"},
}

func TestEveryRowOfTheScreeningIsAsked(t *testing.T) {
	p := policy.Default()
	rules := p.Judge(policy.Patient{}, sound()).Applied // of nobody known, all that could apply
	var asked []string
	for _, row := range screening {
		for _, code := range strings.Fields(row.codes) {
			if row.action == "rule" {
				if !slices.Contains(rules, code) {
					t.Errorf("%s: there is no rule %q", row.row, code)
				}
				continue
			}
			asked = append(asked, code)
			q, ok := p.Question(code)
			if !ok || string(q.Action) != row.action || q.Overridable != row.lifted || !strings.HasSuffix(q.Words, "?") {
				t.Errorf("%s: question %q is %+v, %v", row.row, code, q, ok)
			}
			for _, tag := range q.Sources {
				if !slices.Contains(strings.Fields(row.sources), tag) {
					t.Errorf("%s: %q cites %s", row.row, code, tag)
				}
			}
		}
	}
	if len(screening) != 15 || len(asked) != 22 {
		t.Errorf("%d rows with %d questions", len(screening), len(asked))
	}
	var got []string
	var zones []string
	for _, q := range p.Questions() {
		got = append(got, q.Code)
		if q.PerZone {
			zones = append(zones, q.Code)
		}
	}
	if diff := cmp.Diff(asked, got); diff != "" {
		t.Errorf("questions (-DOMAIN +policy):\n%s", diff)
	}
	if got := strings.Join(zones, " "); got != "cold_sore active_acne infection rash lesion_in_zone" {
		t.Errorf("asked for single zones: %s", got)
	}
}

// Source: DOMAIN 1.5, the row of the lesions that are never treated: each is asked for.
func TestEveryLesionThatIsNeverTreatedIsAskedFor(t *testing.T) {
	var words string
	for _, code := range []string{"active_acne", "cold_sore", "infection", "rash", "lesion_in_zone"} {
		q, ok := policy.Default().Question(code)
		if !ok || !q.PerZone {
			t.Errorf("%q is not asked for single zones", code)
		}
		words += q.Words
	}
	for _, lesion := range []string{"active inflammatory acne", "cold sore", "infection", "rash", "eczema", "psoriasis", "wart", "mole", "birthmark",
		"actinic keratosis", "keloid", "open wound", "skin cancer", "sunburn"} {
		if !strings.Contains(words, lesion) {
			t.Errorf("nobody asks for %s", lesion)
		}
	}
}

// Source: DOMAIN 3, the table of passes.
func TestEveryRowOfThePassesTable(t *testing.T) {
	table := []struct {
		row             string
		low, high, warn int
		indications     []limits.Indication
	}{
		{"acne scars", 4, 4, 8, []limits.Indication{limits.AcneScarIcepick, limits.AcneScarBoxcar, limits.AcneScarRolling}},
		{"wrinkles, texture, laxity", 3, 3, 6, []limits.Indication{limits.FineLines, limits.Laxity}},
		{"pores, tone", 2, 2, 4, []limits.Indication{limits.EnlargedPores, limits.UnevenTone}}, // texture is tone, too: the lower row
		{"striae", 4, 4, 8, []limits.Indication{limits.Striae}},
		{"surgical scar", 4, 4, 8, []limits.Indication{limits.SurgicalScar}},
		{"burn scar", 4, 4, 8, []limits.Indication{limits.BurnScar}},
		{"melasma", 1, 2, 3, []limits.Indication{limits.Hyperpigmentation}},
		{"alopecia", 2, 3, 5, []limits.Indication{limits.Alopecia}},
	}
	p, n := policy.Default(), 0
	for _, tt := range table {
		for _, i := range tt.indications {
			n++
			low, high, warn, ok := p.Passes(i)
			if low != tt.low || high != tt.high || warn != tt.warn || !ok {
				t.Errorf("%s: Passes(%v) = %d, %d, %d, %v", tt.row, i, low, high, warn, ok)
			}
		}
	}
	if len(table) != 8 || n != len(limits.AllIndications())-1 {
		t.Errorf("%d rows for %d indications", len(table), n)
	}
	if low, high, warn, ok := p.Passes(limits.TopicalDelivery); ok || low+high+warn != 0 {
		t.Error("topical delivery has a figure that DOMAIN does not have")
	}
}

func TestFigures(t *testing.T) {
	p := policy.Default()
	if p.Interval() != 14 || p.Dwell() != 10*time.Second || p.AnaestheticMost() != 40 || p.LabelAge() != 22 {
		t.Errorf("interval %d days, dwell %v, anaesthetic %d, label age %d", p.Interval(), p.Dwell(), p.AnaestheticMost(), p.LabelAge())
	}
}

// Source: DOMAIN 3, the table of the density model.
func TestDensityPerPass(t *testing.T) {
	m := policy.Default().Density()
	if m.TipWidth != 10_000 || m.Glide != 20_000 || len(m.Sources) == 0 {
		t.Errorf("Density() = %+v", m)
	}
	for _, tt := range []struct {
		pen     string
		rate    protocol.DeciHertz
		needles int
		want    int
	}{
		{"SkinPen", 1167, 14, 817}, {"Exceed slow", 1000, 6, 300}, {"Exceed fast", 1500, 6, 450}, {"Dermapen MD", 900, 11, 495}, {"Dermapen 4", 1200, 16, 960},
		{"stopped", 0, 14, 0}, {"no needles known", 1000, 0, 0}, {"needles that cannot be", 1000, 5000, 0}, {"negative", 1000, -1, 0},
		{"most", 65535, 1000, 3_276_750},
	} {
		if got := m.PerPass(tt.rate, tt.needles); got != tt.want {
			t.Errorf("%s: PerPass() = %d, want %d", tt.pen, got, tt.want)
		}
	}
}

// The areas of body zones are shares of the body's surface. Source: Lund and Browder
// as reproduced, the adult column; Sacco 2010 for 1.79 m².
func TestAreasAreSharesOfTheBody(t *testing.T) {
	const body = 1_790_000 // mm²
	p := policy.Default()
	want := map[limits.Zone]struct {
		perMille float64 // of the body, of one side where there are two
		two      bool
	}{
		limits.Neck: {10, false}, limits.Back: {130, false},
		limits.Buttock: {25, true}, limits.Thigh: {95, true}, limits.Arm: {40, true}, limits.Hand: {12.5, true}, limits.KneeShin: {35, true},
	}
	for _, z := range limits.AllZones() {
		one, sources, ok := p.Area(z, limits.Left)
		right, _, _ := p.Area(z, limits.Right)
		none, _, _ := p.Area(z, limits.SideNone)
		middle, _, _ := p.Area(z, limits.Midline)
		both, _, _ := p.Area(z, limits.Both)
		w, known := want[z]
		if z == limits.Scalp {
			if none != 49_200 || both != none || one != none/2 || p.AreaConfidence(z) != "L" {
				t.Errorf("scalp: %d mm², both %d, left %d", none, both, one)
			}
			continue
		}
		if ok != known || (p.AreaConfidence(z) != "") != known {
			t.Errorf("%v: Area() reports %v", z, ok)
		}
		if !known {
			continue
		}
		if got := int(w.perMille * body / 1000); none != got {
			t.Errorf("%v: %d mm², the share is %d", z, none, got)
		}
		if one != right || middle != none || len(sources) < 2 {
			t.Errorf("%v: left %d, right %d, midline %d, sources %q", z, one, right, middle, sources)
		}
		if w.two && (one != none || both != 2*one) || !w.two && (one != none/2 || both != none) {
			t.Errorf("%v: left %d, both %d, whole %d", z, one, both, none)
		}
	}
	if _, _, ok := p.Area(limits.ZoneNone, limits.Left); ok {
		t.Error("no zone has an area")
	}
}

// Every source that is explained is cited somewhere, and the other way round, which
// loading holds.
func TestEverySourceIsCited(t *testing.T) {
	text := string(policy.DefaultYAML())
	cited := map[string]bool{}
	for _, part := range strings.Split(text, "sources: [")[1:] {
		list, _, _ := strings.Cut(part, "]")
		for tag := range strings.SplitSeq(list, ", ") {
			cited[tag] = true
		}
	}
	for _, tag := range policy.Default().Tags() {
		if !cited[tag] {
			t.Errorf("source %q is explained and never cited", tag)
		}
		if policy.Default().Source(tag) == "" {
			t.Errorf("source %q has no words", tag)
		}
		delete(cited, tag)
	}
	for tag := range cited {
		t.Errorf("source %q is cited and not explained", tag)
	}
}
