package agent_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/term"

	"penlog/cmd/internal/agent"
	"penlog/cmd/internal/simpen"
	"penlog/device"
	"penlog/protocol"
	"penlog/session"
	"penlog/session/limits"
	"penlog/session/rehearsal"
	"penlog/sim"
	"penlog/store"
)

// room is an agent and a simulated pen on a real pseudo-terminal.
type room struct {
	t        *testing.T
	agent    *agent.Agent
	dir      string
	controls chan simpen.Control
	seen     chan simpen.Observation
	device   string
	log      *syncBuffer
	ballast  int64
	change   func(*agent.Config)
	stop     func() error
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// patience bounds every wait: nothing here is a matter of speed.
const patience = 20 * time.Second

// newRoom starts a pen and an agent that guards it. faults are there from the
// pen's first moment.
func newRoom(t *testing.T, faults ...string) *room {
	t.Helper()
	r := &room{t: t, dir: filepath.Join(t.TempDir(), "record")}
	r.startPen(faults...)
	r.startAgent()
	return r
}

func (r *room) startPen(faults ...string) {
	t := r.t
	t.Helper()
	profile, err := sim.ProfileByName("reference")
	if err != nil {
		t.Fatal(err)
	}
	controls, seen := make(chan simpen.Control, 64), make(chan simpen.Observation, 4096)
	r.controls, r.seen = controls, seen // another pen may take this one's place
	for _, f := range faults {
		controls <- simpen.Control{Do: "fault", Name: f}
	}
	dir, err := os.MkdirTemp("", "pen") // a test's own folder may be called what no port can be
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	link := filepath.Join(dir, "pen") // its terminal has another name after each replug
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- simpen.Run(ctx, simpen.Config{Pen: sim.Config{Profile: profile, Seed: 11}, PTY: link, Controls: controls,
			Observe: func(o simpen.Observation) {
				select {
				case seen <- o:
				default:
				}
			}})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	r.observe("ready", func(o simpen.Observation) bool { return o.See == "ready" })
	r.device = link
}

func (r *room) startAgent() {
	t := r.t
	t.Helper()
	addr, err := device.ParseAddress("serial://" + r.device)
	if err != nil {
		t.Fatal(err)
	}
	r.log = &syncBuffer{}
	cfg := agent.Config{Addr: addr, Dir: r.dir, Limits: limits.Default(), Version: "test",
		Ballast: r.ballast, Log: slog.New(slog.NewTextHandler(r.log, nil))}
	if r.change != nil {
		r.change(&cfg)
	}
	a, err := agent.New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()
	r.agent = a
	r.stop = sync.OnceValue(func() error { cancel(); return <-ended })
	t.Cleanup(func() {
		if err := r.stop(); err != nil {
			t.Error(err)
		}
	})
}

func (r *room) observe(what string, ok func(simpen.Observation) bool) simpen.Observation {
	r.t.Helper()
	limit := time.After(patience)
	for {
		select {
		case o := <-r.seen:
			if ok(o) {
				return o
			}
		case <-limit:
			r.t.Fatalf("the pen was not seen: %s", what)
		}
	}
}

// until waits for a view that is ok.
func (r *room) until(what string, ok func(session.View) bool) session.View {
	r.t.Helper()
	w := r.agent.Watch()
	defer r.agent.Unwatch(w)
	limit := time.After(patience)
	for {
		select {
		case u := <-w.C:
			if ok(u.View) {
				return u.View
			}
		case <-limit:
			r.t.Fatalf("not seen within %v: %s; view %+v; log %s", patience, what, r.agent.View(), r.log)
		}
	}
}

// do gives a command. Opening brings the ordinary preparation with it.
func (r *room) do(c session.Command) error {
	r.t.Helper()
	if c.Do != session.CmdOpen {
		return r.give(c)
	}
	for _, c := range append([]session.Command{rehearsal.Open("op-1")}, rehearsal.Prepare("op-1")...) {
		if err := r.give(c); err != nil {
			return err
		}
	}
	return nil
}

func (r *room) give(c session.Command) error {
	r.t.Helper()
	c.By = "op-1"
	ctx, cancel := context.WithTimeout(r.t.Context(), patience)
	defer cancel()
	_, err := r.agent.Do(ctx, c)
	return err
}

func (r *room) must(c session.Command) {
	r.t.Helper()
	if err := r.do(c); err != nil {
		r.t.Fatalf("%s: %v", c.Do, err)
	}
}

// settled gives a command as soon as no check stands in its way: some are of what
// the agent looks at by and by.
func (r *room) settled(c session.Command) {
	r.t.Helper()
	var ref *session.RefusedError
	for end := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		err := r.give(c)
		if err == nil {
			return
		}
		if !errors.As(err, &ref) || ref.Code != "checks_failed" || time.Now().After(end) {
			r.t.Fatalf("%s: %v", c.Do, err)
		}
	}
}

