package session_test

import (
	"errors"
	"testing"

	"penlog/protocol"
	"penlog/session"
	"penlog/session/cartridge"
	"penlog/session/clinic"
	"penlog/session/limits"
	"penlog/session/passes"
	"penlog/session/policy"
	"penlog/session/rehearsal"
)

// visit is a procedure alone: commands are decided and applied at once.
type visit struct {
	t   testing.TB
	p   *session.Procedure
	env session.Env
}

// people are a technician or two and clinicians.
func people(t testing.TB) *clinic.Config {
	t.Helper()
	c, err := clinic.Load("clinic.yaml", []byte(`format: penlog-clinic/1
version: test-1
modes: [guarded, stoppable, monitor_only, manual]
people:
  - {id: op-1, role: technician}
  - {id: op-2, role: technician}
  - {id: dr-1, role: clinician}
  - {id: dr-2, role: clinician}
`))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// newVisit is a session just opened, with a guarded simulated pen.
func newVisit(t testing.TB) *visit {
	t.Helper()
	v := &visit{t: t, p: session.NewProcedure(session.ID{1}), env: session.Env{Limits: limits.Default(), Policy: policy.Default(), Clinic: people(t),
		Cartridges: cartridge.Default(), At: 1_800_000_000_000_000}}
	v.apply(session.Opened{By: "op-1", Patient: rehearsal.Patient}, pen(), session.ModeChanged{Mode: session.ModeGuarded})
	return v
}

// prepared is one that lacks the zone alone.
func prepared(t testing.TB) *visit {
	t.Helper()
	v := newVisit(t)
	for _, c := range rehearsal.Prepare("op-1") {
		v.do(c)
	}
	v.apply(session.PressTested{})
	return v
}

// treating is one in which the left cheek is treated.
func treating(t testing.TB) *visit {
	t.Helper()
	v := prepared(t)
	v.choose(limits.Cheek, limits.Left)
	v.do(session.Command{Do: session.CmdArm})
	return v
}

func (v *visit) apply(events ...session.Event) {
	for _, e := range events {
		v.env.At += 1000
		v.p.Apply(e, v.env.At)
	}
}

func (v *visit) give(c session.Command) ([]session.Event, error) {
	v.t.Helper()
	if c.By == "" {
		c.By = "op-1"
	}
	events, err := v.p.Decide(c, &v.env)
	if err == nil {
		v.apply(events...)
	}
	return events, err
}

func (v *visit) do(c session.Command) []session.Event {
	v.t.Helper()
	events, err := v.give(c)
	if err != nil {
		v.t.Fatalf("%s: %v", c.Do, err)
	}
	return events
}

func (v *visit) refused(c session.Command, code string) *session.RefusedError {
	v.t.Helper()
	_, err := v.give(c)
	var ref *session.RefusedError
	if !errors.As(err, &ref) || ref.Code != code {
		v.t.Errorf("%s: %v, want it refused with %s", c.Do, err, code)
		return &session.RefusedError{}
	}
	if ref.Words == "" || ref.Remedy == "" {
		v.t.Errorf("%s: refused without words or remedy: %+v", c.Do, ref)
	}
	return ref
}

// newCartridge puts in the one of [rehearsal.Prepare].
func (v *visit) newCartridge() {
	v.t.Helper()
	for _, c := range rehearsal.Prepare("op-1") {
		if c.Do == session.CmdCartridge {
			v.do(c)
		}
	}
}

func (v *visit) choose(z limits.Zone, s limits.Side) {
	v.t.Helper()
	v.do(session.Command{Do: session.CmdChoose, Zone: z, Side: s, Indication: limits.AcneScarRolling})
}

// wait lets seconds pass.
func (v *visit) wait(seconds int) { v.env.At += protocol.At(seconds) * 1_000_000 }

// run is a run of the motor, made in parts, each with strokes of one depth along
// its own axis.
func (v *visit) run(parts ...part) {
	v.apply(session.MotorRan{})
	for i, p := range parts {
		from := v.env.At
		v.wait(5)
		var d passes.Depths
		d.Add(p.depth, p.strokes)
		v.apply(session.MotorRested{Strokes: p.strokes, Deepest: p.depth, Going: i < len(parts)-1, From: from,
			Did: passes.Slice{Contact: p.strokes, ContactMS: 5000, OnMS: 5000, Depths: d, Glides: passes.Course{{Axis: p.axis, N: 5}}}})
	}
}

type part struct {
	strokes uint32
	depth   protocol.Micrometres
	axis    protocol.Axis
}

func (v *visit) total(z limits.Zone, s limits.Side) session.ZoneTotal {
	for _, t := range v.p.Totals.Zones {
		if t.Zone == z && t.Side == s {
			return t
		}
	}
	return session.ZoneTotal{}
}
