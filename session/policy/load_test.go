package policy_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"penlog/session/limits"
	"penlog/session/limits/strictyaml/yamltest"
	"penlog/session/policy"
)

// slips are changes to the built-in file that a person could make. Each must be
// refused; what is said is in testdata/slips.golden.
var slips = []struct{ name, old, new string }{
	// Questions.
	{"unknown action", "action: block", "action: blok"},
	{"no action", "    action: block\n", ""},
	{"caution that is lifted", "    action: caution\n", "    action: caution\n    overridable: true\n"},
	{"clearance that is lifted", "    action: clearance\n", "    action: clearance\n    overridable: true\n"},
	{"lifted as a word", "    overridable: true", "    overridable: maybe"},
	{"question twice", "code: infection", "code: rash"},
	{"question code with a dash", "code: cold_sore", "code: cold-sore"},
	{"question without words", "    words: Is there a rash in an area to be treated?", "    words: ' '"},
	{"no questions", "questions:", "questions: []\nquestion:"},
	// Rules.
	{"effect that raises", "    depth: low_half", "    depth: high_half"},
	{"effect that is a depth", "    depth: low_half", "    depth: 2.0 mm"},
	{"key that allows", "    depth: low_half", "    depth: low_half\n    allow_override: [striae]"},
	{"negative passes", "passes_most: 3 passes", "passes_most: -3 passes"},
	{"no passes", "passes_most: 3 passes", "passes_most: 0 passes"},
	{"passes as a number", "passes_most: 3 passes", "passes_most: 3"},
	{"unknown phototype", "{from: IV, to: VI}", "{from: IV, to: VII}"},
	{"phototype as a number", "{from: IV, to: VI}", "{from: 4, to: 6}"},
	{"phototypes upside down", "{from: IV, to: VI}", "{from: VI, to: V}"},
	{"phototypes half", "{from: IV, to: VI}", "{from: IV}"},
	{"no condition", "    when:\n      age_below_label: true", "    when: {}"},
	{"false condition", "age_below_label: true", "age_below_label: false"},
	{"unknown condition", "first_session: true", "first_sesion: true"},
	{"condition that reads as a string", "first_session: true", "first_session: no"},
	{"unknown indication", "[hyperpigmentation]", "[melasma]"},
	{"rule twice", "code: age_below_label", "code: darker_phototype"},
	{"rule with a code of ours", "code: age_below_label", "code: age_not_known"},
	{"rule with the code of no policy", "code: age_below_label", "code: no_policy"},
	{"rule without a notice", "    notice: The pen's label does not cover this phototype.\n", ""},
	{"nothing said of an unknown age", "  age:\n    notice: The age is not known. The label may not cover it.\n    sources: [F1, F*]\n", ""},
	// Figures.
	{"interval without a unit", "value: 14 days", "value: 14"},
	{"interval in weeks", "value: 14 days", "value: 2 weeks"},
	{"interval of nothing", "value: 14 days", "value: 0 days"},
	{"dwell in minutes", "value: 10 s", "value: 1 min"},
	{"anaesthetic with a comma", "value: 4.0 %", "value: 4,0 %"},
	{"anaesthetic too strong", "value: 4.0 %", "value: 100 %"},
	{"label age in months", "value: 22 years", "value: 264 months"},
	{"tip of no width", "tip_width: 10 mm", "tip_width: 0 mm"},
	{"glide without a time", "glide: 20 mm/s", "glide: 20 mm"},
	// Passes.
	{"passes upside down", "{from: 1 pass, to: 2 passes}", "{from: 2 passes, to: 1 pass}"},
	{"suggested above the warning", "{from: 4 passes, to: 4 passes}, warn_above: 8", "{from: 4 passes, to: 9 passes}, warn_above: 8"},
	{"passes of an unknown indication", "  laxity: {", "  laxety: {"},
	// Areas.
	{"area in mm²", "area: 179 cm²", "area: 17900 mm²"},
	{"area of nothing", "area: 179 cm²", "area: 0 cm²"},
	{"area too large", "area: 179 cm²", "area: 17900 cm²"},
	{"area of an unknown zone", "  neck: {", "  nek: {"},
	{"unknown shape", "shape: whole", "shape: both_sides"},
	{"unknown confidence", "confidence: L", "confidence: low"},
	// Sources and the rest.
	{"no sources", "    sources: [V12, M]\n", ""},
	{"empty sources", "    sources: [V12, M]\n", "    sources: []\n"},
	{"source not explained", "[V12, M]", "[V12, M2]"},
	{"source twice", "[V12, M]", "[M, M]"},
	{"source without words", "  F18: FDA warning on topical lidocaine, 2024-03-26, through news copies", "  F18: ' '"},
	{"source tag misspelt", "  F18: FDA", "  f18: FDA"},
	{"no version", "version: builtin-1\n", ""},
	{"version is a number", "version: builtin-1\n", "version: 2\n"},
	{"another format", "penlog-policy/1", "penlog-limits/1"},
	{"unknown key at the top", "\ndwell:", "\nnote: x\ndwell:"},
	{"key twice", "    action: block\n", "    action: block\n    action: caution\n"},
	{"anchor", "action: block", "action: &a block"},
	{"endless words", "    words: Is there a rash", "    words: Is there a" + strings.Repeat(" very bad", 60) + " rash"},
	{"second document", "\nrules:\n", "\n---\nrules:\n"},
}

