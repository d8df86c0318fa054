//go:build linux

// Package soak runs the agent against a simulated pen on a real pseudo-terminal
// in real time, each in a process of its own, while the PC is made to
// misbehave, and counts stops that should not have been and stops that came
// late. The pen's own observations are the judge.
package soak

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"penlog/cmd/internal/agent"
	"penlog/cmd/internal/api"
	"penlog/cmd/internal/simpen"
	screen "penlog/cmd/internal/term"
	"penlog/device"
	"penlog/session"
	"penlog/session/limits"
	"penlog/session/rehearsal"
	"penlog/sim"
	"penlog/store"
)

var (
	soakFor  = flag.Duration("soak", 0, "how long the soak runs, and judges false stops; 0: a short one that only counts them")
	soakSeed = flag.Uint64("soak.seed", 1, "what its stalls and moments are drawn from")
)

// childEnv makes the test binary the pen or the agent of a soak.
const childEnv = "PENLOG_SOAK_CHILD"

func TestMain(m *testing.M) {
	var err error
	switch os.Getenv(childEnv) {
	case "":
		flag.Parse()
		os.Exit(m.Run())
	case "pen":
		err = penMain()
	case "agent":
		err = agentMain(os.Args[1], os.Args[2], os.Args[3:])
	case "bare":
		err = bareMain(os.Args[1])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func penMain() error {
	p, err := sim.ProfileByName("reference")
	if err != nil {
		return err
	}
	_, _ = agent.Prioritize() // a pen has a processor of its own
	controls := make(chan simpen.Control)
	go simpen.ReadControls(context.Background(), os.Stdin, controls)
	out := json.NewEncoder(os.Stdout)
	return simpen.Run(context.Background(), simpen.Config{Pen: sim.Config{Profile: p, Seed: *soakSeed}, PTY: "-", Baud: 115200,
		Controls: controls, Observe: func(o simpen.Observation) { out.Encode(o) }})
}

// agentMain runs an agent. Its options: "slow" makes the disk take 200 ms for
// one commit of ten, "view" draws the terminal's view, "rate=N" asks for N
// readings a second.
func agentMain(port, dir string, options []string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	addr, err := device.ParseAddress(port)
	if err != nil {
		return err
	}
	cfg := agent.Config{Addr: addr, Dir: dir, Limits: limits.Default(), Version: "soak", Log: slog.New(slog.NewTextHandler(os.Stderr, nil)), Prioritize: agent.Prioritize}
	view := false
	for _, o := range options {
		switch {
		case o == "slow":
			rng := rand.New(rand.NewPCG(*soakSeed, 2))
			cfg.Stall = func() { // only the store's writer calls it
				if rng.IntN(10) == 0 {
					time.Sleep(200 * time.Millisecond)
				}
			}
		case o == "view":
			view = true
		case strings.HasPrefix(o, "rate="):
			if _, err := fmt.Sscanf(o, "rate=%d", &cfg.Rate); err != nil {
				return err
			}
		}
	}
	a, err := agent.New(ctx, cfg)
	if err != nil {
		return err
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	served := api.New(a, "soak")
	fmt.Println("http://"+ln.Addr().String(), served.Secret())
	go served.HTTP().Serve(ln)
	go agent.Tune()
	if view {
		go draw(ctx, a)
	}
	return a.Run(ctx)
}

// draw shows the session as a terminal would, to nobody.
func draw(ctx context.Context, a *agent.Agent) {
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		panic(err)
	}
	defer null.Close()
	sc := screen.Screen{Style: screen.Style{Color: true}}
	for t := time.NewTicker(screen.Every); ctx.Err() == nil; <-t.C {
		v := a.View()
		io.WriteString(null, sc.Draw(&v))
	}
}

// pen is the pen's process.
type pen struct {
	t   *testing.T
	cmd *exec.Cmd
	in  io.Writer
	obs chan simpen.Observation
}

func child(t *testing.T, what string, args ...string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(exe, args...)
	c.Env = append(os.Environ(), childEnv+"="+what)
	c.Stderr = os.Stderr
	return c
}

func startPen(t *testing.T) (*pen, string) {
	t.Helper()
	p := &pen{t: t, cmd: child(t, "pen"), obs: make(chan simpen.Observation, 1024)}
	var err error
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.obs)
		for d := json.NewDecoder(out); ; {
			var o simpen.Observation
			if d.Decode(&o) != nil {
				return
			}
			p.obs <- o
		}
	}()
	t.Cleanup(func() { p.cmd.Process.Kill(); p.cmd.Wait() })
	o := <-p.obs
	if o.See != "ready" || o.Ready == nil {
		t.Fatalf("the pen began with %+v", o)
	}
	return p, o.Ready.Device
}

