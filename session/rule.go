package session

import (
	"fmt"

	"penlog/protocol"
)

// Mode is what Penlog can promise with the pen at hand. Source: DESIGN, table
// of modes. The zero value promises nothing.
type Mode uint8

// The modes.
const (
	ModeNone      Mode = iota // no pen
	ModeGuarded               // takes permits, and proved it on this connection
	ModeStoppable             // takes stop, not permits
	ModeMonitor               // only talks
	ModeManual                // has no link
)

var modeNames = [...]string{"none", "guarded", "stoppable", "monitor_only", "manual"}

// String gives the mode's code.
func (m Mode) String() string { return modeNames[m] }

// MarshalText gives the mode's code.
func (m Mode) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText reads a mode's code.
func (m *Mode) UnmarshalText(b []byte) error {
	for i, n := range modeNames {
		if n == string(b) {
			*m = Mode(i)
			return nil
		}
	}
	return fmt.Errorf("session: %q is no mode", b)
}

// Response is what the guard does about a rule that is broken. A cell that
// nobody filled in counts as the strictest, [Trip].
type Response uint8

// The responses. Source: DESIGN 'Hold, trip, advisory'.
const (
	unset         Response = iota
	NotApplicable          // the rule can't be judged in this mode, or means nothing in it
	Advisory               // a quiet cue
	Alarm                  // heard and seen; nothing can be stopped
	Hold                   // no permit; clears itself when the cause goes
	Trip                   // latched: a person acknowledges once the cause is gone
)

var responseNames = [...]string{"unset", "n/a", "advisory", "alarm", "hold", "trip"}

// String gives the response's code.
func (r Response) String() string { return responseNames[r] }

// MarshalText gives the response's code.
func (r Response) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads a response's code.
func (r *Response) UnmarshalText(b []byte) error {
	for i, n := range responseNames {
		if n == string(b) {
			*r = Response(i)
			return nil
		}
	}
	return fmt.Errorf("session: %q is no response", b)
}

// Rule is one thing that the guard watches for.
type Rule uint8

// The rules. Their codes are part of the record and never change meaning.
const (
	DepthAboveCeiling Rule = iota + 1
	PenDisobeys
	MotorWithoutPermit
	StopUnconfirmed
	PenRebooted
	ReadingsFrozen
	ReadingsImpossible
	DepthUnverifiable
	DepthMissing
	PenFault
	DialAboveCeiling
	ReadingsStale
	LinkLost
	PenUnproven
	PenTestFailing
	PenReleased
	CeilingUnconfirmed
	PenNotWell
	PenChanged
	PenBusy
	PenSilent
	PenInvalid
	NotAPen
	RecordStalled
	DiskFull
	ClockJumped
	BatteryLow
	MotorUnwanted
	Dwell
	PassesAbovePlan
	DensityAbovePlan
	ruleEnd
)

// Rules returns every rule, in the order of the guard's table.
func Rules() []Rule {
	out := make([]Rule, 0, ruleEnd-1)
	for r := Rule(1); r < ruleEnd; r++ {
		out = append(out, r)
	}
	return out
}

// ruleRow is one row of the guard's table: the response for each mode, guarded
// to manual, and in each for depth that is measured, set or manual. T trip,
// H hold, A alarm, C advisory, - not applicable.
type ruleRow struct {
	code  string
	cells string
	when  string // what breaks the rule, with its figures
}

