package script

import (
	"penlog/protocol"
	"penlog/session"
	"penlog/session/limits"
)

// SightKind says what was seen.
type SightKind uint8

// What a player of scripts sees, and tells the [Examiner]. The first part is true
// of the pen, whatever it reports; the second is what the agent decided.
const (
	SawPress   SightKind = iota + 1 // On: it started the motor
	SawMotor                        // On; Cause of a stop
	SawClear                        // motor standing, needles drawn back
	SawPermit                       // On: the pen's electronics hold one; else Lapse says whether it died of age
	SawStroke                       // with the motor under power: Depth above the ceiling, 0 when not above
	SawContact                      // On
	SawBoot                         // the pen has booted
	SawPlug                         // On: the cable is in

	SawRule    // On: broke, else healed; Rule, Response
	SawState   // State
	SawZone    // Zone was chosen and allowed
	SawMode    // Mode
	SawPen     // On: a pen is up
	SawRefused // Do was refused; Code and Text say why
	SawDone    // Do was carried out
	SawAgent   // On: the agent runs
)

// Sight is one thing seen.
type Sight struct {
	At       protocol.Instant
	Kind     SightKind
	On       bool
	Lapse    bool
	Cause    protocol.StopCause
	Depth    protocol.Micrometres
	Rule     session.Rule
	Response session.Response
	State    session.State
	Mode     session.Mode
	Zone     limits.Zone
	Do       session.CommandKind
	Code     string
	Text     string
}

// testDepth is the max depth of the permit of the test. Source: PROTOCOL.md §7.4.
const testDepth = 1

// treats reports whether a permit begins that is not the test's.
func (s *Sight) treats() bool { return s.Kind == SawPermit && s.On && s.Depth > testDepth }
