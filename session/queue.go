package session

import (
	"time"

	"penlog/protocol"
)

// NoteKind says what a [Note] tells.
type NoteKind uint8

// The notes, from Hot to Cold.
const (
	NoteUp        NoteKind = iota + 1 // a pen's session is up: Identity, Mode
	NoteLost                          // the link is gone
	NoteMode                          // Mode changed: proven, unproven, released
	NoteReading                       // Reading, Age, Lost, Dropped
	NoteStatus                        // Status
	NoteEvent                         // Event of the pen; again until OrderAckEvent
	NoteFinding                       // Finding: a rule broke or healed
	NoteConfirmed                     // telemetry shows Ceiling under Generation
	NoteReady                         // permits are being renewed (On), or no longer
	NoteStopped                       // the needles' motor is off after a stop: Took
	NoteAcked                         // the trip is unlatched, or Err says why not
	NoteRefused                       // the pen refused a frame: Refusal
	NoteClock                         // a clock jumped by Took
)

// Note is one thing that Hot tells Cold, a plain value.
type Note struct {
	Kind       NoteKind
	At         protocol.Instant
	Reading    protocol.Reading
	Age        time.Duration
	Lost       uint32 // frames lost on the line since the reading before
	Dropped    uint32 // readings that found the queue to Cold full since then
	Status     protocol.Status
	Event      protocol.PenEvent
	Refusal    protocol.Refusal
	Finding    Finding
	Mode       Mode
	Generation uint16
	Ceiling    protocol.Micrometres
	On         bool
	Took       time.Duration
	Identity   *protocol.Identity // NoteUp: a copy of Cold's own
	Err        error              // NoteAcked
	Conn       uint32             // NoteUp: the number of the pen's session
}

// OrderKind says what an [Order] asks.
type OrderKind uint8

// The orders, from Cold to Hot.
const (
	OrderWant        OrderKind = iota + 1 // Ceiling and Allow: what is wanted from now on
	OrderLease                            // permits may be renewed until Until
	OrderAcknowledge                      // a person acknowledges the trip
	OrderAcceptPen                        // the pen that answers now, or next, is the right one
	OrderLocate                           // the pen shows itself
	OrderAckEvent                         // ID: the pen's event is on disk, the pen may forget it
	OrderReserve                          // Allow: the record's reserve for a full disk is there, or no longer
	OrderStop                             // a person says stop: whatever runs is stopped, permit or not
)

// Order is one thing that Cold asks of Hot, a plain value.
type Order struct {
	Kind    OrderKind
	Ceiling protocol.Micrometres // 0: none
	Allow   bool
	Record  bool   // OrderWant: a session is open that records this pen, so the lease is judged
	Conn    uint32 // OrderWant, OrderAckEvent: the newest session of the pen that Cold knew of
	ID      uint32 // OrderAckEvent
	Until   protocol.Instant
}
