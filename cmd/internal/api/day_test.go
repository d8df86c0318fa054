package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"penlog/cmd/internal/agent"
	"penlog/cmd/internal/api"
	"penlog/cmd/internal/simpen"
	"penlog/device"
	"penlog/protocol"
	"penlog/session"
	"penlog/session/clinic"
	"penlog/session/limits"
	"penlog/session/rehearsal"
	"penlog/sim"
	"penlog/store"
)

const clinicFile = `format: penlog-clinic/1
version: day-1
modes: [guarded, manual]
two_for_an_override: true
people:
  - {id: op-1, role: technician}
  - {id: op-2, role: technician}
  - {id: dr-1, role: clinician}
  - {id: dr-2, role: clinician}
`

// clinicDay is a treatment room for a day: a simulated pen, an agent, its API, and
// people who use nothing but the API.
type clinicDay struct {
	t        *testing.T
	dir, dev string
	controls chan simpen.Control
	url, key string
	stop     func()
	refusals int

	command, result *jsonschema.Schema // of the API's document
}

const patience = 20 * time.Second

func openClinic(t *testing.T) *clinicDay {
	t.Helper()
	d := &clinicDay{t: t, dir: filepath.Join(t.TempDir(), "record"), controls: make(chan simpen.Control, 64),
		command: schema(t, "Command"), result: schema(t, "Result")}
	profile, err := sim.ProfileByName("reference")
	if err != nil {
		t.Fatal(err)
	}
	ready := make(chan struct{}, 1)
	d.dev = filepath.Join(t.TempDir(), "pen") // its terminal has another name after the replug
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- simpen.Run(ctx, simpen.Config{Pen: sim.Config{Profile: profile, Seed: 5}, PTY: d.dev, Controls: d.controls, Observe: func(o simpen.Observation) {
			if o.See == "ready" {
				select {
				case ready <- struct{}{}:
				default:
				}
			}
		}})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	<-ready
	d.startAgent()
	return d
}

func (d *clinicDay) startAgent() {
	d.t.Helper()
	addr, err := device.ParseAddress("serial://" + d.dev)
	if err != nil {
		d.t.Fatal(err)
	}
	people, err := clinic.Load("clinic.yaml", []byte(clinicFile))
	if err != nil {
		d.t.Fatal(err)
	}
	a, err := agent.New(d.t.Context(), agent.Config{Addr: addr, Dir: d.dir, Version: "test", Clinic: people, Log: slog.New(slog.DiscardHandler),
		Inhibit: func(string) (func(), error) { return func() {}, nil }})
	if err != nil {
		d.t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		d.t.Fatal(err)
	}
	served := api.New(a, "test")
	srv := served.HTTP()
	ctx, cancel := context.WithCancel(context.Background())
	ran, closed := make(chan error, 1), make(chan error, 1)
	go func() { ran <- a.Run(ctx) }()
	go func() { closed <- srv.Serve(ln) }()
	d.url, d.key = "http://"+ln.Addr().String(), served.Secret()
	once := false
	d.stop = func() {
		if once {
			return
		}
		once = true
		srv.Close()
		<-closed
		cancel()
		if err := <-ran; err != nil {
			d.t.Error(err)
		}
	}
	d.t.Cleanup(d.stop)
}

// result is an answer of the API.
type result struct {
	Events []struct {
		Kind  string
		Event json.RawMessage
	}
	View  *session.View
	Error *session.RefusedError
}

