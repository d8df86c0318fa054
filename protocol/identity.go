package protocol

import (
	"fmt"
	"unicode"
	"unicode/utf8"
)

// Caps are what a pen can do. Source: PROTOCOL.md §3.1.
type Caps uint32

// The capabilities.
const (
	CapPermits   Caps = 1 << 0  // takes permits, and runs only on one
	CapStop      Caps = 1 << 1  // takes revoke as a plain stop
	CapParks     Caps = 1 << 2  // parks with the needles retracted
	CapAnnounces Caps = 1 << 3  // shows cues
	CapSimulated Caps = 1 << 4  // is no pen but a program
	CapSet       Caps = 1 << 5  // reports its set depth
	CapMeasured  Caps = 1 << 6  // reports measured depth
	CapContact   Caps = 1 << 7  // reports skin contact
	CapAxis      Caps = 1 << 8  // reports the glide's axis
	CapEnforces  Caps = 1 << 9  // compares depth with the ceiling itself, too
	CapVaries    Caps = 1 << 10 // its measured depth never repeats for 5 s of running in contact
	CapUART      Caps = 1 << 11 // bytes pass a real UART: baud matters
	CapTalksOnly Caps = 1 << 12 // never listens: sends readings unasked
)

// Has reports whether all of c is among them.
func (c Caps) Has(b Caps) bool { return c&b == b }

// DepthSource is where a pen's depth figure comes from. Source: DOMAIN 2.
type DepthSource uint8

// The sources of depth.
const (
	DepthManual   DepthSource = 0 // a person types it: the pen reports none
	DepthSet      DepthSource = 1 // the dial or display, not the needles
	DepthMeasured DepthSource = 2 // the needles
)

// String gives the source as records hold it.
func (s DepthSource) String() string {
	switch s {
	case DepthSet:
		return "set"
	case DepthMeasured:
		return "measured"
	}
	return "manual"
}

// Identity says which pen this is and what it can do. Source: PROTOCOL.md §3.1.
type Identity struct {
	MinVersion, MaxVersion uint8
	Boot                   uint32 // random at each boot, never 0
	Caps                   Caps
	DepthMin, DepthMax     uint16    // µm
	DepthStep              uint16    // µm, 0: stepless
	Resolution             uint16    // of measured depth, µm
	Accuracy               uint16    // of measured depth, ± µm; 0: not stated
	RateMin, RateMax       DeciHertz // stroke rate
	StopMS                 uint16    // from drive off to needles clear, at worst, ms; at most [GuardedStopMS] with CapPermits
	ReadingsMin            uint16    // readings per second it can send
	ReadingsMax            uint16
	BaudMax                uint32 // 0: not a UART
	NeedleLength           uint16 // µm, 0: unknown
	NeedleCount            uint8  // 0: unknown
	Vendor, Model          string // each ≤ 32 bytes of UTF-8
	Serial, Firmware       string
}

const identityFixed = 37

// maxString is the longest of an identity's strings, in bytes.
const maxString = 32

// Depth returns where the pen's depth figure comes from.
func (m *Identity) Depth() DepthSource {
	switch {
	case m.Caps.Has(CapMeasured):
		return DepthMeasured
	case m.Caps.Has(CapSet):
		return DepthSet
	}
	return DepthManual
}

// Tolerance is how far above the ceiling a measured depth may lie before it
// counts as above: the pen's stated accuracy, at most 150 µm, which also stands
// where none is stated. Source: DOMAIN 1.5 (Exceed scale tolerance, F).
func (m *Identity) Tolerance() Micrometres {
	if m.Accuracy == 0 || m.Accuracy > 150 {
		return 150
	}
	return Micrometres(m.Accuracy)
}

// Append appends the payload to dst. Strings are cut to 32 bytes.
func (m *Identity) Append(dst []byte) []byte {
	dst = append(dst, m.MinVersion, m.MaxVersion)
	dst = le.AppendUint32(dst, m.Boot)
	dst = le.AppendUint32(dst, uint32(m.Caps))
	dst = le.AppendUint16(dst, m.DepthMin)
	dst = le.AppendUint16(dst, m.DepthMax)
	dst = le.AppendUint16(dst, m.DepthStep)
	dst = le.AppendUint16(dst, m.Resolution)
	dst = le.AppendUint16(dst, m.Accuracy)
	dst = le.AppendUint16(dst, uint16(m.RateMin))
	dst = le.AppendUint16(dst, uint16(m.RateMax))
	dst = le.AppendUint16(dst, m.StopMS)
	dst = le.AppendUint16(dst, m.ReadingsMin)
	dst = le.AppendUint16(dst, m.ReadingsMax)
	dst = le.AppendUint32(dst, m.BaudMax)
	dst = le.AppendUint16(dst, m.NeedleLength)
	dst = append(dst, m.NeedleCount)
	for _, s := range [...]string{m.Vendor, m.Model, m.Serial, m.Firmware} {
		if len(s) > maxString {
			s = s[:maxString]
			for !utf8.ValidString(s) {
				s = s[:len(s)-1]
			}
		}
		dst = append(append(dst, byte(len(s))), s...)
	}
	return dst
}

