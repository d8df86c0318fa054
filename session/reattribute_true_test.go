package session_test

import (
	"math"
	"testing"

	"penlog/protocol"
	"penlog/session"
	"penlog/session/limits"
)

func reattributeTo(z limits.Zone, side limits.Side, s session.Span) session.Command {
	return session.Command{Do: session.CmdReattribute, Zone: z, Side: side, Text: "x", FromAt: s.From + 1, ToAt: s.To - 1}
}

// Of the true zone's density people see as much as if it had been chosen.
func TestReattributedZoneHasItsArea(t *testing.T) {
	for _, given := range []int{0, 4321} {
		v := treating(t)
		if given > 0 {
			v.do(session.Command{Do: session.CmdArea, Zone: limits.Neck, Side: limits.SideNone, AreaMM2: given})
		}
		v.run(part{400, 700, across})
		v.do(session.Command{Do: session.CmdReattribute, Zone: limits.Neck, Side: limits.SideNone, Text: "it was the neck"})
		z := v.total(limits.Neck, limits.SideNone)
		if z.AreaMM2 == 0 || z.Density == 0 || z.AreaGiven != (given > 0) || given > 0 && z.AreaMM2 != given {
			t.Errorf("neck: %d mm², given %v, %d per cm²", z.AreaMM2, z.AreaGiven, z.Density)
		}
	}
}

// An override excuses nothing that was done before it was given.
func TestLateJudgementTakesNoLaterOverride(t *testing.T) {
	v := prepared(t)
	v.do(session.Command{Do: session.CmdChoose, Zone: limits.Abdomen, Indication: limits.SurgicalScar})
	v.do(session.Command{Do: session.CmdArm})
	v.run(part{100, 1900, across})
	v.do(session.Command{Do: session.CmdChoose, Zone: limits.Cheek, Side: limits.Left, Indication: limits.SurgicalScar})
	v.do(overrideTo(2000))
	v.do(session.Command{Do: session.CmdResume})
	v.run(part{100, 1950, across})
	e := v.do(reattributeTo(limits.Cheek, limits.Left, v.p.Spans[0]))[0].(session.Reattributed)
	if e.Late == nil || e.Late.Ceiling != 1500 || e.Late.Strokes != 100 {
		t.Errorf("1.90 before there was an override: found late %+v", e.Late)
	}
	v.do(reattributeTo(limits.Nose, limits.Midline, v.p.Spans[1]))
	e = v.do(reattributeTo(limits.Cheek, limits.Left, v.p.Spans[1]))[0].(session.Reattributed)
	if e.Late != nil {
		t.Errorf("1.95 under the override, and back: found late %+v", e.Late)
	}
}

// Who names no indication means that of what moves.
func TestReattributedIndicationIsThatOfTheSpan(t *testing.T) {
	v := treating(t)
	v.run(part{100, 700, across})
	v.do(session.Command{Do: session.CmdChoose, Zone: limits.Forehead, Side: limits.Midline, Indication: limits.Hyperpigmentation})
	e := v.do(reattributeTo(limits.Cheek, limits.Right, v.p.Spans[0]))[0].(session.Reattributed)
	if e.Indication != limits.AcneScarRolling || e.Late != nil {
		t.Errorf("%v, found late %+v", e.Indication, e.Late)
	}
}

// Spans of time that can't be meant move nothing, or all.
func TestReattributeHostileSpans(t *testing.T) {
	v := treating(t)
	v.run(part{100, 700, across})
	s := v.p.Spans[0]
	ask := func(from, to protocol.At) session.Command {
		c := reattributeTo(limits.Nose, limits.Midline, s)
		c.FromAt, c.ToAt = from, to
		return c
	}
	for _, c := range []struct {
		from, to protocol.At
		code     string
	}{
		{1, 2, "nothing_there"}, {s.To + 1, math.MaxInt64, "nothing_there"}, {math.MaxInt64, math.MaxInt64, "nothing_there"},
		{s.To, s.From, "bad_value"}, {math.MinInt64, s.To, "bad_value"}, {math.MinInt64, math.MinInt64, "bad_value"},
		{0, math.MaxInt64, "bad_value"}, {s.From, 0, "bad_value"}, {math.MaxInt64, math.MinInt64, "bad_value"},
	} {
		v.refused(ask(c.from, c.to), c.code)
	}
	v.do(ask(1, math.MaxInt64))
	if v.total(limits.Nose, limits.Midline).Strokes != 100 {
		t.Error("all of it did not move")
	}
	// What was recorded moves no span that there is not.
	v.apply(session.Reattributed{Spans: []int{-1, 0, 2, math.MaxInt, math.MinInt}, Zone: limits.Chin})
	v.do(session.Command{Do: session.CmdPass})
	v.apply(session.Reattributed{Spans: []int{0}, Zone: limits.Chin})
	if v.p.Totals.Strokes != 100 || v.total(limits.Nose, limits.Midline).Strokes != 100 {
		t.Errorf("%+v", v.p.Totals)
	}
	v = treating(t)
	v.do(session.Command{Do: session.CmdPass}) // of no span
	v.apply(session.Reattributed{Spans: []int{0}, Zone: limits.Chin})
	if v.total(limits.Cheek, limits.Left).Passes.Marked != 1 {
		t.Error("a mark moved with nothing")
	}
}

