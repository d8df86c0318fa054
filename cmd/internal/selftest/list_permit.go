package selftest

// permitClauses switch off, one at a time, what the host keeps of ceilings,
// permits and revokes. Source: PROTOCOL.md §7.3 to §7.8.
func permitClauses() []Mutation {
	p, h, t := in{Permit, "protocol/host_permit.go"}, in{Permit, "protocol/host.go"}, in{Permit, "protocol/trial.go"}
	return []Mutation{
		// Permits.
		h.off("life", "P1 §7.3", `DefaultLife  = 300 * time.Millisecond`, `DefaultLife  = 450 * time.Millisecond`),
		p.off("seen-tick", "P1 §7.3", `p.ceiling, h.seen, uint16(life / time.Millisecond)}`, `p.ceiling, h.seen + Tick(now.Sub(h.heardAt)/time.Microsecond), uint16(life / time.Millisecond)}`),
		p.off("seen-tick-ahead", "P1 §7.3", `p.ceiling, h.seen, uint16(life / time.Millisecond)}`, `p.ceiling, h.seen + 20_000, uint16(life / time.Millisecond)}`),
		p.off("allowed", "P2 §7.3", `return p.allowed && p.proven`, `return p.proven`),
		p.covered("proven", "P5 §7.4", `return p.allowed && p.proven`, `return p.allowed`,
			"Hot wants nothing of an unproven pen, and pen_unproven holds"),
		p.covered("no-permit-in-the-test", "P5 §7.4", `p.phase == phaseConfirmed && p.test == testNone && !p.halted && h.link`, `p.phase == phaseConfirmed && !p.halted && h.link`,
			"a new ceiling, the test's too, ends what was allowed before"),
		p.covered("at-rest", "P4 §7.3", `p.test == testNone && !p.halted && h.link == LinkUp`, `p.test == testNone && h.link == LinkUp`,
			"Hot is not ready before the motor was seen at rest (guard/rest-first)"),
		p.off("renewal", "§7.3", `(!p.renewed || now.Sub(p.renewedAt) >= h.cfg.Renew)`, `true`),

		// Ceilings.
		p.off("ceiling-before-permit", "P4 §7.3", `p.phase, p.ceiling, p.allowed, p.renewed = phaseSetting, d, false, false
	p.await(h.seen)
	h.purgePermits()
	h.sendCeiling(now)`, `p.phase, p.ceiling, p.allowed, p.renewed = phaseSetting, d, false, false
	p.await(h.seen)
	h.purgePermits()
	h.sendCeiling(now)
	if p.test == testNone {
		p.phase = phaseConfirmed
		h.notice(Notice{Kind: NoticeConfirmed, At: now, Generation: p.gen, Ceiling: Micrometres(p.ceiling)})
	}`),
		p.covered("confirmed-generation", "P4 §7.3", `if m.Generation == p.gen && m.Ceiling == p.ceiling && !permit {`, `if m.Ceiling == p.ceiling && !permit {`,
			"between two ceilings of one depth a revoke is shown, which leaves none, and the pen takes no permit of another generation"),
		p.off("confirmed-depth", "P4 §7.3", `if m.Generation == p.gen && m.Ceiling == p.ceiling && !permit {`, `if m.Generation == p.gen && !permit {`),
		p.off("confirmed-for-ever", "P4 §7.3", `if m.Generation != p.gen || m.Ceiling != p.ceiling {`, `if false {`),
		p.off("ceiling-repeats", "§7.3 §7.6", `if now.Sub(p.sentAt) >= ceilingRepeat {`, `if false {`),
		p.off("ceiling-generation", "§7.3", `p.gen = p.nextGen
	p.nextGen++`, `p.gen = p.nextGen`),

		// Revokes.
		p.off("revoke-repeats", "P1 §7.5 §7.6", `if now.Sub(p.sentAt) >= revokeRepeat {`, `if false {`),
		p.off("revoke-until-no-permit", "P1 §7.5", `if m.Generation == p.gen && !permit {
			p.phase, p.halted = phaseNone`, `if m.Generation == p.gen {
			p.phase, p.halted = phaseNone`),
		p.off("revoke-generation", "§7.3", `p.gen = p.nextGen
	if p.nextGen < 0xffff {
		p.nextGen++
	}
	if p.phase`, `if p.phase`),
		p.covered("revoke-purges", "P1 §7.5", `p.allowed = false
	h.purgePermits()
	if h.link != LinkUp {`, `p.allowed = false
	if h.link != LinkUp {`,
			"what waits is handed out in the same step, where a revoke displaces it, and the pen takes no permit of an older generation"),
		h.covered("revoke-overtakes", "P1 §7.5", `if h.out[i].Lane == LaneRevoke {`, `if false {`,
			"what waits is handed out in the same step, where a revoke displaces it, and the pen takes no permit of an older generation"),
		p.off("revoke-is-sent", "P1 §7.5", `h.send(LaneRevoke, TypeRevoke, m.Append(h.scratch()))`, `_ = m`),

		// A pen that does not obey.
		p.off("disobeys-permit-past-end", "pen_disobeys §7.5", `bad = bad || permit && over > obeySlack || on && over > stop`, `bad = bad || on && over > stop`),
		p.covered("disobeys-motor-past-end", "pen_disobeys §7.5", `bad = bad || permit && over > obeySlack || on && over > stop`, `bad = bad || permit && over > obeySlack`,
			"a motor on past the end shows a permit that is past its end, or none: permit/disobeys-permit-past-end and permit/disobeys-by-its-own-word say so within milliseconds"),
		p.covered("disobeys-end-is-what-was-shown", "pen_disobeys §7.5", `if !p.haveBound || t.Since(p.bound) < 0 {`, `if !p.haveBound {`,
			"a motor on after a shown stop shows no permit, which is disobedience by its own word"),
		p.off("disobeys-by-its-own-word", "pen_disobeys §7.5", `if on && (guarded && !permit || p.halted) {`, `if on && p.halted {`),
		p.off("disobeys-a-shown-stop", "pen_disobeys §7.5", `if on && (guarded && !permit || p.halted) {`, `if on && guarded && !permit {`),
		in{Permit, "protocol/host_press.go"}.off("stopped-by-its-word", "pen_disobeys §7.5", `r.came = !r.spent`, `r.came = false`),
		p.off("disobeys-hidden-strokes", "pen_disobeys §7.5", `return p.hidden >= hiddenMost`, `return false`),
		p.off("disobeys-deaf", "pen_disobeys §7.5", `bad = bad || p.deaf(m, now) || guarded`, `bad = bad || guarded`),
		p.off("disobeys-without-a-press", "pen_disobeys §7.5", `|| guarded && unasked `, `|| false && unasked `),
		p.covered("disobeys-in-the-test", "pen_disobeys §7.5", ` || guarded && on && p.test != testNone`, ``,
			"a motor that is on fails the test, which revokes (permit/test-fails-with-the-motor-on), and one that goes on then disobeys"),
		p.off("disobeyed-for-this-boot", "pen_disobeys §7.5 P5", `if b != 0 && b == h.boot {`, `if false && b == h.boot {`),
		p.covered("disobedient-is-unproven", "pen_disobeys §7.5 P5", `p.proven = false
	if p.phase`, `if p.phase`,
			"Hot holds the pen as unproven too (guard/disobedient-stays-unproven)"),
		p.covered("disobedient-is-revoked", "pen_disobeys §7.5", `if p.phase != phaseRevoking && now.Sub(p.sentAt) >= revokeRepeat {`, `if false {`,
			"the trip revokes"),
		p.off("generations-fall", "§6.2 §7.1", `if m.Generation < p.shownGen {`, `if false {`),
		p.off("released-is-unproven", "pen_released §7.4", `p.proven = false // it is earned`, `_ = 0 // it is earned`),
		p.covered("generations-end", "§7.8", `if h.permit.nextGen < lastGenerat {`, `if true {`,
			"no run is so long: it takes 30,000 ceilings (TestGenerationsRunOut)"),

		// The test.
		t.covered("revoke-before-the-test", "P5 §7.5", `|| p.phase == phaseRevoking || h.ranOut(now)`, `|| h.ranOut(now)`,
			"a test comes a second after the stop before it, and who shows no revoke for that long does not obey and is tested no more, but for lines that bring all in bursts"),
		t.off("test-is-made", "P5 §7.4", `p.proven, p.testTries = false, 0
	h.beginTest(now)`, `p.proven = true
	h.notice(Notice{Kind: NoticeProven, At: now})`),
		t.off("test-life", "§7.4", `testLife  = 150 * time.Millisecond`, `testLife  = 300 * time.Millisecond`),
		t.off("test-ends-by-age", "§7.4", `case p.test == testSeen && !permit && m.Tick.Since(p.bound) >= 0:`, `case p.test == testSeen && !permit:`),
		t.off("test-is-seen", "§7.4", `case p.test == testSeen && !permit && m.Tick.Since(p.bound) >= 0:`, `case (p.test == testSeen || p.test == testGranted) && !permit && m.Tick.Since(p.bound) >= 0:`),
		t.off("test-lapses", "P5 §7.4", `p.test, p.testAt = testSeen, now`, `p.test, p.proven, p.phase = testNone, true, phaseNone
		h.notice(Notice{Kind: NoticeProven, At: now})`),
		t.covered("test-fails-with-the-motor-on", "§7.4", `case m.MotorOn() || p.phase == phaseNone || m.Flags.Has(FlagReleased):`, `case p.phase == phaseNone || m.Flags.Has(FlagReleased):`,
			"a motor on during the test is disobedience before it is a failed test"),
		t.off("test-fails-when-changed", "§7.4", `case m.MotorOn() || p.phase == phaseNone || m.Flags.Has(FlagReleased):`, `case m.MotorOn() || m.Flags.Has(FlagReleased):`),
		t.off("test-not-while-it-runs", "§7.4", `h.newest.MotorOn() || !h.id.Caps`, `!h.id.Caps`),
		t.off("test-not-after-disobedience", "§7.4 §7.5 P5", ` || h.Disobeyed() || p.phase`, ` || p.phase`),
		t.covered("test-not-released", "pen_released §7.4", `h.newest.Flags.Has(FlagReleased) || h.Disobeyed()`, `h.Disobeyed()`,
			"Hot gives the test up with the first reading that shows the pen out of guarded mode"),
	}
}

