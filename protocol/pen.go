package protocol

import (
	"errors"
	"fmt"
	"time"
)

// Uptime is a pen's clock without the wrap: microseconds since its boot. The
// wire carries its low 32 bits, the [Tick]. Source: PROTOCOL.md §4.1.
type Uptime uint64

// Tick returns what the wire carries.
func (u Uptime) Tick() Tick { return Tick(u) }

// Add returns the time d later (µs resolution).
func (u Uptime) Add(d time.Duration) Uptime { return u + Uptime(d/time.Microsecond) }

// Timers and bounds of the pen's end. Source: PROTOCOL.md §10.
const (
	PenAnnounce     = time.Second            // between identities while there is no host
	PenHostTimeout  = time.Second            // of silence until there is no host any more
	PenStatusPeriod = 500 * time.Millisecond // between statuses
	PenEventRepeat  = 100 * time.Millisecond // between repeats of an unacknowledged event
	PenPromptGap    = 5 * time.Millisecond   // least time between two readings out of schedule
	PenBaudQuiet    = 20 * time.Millisecond  // no byte from the pen around a change of baud
	PenBaudTimeout  = 500 * time.Millisecond // for the host to be heard at the new baud
	PeakWindow      = 250 * time.Millisecond // that a reading's peak covers, and up to 10 ms more

	BootBaud        = 115200 // of a UART at boot and whenever there is no host
	MaxLifeMS       = 500    // a permit's longest life
	TrialCeiling    = 1      // µm: a permit under it is a trial, and starts no motor (§6.5)
	GuardedReadings = 20     // least readings per second of a pen that takes permits
	GuardedStopMS   = 100    // longest stop time of a pen that takes permits (§6.6)
	MaxRefusals     = 20     // refusals and busies in each second of the pen's uptime

	eventQueue = 16
)

// Faults that forbid the motor: all that PenLink 1 names. The bits above are a
// vendor's warnings. Source: PROTOCOL.md §6.8.
const FaultsForbid uint32 = 0xff

// PenConfig says which pen it is and what it remembers from before this boot.
type PenConfig struct {
	Identity  Identity
	LineBytes int // bytes/s the line carries; 0: baud/10 with CapUART, else unlimited

	Lifetime      uint32 // strokes since manufacture
	Unpermitted   uint32 // of these, without a permit
	TimesReleased uint16 // times taken out of guarded mode since manufacture
}

// PenStats counts what a pen's receiving half has met.
type PenStats struct {
	Decoder    DecoderStats
	Duplicates uint64 // frames received twice in a row and dropped (§2.6)
	Unknown    uint64 // frames of a type a pen does not take (§2.5)
	Short      uint64 // payloads shorter than their type's fixed part (§2.5)
	Trailing   uint64 // payloads longer than that, their rest skipped (§2.5)
	Refused    uint64 // frames refused, whether or not the refusal was sent
	Sent       uint32 // frames sent, modulo 2³²
	EventsLost uint16 // events dropped because the queue was full
}

// Sensors is what the pen's own electronics tell about it, between strokes.
type Sensors struct {
	Set          uint16     // set depth in µm, or None
	Motor        MotorState // what the motor is seen to do
	Contact      bool
	ContactKnown bool
	Axis         Axis
	Glides       uint32 // since boot
	Retracted    bool   // needles behind the skin-contact plane
	StrokeRate   DeciHertz
	CurrentMA    uint16 // or None
	Battery      uint8  // percent, 0xff unknown
	Faults       uint32
	FaultDetail  uint16
	Cartridge    bool
	NeedleLength uint16 // of the cartridge that is in, µm; 0 unknown
	NeedleCount  uint8  // 0 unknown
}

// Pen is the pen's end of the link and the whole of its obedience, as a pure
// value: it takes bytes, what the hand and the needles do, and the time, and
// says whether the motor may turn and what to send. PROTOCOL.md §4 to §6 and §8 are its
// law. Each method that takes the time first does what became due before it; an
// earlier time than the last counts as the last. After each call take the
// frames with [Pen.AppendOutput], and call [Pen.Advance] no later than
// [Pen.Next] says: a late call finds the permit dead at its true deadline all
// the same, but a motor drive that never asks is never told.
//
// A Pen is not safe for concurrent use.
type Pen struct {
	id     Identity
	lineBy int
	now    Uptime
	sense  Sensors
	sensed bool // Sense was called: changes are events from then on

	// The host session (§5). nonce 0: no host.
	nonce   uint64
	heard   Uptime // last sound frame of this session
	rate    uint16
	cue     Cue
	locate  Uptime // until then
	baud    uint32 // in force on the line; 0: no UART
	quiet   Uptime // nothing is sent before
	confirm Uptime // fall back to BootBaud then, unless heard; 0: no change pending

	// The permit (§6).
	generation uint16
	ceiling    uint16
	ended      uint16 // the ceiling that ended while the motor was on or coming to rest; 0: none
	permit     bool
	deadline   Uptime
	permitEnd  Uptime // when the last permit ended
	permitted  bool   // there was one

	// The motor (§6).
	motor         bool // the drive is on
	clearing      bool // told to stop, needles not yet clear
	cause         StopCause
	released      bool
	timesReleased uint16 // since manufacture

	needles

	events [eventQueue]PenEvent
	nev    int
	lastID uint32

	penReceive
	penSend
}

