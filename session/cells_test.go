package session_test

import (
	"strings"
	"testing"
	"time"

	"penlog/protocol"
	"penlog/session"
	"penlog/session/limits"
)

// cells is the guard's table once more, written down apart from rule.go: for
// each rule the response in guarded, stoppable and monitor-only mode, in each
// for depth that is measured, set and manual. T trip, H hold, A alarm, C
// advisory, - nothing. In manual mode there is no pen that could break a rule.
var cells = map[session.Rule]string{
	session.DepthAboveCeiling:  "TT- TT- AA-",
	session.PenDisobeys:        "TTT TTT ---",
	session.MotorWithoutPermit: "TTT --- ---",
	session.StopUnconfirmed:    "TTT TTT ---",
	session.PenRebooted:        "TTT TTT AAA",
	session.ReadingsFrozen:     "TTT TTT AAA",
	session.ReadingsImpossible: "TTT TTT AAA",
	session.DepthUnverifiable:  "T-- T-- A--",
	session.DepthMissing:       "TTH TTC AAC",
	session.PenFault:           "TTT TTT AAA",
	session.DialAboveCeiling:   "HH- HH- AA-",
	session.ReadingsStale:      "HHH HHH AAA",
	session.LinkLost:           "HHH AAA AAA",
	session.PenUnproven:        "HHH --- ---",
	session.PenTestFailing:     "AAA --- ---",
	session.PenReleased:        "HHH AAA ---",
	session.CeilingUnconfirmed: "AA- --- ---",
	session.PenNotWell:         "HHH HHH AAA",
	session.PenChanged:         "HHH HHH AAA",
	session.PenBusy:            "HHH HHH AAA",
	session.PenSilent:          "HHH HHH AAA",
	session.PenInvalid:         "HHH HHH AAA",
	session.NotAPen:            "HHH HHH AAA",
	session.RecordStalled:      "HHH HHH AAA",
	session.DiskFull:           "HHH HHH AAA",
	session.ClockJumped:        "HHH HHH AAA",
	session.BatteryLow:         "CCC CCC CCC",
	session.MotorUnwanted:      "--- HHH AAA",
	session.Dwell:              "CCC CCC CCC",
	session.PassesAbovePlan:    "CCC CCC CCC",
	session.DensityAbovePlan:   "CCC CCC CCC",
}

