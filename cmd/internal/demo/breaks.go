package demo

import (
	"context"
	"errors"
	"time"

	"penlog/cmd/internal/simpen"
	"penlog/session"
)

// What a visitor can break. Each act sees to it that the needles run first, and
// leaves the session Ready or running again.

// yourTurn lets the visitor play until they quit, or press nothing for long.
func (d *demo) yourTurn() error {
	d.playin = true
	d.say(asTitle, "Your turn: break it. Needles run; the keys are in the last line; q ends")
	if err := d.run(); err != nil {
		return err
	}
	for {
		t := time.NewTimer(playTime)
		select {
		case k := <-d.keys:
			t.Stop()
			if err := d.act(k); err != nil {
				if d.ctx.Err() != nil && d.cfg.Keys != nil && errors.Is(err, context.Canceled) {
					return nil
				}
				return err
			}
		case <-t.C:
			d.say(asText, "no key for %v: the demo ends", playTime)
			return nil
		case <-d.ctx.Done():
			t.Stop()
			return nil
		}
	}
}

// heedKeys does what keys asked for since the last time.
func (d *demo) heedKeys() error {
	for {
		select {
		case k := <-d.keys:
			if err := d.act(k); err != nil {
				return err
			}
		default:
			return d.ctx.Err()
		}
	}
}

func (d *demo) act(k byte) error {
	switch k {
	case 'u':
		return d.unplugged()
	case 'n':
		return d.noise()
	case 'd':
		return d.tripped()
	case 'k':
		return d.killed()
	case 'r':
		return d.recover()
	case ' ':
		return d.pressed()
	}
	return nil
}

// confirm asks the visitor for the technician's word.
func (d *demo) confirm(what string) error { return d.askKey('r', what) }

// askKey asks the visitor for a key; where there is no visitor, or none comes,
// the demo does it.
func (d *demo) askKey(key byte, what string) error {
	if d.cfg.Keys == nil {
		return nil
	}
	d.say(asAsk, "press %c: %s", key, what)
	limit := 12 * time.Second
	if d.playin {
		limit = playTime
	}
	t := time.NewTimer(limit)
	defer t.Stop()
	for {
		select {
		case k := <-d.keys:
			if k == key {
				return nil
			}
			d.say(asText, "first %c, then that", key)
		case <-t.C:
			d.say(asText, "the demo does it for you")
			return nil
		case <-d.ctx.Done():
			return d.ctx.Err()
		}
	}
}

// press presses start and returns what the pen saw come of it.
func (d *demo) press() (result string, err error) {
	m := d.world.marks()
	if err := d.pen.do(simpen.Control{Do: "press"}); err != nil {
		return "", err
	}
	err = d.until("the press is seen", func() bool {
		o := d.world.saw(m, isPress)
		if o != nil {
			result = o.Result
		}
		return o != nil
	})
	return result, err
}

// pressed is the start button, whatever comes of it.
func (d *demo) pressed() error {
	result, err := d.press()
	if err != nil {
		return err
	}
	words := map[string]string{"ran": "the motor runs", "stop": "the motor stops", "no_permit": "no permit: the motor stays off"}[result]
	if words == "" {
		words = result
	}
	d.say(asText, "start pressed: %s", words)
	return nil
}

// ready brings the pen to run on skin, before it is disturbed.
func (d *demo) ready() error {
	if err := d.recover(); err != nil {
		return err
	}
	if err := d.run(); err != nil {
		return err
	}
	return d.pen.do(simpen.Control{Do: "contact", On: true})
}

// whileRunning does an act that silences the host, with the needles running, and
// waits for the pen's own account of how its permit died. On a PC that is busy
// enough the permit may die just before: then undo and try again.
func (d *demo) whileRunning(title string, act, undo func() error) (*simpen.Silence, error) {
	for try := range 5 {
		if err := d.ready(); err != nil {
			return nil, err
		}
		if try == 0 {
			d.say(asTitle, "%s", title)
		}
		m := d.world.marks()
		var ran bool
		d.world.look(func() { ran = d.world.motor })
		if !ran {
			continue
		}
		if err := act(); err != nil {
			return nil, err
		}
		var s *simpen.Silence
		if err := d.until("the pen has stopped by itself", func() bool {
			if o := d.world.saw(m, func(o *simpen.Observation) bool { return o.See == "host_silent" }); o != nil {
				s = o.Silent
			}
			return !d.world.motor && d.world.clear && (s != nil || d.otherwise(m))
		}); err != nil || s != nil {
			return s, err
		}
		if err := undo(); err != nil {
			return nil, err
		}
	}
	return nil, errors.New("demo: this PC is too busy to show it: the needles stood still before")
}

// otherwise reports whether the motor went off, seen since m, by anything but a
// permit's death; the pen's account would never come. The world's lock is held.
func (d *demo) otherwise(m marks) bool {
	off := d.world.saw(m, func(o *simpen.Observation) bool { return o.See == "motor" && !*o.On })
	return off != nil && off.Cause != "lapse"
}