// table is the guard's specification. HAZARDS.md prints it; a test keeps the
// two equal, and another breaks every rule in every cell.
var table = [ruleEnd]ruleRow{
	DepthAboveCeiling: {"depth_above_ceiling", "TT- TT- AA- ---",
		"motor on: 2 strokes above ceiling + tolerance (in a row, or by peak and count where readings did not show each), or one (or the 250 ms peak) above ceiling + 300 µm, or set depth above the ceiling"},
	PenDisobeys: {"pen_disobeys", "TTT TTT --- ---",
		"motor on later than the last permit's end, a shown revoke or new ceiling, or without a permit by its own word, by the pen's stop time + 20 ms; or a permit shown 20 ms after its end; or strokes that rise in 3 readings of a second with the motor shown off; or a revoke not shown for 1 s though the pen answers; or the motor on under the test; or a guarded pen's motor on for 1 s and no press that started it told"},
	MotorWithoutPermit: {"motor_without_permit", "TTT --- --- ---",
		"motor on though no permit was given in this host session"},
	StopUnconfirmed: {"stop_unconfirmed", "TTT TTT --- ---",
		"a stop was sent with the motor on, readings come, and none shows it after a permit's life + the pen's stop time"},
	PenRebooted: {"pen_rebooted", "TTT TTT AAA ---",
		"another boot id while the motor was on and the link up; a restart that takes a second shows as a lost link"},
	ReadingsFrozen: {"readings_frozen", "TTT TTT AAA ---",
		"motor running and no new stroke for 500 ms (and 10 strokes, at most 2 s), or on without one for 3 s, or a depth that varies by the pen's word repeats for 5 s in contact; or the pen says that a press started the motor, and for 500 ms readings show it off and no stroke"},
	ReadingsImpossible: {"readings_impossible", "TTT TTT AAA ---",
		"strokes that fall or rise faster than 1.25 × the pen's greatest rate, or depth beyond the pen's greatest by 500 µm"},
	DepthUnverifiable: {"depth_unverifiable", "T-- T-- A-- ---",
		"motor on, in contact: |measured − set| above 300 µm for 1 s"},
	DepthMissing: {"depth_missing", "TTH TTC AAC ---",
		"motor running for 500 ms and the depth the pen promises is not reported; or the pen promises none: such a pen is never permitted"},
	PenFault: {"pen_fault", "TTT TTT AAA ---",
		"the pen reports a fault while the motor is on"},
	DialAboveCeiling: {"dial_above_ceiling", "HH- HH- AA- ---",
		"motor off: set depth above the ceiling"},
	ReadingsStale: {"readings_stale", "HHH HHH AAA ---",
		"no reading younger than max(150 ms, 3 periods), with permits at most life − 50 ms, though the link is up"},
	LinkLost: {"link_lost", "HHH AAA AAA ---",
		"no sound frame for 1 s, the port went, or the pen forgot its host; until the session is up again"},
	PenUnproven: {"pen_unproven", "HHH --- --- ---",
		"the pen has not yet shown on this connection that a permit lapses"},
	PenTestFailing: {"pen_test_failing", "AAA --- --- ---",
		"the pen did not pass the test 3 times in a row; until it passes or goes"},
	PenReleased: {"pen_released", "HHH AAA --- ---",
		"the pen was taken out of guarded mode at the pen; it counts as stoppable until it is back"},
	CeilingUnconfirmed: {"ceiling_unconfirmed", "AA- --- --- ---",
		"a ceiling was sent and for 1 s no reading shows it; nothing is permitted before"},
	PenNotWell: {"pen_not_well", "HHH HHH AAA ---",
		"the pen reports a fault while the motor is off"},
	PenChanged: {"pen_changed", "HHH HHH AAA ---",
		"another pen's serial number or model answers on the line"},
	PenBusy: {"pen_busy", "HHH HHH AAA ---",
		"the pen says that another host has it, or sends readings for 2 s and never announces itself"},
	PenSilent: {"pen_silent", "HHH HHH AAA ---",
		"the pen is heard but does not answer"},
	PenInvalid: {"pen_invalid", "HHH HHH AAA ---",
		"what the pen says about itself can't be, or it speaks another version of the link"},
	NotAPen: {"not_a_pen", "HHH HHH AAA ---",
		"bytes come for 3 s and none of them is a frame; until one is, or the port goes"},
	RecordStalled: {"record_stalled", "HHH HHH AAA ---",
		"no signal committed for 2 s, or the record's queue is full"},
	DiskFull: {"disk_full", "HHH HHH AAA ---",
		"the reserve that records the last entries on a full disk is in use or could not be made; until it is back"},
	ClockJumped: {"clock_jumped", "HHH HHH AAA ---",
		"a clock jumped against another by more than 500 ms; until the pen is proven again"},
	BatteryLow: {"battery_low", "CCC CCC CCC ---",
		"the pen's battery is at 15 % or less"},
	MotorUnwanted: {"motor_unwanted", "--- HHH AAA ---",
		"motor on while a session is open and nobody has armed it, with a pen that takes no permits"},
	Dwell: {"dwell", "CCC CCC CCC ---",
		"motor on, in contact, and no new glide for 10 s, where the pen counts glides"},
	PassesAbovePlan: {"passes_above_plan", "CCC CCC CCC CCC",
		"more passes in the zone than the plan, the policy or a rule about the patient has, by the shown count"},
	DensityAbovePlan: {"density_above_plan", "CCC CCC CCC ---",
		"more estimated punctures per cm² in the zone than planned"},
}

var ruleByCode = func() map[string]Rule {
	m := make(map[string]Rule, ruleEnd)
	for _, r := range Rules() {
		m[table[r].code] = r
	}
	return m
}()

// responses is the table unpacked: [rule][mode][source].
var responses = func() (out [ruleEnd][len(modeNames)][3]Response) {
	letters := map[byte]Response{'T': Trip, 'H': Hold, 'A': Alarm, 'C': Advisory, '-': NotApplicable}
	for _, r := range Rules() {
		for m := ModeGuarded; m <= ModeManual; m++ {
			for s, place := range [...]int{protocol.DepthMeasured: 0, protocol.DepthSet: 1, protocol.DepthManual: 2} {
				out[r][m][s] = letters[table[r].cells[int(m-1)*4+place]]
			}
		}
		out[r][ModeNone] = out[r][ModeGuarded] // before a mode is known, the strictest
	}
	return out
}()

// Respond looks the rule up for a mode and a source of depth.
func (r Rule) Respond(m Mode, s protocol.DepthSource) Response {
	if r == 0 || r >= ruleEnd || int(m) >= len(modeNames) || s > protocol.DepthMeasured {
		return Trip
	}
	if a := responses[r][m][s]; a != unset {
		return a
	}
	return Trip
}

// String gives the rule's code.
func (r Rule) String() string {
	if r == 0 || r >= ruleEnd {
		return "none"
	}
	return table[r].code
}

// When says what breaks the rule, with its figures.
func (r Rule) When() string {
	if r == 0 || r >= ruleEnd {
		return ""
	}
	return table[r].when
}

// MarshalText gives the rule's code.
func (r Rule) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads a rule's code.
func (r *Rule) UnmarshalText(b []byte) error {
	v, ok := ruleByCode[string(b)]
	if !ok && string(b) != "none" {
		return fmt.Errorf("session: %q is no rule of the guard", b)
	}
	*r = v
	return nil
}
