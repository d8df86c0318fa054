// Package sim is a microneedling pen, the hand that holds it and the line it
// hangs on, in software: what QA, the demo and the tests run Penlog against.
//
//   - [Profile] says which pen; the figures come from DOMAIN 2, and every one
//     carries [protocol.CapSimulated], which travels by structure into all that
//     is recorded of it.
//   - [Pen] is the physics around [protocol.Pen]: motor, depth drive, strokes,
//     sensor, battery. What truly happens is kept apart in [Truth], and what is
//     worth telling in [Event]; the link reports what the electronics see.
//   - [Hand] turns the dial, presses, glides and lifts; [Style] says how.
//   - [Line] carries bytes at the pace of a UART, late, damaged or not at all.
//   - [Rig] is all that hangs on one port: pen, lines, cable and who else gets on them.
//   - [Fault] is what goes wrong with any of it, set while it runs; [Faults] lists
//     them, and says of each whether and how a host can know.
//
// It knows the protocol and nothing else of Penlog: a simulator that shared the
// agent's rules could not catch their mistakes. Time is an argument
// ([protocol.Instant], µs of the world; the pen's own uptime drifts against it),
// chance comes from a seed and arithmetic is done in integers, so that a seed
// means the same bytes on every machine, and however the time is cut into steps.
//
// Nothing here starts a goroutine, reads a clock or does I/O, and nothing here
// is safe for concurrent use.
package sim

import "penlog/protocol"

// Never is later than any moment.
const Never = protocol.Instant(1<<63 - 1)
