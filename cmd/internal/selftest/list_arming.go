package selftest

// timeOut switches the checks of the time-out off, one at a time.
func timeOut() []Mutation {
	c := in{Arming, "session/checks.go"}
	return []Mutation{
		c.covered("check-pen", "check:pen", `l.must("pen", p.PenUp,`, `l.must("pen", true,`,
			"without a pen there is no mode (arming/check-mode-unproven)"),
		c.off("check-source", "check:source P10", `l.must("source", !p.Foreign,`, `l.must("source", true,`),
		c.off("check-mode-unproven", "check:mode P5", `l.add("mode", CheckFailed, "the pen has proved`, `l.add("mode", CheckWarning, "the pen has proved`),
		c.off("check-mode-of-the-clinic", "check:mode P9", `l.add("mode", CheckFailed, fmt.Sprintf("this clinic treats`, `l.add("mode", CheckWarning, fmt.Sprintf("this clinic treats`),
		c.off("check-mode-accepted", "check:mode P9", `l.add("mode", CheckFailed, fmt.Sprintf("this pen is`, `l.add("mode", CheckWarning, fmt.Sprintf("this pen is`),
		c.covered("check-limits", "check:limits P3", `l.must("limits", env.Limits.Hash() != "",`, `l.must("limits", true,`,
			"without limits no zone can be chosen"),
		c.off("check-zone-chosen", "check:zone P3", `l.add("zone", CheckFailed, "zone and indication`, `l.add("zone", CheckWarning, "zone and indication`),
		c.off("check-zone-offered", "check:zone", `l.add("zone", CheckFailed, "this clinic`, `l.add("zone", CheckWarning, "this clinic`),
		c.off("check-zone-planned", "check:zone", `l.add("zone", CheckFailed, at.Zone.Name()`, `l.add("zone", CheckWarning, at.Zone.Name()`),
		c.off("check-patient", "check:patient", `l.must("patient", strings.TrimSpace(p.PatientID) != "" && p.Operator != "",`, `l.must("patient", true,`),
		c.off("check-screening", "check:screening", `l.add("screening", state, words, remedy)`, `l.add("screening", map[bool]CheckState{true: CheckWarning, false: state}[state == CheckFailed], words, remedy)`),
		c.off("screening-open", "check:screening", `open = append(open, q.Code)`, `_ = open`),
		c.off("screening-block", "check:screening", `case q.Action == policy.Block && !(q.Overridable && cleared):`, `case false:`),
		c.off("screening-clearance", "check:screening", `case q.Action == policy.Clearance && !cleared:`, `case false:`),
		c.off("check-consent", "check:consent", `l.add("consent", CheckFailed, "the patient has consented"`, `l.add("consent", CheckWarning, "the patient has consented"`),
		c.off("check-consent-off-label", "check:consent", `l.add("consent", CheckFailed, "the patient was told`, `l.add("consent", CheckWarning, "the patient was told`),
		c.off("check-anaesthetic-said", "check:anaesthetic", `l.add("anaesthetic", CheckFailed, "it is not said`, `l.add("anaesthetic", CheckWarning, "it is not said`),
		c.off("check-anaesthetic-wiped", "check:anaesthetic", `l.add("anaesthetic", CheckFailed, "the anaesthetic was wiped off"`, `l.add("anaesthetic", CheckWarning, "the anaesthetic was wiped off"`),
		c.off("check-cartridge-in", "check:cartridge", `l.add("cartridge", CheckFailed, "a new cartridge is in"`, `l.add("cartridge", CheckWarning, "a new cartridge is in"`),
		c.covered("check-cartridge-intact", "check:cartridge", `l.add("cartridge", CheckFailed, "the cartridge's pack was intact"`, `l.add("cartridge", CheckWarning, "the cartridge's pack was intact"`,
			"a pack that was not intact is refused when it is given (arming/pack-intact)"),
		c.off("check-cartridge-expired", "check:cartridge", `l.add("cartridge", CheckFailed, "the cartridge is not expired"`, `l.add("cartridge", CheckWarning, "the cartridge is not expired"`),
		c.off("check-alarm", "check:alarm P6", `l.must("alarm", p.AlarmHeard,`, `l.must("alarm", true,`),
		c.off("check-clock", "check:clock", `l.fact("clock", env.World.Clock,`, `l.fact("clock", Fact{State: FactGood},`),
		c.off("check-record", "check:record P7", `l.fact("record", env.World.Record,`, `l.fact("record", Fact{State: FactGood},`),
		c.off("check-awake", "check:awake", `l.fact("awake", env.World.Awake,`, `l.fact("awake", Fact{State: FactGood},`),
		c.off("check-press", "check:press_test P2", `l.must("press_test", p.PressTested,`, `l.must("press_test", true,`),
	}
}

