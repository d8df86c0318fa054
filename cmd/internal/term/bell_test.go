package term_test

import (
	"testing"
	"time"

	"penlog/cmd/internal/term"
	"penlog/protocol"
	"penlog/session"
)

func TestBell(t *testing.T) {
	at := time.Unix(1_800_000_000, 0)
	broken := func(r session.Rule, resp session.Response) session.View {
		return session.View{Broken: []session.RuleView{{RuleBroke: session.RuleBroke{Rule: r, Response: resp}, Words: r.Words()}}}
	}
	calm := session.View{}
	trip := session.View{Trip: &session.RuleView{RuleBroke: session.RuleBroke{Rule: session.DepthAboveCeiling}, Words: session.DepthAboveCeiling.Words()}}
	worse := session.View{Trip: &session.RuleView{RuleBroke: session.RuleBroke{Rule: session.PenDisobeys}, Words: session.PenDisobeys.Words()}}
	muted := trip
	muted.MutedUntil = protocol.At(at.Add(40 * time.Second).UnixMicro())
	both := trip // and a worse alarm beside it
	both.Broken = broken(session.PenDisobeys, session.Alarm).Broken
	low := broken(session.BatteryLow, session.Alarm)
	var b term.Bell
	for i, step := range []struct {
		after time.Duration
		view  session.View
		rings bool
	}{
		{0, calm, false},
		{0, broken(session.DialAboveCeiling, session.Hold), false}, // a hold is calm
		{0, broken(session.Dwell, session.Advisory), false},
		{0, trip, true},
		{time.Second, trip, false},
		{14 * time.Second, trip, true}, // medium: every 15 s
		{time.Second, worse, true},     // another, and worse
		{4 * time.Second, worse, false},
		{time.Second, worse, true}, // high: every 5 s
		{time.Second, trip, true},  // the same again, after it was gone
		{time.Second, both, true},  // the worse is heard
		{5 * time.Second, both, true},
		{0, calm, false},
		{time.Second, muted, false},
		{20 * time.Second, muted, true}, // the pause is over
		{0, calm, false},
		{0, low, true},
		{time.Hour, low, false}, // low: once
		{0, broken(session.LinkLost, session.Alarm), true},
	} {
		at = at.Add(step.after)
		if got := b.Rings(&step.view, at); got != step.rings {
			t.Errorf("step %d: rings %v, want %v", i, got, step.rings)
		}
	}
	rings := 0
	for i := range 30 { // one that comes and goes, ten times a second
		at = at.Add(100 * time.Millisecond)
		if b.Rings([]*session.View{&calm, &trip}[i%2], at) {
			rings++
		}
	}
	if rings < 2 || rings > 4 {
		t.Errorf("an alarm that comes and goes for 3 s rings %d times", rings)
	}
	if at = at.Add(100 * time.Millisecond); !b.Rings(&worse, at) {
		t.Error("a worse one waits")
	}
	b.Test()
	if !b.Rings(&calm, at) || b.Rings(&calm, at) {
		t.Error("a test sounds once")
	}
}
