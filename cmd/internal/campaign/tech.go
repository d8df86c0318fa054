package campaign

import (
	"errors"
	"time"

	"penlog/cmd/internal/campaign/script"
	"penlog/protocol"
	"penlog/session"
	"penlog/session/cartridge"
	"penlog/session/limits"
)

// tech gives the agent of a world the commands of its technician, and of others.
type tech struct {
	Technician
	w       *world
	waiting map[uint64]given
}

// given is a command that waits for its answer.
type given struct {
	do     session.CommandKind
	behind place
}

func newTech(w *world) tech {
	return tech{w: w, Technician: NewTechnician(w.script, w.pen.Identity(), w.table, w.now), waiting: map[uint64]given{}}
}

// gave notes the ticket of a command that Cold has taken.
func (t *tech) gave(ticket uint64, c session.Command) {
	t.waiting[ticket] = given{c.Do, t.w.judge.courses.now()}
	t.w.res.Counts.Commands++
}

func (t *tech) answered(a *session.Answer) {
	g := t.waiting[a.Ticket]
	do := g.do
	delete(t.waiting, a.Ticket)
	s := AnswerSight(do, a.Err)
	if a.Err != nil {
		t.w.res.Counts.Refused++
		t.w.logf("%s is refused: %v", do, a.Err)
		if s.Code == string(limits.OverrideElsewhere) && do != session.CmdOverride {
			t.w.judge.blame("override", "%s is refused for an override of another zone", do)
		}
	} else {
		t.w.judge.promised(do, g.behind, a)
	}
	t.w.saw(s)
}

// AnswerSight is how the answer to a command is seen.
func AnswerSight(do session.CommandKind, err error) script.Sight {
	if err == nil {
		return script.Sight{Kind: script.SawDone, Do: do}
	}
	s := script.Sight{Kind: script.SawRefused, Do: do, Text: err.Error()}
	var refused *session.RefusedError
	if errors.As(err, &refused) {
		s.Code = refused.Code
	}
	return s
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
	t.w.logf("technician: %s", asked(&c))
	t.lookUp(&c)
	if c.Do == session.CmdArm || c.Do == session.CmdResume {
		t.w.judge.askedAt = t.w.now
	}
	h.asked = append(h.asked, c)
	h.wakeCold()
}

// lookUp fills in what the record holds of the cartridge at hand, as an agent does.
func (t *tech) lookUp(c *session.Command) {
	if c.Do != session.CmdCartridge || c.Cartridge == nil || c.Cartridge.Scan == "" {
		return
	}
	scan, err := cartridge.Parse(c.Cartridge.Scan, cartridge.DateIn(t.w.wall(t.w.now), time.UTC))
	if err != nil {
		return
	}
	key, _ := scan.Use(c.Cartridge.Index)
	if id, ok := t.w.judge.used[key]; ok {
		c.History = &session.History{UsedIn: &id}
	}
}

// asked words a command for the log.
func asked(c *session.Command) string {
	if c.Do == session.CmdChoose {
		return string(c.Do) + " " + c.Zone.String() + " for " + c.Indication.String()
	}
	return string(c.Do) + " "
}

// act shows the technician the screen, and does what it calls for.
func (t *tech) act(now protocol.Instant) {
	w, h := t.w, &t.w.host
	if !t.Looks(now) || !h.alive || now < h.coldStall {
		return
	}
	s := Screen{Permits: w.pen.Identity().Caps.Has(protocol.CapPermits), Task: w.holder.Task(), Left: w.end.Sub(now) + w.script.Cut, Wall: w.wall(now), Checks: h.cold.Checks}
	if p := h.cold.Procedure(); p != nil {
		s.There, s.State, s.Chosen, s.Running, s.Mode = true, p.State, p.Chosen, p.Running, p.Mode
		if p.Chosen {
			s.Verdict = p.Verdict
		}
	}
	m := t.Act(&s)
	if m.Rest {
		w.holder.Rest()
		if w.pen.Driven() {
			w.rig.Press(now) // stops first
			w.look()
		}
	}
	for _, c := range m.Ask {
		t.ask(c)
	}
}
