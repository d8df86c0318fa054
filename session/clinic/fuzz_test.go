package clinic_test

import (
	"errors"
	"strings"
	"testing"

	"penlog/session/clinic"
	"penlog/session/limits"
)

// Whatever bytes come, loading gives either settings that keep every promise or an
// error with at least one problem, and never both; and it refuses all that the
// schema refuses.
func FuzzLoad(f *testing.F) {
	text := string(small(f))
	f.Add([]byte(text))
	f.Add(clinic.DefaultYAML())
	for _, s := range slips {
		f.Add([]byte(strings.Replace(text, s.old, s.new, 1)))
	}
	s := suite(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := clinic.Load("fuzz.yaml", data)
		s.Agree(t, data)
		if err != nil {
			var fe *clinic.FileError
			if c != nil || !errors.As(err, &fe) || len(fe.Problems) == 0 || len(fe.Problems) > 25 || err.Error() == "" {
				t.Fatalf("Load() = %v, %v", c, err)
			}
			return
		}
		if !c.Loaded() || len(c.Hash()) != 64 || c.Version() == "" || !c.Allows("guarded") || c.Known("agent") || c.Known("") || len(c.PenAlias()) > 16 {
			t.Fatalf("settings %s", c.Canonical())
		}
		if b := c.Button(); b != clinic.PassMark && b != clinic.Pause && b != clinic.Nothing {
			t.Fatalf("button %q", b)
		}
		for _, p := range c.People() {
			if p.Role == clinic.None || c.Role(p.ID) != p.Role || len(p.ID) > 64 {
				t.Fatalf("person %+v has the role %v", p, c.Role(p.ID))
			}
		}
		if len(c.People()) > 0 && c.Known("someone who is not named") {
			t.Fatalf("anyone may work beside %+v", c.People())
		}
		for _, id := range c.USB() {
			if !c.AllowsUSB(id.VID, id.PID) {
				t.Fatalf("%+v is listed and not allowed", id)
			}
		}
		if c.Offers(limits.IndicationNone) {
			t.Fatal("offers no indication")
		}
	})
}