func broken(rule session.Rule) func(session.View) bool {
	return func(v session.View) bool {
		return slices.ContainsFunc(v.Broken, func(b session.RuleView) bool { return b.Rule == rule })
	}
}

func guarded(v session.View) bool { return v.Mode == session.ModeGuarded }
func ready(v session.View) bool   { return v.Ready }

// run brings the room to a pen that runs in the cheek at 1 mm.
func (r *room) run() {
	r.t.Helper()
	r.must(session.Command{Do: session.CmdOpen})
	r.until("guarded", guarded)
	r.must(session.Command{Do: session.CmdChoose, Zone: limits.Cheek, Indication: limits.AcneScarRolling})
	r.controls <- simpen.Control{Do: "dial", UM: 1000}
	r.controls <- simpen.Control{Do: "contact", On: true}
	r.controls <- simpen.Control{Do: "press"}
	r.until("press test passed", func(v session.View) bool {
		return slices.ContainsFunc(v.Checks, func(c session.Check) bool { return c.Code == "press_test" && c.OK })
	})
	r.must(session.Command{Do: session.CmdArm})
	r.running("running", func(v session.View) bool { return v.MotorOn && v.State == session.Active })
}

// running waits like until, and keeps the motor on: on a loaded machine a permit
// may lapse, and only a press starts it again.
func (r *room) running(what string, ok func(session.View) bool) session.View {
	r.t.Helper()
	var pressed time.Time
	return r.until(what, func(v session.View) bool {
		if v.Ready && !v.MotorOn && time.Since(pressed) > 2*time.Second {
			pressed = time.Now()
			r.controls <- simpen.Control{Do: "press"}
		}
		return ok(v)
	})
}

// verify ends the agent and checks the whole record.
func (r *room) verify() []session.Record {
	r.t.Helper()
	if err := r.stop(); err != nil {
		r.t.Fatal(err)
	}
	rd, err := store.OpenReader(r.t.Context(), r.dir)
	if err != nil {
		r.t.Fatal(err)
	}
	defer rd.Close()
	if _, err := rd.VerifyAll(r.t.Context()); err != nil {
		r.t.Fatal(err)
	}
	infos, err := rd.Sessions(r.t.Context(), 0, 1)
	if err != nil || len(infos) == 0 {
		r.t.Fatalf("no session in the record: %v", err)
	}
	if simulated := r.seen != nil; infos[0].Simulated != simulated {
		r.t.Errorf("with a simulated pen: %v, marked so in the store: %v", simulated, infos[0].Simulated)
	}
	records, err := rd.Records(r.t.Context(), infos[0].ID)
	if err != nil {
		r.t.Fatal(err)
	}
	return records
}

func kinds(records []session.Record) string {
	var k []string
	for _, r := range records {
		k = append(k, r.Kind)
	}
	return strings.Join(k, " ")
}

