package session_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"
	"time"

	"penlog/protocol"
	"penlog/session"
	"penlog/session/cartridge"
	"penlog/session/clinic"
	"penlog/session/limits"
	"penlog/session/policy"
)

// note tells Cold something, as Hot would.
func (r *rig) note(n session.Note) { n.At = r.now; r.cold.Note(&n, r.now, r.at) }

func (r *rig) find(rule session.Rule, resp session.Response, on bool) {
	r.note(session.Note{Kind: session.NoteFinding, Finding: session.Finding{Rule: rule, Response: resp, On: on}})
}

// applied is a procedure after the events.
func applied(events ...session.Event) *session.Procedure {
	p := session.NewProcedure(session.ID{1})
	for _, e := range events {
		p.Apply(e, 1)
	}
	return p
}

// armed are the events of a procedure in which permits are wanted.
func armed() []session.Event {
	var answers []session.Answered
	for _, q := range policy.Default().Questions() {
		answers = append(answers, session.Answered{Code: q.Code, Answer: "no"})
	}
	return []session.Event{session.Opened{By: "op", Patient: "p"}, session.Screened{Answers: answers}, session.Consented{}, session.AnaestheticStep{Anaesthetic: session.Anaesthetic{Step: "none"}},
		session.CartridgeIn{Intact: true, UseKey: "k"}, session.AlarmHeard{},
		session.Described{Description: session.Description{Phototype: 2, Age: 40, First: "no"}}, pen(), session.ModeChanged{Mode: session.ModeGuarded},
		session.ZoneChosen{By: "op", Verdict: verdict()}, session.PressTested{}, session.ArmedEvent{By: "op", Verdict: verdict()}}
}

func env(table *limits.Table) *session.Env {
	return &session.Env{Limits: table, Policy: policy.Default(), Clinic: clinic.Default(), Cartridges: cartridge.Default(), At: 1_800_000_000_000_000}
}

func pen() session.PenUp {
	return session.PenUp{Vendor: "v", Model: "m", Serial: "s", Boot: 1, Simulated: true, DepthMin: 250, DepthMax: 2500, DepthStep: 250}
}

func TestPermitsAreWantedOnlyWhere(t *testing.T) {
	refused := verdict()
	refused.Refused = true
	other := pen()
	other.Simulated = false
	for name, tt := range map[string]struct {
		then    []session.Event
		ceiling bool
		allow   bool
	}{
		"armed":                   {nil, true, true},
		"over":                    {[]session.Event{session.Ended{As: session.Completed}}, false, false},
		"verdict refused":         {[]session.Event{session.ArmedEvent{Verdict: refused}}, false, false},
		"a pen of the other kind": {[]session.Event{other, session.ModeChanged{Mode: session.ModeGuarded}}, false, false},
		"no pen":                  {[]session.Event{session.PenDown{}, session.ModeChanged{Mode: session.ModeGuarded}}, true, false},
		"not guarded":             {[]session.Event{session.ModeChanged{Mode: session.ModeStoppable}}, true, false},
		"paused":                  {[]session.Event{session.PausedEvent{To: session.Paused}}, true, false},
	} {
		c, allow := applied(append(armed(), tt.then...)...).Desire()
		if (c != 0) != tt.ceiling || allow != tt.allow {
			t.Errorf("%s: ceiling %v, allow %v", name, c, allow)
		}
	}
}

func TestAnotherPenOrBootHasToShowThePressTest(t *testing.T) {
	for name, change := range map[string]func(*session.PenUp){
		"the same": func(*session.PenUp) {}, "vendor": func(e *session.PenUp) { e.Vendor = "w" }, "model": func(e *session.PenUp) { e.Model = "n" },
		"serial": func(e *session.PenUp) { e.Serial = "t" }, "boot": func(e *session.PenUp) { e.Boot = 2 },
	} {
		again := pen()
		change(&again)
		if p := applied(append(armed(), again)...); p.PressTested != (name == "the same") {
			t.Errorf("another %s: press tested %v", name, p.PressTested)
		}
	}
}

