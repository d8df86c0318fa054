package protocol_test

import (
	"testing"
	"time"

	"penlog/protocol"
)

// §6.2
func TestCeilingIsConfirmedByAReadingAtOnce(t *testing.T) {
	r := newRig(t)
	r.run(sec)
	r.hello()
	r.run(r.now + 3*ms)
	m := one[protocol.Reading](t, r.ceiling(18, 750))
	if m.Generation != 18 || m.Ceiling != 750 || m.PermitMS != 0 || m.Tick != r.now.Tick() {
		t.Errorf("the reading shows %+v", m)
	}
}

func TestCeilingGenerations(t *testing.T) {
	for _, tt := range []struct {
		name     string
		gen      uint16
		depth    uint16
		want     protocol.Reason // 0: adopted
		repeat   bool
		wantGen  uint16
		wantCeil protocol.Micrometres
	}{
		{"higher", 19, 500, 0, false, 19, 500},
		{"much higher", 0xffff, 500, 0, false, 0xffff, 500},
		{"higher, same depth", 19, 1000, 0, false, 19, 1000},
		{"higher, deeper than the pen can", 19, 60000, 0, false, 19, 60000},
		{"exact repeat", 18, 1000, 0, true, 18, 1000},
		{"same generation, deeper", 18, 1001, protocol.RefusedGeneration, false, 18, 1000},
		{"same generation, shallower", 18, 999, protocol.RefusedGeneration, false, 18, 1000},
		{"lower", 17, 500, protocol.RefusedGeneration, false, 18, 1000},
		{"0", 0, 500, protocol.RefusedGeneration, false, 18, 1000},
		{"no depth", 19, 0, protocol.RefusedRange, false, 18, 1000},
		{"no depth, same generation", 18, 0, protocol.RefusedRange, false, 18, 1000},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := running(t)
			r.now += 10 * ms
			hs := r.ceiling(tt.gen, tt.depth)
			if tt.want != 0 {
				wantRefusal(t, hs, protocol.TypeCeiling, tt.want)
			} else {
				wantNoRefusal(t, hs)
				if m := one[protocol.Reading](t, hs); m.Generation != tt.wantGen || m.Ceiling != uint16(tt.wantCeil) {
					t.Errorf("the reading shows %+v", m)
				}
			}
			if r.p.Generation() != tt.wantGen || r.p.Ceiling() != tt.wantCeil {
				t.Errorf("generation %d, ceiling %v", r.p.Generation(), r.p.Ceiling())
			}
			adopted := tt.want == 0 && !tt.repeat
			if r.p.MotorOn() == adopted || (r.p.PermitLeft() == 0) != adopted {
				t.Errorf("motor %v, permit %v", r.p.MotorOn(), r.p.PermitLeft())
			}
			if adopted && r.p.StopCause() != protocol.StopCeiling {
				t.Errorf("StopCause() = %d", r.p.StopCause())
			}
		})
	}
}

