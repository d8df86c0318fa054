package campaign

import (
	"fmt"
	"slices"
	"time"

	"penlog/protocol"
	"penlog/session"
	"penlog/sim"
)

// Bounds of PROTOCOL.md §9 and §10.
const (
	life      = 300 * time.Millisecond
	act       = 5 * time.Millisecond                      // T_act: frame in, drive off
	lapse     = time.Millisecond                          // T_lapse
	lineUp    = 13200 * time.Microsecond                  // a reading behind a status, an event and a sync_reply
	lineDown  = 5 * time.Millisecond                      // a revoke behind a permit
	hostTakes = 20 * time.Millisecond                     // from reading to revoke
	longLife  = life + life*204/10_000 + time.Millisecond // of a pen whose clock is 2 % slow
	lease     = 2 * time.Second                           // from a reading that is not durable to the last permit, DESIGN promise 7
	testDepth = 1                                         // µm: the ceiling of the test permit, PROTOCOL.md §7.4
)

// judge holds the promises against what is true.
type judge struct {
	w *world
	permits
	troubles
	id      protocol.Identity
	stop    time.Duration // the pen's stop time
	guarded bool
	linked  bool // a pen was up since the agent's start: there is something to lose

	strokes     uint64
	deepSince   protocol.Instant     // strokes above ceiling + tolerance and margin, in a row, since
	was         protocol.Micrometres // the ceiling, or the one that ended while the needles were not clear
	overAt      protocol.Instant     // the needles, not yet clear, or the dial were above it, last
	permitAt    protocol.Instant     // truly in force, last
	dialAt      protocol.Instant     // the dial was above what the record wants, last
	dial        protocol.Micrometres // where it is
	dialWas     protocol.Micrometres // where it was before that, until turnedAt
	turnedAt    protocol.Instant
	strokesSeen uint64
	strokeAt    protocol.Instant // the newest stroke
	episode     protocol.Instant // that was measured last
	exposure    uint64           // µm × ms

	silentFrom, silentTill protocol.Instant // nothing of the host's reaches the pen anew
	pressed                bool             // a press that started, and no motor yet
	unasked                bool             // the motor has power, and nobody pressed
	rebootAt               protocol.Instant
	testing, earned        bool // the test's permit is in force; it has lapsed in this session of the pen

	doubt   string // why a person has to confirm before permits flow again; empty: none
	doubtAt protocol.Instant
	askedAt protocol.Instant // somebody asked to arm or resume, last; 0: that was done
	sentAt  protocol.Instant // a permit left Hot, last
	desires []desire
	recording
	fragile
	courses courses
	signal
	oracle oracle
	lane
	account
	prior before                // of the record that is handed over
	used  map[string]session.ID // cartridges, by what proves that they are used once

	penEvents
	dose             dose
	tested, bootedAt protocol.Instant // a press found no permit, and the pen booted, last
	onAt             protocol.Instant // the motor went on, last
	stoppedAt        protocol.Instant // it lost its power, last
	zoneAt           protocol.Instant // a zone was chosen, or an override ended, last

	// For taking apart what Hot sends, without garbage.
	ours   protocol.Decoder
	frame  protocol.Frame
	permit protocol.Permit
}

// desire is what the durable record wants, from a moment on.
type desire struct {
	at      protocol.Instant
	session session.ID
	ceiling protocol.Micrometres
	allow   bool
}

func newJudge(w *world) judge {
	id := w.pen.Identity()
	return judge{w: w, permits: permits{pen: w.pen, boot: id.Boot}, id: id, troubles: troubles{broken: map[session.Rule]bool{}},
		stop: time.Duration(id.StopMS) * time.Millisecond, guarded: id.Caps.Has(protocol.CapPermits), doubt: "nobody has confirmed anything yet", oracle: oracle{w: w}, signal: signal{on: w.script.Seed%signalSeeds == 0}}
}

