package demo

import (
	"fmt"
	"strings"

	"penlog/cmd/internal/simpen"
	"penlog/protocol"
	"penlog/session"
)

func mm(um int32) string { return protocol.Micrometres(um).MM() }

// ms gives a time in µs as people read it; figures below 10 ms get a decimal.
func ms(us int64) string {
	switch {
	case us == 0:
		return "0 ms"
	case us < 1000:
		return fmt.Sprintf("%d µs", us)
	case us < 10_000:
		return fmt.Sprintf("%d.%d ms", us/1000, us%1000/100)
	}
	return fmt.Sprintf("%d ms", (us+500)/1000)
}

// overWords says what was measured of an excursion above the ceiling, and from
// where to where: every time is the pen's own clock.
func overWords(o *simpen.OverLimit) []string {
	if o.Cause == "" {
		return []string{fmt.Sprintf("above max %s for a moment, deepest %s; it came down without a stop", mm(o.CeilingUM), mm(o.DeepestUM))}
	}
	after := func(from, to int64) string {
		if from == 0 || to == 0 {
			return "not measured"
		}
		return ms(to - from)
	}
	return []string{
		fmt.Sprintf("over-limit reading → needles stopped: %s; overshoot %s; strokes after: %d",
			after(o.WrittenUS, o.ClearUS), mm(o.OvershootUM), o.StrokesAfter),
		fmt.Sprintf("of these, reading written at the pen → stop read back there: %s; → motor off: %s; from there → needles clear of the skin: %s",
			after(o.WrittenUS, o.RevokeUS), after(o.WrittenUS, o.MotorOffUS), after(o.MotorOffUS, o.ClearUS)),
	}
}

// agentWords says what the agent itself measured of a stop, between two readings
// of its metrics. A stop is repeated until telemetry shows it: the decision is
// the mean over the repeats.
func agentWords(before, after map[string]float64, tookUS int64) string {
	const decision = "penlog_stop_decision_seconds"
	decided := "not measured"
	if n := sum(after, decision+"_count") - sum(before, decision+"_count"); n > 0 {
		decided = ms(int64((sum(after, decision+"_sum") - sum(before, decision+"_sum")) / n * 1e6))
	}
	return fmt.Sprintf("the agent's own figures: bytes read → stop handed to the port %s; stop → motor off in telemetry %s", decided, ms(tookUS))
}

// silenceWords says what a pen did about a host that fell silent.
func silenceWords(s *simpen.Silence) string {
	return fmt.Sprintf("permit died %s after the newest one arrived, needles clear %s later",
		ms(s.DiedAfterUS), ms(s.ClearAfter-s.DiedAfterUS))
}

// totalsWords is the summary of a session, a line for each zone.
func totalsWords(t *session.Totals) []string {
	out := []string{fmt.Sprintf("%d strokes in %d runs of the motor · holds %d · trips %d", t.Strokes, t.Runs, t.Holds, t.Trips)}
	for _, z := range t.Zones {
		deepest := "no depth reported"
		if z.Deepest > 0 {
			deepest = "deepest " + z.Deepest.MM()
		}
		out = append(out, fmt.Sprintf("%-8s %5d strokes · max depth %s · %s", z.Zone.Name(), z.Strokes, z.Ceiling.MM(), deepest))
	}
	return out
}

// bare drops the name of a package from an error's text.
func bare(err error) string { return plainly(err.Error()) }

func plainly(s string) string {
	for _, p := range []string{"demo: ", "session: ", "acknowledge depth_above_ceiling: "} {
		s = strings.TrimPrefix(s, p)
	}
	return s
}

// plural gives "1 event", "2 events".
func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
