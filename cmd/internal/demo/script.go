package demo

import (
	"context"
	"errors"
	"time"

	"penlog/cmd/internal/simpen"
	"penlog/cmd/internal/term"
	"penlog/session"
	"penlog/session/limits"
	"penlog/session/rehearsal"
)

// scene is one part of the script.
type scene struct {
	name string
	play func() error
}

// play plays the script, then lets the visitor play, then finishes.
func (d *demo) play(poll context.Context) error {
	scenes := []scene{
		{"start", func() error { return d.start(poll) }},
		{"open", d.open},
		{"press test", d.pressTest},
		{"cheek", d.cheek},
		{"nose", d.nose},
		{"periorbital", d.periorbital},
		{"too deep", d.tooDeep},
	}
	if d.cfg.Keys == nil { // no visitor who could
		scenes = append(scenes, scene{"cable out", d.unplugged}, scene{"kill -9", d.killed})
	} else {
		scenes = append(scenes, scene{"your turn", d.yourTurn})
	}
	scenes = append(scenes, scene{"finish", d.finish})
	for i, s := range scenes {
		if err := s.play(); err != nil {
			for _, s := range scenes[i:] {
				if s.name != "your turn" && s.name != "finish" {
					d.missing = append(d.missing, s.name)
				}
			}
			return err
		}
	}
	return nil
}

// open opens a session and waits until the pen has earned 'guarded'.
func (d *demo) open() error {
	d.say(asTitle, "A session. The pen first proves that it stops by itself")
	for _, c := range append([]session.Command{rehearsal.Open(technician)}, rehearsal.Prepare(technician)...) {
		if _, err := d.ask(c); err != nil {
			return err
		}
	}
	d.say(asText, "the chair side is prepared: screening, consent, no anaesthetic, a new cartridge, the alarm heard")
	if err := d.until("the pen is guarded", func() bool {
		d.id = d.world.view.Session
		return d.world.view.Open && d.world.view.Mode == session.ModeGuarded && !broken(&d.world.view, session.PenUnproven)
	}); err != nil {
		return err
	}
	v := d.world.now()
	d.expect(v.Simulated, "the agent took the pen as simulated, by the pen's own mark")
	d.world.look(func() {
		p := d.world.saw(marks{}, func(o *simpen.Observation) bool { return o.See == "permit" && o.On != nil && !*o.On && o.Lapsed })
		on := d.world.saw(marks{}, func(o *simpen.Observation) bool { return o.See == "permit" && o.On != nil && *o.On })
		if p != nil && on != nil {
			defer d.say(asFigure, "one permit was granted with the motor off and let die: it lasted %s at the pen; now it is guarded", ms(p.At-on.At))
		}
	})
	return d.pause(1200 * time.Millisecond)
}

// pressTest presses start without a permit: the pen must stay still.
func (d *demo) pressTest() error {
	d.say(asTitle, "Press test: start is pressed without a permit")
	m := d.world.marks()
	if err := d.pen.do(simpen.Control{Do: "press"}); err != nil {
		return err
	}
	var result string
	if err := d.until("the press is seen at the pen and by the agent", func() bool {
		o := d.world.saw(m, isPress)
		_, told := heard[session.PressTested](d.world, m, nil)
		if o != nil {
			result = o.Result
		}
		return o != nil && (told || result != "no_permit")
	}); err != nil {
		return err
	}
	var strokes uint64
	d.world.look(func() { strokes = d.world.pen.Strokes })
	d.expect(result == "no_permit" && strokes == 0, "the pen stayed still: no permit, %d strokes", strokes)
	return d.pause(900 * time.Millisecond)
}

const scars = limits.AcneScarRolling

func (d *demo) cheek() error {
	d.say(asTitle, "Left cheek, acne scars")
	if err := d.choose(limits.Cheek, limits.Left); err != nil {
		return err
	}
	if err := d.dialTo(d.settable()); err != nil {
		return err
	}
	if err := d.insist(session.Command{Do: session.CmdArm}); err != nil {
		return err
	}
	if err := d.run(); err != nil {
		return err
	}
	d.say(asText, "time-out done, permit given, start pressed: the needles run")
	return d.glides(3)
}

// nose has a lower max depth than the cheek: the dial must come down first.
func (d *demo) nose() error {
	d.say(asTitle, "Nose: its max depth is lower, the dial still at the cheek's")
	if err := d.halt(); err != nil {
		return err
	}
	if err := d.choose(limits.Nose, limits.SideNone); err != nil {
		return err
	}
	var v session.View
	var act, cause string
	if err := d.until("the dial holds the pen, and nothing else", func() bool {
		v = d.world.view
		act, cause, _ = term.Prompt(&v)
		return len(v.Broken) == 1 && v.Broken[0].Rule == session.DialAboveCeiling
	}); err != nil {
		return err
	}
	d.say(asText, "the screen says: %s. %s", act, cause)
	result, err := d.press()
	if err != nil {
		return err
	}
	v = d.world.now()
	d.expect(result == "no_permit" && v.Trip == nil, "a hold, not a trip: a press now does nothing, nobody has to acknowledge")
	if err := d.pause(1500 * time.Millisecond); err != nil {
		return err
	}
	if err := d.dialTo(d.settable()); err != nil {
		return err
	}
	if err := d.awaitReady(); err != nil {
		return err
	}
	d.say(asText, "the dial is at %s: Ready again, by itself", d.world.now().Set.MM())
	if err := d.run(); err != nil {
		return err
	}
	return d.glides(2)
}

