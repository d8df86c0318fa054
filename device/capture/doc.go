// Package capture writes down what passes a line to a pen, both ways with their
// moments, and reads it back. The format is stated in CAPTURE.md beside this
// file. It knows nothing else of ours: bytes are bytes, and moments are int64 µs
// of a monotonic clock whose origin the caller chose.
//
// A [Writer] takes records from goroutines that must not wait: it copies them
// into a bounded queue, and [Writer.Run] puts them into files from a goroutine of
// its own. A queue that is full loses what comes, and the capture says so. [Parse]
// reads one file; what is whole is read, what is cut or damaged is an error with
// its place.
//
// A capture has no room for anything about a person: the header is a closed set
// of fields, and what bytes of the pen are let in is decided by a [Sieve].
//
// A Writer's methods may be called from several goroutines at once. All else is
// for one.
package capture
