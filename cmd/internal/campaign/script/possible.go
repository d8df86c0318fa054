package script

import (
	"fmt"

	"penlog/protocol"
	"penlog/session/limits"
	"penlog/sim"
)

// pens refuses what this pen can't do, and zones that nothing allows.
func (c *checker) pens(raw *rawFile) {
	s := c.s
	name := s.Pen
	if name == "" {
		name = sim.Profiles()[0].Name
	}
	if name == NoPen {
		c.noPen(raw)
		return
	}
	profile, err := sim.ProfileByName(name)
	if err != nil {
		return // refused where it stands
	}
	id := &profile.Identity
	for i := range s.Treat {
		t := &s.Treat[i]
		if !t.Zone.Valid() || s.Technician == Waits {
			continue
		}
		v := limits.Default().Ask(limits.Request{Zone: t.Zone, Indication: t.Indication, PenMin: protocol.Micrometres(id.DepthMin),
			PenMax: protocol.Micrometres(id.DepthMax), PenStep: protocol.Micrometres(id.DepthStep), CartridgeLength: protocol.Micrometres(id.NeedleLength)})
		if v.Allowed == 0 {
			c.Refuse(raw.Treat[i].Node, fmt.Sprintf("nothing is allowed in the %s for %s with the pen %s", t.Zone.Name(), t.Indication.Name(), name),
				"choose a zone that is offered for the indication; to show the refusal, write 'technician: waits' and ask in a step")
		}
	}
	for i := range s.Steps {
		for j := range s.Steps[i].Do {
			if why, remedy := impossible(&s.Steps[i].Do[j], &profile); why != "" {
				c.Refuse(raw.Steps[i].Do[j].Node, why, remedy)
			}
		}
	}
}

// noPen refuses what needs a pen that can be heard.
func (c *checker) noPen(raw *rawFile) {
	s := c.s
	if s.Technician != Waits {
		c.Refuse(raw.Pen.Node, "a pen without a link is declared by a person, step by step", "write 'technician: waits', and ask in steps")
	}
	for i := range s.Steps {
		for j := range s.Steps[i].Do {
			if v := s.Steps[i].Do[j].Is(); v != nil && (v.Group == GroupRoom || v.Group == GroupHand) {
				c.Refuse(raw.Steps[i].Do[j].Node, fmt.Sprintf("there is no pen with a link, so %s means nothing", v.Name), "choose a pen, or leave it out")
			}
		}
	}
}

// impossible says why this pen can't do it, and what to do; empty when it can.
func impossible(d *Deed, f *sim.Profile) (why, remedy string) {
	id := &f.Identity
	v := d.Is()
	switch {
	case v == nil:
		return "", ""
	case v.Takes.Has(TakesDepth) && d.Depth > protocol.Micrometres(id.DepthMax):
		return fmt.Sprintf("the dial of the pen %s ends at %s", f.Name, mm(protocol.Micrometres(id.DepthMax))), "choose a depth it has, or another pen"
	case v.Group != GroupRoom || v.Takes.Has(TakesVerb):
		return "", ""
	}
	for _, need := range []struct {
		faults []sim.FaultKind
		caps   protocol.Caps
		words  string
	}{
		{[]sim.FaultKind{sim.FaultStuckSensor, sim.FaultSensorBias, sim.FaultSensorDrift, sim.FaultSensorNoise, sim.FaultSensorMissing}, protocol.CapMeasured, "measures no depth"},
		{[]sim.FaultKind{sim.FaultIgnoreRevoke, sim.FaultIgnoreCeiling, sim.FaultIgnoreLapse, sim.FaultAckOnly, sim.FaultNoPermit, sim.FaultSelfStart, sim.FaultShowsPermit, sim.FaultReleased},
			protocol.CapPermits, "takes no permits"},
		{[]sim.FaultKind{sim.FaultContactOn, sim.FaultContactOff}, protocol.CapContact, "reports no contact"},
	} {
		for _, k := range need.faults {
			if v.Fault == k && !id.Caps.Has(need.caps) {
				return fmt.Sprintf("the pen %s %s, so %s means nothing", f.Name, need.words, v.Name), "choose another pen or another fault"
			}
		}
	}
	return "", ""
}
