// Package protocol is PenLink 1: the frames a microneedling pen and the edge
// agent exchange over a serial line, their meaning, and both ends of the link
// as pure values. The law is PROTOCOL.md beside this file; comments cite its
// clauses.
//
//   - [Decoder] turns a byte stream into frames, [AppendFrame] does the reverse.
//   - Each message is a struct with an Append method and a Parse method.
//   - [Host] is the agent's end of the link and [Pen] the pen's: they take
//     bytes and the time, and give bytes and what happened.
//   - [ClockMap] relates the pen's tick to the host's monotonic clock.
//
// Nothing here opens a port, reads a clock, starts a goroutine, or knows what a
// patient, a zone or an indication is. Nothing here is safe for concurrent use
// unless it says so.
package protocol
