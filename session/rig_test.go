package session_test

import (
	"testing"
	"time"

	"penlog/protocol"
	"penlog/session"
	"penlog/session/clinic"
	"penlog/session/limits"
	"penlog/session/rehearsal"
)

// rig is Hot, Cold, a store that commits after a delay, and a plain pen, in
// virtual time, stepped 1 ms at a time.
type rig struct {
	ids   byte // of sessions
	t     testing.TB
	hot   *session.Hot
	cold  *session.Cold
	pen   *protocol.Pen
	id    protocol.Identity
	now   protocol.Instant
	at    protocol.At
	up    protocol.Uptime
	notes []session.Note

	disk     func() time.Duration // how long the next commit takes
	queue    []commit
	records  []session.Record
	chunks   []session.SignalChunk
	answers  map[uint64]session.Answer
	unplug   bool
	motor    protocol.MotorState
	offAt    protocol.Instant
	set      uint16
	depth    protocol.Micrometres // of each stroke; 0: as set
	contact  bool
	strokeAt protocol.Instant
	out      []byte
	ran      time.Duration // motor on
	permits  int

	mangle   func(f *protocol.Frame, m *protocol.Reading) bool
	forced   bool // readings show a running motor, whatever the pen does
	extra    uint32
	mute     bool // nothing of the host's arrives at the pen
	full     bool // the queue of notes is full
	late     bool // what arrived is never all read
	battery  uint8
	dec      protocol.Decoder
	findings []session.Finding
	log      []session.Note // all but readings and statuses
	dropped  func(o session.Order) bool
	lastOut  protocol.Instant // a permit was sent

	bare                     bool // opening brings no preparation
	clinic                   *clinic.Config
	verdicts, verdictsOnDisk int
	commandAt                protocol.Instant
}

type commit struct {
	b  session.Batch
	at protocol.Instant
}

func rigIdentity() protocol.Identity {
	return protocol.Identity{
		MinVersion: 1, MaxVersion: 1, Boot: 77,
		Caps: protocol.CapPermits | protocol.CapStop | protocol.CapParks | protocol.CapSet | protocol.CapMeasured |
			protocol.CapContact | protocol.CapSimulated | protocol.CapAnnounces,
		DepthMin: 250, DepthMax: 2500, DepthStep: 250, Resolution: 10, Accuracy: 50,
		RateMin: 1000, RateMax: 1200, StopMS: 40, ReadingsMin: 20, ReadingsMax: 1000,
		NeedleCount: 14, Vendor: "Test", Model: "T1", Serial: "0001", Firmware: "1.0",
	}
}

func newRig(t testing.TB, id protocol.Identity) *rig {
	t.Helper()
	r := &rig{t: t, id: id, now: 1_000_000, at: 1_800_000_000_000_000, up: 5_000_000, set: 500,
		answers: map[uint64]session.Answer{}, battery: 80, disk: func() time.Duration { return 2 * time.Millisecond }}
	r.clinic = anyPen(t)
	r.boot()
	r.agent()
	return r
}

