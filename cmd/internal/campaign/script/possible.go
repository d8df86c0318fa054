package script

import (
	"fmt"
	"slices"

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
	case f.BatteryMAH == 0 && (v.Fault == sim.FaultBatteryLow || v.Fault == sim.FaultBatteryDead):
		return fmt.Sprintf("the pen %s hangs on the mains, so %s means nothing", f.Name, v.Name), "choose another pen or another fault"
	case id.Caps.Has(protocol.CapTalksOnly) && slices.Contains(listeners, v.Fault):
		return fmt.Sprintf("the pen %s never listens, so %s means nothing", f.Name, v.Name), "choose another pen or another fault"
	}
	for _, need := range needs {
		if slices.Contains(need.faults, v.Fault) && !id.Caps.Has(need.caps) {
			return fmt.Sprintf("the pen %s %s, so %s means nothing", f.Name, need.words, v.Name), "choose another pen or another fault"
		}
	}
	return "", ""
}

// needs are capabilities without which a pen can't have a fault.
var needs = []struct {
	faults []sim.FaultKind
	caps   protocol.Caps
	words  string
}{
	{[]sim.FaultKind{sim.FaultStuckSensor, sim.FaultSensorBias, sim.FaultSensorDrift, sim.FaultSensorNoise, sim.FaultSensorMissing}, protocol.CapMeasured, "measures no depth"},
	{[]sim.FaultKind{sim.FaultDialMissing}, protocol.CapSet, "does not report its dial"},
	{[]sim.FaultKind{sim.FaultIgnoreCeiling, sim.FaultIgnoreLapse, sim.FaultNoPermit, sim.FaultSelfStart, sim.FaultShowsPermit, sim.FaultShowsCeiling, sim.FaultEndsEarly,
		sim.FaultReleased, sim.FaultReplayPermits}, protocol.CapPermits, "takes no permits"},
	{[]sim.FaultKind{sim.FaultIgnoreRevoke, sim.FaultAckOnly}, protocol.CapStop, "takes no stop"},
	{[]sim.FaultKind{sim.FaultContactOn, sim.FaultContactOff}, protocol.CapContact, "reports no contact"},
}

// listeners are faults of what a pen hears, and of those who talk to it.
var listeners = []sim.FaultKind{sim.FaultIgnoreHello, sim.FaultDeaf, sim.FaultSecondHost, sim.FaultTakeOver, sim.FaultOtherHost, sim.FaultReplayFrames}

// Possible reports whether a pen can do what a deed says, or have it done to it: what is
// not possible is refused where a script is read.
func Possible(d *Deed, f *sim.Profile) bool {
	why, _ := impossible(d, f)
	return why == ""
}
