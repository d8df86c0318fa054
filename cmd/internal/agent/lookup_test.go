package agent_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"penlog/cmd/internal/agent"
	"penlog/protocol"
	"penlog/session"
	"penlog/session/clinic"
	"penlog/session/limits"
	"penlog/session/rehearsal"
)

// What is known of a patient is what was done to that patient, by records that are
// whole; simulators treated nobody, except for simulators.
func TestHistoryOfAPatient(t *testing.T) {
	allowed, err := clinic.Load("clinic.yaml", []byte("format: penlog-clinic/1\nversion: v\nmodes: [guarded, manual]\n"))
	if err != nil {
		t.Fatal(err)
	}
	r := &room{t: t, dir: filepath.Join(t.TempDir(), "record")}
	manual := func(c *agent.Config) {
		c.NoPort, c.Clinic = true, allowed
		c.Inhibit = func(string) (func(), error) { return func() {}, nil }
	}
	patient := rehearsal.Open("op-1").Patient
	ask := func(patient string) (h *session.History, id session.ID) {
		t.Helper()
		ans, err := r.agent.Do(t.Context(), session.Command{Do: session.CmdOpen, By: "op-1", Patient: patient})
		if err != nil {
			t.Fatal(err)
		}
		return ans.Events[0].(session.Opened).History, ans.View.Session
	}
	known := func(what, patient string, zones ...limits.Zone) {
		t.Helper()
		h, _ := ask(patient)
		var got []limits.Zone
		for _, z := range h.Treated {
			got = append(got, z.Zone)
		}
		if h.Sessions != len(zones) || len(got) != len(zones) {
			t.Errorf("%s: %d sessions, zones %v; want %v", what, h.Sessions, got, zones)
		}
		r.must(session.Command{Do: session.CmdAbort})
	}
	visit := func(patient string, zone limits.Zone) session.ID {
		t.Helper()
		_, id := ask(patient)
		set := protocol.Micrometres(500)
		for _, c := range append(rehearsal.Prepare("op-1"),
			session.Command{Do: session.CmdDeclarePen, Pen: &session.DeclaredPen{Vendor: "Bellus", Model: "SkinPen Precision", DepthMax: 2500, DepthStep: 250}},
			session.Command{Do: session.CmdAcceptMode, Mode: session.ModeManual},
			session.Command{Do: session.CmdChoose, Zone: zone, Side: limits.Left, Indication: limits.AcneScarRolling},
			session.Command{Do: session.CmdArm}, session.Command{Do: session.CmdStart},
			session.Command{Do: session.CmdNote, Text: "note of " + zone.String()},
			session.Command{Do: session.CmdEnter, Entry: &session.Entry{Set: &set, Passes: 2, Seconds: 60}},
			session.Command{Do: session.CmdFinish}) {
			r.settled(c)
		}
		return id
	}

	r.change, r.device = manual, "/dev/none"
	r.startAgent()
	visit(patient, limits.Cheek)
	other := visit("p-other", limits.Nose)
	known("before it was put right", patient, limits.Cheek)
	r.must(session.Command{Do: session.CmdReassign, Session: &other, Patient: patient, Second: "op-2", Text: "the chart before was open"})
	known("of whom it was", patient, limits.Nose, limits.Cheek)
	known("of whom it was not", "p-other")
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}

	r.change = nil
	r.startPen()
	r.startAgent()
	r.run()
	r.must(session.Command{Do: session.CmdStop})
	r.until("still", func(v session.View) bool { return !v.MotorOn })
	r.must(session.Command{Do: session.CmdFinish})
	h, _ := ask(patient)
	if h.Sessions != 3 {
		t.Errorf("with a simulator: %d sessions, want the simulated one too", h.Sessions)
	}
	open := r.agent.View().Session
	r.must(session.Command{Do: session.CmdAbort})
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}

	db := filepath.Join(r.dir, "penlog.db")
	r.change, r.device = manual, "/dev/none"
	r.startAgent()
	known("simulators treated nobody", patient, limits.Nose, limits.Cheek)
	r.must(session.Command{Do: session.CmdNote, Session: &open, Text: "added later"})
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(db)
	if err != nil {
		t.Fatal(err)
	}
	altered := bytes.Replace(b, []byte("note of cheek"), []byte("note of chEek"), 1)
	if bytes.Equal(altered, b) {
		t.Fatal("the note is not found in the file")
	}
	if err := os.WriteFile(db, altered, 0o600); err != nil {
		t.Fatal(err)
	}
	r.startAgent()
	known("an altered record is not believed", patient, limits.Nose)
	var ref *session.RefusedError
	if err := r.give(session.Command{Do: session.CmdNote, Session: &session.ID{1}, Text: "x"}); !errors.As(err, &ref) || ref.Code != "no_session" {
		t.Errorf("a session that is not there: %v", err)
	}
}
