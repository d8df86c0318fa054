package session

import (
	"errors"
	"fmt"

	"penlog/protocol"
	"penlog/session/cartridge"
)

// cartridgeIn takes a new cartridge: by its scan, or as a person picked it.
// Source: DOMAIN 4, cartridge rules.
func cartridgeIn(p *Procedure, c *Command, env *Env) ([]Event, error) {
	g := *c.Cartridge
	if err := p.still(c.Do, env); err != nil {
		return nil, err
	}
	e := CartridgeIn{By: c.By, Index: g.Index, Intact: g.Intact, Proof: "none", LengthFrom: "none"}
	switch {
	case g.Index < 0 || g.Index > 10_000 || g.Needles < 0 || g.Needles > 255 || g.Length < 0 || g.Length > 10_000:
		return nil, refuse("bad_value", "a figure of the cartridge that can't be", "give needle count, length in µm and the number on the pack as they are")
	case g.Scan == "" && g.Model == "":
		return nil, refuse("missing_field", "neither a scan nor a model is given", "scan the pack, or pick the cartridge by hand")
	case !g.Intact:
		return nil, refuse("pack_not_intact", "the pack was not intact, so the needles are not sterile", "take another cartridge")
	}
	if err := short("model", g.Model); err != nil {
		return nil, err
	}
	if g.Scan != "" {
		if err := e.scan(g, env); err != nil {
			return nil, err
		}
	}
	if m := e.identify(g, p, env); m.Simulated && p.Source == SourcePen {
		return nil, refuse("simulated_cartridge", m.Name+" is a simulator's", "scan the pack of the cartridge that is in")
	}
	if e.UseKey != "" && c.History != nil && c.History.UsedIn != nil && *c.History.UsedIn != p.ID {
		return nil, &RefusedError{Code: "cartridge_used", Words: fmt.Sprintf("this cartridge was used in session %v", *c.History.UsedIn),
			Remedy: "take a new one: a cartridge is for one patient and one session", Session: c.History.UsedIn}
	}
	after := *p
	after.In = &e
	e.To = p.State
	if p.Chosen {
		v, _ := after.ask(placeOf(&p.Verdict), p.Verdict.Requested, env)
		e.Verdict, e.To = p.lowered(v)
	}
	if e.To.MayPermit() {
		e.To = Paused // hands are at the needles, and the checks are for the one before
	}
	return []Event{e}, nil
}

// dated reports whether the scan told an expiry: a scanner that drops separators, or
// a slip in typing, makes a part of the lot of it.
func (e *CartridgeIn) dated() bool { return e.Scan != nil && e.Scan.Expiry != (cartridge.Date{}) }

// scan takes in what the pack's code says.
func (e *CartridgeIn) scan(g CartridgeGiven, env *Env) error {
	s, err := cartridge.Parse(g.Scan, env.today())
	var bad *cartridge.ScanError
	switch {
	case errors.As(err, &bad):
		return refuse(bad.Code, bad.Words, bad.Remedy)
	case err != nil:
		return refuse("bad_scan", err.Error(), "scan it again, or pick the cartridge by hand")
	case s.Expired(env.today()):
		return refuse("cartridge_expired", fmt.Sprintf("this cartridge expired on %v", s.Expiry), "take another cartridge")
	}
	e.Scan = &s
	e.UseKey, e.Proof = s.Use(g.Index)
	return nil
}

// identify says which cartridge it is, and how long its needles are: by the
// catalogue, as a person picked it, or, since nobody knows, as long as the
// shortest of this pen, so that the max depth is not more than they reach.
func (e *CartridgeIn) identify(g CartridgeGiven, p *Procedure, env *Env) (m cartridge.Model) {
	known := false
	if e.Scan != nil && e.Scan.GTIN != "" {
		m, known = env.Cartridges.ByGTIN(e.Scan.GTIN)
	}
	if !known && g.Model != "" {
		m, known = env.Cartridges.ByCode(g.Model)
		e.Entered = true
	}
	e.Model = g.Model
	if known {
		e.Model, e.Needles, e.Length = m.Code, m.Needles, m.Length
	}
	if e.Needles == 0 {
		e.Needles = g.Needles
	}
	switch {
	case e.Length > 0:
		e.LengthFrom = "catalogue"
	case g.Length > 0:
		e.Length, e.LengthFrom = g.Length, "entered"
	default:
		e.Length, e.LengthFrom = p.shortest(env)
	}
	return m
}

func (p *Procedure) shortest(env *Env) (protocol.Micrometres, string) {
	if p.Pen != nil {
		if l, ok := env.Cartridges.Shortest(p.Pen.Vendor, p.Pen.Model); ok {
			return l, "shortest"
		}
	}
	return 0, "none"
}

// reach is [Procedure.Needles], and of a cartridge of which nobody knows the length
// no more than the shortest of the pen at hand, which may have come after it.
func (p *Procedure) reach(env *Env) protocol.Micrometres {
	l := p.Needles()
	if p.In == nil || p.In.LengthFrom != "none" && p.In.LengthFrom != "shortest" {
		return l
	}
	if s, _ := p.shortest(env); s > 0 && (l == 0 || s < l) {
		return s
	}
	return l
}

func cartridgeOut(p *Procedure, c *Command, env *Env) ([]Event, error) {
	if p.In == nil {
		return nil, refuse("no_cartridge", "no cartridge is in", "nothing has to be done")
	}
	if err := p.still(c.Do, env); err != nil {
		return nil, err
	}
	to := p.State
	if next, ok := p.State.Next(ActPause); ok {
		to = next // nothing runs without one
	}
	return []Event{CartridgeOut{By: c.By, To: to}}, nil
}