func TestChecks(t *testing.T) {
	other := pen()
	other.Simulated = false
	for code, p := range map[string]*session.Procedure{
		"":       applied(armed()...),
		"pen":    applied(append(armed(), session.PenDown{}, session.ModeChanged{Mode: session.ModeGuarded})...),
		"mode":   applied(append(armed(), session.ModeChanged{Mode: session.ModeStoppable})...),
		"zone":   applied(slices.DeleteFunc(armed(), func(e session.Event) bool { _, chosen := e.(session.ZoneChosen); return chosen })...),
		"source": applied(append(armed(), other, session.ModeChanged{Mode: session.ModeGuarded}, session.PressTested{})...),
	} {
		e := env(limits.Default())
		e.World = world(session.FactGood)
		for _, c := range p.Checks(e) {
			if c.OK != (c.Code != code) {
				t.Errorf("%s is missing: check %s says %v", code, c.Code, c.OK)
			}
		}
	}
}

func TestFirstCauseStaysInTheRecord(t *testing.T) {
	p := applied(append(armed(), session.RuleBroke{Rule: session.DepthAboveCeiling, Response: session.Trip, To: session.Tripped},
		session.RuleBroke{Rule: session.PenFault, Response: session.Trip, To: session.Tripped})...)
	if p.Trip == nil || p.Trip.Rule != session.DepthAboveCeiling || p.Totals.Trips != 2 {
		t.Errorf("latched: %+v", p.Trip)
	}
	r := newRig(t, rigIdentity()) // before a session
	r.find(session.DepthAboveCeiling, session.Trip, true)
	r.find(session.PenFault, session.Trip, true)
	r.must(session.Command{Do: session.CmdOpen})
	if v := r.view(); v.Trip == nil || v.Trip.Rule != session.DepthAboveCeiling || v.Totals.Trips != 1 {
		t.Errorf("opened with %+v", v.Trip)
	}
}

func TestAcknowledgedTripIsNotOfTheNextSession(t *testing.T) {
	r := running(t)
	r.depth = 1900
	r.until(100*time.Millisecond, "trip", func(v session.View) bool { return v.Trip != nil })
	r.depth = 0
	r.step(200 * time.Millisecond)
	r.must(session.Command{Do: session.CmdAcknowledge})
	r.must(session.Command{Do: session.CmdAbort})
	r.must(session.Command{Do: session.CmdOpen})
	if s := r.view().State; s != session.Draft {
		t.Errorf("opened %v", s)
	}
}

func TestFindingsAreRecordedOnce(t *testing.T) {
	r := newRig(t, rigIdentity())
	r.must(session.Command{Do: session.CmdOpen})
	for _, on := range []bool{false, true, true, false, false} {
		r.find(session.BatteryLow, session.Advisory, on)
	}
	r.step(50 * time.Millisecond)
	n := 0
	for _, e := range recorded[session.RuleBroke](r) {
		if e.Rule == session.BatteryLow {
			n++
		}
	}
	for _, e := range recorded[session.RuleHealed](r) {
		if e.Rule == session.BatteryLow {
			n += 10
		}
	}
	if n != 11 {
		t.Errorf("broke %d times, healed %d times", n%10, n/10)
	}
}

// What a pen of the other kind does is neither recorded nor proof of anything.
func TestNothingOfAForeignPenIsRecorded(t *testing.T) {
	r := running(t)
	r.away()
	r.id.Caps &^= protocol.CapSimulated
	r.reboot()
	r.back()
	r.must(session.Command{Do: session.CmdAcceptPen})
	r.step(1100 * time.Millisecond)
	chunks, acted, runs := len(r.chunks), len(recorded[session.PenActed](r)), r.view().Totals.Runs
	r.press()
	r.forced = true
	r.step(200 * time.Millisecond)
	r.forced = false
	r.step(4 * time.Second)
	if r.hot.Guard().Broken(session.RecordStalled) {
		t.Error("the record of a pen that is not recorded is called stalled")
	}
	if p := r.cold.Procedure(); !p.Foreign || p.PressTested || p.Running || len(r.chunks) != chunks || len(recorded[session.PenActed](r)) != acted || r.view().Totals.Runs != runs {
		t.Errorf("foreign %v, press tested %v, %d chunks, %d events, %d runs more", p.Foreign, p.PressTested, len(r.chunks)-chunks, len(recorded[session.PenActed](r))-acted, r.view().Totals.Runs-runs)
	}
}

