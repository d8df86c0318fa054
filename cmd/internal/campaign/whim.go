package campaign

import (
	"strconv"
	"time"

	"penlog/cmd/internal/campaign/script"
	"penlog/protocol"
	"penlog/session"
	"penlog/session/cartridge"
	"penlog/session/clinic"
	"penlog/session/limits"
	"penlog/session/policy"
)

// The people of the campaign's clinic, as its file names them.
const (
	ByTechnician = session.By("tech")
	ByClinician  = session.By("doc")
	technician   = ByTechnician
	clinician    = ByClinician
)

// ClinicYAML is what the campaign's clinic allows: every mode, two people, and
// overrides by one. An agent that scripts are played against live is given the same.
const ClinicYAML = `format: penlog-clinic/1
version: campaign
modes: [guarded, stoppable, monitor_only, manual]
people: [{id: tech, role: technician}, {id: doc, role: clinician}]
two_for_an_override: false
`

// strictYAML is a stricter one: guarded pens, two people for an override, and not
// every indication.
const strictYAML = `format: penlog-clinic/1
version: campaign-strict
modes: [guarded]
indications: [acne_scar_rolling, striae]
people: [{id: tech, role: technician}, {id: doc, role: clinician}]
two_for_an_override: true
`

// room is what the clinic allows. Where somebody meddles it is a stricter one now and
// then, which may be put in its place while the agent is down.
func (w *world) room() *clinic.Config {
	yaml := ClinicYAML
	w.rules = clinicRules{}
	if r := stream(w.script.Seed, forClinic); w.script.Technician == script.Meddles && (r.chance(30) || w.host.lives > 1 && r.chance(60)) {
		yaml = strictYAML
		w.rules = clinicRules{two: true, guarded: true, refuses: []limits.Indication{limits.UnevenTone, limits.FineLines, limits.AcneScarBoxcar}}
	}
	c, err := clinic.Load("campaign", []byte(yaml))
	if err != nil {
		panic(err) // a fault of this program
	}
	return c
}

// turns are the commands that steer permits; seldom are all others.
var turns = []session.CommandKind{session.CmdChoose, session.CmdChoose, session.CmdArm, session.CmdPause, session.CmdStop,
	session.CmdResume, session.CmdResume, session.CmdAcknowledge, session.CmdNote, session.CmdAbort, session.CmdFinish, session.CmdInterrupt,
	session.CmdAcceptPen, session.CmdLocate, session.CmdOpen}

// afterwards are the commands that may follow the end.
var afterwards = func() (out []session.CommandKind) {
	for _, s := range session.CommandSpecs() {
		if s.After {
			out = append(out, s.Do)
		}
	}
	return out
}()

// whim is a command out of turn: often one of a treatment, now and then any that
// there is, by anyone, with what it takes drawn at random.
func (t *Technician) whim(p *Screen) session.Command {
	r := &t.rng
	c := session.Command{Do: pick(r, turns)}
	meddles := t.how == script.Meddles
	switch {
	case meddles && p.State.Over() && r.chance(70):
		c.Do = pick(r, afterwards)
	case meddles && p.Chosen && !p.Running && r.chance(15):
		return t.deeper(p)
	case r.chance(25) || meddles && r.chance(40):
		c.Do = pick(r, session.CommandSpecs()).Do
	case r.chance(25):
		c.Do = pick(r, []session.CommandKind{session.CmdOverride, session.CmdEndOverride, session.CmdReattribute, session.CmdNext, session.CmdCartridge})
	}
	c.By = pick(r, []session.By{technician, technician, clinician})
	if meddles && r.chance(30) && (c.Do == session.CmdStop || c.Do == session.CmdPause || c.Do == session.CmdAbort) {
		c.Zone = pick(r, sites).Zone // which it does not take: it stops all the same
	}
	if meddles && r.chance(12) {
		c.By = pick(r, []session.By{"nobody", session.Agent, session.Unnamed, "DOC"})
	}
	if spec, ok := c.Do.Spec(); ok {
		for _, f := range spec.Takes {
			t.fill(&c, f, p)
		}
	}
	return c
}

// deeper is a clinician's word that the zone at hand may be treated deeper.
func (t *Technician) deeper(p *Screen) session.Command {
	v := &p.Verdict
	c := session.Command{Do: session.CmdOverride, By: clinician, Zone: v.Zone, Side: v.Side, Site: v.Site, Text: "whim",
		Value: v.Allowed + 250*protocol.Micrometres(1+t.rng.below(3))}
	if v.OverrideLimit > v.Allowed && t.rng.chance(70) {
		c.Value = v.OverrideLimit
	}
	if t.rng.chance(30) {
		c.Second = technician
	}
	return c
}

// scanned is a cartridge whose pack was scanned: one of three, so that the same comes again.
func (t *Technician) scanned() *session.CartridgeGiven {
	return &session.CartridgeGiven{Scan: "(01)00312345678906(17)300101(10)LOT7(21)S" + strconv.Itoa(1+t.rng.below(3)), Length: pick(&t.rng, []protocol.Micrometres{1000, 2000, 2500}),
		Needles: 14, Intact: true}
}

