package simpen_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"penlog/cmd/internal/simpen"
	"penlog/protocol"
)

// withDesk starts a pen over TCP that takes controls on a loopback port.
func withDesk(t *testing.T) *rig {
	return tcp(t, func(c *simpen.Config) { c.Ctl = "127.0.0.1:0" })
}

func ask(t *testing.T, r *rig, c simpen.Control) simpen.Observation {
	t.Helper()
	o, err := simpen.Ask(r.ready.Control, c)
	if err != nil {
		t.Fatal(err)
	}
	if !o.Simulated {
		t.Errorf("%+v does not say that it is simulated", o)
	}
	return o
}

func TestThePenIsWorkedAtItsDesk(t *testing.T) {
	r := withDesk(t)
	if o := ask(t, r, simpen.Control{Do: "press"}); o.See != "done" || o.Of != "press" {
		t.Errorf("%+v", o)
	}
	r.await("press", nil) // as whoever watches sees
	if o := ask(t, r, simpen.Control{Do: "fault", Name: "line-noise", Amount: 500, Direction: "up", MS: 60_000}); o.See != "done" {
		t.Errorf("%+v", o)
	}
	o := ask(t, r, simpen.Control{Do: "state"})
	if o.See != "done" || o.State == nil || len(o.State.Faults) != 1 || !strings.HasPrefix(o.State.Faults[0], "line-noise 500 up for ") || !o.State.Noise {
		t.Errorf("%+v, state %+v", o, o.State)
	}
	if o := ask(t, r, simpen.Control{Do: "clear"}); o.See != "done" {
		t.Errorf("%+v", o)
	}
	if o := ask(t, r, simpen.Control{Do: "state"}); len(o.State.Faults) != 0 || o.State.Noise {
		t.Errorf("state %+v after clear", o.State)
	}
	if o := ask(t, r, simpen.Control{Do: "fault", Name: "deep", Amount: 9000}); o.See != "refused" || !strings.Contains(o.Why, "amount is 9000 µm, want 1 to 3000") {
		t.Errorf("%+v", o)
	}
	if o := ask(t, r, simpen.Control{Do: "quit"}); o.See != "done" {
		t.Errorf("quit: %+v", o)
	}
	if err := r.end(); err != nil {
		t.Error(err)
	}
	if _, err := simpen.Ask(r.ready.Control, simpen.Control{Do: "press"}); !errors.Is(err, simpen.ErrRefused) || !strings.Contains(err.Error(), "is the pen still running?") {
		t.Errorf("a pen that was put away answers: %v", err)
	}
}

// Whatever comes in is answered in words, bounded, and does not harm the pen.
func TestTheDeskRefusesWhatIsNoControl(t *testing.T) {
	r := withDesk(t)
	answer := func(line []byte) simpen.Observation {
		t.Helper()
		c, err := net.Dial("tcp", strings.TrimPrefix(r.ready.Control, "tcp://"))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		_ = c.SetDeadline(time.Now().Add(patience))
		go func() { _, _ = c.Write(append(line, '\n')) }()
		b, err := bufio.NewReader(c).ReadBytes('\n')
		var o simpen.Observation
		if err != nil || json.Unmarshal(b, &o) != nil {
			t.Fatalf("%.40q: %q, %v", line, b, err)
		}
		return o
	}
	for _, tt := range []struct{ line, why string }{
		{"GET / HTTP/1.1", "not a control"},
		{"\x00\xff\xfe", "not a control"},
		{`{"do":"dance"}`, `no control "dance"`},
		{`{"do":"press"}{"do":"press"}`, "more than one JSON value"},
		{`{"do":"fault","name":"` + strings.Repeat("x", 5000) + `"}`, "choose one of"},
		{`{"do":"fault","name":"deep","direction":"up"}`, "it takes no direction"},
		{`{"do":"fault","name":"mute","ms":-1}`, "ms is -1"},
		{strings.Repeat("[", 60_000), "not a control"},
		{strings.Repeat("x", 100_000), "at most 65536 bytes"},
	} {
		if o := answer([]byte(tt.line)); o.See != "refused" || !strings.Contains(o.Why, tt.why) || len(o.Why) > 3000 {
			t.Errorf("%.40q: %+v, want %q", tt.line, o, tt.why)
		}
	}
	later := `{"do":"script","steps":[` + strings.TrimSuffix(strings.Repeat(`{"do":"state","after_ms":80000000},`, 1000), ",") + "]}"
	for i := range 11 { // of a thousand steps each, of which ten thousand may wait
		if o := answer([]byte(later)); (o.See == "refused") != (i == 10) {
			t.Errorf("script %d: %+v", i, o)
		}
	}
	if o := ask(t, r, simpen.Control{Do: "press"}); o.See != "done" {
		t.Errorf("after all that: %+v", o)
	}
}

func TestTooManyAtTheDeskAreToldSo(t *testing.T) {
	r := withDesk(t)
	addr := strings.TrimPrefix(r.ready.Control, "tcp://")
	var all []net.Conn
	for range 8 {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		// It is taken once it is answered.
		if _, err := io.WriteString(c, "{\"do\":\"state\"}\n"); err != nil {
			t.Fatal(err)
		}
		if _, err := bufio.NewReader(c).ReadBytes('\n'); err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
	}
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(patience))
	if b, err := io.ReadAll(c); err != nil || !bytes.Contains(b, []byte("8 others work this pen already")) {
		t.Errorf("the ninth hears %q, %v", b, err)
	}
	_, _ = io.WriteString(all[0], `{"do":"press"`) // half a control, and gone
	all[0].Close()
	deadline := time.Now().Add(patience)
	for {
		if o, err := simpen.Ask(r.ready.Control, simpen.Control{Do: "state"}); err == nil && o.See == "done" {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("a place that was left is not given to another")
		}
	}
}