// A press is the proof only when it found no permit at all and the motor still.
func TestPressThatIsNoProof(t *testing.T) {
	press := protocol.PenEvent{ID: 500, Kind: protocol.EventPressStart, Arg: uint16(protocol.StartNoPermit)}
	ran, button := press, press
	ran.Arg = uint16(protocol.StartDepthAbove)
	button.Kind = protocol.EventButton
	running := protocol.Reading{Tick: 1, Flags: protocol.Flags(protocol.MotorRunning)}
	for name, tt := range map[string]struct {
		before []session.Note
		e      protocol.PenEvent
		proof  bool
	}{
		"the proof":       {nil, press, true},
		"motor on":        {[]session.Note{{Kind: session.NoteReading, Reading: running}}, press, false},
		"a trial permit":  {[]session.Note{{Kind: session.NoteReading, Reading: protocol.Reading{Flags: protocol.FlagPermit}}}, press, false},
		"permits renewed": {[]session.Note{{Kind: session.NoteReady, On: true}}, press, false},
		"another result":  {nil, ran, false},
		"another event":   {nil, button, false},
	} {
		r := newRig(t, rigIdentity())
		r.must(session.Command{Do: session.CmdOpen})
		r.until(3*time.Second, "guarded", func(v session.View) bool { return v.Mode == session.ModeGuarded })
		for _, n := range tt.before {
			n.Reading.Tick = r.up.Tick()
			r.note(n)
		}
		tt.e.Tick = r.up.Tick()
		r.note(session.Note{Kind: session.NoteEvent, Event: tt.e})
		if got := r.cold.Procedure().PressTested; got != tt.proof {
			t.Errorf("%s: press tested %v", name, got)
		}
	}
}

func TestLostAtOnce(t *testing.T) {
	id := rigIdentity()
	for name, n := range map[string]session.Note{
		"session anew": {Kind: session.NoteUp, Identity: &id, Mode: session.ModeGuarded, Conn: 9},
		"clock jump":   {Kind: session.NoteClock, Took: time.Second},
		"link lost":    {Kind: session.NoteLost},
		"not guarded":  {Kind: session.NoteMode, Mode: session.ModeStoppable},
	} {
		r := newRig(t, rigIdentity())
		r.treat(limits.Cheek, limits.AcneScarRolling)
		r.note(n)
		if s := r.view().State; s != session.Paused {
			t.Errorf("%s: %v", name, s)
		}
	}
}

func TestResumeWaitsForItsRecord(t *testing.T) {
	r := newRig(t, rigIdentity())
	r.treat(limits.Cheek, limits.AcneScarRolling)
	r.must(session.Command{Do: session.CmdPause})
	r.step(100 * time.Millisecond)
	r.disk = func() time.Duration { return 500 * time.Millisecond }
	permits := r.permits
	r.cold.Command(session.Command{Do: session.CmdResume, By: "op"}, r.now, r.at)
	r.step(490 * time.Millisecond)
	if r.permits != permits || r.hot.Ready() {
		t.Errorf("%d permits before the resume was on disk", r.permits-permits)
	}
	r.until(100*time.Millisecond, "ready", func(v session.View) bool { return v.Ready })
}

func TestRestartFindsNoPenAndNothingBroken(t *testing.T) {
	r := newRig(t, rigIdentity())
	r.treat(limits.Cheek, limits.AcneScarRolling)
	r.find(session.BatteryLow, session.Advisory, true)
	r.step(50 * time.Millisecond)
	r.unplug = true
	r.kill()
	if p := r.cold.Procedure(); p.PenUp || p.Mode != session.ModeNone || len(p.Broken) != 0 || p.State != session.Paused {
		t.Errorf("taken up: pen %v, mode %v, broken %+v, %v", p.PenUp, p.Mode, p.Broken, p.State)
	}
	r.folded()
}

func TestSessionBeginsWithThePenAndTheHoldsAtHand(t *testing.T) {
	r := running(t)
	r.must(session.Command{Do: session.CmdAbort})
	r.away()
	r.id.Serial = "0002"
	r.reboot()
	r.battery = 10
	r.back()
	if !r.hot.Guard().Broken(session.PenChanged) {
		t.Fatal("nothing to show")
	}
	r.records, r.chunks = nil, nil
	r.must(session.Command{Do: session.CmdOpen})
	r.step(20 * time.Millisecond)
	low := false
	for _, b := range r.cold.Procedure().Broken {
		low = low || b.Rule == session.BatteryLow
	}
	if r.hot.Guard().Broken(session.PenChanged) || !low {
		t.Errorf("opened: pen_changed %v, battery_low recorded %v", r.hot.Guard().Broken(session.PenChanged), low)
	}
	r.folded()
}