// NewPen returns a pen at the moment of its boot, Uptime 0. The error wraps
// [ErrValue] and names the field of the identity that no pen can have.
func NewPen(cfg PenConfig) (*Pen, error) {
	if err := cfg.Identity.check(); err != nil {
		return nil, fmt.Errorf("protocol: new pen: %w", err)
	}
	if cfg.Identity.MinVersion > Version || cfg.Identity.MaxVersion < Version {
		return nil, fmt.Errorf("protocol: new pen: %w: identity version range leaves out %d", ErrValue, Version)
	}
	if cfg.LineBytes < 0 {
		return nil, errors.New("protocol: new pen: LineBytes is negative")
	}
	p := &Pen{
		id: cfg.Identity, lineBy: cfg.LineBytes,
		needles:       needles{lifetime: cfg.Lifetime, unpermitted: cfg.Unpermitted, measured: None},
		timesReleased: cfg.TimesReleased,
		sense:         Sensors{Set: None, CurrentMA: None, Battery: 0xff},
	}
	p.baud = p.bootBaud()
	if p.id.Caps.Has(CapTalksOnly) {
		p.rate = p.agree(p.id.ReadingsMax, p.baud)
	}
	return p, nil
}

// Advance does what became due up to now: the permit dies, a silent host is
// forgotten, telemetry falls due. What was missed in a long gap is sent once.
func (p *Pen) Advance(now Uptime) {
	p.at(now)
	p.due()
}

// Press is the technician's press of the start button. While the motor turns,
// or the needles are not yet clear, it is a press to stop, and the result is 0;
// else it is a press to start, reported as an event (§6.5).
func (p *Pen) Press(now Uptime) StartResult {
	p.at(now)
	defer p.due()
	if p.motor || p.clearing {
		p.stop(StopPress)
		return 0
	}
	r := p.mayStart()
	if r == StartRan {
		p.motor, p.cause, p.deep = true, 0, 0
		p.prompt()
	}
	p.event(EventPressStart, uint16(r))
	return r
}

// mayStart is the law of §6.5: first the pen's own health, then the permit,
// then, with CapEnforces, the dial.
func (p *Pen) mayStart() StartResult {
	switch {
	case p.sense.Faults&FaultsForbid != 0:
		return StartFault
	case p.guarded() && (!p.permit || p.ceiling == TrialCeiling):
		return StartNoPermit
	case p.enforces() && p.sense.Set != None && p.sense.Set > p.ceiling:
		return StartDepthAbove
	}
	return StartRan
}

// Button reports a press of a button that neither starts nor stops (§3.5).
func (p *Pen) Button(now Uptime, long bool) {
	p.at(now)
	p.event(EventButton, 1+uint16(bit(long)))
	p.due()
}

// Sense gives the pen what its electronics tell. Changes of cartridge and new
// faults are events; a fault that forbids the motor stops it (§6.8).
func (p *Pen) Sense(now Uptime, s Sensors) {
	p.at(now)
	was := p.sense
	p.sense = s
	if p.sensed && s.Cartridge != was.Cartridge {
		if s.Cartridge {
			p.event(EventCartridgeIn, s.NeedleLength)
		} else {
			p.event(EventCartridgeOut, 0)
		}
	}
	p.sensed = true
	if s.Faults != was.Faults {
		p.statusDue = true
		if s.Faults&^was.Faults != 0 {
			p.event(EventFault, s.FaultDetail)
		}
	}
	if s.Faults&FaultsForbid != 0 {
		p.endPermit(p.now)
		p.stop(StopFault)
	}
	if p.motor && p.enforces() && s.Set != None && s.Set > p.ceiling {
		p.ownStop(s.Set)
	}
	p.due()
}

// Cleared reports that the needles are clear of the skin after a stop: the stop
// is over, and an event says when and why (§6.6).
func (p *Pen) Cleared(now Uptime) {
	p.at(now)
	if p.clearing {
		p.clearing, p.ended = false, 0
		p.event(EventMotorStopped, uint16(p.cause))
		p.prompt()
	}
	p.due()
}

// Release takes the pen out of guarded mode, and reports whether it did: only a
// pen that takes permits has that mode to leave, and only with the motor off.
// It is for a deliberate gesture at the pen and nothing else (§6.9).
func (p *Pen) Release(now Uptime) bool {
	p.at(now)
	defer p.due()
	if !p.guarded() || p.motor || p.clearing {
		return false
	}
	p.endPermit(p.now)
	p.released = true
	if p.timesReleased < 0xffff {
		p.timesReleased++
	}
	p.event(EventReleased, p.timesReleased)
	p.statusDue = true
	p.prompt()
	return true
}

