package campaign

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"sync"
	"time"

	"penlog/cmd/internal/campaign/script"
	"penlog/protocol"
	"penlog/session/limits"
	"penlog/sim"
)

// Class says what a drawn script may contain.
type Class string

// The classes.
const (
	Human Class = "human" // hands and people err; pen, line, PC and disk do not: no false trip is excused
	Rough Class = "rough" // line, cable, PC and disk fail too
	Ill   Class = "ill"   // the pen or what else hangs on the line fails, one way; the rest is sound
	Wild  Class = "wild"  // everything at once
	Shown Class = "shown" // a scenario that comes with the program, with what it leaves open drawn anew
)

// Classes are all there are.
func Classes() []Class { return []Class{Human, Rough, Ill, Wild, Shown} }

// shares are how many of all drawn scripts are of each class.
var shares = []struct {
	class Class
	of20  int
}{{Human, 5}, {Rough, 5}, {Ill, 6}, {Wild, 2}, {Shown, 2}}

// shown are the scenarios that come with the program.
var shown = sync.OnceValue(func() []*script.Script {
	all, err := script.Builtin()
	if err != nil {
		panic(err) // a fault of this program, found by its tests
	}
	return all
})

// showing is the scenario that a seed shows: of all of them the one whose name and the
// seed draw the highest number. One that is new is shown by some seeds, and the others
// show what they did.
func showing(all []*script.Script, seed uint64) (best *script.Script) {
	var most uint64
	for _, s := range all {
		h := fnv.New64a()
		h.Write([]byte(s.Name))
		r := stream(seed, h.Sum64())
		if n := r.next(); best == nil || n > most {
			best, most = s, n
		}
	}
	return best
}

// ClassOf is the class that a drawn script is of.
func ClassOf(s *script.Script) Class {
	c, _, _ := strings.Cut(s.About, ":")
	return Class(c)
}

// Draws bends what is drawn. The zero value draws everything from the seed.
type Draws struct {
	Class  Class         // empty: drawn
	Pen    string        // profile; empty: drawn, nearly always one that takes permits
	Hand   string        // style; empty: drawn
	Length time.Duration // 0: 30 to 120 s
	Quiet  bool          // nothing goes wrong
}

// Draw makes the script of a seed: the same seed, the same script.
func Draw(seed uint64, d Draws) *script.Script {
	r := stream(seed, forDraw)
	s := &script.Script{Name: fmt.Sprintf("seed-%d", seed), Title: fmt.Sprintf("Drawn from seed %d", seed), Seed: seed, Technician: script.Wanders}
	class, n := Human, r.below(20)
	for _, x := range shares {
		if n -= x.of20; n < 0 {
			class = x.class
			break
		}
	}
	if d.Class != "" {
		class = d.Class
	}
	s.About = string(class)
	if all := shown(); class == Shown && len(all) > 0 {
		played := *showing(all, seed)
		played.About, played.Name, played.Seed = "shown: "+played.Name, s.Name, seed
		if d.Length > 0 && d.Length < played.Length {
			played.Length, played.Cut = d.Length, played.Length-d.Length
		}
		return &played
	}
	if s.Length = r.span(30*time.Second, 120*time.Second).Truncate(time.Millisecond); d.Length > 0 {
		s.Length = d.Length
	}
	s.Pen = pick(&r, guarded())
	if r.chance(6) {
		s.Pen = pick(&r, unguarded())
	}
	if d.Pen != "" {
		s.Pen = d.Pen
	}
	if class != Ill && r.chance(25) {
		if s.Technician = script.Meddles; r.chance(20) && d.Pen == "" {
			s.Pen = pick(&r, unguarded())
		}
	}
	if s.Hand = pick(&r, sim.Styles()).Name; d.Hand != "" {
		s.Hand = d.Hand
	}
	s.Drift = int64(r.below(401) - 200)
	if r.chance(30) {
		s.Drift = int64(r.below(40_001) - 20_000)
	}
	if r.chance(30) { // the tick wraps on the way
		s.Uptime = protocol.Uptime(1<<32 - int64(r.below(30_000_000)))
	}
	profile, err := sim.ProfileByName(s.Pen)
	if err != nil {
		panic(err) // a word of ours
	}
	drawTreat(&r, s, &profile)
	if !d.Quiet {
		drawSteps(&r, s, class, &profile)
	}
	if s.Technician == script.Meddles && class != Human && !d.Quiet && len(s.Steps) > 0 && r.chance(50) { // the clinic's file may be another then
		last := &s.Steps[len(s.Steps)-1]
		last.Do = append(last.Do, script.Deed{Verb: "agent-killed", For: r.span(30*time.Millisecond, 2*time.Second).Truncate(time.Millisecond)})
	}
	if class != Ill && s.Technician == script.Wanders {
		drawPlan(s)
	}
	return s
}

// drawPlan lets some of those who follow the screen do so by a plan: with more passes,
// in zones that are not always those that were chosen, and with dials that are turned up
// while the motor rests. It shifts nothing of what else is drawn.
func drawPlan(s *script.Script) {
	r := stream(s.Seed, forPlan)
	if !r.chance(30) {
		return
	}
	s.Technician = script.Plans
	for i := range s.Treat {
		t := &s.Treat[i]
		t.Passes = 1 + r.below(3)
		if r.chance(50) {
			t.In = pick(&r, sites).Zone
		}
	}
	for i := range s.Steps {
		if x := &s.Steps[i]; len(x.Do) == 1 && x.Do[0].Verb == "dial-up" && x.When.What == script.CueNow && r.chance(40) {
			x.When = script.Cue{What: script.CueMotorOff}
		}
	}
}

