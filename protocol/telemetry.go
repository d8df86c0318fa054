package protocol

// MotorState is what the motor does. Source: PROTOCOL.md §3.3.
type MotorState uint8

// The states of the motor. It counts as on in all but MotorOff.
const (
	MotorOff      MotorState = 0 // still, needles clear of the skin if the pen parks them
	MotorStarting MotorState = 1
	MotorRunning  MotorState = 2
	MotorStopping MotorState = 3 // told to stop; needles may still move
)

// Axis is the direction of a glide. Source: PROTOCOL.md §3.3.
type Axis uint8

// The axes. The pen says AxisUnknown when it can't tell.
const (
	AxisUnknown      Axis = 0
	AxisHorizontal   Axis = 1
	AxisVertical     Axis = 2
	AxisObliqueLeft  Axis = 3
	AxisObliqueRight Axis = 4
	AxisCircular     Axis = 5
	AxisStamp        Axis = 6
)

// Flags of a [Reading]. Source: PROTOCOL.md §3.3.
type Flags uint16

// The bits of Flags beside motor (bits 0–1) and axis (bits 4–6).
const (
	FlagContactKnown Flags = 1 << 2
	FlagContact      Flags = 1 << 3  // the tip touches skin
	FlagPermit       Flags = 1 << 7  // a permit is in force
	FlagReleased     Flags = 1 << 8  // taken out of guarded mode at the pen
	FlagRetracted    Flags = 1 << 9  // the needles are behind the skin-contact plane
	FlagFault        Flags = 1 << 10 // one of FaultsForbid
	FlagCartridge    Flags = 1 << 11 // a cartridge is in
)

// MakeFlags packs motor and axis with the single bits.
func MakeFlags(m MotorState, a Axis, bits Flags) Flags {
	return bits&^0x73 | Flags(m&3) | Flags(a&7)<<4
}

// Motor returns what the motor does.
func (f Flags) Motor() MotorState { return MotorState(f & 3) }

// Axis returns the direction of the glide.
func (f Flags) Axis() Axis { return Axis(f >> 4 & 7) }

// Has reports whether all the bits of b are set.
func (f Flags) Has(b Flags) bool { return f&b == b }

// Reading is the fast telemetry: what the needles do and which permit the pen
// obeys. Source: PROTOCOL.md §3.3.
type Reading struct {
	Tick         Tick
	Sent         uint32 // frames the pen has sent since boot, this one included
	Flags        Flags
	Set          uint16 // set depth in µm, or None
	Measured     uint16 // greatest extension of the last complete stroke in µm, or None
	Peak         uint16 // greatest extension of the last 250 ms in µm, or None
	Strokes      uint32 // since boot
	StrokesAbove uint16 // since boot, above the ceiling then confirmed, modulo 2¹⁶
	StrokeRate   DeciHertz
	Generation   uint16 // in force; 0: none yet
	Ceiling      uint16 // confirmed, µm; 0: none, nothing may run
	PermitMS     uint16 // remaining life, ms, rounded up; 0: no permit
	Glides       uint8  // since boot, modulo 2⁸
}

const readingSize = 31

// Append appends the payload to dst.
func (m *Reading) Append(dst []byte) []byte {
	dst = le.AppendUint32(dst, uint32(m.Tick))
	dst = le.AppendUint32(dst, m.Sent)
	dst = le.AppendUint16(dst, uint16(m.Flags))
	dst = le.AppendUint16(dst, m.Set)
	dst = le.AppendUint16(dst, m.Measured)
	dst = le.AppendUint16(dst, m.Peak)
	dst = le.AppendUint32(dst, m.Strokes)
	dst = le.AppendUint16(dst, m.StrokesAbove)
	dst = le.AppendUint16(dst, uint16(m.StrokeRate))
	dst = le.AppendUint16(dst, m.Generation)
	dst = le.AppendUint16(dst, m.Ceiling)
	dst = le.AppendUint16(dst, m.PermitMS)
	return append(dst, m.Glides)
}