// What was entered for a pen without a link moves as well, and is judged by the dial.
func TestReattributeWhatWasEntered(t *testing.T) {
	v := manual(t)
	v.do(cheek)
	v.do(session.Command{Do: session.CmdArm})
	v.do(session.Command{Do: session.CmdStart})
	enter := func(e session.Entry) {
		v.wait(200)
		v.do(session.Command{Do: session.CmdEnter, Entry: &e})
	}
	enter(session.Entry{Set: um(750)})
	enter(session.Entry{Passes: 2, Seconds: 90})
	enter(session.Entry{Set: um(1250), Passes: 1, Seconds: 30})
	enter(session.Entry{Passes: 3})
	nose := func() session.ZoneTotal { return v.total(limits.Nose, limits.Midline) }
	if n := len(v.p.Spans); n != 3 {
		t.Fatalf("%d spans of 3 entries", n)
	}
	e := v.do(reattributeTo(limits.Nose, limits.Midline, v.p.Spans[0]))[0].(session.Reattributed)
	if e.Late != nil || nose().Passes.Entered != 2 || nose().Seconds != 90 {
		t.Errorf("at 0.75: %+v, found late %+v", nose(), e.Late)
	}
	e = v.do(session.Command{Do: session.CmdReattribute, Zone: limits.Nose, Side: limits.Midline, Text: "all of it"})[0].(session.Reattributed)
	cheek := v.total(limits.Cheek, limits.Left)
	if e.Late == nil || e.Late.Deepest != 1250 || e.Late.Ceiling != 750 || nose().Passes.Entered != 6 || nose().Seconds != 120 || cheek.Passes.Entered != 0 || cheek.Seconds != 0 || cheek.Strokes+nose().Strokes != 0 {
		t.Errorf("at 1.25: nose %+v, cheek %+v, found late %+v", nose(), cheek, e.Late)
	}
	e = v.do(session.Command{Do: session.CmdReattribute, Zone: limits.Scalp, Text: "of what is not offered"})[0].(session.Reattributed)
	if e.Late == nil || !e.Verdict.Refused {
		t.Errorf("%+v", e)
	}
}

// A pass goes with what was treated when it was marked, not with an entry that
// reaches back over it.
func TestMarkIsNotOfAnEntryMadeLater(t *testing.T) {
	v := manual(t)
	v.do(cheek)
	v.do(session.Command{Do: session.CmdArm})
	v.do(session.Command{Do: session.CmdStart})
	v.wait(60)
	v.do(session.Command{Do: session.CmdEnter, Entry: &session.Entry{Seconds: 30}})
	v.do(session.Command{Do: session.CmdPass})
	v.do(nose)
	v.wait(60)
	v.do(session.Command{Do: session.CmdEnter, Entry: &session.Entry{Seconds: 90}})
	c := reattributeTo(limits.Chin, limits.SideNone, v.p.Spans[0])
	c.ToAt = c.FromAt
	v.do(c)
	if got := v.total(limits.Chin, limits.SideNone).Passes.Marked; got != 1 {
		t.Errorf("%d marks moved with what they were made in", got)
	}
}

// A shorter cartridge that went in later makes no exceedance of what was done before.
func TestLateJudgementTakesNoLaterCartridge(t *testing.T) {
	v := treating(t)
	v.run(part{100, 1400, across})
	v.do(needlesOf(1000))
	e := v.do(session.Command{Do: session.CmdReattribute, Zone: limits.Cheek, Side: limits.Right, Text: "the other one"})[0].(session.Reattributed)
	if e.Late != nil || e.Verdict.Allowed != 1500 {
		t.Errorf("1.40 where 1.50 is allowed: found late %+v under %v", e.Late, e.Verdict.Allowed)
	}
}

// Where nothing is allowed a stroke of no known depth is one too many as well; and a
// pass that was marked after the zone was changed stays in that zone.
func TestReattributeStrokesOfNoDepthAndMarksOfTheNextZone(t *testing.T) {
	v := treating(t)
	v.apply(session.MotorRan{}, session.MotorRested{Strokes: 50, From: v.env.At})
	v.do(nose)
	v.do(session.Command{Do: session.CmdPass})
	c := reattributeTo(limits.Periorbital, limits.Left, v.p.Spans[0])
	c.FromAt, c.ToAt = v.p.Spans[0].From, v.p.Spans[0].To
	e := v.do(c)[0].(session.Reattributed)
	if e.Late == nil || e.Late.Strokes != 50 {
		t.Errorf("found late %+v", e.Late)
	}
	if got := v.total(limits.Nose, limits.SideNone).Passes.Marked; got != 1 {
		t.Errorf("%d marks left in the nose", got)
	}
}
