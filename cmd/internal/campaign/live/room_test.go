package live_test

import (
	"context"
	"log/slog"
	"net"
	"path/filepath"
	"testing"

	"penlog/cmd/internal/agent"
	"penlog/cmd/internal/api"
	"penlog/cmd/internal/campaign"
	"penlog/cmd/internal/campaign/live"
	"penlog/cmd/internal/campaign/script"
	"penlog/device"
	"penlog/session/clinic"
)

// room is an agent that runs, without a pen, and its API.
type room struct {
	live.Config
	agent *agent.Agent
	end   func() // of API and agent
}

// open starts an agent as `penlog agent` does.
func open(t *testing.T) *room {
	t.Helper()
	dir := t.TempDir()
	r := &room{Config: live.Config{Dir: filepath.Join(dir, "record"), PTY: filepath.Join(dir, "pen")}}
	addr, err := device.ParseAddress("serial://" + r.PTY)
	if err != nil {
		t.Fatal(err)
	}
	people, err := clinic.Load("campaign", []byte(campaign.ClinicYAML))
	if err != nil {
		t.Fatal(err)
	}
	r.agent, err = agent.New(t.Context(), agent.Config{Addr: addr, Dir: r.Dir, Version: "test", Clinic: people, Log: slog.New(slog.DiscardHandler), Ballast: 1 << 20,
		Inhibit: func(string) (func(), error) { return func() {}, nil }})
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := api.New(r.agent, "test")
	srv := served.HTTP()
	ctx, cancel := context.WithCancel(context.Background())
	ran, closed := make(chan error, 1), make(chan error, 1)
	go func() { ran <- r.agent.Run(ctx) }()
	go func() { closed <- srv.Serve(ln) }()
	r.URL, r.Secret = "http://"+ln.Addr().String(), served.Secret()
	ended := false
	r.end = func() {
		if ended {
			return
		}
		ended = true
		srv.Close()
		<-closed
		cancel()
		if err := <-ran; err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(r.end)
	return r
}

// named is a scenario that comes with the program.
func named(t *testing.T, name string) *script.Script {
	t.Helper()
	all, err := script.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		if s.Name == name {
			return s
		}
	}
	t.Fatalf("there is no scenario %s", name)
	return nil
}
