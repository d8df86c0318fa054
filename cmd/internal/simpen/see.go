package simpen

import (
	"slices"
	"time"

	"penlog/protocol"
	"penlog/sim"
)

func (r *runner) see(o Observation) {
	if r.cfg.Observe == nil {
		return
	}
	if o.At == 0 {
		o.At = int64(r.pen.Now())
	}
	o.Simulated = true
	r.cfg.Observe(o)
}

// unplug pulls the cable, if it is in.
func (r *runner) unplug(now protocol.Instant) {
	r.end.unplug()
	r.opening = false
	r.pen.Unplug(now)
	if r.conn != nil {
		r.hangUp()
		r.plugged(false)
	}
}

func (r *runner) plugged(on bool) { r.see(Observation{See: "plug", On: &on}) }

// happened tells of a thing that happened at the pen.
func (r *runner) happened(e *sim.Event) {
	on := true
	off := false
	o := Observation{At: int64(e.At)}
	switch e.Kind {
	case sim.EventPress:
		o.See, o.Result = "press", results[e.Result]
	case sim.EventMotorOn:
		o.See, o.On = "motor", &on
		r.revoke = 0
	case sim.EventMotorOff:
		o.See, o.On, o.Cause = "motor", &off, causeWord(e.Cause)
	case sim.EventClear:
		o.See, o.Cause, o.StopUS = "clear", causeWord(e.Cause), int64(e.At-e.Since)
	case sim.EventPermit:
		o.See, o.On, o.Ceiling = "permit", &on, int32(e.Depth)
	case sim.EventPermitEnds:
		o.See, o.On, o.Lapsed = "permit", &off, e.Lapse
		r.lapsing = e.Lapse
		r.lapse = Silence{PermitUS: int64(e.Since), DiedAfterUS: int64(e.At - e.Since)}
	case sim.EventHost, sim.EventHostGone:
		o.See, o.On = "host", &off
		if e.Kind == sim.EventHost {
			o.On = &on
		}
	case sim.EventBoot:
		o.See = "boot"
	case sim.EventOver:
		o.See = "over_limit"
		written := protocol.Instant(0)
		if r.conn != nil && r.over == r.pen.Truth().Episodes && r.aimed {
			if t := r.conn.out.when(); !t.IsZero() {
				written = r.instant(t)
			}
		}
		revoke := protocol.Instant(0)
		if e.Episode.Cause == protocol.StopRevoke {
			revoke = r.revoke
		}
		o.Over = overLimit(&e.Episode, written, revoke)
	default:
		return
	}
	r.see(o)
	if e.Kind == sim.EventClear && e.Cause == protocol.StopLapse && r.lapsing {
		r.lapsing = false
		s := r.lapse
		s.ClearAfter = int64(e.At) - s.PermitUS
		r.see(Observation{See: "host_silent", At: int64(e.At), Silent: &s})
	}
}

func (r *runner) state() {
	t := r.pen.Truth()
	s := State{
		SetUM: int32(t.Set), DeepestUM: int32(t.Last), ExtensionUM: int32(t.Extension), CeilingUM: int32(r.pen.Ceiling()),
		PermitMS: r.pen.PermitLeft().Milliseconds(), Motor: t.Driven, Clear: t.Clear, Contact: t.Contact,
		Host: r.pen.Hosted(), Plugged: r.conn != nil, Readings: r.pen.Rate(), Strokes: t.Strokes, Above: t.Above,
		UnpermitUS: t.Unpermitted.Microseconds(), Written: r.written, Lost: r.lost + r.tx.Stats().Overrun,
		Noise: r.noiseEnd != 0, Cue: uint8(r.pen.Cue()),
	}
	if r.conn != nil {
		w, l := r.conn.out.counts()
		s.Written, s.Lost = s.Written+w, s.Lost+l
	}
	r.see(Observation{See: "state", State: &s})
}

// control carries out c, or says why not.
func (r *runner) control(c Control) {
	now := r.pen.Now()
	if err := c.Check(); err != nil {
		r.see(Observation{See: "refused", Of: c.Do, Why: err.Error()})
		return
	}
	switch c.Do {
	case "press":
		r.pen.Press(now)
	case "dial":
		r.pen.Dial(now, protocol.Micrometres(c.UM))
	case "step":
		r.pen.Dial(now, step(r.pen, c.UM))
	case "contact":
		r.pen.Contact(now, c.On)
	case "glide":
		r.pen.Glide(now, axes[c.Axis])
	case "speed":
		r.pen.Speed(now, protocol.DeciHertz(c.Hz*10))
	case "cartridge":
		r.pen.Cartridge(now, c.On)
	case "release":
		r.pen.Release(now, c.On)
	case "unplug":
		r.unplug(now)
	case "replug":
		r.unplug(now)
		if err := r.end.plug(); err != nil {
			r.see(Observation{See: "refused", Of: c.Do, Why: err.Error()})
			return
		}
	case "noise":
		third := (c.PerMillion + 2) / 3
		f := sim.LineFaults{Flip: third, Drop: third, Insert: third}
		r.tx.SetFaults(f)
		r.rx.SetFaults(f)
		r.noiseEnd = now + protocol.Instant(c.MS*1000)
	case "stall":
		until := now + protocol.Instant(c.MS*1000)
		r.tx.Stall(until)
		r.rx.Stall(until)
	case "fault":
		f, _ := sim.FaultByName(c.Name) // checked
		if c.Amount != 0 {
			f.Amount = c.Amount
		}
		f.Text = c.Text
		r.pen.Inject(now, f)
	case "clear":
		f, _ := sim.FaultByName(c.Name)
		r.pen.Clear(now, f.Kind)
	case "hand":
		r.hand = nil
		if c.Passes > 0 {
			style, _ := sim.StyleByName(c.Style)
			r.hand = sim.NewHand(sim.HandConfig{Style: style, Seed: c.Seed, Begin: now,
				Plan: []sim.Task{{Depth: protocol.Micrometres(c.UM), Passes: c.Passes}}})
		}
	case "script":
		for _, s := range c.Steps {
			r.script = append(r.script, timed{now.Add(time.Duration(s.AfterMS) * time.Millisecond), s})
		}
		slices.SortStableFunc(r.script, func(a, b timed) int { return int(a.at - b.at) })
	case "state":
		r.state()
	case "quit":
		r.quit = true
	}
	r.said(now)
	r.see(Observation{See: "done", Of: c.Do})
}