// §6.3
func TestPermitIsJudgedInOrder(t *testing.T) {
	good := func(r *rig) protocol.Permit {
		return protocol.Permit{Session: session, Generation: 18, Depth: 1000, SeenTick: r.now.Tick(), LifeMS: 300}
	}
	type change = func(r *rig, m *protocol.Permit)
	fault := func(r *rig, m *protocol.Permit) { r.p.Sense(r.now, protocol.Sensors{Faults: protocol.FaultMotor}) }
	release := func(r *rig, m *protocol.Permit) { r.p.Release(r.now) }
	life0 := func(r *rig, m *protocol.Permit) { m.LifeMS = 0 }
	life501 := func(r *rig, m *protocol.Permit) { m.LifeMS = 501 }
	lower := func(r *rig, m *protocol.Permit) { m.Generation-- }
	higher := func(r *rig, m *protocol.Permit) { m.Generation++ }
	deeper := func(r *rig, m *protocol.Permit) { m.Depth++ }
	shallower := func(r *rig, m *protocol.Permit) { m.Depth-- }
	future := func(r *rig, m *protocol.Permit) { m.SeenTick++ }
	beforeBoot := func(r *rig, m *protocol.Permit) { m.SeenTick -= protocol.Tick(r.now + 1) }
	expired := func(r *rig, m *protocol.Permit) { m.SeenTick -= 300_000 }
	for _, tt := range []struct {
		name string
		do   []change
		want protocol.Reason
	}{
		{"good", nil, 0},
		{"longest life", []change{func(r *rig, m *protocol.Permit) { m.LifeMS = 500 }}, 0},
		{"a microsecond of life left", []change{expired, future}, 0},
		{"released", []change{release}, protocol.RefusedReleased},
		{"fault", []change{fault}, protocol.RefusedFault},
		{"life 0", []change{life0}, protocol.RefusedLife},
		{"life over 500 ms", []change{life501}, protocol.RefusedLife},
		{"lower generation", []change{lower}, protocol.RefusedGeneration},
		{"higher generation", []change{higher}, protocol.RefusedGeneration},
		{"deeper than the ceiling", []change{deeper}, protocol.RefusedCeiling},
		{"shallower than the ceiling", []change{shallower}, protocol.RefusedCeiling},
		{"seen in the future", []change{future}, protocol.RefusedFuture},
		{"seen before boot", []change{beforeBoot}, protocol.RefusedFuture},
		{"expired to the microsecond", []change{expired}, protocol.RefusedExpired},
		{"released before fault", []change{release, fault}, protocol.RefusedReleased},
		{"fault before life", []change{fault, life0}, protocol.RefusedFault},
		{"life before generation", []change{life0, lower}, protocol.RefusedLife},
		{"generation before ceiling", []change{lower, deeper}, protocol.RefusedGeneration},
		{"ceiling before future", []change{deeper, future}, protocol.RefusedCeiling},
		{"ceiling before expired", []change{deeper, expired}, protocol.RefusedCeiling},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := ready(t)
			m := good(r)
			for _, f := range tt.do {
				f(r, &m)
			}
			r.collect()
			hs := r.send(&m)
			if tt.want == 0 {
				wantNoRefusal(t, hs)
				if r.p.PermitLeft() == 0 {
					t.Error("no permit came of it")
				}
				return
			}
			wantRefusal(t, hs, protocol.TypePermit, tt.want)
			if r.p.PermitLeft() != 0 {
				t.Error("a refused permit is in force")
			}
		})
	}
	t.Run("no ceiling yet", func(t *testing.T) {
		r := newRig(t)
		r.run(sec)
		r.hello()
		wantRefusal(t, r.permit(300, 0), protocol.TypePermit, protocol.RefusedCeiling) // depth 0 is the ceiling 0
	})
	t.Run("not guarded", func(t *testing.T) {
		r := ready(t, caps(stoppable))
		wantRefusal(t, r.permit(300, 0), protocol.TypePermit, protocol.RefusedUnsupported)
	})
}

func TestPermitLivesToTheMicrosecondBeforeSeenTickPlusLife(t *testing.T) {
	for _, age := range []protocol.Uptime{0, 1, 100 * ms, 299*ms + 999} {
		r := ready(t)
		r.now += 400 * ms
		r.p.Advance(r.now)
		r.permit(300, age)
		if r.p.Press(r.now) != protocol.StartRan {
			t.Fatal("no start")
		}
		deadline := r.now - age + 300*ms
		if got, want := r.p.PermitLeft(), time.Duration(deadline-r.now)*time.Microsecond; got != want {
			t.Errorf("age %d: PermitLeft() = %v, want %v", age, got, want)
		}
		r.p.Advance(deadline - 1)
		if !r.p.MotorOn() || r.p.PermitLeft() != time.Microsecond {
			t.Errorf("age %d: dead 1 µs before its deadline", age)
		}
		if got := r.p.Next(); got != deadline {
			t.Errorf("age %d: Next() = %d, want the deadline %d", age, got, deadline)
		}
		r.p.Advance(deadline)
		if r.p.MotorOn() || r.p.PermitLeft() != 0 || r.p.StopCause() != protocol.StopLapse {
			t.Errorf("age %d: motor %v at the deadline, cause %d", age, r.p.MotorOn(), r.p.StopCause())
		}
	}
}

func TestPermitMSIsRoundedUpAndZeroOnlyWithoutAPermit(t *testing.T) {
	for _, tt := range []struct {
		left protocol.Uptime
		want uint16
	}{{300 * ms, 300}, {290*ms + 1, 291}, {290 * ms, 290}, {1, 1}, {0, 0}} {
		r := ready(t)
		r.run(sec + 7*ms)
		hs := r.permit(300, 0)
		if tt.left < 300*ms {
			r.now += 300*ms - tt.left
			hs = r.ceiling(18, 1000) // an exact repeat shows a reading
		}
		m := one[protocol.Reading](t, hs)
		if m.PermitMS != tt.want || m.Flags.Has(protocol.FlagPermit) != (tt.want > 0) {
			t.Errorf("%d µs left: PermitMS %d, flag %v; want %d", tt.left, m.PermitMS, m.Flags.Has(protocol.FlagPermit), tt.want)
		}
	}
}

