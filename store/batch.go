package store

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"time"

	"penlog/protocol"
	"penlog/session"
)

// Opening makes a session known: it goes in the batch that holds the session's
// first record. Opening a session again is no error when it says the same;
// Simulated can be added to a real session so, and never taken away.
type Opening struct {
	ID        session.ID
	At        protocol.At
	Simulated bool // the link said so
}

// sum is stored with the session's row, which no chain covers: a flipped bit
// must not make a simulated session real.
func (o *Opening) sum() [sha256.Size]byte {
	b := append([]byte("penlog session 1\x00"), o.ID[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(o.At))
	if o.Simulated {
		return sha256.Sum256(append(b, 1))
	}
	return sha256.Sum256(append(b, 0))
}

// Batch is what is written at once: all of it or nothing. Records and chunk are
// sealed and follow, in order, what was submitted before; they may belong to
// different sessions. A record or chunk that is stored already, byte for byte,
// is passed over, so a batch may be submitted again after a crash.
type Batch struct {
	Open    *Opening // written first; nil: the sessions are known
	Records []session.Record
	Chunk   *session.SignalChunk // nil: none
}

// Committed says that a batch is on the disk.
type Committed struct {
	Batch  Batch         // as submitted; its memory is the caller's again
	Waited time.Duration // from Submit until the commit returned
	Took   time.Duration // of that, the transaction that succeeded
	Group  int           // batches in that transaction
	Tries  int           // 1: at once
}

// Fault says that a write failed. It is an error whose text says what to do.
type Fault struct {
	Op      string        // "commit", "checkpoint" or "ballast"
	Kind    Kind          // what sort of failure
	Fatal   bool          // the writer stops: nothing more is written
	Try     int           // of the same transaction, from 1
	Pause   time.Duration // until the next try; 0: at once, or none
	Waiting int           // batches not on the disk
	Freed   bool          // the ballast was given up because of it
	Err     error         // the cause
}

// Error says what failed, why and what to do.
func (f Fault) Error() string {
	more := ""
	switch {
	case f.Kind == Refused:
		return fmt.Sprintf("store: %s failed: %v", f.Op, f.Err) // says what to do itself
	case f.Freed:
		more = "; the reserve was released for the last entries"
	case f.Kind == Full && f.Op == "commit":
		more = "; the reserve is used up"
	}
	return fmt.Sprintf("store: %s failed (%v): %v%s: %s", f.Op, f.Kind, f.Err, more, f.Kind.Act())
}

// Unwrap gives the cause.
func (f Fault) Unwrap() error { return f.Err }
