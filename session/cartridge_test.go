package session_test

import (
	"testing"
	"time"

	"penlog/protocol"
	"penlog/session"
	"penlog/session/limits"
)

// needles lets each status tell the length of the needles that are in, 0: unknown.
func (r *rig) needles(um uint16) {
	r.mangle = func(f *protocol.Frame, _ *protocol.Reading) bool {
		if f.Type == protocol.TypeStatus {
			f.Payload[47], f.Payload[48] = byte(um), byte(um>>8)
		}
		return true
	}
}

func TestCartridgeLengthBoundsTheCeiling(t *testing.T) {
	for name, prepare := range map[string]func(*rig){
		"of the identity": func(r *rig) { r.id.NeedleLength = 1000; r.boot(); r.must(session.Command{Do: session.CmdOpen}) },
		"known before the session": func(r *rig) {
			r.needles(1000)
			r.step(2500 * time.Millisecond)
			r.mangle = nil
			r.must(session.Command{Do: session.CmdOpen})
		},
		"known before the zone": func(r *rig) { r.must(session.Command{Do: session.CmdOpen}); r.needles(1000); r.step(3 * time.Second) },
		"shorter than the identity": func(r *rig) {
			r.id.NeedleLength = 2000
			r.boot()
			r.must(session.Command{Do: session.CmdOpen})
			r.needles(1000)
			r.step(3 * time.Second)
		},
	} {
		r := newRig(t, rigIdentity())
		prepare(r)
		r.until(3*time.Second, "guarded", func(v session.View) bool { return v.Mode == session.ModeGuarded })
		r.must(session.Command{Do: session.CmdChoose, Zone: limits.Cheek, Indication: limits.AcneScarRolling})
		if v := r.view(); v.Ceiling != 1000 || v.Verdict.BoundBy != limits.RuleCartridgeLength {
			t.Errorf("%s: needles of 1.00 mm, ceiling %v by %v", name, v.Ceiling, v.Verdict.BoundBy)
		}
		r.folded()
	}
}

// A shorter cartridge brings the ceiling down at once, as a zone of a lower one
// does; a longer one raises nothing until a person chooses anew.
func TestCeilingFallsWithTheCartridgeAndNeverRises(t *testing.T) {
	r := running(t)
	r.press()
	r.step(100 * time.Millisecond)
	r.disk = func() time.Duration { return 300 * time.Millisecond }
	r.needles(1000)
	r.until(1200*time.Millisecond, "1.00", func(v session.View) bool { return v.Ceiling == 1000 })
	if v := r.view(); v.Confirmed != 0 {
		t.Errorf("%v is shown as confirmed under a ceiling of 1.00", v.Confirmed)
	}
	r.step(2 * time.Millisecond)
	permits := r.permits
	r.step(290 * time.Millisecond)
	if r.permits != permits || r.hot.Ready() {
		t.Errorf("%d permits before the verdict was on disk", r.permits-permits)
	}
	r.until(time.Second, "ready at 1.00", func(v session.View) bool { return v.Ready && v.Confirmed == 1000 && v.State == session.Armed })
	if c := r.pen.Ceiling(); c != 1000 {
		t.Errorf("the pen's ceiling is %v", c)
	}
	r.disk = func() time.Duration { return 2 * time.Millisecond }

	for _, um := range []uint16{1300, 0} {
		r.needles(um)
		r.step(2500 * time.Millisecond)
		if v := r.view(); v.Ceiling != 1000 || v.State != session.Armed || !v.Ready {
			t.Errorf("needles of %d µm: ceiling %v, %v, ready %v", um, v.Ceiling, v.State, v.Ready)
		}
	}
	r.must(session.Command{Do: session.CmdPause})
	r.refused(session.Command{Do: session.CmdResume}, "ceiling_rose")
	r.must(session.Command{Do: session.CmdChoose, Zone: limits.Cheek, Indication: limits.AcneScarRolling})
	if v := r.view(); v.Ceiling != 1300 || v.State != session.Paused {
		t.Errorf("chosen anew: ceiling %v, %v", v.Ceiling, v.State)
	}
	r.must(session.Command{Do: session.CmdResume})
	r.folded()
}

// Needles shorter than the pen can be set to: nothing is allowed.
func TestCartridgeTooShortForThePen(t *testing.T) {
	r := newRig(t, rigIdentity())
	r.treat(limits.Cheek, limits.AcneScarRolling)
	r.needles(200)
	r.step(1200 * time.Millisecond)
	if v := r.view(); v.Ceiling != 0 || v.Ready || v.State != session.Paused || !v.Verdict.Refused || r.pen.PermitLeft() != 0 {
		t.Errorf("needles of 0.20 mm: ceiling %v, ready %v, %v, %+v", v.Ceiling, v.Ready, v.State, v.Verdict.Reason)
	}
	r.refused(session.Command{Do: session.CmdResume}, string(limits.NothingSettable))
	r.folded()
}

// The pen's word of a cartridge that went in counts before the next status.
func TestCartridgeThatWentIn(t *testing.T) {
	r := newRig(t, rigIdentity())
	r.treat(limits.Cheek, limits.AcneScarRolling)
	in := protocol.PenEvent{ID: 900, Kind: protocol.EventCartridgeIn, Arg: 1000, Tick: r.up.Tick()}
	r.tell(in)
	r.step(5 * time.Millisecond)
	if c := r.view().Ceiling; c != 1000 {
		t.Errorf("a cartridge of 1.00 mm went in, ceiling %v", c)
	}
}

// What a pen of the other kind has in is not of this session.
func TestCartridgeOfAForeignPenIsNotTaken(t *testing.T) {
	r := running(t)
	r.away()
	r.id.Caps &^= protocol.CapSimulated
	r.reboot()
	r.needles(1000)
	r.back()
	r.step(time.Second)
	if p := r.cold.Procedure(); !p.Foreign || p.Cartridge != 0 {
		t.Errorf("foreign %v, cartridge %v", p.Foreign, p.Cartridge)
	}
}

func TestCartridgeOfThePenBeforeIsForgotten(t *testing.T) {
	r := newRig(t, rigIdentity())
	r.needles(1000)
	r.step(2500 * time.Millisecond)
	r.away()
	r.reboot()
	r.mangle = nil
	r.back()
	r.must(session.Command{Do: session.CmdOpen})
	if d := r.cold.Procedure().Cartridge; d != 0 {
		t.Errorf("a cartridge of %v, of the pen that is gone", d)
	}
}