// fill draws one field of a command, mostly so that it could be taken.
func (t *Technician) fill(c *session.Command, field string, p *Screen) {
	r := &t.rng
	depths := []protocol.Micrometres{0, 500, 1000, 1500, 1750, 2000, 2500}
	tri := func() policy.Tri { return pick(r, []policy.Tri{"no", "no", "no", "yes", "unknown"}) }
	switch field {
	case "zone":
		c.Zone = pick(r, sites).Zone
		if p.Chosen && r.chance(50) {
			c.Zone = p.Verdict.Zone
		}
		if c.Do == session.CmdOverride && p.Chosen && r.chance(90) {
			c.Zone, c.Side = p.Verdict.Zone, p.Verdict.Side
		}
	case "indication":
		for _, s := range sites {
			if s.Zone == c.Zone {
				c.Indication = s.Indication
			}
		}
		if r.chance(20) {
			c.Indication = pick(r, sites).Indication // perhaps not offered
		}
	case "wanted_um":
		if r.chance(20) {
			c.Wanted = pick(r, depths)
		}
	case "value_um":
		c.Value = pick(r, depths)
		if r.chance(70) {
			c.Value = p.Verdict.Allowed + 250*protocol.Micrometres(1+r.below(2))
		}
	case "patient":
		if c.Patient = pick(r, []string{"patient-1", "patient-2", "patient-3"}); c.Do == session.CmdOpen && r.chance(30) {
			c.Patient = ""
		}
	case "text":
		c.Text = "whim"
	case "code":
		c.Code = pick(r, []string{"", "faint", "pain", "cold_sore"})
		if q := policy.Default().Questions(); c.Do == session.CmdClear && len(q) > 0 && r.chance(50) {
			c.Code = pick(r, q).Code
		}
	case "second":
		c.Second = pick(r, []session.By{"", technician, clinician, clinician, "DOC", "nobody"})
	case "to":
		c.To = pick(r, []session.By{technician, clinician})
	case "mode":
		c.Mode = pick(r, []session.Mode{session.ModeGuarded, session.ModeManual})
	case "delta":
		c.Delta = r.below(3) - 1
	case "area_mm2":
		c.AreaMM2 = r.below(9000)
	case "from_us": // a span within the last minute, now and then the wrong way round; or none
		if r.chance(50) {
			c.FromAt = p.Wall - protocol.At(r.below(60_000_000))
			c.ToAt = c.FromAt + protocol.At(r.below(20_000_000)-200_000)
		}
	case "seq":
		c.Seq = uint64(r.below(60))
	case "meaning":
		c.Meaning = pick(r, session.Meanings())
	case "describe":
		c.Describe = &session.Description{Phototype: r.below(7), Method: "operator", Age: r.below(60), First: tri()}
	case "plan":
		for range 1 + r.below(3) {
			s := pick(r, sites)
			c.Plan = append(c.Plan, session.PlanItem{Zone: s.Zone, Indication: s.Indication, Depth: pick(r, depths)})
		}
	case "answers":
		q := pick(r, policy.Default().Questions())
		a := session.Answered{Code: q.Code, Answer: tri()}
		if q.PerZone && a.Answer == "yes" && r.chance(50) {
			a.Zones = []limits.Zone{pick(r, sites).Zone}
		}
		c.Answers = []session.Answered{a}
	case "rest":
		c.Rest = tri()
	case "consent":
		c.Consent = &session.Consent{Version: "2", OffLabel: r.chance(80)}
	case "anaesthetic":
		c.Anaesthetic = &session.Anaesthetic{Step: pick(r, []string{"none", "on", "off", "wiped", "wiped", "reaction"}), Product: "cream"}
	case "product":
		c.Product = &session.Product{Name: "gel", Sterile: true, Purpose: pick(r, []string{"glide", "glide", "delivery"})}
	case "cartridge":
		if t.how == script.Meddles && r.chance(50) {
			c.Cartridge = t.scanned()
			break
		}
		c.Cartridge = &session.CartridgeGiven{Intact: true, Model: "test", Needles: 12, Length: pick(r, []protocol.Micrometres{0, 1000, 2000, 3000})}
	case "pen":
		c.Pen = &session.DeclaredPen{Vendor: "v", Model: "m", DepthMax: 2000}
	case "entry":
		c.Entry = &session.Entry{Passes: r.below(4), Seconds: r.below(60)}
	case "endpoint":
		c.Endpoint = &session.Endpoint{Sign: pick(r, session.Endpoints())}
	case "outcome":
		c.Outcome = &session.Outcome{Reaction: "erythema"}
	case "aftercare":
		c.Aftercare = &session.Aftercare{Leaflet: "1", Verbal: true}
	case "follow_up":
		c.FollowUp = &session.FollowUp{Findings: "whim", On: cartridge.DateIn(p.Wall, time.UTC)}
	case "adverse":
		c.Adverse = &session.Adverse{Type: "whim", Severity: "mild"}
	case "side":
		if c.Side == limits.SideNone && c.Do != session.CmdOverride {
			c.Side = pick(r, []limits.Side{limits.SideNone, limits.SideNone, limits.Left})
		}
	}
}