// unplugged pulls the cable while the needles run.
func (d *demo) unplugged() error {
	s, err := d.whileRunning("The cable is pulled while the needles run: nothing can be sent any more",
		func() error { return d.pen.do(simpen.Control{Do: "unplug"}) },
		func() error { return d.pen.do(simpen.Control{Do: "replug"}) })
	if err != nil {
		return err
	}
	d.say(asFigure, "the pen stopped by itself: %s", silenceWords(s))
	if err := d.until("the agent shows the loss", func() bool {
		return d.world.view.State == session.Paused && !d.world.view.PenUp
	}); err != nil {
		return err
	}
	d.say(asText, "the agent: link lost, the session is paused")
	if err := d.askKey('u', "put the cable back"); err != nil {
		return err
	}
	for _, c := range []simpen.Control{{Do: "contact"}, {Do: "replug"}} {
		if err := d.pen.do(c); err != nil {
			return err
		}
	}
	d.say(asText, "the cable is back")
	return d.backPaused()
}

// backPaused waits for the pen to be proven anew, and shows that nothing runs
// until a person confirms and presses.
func (d *demo) backPaused() error {
	if err := d.until("the pen is back and proven", func() bool {
		v := &d.world.view
		return d.world.views > 0 && v.PenUp && v.Mode == session.ModeGuarded && !broken(v, session.PenUnproven) && !broken(v, session.LinkLost)
	}); err != nil {
		return err
	}
	v := d.world.now()
	var motor bool
	d.world.look(func() { motor = d.world.motor })
	d.expect(v.State == session.Paused && !v.Ready && !motor, "the session came back paused; the pen proved itself again; nothing runs")
	if err := d.confirm("confirm patient, zone and max depth"); err != nil {
		return err
	}
	if err := d.recover(); err != nil {
		return err
	}
	if d.playin {
		d.say(asAsk, "Ready; only a fresh press starts the motor: space")
		return nil
	}
	return d.run()
}

// noise damages bytes of the line for two seconds.
func (d *demo) noise() error {
	if err := d.ready(); err != nil {
		return err
	}
	before, err := d.agent.metrics(d.ctx)
	if err != nil {
		return err
	}
	d.say(asTitle, "Noise: for 2 s one byte in a hundred is damaged, both ways")
	m := d.world.marks()
	if err := d.pen.do(simpen.Control{Do: "noise", PerMillion: 10_000, MS: 2000}); err != nil {
		return err
	}
	states := 0
	d.world.look(func() { states = d.world.states })
	if err := d.until("the noise begins and is over", func() bool { return d.world.states > states+2 && !d.world.pen.Noise }); err != nil {
		return err
	}
	after, err := d.agent.metrics(d.ctx)
	if err != nil {
		return err
	}
	since := func(name string) float64 { return sum(after, name) - sum(before, name) }
	d.say(asFigure, "%.0f damaged runs of bytes thrown away, %.0f readings taken in", since("penlog_frames_damaged_total"), since("penlog_readings_total"))
	var stopped bool
	d.world.look(func() {
		stopped = d.world.saw(m, func(o *simpen.Observation) bool { return o.See == "motor" && o.On != nil && !*o.On }) != nil
	})
	if !stopped {
		d.say(asGood, "enough got through: the permit held, nobody was bothered")
		return d.pen.do(simpen.Control{Do: "contact"})
	}
	d.say(asGood, "too little got through to know what the needles do: the pen was stopped, on the safe side")
	if err := d.pen.do(simpen.Control{Do: "contact"}); err != nil {
		return err
	}
	if d.world.now().Trip != nil || d.world.now().State == session.Paused {
		if err := d.confirm("acknowledge and confirm"); err != nil {
			return err
		}
	}
	return d.recover()
}

// killed kills the agent while the needles run, and starts it again.
func (d *demo) killed() error {
	if err := d.recover(); err != nil {
		return err
	}
	if _, err := d.ask(session.Command{Do: session.CmdNote, Text: "the last words before kill -9"}); err != nil {
		return err
	}
	s, err := d.whileRunning("kill -9: the agent dies while the needles run", d.kill, d.revive)
	if err != nil {
		return err
	}
	d.say(asFigure, "the pen stopped by itself: %s", silenceWords(s))
	if err := d.pen.do(simpen.Control{Do: "contact"}); err != nil {
		return err
	}
	if err := d.pause(1500 * time.Millisecond); err != nil {
		return err
	}
	if err := d.revive(); err != nil {
		return err
	}
	d.say(asText, "the agent starts again on the same folder, process %d", d.agent.cmd.Process.Pid)
	f, err := d.ledger.check(d.ctx, d.dir, d.id)
	if err != nil {
		return err
	}
	for _, l := range f.lost {
		d.fail("%s", l)
	}
	d.expect(len(f.lost) == 0, "nothing acknowledged was lost: %s of commands and %d shown as on the disk before, all among the %d there now",
		plural(f.acked, "event"), f.top, f.records)
	return d.backPaused()
}

// kill is kill -9 of the agent.
func (d *demo) kill() error {
	d.agent.asked.Store(true)
	d.agent.kill9()
	d.agent = nil
	d.world.tell(func() { d.world.down, d.ledger.top = true, d.world.top })
	return nil
}

// revive starts the agent again on the same folder, which takes up the session.
func (d *demo) revive() error {
	if err := d.startAgent(); err != nil {
		return err
	}
	d.world.tell(func() { d.world.down = false })
	return d.until("the agent shows the session", func() bool { return d.world.views > 0 && d.world.view.Session == d.id })
}
