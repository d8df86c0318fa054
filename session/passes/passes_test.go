package passes_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"penlog/protocol"
	"penlog/session/passes"
)

func course(t *testing.T, text string) passes.Course {
	t.Helper()
	var c passes.Course
	if err := c.UnmarshalText([]byte(text)); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestPassesFromGlides(t *testing.T) {
	for _, tt := range []struct {
		name, glides string
		want         passes.Count
	}{
		{"none", "", passes.Count{}},
		{"too few for a coverage", "horizontal:2", passes.Count{}},
		{"one direction", "horizontal:8", passes.Count{Passes: 1}},
		{"four directions", "horizontal:8,vertical:7,oblique_left:6,oblique_right:9", passes.Count{Passes: 4}},
		{"the same direction again after another", "horizontal:8,vertical:7,horizontal:8", passes.Count{Passes: 3}},
		{"a stray glide ends no pass", "horizontal:4,vertical:1,horizontal:4", passes.Count{Passes: 1}},
		{"two of another axis do", "horizontal:4,vertical:2,horizontal:4", passes.Count{Passes: 2}},
		{"strays of two axes are not one direction", "horizontal:4,vertical:1,circular:1,horizontal:4", passes.Count{Passes: 1}},
		{"stamping is a direction of its own", "stamp:5", passes.Count{Passes: 1}},
		{"no axis, no lift: one coverage", "unknown:12", passes.Count{Passes: 1, Estimated: true}},
		{"no axis: a pause three times as long as the lifts between glides", "unknown:1,unknown:1@400,unknown:1@420,unknown:1@380,unknown:1@1500,unknown:1@400,unknown:1@410",
			passes.Count{Passes: 2, Estimated: true}},
		{"no axis: lifts of the same length", "unknown:1,unknown:1@400,unknown:1@500,unknown:1@380,unknown:1@700,unknown:1@400,unknown:1@410",
			passes.Count{Passes: 1, Estimated: true}},
		{"no axis: short lifts end no pass however much longer", "unknown:1,unknown:1@20,unknown:1@20,unknown:1@20,unknown:1@290,unknown:1@20,unknown:1@20",
			passes.Count{Passes: 1, Estimated: true}},
		{"no axis: two lifts are nothing to compare with", "unknown:2,unknown:1@100,unknown:1@100,unknown:3@2000", passes.Count{Passes: 1, Estimated: true}},
		{"an axis that the pen lost for a moment", "horizontal:4,unknown:1,horizontal:3", passes.Count{Passes: 1, Estimated: true}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := passes.Infer(course(t, tt.glides)); got != tt.want {
				t.Errorf("%+v, want %+v", got, tt.want)
			}
		})
	}
}

// However the glides of a zone are cut into slices, the passes are the same.
func TestPassesDontDependOnWhereSlicesEnd(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) passes.Glides {
			return passes.Glides{Axis: protocol.Axis(rapid.IntRange(1, 6).Draw(t, "axis")), N: rapid.Uint32Range(1, 9).Draw(t, "n")}
		}), 0, 12).Draw(t, "glides")
		var cut passes.Course
		for _, g := range whole {
			first := rapid.Uint32Range(0, g.N).Draw(t, "cut")
			for _, n := range []uint32{first, g.N - first} {
				if n > 0 {
					cut = append(cut, passes.Glides{Axis: g.Axis, N: n})
				}
			}
		}
		if a, b := passes.Infer(whole), passes.Infer(cut); a != b {
			t.Fatalf("%v as a whole, %v cut", a, b)
		}
	})
}

