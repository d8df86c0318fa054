package agent_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"penlog/cmd/internal/agent"
	"penlog/protocol"
	"penlog/session"
	"penlog/session/cartridge"
	"penlog/session/clinic"
	"penlog/session/limits"
)

// A day begins where the clinic is: what is signed there today was not signed tomorrow.
func TestTheAgentsDaysAreTheClinics(t *testing.T) {
	ahead := cartridge.DateIn(protocol.AtTime(time.Now().Add(14*time.Hour)), time.UTC)
	for zone, good := range map[*time.Location]bool{time.FixedZone("ahead", 14*3600): true, time.FixedZone("behind", -11*3600): false} {
		r := &room{t: t, dir: filepath.Join(t.TempDir(), "record"), device: "/dev/none"}
		r.change = func(c *agent.Config) {
			c.NoPort, c.Zone = true, zone
			c.Inhibit = func(string) (func(), error) { return func() {}, nil }
		}
		r.startAgent()
		r.must(session.Command{Do: session.CmdOpen, Patient: "patient-1"})
		err := r.give(session.Command{Do: session.CmdConsent, By: "op-1", Consent: &session.Consent{Version: "2", SignedOn: ahead}})
		if (err == nil) != good {
			t.Errorf("%v, signed on %v: %v", zone, ahead, err)
		}
	}
}

// A room whose pens have no link: no port is ever opened, and a treatment entered in
// taps is recorded whole, as entered, by whom, and not as simulated.
func TestAgentWithoutAPort(t *testing.T) {
	allowed, err := clinic.Load("clinic.yaml", []byte("format: penlog-clinic/1\nversion: v\nmodes: [manual]\n"))
	if err != nil {
		t.Fatal(err)
	}
	r := &room{t: t, dir: filepath.Join(t.TempDir(), "record"), device: "/dev/none"}
	r.change = func(c *agent.Config) {
		c.NoPort, c.Clinic = true, allowed
		c.Inhibit = func(string) (func(), error) { return func() {}, nil }
	}
	r.startAgent()
	r.must(session.Command{Do: session.CmdOpen, Patient: "patient-1"})
	if c := r.agent.View().Checks[0]; c.Code != "pen" || !strings.Contains(c.Remedy, "declare one that has no link") {
		t.Errorf("before the pen is declared: %+v", c)
	}
	r.must(session.Command{Do: session.CmdDeclarePen, Pen: &session.DeclaredPen{Vendor: "Bellus", Model: "SkinPen Precision", DepthMax: 2500, DepthStep: 250}})
	r.must(session.Command{Do: session.CmdAcceptMode, Mode: session.ModeManual})
	r.must(session.Command{Do: session.CmdChoose, Zone: limits.Cheek, Side: limits.Left, Indication: limits.AcneScarRolling})
	r.settled(session.Command{Do: session.CmdArm})
	r.must(session.Command{Do: session.CmdStart, By: "op-1"})
	other := session.ID{9} // of a screen that is behind: a stop is for what runs
	r.must(session.Command{Do: session.CmdStop, Session: &other})
	if v := r.agent.View(); v.State != session.Paused {
		t.Errorf("stopped: %v", v.State)
	}
	r.must(session.Command{Do: session.CmdResume, By: "op-1"})
	r.must(session.Command{Do: session.CmdStart, By: "op-1"})
	set := protocol.Micrometres(1250)
	r.must(session.Command{Do: session.CmdEnter, Entry: &session.Entry{Set: &set, Passes: 2, Seconds: 90}})
	v := r.agent.View()
	if v.Host.Port != "none" || v.Host.PortOpen || v.Ready || v.Source != session.SourcePen {
		t.Errorf("port %q open %v, ready %v, source %v", v.Host.Port, v.Host.PortOpen, v.Ready, v.Source)
	}
	r.must(session.Command{Do: session.CmdFinish, By: "op-1"})
	r.verify()
	if log := r.log.String(); strings.Contains(log, "level=WARN") && strings.Contains(log, "port") {
		t.Errorf("complains of a port:\n%s", log)
	}
}