func TestTreatmentOverARealTerminal(t *testing.T) {
	r := newRoom(t)
	r.run()
	r.running("a second of strokes", func(v session.View) bool { return v.Strokes > 120 })
	r.controls <- simpen.Control{Do: "fault", Name: "deep", Amount: 1000}
	v := r.until("tripped", func(v session.View) bool { return v.State == session.Tripped && !v.MotorOn })
	if v.Trip == nil || v.Trip.Rule != session.DepthAboveCeiling {
		t.Fatalf("tripped by %+v", v.Trip)
	}
	o := r.observe("over the limit", func(o simpen.Observation) bool { return o.See == "over_limit" })
	if o.Over.Cause != "revoke" && o.Over.Cause != "lapse" || o.Over.ClearUS == 0 {
		t.Errorf("the episode ended by %+v", o.Over)
	}
	r.controls <- simpen.Control{Do: "clear", Name: "deep"}
	r.must(session.Command{Do: session.CmdAcknowledge})
	r.must(session.Command{Do: session.CmdResume})
	r.until("ready again", ready)
	if r.agent.View().MotorOn {
		t.Error("the motor runs without a press")
	}
	r.must(session.Command{Do: session.CmdFinish})
	records := r.verify()
	if k := kinds(records); !strings.HasSuffix(k, "ended") || !strings.Contains(k, "rule_broke") || !strings.Contains(k, "stop_seen") {
		t.Errorf("recorded %s", k)
	}
	came := slices.IndexFunc(records, func(rec session.Record) bool { return rec.Kind == "pen_up" })
	for _, rec := range records[came:] {
		if _, src, err := session.DecodeEvent(&rec); err != nil || src != session.SourceSimulator {
			t.Errorf("record %d (%s): source %q, %v", rec.Seq, rec.Kind, src, err)
		}
	}
}

func TestUnplugAndReplugComesBackPaused(t *testing.T) {
	r := newRoom(t)
	r.run()
	r.controls <- simpen.Control{Do: "unplug"}
	r.until("paused", func(v session.View) bool { return v.State == session.Paused && !v.PenUp })
	r.controls <- simpen.Control{Do: "replug"}
	v := r.until("guarded again", guarded)
	if v.Ready || v.State != session.Paused {
		t.Fatalf("after replug: %+v", v)
	}
	r.must(session.Command{Do: session.CmdResume})
	r.until("ready", ready)
	r.verify()
}

func TestRestartComesBackPaused(t *testing.T) {
	r := newRoom(t)
	r.run()
	before := r.running("two seconds of strokes", func(v session.View) bool { return v.Strokes > 250 })
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	o := r.observe("motor off", func(o simpen.Observation) bool { return o.See == "motor" && o.On != nil && !*o.On })
	if o.Cause != "revoke" && o.Cause != "lapse" {
		t.Errorf("an agent that ends stopped the pen by %s", o.Cause)
	}
	if k := kinds(r.verify()); !strings.Contains(k[strings.LastIndex(k, "motor_ran"):], "motor_rested") {
		t.Errorf("the record of an agent that ended does not end with the motor off: %s", k)
	}
	r.startAgent()
	v := r.until("guarded again", guarded)
	if v.Session != before.Session || v.State != session.Paused || v.Ready {
		t.Fatalf("taken up as %+v", v)
	}
	r.must(session.Command{Do: session.CmdResume})
	r.until("ready", ready)
	r.verify()
}

// Without the reserve the next trip could not be recorded: nothing may run, and
// everybody is told.
func TestNothingRunsOnAFullDisk(t *testing.T) {
	r := &room{t: t, dir: filepath.Join(t.TempDir(), "record"), ballast: 1 << 60} // more than any disk has
	r.startPen()
	r.startAgent()
	r.until("the disk is full", broken(session.DiskFull))
	if err := r.agent.Ready(); err == nil || !strings.Contains(err.Error(), "free space") {
		t.Errorf("ready: %v", err)
	}
	r.must(session.Command{Do: session.CmdOpen})
	r.until("guarded", guarded)
	r.must(session.Command{Do: session.CmdChoose, Zone: limits.Cheek, Indication: limits.AcneScarRolling})
	r.controls <- simpen.Control{Do: "dial", UM: 1000}
	r.controls <- simpen.Control{Do: "press"}
	r.until("press test passed", func(v session.View) bool {
		return slices.ContainsFunc(v.Checks, func(c session.Check) bool { return c.Code == "press_test" && c.OK })
	})
	var ref *session.RefusedError
	if err := r.do(session.Command{Do: session.CmdArm}); !errors.As(err, &ref) || ref.Code != "checks_failed" {
		t.Errorf("armed with a full disk: %v", err)
	}
	r.observe("the press of the test", func(o simpen.Observation) bool { return o.See == "press" })
	r.controls <- simpen.Control{Do: "press"}
	o := r.observe("the press", func(o simpen.Observation) bool { return o.See == "press" && o.Result != "" })
	for range 3 {
		if v := r.until("a later view", func(session.View) bool { return true }); v.Ready || v.MotorOn {
			t.Fatalf("after a press that came to %q: %+v", o.Result, v)
		}
	}
}