func TestPermitsKeepTheLatestDeadline(t *testing.T) {
	r := running(t) // until 1300 ms
	r.now += 100 * ms
	wantNoRefusal(t, r.permit(300, 90*ms)) // 1310
	wantNoRefusal(t, r.permit(300, 95*ms)) // 1305: older, overtaken
	wantNoRefusal(t, r.permit(50, 0))      // 1150
	r.p.Advance(1310*ms - 1)
	if !r.p.MotorOn() {
		t.Error("an older or shorter permit cut the life short")
	}
	r.p.Advance(1310 * ms)
	if r.p.MotorOn() {
		t.Error("it lives past the latest deadline")
	}
}

func TestPermitThatWasLongOnItsWayIsWorthWhatIsLeft(t *testing.T) {
	r := running(t) // until 1300 ms
	late := r.wire(&protocol.Permit{Session: session, Generation: 18, Depth: 1000, SeenTick: (1200 * ms).Tick(), LifeMS: 300})
	// It arrives in one burst with everything else, after the first permit's death, 499 ms after... its own end is at 1500.
	r.jump(1450 * ms)
	hs := r.bytes(late)
	wantNoRefusal(t, hs)
	if r.p.MotorOn() || r.p.StopCause() != protocol.StopLapse {
		t.Error("a permit that came after the death let the motor run on")
	}
	if r.p.PermitLeft() != 50*time.Millisecond {
		t.Errorf("PermitLeft() = %v", r.p.PermitLeft())
	}
	if got := r.p.Press(r.now); got != 0 {
		t.Errorf("Press() = %d while the needles are not clear", got)
	}
	r.p.Cleared(r.now)
	if got := r.p.Press(r.now); got != protocol.StartRan {
		t.Errorf("Press() = %d under the permit that is left", got)
	}
	r.p.Advance(1500 * ms)
	if r.p.MotorOn() {
		t.Error("it lived longer than its seen tick allows")
	}
}

func TestLapseShowsInAReadingAtOnce(t *testing.T) {
	r := running(t)
	r.run(1298 * ms)
	rs := pick[protocol.Reading](r.run(1300 * ms))
	if len(rs) == 0 {
		t.Fatal("the pen sent no reading")
	}
	m := rs[len(rs)-1]
	if m.Tick != (1300*ms).Tick() || m.PermitMS != 0 || m.Flags.Has(protocol.FlagPermit) || m.Flags.Motor() != protocol.MotorStopping {
		t.Errorf("at the deadline the pen sent %+v", m)
	}
	if m.Generation != 18 || m.Ceiling != 1000 {
		t.Errorf("a lapse changed generation or ceiling: %+v", m)
	}
}

func TestTickWrapIsNoEventForPermits(t *testing.T) {
	const wrap = protocol.Uptime(1) << 32
	for _, begin := range []protocol.Uptime{wrap - 200*ms, wrap - 1, wrap, wrap + 1, 3*wrap - 100*ms} {
		r := newRig(t)
		r.jump(begin - 100*ms)
		r.hello()
		r.ceiling(18, 1000)
		r.jump(begin)
		wantNoRefusal(t, r.permit(300, 50*ms))
		if r.p.Press(r.now) != protocol.StartRan {
			t.Fatalf("begin %d: no start", begin)
		}
		r.p.Advance(begin + 250*ms - 1)
		if !r.p.MotorOn() {
			t.Errorf("begin %d: dead before the deadline", begin)
		}
		r.p.Advance(begin + 250*ms)
		if r.p.MotorOn() {
			t.Errorf("begin %d: alive at the deadline", begin)
		}
		r.now = begin + 250*ms
		wantRefusal(t, r.permit(300, 300*ms), protocol.TypePermit, protocol.RefusedExpired)
		m := r.send(&protocol.Permit{Session: session, Generation: 18, Depth: 1000, SeenTick: (r.now + 1).Tick(), LifeMS: 300})
		wantRefusal(t, m, protocol.TypePermit, protocol.RefusedFuture)
	}
}

