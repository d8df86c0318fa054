package session_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"penlog/protocol"
	"penlog/session"
	"penlog/session/limits"
	"penlog/session/passes"
)

const (
	across = protocol.AxisHorizontal
	down   = protocol.AxisVertical
)

// The nose was treated under the cheek's max depth: what was done since the last
// change moves, and is judged by the nose's.
func TestReattributeSinceTheLastChange(t *testing.T) {
	v := prepared(t)
	v.choose(limits.Forehead, limits.Midline)
	v.do(session.Command{Do: session.CmdArm})
	v.run(part{300, 900, across})
	v.choose(limits.Nose, limits.Midline) // lower: one act
	v.choose(limits.Cheek, limits.Left)
	v.do(session.Command{Do: session.CmdResume})
	v.run(part{400, 1400, across}, part{100, 700, down})
	v.do(session.Command{Do: session.CmdPass})
	v.run(part{50, 740, down})

	events := v.do(session.Command{Do: session.CmdReattribute, Zone: limits.Nose, Side: limits.Midline, Text: "it was the nose"})
	e := events[0].(session.Reattributed)
	want := &session.LateExceedance{Ceiling: 750, Deepest: 1400, Strokes: 400}
	if d := cmp.Diff(want, e.Late); d != "" || !cmp.Equal(e.Spans, []int{2, 3, 4}) {
		t.Errorf("spans %v, found late (-want +got):\n%s", e.Spans, d)
	}
	nose, cheek, brow := v.total(limits.Nose, limits.Midline), v.total(limits.Cheek, limits.Left), v.total(limits.Forehead, limits.Midline)
	if nose.Strokes != 550 || nose.Deepest != 1400 || nose.Contact != 550 || nose.P50 != 1400 || nose.Passes.Inferred != 2 || nose.Passes.Marked != 1 || nose.Ceiling != 750 {
		t.Errorf("nose: %+v", nose)
	}
	if cheek.Strokes != 0 || cheek.Deepest != 0 || cheek.Passes.Inferred != 0 || cheek.Passes.Marked != 0 || cheek.Ceiling != 1500 {
		t.Errorf("cheek: %+v", cheek)
	}
	if brow.Strokes != 300 || v.p.Totals.Strokes != 850 || v.p.Totals.Late != 1 {
		t.Errorf("forehead %d strokes, all %d, found late %d", brow.Strokes, v.p.Totals.Strokes, v.p.Totals.Late)
	}
	v.refused(session.Command{Do: session.CmdReattribute, Zone: limits.Nose, Side: limits.Midline, Text: "again"}, "nothing_there")
}

// The density goes along: by the true zone's area, as set for this patient where it was.
func TestReattributionTakesTheDensityAlong(t *testing.T) {
	for _, set := range []int{0, 5000} {
		v := treating(t)
		want := 17_900 // mm²
		if set > 0 {
			v.do(session.Command{Do: session.CmdArea, Zone: limits.Neck, AreaMM2: set})
			want = set
		}
		v.run(part{40_000, 900, across})
		v.do(session.Command{Do: session.CmdReattribute, Zone: limits.Neck, Text: "it was the neck"})
		neck, cheek := v.total(limits.Neck, limits.SideNone), v.total(limits.Cheek, limits.Left)
		if neck.AreaMM2 != want || neck.AreaGiven != (set > 0) || neck.Density != passes.Density(40_000*12, want) || neck.Density == 0 || cheek.Density != 0 {
			t.Errorf("set %d: neck of %d mm², density %d; cheek %d", set, neck.AreaMM2, neck.Density, cheek.Density)
		}
	}
}

func TestReattributeASpanOfTime(t *testing.T) {
	v := treating(t)
	v.run(part{10, 500, across}, part{20, 700, across}, part{40, 800, across})
	v.do(session.Command{Do: session.CmdPass}) // after the run: it goes with the last part
	spans := v.p.Spans
	mid := spans[1]
	v.do(session.Command{Do: session.CmdFinish})
	// Also after the end, and without an exceedance: 0.70 mm is allowed in the temple.
	e := v.do(session.Command{Do: session.CmdReattribute, Zone: limits.Temple, Side: limits.Left, Text: "the middle", FromAt: mid.From + 2000, ToAt: mid.To - 2000})[0].(session.Reattributed)
	if e.Late != nil || !cmp.Equal(e.Spans, []int{2}) || v.p.State != session.Completed {
		t.Errorf("%+v in %v", e, v.p.State)
	}
	cheek, temple := v.total(limits.Cheek, limits.Left), v.total(limits.Temple, limits.Left)
	if cheek.Strokes != 50 || temple.Strokes != 20 || cheek.Passes.Marked != 1 || temple.Passes.Marked != 0 {
		t.Errorf("cheek %+v, temple %+v", cheek, temple)
	}
	// A moment in which a part ends and another begins is of both.
	e = v.do(session.Command{Do: session.CmdReattribute, Zone: limits.Chin, Text: "and the rest", FromAt: spans[0].From, ToAt: spans[2].To})[0].(session.Reattributed)
	if !cmp.Equal(e.Spans, []int{1, 2, 3}) || v.total(limits.Chin, limits.SideNone).Strokes != 70 {
		t.Errorf("%+v", e)
	}
}