// armingClauses switch off who may have what done, and what a step asks for.
func armingClauses() []Mutation {
	z, d, pr, c := in{Arming, "session/decide_zone.go"}, in{Arming, "session/decide.go"}, in{Arming, "session/decide_prepare.go"}, in{Arming, "session/decide_cartridge.go"}
	tr := in{Arming, "session/decide_treat.go"}
	co, cc, cn, cr, ce, ca := in{Arming, "session/cold.go"}, in{Arming, "session/cold_command.go"}, in{Arming, "session/cold_notes.go"}, in{Arming, "session/cold_record.go"}, in{Arming, "session/cold_penevents.go"}, in{Arming, "session/cold_advise.go"}
	p := in{Arming, "session/procedure.go"}
	return []Mutation{
		// The time-out itself.
		z.off("time-out", "P2", `if failed >= 0 {`, `if false {`),
		z.off("time-out-at-arm", "P2", `if err != nil {
		return nil, err
	}
	return []Event{ArmedEvent`, `if false {
		return nil, err
	}
	return []Event{ArmedEvent`),
		z.off("time-out-at-resume", "P2", `if err != nil {
		return nil, err
	}
	return []Event{ResumedEvent`, `if false {
		return nil, err
	}
	return []Event{ResumedEvent`),
		z.off("time-out-at-rest", "motor_unwanted P2", `if p.Running && p.Mode == ModeStoppable {`, `if false {`),
		z.covered("time-out-refused-zone", "P3", `case v.Refused:
			return v, ruling, &`, `case false:
			return v, ruling, &`,
			"nothing is wanted of Hot under a refused verdict (arming/desire-refused)"),
		z.off("time-out-never-rises", "P3", `case v.Allowed > p.Verdict.Allowed:`, `case false:`),

		// Zones: stop, set, confirm, go.
		z.off("zone-at-rest", "P4", `case p.Running:
		return refuse("motor_on", string(do)+`, `case false:
		return refuse("motor_on", string(do)+`),
		z.off("zone-lifted", "P4", `case env.World.Contact && p.PenUp:`, `case false:`),
		z.off("higher-is-a-second-act", "P4", `higher := p.State != Draft && v.Allowed > p.Granted`, `higher := false`),
		z.off("second-act-in-time", "P4", `if p.HigherAt != 0 && (env.At-p.HigherAt > secondActIn || env.At < p.HigherAt) {`, `if false {`),
		cc.off("second-act-in-time-monotonic", "P4", `case cmd.Do == CmdResume && c.proc.HigherAt != 0 && now > c.actUntil:`, `case false:`),
		z.covered("zone-unfit-pauses", "P4", `(higher || after.unfit(env))`, `higher`,
			"what is decided is looked at again as a whole (arming/word-that-pauses)"),
		z.off("zone-refused-is-no-zone", "P3", `to, _ := p.State.Next(ActRefuse)
		return append(events, ZoneRefused{By: c.By, Verdict: v, To: to}), nil`, `return nil, refuse("refused", "refused", "")`),
		d.covered("word-that-pauses", "P4", `if !matters || !after.State.MayPermit() {`, `if _ = matters; true {`,
			"every such word pauses by itself too (arming/word-that-pauses-at-once), and a zone that is unfit begins paused (arming/zone-unfit-pauses)"),
		pr.covered("word-that-pauses-at-once", "P4", `if !p.State.MayPermit() || !after.unfit(env) {`, `if true {`,
			"what is decided is looked at again as a whole (arming/word-that-pauses)"),
		pr.off("patient-not-while-it-may-run", "P3", `case p.State.MayPermit():
		return nil, refusedIn(p.State, c.Do) // the max`, `case false:
		return nil, refusedIn(p.State, c.Do) // the max`),

		// Overrides.
		z.off("override-ends-with-the-zone", "P3", `if o := p.Override; o != nil && o.place() != at {`, `if o := p.Override; false && o.place() != at {`),
		z.off("override-of-its-place", "P3", `if o := p.Override; o != nil && o.place() == at && !ruling`, `if o := p.Override; o != nil && !ruling`),
		z.off("override-forbidden-by-patient", "P3", `o.place() == at && !ruling.NoOverride {`, `o.place() == at {`),
		z.off("override-pauses", "P4", `if to == Armed {
		to = Paused
	}
	return []Event{Overridden`, `return []Event{Overridden`),
		z.off("override-by-two", "P3", `case env.Clinic.SecondPerson() && c.Second == "":`, `case false:`),
		co.off("override-15-minutes", "P3", `(now >= c.overUntil || at >= o.Until)`, `false`),
		co.covered("override-ends-with-the-agent", "P2 P3", `c.endOverride("agent restarted", now, at)`, ``,
			"the next agent knows no end of it, so that its time is up at the first tick"),
		z.covered("override-end-never-rises", "P3", `if p.Chosen && v.Allowed > p.Verdict.Allowed {
		// Something`, `if false {
		// Something`,
			"the fold takes no rise from what comes by itself (fold/lower-never-rises)"),
		ca.off("override-end-is-told", "P3", `if c.open() && c.proc.Override != nil {`, `if false {`),

		// People.
		d.off("known-person", "P8", `case !env.Clinic.Known(string(by)):`, `case false:`),
		d.off("role", "P3 P8", `case env.Clinic.Role(string(by)) < spec.Role:`, `case false:`),
		d.off("second-is-another", "P3 P8", `if strings.EqualFold(string(c.Second), string(c.By)) {`, `if false {`),
		d.off("over-is-over", "P8", `if p.State.Over() && !spec.After {`, `if false {`),
		tr.off("pens-start-themselves", "P2", `if p.Accepted != ModeManual || p.PenUp {
		return nil, refuse("pen_starts"`, `if false {
		return nil, refuse("pen_starts"`),

		// The cartridge.
		c.covered("pack-intact", "check:cartridge", `case !g.Intact:`, `case false:`,
			"nothing is armed with it (arming/check-cartridge-intact)"),
		c.off("cartridge-once", "P8", `if e.UseKey != "" && c.History != nil && c.History.UsedIn`, `if false && c.History.UsedIn`),
		c.off("cartridge-pauses", "P4", `if e.To.MayPermit() {
		e.To = Paused`, `if false {
		e.To = Paused`),
		c.off("cartridge-out-pauses", "P4", `if next, ok := p.State.Next(ActPause); ok {`, `if next, ok := p.State.Next(ActPause); ok && false {`),
		ce.off("cartridge-out-at-the-pen", "P4", `case e.Kind == protocol.EventCartridgeOut && p.State.MayPermit():`, `case false:`),
		z.off("cartridge-lowers", "P3", `after.Cartridge = length`, `_ = length`),

		// What comes back, comes back paused.
		cn.off("lose", "P2", `if ok && to != c.proc.State {`, `if false && ok {`),
		cn.off("lose-link", "link_lost P2", `c.lose("link lost", now, at)`, ``),
		cn.covered("lose-session", "P2", `c.lose("the pen's session began anew", now, at)`, ``,
			"only after a clock's jump does a session begin anew whose end was not told: that has paused it (arming/lose-clock), and until the new one stands the pen's mode refuses a resume"),
		cn.off("lose-plugged-in", "P2", `c.lose("a pen was plugged in", now, at) // the`, `// the`),
		cn.off("lose-guarded", "P2 P9", `c.lose("the pen is no longer guarded", now, at)`, ``),
		cn.off("lose-clock", "clock_jumped P2", `c.lose(fmt.Sprintf("a clock jumped by %v", n.Took), now, at)`, `_ = fmt.Sprint()`),
		co.off("restart-paused", "P2", `c.add(PausedEvent{By: Agent, Why: "agent restarted", To: to}, now, at)`, `_ = to`),

		// What is wanted rests on what is on the disk.
		co.off("verdict-on-disk", "P7", `if c.committed < c.verdictSeq {`, `if false {`),
		cr.off("verdict-zone", "P7", `case Opened, ZoneChosen, ZoneRefused,`, `case Opened, ZoneRefused,`),
		cr.off("verdict-armed", "P7", `OverrideEnded, ArmedEvent, ResumedEvent, Acknowledged:`, `OverrideEnded, ResumedEvent, Acknowledged:`),
		cr.off("verdict-resumed", "P7", `OverrideEnded, ArmedEvent, ResumedEvent, Acknowledged:`, `OverrideEnded, ArmedEvent, Acknowledged:`),
		p.off("desire-over", "P2", `if p.State.Over() || !p.Chosen ||`, `if !p.Chosen ||`),
		p.covered("desire-zone", "P3", `if p.State.Over() || !p.Chosen || p.Verdict.Refused`, `if p.State.Over() || p.Verdict.Refused`,
			"without a zone nothing is armed (arming/check-zone-chosen)"),
		p.covered("desire-refused", "P3", `|| p.Verdict.Refused || p.Foreign {`, `|| p.Foreign {`,
			"a refused verdict is never armed (arming/time-out-refused-zone), and refused zones are not chosen"),
		p.covered("desire-foreign", "P10", `|| p.Verdict.Refused || p.Foreign {`, `|| p.Verdict.Refused {`,
			"nothing is armed with a pen of another kind (arming/check-source)"),
		p.off("desire-state", "P2", `return p.Verdict.Allowed, p.State.MayPermit() && may && p.PenUp`, `return p.Verdict.Allowed, may && p.PenUp`),
		p.covered("desire-mode", "P5 P9", `return p.Verdict.Allowed, p.State.MayPermit() && may && p.PenUp`, `return p.Verdict.Allowed, (may || true) && p.State.MayPermit() && p.PenUp`,
			"a pen that is no longer guarded pauses (arming/lose-guarded), and Hot permits none that is unproven"),
		p.covered("desire-pen", "P2", `return p.Verdict.Allowed, p.State.MayPermit() && may && p.PenUp`, `return p.Verdict.Allowed, p.State.MayPermit() && may`,
			"without a pen there is no mode, and without a mode nothing is wanted"),
		cc.off("acknowledged-by-the-guard", "P6", `c.orders = append(c.orders, Order{Kind: OrderAcknowledge})
		return nil, nil`, `return []Event{Acknowledged{By: cmd.By, Rule: c.proc.Trip.Rule}}, nil`),
		cc.off("stop-that-is-refused", "P1", `if cmd.Do == CmdStop || cmd.Do == CmdPause || cmd.Do == CmdAbort {
			c.orders`, `if false {
			c.orders`),
		cc.covered("stop-whatever-runs", "P1", `if cmd.Do == CmdStop || cmd.Do == CmdPause || cmd.Do == CmdAbort || cmd.Do == CmdFinish {`, `if false {`,
			"what is accepted ends what is wanted, which stops (guard/unwanted-stops), and a motor that runs unwanted is stopped (by the rule motor_unwanted)"),
		co.covered("stop-is-told-again", "P1", `now.Sub(c.toldAt) >= rewant {`, `false {`,
			"no order is lost on its way here (TestLostStopIsMadeGood)"),
		ce.off("press-without-permit", "P2 check:press_test", `protocol.StartResult(e.Arg) == protocol.StartNoPermit &&`, ``),
		ce.off("press-in-calm", "P2 check:press_test", `!c.ready && c.calm && e.Tick.Since(c.calmFrom) >= 0`, `true`),
	}
}

