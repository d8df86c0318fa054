package label_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"penlog/session/label"
	"penlog/session/limits"
)

func TestWhatALabelSaysOfAUse(t *testing.T) {
	c := load(t, string(small(t)))
	neck := []limits.Label{limits.LabelNeckWrinkles}
	for _, tt := range []struct {
		name          string
		vendor, model string
		indication    limits.Indication
		zone          limits.Zone
		want          label.Facts
	}{
		{"two clearances: the widest of each", "Maker", "One", limits.FineLines, limits.Neck,
			label.Facts{Covered: true, Clearances: []string{"K1", "K2"}, Max: 2000, Phototypes: "1-3", Age: 22, Labels: neck}},
		{"the zone is not of the first", "Maker", "One", limits.FineLines, limits.Cheek,
			label.Facts{Covered: true, Clearances: []string{"K2"}, Max: 2000, Phototypes: "2-3", Age: 34}},
		{"by another name, written otherwise", " seller ", "ONE", limits.Laxity, limits.Neck,
			label.Facts{Covered: true, Clearances: []string{"K2"}, Max: 2000, Phototypes: "2-3", Age: 34}},
		{"none of those that are known", "Maker", "One", limits.Striae, limits.Abdomen, label.Facts{Max: 2000}},
		{"no clearance is known", "Maker", "Two", limits.FineLines, limits.Neck, label.Facts{}},
		{"another pen", "Maker", "Three", limits.FineLines, limits.Neck, label.Facts{}},
		{"another vendor's", "Other", "One", limits.FineLines, limits.Neck, label.Facts{}},
	} {
		if diff := cmp.Diff(tt.want, c.For(tt.vendor, tt.model, tt.indication, tt.zone)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

// A clearance that does not tell something makes it unknown, whatever another tells;
// only a device whose clearances are all known excludes a use.
func TestWhatIsNotToldIsNotKnown(t *testing.T) {
	plain := string(small(t))
	for _, tt := range []struct {
		name, old, new string
		i              limits.Indication
		want           label.Facts
	}{
		{"no phototypes", ", phototypes: [II, III]", "", limits.FineLines,
			label.Facts{Covered: true, Clearances: []string{"K1", "K2"}, Max: 2000, Age: 22, Labels: []limits.Label{limits.LabelNeckWrinkles}}},
		{"a hole in the phototypes", "phototypes: [II, III]", "phototypes: [IV]", limits.FineLines,
			label.Facts{Covered: true, Clearances: []string{"K1", "K2"}, Max: 2000, Age: 22, Labels: []limits.Label{limits.LabelNeckWrinkles}}},
		{"no age", ", age_from: 34 years", "", limits.FineLines,
			label.Facts{Covered: true, Clearances: []string{"K1", "K2"}, Max: 2000, Phototypes: "1-3", Labels: []limits.Label{limits.LabelNeckWrinkles}}},
		{"a depth for each", "phototypes: [II, III]", "max: 1.75 mm, phototypes: [II, III]", limits.FineLines,
			label.Facts{Covered: true, Clearances: []string{"K1", "K2"}, Max: 1750, Phototypes: "1-3", Age: 22, Labels: []limits.Label{limits.LabelNeckWrinkles}}},
		{"a depth of the device is not known", "    max: 2.0 mm\n", "", limits.FineLines,
			label.Facts{Covered: true, Clearances: []string{"K1", "K2"}, Phototypes: "1-3", Age: 22, Labels: []limits.Label{limits.LabelNeckWrinkles}}},
		{"all clearances are known", "    more: true\n", "", limits.Striae, label.Facts{Excluded: true, Max: 2000}},
	} {
		got := load(t, patch(t, plain, tt.old, tt.new)).For("Maker", "One", tt.i, limits.Neck)
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestSpans(t *testing.T) {
	for _, tt := range []struct {
		types []int
		want  string
	}{{nil, ""}, {[]int{3}, "3"}, {[]int{1, 2, 3}, "1-3"}, {[]int{2, 3}, "2-3"}, {[]int{1, 2, 3, 4, 5, 6}, "1-6"}, {[]int{6}, "6"}, {[]int{1, 3}, ""}, {[]int{1, 6}, ""}} {
		if got := label.Span(tt.types...); got != tt.want {
			t.Errorf("%v is %q, want %q", tt.types, got, tt.want)
		}
	}
}

// The built-in labels against DOMAIN 1.2, 1.4 and 2, and against the limits: no label
// is deeper than the hard stop, and none names what is not offered.
func TestBuiltInLabels(t *testing.T) {
	c := label.Default()
	type ask struct {
		vendor, model string
		i             limits.Indication
		z             limits.Zone
	}
	for _, tt := range []struct {
		ask
		want label.Facts
	}{
		{ask{"Crown", "SkinPen Precision", limits.AcneScarRolling, limits.Cheek}, label.Facts{Covered: true, Clearances: []string{"DEN160029"}, Max: 1500}},
		{ask{"Bellus", "SkinPen Precision", limits.FineLines, limits.Neck}, label.Facts{Covered: true, Clearances: []string{"K202243"}, Max: 2500, Labels: []limits.Label{limits.LabelNeckWrinkles}}},
		{ask{"Crown", "SkinPen Precision", limits.Striae, limits.Abdomen}, label.Facts{Max: 2500}},
		{ask{"amiea", "Exceed", limits.FineLines, limits.Periorbital}, label.Facts{Covered: true, Clearances: []string{"K180778"}, Max: 1500, Phototypes: "1-3"}},
		{ask{"MT.DERM", "Exceed", limits.AcneScarBoxcar, limits.Back}, label.Facts{Covered: true, Clearances: []string{"K182407"}, Max: 1500, Phototypes: "1-4"}},
		{ask{"MT.DERM", "Exceed", limits.Striae, limits.Abdomen}, label.Facts{Excluded: true, Max: 1500}},
		{ask{"MT.DERM", "Exceed Unlimited", limits.Striae, limits.Abdomen}, label.Facts{Max: 1500}},
		{ask{"SkinStylus", "SteriLock", limits.FineLines, limits.Periorbital}, label.Facts{Covered: true, Clearances: []string{"K253002"}, Max: 2500, Phototypes: "1-6", Age: 34}},
		{ask{"Dr. Pen", "A20", limits.AcneScarRolling, limits.Cheek}, label.Facts{Max: 2000}},
		{ask{"Dr. Pen", "M8", limits.AcneScarRolling, limits.Cheek}, label.Facts{}},
	} {
		if diff := cmp.Diff(tt.want, c.For(tt.vendor, tt.model, tt.i, tt.z)); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", tt.ask, diff)
		}
	}
	stop, table := limits.Default().HardStop(), limits.Default()
	for _, p := range c.Pens() {
		covered := false
		for _, i := range limits.AllIndications() {
			for _, z := range limits.AllZones() {
				f := c.For(p.Vendor, p.Model, i, z)
				if f.Max > stop {
					t.Errorf("%v reaches %v by its label", p, f.Max)
				}
				for _, l := range f.Labels {
					v := table.Ask(limits.Request{Zone: z, Indication: i, Labels: []limits.Label{l}})
					if v.OverrideLimit <= table.Ask(limits.Request{Zone: z, Indication: i}).OverrideLimit {
						t.Errorf("%v names the label %v, which allows nothing in %v for %v", p, l, z, i)
					}
				}
				covered = covered || f.Covered
			}
		}
		if c.Name(p.Vendor, p.Model) == "" {
			t.Errorf("%v has no name", p)
		}
	}
	for _, tag := range []string{"F", "F*"} {
		if c.Source(tag) == "" {
			t.Errorf("%s is not explained", tag)
		}
	}
}

func TestNoCatalogueKnowsNothing(t *testing.T) {
	for _, c := range []*label.Catalogue{nil, {}} {
		if f := c.For("Maker", "One", limits.FineLines, limits.Neck); !cmp.Equal(f, label.Facts{}) || c.Version() != "" || c.Hash() != "" || c.Source("F") != "" || c.Pens() != nil || c.Name("Maker", "One") != "" {
			t.Errorf("%v knows %+v", c, f)
		}
	}
}

func TestAnswersAreTheCallers(t *testing.T) {
	c := load(t, string(small(t)))
	f := c.For("Maker", "One", limits.FineLines, limits.Neck)
	f.Clearances[0], f.Labels[0] = "mine", limits.LabelNone
	slices.Reverse(c.Pens())
	if g := c.For("Maker", "One", limits.FineLines, limits.Neck); g.Clearances[0] != "K1" || g.Labels[0] != limits.LabelNeckWrinkles || c.Pens()[0].Vendor != "Maker" {
		t.Errorf("an answer changed the catalogue: %+v", g)
	}
}
