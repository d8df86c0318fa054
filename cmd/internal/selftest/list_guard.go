package selftest

// guardClauses switch clauses of the guard's rules off, one at a time.
func guardClauses() []Mutation {
	g, j := in{Guard, "session/guard.go"}, in{Guard, "session/guard_judge.go"}
	return []Mutation{
		// Depth above the ceiling.
		j.off("set-depth-above", "depth_above_ceiling P5", `d > g.ceiling {
			g.setDepth(DepthAboveCeiling`, `false && d > g.ceiling {
			g.setDepth(DepthAboveCeiling`),
		j.off("two-strokes-above", "depth_above_ceiling P5", `if d > g.ceiling+atOnce || g.over >= 2 {`, `if d > g.ceiling+atOnce {`),
		j.covered("one-stroke-far-above", "depth_above_ceiling P5", `if d > g.ceiling+atOnce || g.over >= 2 {`, `if g.over >= 2 {`,
			"the peak tells it with the same reading (guard/peak-far-above), or 260 ms later where it still holds strokes of before"),
		j.off("peak-far-above", "depth_above_ceiling P6", `case peak > g.ceiling+atOnce:`, `case false && peak > g.ceiling+atOnce:`),
		j.off("strokes-above-counted", "depth_above_ceiling P6", `case r.StrokesAbove-g.last.StrokesAbove >= 2:`, `case false && r.StrokesAbove-g.last.StrokesAbove >= 2:`),
		j.off("peak-stays-above", "depth_above_ceiling P6", `return r.Tick.Since(g.highAt) > peakReach`, `return false && r.Tick.Since(g.highAt) > peakReach`),
		g.off("last-strokes-judged", "depth_above_ceiling P6", `moved := on || counted != 0`, `moved := on`),
		j.off("tolerance", "depth_above_ceiling", `limit := g.ceiling + g.tolerance`, `limit := g.ceiling + g.tolerance + 250`),

		// Readings that live, and can be.
		j.off("frozen-strokes", "readings_frozen P6", `frozen := r.Tick.Since(g.strokeAt) > frozenFor && r.Tick.Since(g.strokeAt) > g.still(r) || r.Tick`, `frozen := r.Tick`),
		j.off("frozen-start", "readings_frozen P6", ` || r.Tick.Since(g.startAt) > startMost ||`, ` ||`),
		j.off("frozen-depth", "readings_frozen P6", `&& g.sameFor > frozenVaries`, `&& g.sameFor > 1000*frozenVaries`),
		j.off("frozen-at-rest", "readings_frozen P6", `g.set(ReadingsFrozen, g.pressed && r.Tick.Since(g.pressAt) > frozenFor, now)`, `g.set(ReadingsFrozen, false, now)`),
		j.covered("strokes-fall", "readings_impossible", `bad = bad || int32(strokes) < 0`, `bad = bad || false`,
			"a count that falls differs from the one before by more than 2³¹ strokes, which is more than any pen's greatest rate makes: guard/strokes-too-fast finds it"),
		j.off("strokes-too-fast", "readings_impossible P6", `bad = bad || int64(strokes) > most`, `bad = bad || false && int64(strokes) > most`),
		j.covered("depth-beyond-the-pen", "readings_impossible P6", `bad = protocol.Micrometres(r.Measured) > g.depthMax+beyondPen`, `bad = false`,
			"such a depth is above every ceiling: depth_above_ceiling trips with the same reading"),
		j.off("measured-missing", "depth_missing P6", `g.source == protocol.DepthMeasured && r.Measured == protocol.None ||`, `false ||`),
		j.off("set-missing", "depth_missing P6", `g.source == protocol.DepthSet && r.Set == protocol.None)`, `false)`),
		j.off("no-depth-at-all", "depth_missing P6", `g.set(DepthMissing, g.source == protocol.DepthManual, now)`, `g.set(DepthMissing, false, now)`),
		j.off("stale-before-the-permit", "readings_stale P6", `age > g.StaleAfter(), now)`, `age > g.life+g.StaleAfter(), now)`),
		g.covered("stale-within-life", "readings_stale P6", `d = min(d, g.life-staleMargin)`, `d = max(d, 0)`,
			"a pen that takes permits sends 20 readings a second at least, and three periods of that are 150 ms"),

		// Holds and trips.
		g.off("trips-stop", "P5 P6", `return g.tripped == 0 && g.holds == 0`, `return g.holds == 0`),
		g.off("holds-hold", "P6", `return g.tripped == 0 && g.holds == 0`, `return g.tripped == 0`),
		g.off("trips-latch", "P5 P6", `case Trip:
			if g.tripped == 0 {`, `case Trip:
			if false {`),
		g.off("first-cause-stays", "P6", `case Trip:
			if g.tripped == 0 {`, `case Trip:
			if true {`),
		g.off("acknowledge-unseen", "P6", `case g.Broken(ReadingsStale) || !g.have:`, `case false:`),
		g.off("acknowledge-running", "P6", `case g.have && g.last.MotorOn():`, `case false:`),
		g.off("acknowledge-dial", "P6 dial_above_ceiling", `case g.tripped == DepthAboveCeiling && g.Broken(DialAboveCeiling):`, `case false:`),
		g.off("acknowledge-fault", "P6 pen_not_well", `case g.Broken(PenNotWell) && g.tripped == PenFault:`, `case false:`),
		g.covered("acknowledge-pressed", "P6 readings_frozen", `case g.pressed && g.tripped == ReadingsFrozen:`, `case false:`,
			"the next reading trips anew by guard/frozen-at-rest"),
		g.off("acknowledge-impossible", "P6 readings_impossible", `case g.Broken(ReadingsImpossible) && g.tripped == ReadingsImpossible:`, `case false:`),

		// Against false trips: what cries wolf is switched off.
		g.off("coming-to-rest", "depth_above_ceiling P4", `if g.have && g.last.MotorOn() && g.ceiling > 0 && g.mode == ModeGuarded {`, `if false {`),
		j.off("peak-of-before", "depth_above_ceiling P4", `if r.Peak == protocol.None || !g.settled {`, `if r.Peak == protocol.None {`),
		j.covered("slow-strokes", "readings_frozen", `return min(max(frozenFor, frozenStrokes*10*time.Second/time.Duration(rate)), frozenMost)`, `return 20 * time.Millisecond`,
			"no pen there is makes fewer than 20 strokes a second, and ten of those take half a second"),
	}
}

