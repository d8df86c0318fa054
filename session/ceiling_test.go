package session_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"penlog/protocol"
	"penlog/session"
	"penlog/session/limits"
	"penlog/session/policy"
)

// Whatever is chosen, allowed, taken back, plugged in and told of the patient: no
// permit is wanted, and none is in the pen, above the max depth of the last time-out
// or resume; a higher one is resumed within 5 s of its choice; no override is in
// force longer, or elsewhere, than it was given for; and nothing is permitted that a
// time-out would refuse about the patient.
func TestNoCeilingRisesButByAPersonsSecondAct(t *testing.T) {
	indications := []limits.Indication{limits.AcneScarRolling, limits.SurgicalScar, limits.EnlargedPores, limits.Hyperpigmentation, limits.TopicalDelivery}
	zones := []limits.Zone{limits.Cheek, limits.Cheek, limits.Abdomen, limits.Nose, limits.Perioral}
	perZone := question(func(q policy.Question) bool { return q.PerZone && q.Action == policy.Block })
	rapid.Check(t, func(rt *rapid.T) {
		r := newRig(t, rigIdentity())
		r.clinic = people(t)
		r.agent()
		r.set = 250
		r.treatSide(limits.Cheek, limits.Left, limits.SurgicalScar)
		agreed := r.view().Verdict.Allowed
		word := agreed // as the last time-out or resume said; a permit takes a moment to end
		var asked, overAt protocol.Instant
		check := func(what string) {
			p := r.cold.Procedure()
			c, allow := p.Desire()
			switch {
			case allow && c > agreed:
				rt.Fatalf("after %s: permits wanted at %v, agreed to %v", what, c, agreed)
			case r.pen.PermitLeft() > 0 && r.pen.Ceiling() > word:
				rt.Fatalf("after %s: a permit for %v, agreed to %v", what, r.pen.Ceiling(), word)
			case allow && p.Override == nil && p.Verdict.Overridden:
				rt.Fatalf("after %s: overridden without an override", what)
			case p.Override != nil && (r.now.Sub(overAt) > 15*time.Minute+time.Second || allow && (p.Override.Zone != p.Here.Zone || p.Override.Side != p.Here.Side || p.Override.For != p.Here.Indication)):
				rt.Fatalf("after %s: %+v in %+v", what, p.Override, p.Here)
			}
			for _, k := range r.cold.Checks() {
				if allow && !k.OK && slices.Contains([]string{"screening", "consent", "anaesthetic", "cartridge", "zone", "mode", "press_test"}, k.Code) {
					rt.Fatalf("after %s: permitted, and %+v", what, k)
				}
			}
		}
		step := func(d time.Duration, what string) {
			for range d / time.Millisecond {
				r.step(time.Millisecond)
				check(what)
			}
		}
		give := func(c session.Command) {
			if c.By == "" {
				c.By = "op-1"
			}
			was := *r.cold.Procedure()
			r.cold.Command(c, r.now, r.at)
			p := r.cold.Procedure()
			switch {
			case p.State == session.Armed && was.State != session.Armed && (c.Do == session.CmdResume || c.Do == session.CmdArm):
				if p.Verdict.Allowed > agreed && r.now.Sub(asked) > 5*time.Second {
					rt.Fatalf("%v after %v, resumed %v after it was chosen", p.Verdict.Allowed, agreed, r.now.Sub(asked))
				}
				agreed, word = p.Verdict.Allowed, p.Verdict.Allowed
			case c.Do == session.CmdChoose || c.Do == session.CmdNext:
				asked = r.now
			case c.Do == session.CmdOverride && p.Override != nil && (was.Override == nil || was.Override.Value != p.Override.Value):
				asked, overAt = r.now, r.now
			}
			if p.Chosen && !p.Verdict.Refused {
				agreed = min(agreed, max(p.Verdict.Allowed, 1)) // what came down has come down
			}
			check(string(c.Do))
			step(20*time.Millisecond, string(c.Do))
		}
		for range rapid.IntRange(5, 60).Draw(rt, "acts") {
			zone := rapid.SampledFrom(zones).Draw(rt, "zone")
			side := rapid.SampledFrom([]limits.Side{limits.Left, limits.Left, limits.SideNone}).Draw(rt, "side")
			indication := rapid.SampledFrom(indications).Draw(rt, "indication")
			um := rapid.SampledFrom([]protocol.Micrometres{750, 1000, 1250, 1500, 1750, 2000, 2500}).Draw(rt, "um")
			switch rapid.SampledFrom([]string{"choose", "choose", "choose", "override", "override", "end", "resume", "resume", "resume", "resume", "pause", "press", "needles", "cartridge",
				"describe", "plan", "add", "screen", "clear", "consent", "wait", "wait", "long", "kill", "cable", "area"}).Draw(rt, "act") {
			case "choose":
				give(session.Command{Do: session.CmdChoose, Zone: zone, Side: side, Indication: indication})
			case "override":
				p := r.cold.Procedure()
				give(session.Command{Do: session.CmdOverride, By: "dr-1", Zone: p.Verdict.Zone, Side: p.Verdict.Side, Value: um, Text: "x"})
			case "end":
				give(session.Command{Do: session.CmdEndOverride})
			case "resume":
				give(session.Command{Do: session.CmdResume})
			case "pause":
				give(session.Command{Do: session.CmdPause})
			case "press":
				r.press()
				step(50*time.Millisecond, "press")
			case "needles":
				r.needles(uint16(um))
				step(20*time.Millisecond, "needles")
			case "cartridge":
				give(needlesOf(um))
			case "describe":
				give(session.Command{Do: session.CmdDescribe, Describe: &session.Description{Phototype: rapid.IntRange(0, 6).Draw(rt, "phototype"), Age: 40, First: rapid.SampledFrom([]policy.Tri{"yes", "no"}).Draw(rt, "first")}})
			case "plan":
				give(session.Command{Do: session.CmdPlan, Plan: []session.PlanItem{{Zone: zone, Indication: indication, Depth: um}, {Zone: limits.Chin, Indication: limits.AcneScarRolling}}})
			case "add":
				give(session.Command{Do: session.CmdAddZone, Plan: []session.PlanItem{{Zone: zone, Side: side, Indication: indication, Depth: um}}})
			case "screen":
				give(session.Command{Do: session.CmdScreen, Answers: []session.Answered{{Code: rapid.SampledFrom([]string{"isotretinoin", perZone}).Draw(rt, "code"), Answer: rapid.SampledFrom([]policy.Tri{"yes", "no", "no"}).Draw(rt, "answer")}}})
			case "clear":
				give(session.Command{Do: session.CmdClear, By: "dr-1", Code: "isotretinoin", Text: "x"})
			case "consent":
				give(session.Command{Do: session.CmdConsent, Consent: &session.Consent{Version: "2", OffLabel: rapid.Bool().Draw(rt, "off")}})
			case "area":
				give(session.Command{Do: session.CmdArea, Zone: zone, AreaMM2: 5000})
			case "wait":
				step(time.Duration(rapid.IntRange(1, 5500).Draw(rt, "ms"))*time.Millisecond, "a while")
			case "long":
				r.now, r.at, r.up = r.now.Add(16*time.Minute), r.at+16*60*1_000_000, r.up.Add(16*time.Minute)
				step(2*time.Second, "16 minutes")
			case "kill":
				step(50*time.Millisecond, "kill")
				r.kill()
				check("kill")
				step(1500*time.Millisecond, "kill")
			case "cable":
				r.unplug = !r.unplug
				step(1500*time.Millisecond, "cable")
			}
		}
	})
}