func (p *pen) do(c simpen.Control) {
	b, _ := json.Marshal(c)
	if _, err := p.in.Write(append(b, '\n')); err != nil {
		p.t.Errorf("control %+v: %v", c, err)
	}
}

// host is the agent's process.
type host struct {
	t   *testing.T
	cmd *exec.Cmd
	url string
	key string // this start's secret
}

func startAgent(t *testing.T, dev, dir string, options ...string) *host {
	t.Helper()
	h := &host{t: t, cmd: child(t, "agent", append([]string{"serial://" + dev, dir}, options...)...)}
	out, err := h.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := h.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.cmd.Process.Kill(); h.cmd.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the agent did not start: %v", err)
	}
	h.url, h.key, _ = strings.Cut(strings.TrimSpace(line), " ")
	return h
}

func (h *host) command(c session.Command) error {
	c.By = "soak"
	b, _ := json.Marshal(c)
	req, err := http.NewRequest(http.MethodPost, h.url+"/v1/command", bytes.NewReader(b))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+h.key)
	r, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer r.Body.Close()
	if r.StatusCode != http.StatusOK {
		b, _ := io.ReadAll(r.Body)
		return fmt.Errorf("%s: %s", c.Do, b)
	}
	return nil
}

// open opens a session and prepares it.
func (h *host) open() {
	h.t.Helper()
	for _, c := range opening() {
		h.must(c)
	}
}

func opening() []session.Command {
	return append([]session.Command{rehearsal.Open("soak")}, rehearsal.Prepare("soak")...)
}

func (h *host) must(c session.Command) {
	h.t.Helper()
	if err := h.command(c); err != nil {
		h.t.Fatal(err)
	}
}

func (h *host) view() (v session.View) {
	r, err := http.Get(h.url + "/v1/state")
	if err != nil {
		h.t.Fatal(err)
	}
	defer r.Body.Close()
	if err := json.NewDecoder(r.Body).Decode(&v); err != nil {
		h.t.Fatal(err)
	}
	return v
}

// until asks until ok, at most for a minute: on a loaded machine nothing here
// is a matter of speed.
func (h *host) until(what string, ok func(session.View) bool) session.View {
	h.t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		v := h.view()
		if ok(v) {
			return v
		}
		if time.Now().After(end) {
			b, _ := json.Marshal(v)
			h.t.Fatalf("not within a minute: %s; %s", what, b)
		}
	}
}