func TestTheDeskIsOnThisMachineAloneAndTakesNobodysPlace(t *testing.T) {
	cfg := func(at string) simpen.Config {
		return simpen.Config{Pen: penConfig(t), Listen: "127.0.0.1:0", Ctl: at}
	}
	for _, at := range []string{"0.0.0.0:0", ":9000", "example.org:80", "[::]:0"} {
		if err := simpen.Run(t.Context(), cfg(at)); !errors.Is(err, simpen.ErrConfig) || !strings.Contains(err.Error(), "on this machine alone") {
			t.Errorf("control on %s: %v", at, err)
		}
	}
	dir := t.TempDir()
	chart := filepath.Join(dir, "chart")
	if err := os.WriteFile(chart, []byte("a chart"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := simpen.Run(t.Context(), cfg(chart)); err == nil || !strings.Contains(err.Error(), "in the way") {
		t.Errorf("control on a file: %v", err)
	}
	if b, _ := os.ReadFile(chart); string(b) != "a chart" {
		t.Error("the file was overwritten")
	}
	path := filepath.Join(dir, "ctl")
	stale, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	stale.SetUnlinkOnClose(false)
	stale.Close() // the socket of a pen that was killed
	r := tcp(t, func(c *simpen.Config) { c.Ctl = path })
	if r.ready.Control != "unix://"+filepath.ToSlash(path) {
		t.Errorf("control at %q", r.ready.Control)
	}
	if fi, err := os.Stat(path); err != nil || fi.Mode().Perm()&0o077 != 0 {
		t.Errorf("the socket is %v, %v", fi, err)
	}
	if o := ask(t, r, simpen.Control{Do: "state"}); o.State == nil {
		t.Errorf("%+v", o)
	}
	if err := simpen.Run(t.Context(), cfg(path)); err == nil || !strings.Contains(err.Error(), "another pen is worked at") {
		t.Errorf("a second pen at the same socket: %v", err)
	}
	r.stop()
	if err := r.end(); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(path); !os.IsNotExist(err) {
		t.Errorf("the socket outlives the pen: %v", err)
	}
}

// The cable can be out while nobody is at its end.
func TestWithoutAClientTheCableIsPulledAllTheSame(t *testing.T) {
	r := withDesk(t)
	there := func(want bool) {
		t.Helper()
		c, err := net.Dial("tcp", strings.TrimPrefix(r.ready.Listens, "tcp://"))
		if (err == nil) != want {
			t.Errorf("the port is there %t, want %t", err == nil, want)
		}
		if err == nil {
			c.Close()
			r.await("plug", func(o *simpen.Observation) bool { return !*o.On })
		}
	}
	for _, tt := range []struct{ out, in simpen.Control }{
		{simpen.Control{Do: "fault", Name: "unplugged"}, simpen.Control{Do: "clear"}},
		{simpen.Control{Do: "unplug"}, simpen.Control{Do: "replug"}},
	} {
		there(true)
		ask(t, r, tt.out)
		there(false)
		ask(t, r, tt.in)
	}
	there(true)
}

// A fault of the cable takes the place away where hosts find the pen, and gives
// it back.
func TestFaultsOfTheCableAreFeltAtThePort(t *testing.T) {
	r := withDesk(t)
	h := dial(t, r.connect(t), 1000)
	hear[protocol.Welcome](t, h)
	r.do(simpen.Control{Do: "fault", Name: "unplugged", MS: 300})
	h.awaitEnd(t)
	r.await("plug", func(o *simpen.Observation) bool { return !*o.On })
	var c net.Conn
	deadline := time.Now().Add(patience)
	for {
		var err error
		if c, err = net.Dial("tcp", strings.TrimPrefix(r.ready.Listens, "tcp://")); err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("it does not come back")
		}
	}
	hear[protocol.Identity](t, dial(t, c, 1000))

	r.do(simpen.Control{Do: "fault", Name: "other-name"})
	r.do(simpen.Control{Do: "replug"})
	moved := r.await("moved", nil)
	if moved.Listens == r.ready.Listens || moved.Control != r.ready.Control {
		t.Errorf("moved to %+v", moved.Ready)
	}
	r.ready.Listens = moved.Listens
	hear[protocol.Identity](t, dial(t, r.connect(t), 1000))
	if o := ask(t, r, simpen.Control{Do: "fault", Name: "unplugged"}); o.See != "done" {
		t.Errorf("%+v", o)
	}
	if o := ask(t, r, simpen.Control{Do: "state"}); o.State.Plugged || len(o.State.Faults) != 1 {
		t.Errorf("state %+v", o.State)
	}
	if o := ask(t, r, simpen.Control{Do: "replug"}); o.See != "done" {
		t.Errorf("%+v", o)
	}
	hear[protocol.Identity](t, dial(t, r.connect(t), 1000))
}