// breaks says how each rule is broken by what pen, hand, line and disk do.
// run: the motor runs when it begins, where the pen can be made to.
var breaks = map[session.Rule]struct {
	run bool
	do  func(r *rig)
}{
	session.DepthAboveCeiling: {true, func(r *rig) { r.depth, r.set = 1700, 1700; r.step(100 * time.Millisecond) }},
	session.PenDisobeys: {true, func(r *rig) {
		r.forced = true
		r.cold.Command(session.Command{Do: session.CmdStop, By: "op"}, r.now, r.at)
		r.step(time.Second)
	}},
	session.MotorUnwanted: {false, func(r *rig) { r.forced = true; r.step(200 * time.Millisecond) }},
	session.Dwell: {true, func(r *rig) {
		r.contact = true
		r.mangle = func(_ *protocol.Frame, m *protocol.Reading) bool { m.Glides = 9; return true }
		r.step(10500 * time.Millisecond)
	}},
	session.PassesAbovePlan: {true, func(r *rig) {
		for range 9 { // one more than the policy has for acne scars
			r.must(session.Command{Do: session.CmdPass})
		}
		r.step(50 * time.Millisecond)
	}},
	session.DensityAbovePlan: {false, func(r *rig) {
		r.must(session.Command{Do: session.CmdPause})
		r.must(session.Command{Do: session.CmdPlan, Plan: []session.PlanItem{{Zone: limits.Cheek, Indication: limits.AcneScarRolling, Density: 5}}})
		r.must(session.Command{Do: session.CmdArea, Zone: limits.Cheek, AreaMM2: 3000})
		r.must(session.Command{Do: session.CmdResume})
		r.step(300 * time.Millisecond)
		r.contact = true
		r.press()
		r.step(time.Second)
		r.press()
		r.step(200 * time.Millisecond)
	}},
	session.MotorWithoutPermit: {false, func(r *rig) { r.forced = true; r.step(200 * time.Millisecond) }},
	session.StopUnconfirmed: {true, func(r *rig) {
		gen := r.pen.Generation()
		r.mangle = func(_ *protocol.Frame, m *protocol.Reading) bool {
			m.Flags = m.Flags&^3 | protocol.Flags(protocol.MotorRunning)
			m.Generation = gen
			return true
		}
		r.cold.Command(session.Command{Do: session.CmdStop, By: "op"}, r.now, r.at)
		r.step(time.Second)
	}},
	session.PenRebooted:    {true, func(r *rig) { r.reboot(); r.step(200 * time.Millisecond) }},
	session.ReadingsFrozen: {true, func(r *rig) { r.freeze(); r.step(700 * time.Millisecond) }},
	session.ReadingsImpossible: {true, func(r *rig) {
		r.mangle = func(_ *protocol.Frame, m *protocol.Reading) bool { m.Strokes -= 10; return true }
		r.step(20 * time.Millisecond)
	}},
	session.DepthUnverifiable: {true, func(r *rig) { r.contact, r.depth = true, 100; r.step(1200 * time.Millisecond) }},
	session.DepthMissing: {true, func(r *rig) {
		r.mangle = func(_ *protocol.Frame, m *protocol.Reading) bool {
			m.Measured, m.Set = protocol.None, protocol.None
			return true
		}
		r.step(700 * time.Millisecond)
	}},
	session.PenFault:         {true, func(r *rig) { r.flag(protocol.FlagFault); r.step(20 * time.Millisecond) }},
	session.DialAboveCeiling: {false, func(r *rig) { r.set = 1700; r.step(50 * time.Millisecond) }},
	session.ReadingsStale: {true, func(r *rig) {
		r.mangle = func(f *protocol.Frame, _ *protocol.Reading) bool { return f.Type != protocol.TypeReading }
		r.step(300 * time.Millisecond)
	}},
	session.LinkLost:    {true, func(r *rig) { r.unplug = true; r.step(1100 * time.Millisecond) }},
	session.PenUnproven: {false, func(*rig) {}},
	session.PenTestFailing: {false, func(r *rig) {
		r.away()
		r.mangle = func(_ *protocol.Frame, m *protocol.Reading) bool { m.Flags &^= protocol.FlagPermit; return true }
		r.back()
		r.step(20 * time.Second)
	}},
	session.PenReleased: {false, func(r *rig) {
		if !r.pen.Release(r.up) {
			r.flag(protocol.FlagReleased)
		}
		r.step(50 * time.Millisecond)
	}},
	session.CeilingUnconfirmed: {false, func(r *rig) {
		r.mangle = func(_ *protocol.Frame, m *protocol.Reading) bool {
			if m.Ceiling > protocol.TrialCeiling {
				m.Ceiling--
			}
			return true
		}
		r.step(1200 * time.Millisecond)
	}},
	session.PenNotWell: {false, func(r *rig) { r.flag(protocol.FlagFault); r.step(20 * time.Millisecond) }},
	session.PenChanged: {false, func(r *rig) {
		r.away()
		r.id.Serial = "0002"
		r.reboot()
		r.back()
	}},
	session.PenBusy: {false, func(r *rig) {
		r.away()
		m := protocol.Hello{Nonce: 99, MinVersion: 1, MaxVersion: 1, Generation: 5, Rate: 200}
		r.pen.Receive(protocol.AppendFrame(nil, protocol.TypeHello, 1, m.Append(nil)), r.up)
		r.unplug = false
		r.step(100 * time.Millisecond)
	}},
	session.PenSilent: {false, func(r *rig) { r.away(); r.mute = true; r.unplug = false; r.step(4 * time.Second) }},
	session.PenInvalid: {false, func(r *rig) {
		r.away()
		r.mangle = func(f *protocol.Frame, _ *protocol.Reading) bool {
			if f.Type == protocol.TypeIdentity {
				f.Payload[0] = 0 // a lowest version of 0
			}
			return true
		}
		r.back()
	}},
	session.NotAPen: {false, func(r *rig) {
		r.away()
		r.step(500 * time.Millisecond)
		r.hot.Receive([]byte("boot: v1.2\r\n"), r.now)
		r.step(3 * time.Second)
		if _, broke := r.found(session.NotAPen); broke {
			panic("judged by bytes that came once")
		}
		r.step(10 * time.Millisecond)
		r.hot.Receive([]byte("temp 21.5\r\n"), r.now)
		r.step(10 * time.Millisecond)
	}},
	session.RecordStalled: {true, func(r *rig) {
		r.full = true
		r.step(20 * time.Millisecond)
		r.full = false
		r.step(5 * time.Millisecond)
	}},
	session.DiskFull:    {true, func(r *rig) { r.cold.Reserve(false); r.step(20 * time.Millisecond) }},
	session.ClockJumped: {true, func(r *rig) { r.at += 600_000; r.step(time.Millisecond) }},
	session.BatteryLow:  {false, func(r *rig) { r.battery = 15; r.step(600 * time.Millisecond) }},
}

