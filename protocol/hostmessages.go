package protocol

// Hello opens a host session: from then on only frames with this nonce and the
// pen's boot id count. Source: PROTOCOL.md §3.9.
type Hello struct {
	Nonce      uint64 // random, never 0
	Boot       uint32 // the pen's, 0 when the host has not heard it yet
	Previous   uint64 // the nonce of this host's last session, 0 if none: lets it in at once
	MinVersion uint8
	MaxVersion uint8
	Generation uint16 // the first one of this session, ≥ 1
	Rate       uint16 // readings per second wanted
	Baud       uint32 // bits per second wanted; 0: leave the line as it is
}

const helloSize = 30

// Append appends the payload to dst.
func (m *Hello) Append(dst []byte) []byte {
	dst = le.AppendUint64(dst, m.Nonce)
	dst = le.AppendUint32(dst, m.Boot)
	dst = le.AppendUint64(dst, m.Previous)
	dst = append(dst, m.MinVersion, m.MaxVersion)
	dst = le.AppendUint16(dst, m.Generation)
	dst = le.AppendUint16(dst, m.Rate)
	return le.AppendUint32(dst, m.Baud)
}

// Parse reads a payload into m. The error is [ErrShort].
func (m *Hello) Parse(p []byte) error {
	if len(p) < helloSize {
		return ErrShort
	}
	*m = Hello{le.Uint64(p), le.Uint32(p[8:]), le.Uint64(p[12:]), p[20], p[21],
		le.Uint16(p[22:]), le.Uint16(p[24:]), le.Uint32(p[26:])}
	return nil
}

// Session begins every host frame but hello: the pen takes the frame only when
// both are current. Source: PROTOCOL.md §3.10.
type Session struct {
	Nonce uint64
	Boot  uint32
}

const sessionSize = 12

// Append appends the prefix to dst.
func (s Session) Append(dst []byte) []byte {
	return le.AppendUint32(le.AppendUint64(dst, s.Nonce), s.Boot)
}

func (s *Session) parse(p []byte, rest int) error {
	if len(p) < sessionSize+rest {
		return ErrShort
	}
	*s = Session{le.Uint64(p), le.Uint32(p[8:])}
	return nil
}

// Ceiling sets the greatest depth the needles may reach, under a new
// generation, and ends any permit. Source: PROTOCOL.md §3.11.
type Ceiling struct {
	Session
	Generation uint16
	Depth      uint16 // µm, ≥ 1
}

// Append appends the payload to dst.
func (m *Ceiling) Append(dst []byte) []byte {
	dst = m.Session.Append(dst)
	dst = le.AppendUint16(dst, m.Generation)
	return le.AppendUint16(dst, m.Depth)
}

// Parse reads a payload into m. The error is [ErrShort].
func (m *Ceiling) Parse(p []byte) error {
	if err := m.parse(p, 4); err != nil {
		return err
	}
	m.Generation, m.Depth = le.Uint16(p[12:]), le.Uint16(p[14:])
	return nil
}

// Permit allows the motor to run until SeenTick + Life, and never starts it.
// Source: PROTOCOL.md §3.12 and §6.
type Permit struct {
	Session
	Generation uint16 // the current one
	Depth      uint16 // µm, the confirmed ceiling
	SeenTick   Tick   // pen tick of the newest telemetry the host has
	LifeMS     uint16 // ms, 1 to 500
}

// Append appends the payload to dst.
func (m *Permit) Append(dst []byte) []byte {
	dst = m.Session.Append(dst)
	dst = le.AppendUint16(dst, m.Generation)
	dst = le.AppendUint16(dst, m.Depth)
	dst = le.AppendUint32(dst, uint32(m.SeenTick))
	return le.AppendUint16(dst, m.LifeMS)
}