// TestSoak is the proof of the lease: no false stop and no late stop while the
// agent is stopped for 20 to 200 ms at a time, a core is busy and the disk
// stalls; and a host that dies for two seconds stops the pen in time. A stop while
// the machine itself, by a thread that only sleeps, made the agent sleep for longer
// than a host may is no false one: it is told, and not counted.
func TestSoak(t *testing.T) {
	p, dev := startPen(t)
	dir := filepath.Join(t.TempDir(), "record")
	h := startAgent(t, dev, dir, "slow")
	profile, err := sim.ProfileByName("reference")
	if err != nil {
		t.Fatal(err)
	}
	rep := &report{expecting: true}
	t.Cleanup(func() {
		if t.Failed() {
			dump(t, dir)
		}
	})
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		rep.watch(p, time.Duration(profile.Identity.StopMS)*time.Millisecond)
	}()

	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go rep.witness.run(ctx)
	if *soakFor > 0 {
		go func() { // a busy second core
			for ctx.Err() == nil {
			}
		}()
	}

	h.open()
	h.until("guarded", func(v session.View) bool { return v.Mode == session.ModeGuarded })
	h.must(session.Command{Do: session.CmdChoose, Zone: limits.Cheek, Indication: limits.AcneScarRolling})
	p.do(simpen.Control{Do: "dial", UM: 1000})
	p.do(simpen.Control{Do: "contact", On: true})
	p.do(simpen.Control{Do: "press"})
	h.until("press test passed", func(v session.View) bool {
		return slices.ContainsFunc(v.Checks, func(c session.Check) bool { return c.Code == "press_test" && c.OK })
	})
	h.must(session.Command{Do: session.CmdArm})

	rng := rand.New(rand.NewPCG(*soakSeed, 1))
	// Beside other tests on the same cores a false stop proves nothing, so the
	// short form only counts them. A late stop is wrong on any machine.
	end := time.Now().Add(max(*soakFor, 8*time.Second))
	for round := 0; time.Now().Before(end); round++ {
		for h.recover(); !rep.running(); h.recover() {
			// A press that meets no permit does nothing: on a loaded machine the
			// permit may have lapsed since the view that showed it.
			p.do(simpen.Control{Do: "press"})
			for tries := 0; tries < 500 && !rep.running(); tries++ {
				time.Sleep(time.Millisecond)
			}
		}
		rep.expect(false)
		// Run on under stalls.
		for until := time.Now().Add(4 * time.Second); time.Now().Before(until); {
			stall := 20*time.Millisecond + time.Duration(rng.Int64N(int64(180*time.Millisecond)))
			from := time.Now()
			h.stall(stall)
			rep.stalled(span{from, time.Now()}, stall)
			time.Sleep(300*time.Millisecond + time.Duration(rng.Int64N(int64(700*time.Millisecond))))
		}
		if round%5 == 4 {
			rep.expect(true)         // the motor stops, and that is right
			h.stall(2 * time.Second) // a host that is as good as dead
			h.until("no longer ready", func(v session.View) bool { return !v.Ready && !v.MotorOn })
			continue // what it takes to go on is the next round's beginning
		}
		// Over the limit, with the host stalled at a random moment around it.
		rep.expect(true)
		p.do(simpen.Control{Do: "fault", Name: "deep", Amount: 1000})
		if rng.IntN(2) == 0 {
			h.stall(20*time.Millisecond + time.Duration(rng.Int64N(int64(180*time.Millisecond))))
		}
		if v := h.until("tripped and still", func(v session.View) bool { return !v.MotorOn }); v.State != session.Tripped {
			// A false stop came first, and is counted: go on.
			p.do(simpen.Control{Do: "clear", Name: "deep"})
			h.recover()
			continue
		}
		p.do(simpen.Control{Do: "clear", Name: "deep"}) // acknowledged at the next round's beginning
	}
	h.recover()
	h.must(session.Command{Do: session.CmdFinish})
	h.cmd.Process.Signal(os.Interrupt)
	if err := h.cmd.Wait(); err != nil {
		t.Errorf("the agent ended with %v", err)
	}
	p.do(simpen.Control{Do: "quit"})
	<-watched

	rep.print(t)
	for _, f := range rep.false {
		// A stop is right where the agent slept longer than a host may. What is
		// injected stays below; only the machine itself can make it longer.
		all, machine := rep.asleep(f.at)
		switch {
		case machine > 0 && all > maySleep:
			t.Logf("stop %s: nothing ran here for %v, and the agent not for %v", f.words, machine, all)
		case *soakFor > 0:
			t.Error("false stop ", f.words)
		default:
			t.Log("false stop ", f.words)
		}
	}
	for _, l := range rep.late {
		t.Error("late stop ", l)
	}
	if *soakFor > 0 && (len(rep.overs) == 0 || rep.runtime == 0) {
		t.Error("the soak proved nothing: no over-limit, or the motor never ran")
	}
	r, err := store.OpenReader(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if v, err := r.VerifyAll(context.Background()); err != nil {
		t.Error(err)
	} else {
		t.Logf("record: %+v", v)
	}
}

// dump prints the journal of a soak that failed.
func dump(t *testing.T, dir string) {
	r, err := store.OpenReader(context.Background(), dir)
	if err != nil {
		t.Log(err)
		return
	}
	defer r.Close()
	infos, err := r.Sessions(context.Background(), 0, 1)
	if err != nil || len(infos) == 0 {
		t.Log("no session: ", err)
		return
	}
	records, err := r.Records(context.Background(), infos[0].ID)
	if err != nil {
		t.Log(err)
	}
	said := 0
	for i, rec := range records {
		odd := rec.Kind == (session.RuleBroke{}).Kind() && !bytes.Contains(rec.Body, []byte(session.DepthAboveCeiling.String()))
		if odd && said < 500 || i >= len(records)-30 { // what should be rare, and the end
			said++
			t.Logf("%4d %9.3f s %s %.200s", rec.Seq, float64(rec.Mono)/1e6, rec.Kind, rec.Body)
		}
	}
}

// recover brings a session that was stopped back to where permits are wanted.
func (h *host) recover() {
	h.t.Helper()
	h.until("ready", func(v session.View) bool {
		switch {
		case v.State == session.Tripped:
			h.command(session.Command{Do: session.CmdAcknowledge})
		case v.State == session.Paused && v.Mode == session.ModeGuarded:
			h.command(session.Command{Do: session.CmdResume})
		}
		return v.Ready
	})
}

// stall stops the agent's process for d.
func (h *host) stall(d time.Duration) {
	h.cmd.Process.Signal(syscall.SIGSTOP)
	time.Sleep(d)
	h.cmd.Process.Signal(syscall.SIGCONT)
}

func spread(d []time.Duration) string {
	if len(d) == 0 {
		return "none"
	}
	slices.SortFunc(d, cmp.Compare)
	return fmt.Sprintf("p50 %v, max %v", d[len(d)/2].Round(100*time.Microsecond), d[len(d)-1].Round(100*time.Microsecond))
}
