package demo

import (
	"context"
	"errors"
	"fmt"

	"penlog/cmd/internal/simpen"
	"penlog/session"
	"penlog/session/limits"
)

// recover brings the session from wherever it is back to Ready, as a technician does.
func (d *demo) recover() error {
	if err := d.until("there is a session at hand", func() bool { return d.world.views > 0 && d.world.view.Open }); err != nil {
		return err
	}
	v := d.world.now()
	if v.Verdict.Settable > 0 && v.Set > v.Verdict.Settable {
		if err := d.dialTo(int32(v.Verdict.Settable)); err != nil {
			return err
		}
	}
	if v.Trip != nil {
		if err := d.insist(session.Command{Do: session.CmdAcknowledge}); err != nil {
			return err
		}
		d.say(asText, "the trip is acknowledged: the session is paused, not running")
	}
	return d.resume()
}

// resume is the person's word that patient, zone and max depth are right. It
// does nothing when the session is not paused.
func (d *demo) resume() error {
	if err := d.until("the pen has proved itself", func() bool {
		return d.world.view.Mode == session.ModeGuarded && !broken(&d.world.view, session.PenUnproven)
	}); err != nil {
		return err
	}
	if d.world.now().State != session.Paused {
		return nil
	}
	if err := d.insist(session.Command{Do: session.CmdResume}); err != nil {
		return err
	}
	if err := d.awaitReady(); err != nil {
		return err
	}
	d.say(asText, "patient, zone and max depth confirmed: Ready, and still until start is pressed")
	return nil
}

// insist gives a command again while it is refused for a reason that passes: on
// a PC that is busy enough, a pen may be stale or unproven for a moment.
func (d *demo) insist(cmd session.Command) error {
	ctx, stop := context.WithTimeout(d.ctx, patience)
	defer stop()
	for {
		var views int
		d.world.look(func() { views = d.world.views })
		_, err := d.ask(cmd)
		var ref *session.RefusedError
		if !errors.As(err, &ref) || ref.Code != "cause_not_gone" && ref.Code != "checks_failed" {
			return err
		}
		if d.world.until(ctx, "something changes", func() bool { return d.world.views > views }) != nil {
			return errors.Join(err, d.ctx.Err())
		}
	}
}

// awaitReady waits until the pen has a permit. When this PC was too busy to keep
// it, and the session paused or tripped by itself, it says so and recovers.
func (d *demo) awaitReady() error {
	for {
		var why string
		if err := d.until("the pen is ready", func() bool {
			v := &d.world.view
			why = ""
			switch {
			case v.Trip != nil:
				why = v.Trip.Rule.String()
			case v.State == session.Paused && v.PenUp && v.Mode == session.ModeGuarded && !broken(v, session.PenUnproven):
				why = "paused"
				for _, e := range d.world.events {
					if e, ok := e.(session.PausedEvent); ok {
						why = e.Why
					}
				}
			}
			return why != "" || v.Ready && d.world.permit && (d.world.motor || d.world.clear)
		}); err != nil || why == "" {
			return err
		}
		d.disturbed++
		d.say(asText, "not in the script: %s; this PC was too busy. The technician looks, and confirms", why)
		if d.disturbed > 20 {
			return errors.New("demo: this PC is too busy to keep the pen ready")
		}
		if err := d.recover(); err != nil {
			return err
		}
	}
}

// choose chooses a zone that is offered.
func (d *demo) choose(z limits.Zone, s limits.Side) error {
	events, err := d.ask(session.Command{Do: session.CmdChoose, Zone: z, Side: s, Indication: scars})
	if err != nil {
		return err
	}
	for _, e := range events {
		if c, ok := e.(session.ZoneChosen); ok {
			d.say(asText, "%s", c.Verdict.Words())
			return d.until("the zone is shown", func() bool { return d.world.view.Verdict.Zone == z })
		}
	}
	return fmt.Errorf("demo: %s was not allowed", z.Name())
}

// settable is the highest setting of this pen that the zone allows.
func (d *demo) settable() int32 { return int32(d.world.now().Verdict.Settable) }

// dialTo turns the dial and waits until the agent knows.
func (d *demo) dialTo(um int32) error {
	if err := d.pen.do(simpen.Control{Do: "dial", UM: um}); err != nil {
		return err
	}
	return d.until("the dial is at "+mm(um), func() bool { return int32(d.world.view.Set) == um })
}

// run has start pressed when the motor is off, with a permit there.
func (d *demo) run() error {
	for try := 0; ; try++ {
		if err := d.awaitReady(); err != nil {
			return err
		}
		var on bool
		m := d.world.marks()
		d.world.look(func() { on = d.world.motor })
		result := "ran"
		if !on {
			if err := d.pen.do(simpen.Control{Do: "press"}); err != nil {
				return err
			}
			if err := d.until("the press is seen", func() bool {
				o := d.world.saw(m, isPress)
				if o != nil {
					result = o.Result
				}
				return o != nil
			}); err != nil {
				return err
			}
		}
		if result == "ran" {
			if err := d.until("the agent sees the motor", func() bool {
				began := on || d.world.saw(m, func(o *simpen.Observation) bool { return o.See == "motor" && o.On != nil && *o.On }) != nil
				return began && (d.world.view.MotorOn || !d.world.motor)
			}); err != nil {
				return err
			}
			d.world.look(func() { on = d.world.motor })
			if on {
				return nil
			}
		} // else its permit died meanwhile: this PC is busy
		if try == 10 {
			return fmt.Errorf("demo: start was pressed with the pen ready, and the pen said %q", result)
		}
	}
}

// halt has the motor stopped by the button, and the tip lifted.
func (d *demo) halt() error {
	if err := d.pen.do(simpen.Control{Do: "contact"}); err != nil {
		return err
	}
	var on bool
	d.world.look(func() { on = d.world.motor })
	if on {
		if err := d.pen.do(simpen.Control{Do: "press"}); err != nil {
			return err
		}
	}
	return d.until("the motor is off", func() bool { return !d.world.motor && d.world.clear && !d.world.view.MotorOn })
}

// glides moves the pen over the skin, and between glides does what the visitor's
// keys ask for.
func (d *demo) glides(n int) error {
	for i := range n {
		if err := d.heedKeys(); err != nil {
			return err
		}
		if err := d.glide(axes[i%len(axes)]); err != nil {
			return err
		}
	}
	return d.heedKeys()
}

func (d *demo) glide(axis string) error {
	if err := d.run(); err != nil {
		return err
	}
	var from uint64
	states := 0
	d.world.look(func() { from, states = d.world.pen.Strokes, d.world.states })
	for _, c := range []simpen.Control{{Do: "contact", On: true}, {Do: "glide", Axis: axis}} {
		if err := d.pen.do(c); err != nil {
			return err
		}
	}
	if err := d.until("a glide is done", func() bool {
		return d.world.states > states && (d.world.pen.Strokes >= from+strokesInGlide || !d.world.motor)
	}); err != nil {
		return err
	}
	return d.pen.do(simpen.Control{Do: "contact"})
}

func isPress(o *simpen.Observation) bool { return o.See == "press" }

func broken(v *session.View, r session.Rule) bool {
	for _, b := range v.Broken {
		if b.Rule == r {
			return true
		}
	}
	return false
}
