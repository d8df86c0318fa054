package sim

import (
	"fmt"
	"time"

	"penlog/protocol"
)

// Config says which pen it is. The zero value of each field but Profile is its
// documented default.
type Config struct {
	Profile Profile
	Seed    uint64 // of everything that chance decides
	Serial  string // empty: SIM- and the seed
	Origin  protocol.Instant
	Drift   int64                // how much faster than the world its clock goes, ppm, ±20,000 (PROTOCOL.md §4.2)
	Boots   uint64               // before this one: a pen that a host may know has each boot once
	Uptime  protocol.Uptime      // that its clock shows at its first boot: near 2³² for the wrap of the tick
	Line    int                  // bytes/s the line carries; 0: what the profile's UART carries
	Before  protocol.PenCounters // what the pen's memory holds from before
	Charge  uint8                // percent in its battery at first; 0 and over 100: full
}

// Pen is a pen in a hand: the link's end ([protocol.Pen]) with a motor, a depth
// drive, a sensor and a battery around it. A method with a moment first does all
// that became due before it; an earlier moment than the last counts as the last.
// After each call take the bytes with [Pen.AppendOutput].
type Pen struct {
	profile Profile
	cfg     Config
	now     protocol.Instant
	link    *protocol.Pen // nil while it has no power
	boots   uint64
	bootAt  protocol.Instant // end of the boot; Never
	id      protocol.Identity
	kept    protocol.PenCounters

	// The pen's clock: uptime up at the moment base.
	base  protocol.Instant
	up    protocol.Uptime
	drift int64         // ppm
	shift protocol.Tick // what a jump backwards adds to every tick shown

	due   protocol.Instant // when it next does something by itself, unless stale
	stale bool

	// The needles.
	motor        motor
	drive        drive
	knob         knob
	play, bias   protocol.Micrometres
	noise        protocol.Micrometres // of the present stroke
	cut          protocol.Micrometres // greatest extension of a stroke that a stop cut short; 0: none
	standsAt     protocol.Instant     // braking was over
	crept        protocol.Micrometres
	begun        protocol.Micrometres // where the drive stood when the stroke began
	reported     protocol.Micrometres // last measured depth
	rng          rng
	contact      bool
	skin         Skin
	axis         protocol.Axis
	rate         protocol.DeciHertz // the hand's setting
	noCartridge  bool
	retold       uint8 // times that it told another story of itself in this boot
	asked        bool  // the electronics asked for power when last looked at
	bypass       bool  // a fault keeps the motor under power
	hidden       bool  // … and out of sight of the electronics
	sensed       protocol.Sensors
	charge       int64 // used, mA·µs
	percent      uint8 // left of it; mains
	chargedAt    protocol.Instant
	unplugged    bool
	glides       uint32
	permit       bool
	permitEnd    protocol.Instant
	permitAt     protocol.Instant // the newest permit arrived
	deadline     protocol.Uptime
	hosted       bool
	offAt        protocol.Instant // power was taken from the motor
	offCause     protocol.StopCause
	ref          protocol.Micrometres // the last ceiling
	trueDeep     int                  // strokes in a row above ref + tolerance
	reportedDeep int                  // the same as reported
	lastOver     protocol.Instant
	faults       [penFaults]fault
	other        fault            // the pen that hangs on the cable after the next replug
	falsifies    bool             // a fault in force changes what it sends
	filters      bool             // … or what it hears
	thin         int64            // readings left out since one was sent, by FaultSparse
	frozen       protocol.Reading // what FaultFrozen repeats, once iced
	iced         bool

	out     []byte // sent and not yet taken
	sent    uint64
	baud    uint32           // the speed of out
	txFree  protocol.Instant // the UART has sent all that it took
	waits   bool             // something may wait for that
	tamper  tamper
	scratch []byte
	heard   []byte

	truth   Truth
	episode Episode
	events  []Event
}