// linkClauses switch off what the host's end knows of who is there and how old
// what it says is. Source: PROTOCOL.md §4, §7.1, §7.2.
func linkClauses() []Mutation {
	h, f := in{Link, "protocol/host.go"}, in{Link, "protocol/host_frames.go"}
	return []Mutation{
		h.off("nonce-of-its-own", "§7.1", `h.nonce = 0
	for h.nonce == 0 {`, `for h.nonce == 0 {`),
		h.off("permits-end-with-the-session", "P2 §7.1", `h.dups = [16]seen{}
	h.permit.reset(h.firstGeneration())`, `h.dups = [16]seen{}`),
		h.covered("first-generation", "§7.1", `return uint16(h.rng.Uint64()%0x7fff) + 1`, `return 1`,
			"what is left of an older session is told apart by the depth it shows, and the pen takes no permit of another generation"),
		h.off("silence", "link_lost P6", `if now.Sub(h.heardAt) > hostSilence || h.baudFailed(now) {`, `if h.baudFailed(now) {`),
		h.off("overslept", "link_lost P2 §7.2", `now.Sub(h.spokeAt) > penPatience`, `false`),
		f.off("identity-changes", "§7.1", `case h.link == LinkUp && changed:`, `case false && changed:`),
		f.off("reboot", "pen_rebooted P2", `rebooted := h.boot != 0 && h.id.Boot != h.boot`, `rebooted := false`),
		f.covered("welcome-nonce", "§7.1", `m.Nonce != h.nonce || `, ``,
			"of another session the first generation differs too (link/welcome-generation)"),
		f.covered("welcome-generation", "§7.1", `m.Generation != h.permit.first || `, ``,
			"of another session the nonce differs (link/welcome-nonce)"),
		f.covered("welcome-boot", "§7.1", ` || (h.boot != 0 && m.Boot != h.boot)`, ``,
			"of another session nonce and generation differ (link/welcome-nonce, link/welcome-generation)"),
		f.off("sync-token", "§4.6", ` || m.Token != h.sync.token {`, ` {`),
		f.off("welcome-to-an-earlier-hello", "§4", `h.clock.Exchange(h.firstAt, now, m.Tick)`, `h.clock.Exchange(h.helloAt, now, m.Tick)`),
		f.off("late-readings", "§4", `if step <= 0 && -step < clockJump {`, `if false {`),
		f.covered("duplicates", "§2.6", `if *d == mark {`, `if false {`,
			"a reading that comes twice brings an old tick (link/late-readings), an event one that was heard (record/events-once), and the rest says the same twice"),
		f.off("pen-clock-jumps", "clock_jumped P2", `if step < 0 || early > clockJump {`, `if false {`),
		f.off("pen-clock-late", "clock_jumped P2", `} else if now.Sub(h.lateSince) > clockLateFor {`, `} else if false {`),
		f.off("forgotten-by-the-pen", "link_lost P2", `if m.Reason == RefusedNonce && h.link == LinkUp && int16(m.Seq-h.firstSeq) >= 0 {`, `if false {`),
		f.off("another-host", "pen_busy", `case now.Sub(h.strangeAt) > announceMost:`, `case false:`),
		h.off("age-is-bounded", "readings_stale §4", `return at.Add(-early)`, `_ = early
	return at`),
	}
}