// Parse reads a payload into m. It fails with [ErrShort], or with an error
// around [ErrValue] that names the field, when the pen says something about
// itself that no pen can be: a guard can't be built on it.
func (m *Identity) Parse(p []byte) error {
	if len(p) < identityFixed {
		return ErrShort
	}
	id := Identity{
		MinVersion: p[0], MaxVersion: p[1], Boot: le.Uint32(p[2:]), Caps: Caps(le.Uint32(p[6:])),
		DepthMin: le.Uint16(p[10:]), DepthMax: le.Uint16(p[12:]), DepthStep: le.Uint16(p[14:]),
		Resolution: le.Uint16(p[16:]), Accuracy: le.Uint16(p[18:]),
		RateMin: DeciHertz(le.Uint16(p[20:])), RateMax: DeciHertz(le.Uint16(p[22:])), StopMS: le.Uint16(p[24:]),
		ReadingsMin: le.Uint16(p[26:]), ReadingsMax: le.Uint16(p[28:]), BaudMax: le.Uint32(p[30:]),
		NeedleLength: le.Uint16(p[34:]), NeedleCount: p[36],
	}
	p = p[identityFixed:]
	for _, s := range [...]*string{&id.Vendor, &id.Model, &id.Serial, &id.Firmware} {
		if len(p) < 1 || len(p) < 1+int(p[0]) {
			return ErrShort
		}
		n := int(p[0])
		if n > maxString {
			return fmt.Errorf("%w: a string of %d bytes, at most %d", ErrValue, n, maxString)
		}
		*s = printable(p[1 : 1+n])
		p = p[1+n:]
	}
	if err := id.check(); err != nil {
		return err
	}
	*m = id
	return nil
}

// spoken says whether this program speaks a version that the pen does.
func (m *Identity) spoken() error {
	if m.MinVersion > Version || m.MaxVersion < Version {
		return fmt.Errorf("%w: the pen speaks PenLink %d to %d, this program %d", ErrValue, m.MinVersion, m.MaxVersion, Version)
	}
	return nil
}

func (m *Identity) check() error {
	bad := func(field string, v any) error { return fmt.Errorf("%w: identity %s is %v", ErrValue, field, v) }
	switch {
	case m.MinVersion == 0 || m.MinVersion > m.MaxVersion:
		return bad("version range", fmt.Sprintf("%d to %d", m.MinVersion, m.MaxVersion))
	case m.Boot == 0:
		return bad("boot id", m.Boot)
	case m.DepthMin > m.DepthMax || m.DepthMax == None:
		return bad("depth range", fmt.Sprintf("%d to %d µm", m.DepthMin, m.DepthMax))
	case m.Depth() != DepthManual && m.DepthMax == 0:
		return bad("greatest depth", m.DepthMax)
	case m.RateMin > m.RateMax:
		return bad("stroke rate range", fmt.Sprintf("%v to %v", m.RateMin, m.RateMax))
	case m.ReadingsMin > m.ReadingsMax || m.ReadingsMax == 0:
		return bad("telemetry range", fmt.Sprintf("%d to %d readings/s", m.ReadingsMin, m.ReadingsMax))
	case m.Caps.Has(CapPermits) && !m.Caps.Has(CapStop):
		return bad("capabilities", "permits without stop")
	case m.Caps.Has(CapPermits) && !m.Caps.Has(CapParks):
		return bad("capabilities", "permits without parks")
	case m.Caps.Has(CapPermits) && m.Depth() == DepthManual:
		return bad("capabilities", "permits, but neither set nor measured depth")
	case m.Caps.Has(CapPermits) && m.StopMS > GuardedStopMS:
		return bad("stop time", fmt.Sprintf("%d ms of a pen that takes permits, at most %d", m.StopMS, GuardedStopMS))
	case m.Caps.Has(CapPermits) && m.ReadingsMax < GuardedReadings:
		return bad("telemetry range", fmt.Sprintf("at most %d readings/s of a pen that takes permits, at least %d", m.ReadingsMax, GuardedReadings))
	case m.Caps.Has(CapTalksOnly) && (m.Caps.Has(CapPermits) || m.Caps.Has(CapStop)):
		return bad("capabilities", "never listens, yet takes commands")
	}
	return nil
}

// printable makes text of what a pen sent: anything that is not printable
// becomes '?', so that no pen writes control codes to a terminal or a chart.
func printable(b []byte) string {
	clean := true
	for _, c := range b {
		if c < 0x20 || c > 0x7e {
			clean = false
			break
		}
	}
	if clean {
		return string(b)
	}
	out := make([]rune, 0, len(b))
	for _, r := range string(b) {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			r = '?'
		}
		out = append(out, r)
	}
	return string(out)
}