func TestSecondAgentOnTheFolderIsRefused(t *testing.T) {
	r := newRoom(t)
	addr, _ := device.ParseAddress("serial://" + r.device)
	_, err := agent.New(t.Context(), agent.Config{Addr: addr, Dir: r.dir, Limits: limits.Default(), Version: "test"})
	if !errors.Is(err, store.ErrInUse) {
		t.Errorf("a second agent: %v", err)
	}
}

func TestPensThatMisbehave(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		fault   string
		amount  int64
		running bool // the fault comes while the motor runs
		want    session.Rule
	}{
		{"ignore-hello", 0, false, session.PenSilent},
		{"reboot", 0, true, session.PenRebooted},
		{"backwards", 1000, true, session.ReadingsImpossible},
		{"mute", 0, true, session.LinkLost},
		{"tick-jump", 700_000, true, session.ClockJumped},
		{"stuck-sensor", 200, true, session.DepthUnverifiable},
		{"stuck-sensor", 990, true, session.ReadingsFrozen},
		{"reports", int64(protocol.FaultMotor), true, session.PenFault},
		{"shows-permit", 0, false, session.PenDisobeys},
	} {
		t.Run(tt.fault, func(t *testing.T) {
			if !tt.running {
				r := newRoom(t, tt.fault)
				r.until(tt.want.String(), broken(tt.want))
				return
			}
			r := newRoom(t)
			r.run()
			w := r.agent.Watch() // some rules heal before a view shows them
			defer r.agent.Unwatch(w)
			r.controls <- simpen.Control{Do: "fault", Name: tt.fault, Amount: tt.amount}
			limit := time.After(patience)
			var heard []session.Event
			pressed := time.Now()
			for {
				select {
				case u := <-w.C:
					if u.View.Ready && !u.View.MotorOn && time.Since(pressed) > 2*time.Second { // a permit lapsed
						pressed = time.Now()
						r.controls <- simpen.Control{Do: "press"}
					}
					heard = append(heard, u.Events...)
					for _, e := range u.Events {
						if b, ok := e.(session.RuleBroke); ok && b.Rule == tt.want {
							return
						}
					}
				case <-limit:
					t.Fatalf("%v was not found; heard %+v; log %s", tt.want, heard, r.log)
				}
			}
		})
	}
}

func TestPenThatIgnoresStopIsNeverGuardedAgain(t *testing.T) {
	r := newRoom(t)
	r.run()
	r.controls <- simpen.Control{Do: "fault", Name: "motor-stuck"}
	r.must(session.Command{Do: session.CmdStop})
	v := r.until("found to disobey", broken(session.PenDisobeys))
	if v.Trip == nil || v.Trip.Words.Priority != session.PriorityHigh || v.Mode == session.ModeGuarded {
		t.Errorf("a pen that runs on: %+v", v)
	}
}

// other is a pseudo-terminal with something at its far end that is no pen.
func (r *room) other() *os.File {
	r.t.Helper()
	m, s, err := pty.Open()
	if err != nil {
		r.t.Fatal(err)
	}
	if _, err := term.MakeRaw(int(s.Fd())); err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { m.Close(); s.Close() })
	r.device = s.Name()
	return m
}