// guarded are the pens that take permits, unguarded those that do not.
func guarded() []string   { return penNames(true) }
func unguarded() []string { return penNames(false) }

func penNames(permits bool) []string {
	var out []string
	for _, f := range sim.Profiles() {
		if f.Identity.Caps.Has(protocol.CapPermits) == permits {
			out = append(out, f.Name)
		}
	}
	return out
}

// sites are the zones of drawn treatments.
var sites = []script.Treat{
	{Zone: limits.Cheek, Indication: limits.AcneScarRolling},
	{Zone: limits.Nose, Indication: limits.AcneScarRolling},
	{Zone: limits.Forehead, Indication: limits.FineLines},
	{Zone: limits.Periorbital, Indication: limits.FineLines},
	{Zone: limits.Neck, Indication: limits.UnevenTone},
	{Zone: limits.Abdomen, Indication: limits.Striae},
	{Zone: limits.Chin, Indication: limits.AcneScarBoxcar},
}

// drawTreat draws the course of a treatment with the pen at hand.
func drawTreat(r *rng, s *script.Script, f *sim.Profile) {
	id := &f.Identity
	for range 2 + r.below(3) {
		t := pick(r, sites)
		v := limits.Default().Ask(limits.Request{Zone: t.Zone, Indication: t.Indication, PenMin: protocol.Micrometres(id.DepthMin),
			PenMax: protocol.Micrometres(id.DepthMax), PenStep: protocol.Micrometres(id.DepthStep), CartridgeLength: protocol.Micrometres(id.NeedleLength)})
		step := protocol.Micrometres(max(id.DepthStep, 50))
		t.Depth = max(v.Settable-step*protocol.Micrometres(r.below(2)), protocol.Micrometres(id.DepthMin), step)
		if r.chance(8) {
			t.Depth = v.Settable + step*protocol.Micrometres(1+r.below(3)) // told wrong
		}
		if r.chance(6) {
			t.In = pick(r, sites).Zone
		}
		if s.Technician == script.Meddles {
			t.Side = pick(r, []limits.Side{limits.SideNone, limits.Left, limits.Right})
		}
		t.Passes = 1
		s.Treat = append(s.Treat, t)
	}
}

// drawSteps draws what goes wrong. The last seconds are quiet, so that what was
// recorded can be compared.
func drawSteps(r *rng, s *script.Script, class Class, f *sim.Profile) {
	gap := []time.Duration{time.Second, 2500 * time.Millisecond, 6 * time.Second}[r.below(3)]
	if class == Ill {
		gap = 10 * time.Second
	}
	pool := slices.DeleteFunc(deeds(class), func(w weighed) bool { return !script.Possible(&script.Deed{Verb: w.Name}, f) })
	if class == Ill && len(pool) > 0 { // one of them, now and then
		pool = []weighed{pick(r, pool)}
		s.Technician = pick(r, []script.Technic{script.Follows, script.Wanders})
	}
	total := 0
	for _, p := range pool {
		total += p.weight
	}
	at := 4 * time.Second
	if class == Ill && r.chance(20) { // from before the first session
		at = 0
	}
	for total > 0 {
		if at > 0 {
			at += r.span(gap/5, 2*gap).Truncate(time.Millisecond)
		} else {
			at = r.span(0, 2*time.Second).Truncate(time.Millisecond)
		}
		if at >= s.Length-12*time.Second {
			break
		}
		n := r.below(total)
		i := slices.IndexFunc(pool, func(p weighed) bool { n -= p.weight; return n < 0 })
		d := pool[i].draw(r)
		step := script.Step{At: at, Do: []script.Deed{d}}
		if class == Ill && at > 3*time.Second && r.chance(60) { // in use, when it matters
			step.When, step.After = script.Cue{What: script.CueMotorOn}, r.span(50*time.Millisecond, 3*time.Second).Truncate(time.Millisecond)
		}
		s.Steps = append(s.Steps, step)
		if class == Ill && d.Verb == "ignore-lapse" { // a host that hangs in use shows it
			s.Steps[len(s.Steps)-1].Do[0].For = r.span(10*time.Second, 25*time.Second).Truncate(time.Millisecond)
			s.Steps = append(s.Steps, script.Step{When: script.Cue{What: script.CueMotorOn}, After: r.span(300*time.Millisecond, 1500*time.Millisecond).Truncate(time.Millisecond),
				Do: []script.Deed{{Verb: "hot-stall", For: r.span(450*time.Millisecond, 850*time.Millisecond).Truncate(time.Millisecond)}}})
		}
		if v := d.Is(); v.Human() {
			at += 2 * time.Second
		}
		at += min(d.For/2, 5*time.Second)
	}
}

// seconds is a moment as people read it.
func seconds(at protocol.Instant) float64 { return float64(at) / 1e6 }

// Check reports what there is not among the words of d.
func (d *Draws) Check() error {
	if d.Class != "" && !slices.Contains(Classes(), d.Class) {
		return fmt.Errorf("there is no class %q: choose one of %v", d.Class, Classes())
	}
	if d.Pen != "" {
		if _, err := sim.ProfileByName(d.Pen); err != nil {
			return err
		}
	}
	if d.Hand != "" {
		if _, err := sim.StyleByName(d.Hand); err != nil {
			return err
		}
	}
	if d.Length != 0 && (d.Length < script.MinLength || d.Length > script.MaxLength) {
		return fmt.Errorf("a procedure lasts %v to %v, not %v", script.MinLength, script.MaxLength, d.Length)
	}
	return nil
}
