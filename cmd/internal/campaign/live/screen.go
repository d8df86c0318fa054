package live

import (
	"bytes"
	"errors"
	"time"

	"penlog/cmd/internal/campaign"
	"penlog/cmd/internal/campaign/script"
	"penlog/protocol"
	"penlog/session"
)

// screen is what the agent shows, as a player has taken it in.
type screen struct {
	view       session.View
	before     session.ID // of a session that was over before the script began
	open       bool       // the port
	seenAt     protocol.Instant
	there      bool
	state      session.State
	mode       session.Mode
	strokes    map[session.ID]uint64 // of each session of the script
	sessions   []session.ID
	unanswered int
}

// takeIn takes in news.
func (p *player) takeIn(n *news, now protocol.Instant) {
	switch {
	case n.frame != nil:
		// The agent's own clock says when it was sent: this PC may be late to look.
		late := min(max(time.Duration(n.at.UnixMicro()-n.frame.At)*time.Microsecond, 0), time.Second)
		sent := p.instant(n.at.Add(-late))
		for _, e := range n.events {
			p.event(e, sent, now)
		}
		p.see(&n.frame.View, sent, Allowance, now)
		p.open = n.frame.View.Host.PortOpen
		p.seenAt = sent
	case n.did != "":
		p.unanswered--
		p.answered(n, now)
	default:
		p.fail(n.err)
	}
}

// answered takes in what became of a command.
func (p *player) answered(n *news, now protocol.Instant) {
	if errors.Is(n.err, ErrAgent) {
		p.fail(n.err)
		return
	}
	if n.err != nil {
		p.res.Counts.Refused++
		p.logf(now, "%s is refused: %v", n.did, n.err)
	}
	p.tell(campaign.AnswerSight(n.did, n.err), p.instant(n.at), 0, now)
	if n.view != nil {
		p.see(n.view, p.instant(n.at), 0, now)
	}
}

// tell tells conductor and examiner what the agent has told.
func (p *player) tell(s script.Sight, sent protocol.Instant, less time.Duration, now protocol.Instant) {
	switch p.phase {
	case playing:
		p.hear.told(s, sent, less)
		s.At = now
		p.steps.See(&s)
	case settling:
		if sent.Add(-less) <= p.end {
			p.hear.told(s, sent, less)
		}
	}
}

// event takes in what the agent decided.
func (p *player) event(e session.Event, sent, now protocol.Instant) {
	if p.phase != playing && p.phase != settling {
		return
	}
	c := &p.res.Counts
	switch e := e.(type) {
	case session.RuleBroke:
		p.logf(now, "%v: %v, value %v, limit %v", e.Response, e.Rule, e.Value, e.Limit)
		p.count(&c.Found, e.Response.String()+" "+e.Rule.String())
		switch e.Response {
		case session.Trip:
			c.Trips++
		case session.Hold:
			c.Holds++
		}
	case session.RuleHealed:
		p.logf(now, "healed: %v", e.Rule)
	case session.ModeChanged:
		p.logf(now, "mode %v", e.Mode)
	default:
		p.logf(now, "%s", e.Kind())
	}
	if s, ok := campaign.EventSight(e); ok {
		p.tell(s, sent, Allowance, now)
	}
}

// see takes in a view. One that is older than what an answer showed is none.
func (p *player) see(v *session.View, sent protocol.Instant, less time.Duration, now protocol.Instant) {
	if v.Session != (session.ID{}) { // ids are in the order of opening
		switch c := bytes.Compare(v.Session[:], p.view.Session[:]); {
		case c < 0, c == 0 && v.Events < p.view.Events:
			return
		}
	}
	p.view = *v
	there := v.Session != (session.ID{}) && v.Session != p.before
	if there {
		if _, known := p.strokes[v.Session]; !known {
			p.sessions = append(p.sessions, v.Session)
		}
		p.strokes[v.Session] = v.Strokes
	}
	if p.phase != playing && p.phase != settling {
		return
	}
	if there != p.there || there && v.State != p.state {
		p.there, p.state = there, v.State
		p.logf(now, "state %v", v.State)
		p.tell(script.Sight{Kind: script.SawState, State: v.State}, sent, less, now)
	}
	if there && v.Mode != p.mode {
		p.mode = v.Mode
		p.tell(script.Sight{Kind: script.SawMode, Mode: v.Mode}, sent, less, now)
	}
}

// made are the strokes of all sessions of the script, as the agent has them.
func (s *screen) made() (sum uint64) {
	for _, n := range s.strokes {
		sum += n
	}
	return sum
}

// shown is what the technician sees.
func (p *player) shown(task int, left time.Duration, permits bool) *campaign.Screen {
	v := &p.view
	s := &campaign.Screen{There: p.there, Mode: v.Mode, Permits: permits, Task: task, Left: left, Wall: protocol.At(time.Now().UnixMicro()),
		Checks: func() []session.Check { return v.Checks }}
	if p.there {
		s.State, s.Running = v.State, v.MotorOn
		s.Verdict, s.Chosen = v.Verdict, v.Verdict.Zone.Valid()
	}
	return s
}
