package session

import (
	"fmt"
	"slices"
	"strings"

	"penlog/protocol"
	"penlog/session/limits"
)

var treatDeciders = map[CommandKind]decider{
	CmdStart: start, CmdPause: pause, CmdStop: pause, CmdPass: pass, CmdEnter: enter, CmdEndpoint: endpoint,
	CmdReattribute: reattribute, CmdHandOver: handOver, CmdNote: note, CmdMute: mute,
}

// start begins the treatment where no motor can be seen to start.
func start(p *Procedure, c *Command, _ *Env) ([]Event, error) {
	if to, ok := p.State.Next(ActRun); !ok || to == p.State {
		return nil, refusedIn(p.State, c.Do)
	}
	if p.Accepted != ModeManual || p.PenUp {
		return nil, refuse("pen_starts", "this pen is started at the pen", "press start on the pen")
	}
	return []Event{StartedEvent{By: c.By}}, nil
}

func pause(p *Procedure, c *Command, _ *Env) ([]Event, error) {
	to, ok := p.State.Next(ActPause)
	if !ok {
		return nil, refusedIn(p.State, c.Do)
	}
	why := "paused"
	if c.Do == CmdStop {
		why = "stopped"
	}
	return []Event{PausedEvent{By: c.By, Why: why, To: to}}, nil
}

// pass marks a pass, or corrects the count by one.
func pass(p *Procedure, c *Command, _ *Env) ([]Event, error) {
	switch {
	case p.Here == (Place{}):
		return nil, refuse("no_zone", "no zone is chosen", "choose the zone first")
	case c.Delta < -1 || c.Delta > 1:
		return nil, refuse("bad_value", fmt.Sprintf("a correction by %d", c.Delta), "correct by +1 or −1 at a time")
	case c.Delta == -1 && p.Totals.zone(p.Here).Passes.Shown() == 0:
		return nil, refuse("no_pass", "there is no pass to take back", "nothing has to be done")
	case c.Delta == 0:
		return []Event{PassMarked{By: c.By, Delta: 1, Text: c.Text}}, nil
	}
	return []Event{PassMarked{By: c.By, Delta: c.Delta, Fixes: true, Text: c.Text}}, nil
}

// enter records what a person says of a pen without a link.
func enter(p *Procedure, c *Command, _ *Env) ([]Event, error) {
	e := *c.Entry
	switch {
	case p.Accepted != ModeManual || p.PenUp:
		return nil, refuse("not_manual", "this pen tells by itself what it does", "enter nothing: Penlog reads it")
	case p.State != Armed && p.State != Active && p.State != Paused:
		return nil, refusedIn(p.State, c.Do)
	case p.Here == (Place{}):
		return nil, refuse("no_zone", "no zone is chosen", "choose the zone first")
	case e.Set != nil && (*e.Set < 0 || *e.Set > 10_000) || e.Passes < 0 || e.Passes > 50 || e.Seconds < 0 || e.Seconds > 4*3600:
		return nil, refuse("bad_value", "a dial, a number of passes or a time that can't be", "enter the dial in µm, passes and seconds since the last entry")
	case e.Set == nil && e.Passes == 0 && e.Seconds == 0:
		return nil, refuse("missing_field", "the entry is empty", "enter the dial, passes or seconds")
	}
	set := p.Set
	if e.Set != nil {
		set = *e.Set
	}
	return []Event{EntryMade{By: c.By, Entry: e, Above: set > p.Verdict.Allowed}}, nil
}

// Endpoints are the signs that people name. Source: DOMAIN 5.
func Endpoints() []string {
	return []string{"none", "erythema", "pinpoint_bleeding", "oedema", "petechiae"}
}

func endpoint(p *Procedure, c *Command, _ *Env) ([]Event, error) {
	e := *c.Endpoint
	switch {
	case p.Here == (Place{}):
		return nil, refuse("no_zone", "no zone is chosen", "choose the zone first")
	case !slices.Contains(Endpoints(), e.Sign):
		return nil, refuse("bad_value", fmt.Sprintf("there is no endpoint %q", e.Sign), "use one of: "+strings.Join(Endpoints(), ", "))
	case e.Pain != nil && (*e.Pain < 0 || *e.Pain > 10):
		return nil, refuse("bad_value", fmt.Sprintf("pain %d", *e.Pain), "give 0 to 10")
	}
	return []Event{EndpointSeen{By: c.By, Endpoint: e}}, nil
}

