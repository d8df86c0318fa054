package session_test

import (
	"testing"

	"penlog/session"
	"penlog/session/limits"
	"penlog/session/rehearsal"
)

// What a person went on with was one pen in one mode.
func TestAcceptanceIsOfOnePen(t *testing.T) {
	stoppable := session.ModeChanged{Mode: session.ModeStoppable}
	at := func() *visit {
		v := prepared(t)
		v.apply(stoppable)
		v.do(session.Command{Do: session.CmdAcceptMode, Mode: session.ModeStoppable})
		v.choose(limits.Cheek, limits.Left)
		v.do(session.Command{Do: session.CmdArm})
		v.apply(session.PenDown{}, session.PausedEvent{To: session.Paused})
		return v
	}
	v := at() // the same pen again
	v.apply(pen(), stoppable)
	v.do(session.Command{Do: session.CmdResume})
	v = at() // another of its kind
	up := pen()
	up.Serial += "x"
	v.apply(up, stoppable)
	v.refused(session.Command{Do: session.CmdResume}, "checks_failed")
	v = at() // it was guarded, and is released at the pen
	v.apply(pen(), session.ModeChanged{Mode: session.ModeGuarded}, stoppable)
	v.refused(session.Command{Do: session.CmdResume}, "checks_failed")
}

// A pen without a link may be declared after a simulated one was there by mistake.
func TestDeclaredPenIsNotForeign(t *testing.T) {
	v := manual(t)
	up := pen()
	up.Simulated = true
	v.apply(up, session.PenDown{})
	if !v.p.Foreign {
		t.Fatal("a simulated pen in a real session is not foreign")
	}
	v.do(session.Command{Do: session.CmdDeclarePen, Pen: &session.DeclaredPen{Vendor: "Bellus", Model: "SkinPen", DepthMax: 2500, DepthStep: 250}})
	v.do(session.Command{Do: session.CmdAcceptMode, Mode: session.ModeManual})
	v.newCartridge()
	v.do(cheek)
	v.do(session.Command{Do: session.CmdArm})
}

// A simulator's cartridge that was scanned before any pen was there.
func TestSimulatedCartridgeIsNoneOfARealPen(t *testing.T) {
	v := newVisit(t)
	v.p.Source = session.SourceNone
	v.apply(session.PenDown{})
	for _, c := range rehearsal.Prepare("op-1") {
		v.do(c)
	}
	v.do(session.Command{Do: session.CmdCartridge, Cartridge: &session.CartridgeGiven{Scan: "(01)00200000000011(21)1", Intact: true}})
	up := pen()
	up.Simulated = false
	v.apply(up, session.ModeChanged{Mode: session.ModeGuarded}, session.PressTested{})
	v.choose(limits.Cheek, limits.Left)
	v.env.World = world(session.FactGood)
	if v.p.Source != session.SourcePen || state(v, "cartridge") != session.CheckFailed {
		t.Errorf("%v, cartridge %v", v.p.Source, state(v, "cartridge"))
	}
	v.refused(session.Command{Do: session.CmdArm}, "checks_failed")
}

// The second person is another one, however the name is written.
func TestSecondPersonIsAnother(t *testing.T) {
	v := ended(t)
	v.env.Clinic = anyPen(t) // names nobody
	c := session.Command{Do: session.CmdReassign, By: "Anna", Second: "anna", Patient: "p-2", Text: "x"}
	v.refused(c, "same_person")
	c.Second = "berta"
	v.do(c)
}

func TestPatientIsNamedByMoreThanSpaces(t *testing.T) {
	v := prepared(t)
	v.choose(limits.Cheek, limits.Left)
	v.p.PatientID = " \t"
	v.refused(session.Command{Do: session.CmdArm}, "checks_failed")
}
