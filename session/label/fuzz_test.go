package label_test

import (
	"errors"
	"strings"
	"testing"

	"penlog/session/label"
	"penlog/session/limits"
)

// Whatever bytes come, loading gives either labels that keep every promise or an error
// with at least one problem, and never both; and it refuses all that the schema refuses.
func FuzzLoad(f *testing.F) {
	text := string(small(f))
	f.Add([]byte(text))
	f.Add(label.DefaultYAML())
	for _, s := range slips {
		f.Add([]byte(strings.Replace(text, s.old, s.new, 1)))
	}
	s := suite(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := label.Load("fuzz.yaml", data)
		s.Agree(t, data)
		if err != nil {
			var fe *label.FileError
			if c != nil || !errors.As(err, &fe) || len(fe.Problems) == 0 || len(fe.Problems) > 25 || err.Error() == "" {
				t.Fatalf("Load() = %v, %v", c, err)
			}
			return
		}
		if len(c.Hash()) != 64 || c.Version() == "" || len(c.Pens()) == 0 {
			t.Fatalf("labels %s", c.Canonical())
		}
		for _, p := range c.Pens() {
			for _, i := range limits.AllIndications() {
				facts := c.For(p.Vendor, p.Model, i, limits.Neck)
				if facts.Max < 0 || facts.Max > label.DepthMost || facts.Age < 0 || facts.Age > 99 || facts.Covered && facts.Excluded || facts.Covered != (len(facts.Clearances) > 0) {
					t.Fatalf("%v: %+v", p, facts)
				}
			}
		}
	})
}