// anyPen is a clinic that treats with every kind of pen.
func anyPen(t testing.TB) *clinic.Config {
	t.Helper()
	c, err := clinic.Load("clinic.yaml", []byte("format: penlog-clinic/1\nversion: test-5\nmodes: [guarded, stoppable, monitor_only, manual]\n"))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// accept goes on with a pen that is not guarded.
func (r *rig) accept(m session.Mode) {
	r.t.Helper()
	r.must(session.Command{Do: session.CmdAcceptMode, Mode: m})
	r.must(session.Command{Do: session.CmdArm})
}

// boot gives the pen a new life.
func (r *rig) boot() {
	pen, err := protocol.NewPen(protocol.PenConfig{Identity: r.id})
	if err != nil {
		r.t.Fatal(err)
	}
	r.pen, r.motor = pen, protocol.MotorOff
	r.sense()
}

// agent starts the agent's two lanes anew.
func (r *rig) agent() {
	r.hot = session.NewHot(session.HotConfig{Seed: [32]byte{byte(r.now), byte(r.now >> 8)}, Emit: func(n *session.Note) bool {
		if r.full {
			return false
		}
		r.notes = append(r.notes, *n)
		if n.Kind == session.NoteFinding {
			r.findings = append(r.findings, n.Finding)
		}
		if n.Kind != session.NoteReading && n.Kind != session.NoteStatus {
			r.log = append(r.log, *n)
		}
		return true
	}})
	r.cold = session.NewCold(session.ColdConfig{Limits: limits.Default(), Clinic: r.clinic, Version: "test", NewID: func(protocol.At) session.ID {
		r.ids++
		return session.ID{15: r.ids}
	}})
}

func (r *rig) sense() {
	r.pen.Sense(r.up, protocol.Sensors{Set: r.set, Motor: r.motor, Retracted: r.motor == protocol.MotorOff,
		Contact: r.contact, ContactKnown: true, StrokeRate: 1000, CurrentMA: protocol.None, Battery: r.battery})
}

// step moves everything on by d.
func (r *rig) step(d time.Duration) {
	for range d / time.Millisecond {
		r.now, r.at, r.up = r.now.Add(time.Millisecond), r.at+1000, r.up.Add(time.Millisecond)
		r.stepPen()
		r.out = r.pen.AppendOutput(r.out[:0])
		if !r.unplug {
			r.hot.Wake(r.now, r.at)
			r.hot.Receive(r.tamper(r.out), r.now)
		}
		r.hot.Tick(r.now, r.at, !r.late)
		var o protocol.Outgoing
		for r.hot.Output(&o) {
			if o.Lane == protocol.LanePermit {
				r.permits++
				r.lastOut = r.now
			}
			if !r.unplug && !r.mute {
				r.pen.Receive(o.Bytes(), r.up)
			}
		}
		r.stepCold()
	}
}

// stepPen runs a motor that starts at once, takes 10 ms a stroke and 20 ms to rest.
func (r *rig) stepPen() {
	was := r.motor
	switch on := r.pen.MotorOn(); {
	case on:
		r.motor = protocol.MotorRunning
	case was == protocol.MotorRunning:
		r.motor, r.offAt = protocol.MotorStopping, r.now.Add(20*time.Millisecond)
	case was == protocol.MotorStopping && r.now >= r.offAt:
		r.motor = protocol.MotorOff
		r.pen.Cleared(r.up)
	}
	if was == protocol.MotorOff && r.motor != was {
		r.strokeAt = r.now
	}
	if r.motor != protocol.MotorOff {
		r.ran += time.Millisecond
		if r.now.Sub(r.strokeAt) >= 10*time.Millisecond {
			r.strokeAt = r.now
			d := r.depth
			if d == 0 {
				d = protocol.Micrometres(r.set)
			}
			r.pen.Stroke(r.up, d)
		}
	}
	r.sense()
	r.pen.Advance(r.up)
}

func (r *rig) stepCold() {
	for len(r.notes) > 0 {
		n := r.notes[0]
		r.notes = r.notes[1:]
		r.cold.Note(&n, r.now, r.at)
	}
	for len(r.queue) > 0 && r.queue[0].at <= r.now {
		c := r.queue[0]
		r.queue = r.queue[1:]
		r.records = append(r.records, c.b.Records...)
		for i := range c.b.Records {
			if isVerdict(c.b.Records[i].Kind) {
				r.verdictsOnDisk++
			}
		}
		if c.b.Chunk != nil {
			r.chunks = append(r.chunks, *c.b.Chunk)
		}
		r.cold.Committed(c.b.Seq, r.now)
	}
	r.cold.Tick(r.now, r.at)
	for _, e := range r.cold.Events() {
		if isVerdict(e.Kind()) {
			r.verdicts++
		}
	}
	var b session.Batch
	for r.cold.Batch(&b) {
		r.queue = append(r.queue, commit{b, r.now.Add(r.disk())})
	}
	var o session.Order
	for r.cold.Order(&o) {
		if r.dropped == nil || !r.dropped(o) {
			r.hot.Do(o, r.now)
		}
	}
	var a session.Answer
	for r.cold.Answer(&a) {
		r.answers[a.Ticket] = a
	}
}

// do gives a command and steps until it is answered. Opening is for a patient, and
// brings the ordinary preparation with it, unless the rig is bare.
func (r *rig) do(c session.Command) session.Answer {
	r.t.Helper()
	if c.Do == session.CmdOpen && !r.bare {
		c.Patient = rehearsal.Patient
		a := r.give(c)
		for _, p := range rehearsal.Prepare("op-1") {
			if a.Err != nil {
				break
			}
			if b := r.give(p); b.Err != nil {
				r.t.Fatalf("%s: %v", p.Do, b.Err)
			}
		}
		return a
	}
	return r.give(c)
}

func (r *rig) give(c session.Command) session.Answer {
	r.t.Helper()
	if c.By == "" {
		c.By = "op-1"
	}
	ticket := r.cold.Command(c, r.now, r.at)
	for range 3000 {
		if a, ok := r.answers[ticket]; ok {
			return a
		}
		r.step(time.Millisecond)
	}
	r.t.Fatalf("%s was not answered in 3 s", c.Do)
	return session.Answer{}
}

// must gives a command that must not be refused.
func (r *rig) must(c session.Command) {
	r.t.Helper()
	if a := r.do(c); a.Err != nil {
		r.t.Fatalf("%s: %v", c.Do, a.Err)
	}
}

func (r *rig) view() session.View { return r.cold.View(r.now) }

// until steps until the condition holds, at most for d.
func (r *rig) until(d time.Duration, what string, ok func(session.View) bool) {
	r.t.Helper()
	for range d / time.Millisecond {
		if ok(r.view()) {
			return
		}
		r.step(time.Millisecond)
	}
	r.t.Fatalf("not within %v: %s; view %+v", d, what, r.view())
}

// treat brings a fresh rig to a pen that is ready in a zone.
func (r *rig) treat(z limits.Zone, i limits.Indication) {
	r.t.Helper()
	r.treatSide(z, limits.SideNone, i)
}

func (r *rig) treatSide(z limits.Zone, side limits.Side, i limits.Indication) {
	r.t.Helper()
	r.must(session.Command{Do: session.CmdOpen})
	r.until(3*time.Second, "guarded", func(v session.View) bool { return v.Mode == session.ModeGuarded })
	r.must(session.Command{Do: session.CmdChoose, Zone: z, Side: side, Indication: i})
	if got := r.pen.Press(r.up); got != protocol.StartNoPermit {
		r.t.Fatalf("press without a permit: %v", got)
	}
	r.until(time.Second, "press test", func(v session.View) bool {
		p := r.cold.Procedure()
		return p.PressTested
	})
	r.must(session.Command{Do: session.CmdArm})
	r.until(time.Second, "ready", func(v session.View) bool { return v.Ready })
}

func TestTreatmentFromOpenToSeal(t *testing.T) {
	r := newRig(t, rigIdentity())
	r.treat(limits.Cheek, limits.AcneScarRolling)
	if got := r.pen.Press(r.up); got != protocol.StartRan {
		t.Fatalf("press under a permit: %v", got)
	}
	r.step(3 * time.Second)
	if v := r.view(); v.State != session.Active || !v.MotorOn || v.Ceiling != 1500 || v.Trip != nil || len(v.Broken) != 0 {
		t.Fatalf("after 3 s: %+v", v)
	}
	r.pen.Press(r.up) // off
	r.step(100 * time.Millisecond)
	r.must(session.Command{Do: session.CmdFinish})
	v := r.view()
	if v.State != session.Completed || v.Totals.Strokes < 295 || v.Totals.Strokes > 305 || v.Totals.Deepest != 500 {
		t.Errorf("finished: %+v", v.Totals)
	}
	r.step(10 * time.Millisecond)
	if r.hot.Ready() {
		t.Error("permits are renewed after the end")
	}
	r.check()
}

// check verifies both chains and that the fold of the journal is the live state.
func (r *rig) check() *session.Procedure {
	r.t.Helper()
	if len(r.records) == 0 {
		r.t.Fatal("nothing recorded")
	}
	c := session.Chain{Session: r.records[0].Session}
	p := session.NewProcedure(c.Session)
	for i := range r.records {
		if err := c.Check(&r.records[i]); err != nil {
			r.t.Fatal(err)
		}
		e, _, err := session.DecodeEvent(&r.records[i])
		if err != nil {
			r.t.Fatal(err)
		}
		p.Apply(e, r.records[i].At)
	}
	s := session.Chain{Session: c.Session}
	for i := range r.chunks {
		if err := s.CheckChunk(&r.chunks[i]); err != nil {
			r.t.Fatal(err)
		}
	}
	return p
}

func TestDialAboveCeilingHoldsAndClears(t *testing.T) {
	r := newRig(t, rigIdentity())
	r.set = 1500
	r.treat(limits.Cheek, limits.AcneScarRolling)
	r.must(session.Command{Do: session.CmdChoose, Zone: limits.Nose, Indication: limits.AcneScarRolling})
	r.step(200 * time.Millisecond)
	v := r.view()
	if v.Ready || v.Trip != nil || len(v.Broken) != 1 || v.Broken[0].Rule != session.DialAboveCeiling || v.Ceiling != 750 {
		t.Fatalf("dial at 1.5 in a 0.75 zone: %+v", v)
	}
	r.set = 750
	r.until(time.Second, "ready", func(v session.View) bool { return v.Ready })
}

func TestOverDepthTripsAndIsRecovered(t *testing.T) {
	r := newRig(t, rigIdentity())
	r.treat(limits.Cheek, limits.AcneScarRolling)
	r.pen.Press(r.up)
	r.step(time.Second)
	r.deep(1700)
	if a := r.do(session.Command{Do: session.CmdResume}); a.Err == nil {
		t.Error("resume while tripped was not refused")
	}
	r.depth = 0
	r.must(session.Command{Do: session.CmdAcknowledge})
	if v := r.view(); v.State != session.Paused || v.Ready {
		t.Fatalf("acknowledged: %+v", v)
	}
	r.must(session.Command{Do: session.CmdResume})
	r.until(time.Second, "ready", func(v session.View) bool { return v.Ready })
	if r.pen.MotorOn() {
		t.Error("motor restarted by itself")
	}
	r.check()
}

// tamper lets mangle change or drop what the pen sends.
func (r *rig) tamper(b []byte) []byte {
	if r.mangle == nil && !r.forced {
		return b
	}
	var out []byte
	var f protocol.Frame
	for ok := true; ok; {
		if b, ok = r.dec.Next(b, &f); !ok {
			break
		}
		var m protocol.Reading
		payload := append([]byte(nil), f.Payload...)
		f.Payload = payload
		if f.Type == protocol.TypeReading {
			if err := m.Parse(payload); err != nil {
				r.t.Fatal(err)
			}
		}
		if r.forced {
			if m.Flags.Motor() != protocol.MotorRunning {
				r.extra++ // it would be frozen otherwise
			}
			m.Flags = m.Flags&^3 | protocol.Flags(protocol.MotorRunning)
			m.Strokes += r.extra / 2
		}
		if r.mangle != nil && !r.mangle(&f, &m) {
			continue
		}
		if f.Type == protocol.TypeReading {
			payload = m.Append(nil)
		} else {
			payload = f.Payload
		}
		out = protocol.AppendFrame(out, f.Type, f.Seq, payload)
	}
	return out
}

// found returns the newest finding of the rule that says it broke.
func (r *rig) found(rule session.Rule) (session.Finding, bool) {
	for i := len(r.findings) - 1; i >= 0; i-- {
		if f := r.findings[i]; f.Rule == rule && f.On {
			return f, true
		}
	}
	return session.Finding{}, false
}

// press presses start or stop.
// wish keeps the newest order that wants permits; it stays the zero Order till then.
func (r *rig) wish() *session.Order {
	var wish session.Order
	r.dropped = func(o session.Order) bool {
		if o.Kind == session.OrderWant && o.Allow {
			wish = o
		}
		return false
	}
	return &wish
}

// deep lets strokes go to um until the guard has tripped and the motor is off.
func (r *rig) deep(um protocol.Micrometres) {
	r.t.Helper()
	r.depth = um
	r.until(100*time.Millisecond, "trip", func(v session.View) bool { return v.Trip != nil })
	r.until(100*time.Millisecond, "motor off", func(v session.View) bool { return !v.MotorOn })
}

func (r *rig) press() protocol.StartResult { return r.pen.Press(r.up) }

// reboot gives the pen a new boot id.
func (r *rig) reboot() {
	r.id.Boot++
	r.boot()
}

func isVerdict(kind string) bool {
	return kind == "zone_chosen" || kind == "armed" || kind == "resumed" || kind == "overridden"
}