// NewPen returns a pen that has just booted, with the motor off and the needles
// clear. The error wraps [ErrProfile] or comes from [protocol.NewPen].
func NewPen(cfg Config) (*Pen, error) {
	f := cfg.Profile
	if err := f.Check(); err != nil {
		return nil, err
	}
	if cfg.Drift < -20_000 || cfg.Drift > 20_000 {
		return nil, fmt.Errorf("sim: new pen: drift of %d ppm is beyond ±20000", cfg.Drift)
	}
	r := stream(cfg.Seed, forBoot)
	p := &Pen{
		profile: f, cfg: cfg, boots: cfg.Boots, now: cfg.Origin, bootAt: Never, kept: cfg.Before, drift: cfg.Drift, stale: true,
		rng: stream(cfg.Seed, forStroke), rate: f.Identity.RateMax,
		play:      protocol.Micrometres(r.between(-int64(f.Play), int64(f.Play))),
		bias:      protocol.Micrometres(r.between(-int64(f.SensorBias), int64(f.SensorBias))),
		axis:      protocol.AxisUnknown,
		chargedAt: cfg.Origin, txFree: cfg.Origin,
	}
	p.id = f.Identity
	p.id.Serial = cfg.Serial
	if p.id.Serial == "" {
		p.id.Serial = fmt.Sprintf("SIM-%06d", cfg.Seed%1_000_000)
	}
	p.motor = motor{at: cfg.Origin, tick: Never, rise: f.RiseMS, ripple: f.RipplePPM, rng: stream(cfg.Seed, forMotor)}
	step := protocol.Micrometres(f.Identity.DepthStep)
	if step == 0 {
		step = 10 // a stepless ring, read out in hundredths of a millimetre
	}
	p.knob = knob{set: f.SetDepth, want: f.SetDepth, step: step, click: Never,
		lo: protocol.Micrometres(f.Identity.DepthMin), hi: protocol.Micrometres(f.Identity.DepthMax)}
	if f.Depth == DepthDial {
		p.knob.every = protocol.Instant(int64(step) * 1_000_000 / int64(f.DialSpeed))
	}
	if p.gauge(); cfg.Charge > 0 && cfg.Charge < 100 {
		p.charge = p.full() / 100 * (100 - int64(cfg.Charge))
		p.gauge()
	}
	p.drive = drive{from: f.SetDepth, to: f.SetDepth, began: cfg.Origin, speed: int64(f.DriveSpeed)}
	if err := p.boot(cfg.Uptime); err != nil {
		return nil, err
	}
	return p, nil
}

// boot gives the pen's electronics power.
func (p *Pen) boot(up protocol.Uptime) error {
	r := stream(p.cfg.Seed, forBoot<<8+p.boots)
	p.boots++
	p.id.Boot = uint32(r.next()) | 1
	line := p.cfg.Line
	link, err := protocol.NewPen(protocol.PenConfig{Identity: p.id, LineBytes: line, Lifetime: p.kept.Lifetime,
		Unpermitted: p.kept.Unpermitted, TimesReleased: p.kept.TimesReleased})
	if err != nil {
		return fmt.Errorf("sim: new pen: %w", err)
	}
	p.link, p.bootAt = link, Never
	p.base, p.up, p.shift, p.retold = p.now, up, 0, 0
	p.permit, p.hosted, p.deadline = false, false, 0
	p.sensed = protocol.Sensors{}
	p.glides = 0
	p.iced = false
	link.Advance(up)
	p.tell(Event{Kind: EventBoot})
	p.settle()
	p.speak()
	return nil
}

// powerOff takes all power away: the motor brakes by itself and the pen is dark
// until it has booted, if something is left to boot with.
func (p *Pen) powerOff() {
	p.bootAt = p.now + protocol.Instant(p.profile.BootMS)*quantum
	if p.Has(FaultDead) || p.Has(FaultBatteryDead) || p.percent == 0 {
		p.bootAt = Never
	}
	if p.link == nil {
		return
	}
	p.kept = p.link.Counters()
	p.link = nil
	p.asked, p.bypass, p.hidden = false, false, false
	p.out = p.out[:0]
	p.power(false, 0)
	p.endPermit(false)
	if p.hosted {
		p.hosted = false
		p.tell(Event{Kind: EventHostGone})
	}
}

// Next is when the pen next does something by itself. Between two things that
// happen to it, asking costs nothing.
func (p *Pen) Next() protocol.Instant {
	if p.stale {
		p.plan()
	}
	return p.due
}