// ceilingClauses leave a candidate out of the ceiling, one at a time. Source: DESIGN promise 3.
func ceilingClauses() []Mutation {
	l, z := in{Arming, "session/limits/ask.go"}, in{Arming, "session/decide_zone.go"}
	return []Mutation{
		l.off("ceiling-zone", "ceiling:zone_limit P3", `{RuleZoneLimit, Given, zoneLimit.depth, zoneLimit.sources},`, ``),
		l.off("ceiling-indication", "ceiling:indication_limit P3", `{RuleIndicationLimit, Given, indication.limit, indication.sources},`, ``),
		l.off("ceiling-prescription", "ceiling:prescription P3", `c(RulePrescription, r.Prescription, NotGiven),`, ``),
		l.off("ceiling-pen", "ceiling:pen_max P3", `c(RulePenMax, r.PenMax, NotKnown),`, ``),
		l.off("ceiling-cartridge", "ceiling:cartridge_length P3", `c(RuleCartridgeLength, r.CartridgeLength, NotKnown),`, ``),
		l.off("ceiling-label", "ceiling:labelled_max P3", `c(RuleLabelledMax, r.LabelledMax, NotGiven),`, ``),
		l.off("ceiling-patient", "ceiling:patient_rule P3", `c(RulePatientRule, r.PatientRule, NotGiven),`, ``),
		l.covered("ceiling-hard-stop", "ceiling:hard_stop P3", `		stop,
`, ``, "no table loads with a limit above the hard stop, and both limits are candidates too"),
		l.off("ceiling-override", "ceiling:override P3", `{RuleOverride, Given, o.Value, nil},`, ``),
		l.covered("ceiling-override-of-the-zone", "ceiling:zone_override_limit P3", `{RuleZoneOverrideLimit, Given, zoneOverride.depth, zoneOverride.sources},`, ``,
			"an override above the least of the two limits is refused before"),
		l.covered("ceiling-override-of-the-indication", "ceiling:indication_override_limit P3", `{RuleIndicationOverrideLimit, Given, indicationOverride.depth, indicationOverride.sources},`, ``,
			"an override above the least of the two limits is refused before"),
		l.covered("ceiling-override-too-deep", "P3", `case o.Value > v.OverrideLimit:`, `case false:`,
			"the ceiling under an override is never above its limits: they are candidates too"),
		l.off("ceiling-offered", "P3", `case !t.offers(r.Zone, r.Indication):`, `case false:`),
		z.covered("lower-only", "P3", `if !p.Chosen || v.Allowed >= p.Verdict.Allowed {`, `if !p.Chosen {`,
			"the fold takes no rise from what comes by itself (fold/lower-never-rises)"),
	}
}