// A tick that is half the range old reads as one from the future; both are refused.
func TestPermitOfAnHourAgoIsRefused(t *testing.T) {
	r := newRig(t)
	r.jump(2 * 3600 * sec)
	r.hello()
	r.ceiling(18, 1000)
	for _, age := range []protocol.Uptime{500 * ms, sec, 600 * sec, 2147 * sec, 2148 * sec, 3600 * sec, 4294 * sec} {
		hs := r.permit(500, age)
		if why := one[protocol.Refusal](t, hs).Reason; why != protocol.RefusedExpired && why != protocol.RefusedFuture {
			t.Errorf("a permit %d µs old is refused as %v", age, why)
		}
		if r.p.PermitLeft() != 0 {
			t.Fatalf("a permit %d µs old is in force", age)
		}
		r.now += sec / 4
		r.sync()
	}
}

// §6.4
func TestRevokeRules(t *testing.T) {
	for _, tt := range []struct {
		name    string
		s       protocol.Session
		gen     uint16
		want    protocol.Reason
		stops   bool
		wantGen uint16
		ceiling protocol.Micrometres
	}{
		{"higher generation", session, 19, 0, true, 19, 0},
		{"last generation", session, 0xffff, 0, true, 0xffff, 0},
		{"equal generation", session, 18, 0, true, 18, 0},
		{"lower generation is late", session, 17, protocol.RefusedGeneration, false, 18, 1000},
		{"wrong nonce stops all the same", protocol.Session{Nonce: 1, Boot: boot}, 99, protocol.RefusedNonce, true, 18, 1000},
		{"wrong boot stops all the same", protocol.Session{Nonce: nonce, Boot: 1}, 99, protocol.RefusedBoot, true, 18, 1000},
		{"wrong nonce, lower generation", protocol.Session{Nonce: 1, Boot: boot}, 1, protocol.RefusedNonce, true, 18, 1000},
		{"all zero", protocol.Session{}, 0, protocol.RefusedNonce, true, 18, 1000},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := running(t)
			r.now += 10 * ms
			hs := r.send(&protocol.Revoke{Session: tt.s, Generation: tt.gen})
			if tt.want != 0 {
				wantRefusal(t, hs, protocol.TypeRevoke, tt.want)
			} else {
				wantNoRefusal(t, hs)
			}
			if r.p.MotorOn() == tt.stops || (r.p.PermitLeft() == 0) != tt.stops {
				t.Errorf("motor %v, permit %v", r.p.MotorOn(), r.p.PermitLeft())
			}
			if tt.stops {
				if r.p.StopCause() != protocol.StopRevoke {
					t.Errorf("StopCause() = %d", r.p.StopCause())
				}
				if m := one[protocol.Reading](t, hs); m.Generation != tt.wantGen || m.PermitMS != 0 || m.Flags.Motor() != protocol.MotorStopping {
					t.Errorf("the reading shows %+v", m)
				}
			}
			if r.p.Generation() != tt.wantGen || r.p.Ceiling() != tt.ceiling {
				t.Errorf("generation %d, ceiling %v", r.p.Generation(), r.p.Ceiling())
			}
		})
	}
}

func TestAfterARevokeNothingRunsUntilANewCeilingPermitAndPress(t *testing.T) {
	r := running(t)
	r.revoke(19)
	r.p.Cleared(r.now)
	for gen := uint16(17); gen <= 20; gen++ {
		r.send(&protocol.Permit{Session: session, Generation: gen, Depth: 1000, SeenTick: r.now.Tick(), LifeMS: 300})
		r.send(&protocol.Permit{Session: session, Generation: gen, Depth: 0, SeenTick: r.now.Tick(), LifeMS: 300})
	}
	wantRefusal(t, r.ceiling(18, 1000), protocol.TypeCeiling, protocol.RefusedGeneration)
	wantRefusal(t, r.ceiling(19, 1000), protocol.TypeCeiling, protocol.RefusedGeneration)
	if r.p.PermitLeft() != 0 || r.p.Press(r.now) != protocol.StartNoPermit || r.p.MotorOn() {
		t.Fatal("something runs after a revoke")
	}
	wantNoRefusal(t, r.ceiling(20, 1000))
	wantNoRefusal(t, r.permit(300, 0))
	if r.p.MotorOn() {
		t.Fatal("the permit started the motor")
	}
	if r.p.Press(r.now) != protocol.StartRan {
		t.Error("a fresh press under a new permit does not start")
	}
}

