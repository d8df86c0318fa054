package selftest

import "strings"

// forgets is the mutation by which the fold passes an event over.
func (i in) forgets(event string) Mutation {
	return i.off("forgets-"+event, "event:"+event, "\tcase "+event+":", "\tcase "+event+":\n\t\tbreak\n")
}

// foldEvents let the procedure forget each event that the fold takes in.
func foldEvents() []Mutation {
	var out []Mutation
	for _, f := range [][2]string{
		{"session/procedure.go", `Opened PenUp PenDown ModeChanged PenActed CeilingConfirmed PressTested MotorRan MotorRested
			RuleBroke RuleHealed Acknowledged PausedEvent SignalGap Ended`},
		{"session/procedure_zone.go", `ZoneChosen ZoneRefused CartridgeSeen CartridgeIn CartridgeOut Overridden OverrideEnded ArmedEvent ResumedEvent
			StartedEvent Reattributed PassMarked EntryMade EndpointSeen
			Described Planned ZoneAdded Screened Cleared Consented AnaestheticStep ProductUsed AlarmHeard ModeAccepted PenDeclared AreaSet HandedOver Muted
			ReasonGiven OutcomeSet AftercareGiven FollowedUp AdverseSeen Corrected PatientReassigned Signed`},
	} {
		for _, e := range strings.Fields(f[1]) {
			out = append(out, in{Fold, f[0]}.forgets(e))
		}
	}
	return out
}

// foldClauses switch off what the fold does beside taking an event's word.
func foldClauses() []Mutation {
	p, z, t := in{Fold, "session/procedure.go"}, in{Fold, "session/procedure_zone.go"}, in{Fold, "session/totals.go"}
	return []Mutation{
		p.off("lost-pen-is-down", "P2", `p.PenUp, p.Mode, p.Running, p.Confirmed = false, ModeNone, false, 0`, `p.PenUp, p.Running, p.Confirmed = false, false, 0`),
		p.covered("new-pen-is-unproven", "P5", `p.Pen, p.PenUp, p.Declared, p.Mode, p.Running, p.Confirmed = &e, true, false, ModeNone, false, 0`, `p.Pen, p.PenUp, p.Declared, p.Running, p.Confirmed = &e, true, false, false, 0`,
			"whatever ends the session of a pen takes its mode away before another comes (fold/lost-pen-is-down)"),
		p.off("simulated", "P10", `if e.Simulated {`, `if false {`),
		p.off("foreign", "P10", `p.Foreign = p.Source != SourceNone && p.Source != src`, `p.Foreign = false`),
		p.off("press-of-this-boot", "check:press_test P2", `if p.Pen == nil || p.Pen.boot() != e.boot() {`, `if p.Pen == nil {`),
		p.off("cartridge-of-this-pen", "check:cartridge", `p.In = nil
		p.Accepted, p.AcceptedBy = ModeNone, ""
	}
}

func (p *Procedure) broke`, `p.Accepted, p.AcceptedBy = ModeNone, ""
	}
}

func (p *Procedure) broke`),
		p.off("cartridge-out-of-the-pen", "check:cartridge", `if e.What == penEventNames[protocol.EventCartridgeOut] {`, `if false {`),
		p.off("first-trip-stays", "P6", `if p.Trip == nil {
		p.Trip = &e
	}`, `p.Trip = &e`),
		p.off("trip-stops", "P6", `p.State = e.To
}

// broken`, `}

// broken`),
		z.covered("lower-never-rises", "P3", `if p.Chosen && v.Allowed <= p.Verdict.Allowed {`, `if p.Chosen {`,
			"what is decided brings no rise: arming/lower-only, arming/override-end-never-rises"),
		z.off("granted-falls", "P4", `p.Granted = min(p.Granted, v.Allowed)`, `_ = 0`),
		z.off("higher-waits", "P4", `if higher {
		p.HigherAt = at
		return
	}`, ``),
		z.off("answer-takes-clearance", "check:screening", `p.Cleared = slices.DeleteFunc(p.Cleared, func(c Cleared) bool { return c.Code == a.Code }) // it`, `// it`),
		t.off("strokes-of-a-zone", "P8", `z.Strokes += uint64(s.Strokes)`, ``),
		z.off("reattributed-spans", "P8", `p.Spans[n-1].Place = at`, `_ = 0`),
	}
}
