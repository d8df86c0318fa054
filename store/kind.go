package store

import (
	"database/sql/driver"
	"errors"
	"io/fs"
	"syscall"
)

// Kind sorts what can go wrong with a disk by what a person does about it.
type Kind uint8

// The kinds of failure.
const (
	Other    Kind = iota // unforeseen; fatal
	Busy                 // some other program holds the file
	Full                 // no space, or no more allowed
	ReadOnly             // no right to write, or the disk went read-only
	IO                   // the disk failed to read, write or sync
	Damaged              // the file is not what it should be; fatal
	Moved                // the file was moved, deleted or replaced; fatal
	Refused              // the batch is at fault, see [RefusedError]; fatal
)

// String gives the kind's code, as logs and metrics show it.
func (k Kind) String() string {
	if int(k) < len(kinds) {
		return kinds[k].code
	}
	return "other"
}

// Fatal reports whether trying again is pointless.
func (k Kind) Fatal() bool { return k == Other || k >= Damaged }

// Act says what a person does about it: an imperative, without a full stop.
func (k Kind) Act() string {
	if int(k) < len(kinds) {
		return kinds[k].act
	}
	return kinds[Other].act
}

var kinds = [...]struct{ code, act string }{
	Other:    {"other", "restart the agent; if it happens again, report it with the log"},
	Busy:     {"busy", "close the other program that has penlog.db open"},
	Full:     {"full", "free space on the disk of the data folder"},
	ReadOnly: {"read_only", "let this user write to the data folder; if the disk went read-only by itself, replace it"},
	IO:       {"io", "check the disk and its cable, and have a backup at hand"},
	Damaged:  {"damaged", "copy the whole data folder to a safe place, then restore penlog.db from a backup"},
	Moved:    {"moved", "put penlog.db back in its place, then restart the agent"},
	Refused:  {"refused", "restart the agent, it reads the journal again"},
}

// SQLite's primary result codes. Source: sqlite.org/rescode.html.
const (
	sqliteBusy     = 5
	sqliteLocked   = 6
	sqliteNoMem    = 7
	sqliteReadOnly = 8
	sqliteIntr     = 9
	sqliteIOErr    = 10
	sqliteCorrupt  = 11
	sqliteFull     = 13
	sqliteCantOpen = 14
	sqliteProtocol = 15
	sqliteNotADB   = 26
)

// kindOf sorts an error of SQLite or of the system.
func kindOf(err error) Kind {
	if _, ok := errors.AsType[*RefusedError](err); ok {
		return Refused
	}
	if errors.Is(err, ErrMoved) {
		return Moved
	}
	if errors.Is(err, ErrDamaged) {
		return Damaged
	}
	code, _, errno, ok := sqliteCode(err)
	if !ok {
		errno, _ = errors.AsType[syscall.Errno](err)
	}
	switch {
	case code == sqliteFull, errors.Is(err, errNoRoom), errno != 0 && isFullErrno(errno):
		return Full
	case code == sqliteReadOnly, errors.Is(err, fs.ErrPermission), errno == syscall.EROFS, errno == syscall.EACCES:
		return ReadOnly
	case code == sqliteBusy, code == sqliteLocked, code == sqliteProtocol:
		return Busy
	case code == sqliteCorrupt, code == sqliteNotADB:
		return Damaged
	case code == sqliteIOErr, code == sqliteNoMem, code == sqliteCantOpen, code == sqliteIntr,
		errors.Is(err, driver.ErrBadConn), errno != 0:
		return IO
	}
	return Other
}
