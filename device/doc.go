// Package device holds the line to one pen: it opens a serial port or a TCP
// connection by its [Address], keeps it open across unplugging, and moves
// bytes in and out. It refuses to know what the bytes mean: frames, permits,
// patients and limits live elsewhere, and it imports no other package of ours.
// No other package imports the serial library or sees one of its errors.
//
// From the bottom up: a [Wire] is a bare handle. A [Port] is a gate around one
// wire through which no operation passes once the port is closing, and which
// closes the wire only when the last operation has come out. A [Line] runs one
// port: a reader goroutine that calls a [Handler], a writer goroutine that
// empties a [Mailbox], a watchdog outside of both. A [Keeper] runs one line
// after the other for as long as the program lives.
//
// Package capture below this one writes down what passes a line.
//
// Beside these, [List] tells which ports there are and [Diagnose] what stands in
// their way; neither opens one. Which of them is a pen's, others find out.
//
// The rule behind the gate: on Unix a write to a closed serial port goes, with
// no error, into whatever file was given its number next, which may be the
// database of record. So a handle that is still inside a read or a write is
// never closed, however long that takes; after [StuckAfter] the port is
// abandoned instead, which is counted and reported.
//
// Port, Mailbox, Line and Keeper may be used from several goroutines at once,
// except where a method says which goroutine drives it.
package device