func TestRevokeStopsWithoutAHostToo(t *testing.T) {
	r := newRig(t, caps(stoppable))
	r.run(sec)
	if r.p.Press(r.now) != protocol.StartRan {
		t.Fatal("a stoppable pen runs on a press")
	}
	wantRefusal(t, r.send(&protocol.Revoke{Session: session, Generation: 1}), protocol.TypeRevoke, protocol.RefusedNonce)
	if r.p.MotorOn() {
		t.Error("it runs on")
	}
}

// §6.5
func TestPressRules(t *testing.T) {
	set := func(d uint16) func(*rig) {
		return func(r *rig) { r.p.Sense(r.now, protocol.Sensors{Set: d}) }
	}
	enforces := caps(guardedID().Caps | protocol.CapEnforces)
	plain := func(*protocol.PenConfig) {}
	permit := func(r *rig) { r.permit(300, 0) }
	fault := func(r *rig) { r.p.Sense(r.now, protocol.Sensors{Faults: protocol.FaultBattery}) }
	warn := func(r *rig) { r.p.Sense(r.now, protocol.Sensors{Faults: 1 << 8}) }
	under := func(d uint16) func(*rig) {
		return func(r *rig) {
			r.ceiling(19, d)
			r.send(&protocol.Permit{Session: session, Generation: 19, Depth: d, SeenTick: r.now.Tick(), LifeMS: 150})
			if r.p.PermitLeft() != 150*time.Millisecond {
				r.t.Fatal("no permit")
			}
		}
	}
	for _, tt := range []struct {
		name string
		cfg  func(*protocol.PenConfig)
		do   []func(*rig)
		want protocol.StartResult
	}{
		{"permit", plain, []func(*rig){permit}, protocol.StartRan},
		{"no permit", plain, nil, protocol.StartNoPermit},
		{"permit, then a fault", plain, []func(*rig){permit, fault}, protocol.StartFault},
		{"fault before no permit", plain, []func(*rig){fault}, protocol.StartFault},
		{"permit, and a maker's warning", plain, []func(*rig){permit, warn}, protocol.StartRan},
		{"set depth above, not checked", plain, []func(*rig){permit, set(1001)}, protocol.StartRan},
		{"set depth above", enforces, []func(*rig){permit, set(1001)}, protocol.StartDepthAbove},
		{"set depth at the ceiling", enforces, []func(*rig){permit, set(1000)}, protocol.StartRan},
		{"set depth unknown", enforces, []func(*rig){permit, set(protocol.None)}, protocol.StartRan},
		{"no permit before set depth", enforces, []func(*rig){set(1001)}, protocol.StartNoPermit},
		{"released, set depth above", enforces, []func(*rig){set(1001), func(r *rig) { r.p.Release(r.now) }}, protocol.StartRan},
		{"permit died", plain, []func(*rig){permit, func(r *rig) { r.now += 300 * ms }}, protocol.StartNoPermit},
		{"permit a microsecond from death", plain, []func(*rig){permit, func(r *rig) { r.now += 300*ms - 1 }}, protocol.StartRan},
		{"a trial", plain, []func(*rig){under(1)}, protocol.StartNoPermit},
		{"the least that is no trial", plain, []func(*rig){under(2)}, protocol.StartRan},
		{"released under a trial's ceiling", plain, []func(*rig){under(1), func(r *rig) { r.p.Release(r.now) }}, protocol.StartRan},
		{"stoppable", caps(stoppable), nil, protocol.StartRan},
		{"stoppable with a fault", caps(stoppable), []func(*rig){fault}, protocol.StartFault},
		{"listening", caps(listening), nil, protocol.StartRan},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := ready(t, tt.cfg)
			for _, f := range tt.do {
				f(r)
			}
			r.collect()
			if got := r.p.Press(r.now); got != tt.want || r.p.MotorOn() != (tt.want == protocol.StartRan) {
				t.Errorf("Press() = %d, motor %v; want %d", got, r.p.MotorOn(), tt.want)
			}
			r.ackAll()
			evs := r.events()
			if len(evs) == 0 {
				t.Fatal("no event")
			}
			e := evs[len(evs)-1]
			if e.Kind != protocol.EventPressStart || e.Arg != uint16(tt.want) || e.Tick != r.now.Tick() {
				t.Errorf("event %+v", e)
			}
		})
	}
}

func TestPressBeforeThePermitNeverCountsAfterwards(t *testing.T) {
	r := ready(t)
	if r.p.Press(r.now) != protocol.StartNoPermit {
		t.Fatal("a start without a permit")
	}
	for range 20 {
		r.run(r.now + 50*ms)
		r.permit(300, 0)
		if r.p.MotorOn() {
			t.Fatal("a permit started the motor")
		}
	}
}

