package api_test

import (
	"slices"
	"strings"
	"testing"

	"penlog/cmd/internal/simpen"
	"penlog/protocol"
	"penlog/session"
	"penlog/session/limits"
	"penlog/store"
)

func TestADayInTheClinic(t *testing.T) {
	d := openClinic(t)
	ids := map[string]session.ID{}

	// 1: a plan of three zones, the shallow ones first, signed by both.
	ids["plan"] = d.visit("p-01", serial(1))
	d.do(session.CmdPlan, func(c *session.Command) {
		for _, z := range []limits.Zone{limits.Cheek, limits.Nose, limits.Forehead} {
			c.Plan = append(c.Plan, session.PlanItem{Zone: z, Side: limits.Both, Indication: limits.AcneScarRolling, Passes: 2})
		}
	})
	d.dial(750)
	d.do(session.CmdNext, nil)
	d.arm()
	d.treat(8)
	for range 2 { // each deeper than the one before: two acts
		d.do(session.CmdNext, nil)
		d.ready(session.CmdResume)
		d.treat(4)
		d.do(session.CmdEndpoint, func(c *session.Command) {
			pain := 3
			c.Endpoint = &session.Endpoint{Sign: "erythema", Pain: &pain}
		})
	}
	d.refused("plan_done", session.CmdNext, nil)
	d.finish()
	d.do(session.CmdSign, func(c *session.Command) { c.By, c.Meaning = "dr-1", "approved" })

	// 2: the wrong zone is noticed late.
	ids["moved"] = d.visit("p-02", serial(2))
	d.choose(limits.Cheek, limits.Left)
	d.dial(1500)
	d.arm()
	d.treat(4)
	d.refused("missing_field", session.CmdReattribute, func(c *session.Command) { c.Zone = limits.Nose })
	d.do(session.CmdReattribute, func(c *session.Command) { c.Zone, c.Text = limits.Nose, "it was the nose" })
	d.finish()

	// 3: an override, by a clinician, with a second person; it ends with the zone.
	ids["override"] = d.visit("p-03", serial(3))
	d.choose(limits.Cheek, limits.Right)
	d.arm()
	deeper := func(by, second session.By) func(*session.Command) {
		return func(c *session.Command) {
			c.By, c.Second, c.Zone, c.Side, c.Value, c.Text = by, second, limits.Cheek, limits.Right, 2000, "deep rolling scars"
		}
	}
	d.refused("not_allowed", session.CmdOverride, deeper("op-1", "dr-1"))
	d.refused("second_person", session.CmdOverride, deeper("dr-1", ""))
	d.do(session.CmdOverride, deeper("dr-1", "dr-2"))
	d.ready(session.CmdResume)
	d.dial(1750)
	d.treat(3)
	d.dial(750)
	d.choose(limits.Nose, limits.Midline)
	if v := d.view(); v.Override != nil || v.Ceiling != 750 {
		t.Errorf("the next zone: override %+v, ceiling %v", v.Override, v.Ceiling)
	}
	d.finish()

	// 4: the patient faints. Whoever is nearest aborts; all else is told after.
	ids["faint"] = d.visit("p-04", serial(4))
	d.choose(limits.Forehead, limits.Midline)
	d.arm()
	d.press(true)
	if r := d.send(session.Command{Do: session.CmdAbort}); r.Error != nil {
		t.Fatal(r.Error)
	}
	d.until("stopped", func(v session.View) bool { return !v.MotorOn && v.State == session.Aborted })
	d.do(session.CmdReason, func(c *session.Command) { c.Code, c.Text = "faint", "pale, sat down, better after 5 minutes" })
	d.do(session.CmdOutcome, func(c *session.Command) { c.Outcome = &session.Outcome{Reaction: "none", Settled: true} })

	// 5: isotretinoin: nobody but a clinician.
	ids["screened"] = d.visit("p-05", serial(5))
	d.do(session.CmdScreen, func(c *session.Command) { c.Answers = []session.Answered{{Code: "isotretinoin", Answer: "yes"}} })
	d.choose(limits.Cheek, limits.Left)
	d.refused("checks_failed", session.CmdArm, nil)
	lift := func(by session.By) func(*session.Command) {
		return func(c *session.Command) { c.By, c.Code, c.Text = by, "isotretinoin", "stopped 5 months ago, low dose" }
	}
	d.refused("not_allowed", session.CmdClear, lift("op-1"))
	d.do(session.CmdClear, lift("dr-1"))
	d.dial(1000)
	d.arm()
	d.treat(3)
	d.finish()

	// 6: the first patient's cartridge again; one that is expired; then a new one.
	ids["cartridge"] = d.visit("p-06", "")
	scan := func(s string) func(*session.Command) {
		return func(c *session.Command) {
			c.Cartridge = &session.CartridgeGiven{Scan: s, Length: 2500, Needles: 12, Intact: true}
		}
	}
	if e := d.refused("cartridge_used", session.CmdCartridge, scan(serial(1))); e.Session == nil || *e.Session != ids["plan"] {
		t.Errorf("used in %v, want %v", e.Session, ids["plan"])
	}
	d.refused("cartridge_expired", session.CmdCartridge, scan("(01)04012345000016(17)200131(21)S66"))
	d.refused("bad_gtin", session.CmdCartridge, scan("(01)04012345000017(21)S66"))
	d.do(session.CmdCartridge, scan(serial(6)))
	d.choose(limits.Chin, limits.Midline)
	d.arm()
	d.treat(3)
	d.finish()

	// 7: handed over in mid-visit; passes marked and corrected.
	ids["handed over"] = d.visit("p-07", serial(7))
	d.choose(limits.Cheek, limits.Left)
	d.arm()
	d.treat(4)
	d.do(session.CmdPass, nil)
	d.do(session.CmdHandOver, func(c *session.Command) { c.To = "op-2" })
	d.do(session.CmdPass, func(c *session.Command) { c.By, c.Delta = "op-2", 1 })
	d.do(session.CmdPass, func(c *session.Command) { c.By, c.Delta = "op-2", -1 })
	d.finish()

	// 8: too deep: it trips, is acknowledged once the cause is gone, and goes on.
	ids["tripped"] = d.visit("p-08", serial(8))
	d.choose(limits.Cheek, limits.Left)
	d.arm()
	d.press(true)
	d.controls <- simpen.Control{Do: "dial", UM: 2500}
	d.until("tripped", func(v session.View) bool { return v.Trip != nil && !v.MotorOn })
	d.refused("cause_not_gone", session.CmdAcknowledge, nil)
	d.dial(1000)
	d.do(session.CmdAcknowledge, nil)
	d.ready(session.CmdResume)
	d.treat(3)
	d.finish()

	// 9: phototype V the first time: the low half, and no override for pigment.
	ids["phototype"] = d.visit("p-09", serial(9))
	d.do(session.CmdDescribe, func(c *session.Command) {
		c.Describe = &session.Description{Phototype: 5, Method: "operator", Age: 33, First: "yes"}
	})
	d.choose(limits.Cheek, limits.Right)
	if v := d.view(); v.Verdict.BoundBy != limits.RulePatientRule {
		t.Errorf("bound by %v", v.Verdict.BoundBy)
	}
	d.do(session.CmdChoose, func(c *session.Command) {
		c.Zone, c.Side, c.Indication = limits.Cheek, limits.Right, limits.Hyperpigmentation
	})
	d.refused("no_override", session.CmdOverride, deeper("dr-1", "dr-2"))
	d.dial(250)
	d.arm()
	d.treat(3)
	d.finish()

	// 10: a pen of today, without a link: everything is entered.
	d.controls <- simpen.Control{Do: "unplug"}
	d.until("no pen", func(v session.View) bool { return !v.PenUp })
	ids["manual"] = d.visit("p-10", serial(10))
	d.do(session.CmdDeclarePen, func(c *session.Command) {
		c.Pen = &session.DeclaredPen{Vendor: "Bellus", Model: "SkinPen Precision", DepthMax: 2500, DepthStep: 250}
	})
	d.do(session.CmdAcceptMode, func(c *session.Command) { c.Mode = session.ModeManual })
	d.choose(limits.Cheek, limits.Left)
	d.passing(session.CmdArm)
	d.do(session.CmdStart, nil)
	set := protocol.Micrometres(1250)
	d.do(session.CmdEnter, func(c *session.Command) { c.Entry = &session.Entry{Set: &set, Passes: 3, Seconds: 240} })
	if v := d.view(); v.Accepted != session.ModeManual || v.Ready {
		t.Errorf("shown as %v, ready %v", v.Accepted, v.Ready)
	}
	d.finish()
	d.controls <- simpen.Control{Do: "replug"}
	d.until("the pen again", func(v session.View) bool { return v.PenUp })

	// 11: the first patient comes again too soon; and the chart before was open.
	ids["reassigned"] = d.visit("p-01", serial(11))
	d.choose(limits.Nose, limits.Both)
	early := slices.ContainsFunc(d.view().Checks, func(c session.Check) bool {
		return c.Code == "interval" && c.State == session.CheckWarning && c.OK
	})
	if !early {
		t.Errorf("nobody warns of a nose treated an hour ago: %+v", d.view().Checks)
	}
	d.dial(500)
	d.arm()
	d.treat(2)
	d.do(session.CmdFinish, nil)
	d.refused("same_person", session.CmdReassign, func(c *session.Command) { c.Patient, c.Second, c.Text = "p-11", "op-1", "x" })
	d.do(session.CmdReassign, func(c *session.Command) {
		c.Patient, c.Second, c.Text = "p-11", "op-2", "the chart before was still open"
	})

	// 12: the PC goes down in mid-visit; and days later something is added.
	ids["restarted"] = d.visit("p-12", serial(12))
	d.choose(limits.Cheek, limits.Left)
	d.dial(1000)
	d.arm()
	d.treat(3)
	d.stop()
	d.startAgent()
	if v := d.view(); v.State != session.Paused || v.Session != ids["restarted"] {
		t.Fatalf("after a restart: %v of %v", v.State, v.Session)
	}
	d.ready(session.CmdResume)
	d.treat(2)
	if text := d.metrics(); !strings.Contains(text, `penlog_stroke_depth_metres_count{zone="cheek"}`) {
		t.Error("strokes after a restart are of no zone")
	}
	d.finish()
	first := ids["plan"]
	d.do(session.CmdAdverse, func(c *session.Command) {
		c.Session, c.Adverse = &first, &session.Adverse{Type: "redness for 9 days", Severity: "mild", Action: "looked at"}
	})
	d.do(session.CmdCorrect, func(c *session.Command) { c.Session, c.Seq, c.Text = &first, 3, "form version was 2" })
	d.refused("wrong_state", session.CmdArm, func(c *session.Command) { c.Session = &first })

	d.stop()
	d.audit(ids)
}

