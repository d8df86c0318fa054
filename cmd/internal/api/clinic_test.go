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
		for n := d.view().Strokes; d.view().Strokes <= n+3; {
			d.press(true) // a permit may have lapsed
			d.until("strokes", func(v session.View) bool { return v.Strokes > n+3 || !v.MotorOn })
		}
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
