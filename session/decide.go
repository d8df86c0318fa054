package session

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"penlog/protocol"
	"penlog/session/cartridge"
	"penlog/session/clinic"
	"penlog/session/label"
	"penlog/session/limits"
	"penlog/session/policy"
)

// Env is what a decision rests on beside the procedure itself: the files in
// force, the time, and what the world looks like. All of it is read only.
type Env struct {
	Limits     *limits.Table
	Policy     *policy.Policy
	Clinic     *clinic.Config
	Cartridges *cartridge.Catalogue
	Labels     *label.Catalogue // nil: no pen has one
	At         protocol.At
	World      World
	// Zone is the clinic's: by it a day begins and ends, for an expiry too. nil: UTC.
	Zone *time.Location
}

func (e *Env) today() cartridge.Date { return cartridge.DateIn(e.At, e.Zone) }

// FactState says what is known of a fact.
type FactState uint8

// The states of a fact. The zero state is not known.
const (
	FactUnknown FactState = iota // nobody looked, or it can't be told here
	FactGood
	FactBad
)

// Fact is one thing about the room's PC.
type Fact struct {
	State  FactState
	Words  string // what is wrong with it
	Remedy string
}

// World is what the agent knows of the world around a procedure.
type World struct {
	Clock   Fact // the wall clock is right
	Record  Fact // the disk has room, and a test record was written and read back
	Awake   Fact // this PC does not go to sleep
	Contact bool // the tip is on the skin, as far as the pen tells
}

// Unnamed stands for the person who gave a command that needs no sign-in, and
// did not say who they were.
const Unnamed By = "unnamed"

// Figures of what people may do.
const (
	maxText      = 2000 // bytes
	maxField     = 200  // bytes of a short text
	secondActIn  = 5_000_000
	overrideMost = 15 * 60 * 1_000_000 // µs. Source: DESIGN promise 3
	muteFor      = 2 * 60 * 1_000_000
)

// Decide returns the events that the command leads to, and no effect of its own:
// [Procedure.Apply] them. The error is a *[RefusedError]. Commands that need the
// pen (acknowledge, accept_pen, locate) and open are [Cold]'s.
func (p *Procedure) Decide(c Command, env *Env) ([]Event, error) {
	spec, err := c.Do.known()
	if err != nil {
		return nil, err
	}
	if err := authorise(&c, &spec, env); err != nil {
		return nil, err
	}
	if p.State.Over() && !spec.After {
		return nil, refusedIn(p.State, c.Do)
	}
	d, ok := decide(c.Do)
	if !ok {
		return nil, refuse("not_of_session", string(c.Do)+" is not a session's to decide", "give it to the agent")
	}
	events, err := d(p, &c, env)
	if err != nil {
		return nil, err
	}
	return p.halted(c.By, events, env), nil
}

// halted adds a pause to what is chosen or said while permits may be renewed, when
// the time-out would no longer be given: a zone may be one that the screening
// forbids, and a patient may remember something late.
func (p *Procedure) halted(by By, events []Event, env *Env) []Event {
	after, matters := *p, false
	after.Answers, after.Cleared = slices.Clone(p.Answers), slices.Clone(p.Cleared)
	for _, e := range events {
		switch e := e.(type) {
		case ZoneChosen:
			after.Chosen, after.Verdict, after.Ruling, after.State = true, e.Verdict, e.Ruling, e.To
		case Screened, Consented, AnaestheticStep, ProductUsed:
			after.applyPrepared(e)
		default:
			continue
		}
		matters = true
	}
	if !matters || !after.State.MayPermit() {
		return events
	}
	var l checks
	after.patientChecks(&l, env)
	if i := slices.IndexFunc(l.list, func(c Check) bool { return !c.OK }); i >= 0 {
		to, _ := after.State.Next(ActPause)
		events = append(events, PausedEvent{By: by, Why: "the time-out no longer holds: " + l.list[i].Code, To: to})
	}
	return events
}

type decider func(*Procedure, *Command, *Env) ([]Event, error)

// decide finds who decides a command; false when it is not a procedure's.
func decide(do CommandKind) (decider, bool) {
	for _, m := range []map[CommandKind]decider{prepareDeciders, zoneDeciders, treatDeciders, afterDeciders} {
		if d, ok := m[do]; ok {
			return d, true
		}
	}
	return nil, false
}

// authorise checks that the command is whole, and given by a person who may.
func authorise(c *Command, spec *CommandSpec, env *Env) error {
	if err := person("by", c.By, spec, env); err != nil {
		if !spec.Open {
			return err
		}
		c.By = Unnamed // who is in haste is not refused for a name
	}
	if err := spec.fits(c); err != nil {
		return err
	}
	if len(c.Text) > maxText {
		return refuse("too_long", fmt.Sprintf("the text has %d bytes", len(c.Text)), fmt.Sprintf("shorten it to %d", maxText))
	}
	for name, s := range map[string]string{"patient": c.Patient, "code": c.Code, "meaning": c.Meaning} {
		if err := short(name, s); err != nil {
			return err
		}
	}
	if c.Second != "" {
		if err := person("second", c.Second, &CommandSpec{Do: c.Do}, env); err != nil {
			return err
		}
		if strings.EqualFold(string(c.Second), string(c.By)) {
			return refuse("same_person", "the second person is the first", "another person has to say so too")
		}
	}
	return nil
}

func short(name, s string) error {
	if len(s) > maxField {
		return refuse("too_long", fmt.Sprintf("%q has %d bytes", name, len(s)), fmt.Sprintf("shorten it to %d", maxField))
	}
	return nil
}

// person checks that somebody is named, that it is a person, and one who may.
func person(field string, by By, spec *CommandSpec, env *Env) error {
	switch {
	case strings.TrimSpace(string(by)) == "":
		return refuse("no_person", fmt.Sprintf("nobody is named in %q for %s", field, spec.Do), fmt.Sprintf("give the name or badge of a person in %q", field))
	case by == Agent || by == Unnamed:
		return refuse("no_person", fmt.Sprintf("%q is no person's name", by), fmt.Sprintf("give the name or badge of a person in %q", field))
	case len(by) > maxName:
		return refuse("too_long", fmt.Sprintf("the name in %q has %d bytes", field, len(by)), fmt.Sprintf("shorten it to %d", maxName))
	case spec.Open:
		return nil // who is in haste is not asked for a badge
	case !env.Clinic.Known(string(by)):
		return refuse("unknown_person", fmt.Sprintf("%q is not one of this clinic's people", by), "name one of the people in the clinic's file, or add this one to it")
	case env.Clinic.Role(string(by)) < spec.Role:
		return refuse("not_allowed", fmt.Sprintf("%s is a %v's to give, and %q is none", spec.Do, spec.Role, by), fmt.Sprintf("a %v of the clinic's file has to give it", spec.Role))
	}
	return nil
}
