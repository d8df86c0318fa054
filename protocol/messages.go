package protocol

import (
	"encoding/binary"
	"errors"
	"strconv"
)

// Type says what a frame's payload means. Source: PROTOCOL.md §3.
type Type uint8

// The types of PenLink 1. A pen sends those below 0x40, a host those above.
const (
	TypeIdentity  Type = 0x01
	TypeWelcome   Type = 0x02
	TypeReading   Type = 0x03
	TypeStatus    Type = 0x04
	TypeEvent     Type = 0x05
	TypeRefusal   Type = 0x06
	TypeSyncReply Type = 0x07
	TypeBusy      Type = 0x08

	TypeHello    Type = 0x41
	TypeCeiling  Type = 0x42
	TypePermit   Type = 0x43
	TypeRevoke   Type = 0x44
	TypeEventAck Type = 0x45
	TypeRate     Type = 0x46
	TypeSync     Type = 0x47
	TypeLocate   Type = 0x48
	TypeSignal   Type = 0x49
)

var typeNames = map[Type]string{
	TypeIdentity: "identity", TypeWelcome: "welcome", TypeReading: "reading", TypeStatus: "status",
	TypeEvent: "event", TypeRefusal: "refusal", TypeSyncReply: "sync_reply", TypeBusy: "busy",
	TypeHello: "hello", TypeCeiling: "ceiling", TypePermit: "permit", TypeRevoke: "revoke",
	TypeEventAck: "event_ack", TypeRate: "rate", TypeSync: "sync", TypeLocate: "locate", TypeSignal: "signal",
}

// String gives the type's name as PROTOCOL.md writes it.
func (t Type) String() string {
	if s, ok := typeNames[t]; ok {
		return s
	}
	return "type 0x" + strconv.FormatUint(uint64(t), 16)
}

// ErrShort reports a payload shorter than its message's fixed part.
// A longer one is no error: later versions append fields (PROTOCOL.md §2.5).
var ErrShort = errors.New("protocol: payload too short for its type")

// ErrValue reports a field whose value the message can't have.
var ErrValue = errors.New("protocol: field out of its range")

// None marks a 16-bit depth, or current, that the pen does not know.
const None = 0xffff

var le = binary.LittleEndian

// Welcome is the pen's answer to the hello it accepted. Source: PROTOCOL.md §3.2.
type Welcome struct {
	Nonce      uint64 // the hello's
	Boot       uint32
	Tick       Tick
	Generation uint16 // the hello's, now current, with no ceiling
	Rate       uint16 // readings per second, agreed
	Baud       uint32 // bits per second from now on; 0: unchanged
	Released   bool   // the pen was taken out of guarded mode at the pen
}

const welcomeSize = 25

// Append appends the payload to dst.
func (m *Welcome) Append(dst []byte) []byte {
	dst = le.AppendUint64(dst, m.Nonce)
	dst = le.AppendUint32(dst, m.Boot)
	dst = le.AppendUint32(dst, uint32(m.Tick))
	dst = le.AppendUint16(dst, m.Generation)
	dst = le.AppendUint16(dst, m.Rate)
	dst = le.AppendUint32(dst, m.Baud)
	return append(dst, bit(m.Released))
}

// Parse reads a payload into m. The error is [ErrShort].
func (m *Welcome) Parse(p []byte) error {
	if len(p) < welcomeSize {
		return ErrShort
	}
	*m = Welcome{le.Uint64(p), le.Uint32(p[8:]), Tick(le.Uint32(p[12:])), le.Uint16(p[16:]),
		le.Uint16(p[18:]), le.Uint32(p[20:]), p[24]&1 != 0}
	return nil
}

// EventKind says what happened at the pen. Source: PROTOCOL.md §3.5.
type EventKind uint8

// The kinds of event, with the meaning of [PenEvent.Arg].
const (
	EventButton       EventKind = 1 // 1 short press, 2 long press
	EventPressStart   EventKind = 2 // what came of it: a StartResult
	EventMotorStopped EventKind = 3 // why: a StopCause; Tick is when the needles were clear
	EventCartridgeIn  EventKind = 4 // needle length in µm, 0 unknown
	EventCartridgeOut EventKind = 5 // 0
	EventFault        EventKind = 6 // the fault's detail code
	EventReleased     EventKind = 7 // times left guarded mode since manufacture
	EventGuarded      EventKind = 8 // the same count; the pen is back in guarded mode
	EventOwnStop      EventKind = 9 // the pen's own check saw this depth in µm
)

// StartResult is what came of a press to start.
type StartResult uint16

// What a press to start can lead to.
const (
	StartRan        StartResult = 1 // the motor started
	StartNoPermit   StartResult = 2
	StartDepthAbove StartResult = 3 // set depth above the ceiling; only with CapEnforces
	StartFault      StartResult = 4
)

// StopCause is why the motor stopped.
type StopCause uint16

// Why a motor stops.
const (
	StopPress   StopCause = 1 // the technician's press
	StopLapse   StopCause = 2 // the permit died of age
	StopRevoke  StopCause = 3
	StopCeiling StopCause = 4 // a ceiling of a new generation ended the permit
	StopHello   StopCause = 5 // a new host session ended the permit
	StopFault   StopCause = 6
	StopOwn     StopCause = 7 // the pen's own check of depth against ceiling
)