func (r *rig) flag(f protocol.Flags) {
	r.mangle = func(_ *protocol.Frame, m *protocol.Reading) bool { m.Flags |= f; return true }
}

// freeze lets telemetry repeat its last strokes for ever, ticks apart.
func (r *rig) freeze() {
	var held *protocol.Reading
	r.mangle = func(f *protocol.Frame, m *protocol.Reading) bool {
		if f.Type != protocol.TypeReading {
			return true
		}
		if held == nil {
			c := *m
			held = &c
		}
		m.Strokes, m.Measured, m.Peak = held.Strokes, held.Measured, held.Peak
		return true
	}
}

func (r *rig) away() { r.unplug = true; r.step(1200 * time.Millisecond) }
func (r *rig) back() { r.unplug = false; r.step(1200 * time.Millisecond) }

// modeRig is a rig whose pen is of the mode and source, with a session open, the
// cheek chosen at 1.5 mm, armed where that can be.
func modeRig(t testing.TB, m session.Mode, src protocol.DepthSource, arm bool) *rig {
	t.Helper()
	id := rigIdentity()
	drop := map[session.Mode]protocol.Caps{
		session.ModeStoppable: protocol.CapPermits, session.ModeMonitor: protocol.CapPermits | protocol.CapStop}[m]
	switch src {
	case protocol.DepthSet:
		drop |= protocol.CapMeasured
	case protocol.DepthManual:
		drop |= protocol.CapMeasured | protocol.CapSet
	}
	id.Caps &^= drop
	r := newRig(t, id)
	if src == protocol.DepthManual {
		r.set = protocol.None
	}
	r.must(session.Command{Do: session.CmdOpen})
	want := m
	r.until(3*time.Second, "mode", func(v session.View) bool { return v.Mode == want })
	r.must(session.Command{Do: session.CmdChoose, Zone: limits.Cheek, Indication: limits.AcneScarRolling})
	if m == session.ModeGuarded && arm {
		r.press()
		r.until(time.Second, "press test", func(session.View) bool { return r.cold.Procedure().PressTested })
		r.must(session.Command{Do: session.CmdArm})
		r.until(time.Second, "ready", func(v session.View) bool { return v.Ready })
	}
	if m != session.ModeGuarded && arm {
		r.accept(m)
	}
	r.step(300 * time.Millisecond) // the peak of before is forgotten
	return r
}

