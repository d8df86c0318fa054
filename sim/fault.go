package sim

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"penlog/protocol"
)

// FaultKind is something that goes wrong with a pen or with what hangs on its port.
type FaultKind uint8

// The faults. [Faults] says what each does, in which unit, and how a host can
// tell.
const (
	// Of the pen.
	FaultIgnoreRevoke FaultKind = iota
	FaultIgnoreCeiling
	FaultIgnoreHello
	FaultIgnoreLapse
	FaultMotorStuck
	FaultAckOnly
	FaultNoPermit
	FaultClaimsPermits
	FaultSelfStart
	FaultSlowStop
	FaultJam
	FaultDeep
	FaultCreep
	FaultDriveStuck
	FaultLies
	FaultLiesCounting
	FaultShowsPermit
	FaultFrozen
	FaultSparse
	FaultBackwards
	FaultAhead
	FaultShowsCeiling
	FaultEndsEarly
	FaultDeaf
	FaultMute
	FaultForeign
	FaultNewerVersion
	FaultTickJump
	FaultTickWrap
	FaultDrift
	FaultReboot
	FaultDead
	FaultBatteryLow
	FaultBatteryDead
	FaultReports
	FaultReleased
	FaultCartridgeOut
	FaultCartridgeLength
	FaultNewIdentity
	// Of its sensors.
	FaultStuckSensor
	FaultSensorBias
	FaultSensorDrift
	FaultSensorNoise
	FaultSensorMissing
	FaultDialMissing
	FaultClaimsMeasured
	FaultContactOn
	FaultContactOff
	// Of the line.
	FaultLineNoise
	FaultFlipBits
	FaultDropBytes
	FaultInsertBytes
	FaultRepeatBytes
	FaultSwapBytes
	FaultLoseFrames
	FaultDuplicateFrames
	FaultReorderFrames
	FaultDelay
	FaultJitter
	FaultBurst
	FaultStall
	FaultLineDead
	// Of the cable.
	FaultUnplugged
	FaultOtherName
	FaultOtherPen
	FaultLooseContact
	// Of what else is on the line.
	FaultEcho
	FaultReplayPermits
	FaultReplayFrames
	FaultSecondHost
	FaultTakeOver
	FaultOtherHost
	FaultSecondPen
	FaultForeignTalk
	faultKinds
)

// Group says what a fault is one of.
type Group uint8

// The groups.
const (
	OfPen    Group = iota
	OfSensor       // of the pen's depth and contact sensors
	OfLine         // what carries the bytes, either way
	OfCable        // pulled, put back
	OfBus          // something else that gets on the line
)

var groupNames = [...]string{"pen", "sensor", "line", "cable", "bus"}

// String gives the group's word.
func (g Group) String() string {
	if int(g) < len(groupNames) {
		return groupNames[g]
	}
	return "unknown"
}

// Direction says which way of a line a fault is on.
type Direction uint8

// The directions.
const (
	BothWays Direction = iota
	Up                 // from the pen to the host
	Down               // from the host to the pen
)

var directionNames = [...]string{"both", "up", "down"}

// String gives the direction's word.
func (d Direction) String() string {
	if int(d) < len(directionNames) {
		return directionNames[d]
	}
	return "unknown"
}

// DirectionByName returns the direction of that word; empty means both.
func DirectionByName(word string) (Direction, error) {
	for i, n := range directionNames {
		if n == word || word == "" {
			return Direction(i), nil
		}
	}
	return 0, fmt.Errorf("sim: no direction %q: choose up (pen to host), down or both", word)
}

// FaultInfo describes a kind of fault.
type FaultInfo struct {
	Kind     FaultKind
	Name     string // the word for it in scripts
	Group    Group
	About    string
	Unit     string // of Amount; empty: it takes none
	Amount   int64  // what 0 stands for
	Min, Max int64  // of Amount, both included
	Directed bool   // it takes a direction
	AtOnce   bool   // happens and is over; not cleared

	// Observable: a host can know it from bytes and time alone, once it matters.
	// Why says how, or why it can't. Needs are capabilities without which a host
	// can't know it of a pen, From the least size from which it can; 0: any.
	Observable bool
	Why        string
	Needs      protocol.Caps
	From       int64
}

// Faults describes every kind, in their order.
func Faults() []FaultInfo { return append([]FaultInfo(nil), faults[:]...) }

