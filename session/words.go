package session

import "fmt"

// Priority is how much an alarm matters. Source: DOMAIN 6.3 (IEC 60601-1-8).
type Priority uint8

// The priorities.
const (
	PriorityInfo Priority = iota
	PriorityLow
	PriorityMedium
	PriorityHigh
)

var priorityNames = [...]string{"information", "low", "medium", "high"}

// String gives the priority's code.
func (p Priority) String() string { return priorityNames[p] }

// MarshalText gives the priority's code.
func (p Priority) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads a priority's code.
func (p *Priority) UnmarshalText(b []byte) error {
	for i, n := range priorityNames {
		if n == string(b) {
			*p = Priority(i)
			return nil
		}
	}
	return fmt.Errorf("session: %q is no priority", b)
}

// Words are what a person reads about a rule: the act first, then the cause,
// then the remedy. Source: DESIGN 'Words'.
type Words struct {
	Priority Priority `json:"priority"`
	Act      string   `json:"act"`
	Cause    string   `json:"cause"`
	Remedy   string   `json:"remedy"`
}

// String joins the three sentences.
func (w Words) String() string { return w.Act + ". " + w.Cause + ". " + w.Remedy + "." }

var words = [ruleEnd]Words{
	DepthAboveCeiling: {PriorityMedium, "Lift the pen", "The depth went above the max depth of this zone",
		"Turn the depth down, look at the skin, then acknowledge"},
	PenDisobeys: {PriorityHigh, "Lift the pen and switch it off", "The pen does not stop when it has to, or hides that it runs",
		"Do not use this pen again today: take another and report it"},
	MotorWithoutPermit: {PriorityHigh, "Lift the pen and switch it off", "The pen lets its motor run though Penlog did not allow it",
		"Do not use this pen again today: take another and report it"},
	StopUnconfirmed: {PriorityHigh, "Lift the pen and switch it off", "The pen does not confirm the stop",
		"Check that the needles stand still, then reconnect the pen and acknowledge"},
	PenRebooted: {PriorityMedium, "Lift the pen", "The pen restarted while it ran",
		"Check battery and cable, then acknowledge; the pen is tested again after that"},
	ReadingsFrozen: {PriorityMedium, "Lift the pen", "The pen's readings stand still while the motor runs",
		"Switch the pen off and on, then acknowledge; if it comes again take another pen"},
	ReadingsImpossible: {PriorityMedium, "Lift the pen", "The pen reports what no pen can do",
		"Switch the pen off and on, then acknowledge; if it comes again take another pen"},
	DepthUnverifiable: {PriorityMedium, "Lift the pen", "The measured depth does not agree with the set depth",
		"Check that the cartridge sits firmly, then acknowledge; if it comes again take another pen"},
	DepthMissing: {PriorityMedium, "Lift the pen", "The pen does not report its depth",
		"Switch the pen off and on, then acknowledge; if it comes again take another pen"},
	PenFault: {PriorityMedium, "Lift the pen", "The pen reports a fault",
		"Follow the pen's own manual; when the fault is gone, acknowledge"},
	DialAboveCeiling: {PriorityLow, "Turn the dial down", "The set depth is above the max depth of this zone",
		"The pen is ready as soon as the dial is at or below the max depth"},
	ReadingsStale: {PriorityMedium, "Lift the pen and wait", "No fresh readings arrive from the pen",
		"It clears by itself; if it does not, check the cable"},
	LinkLost: {PriorityMedium, "Lift the pen", "The pen is not connected: nothing is monitored",
		"Check cable and battery, plug the pen in again, then confirm patient, zone and max depth"},
	PenUnproven: {PriorityLow, "Wait, and do not press start", "The pen is being tested: it has to show that it stops by itself",
		"It takes about a second; if it does not pass, reconnect the pen with the motor off"},
	PenTestFailing: {PriorityMedium, "Check the pen, and do not press start", "It was tested 3 times and never showed that it stops by itself",
		"Reconnect it with the motor off; if it does not pass then, take another pen and report this one"},
	PenReleased: {PriorityMedium, "Lift the pen", "The pen was taken out of guarded mode at the pen",
		"Take it back into guarded mode with the same gesture"},
	CeilingUnconfirmed: {PriorityMedium, "Wait, and do not press start", "The pen does not take the max depth that was set",
		"Switch the pen off and on; if it comes again take another pen"},
	PenNotWell: {PriorityLow, "Look at the pen", "The pen reports a fault",
		"Follow the pen's own manual; it clears by itself when the fault is gone"},
	PenChanged: {PriorityMedium, "Check the pen", "Another pen answers than the one this session began with",
		"Connect the first pen again, or confirm the new one"},
	PenBusy: {PriorityLow, "Wait", "Another program or PC has this pen",
		"Close the other program; this one takes the pen a second later"},
	PenSilent: {PriorityLow, "Check the pen", "The pen is heard but does not answer",
		"Check the cable, then switch the pen off and on"},
	PenInvalid: {PriorityLow, "Take another pen", "What the pen says about itself can't be true, or it is of another generation than this program",
		"Update its firmware, or this program, or report it to its maker"},
	NotAPen: {PriorityLow, "Check the port", "Something sends on this port, but not as a pen does",
		"Plug the pen into this port, or give --port the pen's; a pen at another line speed has to be switched off and on"},
	RecordStalled: {PriorityMedium, "Lift the pen and wait", "The record can't be written, and what can't be recorded does not run",
		"It clears by itself; if it does not, check the free space and the disk of this PC"},
	DiskFull: {PriorityMedium, "Lift the pen and wait", "The disk of this PC is full: what is left is kept for the record of a stop",
		"Free space on this disk; it clears by itself within a minute"},
	MotorUnwanted: {PriorityMedium, "Lift the pen", "The pen runs though nobody has done the time-out",
		"Stop it; do the time-out, or resume, before the next start"},
	Dwell: {PriorityLow, "Lift the pen or glide on", "The needles work on one spot",
		"It clears by itself with the next glide"},
	PassesAbovePlan: {PriorityLow, "Look at the skin", "More passes were made here than planned",
		"Stop at the endpoint, whatever the number of passes; go on to the next zone"},
	DensityAbovePlan: {PriorityLow, "Look at the skin", "The treatment density is higher here than planned",
		"Stop at the endpoint; go on to the next zone"},
	ClockJumped: {PriorityLow, "Wait", "A clock jumped, or this PC slept",
		"The pen is being tested again; then confirm patient, zone and max depth"},
	BatteryLow: {PriorityLow, "Charge the pen soon", "Its battery is low",
		"Finish this zone, then charge it"},
}

// Words returns what a person reads about the rule.
func (r Rule) Words() Words {
	if r == 0 || r >= ruleEnd {
		return Words{}
	}
	return words[r]
}