// Guard takes the pen back into guarded mode, and reports whether it did (§6.9).
func (p *Pen) Guard(now Uptime) bool {
	p.at(now)
	defer p.due()
	if !p.released || p.motor || p.clearing {
		return false
	}
	p.released = false
	p.event(EventGuarded, p.timesReleased)
	p.prompt()
	return true
}

// MotorOn is what the motor drive must do, as of the last time given.
func (p *Pen) MotorOn() bool { return p.motor }

// StopCause is why the motor last stopped; 0 while it turns and before its first stop.
func (p *Pen) StopCause() StopCause { return p.cause }

// Identity returns what the pen says of itself.
func (p *Pen) Identity() Identity { return p.id }

// Hosted reports whether the pen has a host.
func (p *Pen) Hosted() bool { return p.nonce != 0 }

// Generation is the one in force; 0 without a host.
func (p *Pen) Generation() uint16 { return p.generation }

// Ceiling is the confirmed ceiling; 0: none.
func (p *Pen) Ceiling() Micrometres { return Micrometres(p.ceiling) }

// PermitLeft is how long the permit still lives, as of the last time given; 0: none.
func (p *Pen) PermitLeft() time.Duration {
	if !p.permit {
		return 0
	}
	return time.Duration(p.deadline-p.now) * time.Microsecond
}

// Released reports whether the pen was taken out of guarded mode.
func (p *Pen) Released() bool { return p.released }

// Rate is the agreed number of readings per second; 0 while none are sent.
func (p *Pen) Rate() uint16 { return p.rate }

// Baud is the speed for the bytes not yet taken with [Pen.AppendOutput]; 0 for a
// pen without a UART. Those already taken leave at the speed they were taken at.
func (p *Pen) Baud() uint32 { return p.baud }

// Cue is what the pen must show.
func (p *Pen) Cue() Cue { return p.cue }

// Located reports whether the pen must draw attention to itself.
func (p *Pen) Located() bool { return p.now < p.locate }

// Stats returns the counts so far.
func (p *Pen) Stats() PenStats {
	s := p.stats
	s.Decoder, s.Sent = p.dec.Stats(), p.sent
	return s
}

// at moves the clock and lets die what died up to now, each at its own time.
func (p *Pen) at(now Uptime) {
	p.now = max(p.now, now)
	if p.permit && p.now >= p.deadline {
		p.endPermit(p.deadline)
		p.stop(StopLapse)
	}
	if p.confirm != 0 && p.now >= p.confirm {
		p.lose() // §5.8: the host was not heard at the new baud
	}
	if p.Hosted() && p.now >= p.heard.Add(PenHostTimeout) {
		p.lose()
	}
}

// lose ends the host session: the pen announces itself again (§5.6).
func (p *Pen) lose() {
	p.endPermit(p.now)
	if p.guarded() {
		p.stop(StopLapse)
	}
	p.endCeiling()
	p.nonce, p.generation, p.rate = 0, 0, 0
	p.cue, p.locate = CueNone, 0
	p.confirm, p.quiet = 0, 0
	p.baud = p.bootBaud()
	p.penSend.forget(p.now)
}

// guarded reports whether the motor needs a permit.
func (p *Pen) guarded() bool { return p.id.Caps.Has(CapPermits) && !p.released }

// bootBaud is the speed of the line without a host; 0: no UART.
func (p *Pen) bootBaud() uint32 {
	if p.id.Caps.Has(CapUART) {
		return BootBaud
	}
	return 0
}

// stoppable reports whether the host's stops are obeyed.
func (p *Pen) stoppable() bool { return p.id.Caps.Has(CapStop) }

// enforces reports whether the pen checks depth against a ceiling by itself now.
func (p *Pen) enforces() bool {
	return p.id.Caps.Has(CapEnforces) && p.ceiling != 0 && !p.released
}

func (p *Pen) endPermit(when Uptime) {
	if p.permit {
		p.permit, p.permitEnd = false, when
		p.prompt()
	}
}

// endCeiling leaves no ceiling; strokes on the way to rest still count by the one that was.
func (p *Pen) endCeiling() {
	if p.ceiling != 0 && (p.motor || p.clearing) {
		p.ended = p.ceiling
	}
	p.ceiling = 0
}

// stop turns the motor off. The first cause stays until the needles are clear.
func (p *Pen) stop(why StopCause) {
	if p.motor {
		p.motor, p.clearing, p.cause = false, true, why
		p.prompt()
	}
}

func (p *Pen) ownStop(depth uint16) {
	p.event(EventOwnStop, depth)
	p.endPermit(p.now)
	p.stop(StopOwn)
}

// event queues an event, or counts it as lost (§8.3).
func (p *Pen) event(kind EventKind, arg uint16) {
	if p.id.Caps.Has(CapTalksOnly) {
		return // none could acknowledge it
	}
	if p.nev == len(p.events) {
		if p.stats.EventsLost < 0xffff {
			p.stats.EventsLost++
		}
		return
	}
	p.lastID++
	p.events[p.nev] = PenEvent{p.lastID, p.now.Tick(), p.strokes, kind, arg}
	p.nev++
}