// audit reads the whole day back from the file.
func (d *clinicDay) audit(ids map[string]session.ID) {
	t := d.t
	t.Helper()
	r, err := store.OpenReader(t.Context(), d.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if v, err := r.VerifyAll(t.Context()); err != nil || v.Sessions != 12 {
		t.Fatalf("%d sessions verified: %v", v.Sessions, err)
	}
	procs := map[string]*session.Procedure{}
	for name, id := range ids {
		records, err := r.Records(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		p := session.NewProcedure(id)
		for i := range records {
			e, _, err := session.DecodeEvent(&records[i])
			if err != nil {
				t.Fatal(err)
			}
			p.Apply(e, records[i].At)
		}
		procs[name] = p
		if want := map[bool]session.State{true: session.Aborted, false: session.Completed}[name == "faint"]; p.State != want {
			t.Errorf("%s: %v", name, p.State)
		}
	}
	check := func(name string, ok bool) {
		t.Helper()
		if !ok {
			t.Errorf("%s: %+v, after it %+v", name, procs[name].Totals, procs[name].After)
		}
	}
	zones := func(name string) []session.ZoneTotal { return procs[name].Totals.Zones }
	check("plan", len(zones("plan")) == 3 && zones("plan")[0].Zone == limits.Nose && zones("plan")[0].Passes.Inferred == 2 && zones("plan")[1].Endpoint != nil &&
		len(procs["plan"].After.Signatures) == 2 && len(procs["plan"].After.Adverse) == 1 && len(procs["plan"].After.Corrections) == 1)
	check("moved", procs["moved"].Totals.Late == 1 && zones("moved")[0].Strokes == 0 && zones("moved")[1].Zone == limits.Nose && zones("moved")[1].Strokes > 0)
	check("override", procs["override"].Override == nil && zones("override")[0].Ceiling == 2000)
	check("faint", procs["faint"].After.Reason != nil && procs["faint"].After.Reason.Code == "faint")
	check("cartridge", procs["cartridge"].Cartridges == 2)
	check("handed over", procs["handed over"].Operator == "op-2" && zones("handed over")[0].Passes.Marked == 1 && zones("handed over")[0].Passes.Corrected == 0)
	check("tripped", procs["tripped"].Totals.Trips == 1)
	check("manual", zones("manual")[0].Passes.Entered == 3 && zones("manual")[0].Seconds == 240 && procs["manual"].Source == session.SourcePen)
	check("reassigned", procs["reassigned"].PatientID == "p-11" && procs["reassigned"].After.Reassigned[0].Was == "p-01")
	check("restarted", zones("restarted")[0].Strokes > 0)
	t.Logf("12 patients, %d refusals in words", d.refusals)
}
