package campaign

import (
	"time"

	"penlog/protocol"
	"penlog/sim"
)

// befall makes a mishap happen.
func (w *world) befall(m *mishap) {
	w.logf("mishap %d: %s", w.place, m)
	h, until := &w.host, w.now.Add(m.d)
	switch m.kind {
	case stallAll:
		h.hotStall, h.coldStall = max(h.hotStall, until), max(h.coldStall, until)
		w.judge.silent(until)
	case stallHot:
		h.hotStall = max(h.hotStall, until)
		w.judge.silent(until)
	case stallCold:
		h.coldStall = max(h.coldStall, until)
	case stallDisk:
		w.disk.stall(until)
	case crash:
		w.kill(m.d)
	case cut:
		w.unplug(m)
	case noise, frames:
		w.damage(m)
	case burst:
		if m.up {
			w.up.Stall(until)
		}
		if m.down {
			w.down.Stall(until)
		}
	case dialUp:
		w.dial(m)
	case press:
		w.pen.Press(w.now)
		w.fromPen()
	case wallJump:
		w.wallOff += int64(m.n) * 1000
	case reboot:
		w.judge.rebooted()
		w.pen.Inject(w.now, sim.Fault{Kind: sim.FaultReboot})
		w.fromPen()
	case old:
		if len(w.old) > 0 {
			w.down.Write(w.old, w.now)
		}
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
	w.after(d, func() {
		w.logf("agent starts")
		w.host.start(w.now)
		w.judge.speaks()
		w.after(w.rng.span(5*time.Millisecond, 300*time.Millisecond), w.openPort)
	})
}

// openPort opens the line, if there is a cable and an agent.
func (w *world) openPort() {
	h := &w.host
	if !h.alive || h.port || w.now < w.cutTill {
		return
	}
	w.logf("port opens")
	h.port, h.tty, h.lastRead, h.quietTill = true, h.tty[:0], w.now, w.now.Add(stallQuiet)
	h.box.clear()
}

// unplug pulls the cable and puts it back. Ports notice, or fall silent.
func (w *world) unplug(m *mishap) {
	if w.now < w.cutTill {
		return
	}
	w.res.Counts.Unplugs++
	w.cutTill = w.now.Add(m.d)
	w.pen.Unplug(w.now)
	w.fromPen()
	w.up.Cut()
	w.down.Cut()
	w.judge.silent(w.cutTill)
	if m.up {
		w.after(w.rng.span(0, 20*time.Millisecond), func() {
			h := &w.host
			if h.alive && h.port {
				w.logf("port is lost")
				h.port, h.tty = false, h.tty[:0]
				h.box.clear()
				h.hot.Lost(h.mono(w.now))
				h.post(w.now)
			}
		})
	}
	w.after(m.d, func() {
		w.logf("cable is back")
		w.up.Mend()
		w.down.Mend()
		w.pen.Replug(w.now)
		w.after(w.rng.span(10*time.Millisecond, 600*time.Millisecond), w.openPort)
	})
}

// damage lets the line damage what it carries for a while.
func (w *world) damage(m *mishap) {
	for i, l := range [...]*sim.Line{w.up, w.down} {
		if i == 0 && !m.up || i == 1 && !m.down {
			continue
		}
		until := w.now.Add(m.d)
		w.noised[i] = max(w.noised[i], until)
		l.SetFaults(m.faults)
		w.after(m.d, func() {
			if w.now >= w.noised[i] {
				l.SetFaults(sim.LineFaults{})
			}
		})
	}
}

// dial turns the dial up, and back later.
func (w *world) dial(m *mishap) {
	id := w.pen.Identity()
	step := protocol.Micrometres(max(id.DepthStep, 50))
	back := w.pen.Set()
	to := max(w.judge.ceiling, back) + step*protocol.Micrometres(m.n)
	w.pen.Dial(w.now, to)
	w.after(m.d, func() { w.pen.Dial(w.now, back) })
}

// infect puts the faults that were asked for into the pen, once.
func (w *world) infect() {
	if w.sickAt != 0 {
		return
	}
	w.sickAt = w.now
	if d := w.cfg.Stall; d > 0 && len(w.cfg.Faults) > 0 {
		w.after(w.cfg.Faults[0].After+time.Second, func() { w.befall(&mishap{at: w.now, kind: stallAll, d: d}) })
	}
	for _, f := range w.cfg.Faults {
		w.after(f.After, func() {
			w.logf("fault: %v by %d, motor on %t", f.Fault.Kind, f.Fault.Amount, w.pen.Runs())
			w.faulted = true
			w.pen.Inject(w.now, f.Fault)
			w.fromPen()
		})
	}
}
