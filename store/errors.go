package store

import (
	"errors"
	"fmt"

	"penlog/session"
)

// Errors of opening a data folder.
var (
	// ErrInUse is what a [LockedError] unwraps to.
	ErrInUse = errors.New("the data folder is in use")
	// ErrNotPenlog says that the file there is a database of some other program.
	ErrNotPenlog = errors.New("not a Penlog database")
	// ErrNewer is what a [VersionError] of a newer file unwraps to.
	ErrNewer = errors.New("the database is newer than this Penlog")
	// ErrOlder is what a [VersionError] of an older file unwraps to.
	ErrOlder = errors.New("the database is older than this Penlog")
	// ErrDamaged is what a [DamagedError] unwraps to.
	ErrDamaged = errors.New("the database is damaged")
	// ErrNoDatabase says that there is nothing to read yet.
	ErrNoDatabase = errors.New("no Penlog database")
)

// LockedError says which process holds the data folder.
type LockedError struct {
	Dir string
	PID int // 0: unknown
}

// Error says who holds the folder and what to do.
func (e *LockedError) Error() string {
	who := "another Penlog agent"
	if e.PID != 0 {
		who = fmt.Sprintf("the Penlog agent with process id %d", e.PID)
	}
	return fmt.Sprintf("store: data folder %s is in use by %s: stop that one first, or give this one a folder of its own", e.Dir, who)
}

// Unwrap gives [ErrInUse].
func (e *LockedError) Unwrap() error { return ErrInUse }

// VersionError says that the file's schema is not the one this program knows.
type VersionError struct {
	Path    string
	Version int // of the file
	Known   int // the newest this program knows
}

// Error says both versions and what to do.
func (e *VersionError) Error() string {
	if e.Version > e.Known {
		return fmt.Sprintf("store: %s was written by a newer Penlog (schema %d, this one knows %d): install that version or a later one; the file was not touched", e.Path, e.Version, e.Known)
	}
	return fmt.Sprintf("store: %s was written by an older Penlog (schema %d, this one needs %d): start the agent once, it brings the file up to date after a backup", e.Path, e.Version, e.Known)
}

// Unwrap gives [ErrNewer] or [ErrOlder].
func (e *VersionError) Unwrap() error {
	if e.Version > e.Known {
		return ErrNewer
	}
	return ErrOlder
}

// DamagedError says that the file can't be trusted. Nothing was changed in it.
type DamagedError struct {
	Path string
	Why  string
	Err  error // what SQLite said; may be nil
}

// Error says what is wrong and what to do.
func (e *DamagedError) Error() string {
	why := e.Why
	if e.Err != nil {
		why += ": " + e.Err.Error()
	}
	return fmt.Sprintf("store: %s is damaged (%s): nothing was changed; copy the whole folder to a safe place, then restore the file from a backup", e.Path, why)
}

// Unwrap gives [ErrDamaged] and the cause.
func (e *DamagedError) Unwrap() []error { return []error{ErrDamaged, e.Err} }

// PragmaError says that a connection does not have a setting the record
// depends on: a fault of this program or of the SQLite it was built with.
type PragmaError struct{ Name, Got, Want string }

// Error names the setting.
func (e *PragmaError) Error() string {
	return fmt.Sprintf("store: SQLite setting %s is %q, must be %q: this build of Penlog can't keep a record", e.Name, e.Got, e.Want)
}

// Errors of writing.
var (
	// ErrQueueFull refuses a batch because too many wait for the disk. The
	// batch was not taken; the caller holds the pen and may submit it again.
	ErrQueueFull = errors.New("store: the disk does not keep up: the queue of unwritten batches is full")
	// ErrStopped refuses a batch because the writer is no longer running.
	ErrStopped = errors.New("store: the writer has stopped")
	// ErrConflict refuses a record whose number is taken by another one.
	ErrConflict = errors.New("another one is stored under this number")
	// ErrGap refuses a record that does not follow what is stored.
	ErrGap = errors.New("it does not follow what is stored")
	// ErrAltered refuses a record that does not match its own hash.
	ErrAltered = errors.New("its contents do not match its hash")
	// ErrNoSession says that there is no session of this id.
	ErrNoSession = errors.New("no such session")
	// ErrMoved says that the file at the database's path is another one now.
	ErrMoved = errors.New("the database file was moved, deleted or replaced while in use")
)

// RefusedError says which record or chunk may not be written. It is fatal:
// whoever made the batch no longer agrees with the record, and only a restart
// that reads the journal again puts that right.
type RefusedError struct {
	Session session.ID
	Signal  bool   // a chunk of signal, not a record
	Seq     uint64 // 0: the session's row
	Err     error  // [ErrConflict], [ErrGap], [ErrAltered] or [ErrNoSession]
}

// Error names session and record and says what to do.
func (e *RefusedError) Error() string {
	what := fmt.Sprintf("record %d", e.Seq)
	switch {
	case e.Seq == 0:
		what = "opening"
	case e.Signal:
		what = fmt.Sprintf("signal chunk %d", e.Seq)
	}
	return fmt.Sprintf("%s of session %v refused: %v; nothing of its batch was written; restart the agent, it reads the journal again", what, e.Session, e.Err)
}

// Unwrap gives the reason.
func (e *RefusedError) Unwrap() error { return e.Err }

// errNoRoom says that the disk has no room for the ballast and as much again.
var errNoRoom = errors.New("too little space on the disk")