func TestPermitAfterALapseDoesNotRestart(t *testing.T) {
	r := running(t)
	r.run(1300 * ms)
	r.p.Cleared(r.now)
	for range 20 {
		r.permit(300, 0)
		r.run(r.now + 50*ms)
		if r.p.MotorOn() {
			t.Fatal("a later permit restarted the motor")
		}
	}
	if r.p.Press(r.now) != protocol.StartRan {
		t.Error("a fresh press does not start")
	}
}

func TestPressToStopLeavesThePermit(t *testing.T) {
	r := running(t)
	if got := r.p.Press(r.now); got != 0 || r.p.MotorOn() || r.p.StopCause() != protocol.StopPress {
		t.Fatalf("Press() = %d while running; motor %v", got, r.p.MotorOn())
	}
	if r.p.PermitLeft() != 300*time.Millisecond {
		t.Errorf("PermitLeft() = %v", r.p.PermitLeft())
	}
	if got := r.p.Press(r.now); got != 0 || r.p.MotorOn() {
		t.Errorf("Press() = %d before the needles are clear", got)
	}
	r.p.Cleared(r.now)
	if r.p.Press(r.now) != protocol.StartRan {
		t.Error("a fresh press under the same permit does not start")
	}
}

// §6.6
func TestMotorStoppedTellsTheFirstCauseWhenTheNeedlesAreClear(t *testing.T) {
	for _, tt := range []struct {
		name string
		stop func(r *rig)
		want protocol.StopCause
	}{
		{"press", func(r *rig) { r.p.Press(r.now) }, protocol.StopPress},
		{"lapse", func(r *rig) { r.now = 1300 * ms; r.p.Advance(r.now) }, protocol.StopLapse},
		{"revoke", func(r *rig) { r.revoke(19) }, protocol.StopRevoke},
		{"ceiling", func(r *rig) { r.ceiling(19, 1000) }, protocol.StopCeiling},
		{"fault", func(r *rig) { r.p.Sense(r.now, protocol.Sensors{Faults: protocol.FaultDrive}) }, protocol.StopFault},
		{"hello", func(r *rig) {
			m := hello()
			m.Nonce, m.Previous = 5, nonce
			r.send(m)
		}, protocol.StopHello},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := running(t)
			r.send(&protocol.EventAck{Session: session, ID: 1})
			tt.stop(r)
			r.collect()
			stopped := r.now
			r.now += 30 * ms
			r.revoke(25) // a second cause, too late to count
			r.now += 10 * ms
			r.p.Cleared(r.now)
			r.p.Cleared(r.now) // once is enough
			r.collect()
			if r.p.StopCause() != tt.want {
				t.Errorf("StopCause() = %d, want %d", r.p.StopCause(), tt.want)
			}
			s := session
			if tt.want == protocol.StopHello {
				s.Nonce = 5
			}
			var got []*protocol.PenEvent
			hs := r.log
			for range 5 {
				for _, e := range pick[protocol.PenEvent](hs) {
					if e.Kind == protocol.EventMotorStopped && (len(got) == 0 || got[len(got)-1].ID != e.ID) {
						got = append(got, e)
					}
					hs = r.send(&protocol.EventAck{Session: s, ID: e.ID})
				}
			}
			if len(got) != 1 || got[0].Arg != uint16(tt.want) || got[0].Tick != (stopped+40*ms).Tick() {
				t.Errorf("events %+v, want one of cause %d at %d", got, tt.want, stopped+40*ms)
			}
		})
	}
}

// §6.10
func TestStoppablePenStopsWhenToldAndNeedsAFreshPress(t *testing.T) {
	for _, tt := range []struct {
		name string
		m    func() message
		want protocol.StopCause
	}{
		{"revoke", func() message { return &protocol.Revoke{Session: session, Generation: 19} }, protocol.StopRevoke},
		{"ceiling", func() message { return &protocol.Ceiling{Session: session, Generation: 19, Depth: 500} }, protocol.StopCeiling},
		{"hello", func() message { m := hello(); m.Nonce, m.Previous = 9, nonce; return m }, protocol.StopHello},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := ready(t, caps(stoppable))
			r.p.Press(r.now)
			if !r.p.MotorOn() {
				t.Fatal("it runs on a press alone")
			}
			r.send(tt.m())
			if r.p.MotorOn() || r.p.StopCause() != tt.want {
				t.Errorf("motor %v, cause %d", r.p.MotorOn(), r.p.StopCause())
			}
			r.p.Cleared(r.now)
			if r.run(r.now + 500*ms); r.p.MotorOn() {
				t.Error("it started by itself")
			}
			if r.p.Press(r.now) != protocol.StartRan {
				t.Error("a fresh press does not start")
			}
		})
	}
	t.Run("a lost host stops nothing", func(t *testing.T) {
		r := ready(t, caps(stoppable))
		r.p.Press(r.now)
		if r.run(r.now + 2*sec); !r.p.MotorOn() || r.p.Hosted() {
			t.Errorf("motor %v, hosted %v", r.p.MotorOn(), r.p.Hosted())
		}
	})
}

