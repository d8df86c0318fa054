package policy_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"penlog/session/limits"
	"penlog/session/policy"
)

// Whatever bytes come, loading gives either a policy that keeps every promise or an
// error with at least one problem, and never both; and it refuses all that the
// schema refuses.
func FuzzLoad(f *testing.F) {
	text := string(small(f))
	f.Add([]byte(text)) // small, so that mutation is fast
	for _, s := range slips {
		if slipped := strings.Replace(text, s.old, s.new, 1); slipped != text {
			f.Add([]byte(slipped))
		}
	}
	for _, name := range []string{"raise", "types", "invisible"} {
		data, err := os.ReadFile("testdata/hostile/" + name + ".yaml")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	s := suite(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := policy.Load("fuzz.yaml", data)
		s.Agree(t, data)
		if err != nil {
			var fe *policy.FileError
			if p != nil || !errors.As(err, &fe) || len(fe.Problems) == 0 || len(fe.Problems) > 25 || err.Error() == "" {
				t.Fatalf("Load() = %v, %v", p, err)
			}
			return
		}
		keepsPromises(t, p)
	})
}

// keepsPromises holds a loaded policy against what the package says of one.
func keepsPromises(t *testing.T, p *policy.Policy) {
	t.Helper()
	if !p.Known() || len(p.Hash()) != 64 || p.Version() == "" || p.Interval() <= 0 || p.Dwell() <= 0 || p.AnaestheticMost() <= 0 || p.LabelAge() <= 0 {
		t.Fatalf("version %q, interval %d", p.Version(), p.Interval())
	}
	codes := map[string]bool{}
	for _, q := range p.Questions() {
		if codes[q.Code] || q.Code == "" || q.Words == "" || len(q.Sources) == 0 || q.Overridable && q.Action != policy.Block {
			t.Fatalf("question %+v", q)
		}
		codes[q.Code] = true
		for _, tag := range q.Sources {
			if p.Source(tag) == "" {
				t.Fatalf("source %q is not explained", tag)
			}
		}
	}
	for _, i := range limits.AllIndications() {
		if low, high, warn, ok := p.Passes(i); ok && (low < 1 || low > high || high > warn) {
			t.Fatalf("%v: %d to %d passes, warning above %d", i, low, high, warn)
		}
	}
	for _, z := range limits.AllZones() {
		if mm2, sources, ok := p.Area(z, limits.Left); ok != (mm2 > 0) || ok != (len(sources) > 0) {
			t.Fatalf("%v: %d mm², %q, %v", z, mm2, sources, ok)
		}
	}
	v := melasma()
	strict := p.Judge(policy.Patient{}, policy.VerdictFacts{TypicalLow: v.TypicalLow, TypicalHigh: v.TypicalHigh, Limit: v.Limit})
	for phototype := 1; phototype <= 6; phototype++ {
		r := p.Judge(policy.Patient{Phototype: phototype, Age: 30, First: policy.Yes}, v)
		if why := laxer(strict, r); why != "" || r.Max > v.Limit || r.Max > v.TypicalHigh {
			t.Fatalf("type %d is ruled %+v, not knowing it %+v: %s", phototype, r, strict, why)
		}
	}
}

func TestSoundPoliciesKeepTheirPromises(t *testing.T) {
	keepsPromises(t, policy.Default())
	keepsPromises(t, load(t, string(small(t))))
}
