package session

import "penlog/protocol"

// endOverride puts the limit in force again.
func (c *Cold) endOverride(why string, now protocol.Instant, at protocol.At) {
	if c.open() && c.proc.Override != nil {
		c.add(c.proc.withoutOverride(Agent, why, c.env(at)), now, at)
	}
}

// advise gives the quiet cues that rest on what was done in the zone: too long on
// one spot, more passes or a higher density than planned.
func (c *Cold) advise(now protocol.Instant, at protocol.At) {
	p := c.proc
	if p.Here == (Place{}) {
		return
	}
	c.cue(Dwell, c.track.Dwells() > c.policy().Dwell(), now, at)
	if c.advised == (advised{p, p.Events}) {
		return // nothing of it has changed
	}
	c.advised = advised{p, p.Events}
	z := p.Totals.zone(p.Here)
	most, dense := c.planMost(p)
	c.cue(PassesAbovePlan, most > 0 && z.Passes.Shown() > most, now, at)
	c.cue(DensityAbovePlan, dense > 0 && z.Density > uint64(dense), now, at)
}

// advised says up to where a procedure's cues were judged.
type advised struct {
	proc   *Procedure
	events int
}

// planMost are the passes and the density above which a cue is given: the plan's,
// and for passes also the policy's; 0: none.
func (c *Cold) planMost(p *Procedure) (most, dense int) {
	_, _, most, _ = c.policy().Passes(p.Here.Indication)
	if n := p.Ruling.PassesMost; n > 0 && (most == 0 || n < most) {
		most = n
	}
	if i := p.planned(p.Here); i >= 0 {
		if n := p.Plan[i].Passes; n > 0 && (most == 0 || n < most) {
			most = n
		}
		dense = p.Plan[i].Density
	}
	return most, dense
}

// cue breaks or heals a rule that Cold judges.
func (c *Cold) cue(r Rule, on bool, now protocol.Instant, at protocol.At) {
	mode, source := c.mode, protocol.DepthManual
	switch {
	case c.pen != nil:
		source = c.pen.Depth()
	case c.proc.Accepted == ModeManual:
		mode = ModeManual
	}
	if resp := r.Respond(mode, source); !on || resp != NotApplicable {
		c.finding(&Finding{Rule: r, Response: resp, On: on, At: now, MotorOn: c.have && c.last.MotorOn()}, now, at)
	}
}

// cold reports whether the rule is judged by Cold, by what was done in a session.
func (r Rule) cold() bool { return r == Dwell || r == PassesAbovePlan || r == DensityAbovePlan }
