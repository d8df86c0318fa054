package simpen_test

import (
	"encoding/json"
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

func tcp(t *testing.T, change func(*simpen.Config)) *rig {
	return start(t, func(c *simpen.Config) {
		c.Listen = "127.0.0.1:0"
		if change != nil {
			change(c)
		}
	})
}

func (r *rig) connect(t *testing.T) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(r.ready.Listens, "tcp://"))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestOverTCPTheStopIsMeasuredAtThePen(t *testing.T) {
	inOrder(t, exceed(t, func(t *testing.T) (*rig, io.ReadWriteCloser) {
		r := tcp(t, nil)
		return r, r.connect(t)
	}))
}

func TestAHostThatFallsSilentLosesThePen(t *testing.T) {
	r := tcp(t, nil)
	h := dial(t, r.connect(t), 1000)
	hear[permitted](t, h)
	r.run()
	h.set(func(h *host) { h.silent = true })
	s := r.await("host_silent", nil).Silent
	if s.DiedAfterUS <= 0 || s.DiedAfterUS > 301_000 || s.ClearAfter < s.DiedAfterUS || s.ClearAfter > s.DiedAfterUS+60_000 {
		t.Errorf("silence %+v, want death within the life of 300 ms and clear within 60 ms of it", s)
	}
	r.await("host", func(o *simpen.Observation) bool { return !*o.On })
}

func TestANewConnectionTakesThePlaceOfTheOld(t *testing.T) {
	r := tcp(t, nil)
	first := dial(t, r.connect(t), 1000)
	hear[protocol.Identity](t, first)
	second := dial(t, r.connect(t), 1000)
	first.awaitEnd(t)
	hear[protocol.Identity](t, second)
}

func TestUnplugAndReplugOverTCP(t *testing.T) {
	r := tcp(t, nil)
	h := dial(t, r.connect(t), 1000)
	hear[protocol.Welcome](t, h)
	r.do(simpen.Control{Do: "unplug"})
	h.awaitEnd(t)
	r.await("done", func(o *simpen.Observation) bool { return o.Of == "unplug" })
	if c, err := net.Dial("tcp", strings.TrimPrefix(r.ready.Listens, "tcp://")); err == nil {
		c.Close()
		t.Error("an unplugged pen takes connections")
	}
	r.do(simpen.Control{Do: "replug"})
	r.await("done", func(o *simpen.Observation) bool { return o.Of == "replug" })
	hear[protocol.Identity](t, dial(t, r.connect(t), 1000))
}

func TestAnotherPenComesBackOnTheCable(t *testing.T) {
	r := tcp(t, nil)
	h := dial(t, r.connect(t), 1000)
	before := hear[protocol.Identity](t, h)
	r.do(simpen.Control{Do: "fault", Name: "other-pen", Text: "OTHER-1"})
	r.do(simpen.Control{Do: "unplug"})
	h.awaitEnd(t)
	r.do(simpen.Control{Do: "replug"})
	r.await("done", func(o *simpen.Observation) bool { return o.Of == "replug" })
	after := hear[protocol.Identity](t, dial(t, r.connect(t), 1000))
	if after.Serial != "OTHER-1" || after.Boot == before.Boot {
		t.Errorf("identity %+v after %+v, want another pen", after, before)
	}
}

func TestBytesLeaveNoFasterThanTheLineAndNobodyReadingLosesThem(t *testing.T) {
	r := tcp(t, func(c *simpen.Config) { c.StateEach = 20 * time.Millisecond })
	c := r.connect(t)
	h := dial(t, c, 1000)
	hear[permitted](t, h)
	state := func(o *simpen.Observation) bool { return o.State.Readings > 0 }
	a := r.await("state", state)
	var b simpen.Observation
	r.await("state", func(o *simpen.Observation) bool { b = *o; return o.At > a.At+1_000_000 })
	bytes := float64(b.State.Written - a.State.Written)
	rate := bytes / float64(b.At-a.At) * 1e6
	if rate < 4000 || rate > 11520 {
		t.Errorf("%.0f bytes/s, want telemetry at up to 11520", rate)
	}
	if b.State.Lost != a.State.Lost {
		t.Errorf("%d bytes lost with a host that reads", b.State.Lost-a.State.Lost)
	}
}

func TestTheReadyFileSaysWhereAndGoesWithThePen(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ready.json")
	r := tcp(t, func(c *simpen.Config) { c.ReadyFile = file })
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var got simpen.Ready
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	if got != r.ready || got.PID != os.Getpid() || !strings.HasPrefix(got.Listens, "tcp://127.0.0.1:") {
		t.Errorf("ready file %+v, want %+v", got, r.ready)
	}
	r.do(simpen.Control{Do: "quit"})
	if err := r.end(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(file); !os.IsNotExist(err) {
		t.Errorf("the ready file outlives the pen: %v", err)
	}
}

func TestAHandWorksByItselfAndNoiseDoesNotEndTheSession(t *testing.T) {
	r := tcp(t, nil)
	h := dial(t, r.connect(t), 2000)
	hear[permitted](t, h)
	r.do(simpen.Control{Do: "hand", Style: "fast", UM: 1000, Passes: 1, Seed: 4})
	r.await("motor", func(o *simpen.Observation) bool { return *o.On })
	r.do(simpen.Control{Do: "noise", PerMillion: 2000, MS: 300})
	r.await("done", func(o *simpen.Observation) bool { return o.Of == "noise" })
	r.do(simpen.Control{Do: "state"})
	if s := r.await("state", nil).State; !s.Noise {
		t.Errorf("state %+v, want noise", s)
	}
	r.do(simpen.Control{Do: "hand"}) // it lets go
	r.await("done", func(o *simpen.Observation) bool { return o.Of == "hand" })
	r.do(simpen.Control{Do: "script", Steps: []simpen.Control{{AfterMS: 400, Do: "state"}}})
	if s := r.await("state", nil).State; s.Noise || !s.Host {
		t.Errorf("state %+v, want a host and no noise", s)
	}
}