// PenEvent is something that happened once at the pen. It is repeated until
// acknowledged and applied once, by ID. Source: PROTOCOL.md §3.5.
type PenEvent struct {
	ID      uint32 // 1, 2, 3 … since boot
	Tick    Tick
	Strokes uint32 // cumulative strokes at that tick
	Kind    EventKind
	Arg     uint16
}

const eventSize = 15

// Append appends the payload to dst.
func (m *PenEvent) Append(dst []byte) []byte {
	dst = le.AppendUint32(dst, m.ID)
	dst = le.AppendUint32(dst, uint32(m.Tick))
	dst = le.AppendUint32(dst, m.Strokes)
	dst = append(dst, byte(m.Kind))
	return le.AppendUint16(dst, m.Arg)
}

// Parse reads a payload into m. The error is [ErrShort].
func (m *PenEvent) Parse(p []byte) error {
	if len(p) < eventSize {
		return ErrShort
	}
	*m = PenEvent{le.Uint32(p), Tick(le.Uint32(p[4:])), le.Uint32(p[8:]), EventKind(p[12]), le.Uint16(p[13:])}
	return nil
}

// Reason is why a pen refused a host's frame. Source: PROTOCOL.md §3.6.
type Reason uint8

// The reasons.
const (
	RefusedNonce       Reason = 1  // not the current host session
	RefusedBoot        Reason = 2  // meant for another boot of this pen
	RefusedGeneration  Reason = 3  // lower than the current one, or not the current one (permit)
	RefusedExpired     Reason = 4  // seen_tick + life has passed
	RefusedFuture      Reason = 5  // seen_tick is a tick this pen has not reached
	RefusedLife        Reason = 6  // life is 0 or over 500 ms
	RefusedCeiling     Reason = 7  // not the confirmed ceiling
	RefusedUnsupported Reason = 8  // this pen does not do that
	RefusedRange       Reason = 9  // a value this pen can't take
	RefusedReleased    Reason = 10 // the pen was taken out of guarded mode
	RefusedVersion     Reason = 11 // no common protocol version
	RefusedFault       Reason = 12 // a fault at the pen forbids it
)

var reasonNames = [...]string{"", "wrong nonce", "wrong boot id", "stale generation", "expired", "tick from the future",
	"life out of range", "not the confirmed ceiling", "not supported", "value out of range", "pen released from guarded mode",
	"no common protocol version", "pen fault"}

// String gives the reason in words.
func (r Reason) String() string {
	if int(r) < len(reasonNames) && r != 0 {
		return reasonNames[r]
	}
	return "reason " + strconv.Itoa(int(r))
}

// Refusal tells a host that its frame had no effect. Source: PROTOCOL.md §3.6.
type Refusal struct {
	Of         Type // the refused frame's type
	Reason     Reason
	Seq        uint16 // the refused frame's sequence
	Generation uint16 // the pen's current one
}

const refusalSize = 6

// Append appends the payload to dst.
func (m *Refusal) Append(dst []byte) []byte {
	dst = append(dst, byte(m.Of), byte(m.Reason))
	dst = le.AppendUint16(dst, m.Seq)
	return le.AppendUint16(dst, m.Generation)
}

// Parse reads a payload into m. The error is [ErrShort].
func (m *Refusal) Parse(p []byte) error {
	if len(p) < refusalSize {
		return ErrShort
	}
	*m = Refusal{Type(p[0]), Reason(p[1]), le.Uint16(p[2:]), le.Uint16(p[4:])}
	return nil
}

// SyncReply carries the pen's ticks at the arrival of a [Sync] and at its own
// sending. Source: PROTOCOL.md §3.7.
type SyncReply struct {
	Token    uint32
	Received Tick
	Sent     Tick
}

const syncReplySize = 12

// Append appends the payload to dst.
func (m *SyncReply) Append(dst []byte) []byte {
	dst = le.AppendUint32(dst, m.Token)
	dst = le.AppendUint32(dst, uint32(m.Received))
	return le.AppendUint32(dst, uint32(m.Sent))
}

// Parse reads a payload into m. The error is [ErrShort].
func (m *SyncReply) Parse(p []byte) error {
	if len(p) < syncReplySize {
		return ErrShort
	}
	*m = SyncReply{le.Uint32(p), Tick(le.Uint32(p[4:])), Tick(le.Uint32(p[8:]))}
	return nil
}

// Busy tells a second host that the pen has one. Source: PROTOCOL.md §3.8.
type Busy struct {
	Boot   uint32
	WaitMS uint16 // ms until the present host counts as gone, if it stays silent
}

const busySize = 6

// Append appends the payload to dst.
func (m *Busy) Append(dst []byte) []byte {
	return le.AppendUint16(le.AppendUint32(dst, m.Boot), m.WaitMS)
}

// Parse reads a payload into m. The error is [ErrShort].
func (m *Busy) Parse(p []byte) error {
	if len(p) < busySize {
		return ErrShort
	}
	*m = Busy{le.Uint32(p), le.Uint16(p[4:])}
	return nil
}

func bit(b bool) byte {
	if b {
		return 1
	}
	return 0
}