// send gives a command, signed in unless it may go without.
func (d *clinicDay) send(c session.Command) result {
	d.t.Helper()
	body, err := json.Marshal(c)
	if err != nil {
		d.t.Fatal(err)
	}
	req, _ := http.NewRequestWithContext(d.t.Context(), http.MethodPost, d.url+"/v1/command", bytes.NewReader(body))
	if spec, _ := c.Do.Spec(); !spec.Open {
		req.Header.Set("Authorization", "Bearer "+d.key)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		d.t.Fatal(err)
	}
	defer resp.Body.Close()
	out, err := io.ReadAll(resp.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	d.asDocumented(body, out)
	var r result
	if err := json.Unmarshal(out, &r); err != nil {
		d.t.Fatal(err)
	}
	return r
}

func (d *clinicDay) do(do session.CommandKind, fill func(*session.Command)) result {
	d.t.Helper()
	c := session.Command{Do: do, By: "op-1"}
	if fill != nil {
		fill(&c)
	}
	r := d.send(c)
	if r.Error != nil {
		d.t.Fatalf("%s: %v", do, r.Error)
	}
	return r
}

func (d *clinicDay) refused(code string, do session.CommandKind, fill func(*session.Command)) *session.RefusedError {
	d.t.Helper()
	c := session.Command{Do: do, By: "op-1"}
	if fill != nil {
		fill(&c)
	}
	r := d.send(c)
	if r.Error == nil || r.Error.Code != code || r.Error.Words == "" || r.Error.Remedy == "" {
		d.t.Fatalf("%s: %+v, want it refused with %s in words", do, r.Error, code)
	}
	d.refusals++
	return r.Error
}

func (d *clinicDay) view() session.View {
	d.t.Helper()
	resp, err := http.Get(d.url + "/v1/state")
	if err != nil {
		d.t.Fatal(err)
	}
	defer resp.Body.Close()
	var v session.View
	if err := json.NewDecoder(resp.Body).Decode(&v); err != nil {
		d.t.Fatal(err)
	}
	return v
}

func (d *clinicDay) metrics() string {
	d.t.Helper()
	resp, err := http.Get(d.url + "/metrics")
	if err != nil {
		d.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	return string(b)
}

func (d *clinicDay) until(what string, ok func(session.View) bool) session.View {
	d.t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		v := d.view()
		if ok(v) {
			return v
		}
		if time.Now().After(end) {
			d.t.Fatalf("not within %v: %s; %+v", patience, what, v)
		}
	}
}

// visit opens a session and prepares it; cartridge is the scan of its pack.
func (d *clinicDay) visit(patient, cartridge string) session.ID {
	d.t.Helper()
	id := d.do(session.CmdOpen, func(c *session.Command) { c.Patient = patient }).View.Session
	for _, c := range rehearsal.Prepare("op-1") {
		if c.Do == session.CmdCartridge && cartridge != "" {
			c.Cartridge = &session.CartridgeGiven{Scan: cartridge, Length: 2500, Needles: 12, Intact: true}
		}
		if r := d.send(c); r.Error != nil {
			d.t.Fatalf("%s: %v", c.Do, r.Error)
		}
	}
	return id
}

// serial is a scan of a cartridge with a serial number.
func serial(n int) string { return fmt.Sprintf("(01)04012345000016(17)401231(21)S%d", n) }

func (d *clinicDay) choose(z limits.Zone, s limits.Side) {
	d.t.Helper()
	d.do(session.CmdChoose, func(c *session.Command) { c.Zone, c.Side, c.Indication = z, s, limits.AcneScarRolling })
}

func (d *clinicDay) dial(um protocol.Micrometres) {
	d.controls <- simpen.Control{Do: "dial", UM: int32(um)}
	d.until("dialled", func(v session.View) bool { return v.Set == um })
}

// arm does the press test where it is due, and the time-out.
func (d *clinicDay) arm() {
	d.t.Helper()
	d.until("guarded", func(v session.View) bool { return v.Mode == session.ModeGuarded })
	tested := func(v session.View) bool {
		return slices.ContainsFunc(v.Checks, func(c session.Check) bool { return c.Code == "press_test" && c.OK })
	}
	if !tested(d.view()) {
		d.controls <- simpen.Control{Do: "press"}
		d.until("press test", tested)
	}
	d.ready(session.CmdArm)
}

// ready gives the time-out, or resumes, as soon as every check holds.
func (d *clinicDay) ready(do session.CommandKind) {
	d.t.Helper()
	d.passing(do)
	d.until("ready", func(v session.View) bool { return v.Ready })
}

func (d *clinicDay) passing(do session.CommandKind) {
	d.t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		r := d.send(session.Command{Do: do, By: "op-1"})
		if r.Error == nil {
			break
		}
		if r.Error.Code != "checks_failed" || time.Now().After(end) {
			d.t.Fatalf("%s: %v", do, r.Error)
		}
	}
}

// treat runs the needles for a while, with glides on the skin.
func (d *clinicDay) treat(glides int) {
	d.t.Helper()
	strokes := d.view().Strokes
	d.press(true)
	d.controls <- simpen.Control{Do: "contact", On: true}
	for i := range glides {
		d.controls <- simpen.Control{Do: "glide", Axis: [...]string{"horizontal", "vertical"}[i/4%2]}
		n := d.view().Strokes
		d.until("strokes", func(v session.View) bool { return v.Strokes > n+3 || !v.MotorOn })
	}
	d.controls <- simpen.Control{Do: "contact"}
	d.press(false)
	d.until("strokes counted", func(v session.View) bool { return v.Strokes > strokes && !v.MotorOn })
}

// press presses start until the motor is as wanted: on a loaded machine a permit
// may lapse in between.
func (d *clinicDay) press(on bool) {
	d.t.Helper()
	for end := time.Now().Add(patience); d.view().MotorOn != on; {
		if time.Now().After(end) {
			d.t.Fatalf("the motor is not %v: %+v", on, d.view())
		}
		if v := d.view(); on && v.State == session.Paused {
			d.ready(session.CmdResume)
		}
		d.controls <- simpen.Control{Do: "press"}
		for range 100 {
			if d.view().MotorOn == on {
				return
			}
			time.Sleep(5 * time.Millisecond)
		}
	}
}

func (d *clinicDay) finish() {
	d.t.Helper()
	d.do(session.CmdFinish, nil)
	d.do(session.CmdOutcome, func(c *session.Command) { c.Outcome = &session.Outcome{Reaction: "red", Settled: true} })
	d.do(session.CmdAftercare, func(c *session.Command) {
		c.Aftercare = &session.Aftercare{Leaflet: "2026-1", Verbal: true, Contact: true}
	})
	d.do(session.CmdSign, func(c *session.Command) { c.Meaning = "performed" })
}

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