// periorbital is not offered for acne scars.
func (d *demo) periorbital() error {
	d.say(asTitle, "Periorbital: chosen by mistake")
	if err := d.halt(); err != nil {
		return err
	}
	events, err := d.ask(session.Command{Do: session.CmdChoose, Zone: limits.Periorbital, Side: limits.Left, Indication: scars})
	if err != nil {
		return err
	}
	words := ""
	for _, e := range events {
		if r, ok := e.(session.ZoneRefused); ok {
			words = r.Verdict.Words()
		}
	}
	if err := d.until("the pen has no permit", func() bool { return !d.world.permit && !d.world.view.Ready }); err != nil {
		return err
	}
	if words == "" {
		d.fail("periorbital was not refused")
		return nil
	}
	d.expect(true, "%s; the pen has no permit", words)
	return d.pause(1500 * time.Millisecond)
}

// tooDeep turns the dial up while the needles run.
func (d *demo) tooDeep() error {
	d.say(asTitle, "Back to the cheek: a higher max depth needs a second, deliberate act")
	if err := d.choose(limits.Cheek, limits.Left); err != nil {
		return err
	}
	if err := d.dialTo(d.settable()); err != nil {
		return err
	}
	if err := d.resume(); err != nil {
		return err
	}
	if err := d.run(); err != nil {
		return err
	}
	if err := d.glides(1); err != nil {
		return err
	}
	if err := d.tripped(); err != nil {
		return err
	}
	return d.glides(1)
}

// tripped turns the dial to 2.5 while the needles run, and recovers.
func (d *demo) tripped() error {
	var over *simpen.OverLimit
	var before map[string]float64
	var m marks
	var err error
	for try := 0; over == nil; try++ {
		if err := d.ready(); err != nil {
			return err
		}
		if try == 0 {
			d.say(asTitle, "Over-deep: with the needles in the skin, the dial is turned to 2.50 mm")
		} else if try == 4 {
			return errors.New("demo: the over-deep needles never ran long enough to be stopped for it")
		}
		if before, err = d.agent.metrics(d.ctx); err != nil {
			return err
		}
		m = d.world.marks()
		if err := d.pen.do(simpen.Control{Do: "dial", UM: 2500}); err != nil {
			return err
		}
		// This PC may be so busy that the permit dies before the dial is too high:
		// then the agent finds the dial too high with the motor off, which is a hold.
		if err := d.until("the over-deep needles are stopped", func() bool {
			v := &d.world.view
			if o := d.world.saw(m, func(o *simpen.Observation) bool { return o.See == "over_limit" }); o != nil && v.Trip != nil && d.world.clear {
				over = o.Over
			}
			return over != nil || d.world.clear && v.Set == 2500 && !v.MotorOn && v.Trip == nil && v.Mode == session.ModeGuarded
		}); err != nil {
			return err
		}
	}
	v := d.world.now()
	for _, line := range overWords(over) {
		d.say(asFigure, "%s", line)
	}
	if over.Cause == "revoke" {
		if err := d.agentFigures(before, m); err != nil {
			return err
		}
	}
	d.expect(v.Trip.Rule == session.DepthAboveCeiling && over.MotorOffUS != 0, "STOPPED: %s, with max depth %s, by %s",
		v.Trip.Value.MM(), v.Trip.Limit.MM(), stopWords[over.Cause])
	if err := d.pen.do(simpen.Control{Do: "contact"}); err != nil {
		return err
	}
	if err := d.until("the dial is at 2.50 mm", func() bool { return d.world.view.Set == 2500 && !d.world.view.MotorOn }); err != nil {
		return err
	}
	_, err = d.ask(session.Command{Do: session.CmdAcknowledge})
	var ref *session.RefusedError
	if !errors.As(err, &ref) {
		if err == nil {
			d.fail("the trip could be acknowledged while the dial was still at 2.50 mm")
			return nil
		}
		return err
	}
	d.expect(true, "acknowledging too early is refused: %s", plainly(ref.Words))
	if err := d.confirm("turn the dial back, acknowledge, confirm"); err != nil {
		return err
	}
	if err := d.recover(); err != nil {
		return err
	}
	return d.run()
}

// agentFigures shows what the agent measured of the stop since m. before are
// its metrics from then.
func (d *demo) agentFigures(before map[string]float64, m marks) error {
	var stop session.StopSeen
	seen := false
	if err := d.until("the agent has seen its stop", func() bool {
		stop, seen = heard[session.StopSeen](d.world, m, nil)
		return seen || d.world.view.Mode != session.ModeGuarded // the link went first
	}); err != nil || !seen {
		return err
	}
	after, err := d.agent.metrics(d.ctx)
	if err != nil {
		return err
	}
	d.say(asFigure, "%s", agentWords(before, after, stop.TookUS))
	return nil
}

var stopWords = map[string]string{"revoke": "the agent's stop", "lapse": "the death of the permit", "ceiling": "a new ceiling", "own": "the pen itself"}

var axes = [...]string{"horizontal", "vertical", "oblique_left", "oblique_right"}

// strokesInGlide make a glide of about half a second.
const strokesInGlide = 60

// finish ends the session.
func (d *demo) finish() error {
	if err := d.halt(); err != nil {
		return err
	}
	if _, err := d.ask(session.Command{Do: session.CmdFinish}); err != nil {
		return err
	}
	return d.until("the session is closed", func() bool { return !d.world.view.Open })
}