func TestListeningPenTakesNoStop(t *testing.T) {
	r := ready(t, caps(listening))
	r.p.Press(r.now)
	wantRefusal(t, r.revoke(19), protocol.TypeRevoke, protocol.RefusedUnsupported)
	r.ceiling(20, 500)
	m := hello()
	m.Nonce, m.Previous = 9, nonce
	r.send(m)
	if !r.p.MotorOn() {
		t.Error("a pen that takes no stop stopped")
	}
}

// §6.7
func TestOwnCheckStopsAtDepth(t *testing.T) {
	enforces := caps(guardedID().Caps | protocol.CapEnforces) // accuracy 50
	for _, tt := range []struct {
		name    string
		cfg     func(*protocol.PenConfig)
		strokes []protocol.Micrometres
		stops   bool
	}{
		{"at the tolerance", enforces, []protocol.Micrometres{1050, 1050, 1050}, false},
		{"one above the tolerance", enforces, []protocol.Micrometres{1051, 1000, 1051, 1050, 1051}, false},
		{"two in a row above it", enforces, []protocol.Micrometres{1051, 1051}, true},
		{"one at 300 above", enforces, []protocol.Micrometres{1300}, false},
		{"one over 300 above", enforces, []protocol.Micrometres{1301}, true},
		{"a pen that does not check", func(*protocol.PenConfig) {}, []protocol.Micrometres{2500, 2500, 2500}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := running(t, tt.cfg)
			for i, d := range tt.strokes {
				if !r.p.MotorOn() {
					t.Fatalf("stopped after %d strokes", i)
				}
				r.p.Stroke(r.now, d)
			}
			if r.p.MotorOn() == tt.stops {
				t.Errorf("motor %v", r.p.MotorOn())
			}
			if tt.stops {
				if r.p.StopCause() != protocol.StopOwn || r.p.PermitLeft() != 0 {
					t.Errorf("cause %d, permit %v", r.p.StopCause(), r.p.PermitLeft())
				}
				r.ackAll()
				evs := r.events()
				if e := evs[len(evs)-1]; e.Kind != protocol.EventOwnStop || e.Arg != uint16(tt.strokes[len(tt.strokes)-1]) {
					t.Errorf("event %+v", e)
				}
			}
		})
	}
	t.Run("the dial turned above the ceiling", func(t *testing.T) {
		r := running(t, enforces)
		r.p.Sense(r.now, protocol.Sensors{Set: 1000})
		if !r.p.MotorOn() {
			t.Fatal("stopped at the ceiling")
		}
		r.p.Sense(r.now, protocol.Sensors{Set: 1001})
		if r.p.MotorOn() || r.p.StopCause() != protocol.StopOwn {
			t.Error("runs with the dial above the ceiling")
		}
	})
	t.Run("two runs do not add up", func(t *testing.T) {
		r := running(t, enforces)
		r.p.Stroke(r.now, 1051)
		r.p.Press(r.now)
		r.p.Cleared(r.now)
		r.p.Press(r.now)
		if r.p.Stroke(r.now, 1051); !r.p.MotorOn() {
			t.Error("a stroke of the run before was counted")
		}
	})
}

