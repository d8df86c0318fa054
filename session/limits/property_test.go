package limits_test

import (
	"encoding/json"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"penlog/protocol"
	"penlog/session/limits"
)

// depth draws a depth that is not known or somewhere around the limits.
func depth(t *rapid.T, name string) protocol.Micrometres {
	return protocol.Micrometres(rapid.OneOf(rapid.Just(int32(0)), rapid.Int32Range(1, 3200),
		rapid.SampledFrom([]int32{1, 250, 500, 750, 1000, 1500, 2000, 2500, 2501, 1 << 30})).Draw(t, name))
}

func request(t *rapid.T) limits.Request {
	r := limits.Request{
		Zone:         rapid.SampledFrom(limits.AllZones()).Draw(t, "zone"),
		Side:         rapid.SampledFrom(limits.AllSides()).Draw(t, "side"),
		Indication:   rapid.SampledFrom(limits.AllIndications()).Draw(t, "indication"),
		Wanted:       depth(t, "wanted"),
		Prescription: depth(t, "prescription"), LabelledMax: depth(t, "labelled"), PatientRule: depth(t, "patient"),
		PenMax: depth(t, "pen max"), CartridgeLength: depth(t, "cartridge"),
		PenStep: rapid.SampledFrom([]protocol.Micrometres{0, 1, 100, 200, 250, 333}).Draw(t, "step"),
		PenMin:  rapid.SampledFrom([]protocol.Micrometres{0, 100, 200, 250, 500}).Draw(t, "pen min"),
	}
	if r.PenMax > 0 && r.PenMin > r.PenMax {
		r.PenMin = 0
	}
	if rapid.Bool().Draw(t, "labelled for the neck") {
		r.Labels = []limits.Label{limits.LabelNeckWrinkles}
	}
	if sites := slices.DeleteFunc(limits.AllSites(), func(s limits.Site) bool { return s.Zone() != r.Zone }); len(sites) > 0 && rapid.Bool().Draw(t, "at a site") {
		r.Site = rapid.SampledFrom(sites).Draw(t, "site")
	}
	if rapid.Bool().Draw(t, "under an override") {
		r.Override = &limits.Override{Zone: r.Zone, Side: r.Side, Value: max(1, depth(t, "override"))}
	}
	return r
}

// The promise of the package, said again in other words: the ceiling is a given
// candidate's value, none is below it, and everything known holds.
func TestCeilingIsTheLeastOfItsCandidates(t *testing.T) {
	table := limits.Default()
	rapid.Check(t, func(t *rapid.T) {
		r := request(t)
		v := table.Ask(r)
		if v.Refused != (v.Allowed == 0) || v.Refused != (v.Reason != "") || v.Refused != (v.Err() != nil && !v.Clamped) {
			t.Fatalf("refused and allowed at once: %+v", v)
		}
		if v.Refused {
			if v.Settable != 0 || v.BoundBy != "" || v.Clamped {
				t.Fatalf("a refusal allows something: %+v", v)
			}
			return
		}
		for _, most := range []protocol.Micrometres{r.Prescription, r.LabelledMax, r.PatientRule, r.PenMax, r.CartridgeLength, limits.HardStop, v.OverrideLimit} {
			if most > 0 && v.Allowed > most {
				t.Fatalf("allows %v above %v: %+v", v.Allowed, most, v)
			}
		}
		if r.Override == nil && v.Allowed > v.Limit {
			t.Fatalf("allows %v above the limit %v without an override", v.Allowed, v.Limit)
		}
		if r.Override != nil && v.Allowed > r.Override.Value {
			t.Fatalf("allows %v above the override to %v", v.Allowed, r.Override.Value)
		}
		order := limits.Rules()
		last, bound := -1, false
		for _, c := range v.Candidates {
			at := slices.Index(order, c.Rule)
			if at <= last {
				t.Fatalf("candidates are not in the order of Rules: %+v", v.Candidates)
			}
			last = at
			if (c.State == limits.Given) != (c.Value > 0) || c.State == limits.Given && c.Value < v.Allowed {
				t.Fatalf("candidate %+v under a ceiling of %v", c, v.Allowed)
			}
			if c.State == limits.Given && c.Value == v.Allowed && !bound {
				bound = true
				if c.Rule != v.BoundBy {
					t.Fatalf("bound by %q, the first with that value is %q", v.BoundBy, c.Rule)
				}
			}
		}
		if !bound {
			t.Fatalf("no candidate has the ceiling's value: %+v", v)
		}
		if v.Clamped != (r.Wanted > v.Allowed) {
			t.Fatalf("Clamped = %v, wanted %v, allowed %v", v.Clamped, r.Wanted, v.Allowed)
		}
		checkSetting(t, r, v)
	})
}

