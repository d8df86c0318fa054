package live

import (
	"errors"
	"fmt"
	"time"

	"penlog/cmd/internal/campaign"
	"penlog/cmd/internal/campaign/script"
	"penlog/protocol"
	"penlog/session"
	"penlog/session/limits"
	"penlog/sim"
)

// phase is how far a player is.
type phase uint8

const (
	waiting  phase = iota // for the agent to open the port
	playing               // the script
	settling              // the agent hears and writes the last of it
	closing               // the session is ended
	over
)

// How long each of them may take, [playing] aside.
const (
	portWait        = 15 * time.Second // retries are at most a second apart
	settleMost      = 5 * time.Second
	settled         = 3 * Allowance // no less: the stream's last words come so late
	closeMost       = 10 * time.Second
	stopMost        = 2 * time.Second // from its beginning: a motor that runs on then does not stop by itself
	acknowledgeMost = 5 * time.Second // from its beginning: by then the cause is gone, or never is
	again           = 300 * time.Millisecond
)

// A script begins shortly before the pen announces itself, which it does each second
// while no host is there, as in virtual time; or, with a pen that is never silent, after
// a while. Source: PROTOCOL.md §5.1, T_announce.
const (
	nearly  = 960 * time.Millisecond // from one announcement, by a clock 2 % fast or slow
	unheard = 2 * time.Second
)

// asksMost bounds the commands that wait to be given.
const asksMost = 256

// player plays one script on a rig: it is the [simpen.Player]. What it learns of the
// agent comes through inbox; all else belongs to the rig's goroutine.
type player struct {
	room   *Room
	script *script.Script
	opts   campaign.Options
	inbox  inbox
	asks   chan session.Command
	stop   func() // ends the run

	sent   uint64           // by the pen, while nobody heard it
	spoke  protocol.Instant // it did, last
	opened protocol.Instant // the agent the port; 0: not yet

	start time.Time
	begin protocol.Instant // of the script
	end   protocol.Instant
	since protocol.Instant // of the phase
	phase phase
	err   error // why nothing can be said

	rig     *sim.Rig
	pen     *sim.Pen
	holder  campaign.Holder
	tech    campaign.Technician
	witness *campaign.Witness
	steps   *script.Conductor
	hear    hearing
	deep    bool // strokes matter to the examiner
	plugged bool
	later   []later
	screen
	last    script.End
	aborted bool             // the session that was open was asked to be
	again   protocol.Instant // no acknowledgement before
	now     protocol.Instant // of the newest Step
	res     campaign.Result
}

// later is a part of a deed that comes later.
type later struct {
	at  protocol.Instant
	act sim.Act
}

func newPlayer(r *Room, s *script.Script, o campaign.Options, v *session.View, stop func()) *player {
	p := &player{room: r, script: s, opts: o, stop: stop, asks: make(chan session.Command, asksMost), plugged: true,
		inbox: inbox{wake: make(chan struct{}, 1)}, screen: screen{before: v.Session, strokes: map[session.ID]uint64{}},
		deep: expects(s, script.ExpectOver), res: campaign.Result{Script: s, Human: s.Human()}}
	return p
}

// Begin implements [simpen.Player], as the methods below do.
func (p *player) Begin(start time.Time) { p.start = start }

func (p *player) Wake() <-chan struct{} { return p.inbox.wake }

func (p *player) Delivered(b []byte, now protocol.Instant) {
	if p.witness != nil {
		p.witness.Delivered(b, now)
	}
}

func (p *player) Saw(e *sim.Event) {
	if p.phase != playing {
		return
	}
	switch e.Kind {
	case sim.EventPress:
		p.logf(e.At, "press: %d", e.Result)
	case sim.EventMotorOn:
		p.logf(e.At, "motor on, ceiling %v, dial %v", p.witness.Ceiling(), p.pen.Set())
	case sim.EventMotorOff:
		p.logf(e.At, "motor off, cause %d", e.Cause)
	case sim.EventPermit:
		p.logf(e.At, "permit for %v begins", e.Depth)
	case sim.EventPermitEnds:
		p.logf(e.At, "permit ends, lapse %t", e.Lapse)
	default:
		p.logf(e.At, "pen: %v", e.Kind)
	}
	p.witness.Happened(e)
}

