package session_test

import (
	"testing"
	"time"

	"penlog/protocol"
	"penlog/session"
	"penlog/session/limits"
)

// Strokes in the air are none in the skin: the density is of those in contact.
func TestDensityIsOfStrokesInContact(t *testing.T) {
	r := newRig(t, rigIdentity())
	r.treat(limits.Cheek, limits.AcneScarRolling)
	r.must(session.Command{Do: session.CmdArea, Zone: limits.Cheek, AreaMM2: 100})
	r.press()
	r.step(time.Second)
	r.contact = true
	r.step(500 * time.Millisecond)
	r.contact = false
	r.step(100 * time.Millisecond)
	r.press()
	r.step(100 * time.Millisecond)
	z := r.check().Totals.Zones[0]
	if z.Strokes < 150 || z.Contact < 48 || z.Contact > 54 || z.Punctures != z.Contact*12 || z.Density != z.Punctures || z.ContactMS < 490 || z.ContactMS > 530 || z.NoContact {
		t.Errorf("50 of 160 strokes in contact: %+v", z)
	}
}

// A second cartridge whose needles nobody counted: the density is at least that of
// the first, and says so.
func TestDensityWithACartridgeWhoseNeedlesNobodyKnows(t *testing.T) {
	v := prepared(t)
	v.p.Pen.NeedleCount = 0
	v.choose(limits.Cheek, limits.Left)
	v.do(session.Command{Do: session.CmdArea, Zone: limits.Cheek, Side: limits.Left, AreaMM2: 1200})
	v.do(session.Command{Do: session.CmdArm})
	v.run(part{100, 900, across})
	if z := v.total(limits.Cheek, limits.Left); z.Density != 100 || z.NoNeedles {
		t.Errorf("12 needles: %+v", z)
	}
	v.do(session.Command{Do: session.CmdCartridge, Cartridge: &session.CartridgeGiven{Model: "x", Length: 2000, Intact: true}})
	v.run(part{100, 900, across})
	if z := v.total(limits.Cheek, limits.Left); z.Density != 100 || !z.NoNeedles || z.Contact != 200 {
		t.Errorf("and a cartridge of which nobody knows: %+v", z)
	}
	v.do(session.Command{Do: session.CmdReattribute, Zone: limits.Chin, Text: "it was the chin", FromAt: v.p.Spans[1].From + 1, ToAt: v.p.Spans[1].To})
	if z := v.total(limits.Cheek, limits.Left); z.NoNeedles {
		t.Errorf("that part was of the chin: %+v", z)
	}
}

// Counts are cumulative: with one reading in ten lost, and the count of 32 bits
// wrapping, each stroke is in strokes, contact and depths once.
func TestLostReadingsLeaveStrokesExact(t *testing.T) {
	for name, base := range map[string]uint32{"plain": 0, "wrapping": 1<<32 - 200} {
		r := newRig(t, rigIdentity())
		n := 0
		r.mangle = func(f *protocol.Frame, m *protocol.Reading) bool {
			if f.Type != protocol.TypeReading {
				return true
			}
			m.Strokes += base
			n++
			return n%10 != 0
		}
		r.treat(limits.Cheek, limits.AcneScarRolling)
		r.contact = true
		for range 3 {
			r.press()
			r.step(6300 * time.Millisecond)
			r.press()
			r.step(150 * time.Millisecond)
		}
		made := uint64(r.pen.Counters().Lifetime)
		p := r.check()
		if z := p.Totals.Zones[0]; made < 1800 || z.Strokes != made || z.Contact != made || z.Depths.Strokes() != made || p.Totals.Strokes != made || p.Trip != nil {
			t.Errorf("%s: the pen made %d strokes: %d, %d in contact, %d in depths; trip %+v", name, made, z.Strokes, z.Contact, z.Depths.Strokes(), p.Trip)
		}
	}
}

// The pen is switched off and on in the middle: its counts begin anew, and none is
// counted twice or lost.
func TestAPenThatRebootsLosesNoStroke(t *testing.T) {
	r := newRig(t, rigIdentity())
	r.treat(limits.Cheek, limits.AcneScarRolling)
	r.contact = true
	r.press()
	r.step(2 * time.Second)
	before := uint64(r.pen.Counters().Lifetime)
	r.reboot()
	r.contact = false
	r.step(3 * time.Second)
	if v := r.view(); v.State == session.Armed || v.State == session.Active || v.MotorOn {
		t.Fatalf("after the reboot: %v, motor %v", v.State, v.MotorOn)
	}
	for r.view().State == session.Tripped {
		r.must(session.Command{Do: session.CmdAcknowledge})
	}
	r.until(3*time.Second, "guarded", func(v session.View) bool { return v.Mode == session.ModeGuarded })
	r.press()
	r.until(time.Second, "press test", func(session.View) bool { return r.cold.Procedure().PressTested })
	r.must(session.Command{Do: session.CmdResume})
	r.until(time.Second, "ready", func(v session.View) bool { return v.Ready })
	r.contact = true
	r.press()
	r.step(time.Second)
	r.press()
	r.step(150 * time.Millisecond)
	made := before + uint64(r.pen.Counters().Lifetime)
	if z := r.check().Totals.Zones[0]; z.Strokes+1 < made || z.Strokes > made || z.Contact != z.Strokes || z.Depths.Strokes() != z.Strokes {
		t.Errorf("the pen made %d strokes in two lives: %d, %d in contact, %d in depths", made, z.Strokes, z.Contact, z.Depths.Strokes())
	}
}

// A session that begins while the motor runs has each stroke since the reading before
// in strokes, contact and depths alike.
func TestSessionThatBeginsInARunHasEachStrokeOnce(t *testing.T) {
	r := newRig(t, rigIdentity())
	r.unplug, r.bare = true, true
	r.note(session.Note{Kind: session.NoteUp, Identity: &r.id, Mode: session.ModeGuarded, Conn: 9})
	reading := func(strokes uint32, m protocol.MotorState) {
		r.note(session.Note{Kind: session.NoteReading, Reading: protocol.Reading{Tick: protocol.Tick(strokes * 10_000), Strokes: strokes,
			Flags: protocol.MakeFlags(m, 0, protocol.FlagContactKnown|protocol.FlagContact), Set: 500, Measured: 500, Peak: 500}})
	}
	reading(100, protocol.MotorRunning)
	r.must(session.Command{Do: session.CmdOpen})
	reading(107, protocol.MotorRunning)
	reading(120, protocol.MotorOff)
	spans := r.cold.Procedure().Spans
	if len(spans) != 1 {
		t.Fatalf("%d stretches of one run", len(spans))
	}
	if s := &spans[0]; s.Strokes != 20 || s.Did.Contact != 20 || s.Did.Depths.Strokes() != 20 {
		t.Errorf("20 strokes since the reading before the session: %d, %d in contact, %d in depths", s.Strokes, s.Did.Contact, s.Did.Depths.Strokes())
	}
}