// Parse reads a payload into m. The error is [ErrShort].
func (m *Reading) Parse(p []byte) error {
	if len(p) < readingSize {
		return ErrShort
	}
	p = p[:readingSize]
	*m = Reading{
		Tick: Tick(le.Uint32(p)), Sent: le.Uint32(p[4:]), Flags: Flags(le.Uint16(p[8:])),
		Set: le.Uint16(p[10:]), Measured: le.Uint16(p[12:]), Peak: le.Uint16(p[14:]),
		Strokes: le.Uint32(p[16:]), StrokesAbove: le.Uint16(p[20:]), StrokeRate: DeciHertz(le.Uint16(p[22:])),
		Generation: le.Uint16(p[24:]), Ceiling: le.Uint16(p[26:]), PermitMS: le.Uint16(p[28:]), Glides: p[30],
	}
	return nil
}

// MotorOn reports whether the motor turns or is about to.
func (m *Reading) MotorOn() bool { return m.Flags.Motor() != MotorOff }

// Faults a pen reports in [Status.Faults]. Source: PROTOCOL.md §3.4.
const (
	FaultSensor      uint32 = 1 << 0 // depth sensor
	FaultMotor       uint32 = 1 << 1 // stalled or over current
	FaultDrive       uint32 = 1 << 2 // depth drive did not reach its target
	FaultBattery     uint32 = 1 << 3 // too low to run
	FaultTemperature uint32 = 1 << 4
	FaultCartridge   uint32 = 1 << 5
	FaultMemory      uint32 = 1 << 6
	FaultStop        uint32 = 1 << 7 // the motor did not stop when told
)

// Status is the slow telemetry. Source: PROTOCOL.md §3.4.
type Status struct {
	Tick          Tick
	Sent          uint32
	TickWraps     uint16 // times the tick has wrapped since boot
	StrokesAbove  uint32 // since boot; its low half is the reading's
	Glides        uint32 // since boot; its low byte is the reading's
	Lifetime      uint32 // strokes since manufacture
	Unpermitted   uint32 // of these, strokes made without a permit
	CurrentMA     uint16 // motor current, or None
	Battery       uint8  // percent, 0xff unknown
	Faults        uint32 // bits
	FaultDetail   uint16 // the vendor's code of the newest fault
	TimesReleased uint16 // times taken out of guarded mode since manufacture
	FramesGood    uint32 // sound host frames the pen received since boot
	FramesBad     uint32 // damaged ones
	EventsLost    uint16 // events dropped because none acknowledged them
	NeedleLength  uint16 // of the cartridge that is in, µm; 0 unknown
	NeedleCount   uint8  // 0 unknown
}

const statusSize = 50

// Append appends the payload to dst.
func (m *Status) Append(dst []byte) []byte {
	dst = le.AppendUint32(dst, uint32(m.Tick))
	dst = le.AppendUint32(dst, m.Sent)
	dst = le.AppendUint16(dst, m.TickWraps)
	dst = le.AppendUint32(dst, m.StrokesAbove)
	dst = le.AppendUint32(dst, m.Glides)
	dst = le.AppendUint32(dst, m.Lifetime)
	dst = le.AppendUint32(dst, m.Unpermitted)
	dst = le.AppendUint16(dst, m.CurrentMA)
	dst = append(dst, m.Battery)
	dst = le.AppendUint32(dst, m.Faults)
	dst = le.AppendUint16(dst, m.FaultDetail)
	dst = le.AppendUint16(dst, m.TimesReleased)
	dst = le.AppendUint32(dst, m.FramesGood)
	dst = le.AppendUint32(dst, m.FramesBad)
	dst = le.AppendUint16(dst, m.EventsLost)
	dst = le.AppendUint16(dst, m.NeedleLength)
	return append(dst, m.NeedleCount)
}

// Parse reads a payload into m. The error is [ErrShort].
func (m *Status) Parse(p []byte) error {
	if len(p) < statusSize {
		return ErrShort
	}
	p = p[:statusSize]
	*m = Status{
		Tick: Tick(le.Uint32(p)), Sent: le.Uint32(p[4:]), TickWraps: le.Uint16(p[8:]),
		StrokesAbove: le.Uint32(p[10:]), Glides: le.Uint32(p[14:]),
		Lifetime: le.Uint32(p[18:]), Unpermitted: le.Uint32(p[22:]),
		CurrentMA: le.Uint16(p[26:]), Battery: p[28], Faults: le.Uint32(p[29:]), FaultDetail: le.Uint16(p[33:]),
		TimesReleased: le.Uint16(p[35:]), FramesGood: le.Uint32(p[37:]), FramesBad: le.Uint32(p[41:]),
		EventsLost: le.Uint16(p[45:]), NeedleLength: le.Uint16(p[47:]), NeedleCount: p[49],
	}
	return nil
}
