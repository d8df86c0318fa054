package sim

import (
	"fmt"
	"strings"

	"penlog/protocol"
)

// FaultKind is something that goes wrong with a pen.
type FaultKind uint8

// The faults.
const (
	FaultStuckSensor   FaultKind = iota // measured depth stays at Amount µm, 0: at its last value
	FaultSensorBias                     // measured depth is off by Amount µm
	FaultSensorNoise                    // … by noise of this standard deviation, µm
	FaultCreep                          // the drive creeps deeper by Amount µm per second
	FaultDeep                           // the drive stands Amount µm deeper than set
	FaultIgnoreRevoke                   // revokes are not heard
	FaultIgnoreCeiling                  // ceilings are not heard
	FaultIgnoreHello                    // hellos are not heard: never answers
	FaultIgnoreLapse                    // the motor runs on when its permit lapses
	FaultMotorStuck                     // the motor runs on whatever stops it
	FaultNoPermit                       // a press starts the motor without a permit, and only a press then stops it; a lapse does not
	FaultSelfStart                      // the motor starts with a permit, unpressed
	FaultLies                           // does not stop, and says that it did
	FaultShowsPermit                    // readings show a permit, always
	FaultDeaf                           // hears nothing
	FaultMute                           // sends nothing
	FaultForeign                        // sends lines of text, as another kind of device does
	FaultReboot                         // at once: power lost, a new boot
	FaultOtherPen                       // another pen hangs on the cable after the next replug; Text: its serial
	FaultTickJump                       // at once: the pen's clock jumps by Amount µs, back when negative
	FaultBackwards                      // the stroke count shown is lower by Amount
	FaultReports                        // the electronics report the fault bits Amount (PROTOCOL.md §3.4)
	faultKinds
)

// FaultInfo describes a kind of fault.
type FaultInfo struct {
	Kind   FaultKind
	Name   string // the word for it in scripts
	About  string
	Unit   string // of Amount; empty: none
	Amount int64  // that is taken for 0; 0: none is
	// Observable: a host can know it from bytes and time alone, once it matters.
	Observable bool
	AtOnce     bool // happens and is over; not cleared
}

var faults = [faultKinds]FaultInfo{
	{FaultStuckSensor, "stuck-sensor", "measured depth is frozen", "µm", 0, true, false},
	{FaultSensorBias, "sensor-bias", "measured depth is off", "µm", -300, false, false},
	{FaultSensorNoise, "sensor-noise", "measured depth is noisy", "µm", 100, true, false},
	{FaultCreep, "creep", "the needles go deeper and deeper", "µm/s", 100, true, false},
	{FaultDeep, "deep", "the needles go deeper than set", "µm", 500, true, false},
	{FaultIgnoreRevoke, "ignore-revoke", "does not hear a revoke", "", 0, true, false},
	{FaultIgnoreCeiling, "ignore-ceiling", "does not hear a ceiling", "", 0, true, false},
	{FaultIgnoreHello, "ignore-hello", "never answers a hello", "", 0, true, false},
	{FaultIgnoreLapse, "ignore-lapse", "runs on when its permit lapses", "", 0, true, false},
	{FaultMotorStuck, "motor-stuck", "the motor can't be stopped", "", 0, true, false},
	{FaultNoPermit, "no-permit", "runs without a permit", "", 0, true, false},
	{FaultSelfStart, "self-start", "starts by itself when it gets a permit", "", 0, true, false},
	{FaultLies, "lies", "says that it stopped and runs on", "", 0, false, false},
	{FaultShowsPermit, "shows-permit", "shows a permit that it does not have", "", 0, true, false},
	{FaultDeaf, "deaf", "hears nothing", "", 0, true, false},
	{FaultMute, "mute", "sends nothing", "", 0, true, false},
	{FaultForeign, "foreign", "talks like another kind of device", "", 0, true, false},
	{FaultReboot, "reboot", "loses power and boots", "", 0, true, true},
	{FaultOtherPen, "other-pen", "another pen comes back on the same cable", "", 0, true, false},
	{FaultTickJump, "tick-jump", "its clock jumps", "µs", 2_000_000, true, true},
	{FaultBackwards, "backwards", "its stroke count goes back", "strokes", 1000, true, false},
	{FaultReports, "reports", "reports a fault of its own", "bits", int64(protocol.FaultMotor), true, false},
}

// Faults describes every kind.
func Faults() []FaultInfo { return append([]FaultInfo(nil), faults[:]...) }

// String gives the kind's word.
func (k FaultKind) String() string {
	if k < faultKinds {
		return faults[k].Name
	}
	return "unknown fault"
}

// FaultByName returns the fault of that word with the amount it has by default.
// The error lists the words.
func FaultByName(name string) (Fault, error) {
	words := make([]string, faultKinds)
	for i, f := range faults {
		if f.Name == name {
			return Fault{Kind: f.Kind, Amount: f.Amount}, nil
		}
		words[i] = f.Name
	}
	return Fault{}, fmt.Errorf("sim: no fault %q: choose one of %s", name, strings.Join(words, ", "))
}

// Fault is a fault with its size.
type Fault struct {
	Kind   FaultKind
	Amount int64  // 0: as [FaultInfo.Amount] says
	Text   string // for [FaultOtherPen]; empty: made up
}

// fault is a fault in force.
type fault struct {
	on     bool
	amount int64
	text   string
	since  protocol.Instant
}

// Inject puts a fault in force, or does it if it happens at once.
func (p *Pen) Inject(now protocol.Instant, f Fault) {
	if f.Kind >= faultKinds {
		return
	}
	p.Step(now)
	if f.Amount == 0 {
		f.Amount = faults[f.Kind].Amount
	}
	switch f.Kind {
	case FaultReboot:
		p.powerOff()
	case FaultTickJump:
		p.jump(f.Amount)
	case FaultStuckSensor:
		if f.Amount == 0 {
			f.Amount = int64(p.reported)
		}
		fallthrough
	default:
		p.faults[f.Kind] = fault{true, f.Amount, f.Text, p.now}
	}
	p.settle()
	p.speak()
}

// Clear takes a fault away. What it did stays done.
func (p *Pen) Clear(now protocol.Instant, k FaultKind) {
	if k >= faultKinds {
		return
	}
	p.Step(now)
	if k == FaultCreep && p.faults[k].on {
		p.crept = p.creep() // the drive stays where it is until a new setting
	}
	p.faults[k] = fault{}
	if k == FaultNoPermit || k == FaultSelfStart {
		p.bypass = false
	}
	p.settle()
	p.speak()
}

// Has reports whether a fault is in force.
func (p *Pen) Has(k FaultKind) bool { return k < faultKinds && p.faults[k].on }

// creep is how much deeper than it should the drive stands by now.
func (p *Pen) creep() protocol.Micrometres {
	c := p.crept
	if f := &p.faults[FaultCreep]; f.on {
		c += protocol.Micrometres(int64(p.now-f.since) / 1000 * f.amount / 1000)
	}
	return c
}