// Where nothing is allowed, every stroke was one too many.
func TestReattributeToWhereNothingIsAllowed(t *testing.T) {
	v := treating(t)
	v.run(part{70, 300, across})
	e := v.do(session.Command{Do: session.CmdReattribute, Zone: limits.Periorbital, Side: limits.Left, Text: "slipped"})[0].(session.Reattributed)
	if want := (&session.LateExceedance{Deepest: 300, Strokes: 70}); !cmp.Equal(want, e.Late) || !e.Verdict.Refused {
		t.Errorf("%+v, verdict %s", e.Late, e.Verdict.Words())
	}
}

// The tolerance is that of the guard: a depth that did not trip is not found late.
func TestLateJudgementHasTheGuardsTolerance(t *testing.T) {
	for depth, late := range map[protocol.Micrometres]bool{750: false, 899: false, 900: false, 901: true, 1400: true} {
		v := prepared(t)
		up := pen()
		up.DepthSource = "measured" // accuracy not stated: 150 µm
		v.apply(up, session.ModeChanged{Mode: session.ModeGuarded}, session.PressTested{})
		v.choose(limits.Cheek, limits.Left)
		v.do(session.Command{Do: session.CmdArm})
		v.run(part{10, depth, across})
		e := v.do(session.Command{Do: session.CmdReattribute, Zone: limits.Nose, Side: limits.Midline, Text: "x"})[0].(session.Reattributed)
		if (e.Late != nil) != late {
			t.Errorf("%v in a zone of 0.75: found late %+v", depth, e.Late)
		}
	}
}

// Whatever is moved how often: nothing is lost, the zones' sums are the whole, and
// counting anew gives what counting along gave.
func TestReattributionKeepsEverything(t *testing.T) {
	zones := []limits.Zone{limits.Cheek, limits.Nose, limits.Forehead, limits.Chin}
	rapid.Check(t, func(rt *rapid.T) {
		v := treating(t)
		for range rapid.IntRange(1, 12).Draw(rt, "acts") {
			switch rapid.IntRange(0, 3).Draw(rt, "act") {
			case 0:
				v.run(part{rapid.Uint32Range(0, 90).Draw(rt, "n"), protocol.Micrometres(rapid.IntRange(0, 2500).Draw(rt, "d")), protocol.Axis(rapid.IntRange(0, 6).Draw(rt, "axis"))})
			case 1:
				_, _ = v.give(session.Command{Do: session.CmdChoose, Zone: rapid.SampledFrom(zones).Draw(rt, "zone"), Indication: limits.AcneScarRolling})
				_, _ = v.give(session.Command{Do: session.CmdResume})
			case 2:
				_, _ = v.give(session.Command{Do: session.CmdPass, Delta: rapid.IntRange(-1, 1).Draw(rt, "delta")})
			case 3:
				c := session.Command{Do: session.CmdReattribute, Zone: rapid.SampledFrom(zones).Draw(rt, "to"), Text: "x"}
				if n := len(v.p.Spans); n > 0 && rapid.Bool().Draw(rt, "span") {
					a, b := rapid.IntRange(0, n-1).Draw(rt, "a"), rapid.IntRange(0, n-1).Draw(rt, "b")
					c.FromAt, c.ToAt = v.p.Spans[min(a, b)].From, v.p.Spans[max(a, b)].To
				}
				_, _ = v.give(c)
			}
			var strokes, contact, marked uint64
			var fixed int
			var depths passes.Depths
			for _, z := range v.p.Totals.Zones {
				strokes, contact, marked, fixed = strokes+z.Strokes, contact+z.Contact, marked+uint64(z.Passes.Marked), fixed+z.Passes.Corrected
				depths.Merge(z.Depths)
			}
			marks, fixes := uint64(0), 0
			for _, m := range v.p.Marks {
				if m.Kind == session.MarkMade {
					marks++
				} else {
					fixes += m.Delta
				}
			}
			if strokes != v.p.Totals.Strokes || depths.Strokes() != strokes || contact != strokes || marked != marks || fixed != fixes {
				rt.Fatalf("zones %d strokes, %d in depths, %d in contact, %d marks, %d fixed; whole %d, %d marks, %d fixed",
					strokes, depths.Strokes(), contact, marked, fixed, v.p.Totals.Strokes, marks, fixes)
			}
			before := v.p.Totals
			again := *v.p
			again.Totals.Zones = append([]session.ZoneTotal(nil), before.Zones...)
			session.Retotal(&again)
			if d := cmp.Diff(before, again.Totals); d != "" {
				rt.Fatalf("counted along and counted anew (-along +anew):\n%s", d)
			}
		}
	})
}