// plan finds out what is due next.
func (p *Pen) plan() {
	p.stale = false
	p.due = min(p.motor.next(), p.knob.click, p.bootAt)
	if p.link != nil {
		p.due = min(p.due, p.moment(p.link.Next()))
		if p.waits && p.txFree > p.now {
			p.due = min(p.due, p.txFree)
		}
	}
}

// Step lets time pass. The bytes sent do not depend on how it is cut; but to put
// them on a line at the moment they leave, step from Next to Next.
func (p *Pen) Step(until protocol.Instant) {
	last, same := protocol.Instant(-1), 0
	for next := p.Next(); next <= until; next = p.Next() {
		next = max(next, p.now)
		if next != last {
			last, same = next, 0
		} else if same++; same > 100 {
			next++ // what is due and can't be done now must not hold time up
		}
		p.turn(next)
	}
	if until > p.now {
		p.pass(until) // motor and electronics follow with the next that happens
	}
}

// turn does everything due at t, no later than Next.
func (p *Pen) turn(t protocol.Instant) {
	p.pass(t)
	switch p.motor.run(t) {
	case stroke:
		p.stroke(p.depth())
	case stands:
		p.stands()
	case cleared:
		p.clear()
	}
	if p.knob.due(t) {
		if !p.Has(FaultDriveStuck) {
			p.crept = 0
			p.drive.seek(t, p.knob.set)
		}
		p.open()
		p.close()
	}
	if t >= p.bootAt {
		_ = p.boot(0) // the same identity has booted before
		return
	}
	if p.link != nil && p.percent == 0 {
		p.powerOff()
	}
	p.settle()
	p.speak()
}

// pass moves the clock and what simply adds up with it.
func (p *Pen) pass(t protocol.Instant) {
	if p.motor.state == driven && p.guarded() && !p.permit {
		p.truth.Unpermitted += t.Sub(p.now)
	}
	p.now = t
}

// guarded reports whether the motor needs a permit by the pen's own word.
func (p *Pen) guarded() bool {
	return p.id.Caps.Has(protocol.CapPermits) && (p.link == nil || !p.link.Released())
}

// Uptime is what the pen's clock truly shows at a moment no earlier than the
// last thing that happened to it; the ticks sent are its low 32 bits, unless a
// jump backwards shifts them.
func (p *Pen) Uptime(at protocol.Instant) protocol.Uptime { return p.uptime(at) }

// Tick is what the pen's frames show as the time at a moment, jumps backwards
// included.
func (p *Pen) Tick(at protocol.Instant) protocol.Tick { return protocol.Tick(p.uptime(at)) + p.shift }

// Now is the last moment given.
func (p *Pen) Now() protocol.Instant { return p.now }

// Identity is what the pen says of itself in this boot, true or not.
func (p *Pen) Identity() protocol.Identity {
	id := p.id
	p.claim(&id)
	return id
}

// Profile is what the pen is made of.
func (p *Pen) Profile() Profile { return p.profile }

// Cue is what the pen shows the hand.
func (p *Pen) Cue() protocol.Cue {
	if p.link == nil {
		return protocol.CueNone
	}
	return p.link.Cue()
}

// Released reports whether somebody took the pen out of guarded mode.
func (p *Pen) Released() bool { return p.link != nil && p.link.Released() }

// Hosted reports whether the pen has a host.
func (p *Pen) Hosted() bool { return p.link != nil && p.link.Hosted() }

// Ceiling is the one that the pen has confirmed; 0: none.
func (p *Pen) Ceiling() protocol.Micrometres {
	if p.link == nil {
		return 0
	}
	return p.link.Ceiling()
}

// Rate is the readings per second agreed; 0: none are sent.
func (p *Pen) Rate() uint16 {
	if p.link == nil {
		return 0
	}
	return p.link.Rate()
}

// PermitLeft is how long the permit still lives by the pen's clock; 0: none.
func (p *Pen) PermitLeft() time.Duration {
	if p.link == nil {
		return 0
	}
	p.link.Advance(p.uptime(p.now))
	p.stale = true
	return p.link.PermitLeft()
}