// §6.8
func TestEachNamedFaultStopsAndForbids(t *testing.T) {
	for bit := range 32 {
		r := running(t)
		r.p.Sense(r.now, protocol.Sensors{Faults: 1 << bit, FaultDetail: 77})
		hs := r.collect()
		if s := one[protocol.Status](t, hs); s.Faults != 1<<bit || s.FaultDetail != 77 {
			t.Errorf("bit %d: status %+v", bit, s)
		}
		forbids := bit < 8
		if r.p.MotorOn() == forbids || (r.p.PermitLeft() == 0) != forbids {
			t.Errorf("bit %d: motor %v, permit %v", bit, r.p.MotorOn(), r.p.PermitLeft())
		}
		if forbids {
			if r.p.StopCause() != protocol.StopFault {
				t.Errorf("bit %d: cause %d", bit, r.p.StopCause())
			}
			r.p.Cleared(r.now)
			wantRefusal(t, r.permit(300, 0), protocol.TypePermit, protocol.RefusedFault)
			if r.p.Press(r.now) != protocol.StartFault {
				t.Errorf("bit %d: a start", bit)
			}
		}
		r.ackAll()
		var n int
		for _, e := range r.events() {
			if e.Kind == protocol.EventFault && e.Arg == 77 {
				n++
			}
		}
		if n != 1 {
			t.Errorf("bit %d: %d fault events", bit, n)
		}
		r.p.Sense(r.now, protocol.Sensors{})
		if one[protocol.Status](t, r.collect()).Faults != 0 {
			t.Errorf("bit %d: its going shows no status", bit)
		}
	}
}

// §6.9
func TestReleaseIsAGestureWithTheMotorOff(t *testing.T) {
	r := running(t)
	if r.p.Release(r.now) || r.p.Released() {
		t.Fatal("released while the motor ran")
	}
	r.p.Press(r.now)
	if r.p.Release(r.now) {
		t.Fatal("released before the needles were clear")
	}
	r.p.Cleared(r.now)
	r.ackAll()
	if !r.p.Release(r.now) || !r.p.Released() || r.p.PermitLeft() != 0 {
		t.Fatal("not released, or the permit lives")
	}
	if r.p.Release(r.now) {
		t.Error("released twice")
	}
	r.run(r.now + 5*ms)
	r.ackAll()
	evs := r.events()
	if e := evs[len(evs)-1]; e.Kind != protocol.EventReleased || e.Arg != 1 {
		t.Errorf("event %+v", e)
	}
	if rs := pick[protocol.Reading](r.log); !rs[len(rs)-1].Flags.Has(protocol.FlagReleased) {
		t.Error("no reading shows it")
	}
	if ss := pick[protocol.Status](r.log); ss[len(ss)-1].TimesReleased != 1 {
		t.Error("no status counts it")
	}
	if one[protocol.Welcome](t, r.send(hello())).Released != true {
		t.Error("welcome does not tell")
	}
	wantRefusal(t, r.permit(300, 0), protocol.TypePermit, protocol.RefusedReleased)

	// It runs on a press, and obeys stops.
	if r.p.Press(r.now) != protocol.StartRan {
		t.Fatal("a released pen needs a permit")
	}
	if r.p.Guard(r.now) {
		t.Error("guarded again while the motor ran")
	}
	r.run(r.now + 400*ms)
	if !r.p.MotorOn() {
		t.Error("a released pen lapsed")
	}
	r.revoke(30)
	if r.p.MotorOn() {
		t.Error("a released pen ignores revoke")
	}
	r.p.Cleared(r.now)

	// A lost host, a new one: still released.
	r.run(r.now + 2*sec)
	r.hello()
	if !r.p.Released() {
		t.Error("a new session took it back")
	}
	if !r.p.Guard(r.now) || r.p.Released() || r.p.Press(r.now) != protocol.StartNoPermit {
		t.Error("not guarded again")
	}
	if r.p.Guard(r.now) {
		t.Error("guarded twice")
	}
	if got := r.p.Counters().TimesReleased; got != 1 {
		t.Errorf("counted %d times", got)
	}
}

func TestOnlyAGuardedPenCanBeReleased(t *testing.T) {
	for _, c := range []protocol.Caps{stoppable, listening, talksOnly} {
		if r := newRig(t, caps(c)); r.p.Release(0) || r.p.Released() {
			t.Errorf("caps %#x: released", c)
		}
	}
}

func TestTimesReleasedIsCountedForLifeAndStays(t *testing.T) {
	r := newRig(t, func(c *protocol.PenConfig) { c.TimesReleased = 65534 })
	for range 3 {
		r.p.Release(0)
		r.p.Guard(0)
	}
	if got := r.p.Counters().TimesReleased; got != 65535 {
		t.Errorf("TimesReleased = %d", got)
	}
}

// §6.1
func TestGuardedPenWithoutAHostDoesNotRun(t *testing.T) {
	r := newRig(t)
	if got := r.p.Press(5 * sec); got != protocol.StartNoPermit || r.p.MotorOn() {
		t.Errorf("Press() = %d, motor %v", got, r.p.MotorOn())
	}
}