func TestDepths(t *testing.T) {
	var d passes.Depths
	if d.Percentile(50) != 0 || d.Above(0) != 0 {
		t.Error("nothing counted, and yet something")
	}
	d.Add(1489, 3)
	d.Add(1490, 2)
	d.Add(500, 4)
	d.Add(1481, 1)
	d.Add(-3, 1)
	d.Add(7, 0)
	if want := (passes.Depths{{0, 1}, {500, 4}, {1480, 4}, {1490, 2}}); !cmp.Equal(d, want) {
		t.Fatalf("%v, want %v", d, want)
	}
	for p, want := range map[int]protocol.Micrometres{1: 0, 9: 0, 10: 500, 45: 500, 46: 1480, 50: 1480, 81: 1480, 82: 1490, 95: 1490, 100: 1490} {
		if got := d.Percentile(p); got != want {
			t.Errorf("%d %% of 11 strokes: %v, want %v", p, got, want)
		}
	}
	for limit, want := range map[protocol.Micrometres]uint64{-1: 11, 0: 10, 499: 10, 500: 6, 1479: 6, 1480: 2, 1485: 2, 1490: 0} {
		if got := d.Above(limit); got != want {
			t.Errorf("above %v: %d, want %d", limit, got, want)
		}
	}
}

func TestTextsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var d, back passes.Depths
		for range rapid.IntRange(0, 30).Draw(t, "bins") {
			d.Add(protocol.Micrometres(rapid.IntRange(0, 3000).Draw(t, "depth")), rapid.Uint32Range(1, 1<<20).Draw(t, "strokes"))
		}
		text, _ := d.MarshalText()
		if err := back.UnmarshalText(text); err != nil || !cmp.Equal(d, back) {
			t.Fatalf("%s reads back as %v, %v", text, back, err)
		}
		c := passes.Course(rapid.SliceOfN(rapid.Custom(func(t *rapid.T) passes.Glides {
			g := passes.Glides{Axis: protocol.Axis(rapid.IntRange(0, 6).Draw(t, "axis")), N: rapid.Uint32Min(1).Draw(t, "n")}
			if g.Axis == protocol.AxisUnknown {
				g.Lift = rapid.Uint32().Draw(t, "lift")
			}
			return g
		}), 0, 9).Draw(t, "course"))
		if len(c) == 0 {
			c = nil
		}
		var again passes.Course
		text, _ = c.MarshalText()
		if err := again.UnmarshalText(text); err != nil || !cmp.Equal(c, again) {
			t.Fatalf("%s reads back as %v, %v", text, again, err)
		}
	})
}

func TestTextsThatAreRefused(t *testing.T) {
	for _, s := range []string{",", "x", "10", "10:", ":3", "15:3", "10:0", "10:-1", "20:1,10:1", "10:1,10:1", "70000:1", "10:1,", "10:4294967296"} {
		var d passes.Depths
		if err := d.UnmarshalText([]byte(s)); err == nil || d != nil {
			t.Errorf("depths %q: %v, %v", s, d, err)
		}
	}
	for _, s := range []string{",", "horizontal", "horizontal:", "sideways:3", "horizontal:0", "horizontal:3@100", "unknown:1@0", "unknown:1@", "unknown:1,"} {
		var c passes.Course
		if err := c.UnmarshalText([]byte(s)); err == nil || c != nil {
			t.Errorf("course %q: %v, %v", s, c, err)
		}
	}
}

// DOMAIN 3 gives the punctures of one pass at 1 cm tip and 2 cm/s: the model
// must come to the same per cm².
func TestDensityIsThatOfDomain3(t *testing.T) {
	for _, tt := range []struct {
		pen       string
		punctures uint64 // in a second
		want      uint64
	}{
		{"SkinPen 117 Hz x 14", 117 * 14, 819},
		{"Exceed 100 Hz x 6", 100 * 6, 300},
		{"Dermapen MD 90 Hz x 11", 90 * 11, 495},
		{"Dermapen 4 120 Hz x 16", 120 * 16, 960},
	} {
		const area = 200 // mm² that a tip of 10 mm sweeps in a second at 20 mm/s
		if got := passes.Density(tt.punctures, area); got != tt.want {
			t.Errorf("%s: %d/cm², want %d", tt.pen, got, tt.want)
		}
	}
	if passes.Density(100, 0) != 0 || passes.Density(100, -5) != 0 {
		t.Error("a density though the area is not known")
	}
}
