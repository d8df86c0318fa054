package simpen

import (
	"cmp"
	"errors"
	"fmt"
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
		if e.At == r.heard {
			r.revoke = e.At
		}
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

func (r *runner) state() *State {
	t := r.pen.Truth()
	s := State{
		SetUM: int32(t.Set), DeepestUM: int32(t.Last), ExtensionUM: int32(t.Extension), CeilingUM: int32(r.pen.Ceiling()),
		PermitMS: r.pen.PermitLeft().Milliseconds(), Motor: t.Driven, Clear: t.Clear, Contact: t.Contact,
		Host: r.pen.Hosted(), Plugged: r.conn != nil, Readings: r.pen.Rate(), Strokes: t.Strokes, Above: t.Above,
		UnpermitUS: t.Unpermitted.Microseconds(), Written: r.written, Lost: r.lost + r.rig.Up().Stats().Overrun,
		Cue: uint8(r.pen.Cue()), Battery: r.pen.Battery(), Alive: t.Alive,
	}
	for _, f := range r.rig.Active(nil) {
		s.Faults = append(s.Faults, f.String())
		s.Noise = s.Noise || f.Kind.Info().Group == sim.OfLine
	}
	if r.conn != nil {
		w, l := r.conn.out.counts()
		s.Written, s.Lost = s.Written+w, s.Lost+l
	}
	r.see(Observation{See: "state", State: &s})
	return &s
}

// maxScript is how many steps may wait for their moment.
const maxScript = 10_000

// control carries out c, or says why not; who asked is told in one observation.
func (r *runner) control(c Control) {
	o := Observation{See: "done", Of: c.Do}
	if err := r.carryOut(&c, &o); err != nil {
		o = Observation{See: "refused", Of: c.Do, Why: err.Error()}
	}
	r.look()
	if o.State != nil { // it was seen already
		r.see(Observation{See: o.See, Of: o.Of})
	} else {
		r.see(o)
	}
	if c.answer != nil {
		o.At, o.Simulated = int64(r.rig.Now()), true
		c.answer <- o
	}
}

func (r *runner) carryOut(c *Control, o *Observation) error {
	if err := c.Check(); err != nil {
		return err
	}
	now := r.rig.Now()
	do := func(a sim.Act) { r.rig.Do(now, a) }
	switch c.Do {
	case "press":
		r.rig.Press(now)
	case "dial":
		do(sim.Act{Do: sim.DoDial, Depth: protocol.Micrometres(c.UM)})
	case "step":
		do(sim.Act{Do: sim.DoDial, Depth: step(r.pen, c.UM)})
	case "contact":
		do(sim.Act{Do: sim.DoContact, On: c.On})
	case "glide":
		do(sim.Act{Do: sim.DoGlide, Axis: axes[c.Axis]})
	case "speed":
		do(sim.Act{Do: sim.DoSpeed, Rate: protocol.DeciHertz(c.Hz * 10)})
	case "cartridge":
		do(sim.Act{Do: sim.DoCartridge, On: c.On})
	case "release":
		do(sim.Act{Do: sim.DoRelease, On: c.On})
	case "skin":
		skin, _ := sim.SkinByName(c.Name) // checked
		do(sim.Act{Do: sim.DoTouch, Skin: skin})
	case "unplug":
		r.absent = false
		do(sim.Act{Do: sim.DoUnplug})
	case "replug":
		r.absent = false
		do(sim.Act{Do: sim.DoUnplug})
		r.look()
		do(sim.Act{Do: sim.DoReplug})
		r.look()
		if r.out {
			return errors.New("the pen can't be offered again; what stands in the way was said before")
		}
	case "noise":
		if c.PerMillion == 0 || c.MS == 0 {
			r.rig.Clear(now, sim.FaultLineNoise)
			break
		}
		return r.rig.Inject(now, sim.Fault{Kind: sim.FaultLineNoise, Amount: c.PerMillion, For: ms(c.MS)})
	case "stall":
		return r.rig.Inject(now, sim.Fault{Kind: sim.FaultStall, Amount: c.MS})
	case "fault":
		f, _ := c.fault() // checked
		return r.rig.Inject(now, f)
	case "clear":
		if c.Name == "" {
			r.rig.ClearAll(now)
			break
		}
		f, _ := sim.FaultByName(c.Name)
		r.rig.Clear(now, f.Kind)
	case "hand":
		r.hand = nil
		if c.Passes > 0 {
			style, _ := sim.StyleByName(c.Style)
			r.hand = sim.NewHand(sim.HandConfig{Style: style, Seed: c.Seed, Begin: now,
				Plan: []sim.Task{{Depth: protocol.Micrometres(c.UM), Passes: c.Passes}}})
		}
	case "script":
		if len(r.script)+len(c.Steps) > maxScript {
			return fmt.Errorf("%d steps wait already, and no more than %d may", len(r.script), maxScript)
		}
		for _, s := range c.Steps {
			r.script = append(r.script, timed{now.Add(ms(s.AfterMS)), s})
		}
		slices.SortStableFunc(r.script, func(a, b timed) int { return cmp.Compare(a.at, b.at) })
	case "state":
		o.State = r.state()
	case "quit":
		r.quit = true
	}
	return nil
}

func ms(n int64) time.Duration { return time.Duration(n) * time.Millisecond }
