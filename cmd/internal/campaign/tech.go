package campaign

import (
	"errors"
	"slices"
	"time"

	"penlog/cmd/internal/campaign/script"
	"penlog/protocol"
	"penlog/session"
	"penlog/session/limits"
	"penlog/session/rehearsal"
)

// tech is the technician at the screen: mostly sensible, sometimes not, never
// faster than a person.
type tech struct {
	w       *world
	rng     rng
	how     script.Technic
	at      protocol.Instant
	task    int            // whose zone was chosen last
	treat   []script.Treat // with the depths that the hand is told
	ends    bool           // finishes what is open
	armed   bool           // once
	waiting map[uint64]session.CommandKind
}

// newTech returns the technician of the script. Where it names no depth, the hand
// is told the highest step that is allowed.
func newTech(w *world) tech {
	s := w.script
	t := tech{w: w, rng: stream(s.Seed, forTech), how: s.Technician, task: -1, ends: true, waiting: map[uint64]session.CommandKind{}}
	t.at = t.rng.after(w.now, 100*time.Millisecond, 2*time.Second)
	if s.Technician == script.Wanders {
		t.ends = t.rng.chance(70)
	}
	id := w.pen.Identity()
	for _, x := range s.Treat {
		if x.Depth == 0 {
			v := w.table.Ask(limits.Request{Zone: x.Zone, Indication: x.Indication, PenMin: protocol.Micrometres(id.DepthMin),
				PenMax: protocol.Micrometres(id.DepthMax), PenStep: protocol.Micrometres(id.DepthStep), CartridgeLength: protocol.Micrometres(id.NeedleLength)})
			x.Depth = v.Settable
		}
		t.treat = append(t.treat, x)
	}
	return t
}

// gave notes the ticket of a command that Cold has taken.
func (t *tech) gave(ticket uint64, c session.Command) {
	t.waiting[ticket] = c.Do
	t.w.res.Counts.Commands++
}

func (t *tech) answered(a *session.Answer) {
	do := t.waiting[a.Ticket]
	delete(t.waiting, a.Ticket)
	if a.Err != nil {
		t.w.res.Counts.Refused++
		t.w.logf("%s is refused: %v", do, a.Err)
		s := script.Sight{Kind: script.SawRefused, Do: do, Text: a.Err.Error()}
		var refused *session.RefusedError
		if errors.As(a.Err, &refused) {
			s.Code = refused.Code
		}
		t.w.saw(s)
		return
	}
	t.w.judge.promised(do, a)
	t.w.saw(script.Sight{Kind: script.SawDone, Do: do})
}

// ask gives a command; a dead agent does not hear it.
func (t *tech) ask(c session.Command) {
	h := &t.w.host
	if !h.alive {
		return
	}
	if c.By == "" {
		c.By = technician
	}
	t.w.logf("technician: %s %s", c.Do, func() string {
		if c.Do == session.CmdChoose {
			return c.Zone.String() + " for " + c.Indication.String()
		}
		return ""
	}())
	h.asked = append(h.asked, c)
	t.w.judge.commanded(c.Do)
	h.wakeCold()
}

func (t *tech) choose(i int) {
	s := t.treat[min(i, len(t.treat)-1)]
	t.task = i
	t.ask(session.Command{Do: session.CmdChoose, Zone: s.Zone, Side: s.Side, Indication: s.Indication})
}

// act looks at the screen and does what it calls for.
func (t *tech) act(now protocol.Instant) {
	t.at = t.rng.after(now, 300*time.Millisecond, 1500*time.Millisecond)
	h := &t.w.host
	if t.how == script.Waits || t.how == script.Arms && t.armed {
		t.at = never
		return
	}
	if !h.alive || now < h.coldStall {
		return
	}
	if t.how == script.Wanders && t.rng.chance(4) {
		t.whim()
		return
	}
	p := h.cold.Procedure()
	task := t.w.task()
	left := t.w.end.Sub(now)
	switch {
	case p == nil || p.State.Over():
		if left > 8*time.Second || p == nil && t.how != script.Wanders {
			t.task = -1
			for _, c := range append([]session.Command{rehearsal.Open(technician)}, rehearsal.Prepare(technician)...) {
				t.ask(c)
			}
		}
	case p.State == session.Tripped:
		t.ask(session.Command{Do: session.CmdAcknowledge})
	case len(t.treat) == 0:
	case !p.Chosen:
		t.choose(task)
	case left < 8*time.Second:
		if t.how == script.Arms || !t.ends { // sometimes a session is left open
			break
		}
		t.w.works = false
		if t.w.pen.Driven() {
			t.w.rig.Press(now) // stops first
			t.w.look()
		}
		if !p.Running {
			t.ask(session.Command{Do: session.CmdFinish})
		}
	case t.task != task && !p.Running:
		t.choose(task)
	case p.State == session.Draft:
		t.go_(session.CmdArm, p)
	case p.State == session.Paused:
		t.go_(session.CmdResume, p)
	case t.how == script.Arms && p.State.MayPermit():
		t.armed = true
	case t.how == script.Wanders && t.rng.chance(3):
		t.ask(session.Command{Do: pick(&t.rng, []session.CommandKind{session.CmdPause, session.CmdStop, session.CmdPass})})
	}
}

// go_ asks for permits when every check on the screen is green.
func (t *tech) go_(do session.CommandKind, p *session.Procedure) {
	for _, c := range t.w.host.cold.Checks() {
		if c.OK {
			continue
		}
		switch {
		case c.Code == "mode" && !t.w.pen.Identity().Caps.Has(protocol.CapPermits):
			t.ask(session.Command{Do: session.CmdAcceptMode, Mode: p.Mode})
		case c.Code == "mode" && t.rng.chance(30):
			t.ask(session.Command{Do: session.CmdAcceptPen})
		case c.Code == "cartridge": // another pen has another one
			t.ask(cartridge())
		}
		return
	}
	t.ask(session.Command{Do: do})
}

// cartridge is the one of [rehearsal.Prepare].
func cartridge() session.Command {
	all := rehearsal.Prepare(technician)
	return all[slices.IndexFunc(all, func(c session.Command) bool { return c.Do == session.CmdCartridge })]
}