// Info describes the kind; the zero FaultInfo when there is no such kind.
func (k FaultKind) Info() FaultInfo {
	if k < faultKinds {
		return faults[k]
	}
	return FaultInfo{Name: "unknown fault"}
}

// String gives the kind's word.
func (k FaultKind) String() string {
	if k < faultKinds {
		return faults[k].Name
	}
	return "unknown fault"
}

// FaultByName returns the fault of that word with the amount it has by default.
// The error suggests the nearest word, or lists all when none is near.
func FaultByName(name string) (Fault, error) {
	words := make([]string, faultKinds)
	for i := range faults {
		if faults[i].Name == name {
			return Fault{Kind: faults[i].Kind, Amount: faults[i].Amount}, nil
		}
		words[i] = faults[i].Name
	}
	if near := nearest(name, words); near != "" {
		return Fault{}, fmt.Errorf("sim: no fault %q: did you mean %s?", name, near)
	}
	if len(name) > 64 {
		name = name[:64] + "…"
	}
	return Fault{}, fmt.Errorf("sim: no fault %q: choose one of %s", name, strings.Join(words, ", "))
}

// Fault is a fault with its size. The zero fields mean the kind's default
// amount, both directions, and until it is cleared.
type Fault struct {
	Kind   FaultKind
	Amount int64         // in the kind's unit
	Way    Direction     // of a line's fault
	For    time.Duration // by a [Rig]: it is cleared after so long; 0: it stays
	Text   string        // of other-pen: its serial number; else empty
}

// ErrFault reports a [Fault] that can't be; its text says what can.
var ErrFault = errors.New("sim: fault")

// Check reports what is wrong with the fault, if anything, in an error that
// wraps [ErrFault].
func (f Fault) Check() error {
	if f.Kind >= faultKinds {
		return fmt.Errorf("%w: there are %d kinds, none with number %d", ErrFault, faultKinds, f.Kind)
	}
	i := &faults[f.Kind]
	bad := func(format string, args ...any) error {
		return fmt.Errorf("%w %s: %s", ErrFault, i.Name, fmt.Sprintf(format, args...))
	}
	switch {
	case i.Unit == "" && f.Amount != 0:
		return bad("it takes no amount: leave out the %d", f.Amount)
	case f.Amount != 0 && (f.Amount < i.Min || f.Amount > i.Max):
		return bad("amount is %d %s, want %d to %d", f.Amount, i.Unit, i.Min, i.Max)
	case f.Way > Down:
		return bad("no such direction: choose up, down or both")
	case f.Way != BothWays && !i.Directed:
		return bad("it takes no direction: leave out the %v", f.Way)
	case f.For < 0:
		return bad("it can't last %v", f.For)
	case f.For > 0 && i.AtOnce:
		return bad("it happens at once: leave out how long")
	case f.Text != "" && f.Kind != FaultOtherPen:
		return bad("it takes no text")
	case len(f.Text) > maxSerial:
		return bad("a serial number has at most %d bytes", maxSerial)
	}
	return nil
}

// maxSerial is the longest serial number, in bytes. Source: PROTOCOL.md §3.1.
const maxSerial = 32

// Size is the amount in force: the default where f names none.
func (f Fault) Size() int64 {
	if f.Amount == 0 && f.Kind < faultKinds {
		return faults[f.Kind].Amount
	}
	return f.Amount
}

// Observable reports whether a host can know this fault of this size in a pen
// that says that of itself, from bytes and time alone, once it matters.
func (f Fault) Observable(caps protocol.Caps) bool {
	if f.Kind >= faultKinds {
		return false
	}
	i := &faults[f.Kind]
	size := f.Size()
	return i.Observable && caps.Has(i.Needs) && max(size, -size) >= i.From
}

// String writes the fault as scripts do: its word, its size where it has one,
// with the unit if that is one word, its direction where it is on one way only,
// and how long it stays, in whole milliseconds.
func (f Fault) String() string {
	s := f.Kind.String()
	if i := f.Kind.Info(); i.Unit != "" {
		s += fmt.Sprintf(" %d", f.Size())
		if !strings.Contains(i.Unit, " ") {
			s += i.Unit
		}
	}
	if f.Way != BothWays {
		s += " " + f.Way.String()
	}
	if f.For > 0 {
		s += " for " + max(f.For.Round(time.Millisecond), time.Millisecond).String()
	}
	if f.Text != "" {
		s += " " + f.Text
	}
	return s
}