// The commits of the session before say nothing about this one.
func TestCommitsOfTheSessionBefore(t *testing.T) {
	r := running(t)
	r.step(100 * time.Millisecond)
	r.disk = func() time.Duration { return 50 * time.Millisecond }
	end := r.cold.Command(session.Command{Do: session.CmdAbort, By: "op"}, r.now, r.at)
	r.until(150*time.Millisecond, "aborted", func(v session.View) bool { return v.State == session.Aborted })
	r.disk = func() time.Duration { return 500 * time.Millisecond }
	open := r.cold.Command(session.Command{Do: session.CmdOpen, By: "op"}, r.now, r.at)
	r.step(100 * time.Millisecond)
	_, ended := r.answers[end]
	_, opened := r.answers[open]
	if v := r.view(); !ended || opened || v.Committed != 0 {
		t.Errorf("finish answered %v, open answered %v, %d of its records on disk, want none", ended, opened, v.Committed)
	}
}

func TestAcceptPenNeedsAPen(t *testing.T) {
	r := newRig(t, rigIdentity())
	r.unplug = true
	r.must(session.Command{Do: session.CmdOpen})
	r.refused(session.Command{Do: session.CmdAcceptPen}, "no_pen")
}

// The table may be another one since the zone was chosen: a resume asks it, takes
// what is lower, and refuses what is higher or no longer allowed.
func TestResumeAsksTheTableAnew(t *testing.T) {
	table := func(from, to string) *limits.Table {
		head, tail, ok := bytes.Cut(limits.DefaultYAML(), []byte("\n  acne_scar_rolling:\n"))
		if !ok || !bytes.Contains(tail, []byte(from)) {
			t.Fatal("the built-in table is another one")
		}
		tail = bytes.Replace(tail, []byte(from), []byte(to), 1)
		tab, err := limits.Load("other.yaml", append(append(head, "\n  acne_scar_rolling:\n"...), tail...))
		if err != nil {
			t.Fatal(err)
		}
		return tab
	}
	lower := table("to: 1.5 mm}\n    limit: 1.5 mm", "to: 1.25 mm}\n    limit: 1.25 mm")
	gone := table("from: 1.0 mm, to: 1.5 mm}\n    limit: 1.5 mm", "from: 0.1 mm, to: 0.2 mm}\n    limit: 0.2 mm") // less than the pen can be set to
	paused := applied(append(armed(), session.PausedEvent{To: session.Paused})...)
	resume := session.Command{Do: session.CmdResume, By: "op"}
	events, err := paused.Decide(resume, env(lower))
	if err != nil {
		t.Fatal(err)
	}
	if v := events[0].(session.ResumedEvent).Verdict; v.Allowed != 1250 || v.TableHash != lower.Hash() {
		t.Errorf("resumed at %v by the table %.8s, want 1.25 by %.8s", v.Allowed, v.TableHash, lower.Hash())
	}
	var no *session.RefusedError
	if _, err := paused.Decide(resume, env(gone)); !errors.As(err, &no) || !no.Verdict.Refused || no.Code != string(no.Verdict.Reason) {
		t.Errorf("resume where the table allows nothing any more: %v", err)
	}
	paused.Apply(events[0], 1) // at 1.25
	paused.Apply(session.PausedEvent{To: session.Paused}, 1)
	if _, err := paused.Decide(resume, env(limits.Default())); !errors.As(err, &no) || no.Code != "ceiling_rose" {
		t.Errorf("resume where the table allows more than before: %v", err)
	}
}