// hotClauses switch off what Hot does about the guard's verdict.
func hotClauses() []Mutation {
	h, e, t := in{Guard, "session/hot.go"}, in{Guard, "session/hot_heed.go"}, in{Guard, "session/hot_tell.go"}
	return []Mutation{
		h.covered("no-ceiling-stops", "P3", `case h.wanted.ceiling == 0 || !g.MayRun() || h.ready && !h.wanted.allow:`, `case !g.MayRun() || h.ready && !h.wanted.allow:`,
			"where there is no ceiling nothing is wanted, which stops (guard/unwanted-stops), and a motor that runs unwanted is stopped (by the rule motor_unwanted)"),
		h.off("guard-stops", "P5", `case h.wanted.ceiling == 0 || !g.MayRun() || h.ready && !h.wanted.allow:`, `case h.wanted.ceiling == 0 || h.ready && !h.wanted.allow:`),
		h.off("unwanted-stops", "P2", `case h.wanted.ceiling == 0 || !g.MayRun() || h.ready && !h.wanted.allow:`, `case h.wanted.ceiling == 0 || !g.MayRun():`),
		h.covered("trip-ends-the-test", "P5", `case h.ready || h.inForce || g.tripped != 0 && h.host.Testing():`, `case h.ready || h.inForce:`,
			"the test's permit starts nothing and dies in 150 ms (PROTOCOL.md §6.5)"),
		h.covered("stop-again", "stop_unconfirmed", `, h.stopping && now.Sub(h.restopAt) >= restop:`, `:`,
			"a motor that is on past its stop time disobeys, which revokes again and again (permit/disobedient-is-revoked)"),
		h.off("stoppable-is-stopped", "P5 motor_unwanted", `case !h.stopping && (h.mode == ModeStoppable || g.tripped != 0), h.stopping`, `case h.stopping`),
		h.off("revoke-first", "§7.5", `if h.host.Revoking() {`, `if false {`),
		h.off("ceiling-of-now", "P3 §7.3", `if !ok || c != h.wanted.ceiling {`, `if _ = c; !ok {`),
		h.covered("rest-first", "§7.3", `if h.host.Halting() {`, `if false {`,
			"the host sends no permit before the motor was seen at rest (permit/at-rest)"),
		h.off("wish-of-this-pen", "P2", `o.Ceiling, o.Allow && o.Conn == h.conn`, `o.Ceiling, o.Allow`),
		h.off("stop-order", "P2", `case OrderStop:
		if h.host.Link() == protocol.LinkUp && (`, `case OrderStop:
		if false && (`),
		h.covered("proven-first", "P5 §7.4", `may := g.MayRun() && h.host.Proven()`, `may := g.MayRun()`,
			"Host.Allow takes effect for a proven pen only, and pen_unproven holds"),
		h.covered("no-test-when-tripped", "P5 §7.4", `return g.tripped == 0 && !h.overflow`, `return !h.overflow`,
			"a trip that is latched ends the test in the turn in which it begins (guard/trip-ends-the-test)"),
		h.off("no-test-unrecorded", "P7 §7.4", `return g.tripped == 0 && !h.overflow && `, `return g.tripped == 0 && `),
		h.off("no-test-unseen", "P6 §7.4", ` && !g.Broken(ReadingsStale) && !g.Broken(PenNotWell)`, ` && !g.Broken(PenNotWell)`),
		h.off("no-test-unwell", "P6 §7.4", ` && !g.Broken(ReadingsStale) && !g.Broken(PenNotWell)`, ` && !g.Broken(ReadingsStale)`),
		h.off("undrained-is-stale", "readings_stale P6", `if drained || now.Sub(h.waitingAt) > undrainable {`, `if drained {`),
		h.off("wall-clock-jump", "clock_jumped P2", `d > jump || d < -jump {`, `false && (d > jump || d < -jump) {`),
		h.off("queue-full", "record_stalled P7", `h.overflow || due && now > h.lease`, `due && now > h.lease`),
		h.off("lease-ends", "record_stalled P7", `h.overflow || due && now > h.lease`, `h.overflow || false && due && now > h.lease`),
		h.off("pen-of-before", "pen_changed", `h.serial = ""
		if h.host.Link()`, `if h.host.Link()`),

		e.off("readings-lost-hold", "record_stalled P7", `h.overflow = true
			h.missed++`, `h.missed++`),
		e.off("readings-lost-told", "P7", `h.overflow = true
			h.missed++`, `h.overflow = true`),
		e.off("wish-ends-with-the-pen", "P2", `h.wanted.allow = false // until`, `_ = 0 // until`),
		e.covered("disobedient-stays-unproven", "pen_unproven pen_disobeys P5", `g.set(rule, true, now)
		g.set(PenUnproven, true, now)`, `g.set(rule, true, now)`,
			"the host's end takes back that it is proven (permit/disobedient-is-unproven)"),
		e.off("tests-that-fail", "pen_test_failing", `h.failed >= testsMost, now)`, `h.failed >= 1000*testsMost, now)`),
		e.covered("jump-revokes", "clock_jumped", `if h.ready || h.wasOn || h.host.Testing() {
		h.host.Revoke(now)`, `if false {
		h.host.Revoke(now)`,
			"the hello of the session that follows ends permit and motor (PROTOCOL.md §5.2)"),
		e.off("jump-parts", "clock_jumped P2", `if h.host.Link() == protocol.LinkUp {
		h.part(now)
	}
	h.host.Rehello(now)`, `h.host.Rehello(now)`),
		e.off("shown-when-proven", "P9", `h.host.Link() != protocol.LinkUp || h.mode == ModeGuarded && !h.host.Proven()`, `h.host.Link() != protocol.LinkUp`),
		e.off("release-stops", "pen_released P9", `if h.ready || r.MotorOn() {
			h.stop(at)
		}`, ``),
		e.off("released-is-stoppable", "pen_released P9", `h.setMode(ModeStoppable)`, `h.setMode(ModeGuarded)`),
		e.off("back-is-unproven", "pen_released pen_unproven P9", `h.setMode(ModeGuarded)
	h.guard.set(PenUnproven, true, at)
	h.proving, h.proveAt = true, at`, `h.setMode(ModeGuarded)`),

		t.off("trip-is-told-again", "P6", `h.retell = true
	}`, `h.retell = false
	}`),
		t.covered("notes-full-hold", "record_stalled P7", `h.overflow = true
	}
	if len(h.backlog)`, `_ = 0
	}
	if len(h.backlog)`,
			"readings come at least 20 times a second, and find the queue full too (guard/readings-lost-hold)"),
	}
}