// Next is when something is due by itself.
func (p *player) Next() protocol.Instant {
	next := sim.Never
	if at, ok := p.inbox.first(); ok {
		next = p.instant(at)
	}
	switch p.phase {
	case waiting:
		for _, at := range []protocol.Instant{p.since.Add(portWait), p.spoke.Add(nearly), p.opened.Add(unheard)} {
			if at > p.now {
				next = min(next, at)
			}
		}
	case playing:
		next = min(next, p.end, p.steps.Next(), p.holder.Next(), p.tech.Next())
		for i := range p.later {
			next = min(next, p.later[i].at)
		}
	case settling: // frames come meanwhile
		next = min(next, p.since.Add(settleMost))
	case closing:
		next = min(next, p.since.Add(closeMost))
		if p.again > p.now {
			next = min(next, p.again)
		}
	}
	return next
}

func (p *player) instant(t time.Time) protocol.Instant {
	return protocol.Instant(t.Sub(p.start) / time.Microsecond)
}

// Step does what is due now.
func (p *player) Step(rig *sim.Rig, now protocol.Instant) {
	p.now = now
	if p.pen == nil {
		p.rig, p.pen = rig, rig.Pen()
		p.hush(rig, now)
	}
	if p.phase == playing {
		p.look(rig, now)
	}
	for {
		at, ok := p.inbox.first()
		if !ok || p.instant(at) > now {
			break
		}
		n := p.inbox.take()
		p.takeIn(&n, now)
	}
	switch p.phase {
	case waiting:
		if n := p.pen.Sent(); n != p.sent {
			p.sent, p.spoke = n, now
		}
		if p.open && p.opened == 0 {
			p.opened = now
		}
		if p.open && (now >= p.spoke.Add(nearly) || now >= p.opened.Add(unheard)) {
			p.raise(rig, now)
		} else if now >= p.since.Add(portWait) {
			why := p.view.Host.PortWhy
			if why == "" {
				why = "it says nothing about it"
			}
			p.fail(agentf("has not opened the port within %v of the pen's coming to %s: %s", portWait, p.room.cfg.PTY, why))
		}
	case playing:
		p.play(rig, now)
	case settling:
		p.settle(now)
	case closing:
		p.close(now)
	}
}

// hush lets nothing of the pen be heard until the agent has its port open: then the
// script begins as one does in virtual time, with a port and nothing on it yet.
func (p *player) hush(rig *sim.Rig, now protocol.Instant) {
	if err := rig.Inject(now, sim.Fault{Kind: sim.FaultLineDead}); err != nil {
		p.fail(fmt.Errorf("live: hush: %w", err))
	}
	rig.HangUp(now)
	p.since = now
}

// raise begins the script.
func (p *player) raise(rig *sim.Rig, now protocol.Instant) {
	rig.Clear(now, sim.FaultLineDead)
	p.phase, p.since, p.begin, p.end = playing, now, now, now.Add(p.script.Length)
	table := limits.Default()
	p.tech = campaign.NewTechnician(p.script, p.pen.Identity(), table, now)
	p.holder = campaign.NewHolder(p.script, p.tech.Treat(), p.pen, now)
	p.witness = campaign.NewWitness(p.pen, &p.holder, table, p.saw)
	p.steps = script.NewConductor(p.script, now)
	p.hear = hearing{exam: script.NewExaminer(p.script, now), heard: now, step: now}
	p.witness.Strokes = func() bool { return p.deep || p.steps.Strokes() }
	p.saw(script.Sight{At: now, Kind: script.SawAgent, On: true})
}

// saw takes in what is true of the pen now.
func (p *player) saw(s script.Sight) {
	p.steps.See(&s)
	if s.Kind != script.SawStroke || p.deep {
		p.hear.saw(s)
	}
}

// look follows what is true.
func (p *player) look(rig *sim.Rig, now protocol.Instant) {
	p.witness.Look(now)
	if in := rig.Plugged(); in != p.plugged {
		p.plugged = in
		p.logf(now, "cable is in: %t", in)
		p.saw(script.Sight{At: now, Kind: script.SawPlug, On: in})
	}
}