// Parse reads a payload into m. The error is [ErrShort].
func (m *Permit) Parse(p []byte) error {
	if err := m.parse(p, 10); err != nil {
		return err
	}
	m.Generation, m.Depth = le.Uint16(p[12:]), le.Uint16(p[14:])
	m.SeenTick, m.LifeMS = Tick(le.Uint32(p[16:])), le.Uint16(p[20:])
	return nil
}

// Revoke ends the permit and stops the motor. Source: PROTOCOL.md §3.13.
type Revoke struct {
	Session
	Generation uint16 // a new one; the same in each repeat
}

// Append appends the payload to dst.
func (m *Revoke) Append(dst []byte) []byte {
	return le.AppendUint16(m.Session.Append(dst), m.Generation)
}

// Parse reads a payload into m. The error is [ErrShort].
func (m *Revoke) Parse(p []byte) error {
	if err := m.parse(p, 2); err != nil {
		return err
	}
	m.Generation = le.Uint16(p[12:])
	return nil
}

// EventAck tells the pen that the event was applied. Source: PROTOCOL.md §3.14.
type EventAck struct {
	Session
	ID uint32
}

// Append appends the payload to dst.
func (m *EventAck) Append(dst []byte) []byte {
	return le.AppendUint32(m.Session.Append(dst), m.ID)
}

// Parse reads a payload into m. The error is [ErrShort].
func (m *EventAck) Parse(p []byte) error {
	if err := m.parse(p, 4); err != nil {
		return err
	}
	m.ID = le.Uint32(p[12:])
	return nil
}

// Rate asks for another number of readings per second. Source: PROTOCOL.md §3.15.
type Rate struct {
	Session
	Rate uint16
}

// Append appends the payload to dst.
func (m *Rate) Append(dst []byte) []byte { return le.AppendUint16(m.Session.Append(dst), m.Rate) }

// Parse reads a payload into m. The error is [ErrShort].
func (m *Rate) Parse(p []byte) error {
	if err := m.parse(p, 2); err != nil {
		return err
	}
	m.Rate = le.Uint16(p[12:])
	return nil
}

// Sync asks for the pen's tick, and shows it that the host lives.
// Source: PROTOCOL.md §3.16.
type Sync struct {
	Session
	Token uint32 // echoed
}

// Append appends the payload to dst.
func (m *Sync) Append(dst []byte) []byte { return le.AppendUint32(m.Session.Append(dst), m.Token) }

// Parse reads a payload into m. The error is [ErrShort].
func (m *Sync) Parse(p []byte) error {
	if err := m.parse(p, 4); err != nil {
		return err
	}
	m.Token = le.Uint32(p[12:])
	return nil
}

// Locate asks the pen to show itself by light or sound. Source: PROTOCOL.md §3.17.
type Locate struct {
	Session
	DurationMS uint16
}

// Append appends the payload to dst.
func (m *Locate) Append(dst []byte) []byte {
	return le.AppendUint16(m.Session.Append(dst), m.DurationMS)
}

// Parse reads a payload into m. The error is [ErrShort].
func (m *Locate) Parse(p []byte) error {
	if err := m.parse(p, 2); err != nil {
		return err
	}
	m.DurationMS = le.Uint16(p[12:])
	return nil
}

// Cue is what a pen shows the hand that holds it. Source: PROTOCOL.md §3.18.
type Cue uint8

// The cues.
const (
	CueNone      Cue = 0
	CueReady     Cue = 1
	CueNearLimit Cue = 2
	CueHold      Cue = 3
	CueTrip      Cue = 4
	CueZoneSet   Cue = 5
)

// Signal gives the pen a [Cue] to show. Source: PROTOCOL.md §3.18.
type Signal struct {
	Session
	Cue Cue
}

// Append appends the payload to dst.
func (m *Signal) Append(dst []byte) []byte { return append(m.Session.Append(dst), byte(m.Cue)) }

// Parse reads a payload into m. The error is [ErrShort].
func (m *Signal) Parse(p []byte) error {
	if err := m.parse(p, 1); err != nil {
		return err
	}
	m.Cue = Cue(p[12])
	return nil
}
