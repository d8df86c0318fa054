package protocol

import "time"

// NoticeKind says what a [Notice] tells.
type NoticeKind uint8

// The notices.
const (
	NoticeUp        NoticeKind = iota + 1 // Identity is known, telemetry begins
	NoticeLost                            // a session that was up is over: silence, the port went, or the pen forgot it
	NoticeRebooted                        // the pen has another boot id
	NoticeClockJump                       // a clock jumped against the other: a new session is being opened; told once for each
	NoticeReading                         // Reading, Age
	NoticeStatus                          // Status
	NoticeEvent                           // Event: again each time the pen sends it, until AckEvent
	NoticeRefused                         // Refusal
	NoticeBusy                            // another host has the pen; told again while it does
	NoticeNoAnswer                        // the pen is heard but does not answer hello
	NoticeBadPen                          // what the pen says about itself can't be, or it speaks no version of the host's
	NoticeConfirmed                       // telemetry shows the generation and ceiling that were set
	NoticeRevoked                         // telemetry shows the revoke: no permit
	NoticeProven                          // the pen obeyed the lapse of a permit
	NoticeUnproven                        // it never showed the test's permit, or what was set for the test went
	NoticeDisobeyed                       // what PROTOCOL.md §7.5 lists, such as a motor on past the end: never guarded again this boot; told with each such reading
	NoticeBaud                            // Baud: set the port to it now
)

// Notice is one thing that the host's end learnt.
type Notice struct {
	Kind       NoticeKind
	At         Instant // when it was read, or judged
	Reading    Reading // NoticeReading
	Age        time.Duration
	Lost       uint32 // NoticeReading: frames lost on the way since the reading before
	Status     Status
	Event      PenEvent
	Refusal    Refusal
	Generation uint16 // NoticeConfirmed, NoticeRevoked
	Ceiling    Micrometres
	Baud       uint32
	Err        error // NoticeBadPen
}

// Lane says how a frame travels to the port. Source: DESIGN 'The link'.
type Lane uint8

// The lanes, in the order a writer takes them. A waiting revoke displaces a
// waiting permit; of permits and revokes only the latest waits.
const (
	LaneRevoke Lane = iota
	LaneControl
	LanePermit
)

// Outgoing is a frame for the port.
type Outgoing struct {
	Lane Lane
	n    int
	buf  [64]byte
}

// Bytes is the frame in wire form; it aliases o.
func (o *Outgoing) Bytes() []byte { return o.buf[:o.n] }

// HostStats counts what the host's end met.
type HostStats struct {
	Decoder    DecoderStats
	Readings   uint64
	Duplicates uint64 // frames heard twice
	Late       uint64 // readings older than one already heard
	Lost       uint64 // frames the pen counted as sent that never arrived sound
	Unknown    uint64 // sound frames of a type this host does not know
	Trailing   uint64 // sound frames with more payload than this host knows
	Malformed  uint64 // sound frames too short for their type, or with values that can't be
	Foreign    uint64 // welcome or sync replies that answer nothing of ours
	Permits    uint64 // sent
	Revokes    uint64 // sent, repeats included
	Hellos     uint64 // sent
	Refusals   uint64 // heard
	Dropped    uint64 // frames that found the outbox full; each is repeated by its timer
}
