package campaign

import (
	"slices"
	"time"

	"penlog/cmd/internal/campaign/script"
	"penlog/protocol"
	"penlog/session"
	"penlog/session/limits"
	"penlog/session/rehearsal"
)

// Technician is who works at the screen: mostly sensible, sometimes not, never
// faster than a person. It decides from a [Screen] what is asked for next, and asks
// nobody itself: the virtual world and a live agent are served by the same one.
type Technician struct {
	rng   rng
	how   script.Technic
	now   protocol.Instant // of the newest look
	at    protocol.Instant // of the next
	task  int              // whose zone was chosen last
	treat []script.Treat   // with the depths that the hand is told
	ends  bool             // finishes what is open
	armed bool             // once
}

// Screen is what a technician sees of Penlog, and of the hand beside it.
type Screen struct {
	There   bool // a session of this script, perhaps over
	State   session.State
	Chosen  bool
	Zone    limits.Zone // chosen
	Running bool        // the motor, as recorded
	Mode    session.Mode
	Permits bool                   // the pen at hand takes them
	Checks  func() []session.Check // before the time-out
	Task    int                    // that the hand is at
	Left    time.Duration          // of the script
	Now     protocol.Instant       // by the clock that the technician was made with
	Wall    protocol.At
}

// Move is what a technician does at one look.
type Move struct {
	// Rest says that the hand is to rest, and to stop the motor first.
	Rest bool
	Ask  []session.Command // in order
}

// NewTechnician returns the technician of a script that begins now, with a pen of
// that identity. Where the script names no depth, the hand is told the highest step
// that is allowed.
func NewTechnician(s *script.Script, id protocol.Identity, table *limits.Table, now protocol.Instant) Technician {
	t := Technician{rng: stream(s.Seed, forTech), how: s.Technician, task: -1, ends: true}
	t.at = t.rng.after(now, 100*time.Millisecond, 2*time.Second)
	if s.Technician == script.Wanders {
		t.ends = t.rng.chance(70)
	}
	for _, x := range s.Treat {
		if x.Depth == 0 {
			v := table.Ask(limits.Request{Zone: x.Zone, Indication: x.Indication, PenMin: protocol.Micrometres(id.DepthMin),
				PenMax: protocol.Micrometres(id.DepthMax), PenStep: protocol.Micrometres(id.DepthStep), CartridgeLength: protocol.Micrometres(id.NeedleLength)})
			x.Depth = v.Settable
		}
		t.treat = append(t.treat, x)
	}
	return t
}

// Next is when the technician next looks at the screen.
func (t *Technician) Next() protocol.Instant { return t.at }

// Treat is what is treated, in turn. The slice is the technician's.
func (t *Technician) Treat() []script.Treat { return t.treat }

// Watch lets the technician follow the screen from now on, Leave do nothing by himself.
func (t *Technician) Watch(now protocol.Instant) {
	t.how = script.Follows
	t.at = t.rng.after(now, 300*time.Millisecond, 1500*time.Millisecond)
}

// Leave lets the technician do nothing by himself from now on.
func (t *Technician) Leave() { t.how = script.Waits }

// Looks reports whether the technician looks at the screen now, and says when to ask
// again. Who looks is shown it with [Technician.Act].
func (t *Technician) Looks(now protocol.Instant) bool {
	t.now = now
	t.at = t.rng.after(now, 300*time.Millisecond, 1500*time.Millisecond)
	if t.how == script.Waits || t.how == script.Arms && t.armed {
		t.at = never
		return false
	}
	return true
}

func asks(c ...session.Command) Move { return Move{Ask: c} }

func (t *Technician) choose(i int) Move {
	if t.how == script.Wanders && t.rng.chance(10) { // too long for a second act, or nearly
		t.at = t.rng.after(t.now, 4*time.Second, 7*time.Second)
	}
	s := t.treat[min(i, len(t.treat)-1)]
	t.task = i
	return asks(session.Command{Do: session.CmdChoose, Zone: s.Zone, Side: s.Side, Indication: s.Indication})
}

// Act does what the screen calls for.
func (t *Technician) Act(p *Screen) Move {
	if t.how == script.Wanders && t.rng.chance(4) {
		return asks(t.whim(p))
	}
	switch {
	case !p.There || p.State.Over():
		if p.Left > 8*time.Second || !p.There && t.how != script.Wanders {
			t.task = -1
			all := Prepared(technician)
			return asks(slices.DeleteFunc(all, func(c session.Command) bool { // now and then, only once the screen asks for it
				return t.how == script.Wanders && c.Do != session.CmdOpen && t.rng.chance(10)
			})...)
		}
	case p.State == session.Tripped:
		return asks(session.Command{Do: session.CmdAcknowledge})
	case len(t.treat) == 0:
	case !p.Chosen:
		return t.choose(p.Task)
	case p.Left < 8*time.Second:
		if t.how == script.Arms || !t.ends { // sometimes a session is left open
			break
		}
		m := Move{Rest: true}
		if !p.Running {
			m.Ask = []session.Command{{Do: session.CmdFinish}}
		}
		return m
	case t.task != p.Task && !p.Running:
		return t.choose(p.Task)
	case p.State == session.Draft:
		return t.go_(session.CmdArm, p)
	case p.State == session.Paused:
		return t.go_(session.CmdResume, p)
	case t.how == script.Arms && p.State.MayPermit():
		t.armed = true
	case t.how == script.Wanders && t.rng.chance(3):
		return asks(session.Command{Do: pick(&t.rng, []session.CommandKind{session.CmdPause, session.CmdStop, session.CmdPass})})
	}
	return Move{}
}

// go_ asks for permits when every check on the screen is green.
func (t *Technician) go_(do session.CommandKind, p *Screen) Move {
	for _, c := range p.Checks() {
		if c.OK {
			continue
		}
		switch {
		case c.Code == "mode" && !p.Permits && p.Mode == session.ModeNone: // it is not up yet
			return Move{}
		case c.Code == "mode" && !p.Permits:
			return asks(session.Command{Do: session.CmdAcceptMode, Mode: p.Mode})
		case c.Code == "mode" && t.rng.chance(30):
			return asks(session.Command{Do: session.CmdAcceptPen})
		}
		return prepare(c.Code) // another pen has another cartridge; or it was left out
	}
	return asks(session.Command{Do: do})
}

// prepare does what a check of the time-out asks for, as [rehearsal.Prepare] does.
func prepare(check string) Move {
	do, ok := map[string]session.CommandKind{"screening": session.CmdScreen, "consent": session.CmdConsent, "anaesthetic": session.CmdAnaesthetic,
		"cartridge": session.CmdCartridge, "alarm": session.CmdAlarmHeard}[check]
	all := rehearsal.Prepare(technician)
	if i := slices.IndexFunc(all, func(c session.Command) bool { return c.Do == do }); ok && i >= 0 {
		return asks(all[i])
	}
	return Move{}
}

// Prepared are the commands that open a session and prepare it up to the choice of a zone.
func Prepared(by session.By) []session.Command {
	return append([]session.Command{rehearsal.Open(by)}, rehearsal.Prepare(by)...)
}