// blame notes a broken promise, each rule once.
func (j *judge) blame(rule, format string, args ...any) {
	if j.breaksByItself(rule) {
		return
	}
	for _, v := range j.w.res.Violations {
		if v.Rule == rule {
			return
		}
	}
	v := Violation{rule, j.w.now, fmt.Sprintf(format, args...)}
	j.w.res.Violations = append(j.w.res.Violations, v)
	j.w.logf("VIOLATION %s: %s", v.Rule, v.What)
	j.w.mark("broken", v.Rule+": "+v.What)
}

// delivered hears what is handed to the pen at a moment, before the pen does.
func (j *judge) delivered(b []byte, now protocol.Instant) {
	j.hear(b, j.w.pen, now, func() {
		j.unsureAt("the pen has a new host session", now)
		j.earned = false
	})
}

// unsure says that a person has to confirm before permits flow again.
func (j *judge) unsure(why string) { j.unsureAt(why, j.w.now) }

func (j *judge) unsureAt(why string, at protocol.Instant) { j.doubt, j.doubtAt = why, at }

// silent says that nothing that the host learns from now on reaches the pen
// until a moment.
func (j *judge) silent(until protocol.Instant) {
	if j.w.now > j.silentTill {
		j.silentFrom = j.w.now
	}
	j.silentTill = max(j.silentTill, until)
}

// speaks says that the agent runs again, or that the cable is in: silence lasts
// only as long as the other of the two.
func (j *judge) speaks() {
	h := &j.w.host
	if h.alive && j.w.plugged {
		j.silentTill = min(j.silentTill, max(j.w.now, h.hotStall))
	}
}

// check holds the needles and the motor against the promises. It is asked after each
// step, of which most change nothing that it looks at.
func (j *judge) check() {
	w, now := j.w, j.w.now
	p := w.pen
	strokes, rests := p.Strokes(), p.AtRest()
	if strokes != w.seen.strokes || p.InContact() != w.seen.contact {
		w.strokes()
	}
	if j.duties > 0 {
		j.dutiful()
	}
	if j.oracle.owed != 0 {
		j.oracle.due()
	}
	if strokes != j.counted || len(j.presses) > 0 {
		j.checkEvents()
	}
	if strokes != j.strokesSeen {
		j.strokesSeen, j.strokeAt = strokes, now
	}
	if d := p.Set(); d != j.dial {
		j.dialWas, j.dial, j.turnedAt = j.dial, d, now
	}
	if p.Permitted() {
		j.permitAt = now
	}
	if n := len(j.desires); n > 0 {
		if c := j.desires[n-1].ceiling; p.Set() > c || !rests && p.Last() > c {
			j.dialAt = now
		}
	}
	if j.guarded {
		if !rests {
			j.force(p, now)
		}
		j.depth(p, now)
	}
}

// force judges what moves, as the needles do now, without a permit.
func (j *judge) force(p *sim.Pen, now protocol.Instant) {
	driven := p.Driven()
	if driven && now > j.until.Add(act) {
		j.blame("motor without permit", "the motor has power %v after the last permit's end", now.Sub(j.until))
	}
	if now > j.until.Add(act+lapse+j.stops()) {
		j.blame("needles without permit", "the needles are not clear %v after the last permit's end, stop time %v", now.Sub(j.until), j.stops())
	}
	if from := j.silentFrom; now <= j.silentTill && from != 0 {
		if driven && now > from.Add(longLife) {
			j.blame("host lost", "the motor has power %v after the host fell silent", now.Sub(from))
		}
		if now > from.Add(longLife+j.stops()) {
			j.blame("host lost", "the needles are not clear %v after the host fell silent", now.Sub(from))
		}
	}
}

// blinding are the faults under which no figure of the depth is to be believed:
// what goes too deep meanwhile is counted as exposure.
var blinding = []sim.FaultKind{sim.FaultSensorBias, sim.FaultSensorDrift, sim.FaultStuckSensor, sim.FaultClaimsMeasured}