// play does what hand, steps and technician do now.
func (p *player) play(rig *sim.Rig, now protocol.Instant) {
	if now >= p.end {
		p.enough(now)
		return
	}
	p.holder.Move(rig, now)
	for {
		i, ok := p.steps.Due(now)
		if !ok {
			break
		}
		p.perform(rig, i, now)
	}
	for i := 0; i < len(p.later); {
		if l := p.later[i]; l.at <= now {
			p.later = append(p.later[:i], p.later[i+1:]...)
			rig.Do(now, l.act)
		} else {
			i++
		}
	}
	if p.tech.Next() <= now && p.tech.Looks(now) {
		p.follow(rig, now)
	}
	p.hear.pass(now)
}

// follow lets the technician do what the screen calls for.
func (p *player) follow(rig *sim.Rig, now protocol.Instant) {
	m := p.tech.Act(p.shown(p.holder.Task(), p.end.Sub(now), p.pen.Identity().Caps.Has(protocol.CapPermits)))
	if m.Rest {
		p.holder.Rest()
		if p.pen.Driven() {
			rig.Press(now) // stops first
		}
	}
	for _, c := range m.Ask {
		p.ask(c, now)
	}
}

// perform does the deeds of a step that is due.
func (p *player) perform(rig *sim.Rig, i int, now protocol.Instant) {
	t := &p.script.Steps[i]
	p.logf(now, "step %d: %s", i, t)
	p.hear.begin(i, now)
	for j := range t.Do {
		d := &t.Do[j]
		v := d.Is()
		p.count(&p.res.Counts.Done, v.Name)
		switch v.Group {
		case script.GroupHand:
			if after, then := p.holder.Do(rig, d, p.witness.Ceiling(), now); after > 0 {
				p.later = append(p.later, later{now.Add(after), then})
			}
		case script.GroupScreen:
			p.atScreen(d, now)
		case script.GroupRoom:
			p.upset(rig, v, d, now)
		}
	}
}

// atScreen does what people do at the screen.
func (p *player) atScreen(d *script.Deed, now protocol.Instant) {
	switch d.Verb {
	case "ask":
		p.ask(d.Ask, now)
	case "prepare":
		for _, c := range campaign.Prepared("") {
			p.ask(c, now)
		}
	case "watch":
		p.tech.Watch(now)
	case "leave":
		p.tech.Leave()
	}
}

// upset puts a fault of sim's in force, or takes it away.
func (p *player) upset(rig *sim.Rig, v *script.Verb, d *script.Deed, now protocol.Instant) {
	if d.Verb == "clear" {
		if v := script.VerbByName(d.Text); v != nil {
			rig.Clear(now, v.Fault)
		}
		return
	}
	if err := rig.Inject(now, sim.Fault{Kind: v.Fault, Amount: d.Amount, Way: d.Way, For: d.For, Text: d.Text}); err != nil {
		p.logf(now, "%s can't be: %v", d.Verb, err)
	}
}

// ask gives a command, as who is at the screen.
func (p *player) ask(c session.Command, now protocol.Instant) {
	for _, who := range []*session.By{&c.By, &c.Second, &c.To} {
		switch *who {
		case script.Technician, campaign.ByTechnician:
			*who = p.room.cfg.Technician
		case script.Clinician, campaign.ByClinician:
			*who = p.room.cfg.Clinician
		}
	}
	if c.By == "" {
		c.By = p.room.cfg.Technician
	}
	p.logf(now, "asked: %s", c.Do)
	select {
	case p.asks <- c:
		p.unanswered++
		p.res.Counts.Commands++
	default:
		p.fail(agentf("answers too slowly: %d commands wait", asksMost))
	}
}

// fail gives up: nothing can be said of the script.
func (p *player) fail(err error) {
	if p.err != nil || p.phase == over {
		return
	}
	p.err = err
	if errors.Is(err, ErrAgent) {
		p.quit()
		return
	}
	p.leave(p.rig.Now())
}

func (p *player) logf(now protocol.Instant, format string, args ...any) {
	const lead = 1_000_000 // logs of scripts begin a second before them
	at := now - p.begin + lead
	s := fmt.Sprintf(format, args...)
	p.res.Log = append(p.res.Log, fmt.Sprintf("%10.6f %s", float64(at)/1e6, s))
	if p.opts.Trace != nil {
		p.opts.Trace(at, s)
	}
}

func (p *player) count(m *map[string]uint64, what string) {
	if *m == nil {
		*m = map[string]uint64{}
	}
	(*m)[what]++
}
