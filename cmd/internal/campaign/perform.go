package campaign

import (
	"strings"
	"time"

	"penlog/cmd/internal/campaign/script"
	"penlog/session"
	"penlog/sim"
)

// perform does the deeds of a step that is due.
func (w *world) perform(i int) {
	t := &w.script.Steps[i]
	w.logf("step %d: %s", i, t)
	w.exam.Begin(i, w.now)
	if len(t.Do) > 0 {
		w.mark("step", t.String())
	}
	for j := range t.Do {
		d := &t.Do[j]
		v := d.Is()
		if v == nil {
			continue // scripts are checked where they are read
		}
		w.res.Counts.Done = tally(w.res.Counts.Done, map[string]uint64{v.Name: 1})
		w.judge.troubled(v, d)
		switch v.Group {
		case script.GroupHand:
			w.handle(d)
		case script.GroupScreen:
			w.atScreen(d)
		case script.GroupRoom:
			w.upset(v, d)
		case script.GroupPC:
			w.hinder(d)
		case script.GroupDesk:
			w.atDesk(d)
		}
		w.look()
	}
}

// handle moves the hand.
func (w *world) handle(d *script.Deed) {
	if d, then := w.holder.Do(w.rig, d, w.judge.ceiling, w.now); d > 0 {
		w.after(d, func() { w.rig.Do(w.now, then) })
	}
}

// atScreen does what people do at the screen.
func (w *world) atScreen(d *script.Deed) {
	switch d.Verb {
	case "ask":
		c := d.Ask
		c.By = by(c.By)
		w.tech.ask(c)
	case "prepare":
		for _, c := range Prepared(technician) {
			w.tech.ask(c)
		}
	case "watch":
		w.tech.Watch(w.now)
	case "leave":
		w.tech.Leave()
	}
}

// by is who a person of a script is in the campaign's clinic.
func by(who session.By) session.By {
	switch who {
	case script.Clinician:
		return clinician
	case script.Technician, "":
		return technician
	}
	return who // nobody of the clinic's
}

// atDesk does what people do with the PC and its files.
func (w *world) atDesk(d *script.Deed) {
	if d.Verb == "alter-record" {
		w.altered++
		return
	}
	which, stands, _ := strings.Cut(d.Text, " ")
	f := session.Fact{State: map[string]session.FactState{"good": session.FactGood, "bad": session.FactBad}[stands]}
	if f.State == session.FactBad {
		f.Words, f.Remedy = "the "+which+" of this PC is not fit", "see to it"
	}
	switch which {
	case "clock":
		w.facts.Clock = f
	case "record":
		w.facts.Record = f
	case "awake":
		w.facts.Awake = f
	}
	w.tellFacts()
}

// tellFacts tells the agent what it finds out about the PC.
func (w *world) tellFacts() {
	if h := &w.host; h.alive {
		h.cold.World(w.facts)
	}
}

// upset puts a fault of sim's in force, or takes it away.
func (w *world) upset(v *script.Verb, d *script.Deed) {
	if d.Verb == "clear" {
		if v := script.VerbByName(d.Text); v != nil {
			w.rig.Clear(w.now, v.Fault)
		}
		return
	}
	if v.Fault == sim.FaultReboot && w.pen.Alive() {
		w.judge.rebooted()
	}
	if err := w.rig.Inject(w.now, sim.Fault{Kind: v.Fault, Amount: d.Amount, Way: d.Way, For: d.For, Text: d.Text}); err != nil {
		w.logf("%s can't be: %v", d.Verb, err)
	}
}

// hinder does what happens to the PC.
func (w *world) hinder(d *script.Deed) {
	h, until := &w.host, w.now.Add(d.For)
	switch d.Verb {
	case "agent-stall":
		h.hotStall, h.coldStall = max(h.hotStall, until), max(h.coldStall, until)
		w.judge.silent(until)
	case "hot-stall":
		h.hotStall = max(h.hotStall, until)
		w.judge.silent(until)
	case "cold-stall":
		h.coldStall = max(h.coldStall, until)
	case "short-queue":
		h.room, h.roomAt = int(d.Amount), max(h.roomAt, until)
		w.after(d.For, func() {
			if w.now >= h.roomAt {
				h.room = h.cap
			}
		})
	case "suspend":
		h.hotStall, h.coldStall = max(h.hotStall, until), max(h.coldStall, until)
		w.judge.silent(until)
		lives, slept := h.lives, until.Sub(max(w.now, min(w.asleep, until)))
		w.asleep = max(w.asleep, until)
		w.after(d.For, func() {
			if h.lives == lives {
				h.epoch = h.epoch.Add(slept) // its clock stood still
			}
		})
	case "disk-stall":
		w.disk.stall(until)
	case "disk-fails":
		w.disk.fails = max(w.disk.fails, until)
	case "disk-slow":
		w.disk.slow, w.disk.slowTill = time.Duration(d.Amount)*time.Millisecond, until
		if d.For > 0 {
			w.after(d.For, func() {
				if w.disk.slowTill == until { // none came after it
					w.disk.slow = w.disk.usual
				}
			})
		}
	case "disk-full":
		w.disk.reserve.fill(int(d.Amount)<<10, until)
	case "agent-killed":
		w.kill(d.For)
	case "wall-clock":
		w.wallOff += d.Amount * 1000
	case "time-zone":
		w.zone = *time.FixedZone("clinic", int(d.Amount)*60)
	}
}

// kill ends the agent and starts it again.
func (w *world) kill(d time.Duration) {
	if !w.host.alive {
		return
	}
	w.res.Counts.Restarts++
	w.judge.killed()
	w.host.kill()
	w.disk.forget(w.now)
	w.judge.silent(w.now.Add(d))
	w.saw(script.Sight{Kind: script.SawAgent})
	w.after(d, func() {
		w.logf("agent starts")
		w.host.start(w.now)
		w.tellFacts()
		w.judge.speaks()
		w.after(w.rng.span(5*time.Millisecond, 300*time.Millisecond), w.openPort)
	})
}

// openPort opens the line, if there is a cable and an agent.
func (w *world) openPort() {
	h := &w.host
	if !h.alive || h.port || !w.plugged {
		return
	}
	w.logf("port opens")
	h.port, h.tty, h.lastRead, h.quietTill = true, h.tty[:0], w.now, w.now.Add(stallQuiet)
	h.box.clear()
}

// cable follows a cable that went in or out. Ports notice, or fall silent.
func (w *world) cable(in bool) {
	h := &w.host
	w.saw(script.Sight{Kind: script.SawPlug, On: in})
	if !in {
		w.logf("cable is out")
		w.res.Counts.Unplugs++
		w.judge.silent(never)
		if w.rng.chance(60) {
			w.after(w.rng.span(0, 20*time.Millisecond), func() {
				if h.alive && h.port && !w.plugged {
					w.losePort()
				}
			})
		}
		return
	}
	w.logf("cable is in, at %s", w.rig.Port())
	w.judge.speaks()
	if h.port && w.rig.Port() != w.portName {
		w.losePort() // the name that it had open is gone
	}
	w.portName = w.rig.Port()
	w.after(w.rng.span(10*time.Millisecond, 600*time.Millisecond), w.openPort)
}

func (w *world) losePort() {
	h := &w.host
	w.logf("port is lost")
	h.port, h.tty = false, h.tty[:0]
	h.box.clear()
	w.judge.oracle.lostPort()
	h.hot.Lost(h.mono(w.now))
	h.post(w.now)
}