// depth judges needles above the ceiling.
func (j *judge) depth(p *sim.Pen, now protocol.Instant) {
	rests := p.AtRest()
	switch {
	case j.ceiling > 0:
		j.was = j.ceiling
	case rests:
		j.was = 0
	}
	last, strokes := p.Last(), p.Strokes()
	if !rests && j.was > 0 && (p.Set() > j.was || last > j.was && strokes > 0) {
		j.overAt = now
	}
	id := &j.id
	if strokes != j.strokes {
		j.strokes = strokes
		deep := p.Driven() && j.ceiling > testDepth && last > j.ceiling+2*id.Tolerance() // its own measure may be off by as much
		if !deep || slices.ContainsFunc(blinding, j.w.rig.Has) {
			j.deepSince = 0
		} else if j.deepSince == 0 {
			j.deepSince = now
		}
	}
	if !p.Driven() {
		j.deepSince = 0
	}
	if j.deepSince != 0 && j.unseen == "" && now >= j.unseenTill { // else counted as exposure
		// Two strokes at the pen's lowest rate, and what (b) allows from there.
		if two := 20 * time.Second / time.Duration(max(id.RateMin, 1)); now > j.deepSince.Add(2*two+10*time.Millisecond+longLife) {
			j.blame("too deep", "strokes of %v under a ceiling of %v for %v", last, j.ceiling, now.Sub(j.deepSince))
		}
	}
	e := p.Episode()
	if e.Began == 0 || e.Shown == 0 || j.episode == e.Began {
		return
	}
	took := now.Sub(e.Shown)
	switch {
	case e.Cleared != 0:
		j.episode = e.Began
		took = e.Cleared.Sub(e.Shown)
		if !j.breaksByItself("stop budget") && j.stops() == j.stop {
			j.w.res.Counts.WorstStop = max(j.w.res.Counts.WorstStop, took)
		}
		if took > j.budget() {
			j.blame("stop budget", "needles above %v were clear %v after the reading that obliged a stop, budget %v", e.Ceiling, took, j.budget())
		}
	case e.Ended != 0:
		j.episode = e.Began
	case took > j.budget():
		j.blame("stop budget", "needles above %v are not clear %v after the reading that obliged a stop, budget %v", e.Ceiling, took, j.budget())
	}
}

// harmless are faults that change neither how the pen is heard nor how it stops.
var harmless = []sim.FaultKind{sim.FaultDeep, sim.FaultCreep, sim.FaultDriveStuck, sim.FaultSensorBias, sim.FaultSensorDrift, sim.FaultSensorNoise, sim.FaultStuckSensor,
	sim.FaultBatteryLow, sim.FaultReports, sim.FaultCartridgeOut}

// budget is the longest from the reading that obliges a stop to needles clear:
// (c) without its strokes while nothing is wrong between guard and motor, else (b).
// Source: PROTOCOL.md §9.
func (j *judge) budget() time.Duration {
	between := func(t trouble) bool { return j.lasting(&t) && !(t.room && slices.Contains(harmless, t.kind)) }
	if !slices.ContainsFunc(j.list, between) {
		return lineUp + hostTakes + lineDown + act + j.stops() + j.w.delay
	}
	return longLife + j.stops()
}