// A pen that toggles a flag with each reading does not fill the disk, and what was
// spared is counted.
func TestFlickeringRuleIsNotRecordedEachTime(t *testing.T) {
	r := newRig(t, rigIdentity())
	r.treat(limits.Cheek, limits.AcneScarRolling)
	n := len(r.records)
	for i := range 30_500 {
		r.find(session.DialAboveCeiling, session.Hold, i%2 == 0)
		r.step(time.Millisecond)
	}
	if n = len(r.records) - n; n > 31*(2*20+5) {
		t.Errorf("%d records in 30.5 s", n)
	}
	r.find(session.DialAboveCeiling, session.Hold, true)
	r.step(2 * time.Second)
	if b, p := r.view().Broken, r.check().Broken; len(b) != 1 || b[0].Rule != session.DialAboveCeiling || len(p) != 1 {
		t.Errorf("what is broken now is not shown, or not recorded: %+v, %+v", b, p)
	}
	r.find(session.DialAboveCeiling, session.Hold, false)
	r.step(2 * time.Second)
	all, again := len(recorded[session.RuleBroke](r))+len(recorded[session.RuleHealed](r)), len(recorded[session.EntriesDropped](r))
	for _, e := range recorded[session.EntriesDropped](r) {
		all += int(e.Entries)
	}
	if all < 30_502 || all > 30_510+again {
		t.Errorf("%d of 30500 entries are recorded or counted", all)
	}
	before := len(recorded[session.RuleBroke](r))
	r.find(session.DialAboveCeiling, session.Hold, true)
	r.step(100 * time.Millisecond)
	if len(recorded[session.RuleBroke](r)) != before+1 {
		t.Error("what breaks long after is spared, too")
	}
	r.folded()
	r.find(session.DepthAboveCeiling, session.Trip, true)
	if r.view().State != session.Tripped {
		t.Error("a trip was spared")
	}
}

// Who chose a zone that is refused does not treat the one before: it has to be
// chosen again.
func TestZoneBeforeARefusedOneHasToBeChosenAgain(t *testing.T) {
	r := newRig(t, rigIdentity())
	r.treat(limits.Cheek, limits.AcneScarRolling)
	r.do(session.Command{Do: session.CmdChoose, Zone: limits.Periorbital, Indication: limits.AcneScarRolling})
	r.step(200 * time.Millisecond)
	if v := r.view(); v.State != session.Paused || v.Ceiling != 0 || v.Verdict.Zone != 0 || r.pen.Ceiling() != 0 {
		t.Errorf("refused: %v, ceiling %v, zone %v, at the pen %v", v.State, v.Ceiling, v.Verdict.Zone, r.pen.Ceiling())
	}
	e := r.refused(session.Command{Do: session.CmdResume}, "checks_failed")
	for _, c := range e.Checks {
		if c.OK == (c.Code == "zone") {
			t.Errorf("check %s: %v", c.Code, c.OK)
		}
	}
	r.must(session.Command{Do: session.CmdChoose, Zone: limits.Cheek, Indication: limits.AcneScarRolling})
	r.must(session.Command{Do: session.CmdResume})
	r.until(time.Second, "ready", func(v session.View) bool { return v.Ready && v.Ceiling == 1500 })
	r.folded()
}

// Entries that were spared are those of their own session, and a rule that heals
// though its breaking was never recorded is no entry that came too fast.
func TestNothingIsSaidToBeSparedThatWasNot(t *testing.T) {
	r := newRig(t, rigIdentity())
	r.step(3 * time.Second)
	r.find(session.DepthAboveCeiling, session.Trip, true)
	r.find(session.ReadingsFrozen, session.Trip, true)
	r.must(session.Command{Do: session.CmdOpen})
	r.find(session.ReadingsFrozen, session.Trip, false)
	r.step(3 * time.Second)
	if e := recorded[session.EntriesDropped](r); len(e) != 0 {
		t.Errorf("%+v", e)
	}

	r = newRig(t, rigIdentity())
	r.must(session.Command{Do: session.CmdOpen})
	r.guarded()
	for i := range 101 {
		r.find(session.DialAboveCeiling, session.Hold, i%2 == 0)
	}
	r.must(session.Command{Do: session.CmdAbort})
	if p := r.check(); len(p.Broken) != 1 {
		t.Errorf("at the end broken: %+v", p.Broken)
	}
	r.records, r.chunks = nil, nil
	r.must(session.Command{Do: session.CmdOpen})
	r.step(3 * time.Second)
	if e, p := recorded[session.EntriesDropped](r), r.check(); len(e) != 0 || len(p.Broken) != 1 {
		t.Errorf("in the next session: spared %+v, broken %+v", e, p.Broken)
	}
}