func TestEveryCellOfTheGuardsTable(t *testing.T) {
	letters := map[session.Response]byte{session.Trip: 'T', session.Hold: 'H', session.Alarm: 'A', session.Advisory: 'C', session.NotApplicable: '-'}
	for _, rule := range session.Rules() {
		row, ok := cells[rule]
		if !ok {
			t.Errorf("%v has no row in the test's table", rule)
			continue
		}
		how, ok := breaks[rule]
		if !ok {
			t.Errorf("nothing breaks %v", rule)
			continue
		}
		for i, mode := range []session.Mode{session.ModeGuarded, session.ModeStoppable, session.ModeMonitor} {
			for j, src := range []protocol.DepthSource{protocol.DepthMeasured, protocol.DepthSet, protocol.DepthManual} {
				want := row[i*4+j]
				if got := letters[rule.Respond(mode, src)]; got != want {
					t.Errorf("%v, %v, %v: the table says %c, want %c", rule, mode, src, got, want)
				}
				if got := rule.Respond(session.ModeManual, src); got != session.NotApplicable && rule != session.PassesAbovePlan {
					t.Errorf("%v without a link: %v, want n/a", rule, got)
				}
				if mode == session.ModeGuarded && src == protocol.DepthManual {
					continue // no identity: a pen with permits reports a depth (PROTOCOL.md §3.1)
				}
				t.Run(strings.Join([]string{rule.String(), mode.String(), src.String()}, "/"), func(t *testing.T) {
					t.Parallel()
					breakCell(t, rule, mode, src, how.run, how.do, want)
				})
			}
		}
	}
}

func breakCell(t *testing.T, rule session.Rule, mode session.Mode, src protocol.DepthSource, run bool, do func(*rig), want byte) {
	r := modeRig(t, mode, src, rule != session.MotorWithoutPermit && rule != session.MotorUnwanted)
	if run {
		r.press()
		r.step(500 * time.Millisecond)
		if f, broke := r.found(rule); broke && want != 'C' {
			t.Fatalf("broke before its time: %+v", f)
		}
	}
	do(r)
	g := r.hot.Guard()
	f, broke := r.found(rule)
	if got := broken(r.view(), rule); got != 0 && !broke { // judged by Cold
		f, broke = session.Finding{Rule: rule, Response: got}, true
	}
	if (want != '-') != broke {
		t.Fatalf("broke: %v, want response %c; findings %+v", broke, want, r.findings)
	}
	switch want {
	case 'T':
		if f.Response != session.Trip || g.Tripped().Rule == 0 {
			t.Errorf("%+v, tripped by %v, want a trip", f, g.Tripped().Rule)
		}
		r.mangle, r.forced = nil, false
		r.step(300 * time.Millisecond)
		if r.pen.MotorOn() || r.hot.Ready() {
			t.Errorf("300 ms after the trip: motor %v, ready %v", r.pen.MotorOn(), r.hot.Ready())
		}
		if g.Tripped().Rule == 0 {
			t.Error("the trip went by itself")
		}
	case 'H':
		if f.Response != session.Hold || g.MayRun() && !healsAtOnce(rule) {
			t.Errorf("%+v, may run %v, want a hold", f, g.MayRun())
		}
		if r.hot.Ready() && rule != session.PenUnproven {
			t.Error("permits are renewed during a hold")
		}
		if run && rule != session.LinkLost {
			r.step(420 * time.Millisecond)
			if r.pen.MotorOn() {
				t.Error("the motor runs on through a hold")
			}
		}
	case 'A', 'C':
		if r := f.Response; r != session.Alarm && r != session.Advisory || !g.MayRun() && g.Tripped().Rule != 0 {
			t.Errorf("%+v, tripped by %v, want no more than an alarm", f, g.Tripped().Rule)
		}
		if run && mode == session.ModeMonitor && rule != session.PenRebooted && !r.pen.MotorOn() {
			t.Error("an alarm stopped a pen that can't be stopped")
		}
	}
}

// healsAtOnce names the rules whose hold is over when the test looks: a pen that
// was proven, or is no more than stoppable now, or a queue with room.
func healsAtOnce(r session.Rule) bool {
	return r == session.PenUnproven || r == session.PenReleased || r == session.RecordStalled || r == session.ClockJumped
}
