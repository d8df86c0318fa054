package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"penlog/cmd/internal/simpen"
	"penlog/device/devicetest"
	"penlog/sim"
)

// pcs are made-up PCs, by name: what is plugged in and what runs.
var pcs = map[string]func(*devicetest.Tree) error{
	"empty": func(*devicetest.Tree) error { return nil },
	// One of everything that can be in the way.
	"clinic": func(pc *devicetest.Tree) error {
		return errors.Join(
			pc.Board("ttyS0", true), pc.Board("ttyS1", false),
			pc.Plug(devicetest.Dev{Name: "ttyUSB0", Path: "1-1", ID: "1a86:7523", Product: "USB Serial", Driver: "ch341-uart",
				Env: []string{"ID_MM_CANDIDATE=1", "ID_PENLOG=1", "ID_MM_DEVICE_IGNORE=1"}}),
			pc.Plug(devicetest.Dev{Name: "ttyUSB1", Path: "1-2", ID: "1a86:7523", Product: "USB Serial", Driver: "ch341-uart",
				Env: []string{"ID_MM_CANDIDATE=1", "ID_PENLOG=1", "ID_MM_DEVICE_IGNORE=1"}}),
			pc.Plug(devicetest.Dev{Name: "ttyUSB2", Path: "1-3.2", ID: "0403:6001", Serial: "A50285BI", Product: "FT232R USB UART", Driver: "ftdi_sio",
				LatencyMS: 16, Env: []string{"ID_MM_CANDIDATE=1"}}),
			pc.Plug(devicetest.Dev{Name: "ttyUSB3", Path: "1-4", ID: "2c7c:0125", Product: "EC25", Driver: "option1", Env: []string{"ID_MM_CANDIDATE=1"}}),
			pc.Plug(devicetest.Dev{Name: "ttyUSB4", Path: "1-5", ID: "0711:0230", Driver: "mct_u232", Env: []string{"ID_PENLOG=1", "ID_MM_DEVICE_IGNORE=1"}}),
			pc.Run(1, "systemd"), pc.Run(640, "ModemManager", "/dev/ttyUSB3"), pc.Run(711, "minicom", "/dev/pts/0", "/dev/ttyUSB1"),
		)
	},
	// A bridge without anything in the way, for a pen to be put behind it.
	"pen": func(pc *devicetest.Tree) error {
		return errors.Join(
			pc.Plug(devicetest.Dev{Name: "ttyUSB0", Path: "1-1", ID: "0403:6001", Serial: "A1", Driver: "ftdi_sio", LatencyMS: 1}),
			pc.Plug(devicetest.Dev{Name: "ttyUSB1", Path: "1-2", ID: "2c7c:0125", Driver: "option1"}))
	},
}

func scriptPC(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 || pcs[args[0]] == nil {
		ts.Fatalf("usage: pc NAME DIR")
	}
	ts.Check(makePC(args[0], ts.MkAbs(args[1])))
}

func makePC(name, dir string) error {
	pc, err := devicetest.NewTree(dir)
	if err != nil {
		return err
	}
	return pcs[name](pc)
}

// Listening finds a pen that announces itself, and opens nothing else.
func TestPortsListen(t *testing.T) {
	root := t.TempDir()
	if err := makePC("pen", root); err != nil {
		t.Fatal(err)
	}
	port := filepath.Join(root, "dev", "ttyUSB0")
	if err := os.Remove(port); err != nil {
		t.Fatal(err)
	}
	profile, err := sim.ProfileByName("reference")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ready, ended := make(chan struct{}, 1), make(chan error, 1)
	go func() {
		ended <- simpen.Run(ctx, simpen.Config{Pen: sim.Config{Profile: profile, Seed: 3, Serial: "77"}, PTY: port,
			Observe: func(o simpen.Observation) {
				if o.See == "ready" {
					ready <- struct{}{}
				}
			}})
	}()
	defer func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	select {
	case <-ready:
	case <-time.After(time.Minute):
		t.Fatal("the pen does not start")
	}
	code, out, errs := penlog(t, "ports", "--listen", "--json", "--root", root)
	if code != exitDone {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	var got struct{ Ports []portRow }
	if err := json.Unmarshal([]byte(out), &got); err != nil || len(got.Ports) != 2 {
		t.Fatalf("%v, %d ports: %s", err, len(got.Ports), out)
	}
	h := got.Ports[0].Heard
	if h == nil || !h.Pen || h.Vendor == "" || h.Model == "" || h.Serial != "77" || !h.Simulated {
		t.Errorf("heard %+v", h)
	}
	if h := got.Ports[1].Heard; h != nil {
		t.Errorf("a modem was listened to: %+v", h)
	}
	if _, out, _ := penlog(t, "ports", "--listen", "--root", root); !strings.Contains(out, "announces ") || !strings.Contains(out, ", serial 77") || !strings.Contains(out, "SIMULATED") {
		t.Errorf("for people:\n%s", out)
	}
}