func checkSetting(t *rapid.T, r limits.Request, v limits.Verdict) {
	if r.PenStep == 0 {
		if v.Settable != 0 {
			t.Fatalf("a setting of %v without a known step", v.Settable)
		}
		return
	}
	top := v.Allowed
	if r.Wanted > 0 {
		top = min(top, r.Wanted)
	}
	if v.Settable <= 0 || v.Settable > top || v.Settable < r.PenMin || (v.Settable-r.PenMin)%r.PenStep != 0 || v.Settable+r.PenStep <= top {
		t.Fatalf("setting %v from %v in steps of %v under %v", v.Settable, r.PenMin, r.PenStep, top)
	}
}

// Making any one candidate stricter, or telling one that was not known, never
// raises what is allowed.
func TestEachCandidateCanOnlyLower(t *testing.T) {
	table := limits.Default()
	rapid.Check(t, func(t *rapid.T) {
		r := request(t)
		before := table.Ask(r).Allowed
		for _, field := range []*protocol.Micrometres{&r.Prescription, &r.LabelledMax, &r.PatientRule, &r.PenMax, &r.CartridgeLength} {
			was := *field
			for _, stricter := range []protocol.Micrometres{was - 1, was / 2, 1} {
				if was == 0 {
					stricter = depth(t, "told")
				}
				if stricter < 1 {
					continue
				}
				*field = stricter
				if after := table.Ask(r).Allowed; after > before {
					t.Fatalf("from %v to %v raises the ceiling from %v to %v", was, stricter, before, after)
				}
			}
			*field = was
		}
		if o := r.Override; o != nil && o.Value > 1 && before > 0 {
			lower := *o
			lower.Value = rapid.Custom(func(t *rapid.T) protocol.Micrometres {
				return protocol.Micrometres(rapid.Int32Range(1, int32(o.Value)).Draw(t, "lower"))
			}).Draw(t, "lower override")
			r.Override = &lower
			if after := table.Ask(r).Allowed; after > before {
				t.Fatalf("an override lowered to %v raises the ceiling from %v to %v", lower.Value, before, after)
			}
		}
	})
}

// What is wanted never changes what is allowed, other than to a refusal; nor does
// the pen's step, nor the order of labels.
func TestWantingDoesNotRaise(t *testing.T) {
	table := limits.Default()
	rapid.Check(t, func(t *rapid.T) {
		r := request(t)
		wanted := table.Ask(r)
		r.Wanted = 0
		open := table.Ask(r)
		if !wanted.Refused && wanted.Allowed != open.Allowed {
			t.Fatalf("wanting changes the ceiling from %v to %v", open.Allowed, wanted.Allowed)
		}
		r.Labels = append(r.Labels, r.Labels...)
		again := table.Ask(r)
		a, err := json.Marshal(open)
		if err != nil {
			t.Fatal(err)
		}
		b, _ := json.Marshal(again)
		if string(a) != string(b) {
			t.Fatalf("repeating a label changes the verdict:\n%s\n%s", a, b)
		}
	})
}
