package report

import "penlog/sim"

// Risk is what a reason of exposure is.
type Risk struct {
	About   string
	Hazards string // of session/HAZARDS.md, with spaces between
}

// reasons are those that are no fault of a pen, a line or a cable.
var reasons = map[string]Risk{
	"wrong zone":                  {"a person treats another zone than was chosen: nothing tells where the pen is", "Z1"},
	"stopping":                    {"from the first stroke above max depth until the needles are clear", "D1"},
	"override":                    {"allowed by a clinician, above the limit of the zone", "Z5"},
	"a pen that nobody stops":     {"one that takes no permits, or was released at the pen: a hand alone holds it back", "S9 D1"},
	"without a permit":            {"the pen does not obey, and runs without one", "S5"},
	"another zone than before":    {"the needles are not clear since the zone was changed", "Z3"},
	"above the limit of the zone": {"none of the other reasons", "Z3"},
}

// hazards are those of a fault while nothing on the wire shows it, by its kind; the rest
// are by their groups.
var hazards = map[sim.FaultKind]string{
	sim.FaultDeep: "D1 D3", sim.FaultCreep: "D1 D3", sim.FaultDriveStuck: "D1 D3",
	sim.FaultContactOn: "A4 Z6", sim.FaultContactOff: "A4 Z6",
	sim.FaultShowsCeiling: "S8", sim.FaultSparse: "L1 D2", sim.FaultAhead: "L3", sim.FaultBackwards: "L3",
	sim.FaultTickJump: "L2", sim.FaultTickWrap: "L3", sim.FaultDrift: "L2", sim.FaultReboot: "S7",
	sim.FaultReports: "S11", sim.FaultBatteryLow: "S11", sim.FaultReleased: "S9",
	sim.FaultForeign: "L7", sim.FaultNewerVersion: "L6", sim.FaultOtherPen: "L6", sim.FaultSecondPen: "L6",
}

var groups = map[sim.Group]string{sim.OfPen: "S5", sim.OfSensor: "D3", sim.OfLine: "L1 D2", sim.OfCable: "S4", sim.OfBus: "L7"}

// RiskOf says what a reason of exposure is: one of the campaign's own, or the name of a
// fault. What it does not know is of no hazard.
func RiskOf(why string) Risk {
	if x, ok := reasons[why]; ok {
		return x
	}
	for _, f := range sim.Faults() {
		if f.Name != why {
			continue
		}
		h, ok := hazards[f.Kind]
		if !ok {
			h = groups[f.Group]
		}
		return Risk{"a fault that nothing on the wire shows: " + f.About, h}
	}
	return Risk{"not known", "–"}
}
