package sim

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"penlog/protocol"
)

// Depth is how a pen's depth is adjusted. Source: DOMAIN 2, 'depth mechanism'.
type Depth uint8

// The mechanisms.
const (
	DepthDial    Depth = iota // a ring, turned by the hand click by click, also while the motor runs
	DepthDigital              // set at once on a display; the drive follows at its own speed
	DepthClosed               // the same, and a sensor at the needles closes the loop
)

var depthNames = [...]string{"dial", "digital", "closed loop"}

// String names the mechanism.
func (d Depth) String() string {
	if int(d) < len(depthNames) {
		return depthNames[d]
	}
	return "unknown"
}

// Profile is a kind of pen: what it says of itself and what it is made of. The
// mechanical constants are chosen, not taken from any maker: none publishes
// them (DOMAIN 2).
type Profile struct {
	Name     string // the word for it on a command line
	About    string // one line for people
	Source   string // where its public figures come from
	Identity protocol.Identity

	Depth      Depth
	SetDepth   protocol.Micrometres // at boot
	DialSpeed  protocol.Micrometres // per second, how fast a hand turns the ring
	DriveSpeed protocol.Micrometres // per second, how fast the drive moves
	Travel     protocol.Micrometres // of the needles in each stroke: how far they draw back
	Play       protocol.Micrometres // a constant error of the drive, within ±Play, drawn at manufacture
	Noise      protocol.Micrometres // standard deviation of the strokes' greatest extension

	SensorBias  protocol.Micrometres // within ±SensorBias, drawn at manufacture
	SensorNoise protocol.Micrometres // standard deviation

	RiseMS    int64 // time constant of the motor's spin-up
	BrakeMS   int64 // longest braking until the motor stands
	RetractMS int64 // longest retraction of the needles after it
	RipplePPM int64 // standard deviation of a stroke's period
	LoadPPM   int64 // rate lost to skin at the greatest depth

	IdleMA     int64 // current of the motor in air
	LoadMA     int64 // what skin at the greatest depth adds
	StartMA    int64 // what spin-up adds at rest
	BatteryMAH int64 // 0: mains, battery unknown
	BootMS     int64 // from power to the first identity
}

// ErrProfile reports a [Profile] that no pen can have; its text names the field.
var ErrProfile = errors.New("sim: profile")

// Check reports what is wrong with the profile, if anything.
func (f *Profile) Check() error {
	bad := func(field, why string) error {
		return fmt.Errorf("%w %q: %s %s", ErrProfile, f.Name, field, why)
	}
	id := &f.Identity
	switch {
	case !id.Caps.Has(protocol.CapSimulated):
		return bad("Identity", "lacks CapSimulated: what is simulated says so")
	case f.Travel < protocol.Micrometres(id.DepthMax)+500:
		return bad("Travel", "leaves the needles in the skin at the greatest depth")
	case f.SetDepth < protocol.Micrometres(id.DepthMin) || f.SetDepth > protocol.Micrometres(id.DepthMax):
		return bad("SetDepth", "is outside the pen's range")
	case f.DialSpeed <= 0 || f.DriveSpeed <= 0:
		return bad("DialSpeed or DriveSpeed", "is not positive")
	case f.RiseMS <= 0 || f.BrakeMS <= 0 || f.RetractMS <= 0 || f.BootMS <= 0:
		return bad("RiseMS, BrakeMS, RetractMS or BootMS", "is not positive")
	case id.RateMax == 0:
		return bad("Identity.RateMax", "is 0")
	case id.StopMS != 0 && f.BrakeMS+f.RetractMS+1 > int64(id.StopMS):
		return bad("BrakeMS + RetractMS", "is more than the pen's stop_ms")
	}
	return nil
}

// ProfileByName returns the profile of that name. The error lists the names.
func ProfileByName(name string) (Profile, error) {
	all := Profiles()
	if i := slices.IndexFunc(all, func(f Profile) bool { return f.Name == name }); i >= 0 {
		return all[i], nil
	}
	names := make([]string, len(all))
	for i := range all {
		names[i] = all[i].Name
	}
	return Profile{}, fmt.Errorf("sim: no pen profile %q: choose one of %s", name, strings.Join(names, ", "))
}
