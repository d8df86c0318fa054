//go:build unix

package simpen_test

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.bug.st/serial"

	"penlog/cmd/internal/simpen"
	"penlog/protocol"
)

// port opens the pen as any serial pen is opened.
func port(t *testing.T, r *rig) io.ReadWriteCloser {
	t.Helper()
	name := strings.TrimPrefix(r.ready.Listens, "serial://")
	p, err := serial.Open(name, &serial.Mode{BaudRate: 115200})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.SetReadTimeout(10 * time.Millisecond); err != nil {
		t.Fatal(err)
	}
	return &patientPort{Port: p, end: make(chan struct{})}
}

// patientPort makes of the library's timeouts, (0, nil), a longer wait.
type patientPort struct {
	serial.Port
	end chan struct{}
}

func (p *patientPort) Read(b []byte) (int, error) {
	for {
		select {
		case <-p.end:
			return 0, errEOF
		default:
		}
		if n, err := p.Port.Read(b); n > 0 || err != nil {
			return n, err
		}
	}
}

func (p *patientPort) Close() error {
	select {
	case <-p.end:
		return nil
	default:
		close(p.end)
	}
	return p.Port.Close()
}

func ptyRig(t *testing.T, change func(*simpen.Config)) (*rig, string) {
	path := filepath.Join(t.TempDir(), "pen")
	return start(t, func(c *simpen.Config) {
		c.PTY = path
		if change != nil {
			change(c)
		}
	}), path
}

func TestOnAPseudoTerminalThePenGreetsRunsAndStops(t *testing.T) {
	inOrder(t, exceed(t, func(t *testing.T) (*rig, io.ReadWriteCloser) {
		r, path := ptyRig(t, nil)
		if r.ready.Listens != "serial://"+path {
			t.Fatalf("listens at %q, want the path %q", r.ready.Listens, path)
		}
		return r, port(t, r)
	}))
}

func TestUnplugTakesTheTerminalAndTheLinkAndReplugGivesThemBack(t *testing.T) {
	r, path := ptyRig(t, nil)
	h := dial(t, port(t, r), 1000)
	hear[permitted](t, h)
	r.run()
	r.do(simpen.Control{Do: "unplug"})
	h.awaitEnd(t)
	r.await("done", func(o *simpen.Observation) bool { return o.Of == "unplug" })
	if _, err := os.Lstat(path); !os.IsNotExist(err) {
		t.Errorf("the link is still there: %v", err)
	}
	// The pen stops by itself, though nobody can tell it to.
	if s := r.await("host_silent", nil).Silent; s.DiedAfterUS > 301_000 {
		t.Errorf("silence %+v", s)
	}
	r.do(simpen.Control{Do: "replug"})
	r.await("done", func(o *simpen.Observation) bool { return o.Of == "replug" })
	hear[protocol.Welcome](t, dial(t, port(t, r), 1000))
}

func TestUnderAnotherNameTheLinkMovesAndTheReadyFileSaysSo(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ready.json")
	r, path := ptyRig(t, func(c *simpen.Config) { c.ReadyFile = file })
	r.do(simpen.Control{Do: "fault", Name: "other-name"})
	r.do(simpen.Control{Do: "fault", Name: "unplugged", MS: 50})
	moved := r.await("moved", nil)
	if moved.Listens != "serial://"+path+".1" {
		t.Errorf("moved to %q, want %q and .1", moved.Listens, path)
	}
	if _, err := os.Lstat(path); !os.IsNotExist(err) {
		t.Errorf("the old link is still there: %v", err)
	}
	if b, err := os.ReadFile(file); err != nil || !strings.Contains(string(b), path+".1") {
		t.Errorf("the ready file says %s, %v", b, err)
	}
	r.ready.Listens = moved.Listens
	hear[protocol.Welcome](t, dial(t, port(t, r), 1000))
}

func TestReadByNobodyThePenGoesOnAndALateHostHearsNothingOld(t *testing.T) {
	r, _ := ptyRig(t, func(c *simpen.Config) { c.StateEach = 50 * time.Millisecond })
	quiet := port(t, r)
	defer quiet.Close()
	// Greet, then read nothing: telemetry piles up until the host counts as gone.
	h := protocol.Hello{Nonce: 5, MinVersion: 1, MaxVersion: 1, Generation: 1, Rate: 200}
	if _, err := quiet.Write(protocol.AppendFrame(nil, protocol.TypeHello, 1, h.Append(nil))); err != nil {
		t.Fatal(err)
	}
	r.await("host", func(o *simpen.Observation) bool { return *o.On })
	r.await("host", func(o *simpen.Observation) bool { return !*o.On })
	gone := r.await("state", nil).At
	r.await("state", func(o *simpen.Observation) bool { return o.At > gone+1_500_000 })
	var f protocol.Frame
	var d protocol.Decoder
	var b [8192]byte
	n, err := quiet.Read(b[:])
	if err != nil {
		t.Fatal(err)
	}
	rest, ok := d.Next(b[:n], &f)
	if !ok || f.Type != protocol.TypeIdentity {
		t.Errorf("first heard %v (%d bytes follow), want an identity and nothing old", f.Type, len(rest))
	}
}

func TestTheLinkNeverTakesThePlaceOfAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pen")
	if err := os.WriteFile(path, []byte("a chart"), 0o644); err != nil {
		t.Fatal(err)
	}
	r, _ := ptyRig(t, nil) // of which only the config is used
	err := simpen.Run(t.Context(), simpen.Config{Pen: penConfig(t), PTY: path})
	if err == nil || !strings.Contains(err.Error(), "in the way") {
		t.Errorf("Run = %v, want a refusal", err)
	}
	if b, _ := os.ReadFile(path); string(b) != "a chart" {
		t.Error("the file was overwritten")
	}
	r.stop()
	if err := r.end(); err != nil {
		t.Errorf("Run = %v at the end of its context, want nil", err)
	}
	if _, err := os.Lstat(strings.TrimPrefix(r.ready.Listens, "serial://")); !os.IsNotExist(err) {
		t.Errorf("the link outlives the pen: %v", err)
	}
}
