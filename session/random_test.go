package session_test

import (
	"pgregory.net/rapid"

	"penlog/protocol"
	"penlog/session"
	"penlog/session/cartridge"
	"penlog/session/limits"
	"penlog/session/policy"
	"penlog/session/rehearsal"
)

// often are the commands of a treatment; the others come now and then.
var often = []session.CommandKind{session.CmdOpen, session.CmdChoose, session.CmdChoose, session.CmdArm, session.CmdArm, session.CmdPause,
	session.CmdStop, session.CmdResume, session.CmdResume, session.CmdAcknowledge, session.CmdNote, session.CmdAbort, session.CmdFinish,
	session.CmdInterrupt, session.CmdAcceptPen, session.CmdLocate, session.CmdOverride, session.CmdEndOverride, session.CmdReattribute, session.CmdPass, session.CmdNext, "nonsense"}

// randomCommand draws any command, whole as often as not.
func randomCommand(rt *rapid.T) session.Command {
	var do session.CommandKind
	if rapid.IntRange(0, 3).Draw(rt, "often") > 0 {
		do = rapid.SampledFrom(often).Draw(rt, "do")
	} else {
		do = rapid.SampledFrom(session.CommandSpecs()).Draw(rt, "spec").Do
	}
	c := session.Command{Do: do, By: session.By(rapid.SampledFrom([]string{"op-1", "op-1", "op-1", "dr-1", "dr-1", "op-2", "", "\xff"}).Draw(rt, "by"))}
	spec, ok := do.Spec()
	if !ok {
		return c
	}
	for _, f := range spec.Takes {
		fill(rt, &c, f)
	}
	return c
}

var someZones = []limits.Zone{limits.Cheek, limits.Cheek, limits.Nose, limits.Forehead, limits.Periorbital}

func fill(rt *rapid.T, c *session.Command, field string) {
	text := func() string {
		return rapid.SampledFrom([]string{"", "a word", "\xfe", "<a> & \u2028"}).Draw(rt, field)
	}
	small := func(most int) int { return rapid.IntRange(-1, most).Draw(rt, field) }
	tri := func() policy.Tri {
		return rapid.SampledFrom([]policy.Tri{"no", "no", "yes", "unknown"}).Draw(rt, field)
	}
	switch field {
	case "zone":
		c.Zone = rapid.SampledFrom(someZones).Draw(rt, field)
	case "side":
		c.Side = rapid.SampledFrom([]limits.Side{limits.SideNone, limits.Left}).Draw(rt, field)
	case "indication":
		c.Indication = limits.AcneScarRolling
	case "wanted_um", "value_um":
		d := rapid.SampledFrom([]protocol.Micrometres{0, 500, 1000, 1750, 2000}).Draw(rt, field)
		if field == "value_um" {
			c.Value = d
		} else {
			c.Wanted = d
		}
	case "patient":
		c.Patient = rapid.SampledFrom([]string{rehearsal.Patient, "p\xfe"}).Draw(rt, field)
	case "text":
		c.Text = text()
	case "code":
		c.Code = rapid.SampledFrom([]string{"", "faint", "isotretinoin", "x"}).Draw(rt, field)
	case "second":
		c.Second = rapid.SampledFrom([]session.By{"", "dr-2", "op-2"}).Draw(rt, field)
	case "to":
		c.To = rapid.SampledFrom([]session.By{"op-1", "op-2"}).Draw(rt, field)
	case "mode":
		c.Mode = session.Mode(rapid.IntRange(0, 4).Draw(rt, field))
	case "delta":
		c.Delta = small(2)
	case "area_mm2":
		c.AreaMM2 = small(9000)
	case "seq":
		c.Seq = uint64(rapid.IntRange(0, 40).Draw(rt, field))
	case "meaning":
		c.Meaning = rapid.SampledFrom(append(session.Meanings(), "x")).Draw(rt, field)
	case "describe":
		c.Describe = &session.Description{Phototype: small(7), Age: small(100), First: tri()}
	case "plan":
		c.Plan = rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) session.PlanItem {
			return item(rapid.SampledFrom(someZones).Draw(rt, "planned"), rapid.SampledFrom([]protocol.Micrometres{0, 600, 1400}).Draw(rt, "depth"))
		}), 1, 3).Draw(rt, field)
	case "answers":
		qs := policy.Default().Questions()
		c.Answers = []session.Answered{{Code: rapid.SampledFrom(qs).Draw(rt, field).Code, Answer: tri()}}
	case "rest":
		c.Rest = tri()
	case "consent":
		c.Consent = &session.Consent{Version: text(), OffLabel: true}
	case "anaesthetic":
		c.Anaesthetic = &session.Anaesthetic{Step: rapid.SampledFrom([]string{"none", "on", "off", "wiped", "wiped", "reaction"}).Draw(rt, field), Product: text()}
	case "product":
		c.Product = &session.Product{Name: text(), Purpose: "glide"}
	case "cartridge":
		c.Cartridge = &session.CartridgeGiven{Intact: true, Model: "x", Length: rapid.SampledFrom([]protocol.Micrometres{0, 1000, 3000}).Draw(rt, field)}
	case "pen":
		c.Pen = &session.DeclaredPen{Vendor: text(), Model: "m", DepthMax: 2000}
	case "entry":
		c.Entry = &session.Entry{Passes: small(3), Seconds: small(60)}
	case "endpoint":
		c.Endpoint = &session.Endpoint{Sign: rapid.SampledFrom(session.Endpoints()).Draw(rt, field)}
	case "outcome":
		c.Outcome = &session.Outcome{Reaction: text()}
	case "aftercare":
		c.Aftercare = &session.Aftercare{Leaflet: text(), Verbal: true}
	case "follow_up":
		c.FollowUp = &session.FollowUp{On: cartridge.Date{Year: 2026, Month: 2, Day: 3}, Findings: text()}
	case "adverse":
		c.Adverse = &session.Adverse{Type: text(), Severity: "mild"}
	}
}