func TestSlipsAreRefusedWhereTheyStand(t *testing.T) {
	var b strings.Builder
	for _, s := range slips {
		text := patch(t, string(policy.DefaultYAML()), s.old, s.new)
		b.WriteString("# " + s.name + "\n" + refused(t, s.name, "policy.yaml", []byte(text)) + "\n\n")
	}
	golden(t, "slips.golden", b.String())
}

func TestHostileFilesAreRefused(t *testing.T) {
	var b strings.Builder
	for _, path := range yamltest.Hostile(t, "testdata/hostile", 6) {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		b.WriteString(refused(t, path, filepath.Base(path), data) + "\n\n")
	}
	golden(t, "hostile.golden", b.String())
	// What is no YAML of ours at all, or a file of another kind.
	for _, path := range yamltest.Hostile(t, "../limits/testdata/hostile", 25) {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		refused(t, path, filepath.Base(path), data)
	}
}

func TestBuiltInPolicyIsTheFileAsAnyClinicWouldLoadIt(t *testing.T) {
	p := load(t, string(policy.DefaultYAML()))
	if p.Hash() != policy.Default().Hash() || p.Version() != "builtin-1" || !p.Known() {
		t.Errorf("Load gives %s %s, the built-in policy is %s", p.Version(), p.Hash(), policy.Default().Hash())
	}
	if data, err := os.ReadFile(policy.DefaultName); err != nil || string(data) != string(policy.DefaultYAML()) {
		t.Errorf("the built-in file is not the file: %v", err)
	}
}

func TestAllProblemsComeAtOnceInFileOrder(t *testing.T) {
	text := string(policy.DefaultYAML())
	for _, p := range [][2]string{
		{"version: builtin-1", "version: 2"}, {"action: block", "action: blok"}, {"{from: IV, to: VI}", "{from: VI, to: IV}"}, {"value: 14 days", "value: 14"},
	} {
		text = patch(t, text, p[0], p[1])
	}
	_, err := policy.Load("clinic.yaml", []byte(text))
	var fe *policy.FileError
	if !errors.As(err, &fe) {
		t.Fatalf("Load() = %v", err)
	}
	var paths []string
	for _, p := range fe.Problems {
		paths = append(paths, p.Path)
		if p.Remedy == "" {
			t.Errorf("%v has no remedy", p)
		}
	}
	if got, want := strings.Join(paths, " "), "version questions.0.action rules.0.when.phototype.from interval.value"; got != want {
		t.Errorf("problems at %s\nwant %s", got, want)
	}
}

func TestAClinicsFileShowsWhatItLeavesOut(t *testing.T) {
	questions, indications := load(t, string(small(t))).Absent()
	if len(questions) != len(policy.Default().Questions()) || len(indications) != 12 {
		t.Errorf("Absent() = %q, %v", questions, indications)
	}
	questions, indications = policy.Default().Absent()
	if questions != nil || len(indications) != 1 || indications[0].String() != "topical_delivery" {
		t.Errorf("the built-in policy leaves out %q, %v", questions, indications)
	}
}

// Without a policy nothing was asked and nothing is cleared.
func TestNoPolicyClearsNothing(t *testing.T) {
	for _, p := range []*policy.Policy{nil, {}} {
		low, high, warn, ok := p.Passes(limits.FineLines)
		if p.Known() || p.Hash() != "" || p.Version() != "" || p.Questions() != nil || ok || low+high+warn != 0 ||
			p.Interval() != 0 || p.Dwell() != 0 || p.AnaestheticMost() != 0 || p.LabelAge() != 0 || p.Source("F1") != "" {
			t.Errorf("%+v knows something", p)
		}
		if _, ok := p.Question("cold_sore"); ok {
			t.Error("a question is asked")
		}
		if mm2, _, ok := p.Area(limits.Neck, limits.SideNone); mm2 != 0 || ok || p.AreaConfidence(limits.Neck) != "" {
			t.Error("an area is known")
		}
		if d := p.Density(); d.TipWidth != 0 || d.PerPass(1000, 10) != 0 {
			t.Errorf("Density() = %+v", d)
		}
		r := p.Judge(policy.Patient{Phototype: 1, Age: 40, First: policy.No}, sound())
		if r.Max != policy.Least || r.PassesMost != 1 || !r.NoOverride || len(r.Notices) != 1 || r.Notices[0].Code != policy.NoPolicy {
			t.Errorf("Judge() = %+v", r)
		}
		if questions, _ := p.Absent(); len(questions) != len(policy.Default().Questions()) {
			t.Errorf("Absent() = %q", questions)
		}
	}
}

// What a caller does to what it was given is its own business.
func TestAnswersAreTheCallers(t *testing.T) {
	p := load(t, string(policy.DefaultYAML()))
	q := p.Questions()
	q[0].Sources[0], q[1].Code = "X", "X"
	one, _ := p.Question("cold_sore")
	one.Sources[0] = "X"
	_, sources, _ := p.Area(limits.Neck, limits.SideNone)
	sources[0] = "X"
	p.Density().Sources[0] = "X"
	for _, n := range p.Judge(policy.Patient{Phototype: 6}, sound()).Notices {
		n.Sources[0] = "X"
	}
	if diff := p.Canonical(); diff != policy.Default().Canonical() {
		t.Errorf("the policy was changed:\n%s", diff)
	}
}

// refused loads a file that must be refused, and returns what was said.
func refused(t *testing.T, what, name string, data []byte) string {
	t.Helper()
	return yamltest.Refused(t, policy.Load, what, name, data)
}