// What is wrong with the port is on the screen, session or not.
func TestPortThatIsNoPensIsToldSo(t *testing.T) {
	t.Parallel()
	t.Run("something else sends", func(t *testing.T) {
		t.Parallel()
		r := &room{t: t, dir: filepath.Join(t.TempDir(), "record")}
		m := r.other()
		r.startAgent()
		ctx, cancel := context.WithCancel(t.Context())
		sent := make(chan struct{})
		go func() {
			defer close(sent)
			for t := time.NewTicker(50 * time.Millisecond); ctx.Err() == nil; <-t.C {
				m.WriteString("$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47\r\n")
			}
		}()
		defer func() { cancel(); <-sent }()
		r.until("not a pen", broken(session.NotAPen))
	})
	t.Run("nothing sends", func(t *testing.T) {
		t.Parallel()
		r := &room{t: t, dir: filepath.Join(t.TempDir(), "record")}
		r.other()
		r.startAgent()
		v := r.until("quiet", func(v session.View) bool { return v.Host.Quiet })
		if !v.Host.PortOpen || v.Host.Port == "" || len(v.Broken) != 0 {
			t.Errorf("a silent port: %+v, broken %v", v.Host, v.Broken)
		}
	})
	t.Run("no port", func(t *testing.T) {
		t.Parallel()
		r := &room{t: t, dir: filepath.Join(t.TempDir(), "record"), device: filepath.Join(t.TempDir(), "ttyNone")}
		r.startAgent()
		v := r.until("why", func(v session.View) bool { return v.Host.PortWhy != "" })
		if v.Host.PortOpen || !strings.Contains(v.Host.PortWhy, "no such port") || !strings.Contains(v.Host.PortRemedy, "plug the pen in") {
			t.Errorf("a port that is not there: %+v", v.Host)
		}
	})
}

func TestForeignDeviceIsNeverWrittenTo(t *testing.T) {
	r := &room{t: t, dir: filepath.Join(t.TempDir(), "record")}
	m := r.other()
	r.startAgent()
	rng := rand.New(rand.NewPCG(1, 2))
	sound := protocol.AppendFrame(nil, protocol.TypeReading, 1, (&protocol.Reading{}).Append(nil))
	host := protocol.AppendFrame(nil, protocol.TypeHello, 1, (&protocol.Hello{Nonce: 5}).Append(nil))
	var sent uint64
	for i := range 200 {
		b := []byte("$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47\r\nAT+CGMM\r\n")
		switch i % 4 {
		case 1: // half frames
			b = sound[:1+rng.IntN(len(sound)-2)]
		case 2: // a run without an end
			b = bytes.Repeat([]byte{0xaa}, 1000)
		case 3: // another host on the line
			b = host
		}
		sent += uint64(len(b))
		if _, err := m.Write(b); err != nil {
			t.Fatal(err)
		}
		for end := time.Now().Add(patience); r.agent.Counts().Device.BytesIn < sent; time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%d bytes read of %d", r.agent.Counts().Device.BytesIn, sent)
			}
		}
	}
	if c := r.agent.Counts(); c.Device.BytesOut != 0 || c.Link != protocol.LinkListening {
		t.Errorf("%d bytes were written to a device that is no pen", c.Device.BytesOut)
	}
}

func TestFolderThatCannotBeUsed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	addr, _ := device.ParseAddress("tcp://127.0.0.1:1")
	_, err := agent.New(t.Context(), agent.Config{Addr: addr, Dir: file, Limits: limits.Default()})
	if err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("a file for a folder: %v", err)
	}
}

// A reader that is not run for long asks to go first.
func TestHeldUpAgentAsksToGoFirst(t *testing.T) {
	asked := make(chan struct{}, 1)
	r := &room{t: t, dir: filepath.Join(t.TempDir(), "record")}
	r.change = func(c *agent.Config) {
		c.HoldUp = func() { time.Sleep(60 * time.Millisecond) }
		c.Prioritize = func() (func(), error) {
			asked <- struct{}{}
			return func() {}, nil
		}
	}
	r.startPen()
	r.startAgent()
	select {
	case <-asked:
	case <-time.After(patience):
		t.Error("never asked")
	}
}