// happened follows what truly happens at the pen.
func (j *judge) happened(e *sim.Event) {
	switch e.Kind {
	case sim.EventPress:
		if j.pressed = e.Result == protocol.StartRan; j.pressed {
			if j.unasked && e.At.Sub(j.onAt) < time.Second { // the pen tells of it: by its word this is what began the run
				j.unasked = false
			}
		}
		if e.Result != 0 {
			j.pressedTruly(e.At)
		}
		if e.Result == protocol.StartNoPermit {
			j.tested = e.At
		}
		j.w.logf("press: %d", e.Result)
	case sim.EventMotorOn:
		if j.unasked = !j.pressed; j.unasked {
			j.blame("start without press", "the motor started by itself")
		}
		j.pressed, j.onAt = false, e.At
		j.w.logf("motor on, ceiling %v, dial %v", j.ceiling, j.w.pen.Set())
	case sim.EventMotorOff:
		j.unasked, j.stoppedAt = false, e.At
		j.w.logf("motor off, cause %d", e.Cause)
		if e.Cause == protocol.StopOwn {
			j.overAt = e.At // it was faster than the judge looks
		}
		if e.Cause == protocol.StopLapse {
			j.w.res.Counts.Lapses++
		}
	case sim.EventClear:
		j.w.logf("needles clear")
	case sim.EventPermit:
		j.w.logf("permit for %v begins", e.Depth)
		if e.Depth > testDepth && j.doubt != "" && j.sentAt > j.doubtAt {
			j.blame("unconfirmed", "a permit for %v is in force, though since %.6f %s and nobody has confirmed", e.Depth, seconds(j.doubtAt), j.doubt)
		}
		if e.Depth > testDepth && !j.earned {
			j.blame("unproven", "a permit for %v is in force, and in this session the pen has not shown that one lapses", e.Depth)
		}
		j.testing = e.Depth == testDepth
	case sim.EventPermitEnds:
		j.earned = j.earned || j.testing && e.Lapse
		j.testing = false
		j.w.logf("permit ends, lapse %t", e.Lapse)
	case sim.EventHostGone:
		j.w.logf("the pen has no host")
		j.end(e.At)
		j.nonce, j.gen, j.ceiling = 0, 0, 0
		j.unsure("the pen lost its host")
	case sim.EventHost:
		j.w.logf("the pen has a host")
	case sim.EventBoot:
		j.w.logf("the pen has booted")
		j.id = j.w.pen.Identity()
		j.booted(e.At, j.id.Boot)
		j.bootedAt = e.At
		j.dose.booted(j.id.Boot, j.w.pen.Strokes())
		j.unsure("the pen rebooted")
	case sim.EventOver:
		j.w.logf("excursion over: deepest %v, ceiling %v", e.Episode.Deepest, e.Episode.Ceiling)
	}
}

func (j *judge) rebooted() {
	j.rebootAt = j.w.now
	j.end(j.w.now)
}

// sent judges a frame as it leaves Hot.
func (j *judge) sent(o *protocol.Outgoing, now protocol.Instant) {
	if o.Lane == protocol.LaneRevoke {
		return
	}
	d, f, m := &j.ours, &j.frame, &j.permit
	if _, ok := d.Next(o.Bytes(), f); ok && f.Type == protocol.TypeCeiling {
		var c protocol.Ceiling
		if c.Parse(f.Payload) == nil && c.Depth > testDepth {
			j.founded(protocol.Micrometres(c.Depth))
		}
		return
	} else if ok && f.Type != protocol.TypePermit {
		return
	} else if !ok || m.Parse(f.Payload) != nil {
		j.blame("frames", "a permit that nobody can read was sent")
		return
	}
	if age := j.tick(now).Since(m.SeenTick); age < -slack*time.Microsecond && m.Boot == j.boot && !j.lately(time.Second, sim.FaultTickJump, sim.FaultTickWrap) {
		j.blame("seen tick", "a permit names a tick %v in the future", -age)
	}
	if m.Depth == testDepth {
		return
	}
	j.w.res.Counts.Permits++
	j.sentAt = now
	if m.LifeMS > uint16(life/time.Millisecond) {
		j.blame("life", "a permit lives %d ms", m.LifeMS)
	}
	if d := protocol.Micrometres(m.Depth); d > j.granted && j.answers != nil && j.w.host.drainedAt > j.loweredAt {
		j.blame("higher ceiling", "a permit for %v is sent, and the deepest that a person let come into force is %v", d, j.granted)
	}
	if j.answers != nil && !j.may && j.w.host.drainedAt > j.notAt {
		j.blame("permit unwanted", "a permit is sent, and by what was recorded none is wanted")
	}
	j.covered(protocol.Micrometres(m.Depth), now)
}