// edges turn each safe turn of the machine into an unsafe one. Source: STATES.md.
func edges() []Mutation {
	s := in{Arming, "session/state.go"}
	return []Mutation{
		s.off("edge-armed-refuse", "edge:armed/refuse P3", `{Armed, ActRefuse}: Paused,`, `{Armed, ActRefuse}: Armed,`),
		s.off("edge-armed-pause", "edge:armed/pause P2", `{Armed, ActPause}:  Paused,`, `{Armed, ActPause}:  Armed,`),
		s.off("edge-armed-lose", "edge:armed/lose P2", `{Armed, ActLose}:   Paused,`, `{Armed, ActLose}:   Armed,`),
		s.off("edge-armed-trip", "edge:armed/trip P6", `{Armed, ActTrip}:   Tripped,`, `{Armed, ActTrip}:   Armed,`),
		s.off("edge-active-choose", "edge:active/choose P4", `{Active, ActChoose}: Armed,`, `{Active, ActChoose}: Active,`),
		s.off("edge-active-refuse", "edge:active/refuse P3", `{Active, ActRefuse}: Paused,`, `{Active, ActRefuse}: Active,`),
		s.off("edge-active-pause", "edge:active/pause P2", `{Active, ActPause}:  Paused,`, `{Active, ActPause}:  Active,`),
		s.off("edge-active-lose", "edge:active/lose P2", `{Active, ActLose}:   Paused,`, `{Active, ActLose}:   Active,`),
		s.off("edge-active-trip", "edge:active/trip P6", `{Active, ActTrip}:   Tripped,`, `{Active, ActTrip}:   Active,`),
		s.off("edge-paused-choose", "edge:paused/choose P2", `{Paused, ActChoose}:    Paused,`, `{Paused, ActChoose}:    Armed,`),
		s.off("edge-paused-trip", "edge:paused/trip P6", `{Paused, ActTrip}:      Tripped,`, `{Paused, ActTrip}:      Paused,`),
		s.off("edge-tripped-lose", "edge:tripped/lose P6", `{Tripped, ActLose}:  Tripped,`, `{Tripped, ActLose}:  Paused,`),
		s.off("edge-tripped-acknowledge", "edge:tripped/acknowledge P2", `{Tripped, ActAck}:   Paused,`, `{Tripped, ActAck}:   Armed,`),
		s.off("edge-tripped-resume", "edge:tripped/resume P6", `{Tripped, ActPause}: Tripped,`, `{Tripped, ActPause}: Tripped,
	{Tripped, ActResume}: Armed,`),
		s.off("edge-tripped-choose", "edge:tripped/choose P6", `{Tripped, ActPause}: Tripped,`, `{Tripped, ActPause}: Tripped,
	{Tripped, ActChoose}: Paused,`),
		s.off("permit-in-state", "P2", `return s == Armed || s == Active`, `return s == Armed || s == Active || s == Paused`),
	}
}