// reattribute says that what was done was done elsewhere: since the last change
// of zone, or in a span of time. Parts of a run are taken whole.
func reattribute(p *Procedure, c *Command, env *Env) ([]Event, error) {
	at := Place{c.Zone, c.Side, c.Site, c.Indication}
	switch {
	case p.Running:
		return nil, refuse("motor_on", "the motor runs", "lift the pen and stop it, then say where it was")
	case (c.FromAt == 0) != (c.ToAt == 0) || c.FromAt > c.ToAt || c.FromAt < 0:
		return nil, refuse("bad_value", "the span of time has no beginning or no end, or ends before it begins", "give from_us and to_us, or neither for all since the last change of zone")
	case at.Site != limits.SiteNone && at.Site.Zone() != at.Zone:
		return nil, refuse("bad_value", at.Site.Name()+" is not in this zone", "name a site of the zone, or none")
	}
	var moved []int
	for i := range p.Spans {
		s := &p.Spans[i]
		if c.FromAt == 0 && i < p.ChangedSpan || c.FromAt != 0 && (s.To < c.FromAt || s.From > c.ToAt) {
			continue
		}
		moved = append(moved, s.N)
	}
	if n := len(moved); n > 0 && at.Indication == limits.IndicationNone {
		at.Indication = p.Spans[moved[n-1]-1].Place.Indication // it was the zone that was wrong
	}
	moved = slices.DeleteFunc(moved, func(n int) bool { return p.Spans[n-1].Place == at })
	if len(moved) == 0 {
		return nil, refuse("nothing_there", "nothing was done in that span that is not of this zone already", "give the span of time that is meant")
	}
	then := *p
	then.In, then.Cartridge = nil, 0 // it is another now, and bound the guard in whatever zone
	if o := p.Override; o != nil && slices.ContainsFunc(moved, func(n int) bool { return p.Spans[n-1].From < o.Until-overrideMost }) {
		then.Override = nil // it was given after needles were there
	}
	v, _ := then.ask(at, 0, env)
	area, _, _ := env.Policy.Area(at.Zone, at.Side)
	return []Event{Reattributed{By: c.By, Spans: moved, Zone: at.Zone, Side: at.Side, Site: at.Site, Indication: at.Indication,
		Reason: c.Text, Verdict: v, AreaMM2: area, Late: p.late(moved, &v)}}, nil
}

// late judges spans against the ceiling of the zone in which they truly were.
func (p *Procedure) late(spans []int, v *limits.Verdict) *LateExceedance {
	e, found := LateExceedance{Ceiling: v.Allowed}, false
	limit := v.Allowed
	if v.Allowed > 0 && p.Pen != nil && p.Pen.DepthSource == protocol.DepthMeasured.String() {
		limit += p.Pen.tolerance()
	}
	for _, n := range spans {
		s := &p.Spans[n-1]
		if s.Entered { // the dial counts as it was entered
			if s.Dial > v.Allowed || v.Allowed == 0 {
				found, e.Deepest = true, max(e.Deepest, s.Dial)
			}
			continue
		}
		deepest := max(s.Deepest, s.Did.Depths.Deepest())
		if deepest <= limit && (v.Allowed > 0 || s.Strokes == 0) {
			continue
		}
		found, e.Deepest = true, max(e.Deepest, deepest)
		switch deep := s.Did.Depths.Above(limit); {
		case v.Allowed == 0:
			e.Strokes += uint64(s.Strokes)
		default:
			e.Strokes += max(deep, 1)
		}
	}
	if !found {
		return nil
	}
	return &e
}

// tolerance is as the guard takes it: [protocol.Identity.Tolerance].
func (e *PenUp) tolerance() protocol.Micrometres {
	id := protocol.Identity{Accuracy: uint16(e.Accuracy)}
	return id.Tolerance()
}

func handOver(p *Procedure, c *Command, env *Env) ([]Event, error) {
	if err := person("to", c.To, &CommandSpec{Do: c.Do}, env); err != nil {
		return nil, err
	}
	switch {
	case c.To == p.Operator:
		return nil, refuse("same_person", fmt.Sprintf("%q is the operator already", c.To), "nothing has to be done")
	case p.Running:
		return nil, refuse("motor_on", "the motor runs", "lift the pen and stop it, then hand over")
	}
	return []Event{HandedOver{By: c.By, To: c.To}}, nil
}

func note(_ *Procedure, c *Command, _ *Env) ([]Event, error) {
	if strings.TrimSpace(c.Text) == "" {
		return nil, refuse("empty", "the note is empty", "give its text")
	}
	return []Event{Noted{By: c.By, Text: c.Text}}, nil
}

func mute(_ *Procedure, c *Command, env *Env) ([]Event, error) {
	return []Event{Muted{By: c.By, Until: env.At + muteFor}}, nil
}
